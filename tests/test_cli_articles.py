"""``newscrawl articles``: list, show, export."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

KEYS = (
    "source",
    "canonical_url",
    "title",
    "programme",
    "agency",
    "lead",
    "paragraphs",
    "text",
    "html",
    "published_at",
    "modified_at",
    "observed_at",
    "fetched_at",
    "first_seen_at",
    "last_seen_at",
    "authors",
    "section",
    "tags",
    "language",
    "images",
    "media",
    "alternates",
    "content_id",
    "revision",
    "fingerprint",
)
TIMES = ("published_at", "modified_at", "observed_at", "fetched_at", "first_seen_at", "last_seen_at")


def test_an_article_is_everywhere_the_same_object(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """List, show and export print one article alike, key by key."""
    listed = newscrawl("articles", "list", "--json", "--limit", "100", "--db", stored_seeds).objects
    exported = newscrawl("articles", "export", "--db", stored_seeds).objects
    shown = newscrawl("articles", "show", listed[0]["canonical_url"], "--json", "--db", stored_seeds).objects
    assert shown == listed[:1]
    assert sorted(listed, key=lambda one: one["canonical_url"]) == sorted(
        exported, key=lambda one: one["canonical_url"]
    )


def test_the_object_has_these_keys_in_this_order(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Every article has all of them; what is absent is null or empty."""
    exported = newscrawl("articles", "export", "--db", stored_seeds).objects
    assert {tuple(article) for article in exported} == {tuple(KEYS)}
    assert {type(article["paragraphs"]) for article in exported} == {list}
    assert {type(article["alternates"]) for article in exported} == {dict}
    assert {tuple(image) for article in exported for image in article["images"]} == {("url", "caption", "credit")}
    assert {tuple(medium) for article in exported for medium in article["media"]} == {("url", "type")}


def test_times_are_iso_8601_in_utc(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Each ends in Z, and Python reads it."""
    exported = newscrawl("articles", "export", "--db", stored_seeds).objects
    times = [article[name] for article in exported for name in TIMES if article[name] is not None]
    assert [time for time in times if not time.endswith("Z") or datetime.fromisoformat(time).tzinfo is None] == []


def test_articles_are_listed_newest_first(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """A person looks for the latest."""
    listed = [one["published_at"] for one in newscrawl("articles", "list", "--json", "--db", stored_seeds).objects]
    assert listed == sorted(listed, reverse=True)


def test_the_table_has_a_line_for_each_article(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """In a pipe no row is folded; times are those of Paris, and say so."""
    ended = newscrawl("articles", "list", "--limit", "7", "--db", stored_seeds)
    rows = [line for line in ended.out.splitlines() if line.startswith("│")]
    assert len(rows) == 7
    assert ended.out.startswith("7 of ")
    assert all(" CET" in row or " CEST" in row for row in rows)


def test_titles_in_brackets_are_shown_as_they_are(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """A title such as [照片] 灯塔 is text and no markup."""
    listed = newscrawl("articles", "list", "--json", "--limit", "100", "--db", stored_seeds).objects
    bracketed = [article["title"] for article in listed if "[" in article["title"]]
    table = newscrawl("articles", "list", "--limit", "100", "--db", stored_seeds).out
    assert bracketed
    assert [title for title in bracketed if title not in table] == []


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--section", "中国", lambda article: article["section"] == "中国"),
        ("--source", "rfi-cn", lambda article: article["source"] == "rfi-cn"),
        ("--source", "rfi-fr", lambda _: False),
        ("--since", "2022-06-28", lambda article: article["published_at"] >= "2022-06-27T22:00"),
        ("--since", "28/06/2022", lambda article: article["published_at"] >= "2022-06-27T22:00"),
        ("--since", "2022-06-28T10:00:00Z", lambda article: article["published_at"] >= "2022-06-28T10:00"),
        ("--until", "2022-06-28", lambda article: article["published_at"] < "2022-06-27T22:00"),
    ],
)
@pytest.mark.parametrize("command", ["list", "export"])
def test_choosing_articles(
    *,
    newscrawl: Callable[..., Ended],
    stored_seeds: str,
    command: str,
    option: str,
    value: str,
    expected: Callable[[dict[str, str]], bool],
) -> None:
    """List and export take the same options; a day is a day in Paris."""
    everything = newscrawl("articles", "export", "--db", stored_seeds).objects
    more = ("--json", "--limit", "1000") if command == "list" else ()
    chosen = newscrawl("articles", command, option, value, *more, "--db", stored_seeds).objects
    wanted = {article["canonical_url"] for article in everything if expected(article)}
    assert {article["canonical_url"] for article in chosen} == wanted


@pytest.mark.parametrize(
    "value", ["2023-13-01", "13/13/2023", "1/2", "yesterday", "", "2023-02-30", "0/0/0", "0001-01-01"]
)
def test_a_day_that_is_none_is_named(newscrawl: Callable[..., Ended], stored_seeds: str, value: str) -> None:
    """The sentence shows how days are written."""
    ended = newscrawl("articles", "list", "--since", value, "--db", stored_seeds)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"newscrawl: {value!r} is not a date; write 2023-08-01, 01/08/2023 or 2023-08-01T14:00+02:00\n"


def test_showing_an_article_to_a_person(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Title, facts and text are there, for any spelling of the URL."""
    article = newscrawl("articles", "list", "--json", "--limit", "1", "--db", stored_seeds).objects[0]
    spelling = article["canonical_url"].replace("https://www.rfi.fr/", "http://www.rfi.fr//") + "?utm_source=x#top"
    ended = newscrawl("articles", "show", spelling, "--db", stored_seeds)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{article['title']}\n")
    assert [line for line in article["text"].split("\n") if line not in ended.out] == []


@pytest.mark.parametrize("url", ["https://www.rfi.fr/cn/中国/20230801-没有", "nonsense", "", "https://", "\udcff"])
def test_an_article_that_is_not_stored_is_named(newscrawl: Callable[..., Ended], stored_seeds: str, url: str) -> None:
    """Exit code 1 and one sentence, whatever was asked for."""
    ended = newscrawl("articles", "show", url, "--db", stored_seeds)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith("newscrawl: no article is stored under ")


def test_a_source_that_does_not_exist_is_named(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """An empty answer would hide a slip of the pen."""
    ended = newscrawl("articles", "list", "--source", "rfi-nc", "--db", stored_seeds)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("newscrawl: unknown source 'rfi-nc'; known sources: ")
