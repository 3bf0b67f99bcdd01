"""Evidence, added up from one reading to the next, that something usual no longer is: CUSUM, for shares and for sizes.

Evidence is a logarithm of likelihoods: how much better a break explains what was seen than chance does. It grows with
every surprise, falls with everything that is as usual, and never below nothing. How high it has come by chance before
raises what is asked for: readings come in runs (the wire at night, a programme's series), which a fixed bound would
take for breaks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Self

# Evidence for a break: e^12 is about once in 160,000 readings of one sign, if readings came independently.
BOUND = 12.0

# A size is counted from a distance of 0.8 deviations; the bound for sizes is in deviations.
SIZE_SLACK = 0.8
SIZE_BOUND = 15.0

# One reading cannot be more surprising than this, in deviations: a single odd page is no break.
LARGEST_SURPRISE = 3.0

# Readings that a rate remembers: older ones fade, so that it follows slow change.
MEMORY = 1000.0

# A sign is watched when it usually holds so often, and that is known from so many readings.
LEAST_RATE = 0.5
LEAST_SEEN = 20

# What few pages are asked for, such as the place of authors, would take months to be seen so often. Those pages lie far
# apart, not in one shift of a newsroom, so fewer tell as much; how few they are shows in the error of the share.
LEAST_SEEN_RARE = 5

# Standard errors by which a share may be smaller than what was counted.
SURE = 1.64

# What a break leaves of a sign's rate.
LEFT_AFTER_BREAK = 0.1


@dataclass(slots=True)
class Evidence:
    """How much speaks for a break, and how much did before there turned out to be none."""

    now: float = 0.0
    top: float = 0.0
    """The highest since it was last nothing."""
    peak: float = 0.0
    """The highest that came to nothing."""

    def add(self, amount: float) -> None:
        """Add the evidence of one reading."""
        self.now = max(0.0, self.now + amount)
        self.top = max(self.top, self.now)
        if self.now == 0.0:
            self.peak, self.top = max(self.peak, self.top), 0.0

    def is_enough(self, bound: float) -> bool:
        """Does it speak for a break, above a bound and clearly above what chance has done?"""
        return self.now >= max(bound, 1.4 * self.peak + 2.0)

    def clear(self) -> None:
        """Begin again: the break is over."""
        self.now = self.top = 0.0

    def as_json(self) -> list[float]:
        """Return it for the database."""
        return [self.now, self.top, self.peak]


@dataclass(slots=True)
class Rate:
    """How often a sign holds."""

    held: float = 0.0
    seen: float = 0.0
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def usual(self) -> float:
        """Its share of the readings, as little as the few readings known of it leave possible; never all of them."""
        share = (self.held + 0.5) / (self.seen + 1.0)
        return min(0.99, share - SURE * math.sqrt(share * (1.0 - share) / (self.seen + 1.0)))

    def weigh(self, holds: bool, *, least_seen: int = LEAST_SEEN) -> bool:
        """Add the evidence of one reading; return whether there is enough for a break.

        Nothing is weighed when too little is known of it, or when it holds so seldom that its absence tells nothing.
        """
        if self.seen < least_seen or (usual := self.usual) < LEAST_RATE:
            return False
        broken = usual * LEFT_AFTER_BREAK
        self.evidence.add(math.log(broken / usual) if holds else math.log((1 - broken) / (1 - usual)))
        return self.evidence.is_enough(BOUND)

    def learn(self, holds: bool) -> None:
        """Count one reading."""
        if self.seen + 1.0 > MEMORY:
            fade = MEMORY / (self.seen + 1.0)
            self.held, self.seen = self.held * fade, self.seen * fade
        self.held += holds
        self.seen += 1.0

    def as_json(self) -> list[float]:
        """Return it for the database."""
        return [self.held, self.seen, *self.evidence.as_json()]

    @classmethod
    def of_json(cls, stored: list[float]) -> Self:
        """Return it from the database."""
        held, seen, *evidence = stored
        return cls(held, seen, Evidence(*evidence))


@dataclass(frozen=True, slots=True)
class Spread:
    """Where sizes lie, in steps: each side is measured from where its outer twentieth begins, for some texts are very
    long; what is left of a lean to one side is taken out.
    """

    middle: float
    below: float
    """Steps of one deviation, below the middle."""
    above: float
    mean: float
    """Deviations by which they lean to one side, taken together."""
    width: float

    @classmethod
    def of(cls, steps: dict[int, float], seen: float) -> Self:
        """Measure how often each step was seen."""
        low, middle, high = _quantiles(steps, seen)
        # 1.645 deviations of a normal spread leave a twentieth outside
        below, above = max((middle - low) / 1.645, 1.0), max((high - middle) / 1.645, 1.0)
        leans = [(_lean(step - middle, below, above), count) for step, count in steps.items()]
        mean = sum(count * lean for lean, count in leans) / seen
        spread = sum(count * (lean - mean) ** 2 for lean, count in leans) / seen
        return cls(middle, below, above, mean, max(math.sqrt(spread), 0.5))

    def surprise(self, step: int) -> float:
        """Return how many deviations a step lies above what is usual; negative below."""
        return _clipped((_lean(step - self.middle, self.below, self.above) - self.mean) / self.width)


@dataclass(slots=True)
class Size:
    """How long something is: middle and spread of logarithms, from counts of steps of a fifth of a doubling."""

    steps: dict[int, float] = field(default_factory=dict)
    shorter: Evidence = field(default_factory=Evidence)
    longer: Evidence = field(default_factory=Evidence)
    _spread: Spread | None = field(default=None, init=False, repr=False, compare=False)
    """Of the steps as they are; None when it is to be measured."""

    @property
    def seen(self) -> float:
        """Readings that it knows of."""
        return sum(self.steps.values())

    def surprise(self, size: int) -> float:
        """Return how many deviations a size lies above what is usual; negative below."""
        if self._spread is None:
            self._spread = Spread.of(self.steps, self.seen)
        return self._spread.surprise(_step(size))

    def weigh(self, size: int) -> tuple[bool, bool]:
        """Add the evidence of one reading; return whether there is enough for shorter, and for longer ones."""
        if self.seen < LEAST_SEEN:
            return False, False
        surprise = self.surprise(size)
        self.shorter.add(-surprise - SIZE_SLACK)
        self.longer.add(surprise - SIZE_SLACK)
        return self.shorter.is_enough(SIZE_BOUND), self.longer.is_enough(SIZE_BOUND)

    def learn(self, size: int) -> None:
        """Count one reading."""
        seen = self.seen
        if seen >= MEMORY:
            self.steps = {step: count * MEMORY / (seen + 1.0) for step, count in self.steps.items() if count > 0.01}
        step = _step(size)
        self.steps[step] = self.steps.get(step, 0.0) + 1.0
        self._spread = None

    def as_json(self) -> list[Any]:
        """Return it for the database."""
        steps = {str(step): count for step, count in sorted(self.steps.items())}
        return [steps, *self.shorter.as_json(), *self.longer.as_json()]

    @classmethod
    def of_json(cls, stored: list[Any]) -> Self:
        """Return it from the database."""
        steps, *numbers = stored
        return cls({int(step): count for step, count in steps.items()}, Evidence(*numbers[:3]), Evidence(*numbers[3:]))


def _quantiles(steps: dict[int, float], seen: float) -> list[float]:
    """Return the steps below which a twentieth, a half, and all but a twentieth lie."""
    found: list[float] = []
    so_far = 0.0
    wanted = [0.05 * seen, 0.5 * seen, 0.95 * seen]
    for step in sorted(steps):
        so_far += steps[step]
        while len(found) < len(wanted) and so_far >= wanted[len(found)]:
            found.append(float(step))
    return found


def _lean(off: float, below: float, above: float) -> float:
    return _clipped(off / (above if off > 0 else below))


def _clipped(deviations: float) -> float:
    return max(-LARGEST_SURPRISE, min(LARGEST_SURPRISE, deviations))


def _step(size: int) -> int:
    return round(5 * math.log2(1 + size))
