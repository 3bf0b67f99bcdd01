"""``newscrawl articles history|diff|changes``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage import Article, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

pytestmark = pytest.mark.usefixtures("tables")

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = datetime(2023, 8, 1, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://www.rfi.fr/cn/中国/20230801-dengta"


@pytest.fixture
def edited(newscrawl: Callable[..., Ended], make_article: Callable[..., Article]) -> Callable[..., Ended]:
    """Return the command with a database in which an article was edited, silently in the end, and one was not."""
    with Store.open("sqlite:///newscrawl.db") as store:
        for number, title in enumerate(("灯塔重新点亮", "灯塔重新点燃", "灯塔[重新]点燃")):
            stated = SEEN + HOUR if number else None
            store.save(make_article(title=title, modified_at=stated, fetched_at=SEEN + 2 * number * HOUR), now=NOW)
        store.save(make_article(canonical_url="https://www.rfi.fr/cn/b", title="别的"), now=NOW)
    return newscrawl


def test_history_as_a_table(edited: Callable[..., Ended]) -> None:
    """A line a revision: what it is, when it was stated and seen, and its title."""
    ended = edited("articles", "history", URL)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in ended.out.splitlines() if line.startswith("│")]
    assert rows == [
        ["1", "", "2023-08-01 14:00 CEST", "2023-08-01 15:00 CEST", "2023-08-01 15:00 CEST", "灯塔重新点亮"],
        ["2", "", "2023-08-01 16:00 CEST", "2023-08-01 17:00 CEST", "2023-08-01 17:00 CEST", "灯塔重新点燃"],
        [
            "3",
            "current, silent",
            "2023-08-01 16:00 CEST",
            "2023-08-01 19:00 CEST",
            "2023-08-01 19:00 CEST",
            "灯塔[重新]点燃",
        ],
    ]


def test_history_as_json(edited: Callable[..., Ended]) -> None:
    """An object a revision."""
    revisions = edited("articles", "history", URL, "--json").objects
    assert [(one["revision"], one["previous_revision"], one["is_current"]) for one in revisions] == [
        (1, None, False),
        (2, 1, False),
        (3, 2, True),
    ]
    assert revisions[2]["is_silent"]
    assert revisions[0]["first_seen_at"] == "2023-08-01T13:00:00Z"


def test_diff_marks_what_changed(edited: Callable[..., Ended]) -> None:
    """Where there are no colours the marks of wdiff stand; what is the same is left out."""
    ended = edited("articles", "diff", URL, "--from", "1", "--to", "2")
    assert (ended.code, ended.err) == (0, "")
    assert "灯塔重新点[-亮-]{+燃+}" in ended.out.splitlines()
    assert "modified_at: nothing → 2023-08-01T14:00:00Z" in ended.out.splitlines()
    assert "渔民" not in ended.out


def test_diff_compares_the_current_revision_with_the_one_before(edited: Callable[..., Ended]) -> None:
    """Where none is named."""
    diff = edited("articles", "diff", URL, "--format", "json").objects[0]
    assert (diff["from"]["revision"], diff["to"]["revision"], diff["to"]["is_silent"]) == (2, 3, True)
    assert [piece for piece in diff["blocks"][0]["pieces"] if piece["op"] != "same"] == [
        {"op": "added", "text": "["},
        {"op": "added", "text": "]"},
    ]


def test_diff_as_a_page(edited: Callable[..., Ended]) -> None:
    """HTML with ins and del."""
    page = edited("articles", "diff", URL, "--from", "1", "--to", "2", "--format", "html").out
    assert page.startswith("<!doctype html>")
    assert "灯塔重新点<del>亮</del><ins>燃</ins>" in page


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((URL, "--to", "1"), 2, "nothing came before revision 1; name the other one with --from"),
        (("https://www.rfi.fr/cn/b",), 2, "nothing came before revision 1; it has no other"),
        ((URL, "--from", "9"), 1, f"there is no revision 9 of {URL}"),
        ((URL, "--to", "9"), 1, f"there is no revision 9 of {URL}"),
        (("https://www.rfi.fr/cn/c",), 1, "no article is stored under https://www.rfi.fr/cn/c"),
    ],
)
def test_what_cannot_be_compared(
    *, edited: Callable[..., Ended], arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    """One sentence."""
    ended = edited("articles", "diff", *arguments)
    assert (ended.code, ended.out, ended.err) == (code, "", f"newscrawl: {sentence}\n")


def test_a_pruned_text_cannot_be_compared(edited: Callable[..., Ended]) -> None:
    """And the history says that it is gone."""
    edited("prune", "--keep-bytes", "0")
    ended = edited("articles", "diff", URL)
    assert (ended.code, ended.err) == (
        2,
        "newscrawl: the text of revision 2 was pruned; there is nothing to compare\n",
    )
    assert [one["is_pruned"] for one in edited("articles", "history", URL, "--json").objects] == [True] * 3


def test_changes_in_words(edited: Callable[..., Ended]) -> None:
    """A line a change, oldest first; silent edits say so."""
    lines = edited("articles", "changes", "--since", "2023-08-01").out.splitlines()
    assert [line.split("  ")[:2] for line in lines] == [
        ["2023-08-01 17:00 CEST", "edited"],
        ["2023-08-01 19:00 CEST", "edited silently"],
    ]
    assert "灯塔重新点亮 → 灯塔重新点燃" in lines[0]


def test_changes_as_json(edited: Callable[..., Ended]) -> None:
    """An object a change; the window and the section choose."""
    changes = edited("articles", "changes", "--since", "2023-08-01T18:00", "--json").objects
    assert [(one["kind"], one["is_silent"], one["revision"], one["at"]) for one in changes] == [
        ("edited", True, 3, "2023-08-01T17:00:00Z")
    ]
    none = ("articles", "changes", "--since", "2023-08-01", "--json")
    assert edited(*none, "--until", "2023-08-01T17:00").out == ""
    assert edited(*none, "--section", "法国").out == ""
    assert edited(*none, "--source", "rfi-fr").out == ""
    assert len(edited(*none, "--source", "rfi-cn", "--section", "中国").objects) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "missing option '--since'"),
        (("--since", "x"), "'x' is not a date"),
        (("--since", "2023-08-01", "--source", "rfi-nc"), "unknown source 'rfi-nc'"),
    ],
)
def test_changes_that_are_asked_for_wrongly(
    edited: Callable[..., Ended], arguments: tuple[str, ...], sentence: str
) -> None:
    """One sentence."""
    ended = edited("articles", "changes", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")
