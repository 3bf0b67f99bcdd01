"""``newscrawl search``: what articles say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from crawler.cli.complaints import complain
from crawler.cli.options import (
    Db,
    Json,
    SectionOption,
    SinceOption,
    SourceOption,
    UntilOption,
    known_source,
    open_store,
    parse_when,
)
from crawler.cli.output import in_zone, print_json
from crawler.cli.progress import watch
from crawler.errors import BadInput
from storage.exports import as_iso, as_json
from storage.search import Order
from storage.search_sweep import Place, Scope

if TYPE_CHECKING:
    from storage import Store
    from storage.search import Found, Hit

# The one word that is no query but an order; in quotes it is a word.
REBUILD = "rebuild"


def search(
    query: Annotated[
        list[str], typer.Argument(metavar="QUERY", help='Words, "phrases", begin*, -without; or the word rebuild.')
    ],
    *,
    source: SourceOption = None,
    section: SectionOption = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Only this language, such as zh-Hant; zh is all Chinese.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    sort: Annotated[Order, typer.Option("--sort", help="In which order.")] = Order.RELEVANCE,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Show at most this many.")] = 20,
    after: Annotated[
        str | None, typer.Option("--after", metavar="PLACE", help="Go on after this place; by time only.")
    ] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="With rebuild: begin anew, even if one was cut off.")
    ] = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Search titles and texts; or, with the word rebuild alone, make the search index anew."""
    with open_store(db, must_exist=True) as store:
        if query == [REBUILD]:
            _rebuild(store, from_scratch=from_scratch, json=json)
            return
        known_source(source)
        if after is not None and sort is Order.RELEVANCE:
            raise BadInput("--after goes on in order of time; say --sort newest or --sort oldest")
        scope = Scope(
            source=source, section=section, language=language, since=parse_when(since), until=parse_when(until)
        )
        found = store.search.find(" ".join(query), scope, order=sort, limit=limit, after=_parse_place(after))
    if json:
        for hit in found.hits:
            print_json(_as_json(hit))
    else:
        _print_hits(found)
    if found.unindexed:
        complain(f"{found.unindexed} articles are not in the search index; put them in with: newscrawl search rebuild")


def _rebuild(store: Store, *, from_scratch: bool, json: bool) -> None:
    to_do = store.count_articles()
    with watch("indexing", to_do) as show:
        count = store.search.rebuild(
            from_scratch=from_scratch, on_progress=lambda done, total: show({"indexed": done, "to do": total - done})
        )
    if json:
        print_json({"indexed": count})
    else:
        typer.echo(f"{count} articles indexed")


def _parse_place(text: str | None) -> Place | None:
    if text is None:
        return None
    time, _, number = text.rpartition("/")
    try:
        published_at = datetime.fromisoformat(time)
        if published_at.tzinfo is None or not 0 <= int(number) < 2**31:
            raise ValueError("no instant, or no id")
        return Place(published_at.astimezone(UTC), int(number))
    except (ValueError, OverflowError):  # the last hours of the year 9999 are in the next one elsewhere
        raise BadInput(
            f"{text!r} is no place; give the last one that was printed, such as 2023-08-01T12:00:00Z/7"
        ) from None


def _as_json(hit: Hit) -> dict[str, Any]:
    return {
        **as_json(hit.stored.article, stored=hit.stored),
        "gone_at": as_iso(hit.gone_at),
        "score": hit.score,
        "title_highlights": [list(span) for span in hit.title_highlights],
        "snippet": {"text": hit.snippet.text, "highlights": [list(span) for span in hit.snippet.highlights]},
        "place": _as_place(hit.place),
    }


def _as_place(place: Place) -> str:
    return f"{as_iso(place.published_at)}/{place.article_id}"


def _print_hits(found: Found) -> None:
    console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
    for hit in found.hits:
        article = hit.stored.article
        gone = "withdrawn" if hit.gone_at else None
        facts = (in_zone(article.published_at, article.source), article.source, article.section, gone)
        console.print(_coloured(article.title, hit.title_highlights, "bold"))
        console.print(Text(f"  {'  '.join(fact for fact in facts if fact)}  {article.canonical_url}", "dim"))
        if hit.snippet.text:
            console.print(Text("  ") + _coloured(hit.snippet.text, hit.snippet.highlights), end="\n\n")
    more = f"; for more: --after {_as_place(found.more_after)}" if found.more_after else ""
    count = len(found.hits)
    console.print(f"{count} {'article' if count == 1 else 'articles'}{more}" if count else "nothing found")


def _coloured(text: str, highlights: tuple[tuple[int, int], ...], style: str = "") -> Text:
    coloured = Text(text, style)
    for start, end in highlights:
        coloured.stylize("bold yellow", start, end)
    return coloured
