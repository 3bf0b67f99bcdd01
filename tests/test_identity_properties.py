"""What holds of canonical_url and fingerprint for every input."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from urllib.parse import quote, unquote

from hypothesis import assume, example, given
from hypothesis import strategies as st

from storage.identity import canonical_url, fingerprint, slug, url_key

PAIRS = json.loads(Path(__file__).with_name("identity_pairs.json").read_text("utf-8"))
SAME = [tuple(pair) for pairs in PAIRS["same"].values() for pair in pairs]
DIFFERENT = [tuple(pair) for pairs in PAIRS["different"].values() for pair in pairs]

TRACKERS = ("utm_source=a", "UTM_medium=b", "fbclid=c", "gclid=d", "xtor=RSS-1", "ref=e", "at_campaign=f", "mc_eid=g")
HOSTS = (
    "www.rfi.fr",
    "rfi.fr",
    "M.CN.rfi.fr",
    "trad.cn.rfi.fr",
    "amp.france24.com",
    "site.example.",
    "例子.example",
    "1.2",
)

# Pieces that meet every rule: escapes whole and broken, dots, doubled slashes, accents that compose, trackers.
PIECES = st.sampled_from((
    "/", "//", ".", "..", "%2e", "%2E%2e", "%", "%%", "%4", "41", "%41", "%25", "%2C", "%2F", "%e9", "%E9", "%CC%81",
    "%C3", "%A9", "\u0301", "\u0327", "\u0338", "\u037e", "\u1fef", "\u212a", "\u0344", "\u00e9", "e", "=", "&", "?",
    "#", "+", ";", "|", "`", "[", "\\", " ", "\t", "\x00", "amp", "/amp", "20200801-a", "cn", "print", "utm_source=a",
    "a=1", "a=2", "b", ":", "@", "中国", "“", "，", "\ufeff", "\u0301\u0323" * 20,
))  # fmt: skip
TAILS = st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)
ADDRESSES = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(("http", "https", "HTTP")),
    st.sampled_from(HOSTS),
    st.sampled_from(("", ":80", ":443", ":8080")),
    TAILS,
)
ANY_STRINGS = st.text(st.characters(exclude_categories=()))


def canonical_or_none(url: str) -> str | None:
    """Return the canonical URL, or None for a refused one."""
    try:
        return canonical_url(url)
    except ValueError:
        return None


@given(ANY_STRINGS | ANY_STRINGS.map("http://{}".format) | ANY_STRINGS.map("https://www.rfi.fr/{}".format))
@example("http://\ud800/")
@example("http://[")
@example("http://a:b:c/")
def test_any_string_is_filed_or_refused(url: str) -> None:
    """Whatever a page gives as an address, the answer is a canonical URL in ASCII or ValueError."""
    canonical = canonical_or_none(url)
    if canonical is not None:
        assert canonical.isascii()
        assert canonical.startswith(("http://", "https://"))
        assert canonical_url(canonical) == canonical
        assert len(url_key(canonical)) == 16
        assert slug(canonical).encode().decode() == slug(canonical)


@given(ADDRESSES)
@example("http://site.example/%2C\u0327")
@example("http://site.example/?%2C\u0327=%%34%31")
@example("http://site.example/?b&a=\u212a&=&?=/")
@example("http://rfi.fr/20200801-a/amp//amp/?AMP")
def test_a_canonical_url_is_canonical(url: str) -> None:
    """Twice is once, in the shape that every rule promises."""
    canonical = canonical_url(url)
    assert canonical_url(canonical) == canonical
    address, _, query = canonical.partition("?")
    host, _, path = address.partition("://")[2].partition("/")
    assert host == host.lower()
    assert "//" not in path
    assert not path.endswith("/")
    assert "#" not in canonical
    assert query or not canonical.endswith("?")


@given(ADDRESSES)
def test_composed_and_decomposed_are_one(url: str) -> None:
    """The two forms of Unicode are one address.

    Three oddities apart: more marks in a row than any language stacks, a letter that completes a broken escape once
    it is taken apart, and a stroke through a sign that means something in a URL.
    """
    decomposed = unicodedata.normalize("NFD", url)
    assume(not re.search(r"[^\w\s]{31}|\u0338", unquote(decomposed)))
    assume(not re.search(r"%(?![0-9A-Fa-f]{2})", url))
    assert canonical_or_none(url) == canonical_or_none(decomposed)


@given(ADDRESSES)
def test_plain_and_escaped_are_one(url: str) -> None:
    """A character and its escape as UTF-8 are one address."""
    assert canonical_or_none(url) == canonical_or_none("".join(c if c.isascii() else quote(c) for c in url))


@st.composite
def disguises(draw: st.DrawFn) -> tuple[bool, list[str], str, bool]:
    """Draw harmless changes: scheme in capitals, trackers, fragment, doubled slash."""
    return (
        draw(st.booleans()),
        draw(st.lists(st.sampled_from(TRACKERS), max_size=3)),
        draw(st.sampled_from(("", "#", "#top", "#?id=1"))),
        draw(st.booleans()),
    )


def disguise(url: str, changes: tuple[bool, list[str], str, bool]) -> str:
    """Write an address otherwise, as the web does."""
    in_capitals, trackers, fragment, is_doubled = changes
    scheme, _, rest = url.strip().partition("#")[0].replace("\\", "/").partition("://")
    host, slash, path = rest.partition("/")
    for tracker in trackers:
        path += ("&" if "?" in host + path else "?") + tracker
    url = f"{scheme.upper() if in_capitals else scheme}://{host}{slash or '/'}{'/' if is_doubled else ''}{path}"
    return url + fragment


@given(st.sampled_from(SAME), disguises(), disguises())
def test_one_article_stays_one_in_any_disguise(
    pair: tuple[str, str], first: tuple[bool, list[str], str, bool], second: tuple[bool, list[str], str, bool]
) -> None:
    """Pairs labelled as the same article meet, whatever hangs on either address."""
    assert canonical_url(disguise(pair[0], first)) == canonical_url(disguise(pair[1], second))


@given(st.sampled_from(DIFFERENT), disguises(), disguises())
def test_two_articles_stay_two_in_any_disguise(
    pair: tuple[str, str], first: tuple[bool, list[str], str, bool], second: tuple[bool, list[str], str, bool]
) -> None:
    """Pairs labelled as different articles never merge, whatever hangs on either address."""
    assert canonical_url(disguise(pair[0], first)) != canonical_url(disguise(pair[1], second))


SLUGS = st.text(st.characters(categories=("L", "N"), max_codepoint=0xFFFF), min_size=1, max_size=20)


@given(SLUGS, SLUGS)
def test_two_slugs_are_two_articles(one: str, other: str) -> None:
    """Addresses merge only when their slugs are the same text in NFC, and the slug is that text."""
    first, second = (canonical_url(f"http://www.rfi.fr//cn/{quote(name)}") for name in (one, other))
    assert (first == second) == (unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other))
    assert slug(first) == unicodedata.normalize("NFC", one)


BLANKS = ("", " ", "\n", "\u3000", "\xa0", "\u200b", "\ufeff", "\u00ad", "\u2060", "\r\n\t", "\u2028")
WORDS = st.lists(st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=8), max_size=12)


@given(WORDS, st.data())
def test_a_fingerprint_sees_words_and_no_blanks(words: list[str], data: st.DataObject) -> None:
    """Blanks anywhere between words and either form of Unicode leave the fingerprint as it is; a word more does not."""
    spaced = "".join(word + data.draw(st.sampled_from(BLANKS)) for word in words)
    plain = fingerprint("title", "".join(words))
    assert fingerprint("title", spaced) == plain
    assert fingerprint("title", unicodedata.normalize("NFD", spaced)) == plain
    assert fingerprint("title", spaced + "more") != plain


@given(ANY_STRINGS, ANY_STRINGS)
def test_a_fingerprint_exists_for_any_text(title: str, text: str) -> None:
    """Any two strings have a fingerprint of 32 hexadecimal digits."""
    assert len(bytes.fromhex(fingerprint(title, text))) == 16
