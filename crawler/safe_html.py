"""HTML from outside made safe to show, whoever wrote it."""

from __future__ import annotations

import nh3

# As in article HTML that we wrote ourselves; `crawler.sources.fmm.body` allows fewer elements still.
_SCHEMES = {"http", "https", "mailto"}


def clean_html(html: str) -> str:
    """Return HTML without anything that runs, loads frames or leads to other than web and mail addresses.

    HTML that our own readers wrote comes back as it is.

    >>> clean_html('<p onclick="x()">说<script>alert(1)</script></p><a href="javascript:x()">到</a>')
    '<p>说</p><a>到</a>'
    """
    cleaned = nh3.clean(html, link_rel=None, url_schemes=_SCHEMES)
    # it writes a no-break space as a reference, our readers write the character
    return cleaned.replace("&nbsp;", "\xa0")
