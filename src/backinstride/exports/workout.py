"""Workouts for the watch: one FIT file a run, and the same as plain text.

Run and walk in turn become a repeat of the watch; no step has a pace target, since while a back
may object the pace is the one that it allows. Every step carries the stop rule in its notes.
File names and serial numbers come from session ids: a new export replaces the old files.
"""

from __future__ import annotations

import datetime as dt
import zlib
from typing import TYPE_CHECKING, Any

from backinstride.exports.calendar import groups, size_text
from backinstride.readers import fit_encode
from backinstride.rules import RUNNING_KINDS

if TYPE_CHECKING:
    from backinstride.values import Plan, Session, Step

STOP_NOTE = "Stop: back above 5/10, it seizes, a limp, a leg weak or numb."
NAME_CHARS = 31  # what small displays show of a workout's name
NOTE_CHARS = 200
PRODUCT = 1


def fit_files(plan: Plan) -> dict[str, bytes]:
    """Return one FIT workout for every run, run-walk and race of the plan, by file name."""
    return {
        f"{session.id}.fit": fit(session)
        for week in plan.weeks
        for session in week.sessions
        if session.kind in RUNNING_KINDS and session.steps
    }


def fit(session: Session) -> bytes:
    """Return one session as a FIT workout file."""
    steps = _steps(session)
    stamp = dt.datetime.combine(session.date, dt.time(), dt.UTC)
    head: list[tuple[str, dict[str, Any]]] = [
        (
            "file_id",
            {
                "type": "workout",
                "manufacturer": "development",
                "product": PRODUCT,
                "serial_number": zlib.crc32(session.id.encode()) or 1,
                "time_created": stamp,
            },
        ),
        (
            "workout",
            {
                "wkt_name": name(session),
                "sport": "running",
                "num_valid_steps": len(steps),
                "wkt_description": STOP_NOTE,
            },
        ),
    ]
    return fit_encode.encode([*head, *(("workout_step", step) for step in steps)])


def name(session: Session) -> str:
    """Return the workout's name: its day and title, cut at a word for small displays."""
    day = f"{session.date:%d %b}".lstrip("0")
    return _short(f"{day} {session.title}", NAME_CHARS)


def _short(text: str, most: int) -> str:
    """Return a text cut at a word, so that no number loses its last digits."""
    return text if len(text) <= most else text[: most + 1].rsplit(" ", 1)[0].rstrip(" ,")


def _steps(session: Session) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    parts = groups(session.steps)
    for place, group in enumerate(parts):
        first = len(found)
        for step in group:
            last = place == len(parts) - 1 and len(parts) > 2 and len(group) == 1
            found.append(_step(len(found), step, opening=place == 0 and len(parts) > 1, last=last))
        if group[0].repeat > 1:
            found.append(
                {
                    "message_index": len(found),
                    "duration_type": "repeat_until_steps_cmplt",
                    "duration_step": first,
                    "target_type": "open",
                    "repeat_steps": group[0].repeat,
                }
            )
    return found


def _step(index: int, step: Step, *, opening: bool, last: bool) -> dict[str, Any]:
    kind = step.kind.replace("_", " ").capitalize()
    values: dict[str, Any] = {
        "message_index": index,
        "wkt_step_name": f"{kind} {size_text(step)}".strip()[:NAME_CHARS],
        "target_type": "open",
        "intensity": _intensity(step, opening=opening, last=last),
        "notes": f"{STOP_NOTE} {step.note}".strip()[:NOTE_CHARS],
    }
    if step.duration_s is not None:
        values |= {"duration_type": "time", "duration_time": float(step.duration_s)}
    elif step.distance_km is not None:
        values |= {"duration_type": "distance", "duration_distance": 1000 * step.distance_km}
    else:
        values |= {"duration_type": "open"}
    return values


def _intensity(step: Step, *, opening: bool, last: bool) -> str:
    if step.kind == "walk":
        return "warmup" if opening and step.repeat == 1 else "recovery"
    if step.intensity == "hard":
        return "interval"
    return "cooldown" if last and step.intensity == "easy" else "active"


def text(session: Session) -> str:
    """Return a session as the plain workout text that training sites take: one step a line."""
    lines = [session.title]
    for group in groups(session.steps):
        if group[0].repeat > 1:
            lines += ["", f"{group[0].repeat}x"]
        lines += [f"- {_plain_size(step)} {_plain_effort(step)}" for step in group]
        if group[0].repeat > 1:
            lines.append("")
    return "\n".join([*lines, STOP_NOTE]) + "\n"


def _plain_size(step: Step) -> str:
    if step.duration_s is None:
        return f"{step.distance_km or 0:g}km"
    minutes, seconds = divmod(round(step.duration_s), 60)
    return f"{minutes}m" * bool(minutes) + f"{seconds}s" * bool(seconds)


def _plain_effort(step: Step) -> str:
    if step.kind == "walk":
        return "walk"
    return {"hard": "quick", "steady": "steady"}.get(step.intensity or "", "easy")
