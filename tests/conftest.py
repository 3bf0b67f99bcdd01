"""Fixtures that every test may use: the data beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of data beside the project; skip, saying so, where it is not."""
    if not SHARED.is_dir():
        pytest.skip(f"no data beside the project: {SHARED} is not there")
    return SHARED
