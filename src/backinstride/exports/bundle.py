"""Files of the answer, written together: page, report, calendar, workouts, tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backinstride.errors import UnusableError
from backinstride.exports import calendar, listing, report, table, workout
from backinstride.values import Answer, Plan, Why, to_json

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from backinstride.runner import Runner


def _write(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise UnusableError(f"cannot write {path}: {error.strerror}") from error
    return path


def write_all(me: Runner, answer: Answer, out: Path) -> tuple[Path, ...]:
    """Write answer.json, answer.html, report.pdf and plan.ics; returns what was written."""
    from backinstride.exports.page import answer_page

    return (
        _write(out / "answer.json", to_json(answer)),
        _write(out / "answer.html", answer_page(me, answer).encode()),
        _write(out / "report.pdf", report.pdf(me, answer)),
        _write(out / "plan.ics", calendar.ics(answer.plan)),
    )


def write_pictures(me: Runner, why: Why, folder: Path) -> tuple[Path, ...]:
    """Write the picture of the contributors, and one of each that has doses to draw, as SVG."""
    from backinstride import charts

    found = {"contributors": charts.contributors(why)} if why.contributors else {}
    for one in why.contributors:
        picture = charts.cause(me.runs, why, one, me.settings.units)
        if picture is not None:
            found[f"cause-{re.sub(r'[^a-z0-9]+', '-', one.id.lower())}"] = picture
    return tuple(
        _write(folder / f"{name}.svg", charts.svg(picture, "print").encode())
        for name, picture in found.items()
    )


def write_workouts(plan: Plan, folder: Path) -> tuple[Path, ...]:
    """Write one FIT workout a run into a folder."""
    return tuple(_write(folder / name, data) for name, data in workout.fit_files(plan).items())


def write_tables(me: Runner, path: Path, *, start: dt.date | None = None) -> tuple[Path, ...]:
    """Write the activities at `path`, and beside it `-plan.csv` and `-diary.csv`."""
    rows = listing.activity_rows(me)
    return (
        _write(path, listing.activities_csv(rows).encode()),
        _write(path.with_name(f"{path.stem}-plan.csv"), table.csv(me.plan(start=start)).encode()),
        _write(path.with_name(f"{path.stem}-diary.csv"), listing.diary_csv(me.diary).encode()),
    )


def export(me: Runner, form: str, *, start: dt.date | None = None) -> bytes:
    """Return the plan as `ics`, the activities as `csv`, or everything as `json`."""
    if form == "ics":
        return calendar.ics(me.plan(start=start))
    if form == "csv":
        return listing.activities_csv(listing.activity_rows(me)).encode()
    everything = {
        "answer": me.answer(),
        "activities": listing.activity_rows(me),
        "diary": [listing.entry_json(entry) for entry in me.diary.entries],
        "diary_text": me.diary_text(),
    }
    return to_json(everything)
