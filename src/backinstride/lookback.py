"""Looking back: which past runs to ask about, one tap each, and what an answer becomes.

A diary that starts today says nothing for a year. So at most 24 runs of the last 26 weeks are
asked about, chosen by what was run and by chance, never by what somebody wrote about them: a
title only pre-fills the tap.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from typing import TYPE_CHECKING, Literal

import polars as pl

from backinstride import diary as diaries
from backinstride import diary_views, units
from backinstride.errors import UsageError
from backinstride.exposures.matching import RunIndex, run_of_episode
from backinstride.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backinstride.diary import Diary

MOST = 24
WEEKS = 26
LONGEST = 5
STEEPEST = 4
AFTER_GAP = 3
PAIRS = 4
GAP_DAYS = 14

Tap = Literal["fine", "sore", "spasm", "next_day", "unknown"]
Reason = Literal["longest", "steepest", "after_gap", "longest_of_pair", "ordinary"]

TAPS: tuple[tuple[Tap, str], ...] = (
    ("fine", "fine"),
    ("sore", "sore"),
    ("spasm", "spasm or pain in the run (how far in?)"),
    ("next_day", "pain the next day"),
    ("unknown", "don't remember"),
)
REASONS: dict[Reason, str] = {
    "longest": "one of your longest",
    "steepest": "one of your steepest",
    "after_gap": "the first after a break",
    "longest_of_pair": "the longest in these shoes",
    "ordinary": "an ordinary one, picked by chance",
}
FORGOTTEN = "don't remember"

_NONE = re.compile(
    r"\b(?:no|without|zero|0)\s+(?:back\s+)?(?:pain|spasms?|soreness)|pain[- ]free", re.IGNORECASE
)
_SPASM = re.compile(r"\b(?:spasm\w*|seiz\w+|locked up|cramp\w*)\b", re.IGNORECASE)
_NEXT = re.compile(r"\b(?:next (?:day|morning)|day after|woke up)\b", re.IGNORECASE)
_SORE = re.compile(r"\b(?:sore|stiff|ach(?:e|y|ing)|back (?:pain|hurt\w*)|hurts?)\b", re.IGNORECASE)


class Asked(Value, frozen=True):
    """One past run to ask about. `prefill` is a tap that its title suggests, never an answer."""

    run: str
    day: dt.date
    distance_m: float | None
    reason: Reason
    text: str
    shoe: str | None = None
    prefill: Tap | None = None


def choose(
    runs: pl.DataFrame,
    diary: Diary,
    activities: pl.DataFrame | None = None,
    *,
    today: dt.date,
    most: int = MOST,
) -> tuple[Asked, ...]:
    """Return the runs to ask about, oldest first; none that the diary covers or was asked of.

    `runs` is `exposures.per_run` (id, day, distance_m at least); `activities` gives the titles
    and descriptions that pre-fill a tap. The same runs give the same choice.
    """
    open_runs = _open(runs, diary, today)
    chosen: dict[str, Reason] = {}
    for run, reason in _by_exposure(open_runs):
        if len(chosen) < most and run not in chosen:
            chosen[run] = reason
    for run in _shuffled(open_runs["id"].to_list()):
        if len(chosen) < most and run not in chosen:
            chosen[run] = "ordinary"
    rows = open_runs.filter(pl.col("id").is_in(list(chosen))).sort("day", "id")
    words, unit = _words(activities), diary_views.distance_unit(diary)
    return tuple(
        _asked(row, chosen[row["id"]], unit, words.get(row["id"], ""))
        for row in rows.iter_rows(named=True)
    )


def _words(activities: pl.DataFrame | None) -> dict[str, str]:
    """Return title and description of each activity."""
    if activities is None:
        return {}
    names = [n for n in ("title", "description") if n in activities.columns]
    return {
        row["id"]: " ".join(str(row[n]) for n in names if row[n])
        for row in activities.select("id", *names).iter_rows(named=True)
    }


def _open(runs: pl.DataFrame, diary: Diary, today: dt.date) -> pl.DataFrame:
    """Return the runs of the last 26 weeks that nothing is known of yet."""
    first = today - dt.timedelta(weeks=WEEKS)
    recent = runs.filter(pl.col("day").is_between(first, today))
    index = RunIndex(runs)
    known = {run_of_episode(e, index) for e in diary_views.episodes(diary)}
    for entry in diary.entries:
        if entry.kind == "run":
            named = entry.get("id")
            known.update((named,) if named else index.on(entry.date))
    kept = diary_views.span(diary)
    out = recent.filter(~pl.col("id").is_in([k for k in known if k]))
    return out if kept is None else out.filter(~pl.col("day").is_between(*kept))


def _by_exposure(runs: pl.DataFrame) -> Iterator[tuple[str, Reason]]:
    """Yield runs by what was run: a few of each kind, in turn the most telling first."""
    for run in _top(runs, "distance_m", LONGEST):
        yield run, "longest"
    for name, count in (("descent_m_per_km", STEEPEST // 2), ("climb_m_per_km", STEEPEST // 2)):
        for run in _top(runs, name, count):
            yield run, "steepest"
    if "days_since_run" in runs.columns:
        gaps = runs.filter(pl.col("days_since_run") >= GAP_DAYS)
        for run in _top(gaps, "day", AFTER_GAP):
            yield run, "after_gap"
    if "shoe" in runs.columns:
        worn = runs.drop_nulls("shoe")
        pairs = worn.group_by("shoe").len().sort("len", "shoe", descending=[True, False])
        for pair in pairs["shoe"].head(PAIRS).to_list():
            for run in _top(worn.filter(pl.col("shoe") == pair), "distance_m", 1):
                yield run, "longest_of_pair"


def _top(runs: pl.DataFrame, column: str, count: int) -> Sequence[str]:
    if column not in runs.columns:
        return ()
    known = runs.drop_nulls(column).sort(column, "id", descending=[True, False])
    found: list[str] = known["id"].head(count).to_list()
    return found


def _shuffled(ids: Sequence[str]) -> list[str]:
    """Return the ids in an order that depends on nothing but the ids."""
    return sorted(ids, key=lambda run: hashlib.sha256(run.encode()).digest())


def _asked(row: dict[str, object], reason: Reason, unit: units.DistanceUnit, words: str) -> Asked:
    day, metres, shoe = row["day"], row["distance_m"], row.get("shoe")
    assert isinstance(day, dt.date)
    length = metres if isinstance(metres, float) else None
    return Asked(
        run=str(row["id"]),
        day=day,
        distance_m=length,
        reason=reason,
        text=f"{day.isoformat()}, {units.distance(length, unit)} ({REASONS[reason]})",
        shoe=str(shoe) if shoe else None,
        prefill=suggested(words),
    )


def suggested(words: str) -> Tap | None:
    """Return the tap that a title or description suggests, if any; a denial suggests nothing."""
    if not words or _NONE.search(words):
        return None
    if _SPASM.search(words):
        return "spasm"
    if _SORE.search(words):
        return "next_day" if _NEXT.search(words) else "sore"
    return None


def entries(asked: Asked, said: str) -> list[str]:
    """Return the diary blocks of an answer, marked `recalled: yes`.

    `said` is a tap, "spasm@11 mi" where the distance is remembered. "Don't remember" is kept
    too, so that nobody asks again; it counts for nothing. Raises UsageError for anything else.
    """
    tap, _, at = (part.strip() for part in said.partition("@"))
    told = [("id", asked.run), ("recalled", "yes")]
    if tap == "fine":
        return [diaries.format_entry(asked.day, "run", "fine", told)]
    if tap == "sore":
        return [diaries.format_entry(asked.day, "run", "sore", [("feels", "sore"), *told])]
    if tap == "unknown":
        return [diaries.format_entry(asked.day, "run", FORGOTTEN, told)]
    linked = [("run", asked.run), ("recalled", "yes")]
    if tap == "next_day":
        day = asked.day + dt.timedelta(days=1)
        return [diaries.format_entry(day, "episode", None, [("when", "next_day"), *linked])]
    if tap == "spasm":
        if at and units.parse_distance_m(at) is None:
            raise UsageError(f"{at!r}: write the distance with its unit, such as 11 mi")
        onset = [("onset", at)] if at else []
        fields = [("when", "during"), *onset, ("feels", "spasm"), *linked]
        return [diaries.format_entry(asked.day, "episode", None, fields)]
    raise UsageError(f"{said!r}: say fine, sore, spasm@11 mi, next_day or unknown")
