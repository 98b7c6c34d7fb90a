"""The calendar of a plan: which days are run days, and what each week is for a quiet back.

Lighter weeks and the taper stand at fixed distances from the race, so that replanning on another
day finds the same weeks.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

from backinstride.rules import DAY, number
from backinstride.values import Value

if TYPE_CHECKING:
    from backinstride.rules import DoneRun, History
    from backinstride.values import Phase, Race

WEEK = dt.timedelta(days=7)
LONG_FROM_M = 6000.0  # shorter runs, as on the ladder, say nothing of the long day
HABIT_FADES = 0.9  # weight of a week against the week after it
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Layout(Value, frozen=True, kw_only=True):
    """Which days are run days, which is the long one, which may be hard. 0 Monday, 6 Sunday."""

    run_days: tuple[int, ...]
    long_day: int
    hard_day: int | None = None


# --- the layout of a week -----------------------------------------------------------------


def layout(history: History, start: dt.date, run_days: tuple[int, ...] | None) -> Layout:
    """Return the week's layout from the runner's own habit of half a year, or as they set it.

    Only whole weeks before the one of `start` count, newer ones more, so that the layout holds
    through a week and changes slowly from one to the next. The long day is read from weeks in
    which one run stands out; without any it is Sunday, or the last of the days set.
    """
    weeks = _weeks(history, monday_of(start))
    liked, longs = [0.0] * 7, [0.0] * 7
    for age, runs in weeks.items():
        weight = HABIT_FADES**age
        for day in {r.day for r in runs}:
            liked[day.weekday()] += weight
        by_length = sorted(runs, key=lambda r: r.distance_m)
        top_m = by_length[-1].distance_m
        if len(runs) > 1 and top_m >= max(1.15 * by_length[-2].distance_m, LONG_FROM_M):
            longs[by_length[-1].day.weekday()] += weight
    if run_days:
        days = tuple(sorted({d for d in run_days if 0 <= d <= 6}))[:6] or (1, 3, 6)
        long_day = max(days, key=lambda d: (longs[d], d))
    else:
        long_day = max(range(7), key=lambda d: (longs[d], d))
        counts = sorted(len({r.day for r in runs}) for runs in weeks.values())
        usual = counts[int(0.75 * (len(counts) - 1))] if counts else 3
        days = choose(min(max(usual, 3), 6), long_day, liked)
    return Layout(run_days=days, long_day=long_day, hard_day=_hard_day(days, long_day))


def _weeks(history: History, until: dt.date) -> dict[int, list[DoneRun]]:
    """Return the runs of the 26 weeks before a Monday by the age of their week."""
    found: dict[int, list[DoneRun]] = {}
    for run in history.runs:
        age = (until - run.day - DAY).days // 7
        if 0 <= age < 26:
            found.setdefault(age, []).append(run)
    return found


def choose(count: int, long_day: int, liked: list[float]) -> tuple[int, ...]:
    """Return `count` days with the long one, spread out first, then as the runner likes them."""
    rest = [d for d in range(7) if d != long_day]
    best = max(
        itertools.combinations(rest, count - 1),
        key=lambda days: (
            _closest(sorted((*days, long_day))) if count <= 3 else 0,
            sum(liked[d] for d in days),
            _closest(sorted((*days, long_day))),
            days,
        ),
    )
    return tuple(sorted((*best, long_day)))


def _closest(days: list[int]) -> int:
    return min((b - a) % 7 or 7 for a, b in zip(days, [*days[1:], days[0]], strict=True))


def _hard_day(days: tuple[int, ...], long_day: int) -> int | None:
    """Return the run day nearest to the middle between two long runs, two days from both."""
    options = [d for d in days if 2 <= (d - long_day) % 7 <= 5]
    return min(
        options, key=lambda d: ((d - 1) % 7 in days, abs((d - long_day) % 7 - 3), d), default=None
    )


def slot(layout: Layout, weekday: int) -> str:
    """Return the name of the run of a weekday; the same through all replans."""
    if weekday == layout.long_day:
        return "long"
    others = [d for d in layout.run_days if d != layout.long_day]
    return f"run-{others.index(weekday) + 1}" if weekday in others else f"run-{NAMES[weekday]}"


# --- the calendar of phases ---------------------------------------------------------------


def monday_of(day: dt.date) -> dt.date:
    """Return the Monday of a day's week."""
    return day - day.weekday() * DAY


def taper_start(race: Race) -> dt.date:
    """Return the first day of the taper."""
    return race.date - int(number("taper", "days")) * DAY


def taper_monday(race: Race) -> dt.date:
    """Return the Monday of the first taper week.

    Before a race at the weekend the week that ends 13 or 14 days before it still builds; before a
    race in the week its whole week belongs to the taper.
    """
    start = taper_start(race)
    return monday_of(start) + (WEEK if start.weekday() >= 5 else 0 * DAY)


def calendar_phase(monday: dt.date, race: Race | None, *, no_cutback: bool = False) -> Phase:
    """Return what a week would be for a quiet back: race, taper, cutback or build."""
    every = int(number("cutback", "every"))
    if race is None:
        lighter = (monday.toordinal() // 7) % every == 0
    elif monday == monday_of(race.date):
        return "race"
    elif monday >= taper_monday(race):
        return "taper"
    else:
        lighter = ((taper_monday(race) - monday).days // 7) % every == 0
    return "cutback" if lighter and not no_cutback else "build"


def own_weeks(free_since: dt.date, start: dt.date, race: Race | None) -> tuple[int, int]:
    """Return whole weeks since the week that ended the ladder, and how many of them built."""
    monday, whole, built = monday_of(free_since) + WEEK, 0, 0
    while monday < monday_of(start):
        whole += 1
        built += calendar_phase(monday, race) == "build"
        monday += WEEK
    return whole, built


def gains_left(monday: dt.date, race: Race, *, no_cutback: bool = False) -> int:
    """Return how many building weeks are left from this one to the taper, it included."""
    count, week = 0, monday
    while week < taper_monday(race):
        count += calendar_phase(week, race, no_cutback=no_cutback) == "build"
        week += WEEK
    return count
