"""Invented cohorts with a known truth: to test the engine, the regression and the report.

Nobody's data. Distances and gaps are drawn so that some sessions are spikes and some runners come
back from layoffs; episodes are drawn from the hazard that :data:`TRUTH` states. What a method
recovers here shows that it computes what it says, not that the world is so.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from backinstride.cohort import metrics, require
from backinstride.cohort.folders import EPISODES, NOTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from backinstride.stats import Floats

BASE_HAZARD = 0.0022  # episodes a session without any exposure
FRAILTY_SD = 0.5  # of the log hazard, between runners
PART = 2_000  # runners drawn at once
_GAPS = (1, 2, 3, 4, 5, 7, 10, 18, 40)
_CHANCES = (0.42, 0.30, 0.13, 0.06, 0.04, 0.03, 0.01, 0.006, 0.004)
_FIRST_DAY = 17_897  # 2019-01-01


class Truth(NamedTuple):
    """Hazard ratios of a session over 10, 30 and 100 % beyond the longest of 30 days; layoff."""

    over_10: float = 1.64
    over_30: float = 1.52
    over_100: float = 2.28
    layoff: float = 1.0


TRUTH = Truth()  # the sizes of the published study [E1.1]


def sessions(
    runners: int, total: int, *, seed: int = 1, truth: Truth | None = TRUTH
) -> Iterator[pa.Table]:
    """Yield tables of whole runners: runner (int32, in order), day, distance_m, episode.

    `total` sessions in all, spread at random, at least one a runner; no episode without a truth.
    """
    rng = np.random.default_rng(seed)
    counts = 1 + rng.multinomial(total - runners, np.full(runners, 1.0 / runners))
    for first in range(0, runners, PART):
        part = counts[first : first + PART]
        table = _draw(rng, np.repeat(np.arange(first, first + len(part)), part), part)
        yield table if truth is None else _with_episodes(rng, table, part, truth)


def _draw(rng: np.random.Generator, runner: np.ndarray, counts: np.ndarray) -> pa.Table:
    pa = require("pyarrow")
    total, starts = len(runner), np.concatenate(([0], np.cumsum(counts)[:-1]))
    gaps = rng.choice(np.array(_GAPS, np.int32), total, p=_CHANCES)
    gaps[rng.random(total) < 0.02] = 0  # two sessions on a day
    gaps[starts] = 0
    walked = np.cumsum(gaps, dtype=np.int64)
    day = walked - np.repeat(walked[starts], counts) + _FIRST_DAY
    usual = np.repeat(rng.normal(np.log(8_000.0), 0.4, len(counts)), counts)
    distance = np.exp(usual + rng.normal(0.0, 0.22, total))
    distance *= np.where(rng.random(total) < 0.12, rng.uniform(1.2, 2.4, total), 1.0)
    return pa.table(
        {
            "runner": pa.array(runner.astype(np.int32)),
            "day": pa.array(day.astype(np.int32)).cast(pa.date32()),
            "distance_m": pa.array(np.round(distance)),
        }
    )


def _with_episodes(
    rng: np.random.Generator, table: pa.Table, counts: np.ndarray, truth: Truth
) -> pa.Table:
    pa = require("pyarrow")
    found = metrics.metrics_block(table)
    ratio: Any = found.column("spike_ratio").to_numpy()
    layoff: Any = found.column("layoff_21d_days").to_numpy()
    log_hazard = np.log(BASE_HAZARD) + _log_ratio(ratio, layoff, truth)
    frailty = rng.normal(-(FRAILTY_SD**2) / 2, FRAILTY_SD, len(counts))
    hazard = np.exp(log_hazard + np.repeat(frailty, counts))
    happened = rng.random(len(hazard)) < -np.expm1(-hazard)
    return table.append_column("episode", pa.array(happened))


def _log_ratio(ratio: Floats, layoff: Floats, truth: Truth) -> Floats:
    """Return the log hazard ratio of each session; unknown exposures act as none."""
    steps = np.select(
        [ratio > 2.0, ratio > 1.3, ratio > metrics.SPIKE_FROM],
        np.log([truth.over_100, truth.over_30, truth.over_10]),
        0.0,
    )
    return np.asarray(steps + np.where(layoff >= 14, np.log(truth.layoff), 0.0), dtype=np.float64)


def write(
    path: Path, runners: int, total: int, *, seed: int = 1, truth: Truth | None = TRUTH
) -> None:
    """Write such a cohort to Parquet, sorted by runner and day."""
    pq = require("pyarrow.parquet")
    writer = None
    for table in sessions(runners, total, seed=seed, truth=truth):
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=1_000_000)
    if writer is not None:
        writer.close()


# --- a clinic's morning ------------------------------------------------------------------------


def clinic(
    today: dt.date, runners: int = 50, *, seed: int = 5
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return sessions with metrics, episodes and notes of an invented clinic, as of `today`.

    Of every ten runners one went too far this week, one came back from a layoff and ran on as
    before, one has an open episode whose questions were answered long ago; the rest are quiet.
    """
    rng = np.random.default_rng(seed)
    rows, episodes, notes = [], [], []
    for n in range(runners):
        name, kind = f"runner {n + 1:02d}", n % 10
        rows += _clinic_runs(rng, name, kind, today)
        if kind in (2, 5):  # an open episode; of kind 5 the questions are answered
            begun = today - _days(12 + n % 5)
            asked = today - _days(2) if kind == 5 else begun
            episodes.append({"runner": name, "day": begun, "when": "during", "where": "low_back",
                             "feels": "spasm", "pain": 6.0, "recalled": False})  # fmt: skip
            notes.append({"runner": name, "day": asked, "kind": "check", "what": "bladder",
                          "outcome": "no"})  # fmt: skip
    columns = {
        "runner": pl.String, "day": pl.Date, "distance_m": pl.Float64, "moving_s": pl.Float64,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    computed = pl.from_arrow(metrics.metrics_block(frame.sort("runner", "day").to_arrow()))
    assert isinstance(computed, pl.DataFrame)
    return (
        computed,
        pl.DataFrame(episodes, schema={"runner": pl.String, **EPISODES}),
        pl.DataFrame(notes, schema={"runner": pl.String, **NOTES}),
    )


def _days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def _clinic_runs(
    rng: np.random.Generator, name: str, kind: int, today: dt.date
) -> list[tuple[str, dt.date, float, float]]:
    usual = float(rng.uniform(6_000, 12_000))
    backs = sorted(rng.choice(np.arange(1, 120), 50, replace=False).tolist(), reverse=True)
    far = {back: usual * float(rng.uniform(0.95, 1.0)) for back in backs}
    if kind == 0:
        far[2] = usual * float(rng.uniform(1.3, 1.9))
    if kind == 1:
        far = {back: metres for back, metres in far.items() if back > 40 or back in (2, 4)}
        far[4] = usual * 0.95
    return [
        (name, today - _days(back), round(metres), round(metres * 0.36))
        for back, metres in sorted(far.items(), reverse=True)
    ]
