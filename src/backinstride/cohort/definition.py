"""What the metrics are, in plain Python: one runner, one day after the other.

Slow on purpose and read as a definition; the compiled walk of :mod:`backinstride.cohort.metrics`
is held to it. Days are whole numbers (days since 1970), distances metres, None unknown.
"""

from __future__ import annotations

import itertools
import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, float | str | None]


def sessions(runs: Sequence[tuple[int, float | None]]) -> list[Row]:
    """Return the metrics of one runner's (day, distance) pairs, which are sorted by day."""
    first = runs[0][0]
    daily = [0.0] * (runs[-1][0] - first + 1)
    for day, metres in runs:
        daily[day - first] += metres or 0.0
    averages = (ewma(daily, 7), ewma(daily, 28))
    layoffs: list[int | None] = [None]
    for (before, _), (after, _) in itertools.pairwise(runs):
        layoffs.append(after - before if after - before >= 14 else 0)
    return [session(runs, layoffs, daily, averages, i) for i in range(len(runs))]


def session(
    runs: Sequence[tuple[int, float | None]],
    layoffs: Sequence[int | None],
    daily: Sequence[float],
    averages: tuple[Sequence[float], Sequence[float]],
    i: int,
) -> Row:
    """Return the metrics of session `i`."""
    day, metres = runs[i]
    known = day - runs[0][0]
    month = [m for d, m in runs if day - 30 <= d < day]
    longest = max((m for m in month if m is not None), default=None)
    ratio = metres / longest if metres is not None and longest else None
    week = [daily[known - k] if known >= k else 0.0 for k in range(1, 8)]
    near = math.fsum(week)
    far = math.fsum(daily[known - k] for k in range(8, 29) if known >= k)
    spread = statistics.pstdev(week) if max(week) > min(week) else 0.0
    monotony = near / 7 / spread if known >= 7 and spread else None
    acute, chronic = averages[0][known], averages[1][known]
    recent = [gap for (d, _), gap in zip(runs[: i + 1], layoffs, strict=False) if d >= day - 21]
    ended = max(gap or 0 for gap in recent)
    judged = None if ratio is None else "spike" if ratio > 1.10 * (1 + 1e-9) else "usual"
    return {
        "longest_30d_m": longest,
        "spike_ratio": ratio,
        "state": judged if month else "return",
        "load_7d_m": near if known >= 7 else None,
        "load_28d_m": near + far if known >= 28 else None,
        "load_ratio_coupled": near * 4 / (near + far) if known >= 28 and near + far else None,
        "load_ratio_uncoupled": near * 3 / far if known >= 28 and far else None,
        "load_ratio_ewma": acute / chronic if known >= 28 and chronic else None,
        "monotony_7d": monotony,
        "strain_7d": None if monotony is None else near * monotony,
        "days_since_run": None if i == 0 else day - runs[i - 1][0],
        "layoff_days": layoffs[i],
        "layoff_21d_days": None if not ended and None in recent else ended,
    }


def ewma(daily: Sequence[float], days: int) -> list[float]:
    """Return the exponentially weighted mean that each day begins with, started at the first day.

    One step a day, so that it is exact for a career of any length: `m + 2/(days + 1) (x - m)`.
    """
    found, mean = [daily[0]], daily[0]
    for metres in daily[1:]:
        found.append(mean)
        mean += 2 / (days + 1) * (metres - mean)
    return found
