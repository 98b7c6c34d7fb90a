"""The second outcome: the score of the morning after each run, with the same exposures.

A linear model of the 0-10 pain score, averaged like the first one, with the score of the morning
before the run and the passing of time adjusted for. It stands beside the episodes, never in
their place; where the two disagree, that is said.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from backinstride import diary_views, stats
from backinstride.contributors import words
from backinstride.contributors.estimate import (
    HARMFUL,
    PROBABLY,
    PROBABLY_FACTOR,
    SUSPECT,
    SUSPECT_FACTOR,
    complete_sets,
    odds_factor,
    slabs_of,
)
from backinstride.values import Contributor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.contributors.candidates import Candidate
    from backinstride.contributors.rows import Table
    from backinstride.diary import Diary
    from backinstride.stats import Floats
    from backinstride.values import WhyVerdict

FEWEST = 10  # mornings after runs
PROBABLY_FROM = 20
IN_SD = 0.7  # a slab of log hazard ratios, read as standard deviations of the score


def graded(data: Table, found: Sequence[Candidate], diary: Diary) -> tuple[Contributor, ...]:
    """Return the contributors by the morning score; none below ten mornings after runs."""
    scores = {m.date: m.pain for m in diary_views.mornings(diary) if m.pain is not None}
    last = _last_rows(data)
    after = [scores.get(o.day + dt.timedelta(days=1)) for o in data.outcomes]
    use = np.array([k for k, score in enumerate(after) if score is not None], dtype=np.intp)
    if len(use) < FEWEST:
        return ()
    y = np.array([after[k] for k in use], dtype=np.float64)
    if np.ptp(y) == 0:
        return ()
    entered, columns = _varying(data, found, last, use)
    if not entered:
        return ()
    before = [scores.get(data.outcomes[k].day) for k in use]
    z = _adjusted(data, use, before, columns)
    x = np.nan_to_num(np.column_stack(columns))
    slabs = slabs_of(entered, 1)
    slabs = slabs._replace(mean=slabs.mean * IN_SD, sd=slabs.sd * IN_SD)
    result = stats.graded_average(x, z, y, slabs, never=complete_sets(entered, data))
    listed = [_contributor(c, k, result, len(use)) for k, c in enumerate(entered)]
    listed.sort(key=lambda c: (-(c.bayes_factor or 0.0), c.id))
    return tuple(listed)


def _last_rows(data: Table) -> np.ndarray:
    """Return the last row of each run."""
    starts = np.flatnonzero(np.r_[True, np.diff(data.run) != 0]) if len(data.run) else np.array([0])
    out: np.ndarray = np.r_[starts[1:], len(data.run)] - 1
    return out


def _run_value(data: Table, candidate: Candidate, last: np.ndarray) -> Floats:
    """Return one value a run: the mean over it for the ground and the pace, else its end."""
    if candidate.id not in ("climb", "descent", "intensity"):
        ends: Floats = candidate.values[last]
        return ends
    out = np.full(len(last), np.nan)
    inside = ~data.after & ~np.isnan(candidate.values)
    for run in np.unique(data.run[inside]):
        rows = inside & (data.run == run)
        out[run] = np.average(candidate.values[rows], weights=data.exposure[rows])
    return out


def _varying(
    data: Table, found: Sequence[Candidate], last: np.ndarray, use: np.ndarray
) -> tuple[list[Candidate], list[Floats]]:
    entered, columns = [], []
    for candidate in found:
        if not candidate.enters:
            continue
        column = _run_value(data, candidate, last)[use]
        known = column[~np.isnan(column)]
        if len(known) > 1 and np.ptp(known) > 1e-6:
            entered.append(candidate)
            columns.append(column)
    return entered, columns


def _adjusted(
    data: Table, use: np.ndarray, before: Sequence[float | None], columns: Sequence[Floats]
) -> Floats:
    known = np.array([b is not None for b in before])
    lag = np.array([0.0 if b is None else b for b in before])
    if known.any():
        lag[known] -= lag[known].mean()
    days = np.array([data.outcomes[k].day.toordinal() for k in use], dtype=np.float64)
    time = (days - days.mean()) / max(float(days.std()), 1.0)
    out = [lag, (~known).astype(np.float64), time]
    seen = {known.tobytes()}
    for column in columns:
        lost = np.isnan(column)
        if lost.any() and not lost.all() and lost.tobytes() not in seen:
            seen.add(lost.tobytes())
            out.append(lost.astype(np.float64))
    return np.column_stack(out)


def _contributor(
    candidate: Candidate, place: int, result: stats.Graded, mornings: int
) -> Contributor:
    before = candidate.prior[2]
    after = round(min(max(float(result.posterior[place]), 0.0001), 0.9999), 4)
    factor = odds_factor(before, after)
    mean, sd = float(result.mean[place]), float(result.sd[place])
    harmful = float(stats.normal_cdf(np.array(mean / sd))) if sd > 0 else 1.0
    if candidate.row.directed:
        harmful = 1.0
    points = None
    if sd > 0:
        low, high = mean - stats.Z90 * sd, mean + stats.Z90 * sd
        points = (round(low, 2), round(mean, 2), round(high, 2))
    clear = mean > stats.Z90 * sd
    verdict = _verdict(after, factor, harmful, mornings if clear else 0)
    said = (
        f"{candidate.label[:1].upper()}{candidate.label[1:]}: {words.percent(before)} before, "
        f"{words.percent(after)} with the scores of {mornings} mornings after runs."
    )
    if points:
        said += (
            f" About {points[1]:+.1f} points next morning ({points[0]:+.1f} to {points[2]:+.1f}) "
            f"for {candidate.row.per}."
        )
    return Contributor(
        id=candidate.id, label=candidate.label, verdict=verdict, prior=before, posterior=after,
        bayes_factor=float(f"{factor:.4g}"), per=candidate.row.per, claims=candidate.row.claims,
        prior_source=candidate.prior_source, sentence=f"{said} {words.ASSOCIATION}", points=points,
    )  # fmt: skip


def _verdict(posterior: float, factor: float, harmful: float, mornings: int) -> WhyVerdict:
    if posterior >= SUSPECT and harmful >= HARMFUL and factor >= SUSPECT_FACTOR:
        strong = posterior >= PROBABLY and factor >= PROBABLY_FACTOR and mornings >= PROBABLY_FROM
        return "probably" if strong else "suspect"
    return "cannot_tell"


def agreement(episodes: Sequence[Contributor], mornings: Sequence[Contributor]) -> str:
    """Return whether episodes and mornings point to the same contributors."""
    if not mornings:
        return ""
    first = {c.id: c.label for c in episodes if c.verdict in ("probably", "suspect")}
    second = {c.id: c.label for c in mornings if c.verdict in ("probably", "suspect")}
    both = sorted(first[name] for name in first.keys() & second.keys())
    only_first = sorted(first[name] for name in first.keys() - second.keys())
    only_second = sorted(second[name] for name in second.keys() - first.keys())
    parts = []
    if both:
        parts.append(f"Episodes and morning scores agree on {', '.join(both)}.")
    if only_first:
        parts.append(f"Only the episodes point to {', '.join(only_first)}.")
    if only_second:
        parts.append(f"Only the morning scores point to {', '.join(only_second)}.")
    return " ".join(parts) or "Neither episodes nor morning scores point to anything yet."
