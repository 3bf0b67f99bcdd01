"""``newscrawl search``: what a person and what a program is shown."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ended


def test_an_article_found_is_the_article_everywhere_and_says_why(
    newscrawl: Callable[..., Ended], stored_seeds: str
) -> None:
    """With --json each line is the one shape of an article, and beside it what only search knows."""
    hit = newscrawl("search", "灯塔", "--json", "--limit", "1", "--db", stored_seeds).objects[0]
    article = newscrawl("articles", "show", hit["canonical_url"], "--json", "--db", stored_seeds).objects[0]
    beside = {name: hit.pop(name) for name in ("score", "gone_at", "place", "title_highlights", "snippet")}
    assert hit == article
    assert next(beside["snippet"]["text"][start:end] for start, end in beside["snippet"]["highlights"]) == "灯塔"
    assert [hit["title"][start:end] for start, end in beside["title_highlights"]] == ["灯塔"]
    assert (beside["gone_at"], 0 < beside["score"] <= 1) == (None, True)


def test_traditional_characters_find_the_same(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """One query in two scripts is one query."""
    answers = [newscrawl("search", query, "--json", "--db", stored_seeds).objects for query in ("渔港", "漁港")]
    assert answers[0] == answers[1] != []


def test_what_a_person_sees(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Title, time and place, a piece of the text; no colours in a pipe."""
    ended = newscrawl("search", "灯塔", "--limit", "2", "--sort", "newest", "--db", stored_seeds)
    title, facts, snippet, blank, *_, last = ended.out.splitlines()
    assert (ended.code, ended.err, blank, "\x1b" in ended.out) == (0, "", "", False)
    assert "灯塔" in title + snippet
    assert "  rfi-cn  " in facts
    assert last.startswith("2 articles; for more: --after ")


def test_going_on_after_the_last_place(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Pages by time, put together, are the whole answer."""
    command = ("search", "的", "--json", "--sort", "oldest", "--db", stored_seeds)
    everything = newscrawl(*command, "--limit", "1000").objects
    first = newscrawl(*command, "--limit", "7").objects
    rest = newscrawl(*command, "--limit", "1000", "--after", first[-1]["place"]).objects
    assert first + rest == everything
    assert len(everything) > 30


def test_words_that_find_nothing(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """Nothing found is an answer, and no error."""
    ended = newscrawl("search", "没有这样的话", "--db", stored_seeds)
    assert (ended.code, ended.out, ended.err) == (0, "nothing found\n", "")


def test_a_query_that_begins_with_a_minus(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """After two dashes everything is query."""
    ended = newscrawl("search", "--json", "--db", stored_seeds, "--", "-灯塔", "渔港")
    assert ended.objects
    assert [one for one in ended.objects if "灯塔" in one["title"] + one["text"]] == []


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--after", "x", "--sort", "newest"), 2, "'x' is no place; give the last one that was printed"),
        (("--after", "2020-01-01T00:00:00/1", "--sort", "newest"), 2, "'2020-01-01T00:00:00/1' is no place"),
        (("--after", "9999-12-31T23:59:00-14:00/1", "--sort", "newest"), 2, "'9999-12-31T23:59:00-14:00/1' is no"),
        (("--after", f"2020-01-01T00:00:00Z/{2**70}", "--sort", "oldest"), 2, f"'2020-01-01T00:00:00Z/{2**70}' is no"),
        (("--after", "2020-01-01T00:00:00Z/1"), 2, "--after goes on in order of time; say --sort newest"),
        (("--sort", "best"), 2, "invalid value for '--sort'"),
        (("--limit", "0"), 2, "invalid value for '--limit'"),
        (("--since", "yesterday"), 2, "'yesterday' is not a date"),
        (("--source", "nobody"), 2, "unknown source 'nobody'"),
    ],
)
def test_options_that_mean_nothing(
    newscrawl: Callable[..., Ended], stored_seeds: str, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    """One sentence each, and nothing on standard output."""
    ended = newscrawl("search", "灯塔", *arguments, "--db", stored_seeds)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")


def test_rebuilding_the_index(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """The word rebuild makes the index anew; in quotes it is a word like others."""
    db = ("--db", f"sqlite:///{tmp_path}/news.db")
    imported = len(newscrawl("seeds", "import", SEEDS, "--json", *db).objects)
    count = len(newscrawl("articles", "export", *db).objects)
    before = newscrawl("search", "灯塔", "--json", *db).objects
    assert imported
    assert newscrawl("search", "rebuild", *db).out == f"{count} articles indexed\n"
    assert newscrawl("search", "rebuild", "--from-scratch", "--json", *db).objects == [{"indexed": count}]
    assert newscrawl("search", "灯塔", "--json", *db).objects == before
    assert newscrawl("search", '"rebuild"', *db).out == "nothing found\n"


def test_articles_that_are_not_indexed_are_mentioned(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """After an upgrade from a version without search the answer says what is missing, and what to do."""
    db = ("--db", f"sqlite:///{tmp_path}/news.db")
    newscrawl("seeds", "import", SEEDS, *db)
    with sqlite3.connect(tmp_path / "news.db") as connection:
        connection.execute("DELETE FROM search_state")
    connection.close()
    count = len(newscrawl("articles", "export", *db).objects)
    assert newscrawl("search", "灯塔", *db).err == (
        f"newscrawl: {count} articles are not in the search index; put them in with: newscrawl search rebuild\n"
    )
