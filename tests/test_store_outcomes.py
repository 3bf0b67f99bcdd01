"""What saving does: the table of outcomes, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import Article, Claim, Outcome, Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import closing

    MakeArticle = Callable[..., Article]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-dengta"
TWIN_URL = "https://www.rfi.fr/cn/%E7%A4%BE%E4%BC%9A/20230801-dengta"
OTHER_URL = "https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230802-shichang"


def later(article: Article, hours: int = 1, **said: Any) -> Article:
    """Return the article as a later fetch shows it."""
    return replace(article, fetched_at=article.seen_at + hours * HOUR, **said)


def test_an_unknown_article_is_new(store: Store, make_article: MakeArticle) -> None:
    """An article under an unknown URL is NEW, with one revision."""
    assert store.save(make_article(), now=NOW) is Outcome.NEW
    assert [stored.revision for stored in store.revisions(URL)] == [1]


def test_the_same_text_is_unchanged(store: Store, make_article: MakeArticle) -> None:
    """The same title and text seen again move last_seen_at and nothing else."""
    article = make_article()
    store.save(article, now=NOW)
    assert store.save(later(article, 5), now=NOW) is Outcome.UNCHANGED
    stored = store.article(URL)
    assert (stored.revision, stored.first_seen_at, stored.last_seen_at) == (
        1,
        article.seen_at,
        article.seen_at + 5 * HOUR,
    )


def test_an_earlier_sighting_moves_first_seen_at_back(store: Store, make_article: MakeArticle) -> None:
    """A sighting older than the stored ones moves first_seen_at back and leaves last_seen_at."""
    article = make_article()
    store.save_batch([article, later(article, -2)], now=NOW)
    stored = store.article(URL)
    assert (stored.first_seen_at, stored.last_seen_at) == (article.seen_at - 2 * HOUR, article.seen_at)


def test_a_new_stated_time_alone_is_a_claim(store: Store, make_article: MakeArticle) -> None:
    """The same text under a newer stated time is UNCHANGED; the time is kept as a claim."""
    article = make_article(claims=(Claim(field="published_at", value="2023-08-01T12:00:00Z", origin="json-ld"),))
    claim = Claim(field="modified_at", value="2023-08-01T15:00:00Z", origin="json-ld")
    store.save(article, now=NOW)
    touched = later(article, modified_at=article.published_at + 3 * HOUR, claims=(*article.claims, claim))
    assert store.save(touched, now=NOW) is Outcome.UNCHANGED
    stored = store.article(URL)
    assert stored.article.modified_at is None
    assert set(stored.article.claims) == {*article.claims, claim}


def test_another_text_under_a_newer_time_is_the_current_revision(store: Store, make_article: MakeArticle) -> None:
    """An edit with a newer stated time is REVISED, current and not silent."""
    article = make_article()
    store.save(article, now=NOW)
    edited = later(article, title="灯塔终于点亮", modified_at=article.published_at + HOUR)
    assert store.save(edited, now=NOW) is Outcome.REVISED
    stored = store.article(URL)
    assert (stored.revision, stored.article.title, stored.is_silent) == (2, "灯塔终于点亮", False)
    assert [s.article.title for s in store.articles()] == ["灯塔终于点亮"]


def test_another_text_under_the_same_time_is_silent(store: Store, make_article: MakeArticle) -> None:
    """An edit without a newer stated time is REVISED, current, and marked silent."""
    article = make_article()
    store.save(article, now=NOW)
    assert store.save(later(article, paragraphs=("改了。",)), now=NOW) is Outcome.REVISED
    stored = store.article(URL)
    assert (stored.revision, stored.article.paragraphs, stored.is_silent) == (2, ("改了。",), True)


def test_another_text_under_an_older_time_is_placed_behind(store: Store, make_article: MakeArticle) -> None:
    """A revision with an older stated time is kept, and the current one stays."""
    article = make_article(modified_at=datetime(2023, 8, 1, 18, tzinfo=UTC))
    store.save(article, now=NOW)
    older = later(article, title="灯塔将点亮", modified_at=None)
    assert store.save(older, now=NOW) is Outcome.REVISED
    assert store.article(URL).article.title == article.title
    assert [stored.article.title for stored in store.revisions(URL)] == [article.title, "灯塔将点亮"]


def test_an_old_text_that_comes_back_is_a_revision(store: Store, make_article: MakeArticle) -> None:
    """A page that returns to an earlier text is REVISED; one that is merely read late is UNCHANGED."""
    article = make_article()
    edited = later(article, 2, title="灯塔终于点亮")
    store.save_batch([article, edited], now=NOW)
    assert store.save(later(article, 1), now=NOW) is Outcome.UNCHANGED
    assert store.save(later(article, 3), now=NOW) is Outcome.REVISED
    stored = store.article(URL)
    assert (stored.revision, stored.article.title, stored.is_silent) == (3, article.title, True)


def test_one_story_under_two_sections_is_a_duplicate(store: Store, make_article: MakeArticle) -> None:
    """The same text and slug under another section make no article; the first keeps its URL, the other is an alias."""
    article = make_article()
    twin = later(article, canonical_url=TWIN_URL, section="社会")
    assert store.save_batch([article, twin], now=NOW) == [Outcome.NEW, Outcome.DUPLICATE]
    assert store.save(later(twin), now=NOW) is Outcome.DUPLICATE
    assert store.count_articles() == 1
    stored = store.article(TWIN_URL)
    assert (stored.article.canonical_url, stored.article.aliases) == (URL, (TWIN_URL,))


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_another_slug_or_source_is_never_merged(store: Store, make_article: MakeArticle, *, is_one_batch: bool) -> None:
    """The same text under another slug, or of another source, is another article."""
    article = make_article()
    others = [
        make_article(canonical_url=URL + "-1"),
        make_article(canonical_url="https://www.rfi.fr/tw/20230801-dengta", source="rfi-tw"),
    ]
    batches = [[article, *others]] if is_one_batch else [[article], *([other] for other in others)]
    assert [outcome for batch in batches for outcome in store.save_batch(batch, now=NOW)] == [Outcome.NEW] * 3


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_a_url_that_changed_with_its_headline_is_the_same_article(
    store: Store, make_article: MakeArticle, *, is_one_batch: bool
) -> None:
    """Another URL with the site's same content id is a revision of the article, not a second article."""
    first = make_article(content_id="WBMZ1-RFI-CN-20230801")
    edited = later(first, canonical_url=OTHER_URL, title="海边的灯塔亮了", modified_at=first.published_at + HOUR)
    outcomes = (
        store.save_batch([first, edited], now=NOW)
        if is_one_batch
        else [store.save(first, now=NOW), store.save(edited, now=NOW)]
    )
    assert (outcomes, store.count_articles()) == ([Outcome.NEW, Outcome.REVISED], 1)
    assert store.article(OTHER_URL).article.title == "海边的灯塔亮了"
    assert store.article(OTHER_URL).article.canonical_url == first.canonical_url


def test_an_alias_with_another_text_is_a_revision_of_its_article(store: Store, make_article: MakeArticle) -> None:
    """Under a remembered alias another text is a revision of the known article, and older text is a duplicate."""
    article = make_article()
    twin = make_article(canonical_url=TWIN_URL)
    store.save_batch([article, twin], now=NOW)
    assert store.save(later(twin, title="灯塔终于点亮", section="社会"), now=NOW) is Outcome.REVISED
    assert store.save(later(twin, 5), now=NOW) is Outcome.DUPLICATE
    assert store.count_articles() == 1
    stored = store.article(URL)
    assert (stored.article.title, stored.article.section) == ("灯塔终于点亮", "中国")


def test_a_page_met_under_a_known_url_is_that_article(store: Store, make_article: MakeArticle) -> None:
    """An unknown URL whose page was also met under a known one is an alias of it, whatever its text."""
    article = make_article()
    store.save(article, now=NOW)
    moved = later(article, canonical_url=OTHER_URL, aliases=(URL,), title="灯塔终于点亮")
    assert store.save(moved, now=NOW) is Outcome.REVISED
    assert store.save(later(moved), now=NOW) is Outcome.DUPLICATE
    assert store.known_urls([URL, OTHER_URL, TWIN_URL]) == {URL, OTHER_URL}
    assert store.article(OTHER_URL).article.canonical_url == URL


def test_an_alias_never_takes_the_place_of_an_article(store: Store, make_article: MakeArticle) -> None:
    """An alias that is the URL of another stored article is passed over."""
    other = make_article(canonical_url=OTHER_URL, title="市场收盘")
    store.save_batch([make_article(), other], now=NOW)
    store.save(later(make_article(), aliases=(OTHER_URL,)), now=NOW)
    assert store.article(OTHER_URL).article.title == "市场收盘"


def test_equal_claims_are_kept_once(store: Store, make_article: MakeArticle) -> None:
    """Claims pile up over the sightings of an article, each kept once."""
    first = Claim(field="title", value="灯塔重新点亮", origin="h1")
    second = Claim(field="title", value="灯塔 - 要闻", origin="meta")
    article = make_article(claims=(first,))
    store.save_batch([article, later(article, claims=(first, second)), later(article, 2, claims=(second,))], now=NOW)
    assert set(store.article(URL).article.claims) == {first, second}


TEXTS = st.sampled_from(["一", "二", "三"])
HOURS = st.integers(0, 3)
SIGHTINGS = st.lists(st.tuples(TEXTS, HOURS, HOURS), min_size=1, max_size=6)


def sighted(text: str, stated: int, seen: int, url: str = URL, aliases: tuple[str, ...] = ()) -> Article:
    """Return an article of which only what a property varies matters."""
    morning = datetime(2023, 8, 1, tzinfo=UTC)
    return Article(
        source="rfi-cn",
        canonical_url=url,
        title="题",
        paragraphs=(text,),
        published_at=morning,
        modified_at=morning + stated * HOUR if stated else None,
        fetched_at=morning + seen * HOUR,
        aliases=aliases,
    )


@pytest.mark.long
@settings(max_examples=30, deadline=None)
@given(SIGHTINGS.flatmap(lambda sightings: st.tuples(st.just(sightings), st.permutations(sightings))))
def test_the_current_revision_does_not_depend_on_the_order(
    fresh_store: Callable[[], closing[Store]], orders: tuple[list[Any], list[Any]]
) -> None:
    """The same sightings in any order lead to the same current text and the same times."""
    ends = []
    for order in orders:
        with fresh_store() as store:
            for sighting in order:
                store.save(sighted(*sighting), now=NOW)
            stored = store.article(URL)
            ends.append((stored.fingerprint, stored.first_seen_at, stored.last_seen_at))
    assert ends[0] == ends[1]


URLS = st.sampled_from([URL, TWIN_URL, OTHER_URL])
ARTICLES = st.lists(
    st.builds(sighted, TEXTS, HOURS, HOURS, URLS, st.lists(URLS, max_size=2).map(tuple)), min_size=1, max_size=8
)


@pytest.mark.long
@settings(max_examples=30, deadline=None)
@given(ARTICLES, st.data())
def test_batches_do_what_single_saves_do(
    fresh_store: Callable[[], closing[Store]], articles: list[Article], data: st.DataObject
) -> None:
    """Articles saved in batches of any size have the outcomes and revisions of articles saved one by one."""
    outcomes, rows = [], []
    for sizes in (st.just(1), st.integers(1, 8)):
        with fresh_store() as store:
            done: list[Outcome] = []
            while len(done) < len(articles):
                batch = articles[len(done) : len(done) + data.draw(sizes)]
                done += store.save_batch(batch, now=NOW)
            outcomes.append(done)
            urls = [stored.article.canonical_url for stored in store.articles()]
            rows.append({url: store.revisions(url) for url in urls})
    assert outcomes[0] == outcomes[1]
    assert rows[0] == rows[1]
