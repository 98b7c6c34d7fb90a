"""Load: every definition against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import diary, exposures
from backinstride.exposures import load, thresholds
from exposure_frames import Kept, day, runs


def loads(*rows, onset_m=None):
    frame = runs(*rows)
    return pl.concat([frame.select("id"), load.per_run(frame, onset_m)], how="horizontal")


def column(frame, name):
    return frame[name].to_list()


def test_longest_is_one_run_of_the_30_days_before_not_of_today():
    frame = loads((0, 20.0), (30, 12.0), (30, 9.0), (31, 15.0), (62, 5.0))
    assert column(frame, "longest_30d_m") == [None, 20_000.0, 20_000.0, 12_000.0, None]
    assert column(frame, "state") == ["return", "usual", "usual", "spike", "return"]


def test_the_day_31_back_does_not_count():
    assert column(loads((0, 20.0), (31, 5.0)), "state") == ["return", "return"]
    assert column(loads((0, 20.0), (30, 5.0)), "spike_ratio") == [None, 0.25]


@pytest.mark.parametrize(("km", "state"), [(11.0, "usual"), (11.001, "spike"), (10.999, "usual")])
def test_exactly_ten_percent_more_is_no_spike(km, state):
    frame = loads((0, 10.0), (7, km))
    assert frame["state"][1] == state


def test_miles_at_the_border_are_no_spike():
    mile = 1.609344
    assert loads((0, 18 * mile), (7, 19.8 * mile))["state"][1] == "usual"


@pytest.mark.seed("S1.26")
def test_the_distance_at_onset_is_compared_not_the_planned_or_recorded_one():
    """Seed 1: onset at 17.25 of 20 miles after two 18s is 0.96: no first time this far."""
    mile = 1.609344
    rows = ((0, 18 * mile), (7, 18 * mile), (14, 18.5 * mile))
    frame = loads(*rows, onset_m={"r2": 17250 * mile})
    assert frame["spike_ratio"][2] == pytest.approx(17.25 / 18, abs=1e-9)
    assert frame["state"][2] == "usual"
    assert frame["longest_30d_m"][2] == pytest.approx(18_000 * mile)
    assert loads((0, 18.0), (7, 20.0))["spike_ratio"][1] == pytest.approx(1.111, abs=1e-3)


def test_load_windows_leave_out_the_day_of_the_run():
    frame = loads((0, 1.0), (21, 10.0), (22, 10.0), (28, 5.0), (28, 7.0), (29, 100.0))
    assert column(frame, "load_7d_m")[3:] == [20_000.0, 20_000.0, 22_000.0]
    assert column(frame, "load_28d_m")[3:] == [21_000.0, 21_000.0, 32_000.0]


def test_what_lies_before_the_log_is_unknown_not_zero():
    frame = loads((0, 5.0), (6, 5.0), (7, 5.0), (27, 5.0), (28, 5.0))
    assert column(frame, "load_7d_m") == [None, None, 10_000.0, 0.0, 5_000.0]
    assert column(frame, "load_28d_m") == [None, None, None, None, 20_000.0]
    assert column(frame, "days_since_run")[0] is None
    assert column(frame, "layoff_days")[0] is None


def test_log_load_ratio_by_hand():
    frame = loads((0, 10.0), (14, 10.0), (21, 20.0), (28, 5.0))
    expected = math.log(20 / (40 / 4))
    assert frame["load_log_ratio"][3] == pytest.approx(expected)
    kms = pl.DataFrame({"id": ["r3"], "end_km": [5.0]})
    assert load.per_km(kms, frame)["load"][0] == pytest.approx(expected / 0.4)


def test_a_week_without_running_has_a_floor_and_a_month_without_is_unknown():
    frame = loads((0, 10.0), (10, 10.0), (28, 5.0), (90, 5.0))
    assert frame["load_log_ratio"][2] == pytest.approx(math.log(0.25))
    assert frame["load_log_ratio"][3] is None


@pytest.mark.seed("S3.3", "S1.23")
def test_layoff_ends_with_a_run_and_matters_for_21_days():
    frame = loads((0, 5.0), (13, 5.0), (27, 5.0), (48, 5.0), (49, 5.0), (70, 5.0))
    assert column(frame, "layoff_days") == [None, 0, 14, 21, 0, 21]
    assert column(frame, "layoff_21d_days")[2:] == [14, 21, 21, 21]


def test_layoff_is_over_after_21_days():
    rows = [(0, 5.0), (20, 5.0), *((20 + 7 * k, 5.0) for k in range(1, 5))]
    assert column(loads(*rows), "layoff_21d_days") == [None, 20, 20, 20, 20, 0]


def test_a_young_log_does_not_know_whether_there_was_a_layoff():
    assert column(loads((0, 5.0), (5, 5.0), (21, 5.0), (30, 5.0)), "layoff_21d_days") == [
        None, None, 16, 16,
    ]  # fmt: skip


@pytest.mark.seed("S3.4", "S3.10")
def test_seed_3_first_run_after_neglect_is_a_return_and_two_runs_a_month_are_sporadic():
    """4 miles, two weeks later 5.5, after a long time without: return, then a spike of 1.375."""
    frame = loads((0, 3.0), (200, 6.437), (214, 8.851))
    assert column(frame, "state") == ["return", "return", "spike"]
    assert frame["spike_ratio"][2] == pytest.approx(1.375, abs=1e-3)
    assert frame["runs_28d"][2] == 1
    assert column(frame, "layoff_21d_days")[1:] == [200, 200]


@pytest.mark.seed("S3.14")
def test_step_up_from_two_to_three_runs_a_week_is_seen():
    twice = [(7 * w + d, 6.4) for w in range(12) for d in (1, 4)]
    thrice = [(84 + 7 * w + d, 6.4) for w in range(3) for d in (0, 2, 4)]
    frame = loads(*twice, *thrice)
    assert frame["frequency_step"][23] == pytest.approx(0.0)
    assert frame["frequency_step"][-1] == pytest.approx(1.0, abs=0.15)


@pytest.mark.seed("S1.37", "S0.6")
def test_a_big_build_up_over_four_weeks_is_shown():
    before = [(2 * d, 5.0) for d in range(14)]
    after = [(28 + 2 * d, 10.0) for d in range(14)]
    frame = loads(*before, *after, (56, 10.0))
    assert frame["build_up"][-1] == pytest.approx(2.0)
    assert frame["weekly_change"][-1] == pytest.approx(1.0, abs=0.4)


@pytest.mark.seed("S0.2")
def test_running_age_counts_from_the_first_run_of_the_log():
    assert column(loads((0, 3.0), (60, 10.0)), "history_days") == [0, 60]


@pytest.mark.seed("S2.16")
def test_monotony_and_variety_tell_same_days_from_mixed_ones():
    same = load.daily(runs(*((d, 5.0) for d in range(40))), day(40))
    mixed = load.daily(
        runs(*((d, (3.0, 12.0, 5.0, 18.0)[d // 2 % 4]) for d in range(0, 40, 2))), day(40)
    )
    assert same["monotony_7d"][-1] is None  # no spread at all: sameness has no number
    assert same["variety_28d"][-1] == pytest.approx(0.0)
    assert mixed["monotony_7d"][-1] < 1.0
    assert mixed["variety_28d"][-1] > 0.4


def test_monotony_by_hand():
    metres = np.array([0, 10, 0, 10, 0, 10, 0, 99.0])
    values = load.monotony(metres)
    assert np.isnan(values[:7]).all()
    part = metres[:7]
    assert values[7] == pytest.approx(part.mean() / part.std())


def test_unknown_distance_is_neither_usual_nor_zero():
    frame = loads((0, 10.0), (3, None), (5, 12.0))
    assert column(frame, "state") == ["return", None, "spike"]
    assert column(frame, "spike_ratio")[1] is None
    only_unknown = loads((0, None), (5, 12.0))
    assert column(only_unknown, "state") == ["return", None]


def test_spike_turns_on_inside_the_run_and_distance_counts_doublings():
    frame = loads((0, 10.0), (7, 13.0))
    kms = pl.DataFrame({"id": ["r1"] * 13, "end_km": [float(k) for k in range(1, 14)]})
    table = load.per_km(kms, frame)
    assert table["spike"].to_list() == [0.0] * 11 + [1.0] * 2
    assert table["distance"][7] == 0.0
    assert table["spike_from_km"].to_list() == pytest.approx([11.0] * 13)
    assert table["distance"][3] == -1.0


def test_spike_after_a_return_is_null_not_zero():
    frame = loads((0, 10.0), (40, 13.0))
    kms = pl.DataFrame({"id": ["r1"], "end_km": [13.0]})
    assert load.per_km(kms, frame)["spike"].to_list() == [None]


def test_daily_goes_to_today_and_ends_its_windows_the_day_before():
    table = load.daily(runs((0, 10.0), (9, 5.0)), day(12))
    assert table["day"].to_list() == [day(d) for d in range(13)]
    assert table["days_since_run"].to_list()[-1] == 3
    assert table["load_7d_m"].to_list()[9] == 0.0
    assert table["load_7d_m"].to_list()[10] == 5_000.0


def test_no_runs_give_empty_frames_of_the_same_columns(tmp_path):
    library = Kept(tmp_path, runs())
    table = exposures.per_run(library, diary.parse(""), day(3))
    assert table.is_empty()
    assert (
        table.columns
        == exposures.per_run(Kept(tmp_path, runs((0, 5.0))), diary.parse(""), day(3)).columns
    )
    assert exposures.per_km(library, diary.parse(""), day(3)).is_empty()
    assert exposures.daily(library, diary.parse(""), day(3)).is_empty()


@given(
    st.lists(st.tuples(st.integers(0, 120), st.floats(0.5, 40)), min_size=2, max_size=25),
    st.integers(1, 24),
)
@settings(max_examples=40, deadline=None)
def test_a_later_run_never_changes_an_earlier_one(rows, cut):
    rows = sorted(rows)
    kept = rows[: max(1, cut % len(rows))]
    whole, part = loads(*rows), loads(*kept)
    early = [i for i, (d, _) in enumerate(kept) if d < rows[len(kept)][0]]
    assert whole[early].equals(part[early])


@given(st.lists(st.tuples(st.integers(0, 100), st.floats(0.5, 40)), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
def test_windows_equal_their_slow_definition(rows):
    rows = sorted(rows)
    frame = loads(*rows)
    for (d, _), longest, week in zip(rows, frame["longest_30d_m"], frame["load_7d_m"], strict=True):
        before = [km * 1000 for e, km in rows if d - 30 <= e < d]
        assert longest == (pytest.approx(max(before)) if before else None)
        expected = sum(km * 1000 for e, km in rows if d - 7 <= e < d)
        assert week == (pytest.approx(expected) if d - rows[0][0] >= 7 else None)


@pytest.mark.seed("S1.32")
def test_pain_that_returns_above_a_weekly_distance_is_described_with_its_luck():
    rows, pain = [], []
    for season in range(3):
        for week in range(12):
            km = 10.0 + 3.0 * week
            start = 4 + season * 119 + 7 * week  # a Monday
            rows += [(start + d, km / 3) for d in (0, 2, 4)]
            if km >= 34:
                pain.append(day(start + 4))
    table = thresholds.weeks(load.daily(runs(*rows), day(400)), pain)
    found = thresholds.weekly(table)
    assert found is not None
    assert 30 <= found.above_km <= 37
    assert found.pain_below == 0
    assert found.seasons == 3
    assert found.by_luck is not None
    assert found.by_luck < 0.2
    assert "no proof" in found.sentence


def test_too_few_weeks_with_pain_say_nothing():
    table = thresholds.weeks(
        load.daily(runs(*((7 * w, 10.0) for w in range(20))), day(140)), [day(7)]
    )
    assert thresholds.weekly(table) is None


@pytest.mark.seed("S4.1")
def test_shortest_distance_that_hurts():
    tried = [(100.0, False), (150.0, False), (200.0, True), (800.0, True), (400.0, False)]
    assert thresholds.shortest_with_pain(tried) == (200.0, 150.0)
    assert thresholds.shortest_with_pain([(100.0, False)]) == (None, 100.0)
    assert thresholds.shortest_with_pain([]) == (None, None)
