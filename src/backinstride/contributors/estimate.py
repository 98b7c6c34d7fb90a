"""The numbers: chances before and after, sizes, what cannot be separated, verdicts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from backinstride import stats
from backinstride.contributors.candidates import Candidate
from backinstride.contributors.rows import adjusted_priors, model_rows
from backinstride.stats import Averaged, Floats, Rows, Slabs
from backinstride.values import WhyVerdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.contributors.rows import Table

# Cut-offs of the words: see docs/contributors_benchmark.md for how often each is right.
PROBABLY = 0.80
SUSPECT = 0.50
NOT_BIG = 0.10  # chance that it doubles the hazard
# The runs themselves must speak, not only what was thought before: odds raised so many times.
PROBABLY_FACTOR = 25.0
SUSPECT_FACTOR = 5.0
DOUBLE = math.log(2.0)
RANKED_FROM = 3  # episodes below which nothing is ranked
PROBABLY_FROM = 6  # ... below which nothing is "probably"
ENOUGH_FROM = 20
HARMFUL = 0.90  # chance that the effect raises the hazard, where it acts
LEARNT = 0.80  # "not big" needs an interval at most this wide, against the one before any run
TOGETHER = 0.45  # correlation from which two contributors are named with each other
INSEPARABLE = 0.90
GROUP = 0.65  # chance that one of a group acts, from which the group is named


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What the runs say about one candidate. Log hazard ratio `mean`, `sd` with all factors in."""

    candidate: Candidate
    prior: float
    posterior: float
    bayes_factor: float
    mean: float
    sd: float
    harmful: float
    verdict: WhyVerdict

    @property
    def hazard_ratio(self) -> tuple[float, float, float]:
        """5 %, 50 % and 95 % of the hazard ratio of one step, had it a part in it."""
        steps = (-stats.Z90, 0.0, stats.Z90)
        low, middle, high = (round(math.exp(self.mean + k * self.sd), 3) for k in steps)
        return low, middle, high


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """The averaged model of one runner and what was read from it."""

    entered: tuple[Candidate, ...]
    rows: Rows
    slabs: Slabs
    averaged: Averaged
    estimates: tuple[Estimate, ...]
    correlation: Floats
    events: int


def slabs_of(entered: Sequence[Candidate], adjusted: int) -> Slabs:
    """Return the priors of the candidates that entered."""
    mean, sd, chance = (np.array([c.prior[k] for c in entered]) for k in range(3))
    z_mean, z_sd = adjusted_priors(adjusted)
    directed = np.array([c.row.directed for c in entered], dtype=np.bool_)
    return stats.Slabs(mean, sd, chance, directed, z_mean, z_sd)


def shoe_places(entered: Sequence[Candidate]) -> list[int]:
    """Return the places of the pairs of shoes."""
    return [place for place, c in enumerate(entered) if c.row.directed]


def complete_sets(entered: Sequence[Candidate], data: Table) -> tuple[tuple[int, ...], ...]:
    """Return the sets of pairs that together fill every run: one of them says nothing new."""
    places = shoe_places(entered)
    if len(places) < 2 or len(data.shoe_runs()) > len(places):
        return ()
    return (tuple(places),)


def estimate(data: Table, found: Sequence[Candidate]) -> Model | None:
    """Fit the runs; None where no episode or no candidate is there to be weighed."""
    entered = tuple(c for c in found if c.enters)
    events = int(data.event.sum())
    if not entered or not events:
        return None
    rows, adjusted = model_rows(data, [c.values for c in entered])
    slabs = slabs_of(entered, adjusted)
    sets = complete_sets(entered, data)
    averaged = stats.average(rows, slabs, never=sets)
    mean, sd = _sizes(rows, slabs, entered, sets)
    harmful = stats.chance_positive(averaged, slabs)
    correlation = _correlation(data, entered)
    estimates = tuple(
        _estimate(c, float(averaged.posterior[k]), mean[k], sd[k], harmful[k], events)
        for k, c in enumerate(entered)
    )
    return Model(
        entered=entered, rows=rows, slabs=slabs, averaged=averaged, correlation=correlation,
        estimates=_not_alone(estimates, correlation), events=events,
    )  # fmt: skip


def _not_alone(estimates: tuple[Estimate, ...], correlation: Floats) -> tuple[Estimate, ...]:
    """Take "probably" from what these runs cannot tell from something else: the group has it."""
    return tuple(
        msgspec.structs.replace(found, verdict="suspect")
        if found.verdict == "probably"
        and (np.delete(correlation[place], place) >= INSEPARABLE).any()
        else found
        for place, found in enumerate(estimates)
    )


def _sizes(
    rows: Rows, slabs: Slabs, entered: Sequence[Candidate], sets: Sequence[Sequence[int]]
) -> tuple[Floats, Floats]:
    """Return mean and sd of each log hazard ratio with all candidates in.

    A pair of shoes is set against the mean of the others. Two pairs that fill every run are one
    contrast, seen from both sides.
    """
    keep = list(range(len(entered)))
    twins = next((s for s in sets if len(s) == 2), None)
    if twins:
        keep.remove(twins[1])
    mean, spread = stats.full_model(rows, slabs, keep)
    sd = np.sqrt(np.diag(spread))
    if twins:
        mean[twins[1]], sd[twins[1]] = -mean[twins[0]], sd[twins[0]]
        return mean, sd
    for several in sets:
        weight = rows.x[:, several].sum(axis=0)
        means, sds = mean.copy(), sd.copy()
        for place in several:
            others = np.array(
                [float(w) * (p != place) for w, p in zip(weight, several, strict=True)]
            )
            contrast = np.zeros(len(entered))
            contrast[list(several)] = -others / others.sum()
            contrast[place] = 1.0
            means[place] = contrast @ mean
            sds[place] = math.sqrt(float(contrast @ spread @ contrast))
        mean, sd = means, sds
    return mean, sd


def _estimate(
    candidate: Candidate, posterior: float, mean: float, sd: float, harmful: float, events: int
) -> Estimate:
    before = candidate.prior[2]
    after = round(min(max(posterior, 0.0001), 0.9999), 4)
    factor = odds_factor(before, after)
    return Estimate(
        candidate=candidate, prior=before, posterior=after, mean=float(mean), sd=float(sd),
        bayes_factor=float(f"{factor:.4g}"), harmful=float(harmful),
        verdict=verdict(candidate, after, float(mean), float(sd), float(harmful), events),
    )  # fmt: skip


def odds_factor(before: float, after: float) -> float:
    """Return by how much the odds were raised."""
    return (after / (1 - after)) / (before / (1 - before))


def verdict(
    candidate: Candidate, posterior: float, mean: float, sd: float, harmful: float, events: int
) -> WhyVerdict:
    """Return the strongest word that this many episodes permit.

    Below three episodes nothing is ranked, below six nothing is "probably". A word needs a high
    chance and runs that raised the odds themselves; "probably" also an interval above 1. "Not
    big" is said only where the runs narrowed the size and did not raise the odds.
    """
    if events < RANKED_FROM:
        return "cannot_tell"
    factor = odds_factor(candidate.prior[2], posterior)
    if posterior >= SUSPECT and harmful >= HARMFUL and factor >= SUSPECT_FACTOR:
        strong = posterior >= PROBABLY and factor >= PROBABLY_FACTOR and mean > stats.Z90 * sd
        return "probably" if strong and events >= PROBABLY_FROM else "suspect"
    above = 0.5 * math.erfc((DOUBLE - mean) / sd / math.sqrt(2.0))
    learnt = sd <= LEARNT * candidate.prior[1]
    if events >= PROBABLY_FROM and above < NOT_BIG and learnt and factor <= 1.0:
        return "probably_not_big"
    return "cannot_tell"


def _correlation(data: Table, entered: Sequence[Candidate]) -> Floats:
    """Return correlations between candidates over the rows, 0 where both are seldom known."""
    count = len(entered)
    out = np.eye(count)
    for left in range(count):
        for right in range(left):
            a, b = entered[left].values, entered[right].values
            both = ~np.isnan(a) & ~np.isnan(b)
            if both.sum() > 2 and np.ptp(a[both]) > 0 and np.ptp(b[both]) > 0:
                weights = data.exposure[both]
                out[left, right] = out[right, left] = _weighted_r(a[both], b[both], weights)
    return out


def _weighted_r(a: Floats, b: Floats, weights: Floats) -> float:
    share = weights / weights.sum()
    da, db = a - share @ a, b - share @ b
    return float(share @ (da * db) / math.sqrt(float((share @ da**2) * (share @ db**2))))


def tied(model: Model, place: int) -> tuple[int, ...]:
    """Return the candidates that rise with this one in these runs, the closest first.

    Pairs of shoes are not named with each other: that they differ is the comparison itself.
    """
    row = model.correlation[place]
    shoes = set(shoe_places(model.entered))
    near = [
        k
        for k in range(len(row))
        if k != place and row[k] >= TOGETHER and not (k in shoes and place in shoes)
    ]
    return tuple(sorted(near, key=lambda k: (-row[k], model.entered[k].id)))


def groups(model: Model) -> tuple[tuple[tuple[int, ...], float], ...]:
    """Return the sets that these runs cannot separate, with the chance that one of them acts.

    Members rise together and none of them is "probably" alone; pairs that are as good as one
    number are named whatever the chance.
    """
    if model.events < RANKED_FROM:
        return ()
    found: list[tuple[tuple[int, ...], float]] = []
    for place, seed in enumerate(model.estimates):
        if seed.verdict == "probably":
            continue
        members = [place] + [
            k for k in tied(model, place) if model.estimates[k].verdict != "probably"
        ]
        if len(members) < 2:
            continue
        members = sorted(members, key=lambda k: -model.estimates[k].posterior)[:3]
        if place not in members:
            continue
        before, chance = stats.any_of(model.averaged, members)
        spoke = chance >= GROUP and odds_factor(before, min(chance, 0.9999)) >= SUSPECT_FACTOR
        closest = max(model.correlation[a, b] for a in members for b in members if a != b)
        if spoke or closest >= INSEPARABLE:
            found.append((tuple(sorted(members)), round(chance, 4)))
    unique = sorted(set(found), key=lambda g: (-g[1], g[0]))
    return tuple(g for g in unique if not any(set(g[0]) < set(o[0]) for o in unique))
