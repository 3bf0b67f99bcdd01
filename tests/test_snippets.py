"""The piece of a text that shows why it was found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.query import parse_query
from storage.snippets import COLUMNS, cut_snippet, highlight

LONG = "渔民说，他们又能看见回家的路。" * 20


def shown(query: str, text: str) -> list[str]:
    """Return what is highlighted in the snippet."""
    snippet = cut_snippet(parse_query(query), text)
    return [snippet.text[start:end] for start, end in snippet.highlights]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("台湾", "臺灣東部", ["臺灣"]),
        ("臺灣", "台湾东部", ["台湾"]),
        ("œuvre", "l’OEUVRE de", ["OEUVRE"]),
        ("oeuvre", "l’œuvre de", ["œuvre"]),
        ("elysee", "à l’E\u0301lyse\u0301e.", ["E\u0301lyse\u0301e"]),
        ("macr*", "Emmanuel Macron", ["Macron"]),
        ("白宫 东京", "白宫对东京说", ["白宫", "东京"]),
        ("中国 国法", "中国法", ["中国法"]),
        ('"8月1日"', "在８月１日", ["８月１日"]),
        ("ភ្នំពេញ", "ក្រុងភ្នំ\u200bពេញ", ["ភ្នំ\u200bពេញ"]),
        ("白宫 -东京", "白宫", ["白宫"]),
        ("zzz", "白宫", []),
    ],
)
def test_what_was_asked_for_is_highlighted_as_it_is_printed(query: str, text: str, expected: list[str]) -> None:
    """Highlights are places in the printed text, whatever the spelling of the query."""
    assert shown(query, text) == expected


def test_the_piece_with_the_most_words_is_shown() -> None:
    """Two words beside each other are shown rather than one that comes first."""
    text = f"白宫{LONG}东京{LONG}白宫和东京{LONG}"
    assert shown("白宫 东京", text) == ["白宫", "东京"]


def test_a_snippet_is_bounded_and_says_where_it_was_cut() -> None:
    """Ellipses stand where there is more; Chinese takes two columns a character."""
    snippet = cut_snippet(parse_query("白宫"), f"{LONG}白宫{LONG}")
    assert (snippet.text[0], snippet.text[-1]) == ("…", "…")
    assert len(snippet.text) <= COLUMNS // 2 + 2


def test_words_are_not_cut_in_half() -> None:
    """In scripts with spaces a snippet begins and ends with whole words."""
    words = [f"word{number}" for number in range(300)]
    text = " ".join(words)
    snippet = cut_snippet(parse_query("word150"), text)
    assert set(snippet.text.strip("…").split()) <= set(words)


def test_a_snippet_without_a_find_is_the_beginning() -> None:
    """An article found by its title shows how it begins."""
    assert cut_snippet(parse_query("白宫"), "渔民说。").text == "渔民说。"


def test_a_snippet_is_one_line_without_orders_to_the_terminal() -> None:
    """Line ends and escapes become blanks."""
    assert cut_snippet(parse_query("b"), "a\nb\x1b[31mc\u2028d").text == "a b [31mc d"


@given(st.text(max_size=400), st.text(max_size=10))
def test_highlights_lie_inside_in_order_and_apart(text: str, query: str) -> None:
    """For any text and any query."""
    understood = parse_query(query)
    snippet = cut_snippet(understood, text)
    for length, spans in ((len(snippet.text), snippet.highlights), (len(text), highlight(understood, text))):
        places = [place for span in spans for place in span]
        assert places == sorted(places)
        assert all(0 <= start < end <= length for start, end in spans)


def test_a_text_full_of_finds_is_cut_in_a_moment() -> None:
    """A word that stands ten thousand times in a text holds nothing up."""
    snippet = cut_snippet(parse_query("的"), "的" * 100_000)
    assert snippet.highlights[0] == (0, 1)
