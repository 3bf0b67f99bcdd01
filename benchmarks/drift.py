"""Is a layout that changed noticed within 20 articles, and is nothing flagged while nothing changes?

    python benchmarks/drift.py [--quick]

Thirty days of publications, after ten to learn from, in the order and with the sections of RFI's Chinese edition
(../shared/traces where it is there, else a rhythm of the same statistics), each with a page of the local site that
stands in the same kind of section, every third looked at again an hour later: no flag may be raised. Then, from
several places in these days, each mutation of the template is put on all further pages, and the articles are counted
until it is flagged; an article whose page the mutation leaves as it is (one without authors, where authors move) tells
nothing and is not counted. Ends with one line of name=value figures; exit code 1 when a flag was raised in the days
without a change, when fewer than 19 in 20 of all starts were flagged within 20 articles, or when what was flagged was
learnt: the break must still stand after 200 further articles.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from crawler.archives.site import SeedSite  # noqa: E402 -- after the path is set
from crawler.archives.site_mutations import MUTATIONS  # noqa: E402 -- after the path is set
from crawler.errors import PageNotUnderstood  # noqa: E402 -- after the path is set
from crawler.monitors.signs import Signs, signs_of_article, signs_of_refusal  # noqa: E402 -- after the path is set
from crawler.monitors.watch import Watch  # noqa: E402 -- after the path is set
from crawler.normalize import normalize  # noqa: E402 -- after the path is set
from crawler.sources import source_named  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

TRACE = ROOT.parent / "shared" / "traces" / "rfi-cn-2020-07_2020-10.tsv"
CORPUS = ROOT.parent / "shared" / "corpus" / "rfi-cn"
SEEDS = ROOT / "seeds"
CN = source_named("rfi-cn")
LEARNING, DAYS = 10, 30
WITHIN, LEAST = 20, 0.95
WIRE, PROGRAMME = "contenu", "专栏检索"

# Shares of sections in the trace, for a rhythm without it: 57 articles a day, four in ten of them the wire's.
SHARES = {WIRE: 43, "中国": 27, "政治": 6, "国际": 5, "港澳台": 4, "法国": 4, "亚洲": 4, "社会": 2, PROGRAMME: 5}
A_DAY = 57


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the local site."""

    url: str
    html: str
    kind: str
    """Of the section it stands in: the wire's, a programme's, or another."""


def main() -> int:
    """Let the days pass, mutate, print, and say by the exit code whether all was noticed and nothing else."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one start for each mutation, fewer different pages")
    quick = parser.parse_args().quick
    console = Console()
    pages = site_pages(160 if quick else 700)
    days = list(publications(pages))
    watch = Watch("rfi-cn", {})
    flags: list[str] = []
    states: list[dict[str, dict[str, Any]]] = []
    for number, page in enumerate(days):
        flags += look(watch, page)
        if number % 3 == 0:
            flags += look(watch, page, again=True)
        if number % A_DAY == 0:
            states.append(watch.learnt())
    starts = states[-1:] if quick else states[LEARNING + 5 :: 6]
    told = Table(title=f"{len(MUTATIONS)} mutations from {len(starts)} places in {LEARNING + DAYS} days")
    for heading in ("mutation", "articles until flagged", "flagged as"):
        told.add_column(heading, overflow="fold")
    until: dict[str, list[int | None]] = {}
    learnt = 0
    for name in MUTATIONS:
        changed = [page for page in pages if MUTATIONS[name](page.html) != page.html]
        ended = [mutated(state, changed, name, seed) for seed, state in enumerate(starts)]
        until[name] = [count for count, _, _ in ended]
        learnt += sum(was_learnt for _, was_learnt, _ in ended)
        counts = ", ".join("not" if count is None else str(count) for count in until[name])
        told.add_row(name, counts, next((reason for _, _, reason in ended if reason), ""))
    console.print(told)
    for flag in flags:
        console.print(f"flagged though nothing changed: {flag}", soft_wrap=True)
    every = [count for counts in until.values() for count in counts]
    found = [count for count in every if count is not None]
    share = len(found) / len(every)
    console.print(
        f"days={DAYS} articles={len(days)} false_flags={len(flags)} mutations={len(MUTATIONS)} starts={len(every)}"
        f" flagged={len(found)} flagged_share={share:.3f} most_articles={max(found, default=0)} learnt_breaks={learnt}",
        soft_wrap=True,
        highlight=False,
    )
    return 0 if not flags and share >= LEAST and not learnt else 1


def site_pages(most: int) -> list[Page]:
    """Return pages of the local site: the project's own seed files and, where they are there, real ones."""
    pages = []
    for folder in (SEEDS, CORPUS):
        if not folder.is_dir():
            continue
        site = SeedSite([folder])
        urls = sorted(url for url in site.article_urls if CN.owns(url))
        for url in random.Random(1).sample(urls, min(len(urls), most - len(pages))):
            found = site.lookup(url)
            if found is not None:
                pages.append(Page(url, found.body.decode(), kind_of(site.index.stories[url].sections[0])))
    return pages


def kind_of(section: str) -> str:
    """Return the kind of a section."""
    return section if section in (WIRE, PROGRAMME) else "story"


def publications(pages: list[Page]) -> Iterator[Page]:
    """Yield a page for each publication of the days, of the kind of its section, in the order of publication."""
    dice = random.Random(2)
    by_kind = {kind: [page for page in pages if page.kind == kind] for kind in (WIRE, PROGRAMME, "story")}
    for section in traced_sections() if TRACE.is_file() else made_sections(dice):
        yield dice.choice(by_kind[kind_of(section)] or pages)


def traced_sections() -> Iterator[str]:
    """Yield the sections of the trace's first forty days of publications."""
    rows = sorted(line.split("\t") for line in TRACE.read_text("utf-8").splitlines()[1:])
    begin = datetime.fromisoformat(rows[0][0])
    for published_at, _, section, _ in rows:
        if datetime.fromisoformat(published_at) < begin + timedelta(days=LEARNING + DAYS):
            yield section.split("/")[0]


def made_sections(dice: random.Random) -> Iterator[str]:
    """Yield sections in the trace's shares, in runs of up to six: newsrooms and wires work in shifts."""
    left = A_DAY * (LEARNING + DAYS)
    while left > 0:
        (section,) = dice.choices(list(SHARES), list(SHARES.values()))
        run = min(left, dice.randint(1, 6))
        yield from [section] * run
        left -= run


@cache
def read(url: str, html: str) -> Signs:
    """Return what the reading of a page shows."""
    try:
        return signs_of_article(CN.read_article(html, url))
    except PageNotUnderstood as refusal:
        return signs_of_refusal(refusal, is_listing=False)


@cache
def read_again(url: str, html: str) -> Signs:
    """Return what the reading of a page shows of which the same is stored."""
    scraped = CN.read_article(html, url)
    stored = normalize(replace(scraped, fetched_at=datetime(2027, 1, 1, tzinfo=UTC)), CN)
    return signs_of_article(scraped, stored)


def look(watch: Watch, page: Page, *, again: bool = False) -> list[str]:
    """Let a watch look at a page; return what it flagged."""
    flagged = watch.look((read_again if again else read)(page.url, page.html), page.url).flagged
    return [flagged] if flagged else []


def mutated(
    state: Mapping[str, Mapping[str, Any]], pages: list[Page], name: str, seed: int
) -> tuple[int | None, bool, str]:
    """Put a mutation on pages until it is flagged.

    Returns:
        How many articles that took (None: more than 20), whether the break was learnt, and how it was flagged.
    """
    dice, watch = random.Random(seed), Watch("rfi-cn", state)
    mutate = cache(MUTATIONS[name])
    for count in range(1, WITHIN + 1):
        page = dice.choice(pages)
        if watch.look(read(page.url, mutate(page.html)), page.url).flagged:
            template = watch.broken
            for page in dice.choices(pages, k=200):
                watch.look(read(page.url, mutate(page.html)), page.url)
            return count, not template <= watch.broken, watch.reasons[0]
    return None, False, ""


if __name__ == "__main__":
    sys.exit(main())
