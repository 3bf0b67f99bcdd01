"""``newscrawl articles history|diff|changes``: what became of articles."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from crawler.cli.complaints import complain
from crawler.cli.options import Db, Json, SectionOption, SourceOption, known_source, open_store, parse_when
from crawler.cli.output import PIPE_WIDTH, in_zone, print_json, print_table
from crawler.errors import BadInput
from storage.diff_texts import Op
from storage.diff_views import diff_as_html, diff_as_json
from storage.diffs import compare
from storage.exports import as_iso

if TYPE_CHECKING:
    from storage import Change, RevisionMarks, StoredArticle
    from storage.diffs import ArticleDiff

UrlArgument = Annotated[str, typer.Argument(help="Any URL of the article, or an alias of it.")]


class View(StrEnum):
    """How a comparison is shown."""

    TERMINAL = "terminal"
    HTML = "html"
    JSON = "json"


def show_history(url: UrlArgument, *, json: Json = False, db: Db = None) -> None:
    """Show the revisions of an article, in the order in which they were stored."""
    with open_store(db, must_exist=True) as store:
        article, revisions = store.article(url).article, store.history.revisions(url)
    if json:
        for marks in revisions:
            print_json({"canonical_url": article.canonical_url, "source": article.source} | _marks_as_json(marks))
        return
    rows = [
        (
            marks.revision,
            _marked(marks),
            in_zone(marks.modified_at or marks.published_at, article.source),
            in_zone(marks.first_seen_at, article.source),
            in_zone(marks.last_seen_at, article.source),
            marks.title,
        )
        for marks in revisions
    ]
    columns = ("revision", "", "stated", "first seen", "last seen", "title")
    print_table(article.canonical_url, columns, rows, right=("revision",))


def _marked(marks: RevisionMarks) -> str:
    said = {"current": marks.is_current, "silent": marks.is_silent, "pruned": marks.is_pruned}
    return ", ".join(word for word, is_so in said.items() if is_so)


def _marks_as_json(marks: RevisionMarks) -> dict[str, Any]:
    return {
        "revision": marks.revision,
        "previous_revision": marks.previous_revision,
        "is_current": marks.is_current,
        "is_silent": marks.is_silent,
        "is_pruned": marks.is_pruned,
        "title": marks.title,
        "published_at": as_iso(marks.published_at),
        "modified_at": as_iso(marks.modified_at),
        "observed_at": as_iso(marks.observed_at),
        "fetched_at": as_iso(marks.fetched_at),
        "first_seen_at": as_iso(marks.first_seen_at),
        "last_seen_at": as_iso(marks.last_seen_at),
        "stated_at": as_iso(marks.stated_at),
        "stored_at": as_iso(marks.stored_at),
        "fingerprint": marks.fingerprint,
    }


def show_diff(
    url: UrlArgument,
    *,
    from_: Annotated[
        int | None, typer.Option("--from", min=1, help="Revision to compare; else the one before.")
    ] = None,
    to: Annotated[
        int | None, typer.Option("--to", min=1, help="Revision to compare with; else the current one.")
    ] = None,
    format: Annotated[View, typer.Option("--format", help="As colours or marks, as a page, or as an object.")] = (  # noqa: A002 -- the option's name
        View.TERMINAL
    ),
    db: Db = None,
) -> None:
    """Show what changed between two revisions of an article."""
    with open_store(db, must_exist=True) as store:
        before, after = _choose(store.history.revisions(url), from_, to)
        diff = compare(_whole(store.history.revision(url, before)), _whole(store.history.revision(url, after)))
    if format is View.JSON:
        print_json(diff_as_json(diff))
    elif format is View.HTML:
        sys.stdout.buffer.write(diff_as_html(diff).encode())
    else:
        _print_diff(diff)


def _choose(revisions: list[RevisionMarks], from_: int | None, to: int | None) -> tuple[int, int]:
    """Return the revisions to compare: what is not named is the current one, and the one that the other followed."""
    by_number = {marks.revision: marks for marks in revisions}
    current = next(marks.revision for marks in revisions if marks.is_current)
    after = to or current
    before = from_ or (by_number[after].previous_revision if after in by_number else after)
    if before is None:
        only = "it has no other" if len(revisions) == 1 else "name the other one with --from"
        raise BadInput(f"nothing came before revision {after}; {only}")
    return before, after


def _whole(stored: StoredArticle) -> StoredArticle:
    if stored.is_pruned:
        raise BadInput(f"the text of revision {stored.revision} was pruned; there is nothing to compare")
    return stored


def _print_diff(diff: ArticleDiff) -> None:
    """Print what differs, in colour on a terminal, else with [-removed-] and {+added+} as wdiff does."""
    console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    styles = {Op.REMOVED: "red strike", Op.ADDED: "green", Op.SAME: ""}
    marks = {Op.REMOVED: "[-{}-]", Op.ADDED: "{{+{}+}}", Op.SAME: "{}"}
    source, url = diff.after.article.source, diff.after.article.canonical_url
    shown = console.is_terminal and not console.no_color
    console.print(Text(url))
    for name, stored in (("from", diff.before), ("to", diff.after)):
        seen = in_zone(stored.first_seen_at, source)
        console.print(Text(f"{name} revision {stored.revision}, first seen {seen}{', silent' * stored.is_silent}"))
    for fact in diff.facts:
        before, after = (value or "nothing" for value in (fact.before, fact.after))
        console.print(Text(f"{fact.field}: {before} → {after}"))
    for block in diff.blocks:
        if block.is_changed:
            pieces = [
                (piece.text if shown else marks[piece.op].format(piece.text), styles[piece.op])
                for piece in block.pieces
            ]
            console.print(Text.assemble("\n", *pieces))
    if not any(block.is_changed for block in diff.blocks):
        complain("the texts are the same")


def show_changes(
    *,
    since: Annotated[str, typer.Option("--since", help="Seen at or after; 2023-08-01 or 01/08/2023, Paris time.")],
    until: Annotated[str | None, typer.Option("--until", help="Seen before.")] = None,
    source: SourceOption = None,
    section: SectionOption = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Show what was edited or withdrawn, in the order in which that was seen; silent edits are marked."""
    known_source(source)
    start, end = parse_when(since), parse_when(until)
    assert start is not None, "the option is required"
    with open_store(db, must_exist=True) as store:
        for change in store.history.changes(since=start, until=end, source=source, section=section):
            if json:
                print_json(_change_as_json(change))
            else:
                typer.echo(_in_words(change))


def _in_words(change: Change) -> str:
    what = change.kind.value + (" silently" if change.is_silent else "")
    title = change.title
    if change.previous_title not in (None, change.title):
        title = f"{change.previous_title} → {change.title}"
    return f"{in_zone(change.at, change.source)}  {what:<15}  {change.source}  {title}  {change.canonical_url}"


def _change_as_json(change: Change) -> dict[str, Any]:
    return {
        "at": as_iso(change.at),
        "kind": change.kind.value,
        "is_silent": change.is_silent,
        "source": change.source,
        "section": change.section,
        "canonical_url": change.canonical_url,
        "title": change.title,
        "previous_title": change.previous_title,
        "revision": change.revision,
        "previous_revision": change.previous_revision,
        "published_at": as_iso(change.published_at),
    }
