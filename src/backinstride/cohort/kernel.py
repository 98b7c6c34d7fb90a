"""The walk over sessions, compiled by Numba: plain numbers in, plain numbers out.

One pass a runner, in order. What is remembered is a ring of the last 32 days of running (the
longest window is 30 days) and two weighted means, whatever the length of the career.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
import numpy as np

from backinstride.exposures.load import (
    EWMA_DAYS,
    JUST_ABOVE,
    LAYOFF_DAYS,
    LAYOFF_MATTERS_DAYS,
    LONGEST_DAYS,
)

if TYPE_CHECKING:
    from collections.abc import Callable

IMPOSSIBLE_M = 1e6
ACUTE_KEEP = 1.0 - 2.0 / (EWMA_DAYS[0] + 1)
CHRONIC_KEEP = 1.0 - 2.0 / (EWMA_DAYS[1] + 1)
RING = 32
F = TypeVar("F", bound="Callable[..., Any]")


def compiled(function: F) -> F:
    """Compile at first use; kept on disk where the system has a place for it."""
    try:
        made: Any = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no writable place
        made = numba.njit(nogil=True)(function)
    return cast("F", made)


@compiled
def look_back(
    today: int,
    seen: int,
    days: np.ndarray,
    sums: np.ndarray,
    bests: np.ndarray,
    layoffs: np.ndarray,
    week: np.ndarray,
) -> tuple[float, float, float, bool, int]:
    """Return longest of 30 days (-1: none), metres of days 1-7 and 8-28, any run, layoff of 21.

    Fills `week` (7,) with the last seven days. The rings hold one entry a day of running.
    """
    longest, near, far, ran, layoff = -1.0, 0.0, 0.0, False, 0
    week[:] = 0.0
    for back in range(1, min(seen, RING) + 1):
        k = (seen - back) % RING
        age = today - days[k]
        if age > LONGEST_DAYS:
            break
        ran = True
        longest = max(longest, bests[k])
        if age <= 7:
            near += sums[k]
            week[age - 1] = sums[k]
        elif age <= 28:
            far += sums[k]
        if age <= LAYOFF_MATTERS_DAYS:
            layoff = max(layoff, layoffs[k])
    return longest, near, far, ran, layoff


@compiled
def sameness(week: np.ndarray, known: int) -> float:
    """Return mean over standard deviation of the seven days; NaN where all are equal."""
    if known < 7 or week.max() == week.min():
        return np.nan
    mean = week.sum() / 7.0
    return float(mean / np.sqrt(((week - mean) ** 2).sum() / 7.0))


@compiled
def write_day(
    row: np.ndarray, known: int, longest: float, near: float, far: float, weighted: float
) -> None:
    """Write what all sessions of a day share into `row` (9,), except the spike ratio."""
    load_28 = near + far
    wide = known >= 28 and load_28 > 0
    row[0] = longest if longest >= 0 else np.nan
    row[2] = near if known >= 7 else np.nan
    row[3] = load_28 if known >= 28 else np.nan
    row[4] = near / (load_28 / 4.0) if wide else np.nan
    row[5] = near / (far / 3.0) if wide and far > 0 else np.nan
    row[6] = weighted if known >= 28 else np.nan


@compiled
def write_sessions(
    span: tuple[int, int],
    metres: np.ndarray,
    compared: np.ndarray,
    row: np.ndarray,
    day_state: tuple[bool, int, int, int],
    out: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[float, float, int, int]:
    """Write the sessions of one day, rows `span`; return their sum, the longest (-1: none known).

    `row` holds what they share; `day_state` is any run in 30 days, days since the last one (-1:
    none), the layoff it ended, the longest layoff of 21 days (-1: unknown). Then come how many
    distances were unknown and impossible.
    """
    floats, state, wholes = out
    ran, since, layoff, recent = day_state
    total, best, unknown, impossible = 0.0, -1.0, 0, 0
    for i in range(span[0], span[1]):
        metre, judged = metres[i], compared[i]
        if 0.0 <= metre <= IMPOSSIBLE_M:
            total += metre
            best = max(best, metre)
        elif np.isnan(metre):
            unknown += 1
        else:
            impossible += 1
        comparable = 0.0 <= judged <= IMPOSSIBLE_M and row[0] > 0
        row[1] = judged / row[0] if comparable else np.nan
        floats[:, i] = row
        state[i] = (row[1] > JUST_ABOVE) if comparable else -1
        if not ran:
            state[i] = 2
        wholes[0, i] = since if i == span[0] else 0
        wholes[1, i] = (layoff if since >= 0 else -1) if i == span[0] else 0
        wholes[2, i] = recent
    return total, best, unknown, impossible


@compiled
def walk(
    starts: np.ndarray,
    day: np.ndarray,
    metres: np.ndarray,
    compared: np.ndarray,
    floats: np.ndarray,
    state: np.ndarray,
    wholes: np.ndarray,
) -> tuple[int, int, int]:
    """Fill `floats` (9, n; NaN unknown), `state` and `wholes` (3, n; -1 unknown), row by row.

    `starts` (runners + 1,) are the rows where runners begin. Returns the first row whose day is
    before the one above it or -1, and how many distances were unknown and impossible.
    """
    days, layoffs = np.zeros(RING, np.int64), np.zeros(RING, np.int64)
    sums, bests, week, row = np.zeros(RING), np.zeros(RING), np.zeros(7), np.zeros(9)
    unknown, impossible = 0, 0
    for runner in range(len(starts) - 1):
        i, end, seen = int(starts[runner]), int(starts[runner + 1]), 0
        first = last = int(day[i])
        acute, chronic = 0.0, 0.0
        while i < end:
            today = int(day[i])
            if today < last:
                return i, unknown, impossible
            since, known = today - last, today - first
            layoff = since if since >= LAYOFF_DAYS else 0
            longest, near, far, ran, recent = look_back(
                today, seen, days, sums, bests, layoffs, week
            )
            recent = max(recent, layoff)
            if recent == 0 and known <= LAYOFF_MATTERS_DAYS:
                recent = -1
            if seen:
                acute *= ACUTE_KEEP ** (since - 1)
                chronic *= CHRONIC_KEEP ** (since - 1)
            weighted = acute / chronic if chronic > 0 else np.nan
            write_day(row, known, longest, near, far, weighted)
            row[7] = sameness(week, known)
            row[8] = near * row[7]
            to = i + 1
            while to < end and day[to] == today:
                to += 1
            told = (ran, since if seen else -1, layoff, recent)
            total, best, dark, odd = write_sessions(
                (i, to), metres, compared, row, told, (floats, state, wholes)
            )
            acute = acute * ACUTE_KEEP + (1.0 - ACUTE_KEEP) * total if seen else total
            chronic = chronic * CHRONIC_KEEP + (1.0 - CHRONIC_KEEP) * total if seen else total
            k = seen % RING
            days[k], sums[k], bests[k], layoffs[k] = today, total, best, layoff
            unknown, impossible = unknown + dark, impossible + odd
            i, seen, last = to, seen + 1, today
    return -1, unknown, impossible
