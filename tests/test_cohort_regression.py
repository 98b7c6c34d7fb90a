"""The cohort's hazard regression: a known truth found again, peers equalled, refusals named."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from backinstride.cohort import regression
from backinstride.cohort.regression import ANY_SPIKE, LAYOFF, SPIKE, UnfittableError

pytest.importorskip("numba", reason="needs [cohort]: numba")
pytest.importorskip("pyarrow", reason="needs [cohort]: pyarrow")

from backinstride.cohort import invented, stream


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A tenth of the published study's size, three times its hazard; metrics computed."""
    folder = tmp_path_factory.mktemp("study")
    invented.write(folder / "in.parquet", 1_000, 120_000, seed=5)
    stream.metrics_file(folder / "in.parquet", folder / "out.parquet")
    return folder / "out.parquet"


def test_the_truth_lies_in_the_intervals(study):
    found = {r.name: r for r in regression.ratios(regression.fit_cells(study, (SPIKE,)))}
    truth = dict(zip(SPIKE.levels[1:], (1.64, 1.52, 2.28), strict=True))
    for level, ratio in truth.items():
        got = found[f"spike: {level}"]
        assert got.low < ratio < got.high, got


def test_cells_and_rows_give_the_same_fit(study):
    by_cells = regression.fit_cells(study, (ANY_SPIKE, LAYOFF))
    columns = {f.name: f.code for f in (ANY_SPIKE, LAYOFF)}
    by_rows = regression.fit_rows(study, columns)
    np.testing.assert_allclose(by_rows.beta, by_cells.beta, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(by_rows.model, by_cells.model, rtol=1e-6)
    np.testing.assert_allclose(by_rows.robust, by_cells.robust, rtol=1e-6, atol=1e-9)
    assert (by_rows.rows, by_rows.events, by_rows.runners) == (
        by_cells.rows,
        by_cells.events,
        by_cells.runners,
    )


def test_chunks_of_any_size_give_the_same_errors(study, monkeypatch):
    whole = regression.fit_cells(study, (ANY_SPIKE,))
    monkeypatch.setattr(regression, "_CHUNK", 997)
    np.testing.assert_allclose(
        regression.fit_cells(study, (ANY_SPIKE,)).robust, whole.robust, rtol=1e-9
    )


def test_a_chunk_of_which_nothing_is_known_says_nothing(study, tmp_path, monkeypatch):
    whole = pl.read_parquet(study)
    unknown = whole.head(3_000).with_columns(
        runner=pl.lit(-1, pl.Int32), episode=pl.lit(None, pl.Boolean)
    )
    pl.concat([unknown, whole]).write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(regression, "_CHUNK", 1_000)
    padded = regression.fit_cells(tmp_path / "t.parquet", (ANY_SPIKE,))
    wanted = regression.fit_cells(study, (ANY_SPIKE,))
    np.testing.assert_allclose(padded.robust, wanted.robust, rtol=1e-9)
    assert padded.runners == wanted.runners


def test_sessions_that_are_alike_within_runners_widen_the_interval(tmp_path):
    """Every session ten times over: the model believes in ten times the data, the sandwich not."""
    rng = np.random.default_rng(0)
    exposed, runner = rng.random(4_000) < 0.4, np.arange(4_000)
    event = rng.random(4_000) < np.where(exposed, 0.08, 0.04)
    frame = pl.DataFrame({"runner": runner, "x": exposed, "episode": event})
    factor = regression.Factor("x", ("no", "yes"), pl.col("x").cast(pl.Int8))
    widths = []
    for times in (1, 10):
        path = tmp_path / f"{times}.parquet"
        pl.concat([frame] * times).sort("runner").write_parquet(path)
        (ratio,) = regression.ratios(regression.fit_cells(path, (factor,)))
        widths.append((ratio.se, ratio.se_model))
    assert widths[1][0] == pytest.approx(widths[0][0], rel=1e-6)
    assert widths[1][1] == pytest.approx(widths[0][1] / math.sqrt(10), rel=1e-6)


def test_the_smallest_table_has_the_rates_it_shows(tmp_path):
    """One binary factor: the ratio of the cumulative hazards, by hand."""
    frame = pl.DataFrame(
        {
            "runner": np.arange(1_000),
            "x": [0] * 600 + [1] * 400,
            "episode": [1] * 30 + [0] * 570 + [1] * 40 + [0] * 360,
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    factor = regression.Factor("x", ("no", "yes"), pl.col("x"))
    (ratio,) = regression.ratios(regression.fit_cells(tmp_path / "t.parquet", (factor,)))
    assert ratio.ratio == pytest.approx(math.log(1 - 40 / 400) / math.log(1 - 30 / 600), rel=1e-9)


@pytest.mark.parametrize(
    ("x", "event"),
    [([0, 1, 0, 1], [0, 0, 0, 0]), ([0, 0, 0, 0], [0, 1, 0, 0]), ([0, 0, 1, 1], [0, 1, 0, 0])],
)
def test_what_cannot_be_told_is_refused_by_name(tmp_path, x, event):
    frame = pl.DataFrame({"runner": [1, 2, 3, 4], "x": x, "episode": event})
    frame.write_parquet(tmp_path / "t.parquet")
    factor = regression.Factor("x", ("no", "yes"), pl.col("x"))
    with pytest.raises(UnfittableError):
        regression.fit_cells(tmp_path / "t.parquet", (factor,))


@pytest.mark.oracle
def test_statsmodels_gives_the_same_numbers(study):
    pytest.importorskip("scipy", reason="needs [dev]: scipy")
    sm = pytest.importorskip("statsmodels.api", reason="needs [dev]: statsmodels")
    frame = (
        pl.read_parquet(study)
        .select("runner", "episode", x=ANY_SPIKE.code, y=LAYOFF.code)
        .drop_nulls()
    )
    x = np.column_stack([np.ones(frame.height), frame["x"], frame["y"]]).astype(float)
    peer = sm.GLM(
        frame["episode"].cast(pl.Float64).to_numpy(), x,
        family=sm.families.Binomial(sm.families.links.CLogLog()),
    )  # fmt: skip
    plain = peer.fit(tol=1e-12)
    robust = peer.fit(
        tol=1e-12, cov_type="cluster", cov_kwds={"groups": frame["runner"].to_numpy()}
    )
    ours = regression.fit_cells(study, (ANY_SPIKE, LAYOFF))
    np.testing.assert_allclose(ours.beta, plain.params, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.model)), plain.bse, rtol=1e-4)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.robust)), robust.bse, rtol=5e-3)
