"""What an operator sets: where it is read from, what goes first, and how a slip of the pen is answered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.config import Config, load_config, unknown_variables
from crawler.errors import BadInput
from crawler.settings_file import read_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no operator's settings reach a test."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("NEWSCRAWL_")]:
        monkeypatch.delenv(name)


def test_without_a_file_everything_has_its_default() -> None:
    """Nothing must be set."""
    assert load_config() == Config()
    assert (load_config().delay_seconds, load_config().contact) == (1.0, None)


def test_the_file_in_this_folder_is_read() -> None:
    """newscrawl.toml needs no mention."""
    Path("newscrawl.toml").write_text('contact = "desk@example.org"\ndelay_seconds = 2\n', "utf-8")
    assert (load_config().contact, load_config().delay_seconds) == ("desk@example.org", 2.0)


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting at a time; an empty variable is none."""
    Path("newscrawl.toml").write_text('contact = "desk@example.org"\ndelay_seconds = 2\nmax_redirects = 3\n', "utf-8")
    monkeypatch.setenv("NEWSCRAWL_DELAY_SECONDS", "7")
    monkeypatch.setenv("NEWSCRAWL_CONTACT", "")
    config = load_config()
    assert (config.contact, config.delay_seconds, config.max_redirects) == ("desk@example.org", 7.0, 3)


def test_a_named_file_is_read_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    """NEWSCRAWL_CONFIG goes before the file of this folder, --config before both."""
    for name in ("newscrawl", "environment", "option"):
        Path(f"{name}.toml").write_text(f'contact = "{name}@example.org"\n', "utf-8")
    monkeypatch.setenv("NEWSCRAWL_CONFIG", "environment.toml")
    assert load_config().contact == "environment@example.org"
    with read_from(Path("option.toml")):
        assert load_config().contact == "option@example.org"
    assert load_config().contact == "environment@example.org"


def test_child_processes_read_the_same_file(tmp_path: Path) -> None:
    """Whatever folder they run in."""
    Path("option.toml").write_text('contact = "desk@example.org"\n', "utf-8")
    program = "from crawler.config import load_config; print(load_config().contact)"
    path = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with read_from(Path("option.toml")):
        command = [sys.executable, "-c", program]
        child = subprocess.run(command, capture_output=True, check=True, cwd=elsewhere, env=os.environ | path)
    assert child.stdout == b"desk@example.org\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('contcat = "x"', "the settings file newscrawl.toml has an unknown setting contcat; did you mean contact?"),
        (
            'NEWSCRAWL_CONTACT = "x"',
            "the settings file newscrawl.toml has an unknown setting NEWSCRAWL_CONTACT; did you mean contact?",
        ),
        (
            '[database]\nurl = "x"',
            "the settings file newscrawl.toml has an unknown setting database; did you mean database_url?",
        ),
        (
            "colour = 1",
            "the settings file newscrawl.toml has an unknown setting colour; docs/operations.md lists those there are",
        ),
        (
            'delay_seconds = "soon"',
            "the settings file newscrawl.toml has delay_seconds = 'soon': Input should be a valid number, unable to"
            " parse string as a number",
        ),
        (
            'contact = "rédaction"',
            "the settings file newscrawl.toml has contact = 'rédaction': write it in plain letters, such as"
            " desk@example.org or https://example.org/crawler",
        ),
        (
            "contact",
            "the settings file newscrawl.toml is not TOML: Expected '=' after a key in a key/value pair (at end of"
            " document)",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_one_sentence(text: str, sentence: str) -> None:
    """It names the file, the key and, of an unknown key, the nearest right one."""
    Path("newscrawl.toml").write_text(text, "utf-8")
    with pytest.raises(BadInput) as refused:
        load_config()
    assert str(refused.value) == sentence


def test_a_file_that_is_no_text_is_named() -> None:
    """A file in another encoding is refused, not misread."""
    Path("newscrawl.toml").write_bytes("contact = 'rédaction'".encode("latin-1"))
    with pytest.raises(BadInput, match=r"^the settings file newscrawl\.toml is not TOML: 'utf-8' codec can't decode"):
        load_config()


def test_a_fault_of_the_environment_is_blamed_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the file sets the same, rightly."""
    Path("newscrawl.toml").write_text("delay_seconds = 2", "utf-8")
    monkeypatch.setenv("NEWSCRAWL_DELAY_SECONDS", "soon")
    with pytest.raises(BadInput, match=r"^NEWSCRAWL_DELAY_SECONDS is 'soon': "):
        load_config()


def test_a_variable_that_is_no_setting_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not refused, for it may belong to somebody else, but `doctor` tells."""
    monkeypatch.setenv("NEWSCRAWL_CONTCAT", "desk@example.org")
    monkeypatch.setenv("NEWSCRAWL_CONTACT", "desk@example.org")
    assert unknown_variables() == [("NEWSCRAWL_CONTCAT", "NEWSCRAWL_CONTACT")]


@pytest.mark.parametrize("command", [("articles", "list"), ("db", "current"), ("crawl", "rfi-cn")])
def test_a_file_that_is_not_there_is_refused(newscrawl: Callable[..., Ended], command: tuple[str, ...]) -> None:
    """A mistyped --config does not fall back on defaults."""
    ended = newscrawl("--config", "nowhere.toml", *command)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "there is no settings file" in ended.err
    assert "nowhere.toml; write one with: newscrawl init" in ended.err
