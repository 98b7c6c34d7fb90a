"""Running load: what a run is measured against, from the days before it.

Every window ends the day **before** the run's day, so that a run cut short by pain does not
change its own exposure. A window of n days holds the calendar days d-n ... d-1. Days are local.
An export is complete for the days it covers: a day without a run is 0 m. What lies before the
first run of the log is unknown, and stays null.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from backinstride.exposures.entries import Exposure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backinstride.readers.recording import Floats

SPIKE_RATIO = 1.10  # [E1.1]
JUST_ABOVE = SPIKE_RATIO * (1 + 1e-9)  # exactly 1.10 is no spike, whatever the units were
LONGEST_DAYS = 30  # [E1.1]
LAYOFF_DAYS = 14  # last run to next run, our convention [own-layoff]
LAYOFF_MATTERS_DAYS = 21  # attribution: a layoff that ended within the last 21 days
LOAD_FLOOR = 0.25  # a week without running: the logarithm has no zero, a quarter is the least
EWMA_DAYS = (7, 28)  # lambda 2/8 and 2/29 a day, rest days are zeros [E1.2]
RATIO_STEP = 0.4  # one model step of the log load ratio
DISTANCE_BASE_KM = 8.0

EXPOSURES: tuple[Exposure, ...] = (
    Exposure(
        id="spike",
        per="km",
        unit="0/1",
        direction="up",
        contributor="spike",
        window="30 days before the run's day",
        label="beyond 1.10 x the longest run of the 30 days before, from this kilometre on",
        claims=("E1.1", "E1.1a", "own-spike-prior"),
    ),
    Exposure(
        id="distance",
        per="km",
        unit="doublings of 8 km",
        direction="up",
        contributor="distance",
        window="this run up to the end of the kilometre",
        label="how far into the run",
        claims=("own-distance-prior",),
    ),
    Exposure(
        id="load",
        per="km",
        unit="log ratio / 0.4",
        direction="none",
        contributor="load",
        window="7 days over a quarter of 28 days, both ending the day before",
        label="last week against the last four (not predictive in runners)",
        claims=("E1.2", "E1.4", "own-load-prior"),
    ),
    Exposure(
        id="layoff",
        per="km",
        unit="0/1",
        direction="up",
        contributor="layoff",
        window="21 days up to the run",
        label="back from 14 days or more without a run, within the last 21 days",
        claims=("own-layoff", "own-layoff-prior", "E1.18"),
    ),
    Exposure(
        id="longest_30d_m",
        per="run",
        unit="m",
        window="30 days before the run's day",
        label="longest single run of the 30 days before",
        claims=("E1.1",),
    ),
    Exposure(
        id="spike_ratio",
        per="run",
        unit="ratio",
        direction="up",
        window="30 days before the run's day",
        label="distance (to the onset, where there was one) over the longest of the 30 days before",
        claims=("E1.1", "E1.1a"),
        contributor="spike",
    ),
    Exposure(
        id="load_7d_m",
        per="run",
        unit="m",
        window="7 days before the run's day",
        label="running in the 7 days before",
        claims=("E1.2",),
    ),
    Exposure(
        id="load_28d_m",
        per="run",
        unit="m",
        window="28 days before the run's day",
        label="running in the 28 days before",
        claims=("E1.2",),
    ),
    Exposure(
        id="days_since_run",
        per="run",
        unit="days",
        window="since the run before",
        label="days since the run before (0: same day)",
        claims=("own-layoff",),
    ),
    Exposure(
        id="layoff_days",
        per="run",
        unit="days",
        direction="up",
        window="since the run before",
        label="length of the layoff that this run ended (0: none)",
        claims=("own-layoff", "E1.18"),
        contributor="layoff",
    ),
    Exposure(
        id="history_days",
        per="run",
        unit="days",
        direction="down",
        window="since the first run of the log",
        label="running age as far as the log knows (you may have run before)",
        claims=("E1.10",),
    ),
    Exposure(
        id="runs_28d",
        per="run",
        unit="runs",
        window="28 days before the run's day",
        label="runs in the 28 days before",
        claims=("E1.12",),
    ),
    Exposure(
        id="frequency_step",
        per="run",
        unit="runs a week more",
        direction="up",
        window="14 days before, against the 56 days before them",
        label="step-up in runs a week",
        claims=("own-gradual",),
    ),
    Exposure(
        id="weekly_change",
        per="run",
        unit="ratio",
        window="7 days before, against the 7 days before them",
        label="week-to-week change (no link with injury in the largest cohort)",
        claims=("E1.2", "own-week-not-predictive"),
    ),
    Exposure(
        id="build_up",
        per="run",
        unit="ratio",
        direction="up",
        window="28 days before, against the 28 days before them",
        label="build-up of the last four weeks over the four before",
        claims=("E1.6", "E1.7"),
    ),
    Exposure(
        id="load_ratio_coupled",
        per="run",
        unit="ratio",
        window="7 days over a quarter of 28 days, both ending the day before",
        label="last week against the last four, the week among them (not predictive in runners)",
        claims=("E1.2", "E1.4"),
    ),
    Exposure(
        id="load_ratio_uncoupled",
        per="run",
        unit="ratio",
        window="7 days over a third of the 21 days before them",
        label="last week against the three before it (not predictive in runners)",
        claims=("E1.2", "E1.4"),
    ),
    Exposure(
        id="load_ratio_ewma",
        per="run",
        unit="ratio",
        window="all days before; weights fall by 2/8 and 2/29 a day",
        label="weighted mean of the last days against that of the last weeks",
        claims=("E1.2", "E1.4"),
    ),
    Exposure(
        id="monotony_7d",
        per="run",
        unit="ratio",
        window="7 days before the run's day",
        label="sameness of the days: mean daily distance over its spread (1 and less: varied)",
        claims=("own-hard-easy",),
    ),
    Exposure(
        id="strain_7d",
        per="run",
        unit="m",
        window="7 days before the run's day",
        label="strain: the week's distance times its sameness",
        claims=("own-hard-easy",),
    ),
    Exposure(
        id="monotony_7d",
        per="day",
        unit="ratio",
        window="7 days before the day",
        label="sameness of the days: mean daily distance over its spread (1 and less: varied)",
        claims=("own-hard-easy",),
    ),
    Exposure(
        id="variety_28d",
        per="day",
        unit="ratio",
        window="28 days before the day",
        label="mix of short and long: spread of run distances over their mean",
        claims=("own-hard-easy",),
    ),
)


def _days(runs: pl.DataFrame) -> np.ndarray:
    return runs["day"].cast(pl.Int32).to_numpy().astype(np.int64)


def _metres(runs: pl.DataFrame) -> Floats:
    return runs["distance_m"].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def window_sums(days: np.ndarray, values: Floats, at: np.ndarray, start: int, end: int) -> Floats:
    """Return the sum of `values` whose day lies in [at-start, at-end], for each day of `at`.

    `days` must be sorted. NaN counts as nothing.
    """
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))])
    high = np.searchsorted(days, at - end, side="right")
    low = np.searchsorted(days, at - start, side="left")
    return np.asarray(total[np.maximum(high, low)] - total[low], dtype=np.float64)


def daily_sums(days: np.ndarray, values: Floats, at: np.ndarray) -> Floats:
    """Return each day's own sum, without the rounding of a running total: equal days are equal.

    `at` are consecutive days that hold all of `days`.
    """
    if not len(at):
        return np.zeros(0)
    sums = np.bincount(days - at[0], weights=np.nan_to_num(values), minlength=len(at))
    return np.asarray(sums[: len(at)], dtype=np.float64)


def longest_before(days: np.ndarray, values: Floats, at: np.ndarray, window: int) -> Floats:
    """Return the largest value of the `window` days before each day of `at`; NaN where none."""
    low = np.searchsorted(days, at - window, side="left")
    high = np.searchsorted(days, at, side="left")
    known = np.where(np.isnan(values), -np.inf, values)
    out = np.full(len(at), np.nan)
    for i, (a, b) in enumerate(zip(low, high, strict=True)):
        if b > a:
            best = known[a:b].max()
            out[i] = best if np.isfinite(best) else np.nan
    return out


def log_load_ratio(load_7d: Floats, load_28d: Floats) -> Floats:
    """Return log(7-day load / a quarter of the 28-day load); NaN without any 28-day load.

    The ratio is kept at 0.25 or more: a week without a run has no logarithm.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(load_28d > 0, load_7d / (load_28d / 4.0), np.nan)
        return np.asarray(np.log(np.maximum(ratio, LOAD_FLOOR)), dtype=np.float64)


def per_run(runs: pl.DataFrame, onset_m: Mapping[str, float] | None = None) -> pl.DataFrame:
    """Return the load columns, one row a run of `runs` (sorted by start), same order.

    `onset_m` gives, by run id, the distance at which an episode began: that is what the spike is
    judged on then [R1.2 of the evidence paper]; history always counts the whole recorded run.
    `state`: `return` (no run in the 30 days before), `spike` (ratio > 1.10), `usual`, or null
    where no distance is known.
    """
    days, metres = _days(runs), _metres(runs)
    known_since = days - (days[0] if len(days) else 0)
    longest = longest_before(days, metres, days, LONGEST_DAYS)
    onsets = onset_m or {}
    onset = np.array([onsets.get(i, np.nan) for i in runs["id"]], dtype=np.float64)
    compared = np.where(np.isnan(onset), metres, onset)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(longest > 0, compared / longest, np.nan)
    ran = window_sums(days, np.ones(len(days)), days, LONGEST_DAYS, 1) > 0
    since = np.concatenate([[np.nan], np.diff(days).astype(np.float64)])[: len(days)]
    layoff = np.where(np.isnan(since), np.nan, np.where(since >= LAYOFF_DAYS, since, 0.0))
    columns = {
        "compared_m": compared,
        "onset_m": onset,
        "longest_30d_m": longest,
        "spike_ratio": ratio,
        "load_7d_m": np.where(known_since >= 7, window_sums(days, metres, days, 7, 1), np.nan),
        "load_28d_m": np.where(known_since >= 28, window_sums(days, metres, days, 28, 1), np.nan),
        "days_since_run": since,
        "layoff_days": layoff,
        "layoff_21d_days": recent_layoff(days, layoff),
        "history_days": known_since.astype(np.float64),
        **_rhythm(days, metres, known_since),
        **_ratios(days, metres, known_since),
    }
    columns["load_log_ratio"] = log_load_ratio(columns["load_7d_m"], columns["load_28d_m"])
    frame = pl.DataFrame(columns).fill_nan(None)
    whole = ("days_since_run", "layoff_days", "layoff_21d_days", "history_days", "runs_28d")
    return frame.with_columns(
        *(pl.col(name).cast(pl.Int64) for name in whole),
        pl.Series("state", _states(ratio, ran), dtype=pl.String),
    )


def _states(ratio: Floats, ran: np.ndarray) -> list[str | None]:
    states: list[str | None] = []
    for value, before in zip(ratio, ran, strict=True):
        if not before:
            states.append("return")
        elif np.isnan(value):
            states.append(None)
        else:
            states.append("spike" if value > JUST_ABOVE else "usual")
    return states


def recent_layoff(days: np.ndarray, layoff: Floats) -> Floats:
    """Return the longest layoff that ended on the run's day or in the 21 days before it.

    0 where there was none; NaN where the log is too young to know and shows none.
    """
    low = np.searchsorted(days, days - LAYOFF_MATTERS_DAYS, side="left")
    out = np.full(len(days), np.nan)
    for i, a in enumerate(low):
        part = layoff[a : i + 1]
        longest = np.nan_to_num(part).max()
        if longest > 0 or not np.isnan(part).any():
            out[i] = longest
    return out


def _rhythm(days: np.ndarray, metres: Floats, known_since: np.ndarray) -> dict[str, Floats]:
    one = np.ones(len(days))

    def ratio(above: Floats, below: Floats, needs: int) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((known_since >= needs) & (below > 0), above / below, np.nan)

    return {
        "runs_28d": np.where(known_since >= 28, window_sums(days, one, days, 28, 1), np.nan),
        "frequency_step": np.where(
            known_since >= 70,
            window_sums(days, one, days, 14, 1) / 2 - window_sums(days, one, days, 70, 15) / 8,
            np.nan,
        ),
        "weekly_change": ratio(
            window_sums(days, metres, days, 7, 1), window_sums(days, metres, days, 14, 8), 14
        ),
        "build_up": ratio(
            window_sums(days, metres, days, 28, 1), window_sums(days, metres, days, 56, 29), 56
        ),
    }


def _ratios(days: np.ndarray, metres: Floats, known_since: np.ndarray) -> dict[str, Floats]:
    """Return the load ratios, monotony and strain, one value a run."""
    near = window_sums(days, metres, days, 7, 1)
    far = window_sums(days, metres, days, 28, 8)
    at = np.arange(days[0], days[-1] + 1) if len(days) else days
    own = daily_sums(days, metres, at)
    acute, chronic = (ewma(own, span)[known_since] for span in EWMA_DAYS)
    same = monotony(own)[known_since]

    def ratio(above: Floats, below: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((known_since >= 28) & (below > 0), above / below, np.nan)

    return {
        "load_ratio_coupled": ratio(near, (near + far) / 4),
        "load_ratio_uncoupled": ratio(near, far / 3),
        "load_ratio_ewma": ratio(acute, chronic),
        "monotony_7d": same,
        "strain_7d": near * same,
    }


def ewma(daily_m: Floats, span: int) -> Floats:
    """Return the exponentially weighted mean that each day begins with: lambda 2/(span + 1).

    One step a day (a closed form overflows after some years), started at the first day's value;
    a day without a run is a zero. NaN on the first day, which has nothing before it.
    """
    out = np.full(len(daily_m), np.nan)
    share, mean = 2.0 / (span + 1), 0.0
    for i, metres in enumerate(daily_m.tolist()):
        out[i] = mean if i else np.nan
        mean = mean + share * (metres - mean) if i else metres
    return out


def daily(runs: pl.DataFrame, today: dt.date) -> pl.DataFrame:
    """Return one row a day from the first run to `today`: what each day begins with.

    `run_m` and `runs` are the day's own; every window ends the day before. Empty without runs.
    """
    days, metres = _days(runs), _metres(runs)
    last = (today - dt.date(1970, 1, 1)).days
    at = np.arange(days[0], last + 1) if len(days) else np.array([], dtype=np.int64)
    known = at - (at[0] if len(at) else 0)
    own = daily_sums(days, metres, at)
    previous = np.searchsorted(days, at, side="left") - 1
    since = np.where(previous >= 0, at - days[np.maximum(previous, 0)], np.nan) if len(at) else at
    return (
        pl.DataFrame(
            {
                "day": pl.Series(at.astype(np.int32), dtype=pl.Int32).cast(pl.Date),
                "run_m": own,
                "runs": window_sums(days, np.ones(len(days)), at, 0, 0),
                "longest_30d_m": longest_before(days, metres, at, LONGEST_DAYS),
                "load_7d_m": np.where(known >= 7, window_sums(days, metres, at, 7, 1), np.nan),
                "load_28d_m": np.where(known >= 28, window_sums(days, metres, at, 28, 1), np.nan),
                "days_since_run": np.asarray(since, dtype=np.float64),
                "monotony_7d": monotony(own),
                "variety_28d": variety(days, metres, at),
            }
        )
        .fill_nan(None)
        .with_columns(pl.col("runs", "days_since_run").cast(pl.Int64))
    )


def monotony(daily_m: Floats, window: int = 7) -> Floats:
    """Return mean over standard deviation (n) of the `window` days before each day.

    NaN for the first `window` days and where all days are equal.
    """
    out = np.full(len(daily_m), np.nan)
    if len(daily_m) > window:
        parts = np.lib.stride_tricks.sliding_window_view(daily_m, window)[:-1]
        # Equal days have no spread, whatever rounding makes of their mean.
        spread = np.where(np.ptp(parts, axis=1) > 0, parts.std(axis=1), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            out[window:] = np.where(spread > 0, parts.mean(axis=1) / spread, np.nan)
    return out


def variety(days: np.ndarray, metres: Floats, at: np.ndarray, window: int = 28) -> Floats:
    """Return standard deviation over mean of single run distances, `window` days before each day.

    0: every run the same length. NaN with fewer than four runs, or before the log covers it.
    """
    low = np.searchsorted(days, at - window, side="left")
    high = np.searchsorted(days, at, side="left")
    out = np.full(len(at), np.nan)
    for i, (a, b) in enumerate(zip(low, high, strict=True)):
        part = metres[a:b]
        part = part[~np.isnan(part)]
        if at[i] - at[0] >= window and len(part) >= 4 and part.mean() > 0:
            out[i] = part.std() / part.mean()
    return out


def per_km(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return spike, distance, load and layoff in model units, one row a row of `kms`.

    `kms` needs id and end_km; `runs` the columns of :func:`per_run` with id. `spike` is 1 from
    the kilometre whose end lies beyond 1.10 x the longest of the 30 days before, and null after
    a return: then there is nothing to compare with. `spike_from_km` is that border: who cuts a
    kilometre at an onset judges the onset on it, not the kilometre's end.
    """
    of_run = runs.select("id", "longest_30d_m", "load_log_ratio", "layoff_21d_days")
    return (
        kms.select("id", "end_km")
        .join(of_run, on="id", how="left", maintain_order="left")
        .select(
            spike=(pl.col("end_km") * 1000.0 > JUST_ABOVE * pl.col("longest_30d_m")).cast(
                pl.Float64
            ),
            distance=(pl.col("end_km") / DISTANCE_BASE_KM).log(2),
            load=pl.col("load_log_ratio") / RATIO_STEP,
            layoff=(pl.col("layoff_21d_days") >= LAYOFF_DAYS).cast(pl.Float64),
            spike_from_km=JUST_ABOVE * pl.col("longest_30d_m") / 1000.0,
        )
    )
