"""Sessions: what one day of the plan says, with its steps, its reasons and when to stop.

Steps are flat: `repeat` multiplies its own step, and neighbours with the same `repeat` above 1
alternate. `distance_km` counts running only; `duration_min` is all of it, walking included.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from backinstride import rules, units
from backinstride.rules import number
from backinstride.values import Session, Step

if TYPE_CHECKING:
    from backinstride.readiness import Rung
    from backinstride.units import DistanceUnit
    from backinstride.values import ExerciseDose, Intensity, SessionKind

STOP_RUN = (
    "Stop running and walk if the back goes above 5 of 10, if it seizes, or if you limp. Stop and "
    "get help today if a leg turns weak or numb; numbness between the legs or trouble passing "
    "water is an emergency."
)
STOP_WALK = "Turn back if the back goes above 5 of 10 or if a leg turns weak or numb."
STOP_STRENGTH = (
    "Leave an exercise out if it takes the back above 5 of 10; take the lighter version if the "
    "next morning is 2 or more worse."
)
WARM_UP = "Walk briskly. No jog here if jogging is what tightens your back; swing the legs instead."
HARD_PACE = 0.85  # of the easy pace in seconds a km: only to count the distance of fast parts


def floor_km(km: float) -> float:
    """Return the distance rounded down, so that no limit is passed: to 50 m, from 15 km to 100 m.

    Rounding to more would cost a slow build-up a week or two.
    """
    parts = 10 if km >= 15 else 20
    return math.floor(km * parts + 1e-6) / parts


def distance(km: float, unit: DistanceUnit) -> str:
    """Return a distance for a title: as planned in km, to a tenth of a mile."""
    return f"{km:g} km" if unit == "km" else units.distance(1000 * km, "mi")


def session(
    kind: SessionKind,
    date: dt.date,
    name: str,
    *,
    why: tuple[str, ...],
    steps: tuple[Step, ...] = (),
    km: float | None = None,
    minutes: float | None = None,
    intensity: Intensity | None = None,
    stop_if: str = STOP_RUN,
    title: str = "",
    note: str = "",
    exercises: tuple[ExerciseDose, ...] = (),
    claims: tuple[str, ...] = (),
) -> Session:
    """Return one session. Its id is its week's Monday and its name: replans keep it."""
    monday = date - dt.timedelta(days=date.weekday())
    return Session(
        id=f"{monday.isoformat()}-{name}",
        date=date,
        kind=kind,
        distance_km=km,
        duration_min=round(minutes, 1) if minutes is not None else None,
        intensity=intensity,
        steps=steps,
        exercises=exercises,
        why=why,
        stop_if=stop_if,
        claims=tuple(dict.fromkeys((*claims, *rules.claims(*why)))),
        title=title,
        note=note,
    )


def _walk_in(short: bool) -> tuple[Step, ...]:
    if short:
        return ()
    seconds = number("warm_up", "walk_s")
    return (Step(kind="walk", duration_s=seconds, intensity="easy", note=WARM_UP),)


def _minutes(steps: tuple[Step, ...], pace_s_per_km: float) -> float:
    """Return how long the steps take; distances of running at the easy pace."""
    return (
        sum(s.repeat * (s.duration_s or (s.distance_km or 0) * pace_s_per_km) for s in steps) / 60
    )


def easy(
    date: dt.date,
    name: str,
    km: float,
    pace_s_per_km: float,
    *,
    why: tuple[str, ...],
    note: str = "",
    unit: DistanceUnit = "km",
) -> Session:
    """Return an easy run after five minutes of walking."""
    run = Step(kind="run", distance_km=km, intensity="easy", note="Easy: you can talk.")
    steps = (*_walk_in(short=False), run)
    return session(
        "run",
        date,
        name,
        km=km,
        minutes=_minutes(steps, pace_s_per_km),
        intensity="easy",
        steps=steps,
        why=("warm_up", *why),
        title=f"Easy run, {distance(km, unit)}",
        note=note,
    )


def long(
    date: dt.date,
    km: float,
    pace_s_per_km: float,
    *,
    why: tuple[str, ...],
    new: bool,
    unit: DistanceUnit = "km",
) -> Session:
    """Return the long run of the week; `new`: further than before, so slower."""
    slow = (
        "Further than lately: slower than your easy pace; in doubt, slower still. " if new else ""
    )
    note = (
        f"{slow}Choose loops that pass home, carry a phone, and say who could pick you up. At the "
        "first early sign slow down and stand tall; if it stays, walk; if it grows, stop."
    )
    run = Step(kind="run", distance_km=km, intensity="easy", note="Easy all the way.")
    steps = (*_walk_in(short=False), run)
    return session(
        "run",
        date,
        "long",
        km=km,
        minutes=_minutes(steps, pace_s_per_km),
        intensity="easy",
        steps=steps,
        why=("warm_up", *why),
        title=f"Long run, {distance(km, unit)}",
        note=note,
        claims=("own-bail-out",),
    )


def rung(
    date: dt.date,
    name: str,
    step: Rung,
    pace_s_per_km: float,
    *,
    first: bool,
    why: tuple[str, ...],
) -> Session:
    """Return one ladder session; `first`: among those after a layoff, at most 20 minutes in all."""
    run_s, walk_s, repeats = step.run_s, step.walk_s, step.repeats
    if first:
        most = number("layoff", "first_run_min") * 60
        repeats = max(1, int(most // (run_s + walk_s)))
        run_s = min(run_s, int(most))
    parts: tuple[Step, ...] = ()
    if run_s:
        parts += (Step(kind="run", duration_s=run_s, repeat=repeats, intensity="easy"),)
    if walk_s:
        parts += (Step(kind="walk", duration_s=walk_s, repeat=repeats, intensity="easy"),)
    steps = (*_walk_in(short=first or not run_s), *parts)
    note = step.text
    if first and step.walk_s:
        note += f" Today {repeats} times: the first sessions after a break stay within 20 minutes."
    if first:
        note += " Walk a few minutes before you start; they do not count."
    if run_s:
        note += " Up to 30 minutes of running on the ladder are not held to the session limit."
    km = round(run_s * repeats / pace_s_per_km, 2) if run_s else None
    return session(
        step.kind,
        date,
        name,
        km=km,
        minutes=_minutes(steps, pace_s_per_km),
        intensity="easy",
        steps=steps,
        why=why,
        title=_rung_title(run_s, walk_s, repeats),
        note=note,
        claims=(*step.claims, "own-race-exempt") if run_s else step.claims,
        stop_if=STOP_RUN if run_s else STOP_WALK,
    )


def _rung_title(run_s: float, walk_s: float, repeats: int) -> str:
    def text(seconds: float) -> str:
        return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"

    if not run_s:
        return f"Walk {text(walk_s)}"
    if not walk_s:
        return f"Easy run, {text(run_s)}"
    return f"Run {text(run_s)}, walk {text(walk_s)}, {repeats} times"


# Fast running, from small to less small: (kind, repetitions, seconds fast, seconds walking).
HILLS: tuple[tuple[int, int, int], ...] = (
    (4, 30, 90),
    (5, 30, 90),
    (6, 30, 90),
    (6, 45, 120),
    (8, 45, 120),
)
SPEED: tuple[tuple[int, int, int], ...] = (
    (4, 30, 90),
    (4, 60, 120),
    (5, 60, 120),
    (6, 60, 120),
    (4, 120, 120),
    (5, 120, 120),
    (4, 180, 120),
    (5, 180, 120),
)


_HOW = {"hills": "uphill", "speed": "quick"}


def fast(
    date: dt.date,
    name: str,
    km: float,
    pace_s_per_km: float,
    *,
    kind: str,
    level: int,
    no_jog: bool,
    why: tuple[str, ...],
    unit: DistanceUnit = "km",
) -> Session | None:
    """Return a session with repetitions; None where `km` leaves no room for them.

    `no_jog`: warming up is walking and leg swings alone, all running but the repetitions comes
    after them.
    """
    table = HILLS if kind == "hills" else SPEED
    count, run_s, walk_s = table[min(level, len(table) - 1)]
    fast_km = count * run_s / (HARD_PACE * pace_s_per_km)
    around = floor_km(km - fast_km)
    if around < 1.0:
        return None
    before = 0.0 if no_jog else floor_km(around / 2)
    where = "uphill, on a gentle slope, walk down" if kind == "hills" else "quick, not all out"
    total = round(around + fast_km, 2)
    steps = [
        *_walk_in(short=False),
        *([Step(kind="run", distance_km=before, intensity="easy")] if before else []),
        Step(kind="run", duration_s=run_s, repeat=count, intensity="hard", note=where.capitalize()),
        Step(kind="walk", duration_s=walk_s, repeat=count, intensity="easy"),
        Step(kind="run", distance_km=round(around - before, 2), intensity="easy"),
    ]
    note = "The first repetition is the slowest: who starts flat out fades."
    if no_jog:
        note += " No jog before: walk, swing the legs, then start the first repetition gently."
    return session(
        "run",
        date,
        name,
        km=total,
        minutes=_minutes(tuple(steps), pace_s_per_km),
        intensity="hard",
        steps=tuple(steps),
        why=("warm_up", *why),
        title=f"{count} x {run_s} s {_HOW[kind]}, {distance(total, unit)} in all",
        note=note,
    )


def steady(
    date: dt.date,
    name: str,
    km: float,
    pace_s_per_km: float,
    *,
    level: int,
    why: tuple[str, ...],
    unit: DistanceUnit = "km",
) -> Session:
    """Return an easy run with a steady middle part of 10 to 25 minutes."""
    minutes = min(10 + 3 * level, 25)
    middle = min(minutes * 60 / (0.92 * pace_s_per_km), km / 2)
    before = floor_km((km - middle) / 2)
    middle_km = floor_km(middle)
    after_km = round(km - before - middle_km, 2)
    steps = (
        *_walk_in(short=False),
        Step(kind="run", distance_km=before, intensity="easy"),
        Step(kind="run", distance_km=middle_km, intensity="steady", note="Steady, not hard."),
        Step(kind="run", distance_km=after_km, intensity="easy"),
    )
    return session(
        "run",
        date,
        name,
        km=km,
        minutes=_minutes(steps, pace_s_per_km),
        intensity="steady",
        steps=steps,
        why=("warm_up", *why),
        title=f"Run {distance(km, unit)}, the middle {distance(middle_km, unit)} steady",
    )


def walk(
    date: dt.date, name: str, minutes: float, *, why: tuple[str, ...], note: str = ""
) -> Session:
    """Return a walk; it holds no running."""
    return session(
        "walk",
        date,
        name,
        minutes=minutes,
        intensity="easy",
        steps=(Step(kind="walk", duration_s=60 * minutes, intensity="easy"),),
        why=why,
        stop_if=STOP_WALK,
        title=f"Walk {minutes:g} min",
        note=note,
    )


def cross(date: dt.date, name: str, *, note: str = "") -> Session:
    """Return half an hour in the pool, or of another sport."""
    minutes = number("cross", "minutes")
    text = "Swim slowly or walk in the water, long and loose; a bike or anything quiet will do."
    return session(
        "cross",
        date,
        name,
        minutes=minutes,
        intensity="easy",
        steps=(Step(kind="cross", duration_s=60 * minutes, intensity="easy"),),
        why=("cross",),
        stop_if=STOP_WALK,
        title=f"Pool or another sport, {minutes:g} min",
        note=f"{text} {note}".strip(),
    )


def rest(date: dt.date, name: str, *, note: str = "") -> Session:
    """Return a day off; moving about is fine."""
    return session(
        "rest",
        date,
        name,
        why=("rest_day",),
        stop_if="",
        title="Rest",
        note=note or "A day off, not a day in bed.",
    )


def race(
    date: dt.date,
    km: float,
    pace_s_per_km: float,
    *,
    longest_km: float | None,
    on_ladder: bool = False,
    unit: DistanceUnit = "km",
) -> Session:
    """Return the race; it is not held to the session limit, and says so."""
    reach = units.distance(1000 * longest_km, unit) if longest_km is not None else "no run at all"
    note = (
        f"The race is not held to the session limit: the longest run of the 30 days before is "
        f"{reach}. Start slower than you want to; see the race-day sheet."
    )
    if on_ladder:
        note = f"The plan does not reach this race: you are on the ladder. {note} See the options."
    steps = (Step(kind="run", distance_km=round(km, 3), intensity="hard"),)
    return session(
        "race",
        date,
        "race",
        km=round(km, 3),
        minutes=km * pace_s_per_km / 60,
        intensity="hard",
        steps=steps,
        why=("race",),
        title=f"Race, {distance(km, unit)}",
        note=note,
    )
