"""Shared ground of the tests: where the real archives lie, and what a skipped test says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def shared(relative: str) -> Path:
    """Return a file beside the checkout, or skip with the reason the data's README asks for."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"needs the real archives (../shared/{relative} is not here)")
    return path


@pytest.fixture(scope="session")
def shared_file():
    """Give a function: relative path under ../shared -> path, or skip."""
    return shared


@pytest.fixture(scope="session")
def seed_posts() -> dict[str, dict]:
    """Give the 23 labelled posts of the seeds by id (`seed-001-1`), or skip."""
    lines = shared("seeds/labels.jsonl").read_text(encoding="utf-8").splitlines()
    return {post["id"]: post for post in map(json.loads, lines)}
