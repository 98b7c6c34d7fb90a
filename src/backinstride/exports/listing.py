"""Tables and small answers of the command line: activities, import, today, check, explain."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import msgspec

from backinstride import units
from backinstride.diary_views import shoe_id
from backinstride.errors import Problem
from backinstride.exports.text import heading, questions_text, session_text, verdict_text, wrap
from backinstride.schema import RUNNING
from backinstride.values import Question, Session, Value, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.diary import Diary, Entry
    from backinstride.importing import ImportSummary
    from backinstride.runner import Runner

ROW_FIELDS = (
    "id", "start", "sport", "distance_m", "elapsed_s", "moving_s", "climb_m", "descent_m",
    "avg_hr_bpm", "avg_cadence_spm", "shoe", "title", "source",
)  # fmt: skip


class Today(Value, frozen=True):
    """What to do today, and the check-in that is due."""

    today: dt.date
    verdict: Verdict
    ask: tuple[Question, ...]
    due: tuple[str, ...]
    sessions: tuple[Session, ...]
    changes: tuple[str, ...] = ()
    episode_open: bool = False


# --- activities -------------------------------------------------------------------------


def activity_rows(me: Runner) -> list[dict[str, Any]]:
    """Return the rows of `runs --json`, oldest first; unknown is None."""
    import polars as pl

    table = me.activities().filter(pl.col("day") <= me.today)
    spikes = {
        row["id"]: row
        for row in me.runs.select("id", "longest_30d_m", "spike_ratio", "state", "shoe").iter_rows(
            named=True
        )
    }
    rows = []
    for row in table.iter_rows(named=True):
        found = {name: row[name] for name in ROW_FIELDS}
        run = spikes.get(row["id"], {})
        found["start"] = row["start"].strftime("%Y-%m-%dT%H:%M:%SZ")
        found["shoe"] = run.get("shoe") or (shoe_id(row["shoe"]) if row["shoe"] else None)
        found["longest_30d_m"] = run.get("longest_30d_m")
        found["spike_ratio"] = run.get("spike_ratio")
        found["state"] = run.get("state") if row["sport"] in RUNNING else None
        found["quality"] = row["quality"]
        rows.append(found)
    return rows


def activities_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as CSV with a header; unknown is an empty cell."""
    out = io.StringIO()
    names = list(rows[0]) if rows else [*ROW_FIELDS, "longest_30d_m", "spike_ratio", "state"]
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def activities_text(rows: Sequence[dict[str, Any]], unit: units.DistanceUnit = "km") -> str:
    """Return the rows as lines of text."""
    if not rows:
        return "No activities yet: backinstride import YOUR-EXPORT.zip"
    lines = []
    for row in rows:
        spike = f"x{row['spike_ratio']:.2f}" if row["spike_ratio"] is not None else ""
        state = row["state"] if row["state"] in ("spike", "return") else ""
        lines.append(
            f"{row['start'][:10]}  {row['sport']:<13} {units.distance(row['distance_m'], unit):>9} "
            f"{units.duration(row['moving_s']):>8}  {spike:<6} {state:<6} {row['shoe'] or ''}"
        )
    return "\n".join(lines)


# --- import -----------------------------------------------------------------------------


def import_text(summary: ImportSummary) -> str:
    """Return the outcome of an import in two sentences."""
    bad = len(summary.problems)
    lines = [
        (
            f"{summary.files} files read in {summary.seconds:.1f} s: {summary.new} new activities, "
            f"{summary.known} known, {summary.duplicates} duplicates."
        ),
        f"The library holds {summary.runs} runs, {summary.running_km:.1f} km.",
    ]
    if bad:
        lines.append(f"{bad} problems: what each means: backinstride explain SLUG")
    return "\n".join(lines)


# --- diary, today -----------------------------------------------------------------------


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return a diary entry as plain data."""
    return {
        "date": entry.date,
        "kind": entry.kind,
        "words": entry.words,
        "fields": dict(entry.fields),
        "text": entry.text,
    }


def diary_csv(book: Diary) -> str:
    """Return the diary as CSV, one line a field: date, kind, name, value (name `words` too)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("date", "kind", "line", "name", "value"))
    for entry in book.entries:
        pairs = (("words", entry.words), *entry.fields)
        writer.writerows((entry.date, entry.kind, entry.line, *pair) for pair in pairs if pair[1])
    return out.getvalue()


def today_of(me: Runner) -> Today:
    """Return what is due and planned on the runner's day."""
    verdict = me.assessment.verdict
    assert verdict is not None
    plan = me.plan()
    sessions = tuple(s for week in plan.weeks for s in week.sessions if s.date == me.today)
    return Today(
        today=me.today,
        verdict=verdict,
        ask=me.assessment.ask,
        due=me.due(),
        sessions=sessions,
        changes=tuple(f"{c.date}: {c.text}" for c in plan.changes),
        episode_open=me.diary_state.episode_open,
    )


def today_text(found: Today) -> str:
    """Return today as text: verdict, session, what is due."""
    parts = [verdict_text(found.verdict)]
    if found.ask:
        parts += [heading("Please answer"), questions_text(found.ask)]
    if found.sessions:
        parts.append(heading("Today"))
        for session in found.sessions:
            parts.append(session_text(session, "km"))
            parts += [wrap(session.note, "      ")] if session.note else []
            parts += [wrap(f"Stop if: {session.stop_if}", "      ")] if session.stop_if else []
    parts += [heading("Due"), *(wrap(d, "    ", "  - ") for d in found.due)] if found.due else []
    parts += [wrap(c, "    ", "  changed ") for c in found.changes]
    return "\n".join(parts)


# --- check, explain ---------------------------------------------------------------------


def _misplaced(me: Runner) -> tuple[Problem, ...]:
    """Return the onsets that lie beyond the run they are said to be in."""
    from backinstride.exposures.matching import RunIndex, misplaced

    return tuple(
        Problem(
            file="diary.txt",
            place=str(episode.line),
            slug="onset-beyond-run",
            message=f"onset at {units.distance(episode.onset_m)}, but the run was "
            f"{units.distance(distance_m)} long.",
            hint="Check the number and its unit; the onset is not used until then.",
        )
        for episode, distance_m in misplaced(me.diary_episodes(), RunIndex(me.runs))
    )


def check_folder(me: Runner) -> tuple[tuple[Problem, ...], bool]:
    """Return what is wrong in diary, profile and library, and whether the diary can be read."""
    from backinstride import diary_views

    problems = (
        *me.diary.problems,
        *diary_views.problems(me.diary),
        *(() if me.diary_unreadable else _misplaced(me)),
        *me.settings.problems,
        *me.library.problems(),
    )
    return tuple(dict.fromkeys(problems)), not me.diary_unreadable


def explain_activity(me: Runner, ident: str) -> dict[str, Any] | None:
    """Return where an activity came from and what was merged into it, or None."""
    import polars as pl

    table = me.library.activities(merged=True)
    found = table.filter(pl.col("id") == ident)
    if found.is_empty():
        return None
    row = found.row(0, named=True)
    twins = table.filter(pl.col("merged_into") == ident)["id"].to_list()
    others = table.filter(pl.col("id").is_in(twins))
    together = twins or row["merged_into"]
    return {
        "id": ident,
        "kind": "activity",
        "text": f"{row['sport']} of {row['day']}, {units.distance(row['distance_m'])} "
        f"({row['distance_from'] or 'source not known'}), from {row['file']}.",
        "quality": row["quality"],
        "merged_into": row["merged_into"],
        "merged": twins,
        "merged_files": others["file"].to_list(),
        "apart": f"backinstride separate {ident}" if together else None,
        "source": row["source"],
    }


def explain_text(found: Any) -> str:
    """Return an explanation as text: every field that says something, one a line."""
    data = msgspec.to_builtins(found)
    lines = []
    for name, value in data.items():
        if value not in (None, "", [], {}):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            lines.append(wrap(f"{name.replace('_', ' ')}: {shown}", "  "))
    return "\n".join(line.strip() if i == 0 else line for i, line in enumerate(lines))
