"""``newscrawl prune``: texts go by age or size."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage import Article, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended


pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def old_and_new(newscrawl: Callable[..., Ended], make_article: Callable[..., Article]) -> Callable[..., Ended]:
    """Return the command with a database of three articles: 400, 100 and 10 days old."""
    now = datetime.now(UTC)
    articles = [
        make_article(
            canonical_url=f"https://www.rfi.fr/cn/{days}",
            title=f"{days} 天",
            published_at=now - timedelta(days=days),
            fetched_at=now,
        )
        for days in (400, 100, 10)
    ]
    with Store.open("sqlite:///newscrawl.db") as store:
        store.save_batch(articles, now=now)
    return newscrawl


def with_text(newscrawl: Callable[..., Ended]) -> list[str]:
    """Return the titles of articles that have their text."""
    return [one["title"] for one in newscrawl("articles", "list", "--json").objects if one["text"] is not None]


@pytest.mark.parametrize(
    ("age", "expected"),
    [("365d", ["10 天", "100 天"]), ("2w", ["10 天"]), ("48h", []), ("999 d", ["10 天", "100 天", "400 天"])],
)
def test_by_age(old_and_new: Callable[..., Ended], age: str, expected: list[str]) -> None:
    """Days, weeks or hours since publication."""
    assert old_and_new("prune", "--older-than", age).code == 0
    assert with_text(old_and_new) == expected


def test_by_size_as_json(old_and_new: Callable[..., Ended]) -> None:
    """What went and what stays."""
    whole = old_and_new("prune", "--keep-bytes", "1GB", "--json").objects[0]
    assert (whole["articles"], whole["bytes"]) == (0, 0)
    pruned = old_and_new("prune", "--keep-bytes", str(whole["kept_bytes"] - 1), "--json").objects[0]
    assert (pruned["articles"], pruned["bodies"], pruned["seed_copies"], pruned["is_dry_run"]) == (1, 1, 0, False)
    assert pruned["bytes"] + pruned["kept_bytes"] == whole["kept_bytes"]
    assert with_text(old_and_new) == ["10 天", "100 天"]


def test_a_dry_run_removes_nothing(old_and_new: Callable[..., Ended]) -> None:
    """And says what would go."""
    ended = old_and_new("prune", "--older-than", "365d", "--dry-run")
    assert "1 texts and 0 seed files" in ended.out
    assert "would be removed from 1 articles" in ended.out
    assert len(with_text(old_and_new)) == 3


def test_one_source(old_and_new: Callable[..., Ended]) -> None:
    """Others stay."""
    old_and_new("prune", "--keep-bytes", "0", "--source", "rfi-fr")
    assert len(with_text(old_and_new)) == 3


def test_a_pruned_article_says_so(old_and_new: Callable[..., Ended]) -> None:
    """To a person in words, to a program by null."""
    old_and_new("prune", "--keep-bytes", "0")
    url = "https://www.rfi.fr/cn/10"
    shown = old_and_new("articles", "show", url, "--json").objects[0]
    assert (shown["title"], shown["text"], shown["html"], shown["paragraphs"]) == ("10 天", None, None, [])
    assert old_and_new("articles", "show", url).out.endswith("\n(its text was pruned)\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "say what is to go: --older-than 365d, --keep-bytes 2GB, or both"),
        (("--older-than", "soon"), "'soon' is not an age; write 365d, 12w or 36h"),
        (("--older-than", "-1d"), "'-1d' is not an age; write 365d, 12w or 36h"),
        (("--older-than", "99999999999d"), "'99999999999d' is not an age; write 365d, 12w or 36h"),
        (("--keep-bytes", "much"), "'much' is not a size; write 500MB, 2GiB or 1000"),
        (("--keep-bytes", "1" * 400), f"{'1' * 400!r} is not a size; write 500MB, 2GiB or 1000"),
        (("--keep-bytes", "0", "--source", "rfi-nc"), "unknown source 'rfi-nc'"),
    ],
)
def test_what_is_asked_for_wrongly(
    old_and_new: Callable[..., Ended], arguments: tuple[str, ...], sentence: str
) -> None:
    """One sentence, and nothing is removed."""
    ended = old_and_new("prune", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")
    assert len(with_text(old_and_new)) == 3
