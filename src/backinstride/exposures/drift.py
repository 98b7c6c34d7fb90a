"""Form drift of one run and over many: slope over the hours at the same pace and grade.

Per run, samples of running after minute five:
`metric ~ 1 + speed + speed^2 + grade + grade^2 + hours`; the hours' slope is the drift.
Whether it is more than chance is judged by shuffling four-minute blocks of the run (the usual
interval is wrong: neighbouring seconds are alike); over runs with runs as units, a trimmed mean
and flipped signs. A late-minus-early difference is not computed: with a runner who speeds up it
comes out backwards. Interval sessions are left out: speed there jumps further than its slope can
be trusted. One device at a time. [E7.3, E7.9, own-form-drift]
"""

from __future__ import annotations

import functools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from backinstride import clean
from backinstride.exposures.cache import THREADS
from backinstride.exposures.kilometres import (
    FORM,
    arrays,
    running_mask,
    speeds_m_s,
    track,
)
from backinstride.readers.recording import Floats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backinstride.exposures.cache import Recorded

BLOCK_S = 240.0
LEAST_S = 2400.0  # runs of 40 minutes or more
LEAST_BLOCKS = 8
# Fitting speed and grade uses up freedom that a shuffled run has again, worth so many blocks.
# Set on shuffled real runs: p under 5 % came out in 3-8 %, intervals held 95-97 %.
LOST_FOR_P = 2
LOST_FOR_SPREAD = 5
STEEPEST_PCT = 15.0
GRADE_SPAN_M = 50.0
SHUFFLES = 1000
FLIPS = 4000
LEAST_RUNS = 10
STANDS_OUT_SD = 3.0
TRIM = 0.2  # of the runs at either end
SEED = 20_100_901
NORMAL_95 = 1.959964
MAD_TO_SD = 1.4826
METRICS: tuple[str, ...] = ("cadence_spm", "oscillation_mm", "contact_ms", "balance_pct")


class Samples(msgspec.Struct, frozen=True):
    """One run while running, after minute five: hours, speed, grade, each metric; s a sample."""

    hours: Floats
    speed_m_s: Floats
    grade_pct: Floats
    step_s: float
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


def samples(records: Mapping[str, Floats]) -> Samples | None:
    """Return the running samples of a run; None under 40 minutes or without running cadence."""
    time, metres = track(records)
    if len(time) < 2 or time[-1] - time[0] < LEAST_S:
        return None
    speed = speeds_m_s(records, time, metres)
    grade = _grades(records, metres)
    run = running_mask(records, time, speed) & (np.abs(grade) < STEEPEST_PCT)
    step = float(np.median(np.diff(time)))
    if not step > 0 or run.sum() * step < LEAST_BLOCKS * BLOCK_S:
        return None
    metrics = {
        name: records[source][run]
        for name, source in FORM.items()
        if source in records and not np.isnan(records[source][run]).all()
    }
    hours = (time[run] - time[0]) / 3600.0
    return Samples(hours, speed[run], grade[run], step, metrics)


def _grades(records: Mapping[str, Floats], metres: Floats) -> Floats:
    altitude = np.asarray(records.get("altitude_m", np.full(len(metres), np.nan)))
    if np.isnan(altitude).all():
        return np.zeros(len(metres))
    grid, profile = clean.profile(metres, altitude)
    ahead = np.interp(metres + GRADE_SPAN_M, grid, profile)
    behind = np.interp(metres - GRADE_SPAN_M, grid, profile)
    return np.asarray((ahead - behind) / (2 * GRADE_SPAN_M) * 100.0, dtype=np.float64)


def of_run(run: str, s: Samples) -> tuple[RunDrift, ...]:
    """Return the drift of each metric that the run carries for eight blocks or more."""
    speed = s.speed_m_s - 3.0
    ground = np.column_stack([np.ones(len(speed)), speed, speed**2, s.grade_pct, s.grade_pct**2])
    length = max(1, round(BLOCK_S / s.step_s))
    found = []
    for metric, values in s.metrics.items():
        good = ~np.isnan(values)
        if good.sum() >= LEAST_BLOCKS * length:
            part = _slope(values[good], s.hours[good], ground[good], length)
            found.append(RunDrift(run, metric, *part, float(np.ptp(s.hours[good]))))
    return tuple(found)


def _slope(
    values: Floats, hours: Floats, ground: Floats, length: int
) -> tuple[float, float, float]:
    """Return slope per hour, its spread under shuffling, and the share of shuffles as large."""
    basis, _ = np.linalg.qr(ground)
    left = values - basis @ (basis.T @ values)
    clock = hours - basis @ (basis.T @ hours)
    slope = float(clock @ left) / float(clock @ clock)
    order = shuffles(len(left) // length)
    blocks = order.shape[1]
    wider = math.sqrt(blocks / (blocks - LOST_FOR_P))
    none = shuffled_slopes(left, clock, length, order) * wider  # as if there were no drift
    p = (1 + int((np.abs(none) >= abs(slope)).sum())) / (len(order) + 1)
    rest = shuffled_slopes(left - slope * clock, clock, length, order)
    spread = float(rest.std(ddof=1)) * math.sqrt(blocks / (blocks - LOST_FOR_SPREAD))
    return slope, spread, p


@functools.cache
def shuffles(blocks: int) -> np.ndarray:
    """Return the orders of `blocks` blocks that every run of that length is shuffled by."""
    rng = np.random.default_rng(SEED)
    return np.array([rng.permutation(blocks) for _ in range(SHUFFLES)])


def shuffled_slopes(left: Floats, clock: Floats, length: int, order: np.ndarray) -> Floats:
    """Return the slope for each order of the blocks; what is left of the last block is dropped."""
    blocks = order.shape[1]
    clock = clock[: blocks * length]
    products = clock.reshape(blocks, length) @ left[: blocks * length].reshape(blocks, length).T
    sums = products[np.arange(blocks), order].sum(axis=1)
    return np.asarray(sums / float(clock @ clock), dtype=np.float64)


def trend(drifts: Sequence[RunDrift], metric: str) -> Trend | None:
    """Return the drift of a metric over all its runs; None with fewer than ten.

    The mean without the highest and lowest fifth of the runs, with Yuen's interval; p from
    flipping the signs of runs. Same input, same output.
    """
    part = [d for d in drifts if d.metric == metric]
    if len(part) < LEAST_RUNS:
        return None
    slope = np.array([d.per_h for d in part])
    cut = int(TRIM * len(part))
    kept = len(part) - 2 * cut
    middle = float(np.sort(slope)[cut : len(part) - cut].mean())
    held = np.clip(slope, np.sort(slope)[cut], np.sort(slope)[len(part) - cut - 1])
    error = math.sqrt(float(held.var(ddof=1)) * (len(part) - 1) / (kept * (kept - 1)))
    margin = student_95(kept - 1) * error
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], (FLIPS, len(part)))
    flipped = np.sort(signs * slope, axis=1)[:, cut : len(part) - cut].mean(axis=1)
    p = (1 + int((np.abs(flipped) >= abs(middle) - 1e-12).sum())) / (FLIPS + 1)
    spread = MAD_TO_SD * float(np.median(np.abs(slope - np.median(slope))))
    noise = float(np.median([d.null_sd for d in part]))
    between = math.sqrt(max(0.0, spread**2 - noise**2))
    return Trend(metric, len(part), middle, middle - margin, middle + margin, p, between)


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
    margin = STANDS_OUT_SD * math.hypot(one.null_sd, usual.spread)
    return one.p < 0.05 and abs(one.per_h - usual.per_h) > margin


# --- a library ----------------------------------------------------------------------------


def of_library(
    library: Recorded, runs: pl.DataFrame, device: str | None = None
) -> tuple[RunDrift, ...]:
    """Return the drifts of all runs of one device (that of most runs, where none is named).

    `runs` are exposures per run: interval sessions (`reps`) and treadmills, whose grade is
    unknown, are left out. So are other devices: straps, pods and wrists do not agree.
    """
    known = runs.with_columns(pl.col("device").fill_null(""))
    if known.is_empty():
        return ()
    if device is None:
        counts = known["device"].value_counts().sort(["count", "device"], descending=[True, False])
        device = str(counts["device"][0])
    steady = known.filter(
        pl.col("device") == device,
        pl.col("reps").is_null(),
        pl.col("surface").ne_missing("treadmill"),
    )

    def one(run: str) -> tuple[RunDrift, ...]:
        found = samples(arrays(library.records(run)))
        return () if found is None else of_run(run, found)

    with ThreadPoolExecutor(THREADS) as pool:
        return tuple(drift for of_one in pool.map(one, steady["id"].to_list()) for drift in of_one)
