from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.token_lines import PLACES, fold_and_list, numbered_token_line, token_line
from storage.tokens import LONGEST_WORD, characters, fold, tokens

TEXTS = st.text(
    st.characters()  # halves of surrogate pairs among them: they are folded away
    | st.sampled_from("白宫东京臺灣發髮𠀋がㅏ한ÉéœßABC8７ 　，。-·…\ue000\ue001កម្ពុជาไทย\u0301\u200c"),
    max_size=40,
)


@settings(deadline=None)  # the first text to be folded waits for OpenCC's tables
@given(TEXTS)
@example("")
@example(" 白")
@example("白 宫 ")
@example("G7峰会，2023年7月 OK")
@example("字" + "x" * (LONGEST_WORD + 1) + "字")
@example("ไทย白宫")
def test_a_line_holds_the_tokens_of_a_text_in_their_order(text: str) -> None:
    """Laid out at once or cut one by one, the tokens of a text are the same."""
    folded = fold(text)
    assert token_line(folded).split() == tokens(folded)


@settings(deadline=None)  # see above
@given(TEXTS, st.integers(1, PLACES + 3))
@example("", 1)
@example("白宫 ok 东京", 9)
@example("ไทย白宫", 99)
@example("白 宫 ok", PLACES - 1)
@example("白宫" * 9_000 + " ok", PLACES - 9)
@example("white house " * 9_000, 1)
def test_a_numbered_line_holds_each_token_with_its_place(text: str, first: int) -> None:
    """Tokens are counted on from the first, and anew from 1 behind the last place that PostgreSQL knows."""
    folded = fold(text)
    line, after = numbered_token_line(folded, first)
    found = [(token, int(place)) for token, _, place in (one.rpartition(":") for one in line.split())]
    places = [(first - 1 + number) % PLACES + 1 for number in range(len(found))]
    assert found == list(zip(tokens(folded), places, strict=True))
    assert after == first + len(found)


@settings(deadline=None)  # see above
@given(TEXTS)
@example("臺台")
@example("ＡA")
def test_a_text_is_folded_and_its_characters_listed_at_once(text: str) -> None:
    """All at once or one by one, what characters fold to, and which there are, is the same."""
    folded, listed = fold_and_list(text)
    assert (folded, sorted(listed)) == (fold(text), sorted(characters(fold(text))))


@settings(deadline=None)  # see above
@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    """What is folded stays as it is."""
    assert fold(fold(text)) == fold(text)
