"""Form late in a run against the same run's beginning, at the same pace and grade.

The comparison is with the runner's own slopes: cadence, bounce and ground contact change with
speed and gradient, and a runner who speeds up hides the drift (late minus early comes out
backwards). So each kilometre's value is first cleared of speed and grade, with slopes from the
26 weeks before, within runs and per device. What is left is set against minutes 5-15 of the run,
per metric in the runner's own usual spread, and averaged over the metrics at hand: one unit is
one standard deviation of that runner's usual drift. Positive: the direction tired runners take
(slower cadence, more bounce, longer contact) [E7.3]. Never across devices. A sign, not a cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from backinstride.exposures.entries import Exposure
from backinstride.exposures.intensity import MAD_TO_SD, Trailing, row_starts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backinstride.readers.recording import Floats

SLOPE_DAYS = 182
LEAST_ROWS = 30
LEAST_FORM_S = 60.0  # of running in a kilometre
BASELINE_S = (300.0, 900.0)
TIRED = {"cadence_spm": -1.0, "oscillation_mm": 1.0, "contact_ms": 1.0}  # [E7.3]
LARGEST = 4.0
SAME_PACE = 0.15  # slopes of speed are not trusted further than this
TOGETHER_RUNS = 5

EXPOSURES: tuple[Exposure, ...] = (
    Exposure(
        id="form_drift", per="km", unit="1 SD of own usual drift", direction="up",
        window="this kilometre, against minutes 5-15 of the run", contributor="form_drift",
        label="form drifting the tired way at the same pace and grade: a sign, not a cause",
        claims=("E7.3", "E7.9", "own-form-drift"),
    ),
    Exposure(
        id="form_drift_end", per="run", unit="1 SD of own usual drift", direction="up",
        window="last third of the run, against its minutes 5-15", contributor="form_drift",
        label="form drift of the last third of the run",
        claims=("E7.3", "E7.9", "own-form-drift"),
    ),
)  # fmt: skip


def _values(frame: pl.DataFrame, name: str) -> Floats:
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def per_km(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return form_drift, one row a row of `kms` (rows in the order of `runs`).

    Null in the first five minutes, without a baseline, and until the device has been worn for
    about 30 kilometres before.
    """
    drift = np.full(kms.height, np.nan)
    device = (
        kms.select("id")
        .join(
            runs.select("id", pl.col("device").fill_null("")),
            on="id", how="left", maintain_order="left",
        )["device"]
    )  # fmt: skip
    for name in device.unique().sort():
        rows = (device == name).to_numpy()
        part = kms.filter(pl.Series(rows))
        of_device = runs.filter(pl.col("device").fill_null("") == name)
        drift[rows] = _one_device(part, of_device)
    return pl.DataFrame({"form_drift": drift}).fill_nan(None)


def _one_device(kms: pl.DataFrame, runs: pl.DataFrame) -> Floats:
    first_row = row_starts(kms, runs)
    days = runs["day"].cast(pl.Int32).to_numpy().astype(np.int64)
    trailing = Trailing(days, first_row)
    run = trailing.run_of_row
    end_s, moving = _values(kms, "end_s"), _values(kms, "moving_s")
    middle = end_s - moving / 2
    running = _values(kms, "form_s") >= LEAST_FORM_S
    baseline = running & (middle >= BASELINE_S[0]) & (middle <= BASELINE_S[1])
    ground = _ground(kms, middle)
    parts = []
    for metric, sign in TIRED.items():
        value = _values(kms, metric)
        good = running & ~np.isnan(value) & ~np.isnan(ground).any(axis=1)
        if good.any():
            own = sign * _cleared(value, ground, good, trailing)
            own = np.where(_at_the_same_pace(kms, baseline & good, run), own, np.nan)
            parts.append(_in_own_spread(_from_start(own, baseline & good, run), trailing))
    if not parts:
        return np.full(kms.height, np.nan)
    known = ~np.isnan(np.array(parts))
    total = np.nansum(parts, axis=0)
    mean = np.divide(total, known.sum(0), out=np.full(len(total), np.nan), where=known.any(0))
    mean[middle < BASELINE_S[0]] = np.nan
    return np.clip(_in_own_spread(mean, trailing), -LARGEST, LARGEST)


def _at_the_same_pace(kms: pl.DataFrame, baseline: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Return which kilometres were run within 15 % of the speed of the run's minutes 5-15."""
    speed = _values(kms, "form_speed_m_s")
    change = _from_start(np.log(speed), baseline & (speed > 0), run)
    return np.asarray(np.abs(change) <= SAME_PACE)


def _ground(kms: pl.DataFrame, middle_s: Floats) -> Floats:
    """Return speed, its square, climb and descent (per 10 m/km), hours; no altitude is level."""
    speed = _values(kms, "form_speed_m_s") - 3.0
    per_step = _values(kms, "length_km") * 10.0
    climb = np.nan_to_num(_values(kms, "climb_m") / per_step)
    descent = np.nan_to_num(_values(kms, "descent_m") / per_step)
    return np.column_stack([speed, speed**2, climb, descent, middle_s / 3600.0])


def _cleared(value: Floats, ground: Floats, good: np.ndarray, trailing: Trailing) -> Floats:
    """Return `value` at speed 3 m/s on the level, by within-run slopes of the 26 weeks before."""
    count, run = len(trailing.days), trailing.run_of_row
    x = np.column_stack([_centred(c, good, run, count) for c in ground.T])
    y = _centred(value, good, run, count)
    low, high = trailing.rows(SLOPE_DAYS)
    weight = np.full(x.shape[1], 0.1)
    y = np.where(good, y, np.nan)
    slopes = trailing.fits(x, y, SLOPE_DAYS, np.zeros(x.shape[1]), weight)
    seen = np.concatenate([[0], np.cumsum(good)])
    enough = (seen[high] - seen[low]) >= LEAST_ROWS
    cleared = value - (ground[:, :-1] * slopes[run, :-1]).sum(axis=1)
    return np.where(good & enough[run], cleared, np.nan)


def _centred(values: Floats, good: np.ndarray, run: np.ndarray, count: int) -> Floats:
    used = np.where(good, values, 0.0)
    number = np.bincount(run, good, count)
    mean = np.divide(np.bincount(run, used, count), number, out=np.zeros(count), where=number > 0)
    return np.asarray(values - mean[run], dtype=np.float64)


def _from_start(values: Floats, baseline: np.ndarray, run: np.ndarray) -> Floats:
    count = int(run.max()) + 1 if len(run) else 0
    use = baseline & ~np.isnan(values)
    number = np.bincount(run[use], minlength=count).astype(np.float64)
    mean = np.divide(
        np.bincount(run[use], values[use], count), number,
        out=np.full(count, np.nan), where=number > 0,
    )  # fmt: skip
    return np.asarray(values - mean[run], dtype=np.float64)


def _in_own_spread(values: Floats, trailing: Trailing) -> Floats:
    """Return values over the robust spread (about 0) of the 26 weeks before each run."""
    low, high = trailing.rows(SLOPE_DAYS)
    out = np.full(len(values), np.nan)
    for i, (a, b) in enumerate(zip(low, high, strict=True)):
        past = values[a:b]
        past = past[~np.isnan(past)]
        if len(past) >= LEAST_ROWS:
            spread = MAD_TO_SD * np.median(np.abs(past))
            rows = slice(trailing.first_row[i], trailing.first_row[i + 1])
            out[rows] = values[rows] / spread if spread > 0 else np.nan
    return out


def per_run(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return form_drift_end, one row a run: mean drift of the last third of its kilometres."""
    last_third = pl.col("end_km") > pl.col("end_km").max().over("id") * 2 / 3
    ends = (
        pl.concat([kms.select("id", "end_km"), per_km(kms, runs)], how="horizontal")
        .filter(last_third)
        .group_by("id")
        .agg(form_drift_end=pl.col("form_drift").mean())
    )
    return runs.select("id").join(ends, on="id", how="left", maintain_order="left").drop("id")


def went_together(
    kms: pl.DataFrame, onset_m: Mapping[str, float], quiet: frozenset[str]
) -> tuple[int, int]:
    """Return in how many runs with an onset the drift before it was high, of how many comparable.

    High: in the upper quarter of the quiet runs at the same kilometre (by chance one in four).
    Comparable: the drift of the last whole kilometre before the onset is known, and at least
    five quiet runs show theirs there. `kms` is the model table (id, km, form_drift).
    """
    known = kms.filter(pl.col("form_drift").is_not_null()).select("id", "km", "form_drift")
    high = comparable = 0
    for run, metres in sorted(onset_m.items()):
        at = known.filter(pl.col("km") == int(metres // 1000.0))
        own = at.filter(pl.col("id") == run)["form_drift"]
        others = at.filter(pl.col("id").is_in(list(quiet - {run})))["form_drift"]
        if own.len() and others.len() >= TOGETHER_RUNS:
            comparable += 1
            high += bool(own[0] > np.quantile(others.to_numpy(), 0.75))
    return high, comparable
