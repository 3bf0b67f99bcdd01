"""Exported revisions back in, through the same judge as everything else, and then with the marks they had.

`restore` saves what it is given as `storage.articles` would (so that an article that is known already stays one
article), and then moves the times of the rows it made or met to those that were exported. An export of all revisions
put into an empty store gives the same rows again; into another one it adds what is missing there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from storage.articles import Saved, save_sightings
from storage.identity import url_key
from storage.outcomes import Sighting
from storage.records import Outcome
from storage.rows import fetch_in, insert_rows, update_rows
from storage.tables import AliasRow, ArticleRow, BodyRow, ClaimRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from storage.exporting import Marks
    from storage.records import StoredArticle


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """One exported revision on its way back in."""

    stored: StoredArticle
    marks: Marks | None = None
    """Of an export of all revisions; None for one of current revisions."""

    def sighting(self) -> Sighting:
        """Return its keys; a pruned one has no text to compute the fingerprint from, and brings it along.

        Raises:
            ValueError: It cannot be stored; see `Sighting.of`.
        """
        # an export of all revisions says which articles are separate, even where they tell the same by now
        sighting = replace(Sighting.of(self.stored.article), is_filed=self.marks is not None)
        return (
            replace(sighting, fingerprint=bytes.fromhex(self.stored.fingerprint)) if self.stored.is_pruned else sighting
        )


def restore(connection: Connection, returning: Sequence[Returning], *, now: datetime) -> list[Outcome]:
    """Write exported revisions in order and return what that did, one for each.

    Args:
        connection: In a transaction of `storage.database.writing`; the caller ends it.
        returning: In the order of the export; an article may come several times.
        now: When this is written; aware. Rows of an export of all revisions keep the time at which they were stored.

    Raises:
        ValueError: One of them cannot be stored; nothing is written.
    """
    sightings = [one.sighting() for one in returning]
    outcomes: list[Outcome] = []
    for start, end in _without_repeats(sightings):
        saved = _save(connection, returning[start:end], sightings[start:end], now=now)
        _restore_marks(connection, returning[start:end], sightings[start:end], saved)
        outcomes += [one.outcome for one in saved]
    return outcomes


def _save(
    connection: Connection, returning: Sequence[Returning], sightings: Sequence[Sighting], *, now: datetime
) -> list[Saved]:
    """Save what is not there yet.

    A revision that is there under its number is not judged again: where a text was taken back (A, B, A) the first A
    would be taken for a sighting of the last.
    """
    query = select(ArticleRow.url_key, RevisionRow.article_id, RevisionRow.number, RevisionRow.fingerprint)
    query = query.join(RevisionRow, RevisionRow.article_id == ArticleRow.id)
    with_marks = [sighting.url_key for sighting, one in zip(sightings, returning, strict=True) if one.marks]
    rows = fetch_in(connection, query, ArticleRow.url_key, with_marks)
    there = {(row.url_key, row.number, row.fingerprint): row.article_id for row in rows}
    found = [
        there.get((sighting.url_key, one.stored.revision, sighting.fingerprint))
        for sighting, one in zip(sightings, returning, strict=True)
    ]
    missing = [sighting for sighting, article_id in zip(sightings, found, strict=True) if article_id is None]
    saved = iter(save_sightings(connection, missing, now=now))
    return [
        next(saved) if article_id is None else Saved(article_id=article_id, outcome=Outcome.UNCHANGED)
        for article_id in found
    ]


def _without_repeats(sightings: Sequence[Sighting]) -> Iterator[tuple[int, int]]:
    """Yield ranges in which no article comes twice: each is judged by the restored marks of the one before."""
    start, seen = 0, set[bytes]()
    for place, sighting in enumerate(sightings):
        if sighting.url_key in seen:
            yield start, place
            start, seen = place, set()
        seen.add(sighting.url_key)
    if sightings:
        yield start, len(sightings)


_REVISIONS = select(
    RevisionRow.id,
    RevisionRow.article_id,
    RevisionRow.number,
    RevisionRow.fingerprint,
    RevisionRow.first_seen_at,
    RevisionRow.last_seen_at,
    RevisionRow.stated_at,
    RevisionRow.stated_seen_at,
    RevisionRow.stored_at,
    RevisionRow.is_silent,
).order_by(RevisionRow.number)
_ARTICLES = select(
    ArticleRow.id, ArticleRow.first_seen_at, ArticleRow.last_seen_at, ArticleRow.gone_at, ArticleRow.claims_digest
)


def _restore_marks(
    connection: Connection, returning: Sequence[Returning], sightings: Sequence[Sighting], saved: Sequence[Saved]
) -> None:
    ids = [one.article_id for one in saved]
    articles = {row.id: row for row in fetch_in(connection, _ARTICLES, ArticleRow.id, ids)}
    revisions: dict[tuple[int, bytes], dict[int, Any]] = {}
    for row in fetch_in(connection, _REVISIONS, RevisionRow.article_id, ids):
        revisions.setdefault((row.article_id, row.fingerprint), {})[row.number] = row
    article_changes, revision_changes, pruned = [], [], []
    for one, sighting, (article_id, outcome) in zip(returning, sightings, map(_parts, saved), strict=True):
        if outcome is Outcome.DUPLICATE:
            continue  # of another article, whose times are its own
        same_text = revisions[article_id, sighting.fingerprint]
        row = same_text.get(one.stored.revision) or same_text[max(same_text)]
        is_new = outcome in (Outcome.NEW, Outcome.REVISED)
        revision_changes.append(_revision_marks(row, one, is_new=is_new))
        article_changes.append(_article_marks(articles[article_id], one))
        if is_new and one.stored.is_pruned:
            pruned.append(row.id)
    update_rows(connection, RevisionRow, revision_changes)
    update_rows(connection, ArticleRow, article_changes)
    connection.execute(delete(BodyRow).where(BodyRow.revision_id.in_(pruned)))
    _restore_aliases(connection, returning, ids)
    _restore_claims(connection, returning, ids)


def _parts(saved: Saved) -> tuple[int, Outcome]:
    return saved.article_id, saved.outcome


def _revision_marks(row: Any, one: Returning, *, is_new: bool) -> dict[str, Any]:
    """Return what changes in the row of a revision: times widen, and a new row takes over what was stated of it."""
    marks, stored = one.marks, one.stored
    stated = (row.stated_at, row.stated_seen_at)
    if marks is not None:
        stated = max(stated, (marks.stated_at, marks.stated_seen_at))
    elif is_new:
        stated = (row.stated_at, max(row.stated_seen_at, stored.last_seen_at))
    # without marks the times are those of the article, which an earlier revision may have begun
    began_at = stored.first_seen_at if marks is not None or stored.revision == 1 else row.first_seen_at
    return {
        "row_id": row.id,
        "first_seen_at": min(row.first_seen_at, began_at),
        "last_seen_at": max(row.last_seen_at, stored.last_seen_at),
        "stated_at": stated[0],
        "stated_seen_at": stated[1],
        "is_silent": marks.is_silent if marks is not None and is_new else row.is_silent,
        "stored_at": marks.stored_at if marks is not None and is_new else row.stored_at,
    }


def _article_marks(row: Any, one: Returning) -> dict[str, Any]:
    """Return what changes in the row of an article: times widen; it is gone if it was, unless it was seen since."""
    marks = one.marks
    last_seen_at = max(row.last_seen_at, marks.article_last_seen_at if marks else one.stored.last_seen_at)
    gone_at = row.gone_at or (marks.gone_at if marks else None)
    return {
        "row_id": row.id,
        "first_seen_at": min(row.first_seen_at, marks.article_first_seen_at if marks else one.stored.first_seen_at),
        "last_seen_at": last_seen_at,
        "gone_at": gone_at if gone_at is not None and gone_at >= last_seen_at else None,
        "claims_digest": row.claims_digest or (bytes.fromhex(marks.claims_digest) if marks else b""),
    }


def _restore_aliases(connection: Connection, returning: Sequence[Returning], ids: Sequence[int]) -> None:
    """Remember the other URLs, except those that are an article's own."""
    aliases = {
        url_key(alias.url): {"url_key": url_key(alias.url), "url": alias.url, "article_id": id_, "why": alias.why}
        for id_, one in zip(ids, returning, strict=True)
        for alias in (one.marks.aliases if one.marks else ())
    }
    own = {key for (key,) in fetch_in(connection, select(ArticleRow.url_key), ArticleRow.url_key, aliases)}
    rows = [row for key, row in aliases.items() if key not in own]
    insert_rows(connection, AliasRow, rows, or_ignore=True)


def _restore_claims(connection: Connection, returning: Sequence[Returning], ids: Sequence[int]) -> None:
    claims = [
        {
            "article_id": id_,
            "field": claim.field,
            "origin": claim.origin,
            "value": claim.value,
            "first_seen_at": claim.first_seen_at,
        }
        for id_, one in zip(ids, returning, strict=True)
        for claim in (one.marks.claims if one.marks else ())
    ]
    insert_rows(connection, ClaimRow, claims, or_ignore=True)
