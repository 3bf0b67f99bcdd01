"""What an operator sets: typed, with units, read once from the environment.

Every name can be set as ``NEWSCRAWL_<NAME>``; docs/operations.md lists them. Nothing else reads the environment.
"""

from __future__ import annotations

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from crawler.errors import BadInput


class Config(BaseSettings):
    """An operator's settings."""

    model_config = SettingsConfigDict(env_prefix="NEWSCRAWL_", frozen=True, extra="ignore")

    database_url: str = "sqlite:///newscrawl.db"
    """Where articles are kept: an SQLAlchemy URL, SQLite or PostgreSQL."""

    contact: str | None = Field(default=None, pattern=r"^[\x21-\x7e][\x20-\x7e]*$")
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

    batch_seconds: float = Field(default=0.5, gt=0)
    """Longest time an article waits for its batch: the most that a power cut can cost."""


def load_config() -> Config:
    """Read the operator's settings from the environment.

    Raises:
        BadInput: A setting has an unusable value; the sentence names it.
    """
    try:
        return Config()
    except ValidationError as error:
        first = error.errors()[0]
        name = "NEWSCRAWL_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadInput(f"{name} is {first['input']!r}: {first['msg']}") from error
