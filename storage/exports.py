"""Articles as others read them: one JSON shape everywhere, and JSON Lines."""

from __future__ import annotations

from datetime import UTC
from typing import IO, TYPE_CHECKING, Any

import orjson

from storage.identity import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from storage.records import Article, StoredArticle

_LINE_ENDS = (
    ("\u0085".encode(), rb"\u0085"),
    ("\u2028".encode(), rb"\u2028"),
    ("\u2029".encode(), rb"\u2029"),
)


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


def as_iso(instant: datetime | None) -> str | None:
    """Return an aware instant as ISO 8601 in UTC, with ``Z``.

    >>> from datetime import datetime
    >>> as_iso(datetime(2023, 8, 1, 12, 0, tzinfo=UTC))
    '2023-08-01T12:00:00Z'
    """
    return instant.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z" if instant else None


def write_jsonl(articles: Iterable[StoredArticle], stream: IO[bytes]) -> int:
    """Write articles as JSON Lines (UTF-8, one object a line) and return how many they were."""
    count = 0
    for stored in articles:
        stream.write(json_line(as_json(stored.article, stored=stored)))
        count += 1
    return count


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
