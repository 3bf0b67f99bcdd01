"""The body of an article page, made from the fragment of a seed file.

A fragment is what collectors cut out of a page: date, picture, lead, body, often share links and the collector's own
footer, with damage. Here the body comes out as the site itself would have written it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from crawler.archives.site_words import Words

_MARKED_BODY = re.compile(r'<div class="t-content__body[^>]*>')

# Without RFI's classes (2022 on) only the order tells: date, picture, lead, body.
_BARE_BODY = re.compile(
    r"\s*(?:<div[^>]*>\s*)?<div[^>]*>[^<]*\d\d/\d\d/\d{4} - \d\d:\d\d[^<]*</div>\s*"
    r"(?:<img\b[^>]*>\s*)?(?:<p>\s*<strong>.*?</strong>\s*</p>\s*)?<div[^>]*>",
    re.DOTALL,
)

# Share links, author line and the collector's footer stand behind the body.
_BEHIND_BODY = re.compile(
    r"<div[^>]*>\s*<div[^>]*>\s*(?:分享|Partager|Share)\s*:"
    r"|(?:<div[^>]*>\s*)+<span[^>]*>\s*作者：\s*</span>"
    r"|(?:<br\s*/?>\s*)*<hr\s*/?>\s*<div[^>]*>\s*获取更多RSS"
)

# A collector's minifier glued tag names to attributes: <divclass=, <sourcetype=, <youtube-playervideo-type=.
_GLUED = re.compile(
    r"<(div|source|span|img|iframe|button|figure|picture|script|video-player|youtube-player|play-media|"
    r"add-to-playlist|diaporama-fullscreen|diaporama|a|p)(?=[a-z@:][\w:.@-]*\s*=)"
)

_EMPTY_INTERSTITIAL = re.compile(r'<div class="m-interstitial">\s*</div>')
_BARE_COPYRIGHT = re.compile(r"<p>(?=\s*©\s*\d{4}\s+AFP\s*</p>)")


def body_html(fragment: str, words: Words, *, copyright_line: str | None) -> str:
    """Return the inner HTML of ``.t-content__body``, well-formed, with the advertisement and promotions of a page.

    Args:
        fragment: Of a seed file, as it was kept.
        words: Labels of the page.
        copyright_line: Wire agencies' line below the text, such as ``© 2020 AFP``; None for the newsroom's own stories.
    """
    body = _BARE_COPYRIGHT.sub('<p class="t-copyright">', _well_formed(_cut(fragment)))
    if _EMPTY_INTERSTITIAL.search(body):
        body = _EMPTY_INTERSTITIAL.sub(lambda _: _interstitial(words), body, count=1)
    elif "m-interstitial" not in body:
        body = _interstitial(words) + body
    if "o-self-promo" not in body:
        body += _promotions(words)
    if copyright_line and "t-copyright" not in body:
        body += f'<p class="t-copyright">{copyright_line}</p>'
    return body


def _cut(fragment: str) -> str:
    """Return the fragment's body; what collectors and share bars put behind it is cut off."""
    start = _MARKED_BODY.search(fragment) or _BARE_BODY.match(fragment)
    body = fragment[start.end() :] if start else fragment
    end = _BEHIND_BODY.search(body)
    return body[: end.start()] if end else body


def _well_formed(body: str) -> str:
    """Repair as a browser would: end tags without a start are dropped, elements left open are closed."""
    unglued = _GLUED.sub(r"<\1 ", body)
    # huge_tree: libxml2's own limit of depth would drop the rest of a deeply nested body without a word
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    root = etree.fromstring(f"<html><body>{unglued}</body></html>".encode(), parser)
    page = etree.tostring(root, encoding="unicode", method="html")
    return page[page.index("<body>") + len("<body>") : page.rindex("</body>")]


def _interstitial(words: Words) -> str:
    return f"""<div class="m-interstitial">
    <div data-readmore-target class="m-interstitial__ad"><div class="m-block-ad " data-tms-ad-type="box" \
data-tms-ad-status="idle" data-tms-ad-pos="1">
        <div class="m-block-ad__label m-block-ad__label--report-enabled">
            <span class="m-block-ad__label__text">{words.advertisement}</span>
            <button title="{words.report_advertisement}" class="m-block-ad__label__report-link" rel="noopener" \
data-tms-ad-report><span class="a-svg a-svg--picto-report-ad"></span></button>
        </div>
        <div class="m-block-ad__content"></div>
    </div></div>
    <button data-readmore-unlocker class="m-interstitial__unlock-btn">
        <span class="m-interstitial__unlock-btn__text">{words.continue_reading}\
<span class="a-svg a-svg--picto-chevron-bottom-small"></span></span>
    </button>
</div>"""


def _promotions(words: Words) -> str:
    return f"""<div class="o-self-promo o-self-promo--nl o-self-promo--hidden" data-selfpromo-newsletter>
    <div class="o-self-promo-wrapper">
        <p class="o-self-promo__text"><strong>{words.newsletter_title}</strong>{words.newsletter}</p>
        <a href="#" rel="noopener" class="o-self-promo__link o-self-promo__link--newsletter">{words.subscribe}</a>
    </div>
</div>
<div class="o-self-promo o-self-promo--app o-self-promo--hidden" data-selfpromo-app>
    <div class="o-self-promo-wrapper">
        <p class="o-self-promo__text">{words.app}</p>
        <a href="#" rel="noopener" data-selfpromo-app-link="apple" class="o-self-promo__link">\
<svg viewBox="0 0 40 40"><path d="M8 8h24v24H8z"/></svg></a>
    </div>
</div>"""
