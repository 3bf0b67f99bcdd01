"""Folding and cutting: all spellings of a text are one, and a part of a text is found in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.query import parse_query
from storage.snippets import highlight
from storage.tokens import characters, fold, fold_lengths, forms, runs, tokens

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(
    st.characters(codec="utf-8")
    | st.sampled_from("白宫東京臺灣發髮ÉéœßÀ ǅ8７月，。 -ẾươğİΣςйЁکیةកម្ពុជា\u200b\u0301\u200cがㅏ한"),
    max_size=30,
)


def test_all_forms_of_a_character_fold_to_it() -> None:
    """Whether characters are simplified by the thousand or one by one, they become the same."""
    characters = {fold(chr(code)) for code in (*range(0x3400, 0xA000), *range(0x20000, 0x2A000))}
    assert [one for one in characters if {fold(form) for form in forms(one)} != {one}] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ÉLYSÉE", "élysée"),
        ("Elysee", "E\u0301lyse\u0301e"),
        ("cœur", "COEUR"),
        ("Straße", "STRASSE"),
        ("Ｇ７", "g7"),
        ("Nguyễn Đức", "nguyen duc"),
        ("İstanbul", "istanbul"),
        ("ƙasa", "kasa"),
        ("臺灣", "台湾"),
        ("裏", "裡"),
        ("頭髮", "头发"),
        ("說", "説"),
        ("Ёлка", "елка"),
        ("کتاب", "كتاب"),
        ("می‌شود", "می شود"),
        ("كِتَاب", "كتاب"),
        ("۱۲۳ ១២៣ १२३", "123 123 123"),
        ("l’homme", "l'homme"),
        ("ភ្នំ\u200bពេញ", "ភ្នំពេញ"),
        ("Ⅻ ½", "xii 1 2"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_spellings_of_one_text_are_one(one: str, other: str) -> None:
    """What people take for the same word folds to the same letters."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("国", "過"), ("ក", "ខ"), ("が", "か"), ("हिन्दी", "हन्द"), ("한국", "한글"), ("8", "9")]
)
def test_other_letters_stay_others(one: str, other: str) -> None:
    """Marks that are letters of a script are kept."""
    assert fold(one) != fold(other)


@given(TEXTS, TEXTS)
@example("か", "\u3099")
def test_every_character_is_folded_by_itself(one: str, other: str) -> None:
    """A part of a text folds to a part of the folded text."""
    assert fold(one + other) == fold(one) + fold(other)


@given(TEXTS)
def test_folding_says_how_long_each_character_becomes(text: str) -> None:
    """Places in folded text can be found in the printed one."""
    assert fold_lengths(text) == [len(fold(character)) for character in text]
    assert sum(fold_lengths(text)) == len(fold(text))


@given(TEXTS)
@example("Ǆ")
@example("ﷺ")
def test_folding_again_changes_nothing(text: str) -> None:
    """Folded text is folded."""
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("白宫", ["白宫", "宫"]),
        ("白", ["白"]),
        ("白宫，东京", ["白宫", "宫", "东京", "京"]),
        ("8月1日", ["8", "月", "1", "日"]),
        ("porte-parole", ["porte", "parole"]),
        ("ភ្នំពេញ", ["ភ្នំពេ", "ពេញ", "ញ"]),
        ("뉴스", ["뉴스", "스"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("𠮷野家", ["𠮷野", "野家", "家"]),
        ("", []),
        ("。- \udcff\x00", []),
    ],
)
def test_how_text_is_cut(text: str, expected: list[str]) -> None:
    """Words stand alone; characters of scripts without spaces stand with the one after them."""
    assert tokens(fold(text)) == expected


@given(TEXTS)
def test_tokens_hold_no_blank_and_no_sign_of_a_query(text: str) -> None:
    """A token passes through both databases' query languages as it is."""
    assert [token for token in tokens(fold(text)) if not token or set(token) & set(" \"'\\:*()&|!<>,^{}+-\x00")] == []


@given(TEXTS)
def test_one_place_for_every_word_and_character(text: str) -> None:
    """The tokens of a text number its words and characters."""
    folded = fold(text)
    assert len(tokens(folded)) == sum(map(len, runs(folded)))
    assert characters(folded) <= {character for run in runs(folded) for character in run}


@given(TEXTS, TEXTS, TEXTS)
def test_a_quotation_finds_itself(before: str, text: str, after: str) -> None:
    """Any part of a text, quoted between blanks, is found in the text as printed."""
    query = parse_query("「" + text.replace("」", " ") + "」")
    spans = highlight(query, f"{before} {text} {after}")
    assert bool(spans) == bool(query.wanted)


def test_a_long_word_is_found_by_its_beginning() -> None:
    """What is longer than a word ever is, is cut."""
    assert tokens("a" * 1000) == ["a" * 40]


def test_forms_fold_to_their_character() -> None:
    """The forms of a character are those that fold to it."""
    assert {fold(form) for form in forms("发")} == {"发"}


@pytest.mark.shared
def test_conversions_of_opencc_are_spellings_of_one_text(shared: Path) -> None:
    """Of OpenCC's own cases between simplified, traditional and regional forms, 97 in 100 fold to one text.

    The others need the word a character stands in; cases that change words for words are no matter of spelling.
    """
    cases = json.loads((shared / "suites" / "chinese" / "opencc_testcases.json").read_text("utf-8"))
    pairs = [
        (case["input"], expected)
        for case in cases
        for conversion, expected in case["expected"].items()
        if "jp" not in conversion and "p" not in conversion
    ]
    assert len(pairs) > 300
    assert sum(fold(one) == fold(other) for one, other in pairs) >= 0.97 * len(pairs)


@pytest.mark.long
@pytest.mark.shared
def test_every_word_of_every_language_is_found(shared: Path) -> None:
    """In 17 languages each word of a paragraph, searched for in upper case, is found where it stands."""
    lines = (shared / "suites" / "langid" / "udhr_rfi_languages.tsv").read_text("utf-8").splitlines()
    missed = [
        (language, word)
        for language, text in (line.split("\t", 1) for line in lines)
        for word in text.replace("\u200b", " ").split()[:12]
        if (query := parse_query(f"「{word.upper()}」")).wanted and not highlight(query, text)
    ]
    assert missed == []
