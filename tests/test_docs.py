"""The documentation is true: what it shows runs, and what there is, it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from typer.main import get_command

from crawler.archives.seeds import parse_seed
from crawler.cli.app import app
from crawler.cli.commands import COMMANDS, load_command
from crawler.config import Config
from storage import RunState
from storage.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Ended

ROOT = Path(__file__).resolve().parent.parent
DOCS = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
}
OPERATIONS = DOCS["docs/operations.md"]


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """Return the ``newscrawl`` commands of the console blocks, as arguments."""
    lines = [line[2:] for block in blocks(text, "console") for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("newscrawl ")]


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command of the program with its words."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, child in command.commands.items():
        yield from leaves(child, (*path, name))


LEAVES = {words: leaf for name in COMMANDS for words, leaf in leaves(load_command(name), (name,))}


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_is_documented_with_an_example(words: tuple[str, ...]) -> None:
    """docs/operations.md has a heading for it and shows it in use."""
    headings = " ".join(re.findall(r"^### (.*)$", OPERATIONS, re.MULTILINE))
    assert f"`newscrawl {' '.join(words)}" in headings
    assert [command for command in commands(OPERATIONS) if command[: len(words)] == list(words)] != []


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_is_documented(words: tuple[str, ...]) -> None:
    """Each option stands in docs/operations.md, in code style."""
    options = [name for parameter in LEAVES[words].params for name in parameter.opts if name.startswith("-")]
    assert [name for name in options if not re.search(rf"`{name}[ `]", OPERATIONS)] == []


def test_every_option_that_is_documented_exists() -> None:
    """What docs/operations.md calls an option of ours is one."""
    real = {name for command in [get_command(app), *LEAVES.values()] for one in command.params for name in one.opts} | {
        "--help"
    }
    named = set(re.findall(r"`(--?[a-z]+)[ `]", OPERATIONS))
    assert named - real == set()


def test_every_setting_is_documented_with_its_default() -> None:
    """The table of settings has a line for each, and no other."""
    rows = dict(re.findall(r"^\| `(NEWSCRAWL_\w+)` \| [^|]+ \| `?([^|`]+)`? \|", OPERATIONS, re.MULTILINE))
    defaults = {
        f"NEWSCRAWL_{name.upper()}": "none" if field.default is None else f"{field.default}".removesuffix(".0")
        for name, field in Config.model_fields.items()
    }
    assert {name: default.strip() for name, default in rows.items()} == defaults


def test_every_key_of_an_article_is_documented(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """The table of keys has them all, in order."""
    shown = newscrawl("articles", "list", "--json", "--limit", "1", "--db", stored_seeds).objects[0]
    table = OPERATIONS.split("An **article**")[1].split("A **run**")[0]
    cells = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(cells))) == sorted(shown)


def test_every_state_and_outcome_is_documented() -> None:
    """The words that runs use are explained."""
    words = [member.value for kind in (RunState, Outcome) for member in kind]
    assert [word for word in words if f"`{word}`" not in OPERATIONS] == []


@pytest.mark.parametrize(
    "name", ["README.md", pytest.param("docs/operations.md", marks=pytest.mark.long), "docs/exports.md"]
)
def test_the_shown_commands_run(newscrawl: Callable[..., Ended], tmp_path: Path, stored_seeds: str, name: str) -> None:
    """Each ends with 0 in a folder with the project's seeds; those that crawl or follow are only parsed."""
    """Each ends with 0 in a folder with the project's seeds; those that crawl, or need a recording, are parsed only."""
    for folder in ("seeds", "tests"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "newscrawl.db").write_bytes(Path(stored_seeds.removeprefix("sqlite:///")).read_bytes())
    ended = {}
    for command in commands(DOCS[name]):
        words = next(words for words in LEAVES if words == tuple(command[: len(words)]))
        is_fetching = {"crawl", "serve", "log"} & set(words) or (words == ("backfill",) and "--dry-run" not in command)
        if is_fetching or {"recordings", "source"} & set(words):
            with LEAVES[words].make_context("newscrawl", command[len(words) :]) as context:
                assert context.params  # it parses, which is all that is asked of it here
        else:
            ended[shlex.join(command)] = newscrawl(*command)
    assert {command: (one.code, one.err) for command, one in ended.items() if one.code} == {}
    assert len(ended) > 4


def test_the_example_of_a_source_runs() -> None:
    """The code of docs/adding-a-source.md, executed in order, keeps what it says must hold."""
    text = DOCS["docs/adding-a-source.md"]
    example, checks = blocks(text, "python")
    (page,) = blocks(text, "html")
    names: dict[str, Any] = {"__name__": "harbour", "page_html": page}
    for code in (example, checks):
        exec(compile(code, "docs/adding-a-source.md", "exec"), names)
    cards = '<a class="card" href="/2024/03/21/a">A</a><a rel="next" href="?2">older</a>'
    listing = names["read_listing"](cards, "https://www.harbour-post.example/tides/")
    assert [link.url for link in listing.links] == ["https://www.harbour-post.example/2024/03/21/a"]
    assert listing.next_url == "https://www.harbour-post.example/tides/?2"


def test_the_example_of_a_seed_file_is_one() -> None:
    """docs/seed-files.md shows a file that is read."""
    seed = parse_seed(blocks(DOCS["docs/seed-files.md"], "text")[0].encode(), "example.md")
    assert (seed.title, seed.observed_at.isoformat()) == ("灯塔重新点亮", "2023-08-01T14:00:00+00:00")


@pytest.mark.parametrize("name", DOCS)
def test_links_lead_somewhere(name: str) -> None:
    """Every relative link of the documentation names a file that is there."""
    targets = re.findall(
        r"\]\((?!https?://)([^)#]+)", re.sub(r"`[^`]*`|^```.*?^```", "", DOCS[name], flags=re.M | re.S)
    )
    assert [target for target in targets if not (ROOT / name).parent.joinpath(target).exists()] == []


def test_rooms_that_are_named_exist() -> None:
    """The paths that README and architecture name in code style are there."""
    text = DOCS["README.md"] + DOCS["docs/architecture.md"]
    named = set(re.findall(r"`((?:crawler|storage|tests|seeds|benchmarks|docs)/[\w/.-]*)`", text))
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_duckdb_runs_the_shown_queries(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """docs/exports.md: every query over the Parquet answers, and together they count every article."""
    (export,) = [command for command in commands(DOCS["docs/exports.md"]) if "parquet" in command]
    assert newscrawl(*export, "--db", stored_seeds).code == 0
    stored = newscrawl("articles", "export", "--db", stored_seeds).objects
    with duckdb.connect() as connection:
        counted, latest, month = (
            connection.execute(query).fetchall() for query in blocks(DOCS["docs/exports.md"], "sql")
        )
    assert sum(row[3] for row in counted) == len(stored)
    assert sorted(row[0] for row in latest) == sorted(article["canonical_url"] for article in stored)
    assert len(month) == sum(article["published_at"].startswith("2020-08") for article in stored) > 0


def test_the_help_of_the_program_tells_what_each_command_says_of_itself() -> None:
    """It is written down beside the name, for no command is imported to show it."""
    assert {name: line for name, (_, line) in COMMANDS.items()} == {
        name: load_command(name).help.splitlines()[0] for name in COMMANDS
    }
