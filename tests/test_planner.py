"""From a window to slices, and what of a listing of the past is worth a fetch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from crawler.backfills.estimate import estimate
from crawler.backfills.judging import found_in_past
from crawler.backfills.planner import Way, days_of, plan_slices
from crawler.items import ArticleLink, Listing
from crawler.sources import source_named
from crawler.sources.base import Past
from storage import KnownArticle, LeasedUrl, Standing, Window

RFI = source_named("rfi-fr")
PARIS = RFI.zone
LEASE = LeasedUrl(url="https://www.rfi.fr/fr/france/", is_listing=True, page=4, attempts=0, kept=None, slice=7)


def window(since: str, until: str) -> Window:
    """Return a window of days on the clocks of Paris."""
    begin, end = (datetime.fromisoformat(day).replace(tzinfo=PARIS).astimezone(UTC) for day in (since, until))
    return Window(since=begin, until=end)


def test_a_window_becomes_months_days_and_sections() -> None:
    """Cheapest way first, each with its part of the window; the days of Paris, summer and winter."""
    asked = window("2020-10-24", "2020-11-02")
    slices = plan_slices(RFI, asked, tuple(Way))
    named = [(one.channel, one.name) for one in slices]
    assert named[:2] == [("sitemap", "2020-10"), ("sitemap", "2020-11")]
    assert [name for channel, name in named if channel == "archive"] == [
        *(f"2020-10-{day}" for day in range(24, 32)),
        "2020-11-01",
    ]
    assert [name for channel, name in named if channel == "section"][:2] == ["afrique", "amériques"]
    october, november = slices[0], slices[1]
    assert (october.since, october.until) == (asked.since, november.since)
    assert (november.since, november.until) == (datetime(2020, 10, 31, 23, tzinfo=UTC), asked.until)
    assert october.url == "https://www.rfi.fr/sitemaps/fr/contents_202010.xml"
    long_day = next(one for one in slices if one.name == "2020-10-25")
    assert long_day.until - long_day.since == timedelta(hours=25)
    assert long_day.url == "https://www.rfi.fr/fr/archives/2020/10/25-octobre-2020"
    assert [one.priority for one in slices] == sorted(one.priority for one in slices)


def test_a_way_that_a_source_does_not_have_gives_no_slices() -> None:
    """No archive before its first day, and none of a source without one; a window within a day is that day."""
    asked = window("2009-10-05", "2009-10-07")
    assert [one.name for one in plan_slices(RFI, asked, [Way.ARCHIVE])] == ["2009-10-06"]
    assert plan_slices(replace(RFI, past=Past()), asked, [Way.ARCHIVE, Way.SITEMAP]) == ()
    noon = datetime(2020, 7, 20, 10, tzinfo=UTC)
    assert list(days_of(Window(since=noon, until=noon + timedelta(hours=1)), PARIS)) == [date(2020, 7, 20)]


def link(slug: str, printed: str | None = None, *, is_day_only: bool = False) -> ArticleLink:
    """Return a link to an article, perhaps with a time of Paris beside it."""
    printed_at = datetime.fromisoformat(printed).replace(tzinfo=PARIS) if printed else None
    return ArticleLink(url=f"https://www.rfi.fr/fr/france/{slug}", printed_at=printed_at, is_day_only=is_day_only)


AUGUST = window("2020-08-01", "2020-09-01")


@pytest.mark.parametrize(
    ("shown", "is_worth_it"),
    [
        (link("20200731-a"), True),  # a day off
        (link("20200730-a"), False),
        (link("20200901-a"), True),  # a day off
        (link("20200902-a"), False),
        (link("20200731-a", "2020-07-31T23:59"), False),
        (link("20200731-a", "2020-08-01T00:00"), True),
        (link("20200903-a", "2020-08-31T23:59"), True),
        (link("20200901-a", "2020-09-01T00:00"), False),
        (link("20200731-a", "2020-07-31", is_day_only=True), False),
        (link("20200731-a", "2020-08-01", is_day_only=True), True),
    ],
)
def test_links_are_judged_by_date_before_they_are_fetched(shown: ArticleLink, *, is_worth_it: bool) -> None:
    """A time is taken at its word, the day in an address with a day of slack."""
    listing = Listing(url=LEASE.url, links=(shown,))
    assert [one.url for one in found_in_past(listing, RFI, LEASE, AUGUST)] == ([shown.url] if is_worth_it else [])


def test_a_section_is_followed_back_until_most_of_a_page_is_older() -> None:
    """Newer pages are passed, the last of the window ends the way; a stray link does neither."""

    def leads_on(*slugs: str) -> bool:
        following = f"{LEASE.url}5/#pager"
        listing = Listing(url=LEASE.url, links=tuple(map(link, slugs)), next_url=following)
        found = found_in_past(listing, RFI, LEASE, AUGUST)
        further = [one for one in found if one.is_listing]
        assert [(one.url, one.page, one.slice) for one in further] in ([], [(following, 5, 7)])
        return bool(further)

    assert leads_on("20201003-a", "20201002-b", "20200102-c")
    assert leads_on("20200802-a", "20200801-b", "20200729-c")
    assert not leads_on("20200801-a", "20200729-b", "20200728-c")
    assert not leads_on("20210101-a", "20200705-b", "20200704-c")


def test_a_next_page_of_another_site_is_not_followed() -> None:
    """Nor is one that is no address at all."""
    for elsewhere in ("https://www.example.org/2/", "https://["):
        listing = Listing(url=LEASE.url, links=(link("20200801-a"),), next_url=elsewhere)
        assert [one.is_listing for one in found_in_past(listing, RFI, LEASE, AUGUST)] == [False]


def test_what_states_no_date_is_judged_by_its_neighbours() -> None:
    """An undated wire story between two of September is none of August; alone it is worth a look."""
    cn = source_named("rfi-cn")
    undated = ArticleLink(url="https://www.rfi.fr/cn/港口罢工结束")
    dated = ArticleLink(url="https://www.rfi.fr/cn/中国/20200915-某事")
    assert found_in_past(Listing(url=cn.home_url, links=(undated, dated)), cn, LEASE, AUGUST) == ()
    (found,) = found_in_past(Listing(url=cn.home_url, links=(undated,)), cn, LEASE, AUGUST)
    assert (found.url, found.slice) == (undated.url, 7)


def test_an_estimate_counts_what_is_known_and_expects_the_usual_of_blank_days() -> None:
    """Listings, articles known to be missing, and the median day for each day nothing is known of."""
    asked = window("2020-08-01", "2020-08-05")
    days = (date(2020, 7, 30), date(2020, 7, 30), date(2020, 7, 31), date(2020, 8, 1), date(2020, 8, 1))
    standings = (Standing.STORED, Standing.STORED, Standing.STORED, Standing.UNEXPLAINED, Standing.WAITING)
    known = [
        KnownArticle(url=f"https://www.rfi.fr/fr/{number}", section=None, day=day, standing=standing)
        for number, (day, standing) in enumerate(zip(days, standings, strict=True))
    ]
    slices = plan_slices(RFI, asked, [Way.SITEMAP, Way.ARCHIVE])
    ahead = estimate(slices, known, asked, PARIS)
    assert (ahead.listings, ahead.known_missing, ahead.expected) == (5, 2, 6)
    assert (ahead.requests, ahead.duration(2.0)) == (13, timedelta(seconds=26))
    assert estimate(slices, [], asked, PARIS).expected is None
