"""The menus around every page of the local site: a thousand elements that nobody reads, and every parser must pass.

Counted on twelve real article pages of 2019-2025: 850 to 1,380 elements, of which about 250 in the header's menus, 270
in the footer, 350 in ``<main>``, and the rest in head and pictograms. Their addresses lead nowhere; all words are
invented.
"""

from __future__ import annotations

import functools

_GROUPS = ("news", "podcasts", "video", "learning", "about")
_ENTRIES = (
    "headlines", "live", "archive", "letters", "maps", "figures", "culture", "science", "sport", "weather", "help",
)  # fmt: skip
_LANGUAGES = (
    "English", "Español", "Français", "Português", "Русский", "Tiếng Việt", "中文", "فارسی", "Hausa", "Kiswahili",
    "Mandenkan", "Fulfulde", "Українська", "ខ្មែរ", "Română", "繁體中文",
)  # fmt: skip
_NETWORKS = ("facebook", "x", "instagram", "youtube", "telegram", "whatsapp", "tiktok", "rss", "deezer", "tunein")


@functools.cache
def header_menu() -> str:
    """Return the menu behind the header's button: groups of entries, and the languages."""
    groups = "".join(
        f'<div class="o-site-nav__group" data-menu-group><button class="a-button a-button--nav" type="button" '
        f'aria-expanded="false"><span class="a-svg a-svg--picto-arrow"></span>{group}</button>'
        f'<ul class="m-nav-list__list" hidden>{_entries(group)}</ul></div>'
        for group in _GROUPS
    )
    languages = "".join(
        f'<li class="m-languages__item"><a href="#language-{number}" class="a-nav-link" data-menu-link>'
        f'<span class="a-nav-link__label">{language}</span></a></li>'
        for number, language in enumerate(_LANGUAGES)
    )
    return (
        f'<nav class="o-site-nav" data-site-nav><div class="o-site-nav__inner">{groups}</div>'
        f'<ul class="m-languages">{languages}</ul></nav>'
    )


@functools.cache
def footer_menu() -> str:
    """Return the columns of the footer and the pictograms of the networks."""
    columns = "".join(
        f'<div class="o-footer__column"><div class="m-nav-list"><p class="m-nav-list__title"><span>{group}</span></p>'
        f'<ul class="m-nav-list__list">{_entries(f"{group}-footer")}</ul></div></div>'
        for group in _GROUPS
    )
    networks = "".join(
        f'<li class="m-socials__item"><a href="#{network}" class="a-picto-social" rel="noopener nofollow">'
        f'<svg viewBox="0 0 24 24" aria-hidden="true"><g fill="none"><path d="M2 2h20v20H2z"/><path d="M4 {number}h9"/>'
        f'</g></svg><span class="u-hidden">{network}</span></a></li>'
        for number, network in enumerate(_NETWORKS)
    )
    return f'<div class="o-footer__columns">{columns}</div><ul class="m-socials">{networks}</ul>'


def _entries(group: str) -> str:
    return "".join(
        f'<li class="m-nav-list__list__item"><a href="#{group}-{entry}" class="a-nav-link" data-menu-link>'
        f'<span class="a-nav-link__label">{entry}</span></a></li>'
        for entry in _ENTRIES
    )
