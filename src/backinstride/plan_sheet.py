"""The sheet for the race and the long runs, and the early signs before they become an injury."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from backinstride import diary_views, exercises, programme, rules, units
from backinstride.rules import DAY, History, number

if TYPE_CHECKING:
    import datetime as dt

    from backinstride.diary import Diary
    from backinstride.plan_course import Frame
    from backinstride.units import DistanceUnit
    from backinstride.values import Race

NOTE_SHOE_KM = 563.0  # 350 miles: a note, nothing more [own-shoe-mileage]
NEW_SHOE_RUNS = 3
HIGH_DRIFT_SD = 2.0


def race_day(race: Race | None, frame: Frame, unit: DistanceUnit) -> tuple[str, ...]:
    """Return the lines of the sheet in the order of the day; without a race for the long runs."""
    found = []
    if race is not None:
        pace = frame.history.easy_pace_s_per_km
        if pace is not None:
            found.append(
                f"Pace: the first third no faster than your easy pace, {units.pace(pace, unit)}; "
                "what is left at the end may be spent there."
            )
        else:
            found.append(
                "Pace: the first third slower than feels right; you should be able to talk."
            )
        thirds = [units.distance(race.distance_km * 1000 * k / 4, unit, 0) for k in (1, 2, 3)]
        found.append(
            f"Ways out: know before the start how to get home from {thirds[0]}, {thirds[1]} and "
            f"{thirds[2]}; aid stations and marshals are the places to stop at."
        )
    else:
        found.append(
            "Long runs: loops that pass home or transport, slower where it is further than lately."
        )
    found += _first_aid(frame, unit)
    found.append(
        "Who picks you up: write down a name and a number, tell them the route, carry a phone."
    )
    found.append(
        "Drink to thirst, eat what you have tried before; it is not known to stop back spasm."
    )
    found.append(
        "Take no anti-inflammatory painkillers before or during it: kidneys and salt balance "
        "suffer in long runs, and they hide what the back says."
    )
    found.append(
        "Confusion, vomiting, collapse, numbness between the legs, a weak leg, chest pain: stop "
        "and call for help at once."
    )
    found.append("The next morning: write down the score before deciding on the next run.")
    return tuple(found)


def _first_aid(frame: Frame, unit: DistanceUnit) -> list[str]:
    cue = exercises.cue("early-sign")
    assert cue is not None
    found = [f"At the first sign: {cue.text} {cue.stop_when}"]
    onset = frame.onset_km
    if onset is not None and onset >= 4:
        near = units.distance(max(onset * 1000 - 2000, 0), unit, 0)
        at = units.distance(onset * 1000, unit)
        found.append(
            f"Last time it began at {at}: from {near} on, ease off a little before it asks, walk a "
            "minute, check the shoulders and the step; be near a way out there."
        )
    if frame.eased:
        found.append(f"What eased it before, by your diary: {', '.join(frame.eased)}.")
    return found


def early_signs(
    history: History, diary: Diary, today: dt.date, unit: DistanceUnit
) -> tuple[str, ...]:
    """Return what deserves a look before it becomes an injury; empty where nothing stands out."""
    found = []
    outings = rules.outings_of(history)
    longest = rules.longest_km(outings, today + DAY)
    if longest:
        limit = units.distance(1000 * longest * number("session_cap", "factor"), unit)
        found.append(
            f"Spike: a run longer than {limit} would be beyond 1.10 times your longest of 30 days."
        )
    gap = _last_gap(history, today)
    if gap is not None:
        found.append(gap)
    found += _shoes(history, today)
    found += _drift(history, today)
    found += _trend(diary, today)
    found += [f"Review due {r.due}: {r.text}" for r in programme.reviews(diary, today)]
    return tuple(found)


def _last_gap(history: History, today: dt.date) -> str | None:
    days = sorted({r.day for r in history.runs})
    limit = int(number("layoff", "days"))
    if days and (today - days[-1]).days >= limit - 4:
        ago = (today - days[-1]).days
        return f"Gap: {ago} days since the last run; from {limit} on the way back is the ladder."
    for earlier, later in itertools.pairwise(days):
        if (later - earlier).days >= limit and (today - later).days <= 28:
            gap, ago = (later - earlier).days, (today - later).days
            return f"Gap: {gap} days without a run ended {ago} days ago."
    return None


def _shoes(history: History, today: dt.date) -> list[str]:
    """Name pairs worn lately that are far on, or new; nothing links either to back pain."""
    worn = [p for p in history.pairs if (today - p.last).days <= 30]
    found = [
        f"Shoes: {p.name} is at {p.km:.0f} km; podiatrists look at a pair from 563 km on. Nothing "
        "shows that old shoes hurt backs."
        for p in worn
        if p.km >= NOTE_SHOE_KM
    ]
    found += [
        f"Shoes: {p.name} is new; short runs first, in turn with the old pair."
        for p in worn
        if p.runs < NEW_SHOE_RUNS and len(history.pairs) > 1
    ]
    return found


def _drift(history: History, today: dt.date) -> list[str]:
    """Say where the form drifted more than usual in two of the last three runs that show it."""
    recent = [value for day, value in history.drifts if (today - day).days <= 28][-3:]
    if sum(value >= HIGH_DRIFT_SD for value in recent) < 2:
        return []
    text = (
        "Drift: in two of the last three runs your form changed more towards the end than it "
        "usually does; a sign of tiring, not a cause."
    )
    return [text]


def _trend(diary: Diary, today: dt.date) -> list[str]:
    """Compare the mornings of the last seven days with the seven before."""
    scores = {
        m.date: m.pain
        for m in diary_views.mornings(diary)
        if m.pain is not None and m.date <= today
    }
    late = [scores[d] for k in range(7) if (d := today - k * DAY) in scores]
    early = [scores[d] for k in range(7, 14) if (d := today - k * DAY) in scores]
    if len(late) < 4 or len(early) < 4:
        return []
    change = sum(late) / len(late) - sum(early) / len(early)
    if change < 1:
        return []
    return [
        f"Mornings: {change:.1f} of 10 higher on average in the last week than in the one before."
    ]
