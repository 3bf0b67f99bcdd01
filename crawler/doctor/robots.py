"""robots.txt of each source: may its pages be fetched, and at what pace?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crawler.doctor.asking import ask_robots
from crawler.doctor.clock import compare_clocks
from crawler.doctor.diagnosis import Diagnosis, error, ok, warning
from crawler.doctor.words import span_in_words
from crawler.robots_rules import PRODUCT_TOKEN, crawl_delay_seconds, is_missing, rules_of
from crawler.stand_in import host_and_odd_port
from storage import KeptRobots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from crawler.sources import Source
    from storage import Store

# Longest wait for a host's turn; whoever asks for a diagnosis waits for it.
PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How sites are asked."""

    via: str | None
    agent: str
    delay_seconds: float
    timeout_seconds: float
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]


def check_robots(sources: Iterable[Source], store: Store | None, manners: Manners) -> Iterator[Diagnosis]:
    """Ask each site once, when its turn has come, and look what that means for the sources on it.

    Args:
        sources: Whose pages are to be crawled.
        store: Where the pace of hosts and their robots.txt are kept; None if there is none yet.
        manners: How to ask.
    """
    sites: dict[str, list[Source]] = {}
    for source in sources:
        home = urlsplit(source.home_url)
        sites.setdefault(f"{home.scheme}://{home.netloc}", []).append(source)
    for site, ours in sites.items():
        host = host_and_odd_port(manners.via or site)
        check = f"robots.txt of {host}"
        if (pause := _wait_for_turn(host, check, store, manners)) is not None:
            yield pause
            continue
        answer = ask_robots(
            site,
            via=manners.via,
            agent=manners.agent,
            timeout_seconds=manners.timeout_seconds,
            clock=manners.clock,
        )
        kept = KeptRobots(status=answer.status, body=answer.body, fetched_at=answer.answered_at)
        # one that could not be had would keep the next run waiting, when the network may be mended by then
        if store is not None and not is_missing(kept):
            store.hosts.keep_robots(host, kept)
        yield from _judge(kept, check, ours, why=answer.trouble or f"HTTP {answer.status}", manners=manners)
        if answer.server_time is not None:
            yield compare_clocks(answer.server_time, answer.answered_at, whose=host)


def _wait_for_turn(host: str, check: str, store: Store | None, manners: Manners) -> Diagnosis | None:
    """Wait until a host may be asked; return what is to be said where that is too long."""
    if store is None:
        return None
    now = manners.clock()
    moment = store.hosts.reserve(host, delay=timedelta(seconds=manners.delay_seconds), now=now, within=PATIENCE)
    if moment - now > PATIENCE:
        why = store.hosts.state(host, now=now).why_paused or "another run has taken the next turns"
        found = f"{host} is not to be asked for another {span_in_words(moment - now)}: {why}"
        return warning(check, found, f"ask again after {moment:%Y-%m-%d %H:%M} UTC")
    manners.sleep(max(0.0, (moment - now).total_seconds()))
    return None


def _judge(
    kept: KeptRobots, check: str, sources: Sequence[Source], *, why: str, manners: Manners
) -> Iterator[Diagnosis]:
    if is_missing(kept):
        remedy = (
            f"check the network, and {manners.via}"
            if manners.via
            else "check the network; else ask the site's operators"
        )
        yield error(check, f"it cannot be had ({why}), so nothing would be fetched from there", remedy)
        return
    rules = rules_of(kept)
    for source in sources:
        if not rules.can_fetch(source.home_url, PRODUCT_TOKEN):
            yield error(check, f"it forbids {source.home_url}", f"do not crawl {source.name}, or ask its operators")
            continue
        barred = [url for url in source.section_urls if not rules.can_fetch(url, PRODUCT_TOKEN)]
        if barred:
            named = ", ".join(unquote(url) for url in barred[:3]) + (" …" if len(barred) > 3 else "")
            yield warning(check, f"it forbids {len(barred)} sections of {source.name}: {named}", "they are left out")
        else:
            pages = f"the front page and {len(source.section_urls)} sections of {source.name}"
            yield ok(check, f"{why}, allows {pages}")
    if (delay := crawl_delay_seconds(rules)) > manners.delay_seconds:
        yield ok(check, f"it asks for {delay:g} s between requests, which is kept")
