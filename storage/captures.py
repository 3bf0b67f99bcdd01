"""Which recorded bytes a revision was read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.errors import UnknownRevision
from storage.identity import fingerprint
from storage.reading import find_article
from storage.records import CapturePlace
from storage.rows import fetch_in, insert_rows
from storage.tables import ArticleRow, CaptureRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from storage.articles import Saved
    from storage.records import Article

_COLUMNS = tuple(CapturePlace.__dataclass_fields__)


_TEXTS = select(RevisionRow.id, RevisionRow.article_id, RevisionRow.fingerprint).order_by(RevisionRow.number)


def save_captures(connection: Connection, seen: Iterable[tuple[Saved, Article, CapturePlace]]) -> None:
    """Note where the bytes of saved articles stand; a revision keeps the first place that showed it."""
    places: dict[tuple[int, bytes], CapturePlace] = {}
    for saved, article, place in seen:
        key = (saved.article_id, bytes.fromhex(fingerprint(article.title, article.text)))
        places.setdefault(key, place)
    if not places:
        return
    ids = {article_id for article_id, _ in places}
    # of revisions with one text the latest is the one that was just seen
    known = fetch_in(connection, _TEXTS, RevisionRow.article_id, ids)
    revisions = {(row.article_id, row.fingerprint): row.id for row in known}
    rows = [
        {"revision_id": revisions[key], **{name: getattr(place, name) for name in _COLUMNS}}
        for key, place in places.items()
        if key in revisions
    ]
    insert_rows(connection, CaptureRow, rows, or_ignore=True)


def read_capture_place(connection: Connection, url: str, revision: int | None) -> CapturePlace | None:
    """Return where the bytes of a revision stand, the current one where none is asked for; None if that is not known.

    Raises:
        UnknownArticle: None is stored under this URL.
        UnknownRevision: The article has no revision of this number.
    """
    article_id = find_article(connection, url)
    number = select(ArticleRow.current_revision).where(ArticleRow.id == article_id).scalar_subquery()
    chosen = RevisionRow.number == (number if revision is None else revision)
    revision_id = connection.scalar(select(RevisionRow.id).where(RevisionRow.article_id == article_id, chosen))
    if revision_id is None:
        raise UnknownRevision(url, revision or 0)
    query = select(*(getattr(CaptureRow, name) for name in _COLUMNS)).where(CaptureRow.revision_id == revision_id)
    row = connection.execute(query).mappings().one_or_none()
    return CapturePlace(**row) if row is not None else None
