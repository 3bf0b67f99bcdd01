"""What reading again came to: counts, fields filled before and after, samples of what changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from storage import READ_FIELDS

if TYPE_CHECKING:
    from storage import Article

# Samples of each kind of change.
SAMPLES = 3

# Characters of a value that a sample shows.
SHOWN = 160


@dataclass(slots=True, kw_only=True)
class Report:
    """What reading some pages again came to; two are added up with `add`."""

    pages: int = 0
    """Article pages that were read."""
    unchanged: int = 0
    """Said what their revision says."""
    corrected: int = 0
    """Said something else than the revision that was made of them."""
    appearing: int = 0
    """Show a state of an article that is not stored: held back, or not understood when it was fetched."""
    seen: int = 0
    """Show an article at a time at which a stored state of it was seen before and after: nothing to correct."""
    refused: dict[str, int] = field(default_factory=dict)
    """Pages that give no article today, by reason."""
    filled: dict[str, list[int]] = field(default_factory=dict)
    """Field -> in how many of the compared pages it was filled before, and is now."""
    changes: dict[str, int] = field(default_factory=dict)
    """Kind of change, such as ``lead filled`` -> how many."""
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Kind of change -> up to three, each with url, before and after."""
    damages: list[str] = field(default_factory=list)

    def compare(self, url: str, before: Article, after: Article) -> bool:
        """Count what a reading says beside what was stored; return whether they differ."""
        differs = False
        for name in READ_FIELDS:
            old, new = getattr(before, name), getattr(after, name)
            counts = self.filled.setdefault(name, [0, 0])
            counts[0] += bool(old)
            counts[1] += bool(new)
            if old == new:
                continue
            differs = True
            kind = f"{name} {'filled' if not old else 'emptied' if not new else 'changed'}"
            self.changes[kind] = self.changes.get(kind, 0) + 1
            samples = self.samples.setdefault(kind, [])
            if len(samples) < SAMPLES:
                samples.append({"url": url, "before": _shown(old), "after": _shown(new)})
        return differs

    def add(self, other: Self) -> None:
        """Add what came of further pages."""
        self.pages += other.pages
        self.unchanged += other.unchanged
        self.corrected += other.corrected
        self.appearing += other.appearing
        self.seen += other.seen
        for reason, count in other.refused.items():
            self.refused[reason] = self.refused.get(reason, 0) + count
        for name, (before, after) in other.filled.items():
            counts = self.filled.setdefault(name, [0, 0])
            counts[0] += before
            counts[1] += after
        for kind, count in other.changes.items():
            self.changes[kind] = self.changes.get(kind, 0) + count
            self.samples[kind] = (self.samples.get(kind, []) + other.samples.get(kind, []))[:SAMPLES]
        self.damages += other.damages

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return asdict(self)

    @classmethod
    def of_json(cls, said: dict[str, Any]) -> Self:
        """Return it from a JSON object."""
        return cls(**said)


def _shown(value: Any) -> str | None:
    """Return a value as a sample shows it; paragraphs by line."""
    if not value:
        return None
    text = "\n".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
