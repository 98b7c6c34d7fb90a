"""The sentences of `why`: before and after, how large, for and against, never more than that."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from backinstride.contributors import estimate as numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.contributors.candidates import Candidate
    from backinstride.contributors.estimate import Estimate, Model
    from backinstride.contributors.rows import Table

ASSOCIATION = "An association in your log, not a diagnosis."
NUMBERED = 3  # below twenty episodes only so many of the list carry numbers in words


def percent(chance: float) -> str:
    """Return "62 %", "under 1 %" or "over 99 %"."""
    if chance < 0.005:
        return "under 1 %"
    return "over 99 %" if chance > 0.995 else f"{100 * chance:.0f} %"


def count(number: int, word: str) -> str:
    """Return "1 run" or "3 runs"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def times(ratio: float) -> str:
    """Return "x1.5"."""
    return f"x{ratio:.1f}" if ratio < 10 else f"x{ratio:.0f}"


def limit_of(data: Table, candidate: Candidate) -> float:
    """Return above which value there is much of it: a half for yes/no, else two thirds of km."""
    if candidate.row.yes_no:
        return 0.5
    known = ~np.isnan(candidate.values) & ~data.after
    if not known.any():
        return math.inf
    values, weights = candidate.values[known], data.exposure[known]
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(share, 2 / 3)])


def split_runs(data: Table, candidate: Candidate) -> dict[str, list[str]]:
    """Return ids of runs by whether there was much of it and whether an episode came.

    An episode run is judged where it began, a clean one by most of its kilometres (what only
    grows in a run, such as distance: by its end). Keys: `for` (much, episode), `clean` (much,
    none), `without` (little, episode), `rest`.
    """
    values, limit = candidate.values, limit_of(data, candidate)
    out: dict[str, list[str]] = {"for": [], "clean": [], "without": [], "rest": []}
    starts = [k for k, run in enumerate(data.run) if k == 0 or run != data.run[k - 1]]
    ends = [*starts[1:], len(data.run)]
    for begin, end, outcome in zip(starts, ends, data.outcomes, strict=True):
        seen = values[begin:end]
        if np.isnan(seen).all() or np.isnan(seen[-1]):
            continue
        episode = outcome.event != "none"
        over_hills = candidate.row.id in ("climb", "descent", "intensity")
        value = np.nanmean(seen) if over_hills and not episode else seen[-1]
        much, little = ("for", "without") if episode else ("clean", "rest")
        out[much if value > limit else little].append(outcome.run)
    return out


def share_of_km(data: Table, candidate: Candidate) -> float:
    """Return the share of all known kilometres with much of it."""
    known = ~np.isnan(candidate.values) & ~data.after
    weights = data.exposure[known]
    much = candidate.values[known] > limit_of(data, candidate)
    return float(weights[much].sum() / weights.sum()) if weights.size else math.nan


def sentence(data: Table, model: Model, place: int, rank: int, split: dict[str, list[str]]) -> str:
    """Return what may be said of one contributor with this many episodes."""
    found = model.estimates[place]
    events = model.events
    parts = [_lead(found, events)]
    if events < numbers.RANKED_FROM:
        parts.append(
            f"{percent(found.prior)} before your runs ({found.candidate.prior_source}); "
            f"{count(events, 'episode')} cannot rank anything yet."
        )
    elif rank < NUMBERED or events >= numbers.ENOUGH_FROM or found.verdict != "cannot_tell":
        parts.append(
            f"{percent(found.prior)} before your runs ({found.candidate.prior_source}), "
            f"{percent(found.posterior)} with your {count(events, 'episode')}."
        )
        parts.append(_size(found))
    parts.append(_for_and_against(data, found, split))
    near = [model.entered[k].label for k in numbers.tied(model, place)][:2]
    if near:
        parts.append(f"In your runs it rises together with {' and '.join(near)}.")
    if found.candidate.row.sign:
        parts.append("It would be a sign of tiring, not a cause.")
    parts.append(ASSOCIATION)
    return " ".join(part for part in parts if part)


def _lead(found: Estimate, events: int) -> str:
    label = found.candidate.label[:1].upper() + found.candidate.label[1:]
    if found.verdict == "probably":
        return f"{label}: probably has a part in it."
    if found.verdict == "suspect":
        few = events < numbers.PROBABLY_FROM
        return f"{label}: {'a suspect worth testing' if few else 'your runs lean towards it'}."
    if found.verdict == "probably_not_big":
        return f"{label}: probably does not double the risk."
    return f"{label}: cannot tell yet."


def _size(found: Estimate) -> str:
    low, middle, high = found.hazard_ratio
    size = (
        f"If it acts, about {times(middle)} the risk ({times(low)} to {times(high)}) "
        f"for {found.candidate.row.per}."
    )
    if found.verdict in ("probably", "suspect"):
        return f"{size} With few episodes a strong effect is understated."
    return size


def _for_and_against(data: Table, found: Estimate, split: dict[str, list[str]]) -> str:
    hit, without = len(split["for"]), len(split["without"])
    clean, rest = len(split["clean"]), len(split["rest"])
    high = found.candidate.row.high
    if not hit + without:
        return "No episode whose run tells it."
    if found.candidate.row.within_run:
        share = percent(share_of_km(data, found.candidate))
        return (
            f"{hit} of {count(hit + without, 'episode')} came {high}, as {share} of your km were."
        )
    return (
        f"{hit} of {count(hit + without, 'episode')} came {high}, "
        f"as {clean} of {count(clean + rest, 'clean run')} were."
    )


def unknown_sentence(candidate: Candidate) -> str:
    """Return why nothing can be known of a candidate from these runs."""
    label = candidate.label[:1].upper() + candidate.label[1:]
    return f"{label}: cannot be known from these runs; {candidate.why_not}."


def summary(
    events: int, runs: int, unmatched: int, named: Sequence[str], leaning: Sequence[str]
) -> str:
    """Return one or two sentences for the top of the answer."""
    told = f"{count(events, 'episode')} in {count(runs, 'run')} that can be compared."
    if unmatched:
        told += f" {count(unmatched, 'episode')} could not be tied to a run."
    if events < numbers.RANKED_FROM:
        return f"{told} Cannot tell yet: too few episodes to compare."
    if named:
        return f"{told} Probably has a part in it: {', '.join(named)}. {ASSOCIATION}"
    if leaning and events < numbers.PROBABLY_FROM:
        return f"{told} Suspects worth testing: {', '.join(leaning)}. Nothing more can be said yet."
    if leaning:
        return f"{told} Your runs lean towards: {', '.join(leaning)}. {ASSOCIATION}"
    return f"{told} Cannot tell: no contributor stands out."
