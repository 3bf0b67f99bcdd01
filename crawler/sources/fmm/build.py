"""From an edition to a source: the readers of this platform, bound to one edition."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote, urlsplit

from crawler.sources.base import Source
from crawler.sources.fmm.addresses import day_of, is_article, owns, section_of
from crawler.sources.fmm.article import read_article, read_article_utf8
from crawler.sources.fmm.channels import part_of, past_of
from crawler.sources.fmm.editions import ZONE, Edition, all_editions
from crawler.sources.fmm.fragment import read_seed
from crawler.sources.fmm.listing import read_listing


def sources_of(*brands: str) -> tuple[Source, ...]:
    """Return the sources of some brands, in the order of the data file."""
    return tuple(_source(edition) for edition in all_editions() if edition.brand in brands)


def _source(edition: Edition) -> Source:
    prefix = urlsplit(edition.home_url).path.strip("/")
    return Source(
        name=edition.name,
        title=edition.title,
        language=edition.language,
        hosts=(urlsplit(edition.home_url).netloc,),
        home_url=edition.home_url,
        section_urls=tuple(f"{edition.home_url}{quote(section)}/" for section in edition.sections),
        feed_urls=(f"{edition.home_url}rss",),
        news_map_urls=(f"{edition.origin}/sitemaps/{prefix}/news.xml",) if edition.brand == "rfi" else (),
        section_feed_urls=tuple(f"{edition.home_url}{quote(section)}/rss" for section in edition.sections),
        owns=partial(owns, edition),
        is_article=partial(is_article, edition),
        read_listing=partial(read_listing, edition),
        read_article=partial(read_article, edition),
        read_utf8=partial(read_article_utf8, edition),
        read_seed=partial(read_seed, edition),
        part_of=partial(part_of, edition),
        section_of=partial(section_of, edition),
        day_of=day_of,
        past=past_of(edition),
        zone=ZONE,
    )
