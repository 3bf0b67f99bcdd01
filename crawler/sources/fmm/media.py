"""Pictures, sounds and films of an article: their addresses, without the sizes that a page asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crawler.sources.fmm.scripts import lenient_json
from crawler.sources.fmm.trees import folded_text
from storage.records import Image, Media

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

_SIZES = re.compile(r"/(?:w:\d+|h:\d+|p:\w+|m:\{[^}]*\})(?=/)")
_NO_PICTURE = re.compile(r"/meta_og_twcards/|vf-missing-image", re.IGNORECASE)
_CREDIT_SIGN = re.compile(r"^(.*?)\s*[©Ⓒ]\s*(\S.*)$", re.DOTALL)
_CREDIT_BAR = re.compile(r"^(\S.*?)\s*\|\s*(\S.*)$", re.DOTALL)
_SOUND = re.compile(r"\.(?:mp3|m4a|aac|ogg|oga|opus|wav)(?:$|[?#])", re.IGNORECASE)
_FILM = re.compile(r"\.(?:mp4|m3u8|webm|mov|m4v)(?:$|[?#])", re.IGNORECASE)
_PLAYER = re.compile(
    r"https?://(?:www\.)?(?:youtube(?:-nocookie)?\.com/embed/|dailymotion\.com/embed/|player\.vimeo\.com/video/)\S+",
    re.I,
)
_PLAYERS = ("script", "iframe", "audio", "video", "source", "video-player", "youtube-player")
_OLD_PLAYER_FILE = re.compile(r'"source":"(http[^"]+)"')


def picture_address(stated: str | None) -> str | None:
    """Return the address of a picture without its size part; None when it names no picture of an article.

    No picture: the site's default one, ``data:`` images that wait for a script, the literal word ``Array``.

    >>> picture_address("https://s.rfi.fr/media/display/3c71/w:1280/p:16x9/AP23.jpg")
    'https://s.rfi.fr/media/display/3c71/AP23.jpg'
    >>> picture_address("Array")
    """
    address = (stated or "").strip()
    if address.startswith("//"):
        address = f"https:{address}"
    if not address.lower().startswith(("http://", "https://")) or _NO_PICTURE.search(address):
        return None
    return _SIZES.sub("", address)


def split_credit(text: str) -> tuple[str | None, str | None]:
    """Split a printed legend at its ``©`` into caption and credit; until 2019 the credit came first, before a bar.

    >>> split_credit("前港督彭定康 © AP - Kin Cheung")
    ('前港督彭定康', 'AP - Kin Cheung')
    >>> split_credit("© Jeanne Doe, AFP | The two candidates")
    ('The two candidates', 'Jeanne Doe, AFP')
    """
    match = _CREDIT_SIGN.match(text)
    if not match:
        return text or None, None
    caption, credit = match[1].strip() or None, match[2].strip()
    if caption is None and (barred := _CREDIT_BAR.match(credit)):
        return barred[2].strip(), barred[1].strip()
    return caption, credit


def read_images(roots: Iterable[_Element]) -> Iterator[Image]:
    """Yield the pictures below some elements in page order; one address may come twice."""
    for root in roots:
        for element in root.iter("figure", "img"):
            if element.tag == "figure" or next(element.iterancestors("figure"), None) is None:
                yield from _figure_images(element)


def distinct_images(images: Iterable[Image]) -> tuple[Image, ...]:
    """Return images with one entry an address; a caption or credit that is met later fills a gap."""
    kept: dict[str, Image] = {}
    for image in images:
        known = kept.get(image.url, image)
        kept[image.url] = Image(
            url=image.url, caption=known.caption or image.caption, credit=known.credit or image.credit
        )
    return tuple(kept.values())


def read_media(roots: Iterable[_Element], films: Iterable[str] = ()) -> tuple[Media, ...]:
    """Return the sounds and films below some elements, each once; films known by their YouTube ids come first."""
    known = (f"https://www.youtube.com/embed/{film}" for film in films)
    kept = {url: Media(url=url, type="video") for url in known}
    for root in roots:
        for media in _all_media(root):
            kept.setdefault(media.url, media)
    return tuple(kept.values())


def _figure_images(element: _Element) -> Iterator[Image]:
    address = next(filter(None, map(_img_address, element.iter("img"))), None)
    if address:
        caption, credit = _legend(element)
        yield Image(url=address, caption=caption, credit=credit)


def _img_address(img: _Element) -> str | None:
    """Return the address of an ``img``, which may wait for a script to get its real one."""
    if address := picture_address(img.get("src")):
        return address
    if address := picture_address((img.get("srcset") or "").split(" ", 1)[0]):
        return address
    # 2018: a list of sizes of one address; 2020: folder and file name apart.
    for size in _listed(lenient_json(img.get("data-image-dataset") or "null")):
        if isinstance(size, dict) and isinstance(folder := size.get("url"), str):
            name = size.get("filename")
            return picture_address(folder + name if isinstance(name, str) and folder.endswith("/") else folder)
    return None


def _legend(element: _Element) -> tuple[str | None, str | None]:
    """Return caption and credit of a figure: two spans in all templates, one printed line before 2018."""
    legend = next(element.iter("figcaption"), None)
    if legend is None:
        return None, None
    spans = [span for span in legend.iter("span") if not len(span)]
    if not spans:
        return split_credit(folded_text(legend))
    first, *others = (folded_text(span) for span in spans)
    credit = next((text for text in others if text), "")
    return split_credit(f"{first} © {credit.lstrip('©Ⓒ ')}" if credit else first)


def _all_media(root: _Element) -> Iterator[Media]:
    for element in root.iter(*_PLAYERS):
        if element.tag == "script":
            yield from _script_media(element)
        else:
            yield from _media(element.get("source") or element.get("src") or "")


def _script_media(script: _Element) -> Iterator[Media]:
    text = script.text or ""
    if script.get("data-media-id") or script.get("data-media-video-id"):
        said = lenient_json(text)
        for source in _listed(said.get("sources")) if isinstance(said, dict) else []:
            if isinstance(source, dict) and isinstance(address := source.get("url"), str):
                yield from _media(address)
    elif "BSPlayer" in text:
        for address in _OLD_PLAYER_FILE.findall(text.replace("\\/", "/")):
            yield from _media(address)


def _media(address: str) -> Iterator[Media]:
    if address.startswith("//"):
        address = f"https:{address}"
    if not address.lower().startswith(("http://", "https://")):
        return
    if _SOUND.search(address):
        yield Media(url=address, type="audio")
    elif _FILM.search(address) or _PLAYER.match(address):
        yield Media(url=address, type="video")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
