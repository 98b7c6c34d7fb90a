"""What is noticed beside the contributors: with its luck, and nothing where there is too little."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from backinstride import diary, exposures
from backinstride.exposures import noticed
from exposure_frames import Kept, day, records, runs

EMPTY = pl.DataFrame(schema={"id": pl.String, "km": pl.Int64, "form_drift": pl.Float64})


def sentences(tmp_path, rows, text, today, *, kept=None, kms=None, **columns):
    library = Kept(tmp_path, runs(*rows, **columns), kept)
    book = diary.parse(text)
    table = exposures.per_run(library, book, today)
    kms = exposures.per_km(library, book, today) if kms is None else kms
    return noticed.noticed(library, table, kms, book, today)


def block(number: int, kind: str, *lines: str) -> str:
    return "\n".join((f"{day(number)} {kind}", *(f"  {line}" for line in lines))) + "\n\n"


@pytest.mark.seed("S1.32", "S4.1")
def test_from_which_weekly_distance_and_from_which_distance_in_a_run_pain_came(tmp_path):
    rows, text = [], block(4, "morning", "pain: 0/10")
    for season in range(3):
        for week in range(12):
            km = 10.0 + 3.0 * week
            start = 4 + season * 119 + 7 * week  # a Monday
            rows += [(start + d, km / 3) for d in (0, 2, 4)]
            if km >= 34:
                text += block(start + 4, "episode", "when: during", "onset: 11 km", "pain: 5/10")
    weekly, shortest = sentences(tmp_path, rows, text, day(360))
    assert "weeks of 3" in weekly
    assert "over 3 seasons" in weekly
    assert "of 100 tries" in weekly
    assert "from 11.0 km on" in shortest
    assert "the longest below it without: 10.3 km" in shortest


@pytest.mark.seed("S4.1")
def test_repeats_of_200_m_that_hurt_are_the_distance_from_which_it_hurts(tmp_path):
    text = block(0, "morning", "pain: 0/10")
    rows = [(n, 5.0) for n in range(0, 40, 4)]
    for n in (8, 20, 32):
        text += block(n, "run", "reps: 2 x 200 m: 0:40, 0:42", "pain: 6/10")
    for n in (4, 16, 28):
        text += block(n, "run", "reps: 2 x 100 m: 0:18, 0:19", "pain: 0/10")
    (found, *_) = sentences(tmp_path, rows, text, day(40))
    assert "from 200 m on" in found
    assert "without: 100 m" in found


def test_one_episode_or_a_diary_of_a_day_says_nothing(tmp_path):
    text = block(5, "episode", "when: during", "onset: 4 km")
    assert sentences(tmp_path, [(n, 5.0) for n in range(10)], text, day(12)) == ()
    assert sentences(tmp_path, [], "", day(12)) == ()


@pytest.mark.seed("S1.19")
def test_how_often_form_had_drifted_before_the_onset_is_said_beside_chance(tmp_path):
    rows = [(2 * n, 12.0) for n in range(14)]
    kms = pl.DataFrame(
        {
            "id": [f"r{n}" for n in range(14)],
            "km": [10] * 14,
            "form_drift": [2.0 if n in (9, 11, 13) else 0.1 * n for n in range(14)],
        }
    )
    text = block(0, "morning", "pain: 0/10")
    for n in (9, 11, 13):
        text += block(2 * n, "episode", "when: during", "onset: 10.5 km")
    found = sentences(tmp_path, rows, text, day(30), kms=kms)
    (drifted,) = [s for s in found if "one in four" in s]
    assert "in 3 of 3 episodes" in drifted


def test_the_drift_of_an_hour_comes_with_its_interval_or_as_none_to_be_told(tmp_path):
    rows = [(n, 8.0) for n in range(12)]
    noise = np.random.default_rng(3)

    def cadence(slope):
        def of(metres):
            return 172.0 + slope * metres / 10_800.0 + noise.normal(0, 0.4, len(metres))

        return of

    falling = {f"r{n}": records(8.0, every_s=5.0, cadence_spm=cadence(-8.0)) for n in range(12)}
    found = sentences(tmp_path, rows, "", day(20), kept=falling, kms=EMPTY)
    (drift,) = [s for s in found if "cadence" in s]
    assert "cadence changed by -" in drift
    assert "could be told from none" not in drift
    assert "No study links that to back pain" in drift
    steady = {f"r{n}": records(8.0, every_s=5.0, cadence_spm=cadence(0.0)) for n in range(12)}
    found = sentences(tmp_path, rows, "", day(20), kept=steady, kms=EMPTY)
    assert any("could be told from none" in s for s in found)


@pytest.mark.seed("S4.3")
def test_the_last_interval_session_of_four_weeks_is_told(tmp_path):
    text = block(10, "run", "reps: 3 x 800 m: 3:00, 3:49, 3:27")
    rows = [(n, 6.0) for n in range(0, 12, 2)]
    (found,) = [s for s in sentences(tmp_path, rows, text, day(14)) if "interval" in s]
    assert f"({day(10)}): 3 repeats of 800 m" in found
    assert "21.1 % slower" in found
    later = day(10) + dt.timedelta(days=40)
    assert not any("interval" in s for s in sentences(tmp_path, rows, text, later))


def test_flexibility_and_gait_are_noted_without_a_rank(tmp_path):
    text = block(3, "measure", "straight_leg_raise: 70 deg", "gait: heel strike, leans forward")
    found = " ".join(sentences(tmp_path, [(0, 5.0)], text, day(5)))
    assert "Straight leg raise: 70 deg" in found
    assert "Gait: heel strike" in found
