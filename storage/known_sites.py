"""What is known of hosts: which are https, which are other doors to the same pages.

Data for `storage.identity`; to teach it a site, add a `Site` or a domain here. Facts read from public archives in
2026-11, none checked against the live sites. A fact we do not have is left out: two addresses of one article cost
an alias later, two articles under one address cost an article.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

HTTPS_DOMAINS = frozenset({
    "rfi.fr", "rfi.ro", "rfi.my", "france24.com", "mc-doualiya.com", "france24-mcd-rfi.com",
    # Outlets that stand beside RFI in the archive; all redirect http to https.
    "bbc.co.uk", "bbc.com", "chinadigitaltimes.net", "cna.com.tw", "dw.com", "economist.com", "epochtimes.com",
    "ft.com", "nytimes.com", "reuters.com", "rfa.org", "rti.org.tw", "solidot.org", "voachinese.com", "zaobao.com",
})  # fmt: skip
"""Domains whose hosts, and all below them, serve the same pages under http and https."""

DOORS = ("m", "t", "amp", "instantarticles")
"""Leading labels of the mobile, tablet, AMP and Facebook hosts of the platform that RFI and France 24 share."""

OLD_EDITION_HOSTS = {
    "cn.rfi.fr": "/cn",
    "trad.cn.rfi.fr": "/tw",
    "en.rfi.fr": "/en",
    # Weak from here on: home pages of 2017 link these hosts; that the rest of the path is unchanged under
    # www.rfi.fr is known for cn only.
    "es.rfi.fr": "/es",
    "pt.rfi.fr": "/pt",
    "br.rfi.fr": "/br",
    "ha.rfi.fr": "/ha",
    "sw.rfi.fr": "/sw",
    "ma.rfi.fr": "/ma",
    "ru.rfi.fr": "/ru",
    "vi.rfi.fr": "/vi",
    "km.rfi.fr": "/km",
    "fa.rfi.fr": "/fa",
}
"""Host of an edition before 2020 -> the path under which www.rfi.fr has carried it since.

Left out: the names before about 2013 (``chinese.rfi.fr``, ``viet.rfi.fr`` …), whose paths were others, and
``portugues.rfi.fr``, which served both pt and br.
"""

PLATFORM_FORMS = frozenset({
    "amp", "amp=1", "amp=true", "print", "print=1", "print=true", "output=amp", "outputtype=amp",
})  # fmt: skip
"""Query parameters that choose a form of one and the same page, lower-case, with their value where it matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site: the host under which we file its pages, and the other doors to them."""

    host: str
    aliases: tuple[str, ...] = ()
    """Hosts that answer the same paths with the same pages."""
    prefixed: tuple[tuple[str, str], ...] = ()
    """(host, path prefix): hosts whose ``/x`` is ``/prefix/x`` here."""
    forms: frozenset[str] = frozenset()
    """Query parameters, as in `PLATFORM_FORMS`, that do not change which page it is."""
    form_endings: tuple[str, ...] = ()
    """Endings of the path of a dated article (``/YYYYMMDD-slug``) that show the same article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHost:
    """What `storage.identity` needs to know of the host of one URL."""

    canonical: str
    """The host under which the page is filed; the host itself when nothing is known."""
    prefix: str = ""
    """Path prefix that pages get when filed, such as ``/cn``."""
    is_https: bool = False
    forms: frozenset[str] = frozenset()
    form_endings: tuple[str, ...] = ()


def _doors(host: str) -> tuple[str, ...]:
    """Return the doors to ``www.example.org``: ``example.org``, ``m.example.org`` …; below www. only, if it has it."""
    bare = host.removeprefix("www.")
    spellings = (bare, f"www.{bare}", *(f"{door}.{bare}" for door in DOORS))
    return tuple(spelling for spelling in spellings if spelling != host)


def _platform_site(host: str, **more: tuple[tuple[str, str], ...]) -> Site:
    """Return a site of the platform that RFI and France 24 share."""
    return Site(host=host, aliases=_doors(host), forms=PLATFORM_FORMS, form_endings=("/amp",), **more)


SITES = (
    _platform_site(
        "www.rfi.fr",
        prefixed=tuple(
            (door, prefix) for host, prefix in OLD_EDITION_HOSTS.items() for door in (host, *_doors(host))
        ),
    ),
    _platform_site("www.rfi.ro"),
    _platform_site("francaisfacile.rfi.fr"),
    _platform_site("www.france24.com"),
    _platform_site("observers.france24.com"),
    _platform_site("www.mc-doualiya.com"),
)  # fmt: skip

_PLACES = {
    place: (site, prefix)
    for site in SITES
    for place, prefix in ((site.host, ""), *((alias, "") for alias in site.aliases), *site.prefixed)
}


# Bounded because hosts come from the web; a crawl meets a handful.
@lru_cache(maxsize=1024)
def known_host(host: str) -> KnownHost:
    """Return what is known of a host.

    Args:
        host: Lower-case, punycode, without port, as a WHATWG parser prints it.

    >>> known_host("m.cn.rfi.fr").canonical, known_host("m.cn.rfi.fr").prefix
    ('www.rfi.fr', '/cn')
    >>> known_host("blog.example").canonical
    'blog.example'
    """
    labels = host.split(".")
    is_https = any(".".join(labels[start:]) in HTTPS_DOMAINS for start in range(len(labels) - 1))
    if host not in _PLACES:
        return KnownHost(canonical=host, is_https=is_https)
    site, prefix = _PLACES[host]
    return KnownHost(
        canonical=site.host, prefix=prefix, is_https=is_https, forms=site.forms, form_endings=site.form_endings
    )
