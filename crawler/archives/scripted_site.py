"""ScriptedSite: the local site with a script, which does on cue what sites do.

It is an archive like any other, so that it is served, and crawled, as the plain site is.
"""

from __future__ import annotations

import functools
import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crawler.archives.base import ArchivedResponse, Misconduct
from crawler.archives.site import SeedSite
from crawler.archives.site_changes import changed, check_script
from crawler.archives.site_index import ORIGIN
from crawler.archives.site_mutations import MUTATIONS
from crawler.archives.site_script import Edit, Hang, Layout, Publish, Refuse, Rename, Truncate, Validators, Withdraw
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crawler.archives.site_script import AnswerStep, SiteScript

_VALIDATORS = frozenset({"etag", "last-modified"})
_KEPT_STATES = 4  # of the site; a script goes from one to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The site after some steps."""

    site: SeedSite
    moved: dict[str, tuple[str | None, int]]


class ScriptedSite:
    """An archive that answers as a local site to which the steps of a script happen. Safe to use from several threads.

    Args:
        site: Before anything happened.
        script: What happens.
        clock: Seconds of a clock that only goes forward; the site begins at its first look.
        name: How to name the script in errors.

    Raises:
        BadInput: The script tells of articles that the site does not have.
    """

    def __init__(
        self, site: SeedSite, script: SiteScript, *, clock: Callable[[], float], name: str = "the script"
    ) -> None:
        check_script(site.index, script, name)
        self._untouched = site
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._requests = 0
        self._visits: Counter[str] = Counter()
        steps = script.step
        self._world = tuple(step for step in steps if isinstance(step, Edit | Withdraw | Rename | Publish))
        self._answers = tuple(step for step in steps if not isinstance(step, Edit | Withdraw | Rename | Publish))
        self._state = functools.lru_cache(_KEPT_STATES)(self._after)

    def lookup(self, url: str) -> ArchivedResponse | None:
        """Return what the site answers now; None for other hosts."""
        try:
            key = canonical_url(url)
        except ValueError:
            return None
        if not key.startswith(f"{ORIGIN}/"):
            return None
        path = unquote(urlsplit(key).path)
        with self._lock:
            seconds, requests, visits = self._clock() - self._began, self._requests, self._visits[key]
            if path != "/robots.txt":
                self._requests += 1
                self._visits[key] += 1
            state = self._state(tuple(step.holds_at(seconds, requests) for step in self._world))
        is_article = key in state.site.index.stories or key in state.moved
        response = _left(key, *state.moved[key]) if key in state.moved else state.site.lookup(url)
        steps = [
            step
            for step in self._answers
            if step.holds_at(seconds, requests) and step.is_about(path, is_article=is_article, visits=visits)
        ]
        if response is None or path == "/robots.txt":
            return response
        return self._answer(response, steps, visits)

    def _after(self, holds: Sequence[bool]) -> _State:
        if not self._world:
            return _State(site=self._untouched, moved={})
        done = [step for step, does in zip(self._world, holds, strict=True) if does]
        to_come = [step for step, does in zip(self._world, holds, strict=True) if not does]
        after = changed(self._untouched.index, done, to_come)
        return _State(site=SeedSite.of(after.index), moved=after.moved)

    def _answer(self, response: ArchivedResponse, steps: Sequence[AnswerStep], visits: int) -> ArchivedResponse:
        """Apply what happens to one answer, in the order of the script."""
        for step in steps:
            match step:
                case Layout() if response.status == 200:
                    response = _in_layout(response, step.mutations)
                case Refuse():
                    return _refused(response.url, step)
                case Validators():
                    response = self._with_validators(response, step, visits)
                case Truncate():
                    conduct = response.misconduct or Misconduct()
                    response = replace(response, misconduct=replace(conduct, cut_after_bytes=step.after_bytes))
                case Hang():
                    conduct = replace(
                        response.misconduct or Misconduct(),
                        wait_seconds=step.seconds,
                        wait_after_bytes=step.after_bytes,
                    )
                    response = replace(response, misconduct=conduct)
        return response

    def _with_validators(self, response: ArchivedResponse, step: Validators, visits: int) -> ArchivedResponse:
        sent: tuple[tuple[str, str], ...] = ()
        if step.send == "new":
            sent = (("ETag", f'"{visits}"'),)
        elif step.send == "frozen":
            untouched = self._untouched.lookup(response.url)
            sent = tuple(pair for pair in untouched.headers if pair[0].lower() in _VALIDATORS) if untouched else ()
        others = tuple(pair for pair in response.headers if pair[0].lower() not in _VALIDATORS)
        return replace(response, headers=others + sent, misconduct=response.misconduct or Misconduct())


def _in_layout(response: ArchivedResponse, mutations: Sequence[str]) -> ArchivedResponse:
    """Return an article page in another layout, under an ETag of its own; other pages stay as they are."""
    html = response.body.decode()
    if "data-article-content" not in html:
        return response
    for name in mutations:
        html = MUTATIONS[name](html)
    body = html.encode()
    etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = tuple((name, etag if name.lower() == "etag" else value) for name, value in response.headers)
    return replace(response, body=body, headers=headers)


def _left(url: str, address: str | None, status: int) -> ArchivedResponse:
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/plain; charset=UTF-8"),)
    if address is not None:
        headers += (("Location", address),)
    return ArchivedResponse(url=url, status=status, headers=headers, body=b"")


def _refused(url: str, step: Refuse) -> ArchivedResponse:
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/plain; charset=UTF-8"),)
    if step.retry_after_seconds is not None:
        headers += (("Retry-After", str(step.retry_after_seconds)),)
    return ArchivedResponse(url=url, status=step.status, headers=headers, body=b"not now\n")
