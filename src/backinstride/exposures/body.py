"""The body before the run: strength work, sleep, food and fluid, warm-up, a recent episode.

All of it comes from the diary (strength also from the watch). What was not logged is null:
a diary that does not cover a day says nothing about it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from backinstride.diary_views import Episode, Morning, RunNote
from backinstride.exposures.entries import Exposure
from backinstride.exposures.matching import RunIndex, notes_by_run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

WEEK = 7
USUAL_DAYS = 56  # own usual sessions a week: the 8 weeks before the last 7 days
USUAL_LEAST_DAYS = 14
SESSIONS_STEP = 2.0  # one model step: two sessions a week fewer
SHORT_SLEEP_H = 6.0
RECENT_DAYS = 14
NOTHING = frozenset({"", "0", "-", "no", "none", "nothing", "nil", "skipped", "n", "false"})

EXPOSURES: tuple[Exposure, ...] = (
    Exposure(
        id="missed_core", per="km", unit="2 sessions a week fewer", direction="up",
        window="7 days before, against the 8 weeks before them", contributor="missed_core",
        label="strength or core sessions fewer than own usual", claims=("own-missed-core",),
    ),
    Exposure(
        id="sleep", per="km", unit="0/1", direction="up", contributor="sleep",
        window="the night before", label="under 6 hours of sleep",
        claims=("own-sleep",),
    ),
    Exposure(
        id="recent_episode", per="km", unit="0/1", direction="up", contributor="recent_episode",
        window="14 days before the run's day",
        label="an episode in the last 14 days (adjusted for, never listed as a cause)",
        claims=("own-recent-episode",),
    ),
    Exposure(
        id="strength_7d", per="run", unit="days", direction="down", contributor="missed_core",
        window="7 days before the run's day", label="days with strength work in the week before",
        claims=("own-missed-core",),
    ),
    Exposure(
        id="sleep_h", per="run", unit="h", direction="down", contributor="sleep",
        window="the night before", label="sleep as logged that morning",
        claims=("own-sleep",),
    ),
    Exposure(
        id="fuelled", per="run", unit="yes/no", window="this run",
        label="ate before or during, as logged", claims=("E9.15",),
    ),
    Exposure(
        id="drank", per="run", unit="yes/no", window="this run",
        label="drank before or during, as logged", claims=("E9.13",),
    ),
    Exposure(
        id="warmed_up", per="run", unit="yes/no", window="this run",
        label="warmed up, as logged", claims=("E9.10",),
    ),
)  # fmt: skip


class Coverage(msgspec.Struct, frozen=True):
    """The days on which something would have been logged, had it happened: first to last."""

    first: dt.date
    last: dt.date

    def holds(self, first: dt.date, last: dt.date) -> bool:
        """Return whether all days from `first` to `last` are covered."""
        return self.first <= first and last <= self.last


def coverage(first: dt.date | None, last: dt.date | None) -> Coverage | None:
    """Return the days from `first` to `last`; None where there are none."""
    return None if first is None or last is None or last < first else Coverage(first, last)


def strength_coverage(
    days: Collection[dt.date], diary_last: dt.date | None, watch_last: dt.date | None
) -> Coverage | None:
    """Return the days for which strength work is known: from its first entry on.

    To the last entry of the diary (of any kind), and to the last recording of the watch where
    that records strength (`watch_last` None: it does not). None: never logged, so nothing is.
    """
    ends = [end for end in (diary_last, watch_last) if end is not None]
    return Coverage(min(days), max(ends)) if days and ends else None


def strength_days_before(
    day: dt.date, days: Collection[dt.date], coverage: Coverage | None
) -> int | None:
    """Return how many of the 7 days before `day` had strength work; None where not covered."""
    if coverage is None or not coverage.holds(_ago(day, WEEK), _ago(day, 1)):
        return None
    return _count(days, _ago(day, WEEK), _ago(day, 1))


def missed_sessions(
    day: dt.date, days: Collection[dt.date], coverage: Coverage | None
) -> float | None:
    """Return own usual strength days a week minus those of the 7 days before `day`.

    Usual: the 8 weeks before those 7 days, or as many as are covered, at least two. Negative:
    more than usual. None where strength was never logged, or not for long enough.
    """
    done = strength_days_before(day, days, coverage)
    if done is None or coverage is None:
        return None
    first = max(coverage.first, _ago(day, WEEK + USUAL_DAYS))
    last = _ago(day, WEEK + 1)
    length = (last - first).days + 1
    if length < USUAL_LEAST_DAYS:
        return None
    return _count(days, first, last) / length * WEEK - done


def recent_episode(
    day: dt.date, episodes: Collection[dt.date], covered: Coverage | None
) -> float | None:
    """Return 1 where an episode lies 1-13 days before `day`, 0 where the diary shows none.

    None where the diary does not cover those days and tells of no episode in them.
    """
    if _count(episodes, _ago(day, RECENT_DAYS - 1), _ago(day, 1)):
        return 1.0
    known = covered is not None and covered.holds(_ago(day, RECENT_DAYS - 1), _ago(day, 1))
    return 0.0 if known else None


def said_yes(words: str | None) -> bool | None:
    """Return whether a logged word means "some"; None where nothing was logged."""
    return None if words is None else words.strip().lower() not in NOTHING


def _ago(day: dt.date, days: int) -> dt.date:
    return day - dt.timedelta(days=days)


def _count(days: Collection[dt.date], first: dt.date, last: dt.date) -> int:
    return sum(first <= d <= last for d in days)


class Body(msgspec.Struct, frozen=True):
    """What the diary (and the watch) say of the body: the input of :func:`per_run`."""

    strength: frozenset[dt.date] = frozenset()
    strength_known: Coverage | None = None
    diary: Coverage | None = None
    mornings: tuple[Morning, ...] = ()
    notes: tuple[RunNote, ...] = ()
    episodes: tuple[Episode, ...] = ()


def per_run(runs: pl.DataFrame, body: Body) -> pl.DataFrame:
    """Return strength, sleep, fuel and recent episode, one row a run of `runs`, same order."""
    days: Sequence[dt.date] = runs["day"].to_list()
    sleep = {m.date: m.sleep_h for m in body.mornings if m.sleep_h is not None}
    bouts = {e.date for e in body.episodes}
    notes = notes_by_run(body.notes, RunIndex(runs))
    said = [notes.get(run, ()) for run in runs["id"].to_list()]
    known = body.strength_known
    return pl.DataFrame(
        {
            "strength_7d": [strength_days_before(d, body.strength, known) for d in days],
            "missed_sessions": [missed_sessions(d, body.strength, known) for d in days],
            "sleep_h": [sleep.get(d) for d in days],
            "recent_episode": [recent_episode(d, bouts, body.diary) for d in days],
            "fuelled": [_first(n.fuel for n in entries) for entries in said],
            "drank": [_first(n.fluid for n in entries) for entries in said],
            "warmed_up": [_first(n.warmup for n in entries) for entries in said],
        },
        schema={
            "strength_7d": pl.Int64,
            "missed_sessions": pl.Float64,
            "sleep_h": pl.Float64,
            "recent_episode": pl.Float64,
            "fuelled": pl.Boolean,
            "drank": pl.Boolean,
            "warmed_up": pl.Boolean,
        },
    )


def _first(words: Iterable[str | None]) -> bool | None:
    return next((said_yes(w) for w in words if w is not None), None)


def per_km(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return missed_core, sleep and recent_episode in model units, one row a row of `kms`."""
    of_run = runs.select("id", "missed_sessions", "sleep_h", "recent_episode")
    return (
        kms.select("id")
        .join(of_run, on="id", how="left", maintain_order="left")
        .select(
            "recent_episode",
            missed_core=pl.col("missed_sessions") / SESSIONS_STEP,
            sleep=(pl.col("sleep_h") < SHORT_SLEEP_H).cast(pl.Float64),
        )
    )
