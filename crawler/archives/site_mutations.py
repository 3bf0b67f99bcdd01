"""Layout changes that real sites have made, for the article pages of the local site: (html) -> html.

Each is what a redesign, a new content system or a broken release does to a template; the articles stay the same.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_JSON_LD = re.compile(r'\s*<script type="application/ld\+json">.*?</script>', re.DOTALL)
_LEAD = re.compile(r'<p class="t-content__chapo">.*?</p>', re.DOTALL)
_TIME = re.compile(r'<time datetime="([^"]*)"[^>]*>([^<]*)</time>')
_METAS = re.compile(r'\s*<meta property="(?:article|og):[^>]*>')
_DATALAYER = re.compile(r'<script id="datalayer".*?</script>', re.DOTALL)
_AUTHORS = re.compile(r'<div class="t-content__authors-tts">.*?</div></div>', re.DOTALL)
_BREADCRUMB = re.compile(r'<nav class="m-breadcrumb">.*?</nav>', re.DOTALL)
_MAIN_MEDIA = re.compile(r'<div class="t-content__main-media">.*?</figure></div>', re.DOTALL)
_DATES = re.compile(r'<div class="t-content__dates.*?</div>\s*</div>', re.DOTALL)
_HEADING = re.compile(r'<h1 class="t-content__title a-page-title">(.*?)</h1>', re.DOTALL)
_BODY_OPEN = '<div class="t-content__body u-clearfix">'
_PRINTED = re.compile(r"(\d\d)/(\d\d)/(\d{4}) - (\d\d:\d\d)")


def _renamed(old: str, new: str) -> Callable[[str], str]:
    """Return a mutation that gives a class another name."""
    name = re.escape(old)
    # the name first: it is found many times as fast as a place where it may begin
    pattern = re.compile(rf"{name}(?<![\w-]{name})(?![\w-])")
    return lambda html: pattern.sub(new, html)


def _without(pattern: re.Pattern[str]) -> Callable[[str], str]:
    return lambda html: pattern.sub("", html)


def _title_renamed(html: str) -> str:
    return _HEADING.sub(r'<h1 class="c-headline">\1</h1>', html)


def _title_demoted(html: str) -> str:
    return _HEADING.sub(r'<h2 class="c-headline">\1</h2>', html)


def _lead_in_body(html: str) -> str:
    """Move the lead into the body, as its first paragraph without a class."""
    lead = _LEAD.search(html)
    if lead is None:
        return html
    plain = lead[0].replace(' class="t-content__chapo"', "")
    return _LEAD.sub("", html).replace(_BODY_OPEN, _BODY_OPEN + plain)


def _lead_above_article(html: str) -> str:
    """Move the lead out of the article, above it."""
    lead = _LEAD.search(html)
    return _LEAD.sub("", html).replace("<article ", f"{lead[0]}<article ", 1) if lead else html


def _body_split(html: str) -> str:
    """Split the body in two of its kind, with an advertisement between, after its first paragraph."""
    begin = html.find(_BODY_OPEN)
    at = html.find("<p>", begin + len(_BODY_OPEN))
    end = html.find("</p>", at) + 4
    if min(begin, at) < 0:
        return html
    between = f'</div><div class="m-block-ad" data-tms-ad-type="box"></div>{_BODY_OPEN}'
    return html[:end] + between + html[end:]


def _body_loaded_later(html: str) -> str:
    """Keep the first paragraph only; a script would load the rest."""
    begin = html.find(_BODY_OPEN)
    first = html.find("</p>", begin) + 4
    end = html.find("</article>", begin)
    if begin < 0 or first < 4:
        return html
    return f"{html[:first]}<div data-load-body></div></div>{html[end:]}"


def _body_as_sections(html: str) -> str:
    """Wrap each paragraph of the body in a section and give the text to ``span`` elements."""
    begin, end = html.find(_BODY_OPEN), html.find("</article>")
    body = html[begin:end]
    body = re.sub(
        r"<p>(.*?)</p>", r'<section class="c-block"><span class="c-text">\1</span></section>', body, flags=re.DOTALL
    )
    return html[:begin] + body + html[end:]


def _dates_in_words(html: str) -> str:
    """Print dates as ``2023-08-01 14:00`` and drop the attribute that machines read."""
    return _TIME.sub(lambda time: "<time>" + _PRINTED.sub(r"\3-\2-\1 \4", time[2]) + "</time>", html)


def _dates_as_spans(html: str) -> str:
    return _TIME.sub(r'<span class="c-date">\2</span>', html)


def _dates_relative(html: str) -> str:
    return _TIME.sub('<time class="c-ago">2 h</time>', html)


def _json_ld_in_graph(html: str) -> str:
    """Call the story a ``WebPage`` in a ``@graph``: the statement is there, but of another kind."""
    return html.replace('"@type":"NewsArticle"', '"@type":"WebPage"').replace(
        '"@type": "NewsArticle"', '"@type": "WebPage"'
    )


def _json_ld_broken(html: str) -> str:
    """Cut the last brackets off, as a template with an unclosed condition does."""
    return _JSON_LD.sub(lambda script: script[0].replace("</script>", "").rstrip().rstrip("]}") + "</script>", html)


def _json_ld_day_only(html: str) -> str:
    """State days in place of instants."""
    return re.sub(r'("date(?:Published|Modified)":\s*"\d{4}-\d\d-\d\d)T[^"]*"', r'\1"', html)


def _metas_renamed(html: str) -> str:
    return html.replace('<meta property="article:', '<meta name="cms:').replace(
        '<meta property="og:', '<meta name="og-'
    )


def _article_element_gone(html: str) -> str:
    return html.replace(
        '<article class="t-content__article-wrapper" data-article-content>',
        '<div class="c-story" data-article-content>',
    ).replace("</article>", "</div>")


def _app_shell(html: str) -> str:
    """Send an empty page with the story in a state object, as script-rendered sites do."""
    title = _HEADING.search(html)
    state = json.dumps({"story": {"headline": title[1] if title else ""}}).replace("<", "\\u003c")
    begin, end = html.find("<main"), html.find("</main>")
    shell = f'<div id="app" data-article-content></div><script>window.__STATE__={state}</script>'
    return html[:begin] + shell + html[end + len("</main>") :]


def _paywall(html: str) -> str:
    """Replace the text behind its first half by an invitation to subscribe."""
    begin = html.find(_BODY_OPEN)
    end = html.find("</article>", begin)
    paragraphs = [match.end() for match in re.finditer(r"</p>", html[begin:end])]
    if begin < 0 or not paragraphs:
        return html
    cut = begin + paragraphs[(len(paragraphs) - 1) // 3]
    return f'{html[:cut]}<div class="c-wall">订阅后继续阅读</div></div>{html[end:]}'


def _minified_classes(html: str) -> str:
    """Hash all class names of the article, as build tools of component frameworks do."""
    return re.sub(r"t-content__(\w+)", lambda match: f"css-{sum(map(ord, match[1])):x}", html)


MUTATIONS: dict[str, Callable[[str], str]] = {
    "title-renamed": _title_renamed,
    "title-demoted": _title_demoted,
    "lead-renamed": _renamed("t-content__chapo", "c-standfirst"),
    "lead-gone": _without(_LEAD),
    "lead-in-body": _lead_in_body,
    "lead-above-article": _lead_above_article,
    "body-renamed": _renamed("t-content__body", "c-body"),
    "body-split": _body_split,
    "body-loaded-later": _body_loaded_later,
    "body-as-sections": _body_as_sections,
    "dates-renamed": _renamed("m-pub-dates", "c-dates"),
    "dates-gone": _without(_DATES),
    "dates-in-words": _dates_in_words,
    "dates-as-spans": _dates_as_spans,
    "dates-relative": _dates_relative,
    "json-ld-gone": _without(_JSON_LD),
    "json-ld-of-another-kind": _json_ld_in_graph,
    "json-ld-broken": _json_ld_broken,
    "json-ld-days-only": _json_ld_day_only,
    "metas-gone": _without(_METAS),
    "metas-renamed": _metas_renamed,
    "datalayer-gone": _without(_DATALAYER),
    "authors-renamed": _renamed("m-from-author__name", "c-byline"),
    "authors-gone": _without(_AUTHORS),
    "breadcrumb-gone": _without(_BREADCRUMB),
    "pictures-gone": _without(_MAIN_MEDIA),
    "article-element-gone": _article_element_gone,
    "app-shell": _app_shell,
    "paywall": _paywall,
    "classes-hashed": _minified_classes,
}
"""By name, as scripts call them."""
