"""Articles as others read them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import orjson

from storage import Article, Image, Media, Store
from storage.exports import as_json, write_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
# fmt: off
KEYS = [
    "source", "canonical_url", "title", "programme", "agency", "lead", "paragraphs", "text", "html",
    "published_at", "modified_at", "observed_at", "fetched_at", "first_seen_at", "last_seen_at", "authors",
    "section", "tags", "language", "images", "media", "alternates", "content_id", "revision", "fingerprint",
]
# fmt: on


def test_an_article_has_the_same_keys_stored_or_not(make_article: Callable[..., Article]) -> None:
    """The keys and their order are the same for a stored article and for one that is not; absent values are null."""
    article = make_article()
    with Store.open("sqlite://") as store:
        store.save(article, now=NOW)
        stored = store.article(article.canonical_url)
    loose, kept = as_json(article), as_json(stored.article, stored=stored)
    assert (list(loose), list(kept)) == (KEYS, KEYS)
    assert {key for key in KEYS if loose[key] != kept[key]} == {"first_seen_at", "last_seen_at", "revision"}
    assert (loose["revision"], kept["revision"], kept["modified_at"]) == (None, 1, None)


def test_values_are_plain_json(make_article: Callable[..., Article]) -> None:
    """Times are UTC with Z; pictures, sounds and other languages have their documented shapes."""
    shown = as_json(
        make_article(
            published_at=datetime(2023, 8, 1, 14, 0, 0, 500000, tzinfo=timezone(timedelta(hours=2))),
            images=(Image(url="u", caption="c"),),
            media=(Media(url="m", type="audio"),),
            alternates=(("fr", "f"),),
        )
    )
    assert shown["published_at"] == "2023-08-01T12:00:00.500000Z"
    assert shown["images"] == [{"url": "u", "caption": "c", "credit": None}]
    assert shown["media"] == [{"url": "m", "type": "audio"}]
    assert shown["alternates"] == {"fr": "f"}
    assert shown["text"] == "\n".join([shown["lead"], *shown["paragraphs"]])


def test_json_lines_hold_one_article_a_line(store: Store, make_article: Callable[..., Article]) -> None:
    """Every article is one line of UTF-8 that reads back as the same object."""
    store.save(make_article(paragraphs=("第一行\n第二行",)), now=NOW)
    store.save(make_article(canonical_url="https://www.rfi.fr/cn/20230802-b", title="别的"), now=NOW)
    stream = io.BytesIO()
    assert write_jsonl(store.articles(), stream) == 2
    lines = stream.getvalue().splitlines()
    assert [orjson.loads(line) for line in lines] == [as_json(s.article, stored=s) for s in store.articles()]
