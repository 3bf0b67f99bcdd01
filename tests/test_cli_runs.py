"""``newscrawl runs`` and ``newscrawl sources``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ended

RUN_KEYS = {"id", "source", "kind", "state", "reason", "started_at", "finished_at", "seeds", "limit", "pages", "counts"}


def test_runs_are_listed_and_shown_alike(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """The import of the seed files is a run; list and show print the same object."""
    listed = newscrawl("runs", "list", "--json", "--db", stored_seeds).objects
    shown = newscrawl("runs", "show", "1", "--json", "--db", stored_seeds).objects
    assert listed == shown
    assert listed[0].keys() >= RUN_KEYS
    assert (listed[0]["kind"], listed[0]["state"], listed[0]["finished_at"][-1]) == ("import", "finished", "Z")


def test_runs_for_a_person(newscrawl: Callable[..., Ended], stored_seeds: str) -> None:
    """The list has a line for each run, the run a line for each count."""
    listed = newscrawl("runs", "list", "--db", stored_seeds)
    shown = newscrawl("runs", "show", "1", "--db", stored_seeds)
    assert sum(line.startswith("│") for line in listed.out.splitlines()) == 1
    assert shown.out.startswith("Run 1: seed files, import, finished, ")
    assert " new " in shown.out


@pytest.mark.parametrize("number", ["99", "0", "9223372036854775807"])
def test_a_run_that_is_not_there(newscrawl: Callable[..., Ended], stored_seeds: str, number: str) -> None:
    """The sentence says where the others are."""
    ended = newscrawl("runs", "show", number, "--db", stored_seeds)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"newscrawl: there is no run {number}; `newscrawl runs list` shows those there are\n"


def test_the_sources_are_listed(newscrawl: Callable[..., Ended]) -> None:
    """All sixteen editions of RFI are there, and rfi-cn is read in Chinese and in Paris time."""
    sources = {source["name"]: source for source in newscrawl("sources", "--json").objects}
    assert len([name for name in sources if name.startswith("rfi-")]) == 16
    assert (sources["rfi-cn"]["language"], sources["rfi-cn"]["zone"]) == ("zh-Hans", "Europe/Paris")
    table = newscrawl("sources").out
    assert [name for name in sources if f" {name} " not in table] == []
