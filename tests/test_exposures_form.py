"""Form drift: the traps of the method, its null and what it must find again."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from backinstride import diary, exposures
from backinstride.exposures import drift, form
from backinstride.exposures.kilometres import arrays
from exposure_frames import Kept, day, records, runs

SECONDS = 4200


def noisy(seed, *, drift_ms_h=0.0, ramp=0.0, hills=6.0):
    """70 minutes of running: contact time falls with speed, rises uphill, wanders by itself."""
    rng = np.random.default_rng(seed)
    hours = np.arange(SECONDS) / 3600.0
    wander = np.repeat(rng.normal(0, 0.08, SECONDS // 120 + 1), 120)[:SECONDS]
    speed = 2.9 + ramp * hours + wander
    metres = np.cumsum(speed)
    grade = hills / 100.0 * np.sin(metres / 180.0 + rng.uniform(0, 6))
    slow = np.repeat(rng.normal(0, 2.5, SECONDS // 60 + 1), 60)[:SECONDS]
    noise = slow + rng.normal(0, 4, SECONDS)
    contact = 250 - 35 * (speed - 2.9) + 60 * grade + drift_ms_h * hours + noise
    cadence = 172 + 6 * (speed - 2.9) - 30 * grade + rng.normal(0, 1, SECONDS)
    return {
        "time_s": 1.7e9 + hours * 3600,
        "distance_m": metres,
        "altitude_m": 100 + np.cumsum(grade * speed),
        "speed_m_s": speed,
        "cadence_spm": cadence,
        "stance_time_ms": contact,
    }


def contact(seed, **options):
    samples = drift.samples(noisy(seed, **options))
    assert samples is not None
    return next(d for d in drift.of_run(f"r{seed}", samples) if d.metric == "contact_ms")


def test_a_run_without_drift_is_called_drifting_as_often_as_promised():
    """Nominal 5 %: over 60 runs with nothing in them at most 8 %."""
    found = [contact(seed, hills=1.0).p < 0.05 for seed in range(60)]
    assert np.mean(found) <= 0.10


def test_five_milliseconds_an_hour_are_found_again():
    found = [contact(seed, drift_ms_h=5.0) for seed in range(40)]
    inside = [abs(d.per_h - 5.0) < drift.NORMAL_95 * d.null_sd for d in found]
    assert np.mean(inside) >= 0.90
    trend = drift.trend(found, "contact_ms")
    assert trend is not None
    assert trend.low > 0
    assert trend.low < 5.0 < trend.high
    assert trend.p < 0.01


def test_speeding_up_turns_late_minus_early_backwards_but_not_this():
    one = noisy(3, drift_ms_h=5.0, ramp=0.4)
    values = one["stance_time_ms"]
    naive = values[-1200:].mean() - values[300:1500].mean()
    assert naive < -5
    assert contact(3, drift_ms_h=5.0, ramp=0.4).per_h > 0


@pytest.mark.seed("S0.15")
def test_the_balance_of_left_and_right_is_followed_with_its_noise():
    """A left share that falls by 0.4 points an hour, as one real file showed, is found."""
    found = []
    for seed in range(12):
        one = noisy(seed)
        hours = np.arange(SECONDS) / 3600.0
        rng = np.random.default_rng(seed)
        one["stance_balance_pct"] = 50.3 - 0.4 * hours + rng.normal(0, 0.3, SECONDS)
        samples = drift.samples(one)
        assert samples is not None
        found += [d for d in drift.of_run(str(seed), samples) if d.metric == "balance_pct"]
    trend = drift.trend(found, "balance_pct")
    assert trend is not None
    assert trend.low < -0.4 < trend.high < 0


def test_no_drift_over_many_runs_has_no_trend_and_ten_are_needed():
    still = [contact(seed) for seed in range(20)]
    trend = drift.trend(still, "contact_ms")
    assert trend is not None
    assert trend.low < 0 < trend.high
    assert drift.trend(still[:9], "contact_ms") is None
    assert drift.trend(still, "oscillation_mm") is None


def test_one_run_is_shown_only_beyond_the_runners_own_usual_drift():
    usual = [contact(seed, drift_ms_h=5.0) for seed in range(20)]
    trend = drift.trend(usual, "contact_ms")
    assert trend is not None
    assert sum(drift.stands_out(d, trend) for d in usual) <= 1
    assert drift.stands_out(contact(99, drift_ms_h=30.0), trend)


def test_short_runs_walks_and_runs_without_cadence_say_nothing():
    one = noisy(1)
    assert drift.samples({k: v[:1800] for k, v in one.items()}) is None
    assert drift.samples({k: v for k, v in one.items() if k != "cadence_spm"}) is None
    assert drift.samples({**one, "speed_m_s": np.full(SECONDS, 1.4)}) is None
    assert drift.samples({}) is None


def test_the_first_five_minutes_and_walking_are_left_out():
    one = noisy(2)
    one["speed_m_s"][2000:2300] = 1.2
    samples = drift.samples(one)
    assert samples is not None
    assert samples.hours.min() > 300 / 3600
    assert samples.speed_m_s.min() > 1.8
    assert len(samples.hours) == SECONDS - 301 - 300


@pytest.mark.parametrize(("n", "t"), [(5, 2.5706), (9, 2.2622), (30, 2.0423), (1000, 1.9623)])
def test_students_quantile(n, t):
    assert drift.student_95(n) == pytest.approx(t, rel=4e-3)


def frames(tmp_path, count=12, drift_ms_h=None, device="watch"):
    """Runs of about 12 km, every second day; the last may drift otherwise."""
    kept, rows = {}, []
    for i in range(count):
        last = drift_ms_h if i == count - 1 and drift_ms_h is not None else 2.0
        table = noisy(100 + i, drift_ms_h=last)
        kept[f"r{i}"] = pl.DataFrame(table)
        rows.append((2 * i, float(table["distance_m"][-1]) / 1000))
    frame = runs(*rows, device=[device] * count)
    return Kept(tmp_path, frame, kept)


@pytest.mark.seed("S1.19")
def test_drift_by_kilometre_rises_in_the_run_that_tires_most(tmp_path):
    """The watch sees cadence, bounce and contact; trunk lean it does not see, and says so."""
    quiet = frames(tmp_path / "a")
    tired = frames(tmp_path / "b", drift_ms_h=40.0)
    late = [
        exposures.per_run(library, diary.parse(""), day(60))["form_drift_end"][-1]
        for library in (quiet, tired)
    ]
    assert late[1] > 2.0
    assert late[1] > late[0] + 1.0
    kms = exposures.per_km(tired, diary.parse(""), day(60), ids=["r11"])
    values = kms["form_drift"].to_list()
    assert values[0] is None
    assert np.mean(values[-3:]) > np.mean(values[1:4])
    words = " ".join(e.label for e in exposures.EXPOSURES if e.contributor == "form_drift")
    assert "lean" not in words
    assert "not a cause" in words


def test_no_baseline_of_the_device_no_drift(tmp_path):
    library = frames(tmp_path, count=12)
    fresh = library.frame.with_columns(
        device=pl.when(pl.col("id") == "r11").then(pl.lit("new strap")).otherwise("device")
    )
    library.frame = fresh
    kms = exposures.per_km(library, diary.parse(""), day(60))
    drifts = {id_: part["form_drift"] for (id_,), part in kms.group_by("id")}
    assert drifts["r11"].null_count() == drifts["r11"].len()
    assert drifts["r10"].null_count() < 4
    assert drifts["r0"].null_count() == drifts["r0"].len()


def test_went_together_counts_only_comparable_runs():
    kms = pl.DataFrame(
        {
            "id": [f"q{i}" for i in range(8)] + ["bad", "other"],
            "km": [10] * 10,
            "form_drift": [0.1 * i for i in range(8)] + [2.0, 0.0],
        }
    )
    quiet = frozenset(f"q{i}" for i in range(8))
    onsets = {"bad": 10_600.0, "other": 10_900.0, "gone": 10_500.0}
    assert form.went_together(kms, onsets, quiet) == (1, 2)
    assert form.went_together(kms, onsets, frozenset(list(quiet)[:3])) == (0, 0)


def test_even_synthetic_runs_without_spread_give_null_not_a_crash(tmp_path):
    kept = {f"r{i}": records(12.0, cadence_spm=170.0, stance_time_ms=250.0) for i in range(6)}
    library = Kept(tmp_path, runs(*((i, 12.0) for i in range(6))), kept)
    kms = exposures.per_km(library, diary.parse(""), day(9))
    assert kms["form_drift"].null_count() >= kms.height - 12 * 6
    assert arrays(pl.DataFrame()) == {}
