"""A small news site that does on cue what sites do: edits, lies, refusals, outages. It writes down every request.

It answers in the stead of www.rfi.fr: `newscrawl crawl rfi-cn --url FRONT --via site.base_url`.
"""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
import time
from dataclasses import dataclass, field
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

ORIGIN = "https://www.rfi.fr"
FRONT = f"{ORIGIN}/cn/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the site met it."""

    path: str
    """Percent-decoded."""
    at: float
    """Monotonic seconds when its head had been read."""
    headers: dict[str, str]
    status: int
    """What it was answered with; 0 when a script did not say."""


@dataclass(slots=True)
class ScriptedSite:
    """The site; change its fields while it runs.

    `scripts` says what a path answers instead of its page: one script for each request in turn, the last for all
    further ones; None is the page.
    """

    articles: list[str] = field(default_factory=list)
    """Names of the articles on the front page; that of the article under `path_of(name)`."""
    texts: dict[str, str] = field(default_factory=dict)
    """What was edited into an article, by name."""
    published_at: str = "2023-08-01T12:00:00+00:00"
    etag: str | None = None
    """None: no validators. ``honest``: they follow the page. Anything else is sent as ETag whatever the page says."""
    scripts: dict[str, list[Script | None]] = field(default_factory=dict)
    storm: list[Script] = field(default_factory=list)
    """What the next requests are answered, whatever they ask for."""
    log: list[Asked] = field(default_factory=list)
    base_url: str = ""

    def crawl(self, folder: Path, *options: str) -> tuple[str, ...]:
        """Return the arguments of a crawl of the front page and its articles into a database in a folder."""
        database = f"sqlite:///{folder}/news.db"
        return ("crawl", "rfi-cn", "--url", FRONT, "--via", self.base_url, "--json", "--db", database, *options)

    def script(self, path: str, *scripts: Script | None) -> None:
        """Have a path answer otherwise."""
        self.scripts[path] = list(scripts)

    def asked(self, *, with_robots: bool = False) -> list[Asked]:
        """Return the requests so far in order of arrival."""
        return sorted((a for a in self.log if with_robots or a.path != "/robots.txt"), key=lambda asked: asked.at)

    def paths(self) -> list[str]:
        """Return the paths that were asked for, in order of arrival, robots.txt left out."""
        return [asked.path for asked in self.asked()]

    def page(self, path: str) -> str | None:
        """Return the page of a path; None if there is none."""
        if path == "/cn/":
            return _front_page(self.articles)
        name = path.removeprefix("/cn/国际/20230801-")
        return _article(name, self.texts.get(name, ""), self.published_at) if name in self.articles else None


def path_of(name: str) -> str:
    """Return the path of an article, percent-decoded."""
    return f"/cn/国际/20230801-{name}"


class Exchange(BaseHTTPRequestHandler):
    """One connection to the site."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        """Answer with the page, or as the path's script says."""
        site, path, at = self.server.site, unquote(self.path), time.monotonic()
        self.status = 0
        with self.server.lock:
            scripts = site.scripts.get(path, [None])
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
            script = site.storm.pop(0) if site.storm else script
        try:
            with contextlib.suppress(ConnectionError):
                self._give_page(site, path) if script is None else script(self)
                self.wfile.flush()
        finally:
            asked = Asked(path=path, at=at, headers=dict(self.headers.items()), status=self.status)
            site.log.append(asked)

    def reply(self, status: int, body: bytes | str = b"", **headers: str) -> None:
        """Answer; underscores in the names of headers stand for dashes."""
        self.status = status
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        if status != 304 and "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        if content and "Content_Type" not in headers:
            self.send_header("Content-Type", "text/html; charset=utf-8")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _give_page(self, site: ScriptedSite, path: str) -> None:
        page = site.page(path)
        if page is None:
            self.reply(404, "no such page")
            return
        if site.etag is None:
            self.reply(200, page)
            return
        honest = f'"{blake2b(page.encode(), digest_size=8).hexdigest()}"'
        etag = honest if site.etag == "honest" else site.etag
        self.reply(304, ETag=etag) if self.headers.get("If-None-Match") == etag else self.reply(200, page, ETag=etag)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Say nothing: the site keeps its own log."""


if TYPE_CHECKING:
    Script = Callable[[Exchange], None]


def answer(status: int, body: bytes | str = b"", **headers: str) -> Script:
    """Return a script that answers with this."""
    return lambda exchange: exchange.reply(status, body, **headers)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, site: ScriptedSite) -> None:
        self.site = site
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Exchange)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that hang up; whatever else goes wrong in a script fails its test by its answers."""


@contextlib.contextmanager
def serving(names: Sequence[str]) -> Iterator[ScriptedSite]:
    """Serve a site with these articles while the block lasts."""
    site = ScriptedSite(articles=list(names))
    with _Server(site) as server:
        site.base_url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield site
        finally:
            server.shutdown()


def _front_page(names: Sequence[str]) -> str:
    cards = "".join(
        f'<div class="m-item-list-article"><a href="{quote(path_of(name))}" data-article-item-link>'
        f'<p class="article__title">灯塔日志 {name}</p></a></div>'
        for name in names
    )
    return f"<!DOCTYPE html><html><head><title>RFI</title></head><body><main>{cards}</main></body></html>"


def _article(name: str, edit: str, published_at: str) -> str:
    facts = {"@type": "NewsArticle", "headline": f"灯塔日志 {name}", "datePublished": published_at}
    return (
        f'<!DOCTYPE html><html lang="zh-Hans"><head><meta charset="utf-8"><title>{name}</title>'
        f'<script type="application/ld+json">[{json.dumps(facts)}]</script></head><body><main><article>'
        f'<h1 class="t-content__title a-page-title">灯塔日志 {name}</h1><p class="t-content__chapo">{name} 的摘要。</p>'
        f'<p class="m-pub-dates"><time datetime="{published_at}">-</time></p><div class="t-content__body">'
        f"<p>第 {name} 夜：北风，浪高两米，灯光正常。{edit}</p></div></article></main></body></html>"
    )
