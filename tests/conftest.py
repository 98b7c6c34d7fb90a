"""Shared ground of the tests: where the real archives lie, and what a skipped test says."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# The matrices are small: more threads in BLAS only wait for each other, and burn the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "2")

# HYPOTHESIS_PROFILE=deep looks longer, where a test sets no max_examples of its own.
# The default draws the same examples each time, so that a landing does not hang on luck.
settings.register_profile("default", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

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


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory) -> Path:
    """Build the invented runner once; tests that write make a copy (`demo_copy`)."""
    from backinstride import demo

    folder = tmp_path_factory.mktemp("demo") / "made"
    demo.build(folder)
    return folder


@pytest.fixture
def demo_copy(demo_folder, tmp_path) -> Path:
    """Give a runner's folder of the invented runner that a test may write to."""
    target = tmp_path / "runner"
    shutil.copytree(demo_folder / "runner", target)
    return target


@pytest.fixture(scope="session")
def season_folder(tmp_path_factory) -> Path:
    """Build the invented runner with the year after, once."""
    from backinstride import demo

    folder = tmp_path_factory.mktemp("season") / "made"
    demo.build(folder, season=True)
    return folder


@pytest.fixture(scope="session")
def demo_runner(demo_folder):
    """Open the invented runner once: what was answered stays answered. For looking only."""
    from backinstride.demo import invented
    from backinstride.runner import Runner

    return Runner(demo_folder / "runner", invented.TODAY)


@pytest.fixture(scope="session")
def season_runner(season_folder):
    """Open the invented runner of the year after once. For looking only."""
    from backinstride.demo import invented
    from backinstride.runner import Runner

    return Runner(season_folder / "runner", invented.SEASON_TODAY)


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Give a function that runs the command line in this process: code, stdout, stderr."""
    from click.testing import CliRunner

    from backinstride.cli.commands import group
    from backinstride.errors import BackInStrideError, UsageError

    monkeypatch.setenv("BACKINSTRIDE_FOLDER", str(tmp_path / "folder"))

    def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
        found = CliRunner().invoke(group, [*words], input=stdin, prog_name="backinstride")
        error = found.exception
        if isinstance(error, UsageError):
            return 2, found.stdout, f"{found.stderr}{error}"
        if isinstance(error, BackInStrideError):
            return 1, found.stdout, f"{found.stderr}{error}"
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return found.exit_code, found.stdout, found.stderr

    return run
