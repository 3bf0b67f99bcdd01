"""docs/deploy: the unit, the container file and the compose file are well-formed, and the container's way up works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from crawler.cli.commands import load_command
from crawler.config import Config
from crawler.settings_file import FILE_VARIABLE, PREFIX
from storage.maintenance import Maintenance
from storage.schema import NEWEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs" / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
UNIT = (DEPLOY / "newscrawl.service").read_text("utf-8")

SETTINGS = {PREFIX + name.upper() for name in Config.model_fields} | {FILE_VARIABLE}

# How long a service may take to end: its grace, then twice the time that a run has to stop, and a little.
LONGEST_END_SECONDS = Config().grace_seconds + 2 * Config().stop_seconds + 5


def instructions(name: str) -> list[str]:
    """Return what the instructions of one name in the container file say."""
    return re.findall(rf"^{name} +(.*)$", CONTAINERFILE, re.MULTILINE)


def set_in_image() -> dict[str, str]:
    """Return the environment that the image sets."""
    return dict(pair.split("=", 1) for line in instructions("ENV") for pair in shlex.split(line))


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """As it is, but for where the program lies; where there is no systemd, its lines are read."""
    lines = [line for line in UNIT.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"\[\w+\]|[A-Za-z]+=.*", line)] == []
    if analyze := shutil.which("systemd-analyze"):
        copy = tmp_path / "newscrawl.service"
        copy.write_text(UNIT.replace("/opt/newscrawl/bin/newscrawl", sys.executable), "utf-8")
        ended = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")


def test_the_commands_of_the_unit_are_commands() -> None:
    """Their options, too; what it sets is a setting, and it waits for runs to end."""
    commands = re.findall(r"^ExecStart(?:Pre)?=/opt/newscrawl/bin/newscrawl (.*)$", UNIT, re.MULTILINE)
    assert commands == ["doctor --offline", "serve"]
    for command in commands:
        name, *arguments = shlex.split(command)
        with load_command(name).make_context(name, arguments) as context:
            assert context.params
    assert set(re.findall(r"^Environment=(\w+)=", UNIT, re.MULTILINE)) <= SETTINGS
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert int(seconds) > LONGEST_END_SECONDS


def test_the_compose_file_follows_its_schema() -> None:
    """That of the compose specification, which the checker brings along."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    ended = subprocess.run([*command, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout


def test_the_compose_file_fits_the_program() -> None:
    """What it sets are settings, what it names is there, and nothing is open to other machines."""
    service, database = COMPOSE["services"]["newscrawl"], COMPOSE["services"]["database"]
    assert set(service["environment"]) <= SETTINGS
    build = service["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DEPLOY / "Containerfile")
    assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in database
    assert [port for port in service["ports"] if not port.startswith("127.0.0.1:")] == []
    assert "ports" not in database
    named = {volume.partition(":")[0] for one in (service, database) for volume in one["volumes"]}
    assert named == set(COMPOSE["volumes"])
    assert int(service["stop_grace_period"].removesuffix("s")) > LONGEST_END_SECONDS


def test_the_container_file_is_well_formed() -> None:
    """Nothing that its linter has to say."""
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    assert linter is not None, "pip install -e '.[dev]' brings it"
    ended = subprocess.run([linter, DEPLOY / "Containerfile"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_what_the_container_file_copies_is_there() -> None:
    """Everything that the package needs among it; what it sets are settings."""
    copied = [source for line in instructions("COPY") if "--from" not in line for source in shlex.split(line)[:-1]]
    sources = {source for source in copied if not source.startswith("--")}
    assert [source for source in sources if not (ROOT / source).exists()] == []
    let_in = tuple(line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!")
    assert [source for source in sources if not source.startswith(let_in)] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = {pattern.rstrip("*") for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages | {"pyproject.toml", project["project"]["readme"], "docs/deploy/start.sh"} == sources
    assert {name for name in set_in_image() if name.startswith(PREFIX)} <= SETTINGS
    assert (instructions("ENTRYPOINT"), instructions("CMD")) == (['["newscrawl-start"]'], ['["serve"]'])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts what the container starts, in the environment that the image sets."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "newscrawl"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m crawler "$@"\n', "utf-8")
    program.chmod(0o755)
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **settings: str) -> subprocess.Popen[str]:
        image = {name: value for name, value in set_in_image().items() if name.startswith(("NEWSCRAWL_", "PYTHON"))}
        base = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
        child = subprocess.Popen(
            ["sh", DEPLOY / "start.sh", *arguments],
            cwd=tmp_path,
            env=base | image | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(child)
        return child

    yield run
    for child in started:
        child.kill()
        child.communicate()


@pytest.mark.long
def test_the_container_comes_up_answers_and_ends(
    start: Callable[..., subprocess.Popen[str]], database_url: str
) -> None:
    """A new database is brought to the schema, the doctor is content, health is answered, SIGTERM ends with 0."""
    child = start(
        NEWSCRAWL_CONTACT="desk@example.org",
        NEWSCRAWL_DATABASE_URL=database_url,
        NEWSCRAWL_HEALTH_PORT="0",
        NEWSCRAWL_HEALTH_HOST="127.0.0.1",
    )
    assert child.stdout is not None
    told: list[str] = []
    while not any("this service leads" in line for line in told):
        told.append(child.stdout.readline())
        assert told[-1], "".join(told)
    (url,) = re.findall(r"health is answered at (\S+)", "".join(told))
    assert told[0] == f"made a new database at {NEWEST}\n"
    assert "Everything is as it must be\n" in told
    checking = re.search(r"HEALTHCHECK .*CMD (\[.*\])", CONTAINERFILE)
    assert checking is not None
    check = [part.replace("http://127.0.0.1:8080/healthz", url) for part in yaml.safe_load(checking[1])]
    assert subprocess.run([sys.executable, *check[1:]], check=False).returncode == 0
    child.send_signal(signal.SIGTERM)
    rest, _ = child.communicate(timeout=60)
    assert child.returncode == 0, rest
    assert subprocess.run([sys.executable, *check[1:]], capture_output=True, check=False).returncode == 1
    with Maintenance.open(database_url) as maintenance:
        assert maintenance.schema() == NEWEST


@pytest.mark.long
def test_the_container_does_not_serve_what_the_doctor_refuses(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """It ends with 1, and its log says what to do."""
    out, _ = (child := start("serve", NEWSCRAWL_DATABASE_URL=f"sqlite:///{tmp_path}/news.db")).communicate(timeout=60)
    assert child.returncode == 1
    assert "1 error\n" in out
    assert "NEWSCRAWL_CONTACT" in out
    assert "this service leads" not in out


def test_other_commands_pass_through_the_container(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    """Nothing is upgraded or diagnosed for them."""
    url = f"sqlite:///{tmp_path}/news.db"
    out, _ = (child := start("schedules", "list", NEWSCRAWL_DATABASE_URL=url)).communicate(timeout=60)
    assert child.returncode == 1
    assert out == f"newscrawl: there is no database at {tmp_path}/news.db; check the name, or crawl first\n"
