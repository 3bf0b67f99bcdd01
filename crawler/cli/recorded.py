"""``newscrawl articles source``: the recorded bytes that a revision was read from."""

from __future__ import annotations

import posixpath
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.archives.recording import Recording
from crawler.archives.warc import read_capture
from crawler.cli.options import Db, Json, open_store
from crawler.cli.output import print_json
from crawler.errors import BadInput
from storage.exports import as_iso

if TYPE_CHECKING:
    from crawler.archives.warc import Capture
    from storage import CapturePlace


def show_source(
    url: Annotated[str, typer.Argument(help="Any URL of the article, or an alias of it.")],
    *,
    revision: Annotated[
        int | None, typer.Option("--revision", min=1, help="Number of the revision. Default: the current one.")
    ] = None,
    headers: Annotated[bool, typer.Option("--headers", help="Print where it stands and its headers, no body.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print the body as it came, packed if it came packed.")] = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Print the recorded page that an article was read from."""
    with open_store(db, must_exist=True) as store:
        place = store.capture_place(url, revision)
    if place is None:
        told = f"revision {revision} of {url}" if revision else url
        raise BadInput(f"{told} was not recorded; crawl with --record FOLDER")
    capture = _read(place)
    if json:
        print_json(_facts(place, capture))
    elif headers:
        _print_head(place, capture)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(capture.body if raw else capture.content)


def _read(place: CapturePlace) -> Capture:
    """Read a capture, and the one whose body it repeats, if it does.

    Raises:
        BadInput: It is not there any more.
    """
    file = posixpath.join(place.recording, place.file)
    recording = Recording(place.recording)
    original = recording.original_at(place.file, place.offset)
    first = read_capture(recording.path_of(original[0]), original[1]) if original is not None else None
    return read_capture(file, place.offset, place.length, original=first)


def _print_head(place: CapturePlace, capture: Capture) -> None:
    typer.echo(f"# {posixpath.join(place.recording, place.file)} at byte {place.offset}, {place.length} bytes")
    typer.echo(f"# {place.url} at {as_iso(place.captured_at)}, {place.payload_digest}")
    typer.echo(f"HTTP {capture.status}")
    for name, value in capture.headers:
        typer.echo(f"{name}: {value}")


def _facts(place: CapturePlace, capture: Capture) -> dict[str, object]:
    return {
        "url": place.url,
        "captured_at": as_iso(place.captured_at),
        "recording": place.recording,
        "file": place.file,
        "offset": place.offset,
        "length": place.length,
        "payload_digest": place.payload_digest,
        "status": capture.status,
        "headers": [list(pair) for pair in capture.headers],
        "body_bytes": len(capture.body),
    }
