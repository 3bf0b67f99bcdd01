"""``newscrawl inspect``: what the program makes of one URL, seed file or saved page. Nothing is stored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.archives.seeds import parse_seed
from crawler.cli.options import Json
from crawler.cli.output import in_zone, print_json, print_table
from crawler.errors import BadInput
from crawler.normalize import normalize
from crawler.sources import source_of
from storage.exports import as_json
from storage.identity import canonical_url

if TYPE_CHECKING:
    from crawler.items import ScrapedArticle, SeedFile
    from crawler.sources.base import Source

app = typer.Typer(
    help="What the program makes of one URL, seed file or saved page; nothing is stored.", no_args_is_help=True
)


@app.command("url")
def inspect_url(
    url: Annotated[str, typer.Argument(help="A URL, or - to read one a line from standard input.")],
    *,
    json: Json = False,
) -> None:
    """Show a URL's canonical form, its source, and whether it is an article or a listing."""
    if url == "-":
        for line in sys.stdin.buffer:
            print_json(_judge_url(line.decode("utf-8", "replace").rstrip("\r\n")))
            sys.stdout.flush()  # whoever asks line by line waits for each answer
        return
    judged = _judge_url(url.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    if json:
        print_json(judged)
    if "error" in judged:
        raise BadInput(f"{judged['url']!r} is not a web address: {judged['error']}")
    if not json:
        print_table(judged["url"], (), [(name, value) for name, value in judged.items() if name != "url"])


@app.command("seed")
def inspect_seed(
    file: Annotated[Path, typer.Argument(help="A seed file.")],
    *,
    json: Json = False,
) -> None:
    """Show what a seed file becomes."""
    seed = parse_seed(_read(file), str(file))
    _show(*_scrape_seed_or_refuse(seed), json=json)


@app.command("article")
def inspect_article(
    file: Annotated[Path, typer.Argument(help="A saved page.")],
    *,
    url: Annotated[str, typer.Option("--url", help="URL the page was saved from.")],
    json: Json = False,
) -> None:
    """Show what a saved page becomes."""
    source = _source_for(url)
    _show(source.read_page(_read(file), "", url), source, json=json)


def _judge_url(url: str) -> dict[str, Any]:
    try:
        canonical = canonical_url(url)
    except ValueError as error:
        return {"url": url, "error": str(error), "source": None, "kind": None}
    source = source_of(canonical)
    kind = None if source is None else "article" if source.is_article(canonical) else "listing"
    return {"url": url, "canonical_url": canonical, "source": source.name if source else None, "kind": kind}


def _scrape_seed_or_refuse(seed: SeedFile) -> tuple[ScrapedArticle, Source]:
    source = _source_for(seed.url)
    return source.read_seed(seed), source


def _source_for(url: str) -> Source:
    try:
        source = source_of(canonical_url(url))
    except ValueError as error:
        raise BadInput(f"{url!r} is not a web address: {error}") from None
    if source is None:
        raise BadInput(f"no source reads {url}; `newscrawl sources` lists those there are")
    return source


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from None


def _show(scraped: ScrapedArticle, source: Source, *, json: bool) -> None:
    article = normalize(scraped, source)
    if json:
        print_json(as_json(article))
        return
    facts = [
        ("canonical URL", article.canonical_url),
        ("source", article.source),
        ("programme", article.programme),
        ("agency", article.agency),
        ("published", in_zone(article.published_at, article.source)),
        ("modified", in_zone(article.modified_at, article.source)),
        ("observed", in_zone(article.observed_at, article.source)),
        ("authors", ", ".join(article.authors)),
        ("section", article.section),
        ("tags", ", ".join(article.tags)),
        ("language", article.language),
        ("content id", article.content_id),
        *(("image", f"{i.url}  {i.caption or ''}  {i.credit or ''}".strip()) for i in article.images),
        *((m.type, m.url) for m in article.media),
        *((f"in {language}", url) for language, url in article.alternates),
        *((f"claimed {c.field}", f"{c.value}  ({c.origin})") for c in article.claims),
    ]
    print_table(article.title, (), [fact for fact in facts if fact[1]])
    typer.echo("\n" + "\n\n".join(article.text.split("\n")))
