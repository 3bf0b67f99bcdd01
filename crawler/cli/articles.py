"""``newscrawl articles``: what is stored; list and show, and the commands of `export` and `history`."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.export import export_articles
from crawler.cli.history import show_changes, show_diff, show_history
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
from crawler.cli.output import in_zone, print_json, print_table
from crawler.cli.recorded import show_source
from storage.exports import as_json

app = typer.Typer(help="What is stored.", no_args_is_help=True)

app.command("export")(export_articles)
app.command("history")(show_history)
app.command("diff")(show_diff)
app.command("changes")(show_changes)
app.command("source")(show_source)


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
    text = "(its text was pruned)" if stored.is_pruned else "\n\n".join(article.text.split("\n"))
    typer.echo(f"\n{text}")
