"""``newscrawl crawl``: one run over one source, from the live site or from a server in its stead."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import quote, urlsplit

import typer

from crawler.cli.complaints import complain
from crawler.cli.options import Db, Json, open_store, recording_address
from crawler.cli.output import print_json
from crawler.cli.progress import watch
from crawler.cli.runs import print_run, run_as_json
from crawler.config import Config, load_config
from crawler.errors import BadInput
from crawler.sources import source_named
from storage import CrawlKind, CrawlPlan, CrawlRun, RunState
from storage.identity import canonical_url

# Seconds that a server in the site's stead has to accept a connection.
CONNECT_SECONDS = 10.0

Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Stop after this many articles.")]
Pages = Annotated[int, typer.Option("--pages", min=1, help="Listing pages to follow from each start.")]
Urls = Annotated[list[str] | None, typer.Option("--url", help="Start from this URL only; may be repeated.")]
Sections = Annotated[
    list[str] | None, typer.Option("--section", help="Start from this section only, such as 中国; may be repeated.")
]

Via = Annotated[
    str | None,
    typer.Option("--via", help="Send every request to this server, such as http://127.0.0.1:8000; Host is kept."),
]
Delay = Annotated[
    float | None,
    typer.Option("--delay", min=0, help="Seconds between requests. Default: 1, or 0 with --via on this machine."),
]


def crawl(
    source: Annotated[str, typer.Argument(help="Name of a source, such as rfi-cn; see `newscrawl sources`.")],
    *,
    url: Urls = None,
    section: Sections = None,
    limit: Limit = None,
    pages: Pages = 1,
    via: Via = None,
    delay: Delay = None,
    record: Annotated[
        str | None,
        typer.Option("--record", metavar="FOLDER", help="Keep every exchange as WARC, in a folder or at s3://…"),
    ] = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Crawl a source into the database."""
    config = load_config()
    seeds = starts(source, url, section)
    if via is not None:
        check_server(via)
    plan = CrawlPlan(
        source=source,
        kind=CrawlKind.ONEOFF,
        seeds=seeds,
        limit=limit,
        pages=pages,
        via=via,
        delay_seconds=delay_of(delay, via, config),
        record=None if record is None else recording_address(record),
    )
    run_and_report(plan, db=db, json=json)


def starts(source_name: str, urls: list[str] | None, sections: list[str] | None) -> tuple[str, ...]:
    """Return the URLs that a run starts from; none means the source's own front and section pages.

    Raises:
        BadInput: A URL is no URL of this source.
        UnknownSource: There is no such source.
    """
    source = source_named(source_name)
    if any(not section.strip("/ ") for section in sections or ()):
        raise BadInput("a section has a name, such as 中国")
    for url in urls or ():
        try:
            is_ours = source.owns(canonical_url(url))
        except ValueError as error:
            raise BadInput(f"{url!r} is not a web address: {error}") from None
        if not is_ours:
            raise BadInput(f"{url} is not a page of {source_name}; its pages start with {source.home_url}")
    return (*(urls or ()), *(source.home_url + quote(section.strip("/")) + "/" for section in sections or ()))


def run_and_report(plan: CrawlPlan, *, db: str | None, json: bool) -> None:
    """Run a plan under the eyes of the operator; exit 0 only if it ended as planned."""
    # Scrapy takes half a second to import, and most commands do without
    from crawler.runs import run_crawl  # noqa: PLC0415 -- see above

    with open_store(db) as store, watch(f"crawling {plan.source}", total=plan.limit) as on_progress:
        run = run_crawl(plan, load_config(), store, on_progress=on_progress)
    if json:
        print_json(run_as_json(run))
    else:
        print_run(run)
    raise typer.Exit(judge(run))


def judge(run: CrawlRun) -> int:
    """Return the exit code of a run, and complain of one that did not end as planned."""
    kept = sum(run.counts.get(name, 0) for name in ("new", "revised", "unchanged", "duplicate"))
    if run.state is RunState.STOPPED:
        left = run.counts.get("left waiting", 0)
        urls = "URL" if left == 1 else "URLs"
        complain(f"stopped by hand; {kept} articles are kept, {left} {urls} left, the same command goes on")
        return 130
    if run.degraded:
        held = run.counts.get("held back", 0)
        complain(
            f"the run is degraded: {' | '.join(run.degraded)}; {held} pages are held back until a reader understands"
            " them, see newscrawl monitors list"
        )
    if run.state is RunState.FINISHED:
        return 0
    how = "was blocked by the site" if run.state is RunState.BLOCKED else "failed"
    complain(f"the run {how}: {run.reason}; {kept} articles are kept")
    return 1


def delay_of(asked: float | None, via: str | None, config: Config) -> float:
    """Return the pause between requests: as asked, or none to a server on this machine, or as configured."""
    if asked is not None:
        return asked
    return 0.0 if via is not None and _is_loopback(via) else config.delay_seconds


def server_address(via: str) -> tuple[str, int]:
    """Return host and port of a server that is to answer in a site's stead.

    Raises:
        BadInput: It is not the address of one.
    """
    try:
        parts = urlsplit(via)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:  # a port that is no number, an unclosed bracket
        host, port = None, 0
    if host is None or parts.scheme not in ("http", "https"):
        raise BadInput(f"--via {via!r} is not the address of a server; write http://127.0.0.1:8000")
    return host, port


def check_server(via: str) -> None:
    """Refuse a server that is none or that does not answer, before a run begins."""
    try:
        socket.create_connection(server_address(via), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        complain(f"the server {via} cannot be reached: {error.strerror or error}; start it, or check --via")
        raise typer.Exit(1) from None


def _is_loopback(via: str) -> bool:
    host = urlsplit(via).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
