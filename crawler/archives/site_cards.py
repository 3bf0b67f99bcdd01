"""The pieces that listings and article pages share: cards, pictures, the live column, the frame of a page.

Markup as on www.rfi.fr in 2023-2025; hrefs are root-relative, so that a person can browse the
site under any host name.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from crawler.archives.site_menus import footer_menu, header_menu

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.archives.site_index import Edition, Story
    from crawler.archives.site_words import Words

_DISPLAY = re.compile(r"^(https://s\.rfi\.fr/media/display/[0-9a-f-]+/)(?:w:\d+/)?(?:p:\d+x\d+/)?([^/]+)$")
_EXTENSION = re.compile(r"\.\w{2,5}$")


def section_href(edition: Edition, section: str, page: int = 1) -> str:
    """Return the root-relative address of a section page; an empty section is the front page."""
    path = quote(f"/{edition.prefix}/{section}/" if section else f"/{edition.prefix}/")
    return path if page == 1 else f"{path}{page}/#pager"


def sized(url: str, width: int, ratio: str = "16x9") -> str:
    """Return the address of a picture in one of the sizes that the picture server offers.

    >>> sized("https://s.rfi.fr/media/display/3c71-02c8/w:310/p:16x9/a.jpg", 1280)
    'https://s.rfi.fr/media/display/3c71-02c8/w:1280/p:16x9/a.jpg'
    """
    return _DISPLAY.sub(rf"\1w:{width}/p:{ratio}/\2", url)


def picture(url: str, alt: str, width: int, loading: str) -> str:
    """Return a ``<picture>`` in several sizes, WebP first."""
    widths = [w for w in (177, 388, 480, 720, 980, 1024) if w <= width]
    plain = ",".join(f"{sized(url, w)} {w}w" for w in widths)
    webp = ",".join(f"{_EXTENSION.sub('.webp', sized(url, w))} {w}w" for w in widths)
    sizes = "(max-width: 639px) calc(37vw - 32px), (max-width: 1023px) calc(21vw - 36px), (min-width: 1024px) 200px"
    return f"""<picture class="a-picture a-picture--16x9">
        <source type="image/webp" srcset="{escape(webp)}" sizes="{sizes}">
        <img fetchpriority="low" src="{escape(sized(url, width))}" srcset="{escape(plain)}" sizes="{sizes}" \
width="{width}" height="{width * 9 // 16}" alt="{escape(alt)}" loading="{loading}" class="a-img lazy">
    </picture>"""


def card(story: Story, *, level: int = 2, kind: str = "") -> str:
    """Return one card of a list: picture, section, title; picture and title both link to the story."""
    href = escape(story.href)
    image = (
        f'<a class="m-item-image m-item-image--16x9 article__figure-wrapper" href="{href}" data-article-item-link '
        f'aria-hidden="true" tabindex="-1">{picture(story.image, "", 480, "lazy")}</a>'
        if story.image
        else ""
    )
    heading = f"<h2>{escape(story.title, quote=False)}</h2>"
    if level != 2:
        heading = heading.replace("<h2>", f'<h2 aria-level="{level}">')
    tag = escape(story.sections[-1].rsplit("/", 1)[-1])
    return f"""<div class="o-layout-list__item l-m-100 l-t-50 l-d-50">
    <div class="m-item-list-article {kind}" data-article-list>
        <div class="m-item-list-article__wrapper">
            {image}
            <div class="article__infos">
                <div class="a-tag"><span class="a-tag__wrapper ">{tag}</span></div>
                <div class="article__title "><a href="{href}" data-article-item-link>
                    {heading}
                </a></div>
            </div>
        </div>
    </div>
</div>"""


def cards(stories: Iterable[Story], *, level: int = 2, kind: str = "") -> str:
    """Return cards in the grid of a list."""
    return f'<div class="o-layout-list ">{"".join(card(story, level=level, kind=kind) for story in stories)}</div>'


def aside(title: str, stories: Iterable[Story], *, kind: str = "m-item-list-article--keep-it-horizontal") -> str:
    """Return a titled block of cards."""
    return f"""<aside data-org-type="aside-content--related" class="o-aside-content o-aside-content--related">
    <div class="o-aside-content__row"><div class="o-aside-content__title a-aside-title" role="heading" aria-level="2">\
<span class="a-aside-title__content">{escape(title)}</span></div></div>
    {cards(stories, kind=kind)}
</aside>"""


def live_column(edition: Edition, stories: Iterable[Story], words: Words) -> str:
    """Return the column of latest news, with local times."""
    items = "".join(_live_item(edition, story, words) for story in stories)
    return f"""<aside data-org-name="1" data-org-type="banana-split" class="o-aside-content o-aside-content--news-feed">
    <div class="o-aside-content__row"><div class="o-aside-content__title a-aside-title">\
<p class="a-aside-title__content" role="heading" aria-level="2">{words.live}</p></div></div>
    <ol class="o-layout-list o-layout-list--news-feed">{items}</ol>
</aside>"""


def _live_item(edition: Edition, story: Story, words: Words) -> str:
    local = story.published_at.astimezone(edition.source.zone)
    origin = f'<div class="news__metadata__source">{words.wire}</div>' if story.is_wire else ""
    return f"""<li class="o-layout-list__item"><div class="m-item-news-feed">
    <div class="news__metadata"><div class="news__metadata__time">\
<time datetime="{local.isoformat()}">{local:%H:%M}</time></div>{origin}</div>
    <div class="news__content"><div class="news__content__title">\
<a href="{escape(story.href)}" title="{escape(story.title)}"><h2 aria-level="3">\
{escape(story.title, quote=False)}</h2></a></div></div>
</div></li>"""


def carousel(stories: Iterable[Story]) -> str:
    """Return a row of stories to swipe through."""
    items = "".join(
        f'<div class="m-carousel-item"><div class="m-carousel-item__title"><a href="{escape(story.href)}">'
        f"{escape(story.title, quote=False)}</a></div></div>"
        for story in stories
    )
    return f'<div class="o-carousel" data-carousel>{items}</div>'


def pager(edition: Edition, section: str, page: int, last_page: int, words: Words) -> str:
    """Return the links to the neighbouring pages of a listing; nothing where there is one page only."""
    links = []
    if page > 1:
        links.append(f'<a rel="prev" href="{section_href(edition, section, page - 1)}">{words.previous_page}</a>')
    if page < last_page:
        links.append(f'<a rel="next" href="{section_href(edition, section, page + 1)}">{words.next_page}</a>')
    return f'<nav class="m-pagination" id="pager">{"".join(links)}</nav>' if links else ""


def header(edition: Edition, words: Words) -> str:
    """Return the top of every page: logo, menus, sections."""
    items = "".join(
        f'<li class="o-tag-list__item"><a href="{section_href(edition, section)}" class="a-hot-tag">'
        f"{escape(section.rsplit('/', 1)[-1])}</a></li>"
        for section in edition.sections
    )
    title = escape(edition.source.title)
    return f"""<a class="a-a11y-skip-main" href="#main-content" tabindex="0">{words.skip_to_main}</a>
<header class="o-header" role="banner"><div class="o-header__inner">
    <nav class="o-header-nav" role="navigation"><div class="a-header-entry a-header-entry--home">
        <a class="a-home-link" href="/{edition.prefix}/" aria-label="{title}: {words.home}"><strong>{title}</strong></a>
    </div>{header_menu()}</nav>
</div></header>
<div class="o-tag-list-wrapper" data-sub-navigation><div class="o-tag-list">
    <nav class="o-tag-list__wrapper u-horizontal-scroll" role="navigation">
        <ul class="o-tag-list__scrollable" data-horizontal-scroll>{items}</ul>
    </nav>
</div></div>"""


def footer(edition: Edition) -> str:
    """Return the bottom of every page."""
    items = "".join(
        f'<li class="m-nav-list__list__item"><a href="{section_href(edition, section)}" class="a-nav-link" '
        f"data-menu-link>{escape(section.rsplit('/', 1)[-1])}</a></li>"
        for section in edition.sections
    )
    return f"""<div class="o-footer"><footer class="o-footer__inner" role="contentinfo">
    <div class="o-footer__block"><ul class="m-nav-list__list">{items}</ul></div>
    {footer_menu()}
    <p class="a-footer-credits">{escape(edition.source.title)} · newscrawl replay</p>
</footer></div>"""
