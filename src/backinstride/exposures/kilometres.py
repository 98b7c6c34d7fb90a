"""Runs cut into kilometres: time, climb and movement of each, from the records or the totals.

Climb and descent are the sums of the rises and of the falls of the smoothed profile
(:func:`backinstride.clean.profile`): walking on the spot adds none. Distances are
stretched so that the run ends at its stated distance. What the device did not write is null.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from backinstride import clean
from backinstride.schema import LAP_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backinstride.readers.recording import Floats

VERSION = 1  # of the table below: a cached one of another version is made anew

WALK_M_S = 1.8  # slower is not running
FASTEST_M_S = 6.5
RUN_CADENCE_SPM = 130.0
WARM_S = 300.0  # form settles in the first five minutes [movement: drop them]
LONGEST_M = 1e6  # nobody runs 1,000 km in one go: a damaged distance
STRETCH = (0.5, 2.0)  # records that hold less or more than this of the distance are not used

FORM = {
    "cadence_spm": "cadence_spm",
    "oscillation_mm": "vertical_oscillation_mm",
    "contact_ms": "stance_time_ms",
    "balance_pct": "stance_balance_pct",
}
NEEDED = frozenset({
    "time_s", "distance_m", "lat_deg", "lon_deg", "altitude_m", "speed_m_s", "heart_rate_bpm",
    *FORM.values(),
})  # fmt: skip
COLUMNS: tuple[str, ...] = (
    "km", "length_km", "end_km", "moving_s", "end_s", "climb_m", "descent_m", "hr_bpm",
    "form_s", "form_speed_m_s", *FORM,
)  # fmt: skip
SCHEMA: dict[str, type[pl.DataType]] = {
    "id": pl.String,
    "key": pl.UInt64,
    **{name: pl.Int64 if name == "km" else pl.Float64 for name in COLUMNS},
}


def edges_m(total_m: float) -> Floats:
    """Return 0, 1000, ... and the total; a rest under 1 m belongs to the kilometre before."""
    whole = math.floor(total_m / 1000.0 + 1e-3)
    inner = np.arange(0, whole + 1) * 1000.0
    if total_m - inner[-1] > 1.0 or whole == 0:
        return np.append(inner, total_m)
    return np.append(inner[:-1], total_m)


def _frame(total_m: float, columns: Mapping[str, Floats]) -> dict[str, Floats]:
    edges = edges_m(total_m)
    empty = np.full(len(edges) - 1, np.nan)
    return {
        **dict.fromkeys(COLUMNS, empty),
        "km": np.arange(1.0, len(edges)),
        "length_km": np.diff(edges) / 1000.0,
        "end_km": edges[1:] / 1000.0,
        **columns,
    }


def from_totals(
    total_m: float, moving_s: float, climb_m: float, descent_m: float
) -> dict[str, Floats]:
    """Return the kilometres of a run known by its totals only: even pace, even climb. NaN stays."""
    share = np.diff(edges_m(total_m)) / total_m
    return _frame(
        total_m,
        {
            "moving_s": moving_s * share,
            "end_s": moving_s * np.cumsum(share),
            "climb_m": climb_m * share,
            "descent_m": descent_m * share,
        },
    )


def from_records(records: Mapping[str, Floats], total_m: float) -> dict[str, Floats] | None:
    """Return the kilometres of a run from its records; None where they do not hold its distance."""
    found = between(records, total_m, None)
    return None if found is None else _frame(*found)


def between(
    records: Mapping[str, Floats], total_m: float, edges: Floats | None
) -> tuple[float, dict[str, Floats]] | None:
    """Return the run's distance and what its records say between `edges` (m; None: kilometres)."""
    time, metres = track(records)
    if len(time) < 2 or not 0 < metres[-1] <= LONGEST_M:
        return None
    total_m = metres[-1] if math.isnan(total_m) else total_m
    stretch = total_m / metres[-1]
    if not STRETCH[0] <= stretch <= STRETCH[1]:
        return None
    metres = metres * stretch
    edges = edges_m(total_m) if edges is None else edges
    clock = np.concatenate([[0.0], np.cumsum(clean.moving_steps_s(time, metres))])
    last = np.append(np.diff(metres) > 0, True)  # of equal distances, the last moment
    columns = {
        "moving_s": np.diff(np.interp(edges, metres[last], clock[last])),
        "end_s": np.interp(edges[1:], metres[last], time[last]) - time[0],
    }
    columns.update(_climb(records, metres, edges))
    columns.update(_means(records, time, metres, edges))
    return total_m, columns


def _column(records: Mapping[str, Floats], name: str) -> Floats | None:
    values = records.get(name)
    return None if values is None or np.isnan(values).all() else np.asarray(values, np.float64)


def track(records: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Return time and distance of every record, both filled and never falling."""
    none = np.array([])
    time = _column(records, "time_s")
    if time is None or len(time) < 2:
        return none, none
    metres = _column(records, "distance_m")
    if metres is None:
        metres = _from_positions(records)
    if metres is None:
        return none, none
    time = np.maximum.accumulate(clean.filled(time))
    metres = np.maximum.accumulate(clean.filled(metres))
    return time, metres - metres[0]


def _from_positions(records: Mapping[str, Floats]) -> Floats | None:
    lat, lon = _column(records, "lat_deg"), _column(records, "lon_deg")
    if lat is None or lon is None:
        return None
    steps = clean.great_circle_steps_m(clean.filled(lat), clean.filled(lon))
    return np.concatenate([[0.0], np.cumsum(steps)])


def _climb(records: Mapping[str, Floats], metres: Floats, edges: Floats) -> dict[str, Floats]:
    altitude = _column(records, "altitude_m")
    if altitude is None:
        return {}
    grid, profile = clean.profile(metres, altitude)
    rise = np.diff(profile)
    up = np.concatenate([[0.0], np.cumsum(np.maximum(rise, 0))])
    down = np.concatenate([[0.0], np.cumsum(np.maximum(-rise, 0))])
    return {
        "climb_m": np.diff(np.interp(edges, grid, up)),
        "descent_m": np.diff(np.interp(edges, grid, down)),
    }


def speeds_m_s(records: Mapping[str, Floats], time: Floats, metres: Floats) -> Floats:
    """Return the device's speed where it wrote one, else distance over the 10 s around."""
    speed = _column(records, "speed_m_s")
    if speed is not None:
        return speed
    before = np.interp(time - 5, time, metres)
    after = np.interp(time + 5, time, metres)
    span = np.minimum(time + 5, time[-1]) - np.maximum(time - 5, time[0])
    return _ratio(after - before, span)


def running_mask(records: Mapping[str, Floats], time: Floats, speed: Floats) -> np.ndarray:
    """Return which records are running, at a known cadence, after the first five minutes."""
    cadence = _column(records, "cadence_spm")
    if cadence is None:
        return np.zeros(len(time), dtype=bool)
    good = (speed > WALK_M_S) & (speed < FASTEST_M_S) & (cadence > RUN_CADENCE_SPM)
    return np.asarray(good & (time - time[0] > WARM_S))


def _means(
    records: Mapping[str, Floats], time: Floats, metres: Floats, edges: Floats
) -> dict[str, Floats]:
    count = len(edges) - 1
    which = np.clip(np.searchsorted(edges, metres, side="right") - 1, 0, count - 1)
    out: dict[str, Floats] = {}
    heart = _column(records, "heart_rate_bpm")
    if heart is not None:
        out["hr_bpm"] = _binned(heart, which, count, ~np.isnan(heart))
    speed = speeds_m_s(records, time, metres)
    run = running_mask(records, time, speed)
    if not run.any():
        return out
    step = np.minimum(np.diff(time, append=time[-1]), clean.LONGEST_STEP_S)
    out["form_s"] = np.bincount(which[run], step[run], count).astype(np.float64)
    out["form_speed_m_s"] = _binned(speed, which, count, run)
    for name, source in FORM.items():
        values = _column(records, source)
        if values is not None:
            out[name] = _binned(values, which, count, run & ~np.isnan(values))
    return out


def _binned(values: Floats, which: np.ndarray, count: int, good: np.ndarray) -> Floats:
    total = np.bincount(which[good], values[good], count)
    number = np.bincount(which[good], minlength=count).astype(np.float64)
    return _ratio(total.astype(np.float64), number)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return above / below, NaN where below is not positive."""
    empty = np.full(len(above), np.nan)
    return np.asarray(np.divide(above, below, out=empty, where=below > 0), dtype=np.float64)


def frame(keys: Sequence[tuple[str, int]], of_runs: Sequence[dict[str, Floats]]) -> pl.DataFrame:
    """Return the kilometres of many runs as one frame of :data:`SCHEMA`; `keys`: id and key."""
    counts = [len(columns["km"]) for columns in of_runs]
    rows = [key for key, count in zip(keys, counts, strict=True) for _ in range(count)]
    table: dict[str, object] = {"id": [id_ for id_, _ in rows], "key": [key for _, key in rows]}
    for name in COLUMNS:
        table[name] = np.concatenate([np.array([]), *(columns[name] for columns in of_runs)])
    found = pl.DataFrame(table, schema_overrides={"id": pl.String, "key": pl.UInt64})
    return found.fill_nan(None).cast({"km": pl.Int64}).select(list(SCHEMA))


def arrays(frame: pl.DataFrame) -> dict[str, Floats]:
    """Return the columns that are computed with as arrays, null as NaN; {} without rows."""
    if frame.is_empty():
        return {}
    names = [name for name in frame.columns if name in NEEDED or name in LAP_NAMES]
    plain = frame.select(pl.col(names).cast(pl.Float64).fill_null(np.nan))
    return {name: plain.get_column(name).to_numpy() for name in names}


def looked_at() -> dict[str, Floats]:
    """Return one row numbered 0: a run without any kilometre to tell of."""
    return {**dict.fromkeys(COLUMNS, np.array([np.nan])), "km": np.zeros(1)}
