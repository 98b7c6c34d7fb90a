"""Rows made from recordings: what was given stays, what is missing is computed or null."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import clean
from backinstride.errors import Problem
from backinstride.readers.recording import Recording
from backinstride.schema import ACTIVITY_NAMES

START = dt.datetime(2026, 9, 30, 22, 30, tzinfo=dt.UTC)
M_PER_DEG = np.pi / 180 * clean.EARTH_M


def track(seconds: int = 1200, speed: float = 3.0, **streams: np.ndarray) -> dict[str, np.ndarray]:
    """Straight north at an even pace, one sample a second."""
    time = START.timestamp() + np.arange(seconds, dtype=np.float64)
    metres = np.arange(seconds) * speed
    return {
        "time_s": time,
        "lat_deg": 10 + metres / M_PER_DEG,
        "lon_deg": np.full(seconds, 20.0),
        **streams,
    }


def recording(records: dict[str, np.ndarray] | None = None, **fields: object) -> Recording:
    base = {"id": "0" * 16, "file": "a.gpx", "source": "gpx", "start": START, "sport": "run"}
    return Recording(records=track() if records is None else records, **{**base, **fields})


def words(row: dict) -> set[str]:
    return set((row["quality"] or "").split("; ")) - {""}


def test_a_row_has_every_column_and_what_the_device_gave_stays():
    given_ = {"distance_m": 4000.0, "distance_from": "device", "elapsed_s": 1300.0, "moving_s": 1250.0,
              "climb_m": 12.0, "descent_m": 11.0, "avg_hr_bpm": 150.0, "avg_cadence_spm": 170.0}  # fmt: skip
    _, row = clean.row(recording(**given_))
    assert set(row) == set(ACTIVITY_NAMES)
    assert {name: row[name] for name in given_} == given_


def test_missing_totals_come_from_the_samples():
    altitude = np.concatenate([np.linspace(0, 60, 600), np.linspace(60, 20, 600)])
    heart = np.full(1200, 150.0)
    _, row = clean.row(recording(track(altitude_m=altitude, heart_rate_bpm=heart)))
    assert row["distance_m"] == pytest.approx(1199 * 3.0, rel=1e-3)
    assert row["distance_from"] == "points"
    assert row["elapsed_s"] == 1199.0
    assert row["moving_s"] == 1199.0
    assert row["climb_m"] == pytest.approx(60, abs=3)
    assert row["descent_m"] == pytest.approx(40, abs=3)
    assert row["avg_hr_bpm"] == pytest.approx(150)
    assert row["avg_cadence_spm"] is None
    assert words(row) == set()


def test_the_day_is_local_where_the_offset_is_known():
    assert clean.row(recording())[1]["day"] == dt.date(2026, 9, 30)
    assert clean.row(recording(utc_offset_s=7200))[1]["day"] == dt.date(2026, 10, 1)


def test_a_treadmill_without_gps_has_nulls_not_zeros():
    records = {"time_s": track()["time_s"], "heart_rate_bpm": np.full(1200, 140.0)}
    _, row = clean.row(recording(records, sport="treadmill_run", distance_m=0.0))
    assert row["distance_m"] is None
    assert row["climb_m"] is None
    assert row["moving_s"] is None
    assert row["avg_cadence_spm"] is None
    assert words(row) == {"no positions", "no distance"}
    still = recording(track(speed=0.0), distance_m=0.0)
    assert clean.row(still)[1]["distance_m"] == 0.0  # positions say that nobody moved


@pytest.mark.parametrize(
    ("pod", "expected", "doubled"), [(86.0, 172.0, True), (172.0, 172.0, False)]
)
def test_a_pod_that_counts_one_foot_is_doubled_and_said(pod, expected, doubled):
    stored, row = clean.row(
        recording(track(cadence_spm=np.full(1200, pod), speed_m_s=np.full(1200, 3.0)))
    )
    assert row["avg_cadence_spm"] == pytest.approx(expected)
    assert ("one foot" in words(row)) is doubled
    assert np.median(stored.records["cadence_spm"]) == expected
    ride = recording(track(cadence_spm=np.full(1200, 86.0)), sport="ride")
    assert clean.row(ride)[1]["avg_cadence_spm"] == pytest.approx(86.0)


def test_a_walker_is_not_doubled_by_a_few_slow_steps():
    cadence = np.concatenate([np.full(300, 100.0), np.full(900, 168.0)])
    _, row = clean.row(recording(track(cadence_spm=cadence)))
    assert "one foot" not in words(row)


def test_pauses_are_not_moving_time():
    records = track()
    records["lat_deg"][400:800] = records["lat_deg"][400]
    records["lat_deg"][800:] -= records["lat_deg"][800] - records["lat_deg"][799]
    _, row = clean.row(recording(records))
    assert row["elapsed_s"] == 1199.0
    assert row["moving_s"] == pytest.approx(800, abs=3)
    assert "long pauses" in words(row)


def test_a_gap_between_samples_is_a_pause_unless_it_was_run_through():
    time = np.array([0.0, 10.0, 400.0, 410.0, 800.0])
    metres = np.array([0.0, 30.0, 60.0, 90.0, 1290.0])
    assert clean.moving_steps_s(time, metres).tolist() == [10.0, 0.0, 10.0, 390.0]


def test_gps_jumps_do_not_count_as_distance_and_are_said():
    records = track()
    records["lat_deg"][500] += 400 / M_PER_DEG
    stored, row = clean.row(recording(records))
    assert words(row) == {"GPS jumps"}
    assert row["distance_m"] == pytest.approx(1199 * 3.0, rel=0.01)
    assert stored.records["lat_deg"][500] == records["lat_deg"][500]  # the samples stay


def test_a_watch_left_on_in_the_car():
    records = track()
    records["lat_deg"][900:] = records["lat_deg"][900] + np.arange(300) * 20.0 / M_PER_DEG
    _, row = clean.row(recording(records))
    assert "driven part" in words(row)
    assert "GPS jumps" not in words(row)
    assert "driven part" not in words(clean.row(recording(records, sport="ride"))[1])


def test_distances_that_differ_are_said_and_the_devices_is_kept():
    _, row = clean.row(
        recording(distance_m=5000.0, distance_from="device", extra={"export_distance_m": "5300.0"})
    )
    assert row["distance_m"] == 5000.0
    assert words(row) == {
        "distance differs from the positions",
        "distance differs from the export",
    }


def test_what_else_looks_wrong():
    heart = np.full(1200, 150.0)
    heart[10] = 255
    altitude = np.zeros(1200)
    altitude[100:1100:100] = 300
    old = dt.datetime(1989, 12, 31, tzinfo=dt.UTC)
    damaged = (Problem("a.fit", "fit-truncated", "ends early", kept=True),)
    _, row = clean.row(
        recording(track(heart_rate_bpm=heart, altitude_m=altitude), start=old, problems=damaged)
    )
    assert words(row) == {
        "heart rate out of range",
        "altitude jumps",
        "clock not set",
        "damaged file",
    }
    assert row["avg_hr_bpm"] == pytest.approx(150)
    assert words(clean.row(recording({}, distance_m=1.0))[1]) == {"no samples"}
    assert words(row) <= clean.QUALITY.keys()


def test_noise_of_altitude_is_not_climb():
    metres = np.arange(5000) * 3.0
    noise = np.random.default_rng(1).normal(0, 0.5, 5000)
    up, down = clean.climb_and_descent_m(metres, noise)
    assert np.maximum(np.diff(noise), 0).sum() > 500  # what the plain sum would say
    assert up < 60
    assert down < 60


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_samples_make_a_row_fail(data):
    size = data.draw(st.integers(1, 12))
    value = st.floats(-1e6, 1e6) | st.just(float("nan"))
    names = [
        "time_s",
        "lat_deg",
        "lon_deg",
        "altitude_m",
        "distance_m",
        "speed_m_s",
        "heart_rate_bpm",
        "cadence_spm",
    ]
    records = {
        name: np.array(data.draw(st.lists(value, min_size=size, max_size=size)))
        for name in data.draw(st.sets(st.sampled_from(names)))
    }
    _, row = clean.row(recording(records))
    numbers = [v for v in row.values() if isinstance(v, float)]
    assert not np.isnan(numbers).any()


def test_a_step_of_next_to_nothing_is_no_speed() -> None:
    time = np.array([0.0, 5e-324, 1.0, 2.0])
    metres = np.array([0.0, 0.0, 3.0, 6.0]) + np.array([0.0, 104_791.0, 104_791.0, 104_791.0])
    assert clean.moving_steps_s(time, metres).tolist() == [5e-324, 1.0, 1.0]
