"""The versions of what the program stands on: what a report of a fault must name."""

from __future__ import annotations

import platform
from importlib.metadata import version

from crawler import __version__
from crawler.doctor.diagnosis import Diagnosis, ok

_NAMED = ("scrapy", "sqlalchemy", "apscheduler")


def check_versions() -> Diagnosis:
    """Return the versions of the program and of what it stands on."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _NAMED)
    found = f"newscrawl {__version__}, Python {platform.python_version()}, {libraries}, {platform.system()}"
    return ok("versions", found)
