"""The pytest plugin, and the tests that its guide shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = "pytester"

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs/testing-your-source.md").read_text("utf-8")
# by name rather than by entry point: a checkout may have been installed before there was one
PLUGIN = ("-p", "no:newscrawl", "-p", "crawler.testing", "-p", "no:cacheprovider")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return a user's project, with seed files of its own."""
    seeds = pytester.path / "seeds"
    seeds.mkdir()
    for path in sorted((ROOT / "seeds").iterdir()):
        if "%E7%A4%BE%E4%BC%9A" in path.read_text("utf-8"):
            (seeds / path.name).write_bytes(path.read_bytes())
    return pytester


@pytest.mark.long
def test_the_tests_of_the_guide_pass(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """In five lines, as it says."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    examples = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    project.makepyfile(**{f"test_{number}": example for number, example in enumerate(examples)})
    project.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=2)
    assert len(examples[0].splitlines()) == 5


@pytest.mark.long
def test_a_wrong_expectation_fails(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure names what there is; an archive that is none says so."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    project.makepyfile(
        """
        def test_missing(recorded_run):
            recorded_run("seeds", "rfi-cn", "--limit", "1").article("no such title")

        def test_no_archive(recorded_run):
            recorded_run("nowhere", "rfi-cn")
        """
    )
    ended = project.runpytest_subprocess(*PLUGIN)
    ended.assert_outcomes(failed=2)
    ended.stdout.fnmatch_lines(
        ["*LookupError: no article 'no such title' among *", "*the replay did not run: *nowhere*"]
    )


def test_the_plugin_is_registered() -> None:
    """Whoever installs newscrawl has the fixtures."""
    assert (
        'newscrawl = "crawler.testing"'
        in (ROOT / "pyproject.toml").read_text("utf-8").split("[project.entry-points.pytest11]")[1]
    )
