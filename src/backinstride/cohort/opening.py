"""A cohort opened for a question: its tables, with the metrics computed where they are missing."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from backinstride.cohort import build, metrics, stream
from backinstride.errors import UnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Cohort(NamedTuple):
    """`sessions` is a Parquet file with all metrics; the other tables where the folder has them."""

    sessions: Path
    episodes: pl.DataFrame | None
    notes: pl.DataFrame | None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Cohort]:
    """Give the cohort of a folder that `cohort build` wrote, or of one Parquet file of sessions."""
    sessions = path / build.SESSIONS if path.is_dir() else path
    if not sessions.is_file():
        raise UnusableError(f"no cohort at {path}: neither a table of sessions nor a folder of one")
    episodes = _optional(path, build.EPISODES)
    notes = _optional(path, build.NOTES)
    try:
        names = pl.scan_parquet(sessions).collect_schema().names()
    except pl.exceptions.PolarsError as error:
        raise UnusableError(f"cannot read {sessions}: {error}") from error
    if set(metrics.METRICS) <= set(names):
        yield Cohort(sessions, episodes, notes)
        return
    with tempfile.TemporaryDirectory(prefix="backinstride-") as folder:
        computed = Path(folder) / "sessions.parquet"
        stream.metrics_file(sessions, computed)
        yield Cohort(computed, episodes, notes)


def _optional(path: Path, name: str) -> pl.DataFrame | None:
    return pl.read_parquet(path / name) if (path / name).is_file() else None
