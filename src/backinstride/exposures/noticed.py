"""What the runs and the diary show beside the contributors: described with its luck, not ranked.

From which weekly distance and from which distance in a run pain came, whether the form had
drifted before it, how the form drifts over an hour, and the pattern of the last interval session.
No sentence here says that one thing does another.
"""

from __future__ import annotations

import datetime as dt
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from backinstride import diary_views
from backinstride.exposures import described, drift, form, intervals, load, thresholds
from backinstride.exposures.matching import (
    RunIndex,
    is_during,
    notes_by_run,
    onsets_m,
    run_of_episode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backinstride.diary import Diary
    from backinstride.diary_views import Episode
    from backinstride.exposures.cache import Recorded
    from backinstride.values import Story

LEAST_EPISODES = 3  # fewer at a distance, or at a comparable drift, are no pattern
HURTS = 4.0  # of 10: pain noted during a run from which that run counts as painful
MOST_LUCK = 0.2  # a split that luck alone makes more often is not worth a sentence
DRIFT_RUNS = 60  # the latest long ones: enough for the trend, and read in a second
DRIFT_DAYS = 365
SESSION_DAYS = 28
_METRICS = {
    "cadence_spm": ("cadence", "steps a minute"),
    "oscillation_mm": ("vertical oscillation", "mm"),
    "contact_ms": ("ground contact", "ms"),
    "balance_pct": ("left-right balance", "points"),
}
_BODY = ("flexibility", "foot", "diagnosis")


def noticed(
    library: Recorded,
    runs: pl.DataFrame,
    kms: pl.DataFrame,
    diary: Diary,
    today: dt.date,
    story: Story | None = None,
) -> tuple[str, ...]:
    """Return the sentences for runs (`per_run`) and kilometres (`per_km`) up to `today`."""
    said = tuple(e for e in diary_views.episodes(diary) if e.date <= today)
    kept = diary_views.span(diary)
    found = [
        *_weekly(runs, said, kept, today),
        *_from_distance(runs, diary, said, kept, today),
        *_before_onset(runs, kms, said, kept),
        *_drift(library, runs, today),
        *_last_session(runs, today),
        *_body(diary, story),
    ]
    return tuple(found)


def _body(diary: Diary, story: Story | None) -> Iterable[str]:
    """Say what was measured of the body that no contributor has words for."""
    for one in described.of_diary(diary, story):
        if one.id.partition(":")[0] in _BODY:
            yield one.sentence


def _weekly(
    runs: pl.DataFrame,
    said: Iterable[Episode],
    kept: tuple[dt.date, dt.date] | None,
    today: dt.date,
) -> Iterable[str]:
    """Say from which weekly distance pain came, over the weeks that the diary covers."""
    if kept is None or runs.is_empty():
        return
    first = kept[0] - dt.timedelta(days=kept[0].weekday())
    days = load.daily(runs, min(today, kept[1])).filter(pl.col("day") >= first)
    found = thresholds.weekly(thresholds.weeks(days, {e.date for e in said}))
    if found is None or found.by_luck is None or found.by_luck > MOST_LUCK:
        return
    tries = f"in {found.by_luck * 100:.0f} of 100 tries"
    yield f"{found.sentence} The same pain moved along the calendar parts them as well {tries}."


def _from_distance(
    runs: pl.DataFrame,
    diary: Diary,
    said: Iterable[Episode],
    kept: tuple[dt.date, dt.date] | None,
    today: dt.date,
) -> Iterable[str]:
    """Say the shortest run or repeat with pain, and the longest shorter one without."""
    if kept is None:
        return
    index = RunIndex(runs)
    began = _during(said, index)
    notes = notes_by_run((n for n in diary_views.run_notes(diary) if n.date <= today), index)
    worst = {
        run: max((n.pain_worst for n in of_run if n.pain_worst is not None), default=None)
        for run, of_run in notes.items()
    }
    tried = []
    for run, day, distance_m, rep_m in runs.select("id", "day", "distance_m", "rep_m").iter_rows():
        pain = worst.get(run)
        hurt = run in began or (pain is not None and pain >= HURTS)
        told = rep_m if any(n.reps for n in notes.get(run, ())) else None
        metres = began.get(run) or told or distance_m
        if metres and (hurt or kept[0] <= day <= kept[1]):
            tried.append((metres, hurt))
    if sum(hurt for _, hurt in tried) < LEAST_EPISODES:
        return
    shortest, quiet = thresholds.shortest_with_pain(tried)
    below = (
        f"the longest below it without: {_metres(quiet)}"
        if quiet
        else "nothing shorter was run without"
    )
    hurting = sorted(metres for metres, hurt in tried if hurt)
    yield (
        f"Pain in a run came from {_metres(shortest)} on, up to {_metres(hurting[-1])} (middle "
        f"{_metres(median(hurting))}; the onset, else the run or the repeat); {below}."
    )


def _metres(metres: float | None) -> str:
    assert metres is not None
    return f"{metres:.0f} m" if metres < 2000 else f"{metres / 1000:.1f} km"


def _during(said: Iterable[Episode], index: RunIndex) -> Mapping[str, float | None]:
    """Return the runs in which an episode began, with the first onset where one is known."""
    listed = tuple(e for e in said if is_during(e))
    known = onsets_m(listed, index)
    runs = (run_of_episode(e, index) for e in listed)
    return {run: known.get(run) for run in runs if run is not None}


def _before_onset(
    runs: pl.DataFrame,
    kms: pl.DataFrame,
    said: tuple[Episode, ...],
    kept: tuple[dt.date, dt.date] | None,
) -> Iterable[str]:
    """Say in how many episodes the form had drifted far before the onset."""
    if kept is None or "form_drift" not in kms.columns:
        return
    index = RunIndex(runs)
    hit = {run_of_episode(e, index) for e in said}
    covered = runs.filter(pl.col("day").is_between(*kept))["id"].to_list()
    quiet = frozenset(covered) - hit
    high, comparable = form.went_together(kms, onsets_m(said, index), quiet)
    if comparable >= LEAST_EPISODES:
        yield (
            f"Before the onset, form had drifted far (upper quarter of your quiet runs at the same "
            f"kilometre) in {high} of {comparable} episodes; by chance it would be one in four. "
            "Tired form and pain may come together without one doing the other."
        )


def _drift(library: Recorded, runs: pl.DataFrame, today: dt.date) -> Iterable[str]:
    """Say how form drifts over an hour at the same pace and grade, where that can be told."""
    since = today - dt.timedelta(days=DRIFT_DAYS)
    long = runs.filter(pl.col("day") > since, pl.col("moving_s") >= drift.LEAST_S)
    if long.height < drift.LEAST_RUNS:
        return
    drifts = drift.of_library(library, long.tail(DRIFT_RUNS))
    for metric, (name, unit) in _METRICS.items():
        found = drift.trend(drifts, metric)
        if found is None:
            continue
        numbers = f"{found.per_h:+.1f} {unit} an hour (95 %: {found.low:+.1f} to {found.high:+.1f})"
        clear = found.low > 0 or found.high < 0
        if clear or metric == "cadence_spm":
            verdict = "" if clear else "; no drift that could be told from none"
            yield (
                f"Over {found.runs} runs of 40 minutes and more, {name} changed by {numbers} at "
                f"the same pace and grade{verdict}. No study links that to back pain."
            )


def _last_session(runs: pl.DataFrame, today: dt.date) -> Iterable[str]:
    """Say the pattern of the last interval session of four weeks."""
    recent = runs.filter(
        pl.col("reps").is_not_null(), pl.col("day") > today - dt.timedelta(days=SESSION_DAYS)
    )
    if recent.is_empty():
        return
    row = recent.row(-1, named=True)
    fade = row["rep_fade_pct"]
    parts = [f"{row['reps']} repeats", f"of {row['rep_m']:.0f} m" if row["rep_m"] else ""]
    text = f"Last interval session ({row['day']}): {' '.join(p for p in parts if p)}"
    word = "slower" if fade >= 0 else "faster"
    text += f", after the first on average {abs(fade):.1f} % {word} than it"
    if abs(fade) <= intervals.SPLIT_PCT:
        text += " (even)"
    if row["flat_out"]:
        text += "; the first was as fast as your best, or far faster than the rest"
    if row["reps_walked"]:
        text += f"; walking in {row['reps_walked']}"
    yield f"{text}."
