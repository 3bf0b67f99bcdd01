"""What changed between two revisions."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import Article, StoredArticle
from storage.diff_texts import Op, compare_texts, tokens_of
from storage.diff_views import diff_as_html, diff_as_json
from storage.diffs import compare

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2023, 8, 1, tzinfo=UTC)
SIGNS = {Op.SAME: "{}", Op.REMOVED: "[-{}-]", Op.ADDED: "[+{}+]"}


def marked(before: str, after: str) -> str:
    """Return a comparison in one line."""
    return "".join(SIGNS[piece.op].format(piece.text) for piece in compare_texts(before, after))


def stored(article: Article, revision: int) -> StoredArticle:
    """Return an article as the store would."""
    return StoredArticle(article=article, revision=revision, fingerprint="0" * 32, first_seen_at=AT, last_seen_at=AT)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("白宫说今天开会", "白宫说明天开会", "白宫说[-今-][+明+]天开会"),
        ("共有3人受伤", "共有12人受伤", "共有[-3-][+12+]人受伤"),
        ("l'été à Paris", "l'hiver à Paris", "[-l'été-][+l'hiver+] à Paris"),
        ("the old lighthouse", "the new lighthouse", "the [-old-][+new+] lighthouse"),
        ("甲乙的丙丁", "戊己的庚辛", "[-甲乙的丙丁-][+戊己的庚辛+]"),
        ("ភាសាខ្មែរ", "ភាសាខ្មែ", "ភាសាខ្មែ[-រ-]"),
        ("同样", "同样", "同样"),
        ("", "新的", "[+新的+]"),
        ("旧的", "", "[-旧的-]"),
        ("", "", ""),
    ],
)
def test_comparing_texts(before: str, after: str, expected: str) -> None:
    """Chinese by characters, numbers and other scripts by words; a lone common character does not tear a change."""
    assert marked(before, after) == expected


@given(
    st.text(alphabet="白宫说今天明 ab'é\nខ្មែរ", max_size=60), st.text(alphabet="白宫说今天明 ab'é\nខ្មែរ", max_size=60)
)
def test_a_comparison_holds_both_texts(before: str, after: str) -> None:
    """Without what was added it is the one, without what was removed the other; tokens lose nothing."""
    pieces = compare_texts(before, after)
    assert "".join(piece.text for piece in pieces if piece.op is not Op.ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.op is not Op.REMOVED) == after
    assert "".join(tokens_of(before)) == before
    assert all(piece.text for piece in pieces)


def test_a_new_paragraph_leaves_its_neighbours_in_place(make_article: Callable[..., Article]) -> None:
    """The edited paragraph is found behind the new one, and the others are the same."""
    old = make_article(paragraphs=("渔民说，他们又能看见回家的路。", "修复工程由居民出资。", "完。"))
    new = make_article(paragraphs=("昨天下了雪。", "渔民说，他们又能看见回家的灯。", "修复工程由居民出资。", "完。"))
    diff = compare(stored(old, 1), stored(new, 2))
    shown = ["".join(SIGNS[piece.op].format(piece.text) for piece in block.pieces) for block in diff.blocks]
    assert shown[2:] == ["[+昨天下了雪。+]", "渔民说，他们又能看见回家的[-路-][+灯+]。", "修复工程由居民出资。", "完。"]
    assert [block.is_changed for block in diff.blocks] == [False, False, True, True, False, False]


def test_facts_beside_the_text(make_article: Callable[..., Article]) -> None:
    """Times, authors, tags and the like are compared too, and only what differs is said."""
    diff = compare(
        stored(make_article(authors=("甲",)), 1), stored(make_article(authors=("甲", "乙"), agency="AFP"), 2)
    )
    assert [(fact.field, fact.before, fact.after) for fact in diff.facts] == [
        ("agency", None, "AFP"),
        ("authors", ["甲"], ["甲", "乙"]),
    ]


def test_as_json(make_article: Callable[..., Article]) -> None:
    """Programs get both revisions' marks, and every block in pieces."""
    shown = diff_as_json(compare(stored(make_article(), 1), stored(make_article(title="灯塔重新熄灭"), 2)))
    assert (shown["from"]["revision"], shown["to"]["revision"], shown["facts"]) == (1, 2, [])
    assert shown["blocks"][0] == {
        "part": "title",
        "is_changed": True,
        "pieces": [
            {"op": "same", "text": "灯塔重新"},
            {"op": "removed", "text": "点亮"},
            {"op": "added", "text": "熄灭"},
        ],
    }
    assert [block["is_changed"] for block in shown["blocks"][1:]] == [False, False, False]


class _Reader(HTMLParser):
    """Collects the text of elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.found.append((self._open[-1] if self._open else "", data))


def test_as_html(make_article: Callable[..., Article]) -> None:
    """Removed and added text stands in del and ins; markup in a text stays text."""
    reader = _Reader()
    hostile = "<script>alert(1)</script> & <b>"
    reader.feed(
        diff_as_html(compare(stored(make_article(), 1), stored(make_article(title=hostile, agency=hostile), 2)))
    )
    assert ("del", "灯塔重新点亮") in reader.found
    assert ("ins", hostile) in reader.found
    assert "script" not in [tag for tag, _ in reader.found]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("的" * 20_000, "的是" * 10_000),
        (" ".join(["a", "b"] * 5_000), " ".join(["b", "a", "c"] * 4_000)),
        ("甲乙丙丁" * 400, "丁丙乙甲" * 400),
    ],
)
def test_hostile_texts_are_compared_in_time(before: str, after: str) -> None:
    """What would take too long to compare is shown as removed and added as a whole."""
    begun = time.process_time()
    compare_texts(before, after)
    assert time.process_time() - begun < 5


def test_long_texts_are_compared_by_sentences() -> None:
    """Where characters would take too long, the sentences that are the same stay in place."""
    begin, end = ("".join(f"第{number}句说的是{word}。" for number in range(900)) for word in ("灯塔", "渔船"))
    before, after = begin + "中间没有变。" + end, end + "中间没有变。" + begin
    same = [piece.text for piece in compare_texts(before, after) if piece.op is Op.SAME]
    assert len(same) == 1
    assert same[0] in before


def test_many_paragraphs_are_compared_in_time(make_article: Callable[..., Article]) -> None:
    """Hundreds of paragraphs that are all different do not hold the command up."""
    old = make_article(paragraphs=tuple(f"第 {number} 段：渔民说他们又能看见回家的路。" for number in range(300)))
    new = make_article(paragraphs=tuple(f"段 {number}：居民说他们看不见回家的灯。" for number in range(300)))
    begun = time.process_time()
    diff: Any = compare(stored(old, 1), stored(new, 2))
    assert len(diff.blocks) >= 300
    assert time.process_time() - begun < 5
