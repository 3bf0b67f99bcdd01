"""Channels: which articles are known to exist, by which channel, since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.sources import source_named
from storage import (
    Channel,
    ChannelKind,
    CrawlKind,
    CrawlPlan,
    DateOrigin,
    FoundUrl,
    FrontierState,
    Settlement,
    ShownArticle,
    Store,
    WriteRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended
    from pytest_httpserver import HTTPServer

    from storage import Article, Walk

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PLAN = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
FRONT = Channel(url="https://www.rfi.fr/cn/", kind=ChannelKind.FRONT_PAGE)
CHINA = Channel(url="https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/", kind=ChannelKind.SECTION)
FEED = Channel(url="https://www.rfi.fr/cn/rss", kind=ChannelKind.FEED)


def shown(number: int, **said: object) -> ShownArticle:
    """Return the n-th article as a channel shows it."""
    return ShownArticle(url=f"https://www.rfi.fr/cn/20260101-{number}", **said)  # type: ignore[arg-type]  # by keyword


def poll(store: Store, channel: Channel, *articles: ShownArticle, now: datetime = NOW, **became: object) -> None:
    """Fetch a channel that shows these articles, in a run of its own."""
    run = store.runs.start(PLAN, now=now)
    walk = store.frontier.open_walk(PLAN, run_id=run.id, now=now)
    store.frontier.add(walk, [FoundUrl(url=channel.url, is_listing=True)], now=now)
    settle(store, walk, channel, articles, now=now, **became)


def settle(
    store: Store, walk: Walk, channel: Channel, articles: tuple[ShownArticle, ...], *, now: datetime, **became: object
) -> None:
    """Lease what waits, and settle it as this channel."""
    (lease,) = store.frontier.lease(walk, run_id=walk.number, limit=1, now=now)
    facts = {"state": FrontierState.DONE, "channel": channel, "shown": articles, "settled_at": now}
    store.frontier.settle(walk, [Settlement(lease=lease, **facts | became)], now=now)  # type: ignore[arg-type]  # by keyword


def test_an_article_is_known_since_the_first_channel_that_showed_it(store: Store) -> None:
    """Each channel keeps its own first sight; later polls of the same links change nothing."""
    poll(store, FEED, shown(1), shown(2))
    poll(store, FRONT, shown(1), shown(3), now=NOW + HOUR)
    poll(store, FEED, shown(2), shown(1), now=NOW + 2 * HOUR)
    listed = {one.url[-1]: one.first_seen_at for one in store.channels.listed("rfi-cn")}
    assert listed == {"1": NOW, "2": NOW, "3": NOW + HOUR}
    assert [(one.channel, one.first_seen_at) for one in store.channels.sightings(shown(1).url)] == [
        (FEED, NOW),
        (FRONT, NOW + HOUR),
    ]
    assert store.channels.of("rfi-cn") == [FEED, FRONT]
    assert list(store.channels.listed("rfi-fr")) == []


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_stated_best_counts_in_whatever_order_it_comes(store: Store, order: int) -> None:
    """A time before a day before an address, the earliest of equal ones; a section by any of them."""
    said = [
        (FEED, shown(1, stated_at=NOW, stated_by=DateOrigin.TIME)),
        (FRONT, shown(1, stated_at=NOW - 24 * HOUR, stated_by=DateOrigin.ADDRESS)),
        (CHINA, shown(1, stated_at=NOW + HOUR, stated_by=DateOrigin.TIME, section="中国")),
    ]
    for count, (channel, article) in enumerate(said[::order]):
        poll(store, channel, article, now=NOW + count * HOUR)
    (listed,) = store.channels.listed("rfi-cn")
    assert (listed.stated_at, listed.stated_by, listed.section) == (NOW, DateOrigin.TIME, "中国")
    sightings = {one.channel: one.stated_at for one in store.channels.sightings(shown(1).url)}
    assert sightings[FRONT] == NOW - 24 * HOUR


def test_listed_articles_are_selected_by_their_stated_time(store: Store) -> None:
    """The window is half open; an article without a stated time is in no window."""
    poll(store, FEED, *(shown(n, stated_at=NOW + n * HOUR, stated_by=DateOrigin.TIME) for n in range(3)), shown(9))
    found = store.channels.listed("rfi-cn", since=NOW, until=NOW + 2 * HOUR)
    assert sorted(one.url[-1] for one in found) == ["0", "1"]
    assert len(list(store.channels.listed("rfi-cn"))) == 4


def test_all_listed_articles_come_by_whatever_number(store: Store) -> None:
    """More articles than are read at once come once each."""
    store.channels.note("rfi-cn", FEED, [shown(number) for number in range(1203)], now=NOW)
    assert len({one.url for one in store.channels.listed("rfi-cn")}) == 1203


def test_a_channel_may_be_noted_without_a_run(store: Store) -> None:
    """The index of a web archive is asked by nobody's lease; what it shows counts like what a listing shows."""
    archive = Channel(url="https://web.archive.org/cdx/", kind=ChannelKind.WEB_ARCHIVE)
    assert store.channels.note("rfi-cn", archive, [shown(1), shown(2)], now=NOW) == 2
    assert store.channels.note("rfi-cn", archive, [shown(2), shown(3)], now=NOW + HOUR) == 1
    assert [one.channel for one in store.channels.sightings(shown(3).url)] == [archive]


def test_sightings_are_written_with_the_listing_or_not_at_all(
    store: Store, make_article: Callable[..., Article]
) -> None:
    """What the database refuses takes the sightings of its batch back with it."""
    walk = store.frontier.open_walk(PLAN, run_id=store.runs.start(PLAN, now=NOW).id, now=NOW)
    store.frontier.add(walk, [FoundUrl(url=FRONT.url, is_listing=True)], now=NOW)
    (lease,) = store.frontier.lease(walk, run_id=walk.number, limit=1, now=NOW)
    listing = Settlement(lease=lease, state=FrontierState.DONE, channel=FRONT, shown=(shown(1),), settled_at=NOW)
    bad = Settlement(lease=lease, state=FrontierState.DONE, article=make_article(title="\udcff"), settled_at=NOW)
    with pytest.raises(WriteRefused):
        store.frontier.settle(walk, [listing, bad], now=NOW)
    assert list(store.channels.listed("rfi-cn")) == []
    store.frontier.settle(walk, [listing], now=NOW)
    assert len(list(store.channels.listed("rfi-cn"))) == 1


@pytest.mark.parametrize(
    ("address", "kind", "channel"),
    [
        ("https://www.rfi.fr/cn/", "front page", "https://www.rfi.fr/cn/"),
        ("https://www.rfi.fr/cn/2/#pager", "front page", "https://www.rfi.fr/cn/"),
        ("https://www.rfi.fr/cn/中国/3/#pager", "section", CHINA.url),
        ("https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD", "section", CHINA.url),
        ("https://www.rfi.fr/cn/中国/rss", "feed", f"{CHINA.url}rss"),
        ("https://www.rfi.fr/cn/rss", "feed", "https://www.rfi.fr/cn/rss"),
        ("https://www.rfi.fr/sitemaps/cn/news.xml", "news map", "https://www.rfi.fr/sitemaps/cn/news.xml"),
        ("https://www.rfi.fr/sitemaps/cn/contents_202007.xml", "sitemap", "https://www.rfi.fr/sitemaps/cn/index.xml"),
        ("https://www.rfi.fr/cn/archives/2020/07/20-x-2020", "day archive", "https://www.rfi.fr/cn/archives"),
        ("https://www.rfi.fr/cn/tag/x/2/", "listing", "https://www.rfi.fr/cn/tag/x/"),
    ],
)
def test_an_address_says_which_channel_it_belongs_to(address: str, kind: str, channel: str) -> None:
    """Further pages belong to their section, monthly maps to their index, days to the archive."""
    assert source_named("rfi-cn").channel_of(address) == Channel(url=channel, kind=ChannelKind(kind))


@pytest.mark.long
def test_a_crawl_keeps_which_channel_showed_what(
    run_child: Callable[..., Ended], database_url: str, site: HTTPServer
) -> None:
    """A crawl of the local site knows each article by its front page and by its section, with the time on its card."""
    ended = run_child("crawl", "rfi-cn", "--via", site.url_for(""), "--delay", 0, "--db", database_url)
    assert ended.code == 0, ended.err
    with Store.open(database_url, must_exist=True) as store:
        stored = next(store.articles(source="rfi-cn", section="中国"))
        listed = {one.url: one for one in store.channels.listed("rfi-cn")}
        kinds = {one.channel.kind for one in store.channels.sightings(stored.article.canonical_url)}
        assert {one.article.canonical_url for one in store.articles(source="rfi-cn")} <= set(listed)
    assert {ChannelKind.FRONT_PAGE, ChannelKind.SECTION} <= kinds
    one = listed[stored.article.canonical_url]
    assert (one.section, one.stated_by, one.stated_at) == ("中国", DateOrigin.TIME, stored.article.published_at)


def test_polls_say_what_they_were_the_first_to_show(store: Store, make_article: Callable[..., Article]) -> None:
    """By the time on the article's page, else the channel's, else that of the poll; what was known is not news."""
    poll(store, FEED, shown(1, stated_at=NOW - HOUR, stated_by=DateOrigin.TIME), shown(2))
    store.save(make_article(canonical_url=shown(2).url, published_at=NOW - MINUTE, fetched_at=NOW), now=NOW)
    poll(store, FRONT, shown(1), shown(3), now=NOW + HOUR)
    poll(store, FEED, now=NOW + 2 * HOUR, is_unmodified=True)
    poll(store, FEED, now=NOW + 3 * HOUR, state=FrontierState.FAILED)
    polls = store.channels.polled("rfi-cn", since=NOW)
    assert [(one.channel, one.polled_at, one.is_read, one.shown, sorted(one.published)) for one in polls] == [
        (FEED, NOW, True, 2, [NOW - HOUR, NOW - MINUTE]),
        (FRONT, NOW + HOUR, True, 2, [NOW + HOUR]),
        (FEED, NOW + 2 * HOUR, True, 0, []),
        (FEED, NOW + 3 * HOUR, False, 0, []),
    ]
    assert store.channels.polled("rfi-cn", after=polls[1].number, since=NOW) == polls[2:]
    assert store.channels.polled("rfi-cn", since=NOW + 3 * HOUR) == polls[3:]
    assert store.channels.polled("rfi-fr", since=NOW) == []


def test_tallies_say_what_each_channel_is_worth(store: Store, newscrawl: Callable[..., Ended]) -> None:
    """Requests, articles seen, found first and alone, and how long before or behind the others."""
    poll(store, FEED, shown(1), shown(2))
    poll(store, FRONT, shown(1), shown(3), now=NOW + HOUR)
    poll(store, FEED, shown(1), shown(2), now=NOW + 2 * HOUR)
    feed, front = store.channels.tallies("rfi-cn")
    assert (feed.channel, feed.requests, feed.seen, feed.found_first, feed.found_alone) == (FEED, 2, 2, 2, 1)
    assert (feed.mean_lag_seconds, feed.mean_lead_seconds) == (0.0, 3600.0)
    assert (front.requests, front.seen, front.found_first, front.found_alone) == (1, 2, 1, 1)
    assert (front.mean_lag_seconds, front.mean_lead_seconds) == (1800.0, None)
    later = {one.channel: one for one in store.channels.tallies("rfi-cn", since=NOW + HOUR)}
    assert (later[FEED].requests, later[FEED].seen, later[FRONT].found_first) == (1, 0, 1)
    ended = newscrawl("channels", "rfi-cn", "--json", "--db", store.url)
    assert (ended.code, [one["found_first_per_request"] for one in ended.objects]) == (0, [1.0, 1.0])
    assert ended.objects[0]["channel"] == FEED.url
    told = newscrawl("channels", "rfi-cn", "--since", "2026-01-01", "--db", store.url)
    assert "30.0 min" in told.out
    assert newscrawl("channels", "rfi-xx", "--db", store.url).code == 2
