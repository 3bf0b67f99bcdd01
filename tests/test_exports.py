"""Articles as others read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import orjson

from storage import Article, Image, Media, Store
from storage.exports import ARTICLE_KEYS, as_json, json_line

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = list(ARTICLE_KEYS)


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


def test_a_pruned_article_shows_that_its_text_is_gone(make_article: Callable[..., Article]) -> None:
    """Text and HTML are null and not empty; title, lead and fingerprint stay as they were."""
    article = make_article()
    with Store.open("sqlite://") as store:
        store.save(article, now=NOW)
        before = as_json(article, stored=store.article(article.canonical_url))
        store.retention.prune(keep_bytes=0)
        after = as_json(article, stored=store.article(article.canonical_url))
        shown = store.article(article.canonical_url)
    assert (after["text"], after["html"]) == (None, None)
    assert as_json(shown.article, stored=shown)["paragraphs"] == []
    assert (after["title"], after["lead"], after["fingerprint"]) == (article.title, article.lead, before["fingerprint"])


def test_a_line_is_one_line_for_everybody() -> None:
    """Line ends that only some readers know are escaped; the value is the same."""
    value = {"title": "第一行\n第二行\u2028第三行\u0085第四行\u2029"}
    line = json_line(value)
    assert (line.decode().splitlines(), orjson.loads(line)) == ([line.decode().removesuffix("\n")], value)
