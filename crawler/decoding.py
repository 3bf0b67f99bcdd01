"""From the bytes of a response to the decoded HTML of a page."""

from __future__ import annotations

import re

import webencodings

_CHARSET_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--(?:-?>|.*?-->|.*)", re.DOTALL)
_CHARSET_IN_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)

# Browsers look for a charset in the first 1024 bytes.
# Source: https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding, 2026-11
_PRESCAN_BYTES = 1024

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))


def decode_page(body: bytes, content_type: str = "") -> str:
    """Return the decoded HTML of a response.

    In this order: byte order mark, the header's charset, the page's own, UTF-8 if the bytes are, a guess from the
    bytes. GB 2312 and GBK are read as GB 18030, as browsers do. Bytes that do not fit become U+FFFD, so that one
    damaged character does not lose an article.

    Args:
        body: Decompressed.
        content_type: The Content-Type header, empty if there was none.
    """
    plain, encoding = _declared(body, content_type)
    if encoding is None:
        try:
            return plain.decode("utf-8")
        except UnicodeDecodeError:
            encoding = _guessed(plain) or "utf-8"
    return plain.decode(encoding, "replace")


def as_utf8(body: bytes, content_type: str = "") -> bytes | None:
    """Return a page that says that it is in UTF-8 as it stands, but for its byte order mark; None for any other.

    What `decode_page` makes of its bytes it makes of a part of them, too: for those who read a part only.
    """
    plain, encoding = _declared(body, content_type)
    return plain if encoding == "utf-8" else None


def _declared(body: bytes, content_type: str) -> tuple[bytes, str | None]:
    """Return a page without its byte order mark, and the encoding that it is said to be in, if it is said."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :], encoding
    header = _CHARSET_IN_HEADER.search(content_type)
    return body, _python_codec(header.group(1)) if header else _declared_in_page(body)


def _guessed(body: bytes) -> str | None:
    # few pages need a guess: a crawl that meets none does without the megabytes it takes
    from resiliparse.parse.encoding import detect_encoding  # noqa: PLC0415 -- see above

    return _python_codec(detect_encoding(body) or "")


def _declared_in_page(body: bytes) -> str | None:
    found = _CHARSET_IN_META.search(_COMMENT.sub(b"", body[:_PRESCAN_BYTES]))
    if found is None:
        return None
    label = found.group(1).decode("ascii", "replace").lower()
    # a page whose ASCII meta tag says UTF-16 cannot be UTF-16, and private characters have no place in one
    stand_in = {"x-user-defined": "windows-1252"}.get(label, "utf-8" if label.startswith("utf-16") else label)
    return _python_codec(stand_in)


def _python_codec(label: str) -> str | None:
    """Return Python's codec for a label of the Encoding Standard; None if the standard knows no such label."""
    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name == "x-user-defined":
        return None
    return "gb18030" if encoding.name in ("gbk", "gb18030") else encoding.codec_info.name
