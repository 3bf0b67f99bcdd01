"""What does reading one article page cost, against the usual ways?

    python benchmarks/read.py [--quick]

Five ways take turns, round by round, so that they meet the same machine, and in its turn each reads all the pages, as
a crawl would: ours; ours from a parse of the whole page (lxml); whole-page BeautifulSoup(lxml) that reads title, lead,
paragraphs, times, authors and tags, as tutorials do; the same parse with nothing read; trafilatura. Pages: the real
ones beside the project (../shared/pages) where they are there, and the local site made of seed files. Ends with one
line of name=value figures; exit code 1 when ours reads other fields than the whole page gives, or takes more than 1/20
of BeautifulSoup's time, on real pages even of the time of its parse alone. (A page of the local site gets its weight
from one style sheet, which is a single node of a tree; there the parse alone is printed, and no limit.)
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import trafilatura
from bs4 import BeautifulSoup
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from a checkout

from crawler.archives.site import SeedSite  # noqa: E402 -- after the path is set
from crawler.errors import PageNotUnderstood  # noqa: E402 -- after the path is set
from crawler.sources import source_of  # noqa: E402 -- after the path is set
from crawler.sources.fmm.article import read_article_whole  # noqa: E402 -- after the path is set
from crawler.sources.fmm.editions import all_editions  # noqa: E402 -- after the path is set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.sources import Source

PAGES = ROOT.parent / "shared" / "pages"
CORPUS = ROOT.parent / "shared" / "corpus" / "rfi-cn"
SEEDS = ROOT / "seeds"
EDITIONS = {edition.name: edition for edition in all_editions()}
OURS, WHOLE, SOUP, SOUP_TREE, GENERAL = (
    "ours", "ours, whole-page lxml", "BeautifulSoup(lxml)", "BeautifulSoup(lxml), tree only", "trafilatura",
)  # fmt: skip
SHORT = {OURS: "ours", WHOLE: "whole_lxml", SOUP: "soup", SOUP_TREE: "soup_tree", GENERAL: "trafilatura"}
LIMIT = 1 / 20
REAL = "real pages"


def main() -> int:
    """Measure, print, and say by the exit code whether ours is fast and right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and pages; the ratios are rougher")
    quick = parser.parse_args().quick
    rounds = 3 if quick else 9
    groups = {REAL: list(real_pages()), "local site": list(site_pages(8 if quick else 30))}
    console = Console()
    figures: list[str] = []
    is_good = True
    for group, pages in groups.items():
        if not pages:
            console.print(f"{group}: none here (no {PAGES})")
            continue
        differing = [url for source, html, url in pages if not reads_the_same(source, html, url)]
        costs = measure(pages, rounds)
        console.print(table(group, pages, costs))
        ratio, tree_ratio = costs[OURS] / costs[SOUP], costs[OURS] / costs[SOUP_TREE]
        is_good &= (tree_ratio if group == REAL else ratio) <= LIMIT and not differing
        name = group.replace(" ", "_")
        figures += [f"{name}={len(pages)}", *(f"{name}_{SHORT[way]}_ms={ms:.2f}" for way, ms in costs.items())]
        figures += [f"{name}_soup_over_ours={1 / ratio:.1f}", f"{name}_soup_tree_over_ours={1 / tree_ratio:.1f}"]
        figures.append(f"{name}_differing={len(differing)}")
    console.print(" ".join(figures), soft_wrap=True, highlight=False)
    return 0 if is_good else 1


def real_pages() -> Iterator[tuple[Source, str, str]]:
    """Yield the article pages beside the project, with their sources and URLs."""
    index = PAGES / "INDEX.tsv"
    for line in index.read_text("utf-8").splitlines()[1:] if index.is_file() else ():
        name, url, size = line.split("\t")
        source = source_of(url)
        if size != "excerpt" and "home" not in name and source is not None:
            yield source, (PAGES / name).read_text("utf-8"), url


def site_pages(count: int) -> Iterator[tuple[Source, str, str]]:
    """Yield article pages of the local site, made of the real seed files where they are there."""
    site = SeedSite([CORPUS if CORPUS.is_dir() else SEEDS])
    urls = sorted(site.article_urls)
    for url in urls[:: max(1, len(urls) // count)][:count]:
        source, response = source_of(url), site.lookup(url)
        if source is not None and response is not None:
            yield source, response.body.decode(), url


def measure(pages: list[tuple[Source, str, str]], rounds: int) -> dict[str, float]:
    """Return for every way the mean over the pages of its milliseconds a page.

    Of the rounds the least counts, as `timeit` advises: what is above it is what else ran on the machine.
    """
    taken: dict[tuple[str, int], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for way in SHORT:
            gc.collect()  # one way's rubbish is not the next one's work, but its own is its own
            for number, (source, html, url) in enumerate(pages):  # captures of one article share a URL
                read = ways(source, html, url)[way]
                began = time.process_time()
                read()
                taken[way, number].append(time.process_time() - began)
    return {way: 1000 * statistics.mean(min(times) for (one, _), times in taken.items() if one == way) for way in SHORT}


def ways(source: Source, html: str, url: str) -> dict[str, Callable[[], object]]:
    """Return the ways of reading one page; ours take it as it came, so decoding is in their figures and in no other."""
    body = html.encode()
    return {
        OURS: lambda: source.read_page(body, "text/html; charset=UTF-8", url),
        WHOLE: lambda: read_article_whole(EDITIONS[source.name], body, url),
        SOUP: lambda: read_with_soup(html),
        SOUP_TREE: lambda: BeautifulSoup(html, "lxml"),
        GENERAL: lambda: trafilatura.extract(html, url=url),
    }


def read_with_soup(html: str) -> dict[str, object]:
    """Read an article the way tutorials do."""
    soup = BeautifulSoup(html, "lxml")
    title, lead = soup.select_one("h1"), soup.select_one(".t-content__chapo")
    return {
        "title": title and title.get_text(" ", strip=True),
        "lead": lead and lead.get_text(" ", strip=True),
        "paragraphs": [
            line.get_text(" ", strip=True) for line in soup.select(".t-content__body p, .t-content__body h2")
        ],
        "times": [mark.get("datetime") for mark in soup.select(".m-pub-dates time")],
        "authors": [name.get_text(strip=True) for name in soup.select(".m-from-author__name")],
        "tags": [tag.get_text(strip=True) for tag in soup.select(".t-content__tags a")],
        "canonical": [link.get("href") for link in soup.select('link[rel="canonical"]')],
    }


def reads_the_same(source: Source, html: str, url: str) -> bool:
    """Does the fast road read what a parse of the whole page gives?"""
    try:
        ours = source.read_article(html, url)
        whole = read_article_whole(EDITIONS[source.name], html.encode(), url)
    except PageNotUnderstood:
        return False
    # how a field was found is another matter: the two roads look in different places for some
    return replace(ours, ways=()) == replace(whole, ways=())


def table(group: str, pages: list[tuple[Source, str, str]], costs: dict[str, float]) -> Table:
    """Return a table of one group of pages."""
    size = statistics.mean(len(html.encode()) for _, html, _ in pages) / 1000
    shown = Table(title=f"{len(pages)} {group}, {size:.0f} kB on average")
    for heading in ("way", "CPU ms a page", "times ours"):
        shown.add_column(heading, justify="left" if heading == "way" else "right")
    for way, ms in costs.items():
        shown.add_row(way, f"{ms:.2f}", f"{ms / costs[OURS]:.1f}")
    return shown


if __name__ == "__main__":
    sys.exit(main())
