"""From a plan and what an operator sets to the settings of Scrapy for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.settings import Settings

from crawler.errors import BadInput
from crawler.middlewares.replay import ReplayDownloadHandler
from crawler.middlewares.via import ViaDownloadHandler

if TYPE_CHECKING:
    from scrapy.core.downloader.handlers.base import BaseDownloadHandler

    from crawler.config import Config
    from storage import CrawlPlan

# Requests under way at once where there is no delay to keep: a server of our own, or kept bytes.
UNDELAYED_CONCURRENCY = 16

# The same where a recording answers: all that may be asked for is, so that each exchange has its turn.
REPLAY_CONCURRENCY = 100_000


def run_settings(plan: CrawlPlan, config: Config) -> Settings:
    """Return Scrapy's settings for one run.

    Raises:
        BadInput: A live crawl without a contact address.
    """
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    is_live = plan.via is None and plan.archive is None
    if is_live and not config.contact:
        raise BadInput(
            "a crawl of a live site needs a contact address for the site's operators; "
            "set NEWSCRAWL_CONTACT=you@example.org, or contact in newscrawl.toml (or crawl kept bytes: newscrawl replay"
            " crawl seeds rfi-cn)"
        )
    settings.setdict(
        {
            "USER_AGENT": config.user_agent,
            "HOST_DELAY_SECONDS": plan.delay_seconds,
            "PATIENCE_SECONDS": config.patience_seconds,
            "RETRY_SECONDS": config.retry_seconds,
            "CONNECT_SECONDS": config.connect_seconds,
            "FIRST_BYTE_SECONDS": config.first_byte_seconds,
            "DOWNLOAD_TIMEOUT": config.timeout_seconds,
            "DOWNLOAD_MAXSIZE": config.max_body_bytes,
            "REDIRECT_MAX_TIMES": config.max_redirects,
        },
        priority="cmdline",
    )
    if plan.recorded_run is not None:
        settings.setdict(
            {"CONCURRENT_REQUESTS": REPLAY_CONCURRENCY, "CONCURRENT_REQUESTS_PER_DOMAIN": REPLAY_CONCURRENCY},
            priority="cmdline",
        )
    elif plan.delay_seconds == 0 and not is_live:
        settings.setdict(
            {"CONCURRENT_REQUESTS": UNDELAYED_CONCURRENCY, "CONCURRENT_REQUESTS_PER_DOMAIN": UNDELAYED_CONCURRENCY},
            priority="cmdline",
        )
    handler = _handler_of(plan)
    if handler is not None:
        handlers = {**settings.getdict("DOWNLOAD_HANDLERS"), "http": handler, "https": handler}
        settings.setdict({"DOWNLOAD_HANDLERS": handlers}, priority="cmdline")
    settings.set("VIA_URL", plan.via, priority="cmdline")
    settings.set("HTTPPROXY_ENABLED", plan.via is None, priority="cmdline")  # the server in the site's stead is at hand
    settings.set("REPLAY_ARCHIVE", plan.archive, priority="cmdline")
    return settings


def _handler_of(plan: CrawlPlan) -> type[BaseDownloadHandler] | None:
    """Return who answers the requests of a plan; None for the web itself."""
    if plan.via:
        return ViaDownloadHandler
    if plan.recorded_run:
        return ReplayDownloadHandler
    if not plan.archive:
        return None
    # what reads WARC files takes 3 MB: a crawl of the web does without
    from crawler.archives.handler import ArchiveDownloadHandler, CaptureDownloadHandler  # noqa: PLC0415 -- see above
    from crawler.archives.warc_records import holds_warc  # noqa: PLC0415 -- see above

    return CaptureDownloadHandler if holds_warc(plan.archive) else ArchiveDownloadHandler
