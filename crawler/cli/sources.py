"""``newscrawl sources``: the sites this program can read."""

from __future__ import annotations

from crawler.cli.options import Json
from crawler.cli.output import print_json, print_table
from crawler.sources import SOURCES


def sources(*, json: Json = False) -> None:
    """List the sources by name."""
    if json:
        for source in SOURCES:
            print_json(
                {
                    "name": source.name,
                    "title": source.title,
                    "language": source.language,
                    "home_url": source.home_url,
                    "section_urls": source.section_urls,
                    "zone": source.zone.key,
                }
            )
        return
    print_table(
        "Sources",
        ("name", "language", "title", "front page", "sections"),
        [(s.name, s.language, s.title, s.home_url, len(s.section_urls)) for s in SOURCES],
        right=("sections",),
    )
