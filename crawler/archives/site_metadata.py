"""What an article page of the local site says about itself to machines: metas, JSON-LD, the data layer.

With the habits of the real ones: headlines that carry the programme, a short description that is cut, edit times that
precede publication, keywords as a string or a list; counted on saved pages of 2019-2025.
"""

from __future__ import annotations

import json
import zlib
from hashlib import blake2b
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.archives.site_cards import section_href, sized
from crawler.archives.site_shell import RELEASES

if TYPE_CHECKING:
    from crawler.archives.site_page import ArticlePage

# What stands in og:image when a story has no picture; one archived article in seven has it.
DEFAULT_PICTURE = "https://static.rfi.fr/meta_og_twcards/RFI_FB.png"

_SHORT_DESCRIPTION = 100  # characters of og:description before it is cut with ……


def head(page: ArticlePage) -> str:
    """Return what differs inside ``<head>``."""
    story, article, source = page.story, page.article, page.edition.source
    amp = "https://amp.rfi.fr" + urlsplit(story.url).path
    picture_url = sized(page.picture, 1280) if page.picture else DEFAULT_PICTURE
    description = article.lead or ""
    short = description or " ".join(article.paragraphs)
    if len(short) > _SHORT_DESCRIPTION:
        short = short[:_SHORT_DESCRIPTION] + "……"
    properties = [
        ("og:image", picture_url),
        ("og:locale", source.language.replace("-", "_")),
        ("og:site_name", source.title),
        ("og:type", "article"),
        ("og:title", page.headline),
        ("og:description", short),
        *(("og:see_also", other.url) for other in page.same_topic),
        ("og:url", story.url),
        ("article:published_time", page.published),
        ("article:modified_time", page.modified),
        ("article:section", page.section or ""),
        *(("article:tag", tag) for tag in page.tags),
    ]
    metas = "\n    ".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in properties if value)
    return f"""<!DOCTYPE html>
<html dir="ltr" lang="{source.language}">
<head>
    <meta charset="UTF-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0, viewport-fit=cover">
    <title>{escape(page.headline, quote=False)}</title>
    <link rel="canonical" href="{escape(story.url)}">
    <link rel="amphtml" href="{escape(amp)}">
    {metas}
    <meta name="description" content="{escape(description)}">
    <meta name="twitter:card" content="summary_large_image">
    <meta name="keywords" content="{escape(",".join(page.tags))}">
    <script type="application/ld+json">
        {_json_ld(page)}
    </script>
"""


def _json_ld(page: ArticlePage) -> str:
    """Return the JSON-LD array: an escaped line in older releases, indented characters in the newest."""
    nodes = [_news_article(page), _breadcrumb_list(page)]
    if page.release is RELEASES[-1]:
        return json.dumps(nodes, ensure_ascii=False, indent=4).replace("<", "\\u003c")
    return _script_json(nodes)


def _script_json(value: object) -> str:
    """Return JSON that may stand in a script element whatever its texts hold; slashes escaped, as PHP does it."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").replace("<", "\\u003c")


def _news_article(page: ArticlePage) -> dict[str, Any]:
    story, article = page.story, page.article
    node: dict[str, Any] = {
        "@context": "http://schema.org",
        "@type": "NewsArticle",
        "url": story.url,
        "headline": page.headline,
        "description": article.lead,
        "datePublished": page.published,
        "dateModified": page.modified,
        "image": [sized(page.picture, 1280, ratio) for ratio in ("16x9", "4x3", "1x1")] if page.picture else None,
        "inLanguage": page.edition.source.language,
        "articleSection": "emissions" if article.programme else page.section,
        "author": [
            {"@type": "Person", "name": name, "url": page.origin + page.author_href(name)} for name in article.authors
        ],
        "publisher": {"@type": "NewsMediaOrganization", "name": page.edition.source.title, "url": f"{page.origin}/"},
        # one comma-joined string until 2023, a list since
        "keywords": list(page.tags) if page.release is RELEASES[-1] else ",".join(page.tags),
        "mainEntityOfPage": {"@type": "WebPage", "@id": story.url},
        "wordCount": sum(map(len, article.paragraphs)),
        "isAccessibleForFree": True,
    }
    return {key: value for key, value in node.items() if value not in (None, "")}


def _breadcrumb_list(page: ArticlePage) -> dict[str, Any]:
    steps = [(f"{page.origin}/{page.edition.prefix}/", page.edition.source.title)]
    steps += [(page.origin + section_href(page.edition, s), s.rsplit("/", 1)[-1]) for s in page.sections]
    steps.append((page.story.url, page.title))
    items = [
        {"@type": "ListItem", "position": position, "item": {"@id": url, "name": name}}
        for position, (url, name) in enumerate(steps, 1)
    ]
    return {"@context": "http://schema.org", "@type": "BreadcrumbList", "itemListElement": items}


def datalayer(page: ArticlePage) -> str:
    """Return what the site tells its audience measurement, as JSON."""
    day, _, time = page.published.partition("T")
    layer = {
        "content_title": page.title,
        "content_id": f"WBMZ{_content_number(page.story.url)}-RFI-{page.edition.prefix.upper()}-{day.replace('-', '')}",
        "canonical": page.story.url,
        "publication_date": day,
        "publication_time": time[:8],
        "authors": [_named(name) for name in page.article.authors],
        "tags": [_named(name) for name in page.tags],
        "content_type": "edition" if page.article.programme else "article",
        "site_brand": "rfi",
        "site_version": page.release.name,
        "site_locale": page.edition.prefix,
    }
    return _script_json(layer)


def _content_number(url: str) -> int:
    """Return the number of a story: of 48 bits, because no two of a large site may share one."""
    return int.from_bytes(blake2b(url.encode(), digest_size=6).digest(), "big")


def _named(name: str) -> dict[str, str]:
    identity = f"{zlib.crc32(name.encode()):08x}-aa97-11e8-a92e-005056a9425e"
    return {"name": name, "name_clean": name, "name_slug": name.replace(" ", "-"), "id": identity}
