"""Fixtures that every test may use: the data beside the project, the local site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.archives.base import answer
from crawler.archives.serve import look_up
from crawler.archives.site import SeedSite

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of data beside the project; skip, saying so, where it is not."""
    if not SHARED.is_dir():
        pytest.skip(f"no data beside the project: {SHARED} is not there")
    return SHARED


@pytest.fixture(scope="session")
def seed_site() -> SeedSite:
    """Return the local site made from the project's own seed files."""
    return SeedSite([SEEDS])


@pytest.fixture
def site(seed_site: SeedSite) -> Iterator[HTTPServer]:
    """Serve the local site over HTTP for one test; ``site.log`` holds the requests, ``site.url_for("")`` is for --via.

    What a test expects for itself (edits, outages) goes before the site's own answers: ``expect_ordered_request``,
    ``expect_oneshot_request``.
    """

    def respond(request: Request) -> Response:
        found = look_up(seed_site, request.host, request.environ["REQUEST_URI"])
        archived = answer(
            found,
            if_none_match=request.headers.get("If-None-Match"),
            if_modified_since=request.headers.get("If-Modified-Since"),
        )
        return Response(archived.body, archived.status, archived.headers)

    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        server.expect_request(re.compile(".*")).respond_with_handler(respond)
        yield server
