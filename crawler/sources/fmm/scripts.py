"""The JSON that pages carry in script elements: JSON-LD, the data layer, players.

Scripts are found in the bytes by marks, so that no tree of the whole page is needed; broken JSON counts as absent.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import orjson

from crawler.sources.fmm.trees import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STORIES = frozenset({
    "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "BackgroundNewsArticle",
    "Article", "Report", "BlogPosting", "LiveBlogPosting", "VideoObject", "PodcastEpisode", "RadioEpisode",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the JSON-LD of a page says of its story; everything as stated, nothing when there is none."""

    url: str | None = None
    title: str | None = None
    published: str | None = None
    modified: str | None = None
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLayer:
    """What the ``#datalayer`` script says, as stated."""

    content_id: str | None = None
    canonical: str | None = None
    title: str | None = None
    published: str | None = None
    programme: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def read_statement(raw: bytes, in_head: Iterable[str] = ()) -> Statement:
    """Read the JSON-LD of a page, over all its scripts; the first that says something of a field is believed.

    Args:
        raw: The page, in UTF-8.
        in_head: The texts of the JSON-LD scripts in its head; the rest is only looked through when they say nothing.
    """
    stories = list(_all_stories(in_head)) or list(_all_stories(_script_texts(raw, b"application/ld+json")))
    said: dict[str, Any] = {}
    for story in reversed(stories):
        said.update((key, value) for key, value in story.items() if value)
    return Statement(
        url=_text(said.get("url")),
        title=_text(said.get("headline")) or _text(said.get("name")),
        published=_text(said.get("datePublished")) or _text(said.get("uploadDate")),
        modified=_text(said.get("dateModified")),
        authors=tuple(_names(said.get("author") or said.get("creator"))),
        keywords=tuple(_keywords(said.get("keywords"))),
        images=tuple(_addresses(said.get("image") or said.get("thumbnailUrl"))),
    )


def read_data_layer(raw: bytes, likely: int = 0) -> DataLayer:
    """Read the ``#datalayer`` script of a page.

    Args:
        raw: The page, in UTF-8.
        likely: Where to look first; it is looked for before that place when it does not stand after it.
    """
    places = (_script_texts(raw, b"datalayer", likely), _script_texts(raw, b"datalayer", 0, likely))
    for text in chain.from_iterable(places):
        said = lenient_json(text)
        if isinstance(said, dict):
            day, hour = _text(said.get("publication_date")), _text(said.get("publication_time"))
            shows = list(_names(said.get("show")))
            return DataLayer(
                content_id=_text(said.get("content_id")),
                canonical=_text(said.get("canonical")),
                title=_text(said.get("content_title")),
                published=f"{day}T{hour}" if day and hour else day,
                programme=shows[0] if shows else None,
                authors=tuple(_names(said.get("authors"))),
                tags=tuple(_names(said.get("tags"))),
            )
    return DataLayer()


def lenient_json(text: str) -> Any:
    """Parse JSON, control characters in strings allowed; None when it is broken."""
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _all_stories(scripts: Iterable[str]) -> Iterator[dict[str, Any]]:
    for script in scripts:
        yield from _stories(lenient_json(script))


def _script_texts(raw: bytes, mark: bytes, start: int = 0, stop: int = sys.maxsize) -> Iterator[str]:
    """Yield the text of every script element whose opening tag holds `mark`, between two places."""
    at = raw.find(mark, start, stop)
    while at >= 0:
        opened, begin = raw.rfind(b"<", 0, at), raw.find(b">", at) + 1
        if raw.startswith(b"<script", opened) and begin and raw.find(b">", opened, at) < 0:
            end = raw.find(b"</script", begin)
            if end < 0:
                return
            yield decoded(raw[begin:end])
            at = end
        at = raw.find(mark, at + len(mark), stop)


def _stories(said: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-LD document that tell of a story; lists and ``@graph`` are opened."""
    waiting = deque([said])
    while waiting:
        thing = waiting.popleft()
        if isinstance(thing, list):
            waiting.extendleft(reversed(thing))
        elif isinstance(thing, dict):
            kinds = thing.get("@type")
            if _STORIES.intersection(kind for kind in _listed(kinds) if isinstance(kind, str)):
                yield thing
            elif "@graph" in thing:
                waiting.appendleft(thing["@graph"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _names(value: Any) -> Iterator[str]:
    for thing in _listed(value):
        named = (thing.get("name") or thing.get("title")) if isinstance(thing, dict) else thing
        if name := _text(named):
            yield name


def _keywords(value: Any) -> Iterator[str]:
    """Yield keywords, given as one comma-joined string or as a list."""
    for thing in value.split(",") if isinstance(value, str) else _listed(value):
        if word := _text(thing):
            yield word


def _addresses(value: Any) -> Iterator[str]:
    for thing in _listed(value):
        if address := _text(thing.get("url") if isinstance(thing, dict) else thing):
            yield address
