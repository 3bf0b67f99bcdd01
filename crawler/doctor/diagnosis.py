"""What a check found."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.Enum):
    """How much of a worry it is."""

    OK = "ok"
    WARNING = "warning"
    """It works for now, or nobody could tell."""
    ERROR = "error"
    """Crawls will fail, or do already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What one check found."""

    check: str
    """What was looked at: ``contact``, ``database``, ``robots.txt of www.rfi.fr`` …"""
    verdict: Verdict
    found: str
    """One sentence, or a few words."""
    remedy: str | None = None
    """What to do; None if nothing is wrong."""


def ok(check: str, found: str) -> Diagnosis:
    """Return that something is as it must be."""
    return Diagnosis(check=check, verdict=Verdict.OK, found=found)


def warning(check: str, found: str, remedy: str) -> Diagnosis:
    """Return that something should be seen to."""
    return Diagnosis(check=check, verdict=Verdict.WARNING, found=found, remedy=remedy)


def error(check: str, found: str, remedy: str) -> Diagnosis:
    """Return that something must be seen to."""
    return Diagnosis(check=check, verdict=Verdict.ERROR, found=found, remedy=remedy)
