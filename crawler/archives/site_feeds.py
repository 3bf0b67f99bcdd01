"""Machine-readable listings of the local site: RSS, sitemaps, robots.txt; fields as in RFI's.

Addresses in feeds are absolute and real, as their formats demand.
"""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from crawler.archives.site_cards import section_href, sized

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crawler.archives.site_index import Edition, Story
    from crawler.items import ScrapedArticle

RSS_ITEMS = 30
NEWS_DAYS = 2  # Source: https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap, 2026-11-23


def robots_txt(editions: Iterable[Edition], origin: str) -> str:
    """Return robots.txt: what is closed, and each edition's sitemaps."""
    lines = ["User-agent: *", "Allow: /"]
    maps: list[str] = []
    for edition in editions:
        lines.append(f"Disallow: /{edition.prefix}/recherche")
        maps += (f"Sitemap: {origin}/sitemaps/{edition.prefix}/{name}.xml" for name in ("index", "news"))
    return "\n".join((*lines, "", *maps, ""))


def rss(edition: Edition, origin: str, section: str, items: Iterable[tuple[Story, ScrapedArticle]]) -> str:
    """Return a feed of stories with their leads.

    Args:
        edition: The edition whose feed it is.
        origin: Scheme and host of the real site.
        section: Decoded path below the edition; empty for the whole edition.
        items: Newest first.
    """
    title = section.rsplit("/", 1)[-1] or edition.source.title
    link = origin + section_href(edition, section)
    entries = "".join(_rss_item(story, article) for story, article in items)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:media="http://search.yahoo.com/mrss/" version="2.0"><channel>
<title>{escape(title)}</title><link>{link}</link><language>{edition.source.language}</language>
<atom:link rel="self" type="application/rss+xml" href="{link}rss"/>
{entries}</channel></rss>
"""


def _rss_item(story: Story, article: ScrapedArticle) -> str:
    description = f"<description>{escape(' '.join(article.lead.split()))}</description>" if article.lead else ""
    creators = "".join(f"<dc:creator>{escape(name)}</dc:creator>" for name in article.authors or ("RFI",))
    picture = ""
    if story.image:
        address = quoteattr(sized(story.image, 1024))
        picture = (
            f'<media:thumbnail url={address} width="1024" height="576"/>'
            f'<enclosure url={address} length="0" type="image/jpeg"/>'
        )
    return (
        f"<item><title>{escape(story.title)}</title>{description}<link>{escape(story.url)}</link>"
        f"<category>{escape(story.sections[-1].rsplit('/', 1)[-1])}</category>{creators}"
        f"<pubDate>{format_datetime(story.published_at, usegmt=True)}</pubDate>"
        f'<guid isPermaLink="true">{escape(story.url)}</guid>{picture}</item>\n'
    )


def months(edition: Edition) -> dict[str, list[Story]]:
    """Return the stories of each month of publication (``YYYYMM``, local time), newest first."""
    groups: dict[str, list[Story]] = {}
    for story in edition.stories:
        groups.setdefault(f"{story.published_at.astimezone(edition.source.zone):%Y%m}", []).append(story)
    return groups


def sitemap_index(edition: Edition, origin: str) -> str:
    """Return the index of an edition's monthly maps."""
    entries = "".join(
        f"<sitemap><loc>{origin}/sitemaps/{edition.prefix}/contents_{month}.xml</loc>"
        f"<lastmod>{_newest(stories).isoformat()}</lastmod></sitemap>\n"
        for month, stories in months(edition).items()
    )
    return f'{_XML}<sitemapindex xmlns="{_SITEMAP}">\n{entries}</sitemapindex>\n'


def month_map(stories: Iterable[Story]) -> str:
    """Return the map of one month: addresses and times."""
    entries = "".join(
        f"<url><loc>{escape(story.url)}</loc><lastmod>{story.published_at.isoformat()}</lastmod></url>\n"
        for story in stories
    )
    return f'{_XML}<urlset xmlns="{_SITEMAP}">\n{entries}</urlset>\n'


def recent(edition: Edition) -> tuple[Story, ...]:
    """Return the stories of the news map: the two days up to the newest story of the edition."""
    since = edition.stories[0].published_at - timedelta(days=NEWS_DAYS)
    return tuple(story for story in edition.stories if story.published_at > since)


def news_map(edition: Edition, items: Iterable[tuple[Story, ScrapedArticle]]) -> str:
    """Return the news map: addresses, titles, keywords, pictures."""
    entries = "".join(_news_entry(edition, story, article) for story, article in items)
    return f"""{_XML}<urlset xmlns="{_SITEMAP}" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" \
xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
{entries}</urlset>
"""


def _news_entry(edition: Edition, story: Story, article: ScrapedArticle) -> str:
    picture = ""
    if article.images:
        caption = article.images[0].caption
        inner = f"<image:caption>{escape(caption)}</image:caption>" if caption else ""
        picture = f"<image:image><image:loc>{escape(article.images[0].url)}</image:loc>{inner}</image:image>"
    published = story.published_at.isoformat()
    keywords = escape(",".join(article.tags or (story.sections[-1].rsplit("/", 1)[-1],)))
    return (
        f"<url><loc>{escape(story.url)}</loc><lastmod>{published}</lastmod>"
        f"<news:news><news:publication><news:name>{escape(edition.source.title)}</news:name>"
        f"<news:language>{_news_language(edition.source.language)}</news:language></news:publication>"
        f"<news:publication_date>{published}</news:publication_date>"
        f"<news:title>{escape(story.title)}</news:title><news:keywords>{keywords}</news:keywords></news:news>"
        f"{picture}</url>\n"
    )


def _news_language(language: str) -> str:
    """Return the language as news maps write it: ISO 639-1, but zh-cn and zh-tw. Source: as `NEWS_DAYS`."""
    return {"zh-Hans": "zh-cn", "zh-Hant": "zh-tw"}.get(language, language.split("-", maxsplit=1)[0])


def _newest(stories: Iterable[Story]) -> datetime:
    return max(story.published_at for story in stories)


_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
