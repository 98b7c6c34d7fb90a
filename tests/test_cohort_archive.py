"""Real archives: what a cohort says of a runner is what the runner's own folder says."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest

from backinstride import diary
from backinstride.cohort import build, metrics, stream
from backinstride.exposures import load
from backinstride.importing import import_paths
from backinstride.library import Library

pytest.importorskip("numba", reason="needs [cohort]: numba")
pytest.importorskip("pyarrow", reason="needs [cohort]: pyarrow")
pytestmark = pytest.mark.archive
TODAY = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def cohort(shared_file, tmp_path_factory):
    """Both archives imported into folders, the folders into a cohort, metrics computed."""
    base = tmp_path_factory.mktemp("cohort")
    for name in ("a1", "a4"):
        import_paths(Library(base / "in" / name), [shared_file(f"data/strava-{name}.zip")])
    build.build([base / "in"], base / "out", today=TODAY)
    stream.metrics_file(base / "out" / build.SESSIONS, base / "metrics.parquet")
    return base


@pytest.mark.parametrize(("name", "runs"), [("a1", 2_000), ("a4", 219)])
def test_every_metric_equals_the_exposure_of_the_same_name(cohort, name, runs):
    library = Library(cohort / "in" / name)
    assert not diary.parse("").entries
    own = library.running().sort("day", "start", "distance_m")
    alone = load.per_run(own)
    pseudonym = build.read_key(cohort / "out.key").pseudonym(name)
    many = pl.read_parquet(cohort / "metrics.parquet").filter(pl.col("runner") == pseudonym)
    assert many.height == alone.height >= runs
    for column in metrics.METRICS:
        pairs = zip(many[column].to_list(), alone[column].to_list(), strict=True)
        for row, (a, b) in enumerate(pairs):
            if isinstance(a, float) and isinstance(b, float):
                assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6), (column, row, a, b)
            else:
                assert a == b, (column, row, a, b)
