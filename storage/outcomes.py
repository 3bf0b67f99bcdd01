"""What saving does with one article: the table of outcomes (docs/glossary.md), without a database.

`storage.articles` fills a `Memory` with what is stored under the addresses and fingerprints of a batch, calls
`Memory.judge` for each `Sighting` in order, and writes what has changed.

Which revision is current depends on what was seen and not on the order in which it came: it is the one whose latest
sighting is the greatest by (stated time, time seen, fingerprint).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storage.identity import fingerprint, slug, url_key
from storage.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from storage.records import Article

SAME_PAGE = "same page"
SAME_STORY = "same story"
SAME_CONTENT_ID = "same content id"

Precedence = tuple["datetime", "datetime", bytes]
"""(stated time, time seen, fingerprint); the fingerprint only so that ties are decided alike in every order."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article on its way into the store, with the keys it is found by."""

    article: Article
    url_key: bytes
    alias_keys: tuple[bytes, ...]
    fingerprint: bytes
    stated_at: datetime
    seen_at: datetime
    is_filed: bool = False
    """A store filed it under its URL before: it is found by address only, not by what it tells."""

    @classmethod
    def of(cls, article: Article) -> Sighting:
        """Compute the keys of an article.

        Raises:
            ValueError: It was never seen (neither fetched_at nor observed_at), a time is naive, or a URL holds half
                of a surrogate pair.
        """
        for time in (article.published_at, article.modified_at, article.observed_at, article.fetched_at):
            if time is not None and time.tzinfo is None:
                raise ValueError(f"a time of {article.canonical_url} is naive")
        return cls(
            article=article,
            url_key=url_key(article.canonical_url),
            alias_keys=tuple(map(url_key, article.aliases)),
            fingerprint=bytes.fromhex(fingerprint(article.title, article.text)),
            stated_at=article.modified_at or article.published_at,
            seen_at=article.seen_at,
        )

    @property
    def slug(self) -> str:
        """What one story under two sections has in common; only new addresses are asked for it."""
        return slug(self.article.canonical_url)

    @property
    def precedence(self) -> Precedence:
        """What decides whether this state of the article is the current one."""
        return (self.stated_at, self.seen_at, self.fingerprint)


@dataclass(slots=True)
class Revision:
    """The marks of one revision."""

    number: int
    fingerprint: bytes
    first_seen_at: datetime
    last_seen_at: datetime
    stated_at: datetime
    stated_seen_at: datetime
    id: int | None = None
    """None until it is written."""
    is_silent: bool = False
    sighting: Sighting | None = None
    """What it was made from; None for one that is stored already."""
    is_changed: bool = False

    @classmethod
    def first_of(cls, sighting: Sighting, number: int, *, is_silent: bool = False) -> Revision:
        """Make a revision of what was just seen."""
        return cls(
            number=number,
            fingerprint=sighting.fingerprint,
            first_seen_at=sighting.seen_at,
            last_seen_at=sighting.seen_at,
            stated_at=sighting.stated_at,
            stated_seen_at=sighting.seen_at,
            is_silent=is_silent,
            sighting=sighting,
        )

    @property
    def precedence(self) -> Precedence:
        """The greatest of its sightings."""
        return (self.stated_at, self.stated_seen_at, self.fingerprint)

    def see(self, sighting: Sighting) -> None:
        """Widen the time in which this content was seen."""
        if not self.first_seen_at <= sighting.seen_at <= self.last_seen_at:
            self.first_seen_at = min(self.first_seen_at, sighting.seen_at)
            self.last_seen_at = max(self.last_seen_at, sighting.seen_at)
            self.is_changed = True

    def rise(self, sighting: Sighting) -> None:
        """Take over a greater precedence."""
        if sighting.precedence > self.precedence:
            self.stated_at, self.stated_seen_at = sighting.stated_at, sighting.seen_at
            self.is_changed = True


@dataclass(slots=True)
class RememberedArticle:
    """An article of which the store knows, and what this batch changes of it."""

    id: int
    source: str
    slug: str
    url_key: bytes
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    section: str | None
    """That of its own URL; the section of an alias is another one."""
    content_id: str | None
    claims_digest: bytes
    current: Revision
    revisions: list[Revision]
    """The current one among them; the others only where a sighting of the batch differs from the current one."""
    is_new: bool = False
    is_seen: bool = False
    """Its first_seen_at, last_seen_at or gone_at changes."""
    mirrors: Sighting | None = None
    """What the article's row is to show from now on; None while its current revision stays."""

    def see(self, sighting: Sighting) -> None:
        """Widen the time in which the article was seen; one that is seen again is not gone."""
        if not self.first_seen_at <= sighting.seen_at <= self.last_seen_at:
            self.first_seen_at = min(self.first_seen_at, sighting.seen_at)
            self.last_seen_at = max(self.last_seen_at, sighting.seen_at)
            self.is_seen = True
        if self.gone_at is not None and sighting.seen_at > self.gone_at:
            self.gone_at = None
            self.is_seen = True

    def observe(self, sighting: Sighting, *, is_own: bool) -> Outcome:
        """Say what a sighting of this article is, and keep what it changes.

        Args:
            sighting: Of this article.
            is_own: It stood under the article's own URL, not under an alias. An alias that shows older content is
                merely behind; only the own URL can bring older content back.
        """
        self.see(sighting)
        known = Outcome.UNCHANGED if is_own else Outcome.DUPLICATE
        if sighting.fingerprint == self.current.fingerprint:
            self.current.see(sighting)
            self.current.rise(sighting)
            return known
        is_newer = sighting.precedence > self.current.precedence
        earlier = [revision for revision in self.revisions if revision.fingerprint == sighting.fingerprint]
        if earlier and not (is_own and is_newer):
            earlier[-1].see(sighting)
            return known
        is_silent = sighting.stated_at == self.current.stated_at
        revision = Revision.first_of(sighting, len(self.revisions) + 1, is_silent=is_silent)
        self.revisions.append(revision)
        if is_newer:
            self.current, self.mirrors = revision, sighting
            self.section = sighting.article.section if is_own else self.section
        return Outcome.REVISED


@dataclass(slots=True)
class Memory:
    """What the store knows of the articles of one batch; grows while the batch is judged."""

    next_id: int = 1
    articles: dict[int, RememberedArticle] = field(default_factory=dict)
    by_url: dict[bytes, RememberedArticle] = field(default_factory=dict)
    by_alias: dict[bytes, RememberedArticle] = field(default_factory=dict)
    by_story: dict[tuple[str, str, bytes], RememberedArticle] = field(default_factory=dict)
    """By (source, slug, fingerprint): one story under two sections."""
    by_content_id: dict[tuple[str, str], RememberedArticle] = field(default_factory=dict)
    """By (source, the site's own id): a story whose URL changed with its headline."""
    new_aliases: list[tuple[bytes, str, RememberedArticle, str]] = field(default_factory=list)
    """(key, URL, article, why), in the order met."""

    def add(self, known: RememberedArticle) -> None:
        """Take up an article."""
        self.articles[known.id] = known
        self.by_url[known.url_key] = known
        if known.content_id:
            self.by_content_id.setdefault((known.source, known.content_id), known)

    def add_story(self, known: RememberedArticle, revision: Revision) -> None:
        """Let another address be recognised by this content; the first article that had it is meant."""
        if known.slug:
            self.by_story.setdefault((known.source, known.slug, revision.fingerprint), known)

    def find_by_address(self, sighting: Sighting) -> RememberedArticle | None:
        """Return the article of which the sighting's URL, or one of its aliases, is an address."""
        if known := self.by_url.get(sighting.url_key):
            return known  # as a rule
        keys = (sighting.url_key, *sighting.alias_keys)
        return next((known for key in keys if (known := self.by_url.get(key) or self.by_alias.get(key))), None)

    def needs_history(self, sighting: Sighting) -> RememberedArticle | None:
        """Return the article all of whose revisions must be known before the sighting can be judged, if any.

        That is where it differs from the current one, and where it brings a new address: what comes later in the
        batch under that address may differ.
        """
        known = self.find_by_address(sighting)
        if known is None and sighting.article.content_id:
            known = self.by_content_id.get((sighting.article.source, sighting.article.content_id))
        if known is None:
            return None
        keys = (sighting.url_key, *sighting.alias_keys)
        is_plain = all(key in self.by_url or key in self.by_alias for key in keys)
        return None if is_plain and sighting.fingerprint == known.current.fingerprint else known

    def judge(self, sighting: Sighting) -> tuple[RememberedArticle, Outcome]:
        """Say what saving this article does, and keep what it changes."""
        known = self.find_by_address(sighting)
        why = SAME_PAGE
        if known is None and not sighting.is_filed:
            known = self.by_story.get((sighting.article.source, sighting.slug, sighting.fingerprint))
            why = SAME_STORY
        if known is None and not sighting.is_filed and sighting.article.content_id:
            known = self.by_content_id.get((sighting.article.source, sighting.article.content_id))
            why = SAME_CONTENT_ID
        if known is None:
            known, outcome = self._add_new(sighting), Outcome.NEW
        else:
            outcome = known.observe(sighting, is_own=known.url_key == sighting.url_key)
            self._remember_alias(sighting.url_key, sighting.article.canonical_url, known, why)
            if outcome is Outcome.REVISED:
                self.add_story(known, known.revisions[-1])
        for key, url in zip(sighting.alias_keys, sighting.article.aliases, strict=True):
            self._remember_alias(key, url, known, SAME_PAGE)
        return known, outcome

    def _add_new(self, sighting: Sighting) -> RememberedArticle:
        revision = Revision.first_of(sighting, 1)
        known = RememberedArticle(
            id=self.next_id,
            source=sighting.article.source,
            slug=sighting.slug,
            url_key=sighting.url_key,
            first_seen_at=sighting.seen_at,
            last_seen_at=sighting.seen_at,
            gone_at=None,
            section=sighting.article.section,
            content_id=sighting.article.content_id,
            claims_digest=b"",
            current=revision,
            revisions=[revision],
            is_new=True,
            mirrors=sighting,
        )
        self.next_id += 1
        self.add(known)
        self.add_story(known, revision)
        return known

    def _remember_alias(self, key: bytes, url: str, known: RememberedArticle, why: str) -> None:
        """Remember another address; one that already leads to an article, this or another, stays as it is."""
        if key not in self.by_url and key not in self.by_alias:
            self.by_alias[key] = known
            self.new_aliases.append((key, url, known, why))


def fresh_revisions(articles: Iterable[RememberedArticle]) -> Iterable[tuple[RememberedArticle, Revision, Sighting]]:
    """Return the revisions that are not written yet, each with its article and what it was made from."""
    for known in articles:
        for revision in known.revisions:
            if revision.sighting is not None:
                yield known, revision, revision.sighting
