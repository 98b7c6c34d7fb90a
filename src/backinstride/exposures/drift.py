"""Form drift of one run and over many: slope over the hours at the same pace and grade.

Per run, 10-second means of running after minute five:
`metric ~ 1 + speed + speed^2 + grade + grade^2 + hours`; the hours' slope is the drift.
Whether it is more than chance is judged by shuffling four-minute blocks of the run (the usual
interval is wrong: neighbouring seconds are alike); over runs with runs as units, by flipping
signs. A late-minus-early difference is not computed: with a runner who speeds up it comes out
backwards. One device at a time. [movement analysis; E7.3, E7.9, own-form-drift]
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from backinstride import clean
from backinstride.exposures.cache import THREADS, arrays
from backinstride.exposures.kilometres import (
    FORM,
    WARM_S,
    running_mask,
    speeds_m_s,
    track,
)
from backinstride.readers.recording import Floats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backinstride.exposures.cache import Recorded

BIN_S = 10.0
BLOCK_S = 240.0
LEAST_S = 2400.0  # runs of 40 minutes or more
LEAST_BINS = 90
STEEPEST_PCT = 15.0
GRADE_SPAN_M = 50.0
SHUFFLES = 400
FLIPS = 4000
LEAST_RUNS = 10
SEED = 20_100_901
NORMAL_95 = 1.959964
METRICS: tuple[str, ...] = ("cadence_spm", "oscillation_mm", "contact_ms", "balance_pct")


class Bins(msgspec.Struct, frozen=True):
    """Ten-second means of one run while running: hours, speed, grade, and each metric."""

    hours: Floats
    speed_m_s: Floats
    grade_pct: Floats
    block: Floats
    metrics: dict[str, Floats]


class RunDrift(msgspec.Struct, frozen=True):
    """Drift of one metric in one run, per hour at the same pace and grade.

    `null_sd` is the spread of the same slope when the run's blocks are shuffled, `p` how often
    a shuffled run shows as much.
    """

    run: str
    metric: str
    per_h: float
    null_sd: float
    p: float
    hours: float


class Trend(msgspec.Struct, frozen=True):
    """Drift over many runs, runs as units. `low`, `high`: 95 %. `spread`: between runs."""

    metric: str
    runs: int
    per_h: float
    low: float
    high: float
    p: float
    spread: float


def bins(records: Mapping[str, Floats]) -> Bins | None:
    """Return the ten-second means of a run; None under 40 minutes or without running cadence."""
    time, metres = track(records)
    if len(time) < 2 or time[-1] - time[0] < LEAST_S:
        return None
    speed = speeds_m_s(records, time, metres)
    grade = _grades(records, metres)
    run = running_mask(records, time, speed) & (np.abs(grade) < STEEPEST_PCT)
    which = ((time - time[0] - WARM_S) // BIN_S).astype(np.int64)
    found = np.unique(which[run])
    if len(found) < LEAST_BINS:
        return None
    slot = np.searchsorted(found, which[run])

    def mean(values: Floats) -> Floats:
        part = values[run]
        good = ~np.isnan(part)
        total = np.bincount(slot[good], part[good], len(found))
        number = np.bincount(slot[good], minlength=len(found)).astype(np.float64)
        empty = np.full(len(found), np.nan)
        return np.asarray(np.divide(total, number, out=empty, where=number > 0), np.float64)

    metrics = {
        name: mean(np.asarray(records[FORM[name]], dtype=np.float64))
        for name in METRICS
        if FORM[name] in records and not np.isnan(records[FORM[name]][run]).all()
    }
    hours = (found * BIN_S + WARM_S) / 3600.0
    block = (found * BIN_S) // BLOCK_S
    return Bins(hours, mean(speed), mean(grade), block, metrics)


def _grades(records: Mapping[str, Floats], metres: Floats) -> Floats:
    altitude = np.asarray(records.get("altitude_m", np.full(len(metres), np.nan)))
    if np.isnan(altitude).all():
        return np.zeros(len(metres))
    grid, profile = clean.profile(metres, altitude)
    ahead = np.interp(metres + GRADE_SPAN_M, grid, profile)
    behind = np.interp(metres - GRADE_SPAN_M, grid, profile)
    return np.asarray((ahead - behind) / (2 * GRADE_SPAN_M) * 100.0, dtype=np.float64)


def of_run(run: str, b: Bins) -> tuple[RunDrift, ...]:
    """Return the drift of each metric that the run carries."""
    speed = b.speed_m_s - 3.0
    ground = np.column_stack([np.ones(len(speed)), speed, speed**2, b.grade_pct, b.grade_pct**2])
    found = []
    for metric, values in b.metrics.items():
        good = ~np.isnan(values)
        if good.sum() >= LEAST_BINS:
            part = _slope(values[good], b.hours[good], ground[good], b.block[good])
            found.append(RunDrift(run, metric, *part, float(np.ptp(b.hours[good]))))
    return tuple(found)


def _slope(
    values: Floats, hours: Floats, ground: Floats, block: Floats
) -> tuple[float, float, float]:
    """Return slope per hour, its shuffled spread, and the share of shuffles as large."""
    basis, _ = np.linalg.qr(ground)
    left = values - basis @ (basis.T @ values)
    clock = hours - basis @ (basis.T @ hours)
    scale = float(clock @ clock)
    slope = float(clock @ left) / scale
    order = shuffled_blocks(block, SHUFFLES)
    null_of = left[order] @ clock / scale  # the hypothesis: no drift at all
    rest = (left - slope * clock)[order] @ clock / scale  # spread: drift taken out
    p = (1 + int((np.abs(null_of) >= abs(slope)).sum())) / (SHUFFLES + 1)
    return slope, float(rest.std(ddof=1)), p


def shuffled_blocks(block: Floats, times: int, seed: int = SEED) -> np.ndarray:
    """Return `times` orders of the rows that keep each block together and shuffle the blocks."""
    rng = np.random.default_rng(seed)
    parts = np.split(np.arange(len(block)), np.flatnonzero(np.diff(block)) + 1)
    return np.array(
        [np.concatenate([parts[i] for i in rng.permutation(len(parts))]) for _ in range(times)]
    )


def trend(drifts: Sequence[RunDrift], metric: str) -> Trend | None:
    """Return the drift of a metric over all its runs; None with fewer than ten.

    Runs are weighted by their precision; the interval comes from the runs' own scatter, p from
    flipping the signs of runs. Same input, same output.
    """
    part = [d for d in drifts if d.metric == metric and d.null_sd > 0]
    if len(part) < LEAST_RUNS:
        return None
    slope = np.array([d.per_h for d in part])
    noise = np.array([d.null_sd for d in part]) ** 2
    between = _between(slope, noise)
    weight = 1.0 / (noise + between)
    weight /= weight.sum()
    middle = float(weight @ slope)
    error = math.sqrt(float((weight**2) @ (slope - middle) ** 2) * len(part) / (len(part) - 1))
    margin = student_95(len(part) - 1) * error
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], (FLIPS, len(part)))
    flipped = np.abs(signs @ (weight * slope))
    p = (1 + int((flipped >= abs(middle) - 1e-12).sum())) / (FLIPS + 1)
    return Trend(metric, len(part), middle, middle - margin, middle + margin, p, math.sqrt(between))


def _between(slope: Floats, noise: Floats) -> float:
    """Return the variance of true drift between runs (DerSimonian and Laird), 0 or more."""
    weight = 1.0 / noise
    middle = weight @ slope / weight.sum()
    spare = weight.sum() - (weight**2).sum() / weight.sum()
    return max(0.0, float((weight @ (slope - middle) ** 2 - (len(slope) - 1)) / spare))


def student_95(freedom: int) -> float:
    """Return the 97.5 % point of Student's t (series in 1/freedom; within 0.3 % from 5 on)."""
    z, n = NORMAL_95, float(freedom)
    first = (z**3 + z) / (4 * n)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    return z + first + second + third


def stands_out(one: RunDrift, usual: Trend) -> bool:
    """Return whether one run may be shown: beyond the runner's own usual drift and its noise.

    One run rarely proves anything: detectable with 80 % power are about 5 spm, 4 mm or 8 ms per
    hour.
    """
    margin = 2.0 * math.hypot(one.null_sd, usual.spread)
    return one.p < 0.05 and abs(one.per_h - usual.per_h) > margin


# --- a library ----------------------------------------------------------------------------


def of_library(
    library: Recorded, runs: pl.DataFrame, device: str | None = None
) -> tuple[RunDrift, ...]:
    """Return the drifts of all runs of one device (that of most runs, where none is named).

    Samples of other devices are left out: straps, pods and wrists do not agree.
    """
    known = runs.with_columns(pl.col("device").fill_null(""))
    if known.is_empty():
        return ()
    if device is None:
        counts = known["device"].value_counts().sort(["count", "device"], descending=[True, False])
        device = str(counts["device"][0])
    ids = known.filter(pl.col("device") == device)["id"].to_list()

    def one(run: str) -> tuple[RunDrift, ...]:
        found = bins(arrays(library.records(run)))
        return () if found is None else of_run(run, found)

    with ThreadPoolExecutor(THREADS) as pool:
        return tuple(drift for of_one in pool.map(one, ids) for drift in of_one)
