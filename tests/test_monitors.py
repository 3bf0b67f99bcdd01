"""A layout that changed is noticed, and nothing wrong is stored for it."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.archives.scripted_site import ScriptedSite
from crawler.archives.serve import running_server
from crawler.archives.site import SeedSite
from crawler.archives.site_mutations import MUTATIONS
from crawler.archives.site_script import parse_script
from crawler.errors import PageNotUnderstood
from crawler.items import ScrapedArticle
from crawler.monitors.sequential import Rate
from crawler.monitors.signs import Signs, signs_of_article, signs_of_refusal
from crawler.monitors.watch import ALL, Watch
from crawler.sources import source_of
from storage import CrawlKind, CrawlPlan, FoundUrl, FrontierState, HeldPage, Settlement, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from conftest import Ended

    from storage import Article

Reading = tuple[str, Signs]
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def read(url: str, html: str) -> Signs:
    """Return what the reading of a page shows."""
    source = source_of(url)
    assert source is not None
    try:
        return signs_of_article(source.read_article(html, url))
    except PageNotUnderstood as refusal:
        return signs_of_refusal(refusal, is_listing=False)


@pytest.fixture(scope="session")
def pages(seed_site: SeedSite) -> list[tuple[str, str]]:
    """Return the article pages of the local site."""
    found = [(url, seed_site.lookup(url)) for url in sorted(seed_site.article_urls)]
    return [(url, page.body.decode()) for url, page in found if page is not None]


@pytest.fixture(scope="session")
def usual(pages: list[tuple[str, str]]) -> list[Reading]:
    """Return what the readings of these pages show."""
    return [(url, read(url, html)) for url, html in pages]


def show(watch: Watch, readings: Sequence[Reading]) -> list[str]:
    """Let a watch look at readings; return what it flagged."""
    findings = (watch.look(signs, url) for url, signs in readings)
    return [finding.flagged for finding in findings if finding.flagged]


@pytest.fixture(scope="session")
def learnt(usual: list[Reading]) -> dict[str, dict[str, Any]]:
    """Return what was learnt from a thousand readings, none of which raised a flag."""
    watch = Watch("rfi-cn", {})
    assert show(watch, random.Random(1).choices(usual, k=1000)) == []
    return watch.learnt()


@pytest.mark.long
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_layout_that_changed_is_flagged_within_twenty_articles(
    pages: list[tuple[str, str]], learnt: dict[str, dict[str, Any]], name: str
) -> None:
    """Of the articles whose pages it changes; even where every field is still read, by another way."""
    mutate, dice = MUTATIONS[name], random.Random(7)
    changed = [(url, after) for url, html in pages if (after := mutate(html)) != html]
    watch = Watch("rfi-cn", learnt)
    assert show(watch, [(url, read(url, html)) for url, html in dice.choices(changed, k=20)])


def test_a_sign_that_holds_need_not_be_weighed_while_nothing_speaks_against_it() -> None:
    """It would change nothing: a baseline passes over those, which are nearly all."""
    alarms = 0
    for seed in range(60):
        chance = random.Random(seed)
        weighed, passed_over = Rate(), Rate()
        for reading in range(400):
            share = (0.99, 0.7)[seed % 2] if reading < 300 else 0.05
            holds = chance.random() < share
            is_broken = weighed.weigh(holds)
            assert is_broken == (not (holds and not passed_over.evidence.now) and passed_over.weigh(holds))
            weighed.learn(holds)
            passed_over.learn(holds)
            assert weighed == passed_over
            alarms += is_broken
    assert alarms > 60


def test_a_break_is_not_learnt_and_ends(
    pages: list[tuple[str, str]], usual: list[Reading], learnt: dict[str, dict[str, Any]]
) -> None:
    """However long it lasts; readings that are as usual are believed meanwhile, and after some of them it is over."""
    story = [(url, signs) for url, signs in usual if signs.template == "current story" and "fill lead" in signs.shown]
    urls = {url for url, _ in story}
    broken = [(url, read(url, MUTATIONS["lead-renamed"](html))) for url, html in pages if url in urls]
    watch = Watch("rfi-cn", learnt)
    assert len(show(watch, broken * 5)) == 1
    again = Watch("rfi-cn", watch.learnt())
    assert all(again.look(signs, url).doubt == "lead is missing" for url, signs in broken)
    assert again.reasons == ["rfi-cn, current story: lead is missing"]
    assert [again.look(signs, url).doubt for url, signs in story[:7]] == [None] * 7
    assert (again.broken, again.recovered) == ({"current story"}, set())
    again.look(story[7][1], story[7][0])
    assert (again.broken, again.recovered) == (set(), {"current story"})


def test_readings_that_passed_before_the_flag_are_suspects(
    pages: list[tuple[str, str]], usual: list[Reading], learnt: dict[str, dict[str, Any]]
) -> None:
    """They show the break, and none that was as usual is among them."""
    wire = [url for url, signs in usual if signs.template == "current story"]
    broken = [(url, read(url, MUTATIONS["json-ld-gone"](html))) for url, html in pages if url in wire][:10]
    watch = Watch("rfi-cn", learnt)
    place = next(i for i, (url, signs) in enumerate(broken) if watch.look(signs, url).flagged)
    assert {suspect.url for suspect in watch.suspects} == {url for url, _ in broken[:place]}
    assert {suspect.reason for suspect in watch.suspects} == {
        "json-ld no longer states modified_at; json-ld no longer states published_at; json-ld no longer states title"
        " and 2 more"
    }


def author_page(number: int, way: str | None = None) -> Reading:
    """Return a reading of a story, with or without authors; every page but their way is the same."""
    ways = [("title", "its place"), *([("authors", way)] if way else [])]
    authors = ("林小满",) if way else ()
    article = ScrapedArticle(url=f"https://www.rfi.fr/cn/{number}", source="rfi-cn", title="t", authors=authors)
    signs = signs_of_article(replace(article, paragraphs=("十" * 100,), template="current story", ways=tuple(ways)))
    return article.url, signs


def author_pages(count: int, way: str, *, every: int = 40, start: int = 0) -> list[Reading]:
    """Return readings of stories of which few have authors, the last of each `every`."""
    return [author_page(n, way if (n + 1) % every == 0 else None) for n in range(start, start + count * every)]


def test_a_way_that_few_pages_take_is_watched(learnt_authors: dict[str, dict[str, Any]]) -> None:
    """Eight pages in 320 had authors, all in their place: that it is empty in further ones is noticed within twenty.

    The pages between, which have none, tell nothing of it: in them it is neither learnt nor over.
    """
    watch = Watch("rfi-cn", learnt_authors)
    broken = author_pages(20, "datalayer", start=1000)
    assert show(watch, broken) == ["rfi-cn, current story: authors is no longer read from markup"]
    assert watch.broken == {"current story"}
    suspects = [suspect.url for suspect in watch.suspects]
    assert 4 < len(suspects) < 20
    assert suspects == [url for url, signs in broken if "fill authors" in signs.shown][: len(suspects)]


def test_a_break_of_a_rare_way_ends_with_pages_that_take_it(learnt_authors: dict[str, dict[str, Any]]) -> None:
    """Pages without authors do not end it; and its stand-in was not learnt, so that its absence is no break."""
    watch = Watch("rfi-cn", learnt_authors)
    show(watch, author_pages(20, "datalayer", start=1000))
    show(watch, [author_page(n) for n in range(3000, 3100)])
    assert (watch.broken, watch.recovered) == ({"current story"}, set())
    assert show(watch, author_pages(20, "markup", start=4000)) == []
    assert (watch.broken, watch.recovered) == (set(), {"current story"})


def test_a_rare_way_that_varies_is_no_break() -> None:
    """Where authors stand in one place or another, neither is missed."""
    watch = Watch("rfi-cn", {})
    ways = random.Random(3).choices(("markup", "datalayer"), (3, 1), k=200)
    for number, way in enumerate(ways):
        assert show(watch, author_pages(1, way, start=number * 40)) == []


@pytest.fixture
def learnt_authors() -> dict[str, dict[str, Any]]:
    """Return what was learnt of a template with few authors."""
    watch = Watch("rfi-cn", {})
    assert show(watch, author_pages(8, "markup")) == []
    show(watch, [author_page(n) for n in range(500, 520)])
    return watch.learnt()


def test_an_empty_field_is_one_sign_however_often_it_is_looked_at(make_article: Callable[..., Article]) -> None:
    """What the stored revision has is looked for in the next reading, and what neither has is not."""
    before = make_article(paragraphs=("一",), tags=("灯塔",))
    signs = signs_of_article(scraped(replace(before, paragraphs=(), tags=())), before)
    assert "fill" not in signs.asked
    assert {"keep text", "keep tags"} <= signs.asked
    assert not any(sign.startswith(("keep text", "keep tags")) for sign in signs.shown)
    nothing = replace(before, paragraphs=(), tags=())
    again = signs_of_article(scraped(nothing), nothing)
    assert not any(group in again.asked for group in ("fill", "keep text", "keep tags"))


def test_what_was_learnt_is_the_same_from_the_database(usual: list[Reading], learnt: dict[str, dict[str, Any]]) -> None:
    """A run that goes on from the database judges as one that never ended."""
    one, other = Watch("rfi-cn", learnt), Watch("rfi-cn", learnt)
    show(one, usual[:40])
    show(other, usual[:20])
    other = Watch("rfi-cn", other.learnt())
    show(other, usual[20:40])
    met = other.learnt().keys()
    assert {name: state for name, state in one.learnt().items() if name in met} == other.learnt()
    assert ALL in met


def test_what_an_earlier_version_learnt_is_read(learnt: dict[str, dict[str, Any]]) -> None:
    """Which counted calm readings once for all signs, and doubted none."""
    state = learnt["current story"]
    earlier = {**{key: value for key, value in state.items() if key != "doubted"}, "calm": 3}
    watch = Watch("rfi-cn", {"current story": earlier})
    watch.look(Signs(template="current story"), "u")
    assert watch.learnt()["current story"]["calm"] == {}


def test_a_loss_is_believed_at_the_second_look(make_article: Callable[..., Article]) -> None:
    """What the stored revision has and the reading has not holds it back once."""
    before = make_article(authors=("林小满",), paragraphs=("十" * 100, "二" * 100))
    after = make_article(authors=(), paragraphs=("十" * 99,))
    signs = signs_of_article(scraped(after), before)
    assert signs.lost == ("authors", "text")
    watch = Watch("rfi-cn", {})
    assert watch.look(signs, "u").doubt == "lost authors, text"
    assert watch.look(signs, "u", looks_before=1).doubt is None


def scraped(article: Article) -> ScrapedArticle:
    """Return what a page says that gives an article."""
    return ScrapedArticle(
        url=article.canonical_url,
        source=article.source,
        title=article.title,
        lead=article.lead,
        paragraphs=article.paragraphs,
        section=article.section,
        published_at=article.published_at,
        authors=article.authors,
    )


def page_held(url: str, **said: Any) -> HeldPage:
    """Return a held page."""
    facts: dict[str, Any] = {
        "url": url,
        "source": "rfi-cn",
        "template": "current story",
        "reason": "lead is missing",
        "reader_version": "1",
        "run_id": None,
        "held_at": NOW,
    }
    return HeldPage(**facts | said)


def test_held_pages_wait_for_another_reader(store: Store, make_article: Callable[..., Article]) -> None:
    """They are not leased while the reader is the same; released, they are fetched, and let go when that succeeds."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
    run = store.runs.start(plan, now=NOW)
    walk = store.frontier.open_walk(plan, run_id=run.id, now=NOW)
    urls = [f"https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/2023080{day}-a" for day in (1, 2)]
    store.frontier.add(walk, [FoundUrl(url=url, is_listing=False) for url in urls], now=NOW)
    one, two = store.frontier.lease(walk, run_id=run.id, limit=9, now=NOW)
    settlements = [
        Settlement(lease=one, state=FrontierState.HELD, held=page_held(one.url), settled_at=NOW),
        Settlement(lease=two, state=FrontierState.DONE, article=make_article(canonical_url=two.url), settled_at=NOW),
    ]
    store.frontier.settle(walk, settlements, now=NOW)
    store.monitors.keep("rfi-cn", {"current story": {"learnt": 3}}, held=[page_held(two.url)], now=NOW)
    assert store.monitors.baselines("rfi-cn") == {"current story": {"learnt": 3}}
    assert {page.url for page in store.monitors.held("rfi-cn")} == set(urls)
    later = NOW + timedelta(hours=1)
    assert store.monitors.release_read_by_others("rfi-cn", "1", now=later) == 0
    assert store.frontier.lease(walk, run_id=run.id, limit=9, now=later) == []
    assert store.monitors.release_read_by_others("rfi-cn", "2", now=later) == 2
    leased = store.frontier.lease(walk, run_id=run.id, limit=9, now=later)
    assert {lease.url for lease in leased} == set(urls)
    assert store.monitors.held() == []


def test_a_second_look_is_taken_in_time(store: Store) -> None:
    """A page that is held back for an hour is leased after it, and says that it was."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
    run = store.runs.start(plan, now=NOW)
    walk = store.frontier.open_walk(plan, run_id=run.id, now=NOW)
    url = "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-a"
    store.frontier.add(walk, [FoundUrl(url=url, is_listing=False)], now=NOW)
    (lease,) = store.frontier.lease(walk, run_id=run.id, limit=9, now=NOW)
    again_at = NOW + timedelta(hours=1)
    held = Settlement(lease=lease, state=FrontierState.HELD, held=page_held(url), due_at=again_at, settled_at=NOW)
    store.frontier.settle(walk, [held], now=NOW)
    assert store.frontier.lease(walk, run_id=run.id, limit=9, now=NOW) == []
    (second,) = store.frontier.lease(walk, run_id=run.id, limit=9, now=again_at)
    assert (lease.was_held, second.was_held) == (False, True)


SEED = """<!--{epoch}-->
[灯塔日志第{n}夜](https://www.rfi.fr/cn/%E6%B3%95%E5%9B%BD/20230801-%E7%81%AF%E5%A1%94{n})
------

<div>01/08/2023 - 14:00</div><p><strong>第{n}夜的摘要，北风。</strong></p><div><p>第{n}夜：浪高两米，灯光正常。</p>\
<p>守塔人写下第{n}页，然后睡去。</p></div>
"""


@pytest.mark.long
def test_a_run_over_a_site_that_changes_is_degraded(
    newscrawl: Callable[..., Ended], run_child: Callable[..., Ended], tmp_path: Path
) -> None:
    """What shows the break is held back, what was right stays, and all is right when the site is as before."""
    seeds = tmp_path / "lighthouse"
    seeds.mkdir()
    for n in range(100, 170):
        (seeds / f"{n}.txt").write_text(SEED.format(n=n, epoch=1690892105000 + n), encoding="utf-8")
    database = f"sqlite:///{tmp_path}/news.db"
    script = parse_script('step = [{do = "layout", mutations = ["lead-renamed"], after_requests = 45}]', "cue")
    crawl = ("crawl", "rfi-cn", "--url", "https://www.rfi.fr/cn/", "--pages", "99", "--json", "--db", database)
    site = SeedSite([seeds])
    with running_server(ScriptedSite(site, script, clock=time.monotonic)) as base_url:
        broken = run_child(*crawl, "--via", base_url)
    run = broken.objects[0]
    assert run["degraded"] == ["rfi-cn, current story: lead is missing"]
    assert "the run is degraded: rfi-cn, current story: lead is missing" in broken.err
    assert "held back" in broken.err
    assert run["counts"]["held back"] > 5
    with Store.open(database) as store:
        without = [one.article.canonical_url for one in store.articles() if not one.article.lead]
        held = {page.url for page in store.monitors.held("rfi-cn")}
    assert (len(without) < 20, set(without) - held) == (True, set())
    shown = newscrawl("monitors", "list", "--json", "--db", database).objects
    assert [(one["template"], one["broken"]) for one in shown] == [
        ("current story", ["lead is missing"]),
        ("listing", []),
    ]
    assert len(newscrawl("monitors", "held", "--json", "--db", database).objects) == len(held) == shown[0]["held"]
    assert "degraded" in newscrawl("runs", "list", "--db", database).out
    assert newscrawl("monitors", "forget", "rfi-cn", "--db", database).code == 0
    with running_server(site) as base_url:
        mended = run_child(*crawl, "--via", base_url)
    assert (mended.code, mended.objects[0]["degraded"]) == (0, [])
    with Store.open(database) as store:
        assert [one.article.title for one in store.articles() if not one.article.lead] == []
        assert (store.count_articles(), store.monitors.held()) == (70, [])
