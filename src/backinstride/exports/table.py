"""The plan as a table: one row a session, CSV for any spreadsheet."""

from __future__ import annotations

import csv as tables
import io
from typing import TYPE_CHECKING

from backinstride.exports.calendar import exercise_line, step_lines

if TYPE_CHECKING:
    from backinstride.values import Plan, Session, Week

COLUMNS = (
    "id",
    "date",
    "weekday",
    "week_start",
    "phase",
    "kind",
    "title",
    "distance_km",
    "duration_min",
    "intensity",
    "steps",
    "exercises",
    "why",
    "stop_if",
    "claims",
    "note",
)


def csv(plan: Plan) -> str:
    """Return the sessions of a plan, oldest first; a header alone where it holds none."""
    out = io.StringIO()
    writer = tables.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for week in plan.weeks:
        for session in week.sessions:
            writer.writerow([_cell(value) for value in _row(week, session)])
    return out.getvalue()


def _row(week: Week, session: Session) -> tuple[object, ...]:
    return (
        session.id,
        session.date.isoformat(),
        f"{session.date:%a}",
        week.start.isoformat(),
        week.phase,
        session.kind,
        session.title,
        session.distance_km,
        session.duration_min,
        session.intensity,
        "; ".join(line[2:] for line in step_lines(session.steps)),
        "; ".join(exercise_line(dose)[2:] for dose in session.exercises),
        " ".join(session.why),
        session.stop_if,
        " ".join(session.claims),
        session.note,
    )


def _cell(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; unknown is empty."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t"):
        return f"'{value}"
    return value
