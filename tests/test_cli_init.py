"""``newscrawl init``: a settings file to begin with."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.config import Config, load_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended


def test_it_writes_every_setting_with_its_default_as_a_comment(newscrawl: Callable[..., Ended]) -> None:
    """Read as it is the file sets nothing; with its lines uncommented, each setting to its default."""
    ended = newscrawl("init")
    assert (ended.code, ended.out) == (
        0,
        "wrote newscrawl.toml\nnext: set contact in it, then: newscrawl doctor\n",
    )
    text = Path("newscrawl.toml").read_text("utf-8")
    assert tomllib.loads(text) == {}
    lines = re.findall(r"^# (\w+ =.*)$", text, re.MULTILINE)
    assert [line.split(" = ")[0].removesuffix(" =") for line in lines] == list(Config.model_fields)
    uncommented = tomllib.loads("\n".join(line for line in lines if not line.endswith("=")))
    assert Config(**uncommented) == Config()


def test_each_setting_is_explained(newscrawl: Callable[..., Ended]) -> None:
    """The lines above it are its docstring."""
    newscrawl("init")
    text = Path("newscrawl.toml").read_text("utf-8")
    above = dict(re.findall(r"((?:^# (?!\w+ =).*\n)+)# (\w+) =", text, re.MULTILINE))
    assert sorted(above.values()) == sorted(Config.model_fields)
    assert max(map(len, text.splitlines())) <= 120


def test_what_is_given_is_set(newscrawl: Callable[..., Ended]) -> None:
    """--contact and --db are lines of their own, and the file is at once in force."""
    url = "sqlite:///articles.db"
    ended = newscrawl("init", "--contact", 'desk@example.org ("night")', "--db", url)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "next: newscrawl doctor")
    assert (load_config().contact, load_config().database_url) == ('desk@example.org ("night")', url)


def test_it_writes_where_it_is_told(newscrawl: Callable[..., Ended], tmp_path: Path) -> None:
    """FILE goes before --config; the next step names the file where it must be named."""
    newscrawl("--config", "a.toml", "init")
    ended = newscrawl("--config", "a.toml", "init", "b.toml", "--contact", "desk@example.org")
    assert ended.out == "wrote b.toml\nnext: newscrawl --config b.toml doctor\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.toml", "b.toml"]


def test_nothing_is_written_over(newscrawl: Callable[..., Ended]) -> None:
    """The file that is there stays as it is."""
    Path("newscrawl.toml").write_text("delay_seconds = 2\n", "utf-8")
    ended = newscrawl("init")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "newscrawl: newscrawl.toml is there already, and is left as it is; name another file, or change it by hand\n"
    )
    assert Path("newscrawl.toml").read_text("utf-8") == "delay_seconds = 2\n"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--contact", "rédaction"), 2, "--contact 'rédaction' cannot be used: write it in plain letters, such as"),
        (("--db", "news.db"), 1, "'news.db' is not a database URL; write sqlite:///news.db or"),
        (("--db", "sqlite:////nowhere/news.db"), 1, "the database /nowhere/news.db cannot be made: there is no folder"),
        (("nowhere/newscrawl.toml",), 1, "nowhere/newscrawl.toml cannot be written or read: No such file or directory"),
    ],
)
def test_what_would_be_refused_later_is_refused_now(
    newscrawl: Callable[..., Ended], tmp_path: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    """Nothing is written."""
    ended = newscrawl("init", *arguments)
    assert (ended.code, ended.out, list(tmp_path.iterdir())) == (code, "", [])
    assert ended.err.startswith(f"newscrawl: {sentence}")
