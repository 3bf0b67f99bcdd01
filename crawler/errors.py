"""Errors of the crawler.

NewsCrawlerError
├── SeedFileError        a seed file breaks the format; has .path, .line and .reason
├── PageNotUnderstood    a page lacks what its reader needs; has .url, .missing and .template
├── ArticleRejected      normalization refused an article; has .url and .reason
├── UnknownSource        no source has this name or host; has .name
├── ReaderLost           a process that read pieces of an import was killed
└── BadInput             an operator gave something unusable; the message says what
"""


class NewsCrawlerError(Exception):
    """Something in the crawler could not be done; the message is one sentence for a person."""


class SeedFileError(NewsCrawlerError):
    """A seed file breaks the format.

    Args:
        path: The file as the caller named it.
        line: Line of the offence, from 1.
        reason: What is wrong, in a few words.
    """

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class PageNotUnderstood(NewsCrawlerError):
    """A page lacks what its reader needs.

    Args:
        url: URL of the page.
        missing: Names of the fields that were not found, such as ``("title", "published_at")``.
        template: Name of the template it was read as; empty if its source knows only one.
    """

    def __init__(self, url: str, missing: tuple[str, ...], *, template: str = "") -> None:
        super().__init__(f"page not understood, missing {', '.join(missing)}: {url}")
        self.url = url
        self.missing = missing
        self.template = template


class ArticleRejected(NewsCrawlerError):
    """Normalization refused an article.

    Args:
        url: URL of the article as scraped.
        reason: A short fixed phrase; runs count rejections under it.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"article rejected, {reason}: {url}")
        self.url = url
        self.reason = reason


class UnknownSource(NewsCrawlerError):
    """No source has this name, or reads this host."""

    def __init__(self, name: str, known: tuple[str, ...] = ()) -> None:
        hint = f"; known sources: {', '.join(known)}" if known else ""
        super().__init__(f"unknown source {name!r}{hint}")
        self.name = name


class ReaderLost(NewsCrawlerError):
    """A process that read pieces of an import was killed."""

    def __init__(self) -> None:
        super().__init__("a process that read was killed, perhaps for want of memory; the same command goes on")


class BadInput(NewsCrawlerError):
    """An operator gave something unusable; the message is the whole story."""
