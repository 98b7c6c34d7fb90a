"""Exposures on a real archive: in seconds, in sensible ranges, drift with the right signs."""

from __future__ import annotations

import datetime as dt
import time

import polars as pl
import pytest

from backinstride import diary, exposures
from backinstride.exposures import drift
from backinstride.importing import import_paths
from backinstride.library import Library

pytestmark = pytest.mark.archive
TODAY = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def library(shared_file, tmp_path_factory):
    path = shared_file("data/strava-a4.zip")
    kept = Library(tmp_path_factory.mktemp("a4"))
    import_paths(kept, [path])
    return kept


def test_a_year_of_runs_in_seconds_and_again_at_once(library):
    nothing = diary.parse("")
    start = time.process_time()
    runs = exposures.per_run(library, nothing, TODAY)
    kms = exposures.per_km(library, nothing, TODAY)
    first = time.process_time() - start
    assert runs.height == 219
    assert first < 15
    start = time.process_time()
    assert exposures.per_km(library, nothing, TODAY).equals(kms)
    assert time.process_time() - start < 3

    total = kms.group_by("id").agg(km=pl.col("length_km").sum()).join(runs, on="id")
    assert ((total["km"] - total["distance_m"] / 1000).abs() < 1e-6).all()
    assert set(runs["state"].drop_nulls()) <= {"usual", "spike", "return"}
    assert 0.01 < (runs["state"] == "spike").mean() < 0.25
    for name, low, high in (
        ("intensity_z", -4, 4), ("climb_m_per_km", 0, 120), ("pace_s_per_km", 150, 1200),
        ("easy_pace_s_per_km", 220, 480), ("form_drift_end", -4, 4),
    ):  # fmt: skip
        assert runs[name].is_between(low, high).all(), name
        assert runs[name].null_count() < runs.height / 2, name
    assert abs(runs["intensity_z"].median()) < 0.5
    assert runs["shoe"].null_count() == 49
    assert runs["shoe"].n_unique() == 3


def test_drift_of_200_runs_has_the_signs_of_tiring_where_raw_slopes_are_backwards(library):
    """At the same pace and grade: slower cadence, more bounce; contact time no shorter."""
    runs = exposures.per_run(library, diary.parse(""), TODAY)
    found = drift.of_library(library, runs)
    cadence = drift.trend(found, "cadence_spm")
    bounce = drift.trend(found, "oscillation_mm")
    contact = drift.trend(found, "contact_ms")
    assert cadence is not None
    assert bounce is not None
    assert contact is not None
    assert min(cadence.runs, bounce.runs, contact.runs) >= 100
    assert cadence.high < 0
    assert bounce.low > 0
    assert contact.per_h > 0
    again = drift.trend(drift.of_library(library, runs), "contact_ms")
    assert again == contact


def test_climb_goes_with_the_barometer_of_the_watch(library):
    runs = exposures.per_run(library, diary.parse(""), TODAY).select("id", "climb_m_per_km")
    both = (
        library.running()
        .join(runs, on="id")
        .filter(pl.col("climb_m").is_not_null(), pl.col("climb_m_per_km").is_not_null())
        .with_columns(ours=pl.col("climb_m_per_km") * pl.col("distance_m") / 1000)
    )
    assert both.select(pl.corr("ours", "climb_m")).item() > 0.95
