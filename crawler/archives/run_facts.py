"""RunFacts: what a recording says of the run it was made by, so that a replay can walk the same way.

They stand in the warcinfo record of each of its files.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from crawler import __version__
from storage import CrawlKind, CrawlPlan

if TYPE_CHECKING:
    from crawler.archives.warc_records import Record

_FIELD = "newscrawl-run"
_PLAN_FIELDS = frozenset(field.name for field in fields(CrawlPlan))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """One recorded run."""

    name: str
    """How the names of its files begin."""
    run_id: int
    """In the database it wrote to."""
    started_at: datetime
    """Aware, UTC."""
    plan: CrawlPlan
    stand_in: str
    """Who answered in the site's stead; empty where the site did."""
    settings: dict[str, Any]
    """What of the operator's settings decides which way a run goes."""

    def as_warcinfo(self, user_agent: str) -> dict[str, str]:
        """Return the lines of a warcinfo record."""
        told = asdict(self) | {"plan": asdict(self.plan) | {"kind": self.plan.kind.value}}
        return {
            "software": f"newscrawl/{__version__}",
            "format": "WARC File Format 1.1",
            "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "isPartOf": self.name,
            "description": f"run {self.run_id} over {self.plan.source}",
            "robots": "obey",
            "http-header-user-agent": user_agent,
            _FIELD: orjson.dumps(told).decode(),
        }

    @classmethod
    def of(cls, record: Record) -> RunFacts | None:
        """Return what a warcinfo record tells; None if it is not one of ours."""
        lines = dict(
            line.split(": ", 1) for line in record.body.decode("utf-8", "replace").splitlines() if ": " in line
        )
        if _FIELD not in lines:
            return None
        told = orjson.loads(lines[_FIELD])
        plan = {name: value for name, value in told["plan"].items() if name in _PLAN_FIELDS}
        plan |= {"kind": CrawlKind(plan["kind"]), "seeds": tuple(plan["seeds"])}
        return cls(**told | {"plan": CrawlPlan(**plan), "started_at": datetime.fromisoformat(told["started_at"])})
