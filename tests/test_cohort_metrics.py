"""Cohort metrics: one definition, whoever computes it and however the rows are cut."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride.cohort import definition, metrics, stream
from backinstride.errors import MissingExtraError, UnusableError
from backinstride.exposures import load
from exposure_frames import runs as run_frame

pa = pytest.importorskip("pyarrow", reason="needs [cohort]: pyarrow")
pytest.importorskip("numba", reason="needs [cohort]: numba")
pq = pytest.importorskip("pyarrow.parquet", reason="needs [cohort]: pyarrow")

EPOCH = dt.date(1970, 1, 1)


def sessions(runners: dict) -> pa.Table:
    """Rows of {runner: [(day number, metres), ...]}, in that order."""
    rows = [(name, day, metres) for name, days in runners.items() for day, metres in days]
    return pa.table(
        {
            "runner": pa.array([r[0] for r in rows], pa.string()),
            "day": pa.array([r[1] for r in rows], pa.int32()).cast(pa.date32()),
            "distance_m": pa.array([r[2] for r in rows], pa.float64()),
        }
    )


def same(found: list, wanted: list) -> None:
    for name in metrics.METRICS:
        pairs = zip((r[name] for r in found), (r[name] for r in wanted), strict=True)
        for i, (a, b) in enumerate(pairs):
            if isinstance(a, float) and isinstance(b, float | int):
                assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9), (name, i, a, b)
            else:
                assert a == b, (name, i, a, b)


# Quarters of metres: sums are exact, so that "all days equal" means the same everywhere.
metres = st.one_of(st.none(), st.integers(0, 160_000).map(lambda q: q / 4))
gaps = st.one_of(st.integers(0, 3), st.integers(0, 40), st.just(0), st.integers(300, 900))


@st.composite
def careers(draw, most=60):
    day = draw(st.integers(0, 20_000))
    found = []
    for gap, distance in draw(st.lists(st.tuples(gaps, metres), min_size=1, max_size=most)):
        day += gap
        found.append((day, distance))
    return found


@settings(max_examples=60, deadline=None)
@given(careers())
def test_the_compiled_walk_is_the_definition(career):
    found = metrics.metrics_block(sessions({"a": career})).to_pylist()
    same(found, definition.sessions(career))


def ten_years(seed=0, days=3_700):
    rng = np.random.default_rng(seed)
    ran = np.flatnonzero(rng.random(days) < 0.55)
    ran = np.sort(np.concatenate((ran, ran[rng.random(len(ran)) < 0.05])))  # doubles
    ran = ran[(ran < 1_500) | (ran > 1_900)]  # more than a year off
    return [
        (int(d), float(m)) for d, m in zip(ran, rng.integers(2_000, 30_000, len(ran)), strict=True)
    ]


def test_ten_years_are_exact_where_closed_forms_overflow():
    career = ten_years()
    found = metrics.metrics_block(sessions({"a": career})).to_pylist()
    same(found, definition.sessions(career))
    assert career[-1][0] > 3_600
    assert found[-1]["load_ratio_ewma"] > 0


def test_columns_equal_the_single_runners_of_the_same_name():
    career = ten_years(seed=3, days=900)
    frame = run_frame(*((d, m / 1000) for d, m in career))
    alone = load.per_run(frame).select(metrics.METRICS).to_dicts()
    many = metrics.metrics_block(sessions({"a": career})).to_pylist()
    same(many, alone)


@settings(max_examples=25, deadline=None)
@given(careers(most=25))
def test_single_runner_and_cohort_agree_on_doubles_gaps_and_unknowns(career):
    frame = run_frame(*((d - career[0][0], None if m is None else m / 1000) for d, m in career))
    rows = sessions(
        {"a": list(zip((d - career[0][0] for d, _ in career), frame["distance_m"], strict=True))}
    )
    same(
        metrics.metrics_block(rows).to_pylist(),
        load.per_run(frame).select(metrics.METRICS).to_dicts(),
    )


def test_one_session_and_no_session():
    (only,) = metrics.metrics_block(sessions({"a": [(10, 5000.0)]})).to_pylist()
    assert only["state"] == "return"
    assert {only[n] for n in metrics.METRICS if n != "state"} == {None}
    assert metrics.metrics_block(sessions({})).num_rows == 0


def test_impossible_distances_are_unknown_and_counted():
    career = [(0, 5000.0), (1, -3.0), (2, math.inf), (3, 2e6), (4, None), (5, 5000.0)]
    table, counts = metrics.block(sessions({"a": career}))
    assert (counts.impossible, counts.unknown) == (3, 1)
    last = table.to_pylist()[-1]
    assert (last["longest_30d_m"], last["spike_ratio"], last["state"]) == (5000.0, 1.0, "usual")
    assert table.to_pylist()[1]["state"] is None


def test_the_spike_is_judged_on_the_distance_to_the_onset_where_there_is_one():
    table = sessions({"a": [(0, 10_000.0), (2, 12_000.0)]})
    table = table.append_column("compared_m", pa.array([10_000.0, 9_000.0]))
    last = metrics.metrics_block(table).to_pylist()[-1]
    assert (last["spike_ratio"], last["state"]) == (0.9, "usual")


def test_equal_sessions_of_one_day_are_two_sessions():
    found = metrics.metrics_block(sessions({"a": [(0, 4000.0), (0, 4000.0), (9, 1.0)]})).to_pylist()
    assert found[-1]["load_7d_m"] == 0.0
    assert found[-1]["longest_30d_m"] == 4000.0
    assert [r["days_since_run"] for r in found] == [None, 0, 9]


@pytest.mark.parametrize(
    "runners",
    [{"a": [(5, 1.0), (4, 1.0)]}, {"b": [(0, 1.0)], "a": [(0, 1.0)]}],
)
def test_unsorted_rows_are_refused_by_name(runners):
    with pytest.raises(metrics.UnsortedError) as found:
        metrics.metrics_block(sessions(runners))
    assert found.value.slug == "cohort-unsorted"


def test_a_runner_that_comes_back_in_a_later_block_is_refused():
    parts = [sessions({n: [(0, 1.0)]}).to_batches()[0] for n in "aba"]
    with pytest.raises(metrics.UnsortedError):
        list(stream.whole_runners(parts, 1))


def test_columns_that_are_missing_or_moments_are_refused():
    table = sessions({"a": [(0, 1.0)]})
    with pytest.raises(UnusableError, match="distance_m"):
        metrics.metrics_block(table.drop_columns(["distance_m"]))
    moments = table.set_column(1, "day", table.column("day").cast(pa.timestamp("s", "UTC")))
    with pytest.raises(UnusableError, match="local day"):
        metrics.metrics_block(moments)
    with pytest.raises(UnusableError, match="no runner"):
        metrics.metrics_block(table.set_column(0, "runner", pa.array([None], pa.string())))


# --- blocks --------------------------------------------------------------------------------


MANY = {"a": [(0, 1.0)], "b": ten_years(1, 40), "c": [(3, 2.0), (3, 2.0)], "d": ten_years(2, 25)}


def test_every_cut_gives_the_same_bits():
    table = sessions(MANY)
    whole = metrics.metrics_block(table)
    for size in range(1, table.num_rows + 1):
        for rows in (1, 7, table.num_rows):
            parts = list(stream.blocks(table.to_batches(max_chunksize=size), rows))
            joined = pa.concat_tables([t for t, _ in parts])
            assert joined.equals(whole), (size, rows)
            assert sum(c.runners for _, c in parts) == len(MANY)


def test_a_file_goes_through_and_appears_whole(tmp_path):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(sessions(MANY), source, row_group_size=5)
    done = stream.metrics_file(source, target, rows=8)
    assert (done.sessions, done.runners) == (sum(map(len, MANY.values())), 4)
    read = pl.read_parquet(target)
    assert read.equals(pl.DataFrame(pl.from_arrow(metrics.metrics_block(sessions(MANY)))))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_a_file_out_of_order_leaves_nothing_behind_and_can_be_sorted(tmp_path):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(sessions({"b": [(1, 1.0)], "a": [(2, 3.0), (0, 2.0)]}), source)
    with pytest.raises(metrics.UnsortedError):
        stream.metrics_file(source, target)
    assert [p.name for p in tmp_path.iterdir()] == ["in.parquet"]
    with stream.sorted_copy(source, target) as ordered:
        stream.metrics_file(ordered, target)
    assert pl.read_parquet(target)["runner"].to_list() == ["a", "a", "b"]


def test_nothing_readable_is_refused(tmp_path):
    (tmp_path / "in.parquet").write_bytes(b"no parquet")
    with pytest.raises(UnusableError):
        stream.metrics_file(tmp_path / "in.parquet", tmp_path / "out.parquet")
    pq.write_table(sessions(MANY), tmp_path / "in.parquet")
    with pytest.raises(UnusableError, match="overwrite"):
        stream.metrics_file(tmp_path / "in.parquet", tmp_path / "in.parquet")


def test_an_empty_table_gives_an_empty_table(tmp_path):
    pq.write_table(sessions({}), tmp_path / "in.parquet")
    done = stream.metrics_file(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert done.sessions == 0
    assert set(metrics.METRICS) <= set(pl.read_parquet(tmp_path / "out.parquet").columns)


def test_one_runner_with_very_many_rows_is_one_block():
    days = np.repeat(np.arange(5_000, dtype=np.int32), 40)
    table = pa.table(
        {
            "runner": pa.array(np.zeros(len(days), np.int32)),
            "day": pa.array(days).cast(pa.date32()),
            "distance_m": pa.array(np.full(len(days), 1000.0)),
        }
    )
    (only,) = stream.blocks(table.to_batches(max_chunksize=1_000), 1_000)
    last = only[0].slice(len(days) - 1).to_pylist()[0]
    assert last["load_7d_m"] == 280_000.0
    assert last["load_ratio_ewma"] == pytest.approx(1.0)
    assert last["monotony_7d"] is None


def test_without_the_extra_its_name_is_said(monkeypatch):
    import importlib

    table = sessions({"a": [(0, 1.0)]})

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"backinstride\[cohort\]"):
        metrics.metrics_block(table)
