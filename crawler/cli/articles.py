"""``newscrawl articles``: what is stored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import Db, Json, known_source, open_store, parse_when
from crawler.cli.output import complain, in_zone, print_json, print_table
from crawler.errors import BadInput
from crawler.exports import export_jsonl
from storage.exports import as_json, write_jsonl

app = typer.Typer(help="What is stored.", no_args_is_help=True)

SourceOption = Annotated[str | None, typer.Option("--source", help="Only this source, such as rfi-cn.")]
SectionOption = Annotated[str | None, typer.Option("--section", help="Only this section, such as 中国.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Published at or after; 2023-08-01 or 01/08/2023, Paris time.")
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Published before; the day itself is not included.")]


@app.command("list")
def list_articles(
    *,
    source: SourceOption = None,
    section: SectionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most this many, newest first.")] = 20,
    json: Json = False,
    db: Db = None,
) -> None:
    """List articles, newest first."""
    known_source(source)
    with open_store(db, must_exist=True) as store:
        found = store.articles(
            source=source, section=section, since=parse_when(since), until=parse_when(until), limit=limit
        )
        if json:
            for stored in found:
                print_json(as_json(stored.article, stored=stored))
            return
        rows = [
            (in_zone(s.article.published_at, s.article.source), s.article.section, s.article.agency, s.article.title)
            for s in found
        ]
        total = store.count_articles()
    print_table(f"{len(rows)} of {total} articles stored", ("published", "section", "agency", "title"), rows)


@app.command("show")
def show_article(
    url: Annotated[str, typer.Argument(help="Any URL of the article, or an alias of it.")],
    *,
    json: Json = False,
    db: Db = None,
) -> None:
    """Show one article."""
    with open_store(db, must_exist=True) as store:
        stored = store.article(url)
    if json:
        print_json(as_json(stored.article, stored=stored))
        return
    article = stored.article
    facts = [
        ("URL", article.canonical_url),
        ("published", in_zone(article.published_at, article.source)),
        ("modified", in_zone(article.modified_at, article.source)),
        ("source", article.source),
        ("section", article.section),
        ("programme", article.programme),
        ("agency", article.agency),
        ("authors", ", ".join(article.authors)),
        ("tags", ", ".join(article.tags)),
        ("revision", stored.revision),
        ("first seen", in_zone(stored.first_seen_at, article.source)),
        ("last seen", in_zone(stored.last_seen_at, article.source)),
    ]
    print_table(article.title, (), [fact for fact in facts if fact[1]])
    typer.echo("\n" + "\n\n".join(article.text.split("\n")))


@app.command("export")
def export_articles(
    *,
    source: SourceOption = None,
    section: SectionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format: Annotated[str, typer.Option("--format", help="jsonl: one article a line.")] = "jsonl",  # noqa: A002 -- the option's name
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write; - or nothing is standard output.")
    ] = None,
    db: Db = None,
) -> None:
    """Export articles, oldest first."""
    if format != "jsonl":
        raise BadInput(f"unknown format {format!r}; known: jsonl")
    known_source(source)
    with open_store(db, must_exist=True) as store:
        found = store.articles(
            source=source, section=section, since=parse_when(since), until=parse_when(until), newest_first=False
        )
        if output is None or str(output) == "-":
            write_jsonl(found, sys.stdout.buffer)
            return
        try:
            count = export_jsonl(found, output)
        except KeyboardInterrupt:
            complain(f"stopped by hand; {output} was not touched")
            raise typer.Exit(130) from None
    typer.echo(f"{count} articles in {output}", err=True)
