"""What a run may do on the network, as Scrapy is told and as the system sees it."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from scripted import Exchange, answer, path_of, serving

from crawler.config import Config
from crawler.errors import BadInput
from crawler.garbage import collecting_seldom
from crawler.run_settings import run_settings
from storage import CrawlKind, CrawlPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from children import Child
    from conftest import Ended
    from scrapy.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PLAN = CrawlPlan(source="rfi-cn", kind=CrawlKind.ONEOFF)


@pytest.fixture
def live() -> Settings:
    """Return the settings of a crawl of the live site."""
    return run_settings(PLAN, Config(contact="desk@example.org"))


def test_the_network_is_https_and_http_alone_and_verified(live: Settings) -> None:
    """No file, data, ftp or s3 addresses; certificates are verified."""
    handlers = live.getwithbase("DOWNLOAD_HANDLERS")
    assert sorted(scheme for scheme, handler in handlers.items() if handler is not None) == ["http", "https"]
    assert live.getbool("DOWNLOAD_VERIFY_CERTIFICATES") is True


def test_bodies_and_redirects_have_limits(live: Settings) -> None:
    """10 MiB, which `crawler.middlewares.compression` keeps after unpacking too; five redirects; a minute."""
    assert live.getint("DOWNLOAD_MAXSIZE") == 10 * 1024**2
    assert live.getint("REDIRECT_MAX_TIMES") == 5
    assert (live.getint("CONNECT_SECONDS"), live.getint("FIRST_BYTE_SECONDS")) == (10, 20)
    assert live.getint("DOWNLOAD_TIMEOUT") == 60


def test_nothing_of_scrapys_own_listens_remembers_or_disguises(live: Settings) -> None:
    """Remote control, telnet, cookies, caches and retries behind our back are off."""
    off = ("REMOTE_CONTROL_ENABLED", "TELNETCONSOLE_ENABLED", "COOKIES_ENABLED", "HTTPCACHE_ENABLED", "RETRY_ENABLED")
    assert {name: live.getbool(name) for name in off} == dict.fromkeys(off, False)
    assert (live.getfloat("HOST_DELAY_SECONDS"), live["USER_AGENT"]) == (1.0, "newscrawl/0.1.0 (+desk@example.org)")


def test_a_crawl_of_the_web_imports_nothing_for_warc_files() -> None:
    """What reads and writes them takes 4 MB, and is for runs that are recorded or replayed."""
    script = (
        "import sys, crawler.runs, crawler.settings\n"
        "print({'fastwarc', 'fsspec', 'resiliparse', 'warcio'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True)
    assert (ran.stdout, ran.stderr) == ("set()\n", "")


def test_of_scrapys_own_parts_nothing_is_loaded_that_is_not_named(live: Settings) -> None:
    """What is off is not even imported; a new release of Scrapy that brings a further part changes nothing."""

    def of_scrapy(setting: str) -> list[str]:
        named = live.get_component_priority_dict_with_base(setting)
        paths = (part if isinstance(part, str) else f"{part.__module__}.{part.__name__}" for part in named)
        return sorted(path.rpartition(".")[2] for path in paths if path.startswith("scrapy."))

    assert of_scrapy("EXTENSIONS") == ["CoreStats", "LogCount", "LogStats"]
    assert of_scrapy("SPIDER_MIDDLEWARES") == ["HttpErrorMiddleware"]
    assert of_scrapy("DOWNLOADER_MIDDLEWARES") == [
        "DefaultHeadersMiddleware",
        "HttpProxyMiddleware",
        "RedirectMiddleware",
        "UserAgentMiddleware",
    ]


def test_garbage_is_collected_as_before_when_a_crawl_has_ended() -> None:
    """Even when it ends badly: the process may be somebody else's."""
    before = gc.get_threshold(), gc.get_freeze_count()
    with contextlib.suppress(InterruptedError), collecting_seldom():
        during = gc.get_threshold()
        assert gc.get_freeze_count() > before[1]
        raise InterruptedError
    assert during[0] > before[0][0]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_a_live_crawl_needs_a_contact() -> None:
    """Nobody crawls a site without saying who it is."""
    with pytest.raises(BadInput, match="NEWSCRAWL_CONTACT"):
        run_settings(PLAN, Config())


def test_a_running_crawl_listens_nowhere(
    start_child: Callable[..., Child],
    wait_for: Callable[[Child], Ended],
    tmp_path: Path,
) -> None:
    """No socket is open but those to the site, and no cookie that it set comes back."""
    is_asked, was_looked_at = threading.Event(), threading.Event()

    def hold(exchange: Exchange) -> None:
        is_asked.set()
        was_looked_at.wait(60)
        exchange.reply(410)

    with serving(["one", "two"]) as site:
        site.script("/robots.txt", answer(404, Set_Cookie="visitor=1; Path=/"))
        site.script(path_of("one"), hold)
        with start_child(*site.crawl(tmp_path)) as child:
            assert is_asked.wait(60)
            connections = psutil.Process(child.pid).net_connections(kind="all")
            was_looked_at.set()
            ended = wait_for(child)
        port = int(site.base_url.rpartition(":")[2])
    assert ended.code == 0, ended
    to_the_site = [one for one in connections if one.raddr and one.raddr.port == port]
    rest = [one for one in connections if one not in to_the_site and (one.laddr or one.status == psutil.CONN_LISTEN)]
    assert (len(to_the_site) >= 1, rest) == (True, [])
    assert {"Cookie" in asked.headers for asked in site.log} == {False}
