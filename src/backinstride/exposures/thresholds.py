"""From how much on: weeks with pain against weeks without, and the shortest distance with pain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from backinstride.exposures.load import LAYOFF_DAYS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable

LEAST_WEEKS = 3  # of pain, and of none
LEAST_SHIFTS = 20


class WeeklyThreshold(msgspec.Struct, frozen=True, kw_only=True):
    """Above which weekly distance the pain came back; a description, not a cause.

    `above_km`: the best cut. `pain_above`, `weeks_above`: weeks with pain among those above it,
    and likewise below. `seasons`: stretches between layoffs with pain in them. `by_luck`: how
    often the same pain, moved along the calendar, splits as well; None: too few weeks to say.
    """

    above_km: float
    pain_above: int
    weeks_above: int
    pain_below: int
    weeks_below: int
    seasons: int
    by_luck: float | None
    sentence: str


def weeks(daily: pl.DataFrame, pain_days: Collection[dt.date]) -> pl.DataFrame:
    """Return Monday, km (to 0.1), pain (any day of it), season, one row a week with running.

    `daily` holds day, run_m and days_since_run; a season ends with a layoff of 14 days.
    """
    pain = pl.col("day").is_in(list(pain_days))
    new_season = (pl.col("run_m") > 0) & (pl.col("days_since_run").fill_null(0) >= LAYOFF_DAYS)
    return (
        daily.with_columns(pain=pain, season=new_season.cast(pl.Int64).cum_sum())
        .group_by(monday=pl.col("day").dt.truncate("1w"), maintain_order=True)
        .agg(
            km=(pl.col("run_m").sum() / 1000.0).round(1),
            pain=pl.col("pain").any(),
            season=pl.col("season").max(),
        )
        .filter(pl.col("km") > 0)
    )


def weekly(table: pl.DataFrame) -> WeeklyThreshold | None:
    """Return the weekly distance that best parts weeks with pain from weeks without.

    None with fewer than three weeks of either, or where no cut parts them: nothing can be told.
    """
    km = table["km"].to_numpy().astype(np.float64)
    pain = table["pain"].to_numpy().astype(bool)
    if pain.sum() < LEAST_WEEKS or (~pain).sum() < LEAST_WEEKS:
        return None
    cut, gain = _best_cut(km, pain)
    if not gain > 0:
        return None
    above = km >= cut
    shifts = [_best_cut(km, np.roll(pain, s))[1] for s in range(1, len(pain))]
    luck = (1 + sum(g >= gain - 1e-12 for g in shifts)) / (1 + len(shifts))
    seasons = table.filter(pl.col("pain"))["season"].n_unique()
    counts = (
        int(pain[above].sum()),
        int(above.sum()),
        int(pain[~above].sum()),
        int((~above).sum()),
    )
    return WeeklyThreshold(
        above_km=float(cut), pain_above=counts[0], weeks_above=counts[1], pain_below=counts[2],
        weeks_below=counts[3], seasons=seasons,
        by_luck=luck if len(shifts) >= LEAST_SHIFTS else None,
        sentence=(
            f"Pain in {counts[0]} of {counts[1]} weeks of {cut:.0f} km and more, in {counts[2]} of "
            f"{counts[3]} weeks below, over {seasons} season{'s' if seasons != 1 else ''}. "
            "This goes together; it is no proof that the distance does it."
        ),
    )  # fmt: skip


def _best_cut(km: np.ndarray, pain: np.ndarray) -> tuple[float, float]:
    """Return the cut with the largest difference of pain share above and below, and that.

    At least three weeks on either side: one week alone is no threshold.
    """
    cuts = np.unique(km)[1:]
    above = km[None, :] >= cuts[:, None]
    enough = (above.sum(1) >= LEAST_WEEKS) & ((~above).sum(1) >= LEAST_WEEKS)
    cuts, above = cuts[enough], above[enough]
    if not len(cuts):
        return float(km[0]), 0.0
    share = (above & pain).sum(1) / above.sum(1) - (~above & pain).sum(1) / (~above).sum(1)
    best = int(np.argmax(share))
    return float(cuts[best]), float(share[best])


def shortest_with_pain(
    tried: Iterable[tuple[float, bool]],
) -> tuple[float | None, float | None]:
    """Return the shortest distance (m) with pain and the longest shorter one without.

    `tried` holds distance and whether it hurt, of runs or repeats: pain from 200 m repeats on is
    (200, None or the longest painless one below).
    """
    all_tried = list(tried)
    hurt = min((m for m, pain in all_tried if pain), default=None)
    quiet = [m for m, pain in all_tried if not pain and (hurt is None or m < hurt)]
    return hurt, max(quiet, default=None)
