"""Kilometres and repeats of all runs, kept in the folder's `cache/`: computed once a run.

The cache may be deleted at any time; a run is keyed by its id, what the library says of it, and
the table's version. A cache that cannot be read or written is done without.
"""

from __future__ import annotations

import contextlib
import io
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import polars as pl

from backinstride import files
from backinstride.exposures import intervals, kilometres

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from backinstride.readers.recording import Floats

THREADS = 4
# What the library says of a run: a second recording or a corrected export changes it.
KEYS = (
    "distance_m", "moving_s", "elapsed_s", "climb_m", "descent_m", "avg_hr_bpm",
    "avg_cadence_spm", "points",
)  # fmt: skip


class Recorded(Protocol):
    """What is asked of a library: its folder, and the samples and laps of one activity."""

    @property
    def folder(self) -> Path:
        """The runner's folder."""

    def records(self, activity: str, /) -> pl.DataFrame:
        """Return the samples of one activity; empty where it has none."""

    def laps(self, activity: str, /) -> pl.DataFrame:
        """Return the laps of one activity; empty where it has none."""


class Tables(NamedTuple):
    """Kilometres and repeats of all runs."""

    kms: pl.DataFrame
    reps: pl.DataFrame


REP_SCHEMA: dict[str, type[pl.DataType]] = {
    "id": pl.String,
    "rep": pl.Int64,
    "time_s": pl.Float64,
    "distance_m": pl.Float64,
    "first_half_s": pl.Float64,
    "second_half_s": pl.Float64,
    "rest_s": pl.Float64,
    "walked_s": pl.Float64,
}


def tables(library: Recorded, runs: pl.DataFrame) -> Tables:
    """Return the kilometres (`kilometres.SCHEMA`) and repeats (`REP_SCHEMA`) of all `runs`.

    In the order of `runs`. From the records where there are any, else from the totals; a run of
    unknown distance and without records has none.
    """
    paths = [
        library.folder / "cache" / f"{name}-v{kilometres.VERSION}.parquet" for name in ("km", "rep")
    ]
    schemas = (kilometres.SCHEMA, REP_SCHEMA)
    kept = [_read(path, schema) for path, schema in zip(paths, schemas, strict=True)]
    runs = runs.with_columns(key=pl.struct(KEYS).hash())
    keys = runs.select("id", "key")
    whole = keys.join(kept[0], on=["id", "key"], how="semi")
    whole = whole.join(kept[1], on="id", how="semi")
    missing = runs.join(whole, on="id", how="anti", maintain_order="left")
    found = [table.join(whole, on="id", how="semi") for table in kept]
    if not missing.is_empty():
        made = _make(library, missing)
        found = [pl.concat([old, new]) for old, new in zip(found, made, strict=True)]
        for path, table in zip(paths, found, strict=True):
            _write(path, table)
    order = keys.select("id").with_row_index("_run")
    placed = [table.join(order, on="id", how="inner") for table in found]
    return Tables(
        placed[0].filter(pl.col("km") > 0).sort("_run", "km").drop("_run"),
        placed[1].filter(pl.col("rep") > 0).sort("_run", "rep").drop("_run"),
    )


def _make(library: Recorded, runs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = runs.select(Totals._fields).rows()

    def make(row: tuple[Any, ...]) -> tuple[dict[str, Floats], list[tuple[object, ...]]]:
        totals = Totals(*row)
        records = kilometres.arrays(library.records(totals.id))
        laps = kilometres.arrays(library.laps(totals.id)) if records else {}
        return one_run(records, totals), _rep_rows(totals.id, intervals.find(records, laps))

    with ThreadPoolExecutor(THREADS) as pool:
        made = list(pool.map(make, rows))
    kms = kilometres.frame([(row[0], row[1]) for row in rows], [columns for columns, _ in made])
    reps = [row for _, of_run in made for row in of_run]
    return kms, pl.DataFrame(reps, schema=REP_SCHEMA, orient="row")


def _rep_rows(run: str, reps: tuple[intervals.Rep, ...]) -> list[tuple[object, ...]]:
    """Return the repeats as rows; a row numbered 0 says that the run was looked at."""
    rows: list[tuple[object, ...]] = [(run, 0, *[None] * 6)]
    for number, r in enumerate(reps, 1):
        halves = r.halves_s or (None, None)
        rows.append((run, number, r.time_s, r.distance_m, *halves, r.rest_s, r.walked_s))
    return rows


class Totals(NamedTuple):
    """What is known of a run without its records."""

    id: str
    key: int
    distance_m: float | None
    moving_s: float | None
    elapsed_s: float | None
    climb_m: float | None
    descent_m: float | None


def one_run(records: Mapping[str, Floats], totals: Totals) -> dict[str, Floats]:
    """Return the kilometres of one run from its records, else from its totals.

    A run with neither has one row numbered 0: it was looked at.
    """
    total = _known(totals.distance_m)
    if not total <= kilometres.LONGEST_M and not math.isnan(total):
        return kilometres.looked_at()
    columns = kilometres.from_records(records, total) if total != 0 else None
    if columns is None and total > 0:
        moving = _known(totals.moving_s if totals.moving_s is not None else totals.elapsed_s)
        columns = kilometres.from_totals(
            total, moving, _known(totals.climb_m), _known(totals.descent_m)
        )
    return columns or kilometres.looked_at()


def _known(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _read(path: Path, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    with contextlib.suppress(OSError, pl.exceptions.PolarsError):
        kept = pl.read_parquet(path)
        if kept.schema == pl.Schema(schema):
            return kept
    return pl.DataFrame(schema=schema)


def _write(path: Path, table: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    with contextlib.suppress(OSError):
        files.private_directory(path.parent)
        files.replace(path, buffer.getvalue(), durable=False)
