"""What a robots.txt that was fetched means, by RFC 9309; pure, so that crawls and `newscrawl doctor` judge alike.

Source: https://www.rfc-editor.org/rfc/rfc9309, read 2026-11-23: five redirects are followed (2.3.1.2), 4xx allows
everything (2.3.1.3), a server that fails or cannot be reached disallows everything (2.3.1.4), a copy is used for 24
hours at most (2.4).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from protego import Protego

if TYPE_CHECKING:
    from datetime import datetime

    from storage import KeptRobots

PRODUCT_TOKEN = "newscrawl"
"""What the groups of a robots.txt are matched against."""

MAX_REDIRECTS = 5

KEPT_FOR = timedelta(days=1)

# A host whose robots.txt fails is asked again after this; all its URLs wait for as long.
FAILED_KEPT_FOR = timedelta(minutes=10)

# RFC 9309, section 2.5: at least 500 kibibytes are read.
MAX_BYTES = 500 * 1024

# A site that asks for more would get a page or two an hour; it is told apart from a mistake no longer.
LONGEST_CRAWL_DELAY_SECONDS = 300.0


def is_missing(kept: KeptRobots) -> bool:
    """Could it not be had? 429 asks for time; it does not say that everything is allowed."""
    return kept.status == 0 or kept.status >= 500 or kept.status == 429


def good_until(kept: KeptRobots) -> datetime:
    """Return until when it may be taken at its word."""
    return kept.fetched_at + (FAILED_KEPT_FOR if is_missing(kept) else KEPT_FOR)


def rules_of(kept: KeptRobots) -> Protego:
    """Return the rules of a robots.txt that could be had; one that is not there allows everything."""
    return Protego.parse(_as_text(kept.body) if kept.status < 300 else "")


def crawl_delay_seconds(rules: Protego) -> float:
    """Return the pause that a site asks us for, within reason; 0 for none."""
    return min(rules.crawl_delay(PRODUCT_TOKEN) or 0.0, LONGEST_CRAWL_DELAY_SECONDS)


def _as_text(body: bytes) -> str:
    """Decode a robots.txt, without its byte-order mark and without a last line that the size limit has cut."""
    text = body.decode("utf-8-sig", "replace")
    return text if len(body) < MAX_BYTES else text[: text.rfind("\n") + 1]
