"""What is known to exist against what is stored, silences, gaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from crawler.backfills.gaps import Asked, find_gaps
from crawler.cli.calendar import calendar
from crawler.errors import BadInput
from crawler.exports.calendar_picture import write_picture
from storage import (
    Channel,
    ChannelKind,
    CoverageCell,
    CrawlKind,
    CrawlPlan,
    DateOrigin,
    FoundUrl,
    FrontierState,
    KnownArticle,
    Settlement,
    ShownArticle,
    Silence,
    Standing,
    Store,
    Window,
    cells_of,
    find_silences,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ended

    from storage import Article

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AUGUST = Window(since=datetime(2023, 7, 31, 22, tzinfo=UTC), until=datetime(2023, 8, 31, 22, tzinfo=UTC))
NOON = datetime(2023, 8, 1, 10, tzinfo=UTC)
MAP = Channel(url="https://www.rfi.fr/sitemaps/cn/index.xml", kind=ChannelKind.SITEMAP)
DAYS = Channel(url="https://www.rfi.fr/cn/archives", kind=ChannelKind.DAY_ARCHIVE)


def url_of(number: int) -> str:
    """Return the URL of the n-th article."""
    return f"https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-{number}"


def show(store: Store, channel: Channel, *numbers: int, stated_at: datetime | None = NOON) -> None:
    """Have a channel show some articles."""
    stated_by = DateOrigin.TIME if stated_at else None
    shown = [ShownArticle(url=url_of(n), stated_at=stated_at, stated_by=stated_by, section="中国") for n in numbers]
    store.channels.note("rfi-cn", channel, shown, now=NOW)


def fetch(store: Store, *numbers: int, **became: Any) -> None:
    """Fetch some articles by name, all with the same end."""
    plan = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
    walk = store.frontier.open_walk(plan, run_id=store.runs.start(plan, now=NOW).id, now=NOW)
    store.frontier.add(walk, [FoundUrl(url=url_of(number), is_listing=False) for number in numbers], now=NOW)
    for leased in store.frontier.lease(walk, run_id=1, limit=100, now=NOW):
        store.frontier.settle(walk, [Settlement(lease=leased, **{"settled_at": NOW} | became)], now=NOW)


def test_every_known_article_has_a_standing(store: Store, make_article: Callable[..., Article]) -> None:
    """Stored, waiting, refused, failed with its reason, or unexplained; with the channels that have shown it."""
    show(store, MAP, 1, 2, 3, 4, 5, 6)
    show(store, DAYS, 1, 6)
    store.save(make_article(canonical_url=url_of(1), published_at=NOON), now=NOW)
    fetch(store, 2, state=FrontierState.WAITING, reason="to be tried again: HTTP 503", due_at=NOW + timedelta(days=1))
    fetch(store, 3, state=FrontierState.FAILED, reason="rejected: no text")
    fetch(store, 4, state=FrontierState.FAILED, reason="not understood: no title")
    fetch(store, 5, state=FrontierState.GONE, reason="gone: HTTP 410")
    known = {one.url: one for one in store.coverage.known("rfi-cn", AUGUST, PARIS)}
    assert [(known[url_of(n)].standing.value, known[url_of(n)].reason) for n in range(1, 7)] == [
        ("stored", None),
        ("waiting", "to be tried again: HTTP 503"),
        ("refused", "rejected: no text"),
        ("failed", "not understood: no title"),
        ("failed", "gone: HTTP 410"),
        ("unexplained", None),
    ]
    assert known[url_of(1)].channels == {"sitemap", "day archive"}
    assert cells_of(list(known.values())) == [
        CoverageCell(
            section="中国",
            day=date(2023, 8, 1),
            known=6,
            by_channel={"day archive": 2, "sitemap": 6},
            alone={"sitemap": 4},
            stored=1,
            waiting=1,
            refused={"rejected: no text": 1},
            failed={"gone: HTTP 410": 1, "not understood: no title": 1},
            unexplained=1,
        )
    ]


def test_an_article_lies_on_its_day_in_the_zone_of_its_source(
    store: Store, make_article: Callable[..., Article]
) -> None:
    """What is stored counts by its own time, whatever a channel states; an import that no channel shows counts too."""
    show(store, MAP, 1, stated_at=NOON - timedelta(days=1))
    show(store, MAP, 2, stated_at=NOON)
    store.save(make_article(canonical_url=url_of(1), published_at=AUGUST.since), now=NOW)
    store.save(make_article(canonical_url=url_of(2), title="二", published_at=AUGUST.until), now=NOW)
    store.save(
        make_article(canonical_url=url_of(3), title="三", published_at=AUGUST.until - timedelta(hours=1)), now=NOW
    )
    known = store.coverage.known("rfi-cn", AUGUST, PARIS)
    assert [(one.url, one.day, sorted(one.channels)) for one in known] == [
        (url_of(1), date(2023, 8, 1), ["sitemap"]),
        (url_of(3), date(2023, 8, 31), []),
    ]


def test_an_article_under_two_names_is_known_once(store: Store, make_article: Callable[..., Article]) -> None:
    """What channels say of an alias they say of its article."""
    show(store, MAP, 1)
    show(store, DAYS, 2)
    store.save(make_article(canonical_url=url_of(1), aliases=(url_of(2),), published_at=NOON), now=NOW)
    (one,) = store.coverage.known("rfi-cn", AUGUST, PARIS)
    assert (one.url, one.standing, one.channels) == (url_of(1), Standing.STORED, {"sitemap", "day archive"})


def test_what_states_no_date_counts_when_it_was_first_seen(store: Store) -> None:
    """Shown now, it is none of a past window."""
    show(store, MAP, 1, stated_at=None)
    assert store.coverage.known("rfi-cn", AUGUST, PARIS) == []
    today = Window(since=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1))
    assert [one.url for one in store.coverage.known("rfi-cn", today, PARIS)] == [url_of(1)]


MONDAY = date(2023, 1, 2)
YEAR = [MONDAY + timedelta(days=n) for n in range(364)]


def test_silence_is_judged_by_a_sections_own_rhythm() -> None:
    """A daily section that says nothing for three days is silent; a weekly column between its Saturdays is not."""
    daily = {day: 5 for day in YEAR if not date(2023, 3, 7) <= day <= date(2023, 3, 9)}
    weekly = {day: 1 for day in YEAR if day.weekday() == 5}
    late = {day: 1 for day in YEAR if day.weekday() == 5 and not date(2023, 5, 1) <= day < date(2023, 9, 1)}
    rare = {YEAR[10]: 3, YEAR[300]: 2}
    found = find_silences({"中国": daily, "专栏": weekly, "旧专栏": late, "罕见": rare}, YEAR)
    assert [(one.section, one.first, one.last) for one in found] == [
        ("中国", date(2023, 3, 7), date(2023, 3, 9)),
        ("旧专栏", date(2023, 4, 30), date(2023, 9, 1)),
    ]
    assert (found[0].days, round(found[0].expected)) == (3, 15)


def test_weekends_off_are_no_silence() -> None:
    """Its rhythm is one for each day of the week."""
    assert find_silences({"经济": {day: 9 for day in YEAR if day.weekday() < 5}}, YEAR) == []


def test_each_gap_names_the_command_that_fills_it() -> None:
    """Days that were not fetched in stretches, each article that failed, silences; commands repeat the database."""
    asked = Asked(source="rfi-cn", first=YEAR[0], last=YEAR[-1], zone=PARIS, db="sqlite:///a b.db")

    def known(number: int, day: date, standing: Standing, reason: str | None = None) -> KnownArticle:
        return KnownArticle(url=url_of(number), section="中国", day=day, standing=standing, reason=reason)

    articles = [
        known(1, date(2023, 8, 1), Standing.UNEXPLAINED),
        known(2, date(2023, 8, 2), Standing.WAITING),
        known(3, date(2023, 8, 5), Standing.WAITING),
        known(4, date(2023, 8, 6), Standing.FAILED, "gone: HTTP 404"),
        known(5, date(2023, 8, 6), Standing.STORED),
    ]
    silence = Silence(section="法国", first=date(2023, 9, 1), last=date(2023, 9, 2), expected=11.6)
    gaps = find_gaps(asked, articles, [silence], [])
    assert [(gap.kind, gap.first, gap.last, gap.articles) for gap in gaps] == [
        ("not fetched", date(2023, 8, 1), date(2023, 8, 2), 2),
        ("not fetched", date(2023, 8, 5), date(2023, 8, 5), 1),
        ("failed", date(2023, 8, 6), date(2023, 8, 6), 1),
        ("silent", date(2023, 9, 1), date(2023, 9, 2), 12),
    ]
    base = "newscrawl backfill rfi-cn --since 2023-08-01 --until 2023-08-03 --db 'sqlite:///a b.db'"
    assert gaps[0].command == base
    assert gaps[2].command == (
        "newscrawl crawl rfi-cn --url https://www.rfi.fr/cn/中国/20230801-4 --db 'sqlite:///a b.db'"
    ).replace("https://www.rfi.fr/cn/中国/20230801-4", "'https://www.rfi.fr/cn/中国/20230801-4'")


def cell(day: date, known: int, stored: int) -> CoverageCell:
    """Return a day in numbers."""
    rest: dict[str, Any] = {"by_channel": {}, "alone": {}, "refused": {}, "failed": {}}
    return CoverageCell(section=None, day=day, known=known, stored=stored, waiting=0, unexplained=0, **rest)


SOME = {day: cell(day, 10, stored) for day, stored in zip(YEAR[28:33], (10, 9, 5, 4, 0), strict=True)}


def test_the_calendar_has_a_line_a_month_and_a_mark_a_day() -> None:
    """Whole, nearly, half, less; a dot where nothing is known; sums of the month behind."""
    _, january, february, legend = [line.plain for line in calendar(SOME, YEAR[27:34])]
    assert january == "2023-01  " + " " * 28 + "·█▓" + "     20      19"
    assert february == "2023-02  ▒░░·" + " " * 27 + "     30       9"
    assert "less than half" in legend


@pytest.mark.long
def test_pictures_are_drawn_and_equal_numbers_give_equal_bytes(tmp_path: Path) -> None:
    """PNG and SVG; a square for each day; no other ending."""
    for name in ("a.png", "b.png", "a.svg", "b.svg"):
        write_picture(tmp_path / name, "rfi-cn 中国", SOME, YEAR)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    for suffix in ("png", "svg"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    squares = [one for one in ET.parse(tmp_path / "a.svg").iter() if one.get("id", "").startswith("patch")]
    assert len(squares) >= len(YEAR)
    with pytest.raises(BadInput, match=r"neither in \.png nor in \.svg"):
        write_picture(tmp_path / "a.pdf", "rfi-cn", SOME, YEAR)


def test_the_command_prints_every_shape(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """A table with a calendar, objects for sections and days, articles; a window the wrong way round is refused."""
    window = ("--since", "2020-08-01", "--until", "2020-09-01", "--db", stored_seeds)
    shown = newscrawl("coverage", "rfi-cn", *window)
    assert (shown.code, shown.err) == (0, "")
    assert "2020-08  ····█" in shown.out
    cells = newscrawl("coverage", "rfi-cn", *window, "--json").objects
    assert [one["stored"] for one in cells] == [1] * len(cells)
    assert cells[0]["day"] == "2020-08-05"
    articles = newscrawl("coverage", "rfi-cn", *window, "--articles", "--json").objects
    assert {(one["standing"], tuple(one["channels"])) for one in articles} == {("stored", ())}
    assert newscrawl("coverage", "rfi-cn", *window, "--section", "国际", "--articles", "--json").out.count("\n") == 1
    assert newscrawl("coverage", "rfi-cn", *window, "--gaps", "--json").out == ""
    wrong = newscrawl("coverage", "rfi-cn", "--since", "2020-08-01", "--until", "2020-08-01", "--db", stored_seeds)
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
