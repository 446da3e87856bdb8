"""What every test may use: where the shared data are, and how hypothesis draws."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ratemodel", derandomize=True, deadline=None)
settings.load_profile("ratemodel")

REPOSITORY = Path(__file__).resolve().parents[1]


def _shared(name: str) -> Path:
    """RATEMODEL_SHARED is the folder of real tables; the reference files lie beside it."""
    given = os.environ.get("RATEMODEL_SHARED")
    data = Path(given) if given else REPOSITORY.parent / "shared" / "data"
    folder = data.parent / name if name != "data" else data
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: not ours to redistribute")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real tables in the input format; not part of the project."""
    return _shared("data")


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """Published results that ours are held against."""
    return _shared("reference")
