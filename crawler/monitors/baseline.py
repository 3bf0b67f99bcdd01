"""What is usual for one template of a source, and whether it still is.

Readings are learnt only when twenty more have come behind them without a break, so that a break is never learnt; what
came in since evidence began to grow is thrown away when there is one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from crawler.monitors.sequential import Rate, Size
from crawler.monitors.signs import group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.monitors.signs import Signs

# Readings from which the first picture of a template is made.
FIRST = 30

# A reading is learnt when so many more have come.
WAITING = 20

# Readings in a row without the symptom after which a break is over.
CALM = 8

# Readings as usual between two that show a break: pages under way at once are answered in any order.
OUT_OF_ORDER = 16

# Deviations from which a single reading shows the symptom of a break in sizes.
SYMPTOM = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One reading, as a baseline remembers it until it is learnt."""

    url: str
    shown: tuple[str, ...]
    asked: tuple[str, ...]
    sizes: dict[str, int]


@dataclass(slots=True)
class Baseline:
    """What is usual for one template."""

    rates: dict[str, Rate] = field(default_factory=dict)
    sizes: dict[str, Size] = field(default_factory=dict)
    learnt: int = 0
    """Readings that the picture is made of."""
    waiting: deque[Seen] = field(default_factory=deque)
    alarms: list[str] = field(default_factory=list)
    """What is missing since a break; empty while all is as usual."""
    calm: int = 0
    """Readings without the symptom since the last with it."""

    def read(self, signs: Signs, url: str, *, also: Iterable[str] = ()) -> list[str]:
        """Weigh one reading, and learn what is ripe; return the signs that turn out to be missing with it.

        Args:
            signs: What it shows.
            url: Of the page.
            also: Signs that are missing by what other templates show.
        """
        missing = self._missing(signs)
        broken = [sign for sign, rate in self._asked(signs) if rate.weigh(sign not in missing)]
        broken += [*self._weigh_sizes(signs), *also]
        new = [sign for sign in broken if sign not in self.alarms]
        if new:
            self.alarms += new
            self.calm = 0
        elif self.alarms:
            self._calm_down(signs)
        if not self.alarms:
            self._wait(Seen(url, tuple(sorted(signs.shown)), tuple(sorted(signs.asked)), dict(signs.sizes)))
        return new

    def symptoms(self, signs: Signs) -> list[str]:
        """Return the signs of the break that one reading shows."""
        missing = self._missing(signs)
        return [sign for sign in self.alarms if sign in missing or self._is_symptom(sign, signs)]

    def suspects(self, alarms: list[str]) -> list[tuple[str, list[str]]]:
        """Return the readings that came before a break was noticed and show it, with what they show; forget all.

        Only the latest count: what came before is not of the break. An odd size, which a single page may have, counts
        with one as usual between two others at most.
        """
        found: list[tuple[str, list[str]]] = []
        gap = 0
        for seen in reversed(self.waiting):
            missing = self._missing(seen) & set(alarms)
            odd = [sign for sign in alarms if sign in missing or (gap <= 1 and self._is_symptom(sign, seen))]
            if odd:
                found.append((seen.url, odd))
            gap = 0 if odd else gap + 1
            if gap > OUT_OF_ORDER:
                break
        self.waiting.clear()
        return found

    def _missing(self, signs: Signs | Seen) -> set[str]:
        """Return the known signs of the groups that this reading was asked for and that it does not show."""
        asked, shown = set(signs.asked), set(signs.shown)
        return {sign for sign in self.rates if group_of(sign) in asked and sign not in shown}

    def _asked(self, signs: Signs) -> Iterator[tuple[str, Rate]]:
        for sign, rate in self.rates.items():
            if group_of(sign) in signs.asked:
                yield sign, rate

    def _weigh_sizes(self, signs: Signs) -> Iterator[str]:
        for name, size in signs.sizes.items():
            if name in self.sizes:
                shorter, longer = self.sizes[name].weigh(size)
                if shorter:
                    yield f"shorter {name}"
                if longer:
                    yield f"longer {name}"

    def _is_symptom(self, sign: str, signs: Signs | Seen) -> bool:
        kind, _, name = sign.partition(" ")
        if kind not in ("shorter", "longer") or name not in signs.sizes:
            return False
        surprise = self.sizes[name].surprise(signs.sizes[name])
        return surprise < -SYMPTOM if kind == "shorter" else surprise > SYMPTOM

    def _calm_down(self, signs: Signs) -> None:
        """Let a break be over when enough readings in a row are without it."""
        self.calm = 0 if self.symptoms(signs) else self.calm + 1
        if self.calm >= CALM:
            self.alarms.clear()
            for rate in self.rates.values():
                rate.evidence.clear()
            for size in self.sizes.values():
                size.shorter.clear()
                size.longer.clear()

    def _wait(self, seen: Seen) -> None:
        if self.learnt < FIRST:
            self._learn(seen)
            return
        self.waiting.append(seen)
        if len(self.waiting) > WAITING:
            self._learn(self.waiting.popleft())

    def _learn(self, seen: Seen) -> None:
        for sign in seen.shown:
            # a sign that was never seen before was missing in all readings so far
            self.rates.setdefault(
                sign, Rate(seen=float(self.learnt) if not group_of(sign).startswith(("way ", "keep ")) else 0.0)
            )
        asked = set(seen.asked)
        shown = set(seen.shown)
        for sign, rate in self.rates.items():
            if group_of(sign) in asked:
                rate.learn(sign in shown)
        for name, size in seen.sizes.items():
            self.sizes.setdefault(name, Size()).learn(size)
        self.learnt += 1

    def as_json(self) -> dict[str, Any]:
        """Return it for the database."""
        return {
            "learnt": self.learnt,
            "rates": {sign: rate.as_json() for sign, rate in sorted(self.rates.items())},
            "sizes": {name: size.as_json() for name, size in sorted(self.sizes.items())},
            "waiting": [[seen.url, list(seen.shown), list(seen.asked), seen.sizes] for seen in self.waiting],
            "alarms": list(self.alarms),
            "calm": self.calm,
        }

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Self:
        """Return it from the database."""
        return cls(
            rates={sign: Rate.of_json(rate) for sign, rate in stored["rates"].items()},
            sizes={name: Size.of_json(size) for name, size in stored["sizes"].items()},
            learnt=stored["learnt"],
            waiting=deque(
                Seen(url, tuple(shown), tuple(asked), sizes) for url, shown, asked, sizes in stored["waiting"]
            ),
            alarms=list(stored["alarms"]),
            calm=stored["calm"],
        )
