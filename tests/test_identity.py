"""canonical_url, the keys and the fingerprint: examples that a person labelled."""

from __future__ import annotations

import doctest
import json
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import unquote

import pytest

from storage import identity, known_sites
from storage.identity import canonical_url, fingerprint, revision_key, slug, url_key

PAIRS = json.loads(Path(__file__).with_name("identity_pairs.json").read_text("utf-8"))


def labelled(verdict: str) -> list[tuple[str, str]]:
    """Return the pairs of addresses that a person called ``same`` or ``different``."""
    return [(one, other) for pairs in PAIRS[verdict].values() for one, other in pairs]


@pytest.mark.parametrize(("one", "other"), labelled("same"))
def test_spellings_of_one_address_are_one(one: str, other: str) -> None:
    """Two spellings, doors or forms of one article have one canonical URL."""
    assert canonical_url(other) == canonical_url(one)


@pytest.mark.parametrize(("one", "other"), labelled("different"))
def test_different_articles_are_never_merged(one: str, other: str) -> None:
    """Addresses that may lead to two articles have two canonical URLs, and two keys."""
    assert canonical_url(one) != canonical_url(other)
    assert url_key(canonical_url(one)) != url_key(canonical_url(other))


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://www.rfi.fr//cn/x", "https://www.rfi.fr/cn/x"),
        ("http://m.cn.rfi.fr/法国/", "https://www.rfi.fr/cn/%E6%B3%95%E5%9B%BD"),
        ("https://rfi.my/9abc.F", "https://rfi.my/9abc.F"),
        ("http://site.example", "http://site.example/"),
        ("http://1.2.3/", "http://1.2.0.3/"),
        ("http://[::0:1]:8080/a", "http://[::1]:8080/a"),
        ("http://www.rfi.fr:8080/cn/a", "http://www.rfi.fr:8080/cn/a"),
        ("http://m.cn.rfi.fr:8080/a", "http://m.cn.rfi.fr:8080/a"),
        ("https://site.example/%e9%E8", "https://site.example/%E9%E8"),
        ("https://site.example/%2c\u0327", "https://site.example/%2C%CC%A7"),
        ("https://site.example/%%34%31", "https://site.example/%2541"),
        ("https://site.example/a\x00b", "https://site.example/a%00b"),
        ("https://site.example/?b=%20&a=+&a=%2b&b", "https://site.example/?a=+&a=%2B&b=%20&b"),
    ],
)
def test_the_canonical_form_is_this_one(url: str, canonical: str) -> None:
    """Each rule leads to the spelling that docs and database hold."""
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/cn/a",
        "www.rfi.fr/cn/a",
        "//www.rfi.fr/cn/a",
        "http://",
        "https://?a",
        "https://a b.example/",
        "https://site.example:99999/",
        "https://1.2.3.256/",
        "https://[::1/",
        "https://a%00b.example/",
        "https://www.rfi.fr\x00/",
        "https://www.rfi.fr/\ud800",
        "ftp://www.rfi.fr/a",
        "javascript:alert(1)",
        "data:text/plain,a",
        "file:///a",
        "mailto:someone@rfi.fr",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Addresses that the URL standard calls invalid, and other schemes, raise ValueError."""
    with pytest.raises(ValueError, match=r"\w"):
        canonical_url(url)


@pytest.mark.long
def test_hostile_lengths_take_linear_time() -> None:
    """A megabyte of parameters, endings, stray percent signs or stacked accents is done within seconds."""
    started = time.process_time()
    for tail in (
        "?" + "a&" * 300_000,
        "%" * 1_000_000,
        "20200101-a" + "/amp" * 250_000,
        "a" + "\u0301\u0323" * 200_000,
    ):
        canonical = canonical_url(f"https://www.rfi.fr/{tail}")
        assert canonical_url(canonical) == canonical
    fingerprint("", "a" + "\u0301\u0323" * 500_000)
    assert time.process_time() - started < 10


def test_a_key_is_sixteen_stable_bytes() -> None:
    """The key of a canonical URL never changes between releases, since rows hold it."""
    assert url_key("https://www.rfi.fr/cn/a") == bytes.fromhex("004ec370d31a0ac70f6b6b5332d3e860")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.rfi.fr/", ""),
        ("https://www.rfi.fr/cn", "cn"),
        ("https://www.rfi.fr/cn/中国/20200801-例，“一”-2", "20200801-例，“一”-2"),
        ("https://www.rfi.fr/cn/a?page=a/b", "a"),
        ("https://site.example/a/b%2Fc%20d%00", "b%2Fc%20d%00"),
        ("https://site.example/%E9t%C3%A9", "%E9té"),
    ],
)
def test_a_slug_is_the_readable_last_segment(url: str, expected: str) -> None:
    """Slugs are decoded where that is text, and stay escaped where it is not."""
    assert slug(canonical_url(url)) == expected


def test_a_revision_is_known_by_its_last_stated_time() -> None:
    """The time of the last edit counts where there is one, in UTC whatever its zone."""
    paris = timezone(timedelta(hours=2))
    published_at = datetime(2023, 8, 1, 14, tzinfo=paris)
    modified_at = datetime(2023, 8, 1, 16, 30, 5, tzinfo=paris)
    assert revision_key("u", published_at, None) == "u 2023-08-01T12:00:00Z"
    assert revision_key("u", published_at.astimezone(UTC), None) == "u 2023-08-01T12:00:00Z"
    assert revision_key("u", published_at, modified_at) == "u 2023-08-01T14:30:05Z"


def test_a_revision_needs_aware_times() -> None:
    """A naive time is refused in either place."""
    aware = datetime(2023, 8, 1, 12, tzinfo=UTC)
    naive = aware.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        revision_key("u", naive, None)
    with pytest.raises(ValueError, match="aware"):
        revision_key("u", naive, aware)
    with pytest.raises(ValueError, match="aware"):
        revision_key("u", aware, naive)


@pytest.mark.parametrize(
    "text",
    [
        "第一段，有逗号。\n\n第二段（完）",
        "第一段，有逗号。\u3000第二段（完）",
        "第一段,有逗号。第二段(完)",
        "\ufeff第一\u200b段，有逗\u00ad号。\r\n\t第二段\u2060（完）\u00a0",
    ],
)
def test_a_fingerprint_is_blind_to_what_nobody_sees(text: str) -> None:
    """Blanks, zero-width characters and the form of a character do not make a revision."""
    assert fingerprint("标题", text) == fingerprint("标题", "第一段，有逗号。\n第二段（完）")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("标题", "第一段，有逗号。第二段（全）"),
        ("标题", "第一段，有逗号。第二段"),
        ("标题", "第一段有逗号。第二段（完）"),
        ("題標", "第一段，有逗号。第二段（完）"),
        ("标题第", "一段，有逗号。第二段（完）"),
        ("", "标题第一段，有逗号。第二段（完）"),
    ],
)
def test_a_fingerprint_sees_an_edit(title: str, text: str) -> None:
    """Another word, mark or title is another fingerprint."""
    assert fingerprint(title, text) != fingerprint("标题", "第一段，有逗号。第二段（完）")


def test_a_fingerprint_takes_any_string() -> None:
    """Lone surrogates and NUL are no reason to lose an article."""
    digests = {fingerprint("\ud800", ""), fingerprint("", "\ud800"), fingerprint("\x00", ""), fingerprint("", "")}
    assert len(digests) == 4


@pytest.mark.parametrize("module", [identity, known_sites], ids=lambda module: module.__name__)
def test_docstrings_tell_the_truth(module: object) -> None:
    """The examples in the docstrings run."""
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type] -- parametrize gives modules


@pytest.mark.shared
def test_addresses_of_the_archive_stay_apart(shared: Path) -> None:
    """Over three months of real article addresses, two are merged only when they differ in escapes and slashes."""
    lines = (shared / "traces" / "rfi-cn-2020-07_2020-10.tsv").read_text("utf-8").splitlines()[1:]
    urls = [line.split("\t")[3] for line in lines]
    canonical = {canonical_url(url) for url in urls}
    assert len(canonical) == len({unquote(url).replace("fr//", "fr/") for url in urls})
    assert {canonical_url(url) for url in canonical} == canonical
    assert all(url.startswith("https://www.rfi.fr/cn/") for url in canonical)
