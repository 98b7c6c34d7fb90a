"""The numerics against quadrature, scipy, statsmodels and themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import stats


def make_rows(seed: int = 0, runs: int = 60, effect: float = 0.8, p: int = 3) -> stats.Rows:
    """Return runs of 5-12 km with p covariates, the first of which raises the hazard."""
    random = np.random.default_rng(seed)
    x, exposure, event, after = [], [], [], []
    for _ in range(runs):
        base = random.normal(size=p)
        hit = False
        for _km in range(int(random.integers(5, 13))):
            row = base.copy()
            row[0] = random.normal()
            chance = -math.expm1(-0.02 * math.exp(effect * row[0]))
            hit = bool(random.random() < chance)
            x.append(row)
            exposure.append(random.uniform(0.2, 1.0) if hit else 1.0)
            event.append(float(hit))
            after.append(False)
            if hit:
                break
        if not hit:
            x.append(x[-1])
            exposure.append(1.0)
            event.append(float(random.random() < 0.06))
            after.append(True)
    n = len(x)
    z = np.random.default_rng(seed + 1).integers(0, 2, (n, 1)).astype(float)
    return stats.Rows(np.array(x), z, np.array(exposure), np.array(event), np.array(after))


def make_slabs(p: int = 3, directed: tuple[int, ...] = ()) -> stats.Slabs:
    marks = np.zeros(p, dtype=bool)
    marks[list(directed)] = True
    return stats.Slabs(
        np.full(p, 0.2), np.full(p, 0.5), np.full(p, 0.2), marks, np.array([0.3]), np.array([0.5])
    )


def log_posterior(
    rows: stats.Rows, slabs: stats.Slabs, mask: np.ndarray, theta: np.ndarray
) -> float:
    """The same density, written again the slow way."""
    p = len(mask)
    a1, a2, g, b = theta[0], theta[1], theta[2 : 2 + rows.z.shape[1]], theta[-p:] * mask
    eta = np.where(rows.after, a2, a1) + rows.z @ g + rows.x @ b
    rate = rows.exposure * np.exp(eta)
    total = 0.0
    for y, m, late in zip(rows.event, rate, rows.after, strict=True):
        total += (math.log(-math.expm1(-m)) if y else -m) if late else y * math.log(m) - m
    total -= 0.5 * sum(
        ((t - m) / s) ** 2
        for t, m, s in zip((a1, a2), stats.INTERCEPT_MEAN, stats.INTERCEPT_SD, strict=True)
    )
    total -= 0.5 * (((g - slabs.z_mean) / slabs.z_sd) ** 2).sum()
    return total - 0.5 * (mask * ((b - slabs.mean) / slabs.sd) ** 2).sum()


@pytest.mark.oracle
def test_the_modes_are_those_that_scipy_finds():
    optimize = pytest.importorskip("scipy.optimize", reason="needs [dev]: scipy")
    rows, slabs = make_rows(), make_slabs()
    for mask in (np.array([True, False, True]), np.array([True, True, True])):
        found = stats.fit(rows, slabs, mask[None, :])
        free = np.concatenate((np.ones(3, bool), mask))

        def value(part: np.ndarray, mask: np.ndarray = mask, free: np.ndarray = free) -> float:
            theta = np.zeros(6)
            theta[free] = part
            return -log_posterior(rows, slabs, mask, theta)

        start = np.array([-4.0, -3.0, 0.0, 0.0, 0.0, 0.0])[free]
        best = optimize.minimize(value, start, method="BFGS", options={"gtol": 1e-6})
        assert found.theta[0][free] == pytest.approx(best.x, abs=2e-3)
        assert found.log_density[0] == pytest.approx(-best.fun, abs=2e-3)


@pytest.mark.oracle
def test_without_a_prior_worth_the_name_it_is_the_poisson_regression_of_statsmodels():
    api = pytest.importorskip("statsmodels.api", reason="needs [dev]: statsmodels")
    rows = make_rows(3, runs=200)
    keep = ~rows.after
    rows = stats.Rows(
        rows.x[keep], rows.z[keep], rows.exposure[keep], rows.event[keep], rows.after[keep]
    )
    slabs = stats.Slabs(
        np.zeros(3),
        np.full(3, 100.0),
        np.full(3, 0.5),
        np.zeros(3, bool),
        np.zeros(1),
        np.full(1, 100.0),
    )
    mean, spread = stats.full_model(rows, slabs, [0, 1, 2])
    peer = api.GLM(
        rows.event, np.column_stack((np.ones(len(rows.event)), rows.z, rows.x)),
        family=api.families.Poisson(), offset=np.log(rows.exposure),
    ).fit()  # fmt: skip
    # The intercept keeps its own prior (sd 1.5), which hardly moves the slopes.
    assert mean == pytest.approx(peer.params[2:], abs=0.03)
    assert np.sqrt(np.diag(spread)) == pytest.approx(peer.bse[2:], rel=0.05)


def test_laplace_evidence_is_close_to_the_integral():
    """One factor in, everything else known: compare with quadrature over a grid."""
    rows = make_rows(5, runs=40, p=1)
    rows = rows._replace(z=np.zeros((len(rows.event), 0)))
    slabs = stats.Slabs(
        np.array([0.2]),
        np.array([0.5]),
        np.array([0.2]),
        np.array([False]),
        np.empty(0),
        np.empty(0),
    )
    masks = np.array([[False], [True]])
    found = stats.fit(rows, slabs, masks)
    laplace = np.diff(stats.log_evidence(found, slabs, masks))[0]
    a1, a2 = np.linspace(-7, -2.5, 31), np.linspace(-6.5, -1, 31)
    b = np.linspace(-1.6, 2.6, 61)

    def log_sum(values: np.ndarray) -> float:
        top = values.max()
        return float(top + math.log(np.exp(values - top).sum()))

    def densities(slopes: np.ndarray, priors: np.ndarray) -> np.ndarray:
        """Split by the kind of row: the two intercepts never meet."""
        out = []
        for late, grid, (mean, sd) in zip(
            (False, True),
            (a1, a2),
            zip(stats.INTERCEPT_MEAN, stats.INTERCEPT_SD, strict=True),
            strict=True,
        ):
            rate = rows.exposure * np.exp(
                grid[:, None, None] + slopes[None, :, None] * rows.x[:, 0]
            )
            log_p = np.where(
                rows.event > 0, np.log(-np.expm1(-rate)) if late else np.log(rate) - rate, -rate
            )
            part = log_p[:, :, rows.after == late].sum(axis=2)
            out.append(part - 0.5 * ((grid[:, None] - mean) / sd) ** 2)
        return (
            np.array([log_sum(out[0][:, k]) + log_sum(out[1][:, k]) for k in range(len(slopes))])
            + priors
        )

    base = densities(np.zeros(1), np.zeros(1))
    with_b = densities(b, -0.5 * ((b - 0.2) / 0.5) ** 2)
    step = math.log(b[1] - b[0]) - math.log(0.5 * math.sqrt(2 * math.pi))
    exact = log_sum(with_b) + step - log_sum(base)
    assert laplace == pytest.approx(exact, abs=0.05)


@given(st.integers(2, 9), st.integers(1, 4), st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_leaving_out_large_models_keeps_every_prior_chance(count: int, largest: int, seed: int):
    chances = np.random.default_rng(seed).uniform(0.05, 0.35, count)
    chances *= min(1.0, 0.8 * largest / chances.sum())
    masks = stats.subsets(count, largest)
    weights = np.exp(stats.model_prior(masks, chances))
    assert weights.sum() == pytest.approx(1.0)
    assert masks.T @ weights == pytest.approx(chances, abs=1e-3)


def test_fourteen_factors_up_to_four_are_1471_models():
    assert len(stats.subsets(14, 4)) == 1471
    assert len(stats.subsets(3, 3, never=[(0, 1)])) == 8 - 2


def test_what_drives_is_found_and_the_order_of_rows_is_nothing():
    rows, slabs = make_rows(2, runs=300, effect=1.2), make_slabs()
    one = stats.average(rows, slabs)
    assert one.posterior[0] > 0.95
    assert (one.posterior[1:] < 0.35).all()
    order = np.random.default_rng(0).permutation(len(rows.event))
    other = stats.average(stats.Rows(*(column[order] for column in rows)), slabs)
    assert other.posterior == pytest.approx(one.posterior, abs=2e-4)
    before, after = stats.any_of(one, [0, 1])
    assert after >= one.posterior[:2].max()
    assert before == pytest.approx(1 - 0.8**2, abs=0.02)


def test_a_directed_factor_counts_only_what_harms():
    rows = make_rows(2, runs=300, effect=-1.2)
    both = stats.average(rows, make_slabs())
    harm = stats.average(rows, make_slabs(directed=(0,)))
    assert both.posterior[0] > 0.8
    assert harm.posterior[0] < 0.1
    assert stats.chance_positive(both, make_slabs())[0] < 0.05


def test_draws_follow_the_average_and_repeat():
    rows, slabs = make_rows(2, runs=150), make_slabs(directed=(1,))
    averaged = stats.average(rows, slabs)
    once = stats.draws(averaged, slabs, 500, seed=1)
    assert np.array_equal(once, stats.draws(averaged, slabs, 500, seed=1))
    first = once[:, -3]
    assert (first != 0).mean() == pytest.approx(averaged.posterior[0], abs=0.02)
    assert (once[:, -2] >= 0).all()


def test_a_graded_score_is_weighed_the_same_way():
    random = np.random.default_rng(4)
    x = random.normal(size=(60, 3))
    z = random.normal(size=(60, 1))
    y = 2 + 1.2 * x[:, 1] + 0.5 * z[:, 0] + random.normal(0, 1, 60)
    result = stats.graded_average(x, z, y, make_slabs())
    assert result.posterior[1] > 0.95
    assert result.posterior[[0, 2]].max() < 0.4
    least, *_ = np.linalg.lstsq(np.column_stack((np.ones(60), z, x)), y, rcond=None)
    assert result.mean[1] == pytest.approx(least[3], abs=0.15)
    assert result.residual_sd == pytest.approx(math.sqrt(1 + 1.2**2), rel=0.3)


def test_luck():
    assert stats.chance_all_clean(0.3, 4) == pytest.approx(0.2401)
    assert round(100 * stats.chance_all_clean(0.3, 8)) == 6
    assert round(100 * stats.chance_all_clean(0.2, 10)) == 11


def test_permutation_is_one_sided_and_repeats():
    values = np.array([5.0, 6.0, 5.5, 1.0, 1.5, 0.5, 1.2, 0.8])
    marked = np.array([True] * 3 + [False] * 5)
    p = stats.permutation_p(values, marked, 400, seed=3)
    assert p == stats.permutation_p(values, marked, 400, seed=3)
    assert p < 0.05
    assert stats.permutation_p(values, ~marked, 400, seed=3) > 0.9


def test_a_run_that_is_sure_to_end_badly_overflows_nothing():
    rows = make_rows(7, runs=12)
    rows = rows._replace(x=rows.x * 60.0, event=np.ones(len(rows.event)))
    averaged = stats.average(rows, make_slabs())
    assert np.isfinite(averaged.posterior).all()
