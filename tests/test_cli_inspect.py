"""``newscrawl inspect``: what the program makes of one URL, seed file or saved page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

    from crawler.archives.site import SeedSite

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
CHINA = "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD"


@pytest.mark.parametrize(
    ("url", "canonical_url", "source", "kind"),
    [
        ("http://www.rfi.fr//cn/中国/20230801-x?utm_source=a#b", f"{CHINA}/20230801-x", "rfi-cn", "article"),
        ("https://www.rfi.fr/cn/中国/", CHINA, "rfi-cn", "listing"),
        ("https://www.rfi.fr/fr/europe/20230801-x", "https://www.rfi.fr/fr/europe/20230801-x", "rfi-fr", "article"),
        ("https://example.org/a", "https://example.org/a", None, None),
    ],
)
def test_a_url(
    newscrawl: Callable[..., Ended], url: str, canonical_url: str, source: str | None, kind: str | None
) -> None:
    """Its canonical form, whose it is, and what is to be found there."""
    ended = newscrawl("inspect", "url", url, "--json")
    assert ended.objects == [{"url": url, "canonical_url": canonical_url, "source": source, "kind": kind}]
    shown = newscrawl("inspect", "url", url)
    assert (shown.code, canonical_url in shown.out) == (0, True)


@pytest.mark.parametrize("url", ["nonsense", "", "https://", "http://[::1", "https://a b/", "\udcff"])
def test_a_url_that_is_none(newscrawl: Callable[..., Ended], url: str) -> None:
    """One sentence; with --json an object with an error stands on standard output too."""
    ended = newscrawl("inspect", "url", url)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert " is not a web address: " in ended.err
    answer = newscrawl("inspect", "url", url, "--json")
    assert answer.code == 2
    assert [sorted(one) for one in answer.objects] == [["error", "kind", "source", "url"]]


def test_many_urls_from_standard_input(newscrawl: Callable[..., Ended]) -> None:
    """One answer for each line, in order; lines that are no URL are answered too and stop nothing."""
    lines = ["https://www.rfi.fr/cn/", "", "nonsense", "https://例子.测试/a", "https://a/\t", "\x00"]
    ended = newscrawl("inspect", "url", "-", stdin="\r\n".join(lines).encode() + b"\n\xff\xfe\nhttps://b/")
    assert (ended.code, ended.err) == (0, "")
    assert [one["url"] for one in ended.objects] == [*lines, "\ufffd\ufffd", "https://b/"]
    assert ["error" in one for one in ended.objects] == [False, True, True, False, False, True, True, False]
    assert all(("canonical_url" in one) != ("error" in one) for one in ended.objects)


def test_a_seed_file(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """It becomes the article that importing it stores, but for what only the store knows."""
    inspected = newscrawl("inspect", "seed", SEEDS / "000_0acb96c3eeef2d29.txt", "--json").objects[0]
    stored = newscrawl("articles", "show", inspected["canonical_url"], "--json", "--db", stored_seeds).objects[0]
    not_stored_yet = {"revision": None, "first_seen_at": None, "last_seen_at": None}
    assert inspected == stored | not_stored_yet


def test_a_saved_page(newscrawl: Callable[..., Ended], seed_site: SeedSite, tmp_path: Path) -> None:
    """It becomes the article that its URL names, with the keys of every article."""
    url = min(seed_site.article_urls)
    page = seed_site.lookup(url)
    assert page is not None
    (tmp_path / "page.html").write_bytes(page.body)
    ended = newscrawl("inspect", "article", "page.html", "--url", url, "--json")
    assert (ended.code, ended.objects[0]["canonical_url"], ended.objects[0]["source"]) == (0, url, "rfi-cn")
    shown = newscrawl("inspect", "article", "page.html", "--url", url)
    assert shown.out.startswith(f"{ended.objects[0]['title']}\n")
    assert "claimed published_at" in shown.out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("seed", "nowhere.md"), 2, "nowhere.md cannot be read: No such file or directory"),
        (("seed", "."), 2, ". cannot be read: Is a directory"),
        (("seed", "letter.txt"), 1, "letter.txt, line 1: expected an epoch comment such as <!--1596300992000-->"),
        (("article", "nowhere.html", "--url", CHINA), 2, "nowhere.html cannot be read: No such file or directory"),
        (("article", "letter.txt", "--url", "nonsense"), 2, "'nonsense' is not a web address: Invalid URL"),
        (("article", "letter.txt", "--url", "https://example.org/a"), 2, "no source reads https://example.org/a; "),
        (("article", "letter.txt", "--url", f"{CHINA}/20230801-x"), 1, "page not understood, missing title, text, pub"),
        (("article", "letter.txt"), 2, "missing option '--url'; see newscrawl inspect article --help"),
    ],
)
def test_what_cannot_be_inspected(
    newscrawl: Callable[..., Ended], tmp_path: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    """One sentence that names the file or the URL, and what is wrong with it."""
    (tmp_path / "letter.txt").write_text("Dear reader,", "utf-8")
    ended = newscrawl("inspect", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert ended.err.startswith(f"newscrawl: {sentence}")
