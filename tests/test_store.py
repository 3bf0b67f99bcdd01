"""The store as others use it: what goes in comes out, on every database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from storage import (
    Article,
    Claim,
    CrawlKind,
    CrawlPlan,
    Image,
    Media,
    Outcome,
    RunState,
    SectionCount,
    SeedCopy,
    Store,
    UnknownArticle,
    WriteRefused,
)
from storage.identity import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeArticle = Callable[..., Article]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def numbered(make_article: MakeArticle) -> Callable[[int], Article]:
    """Return a function that makes the n-th of many different articles, one published each minute."""

    def make(number: int) -> Article:
        published_at = datetime(2023, 8, 1, tzinfo=UTC) + timedelta(minutes=number)
        return make_article(
            canonical_url=f"https://www.rfi.fr/cn/20230801-{number}",
            title=f"第 {number} 条",
            published_at=published_at,
            fetched_at=published_at + DAY,
            section="中国" if number % 2 else None,
        )

    return make


def test_an_article_comes_back_as_it_went_in(store: Store, make_article: MakeArticle) -> None:
    """Every field of an article survives the store, microseconds and zones included."""
    article = make_article(
        programme="要闻分析",
        agency="AFP",
        modified_at=datetime(2023, 8, 1, 14, 0, 0, 123456, tzinfo=UTC),
        observed_at=datetime(2023, 8, 1, 15, tzinfo=UTC),
        authors=("林 海", "Ève"),
        tags=("灯塔", "“海”"),
        images=(Image(url="https://s.rfi.fr/media/display/1/a.jpg", caption="灯塔", credit="© AFP"), Image(url="u")),
        media=(Media(url="https://aod.example/a.mp3", type="audio"),),
        alternates=(("fr", "https://www.rfi.fr/fr/a"), ("en", "https://www.rfi.fr/en/a")),
        content_id="WBMZ1-RFI-CN-20230801",
        aliases=("https://www.rfi.fr/cn/20230801-a",),
        claims=(Claim(field="title", value="灯塔", origin="h1"),),
    )
    store.save(article, now=NOW)
    stored = store.article(article.canonical_url)
    assert stored.article == article
    assert stored.fingerprint == fingerprint(article.title, article.text)


def test_times_of_any_zone_come_back_in_utc(store: Store, make_article: MakeArticle) -> None:
    """An instant is kept, its zone is not: what comes back is UTC."""
    paris = timezone(timedelta(hours=2))
    store.save(make_article(published_at=datetime(2023, 8, 1, 14, tzinfo=paris)), now=NOW)
    published_at = next(store.articles()).article.published_at
    assert (published_at, published_at.tzinfo) == (datetime(2023, 8, 1, 12, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    "flaw",
    [
        {"published_at": datetime(2023, 8, 1, 12)},  # noqa: DTZ001 -- naive on purpose
        {"fetched_at": None},
        {"html": "\ud83d"},
        {"lead": "\ud83d"},
        {"section": "\ud83d"},
    ],
    ids=["naive time", "never seen", "broken html", "broken text", "broken column"],
)
def test_a_batch_is_written_whole_or_not_at_all(
    store: Store, make_article: MakeArticle, flaw: dict[str, object]
) -> None:
    """One article that cannot be held refuses its batch, and nothing of it is written."""
    flawed = make_article(canonical_url="https://www.rfi.fr/cn/20230801-x", **flaw)
    with pytest.raises(WriteRefused):
        store.save_batch([make_article(), flawed], now=NOW)
    assert store.count_articles() == 0


def test_an_article_is_found_under_any_spelling_of_its_url(store: Store, make_article: MakeArticle) -> None:
    """Old host, tracking parameters and unescaped characters lead to the same article."""
    article = make_article()
    store.save(article, now=NOW)
    found = store.article("http://www.rfi.fr//cn/中国/20230801-dengta?utm_source=x#top")
    assert found.article.title == article.title


@pytest.mark.parametrize("url", ["https://www.rfi.fr/cn/20230801-nobody", "no URL at all"])
def test_an_unknown_url_is_said_to_be_unknown(store: Store, url: str) -> None:
    """Asking for an article that is not stored names the URL."""
    with pytest.raises(UnknownArticle) as caught:
        store.article(url)
    assert caught.value.url == url


def test_articles_come_newest_first_page_after_page(store: Store, numbered: Callable[[int], Article]) -> None:
    """More articles than a page come complete, in order, in either direction."""
    articles = [numbered(number) for number in range(450)]
    store.save_batch(articles[::2] + articles[1::2], now=NOW)
    titles = [article.title for article in articles]
    assert [stored.article.title for stored in store.articles(newest_first=False)] == titles
    assert [stored.article.title for stored in store.articles(limit=201)] == titles[:-202:-1]


def test_articles_published_at_the_same_time_all_come(store: Store, numbered: Callable[[int], Article]) -> None:
    """Articles of one instant are neither lost nor repeated between pages."""
    noon = datetime(2023, 8, 1, 12, tzinfo=UTC)
    store.save_batch([replace(numbered(number), published_at=noon) for number in range(401)], now=NOW)
    assert len({stored.article.canonical_url for stored in store.articles()}) == 401


def test_articles_are_selected_by_source_section_and_window(store: Store, numbered: Callable[[int], Article]) -> None:
    """Source, section and the half-open window select what they say."""
    store.save_batch([numbered(number) for number in range(10)], now=NOW)
    since, until = numbered(3).published_at, numbered(8).published_at
    found = store.articles(source="rfi-cn", section="中国", since=since, until=until)
    assert [stored.article.title for stored in found] == ["第 7 条", "第 5 条", "第 3 条"]
    assert list(store.articles(source="rfi-fr")) == []


def test_sections_are_counted(store: Store, numbered: Callable[[int], Article]) -> None:
    """Articles are counted by section, with the first and last publication."""
    store.save_batch([numbered(number) for number in (0, 1, 3)], now=NOW)
    assert store.count_by_section() == [
        SectionCount(
            source="rfi-cn",
            section="中国",
            articles=2,
            oldest_at=numbered(1).published_at,
            newest_at=numbered(3).published_at,
        ),
        SectionCount(
            source="rfi-cn",
            section=None,
            articles=1,
            oldest_at=numbered(0).published_at,
            newest_at=numbered(0).published_at,
        ),
    ]


def test_seed_files_come_back_byte_for_byte(store: Store, make_article: MakeArticle) -> None:
    """Every imported file comes back once, duplicates included; importing again adds none."""
    article = make_article()
    copies = [
        SeedCopy(name="000_a.txt", raw=b"<!--1-->\r\n\xff", observed_at=NOW),
        SeedCopy(name="000_b.txt", raw=b"<!--1-->\r\n\xff", observed_at=NOW),
        SeedCopy(name="000_a.txt", raw=b"<!--2-->", observed_at=NOW),
    ]
    for _ in range(2):
        store.save_batch([article, article, article, article], now=NOW, seed_copies=[*copies, None])
    kept = list(store.seed_copies())
    assert [stored.copy for stored in kept] == copies
    assert {stored.canonical_url for stored in kept} == {article.canonical_url}


def test_two_writers_store_every_article_once(database_url: str, numbered: Callable[[int], Article]) -> None:
    """Two stores on one database that write the same articles at once make one row of each."""
    articles = [numbered(number) for number in range(100)]
    outcomes: list[Outcome] = []

    def write(order: list[Article]) -> None:
        with Store.open(database_url) as store:
            for start in range(0, 100, 10):
                outcomes.extend(store.save_batch(order[start : start + 10], now=NOW))

    threads = [threading.Thread(target=write, args=(order,)) for order in (articles, articles[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.value for outcome in outcomes) == ["new"] * 100 + ["unchanged"] * 100
    with Store.open(database_url) as store:
        assert store.count_articles() == 100


def test_a_run_is_kept_from_start_to_end(store: Store) -> None:
    """A run keeps its plan, its counts in their order, and how it ended."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.REPLAY, seeds=("https://www.rfi.fr/cn/",), limit=3)
    run = store.runs.start(plan, now=NOW)
    assert (store.runs.get(run.id), run.state) == (run, RunState.RUNNING)
    store.runs.keep_alive(run.id, counts={"fetched": 1}, now=NOW + DAY)
    counts = {"new": 3, "fetched": 5, "rejected: no text": 1}
    ended = store.runs.finish(run.id, state=RunState.FINISHED, reason=None, counts=counts, now=NOW + DAY)
    assert store.runs.get(run.id) == ended
    assert (ended.plan, list(ended.counts.items())) == (plan, list(counts.items()))


def test_runs_come_newest_first(store: Store) -> None:
    """The latest runs come first; a number that no run has gives None."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
    runs = [store.runs.start(plan, now=NOW) for _ in range(3)]
    assert store.runs.latest(limit=2) == [runs[2], runs[1]]
    assert store.runs.get(999) is None


def test_a_store_opened_again_holds_what_it_held(database_url: str, make_article: MakeArticle) -> None:
    """Articles are there after the store was closed."""
    with Store.open(database_url) as store:
        store.save(make_article(), now=NOW)
    with Store.open(database_url, must_exist=True) as store:
        assert store.count_articles() == 1
