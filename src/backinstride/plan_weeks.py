"""The weeks: from where the runner is, one week after another, to the race or as long as is useful.

The long run is raised by the smallest equal step that reaches the aim in time, never by more than
1.10 times the longest run of the 30 days before; because that limit only ever rises with what was
run, taking the smallest sufficient step each week is also the best that the rules allow. No search
is needed. Lighter weeks stand at fixed distances from the race, so that replanning on another day
finds the same weeks.
"""

from __future__ import annotations

import datetime as dt
import math

from backinstride import orders, plan_sessions, programme, readiness, rules, units
from backinstride.plan_calendar import (
    NAMES,
    WEEK,
    calendar_phase,
    choose,
    gains_left,
    monday_of,
    own_weeks,
    slot,
    taper_monday,
)
from backinstride.plan_course import Course, Frame, after_ladder, hard, hard_day, hard_from
from backinstride.plan_sessions import floor_km
from backinstride.rules import DAY, Outing, number
from backinstride.values import Phase, Session, Week

PACE_UNKNOWN_S_PER_KM = 420.0  # counts the distance of minutes until own runs are known
SHORTEST_KM = 1.5
PARTS = ("first", "second", "third", "fourth", "fifth")  # of the former long run
# Share of the long run that the planner aims at, by runs a week (coaching custom, E8.8).
AIMED_SHARE = {1: 1.0, 2: 0.62, 3: 0.50, 4: 0.42, 5: 0.38, 6: 0.34}


# --- laying the weeks ---------------------------------------------------------------------


def lay(frame: Frame) -> tuple[Week, ...]:
    """Return the weeks from `frame.start` to the race, or for twelve weeks."""
    course = begin(frame)
    monday = monday_of(frame.start)
    last = _last_monday(frame)
    while monday <= last:
        course.weeks.append(_week(course, monday))
        monday += WEEK
    return tuple(course.weeks)


def _last_monday(frame: Frame) -> dt.date:
    if frame.no_running:
        return monday_of(frame.start) + WEEK
    if frame.race is not None:
        return monday_of(frame.race.date)
    return monday_of(frame.start) + (int(number("maintain", "weeks")) - 1) * WEEK


def begin(frame: Frame) -> Course:
    """Return the course before its first week."""
    ready = frame.ready
    course = Course(
        frame=frame,
        outings=list(rules.outings_of(frame.history))[-400:],
        rung=ready.rung,
        rung_done=ready.rung_done,
        on_ladder=ready.stage == "ladder",
        first_until=ready.first_until,
        easy_km=_usual_easy(frame),
    )
    if ready.stage == "ladder":
        _come_back(course, 0)
    elif ready.free_since is not None and monday_of(ready.free_since) == monday_of(frame.start):
        course.on_ladder, course.rung = True, len(readiness.ladder())  # to the end of its week
        _come_back(course, 0)
    elif ready.stage == "own" and ready.free_since is not None:
        course.weeks_own, built = own_weeks(ready.free_since, frame.start, frame.race)
        course.hard_since = after_ladder(ready.free_since)
        _since_stop(course)
        _come_back(course, built)
    course.hard_from = hard_from(course)
    _big_run(course)
    return course


def _come_back(course: Course, part: int) -> None:
    """Bring the long run back in parts where it had been longer than what was run since."""
    former = course.frame.ready.former_km or 0.0
    if former > 1.15 * course.level_km and part < len(PARTS):
        course.former_km, course.returning = former, part


def _since_stop(course: Course) -> None:
    """Take level and easy distance from the runs since the last stop, not from those before."""
    ready, long_day = course.frame.ready, course.frame.layout.long_day
    since = [o for o in course.outings if ready.stopped is None or o.day > ready.stopped]
    if not since:
        return
    course.level_km = max(o.km for o in since)
    own = [o for o in since if ready.free_since is not None and o.day > ready.free_since]
    easy = [o.km for o in own if o.day.weekday() != long_day]
    half_hour_km = 1800 / course.frame.pace_s_per_km
    usual = max(easy, default=min(course.level_km, half_hour_km))
    course.easy_km = min(usual, max(0.75 * course.level_km, half_hour_km))


def _usual_easy(frame: Frame) -> float:
    """Return the middle of the shorter runs of the last eight weeks, in km; 0 without any."""
    until = monday_of(frame.start)
    since = until - 8 * WEEK
    runs = sorted(r.distance_m / 1000 for r in frame.history.runs if since <= r.day < until)
    shorter = runs[: max(1, round(0.75 * len(runs)))] if runs else []
    return shorter[len(shorter) // 2] if shorter else 0.0


def _big_run(course: Course) -> None:
    """After a run of 30 km or more, far beyond the others, the long run comes back in parts."""
    until = monday_of(course.frame.start)
    recent = [o for o in course.outings if (until - o.day).days <= 21]
    if course.on_ladder or not recent or course.returning is not None:
        return
    top = max(recent, key=lambda o: o.km)
    month = [o.km for o in course.outings if (until - o.day).days <= 30 and o is not top]
    if top.km >= 30 and top.km > 1.25 * max(month, default=0.0):
        course.former_km = top.km
        course.level_km = 0.0
        weeks = max((until - monday_of(top.day)).days // 7 - 1, 0)
        course.returning = min(weeks, len(PARTS) - 1)


def _week(course: Course, monday: dt.date) -> Week:
    frame = course.frame
    phase = calendar_phase(monday, frame.race, no_cutback=frame.no_cutback)
    race_week = phase == "race"
    _notice_gap(course, monday)
    runs: list[Session] = []
    if frame.no_running or _first_day(course, monday) > monday + 6 * DAY:
        phase = "race" if phase == "race" else "settle"
    elif course.on_ladder:
        runs, phase = _ladder_week(course, monday)
    elif phase == "race":
        runs = _race_week(course, monday)
    elif phase == "taper":
        runs = _taper_week(course, monday, number("taper", "first"))
    else:
        runs, phase = _build_week(course, monday, phase)
        if not runs and _gap(course.outings, monday + 6 * DAY) >= number("layoff", "days"):
            phase = "settle"
    if race_week:
        runs = _with_race(course, runs)
    sessions = programme.fill(runs, monday, _filling(course, phase))
    sessions = [s for s in sessions if orders.allows(frame.ordered, s)]
    week = Week(
        start=monday,
        phase=phase,
        sessions=tuple(sorted(sessions, key=lambda s: (s.date, s.id))),
        note=_note(course, monday, phase, runs),
    )
    course.outings += [rules.outing(s) for s in rules.runs_of(week)]
    km = rules.running_km(week)
    if phase in ("build", "maintain") and km > 0:
        course.built.append(km)
    return week


def _filling(course: Course, phase: Phase) -> programme.Filling:
    frame = course.frame
    return programme.Filling(
        start=frame.start,
        race=frame.race.date if frame.race else None,
        phase=phase,
        long_day=frame.layout.long_day,
        body=frame.body,
        sore=phase == "settle" or (frame.ready.pain or 0) > number("green", "most"),
        weeks_in=len(course.weeks),
        no_impact=frame.no_running,
    )


def _first_day(course: Course, monday: dt.date) -> dt.date:
    """Return the first day of the week on which a run may stand."""
    frame = course.frame
    return max(monday, frame.start, orders.run_from(frame.ordered, frame.ready.run_from))


def _notice_gap(course: Course, monday: dt.date) -> None:
    """Put the course on the ladder where the next run would follow 14 days without one."""
    first = _first_day(course, monday)
    if first > monday + 6 * DAY:
        return
    ladder = course.on_ladder
    days = _ladder_days(course, monday, first) if ladder else _run_days(course, monday)
    if not days:
        return
    gap = _gap(course.outings, days[0])
    if gap < number("layoff", "days"):
        return
    if not course.on_ladder:
        last = max((o.day for o in course.outings), default=days[0])
        course.former_km = rules.longest_km(course.outings, last + DAY) or 0.0
        course.returning = 0 if course.former_km else None
        unknown = not course.outings
        course.rung = readiness.rung_index("run-15s") if unknown else len(readiness.ladder())
        course.on_ladder = True
    _start_low(course, days[0], gap)


def _gap(outings: list[Outing], day: dt.date) -> int:
    last = max((o.day for o in outings), default=None)
    return (day - last).days if last is not None else readiness.UNKNOWN_GAP


def _start_low(course: Course, day: dt.date, gap: int) -> None:
    """Begin the first week after a layoff with the session of `day`."""
    course.rung = min(course.rung, readiness.rung_after_gap(gap))
    course.rung_done = 0
    course.first_until = day + (int(number("layoff", "first_days")) - 1) * DAY


def _candidate_days(course: Course, monday: dt.date, first: dt.date) -> list[dt.date]:
    done = {o.day for o in course.outings}
    days = [monday + d * DAY for d in course.frame.layout.run_days]
    return [d for d in days if d >= first and d not in done]


def _before_race(course: Course, days: list[dt.date]) -> list[dt.date]:
    """Leave the race day and the day before it free of training runs."""
    race = course.frame.race
    return [d for d in days if race is None or d < race.date - DAY]


# --- the ladder ---------------------------------------------------------------------------


def _ladder_week(course: Course, monday: dt.date) -> tuple[list[Session], Phase]:
    apart = int(number("ladder", "apart_days"))
    outings = list(course.outings)
    last = max((o.day for o in outings), default=dt.date.min)
    found: list[Session] = []
    for day in _before_race(course, _ladder_days(course, monday, _first_day(course, monday))):
        if (day - last).days < apart:
            continue
        made = _rung_of(course, outings, day)
        if made is None:
            continue
        found.append(made)
        last = day
        if made.kind != "walk":
            outings.append(rules.outing(made))
    if course.rung >= len(readiness.ladder()):
        _leave_ladder(course, outings)
    running = any(s.kind != "walk" for s in found)
    return found, "ladder" if running else "settle"


def _ladder_days(course: Course, monday: dt.date, first: dt.date) -> list[dt.date]:
    return _before_layoff(course, monday, _candidate_days(course, monday, first))


def _rung_of(course: Course, outings: list[Outing], day: dt.date) -> Session | None:
    """Return the ladder session of a day and count it; None where an order is against it."""
    frame, rungs = course.frame, readiness.ladder()
    gap = _gap(outings, day)
    if gap >= number("layoff", "days") and (course.rung > 0 or course.first_until is None):
        _start_low(course, day, gap)
    course.rung_done, course.first_until = readiness.whole_again(
        course.rung, course.rung_done, course.first_until, day
    )
    step = rungs[min(course.rung, len(rungs) - 1)]
    if step.kind == "run" and orders.run_walk_only(frame.ordered, day):
        step = rungs[readiness.rung_index("run-8min")]
    first = course.first_until is not None and day <= course.first_until and step.run_s > 0
    why = ("layoff", "ladder") if first else ("ladder",)
    name = slot(frame.layout, day.weekday())
    made = plan_sessions.rung(day, name, step, frame.pace_s_per_km, first=first, why=why)
    limit = orders.limit_km(frame.ordered, day)
    if limit is not None and (made.distance_km or 0.0) > limit:
        return None
    course.rung, course.rung_done = readiness.climb(
        course.rung, course.rung_done, course.first_until, day
    )
    return made


def _leave_ladder(course: Course, outings: list[Outing]) -> None:
    """Go on from the longest run since the stop, at most half an hour of it for easy runs."""
    stopped = course.frame.ready.stopped
    since = [o for o in outings if stopped is None or o.day > stopped]
    last = max((o.day for o in outings), default=course.frame.start)
    recent = [o.km for o in since if (last - o.day).days <= 14]
    course.on_ladder, course.weeks_own, course.first_until = False, 0, None
    course.level_km = max(recent, default=0.0)
    course.easy_km = min(course.level_km, 1800 / course.frame.pace_s_per_km)
    course.hard_since = after_ladder(last)
    course.hard_from = max(course.hard_since, course.frame.ready.quiet_until + DAY)


# --- building -----------------------------------------------------------------------------


def _build_week(course: Course, monday: dt.date, phase: Phase) -> tuple[list[Session], Phase]:
    frame = course.frame
    days = _run_days(course, monday)
    long_day = _long_day(course, days)
    if phase == "cutback":
        long_km = number("cutback", "long") * _level(course, monday)
        easy_km = number("cutback", "volume") * course.easy_km
    else:
        held = _waits(course, monday)
        long_km = _raise_long(course, monday, long_day) if long_day else _level(course, monday)
        easy_km = _raise_easy(course, long_km, len(frame.layout.run_days))
        phase = "maintain" if held else "build"
    if long_day and _long_too_soon(course, monday, long_day):
        long_km = min(long_km, max(easy_km, SHORTEST_KM))
    if long_day and orders.forbids(frame.ordered, long_day, "long"):
        long_km = min(long_km, easy_km)
    runs = _place(course, days, long_day, long_km, easy_km, phase)
    course.weeks_own += 1
    return runs, phase


def _level(course: Course, day: dt.date) -> float:
    return course.level_km or rules.longest_km(course.outings, day) or 0.0


def _run_days(course: Course, monday: dt.date) -> list[dt.date]:
    """Return the days to run on; after the ladder three a week, one more every two weeks."""
    frame = course.frame
    days = _before_layoff(
        course, monday, _candidate_days(course, monday, _first_day(course, monday))
    )
    days = _before_race(course, days)
    most = min(len(frame.layout.run_days), 3 + course.weeks_own // 2)
    if len(frame.layout.run_days) <= most:
        return days
    usual = frame.layout.run_days
    kept = choose(
        most, frame.layout.long_day, [float(d in frame.layout.run_days) * 9 for d in range(7)]
    )
    return [d for d in days if d.weekday() in kept or d.weekday() not in usual]


def _before_layoff(course: Course, monday: dt.date, days: list[dt.date]) -> list[dt.date]:
    """Add the day on which a run keeps the plan's own waiting from becoming a layoff.

    Only where the next run day would be the fourteenth without a run, and an earlier day of this
    week is free to run on: the last such day, with a day between it and the next run if there is.
    """
    last = max((o.day for o in course.outings), default=None)
    border = int(number("layoff", "days"))
    first = _first_day(course, monday)
    if last is None or (first - last).days >= border or first > monday + 6 * DAY:
        return days
    fixed = course.frame.layout.run_days
    coming = (first + k * DAY for k in range(7))
    next_run = days[0] if days else next(d for d in coming if d.weekday() in fixed)
    if not days and next_run <= monday + 6 * DAY:
        next_run = next(d for k in range(1, 8) if (d := monday + (6 + k) * DAY).weekday() in fixed)
    if (next_run - last).days < border:
        return days
    until = min(last + (border - 1) * DAY, monday + 6 * DAY)
    free = [first + k * DAY for k in range((until - first).days + 1) if first + k * DAY > last]
    if not free:
        return days
    added = max(free, key=lambda d: ((next_run - d).days >= 2, d))
    return sorted({*days, added})


def _long_day(course: Course, days: list[dt.date]) -> dt.date | None:
    """Return the day of the long run; None in a week whose long day is past, or taken."""
    return next((d for d in days if d.weekday() == course.frame.layout.long_day), None)


def _long_too_soon(course: Course, monday: dt.date, long_day: dt.date) -> bool:
    """Return whether a long run stands already in this week, or fewer than five days before."""
    longest = rules.longest_km(course.outings, long_day) or 0.0
    near = [o for o in course.outings if o.day >= monday or 0 < (long_day - o.day).days < 5]
    return any(o.km >= 0.85 * longest for o in near) and longest > 8


def _raise_long(course: Course, monday: dt.date, day: dt.date) -> float:
    """Return the long run of a building week, in km, within what the 30 days before it allow."""
    frame = course.frame
    level = _level(course, day)
    step = _step(course, monday)
    if frame.ready.hold and monday_of(frame.today) == monday:
        step = 1.0
    target = level * step
    if course.returning is not None:
        target = _returning_km(course, target if course.level_km else 0.0)
    cap = number("session_cap", "factor") * (rules.longest_km(course.outings, day) or 0.0)
    km = min(target, cap, max(frame.aim_km, level if step == 1.0 else 0.0))
    course.level_km = km
    return km


def _returning_km(course: Course, target: float) -> float:
    """Return the part of the former long run that this week may bring back; in km.

    Never less than the usual step from what was run since: a former run too short to matter must
    not slow the way back.
    """
    assert course.returning is not None
    part = number("return_long", PARTS[course.returning]) * course.former_km
    done = course.returning + 1 >= len(PARTS) or target >= course.former_km
    course.returning = None if done else course.returning + 1
    return max(target, part)


def _step(course: Course, monday: dt.date) -> float:
    """Return the smallest equal step by which the long run reaches the aim in time."""
    frame = course.frame
    level = _level(course, monday + 6 * DAY)
    if level <= 0 or level >= frame.aim_km or _waits(course, monday):
        return 1.0
    if frame.race is None:
        return number("maintain", "gentle")
    left = max(gains_left(monday, frame.race, no_cutback=frame.no_cutback), 1)
    needed = math.exp(math.log(frame.aim_km / level) / left)
    return min(needed, number("session_cap", "factor"))


def _waits(course: Course, monday: dt.date) -> bool:
    """Return whether the week only keeps what there is: no race, or more time than needed."""
    frame = course.frame
    level = _level(course, monday + 6 * DAY)
    if course.returning is not None:
        return False
    if frame.race is None:
        return level >= frame.aim_km
    if level <= 0 or level >= frame.aim_km:
        return False
    left = gains_left(monday, frame.race, no_cutback=frame.no_cutback)
    gentle = math.log(frame.aim_km / level) / math.log(number("maintain", "gentle"))
    return left > max(math.ceil(gentle), int(number("maintain", "build_weeks")))


def _raise_easy(course: Course, long_km: float, runs: int) -> float:
    """Return the length of the other runs: towards a week of which the long run is a share."""
    share = AIMED_SHARE.get(runs, 0.34)
    wanted = long_km * (1 - share) / share / max(runs - 1, 1)
    usual = course.easy_km or wanted
    kept = min(max(usual, wanted), 1.10 * usual + 0.2)
    course.easy_km = min(kept, max(0.85 * long_km, min(usual, long_km)))
    return course.easy_km


def _place(
    course: Course,
    days: list[dt.date],
    long_day: dt.date | None,
    long_km: float,
    easy_km: float,
    phase: Phase,
) -> list[Session]:
    """Write the runs of a week, each within what the 30 days before it allow."""
    frame = course.frame
    planned = list(course.outings)
    found: list[Session] = []
    usual = rules.longest_km(course.outings, long_day or course.frame.start) or 0.0
    for day in days:
        is_long = day == long_day
        km = _allowed(planned, frame, day, long_km if is_long else min(easy_km, long_km))
        if km < SHORTEST_KM / 2:
            continue
        name = "long" if is_long else slot(frame.layout, day.weekday())
        name = f"run-{NAMES[day.weekday()]}" if name == "long" and not is_long else name
        made = None
        top_km = max(long_km if long_day else 0.0, easy_km)
        if not is_long and hard_day(course, planned, day, km, longest_km=top_km):
            made = hard(course, planned, day, name, km, phase)
        if made is None and is_long:
            why = ("session_cap", "cutback") if phase == "cutback" else ("session_cap",)
            made = plan_sessions.long(
                day, km, frame.pace_s_per_km, why=why, new=km > usual, unit=frame.unit
            )
        elif made is None:
            made = plan_sessions.easy(
                day, name, km, frame.pace_s_per_km, why=("session_cap",), unit=frame.unit
            )
        found.append(made)
        planned.append(rules.outing(made))
    return found


def _allowed(planned: list[Outing], frame: Frame, day: dt.date, km: float) -> float:
    longest = rules.longest_km(planned, day) or 0.0
    limit = orders.limit_km(frame.ordered, day)
    cap = number("session_cap", "factor") * longest
    return floor_km(min(km, cap, limit if limit is not None else km))


# --- taper and race -----------------------------------------------------------------------


def _usual_week_km(course: Course, monday: dt.date) -> float:
    """Return the week before the taper: the mean of the last three that built, or held runs; km."""
    if course.built:
        last = course.built[-3:]
        return sum(last) / len(last)
    race = course.frame.race
    until = min(monday, taper_monday(race)) if race is not None else monday
    weeks = [
        sum(o.km for o in course.outings if 0 <= (o.day - until).days - 7 * age < 7)
        for age in (-1, -2, -3, -4)
    ]
    run = [km for km in weeks if km > 0][:3]
    return sum(run) / len(run) if run else 0.0


def _taper_week(course: Course, monday: dt.date, share: float) -> list[Session]:
    days = _run_days(course, monday)
    if not days:
        return []
    total = share * _usual_week_km(course, monday)
    whole = len(course.frame.layout.run_days)
    total *= min(1.0, len(days) / whole) if monday < course.frame.start else 1.0
    long_day = _long_day(course, days)
    weights = [1.6 if d == long_day else 1.0 for d in days]
    easy_km = total / sum(weights)
    return _place(course, days, long_day, 1.6 * easy_km, easy_km, "taper")


def _race_week(course: Course, monday: dt.date) -> list[Session]:
    days = _run_days(course, monday)
    if not days:
        return []
    total = number("taper", "last") * _usual_week_km(course, monday)
    each = total / max(len(days), 2)
    most = 0.6 * (rules.longest_km(course.outings, days[0]) or 0.0)
    return _place(course, days, None, max(min(each, most), 0.0), min(each, most), "race")


def _with_race(course: Course, runs: list[Session]) -> list[Session]:
    """Add the race, from the ladder too, where nothing is ordered or settling against it."""
    frame = course.frame
    race = frame.race
    assert race is not None
    if race.date < frame.start or _against_race(course):
        return runs
    planned = [*course.outings, *(rules.outing(s) for s in runs)]
    made = plan_sessions.race(
        race.date,
        race.distance_km,
        frame.pace_s_per_km,
        longest_km=rules.longest_km(planned, race.date),
        on_ladder=course.on_ladder,
        unit=frame.unit,
    )
    return [*runs, made]


def _against_race(course: Course) -> str:
    """Return what keeps the race out of the plan, in words; empty where nothing does."""
    frame = course.frame
    race = frame.race
    assert race is not None
    limit = orders.limit_km(frame.ordered, race.date)
    if frame.no_running:
        return "no running until somebody has looked at the warning sign"
    if (
        orders.run_from(frame.ordered, dt.date.min) > race.date
        or orders.forbids(frame.ordered, race.date, "race")
        or (limit is not None and limit < race.distance_km)
    ):
        return "the orders of your physio are against it"
    if race.date < frame.ready.run_from:
        return f"the back is to settle first, with no running before {frame.ready.run_from}"
    return ""


def _note(course: Course, monday: dt.date, phase: Phase, runs: list[Session]) -> str:
    frame = course.frame
    if frame.no_running:
        return "No running until somebody has looked at the warning sign."
    km = sum(s.distance_km or 0.0 for s in runs if s.kind != "race")
    race = frame.race
    here = race is not None and monday_of(race.date) == monday
    if here and not any(s.kind == "race" for s in runs):
        against = _against_race(course) or "it is past"
        return f"The race is not in the plan as things stand: {against}. See the options."
    words = {
        "settle": "Walking only until half an hour of it stays at 2 of 10 or less.",
        "ladder": "Two sessions a rung, 48 hours apart; the morning after decides.",
        "build": "One long run a little longer, the rest easy.",
        "cutback": "A lighter week.",
        "taper": "Less distance, the same speed.",
        "race": "Race week.",
        "maintain": "Keep what you have.",
    }[phase]
    return f"{words} {units.distance(1000 * km, frame.unit)} of running." if km else words
