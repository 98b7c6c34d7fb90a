"""What a change did: read-out of an experiment, a dated treatment, new shoes from a day on.

The next morning's score is compared first, episodes second, and beside every clean stretch stands
how often luck alone brings one as long. A before-and-after comparison is never more than that.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from backinstride import stats
from backinstride.diary_views import shoe_id
from backinstride.exposures.matching import RunIndex, run_of_episode
from backinstride.values import Readout

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from backinstride.diary_views import Episode, Morning, Named, Treatment

BASELINE_WEEKS = 8
REVIEW_WEEKS = (4, 8, 12)
NATURAL_DAYS = 28
NATURAL_RUNS = 3
FEWEST_MORNINGS = 3
FEWEST_TRIAL = 8  # runs of both kinds before a word is said
MORNING_RHO = 0.3
CLEAR = 0.95  # a word is said from this chance on
BIG = 1.0  # points next morning
UNLIKELY = 0.1
PRIOR_SD = 2.0  # of a change of the morning score, in points

Word = Literal["helps", "not_big", "worse", "undecided", "too_early"]


class _Trial(msgspec.Struct, frozen=True):
    """One run: its morning after, and whether an episode came in it or in the 48 hours after."""

    day: dt.date
    shoe: str | None
    metres: float
    score: float | None
    episode: bool


def trials(
    runs: pl.DataFrame, mornings: Sequence[Morning], episodes: Sequence[Episode]
) -> tuple[_Trial, ...]:
    """Return one trial a run (`runs`: id, day, distance_m, shoe), oldest first."""
    index = RunIndex(runs)
    hit = {run_of_episode(e, index) for e in episodes}
    scores = {m.date: m.pain for m in mornings}
    shoes = runs["shoe"].to_list() if "shoe" in runs.columns else [None] * runs.height
    rows = zip(
        runs["id"].to_list(), runs["day"].to_list(), runs["distance_m"].to_list(), shoes,
        strict=True,
    )  # fmt: skip
    found = [
        _Trial(day, shoe, metres or 0.0, scores.get(day + dt.timedelta(days=1)), run in hit)
        for run, day, metres, shoe in rows
    ]
    return tuple(sorted(found, key=lambda t: (t.day, t.metres)))


def readout(
    note: Named,
    runs: pl.DataFrame,
    mornings: Sequence[Morning],
    episodes: Sequence[Episode],
    today: dt.date,
) -> Readout:
    """Return what an `experiment` entry has shown so far.

    Pairs of shoes: since `from`, runs in the one against runs in the other. Anything else: the
    eight weeks before `from` against the time since, to `to` where that is written.
    """
    told = trials(runs, mornings, episodes)
    since = _day(note.get("from")) or note.date
    until = min(_day(note.get("to")) or today, today)
    name, usual_pair, other_pair = _arms(note)
    what = note.get("change") or note.words or "the change"
    if usual_pair:
        inside = [t for t in told if since <= t.day <= until and t.shoe is not None]
        usual = [t for t in inside if t.shoe == usual_pair]
        changed = [
            t for t in inside if t.shoe == other_pair or (not other_pair and t.shoe != usual_pair)
        ]
        if not usual:  # switched for good: the runs before in that pair
            usual = [t for t in _before(told, since) if t.shoe == usual_pair]
    else:
        usual, changed = _before(told, since), [t for t in told if since <= t.day <= until]
    return _read("experiment", what, since, usual, changed, name, _day(note.get("review")))


def _arms(note: Named) -> tuple[str | None, str | None, str | None]:
    """Return contributor, the usual pair of shoes and the other one (None: any other).

    From `contributor: shoe:<name>`, or from `a:` (usual) and `b:` (changed) where both are pairs.
    """
    name, a, b = note.get("contributor"), note.get("a"), note.get("b")
    if name and name.startswith("shoe:"):
        return name, name.removeprefix("shoe:"), None
    if a and b and "shoe" in f"{note.get('change') or ''} {note.words or ''}".lower():
        return f"shoe:{shoe_id(a)}", shoe_id(a), shoe_id(b)
    return name, None, None


def treatments(
    notes: Sequence[Treatment],
    runs: pl.DataFrame,
    mornings: Sequence[Morning],
    episodes: Sequence[Episode],
    today: dt.date,
) -> tuple[Readout, ...]:
    """Return what each treatment with a first day (`from:`) has shown, with its next review.

    Reviews fall 4, 8 and 12 weeks after the first day where none is written.
    """
    told = trials(runs, mornings, episodes)
    found = []
    for note in notes:
        if note.from_ is None or note.from_ > today:
            continue
        until = min(note.to or today, today)
        changed = [t for t in told if note.from_ <= t.day <= until]
        what = note.what or note.words or "the treatment"
        found.append(
            _read(
                "treatment", what, note.from_, _before(told, note.from_), changed, None,
                note.review or _next_review(note.from_, today),
            )
        )  # fmt: skip
    return tuple(found)


def new_shoes(
    runs: pl.DataFrame, mornings: Sequence[Morning], episodes: Sequence[Episode], today: dt.date
) -> tuple[Readout, ...]:
    """Return what new shoes did that came into use on a day, noticed from the runs themselves.

    A pair counts as new where other pairs are known from four weeks before its first run on.
    """
    told = trials(runs, mornings, episodes)
    worn = [t for t in told if t.shoe is not None]
    first: dict[str, dt.date] = {}
    for trial in worn:
        assert trial.shoe is not None
        first.setdefault(trial.shoe, trial.day)
    found = []
    for pair, since in first.items():
        earlier = [t for t in worn if t.day < since]
        if not earlier or (since - earlier[0].day).days < NATURAL_DAYS:
            continue
        changed = [t for t in worn if t.shoe == pair and t.day <= today]
        usual = _before(worn, since)
        if len(changed) >= NATURAL_RUNS and len(usual) >= NATURAL_RUNS:
            what = f"new shoes: {pair.replace('-', ' ')}"
            found.append(_read("new_shoes", what, since, usual, changed, f"shoe:{pair}", None))
    return tuple(found[-3:])


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.strip()[:10]) if text else None
    except ValueError:
        return None


def _next_review(since: dt.date, today: dt.date) -> dt.date | None:
    days = (since + dt.timedelta(weeks=weeks) for weeks in REVIEW_WEEKS)
    return next((day for day in days if day >= today), None)


def _before(told: Sequence[_Trial], since: dt.date) -> list[_Trial]:
    first = since - dt.timedelta(weeks=BASELINE_WEEKS)
    return [t for t in told if first <= t.day < since]


def _read(
    kind: Literal["experiment", "treatment", "new_shoes"],
    what: str,
    since: dt.date,
    usual: Sequence[_Trial],
    changed: Sequence[_Trial],
    name: str | None,
    review: dt.date | None,
) -> Readout:
    change = score_difference(
        [t.score for t in usual if t.score is not None],
        [t.score for t in changed if t.score is not None],
    )
    better = None if change is None else change[3]
    before, after = sum(t.episode for t in usual), sum(t.episode for t in changed)
    luck = _luck(before, len(usual), after, len(changed))
    verdict = word(change, len(usual), len(changed))
    return Readout(
        kind=kind, what=what, since=since, verdict=verdict, contributor=name, review=review,
        runs_usual=len(usual), runs_changed=len(changed), episodes_usual=before,
        episodes_changed=after, by_luck=luck,
        score_change=None if change is None else change[:3], chance_better=better,
        text=_told(what, usual, changed, change, verdict, luck),
    )  # fmt: skip


def score_difference(
    usual: Sequence[float], changed: Sequence[float]
) -> tuple[float, float, float, float] | None:
    """Return 5 %, 50 %, 95 % of the change of the morning score, and the chance that it fell.

    Normal, around 0 with sd 2 before any run; the spread is that of both kinds pooled, widened
    for few runs and for mornings that follow one another (correlation 0.3, our guess). None
    below three mornings of each kind.
    """
    if min(len(usual), len(changed)) < FEWEST_MORNINGS:
        return None
    a, b = np.array(usual), np.array(changed)
    free = len(a) + len(b) - 2
    pooled = (((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / free
    variance = max(float(pooled), 0.25) * (1 / len(a) + 1 / len(b))
    variance *= (1 + MORNING_RHO) / (1 - MORNING_RHO) * free / max(free - 2, 1)
    weight = PRIOR_SD**2 / (PRIOR_SD**2 + variance)
    mean = float(b.mean() - a.mean()) * weight
    sd = math.sqrt(variance * weight)
    better = 0.5 * math.erfc(mean / sd / math.sqrt(2.0))
    low, high = mean - stats.Z90 * sd, mean + stats.Z90 * sd
    return round(low, 2), round(mean, 2), round(high, 2), round(better, 3)


def _luck(before: int, usual: int, after: int, changed: int) -> str:
    """Say how often as many clean runs come by luck at the risk there was before."""
    if not before or not usual or not changed or after:
        return ""
    risk = before / usual
    chance = 100 * stats.chance_all_clean(risk, changed)
    return (
        f"At the risk before ({before} of {usual} runs), {changed} clean runs happen by luck "
        f"{chance:.0f} % of the time."
    )


def word(change: tuple[float, float, float, float] | None, usual: int, changed: int) -> Word:
    """Return the word for a change of the morning score, after so many runs of each kind.

    "Helps" and "worse" from 95 % on, "not big" where one point either way is below 10 %: looked
    at after every pair, an idle change "helps" in about 4 of 100 (docs/contributors_benchmark.md).
    """
    if change is None or usual + changed < FEWEST_TRIAL:
        return "too_early"
    low, middle, high, better = change
    if better > CLEAR or better < 1 - CLEAR:
        return "helps" if better > CLEAR else "worse"
    sd = (high - low) / (2 * stats.Z90)
    apart = [0.5 * math.erfc((BIG + sign * middle) / sd / math.sqrt(2.0)) for sign in (1, -1)]
    return "not_big" if max(apart) < UNLIKELY else "undecided"


def _told(
    what: str,
    usual: Sequence[_Trial],
    changed: Sequence[_Trial],
    change: tuple[float, float, float, float] | None,
    verdict: Word,
    luck: str,
) -> str:
    before, after = sum(t.episode for t in usual), sum(t.episode for t in changed)
    parts = [
        (
            f"{what[:1].upper()}{what[1:]}: episodes in {after} of {len(changed)} runs with it, "
            f"{before} of {len(usual)} without."
        )
    ]
    if change is None:
        parts.append("Too few mornings after runs were scored to compare.")
    else:
        parts.append(
            f"Next morning's score {change[1]:+.1f} points ({change[0]:+.1f} to {change[2]:+.1f})."
        )
    parts.append(_WORDS[verdict])
    parts.append(luck)
    parts.append("What else changed meanwhile is mixed in. An association, not a diagnosis.")
    return " ".join(part for part in parts if part)


_WORDS = {
    "helps": "Mornings are probably better with it.",
    "worse": "Mornings are probably worse with it.",
    "not_big": "It probably makes no big difference.",
    "undecided": "Undecided so far: both are still possible.",
    "too_early": "Too early to say.",
}
