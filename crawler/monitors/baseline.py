"""What is usual for one template of a source, and whether it still is.

Readings are learnt only when twenty more have come behind them without a break, so that a break is never learnt; what
came in since evidence began to grow is thrown away when there is one. Of signs that few pages are asked for, twenty
more readings tell nothing; what was seen of those is learnt when no evidence speaks against it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from crawler.monitors.sequential import LEAST_SEEN, LEAST_SEEN_RARE, MEMORY, Rate, Size
from crawler.monitors.signs import group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.monitors.signs import Signs

# Readings from which the first picture of a template is made.
FIRST = 30

# A reading is learnt when so many more have come.
WAITING = 20

# A group of signs is rare when one reading in so many, or fewer, is asked for it.
RARE = 10

# Readings in a row that could show the symptom and do not, after which a break is over.
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
    doubted: dict[str, list[tuple[str, list[str]]]] = field(default_factory=dict)
    """By rare group: what pages (by URL) showed of it since evidence began to grow; not learnt yet."""
    alarms: list[str] = field(default_factory=list)
    """What is missing since a break; empty while all is as usual."""
    calm: dict[str, int] = field(default_factory=dict)
    """For each sign that is missing: readings asked for it since the last without it."""

    def read(self, signs: Signs, url: str, *, also: Iterable[str] = ()) -> list[str]:
        """Weigh one reading, and learn what is ripe; return the signs that turn out to be missing with it.

        Args:
            signs: What it shows.
            url: Of the page.
            also: Signs that are missing by what other templates show.
        """
        broken = [*self._weigh_rates(signs), *self._weigh_sizes(signs), *also]
        new = [sign for sign in broken if sign not in self.alarms]
        if new:
            self.alarms += new
            self.calm.clear()
        elif self.alarms:
            self._calm_down(signs)
        if not self.alarms:
            self._wait(Seen(url, tuple(sorted(signs.shown)), tuple(sorted(signs.asked)), dict(signs.sizes)))
        return new

    def symptoms(self, signs: Signs) -> list[str]:
        """Return the signs of the break that one reading shows."""
        missing = self._missing(signs) if self.alarms else ()
        return [sign for sign in self.alarms if sign in missing or self._is_symptom(sign, signs)]

    def suspects(self, alarms: list[str]) -> list[tuple[str, list[str]]]:
        """Return the readings that came before a break was noticed and show it, with what they show; forget all.

        Only the latest count: what came before is not of the break. An odd size, which a single page may have, counts
        with one as usual between two others at most. Of rare signs, all that was doubted counts.
        """
        found: list[tuple[str, list[str]]] = []
        for group in dict.fromkeys(map(group_of, alarms)):
            for url, shown in self.doubted.pop(group, ()):
                if odd := [sign for sign in alarms if group_of(sign) == group and sign not in shown]:
                    found.append((url, odd))
        gap = 0
        for seen in reversed(self.waiting):
            missing = self._missing(seen) & set(alarms)
            odd = [sign for sign in alarms if sign in missing or (gap <= 1 and self._is_symptom(sign, seen))]
            if odd:
                found.append((seen.url, odd))
            # a page that could not show the break does not show that there was none
            gap = 0 if odd else gap + any(self._is_asked(sign, seen) for sign in alarms)
            if gap > OUT_OF_ORDER:
                break
        self.waiting.clear()
        return found

    def _missing(self, signs: Signs | Seen) -> set[str]:
        """Return the known signs of the groups that this reading was asked for and that it does not show."""
        asked, shown = set(signs.asked), set(signs.shown)
        return {sign for sign in self.rates if group_of(sign) in asked and sign not in shown}

    def _rare_groups(self) -> set[str]:
        """Return the groups of signs that few readings are asked for, however often each of their signs holds."""
        few = min(self.learnt, MEMORY)
        common = {group_of(sign) for sign, rate in self.rates.items() if rate.seen * RARE > few}
        return {group for sign in self.rates if (group := group_of(sign)) not in common}

    def _is_asked(self, sign: str, signs: Signs | Seen) -> bool:
        """Could this reading show whether a sign is missing?"""
        kind, _, name = sign.partition(" ")
        return name in signs.sizes if kind in ("shorter", "longer") else group_of(sign) in signs.asked

    def _weigh_rates(self, signs: Signs) -> Iterator[str]:
        rare: set[str] | None = None
        for sign, rate in self.rates.items():
            holds = sign in signs.shown
            # a sign that holds, and against which nothing speaks, need not be weighed: so it is with nearly all
            if (holds and not rate.evidence.now) or group_of(sign) not in signs.asked:
                continue
            rare = self._rare_groups() if rare is None else rare
            if rate.weigh(holds, least_seen=LEAST_SEEN_RARE if group_of(sign) in rare else LEAST_SEEN):
                yield sign

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
        """Let a break be over when enough readings in a row are without it, of those that are asked for each sign."""
        symptoms = self.symptoms(signs)
        for sign in self.alarms:
            if self._is_asked(sign, signs):
                self.calm[sign] = 0 if sign in symptoms else self.calm.get(sign, 0) + 1
        if all(self.calm.get(sign, 0) >= CALM for sign in self.alarms):
            self.alarms.clear()
            self.calm.clear()
            self.doubted.clear()
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
        rare = set(seen.asked) & (self._rare_groups() | self.doubted.keys())
        self._count(seen.shown, set(seen.asked) - rare)
        for group in sorted(rare):
            shown = [sign for sign in seen.shown if group_of(sign) == group]
            self.doubted.setdefault(group, []).append((seen.url, shown))
            if not any(rate.evidence.now for sign, rate in self.rates.items() if group_of(sign) == group):
                for _, shown in self.doubted.pop(group):
                    self._count(shown, {group})
        for name, size in seen.sizes.items():
            self.sizes.setdefault(name, Size()).learn(size)
        self.learnt += 1

    def _count(self, shown: Iterable[str], groups: set[str]) -> None:
        """Learn what one reading showed of some groups of signs that it was asked for."""
        known = [sign for sign in shown if group_of(sign) in groups]
        for sign in known:
            if sign not in self.rates:  # then it was missing in all readings so far
                missed = 0 if group_of(sign).startswith(("way ", "keep ")) else self.learnt
                self.rates[sign] = Rate(seen=float(missed))
        held = set(known)
        for sign, rate in self.rates.items():
            if group_of(sign) in groups:
                rate.learn(sign in held)

    def as_json(self) -> dict[str, Any]:
        """Return it for the database."""
        return {
            "learnt": self.learnt,
            "rates": {sign: rate.as_json() for sign, rate in sorted(self.rates.items())},
            "sizes": {name: size.as_json() for name, size in sorted(self.sizes.items())},
            "waiting": [[seen.url, list(seen.shown), list(seen.asked), seen.sizes] for seen in self.waiting],
            "doubted": {
                group: [[url, list(shown)] for url, shown in pages] for group, pages in sorted(self.doubted.items())
            },
            "alarms": list(self.alarms),
            "calm": dict(self.calm),
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
            doubted={
                group: [(url, shown) for url, shown in pages] for group, pages in stored.get("doubted", {}).items()
            },
            alarms=list(stored["alarms"]),
            # one number for all signs until 2026-11: it is counted anew
            calm=dict(stored["calm"]) if isinstance(stored["calm"], dict) else {},
        )
