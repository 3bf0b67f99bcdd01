"""Whom a request speaks to: the site's host, or a server or kept bytes that answer in its stead."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from storage import CrawlPlan


def stand_in_of(plan: CrawlPlan) -> str:
    """Return who answers in the site's stead; empty where the site answers itself."""
    return host_and_odd_port(plan.via) if plan.via else "archive" if plan.archive else ""


def host_and_odd_port(url: str) -> str:
    """Return whom a URL speaks to: its host, and its port where that is not the usual one."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.hostname}:{parts.port}" if parts.port not in (None, usual) else parts.hostname or ""
