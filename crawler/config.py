"""What an operator sets: typed, with units, read once from the environment and a TOML file.

Every setting is ``NEWSCRAWL_<NAME>`` in the environment, which goes first, and ``name = value`` in the file;
docs/operations.md lists them, `crawler.config_template` writes the file. Nothing else reads the environment.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from crawler import __version__
from crawler.errors import BadInput
from crawler.settings_file import FILE_VARIABLE, PREFIX, settings_file


class Config(BaseSettings):
    """An operator's settings; the docstring of each is also its comment in the file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    database_url: str = "sqlite:///newscrawl.db"
    """Where articles are kept, SQLite or PostgreSQL: sqlite:///news.db (in the folder in which the program runs),
    sqlite:////var/lib/newscrawl/news.db (four slashes: an absolute path), postgresql://user:password@host/name."""

    contact: str | None = None
    """Mail address or page at which a site's operator reaches whoever runs this crawler.

    It stands in the user agent, in ASCII; a crawl of a live site does not start without it.
    """

    delay_seconds: float = Field(default=1.0, ge=0)
    """Pause between two requests to one host: about the pace of a patient reader."""

    connect_seconds: float = Field(default=10.0, gt=0)
    """Longest wait for a connection."""

    first_byte_seconds: float = Field(default=20.0, gt=0)
    """Longest wait for the first byte of a response, the connection included."""

    timeout_seconds: float = Field(default=60.0, gt=0)
    """Longest wait for one whole response; RFI's slowest pages take a few seconds."""

    max_body_bytes: int = Field(default=10 * 1024 * 1024, gt=0)
    """Largest body taken, after decompression; the heaviest real page seen weighs 0.8 MB."""

    max_redirects: int = Field(default=5, ge=0)
    """Redirects followed for one request."""

    patience_seconds: float = Field(default=120.0, ge=0)
    """Longest that a run waits for a host that asks for a pause, or for a URL's next try, before it ends."""

    retry_seconds: float = Field(default=5.0, gt=0)
    """Wait before the second try of a failed URL, and first pause for a host in trouble; they double each time."""

    batch_articles: int = Field(default=200, gt=0)
    """Articles written in one transaction at most; larger batches no longer write faster."""

    batch_seconds: float = Field(default=0.25, gt=0)
    """Longest time an article waits for its batch; a kill or a power cut costs twice that much work at most, or half a
    second's."""

    record_file_bytes: int = Field(default=1_000_000_000, gt=0)
    """Size from which on a file of a recording is closed and the next begun."""

    spool_folder: Path = Path("~/.local/state/newscrawl/spool")
    """Where files of a recording are written that go to an object store when they are whole."""

    log_folder: str = "newscrawl-logs"
    """Where the runs that newscrawl serve starts write their logs."""

    kept_logs: int = Field(default=500, gt=0)
    """Runs whose logs are kept, the newest first; each has at most 10 MB."""

    heartbeat_seconds: float = Field(default=10.0, ge=0.1)
    """Between two signs of life of the service that leads; another takes over within twice this time."""

    grace_seconds: float = Field(default=30.0, ge=0)
    """How long runs may go on after the service was told to end (SIGTERM), before they are told to stop."""

    stop_seconds: float = Field(default=10.0, gt=0)
    """How long a run that is told to stop may take for it, before it is ended by force."""

    max_runs: int = Field(default=4, gt=0)
    """Runs that the service has under way at once; more wait their turn."""

    silence_limit_seconds: float = Field(default=300.0, gt=0)
    """Longest time without progress before a run counts as hung: longer than any pause that a run waits out."""

    memory_limit_bytes: int = Field(default=1_000_000_000, gt=0)
    """Most memory that a run of the service may hold; a crawl of thousands of pages takes about 150 MB."""

    health_port: int | None = Field(default=None, ge=0, le=65535)
    """Port on which newscrawl serve answers /healthz and /metrics; none for no port, 0 for a free one."""

    health_host: str = "127.0.0.1"
    """Address on which it does: this machine only, unless set otherwise."""

    @property
    def user_agent(self) -> str:
        """Who we say we are, to every site."""
        return f"newscrawl/{__version__}" + (f" (+{self.contact})" if self.contact else "")

    @field_validator("contact")
    @classmethod
    def _check_contact(cls, contact: str | None) -> str | None:
        return None if contact is None else usable_contact(contact)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before the file."""
        file = settings_file()
        toml = () if file is None else (TomlConfigSettingsSource(settings_cls, toml_file=file),)
        return (init_settings, env_settings, *toml)


def usable_contact(contact: str) -> str:
    """Return a contact address that the user agent can carry.

    Raises:
        ValueError: It cannot; the message says how to write one.
    """
    if contact.isascii() and contact.isprintable() and contact and contact.strip() == contact:
        return contact
    raise ValueError("write it in plain letters, such as desk@example.org or https://example.org/crawler")


def load_config() -> Config:
    """Read the operator's settings from the environment and the file.

    Raises:
        BadInput: The file cannot be read, or a setting is unknown or unusable; the sentence says which, and where.
    """
    file = settings_file()
    try:
        if file is not None and not file.is_file():
            raise BadInput(f"there is no settings file {file}; write one with: newscrawl init {file}")
        return Config()
    except ValidationError as error:
        raise BadInput(_tell(error.errors()[0], file)) from error
    except OSError as error:
        raise BadInput(f"the settings file {file} cannot be read: {error.strerror}") from error
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"the settings file {file} is not TOML: {error}") from error


def unknown_variables() -> list[tuple[str, str | None]]:
    """Return the variables of the environment that look like settings and are none, each with the nearest right one."""
    ours = {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}
    known = {PREFIX + name.upper() for name in Config.model_fields} | {FILE_VARIABLE}
    return [(name, next(iter(get_close_matches(name, known, 1)), None)) for name in sorted(ours - known)]


def _tell(fault: Any, file: Path | None) -> str:
    """Return one of pydantic's faults as a sentence that names the setting and where it stands."""
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(name.lower().removeprefix(PREFIX.lower()), Config.model_fields, 1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "docs/operations.md lists those there are"
        return f"the settings file {file} has an unknown setting {name}; {hint}"
    variable = PREFIX + str(fault["loc"][0]).upper()
    is_from_environment = variable in {name.upper() for name in os.environ}
    told = f"{variable} is" if is_from_environment else f"the settings file {file} has {name} ="
    return f"{told} {fault['input']!r}: {fault['msg'].removeprefix('Value error, ')}"
