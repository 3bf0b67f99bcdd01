"""When two addresses are one article, and when two articles are the same.

Readers, the frontier and the store come here with addresses, titles and texts; they leave with the canonical URL,
the keys and the fingerprint under which everything is filed. Pure functions; what is known of single sites is data
in `storage.known_sites`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import blake2b
from unicodedata import combining, is_normalized, normalize

from ada_url import parse_url

from storage.known_sites import KnownHost, known_host

# Source: RFC 3986, section 2: unreserved and reserved characters, without the brackets, which belong to hosts.
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TO_ESCAPE = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?]+")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_DOUBLED_SLASH = re.compile(r"//+")
_DATED_SLUG = re.compile(r"/[0-9]{8}-[^/]+$")

# Sorting combining marks takes unicodedata quadratic time: 32,000 of them hold it for a second. No language stacks
# more than 30. Source: Unicode Standard Annex 15, Stream-Safe Text Format.
_MOST_MARKS = 30
_MAYBE_MARKS = re.compile(rf"[^\w\s]{{{_MOST_MARKS + 1},}}")

# Soft hyphen, joiners, direction marks, byte-order mark, variation selectors: nothing a reader sees by itself.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+")

# What NFKC makes of the full-width characters of Chinese prose, and of the full-width letters and digits that stand in
# one text of twenty. Without them a text passes the quick check of is_normalized; NFKC takes 0.4 ms for an article.
_FULL_WIDTH = (*zip("，：；？！（）％［］．－～\u3000\xa0", ",:;?!()%[].-~  ", strict=True), ("…", "..."))
_OTHER_FULL_WIDTH = re.compile("[\uff01-\uff5e]+")

# Beside courlan's list: AT Internet (which RFI and France 24 use), Google's, Hubspot's, Meta's, server sessions.
_MORE_TRACKERS = re.compile(
    r"^(?:at_|hsa_|fb_(?:action_|ref|source)|_hs|__hs|wt_|xt(?:ref|cr|mc|s|dt)$)"
    r"|^(?:_openstat|campaignid|gad_source|gclsrc|jsessionid|li_fat_id|mibextid|phpsessid|sessionid|srsltid|ttclid)$"
)
# courlan counts these as trackers; on other sites they number a category, an event, a member or a search.
_NOT_TRACKERS = frozenset({"cid", "eid", "kwd", "keyword", "uid"})


# an article's address is asked for by the spider, the reader, the judge and the store; 16 µs each, 2 MB for all
@lru_cache(4096)
def canonical_url(url: str) -> str:
    """Return the one URL under which we file an article.

    The rules, in this order:

    - parsed by the WHATWG URL standard (ada-url): blanks around it dropped, scheme and host in lower case, dot
      segments resolved, internationalised names as punycode, default ports dropped;
    - user, password and fragment dropped, and the final dot of a host name;
    - http becomes https on hosts known to be https, and host variants (``m.``, ``amp.``, the edition hosts before
      2020) become the site's one host, as `storage.known_sites` lists them; a URL with a port of its own keeps
      scheme and host;
    - escapes in path and query: unreserved characters are written plainly, all else that RFC 3986 does not allow is
      escaped as UTF-8 in upper case and Unicode NFC; reserved characters stay as they are, and so do bytes that are
      not UTF-8;
    - doubled slashes in the path become one; a trailing slash is dropped, except that of the root;
    - printed and AMP forms of an article become the article, on sites whose forms we know;
    - tracking parameters are dropped: those of courlan's published list, compared as whole words (``ref``, not
      ``reference``), and a few more; ``cid``, ``eid``, ``kwd``, ``keyword`` and ``uid`` are kept, because elsewhere
      they tell pages apart;
    - remaining parameters are sorted by name, those of one name stay in their order; an empty query is dropped.

    Never changed: the case of path and query, and everything that may tell two articles apart (``-1`` and ``-2``
    slugs, editions, sections, ids). The result is ASCII, and canonical itself.

    Args:
        url: Absolute, as found.

    Raises:
        ValueError: The standard calls it invalid, it holds a lone surrogate, or it is neither http nor https.

    >>> canonical_url("http://www.rfi.fr//cn/x/?utm_source=tw#top")
    'https://www.rfi.fr/cn/x'
    >>> canonical_url("http://m.cn.rfi.fr/中国/20190601-例")
    'https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20190601-%E4%BE%8B'
    >>> canonical_url("HTTP://user@Example.ORG:80/a/../b/%7ec?z=1&a=2&a=1&")
    'http://example.org/b/~c?a=2&a=1&z=1'
    >>> canonical_url("https://www.rfi.fr")
    'https://www.rfi.fr/'
    >>> canonical_url("mailto:someone@rfi.fr")
    Traceback (most recent call last):
        ...
    ValueError: neither http nor https: 'mailto:someone@rfi.fr'
    """
    parts = parse_url(url, ("protocol", "hostname", "port", "pathname", "search"))
    scheme, host, port = parts["protocol"], parts["hostname"], parts["port"]
    if scheme not in ("http:", "https:"):
        raise ValueError(f"neither http nor https: {url[:200]!r}")
    if host.endswith(".") and not host.endswith("..") and host != ".":
        host = host[:-1]
    known = KnownHost(canonical=host) if port else known_host(host)
    if known.is_https:
        scheme = "https:"
    path = _canonical_path(parts["pathname"], known)
    query = _canonical_query(parts["search"], known.forms)
    return f"{scheme}//{known.canonical}{f':{port}' if port else ''}{path}{query}"


def _canonical_path(path: str, known: KnownHost) -> str:
    path = _DOUBLED_SLASH.sub("/", _canonical_escapes(path)).rstrip("/")
    for ending in known.form_endings:
        while path.endswith(ending) and _DATED_SLUG.search(path.removesuffix(ending)):
            path = path.removesuffix(ending)
    if known.prefix and not f"{path}/".startswith(f"{known.prefix}/"):
        path = known.prefix + path
    return path or "/"


def _canonical_query(search: str, forms: frozenset[str]) -> str:
    if not search:
        return ""
    kept = []
    for piece in search[1:].split("&"):
        name, equals, value = piece.partition("=")
        name, value = _canonical_escapes(name), _canonical_escapes(value)
        is_form = name.lower() in forms or f"{name}={value}".lower() in forms
        if piece and not is_form and not _is_tracker(name.lower()):
            kept.append((name, equals, value))
    kept.sort(key=lambda parameter: parameter[0])
    return "?" + "&".join(map("".join, kept)) if kept else ""


def _is_tracker(name: str) -> bool:
    return name not in _NOT_TRACKERS and bool(_published_trackers().search(name) or _MORE_TRACKERS.search(name))


@cache
def _published_trackers() -> re.Pattern[str]:
    """Return courlan's list of tracking parameters, held to whole words.

    Its names are open at the end, so that ``gl`` would also drop ``?glossary=`` and ``ga`` ``?gallery=``.
    """
    from courlan.clean import TRACKERS_RE  # noqa: PLC0415 -- 0.2 s that only a URL with a query has to pay

    return re.compile(rf"(?:{TRACKERS_RE.pattern})(?:(?<=_)|(?![a-z]))")


def _canonical_escapes(part: str) -> str:
    if not _TO_ESCAPE.search(part):
        return part
    text = _ESCAPES.sub(_decoded, part)
    if not _MAYBE_MARKS.search(text):
        text = normalize("NFC", text)
    return _TO_ESCAPE.sub(_encoded, text)


def _decoded(escapes: re.Match[str]) -> str:
    """Decode a run of escapes; each byte that must stay escaped becomes the lone surrogate U+DC00 + byte.

    Surrogates cannot come from UTF-8 and compose with nothing, so that NFC cannot reach into an escape.
    """
    text = bytes.fromhex(escapes[0].replace("%", "")).decode("utf-8", "surrogateescape")
    if text.isalnum():  # as in most slugs: nothing that must stay escaped
        return text
    return "".join(chr(0xDC00 + ord(c)) if c.isascii() and ord(c) not in _UNRESERVED else c for c in text)


def _encoded(characters: re.Match[str]) -> str:
    """Escape a run of characters, undoing the surrogates of `_decoded`."""
    try:
        raw = characters[0].encode()
    except UnicodeEncodeError:
        raw = b"".join(bytes([ord(c) & 0xFF]) if "\udc00" <= c <= "\udcff" else c.encode() for c in characters[0])
    return "%" + raw.hex("%").upper()


@lru_cache(1024)  # the frontier, the judge and the store ask for it in turn
def url_key(canonical: str) -> bytes:
    """Return the 16-byte key of a canonical URL: what tables index in its stead.

    >>> url_key("https://www.rfi.fr/cn/a").hex()
    '004ec370d31a0ac70f6b6b5332d3e860'
    """
    return blake2b(canonical.encode(), digest_size=16).digest()


def slug(canonical: str) -> str:
    """Return the last segment of a canonical URL's path, readable; empty for the root.

    The same slug under two sections may be one story. Escaped ASCII and bytes that are not UTF-8 stay escaped, so
    that different segments have different slugs.

    >>> slug("https://www.rfi.fr/cn/%E4%B8%AD%E5%9B%BD/20230801-%E4%BE%8B-1?page=2")
    '20230801-例-1'
    """
    segment = canonical.partition("?")[0].partition("://")[2].partition("/")[2].rpartition("/")[2]
    text = _ESCAPES.sub(_decoded, segment)
    return re.sub("[\udc00-\udcff]", lambda c: f"%{ord(c[0]) & 0xFF:02X}", text)


def revision_key(url: str, published_at: datetime, modified_at: datetime | None) -> str:
    """Return the key under which one revision is stored once.

    Two fetches with equal keys are the same revision, whatever their markup.

    Args:
        url: Canonical.
        published_at: Aware, any zone.
        modified_at: Aware, any zone; None if the source states no edit time.

    Raises:
        ValueError: A time is naive.

    >>> revision_key("https://www.rfi.fr/cn/a", datetime(2023, 8, 1, 12, tzinfo=UTC), None)
    'https://www.rfi.fr/cn/a 2023-08-01T12:00:00Z'
    """
    if published_at.utcoffset() is None or (modified_at is not None and modified_at.utcoffset() is None):
        raise ValueError(f"a revision key needs aware times: {url}")
    stated_at = (modified_at or published_at).astimezone(UTC)
    return f"{url} {stated_at.replace(tzinfo=None).isoformat()}Z"


def fingerprint(title: str, text: str) -> str:
    r"""Return 32 hex digits that change when a reader sees another title or text.

    - Blind to every blank: line breaks, no-break and ideographic spaces, all are taken out.
    - Blind to what has no width of its own: zero-width spaces and joiners, soft hyphens, direction marks.
    - Blind to the form of a character (NFKC): ``，`` and ``,``, ``Ａ`` and ``A``, ``é`` as one or two code points.
    - Not blind to wording, case and punctuation, nor to ``“`` against ``"`` or ``–`` against ``-``: an editor changed
      those.

    Args:
        title: As normalized.
        text: Lead and paragraphs as a reader sees them, without markup.

    >>> fingerprint("A title", "Two words.")
    '3a134732bc617dfaf9b1d1b9c76854e2'
    >>> fingerprint("A title", "Two words.") == fingerprint("A title ", "Two\u3000\u200bwords.")
    True
    >>> fingerprint("A title", "Two words.") == fingerprint("A title", "Two words!")
    False
    """
    return blake2b(b"%b\n%b" % (_seen(title), _seen(text)), digest_size=16).hexdigest()


def _seen(text: str) -> bytes:
    """Return in UTF-8 what a reader sees of a text."""
    if text.isascii():
        return "".join(text.split()).encode()
    for wide, plain in _FULL_WIDTH:
        text = text.replace(wide, plain)
    line = text.replace("\n", "")
    # of other blanks and invisible characters only U+034F and the variation selectors are printable; what begins with
    # the same bytes of UTF-8 is rare
    if line.isprintable() and is_normalized("NFKC", line):
        encoded = line.encode().replace(b" ", b"")  # of bytes one is found sooner than among characters
        if b"\xcd" not in encoded and b"\xef" not in encoded:
            return encoded
    return _seen_slowly(text)


def _seen_slowly(text: str) -> bytes:
    text = _OTHER_FULL_WIDTH.sub(_narrowed, _INVISIBLE.sub("", text))
    if not is_normalized("NFKC", text):
        # line by line: nothing composes with a line break, and one full-width letter is no reason to go through all
        text = "\n".join(map(_composed, _MAYBE_MARKS.sub(_thinned, text).split("\n")))
    return "".join(text.split()).encode("utf-8", "surrogatepass")


def _composed(line: str) -> str:
    return line if is_normalized("NFKC", line) else normalize("NFKC", line)


def _narrowed(characters: re.Match[str]) -> str:
    return "".join([chr(ord(character) - 0xFEE0) for character in characters[0]])


def _thinned(characters: re.Match[str]) -> str:
    """Drop the marks beyond `_MOST_MARKS` on one letter."""
    kept: list[str] = []
    marks = 0
    for character in characters[0]:
        marks = marks + 1 if combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
