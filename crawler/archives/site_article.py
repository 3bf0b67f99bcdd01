"""An article page of the local site, in the template of the current platform.

A seed file as its source read it comes in, with the stories to link to; the parts of the page that differ from story
to story go out. What lies around them is in `crawler.archives.site_shell`.
Markup as on www.rfi.fr in 2022-2025.
"""

from __future__ import annotations

from datetime import UTC
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from crawler.archives.site_body import body_html
from crawler.archives.site_cards import aside, picture, section_href
from crawler.archives.site_metadata import datalayer
from crawler.archives.site_shell import RELEASES

if TYPE_CHECKING:
    from crawler.archives.site_page import ArticlePage


def main(page: ArticlePage) -> str:
    """Return ``<main>``: the article and what stands around it."""
    words = page.words
    agency = page.article.agency
    year = page.article.published_at.year if page.article.published_at else page.story.observed_at.year
    body = body_html(page.fragment, words, copyright_line=f"© {year} {agency}" if agency else None)
    lead = (
        f'<p class="t-content__chapo">\n        {escape(page.article.lead, quote=False)}        </p>'
        if page.article.lead
        else ""
    )
    media = _main_media(page)
    share = _share_bar(page)
    is_oldest_release = page.release is RELEASES[0]
    # in 2022 the lead stood below the picture and the share bar below the title; since 2023 it is the other way round
    opening = f"{share}{_dates(page)}{media}{lead}" if is_oldest_release else f"{lead}{_dates(page)}{media}"
    return f"""<main data-nav-container role="main">
<div class="t-content t-content--article" id="main-content" tabindex="-1">
{_breadcrumb(page)}
<article class="t-content__article-wrapper" data-article-content>
    {_section(page)}
    <h1 class="t-content__title a-page-title">{escape(page.title, quote=False)}</h1>
    {opening}
    {_authors(page)}
    <div class="t-content__body u-clearfix">{body}</div>
    {"" if is_oldest_release else share}
    <div class="t-content__related">{aside(words.same_topic, page.same_topic)}</div>
</article>
{_tags(page)}
<div class="t-content__list-content">{aside(words.other_news, page.other_news)}</div>
<script id="datalayer" type="application/json">
    {datalayer(page)}
</script>
</div>
</main>"""


def _section(page: ArticlePage) -> str:
    """Return the label above the title: the programme with a link to its page, or the section."""
    programme = page.article.programme
    if programme:
        href = section_href(page.edition, page.story.sections[-1])
        return (
            f'<a href="{href}" class="a-program-link" title="{escape(programme)}">{escape(programme, quote=False)}</a>'
        )
    if not page.section:
        return ""
    label = f'<span class="a-tag__wrapper">{escape(page.section)}</span>'
    return f'<div class="t-content__section a-tag">{label}</div>'


def _breadcrumb(page: ArticlePage) -> str:
    items = "".join(
        f'<li class="m-breadcrumb__list__item"><span class="m-breadcrumb__list__item__separator">/</span>'
        f'<a href="{section_href(page.edition, section)}" class="m-breadcrumb__list__item__link">'
        f"{escape(section.rsplit('/', 1)[-1])}</a></li>"
        for section in page.sections
    )
    return f"""<nav class="m-breadcrumb"><ol class="m-breadcrumb__list">
    <li class="m-breadcrumb__list__item"><a href="/{page.edition.prefix}/" \
class="m-breadcrumb__list__item__link a-svg a-svg--picto-home" aria-label="{page.words.home}">{page.words.home}</a></li>
    {items}
</ol></nav>"""


def _dates(page: ArticlePage) -> str:
    """Return the printed dates; a second one only where the page states a later edit."""
    article = page.article
    if article.published_at is None:
        return ""
    moments = [article.published_at]
    if article.modified_at and article.modified_at > article.published_at:
        moments.append(article.modified_at)
    zone = page.edition.source.zone
    times = "".join(
        f'<span class="m-pub-dates__date">{page.words.published} '
        f'<time datetime="{moment.astimezone(UTC).isoformat(timespec="seconds")}" pubdate="pubdate">'
        f"{moment.astimezone(zone):%d/%m/%Y - %H:%M}</time></span>"
        for moment in moments
    )
    minutes = 1 + sum(map(len, article.paragraphs)) // 300
    return f"""<div class="t-content__dates t-content__dates--reading-time"><p class="m-pub-dates">{times}</p>
    <div class="a-reading-time"><span class="a-svg a-svg--picto-clock" title="{page.words.reading_time}"></span> \
{minutes} {page.words.minutes}</div>
</div>"""


def _main_media(page: ArticlePage) -> str:
    if not page.picture:
        return ""
    main_picture = page.article.images[0]
    caption = main_picture.caption or ""
    legends = "".join(
        f'<span class="a-media-legend">{escape(text, quote=False)}</span>'
        for text in (main_picture.caption, main_picture.credit)
        if text
    )
    figcaption = f'<figcaption class="m-figure__caption a-figcaption">{legends}</figcaption>' if legends else ""
    return f"""<div class="t-content__main-media"><figure class="m-figure m-figure--16x9 m-item-image">
    {picture(page.picture, caption, 980, "eager")}
    {figcaption}
</figure></div>"""


def _authors(page: ArticlePage) -> str:
    if not page.article.authors:
        return ""
    links = "".join(
        f'<a href="{page.author_href(name)}" title="{escape(name)}" class="m-from-author__name">\n'
        f"    {escape(name, quote=False)}\n</a>"
        for name in page.article.authors
    )
    return f"""<div class="t-content__authors-tts"><div class="m-from-author">
    <span class="m-from-author__by-label">{page.words.by}</span>{links}
</div></div>"""


def _share_bar(page: ArticlePage) -> str:
    short = f"https://rfi.my/{page.number % 46_656:04X}"
    text = quote(page.title)
    targets = (
        (
            "facebook",
            f"https://www.facebook.com/dialog/share?href={quote(short, '')}.F&redirect_uri={quote(page.story.url, '')}",
        ),
        ("whatsapp", f"whatsapp://send?text={text}%20-%20{quote(short, '')}.W"),
        ("twitter-x", f"https://x.com/intent/tweet?url={quote(short, '')}.X&text={text}"),
    )
    links = "".join(
        f'<a href="{escape(href)}" class="m-share-bar__link a-picto-social" target="_blank" rel="noopener nofollow">'
        f'<span class="a-svg a-svg--picto-social-{name}"></span></a>'
        for name, href in targets
    )
    return f"""<div class="t-content__shares"><div class="t-content__shares__title">{page.words.share}</div>
    <div class="m-share-bar">{links}<span class="m-share-bar__link" data-root-share>\
<share-button v-on:open="openModal"></share-button></span></div>
</div>"""


def _tags(page: ArticlePage) -> str:
    items = "".join(
        f'<li class="m-tags-list__tag"><a href="{quote(f"/{page.edition.prefix}/关键词/{tag}/")}" class="a-hot-tag" '
        f'title="{escape(tag)}">{escape(tag, quote=False)}</a></li>'
        for tag in page.tags
    )
    return f"""<div class="t-content__tags"><div class="t-content__tags__title">{page.words.more_on_topics}</div>
    <ul class="m-tags-list">{items}</ul>
</div>"""
