"""Pure numerics of the personal model: arrays in, numbers out.

A run is a series of short exposures that may end in an event. With `eta = c + Z g + X b`:

* kilometre rows: `y ~ Poisson(e * exp(eta))`, the likelihood of a piecewise constant hazard,
* one row after a run that ended without an event: `P(y = 1) = 1 - exp(-exp(eta))`,

with one intercept `c` for each kind of row and the same `b` (log hazard ratios) in both.
Every `b_j` is spike and slab: in the model with chance `pi_j`, then normal `(mu_j, tau_j)`.
Models are averaged over all sets of at most `k` factors with Laplace's evidence, all of them
climbed at once by one batched Newton. A directed factor (a pair of shoes) has its slab on the
positive side only: its evidence is multiplied by `2 P(b > 0)`.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]

INTERCEPT_MEAN = (math.log(0.004), math.log(0.03))  # a kilometre; the 48 hours after a run
INTERCEPT_SD = (1.5, 1.5)
Z90 = 1.6448536269514722
_TOLERANCE = 1e-4  # Newton decrement: twice the log density still to gain
_BLOCK = 256  # models climbed at once: their rates stay in the cache
_SLACK = 1e-3  # below this a log density that falls is rounding
_STEP = 1.5  # a longer step of a log hazard ratio is cut


class Rows(NamedTuple):
    """What was run: `x` (n, p) candidates, `z` (n, r) always adjusted for.

    `exposure` (n,) km, 1 for a row after a run; `event` (n,) 0 or 1; `after` (n,) which rows.
    """

    x: Floats
    z: Floats
    exposure: Floats
    event: Floats
    after: Bools


class Slabs(NamedTuple):
    """Priors: `mean`, `sd`, `inclusion`, `directed` (p,) of candidates; `z_mean`, `z_sd` (r,)."""

    mean: Floats
    sd: Floats
    inclusion: Floats
    directed: Bools
    z_mean: Floats
    z_sd: Floats


class Fit(NamedTuple):
    """Modes of M models: `theta` (M, q), `hessian` (M, q, q), `log_density` (M,) at the mode.

    Columns of theta: two intercepts, r adjusted for, p candidates (0 where a model lacks one).
    """

    theta: Floats
    hessian: Floats
    log_density: Floats


class Averaged(NamedTuple):
    """All models: `masks` (M, p), `weights` (M,); chances of factors (p,) before and after."""

    masks: Bools
    weights: Floats
    prior_weights: Floats
    prior: Floats
    posterior: Floats
    fit: Fit


def normal_cdf(z: Floats) -> Floats:
    """Return the standard normal distribution function, element by element."""
    values = [0.5 * math.erfc(-v / math.sqrt(2.0)) for v in np.ravel(z)]
    return np.asarray(values, dtype=np.float64).reshape(np.shape(z))


def subsets(count: int, largest: int, never: Iterable[Sequence[int]] = ()) -> Bools:
    """Return all sets of at most `largest` of `count` factors as rows of a mask.

    A set that contains all of one of `never` is left out (pairs of shoes that complete
    each other say the same thing twice).
    """
    found = [
        chosen
        for size in range(min(largest, count) + 1)
        for chosen in itertools.combinations(range(count), size)
    ]
    masks = np.zeros((len(found), count), dtype=np.bool_)
    for row, chosen in enumerate(found):
        masks[row, list(chosen)] = True
    keep = np.ones(len(found), dtype=np.bool_)
    for together in never:
        keep &= ~masks[:, list(together)].all(axis=1)
    return masks[keep]


def model_prior(masks: Bools, inclusion: Floats, rounds: int = 60) -> Floats:
    """Return the log prior of each model, so that each factor's chance is `inclusion` exactly.

    Leaving out large models would lower every factor's chance; the odds are raised until the
    chances that remain are the ones asked for (iterative proportional fitting).
    """
    logit = np.log(inclusion) - np.log1p(-inclusion)
    want = logit.copy()
    for _ in range(rounds):
        score = masks @ logit
        weights = np.exp(score - score.max())
        have = masks.T @ (weights / weights.sum())
        have = np.clip(have, 1e-12, 1 - 1e-12)
        logit = logit + want - (np.log(have) - np.log1p(-have))
    score = masks @ logit
    top = score.max()
    out: Floats = score - top - math.log(float(np.exp(score - top).sum()))
    return out


class _Problem(NamedTuple):
    """The rows as the climb wants them: all columns, products of columns, sums over events."""

    # Single precision: half the time, and a log density is still right to about 1e-5.
    columns: Singles  # (n, q)
    products: Singles  # (n, q (q + 1) / 2)
    log_exposure: Singles
    pulled: Floats  # (q,) sum of columns over events in a kilometre
    pulled_log: float
    late: Floats  # (m, q) rows of events after a run
    mean: Floats
    precision: Floats


def _problem(rows: Rows, slabs: Slabs) -> _Problem:
    after = rows.after.astype(np.float64)
    columns = np.column_stack((1.0 - after, after, rows.z, rows.x))
    in_run = (rows.event > 0) & ~rows.after
    late = (rows.event > 0) & rows.after
    rest = ~late
    left, right = np.triu_indices(columns.shape[1])
    log_exposure = np.log(rows.exposure)
    mean = np.concatenate((INTERCEPT_MEAN, slabs.z_mean, slabs.mean))
    sd = np.concatenate((INTERCEPT_SD, slabs.z_sd, slabs.sd))
    used = np.ascontiguousarray(columns[rest], dtype=np.float32)
    return _Problem(
        columns=used,
        products=used[:, left] * used[:, right],
        log_exposure=log_exposure[rest].astype(np.float32),
        pulled=columns[in_run].sum(axis=0),
        pulled_log=float(log_exposure[in_run].sum()),
        late=columns[late],
        mean=mean,
        precision=1.0 / sd**2,
    )


def _late_terms(eta: Floats) -> tuple[Floats, Floats, Floats]:
    """Return log P, its slope and its negative curvature for events after a run, by eta."""
    rate = np.exp(eta)
    log_p = np.log(-np.expm1(-rate))
    slope = rate / np.expm1(rate)
    bend = slope * (rate / -np.expm1(-rate) - 1.0)
    return log_p, slope, bend


def _evaluate(problem: _Problem, theta: Floats, inside: Bools) -> tuple[Floats, Floats, Floats]:
    """Return objective (M,), gradient (M, q) and negative Hessian (M, q, q) at theta."""
    count, width = theta.shape
    eta = theta.astype(np.float32) @ problem.columns.T + problem.log_exposure
    rate = np.exp(np.minimum(eta, np.float32(30.0)))
    off = (theta - problem.mean) * inside
    value = (
        theta @ problem.pulled
        + problem.pulled_log
        - rate.sum(axis=1, dtype=np.float64)
        - 0.5 * (off**2 @ problem.precision)
    )
    slope = problem.pulled - rate @ problem.columns - off * problem.precision
    upper = rate @ problem.products
    hessian = np.empty((count, width, width))
    left, right = np.triu_indices(width)
    hessian[:, left, right] = upper
    hessian[:, right, left] = upper
    if problem.late.size:
        log_p, late_slope, bend = _late_terms(np.clip(theta @ problem.late.T, -30.0, 6.0))
        value = value + log_p.sum(axis=1)
        slope = slope + late_slope @ problem.late
        hessian += np.einsum("mr,rj,rk->mjk", bend, problem.late, problem.late)
    diagonal = np.arange(width)
    hessian[:, diagonal, diagonal] += problem.precision
    hessian *= inside[:, :, None] & inside[:, None, :]
    hessian[:, diagonal, diagonal] += ~inside
    return value, slope * inside, hessian


def _climb(problem: _Problem, start: Floats, inside: Bools, rounds: int = 40) -> Fit:
    """Climb every model to its mode by Newton's steps, halved where one overshoots."""
    theta = start * inside
    value, slope, hessian = _evaluate(problem, theta, inside)
    live = np.arange(len(theta))
    for _ in range(rounds):
        step = np.linalg.solve(hessian[live], slope[live][:, :, None])[:, :, 0]
        gain = np.einsum("mq,mq->m", step, slope[live])
        moving = gain > _TOLERANCE
        # The quadratic that is left is exact enough: take the last step without a look.
        theta[live[~moving]] += step[~moving]
        value[live[~moving]] += 0.5 * gain[~moving]
        live, step = live[moving], step[moving]
        if not live.size:
            break
        step *= np.minimum(1.0, _STEP / np.abs(step).max(axis=1))[:, None]
        tried = _evaluate(problem, theta[live] + step, inside[live])
        worse = tried[0] < value[live] - _SLACK
        while worse.any():
            step[worse] *= 0.5
            again = _evaluate(problem, theta[live[worse]] + step[worse], inside[live[worse]])
            for whole, part in zip(tried, again, strict=True):
                whole[worse] = part
            worse[worse] = again[0] < value[live[worse]] - _SLACK
        theta[live] += step
        value[live], slope[live], hessian[live] = tried
    return Fit(theta, hessian, value)


def _inside(problem: _Problem, masks: Bools) -> Bools:
    always = problem.columns.shape[1] - masks.shape[1]
    return np.concatenate((np.ones((len(masks), always), dtype=np.bool_), masks), axis=1)


def fit(rows: Rows, slabs: Slabs, masks: Bools) -> Fit:
    """Return the modes of the models `masks` (M, p); `log_density` leaves constants out."""
    problem = _problem(rows, slabs)
    return _fit(problem, masks)


def _fit(problem: _Problem, masks: Bools) -> Fit:
    inside = _inside(problem, masks)
    none = np.zeros((1, masks.shape[1]), dtype=np.bool_)
    base = _climb(problem, problem.mean[None, :], _inside(problem, none)).theta
    alone = _inside(problem, np.eye(masks.shape[1], dtype=np.bool_))
    singles = _climb(problem, np.repeat(base, len(alone), axis=0), alone).theta
    start = base + masks @ (singles - base)
    parts = [
        _climb(problem, start[k : k + _BLOCK], inside[k : k + _BLOCK])
        for k in range(0, len(masks), _BLOCK)
    ]
    return Fit(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def log_evidence(found: Fit, slabs: Slabs, masks: Bools) -> Floats:
    """Return Laplace's log evidence of each model up to one constant; directed slabs included."""
    sign, log_det = np.linalg.slogdet(found.hessian)
    assert (sign > 0).all()
    out: Floats = found.log_density - 0.5 * log_det - masks @ np.log(slabs.sd)
    if slabs.directed.any():
        out = out + _directed_terms(found, slabs, masks)
    return out


def _directed_terms(found: Fit, slabs: Slabs, masks: Bools) -> Floats:
    """Return log(2 P(b > 0)) summed over the directed factors of each model."""
    first = found.theta.shape[1] - masks.shape[1]
    places = np.flatnonzero(slabs.directed)
    out = np.zeros(len(masks))
    has = masks[:, places].any(axis=1)
    if not has.any():
        return out
    spread = np.linalg.inv(found.hessian[has])
    modes = found.theta[has]
    total = np.zeros(int(has.sum()))
    for place in places:
        z = modes[:, first + place] / np.sqrt(spread[:, first + place, first + place])
        half = np.log(np.maximum(2.0 * normal_cdf(z), 1e-300))
        total += np.where(masks[has, place], half, 0.0)
    out[has] = total
    return out


def average(
    rows: Rows, slabs: Slabs, *, largest: int = 4, never: Iterable[Sequence[int]] = ()
) -> Averaged:
    """Average over all models of at most `largest` factors.

    `prior` are the chances before (exactly `slabs.inclusion`), `posterior` after. No rows or no
    candidates: the prior comes back.
    """
    masks = subsets(len(slabs.mean), largest, never)
    found = fit(rows, slabs, masks)
    before = model_prior(masks, slabs.inclusion)
    score = log_evidence(found, slabs, masks) + before
    weights = np.exp(score - score.max())
    weights /= weights.sum()
    return Averaged(
        masks, weights, np.exp(before), slabs.inclusion.copy(), masks.T @ weights, found
    )


def any_of(averaged: Averaged, of: Sequence[int]) -> tuple[float, float]:
    """Return the chance that at least one of the factors acts, before and after."""
    some = averaged.masks[:, list(of)].any(axis=1)
    return float(averaged.prior_weights[some].sum()), float(averaged.weights[some].sum())


def chance_positive(averaged: Averaged, slabs: Slabs, least: float = 1e-5) -> Floats:
    """Return the chance (p,) that each effect is above 0, in the models that hold it.

    Models with less than `least` of the weight are not looked at. A directed factor gives 1.
    """
    heavy = averaged.weights > least
    masks, weights = averaged.masks[heavy], averaged.weights[heavy]
    first = averaged.fit.theta.shape[1] - masks.shape[1]
    spread = np.linalg.inv(averaged.fit.hessian[heavy])
    sd = np.sqrt(np.diagonal(spread, axis1=1, axis2=2)[:, first:])
    above = normal_cdf(averaged.fit.theta[heavy][:, first:] / sd)
    held = masks * weights[:, None]
    out: Floats = (held * above).sum(axis=0) / np.maximum(held.sum(axis=0), 1e-300)
    out[slabs.directed] = 1.0
    return out


def full_model(rows: Rows, slabs: Slabs, keep: Sequence[int]) -> tuple[Floats, Floats]:
    """Return mean (p,) and covariance (p, p) of log hazard ratios with all of `keep` in.

    Factors not kept have mean and covariance 0.
    """
    mask = np.zeros((1, len(slabs.mean)), dtype=np.bool_)
    mask[0, list(keep)] = True
    found = fit(rows, slabs, mask)
    first = found.theta.shape[1] - mask.shape[1]
    spread = np.linalg.inv(found.hessian[0])[first:, first:] * np.outer(mask[0], mask[0])
    return found.theta[0, first:], spread


def draws(averaged: Averaged, slabs: Slabs, count: int, seed: int) -> Floats:
    """Return (count, q) draws of theta from the average: models in proportion, then Laplace.

    Models are drawn by systematic sampling, so the same input gives the same draws.
    A directed factor drawn below 0 is set to 0.
    """
    random = np.random.default_rng(seed)
    edges = np.cumsum(averaged.weights)
    places = (np.arange(count) + 0.5) / count * edges[-1]
    which = np.minimum(np.searchsorted(edges, places), len(edges) - 1)
    chosen, back = np.unique(which, return_inverse=True)
    lower = np.linalg.cholesky(np.linalg.inv(averaged.fit.hessian[chosen]))
    width = averaged.fit.theta.shape[1]
    noise = random.standard_normal((count, width))
    inside = np.concatenate(
        (
            np.ones((len(chosen), width - averaged.masks.shape[1]), dtype=np.bool_),
            averaged.masks[chosen],
        ),
        axis=1,
    )
    noise = np.einsum("cij,cj->ci", lower[back], noise) * inside[back]
    out: Floats = averaged.fit.theta[which] + noise
    first = width - len(slabs.mean)
    for place in np.flatnonzero(slabs.directed):
        out[:, first + place] = np.maximum(out[:, first + place], 0.0)
    return out


# --- a graded outcome ---------------------------------------------------------------------


class Graded(NamedTuple):
    """Average of linear models: chances (p,), mean (p,) and sd (p,) of effects with all in."""

    prior: Floats
    posterior: Floats
    mean: Floats
    sd: Floats
    residual_sd: float


def graded_average(
    x: Floats,
    z: Floats,
    y: Floats,
    slabs: Slabs,
    *,
    largest: int = 4,
    never: Iterable[Sequence[int]] = (),
) -> Graded:
    """Average linear models of a graded score `y` (n,) on candidates `x` and adjusted `z`.

    `slabs.mean` and `.sd` are in units of the score's residual sd. Closed form: normal effects,
    inverse gamma variance with 3 degrees of freedom around the residual variance without
    candidates.
    """
    base = np.column_stack((np.ones(len(y)), z))
    wide = np.concatenate(([100.0], np.full(z.shape[1], 10.0)))
    scale = _residual_sd(base, y)
    columns = np.column_stack((base, x))
    always = base.shape[1]
    mean = np.concatenate((np.zeros(always), slabs.mean * scale))
    precision = np.concatenate((wide**-2.0, slabs.sd**-2.0))
    masks = subsets(x.shape[1], largest, never)
    line = _Line(columns.T @ columns, columns.T @ y, float(y @ y), len(y), mean, precision, scale)
    score, centre, spread = _conjugate(line, masks)
    score += model_prior(masks, slabs.inclusion)
    if slabs.directed.any():
        sd = np.sqrt(np.diagonal(spread, axis1=1, axis2=2)[:, always:])
        half = np.log(np.maximum(2.0 * normal_cdf(centre[:, always:] / sd), 1e-300))
        score += (half * (masks & slabs.directed)).sum(axis=1)
    weights = np.exp(score - score.max())
    weights /= weights.sum()
    everything = np.ones(x.shape[1], dtype=np.bool_)
    for together in never:
        everything[together[-1]] = len(together) > 2
    _, centre, spread = _conjugate(line, everything[None, :])
    full_sd = np.sqrt(np.diag(spread[0])[always:]) * everything
    full_mean = centre[0, always:] * everything
    for together in never:
        if len(together) == 2:  # one contrast, seen from both sides
            full_mean[together[1]], full_sd[together[1]] = (
                -full_mean[together[0]],
                full_sd[together[0]],
            )
    return Graded(slabs.inclusion.copy(), masks.T @ weights, full_mean, full_sd, scale)


class _Line(NamedTuple):
    """Sums of a linear model, and its normal prior (mean, precision) by column."""

    gram: Floats
    pull: Floats
    square: float
    rows: int
    mean: Floats
    precision: Floats
    scale: float


def _residual_sd(base: Floats, y: Floats) -> float:
    solution, *_ = np.linalg.lstsq(base, y, rcond=None)
    free = max(len(y) - base.shape[1], 1)
    return max(math.sqrt(float(((y - base @ solution) ** 2).sum()) / free), 0.25)


def _conjugate(line: _Line, masks: Bools) -> tuple[Floats, Floats, Floats]:
    """Return log evidence (M,), posterior means (M, q) and covariances (M, q, q)."""
    always = len(line.mean) - masks.shape[1]
    inside = np.concatenate((np.ones((len(masks), always), dtype=np.bool_), masks), axis=1)
    diagonal = np.arange(inside.shape[1])
    after = (line.gram + np.diag(line.precision)) * (inside[:, :, None] & inside[:, None, :])
    after[:, diagonal, diagonal] += ~inside
    pulled = (line.pull + line.precision * line.mean) * inside
    centre = np.linalg.solve(after, pulled[:, :, None])[:, :, 0]
    shape, rate = 1.5 + line.rows / 2, 1.5 * line.scale**2
    left = line.square + inside @ (line.precision * line.mean**2) - (centre * pulled).sum(axis=1)
    rates = rate + 0.5 * np.maximum(left, 1e-9)
    log_p: Floats = 0.5 * (inside @ np.log(line.precision) - np.linalg.slogdet(after)[1])
    log_p = log_p - shape * np.log(rates)
    spread: Floats = np.linalg.inv(after) * (rates / shape)[:, None, None]
    return log_p, centre, spread


# --- small exact answers -------------------------------------------------------------------


def chance_all_clean(risk: float, runs: int) -> float:
    """Return the chance that `runs` runs are all clean by luck at `risk` a run."""
    return float((1.0 - risk) ** runs)


def permutation_p(values: Floats, marked: Bools, rounds: int, seed: int) -> float:
    """Return the one-sided chance that shuffled marks give a mean difference as large."""
    random = np.random.default_rng(seed)
    seen = values[marked].mean() - values[~marked].mean()
    count = int(marked.sum())
    hits = 0
    for _ in range(rounds):
        order = random.permutation(values)
        hits += order[:count].mean() - order[count:].mean() >= seen - 1e-12
    return (hits + 1) / (rounds + 1)
