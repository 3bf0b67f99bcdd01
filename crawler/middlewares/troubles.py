"""What kept a fetch from an answer, in our words: each trouble is counted under its own."""

from __future__ import annotations

import zlib

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from crawler.middlewares.refusals import ChallengePage
from storage import StoreUnavailable


class ConnectTimeout(DownloadTimeoutError):
    """A server did not accept a connection in time."""


class FirstByteTimeout(DownloadTimeoutError):
    """A server did not begin to answer in time."""


class NoConnection(DownloadFailedError):
    """There is no way to a server."""


class ProxyRefused(DownloadFailedError):
    """The operator's proxy would not open a tunnel."""


class NotHttp(Exception):
    """A server answered, and not as HTTP has it."""


class TlsRefused(DownloadFailedError):
    """A handshake failed, such as on a certificate that cannot be verified."""


# The first that fits counts, so narrower kinds stand before wider ones.
_PASSING: tuple[tuple[type[BaseException], str], ...] = (
    (StoreUnavailable, "the database was away"),
    (ChallengePage, "challenge page"),
    (ConnectTimeout, "no connection in time"),
    (FirstByteTimeout, "no first byte in time"),
    (DownloadTimeoutError, "timeout"),
    (DownloadConnectionRefusedError, "connection refused"),
    (CannotResolveHostError, "host name not found"),
    (ResponseDataLossError, "body cut short"),
    (NoConnection, "no connection"),
    (ProxyRefused, "the proxy refused"),
    (NotHttp, "an answer that is not HTTP"),
    (DownloadFailedError, "connection broken"),
    (zlib.error, "broken compression"),
)

_TLS = "TLS refused"

TROUBLES: tuple[type[BaseException], ...] = (*(kind for kind, _ in _PASSING), IgnoreRequest)
"""All that a fetch may raise; anything else is a mistake of ours."""

_SILENCES = (
    DownloadTimeoutError,
    DownloadConnectionRefusedError,
    CannotResolveHostError,
    DownloadFailedError,
)


def words_for(error: BaseException) -> str:
    """Return what an exception of a fetch says, in the words under which runs count it."""
    return passing_words_for(error) or lasting_words_for(error)


def passing_words_for(error: BaseException) -> str | None:
    """Return the words for a trouble that may be over at the next try; None if it is of another kind."""
    if isinstance(error, TlsRefused):
        return None
    return next((words for kind, words in _PASSING if isinstance(error, kind)), None)


def lasting_words_for(error: BaseException) -> str:
    """Return the words for a trouble that the next try would meet again."""
    if isinstance(error, TlsRefused):
        return _TLS
    if isinstance(error, IgnoreRequest):
        return "too many redirects" if "redirections" in str(error) else str(error)
    return type(error).__name__


def error_for(words: str) -> Exception:
    """Return an exception of the kind that these words are for, to have a recorded trouble once more."""
    if words == _TLS:
        return TlsRefused(words)
    return next((_made(kind, words) for kind, known in _PASSING if known == words), IgnoreRequest(words))


def _made(kind: type[BaseException], words: str) -> Exception:
    error = kind(words)
    assert isinstance(error, Exception)
    return error


def is_silence(error: BaseException) -> bool:
    """Did the host not answer at all?"""
    return isinstance(error, _SILENCES)
