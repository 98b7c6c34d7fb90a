"""The kilometre table of all runs, kept in the folder's `cache/`: computed once a run.

The cache may be deleted at any time; a run is keyed by its id, its stated distance and the
table's version. A cache that cannot be read or written is done without.
"""

from __future__ import annotations

import contextlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import polars as pl

from backinstride import files
from backinstride.exposures import kilometres

if TYPE_CHECKING:
    from pathlib import Path

    from backinstride.readers.recording import Floats

THREADS = 4


class Recorded(Protocol):
    """What is asked of a library: its folder, and the samples of one activity."""

    @property
    def folder(self) -> Path:
        """The runner's folder."""

    def records(self, activity: str, /) -> pl.DataFrame:
        """Return the samples of one activity; empty where it has none."""


def km_table(library: Recorded, runs: pl.DataFrame) -> pl.DataFrame:
    """Return the kilometres of all `runs`, in their order (columns: `kilometres.SCHEMA`).

    From the records where there are any, else from the totals; a run of unknown distance and
    without records has none.
    """
    path = library.folder / "cache" / f"km-v{kilometres.VERSION}.parquet"
    kept = _read(path)
    keys = runs.select("id", total_m=pl.col("distance_m").cast(pl.Float64))
    fresh = kept.join(keys, on=["id", "total_m"], how="semi", nulls_equal=True)
    missing = runs.join(fresh.select("id").unique(), on="id", how="anti", maintain_order="left")
    if not missing.is_empty():
        made = _make(library, missing)
        fresh = pl.concat([fresh, made])
        _write(path, fresh)
    order = keys.select("id").with_row_index("_run")
    return fresh.join(order, on="id", how="inner").sort("_run", "km").drop("_run")


def _make(library: Recorded, runs: pl.DataFrame) -> pl.DataFrame:
    rows = runs.select("id", "distance_m", "moving_s", "elapsed_s", "climb_m", "descent_m").rows()
    with ThreadPoolExecutor(THREADS) as pool:
        tables = list(pool.map(lambda row: one_run(library.records(row[0]), Totals(*row)), rows))
    return pl.concat([kilometres.empty(), *tables])


class Totals(NamedTuple):
    """What is known of a run without its records."""

    id: str
    distance_m: float | None
    moving_s: float | None
    elapsed_s: float | None
    climb_m: float | None
    descent_m: float | None


def one_run(records: pl.DataFrame, totals: Totals) -> pl.DataFrame:
    """Return the kilometres of one run from its records, else from its totals."""
    total = _known(totals.distance_m)
    columns = None if records.is_empty() else kilometres.from_records(_arrays(records), total)
    if columns is None and total > 0:
        moving = _known(totals.moving_s if totals.moving_s is not None else totals.elapsed_s)
        columns = kilometres.from_totals(
            total, moving, _known(totals.climb_m), _known(totals.descent_m)
        )
    if columns is None or total == 0:
        return kilometres.empty()
    return kilometres.frame(totals.id, total, columns)


def _known(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _arrays(records: pl.DataFrame) -> dict[str, Floats]:
    return {
        name: records[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in kilometres.NEEDED
        if name in records.columns
    }


def _read(path: Path) -> pl.DataFrame:
    with contextlib.suppress(OSError, pl.exceptions.PolarsError):
        kept = pl.read_parquet(path)
        if kept.schema == pl.Schema(kilometres.SCHEMA):
            return kept
    return kilometres.empty()


def _write(path: Path, table: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    with contextlib.suppress(OSError):
        files.private_directory(path.parent)
        files.replace(path, buffer.getvalue(), durable=False)
