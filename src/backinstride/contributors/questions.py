"""The questions that would teach most: shoes of clean long runs, untied episodes, missing onsets.

Asked of the runner in the order of what they are worth; each names the runs by day and distance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backinstride import diary_views, units
from backinstride.contributors.words import count
from backinstride.values import Question

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import polars as pl

    from backinstride.contributors.candidates import Candidate
    from backinstride.contributors.outcomes import Outcome, Outcomes
    from backinstride.contributors.rows import Table
    from backinstride.diary import Diary

MOST = 5
RISKY = 0.9  # a clean run this close to the shortest distance that hurt tells most
NAMED = 4  # runs named in one question
LOOK_BACK_DAYS = 182


def questions(
    runs: pl.DataFrame,
    data: Table,
    ended: Outcomes,
    diary: Diary,
    found: Sequence[Candidate],
    suspects: Sequence[str],
    today: dt.date,
) -> tuple[Question, ...]:
    """Return at most five questions, the one that teaches most first."""
    unit = diary_views.distance_unit(diary)
    metres = dict(zip(runs["id"].to_list(), runs["distance_m"].to_list(), strict=True))
    asked = [
        _shoes_of_episodes(data, metres, unit),
        _shoes_of_clean(data, metres, unit),
        _untied(ended, runs),
        _onsets(data, metres, unit),
        _look_back(runs, data, ended, today),
        *(_log(candidate) for candidate in found if _asked_for(candidate, suspects)),
    ]
    return tuple(q for q in asked if q is not None)[:MOST]


def _named(
    ended: Sequence[Outcome], metres: dict[str, float | None], unit: units.DistanceUnit
) -> str:
    last = ended[-NAMED:]
    text = ", ".join(
        f"{o.day.isoformat()} ({units.distance(metres.get(o.run), unit)})" for o in last
    )
    more = len(ended) - len(last)
    return f"{text} and {count(more, 'other')}" if more > 0 else text


def _shoes_of_episodes(
    data: Table, metres: dict[str, float | None], unit: units.DistanceUnit
) -> Question | None:
    lost = [
        o for o, shoe in zip(data.outcomes, data.shoes, strict=True)
        if shoe is None and o.event != "none"
    ]  # fmt: skip
    if not lost:
        return None
    return Question(
        id="shoes:episodes",
        question=(
            f"Which shoes were you in on the runs with an episode: {_named(lost, metres, unit)}?"
        ),
        why="Without it no pair can be weighed.",
    )


def _shoes_of_clean(
    data: Table, metres: dict[str, float | None], unit: units.DistanceUnit
) -> Question | None:
    """Ask for the shoes of clean runs about as long as the ones that hurt, or longer."""
    hurt = [_reached(o, metres) for o in data.outcomes if o.event != "none"]
    if not hurt:
        return None
    least = RISKY * min(hurt)
    lost = [
        o for o, shoe in zip(data.outcomes, data.shoes, strict=True)
        if shoe is None and o.event == "none" and (metres.get(o.run) or 0.0) >= least
    ]  # fmt: skip
    if not lost:
        return None
    return Question(
        id="shoes:clean",
        question=(
            f"Which shoes were you in on the clean long {'run' if len(lost) == 1 else 'runs'}: "
            f"{_named(lost, metres, unit)}?"
        ),
        why=(
            "These runs went as far as the ones that hurt. In other shoes they speak against the "
            "pair you were in; in the same shoes they clear it."
        ),
    )


def _reached(outcome: Outcome, metres: dict[str, float | None]) -> float:
    if outcome.onset_km is not None:
        return outcome.onset_km * 1000.0
    return metres.get(outcome.run) or 0.0


def _untied(ended: Outcomes, runs: pl.DataFrame) -> Question | None:
    if not ended.unmatched or runs.is_empty():
        return None
    days = ", ".join(day.isoformat() for day in ended.unmatched[-NAMED:])
    return Question(
        id="episode:run",
        question=f"Which run did the episode of {days} belong to, if any (`run:` in the entry)?",
        why="An episode that is tied to no run cannot be compared.",
    )


def _onsets(
    data: Table, metres: dict[str, float | None], unit: units.DistanceUnit
) -> Question | None:
    lost = [o for o in data.outcomes if o.event == "during" and o.onset_km is None]
    if not lost:
        return None
    return Question(
        id="episode:onset",
        question=f"How far into the run did it begin: {_named(lost, metres, unit)}?",
        why="The kilometre where it began tells more about hills and distance than the whole run.",
    )


def _look_back(runs: pl.DataFrame, data: Table, ended: Outcomes, today: dt.date) -> Question | None:
    known = {o.run for o in ended.runs}
    earlier = sum(
        (today - day).days <= LOOK_BACK_DAYS and run not in known
        for run, day in zip(runs["id"].to_list(), runs["day"].to_list(), strict=True)
    )
    if earlier < 6 or len(data.outcomes) > earlier:
        return None
    return Question(
        id="look_back",
        question=(
            f"How were your earlier runs? {count(earlier, 'run')} of the last 26 weeks lie before "
            "your diary; looking back on some of them takes a tap each."
        ),
        why="Clean runs that nobody asked about cannot be counted.",
    )


def _asked_for(candidate: Candidate, suspects: Sequence[str]) -> bool:
    named = any(name in suspects for name in candidate.row.suspects)
    return named and candidate.row.id != "shoe" and not candidate.varies and not candidate.runs


def _log(candidate: Candidate) -> Question:
    return Question(
        id=f"log:{candidate.id}",
        question=f"You suspect {candidate.label}: {candidate.row.log}.",
        why="Nothing recorded tells of it yet.",
    )
