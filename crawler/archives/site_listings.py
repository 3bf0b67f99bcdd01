"""Listings of the local site: the front page, section pages, and the page that is not there.

Every story stands on the front page or one of its further pages, and on those of its sections.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from crawler.archives.site_cards import (
    aside,
    card,
    cards,
    carousel,
    footer,
    header,
    live_column,
    pager,
    section_href,
)
from crawler.archives.site_shell import RELEASES, pictograms, script, style
from crawler.archives.site_words import words_of

if TYPE_CHECKING:
    from crawler.archives.site_index import Edition, Story

FRONT_STORIES = 48  # as on the front page of 2025-11-30
STORIES_A_PAGE = 15  # as the real data-itemsperpage says


def last_page(edition: Edition, section: str) -> int:
    """Return the number of pages of a listing, from 1; an empty section is the front page."""
    if section:
        return max(1, -(-len(edition.sections[section]) // STORIES_A_PAGE))
    return 1 + max(0, -(-(len(edition.stories) - FRONT_STORIES) // STORIES_A_PAGE))


def front_page(edition: Edition, origin: str, page: int) -> str:
    """Return a page of the front listing.

    Args:
        edition: The edition whose listing it is.
        origin: Scheme and host of the real site.
        page: From 1 to `last_page`.
    """
    words = words_of(edition.source.language)
    if page > 1:
        start = FRONT_STORIES + (page - 2) * STORIES_A_PAGE
        main = cards(edition.stories[start : start + STORIES_A_PAGE])
    else:
        main = _front_sections(edition, edition.stories[:FRONT_STORIES])
    main += pager(edition, "", page, last_page(edition, ""), words)
    return frame(edition, origin, edition.source.title, section_href(edition, "", page), main)


def section_page(edition: Edition, origin: str, section: str, page: int) -> str:
    """Return a page of a section's listing; a section without stories shows the live column instead.

    Args:
        edition: The edition whose listing it is.
        origin: Scheme and host of the real site.
        section: Decoded path below the edition.
        page: From 1 to `last_page`.
    """
    words = words_of(edition.source.language)
    start = (page - 1) * STORIES_A_PAGE
    stories = edition.sections[section][start : start + STORIES_A_PAGE]
    title = section.rsplit("/", 1)[-1]
    content = cards(stories) if stories else live_column(edition, edition.stories[:STORIES_A_PAGE], words)
    main = f'<h1 class="t-section__title a-page-title">{escape(title)}</h1>{content}'
    main += pager(edition, section, page, last_page(edition, section), words)
    return frame(edition, origin, title, section_href(edition, section, page), main, feed=section)


def missing_page(edition: Edition, origin: str) -> str:
    """Return the body of a 404."""
    words = words_of(edition.source.language)
    main = (
        f'<h1 class="a-page-title">404</h1><p>{words.not_found}</p><p><a href="/{edition.prefix}/">{words.home}</a></p>'
    )
    return frame(edition, origin, "404", "", main)


def _front_sections(edition: Edition, stories: tuple[Story, ...]) -> str:
    """Lay the newest stories out as the real front page does: splits, lists, the live column, a carousel."""
    words = words_of(edition.source.language)
    wire = [story for story in stories if story.is_wire][:12]
    in_column = {story.url for story in wire}
    others = [story for story in stories if story.url not in in_column]
    first, related, carried, rest = others[:12], others[12:18], others[18:24], others[24:]
    main_card = "".join(card(story, level=3, kind="m-item-list-article--main-article") for story in first[:1])
    small_cards = "".join(card(story, level=3) for story in first[1:])
    return f"""<div class="t-content__sections"><div class="o-pagebuilder-section">
    <div class="o-banana-split ">
        <div data-org-name="1" data-org-type="banana-split" class="o-layout-list o-banana-split__main-articles" \
data-layout-list-wrapper>{main_card}{small_cards}</div>
        <div class="o-block-ad-n-newsfeed o-banana-split__ad-n-newsfeed">{live_column(edition, wire, words)}</div>
    </div>
    </div>
    <div class="o-pagebuilder-section">{aside(words.other_news, related)}</div>
    <div class="o-pagebuilder-section">{carousel(carried)}</div>
    <div class="o-pagebuilder-section">{cards(rest)}</div>
</div>"""


def frame(edition: Edition, origin: str, title: str, href: str, main: str, *, feed: str = "") -> str:
    """Put a listing into the frame of the newest release of the template."""
    source, release = edition.source, RELEASES[-1]
    feed_href = origin + section_href(edition, feed) + "rss"
    canonical = f'<link rel="canonical" href="{origin}{href.removesuffix("#pager")}">' if href else ""
    return f"""<!DOCTYPE html>
<html dir="ltr" lang="{source.language}">
<head>
    <meta charset="UTF-8">
    <meta name="viewport" content="width=device-width, initial-scale=1.0, viewport-fit=cover">
    <title>{escape(title)} - RFI</title>
    {canonical}
    <link rel="alternate" type="application/rss+xml" title="{escape(title)}" href="{feed_href}">
    <meta property="og:type" content="website">
    <meta property="og:title" content="{escape(title)}">
    <meta property="og:site_name" content="{escape(source.title)}">
    {style(release)}
</head>
<body class="u-header-sticky u-header-with-tag-list">
{pictograms(release)}
{header(edition, words_of(source.language))}
<main data-nav-container role="main"><div class="t-content" id="main-content" tabindex="-1">
{main}
</div></main>
{footer(edition)}
{script(release)}
</body>
</html>
"""
