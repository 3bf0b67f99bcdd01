"""Articles as others read them: one JSON shape everywhere, on one line."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import orjson

from storage.identity import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from storage.exporting import Marks
    from storage.records import Article, StoredArticle

_LINE_ENDS = (
    ("\u0085".encode(), rb"\u0085"),
    ("\u2028".encode(), rb"\u2028"),
    ("\u2029".encode(), rb"\u2029"),
)


# fmt: off
ARTICLE_KEYS = (
    "source", "canonical_url", "title", "programme", "agency", "lead", "paragraphs", "text", "html",
    "published_at", "modified_at", "observed_at", "fetched_at", "first_seen_at", "last_seen_at", "authors",
    "section", "tags", "language", "images", "media", "alternates", "content_id", "revision", "fingerprint",
)
"""The keys of the one JSON shape of an article, in their order."""
# fmt: on


def as_json(article: Article, *, stored: StoredArticle | None = None) -> dict[str, Any]:
    """Return the one JSON shape of an article; times are ISO 8601 in UTC with ``Z``, absent values None.

    Args:
        article: Any; for a stored one that of `stored`.
        stored: How the store knows it; None for an article that is not stored, which has neither revision nor
            first_seen_at and last_seen_at. Of a pruned one text and html are None and paragraphs empty, while its
            fingerprint is still that of the text it had.
    """
    has_body = stored is None or not stored.is_pruned
    return {
        "source": article.source,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "programme": article.programme,
        "agency": article.agency,
        "lead": article.lead,
        "paragraphs": list(article.paragraphs),
        "text": article.text if has_body else None,
        "html": article.html if has_body else None,
        "published_at": as_iso(article.published_at),
        "modified_at": as_iso(article.modified_at),
        "observed_at": as_iso(article.observed_at),
        "fetched_at": as_iso(article.fetched_at),
        "first_seen_at": as_iso(stored.first_seen_at) if stored else None,
        "last_seen_at": as_iso(stored.last_seen_at) if stored else None,
        "authors": list(article.authors),
        "section": article.section,
        "tags": list(article.tags),
        "language": article.language,
        "images": [{"url": image.url, "caption": image.caption, "credit": image.credit} for image in article.images],
        "media": [{"url": medium.url, "type": medium.type} for medium in article.media],
        "alternates": dict(article.alternates),
        "content_id": article.content_id,
        "revision": stored.revision if stored else None,
        "fingerprint": stored.fingerprint if stored else fingerprint(article.title, article.text),
    }


def marks_as_json(marks: Marks) -> dict[str, Any]:
    """Return what an export of all revisions says beside the article, so that it can be stored again just so."""
    return {
        "is_current": marks.is_current,
        "is_silent": marks.is_silent,
        "stated_at": as_iso(marks.stated_at),
        "stated_seen_at": as_iso(marks.stated_seen_at),
        "stored_at": as_iso(marks.stored_at),
        "article_first_seen_at": as_iso(marks.article_first_seen_at),
        "article_last_seen_at": as_iso(marks.article_last_seen_at),
        "gone_at": as_iso(marks.gone_at),
        "claims_digest": marks.claims_digest,
        "aliases": [{"url": alias.url, "why": alias.why} for alias in marks.aliases],
        "claims": [
            {
                "field": claim.field,
                "origin": claim.origin,
                "value": claim.value,
                "first_seen_at": as_iso(claim.first_seen_at),
            }
            for claim in marks.claims
        ],
    }


def as_iso(instant: datetime | None) -> str | None:
    """Return an aware instant as ISO 8601 in UTC, with ``Z``.

    >>> from datetime import datetime
    >>> as_iso(datetime(2023, 8, 1, 12, 0, tzinfo=UTC))
    '2023-08-01T12:00:00Z'
    """
    return instant.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z" if instant else None


def json_line(value: Mapping[str, Any]) -> bytes:
    r"""Return a JSON object as one line of UTF-8, by anyone's idea of a line.

    JSON leaves the Unicode line ends as they are, and many readers (Python's ``splitlines``) break lines there.

    >>> json_line({"title": "one\u2028two"})
    b'{"title":"one\\u2028two"}\n'
    """
    line = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    for end, escaped in _LINE_ENDS:
        line = line.replace(end, escaped)
    return line
