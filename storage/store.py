"""Store: the one door to the database. Small; the work is in the rooms it calls."""

from __future__ import annotations

from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Self, cast

import orjson
from sqlalchemy import func, select

from storage.articles import save_articles
from storage.backfills import Backfills
from storage.captures import read_capture_place, save_captures
from storage.channels import Channels
from storage.coverage import Coverages
from storage.database import reading, writing
from storage.engines import open_engine
from storage.errors import WriteRefused
from storage.exporting import Exports
from storage.frontier import Frontier
from storage.history import History
from storage.hosts import Hosts
from storage.leadership import Leaderships
from storage.merging import count_indexed, merge_after
from storage.monitors import Monitors
from storage.patience import tried_again
from storage.positions import forget_position, keep_position, read_position
from storage.pruning import Retention
from storage.reading import count_by_section, known_among, page_through, read_article, read_revisions
from storage.rereading import Rereading
from storage.restoring import restore
from storage.runs import Runs
from storage.schedules import Schedules
from storage.schema import make_or_check
from storage.search import Search
from storage.seed_copies import read_seed_copies, save_seed_copies
from storage.tables import ArticleRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from types import TracebackType

    from sqlalchemy import Connection, Engine

    from storage.positions import Position
    from storage.reading import SectionCount
    from storage.records import Article, CapturePlace, Outcome, StoredArticle
    from storage.restoring import Returning
    from storage.seed_copies import SeedCopy, StoredSeedCopy


class Store:
    """Articles, their revisions, and the runs that brought them; open with `Store.open`.

    Every method may be called from any thread. Every write is on disk when the method returns. All methods raise
    `StoreUnavailable` when the database cannot be reached, read or written.
    """

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine = engine
        self.url = url
        """The URL it was opened with, its password included."""
        self.runs = Runs(engine)
        """Crawls and imports, from their beginning to their end."""
        self.frontier = Frontier(engine)
        """The URLs that were found, and what became of them."""
        self.channels = Channels(engine)
        """What shows which articles there are."""
        self.hosts = Hosts(engine)
        """What is promised to each host."""
        self.history = History(engine)
        """What became of articles."""
        self.exports = Exports(engine)
        """The way out."""
        self.retention = Retention(engine)
        """What is kept for how long."""
        self.backfills = Backfills(engine)
        """Past windows that are to be collected."""
        self.coverage = Coverages(engine)
        """What is known to exist against what is stored."""
        self.search = Search(engine)
        """What articles say."""
        self.schedules = Schedules(engine)
        """On which rhythms sources are crawled, and what became of each planned moment."""
        self.leadership = Leaderships(engine)
        """Which process plans and starts runs."""
        self.monitors = Monitors(engine)
        """What readings look like, and pages that are held back."""
        self.rereading = Rereading(engine)
        """Revisions that are corrected by a better reading."""

    @classmethod
    def open(cls, url: str = "sqlite:///newscrawl.db", *, must_exist: bool = False) -> Self:
        """Open a database; make its tables when it has none.

        Args:
            url: See `storage.engines.open_engine`.
            must_exist: Refuse a database that is not there, or holds no articles table, instead of making it.

        Raises:
            StoreUnavailable: The database cannot be opened; the message says what to check.
            WrongSchema: It is older or newer than this program; see `storage.schema`.
        """
        engine = open_engine(url, must_exist=must_exist)
        try:
            tried_again(partial(make_or_check, engine, must_exist=must_exist))
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, url)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def writing(self) -> AbstractContextManager[Connection]:
        """Give the database's one writing transaction, for those who write more than articles; see `save_articles`."""
        return writing(self._engine)

    def save(self, article: Article, *, now: datetime) -> Outcome:
        """Write one article; see `save_batch`."""
        return self.save_batch([article], now=now)[0]

    def save_batch(
        self,
        articles: Sequence[Article],
        *,
        now: datetime,
        seed_copies: Sequence[SeedCopy | None] = (),
        position: Position | None = None,
        captures: Sequence[CapturePlace | None] = (),
    ) -> list[Outcome]:
        """Write articles in one transaction, in order; all or none.

        Args:
            articles: With `fetched_at` or `observed_at` set; the same article may come several times.
            now: When this is written; aware. What an article shows comes from its own times, never from this one.
            seed_copies: For each article the seed file that it came from, or None; empty if none did.
            position: How far an import has come with them.
            captures: For each article where the recorded bytes stand that it was read from, or None.

        Returns:
            What that did, one outcome for each article.

        Raises:
            WriteRefused: The database cannot hold one of the articles; nothing was written.
        """
        with writing(self._engine) as connection:
            try:
                saved = save_articles(connection, articles, now=now)
            except (ValueError, orjson.JSONEncodeError) as error:
                raise WriteRefused(str(error)) from error
            copies = zip_longest(saved, seed_copies)
            save_seed_copies(connection, ((one.article_id, copy) for one, copy in copies if copy is not None))
            if position is not None:
                keep_position(connection, position)
            seen = zip_longest(saved, articles, captures)
            save_captures(connection, ((one, article, place) for one, article, place in seen if place is not None))
        outcomes = [one.outcome for one in saved]
        merge_after(self._engine, count_indexed(outcomes))
        return outcomes

    def restore(
        self, returning: Sequence[Returning], *, now: datetime, position: Position | None = None
    ) -> list[Outcome]:
        """Write exported revisions in one transaction, in order; all or none.

        Args:
            returning: In the order of the export.
            now: When this is written; aware.
            position: How far an import has come with them.

        Returns:
            What that did, one outcome for each.

        Raises:
            WriteRefused: The database cannot hold one of them; nothing was written.
        """
        with writing(self._engine) as connection:
            try:
                outcomes = restore(connection, returning, now=now)
            except (ValueError, orjson.JSONEncodeError) as error:
                raise WriteRefused(str(error)) from error
            if position is not None:
                keep_position(connection, position)
        merge_after(self._engine, count_indexed(outcomes))
        return outcomes

    def import_place(self, input_name: str) -> dict[str, Any] | None:
        """Return where the import of an input is to be gone on with; None for its beginning."""
        with reading(self._engine) as connection:
            return read_position(connection, input_name)

    def keep_position(self, position: Position) -> None:
        """Note how far an import has come, without an article."""
        with writing(self._engine) as connection:
            keep_position(connection, position)

    def forget_position(self, input_name: str) -> None:
        """Let the next import of an input begin at its beginning."""
        with writing(self._engine) as connection:
            forget_position(connection, input_name)

    def article(self, url: str) -> StoredArticle:
        """Return an article as it is now, with its aliases and claims.

        Args:
            url: Any spelling of its URL, or of an alias.

        Raises:
            UnknownArticle: None is stored under this URL.
        """
        with reading(self._engine) as connection:
            return read_article(connection, url)

    def revisions(self, url: str) -> list[StoredArticle]:
        """Return all revisions of an article in the order in which they were stored, each with its own marks.

        Raises:
            UnknownArticle: None is stored under this URL.
        """
        with reading(self._engine) as connection:
            return read_revisions(connection, url)

    def capture_place(self, url: str, revision: int | None = None) -> CapturePlace | None:
        """Return where the recorded bytes of a revision stand; None if it was not recorded.

        Args:
            url: Any spelling of the article's URL, or of an alias.
            revision: Its number; None for the current one.

        Raises:
            UnknownArticle: None is stored under this URL.
            UnknownRevision: It has no revision of this number.
        """
        with reading(self._engine) as connection:
            return read_capture_place(connection, url, revision)

    def articles(
        self,
        *,
        source: str | None = None,
        section: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        newest_first: bool = True,
    ) -> Iterator[StoredArticle]:
        """Yield articles as they are now by time of publication, in bounded memory, without aliases and claims.

        Args:
            source: Only this source.
            section: Only this section.
            since: Published at or after this instant; aware.
            until: Published before this instant; aware.
            limit: At most so many.
            newest_first: Else oldest first.
        """
        return page_through(
            self._engine,
            source=source,
            section=section,
            since=since,
            until=until,
            limit=limit,
            newest_first=newest_first,
        )

    def count_articles(self) -> int:
        """Return how many articles are stored."""
        with reading(self._engine) as connection:
            return cast("int", connection.scalar(select(func.count()).select_from(ArticleRow)))

    def count_by_section(self) -> list[SectionCount]:
        """Return how many articles are stored by source and section, the largest section of each source first."""
        with reading(self._engine) as connection:
            return count_by_section(connection)

    def known_urls(self, urls: Iterable[str]) -> set[str]:
        """Return those of some canonical URLs under which an article is stored, directly or as an alias."""
        with reading(self._engine) as connection:
            return known_among(connection, urls)

    def seed_copies(self) -> Iterator[StoredSeedCopy]:
        """Yield the imported seed files in the order in which they came, in bounded memory."""
        return read_seed_copies(self._engine)
