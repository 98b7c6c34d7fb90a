"""Body: what was logged, and that what was not logged stays unknown."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from backinstride import diary, exposures
from backinstride.exposures.body import Coverage, missed_sessions, recent_episode, said_yes
from exposure_frames import Kept, day, runs


def table(tmp_path, frame, text, today=400):
    return exposures.per_run(Kept(tmp_path, frame), diary.parse(text), day(today))


def entries(kind, days, fields="plank: 3 x 45 s"):
    return "\n".join(f"{day(d)} {kind}\n  {fields}\n" for d in days)


@pytest.mark.seed("S1.36")
def test_slacking_off_core_in_the_week_before_is_missed_sessions():
    """Three sessions a week for eight weeks, one in the last: two missed, one model step."""
    days = {day(7 * w + d) for w in range(9) for d in (0, 2, 4)} | {day(63)}
    known = Coverage(day(0), day(90))
    assert missed_sessions(day(70), days, known) == pytest.approx(2.0)


def test_more_than_usual_is_negative_and_a_short_log_says_nothing():
    days = {day(d) for d in (0, 7, 14, 21, 22, 23, 24)}
    known = Coverage(day(0), day(40))
    assert missed_sessions(day(28), days, known) == pytest.approx(1.0 - 4)
    assert missed_sessions(day(20), days, known) is None


def test_never_logged_strength_is_null_everywhere(tmp_path):
    found = table(tmp_path, runs((0, 5.0), (30, 5.0)), "2026-01-01 morning\n  pain: 1\n")
    assert found["strength_7d"].null_count() == 2
    kms = exposures.per_km(Kept(tmp_path, runs((0, 5.0))), diary.parse(""), day(3))
    assert kms["missed_core"].null_count() == kms.height


def test_strength_is_unknown_where_the_diary_stopped(tmp_path):
    text = entries("strength", range(0, 40, 2))
    found = table(tmp_path, runs((35, 5.0), (39, 5.0), (60, 5.0)), text)
    assert found["strength_7d"].to_list() == [4, 4, None]
    assert found["missed_sessions"].to_list()[2] is None


def test_mobility_is_not_strength_and_a_skipped_session_is_known_to_be_missing(tmp_path):
    text = (
        entries("mobility", [1, 3])
        + "\n"
        + entries("strength", [10])
        + (f"\n{day(12)} strength\n  skipped: yes\n")
    )
    found = table(tmp_path, runs((8, 5.0), (13, 5.0), (18, 5.0)), text)
    assert found["strength_7d"].to_list() == [None, None, None]
    longer = text + f"\n{day(30)} morning\n  pain: 0\n"
    found = table(tmp_path, runs((13, 5.0), (17, 5.0), (18, 5.0)), longer)
    assert found["strength_7d"].to_list() == [None, 1, 0]


@pytest.mark.seed("S4.46")
def test_lifting_on_the_watch_counts_beside_running(tmp_path):
    frame = runs(*((d, 5.0) for d in range(0, 40, 2)))
    lifts = runs((1, None), (8, None), (15, None), (33, None)).with_columns(
        sport=pl.lit("strength"), id=pl.format("lift{}", pl.col("id"))
    )
    library = Kept(tmp_path, pl.concat([frame, lifts]).sort("start"))
    found = exposures.per_run(library, diary.parse(""), day(60))
    assert found.height == 20
    assert found.filter(pl.col("day") == day(38))["strength_7d"].to_list() == [1]
    assert exposures.daily(library, diary.parse(""), day(40)).filter(pl.col("strength"))["day"].to_list() == [
        day(1), day(8), day(15), day(33),
    ]  # fmt: skip


def test_short_sleep_is_under_six_hours_of_that_morning(tmp_path):
    text = "2026-01-01 morning\n  sleep: 5.5 h\n\n2026-01-02 morning\n  sleep: 6 h\n"
    kms = exposures.per_km(
        Kept(tmp_path, runs((0, 1.0), (1, 1.0), (2, 1.0))), diary.parse(text), day(9)
    )
    assert kms["sleep"].to_list() == [1.0, 0.0, None]


def test_recent_episode_knows_no_only_where_the_diary_covers():
    bouts = {day(10)}
    covered = Coverage(day(0), day(60))
    values = [recent_episode(day(d), bouts, covered) for d in (5, 10, 11, 23, 24, 30, 80)]
    assert values == [None, None, 1.0, 1.0, 0.0, 0.0, None]
    assert recent_episode(day(11), bouts, None) == 1.0
    assert recent_episode(day(40), bouts, None) is None


def test_fuel_fluid_and_warm_up_are_yes_no_or_unknown(tmp_path):
    text = "2026-01-01 run\n  fuel: none\n  fluid: 500 ml\n"
    found = table(tmp_path, runs((0, 5.0), (1, 5.0)), text)
    assert found["fuelled"].to_list() == [False, None]
    assert found["drank"].to_list() == [True, None]
    assert found["warmed_up"].to_list() == [None, None]
    assert said_yes(" No ") is False


@pytest.mark.seed("S3.9")
def test_pain_the_next_day_after_a_slow_painless_run_is_not_about_pace(tmp_path):
    """Seed 3: 5.5 slow miles, nothing during, pain next day: the exposures of that run are kept."""
    frame = runs(*((2 * d, 5.0) for d in range(14)), (31, 8.851), moving_s=[1800.0] * 14 + [3600.0])
    text = f"{day(32)} episode\n  when: next_day\n  pain: 6\n"
    found = table(tmp_path, frame, text)
    assert found["onset_m"][-1] is None
    assert found["state"][-1] == "spike"
    assert found["intensity_z"][-1] < -1


def test_entries_after_today_do_not_count(tmp_path):
    text = f"{day(5)} episode\n  onset: 3 km\n"
    found = table(tmp_path, runs((5, 5.0)), text, today=5)
    assert found["onset_m"].to_list() == [3000.0]
    assert table(tmp_path, runs((4, 5.0), (5, 5.0)), text, today=4)["onset_m"].to_list() == [None]


def test_daily_tells_the_diary_day_by_day(tmp_path):
    text = f"{day(2)} episode\n  pain: 5\n\n{day(3)} morning\n  pain: 4\n  stiff: 20 min\n"
    days = exposures.daily(Kept(tmp_path, runs((0, 5.0))), diary.parse(text), day(4))
    assert days["episode"].to_list() == [None, None, True, False, None]
    assert days["morning_pain"].to_list() == [None, None, None, 4.0, None]
    assert days["strength"].null_count() == 5
    assert days.filter(pl.col("day") == dt.date(2026, 1, 4))["stiff_min"].to_list() == [20.0]
