"""Check-ins: what is due today, in order, with the questions and the entry that records it.

Safety questions first, then the morning after a run, the week, the person's own activities, and
the days that timers and the person's own deadlines have set. Rows: `knowledge/checkins.toml`.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import statistics
from typing import TYPE_CHECKING, Literal

from backinstride import diary_views, knowledge, timers
from backinstride.diary import format_entry
from backinstride.values import Question, Value

if TYPE_CHECKING:
    import polars as pl

    from backinstride.diary import Diary

MORNINGS_BACK = 2  # a morning can still be given for the two days before
WEEK_DAYS = 7
ACTIVE_DAYS = 28  # without an episode, weeks are asked only while the diary is kept
CLEAR_CHANGE = 2.3  # of 10, mean over a person's own activities [E4.10]
UNANSWERED = "?"  # counts as unsure where it is left as it stands

DueKind = Literal["safety", "morning", "week", "activities", "timer", "promise", "close"]


class Due(Value, frozen=True):
    """One check-in: what it is in a sentence, its questions, the entry as it would be written."""

    id: str
    kind: DueKind
    text: str
    day: dt.date
    questions: tuple[Question, ...] = ()
    entry: str = ""
    claims: tuple[str, ...] = ()


class AskedRow(Value, frozen=True):
    """One question of a check-in."""

    name: str
    question: str
    example: str
    claims: tuple[str, ...]


class ActivityChange(Value, frozen=True):
    """One of the person's own activities: first and latest score, 0 cannot, 10 as before."""

    name: str
    first: float
    latest: float

    @property
    def change(self) -> float:
        """Points gained since the first score."""
        return self.latest - self.first


@functools.cache
def asked(kind: str) -> tuple[AskedRow, ...]:
    """Return the questions of one check-in."""
    return knowledge.rows("checkins.toml", kind, AskedRow)


def due(diary: Diary, runs: pl.DataFrame | None, today: dt.date) -> tuple[Due, ...]:
    """Return what is due on `today`, the most urgent first.

    `runs`: one row a run with its local `day` (per-run exposures); without it the run entries of
    the diary stand in.
    """
    return (
        *_safety(diary, today),
        *_mornings(diary, _run_days(diary, runs, today), today),
        *_time(diary, today),
        *_week(diary, today),
        *_activities(diary, today),
        *_close(diary, today),
    )


def _run_days(diary: Diary, runs: pl.DataFrame | None, today: dt.date) -> set[dt.date]:
    days = {note.date for note in diary_views.run_notes(diary) if not note.skipped}
    if runs is not None and "day" in runs.columns:
        days |= {day for day in runs["day"].to_list() if day is not None}
    return {day for day in days if day <= today}


def _safety(diary: Diary, today: dt.date) -> tuple[Due, ...]:
    names = timers.safety_due(diary, today)
    if not names:
        return ()
    return (
        Due(
            id="safety",
            kind="safety",
            text=f"{len(names)} safety questions: once for each episode, then every 7 days.",
            day=today,
            questions=tuple(Question(id=n, question=knowledge.question(n)) for n in names),
            entry=format_entry(today, "check", fields=[(name, UNANSWERED) for name in names]),
            claims=("own-ask-six",),
        ),
    )


def _mornings(diary: Diary, run_days: set[dt.date], today: dt.date) -> tuple[Due, ...]:
    """Give the mornings after runs that are missing, and today's while an episode is open."""
    given = {morning.date for morning in diary_views.mornings(diary)}
    lasting = diary_views.open_episode(diary, today) is not None
    found = []
    for back in range(MORNINGS_BACK, -1, -1):
        day = today - dt.timedelta(days=back)
        after_run = day - dt.timedelta(days=1) in run_days
        if day in given or not (after_run or (lasting and back == 0)):
            continue
        why = "the morning after your run" if after_run else "while the episode lasts"
        found.append(_asked_due(f"morning:{day}", "morning", f"Morning of {day}: {why}.", day))
    return tuple(found)


def _week(diary: Diary, today: dt.date) -> tuple[Due, ...]:
    lasting = diary_views.open_episode(diary, today)
    span = diary_views.span(diary)
    kept = span is not None and (today - span[1]).days <= ACTIVE_DAYS and span[0] < today
    said = [w.date for w in diary_views.weeks(diary) if w.date <= today]
    start = lasting.date if lasting else (span[0] if span else today)
    since = max([start, *said])
    if not (lasting or kept) or (today - since).days < WEEK_DAYS:
        return ()
    return (_asked_due("week", "week", "The week in four questions.", today),)


def _asked_due(name: str, kind: Literal["morning", "week"], text: str, day: dt.date) -> Due:
    rows = asked(kind)
    return Due(
        id=name,
        kind=kind,
        text=text,
        day=day,
        questions=tuple(Question(id=row.name, question=row.question) for row in rows),
        entry=format_entry(day, kind, fields=[(row.name, row.example) for row in rows]),
        claims=tuple(dict.fromkeys(c for row in rows for c in row.claims)),
    )


# --- the person's own activities ----------------------------------------------------------

_ACTIVITY = re.compile(r"(.+?)[,:;]?\s+(\d{1,2}(?:\.\d+)?)\s*(?:/\s*10)?\s*$")


def activities(diary: Diary, today: dt.date) -> tuple[ActivityChange, ...]:
    """Return the activities scored since the open episode began (or ever, if none is open)."""
    lasting = diary_views.open_episode(diary, today)
    first: dict[str, float] = {}
    latest: dict[str, float] = {}
    for week in diary_views.weeks(diary):
        if week.date > today or (lasting and week.date < lasting.date):
            continue
        for name, value in week.fields:
            scored = _ACTIVITY.match(value or "") if name.strip().casefold() == "activity" else None
            if scored and float(scored[2]) <= 10:
                key = scored[1].strip().casefold()
                first.setdefault(key, float(scored[2]))
                latest[key] = float(scored[2])
    return tuple(ActivityChange(name=n, first=first[n], latest=latest[n]) for n in first)


def change(found: tuple[ActivityChange, ...]) -> Literal["better", "worse", "unclear"] | None:
    """Judge the mean change of the activities; None without any that was scored."""
    if not found:
        return None
    mean = statistics.fmean(activity.change for activity in found)
    if mean >= CLEAR_CHANGE:
        return "better"
    return "worse" if mean <= -CLEAR_CHANGE else "unclear"


def _activities(diary: Diary, today: dt.date) -> tuple[Due, ...]:
    lasting = diary_views.open_episode(diary, today)
    if lasting is None:
        return ()
    scored = [
        week.date
        for week in diary_views.weeks(diary)
        if lasting.date <= week.date <= today and week.get("activity")
    ]
    if scored and (today - max(scored)).days < WEEK_DAYS:
        return ()
    row = asked("activity")[0]
    known = activities(diary, today)
    text = "What your back keeps you from, in your own words."
    if known:
        text = f"Score again: {', '.join(activity.name for activity in known)}."
    fields = [(row.name, f"{a.name}, ?/10") for a in known] or [(row.name, row.example)]
    return (
        Due(
            id="activities",
            kind="activities",
            text=text,
            day=today,
            questions=(Question(id=row.name, question=row.question),),
            entry=format_entry(today, "week", fields=fields),
            claims=row.claims,
        ),
    )


# --- days that were set ---------------------------------------------------------------------


def _time(diary: Diary, today: dt.date) -> tuple[Due, ...]:
    """Give the timers that hold, the walk question of the first week, and own deadlines."""
    promises = timers.promises_of(diary, today)
    found = [
        Due(
            id=row.id, kind="timer", text=f"{row.label.capitalize()}: {row.text}", day=today,
            questions=tuple(Question(id=n, question=knowledge.question(n)) for n in row.ask),
            claims=row.claims,
        )
        for row in timers.running_out(diary, today)
    ]  # fmt: skip
    known = timers.facts(diary, today)
    days = known.get("days_open")
    walked = known.get("walk_30_said")
    if days is not None and days >= WEEK_DAYS and not walked:
        row = asked("walk")[0]
        found.append(
            Due(
                id="walk-30", kind="timer", text="A week has passed.", day=today,
                questions=(Question(id=row.name, question=row.question),),
                entry=format_entry(today, "week", fields=[(row.name, row.example)]),
                claims=row.claims,
            )
        )  # fmt: skip
    for promise in promises:
        left = (promise.due - today).days
        when = (
            f"{left} days left" if left > 1 else "tomorrow" if left == 1 else "today"
            if left == 0 else f"{-left} days ago"
        )  # fmt: skip
        found.append(
            Due(
                id=f"promise:{promise.due}", kind="promise", day=promise.due,
                text=f"You set yourself {promise.due} ({when}): “{promise.quote}”. "
                f"{promise.judged}",
                claims=("own-promise",),
            )
        )  # fmt: skip
    return tuple(found)


def _close(diary: Diary, today: dt.date) -> tuple[Due, ...]:
    """Ask whether it is over where an episode has been open for long with nothing written."""
    if not timers.silent(diary, today):
        return ()
    return (
        Due(
            id="close",
            kind="close",
            text="Nothing was written for a while: is it over? Then close the episode.",
            day=today,
            entry=format_entry(today, "note", "closed"),
            claims=("own-open-episode",),
        ),
    )
