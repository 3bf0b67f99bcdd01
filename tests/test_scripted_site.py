"""The local site with a script: what happens to it, and when."""

from __future__ import annotations

import http.client
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from crawler.archives.scripted_site import ScriptedSite
from crawler.archives.serve import running_server
from crawler.archives.site_mutations import MUTATIONS
from crawler.archives.site_script import parse_script
from crawler.errors import BadInput
from crawler.sources import source_named
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

    from crawler.archives.base import ArchivedResponse
    from crawler.archives.site import SeedSite
    from crawler.items import ScrapedArticle

CN = source_named("rfi-cn")
HOME = CN.home_url
GUIDE = Path(__file__).resolve().parent.parent / "docs/scripted-sites.md"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands."""
    return Clock()


@pytest.fixture(scope="session")
def path(seed_site: SeedSite) -> str:
    """Return the path of an article with a lead and several paragraphs, as scripts write it."""
    return next(
        unquote(urlsplit(url).path)
        for url in sorted(seed_site.article_urls)
        if url.startswith(HOME) and "%E7%A4%BE%E4%BC%9A" in url
    )


@pytest.fixture
def scripted(seed_site: SeedSite, clock: Clock, path: str) -> Callable[[str], ScriptedSite]:
    """Return a function that makes the project's local site do what a script says; PATH stands for an article."""
    return lambda text: ScriptedSite(seed_site, parse_script(text.replace("PATH", path), "cue.toml"), clock=clock)


def look(site: ScriptedSite, path: str) -> ArchivedResponse:
    """Return what the site answers under a path."""
    response = site.lookup(f"https://www.rfi.fr{path}")
    assert response is not None
    return response


def read(site: ScriptedSite, path: str) -> ScrapedArticle:
    """Return what an article of the site says."""
    response = look(site, path)
    assert response.status == 200
    return CN.read_article(response.body.decode(), response.url)


def listed(site: ScriptedSite) -> set[str]:
    """Return the paths that the front pages of the site link to."""
    found: set[str] = set()
    url: str | None = HOME
    while url:
        response = site.lookup(url)
        assert response is not None
        listing = CN.read_listing(response.body.decode(), url)
        found |= {unquote(urlsplit(canonical_url(link.url)).path) for link in listing.links}
        url = listing.next_url
    return found


def test_an_edit_happens_at_its_time(scripted: Callable[[str], ScriptedSite], clock: Clock, path: str) -> None:
    """Before it the article is as it was, from then on it says what the script says, under another ETag."""
    site = scripted("""
        [[step]]
        do = "edit"
        from_second = 60
        article = "PATH"
        title = "灯塔今夜熄灭"
        append = "守塔人说 <再见>。"
        modified_at = 2030-01-02T03:04:05Z
    """)
    before, etag = read(site, path), look(site, path).header("ETag")
    clock.seconds += 60
    after = read(site, path)
    assert (after.title, after.paragraphs[-2], len(after.paragraphs)) == (
        "灯塔今夜熄灭",
        "守塔人说 <再见>。",
        len(before.paragraphs) + 1,
    )
    assert after.modified_at is not None
    assert after.modified_at.isoformat() == "2030-01-02T03:04:05+00:00"
    assert look(site, path).header("ETag") != etag
    assert "灯塔今夜熄灭" in look(site, "/cn/").body.decode() + look(site, path.rsplit("/", 1)[0] + "/").body.decode()


def test_an_edit_without_a_time_is_silent(scripted: Callable[[str], ScriptedSite], path: str) -> None:
    """Words are replaced and the page states the times it stated before."""
    plain = scripted('step = [{do = "edit", article = "PATH", from_second = 9, append = "x"}]')
    before = read(plain, path)
    word = before.paragraphs[0][:6]
    site = scripted(f'step = [{{do = "edit", article = "PATH", replace = {{"{word}" = "别的话"}}}}]')
    after = read(site, path)
    assert (after.paragraphs[0][:3], after.modified_at) == ("别的话", before.modified_at)


def test_a_withdrawn_article_is_gone_from_the_listings_too(scripted: Callable[[str], ScriptedSite], path: str) -> None:
    """It answers with the status that the script names, after so many requests to the site."""
    site = scripted('step = [{do = "withdraw", article = "PATH", status = 410, after_requests = 1}]')
    assert look(site, path).status == 200
    assert look(site, path).status == 410
    assert path not in listed(site)


def test_a_renamed_article_leads_to_its_new_address(scripted: Callable[[str], ScriptedSite], path: str) -> None:
    """The old address redirects, listings know only the new one, the text is the same."""
    before = read(scripted('step = [{do = "publish", article = "PATH"}]'), path)
    site = scripted('step = [{do = "rename", article = "PATH", to = "/cn/法国/20240125-新地址"}]')
    left = look(site, path)
    assert (left.status, unquote(left.header("Location") or "")) == (301, "/cn/法国/20240125-新地址")
    assert read(site, "/cn/法国/20240125-新地址").paragraphs == before.paragraphs
    assert listed(site) & {path, "/cn/法国/20240125-新地址"} == {"/cn/法国/20240125-新地址"}


def test_an_article_appears_when_it_is_published(
    scripted: Callable[[str], ScriptedSite], clock: Clock, path: str
) -> None:
    """Before that the site has never heard of it."""
    site = scripted('step = [{do = "publish", article = "PATH", from_second = 5}]')
    assert (look(site, path).status, path in listed(site)) == (404, False)
    clock.seconds += 5
    assert (look(site, path).status, path in listed(site)) == (200, True)


def test_refusals_count_the_visits_of_each_page(scripted: Callable[[str], ScriptedSite], path: str) -> None:
    """An outage of two visits is one of each page, and ends; robots.txt is never refused."""
    site = scripted('step = [{do = "refuse", pages = "articles", until_visits = 2, retry_after_seconds = 7}]')
    answers = [look(site, path) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].header("Retry-After") == "7"
    assert look(site, "/cn/").status == 200


def test_pages_are_named_by_patterns(scripted: Callable[[str], ScriptedSite], path: str) -> None:
    """A star stands for anything."""
    site = scripted('step = [{do = "refuse", pages = "/cn/社会/*"}]')
    assert (look(site, path).status, look(site, "/cn/").status) == (503, 200)


def test_a_lying_server_keeps_its_validators(scripted: Callable[[str], ScriptedSite], path: str) -> None:
    """Frozen: the ETag of the untouched page for the edited one; new: never twice the same; none: none."""
    edit = '{do = "edit", article = "PATH", append = "x"}'
    honest, frozen, none = (
        look(scripted(f"step = [{edit}, {more}]"), path)
        for more in (
            '{do = "validators", send = "frozen", from_second = 9}',
            '{do = "validators", send = "frozen"}',
            '{do = "validators", send = "none"}',
        )
    )
    untouched = look(scripted('step = [{do = "publish", article = "PATH"}]'), path)
    assert frozen.body == honest.body != untouched.body
    assert frozen.header("ETag") == untouched.header("ETag") != honest.header("ETag")
    assert (none.header("ETag"), none.header("Last-Modified")) == (None, None)
    site = scripted('step = [{do = "validators", send = "new"}]')
    assert look(site, path).header("ETag") != look(site, path).header("ETag")


def test_a_body_breaks_off_and_a_server_keeps_silent(scripted: Callable[[str], ScriptedSite], path: str) -> None:
    """Over HTTP: fewer bytes than promised, or none within the time that a client waits."""
    site = scripted("""
        [[step]]
        do = "truncate"
        pages = "articles"
        after_bytes = 500
        [[step]]
        do = "hang"
        pages = "listings"
        seconds = 0.4
    """)
    with running_server(site, compress=True) as base_url:
        client = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=5)
        client.request("GET", urlsplit(canonical_url(f"https://www.rfi.fr{path}")).path)
        response = client.getresponse()
        with pytest.raises(http.client.IncompleteRead) as short:
            response.read()
        assert len(short.value.partial) == 500
        hasty = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=0.1)
        hasty.request("GET", "/cn/")
        with pytest.raises(TimeoutError):
            hasty.getresponse()
        hasty.close()
        client.close()


@pytest.fixture(scope="session")
def telling(seed_site: SeedSite) -> tuple[ArchivedResponse, ...]:
    """Return a page with authors, and one of a wire story without."""
    pages = [page for url in sorted(seed_site.article_urls) if (page := seed_site.lookup(url))]
    with_author = next(
        page for page in pages if b"m-from-author__name" in page.body and b"t-content__chapo" in page.body
    )
    return with_author, next(page for page in pages if b"m-from-author__name" not in page.body)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_changes_article_pages_and_nothing_else(
    scripted: Callable[[str], ScriptedSite], telling: tuple[ArchivedResponse, ...], seed_site: SeedSite, name: str
) -> None:
    """An article that has everything looks otherwise under another ETag; listings stay as they are."""
    site = scripted(f'step = [{{do = "layout", mutations = ["{name}"]}}]')
    pages = [(site.lookup(page.url), page) for page in telling]
    differ = [(a, b) for a, b in pages if a is not None and a.body != b.body]
    assert differ
    assert all(a.header("ETag") != b.header("ETag") for a, b in differ)
    assert site.lookup(HOME) == seed_site.lookup(HOME)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("step = [", "cue.toml is not TOML: "),
        ("", "cue.toml, step: is missing"),
        ('step = [{article = "PATH"}]', 'cue.toml, step 1: has no do; it says what happens, such as do = "edit"'),
        ('step = [{do = "dance"}]', "cue.toml, step 1: input tag 'dance' found using 'do' does not match any of"),
        ('step = [{do = "withdraw"}]', "cue.toml, step 1 (withdraw), article: is missing"),
        ('step = [{do = "refuse", status = 200}]', "cue.toml, step 1 (refuse), status: input should be greater than"),
        ('step = [{do = "refuse", when = 3}]', "cue.toml, step 1 (refuse), when: is not known here"),
        ('step = [{do = "publish", article = "PATH", after_visits = 1}]', "cue.toml, step 1 (publish), after"),
        ('step = [{do = "edit", article = "PATH", modified_at = 2024-01-01T00:00:00}]', "cue.toml, step 1 (edit), mod"),
        ('step = [{do = "withdraw", article = "/cn/没有"}]', "the script, step 1 (withdraw): the site has no"),
        ('step = [{do = "edit", article = "PATH", replace = {"没有话" = "x"}}]', "the script, step 1 (edit): '没有话'"),
    ],
)  # fmt: skip
def test_a_broken_script_is_one_clear_sentence(
    scripted: Callable[[str], ScriptedSite], script: str, sentence: str
) -> None:
    """It says which step, which key and what is wrong."""
    with pytest.raises(BadInput, match=rf"^{re.escape(sentence)}"):
        scripted(script)


def test_the_documented_scripts_are_scripts() -> None:
    """Every TOML block of docs/scripted-sites.md can be read, and every mutation has a line there."""
    text = GUIDE.read_text("utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert [len(parse_script(example, "the example").step) for example in examples] == [3, 3, 3]
    assert [name for name in MUTATIONS if f"| `{name}` |" not in text] == []


def test_serving_with_a_script_that_is_not_there_fails(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """One sentence and a non-zero exit, before anything is served."""
    (tmp_path / "a.md").write_text(
        "<!--1596300992000-->\n[港口](http://www.rfi.fr//cn/法国/20200801-港口)\n------\n\n<p>x</p>"
    )
    ended = newscrawl("replay", "serve", tmp_path, "--script", tmp_path / "cue.toml")
    assert (ended.code != 0, ended.out) == (True, "")
    assert ended.err == f"newscrawl: cannot read the script {tmp_path}/cue.toml: No such file or directory\n"
