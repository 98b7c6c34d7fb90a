"""What the laying of weeks starts from and carries along, and when a session may be hard.

A new kind of hard running comes only in a lighter week, hills before speed before steady running,
so that one new stress stands alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backinstride import orders, plan_sessions, programme, readiness, rules
from backinstride.orders import Ordered
from backinstride.plan_calendar import WEEK, Layout, calendar_phase, monday_of
from backinstride.rules import DAY, History, Outing, number
from backinstride.units import DistanceUnit
from backinstride.values import Race, Value, Week

if TYPE_CHECKING:
    from backinstride.values import Phase, Session


class Frame(Value, frozen=True, kw_only=True):
    """All that the weeks are laid from."""

    today: dt.date
    start: dt.date
    race: Race | None
    history: History
    ready: readiness.Readiness
    layout: Layout
    pace_s_per_km: float
    aim_km: float
    ordered: Ordered | None = None
    no_running: bool = False
    no_jog: bool = False
    no_hills: bool = False
    no_cutback: bool = False
    unit: DistanceUnit = "km"  # of the words; numbers stay in km
    onset_km: float | None = None  # where it began last time
    eased: tuple[str, ...] = ()  # what helped, by the diary
    body: programme.Body = programme.Body()


@dataclass(slots=True)
class Course:
    """How far the laying has come."""

    frame: Frame
    outings: list[Outing]
    rung: int
    rung_done: int
    on_ladder: bool
    first_until: dt.date | None
    weeks_own: int = 99  # weeks since the ladder; 99 without one
    level_km: float = 0.0
    easy_km: float = 0.0
    returning: int | None = None  # place in the parts of the former long run
    former_km: float = 0.0
    hard_from: dt.date = dt.date.max  # lighter weeks from here on bring in one hard kind each
    hard_since: dt.date | None = None  # two weeks after the ladder; None without one
    built: list[float] = field(default_factory=list)
    weeks: list[Week] = field(default_factory=list)


# --- hard sessions ------------------------------------------------------------------------


def hard(
    course: Course, planned: list[Outing], day: dt.date, name: str, km: float, phase: Phase
) -> Session | None:
    """Return the hard or steady session of the week; None where this day is not for one."""
    frame = course.frame
    kinds = _hard_kinds(course, day)
    if not kinds or (phase != "cutback" and _first_hard(planned, monday_of(day))):
        return None
    turn = -1 if phase == "cutback" else (day.toordinal() // 7) % len(kinds)
    kind = kinds[turn]
    if kind != "hills" and orders.forbids(frame.ordered, day, "fast"):
        return None
    level = 0 if phase == "cutback" else _hard_level(course, day)
    if kind == "steady":
        return plan_sessions.steady(
            day,
            name,
            km,
            frame.pace_s_per_km,
            level=level,
            why=("order", "session_cap"),
            unit=frame.unit,
        )
    return plan_sessions.fast(
        day,
        name,
        km,
        frame.pace_s_per_km,
        kind=kind,
        level=level,
        no_jog=frame.no_jog,
        why=("order", "intervals", "one_new_stress"),
        unit=frame.unit,
    )


def hard_day(
    course: Course, planned: list[Outing], day: dt.date, km: float, *, longest_km: float
) -> bool:
    """Return whether a day may be hard.

    Not after a hard day, nor after a run that is nearly the longest of its week or month.
    """
    frame = course.frame
    if day.weekday() != frame.layout.hard_day or day <= frame.ready.quiet_until or km < 3:
        return False
    longest = min(rules.longest_km(planned, day) or 0.0, longest_km)
    before = [o for o in planned if (day - o.day).days == 1]
    return not any(o.hard or o.race or o.km >= 0.8 * longest for o in before)


def _hard_level(course: Course, day: dt.date) -> int:
    """Return how far fast running has come: one step every four weeks.

    Counted from the week that brought it in; for a runner without a stop, whose own fast running
    is not known, backwards from the race, and 1 where there is none.
    """
    race = course.frame.race
    if course.hard_since is not None:
        return max((day - course.hard_since).days // 28, 0)
    return 1 if race is None else max(5 - (race.date - day).days // 28, 0)


def _first_hard(planned: list[Outing], monday: dt.date) -> bool:
    """Return whether a hard session would be the first one for four planned weeks."""
    before = [o for o in planned if 0 < (monday - o.day).days <= 28]
    return not any(o.hard is not False for o in before)


def hard_from(course: Course) -> dt.date:
    """Return from when on lighter weeks bring in hard running.

    Six weeks after running began, two after the ladder, and after all days that must stay quiet.
    """
    frame, ready = course.frame, course.frame.ready
    if course.on_ladder or not frame.history.runs:
        return dt.date.max
    days = [frame.history.runs[0].day + 6 * WEEK]
    if ready.free_since is not None and ready.stage == "own":
        days.append(after_ladder(ready.free_since))
    if ready.quiet_until > dt.date.min:
        days.append(ready.quiet_until + DAY)
    return max(days)


def after_ladder(last: dt.date) -> dt.date:
    """Return the Monday two flat weeks after the week of the last ladder session."""
    return monday_of(last) + WEEK + _flat()


def _flat() -> dt.timedelta:
    return int(number("order", "flat_weeks")) * WEEK


def _hard_kinds(course: Course, day: dt.date) -> list[str]:
    """Return the kinds brought in by the week of `day`: one a lighter week, hills before speed."""
    frame = course.frame
    if day < course.hard_from:
        return []
    count, monday = 0, max(monday_of(course.hard_from), monday_of(day) - 16 * WEEK)
    while monday <= monday_of(day):
        lighter = calendar_phase(monday, frame.race, no_cutback=False) == "cutback"
        count += lighter and monday >= course.hard_from
        monday += WEEK
    flat = frame.no_hills or orders.forbids(frame.ordered, day, "hills")
    return [k for k in ("hills", "speed", "steady") if not (k == "hills" and flat)][:count]
