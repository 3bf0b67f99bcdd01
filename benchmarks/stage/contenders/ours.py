"""Our crawl, given the pages as seed URLs."""

from __future__ import annotations

import sys
from pathlib import Path

from crawler.garbage import collect_seldom

collect_seldom()  # as the program's door does, before what it imports

from crawler.config import load_config  # noqa: E402 -- see above
from crawler.runs import run_crawl  # noqa: E402 -- see above
from storage import CrawlKind, CrawlPlan, Store  # noqa: E402 -- see above

# as benchmarks.stage.pages has them, which imports what a crawl does not
ORIGIN, SOURCE = "https://www.rfi.fr", "rfi-cn"


def crawl(base_url: str, targets: list[str], db: str) -> int:
    """Run our crawl, with these pages as its seed URLs; return how many articles are stored."""
    plan = CrawlPlan(
        source=SOURCE,
        kind=CrawlKind.ONEOFF,
        seeds=tuple(ORIGIN + target for target in targets),
        via=base_url,
        delay_seconds=0.0,
    )
    with Store.open(db) as store:
        return run_crawl(plan, load_config(), store).counts["new"]


def main() -> int:
    """Crawl the pages into the database."""
    base_url, names, db = sys.argv[1:]
    targets = Path(names).read_text("utf-8").split()
    return 0 if crawl(base_url, targets, db) == len(targets) else 1


if __name__ == "__main__":
    sys.exit(main())
