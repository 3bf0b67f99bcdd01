"""The durable frontier: what is found is leased once, settled in one piece, and never lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from storage import (
    Article,
    CrawlKind,
    CrawlPlan,
    FoundUrl,
    FrontierState,
    KeptPage,
    LeasedUrl,
    Outcome,
    RunState,
    Settlement,
    Store,
    UnknownArticle,
    Walk,
    WriteRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
FRONT = "https://www.rfi.fr/cn/"
PLAN = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)
LISTING = FoundUrl(url=FRONT, is_listing=True, priority=10)


def url_of(number: int) -> str:
    """Return the URL of the n-th article."""
    return f"https://www.rfi.fr/cn/20230801-{number}"


def articles(*numbers: int) -> list[FoundUrl]:
    """Return articles as a listing leads to them."""
    return [FoundUrl(url=url_of(number), is_listing=False) for number in numbers]


def begin(store: Store, plan: CrawlPlan = PLAN, *, now: datetime = NOW) -> Walk:
    """Open a run of this process and return its walk."""
    return store.frontier.open_walk(plan, run_id=store.runs.start(plan, now=now).id, now=now)


def end(store: Store, run_id: int, *, state: RunState = RunState.FINISHED, now: datetime = NOW) -> None:
    """Close a run."""
    store.frontier.give_back(run_id, now=now)
    store.runs.finish(run_id, state=state, reason=None, counts={}, now=now)


def lease(store: Store, walk: Walk, *, run_id: int = 0, limit: int = 100, now: datetime = NOW) -> list[LeasedUrl]:
    """Lease for the run that began the walk, or for another."""
    return store.frontier.lease(walk, run_id=run_id or walk.number, limit=limit, now=now)


def settle(store: Store, walk: Walk, leased: LeasedUrl, *, now: datetime = NOW, **became: Any) -> Outcome | None:
    """Settle one lease, as done if nothing else is said."""
    settlement = Settlement(lease=leased, **{"state": FrontierState.DONE, "settled_at": now} | became)
    return store.frontier.settle(walk, [settlement], now=now)[0]


def urls(leases: Sequence[LeasedUrl]) -> list[str]:
    """Return what was leased."""
    return [one.url for one in leases]


def test_what_is_found_is_leased_once(store: Store) -> None:
    """Sooner priorities first, then in the order found; what is leased is not leased again."""
    walk = begin(store)
    assert store.frontier.add(walk, [LISTING, *articles(1, 2), *articles(1)], now=NOW) == 3
    assert store.frontier.add(walk, articles(2), now=NOW) == 0
    assert urls(lease(store, walk, limit=2)) == [url_of(1), url_of(2)]
    assert lease(store, walk) == [
        LeasedUrl(url=FRONT, is_listing=True, page=1, attempts=0, kept=None, run_id=walk.number)
    ]
    assert lease(store, walk) == []
    left = store.frontier.left(walk)
    assert (left.count, left.next_due_at) == (3, None)


def test_two_spellings_are_one_url(store: Store) -> None:
    """What differs only in spelling waits once, and is fetched as it was found first."""
    walk = begin(store)
    spellings = ["http://www.rfi.fr//cn/20230801-1", "https://www.rfi.fr/cn/20230801-1?utm_source=x"]
    assert store.frontier.add(walk, [FoundUrl(url=spellings[0], is_listing=False)], now=NOW) == 1
    assert store.frontier.add(walk, [FoundUrl(url=spellings[1], is_listing=False)], now=NOW) == 0
    assert urls(lease(store, walk)) == spellings[:1]


def test_a_lease_runs_out_unless_it_is_renewed(store: Store) -> None:
    """After a minute without a sign of life the URL waits again; with one it is held."""
    walk = begin(store)
    store.frontier.add(walk, articles(1), now=NOW)
    lease(store, walk)
    store.frontier.renew(walk.number, now=NOW + 50 * SECOND)
    assert lease(store, walk, run_id=99, now=NOW + 100 * SECOND) == []
    assert urls(lease(store, walk, run_id=99, now=NOW + 111 * SECOND)) == [url_of(1)]


def test_what_is_given_back_waits_again(store: Store) -> None:
    """A run that ends gives back its own leases and nobody else's."""
    walk = begin(store)
    store.frontier.add(walk, articles(1, 2), now=NOW)
    lease(store, walk, limit=1)
    lease(store, walk, run_id=99, limit=1)
    store.frontier.give_back(walk.number, now=NOW)
    assert urls(lease(store, walk)) == [url_of(1)]


def test_a_failed_fetch_waits_for_its_next_try(store: Store) -> None:
    """It is not leased before, its tries are counted, and what is left says when and why."""
    walk = begin(store)
    store.frontier.add(walk, articles(1), now=NOW)
    (leased,) = lease(store, walk)
    waiting = {"state": FrontierState.WAITING, "reason": "to be tried again: timeout", "due_at": NOW + MINUTE}
    settle(store, walk, leased, attempts=1, **waiting)
    left = store.frontier.left(walk)
    assert (left.count, left.next_due_at, left.next_reason) == (1, NOW + MINUTE, "to be tried again: timeout")
    assert lease(store, walk, now=NOW + 59 * SECOND) == []
    assert [one.attempts for one in lease(store, walk, now=NOW + MINUTE)] == [1]


def test_a_lease_that_was_lost_settles_only_what_went_well(store: Store, make_article: Callable[..., Article]) -> None:
    """A run that slept too long cannot undo what another made of the URL; an article it brings is kept all the same."""
    walk = begin(store)
    store.frontier.add(walk, articles(1, 2), now=NOW)
    slow = lease(store, walk)
    quick = lease(store, walk, run_id=99, now=NOW + 2 * MINUTE)
    for one in quick:
        settle(store, walk, one)
    settle(store, walk, slow[0], state=FrontierState.FAILED, reason="failed: timeout")
    assert store.frontier.left(walk).count == 0
    assert settle(store, walk, slow[1], article=make_article(canonical_url=url_of(2))) is Outcome.NEW


def test_a_listing_is_read_once_a_walk(store: Store) -> None:
    """It is never seen already: the next walk reads it again, and the same walk does not."""
    walk = begin(store)
    store.frontier.add(walk, [LISTING], now=NOW)
    settle(store, walk, lease(store, walk)[0], found=(LISTING, *articles(1)))
    assert store.frontier.add(walk, [LISTING], now=NOW) == 0
    assert urls(lease(store, walk)) == [url_of(1)]
    end(store, walk.number)
    following = begin(store)
    assert store.frontier.add(following, [LISTING], now=NOW) == 1
    assert urls(lease(store, following)) == [url_of(1), FRONT]


def test_a_listing_found_elsewhere_takes_its_new_place(store: Store) -> None:
    """The second page of one walk can be the first of the next: how deep it stands is of the walk, not of the URL."""
    walk = begin(store)
    second = FoundUrl(url=f"{FRONT}2/", is_listing=True, page=2, priority=10)
    store.frontier.add(walk, [second], now=NOW)
    settle(store, walk, lease(store, walk)[0])
    end(store, walk.number)
    following = begin(store)
    store.frontier.add(following, [replace(second, page=1)], now=NOW)
    assert [one.page for one in lease(store, following)] == [1]


def test_an_article_is_done_until_its_revisit(store: Store, make_article: Callable[..., Article]) -> None:
    """A later walk that finds it does not fetch it, unless it was asked for by name; when it is due it is leased."""
    walk = begin(store)
    store.frontier.add(walk, articles(1), now=NOW)
    article = make_article(canonical_url=url_of(1))
    settle(store, walk, lease(store, walk)[0], article=article, due_at=NOW + HOUR)
    end(store, walk.number)
    following = begin(store, now=NOW + MINUTE)
    assert store.frontier.add(following, articles(1), now=NOW + MINUTE) == 0
    assert lease(store, following, now=NOW + 59 * MINUTE) == []
    (leased,) = lease(store, following, now=NOW + HOUR)
    assert (leased.url, leased.published_at) == (url_of(1), article.published_at)
    settle(store, following, leased)
    assert lease(store, following, now=NOW + 1000 * HOUR) == []
    end(store, following.number)
    third = begin(store)
    assert store.frontier.add(third, [replace(articles(1)[0], is_asked_for=True)], now=NOW) == 1


def test_a_revisit_that_failed_comes_again(store: Store, make_article: Callable[..., Article]) -> None:
    """What was stored is looked at again at its next time, whatever the last fetch came to."""
    walk = begin(store)
    store.frontier.add(walk, articles(1), now=NOW)
    settle(store, walk, lease(store, walk)[0], article=make_article(canonical_url=url_of(1)), due_at=NOW + HOUR)
    (again,) = lease(store, walk, now=NOW + HOUR)
    settle(store, walk, again, state=FrontierState.FAILED, reason="failed: timeout", due_at=NOW + 2 * HOUR)
    assert lease(store, walk, now=NOW + HOUR) == []
    assert urls(lease(store, walk, now=NOW + 2 * HOUR)) == [url_of(1)]


@pytest.mark.parametrize("state", [FrontierState.FAILED, FrontierState.GONE])
def test_failed_and_gone_have_a_new_chance_in_a_later_walk(store: Store, state: FrontierState) -> None:
    """Not in the same one: there the listing may be older than the failure."""
    walk = begin(store)
    store.frontier.add(walk, articles(1), now=NOW)
    settle(store, walk, lease(store, walk)[0], state=state, reason="why", attempts=6)
    assert store.frontier.add(walk, articles(1), now=NOW) == 0
    end(store, walk.number)
    following = begin(store)
    assert store.frontier.add(following, articles(1), now=NOW) == 1
    assert [one.attempts for one in lease(store, following)] == [0]


def test_a_revisit_that_finds_an_article_gone_is_its_fetch_of_the_walk(
    store: Store, make_article: Callable[..., Article]
) -> None:
    """A listing of the same walk that still shows it does not have it fetched once more."""
    walk = begin(store)
    store.frontier.add(walk, articles(1), now=NOW)
    settle(store, walk, lease(store, walk)[0], article=make_article(canonical_url=url_of(1)), due_at=NOW + HOUR)
    end(store, walk.number)
    following = begin(store, now=NOW + HOUR)
    (leased,) = lease(store, following, now=NOW + HOUR)
    settle(store, following, leased, state=FrontierState.GONE, reason="gone: HTTP 410")
    assert store.frontier.add(following, articles(1), now=NOW + HOUR) == 0


def test_settling_is_all_or_nothing(store: Store, make_article: Callable[..., Article]) -> None:
    """When one article of a batch cannot be held, nothing of it is written and every lease is as it was."""
    walk = begin(store)
    store.frontier.add(walk, [LISTING, *articles(1, 2)], now=NOW)
    first, second, listing = lease(store, walk)
    bad = make_article(canonical_url=url_of(2), section="\ud83d")
    batch = [
        Settlement(
            lease=first, state=FrontierState.DONE, article=make_article(canonical_url=url_of(1)), settled_at=NOW
        ),
        Settlement(lease=listing, state=FrontierState.DONE, found=tuple(articles(3)), settled_at=NOW),
        Settlement(lease=second, state=FrontierState.DONE, article=bad, settled_at=NOW),
    ]
    with pytest.raises(WriteRefused):
        store.frontier.settle(walk, batch, now=NOW)
    assert (store.count_articles(), store.frontier.left(walk).count) == (0, 3)
    assert store.frontier.settle(walk, batch[:2], now=NOW) == [Outcome.NEW, None]
    assert (store.count_articles(), store.frontier.left(walk).count) == (1, 2)


def test_a_naive_time_or_an_unusable_url_is_refused_like_any_other(
    store: Store, make_article: Callable[..., Article]
) -> None:
    """What our own values get wrong stops one settlement and not the writer."""
    walk = begin(store)
    store.frontier.add(walk, articles(1), now=NOW)
    (leased,) = lease(store, walk)
    naive = make_article(published_at=datetime(2023, 8, 1))  # noqa: DTZ001 -- that is the point
    with pytest.raises(WriteRefused, match="naive"):
        settle(store, walk, leased, article=naive)
    with pytest.raises(WriteRefused):
        settle(store, walk, leased, found=(FoundUrl(url="https://[", is_listing=False),))
    assert store.frontier.left(walk).count == 1


def test_one_article_under_two_urls_is_fetched_once(store: Store, make_article: Callable[..., Article]) -> None:
    """The URL that a page states as its own is done with it, and only one of the two is revisited."""
    walk = begin(store)
    store.frontier.add(walk, articles(1, 2), now=NOW)
    (first,) = lease(store, walk, limit=1)
    settle(store, walk, first, article=make_article(canonical_url=url_of(2), aliases=(url_of(1),)), due_at=NOW + HOUR)
    assert lease(store, walk) == []
    assert urls(lease(store, walk, now=NOW + HOUR)) == [url_of(1)]


def test_a_walk_over_own_seeds_takes_only_its_own(store: Store) -> None:
    """The walk over the whole source takes everything, what others found included."""
    whole, own = begin(store), begin(store, replace(PLAN, seeds=(url_of(1),)))
    store.frontier.add(whole, articles(2, 3), now=NOW)
    store.frontier.add(own, articles(1, 3), now=NOW)
    assert store.frontier.left(own).count == 2
    assert sorted(urls(lease(store, own))) == [url_of(1), url_of(3)]
    store.frontier.give_back(own.number, now=NOW)
    assert sorted(urls(lease(store, whole))) == [url_of(1), url_of(2), url_of(3)]


def test_another_source_is_another_frontier(store: Store) -> None:
    """A run leases nothing of a source that is not its own."""
    walk, other = begin(store), begin(store, replace(PLAN, source="rfi-fr"))
    store.frontier.add(walk, articles(1), now=NOW)
    assert (lease(store, other), store.frontier.left(other).count) == ([], 0)


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.STOPPED, RunState.BLOCKED])
def test_a_walk_that_was_cut_off_is_gone_on_with(store: Store, state: RunState) -> None:
    """Its listings are not read again; after a quarter of an hour, or when nothing is left, a new walk begins."""
    walk = begin(store)
    store.frontier.add(walk, [LISTING, *articles(1)], now=NOW)
    settle(store, walk, lease(store, walk)[1])
    end(store, walk.number, state=state)
    assert begin(store, now=NOW + 16 * MINUTE).number != walk.number
    again = begin(store, now=NOW + MINUTE)
    assert again == walk
    assert store.frontier.add(again, [LISTING], now=NOW + MINUTE) == 0


def test_a_walk_that_ended_well_or_left_nothing_is_not_gone_on_with(store: Store) -> None:
    """The next run reads the listings again."""
    well = begin(store)
    store.frontier.add(well, articles(1), now=NOW)
    end(store, well.number)
    following = begin(store)
    assert following.number != well.number
    settle(store, following, lease(store, following)[0])
    end(store, following.number, state=RunState.FAILED)
    assert begin(store).number not in (well.number, following.number)


def test_a_run_whose_process_is_gone_is_closed_and_its_leases_given_back(store: Store) -> None:
    """At once on this machine; this process, which lives, keeps its own."""
    alive, dead = begin(store, now=datetime.now(UTC)), begin(store)
    store.frontier.add(alive, articles(1, 2), now=NOW)
    lease(store, alive, limit=1)
    lease(store, dead, limit=1)
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        child.wait()
    _rewrite_run(store, dead.number, pid=child.pid)
    assert store.frontier.settle_dead_runs(now=NOW) == [dead.number]
    assert urls(lease(store, alive)) == [url_of(2)]
    killed = store.runs.get(dead.number)
    assert killed is not None
    assert (killed.state, killed.finished_at) == (RunState.KILLED, NOW)


def test_a_process_number_that_was_given_to_another_is_not_the_run(store: Store) -> None:
    """A run that began before the process with its number did is dead."""
    walk = begin(store, now=datetime(2001, 1, 1, tzinfo=UTC))
    _rewrite_run(store, walk.number, pid=os.getpid())
    assert store.frontier.settle_dead_runs(now=NOW) == [walk.number]


def test_a_run_of_another_machine_is_dead_when_it_is_silent(store: Store) -> None:
    """Its heartbeat decides, for its processes cannot be seen from here."""
    walk = begin(store)
    _rewrite_run(store, walk.number, pid=1, host=f"not-{socket.gethostname()}")
    store.frontier.renew(walk.number, now=NOW + MINUTE, counts={"new": 3})
    assert store.frontier.settle_dead_runs(now=NOW + 2 * MINUTE) == []
    assert store.frontier.settle_dead_runs(now=NOW + 2 * MINUTE + SECOND) == [walk.number]
    killed = store.runs.get(walk.number)
    assert killed is not None
    assert (killed.counts, killed.finished_at) == ({"new": 3}, NOW + MINUTE)


def _rewrite_run(store: Store, run_id: int, **values: Any) -> None:
    changes = ", ".join(f"{name} = '{value}'" for name, value in values.items())
    with store.writing() as connection:
        connection.exec_driver_sql(f"UPDATE crawl_runs SET {changes} WHERE id = {run_id}")


def test_runs_that_lease_at_once_never_share_a_url(database_url: str) -> None:
    """Four threads with two stores: each URL is leased by exactly one."""
    taken: Counter[str] = Counter()
    with Store.open(database_url) as one, Store.open(database_url) as other:
        walk = begin(one)
        one.frontier.add(walk, articles(*range(300)), now=NOW)

        def take(store: Store, run_id: int) -> None:
            while leased := lease(store, walk, run_id=run_id, limit=7):
                taken.update(urls(leased))

        threads = [threading.Thread(target=take, args=(store, run)) for run, store in enumerate((one, other) * 2, 100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(taken), set(taken.values())) == (300, {1})


def kept_page(**facts: Any) -> KeptPage:
    """Return what a URL answered."""
    return KeptPage(
        **{"etag": '"1"', "last_modified": None, "content": bytes(16), "unaudited_polls": 0, "links": None} | facts
    )


def test_what_a_url_answered_comes_with_its_next_lease(store: Store) -> None:
    """Validators and a listing's links are kept as they are; a settlement that learnt nothing leaves them."""
    walk = begin(store)
    store.frontier.add(walk, [LISTING], now=NOW)
    page = kept_page(last_modified="Thu, 01 Jan 2026 12:00:00 GMT", unaudited_polls=3, links=(LISTING, *articles(1)))
    settle(store, walk, lease(store, walk)[0], page=page, state=FrontierState.WAITING, due_at=NOW)
    (again,) = lease(store, walk)
    assert again.kept == page
    settle(store, walk, again, state=FrontierState.WAITING, due_at=NOW)
    assert lease(store, walk)[0].kept == page


def stored(store: Store, article: Article) -> tuple[Walk, LeasedUrl]:
    """Store an article through the frontier; return its walk and the lease of its revisit, an hour later."""
    walk = begin(store)
    store.frontier.add(walk, [FoundUrl(url=article.canonical_url, is_listing=False)], now=NOW)
    settle(store, walk, lease(store, walk)[0], article=article, due_at=NOW + HOUR)
    return walk, lease(store, walk, now=NOW + HOUR)[0]


def gone_at(store: Store, url: str) -> datetime | None:
    """Return when an article was last marked as gone."""
    with store.writing() as connection:
        found = connection.exec_driver_sql("SELECT canonical_url, gone_at FROM articles").all()
    at = dict(tuple(row) for row in found)[url]
    return datetime.fromtimestamp(at / 1e6, UTC) if isinstance(at, int) else at


def test_an_article_that_is_gone_is_kept_and_marked(store: Store, make_article: Callable[..., Article]) -> None:
    """Everything of it stays; the mark is the first time it was missed, and is taken off when it is seen again."""
    article = make_article(fetched_at=NOW)
    walk, leased = stored(store, article)
    for at in (NOW + HOUR, NOW + 2 * HOUR):
        assert settle(store, walk, leased, state=FrontierState.GONE, reason="gone: HTTP 410", now=at) is None
    assert gone_at(store, article.canonical_url) == NOW + HOUR
    kept = store.article(article.canonical_url)
    assert (kept.article.text, kept.last_seen_at) == (article.text, NOW)
    again = replace(article, fetched_at=NOW + 3 * HOUR)
    assert settle(store, walk, leased, article=again, now=NOW + 3 * HOUR) is Outcome.UNCHANGED
    assert gone_at(store, article.canonical_url) is None


def test_what_was_never_stored_can_be_gone_too(store: Store) -> None:
    """A dead link leaves no article behind."""
    walk = begin(store)
    store.frontier.add(walk, articles(1), now=NOW)
    settle(store, walk, lease(store, walk)[0], state=FrontierState.GONE, reason="gone: HTTP 404")
    with pytest.raises(UnknownArticle):
        store.article(url_of(1))


def test_an_unmodified_article_was_seen(store: Store, make_article: Callable[..., Article]) -> None:
    """304 moves last_seen_at and counts as unchanged, also under an alias; no revision is made."""
    article = make_article(fetched_at=NOW, aliases=(url_of(7),))
    walk, leased = stored(store, article)
    assert settle(store, walk, leased, is_unmodified=True, now=NOW + HOUR) is Outcome.UNCHANGED
    assert store.article(article.canonical_url).last_seen_at == NOW + HOUR
    by_alias = replace(leased, url=url_of(7))
    assert settle(store, walk, by_alias, is_unmodified=True, now=NOW + 2 * HOUR) is Outcome.UNCHANGED
    assert store.article(article.canonical_url).last_seen_at == NOW + 2 * HOUR
    assert settle(store, walk, leased, is_unmodified=True, now=NOW) is Outcome.UNCHANGED
    assert [one.last_seen_at for one in store.revisions(article.canonical_url)] == [NOW + 2 * HOUR]
