"""Watch: one run's eye on how its pages are read. It says which readings are not to be believed, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crawler.monitors.baseline import Baseline
from crawler.monitors.sequential import LEAST_SEEN, SIZE_BOUND, SIZE_SLACK, Evidence
from crawler.monitors.signs import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.monitors.signs import Signs

# What all templates together show stands under this name beside those of templates.
ALL = "all templates"

# Looks at an article that lost something it had, before the loss is taken for an edit.
LOOKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What watching says of one reading."""

    doubt: str | None = None
    """Why it is not believed, in a few words; None: it is."""
    is_break: bool = False
    """Its template is broken: a second look will not help, another reader will."""
    flagged: str | None = None
    """The sentence to be told now: a break was noticed with this reading."""


@dataclass(slots=True, kw_only=True)
class Suspect:
    """A reading that passed before the break it shows was noticed."""

    url: str
    template: str
    reason: str


@dataclass(slots=True)
class Watch:
    """Watches the readings of one source.

    Args:
        source: Name of the source.
        stored: What was learnt before, by template.
    """

    source: str
    stored: Mapping[str, Mapping[str, Any]]
    reasons: list[str] = field(default_factory=list)
    """Why the run is degraded, a sentence each."""
    suspects: list[Suspect] = field(default_factory=list)
    recovered: set[str] = field(default_factory=set)
    """Templates that are read as usual again."""
    _baselines: dict[str, Baseline] = field(default_factory=dict)
    _shorter: Evidence = field(default_factory=Evidence)

    def __post_init__(self) -> None:
        if ALL in self.stored:
            self._shorter = Evidence(*self.stored[ALL]["shorter text"])

    def look(self, signs: Signs, url: str, *, looks_before: int = 0) -> Finding:
        """Weigh one reading.

        Args:
            signs: What it shows.
            url: Of the page.
            looks_before: How often it was held back for a loss before.
        """
        baseline = self._baseline(signs.template)
        was_broken = bool(baseline.alarms)
        is_cut = self._weigh_text(baseline, signs)
        new = baseline.read(signs, url, also=("shorter text",) if is_cut else ())
        flagged = self._flag(signs.template, baseline, new) if new else None
        if was_broken and not baseline.alarms:
            self.recovered.add(signs.template)
            self._shorter.clear()
        if symptoms := baseline.symptoms(signs):
            if not new:
                self._tell(signs.template, baseline)
            return Finding(doubt=_words(symptoms), is_break=True, flagged=flagged)
        if signs.lost and looks_before < LOOKS - 1:
            return Finding(doubt=f"lost {', '.join(signs.lost)}", flagged=flagged)
        return Finding(flagged=flagged)

    @property
    def broken(self) -> set[str]:
        """The templates of which readings are not believed."""
        return {template for template, baseline in self._baselines.items() if baseline.alarms}

    def learnt(self) -> dict[str, dict[str, Any]]:
        """Return what is known now of the templates that this run has met."""
        known = {template: baseline.as_json() for template, baseline in self._baselines.items()}
        return known | {ALL: {"shorter text": self._shorter.as_json()}}

    def _weigh_text(self, baseline: Baseline, signs: Signs) -> bool:
        """Weigh how long a text is for its template, over all templates; return whether texts are cut.

        One template has a few articles an hour, and lengths tell little one by one.
        """
        size = baseline.sizes.get("text")
        if size is None or "text" not in signs.sizes or size.seen < LEAST_SEEN:
            return False
        self._shorter.add(-size.surprise(signs.sizes["text"]) - SIZE_SLACK)
        return self._shorter.is_enough(SIZE_BOUND)

    def _baseline(self, template: str) -> Baseline:
        if template not in self._baselines:
            stored = self.stored.get(template)
            self._baselines[template] = Baseline.of_json(dict(stored)) if stored is not None else Baseline()
        return self._baselines[template]

    def _flag(self, template: str, baseline: Baseline, new: list[str]) -> str:
        """Note a break, and the readings that it had spoilt before it was noticed."""
        self.recovered.discard(template)
        for url, odd in baseline.suspects(new):
            self.suspects.append(Suspect(url=url, template=template, reason=_words(odd)))
        return self._tell(template, baseline)

    def _tell(self, template: str, baseline: Baseline) -> str:
        name = f"{self.source}, {template}" if template else self.source
        sentence = f"{name}: {_words(baseline.alarms)}"
        self.reasons[:] = [told for told in self.reasons if not told.startswith(f"{name}: ")] + [sentence]
        return sentence


def _words(signs: list[str]) -> str:
    """Say what is missing, the first three in full."""
    sentences = list(dict.fromkeys(map(told, signs)))
    more = f" and {len(sentences) - 3} more" if len(sentences) > 3 else ""
    return "; ".join(sentences[:3]) + more
