"""What fetches came to, written in one transaction with what they brought.

Done stands beside the article, a listing's links and what it showed beside its done: no crash, full disk or lost
connection can separate them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from storage.articles import save_articles
from storage.captures import save_captures
from storage.frontier_records import FrontierState
from storage.identity import url_key
from storage.leases import add_urls, key_in, settle_rows
from storage.monitors import let_go, write_held
from storage.pages import write_pages
from storage.records import Outcome
from storage.sightings import note_listings
from storage.slices import count_fetches
from storage.tables import AliasRow, ArticleRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from storage.frontier_records import Settlement, Walk


def settle(
    connection: Connection, walk: Walk, settlements: Sequence[Settlement], *, now: datetime
) -> list[Outcome | None]:
    """Write what some fetches came to; return what saving did, None where a fetch brought no article.

    Every URL under which an article was met is done with it: one that waits under another name of the article need
    not be fetched.
    """
    keys = [key_in(walk, one.lease.url, is_listing=one.lease.is_listing) for one in settlements]
    articles = [settlement.article for settlement in settlements if settlement.article is not None]
    all_saved = save_articles(connection, articles, now=now)
    places = [settlement.capture for settlement in settlements if settlement.article is not None]
    seen = zip(all_saved, articles, places, strict=True)
    save_captures(connection, ((one, article, place) for one, article, place in seen if place is not None))
    saved = iter(all_saved)
    outcomes = [next(saved).outcome if settlement.article is not None else None for settlement in settlements]

    add_urls(connection, walk, (found for settlement in settlements for found in settlement.found), now=now)
    note_listings(connection, walk.source, settlements)
    settle_rows(connection, list(_rows(keys, settlements)))
    write_pages(
        connection,
        {
            key: one.page
            for key, one in zip(keys, settlements, strict=True)
            if one.page is not None and one.page != one.lease.kept
        },
    )
    let_go(connection, keys)
    write_held(connection, {key: one.held for key, one in zip(keys, settlements, strict=True) if one.held is not None})
    for key, settlement in zip(keys, settlements, strict=True):
        if settlement.is_unmodified and not settlement.lease.is_listing:
            _mark_seen(connection, key, settlement.settled_at)
        elif settlement.state is FrontierState.GONE:
            _mark_gone(connection, key, settlement.settled_at)
    unmodified = Outcome.UNCHANGED
    told = [
        unmodified if one.is_unmodified and not one.lease.is_listing else outcome
        for one, outcome in zip(settlements, outcomes, strict=True)
    ]
    if walk.backfill is not None:
        count_fetches(connection, settlements, told, now=now)
    return told


def _rows(keys: Iterable[bytes], settlements: Iterable[Settlement]) -> Iterable[dict[str, Any]]:
    for key, settlement in zip(keys, settlements, strict=True):
        article = settlement.article
        row = {
            "holder": settlement.lease.run_id,
            "is_well": settlement.state in (FrontierState.DONE, FrontierState.GONE),
            "state": settlement.state.value,
            "reason": settlement.reason,
            "due_at": settlement.due_at,
            "attempts": settlement.attempts,
            "published_at": article.published_at if article is not None else settlement.lease.published_at,
            "settled_at": settlement.settled_at,
        }
        yield {"key": key, **row}
        if article is not None:
            names = {*map(url_key, (article.canonical_url, *article.aliases))}
            # one of its names is enough to revisit it by
            yield from ({"key": name, **row, "due_at": None} for name in names - {key})


def _articles_at(key: bytes) -> Any:
    """Return the condition that finds the article under a URL or an alias."""
    aliased = select(AliasRow.article_id).where(AliasRow.url_key == key).scalar_subquery()
    return or_(ArticleRow.url_key == key, ArticleRow.id == aliased)


def _mark_seen(connection: Connection, key: bytes, seen_at: datetime) -> None:
    """Move an article's last_seen_at, and that of its current revision, forward."""
    row = connection.execute(select(ArticleRow.id, ArticleRow.current_revision).where(_articles_at(key))).one_or_none()
    if row is None:
        return
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == row.id, ArticleRow.last_seen_at < seen_at)
        .values(last_seen_at=seen_at, gone_at=None)
    )
    connection.execute(
        update(RevisionRow)
        .where(
            RevisionRow.article_id == row.id,
            RevisionRow.number == row.current_revision,
            RevisionRow.last_seen_at < seen_at,
        )
        .values(last_seen_at=seen_at, stated_seen_at=seen_at)
    )


def _mark_gone(connection: Connection, key: bytes, gone_at: datetime) -> None:
    """Note that the source no longer shows an article; everything of it is kept."""
    connection.execute(
        update(ArticleRow).where(_articles_at(key), ArticleRow.gone_at.is_(None)).values(gone_at=gone_at)
    )
