"""The script of a local site: what happens to it, and when. A TOML file comes in, a `SiteScript` goes out.

The format is described in docs/scripted-sites.md. `crawler.archives.scripted_site` performs it.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from crawler.archives.site_mutations import MUTATIONS
from crawler.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")


def _known(name: str) -> str:
    if name not in MUTATIONS:
        raise ValueError(f"there is no mutation of this name; there are {', '.join(MUTATIONS)}")
    return name


Count = Annotated[int, Field(ge=0, strict=True)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Status = Annotated[int, Field(ge=400, le=599, strict=True)]
Mutation = Annotated[str, AfterValidator(_known)]


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class _Timed:
    """When a step holds: everything that is given must be true. Both ends are counted from the site's first moment."""

    from_second: Seconds = 0.0
    until_second: Seconds | None = None
    after_requests: Count = 0
    """Requests that the site has answered before, robots.txt left out."""
    until_requests: Count | None = None

    def holds_at(self, seconds: float, requests: int) -> bool:
        """Does it hold, so many seconds after the site's begin and after so many requests?"""
        is_over = (self.until_second is not None and seconds >= self.until_second) or (
            self.until_requests is not None and requests >= self.until_requests
        )
        return seconds >= self.from_second and requests >= self.after_requests and not is_over


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Edit(_Timed):
    """An article says something else."""

    do: Literal["edit"]
    article: str
    title: Annotated[str, Field(min_length=1)] | None = None
    append: Annotated[str, Field(min_length=1)] | None = None
    """Text of a further paragraph."""
    replace: dict[str, str] = Field(default_factory=dict)
    """Texts of the article, each with what stands in its place from now on."""
    modified_at: AwareDatetime | None = None
    """The edit time that the page states; None: it is edited silently."""


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Withdraw(_Timed):
    """An article is gone, from the listings too."""

    do: Literal["withdraw"]
    article: str
    status: Literal[404, 410] = 404


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Rename(_Timed):
    """An article moves to another address; its old one leads there, or is gone."""

    do: Literal["rename"]
    article: str
    to: Annotated[str, Field(pattern=r"^/[^/].*/\d{8}-[^/]+$")]
    status: Literal[301, 302, 308, 404, 410] = 301


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Publish(_Timed):
    """An article appears; before that there is no trace of it."""

    do: Literal["publish"]
    article: str


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class _OfPages(_Timed):
    """A step about how pages are answered."""

    pages: Annotated[str, Field(min_length=1)] = "all"
    """``all``, ``articles``, ``listings``, or a path in which ``*`` stands for anything."""
    after_visits: Count = 0
    """Requests for the very same page before; each page has a count of its own."""
    until_visits: Count | None = None

    def is_about(self, path: str, *, is_article: bool, visits: int) -> bool:
        """Does it concern a page (its decoded path) that was asked for so often before?"""
        if visits < self.after_visits or (self.until_visits is not None and visits >= self.until_visits):
            return False
        kinds = {"all": True, "articles": is_article, "listings": not is_article}
        return kinds[self.pages] if self.pages in kinds else fnmatchcase(path, self.pages)


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Layout(_OfPages):
    """The template of article pages changes; see `crawler.archives.site_mutations`."""

    do: Literal["layout"]
    mutations: Annotated[tuple[Mutation, ...], Field(min_length=1)]
    """Made one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Refuse(_OfPages):
    """The server answers with an error."""

    do: Literal["refuse"]
    status: Status = 503
    retry_after_seconds: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Validators(_OfPages):
    """The server lies about ETag and Last-Modified, or sends none."""

    do: Literal["validators"]
    send: Literal["frozen", "new", "none"]
    """``frozen``: those of the untouched page, and 304 for them; ``new``: other ones each time; ``none``."""


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Truncate(_OfPages):
    """The body breaks off, though Content-Length promises all of it."""

    do: Literal["truncate"]
    after_bytes: Count = 1000


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Hang(_OfPages):
    """The server keeps silent for a while, before the answer or in the midst of its body."""

    do: Literal["hang"]
    seconds: Seconds
    after_bytes: Count | None = None
    """None: before the first byte of the answer."""


WorldStep = Edit | Withdraw | Rename | Publish
"""What happens to the site as a whole: articles and listings agree about it."""

AnswerStep = Layout | Refuse | Validators | Truncate | Hang
"""What happens to single answers."""

Step = WorldStep | AnswerStep


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class SiteScript:
    """All that happens to a site, in the order in which it is applied."""

    step: Annotated[tuple[Annotated[Step, Field(discriminator="do")], ...], Field(min_length=1)]


_READER = TypeAdapter(SiteScript)


def parse_script(text: str, name: str) -> SiteScript:
    """Read a script.

    Args:
        text: TOML.
        name: How to name it in errors.

    Raises:
        BadInput: It is no TOML, or breaks the format; the sentence says where.
    """
    try:
        return _READER.validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{name} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{name}{_place(first['loc'])}: {_words(first)}") from error


def read_script(path: Path) -> SiteScript:
    """Read a script file.

    Raises:
        BadInput: It cannot be read, or breaks the format.
    """
    try:
        return parse_script(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise BadInput(f"cannot read the script {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"the script {path} is not UTF-8") from error


def _place(location: tuple[int | str, ...]) -> str:
    """Say where in a script an error stands: ``, step 2 (edit), append``."""
    match location:
        case ("step", int(number), *rest):
            kind = f" ({rest[0]})" if rest else ""
            return ", ".join([f", step {number + 1}{kind}", *map(str, rest[1:2])])
        case _:
            return "".join(f", {part}" for part in location[:1])


def _words(error: object) -> str:
    assert isinstance(error, dict)
    match error["type"]:
        case "missing":
            return "is missing"
        case "unexpected_keyword_argument":
            return "is not known here"
        case "union_tag_not_found":
            return 'has no do; it says what happens, such as do = "edit"'
    given = error["input"]
    shown = f" (it is {given!r})" if isinstance(given, str | int | float | datetime) else ""
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{said[0].lower()}{said[1:]}{shown}"
