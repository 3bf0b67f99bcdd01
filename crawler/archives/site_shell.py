"""The weight of a page: styles, pictograms and scripts of the local site.

A real RFI page is three quarters boilerplate, and what reading costs depends on that. All of it is invented here, made
once for each release of the template, and joined around the part that differs from page to page.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """How heavy one release of the site's template is; sizes follow the real pages of 2022, 2023 and 2025."""

    name: str
    style_bytes: int
    svg_bytes: int
    script_bytes: int


RELEASES = (
    Release(name="3.4.1", style_bytes=112_000, svg_bytes=40_000, script_bytes=62_000),
    Release(name="3.6.2", style_bytes=138_000, svg_bytes=44_000, script_bytes=84_000),
    Release(name="4.1.0", style_bytes=198_000, svg_bytes=42_000, script_bytes=142_000),
)

# What a person with a browser needs; the rest of the styles is weight.
_READABLE = """
body{margin:0;font:16px/1.6 Inter,Roboto,"Noto Sans SC",sans-serif;color:#1e1e1e;background:#fff}
a{color:inherit;text-decoration:none}a:hover{color:#e2001a}
main,.o-footer__inner,.o-header__inner{max-width:980px;margin:0 auto;padding:0 16px}
.o-header{border-bottom:3px solid #e2001a}.o-tag-list__scrollable,.m-breadcrumb__list,.m-tags-list{display:flex;
flex-wrap:wrap;gap:8px 16px;list-style:none;padding:0}.t-content__chapo{font-weight:700}
.o-layout-list{display:grid;grid-template-columns:repeat(auto-fill,minmax(280px,1fr));gap:24px;list-style:none;padding:0}
.article__title h2,.news__content__title h2{font-size:1rem;margin:.25em 0}img{max-width:100%;height:auto}
.m-interstitial,.o-self-promo--hidden,.o-ad-container,.o-svg-sprite,.o-site-nav,.o-footer__columns,.m-socials{
display:none}
.a-tag{color:#e2001a;font-size:.8rem}.m-pub-dates,.a-figcaption,.t-copyright{color:#5d5d5d;font-size:.85rem}
.m-pagination{display:flex;gap:24px;justify-content:center;margin:32px 0}
"""

_BLOCKS = (
    "a-tag",
    "a-svg",
    "m-figure",
    "m-nav-list",
    "m-em-quote",
    "o-header",
    "o-site-nav",
    "o-playlist",
    "t-program",
)
_PARTS = ("inner", "title", "list", "content", "caption", "wrapper", "overlay", "button", "label", "media")
_DECLARATIONS = (
    "display:flex", "display:block", "position:relative", "box-sizing:border-box", "-webkit-flex-direction:column",
    "flex-direction:column", "-webkit-box-align:center", "align-items:center", "overflow:hidden", "font-weight:700",
    "transition:opacity .2s ease-in-out", "text-overflow:ellipsis", "background-color:#fff", "color:#313131",
)  # fmt: skip


@functools.cache
def style(release: Release) -> str:
    """Return the inline styles of a release as one ``<style>`` element."""
    dice = random.Random(f"style {release.name}")
    rules = [_READABLE]
    size = len(_READABLE)
    while size < release.style_bytes:
        selector = f".{dice.choice(_BLOCKS)}__{dice.choice(_PARTS)}--{dice.randrange(10_000)}"
        lengths = f"margin:{dice.randrange(64)}px {dice.randrange(64)}px;width:{dice.randrange(1, 100)}%"
        rule = f"{selector}{{{';'.join(dice.sample(_DECLARATIONS, 4))};{lengths}}}\n"
        if dice.random() < 0.2:
            rule = f"@media screen and (min-width:{dice.choice((640, 1024, 1280))}px){{{rule.strip()}}}\n"
        rules.append(rule)
        size += len(rule)
    return f"<style>{''.join(rules)}</style>"


@functools.cache
def pictograms(release: Release) -> str:
    """Return the hidden sprite of pictograms of a release as one ``<svg>`` element."""
    dice = random.Random(f"svg {release.name}")
    symbols: list[str] = []
    size = 0
    while size < release.svg_bytes:
        strokes = "".join(
            f"{dice.choice('lchsq')}{dice.uniform(-9, 9):.3f} {dice.uniform(-9, 9):.3f}" for _ in range(34)
        )
        drawing = f'<g fill="none"><path d="M24 24{strokes}z"/><path d="M0 0h48v48H0z"/></g>'
        symbol = f'<symbol id="picto-{len(symbols)}" viewBox="0 0 48 48">{drawing}</symbol>\n'
        symbols.append(symbol)
        size += len(symbol)
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="o-svg-sprite">{"".join(symbols)}</svg>'


@functools.cache
def script(release: Release) -> str:
    """Return the inline script of a release: modules that are defined and never run."""
    dice = random.Random(f"script {release.name}")
    modules = ["window.__modules=window.__modules||{};\n"]
    size = 0
    while size < release.script_bytes:
        number = len(modules)
        statements = "".join(
            f'r["{dice.choice(_BLOCKS)}-{dice.randrange(1000)}"]={{enabled:!{dice.randrange(2)},'
            f'delay:{dice.randrange(5000)},target:"[data-{dice.choice(_PARTS)}]"}};'
            for _ in range(12)
        )
        module = f'window.__modules["{number}"]=function(e,t){{"use strict";var r={{}};{statements}return e[t]=r}};\n'
        modules.append(module)
        size += len(module)
    return f"<script>{''.join(modules)}</script>"
