"""The header of a seed file: front matter, epoch comment, ``[title](url)``, dashes.

Pure functions of text; `crawler.archives.seeds` draws the whole format and makes seeds of it.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawler.errors import SeedFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No article of the web is older; an earlier instant is seconds taken for milliseconds, or damage."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
UNIX = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

_EPOCH_LINE = re.compile(r"<!--[ \t]*([^\s<>]+)[ \t]*-->")
_EPOCH = re.compile(r"-?[0-9]{1,19}")
_FRONT_MATTER_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*):(?:[ \t]+(.*))?", re.DOTALL)
_TITLE_END = re.compile(r"\]\((?=https?://)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s\x00-\x20\x7f/?#]+[^\s\x00-\x20\x7f]*", re.IGNORECASE)
_DASHES = re.compile(r"-{3,}")
_BLANKS = " \t\r"
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedHeader:
    """What stands above the fragment of a seed file."""

    front_matter: dict[str, str]
    """Plain values by key; empty when there is none."""
    observed_at: datetime
    """UTC, whole milliseconds when it comes from an epoch."""
    title: str
    url: str


def read_header(text: str, path: str, *, otherwise_at: datetime | None = None) -> tuple[SeedHeader, str]:
    """Split a seed file's text into its header and its fragment.

    Args:
        text: The file without byte order mark.
        path: How to name the file in errors.
        otherwise_at: When it was observed if neither epoch nor front matter says so.

    Raises:
        SeedFileError: There is no such header; nothing else is raised, whatever the text.
    """
    lines = _Lines(text=text, path=path)
    front_matter = _read_front_matter(lines)
    epoch_at = _read_epoch(lines)
    if epoch_at is None and not front_matter and otherwise_at is None:
        raise lines.error("expected an epoch comment such as <!--1596300992000-->")
    if epoch_at is None and otherwise_at is not None and "date" not in front_matter:
        observed_at = otherwise_at
    else:
        observed_at = epoch_at or _front_matter_date(lines, front_matter)
    has_title_line = epoch_at is not None or not front_matter or lines.peek().startswith("[")
    title, url = _read_title_line(lines) if has_title_line else _front_matter_title(lines, front_matter)
    if not lines.peek():
        lines.take()
    header = SeedHeader(front_matter=front_matter, observed_at=observed_at, title=title, url=url)
    return header, lines.rest()


def spell_header(header: SeedHeader) -> str:
    """Spell a header as the archive usually does, down to the empty line above the fragment."""
    lines = []
    if header.front_matter:
        lines = ["---", *(f"{key}: {_quote(key, value)}" for key, value in header.front_matter.items()), "---"]
    lines += [
        f"<!--{(header.observed_at - UNIX) // MILLISECOND}-->",
        f"[{_escape_title(header.title)}]({header.url})",
        "------",
        "",
    ]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class _Lines:
    """A text that is taken line by line; knows where it stands."""

    text: str
    path: str
    offset: int = 0
    number: int = 1
    """Line that `take` gives next, from 1."""

    def peek(self) -> str:
        """Return the next line without its end and the blanks before that; empty at the end of the text."""
        end = self.text.find("\n", self.offset)
        return self.text[self.offset : None if end < 0 else end].rstrip(_BLANKS)

    def take(self) -> str:
        """Return the next line as `peek` does, and step over it."""
        line = self.peek()
        end = self.text.find("\n", self.offset)
        self.offset = len(self.text) if end < 0 else end + 1
        self.number += 1
        return line

    def skip_blank(self) -> None:
        """Step over empty lines."""
        while self.offset < len(self.text) and not self.peek():
            self.take()

    def rest(self) -> str:
        """Return what was not taken."""
        return self.text[self.offset :]

    def error(self, reason: str) -> SeedFileError:
        """Make an error about the next line."""
        return SeedFileError(self.path, self.number, reason)


def _read_front_matter(lines: _Lines) -> dict[str, str]:
    """Read the front matter if there is one; a line parser, as the archive writes one key a line."""
    values: dict[str, str] = {}
    if lines.peek() != "---":
        return values
    lines.take()
    while lines.peek() != "---":
        line = lines.peek()
        match = _FRONT_MATTER_LINE.fullmatch(line)
        if match is None:
            raise lines.error("expected `key: value` or the closing --- of the front matter")
        if match[1] in values:
            raise lines.error(f"the front matter has {match[1]} twice")
        values[match[1]] = _unquote((match[2] or "").strip(_BLANKS))
        lines.take()
    lines.take()
    return values


def _read_epoch(lines: _Lines) -> datetime | None:
    """Read the epoch comment; None if the next line is another."""
    lines.skip_blank()
    match = _EPOCH_LINE.fullmatch(lines.peek())
    if match is None:
        return None
    if not _EPOCH.fullmatch(match[1]):
        raise lines.error(f"epoch is not a number of milliseconds: {match[1][:20]}")
    milliseconds = int(match[1]) * MILLISECOND
    if not EARLIEST - UNIX <= milliseconds < LATEST - UNIX:
        raise lines.error(f"epoch is not between 1990 and 2100: {match[1]}")
    lines.take()
    return UNIX + milliseconds


def _read_title_line(lines: _Lines) -> tuple[str, str]:
    """Read ``[title](url)`` and the dashes below it.

    The title ends before the first ``](http``, so it may hold brackets; the URL ends with the line, so it may hold
    parentheses.
    """
    lines.skip_blank()
    line = lines.peek()
    if not (line.startswith("[") and line.endswith(")") and "](" in line):
        raise lines.error("expected [title](url)")
    end = _TITLE_END.search(line)
    if end is None:
        raise lines.error("the URL is not http or https")
    title, url = _check_title_line(lines, line[1 : end.start()], line[end.end() : -1])
    lines.take()
    if not _DASHES.fullmatch(lines.peek()):
        raise lines.error("expected ------")
    lines.take()
    return title, url


def _check_title_line(lines: _Lines, title: str, url: str) -> tuple[str, str]:
    """Decode the title's entities and refuse a blank title or a URL that is none."""
    try:
        title = html.unescape(title)
    except ValueError as error:  # a reference of more digits than int() reads
        raise lines.error("the title has an impossible character reference") from error
    if not title.strip():
        raise lines.error("the title is empty")
    if not _URL.fullmatch(url):
        raise lines.error("the URL is not an http or https address")
    return title, url


def _front_matter_title(lines: _Lines, front_matter: Mapping[str, str]) -> tuple[str, str]:
    """Take title and URL from the front matter of a file without header."""
    for key in ("title", "from"):
        if key not in front_matter:
            raise lines.error(f"expected [title](url), for the front matter has no {key}")
    return _check_title_line(lines, front_matter["title"], front_matter["from"])


def _front_matter_date(lines: _Lines, front_matter: Mapping[str, str]) -> datetime:
    """Take the instant from the front matter of a file without epoch."""
    try:
        stated_at = datetime.fromisoformat(front_matter["date"])
        if stated_at.tzinfo is None:
            raise lines.error("no epoch comment, and the front matter's date has no offset from UTC")
        stated_at = stated_at.astimezone(UTC)
    except KeyError as error:
        raise lines.error("no epoch comment, and the front matter has no date") from error
    except (ValueError, OverflowError) as error:
        raise lines.error("no epoch comment, and the front matter's date is not ISO 8601") from error
    if not EARLIEST <= stated_at < LATEST:
        raise lines.error("no epoch comment, and the front matter's date is not between 1990 and 2100")
    return stated_at


def _unquote(value: str) -> str:
    """Read a front matter value, bare or in YAML quotes; other escapes than our own stay as they are."""
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r'\\(["\\nr])', lambda match: _ESCAPES[match[1]], value[1:-1])
    if len(value) >= 2 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value


def _quote(key: str, value: str) -> str:
    """Spell a front matter value; the archive quotes the title and leaves the rest bare."""
    if key != "title" and _unquote(value) == value.strip(_BLANKS) == value and "\n" not in value:
        return value
    for char, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(char, escaped)
    return f'"{value}"'


def _escape_title(title: str) -> str:
    """Spell a title so that the header's line can hold it, and only it, again."""
    title = html.escape(title, quote=False).replace('"', "&quot;")
    return title.replace("\n", "&#10;").replace("\r", "&#13;").replace("](", "&#93;(")
