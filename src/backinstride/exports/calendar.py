"""The plan as iCalendar: one whole-day event a session, whose UID holds the session's id.

A re-export updates the events that are there and doubles none; sessions that the plan has left
out since are sent as cancelled. Nothing depends on the clock: the same plan gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from icalendar import Calendar, Event

from backinstride import exercises

if TYPE_CHECKING:
    from backinstride.values import ExerciseDose, Plan, Session, Step, Week

DOMAIN = "plan.backinstride"
PRODID = "-//Back in Stride//plan//EN"
EPOCH = dt.date(2020, 1, 1)  # sequence numbers count days from here


def ics(plan: Plan) -> bytes:
    """Return the calendar of a plan; an empty one where a warning sign empties the plan."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Back in Stride")
    calendar.add("refresh-interval", dt.timedelta(hours=6), parameters={"VALUE": "DURATION"})
    known = set()
    for week in plan.weeks:
        for session in week.sessions:
            known.add(session.id)
            if session.kind != "rest":
                calendar.add_component(_event(plan, week, session))
    for change in plan.changes:
        if change.session is not None and change.session not in known:
            known.add(change.session)
            calendar.add_component(_cancelled(plan, change.session, change.date))
    return bytes(calendar.to_ical())


def uid(session: str) -> str:
    """Return the UID of a session's event, from its id alone."""
    return f"{session}@{DOMAIN}"


def _stamped(plan: Plan, name: str, day: dt.date) -> Event:
    event = Event()
    event.add("uid", uid(name))
    event.add("dtstamp", dt.datetime.combine(plan.from_, dt.time(), dt.UTC))
    event.add("sequence", max((plan.from_ - EPOCH).days, 0))
    event.add("dtstart", day)
    event.add("dtend", day + dt.timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    return event


def _event(plan: Plan, week: Week, session: Session) -> Event:
    event = _stamped(plan, session.id, session.date)
    event.add("summary", session.title or session.kind.replace("_", "-"))
    event.add("description", description(session))
    event.add("categories", [week.phase, session.kind])
    return event


def _cancelled(plan: Plan, name: str, day: dt.date) -> Event:
    event = _stamped(plan, name, day)
    event.add("status", "CANCELLED")
    event.add("summary", "Left out of the plan")
    return event


def description(session: Session) -> str:
    """Return a session in plain text: note, steps, exercises, when to stop."""
    lines = [session.note] if session.note else []
    lines += step_lines(session.steps)
    lines += [exercise_line(dose) for dose in session.exercises]
    lines += [session.stop_if] if session.stop_if else []
    return "\n".join(lines)


def step_lines(steps: tuple[Step, ...]) -> list[str]:
    """Return the steps as lines; neighbours with the same repeat above 1 are one line."""
    lines = []
    for group in groups(steps):
        text = ", ".join(_step(step) for step in group)
        times = group[0].repeat
        lines.append(f"- {times} times: {text}" if times > 1 else f"- {text}")
    return lines


def groups(steps: tuple[Step, ...]) -> list[tuple[Step, ...]]:
    """Return the steps in groups that are done in alternation; a single step is its own group."""
    found: list[list[Step]] = []
    for step in steps:
        if found and step.repeat > 1 and found[-1][0].repeat == step.repeat:
            found[-1].append(step)
        else:
            found.append([step])
    return [tuple(group) for group in found]


def _step(step: Step) -> str:
    size = size_text(step)
    effort = f", {step.intensity}" if step.intensity and step.kind == "run" else ""
    return f"{step.kind} {size}{effort}".strip()


def size_text(step: Step) -> str:
    """Return how long a step is: "30 s", "5 min", "8.2 km"."""
    if step.duration_s is not None:
        seconds = step.duration_s
        return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"
    return f"{step.distance_km:g} km" if step.distance_km is not None else ""


def exercise_line(dose: ExerciseDose) -> str:
    """Return an exercise with its dose as one line."""
    row = exercises.exercise(dose.id)
    name = row.name if row is not None else dose.id
    what = f"{dose.hold_s:g} s" if dose.hold_s is not None else f"{dose.reps}" if dose.reps else ""
    load = f" with {dose.load_kg:g} kg" if dose.load_kg is not None else ""
    note = f" ({dose.note})" if dose.note else ""
    return f"- {name}: {dose.sets} x {what}{load}{note}".replace(" x :", ":")
