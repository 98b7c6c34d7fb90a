"""Intervals: the repeats of the seed, found and told, and their pattern in numbers."""

from __future__ import annotations

import numpy as np
import pytest

from backinstride import diary, exposures, schema
from backinstride.exposures import intervals
from backinstride.exposures.intervals import Rep, describe, fastest_s, find, told
from exposure_frames import Kept, day, runs

SEED_4 = "4 x 800 m: 3:00 (1:23/1:36), 3:49 (1:30/2:18) walked, 3:27 (1:48/1:38), 3:51 (2:05/1:45)"


def session(*speeds_and_seconds, rest_speed=1.0, rest_s=180.0, warm_s=600.0):
    """Speed a second: warm-up, repeats of (speed, seconds) parts each, recoveries between."""
    parts = [np.full(int(warm_s), 2.6)]
    for rep in speeds_and_seconds:
        parts += [np.concatenate([np.full(s, v) for v, s in rep]), np.full(int(rest_s), rest_speed)]
    speed = np.concatenate(parts)
    time = 1.7e9 + np.arange(len(speed) + 1.0)
    return {
        "time_s": time,
        "distance_m": np.concatenate([[0.0], np.cumsum(speed)]),
        "speed_m_s": np.append(speed, speed[-1]),
    }


@pytest.mark.seed("S4.3", "S4.8", "S4.9", "S4.10", "S4.11")
def test_the_800s_of_seed_4_as_told():
    reps = told([SEED_4], rest_s=720.0)
    found = describe(reps, best_s=180.0)
    assert found is not None
    assert [r.distance_m for r in reps] == [800.0] * 4
    assert [round(p) for p in found.second_half_pct] == [16, 53, -9, -16]
    assert found.fade_pct == pytest.approx(23.5, abs=0.05)
    assert found.flat_out
    assert found.best_known
    assert found.rested is True
    assert found.walked == (2,)
    text = " ".join(found.sentences)
    assert "23.5 % slower" in text
    assert "equals your best" in text
    assert "Second half slower in repeats 1-2 (+16 %, +53 %)" in text
    assert "Second half faster in repeats 3-4 (-9 %, -16 %)" in text
    assert "missing rest does not explain" in text
    assert "walking in repeat 2" in text


def test_short_recoveries_may_explain_a_fade_and_unknown_ones_say_nothing():
    reps = [Rep(time_s=100 + 10 * i, rest_s=60.0) for i in range(4)]
    short = describe(reps)
    assert short is not None
    assert short.rested is False
    assert not any("recoveries" in s for s in short.sentences)
    unknown = describe([Rep(time_s=100.0), Rep(time_s=100.0)])
    assert unknown is not None
    assert unknown.rested is None


def test_without_a_known_best_a_far_faster_first_is_perhaps_flat_out():
    found = describe([Rep(time_s=180.0), Rep(time_s=229.0), Rep(time_s=207.0)])
    assert found is not None
    assert found.flat_out
    assert not found.best_known
    assert "perhaps" in " ".join(found.sentences)
    steady = describe([Rep(time_s=200.0), Rep(time_s=202.0), Rep(time_s=199.0)])
    assert steady is not None
    assert not steady.flat_out
    assert steady.fade_pct == pytest.approx(0.25)


@pytest.mark.parametrize("reps", [[], [Rep(time_s=60.0)], [Rep(time_s=0.0), Rep(time_s=1.0)]])
def test_one_repeat_has_no_pattern(reps):
    assert describe(reps) is None


REPS = (
    [(4.8, 83), (4.2, 96)], [(4.4, 90), (1.4, 60), (4.0, 78)], [(3.7, 108), (4.1, 98)],
    [(3.4, 125), (3.9, 105)],
)  # fmt: skip


def lapped(reps, rest_s=180.0, warm_s=600.0):
    """The laps of `session`: warm-up, then repeat and recovery in turn, by hand, unnamed."""
    lengths = [warm_s]
    metres = [2.6 * warm_s]
    for rep in reps:
        lengths += [sum(s for _, s in rep), rest_s]
        metres += [sum(v * s for v, s in rep), rest_s]
    ends = np.cumsum(lengths)
    return {
        "start_s": 1.7e9 + ends - lengths,
        "elapsed_s": np.array(lengths),
        "distance_m": np.array(metres),
        "trigger": np.zeros(len(lengths)),
        "intensity": np.full(len(lengths), np.nan),
    }


def test_repeats_are_found_in_the_speed_with_halves_and_recoveries():
    reps = find(session(REPS[0], REPS[2], REPS[3]))
    assert len(reps) == 3
    for rep, seconds in zip(reps, (179, 206, 230), strict=True):
        assert rep.time_s == pytest.approx(seconds, abs=12)
        assert rep.distance_m == pytest.approx(800, abs=60)
    assert reps[0].rest_s == pytest.approx(180, abs=12)
    assert reps[-1].rest_s is None
    found = describe(reps)
    assert found is not None
    assert [np.sign(p) for p in found.second_half_pct] == [1, -1, -1]


def test_with_the_lap_button_a_walk_break_inside_a_repeat_is_seen():
    found = describe(find(session(*REPS), lapped(REPS)))
    assert found is not None
    assert len(found.reps) == 4
    assert found.walked == (2,)
    assert found.reps[1].walked_s == pytest.approx(60, abs=2)
    assert found.second_half_pct[1] > 20


def test_laps_that_say_active_and_rest_are_taken_at_their_word():
    table = session(*[[(4.5, 90)]] * 3)
    starts, lengths, kinds = [0.0], [600.0], [2.0]
    for k in range(3):
        starts += [600.0 + 270 * k, 690.0 + 270 * k]
        lengths += [90.0, 180.0]
        kinds += [0.0, 1.0]
    laps = {
        "start_s": 1.7e9 + np.array(starts),
        "elapsed_s": np.array(lengths),
        "distance_m": np.where(np.array(kinds) == 0, 405.0, 200.0),
        "intensity": np.array(kinds),
    }
    reps = find(table, laps)
    assert [r.time_s for r in reps] == [90.0] * 3
    assert [round(r.distance_m) for r in reps] == [405] * 3
    assert [r.rest_s for r in reps] == [180.0, 180.0, None]


def test_an_even_run_and_one_with_a_lap_a_kilometre_hold_no_repeats():
    even = session()
    assert find(even) == ()
    rng = np.random.default_rng(1)
    speed = 3.0 + rng.normal(0, 0.25, 3600)
    table = {
        "time_s": 1.7e9 + np.arange(3600.0),
        "distance_m": np.cumsum(speed),
        "speed_m_s": speed,
    }
    laps = {
        "start_s": 1.7e9 + np.arange(10) * 333.0,
        "elapsed_s": np.full(10, 333.0),
        "distance_m": np.full(10, 1000.0),
        "trigger": np.ones(10),
    }
    assert find(table, laps) == ()
    assert find({}) == ()


@pytest.mark.seed("S4.8")
def test_fastest_over_a_distance_is_found_inside_a_run():
    table = session([(5.0, 100)], [(4.0, 100)])
    assert fastest_s(table, 500.0) == pytest.approx(100.0, abs=0.5)
    assert fastest_s(table, 1e6) is None


def test_a_told_session_enters_the_run_table_and_the_next_is_measured_against_it(tmp_path):
    text = (
        f"{day(0)} run\n  reps: 4 x 800 m: 3:00, 3:05, 3:06, 3:07\n\n"
        f"{day(7)} run\n  reps: {SEED_4}\n  rest: 12 min\n"
    )
    frame = runs((0, 8.0), (7, 8.0), (8, 5.0))
    found = exposures.per_run(Kept(tmp_path, frame), diary.parse(text), day(9))
    assert found["reps"].to_list() == [4, 4, None]
    assert found["rep_m"].to_list() == [800.0, 800.0, None]
    assert found["flat_out"].to_list() == [False, True, None]
    assert found["rep_fade_pct"][1] == pytest.approx(23.5, abs=0.05)


def test_repeats_of_a_recording_are_kept_in_the_cache(tmp_path):
    import polars as pl

    table = session(*[[(4.5, 180)]] * 4)
    frame = runs((0, float(table["distance_m"][-1] / 1000)))
    full = pl.DataFrame(
        {n: table.get(n, np.full(len(table["time_s"]), np.nan)) for n in schema.RECORD_NAMES}
    )
    library = Kept(tmp_path, frame, {"r0": full})
    first = exposures.per_run(library, diary.parse(""), day(2))
    again = exposures.per_run(library, diary.parse(""), day(2))
    assert first["reps"].to_list() == [4]
    assert first.equals(again)
    assert library.read == ["r0"]


def test_one_activity_is_told_by_the_diary_else_by_its_recording(tmp_path):
    import polars as pl

    table = session(*[[(4.5, 180)]] * 4)
    frame = runs((0, float(table["distance_m"][-1] / 1000)), (7, 8.0))
    library = Kept(tmp_path, frame, {"r0": pl.DataFrame(table)})
    library.said = diary.parse(f"{day(7)} run\n  reps: {SEED_4}\n")
    recorded = intervals.of_activity(library, "r0")
    assert recorded is not None
    assert len(recorded.reps) == 4
    written = intervals.of_activity(library, "r1")
    assert written is not None
    assert written.fade_pct == pytest.approx(23.5, abs=0.05)
    library.said = diary.parse("")
    assert intervals.of_activity(library, "r1") is None


def test_words_without_times_are_no_repeats():
    assert told(["some strides, felt good"]) == ()
    assert told([]) == ()
    assert intervals.told(["3:00, 3:49"])[1].time_s == 229.0
