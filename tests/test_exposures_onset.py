"""What comes after an onset is its consequence: it must not be counted as what went before."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from backinstride.exposures import kilometres, load
from backinstride.exposures.onset import before_onsets, holds_onset

SPEED_M_S = 3.0


class Shelf:
    """A library of one run."""

    def __init__(self, records):
        self._records = records

    def records(self, activity, /):
        return self._records if activity == "r" else pl.DataFrame()

    def laps(self, activity, /):
        return pl.DataFrame()


def walked_home(onset_m: float, total_m: float, slow_from_m: float | None = None) -> pl.DataFrame:
    """Records each second: level at 3 m/s to the onset (or to `slow_from_m`), then a 1.2 m/s walk."""
    slow_from_m = onset_m if slow_from_m is None else slow_from_m
    metres = [0.0]
    while metres[-1] < total_m:
        metres.append(metres[-1] + (SPEED_M_S if metres[-1] < slow_from_m else 1.2))
    metres = np.array(metres)
    altitude = np.where(metres < onset_m, 100.0, 100.0 + 0.1 * (metres - onset_m))
    return pl.DataFrame(
        {"time_s": np.arange(len(metres)), "distance_m": metres, "altitude_m": altitude}
    )


def table(records: pl.DataFrame, total_m: float) -> pl.DataFrame:
    columns = kilometres.from_records(kilometres.arrays(records), total_m)
    assert columns is not None
    return kilometres.frame([("r", 1)], [columns])


RUNS = pl.DataFrame({"id": ["r"], "distance_m": [11_000.0], "day": [dt.date(2026, 9, 1)]})


@pytest.mark.parametrize("slow_from_m", [9400.0, 9100.0])
def test_a_walk_home_does_not_slow_the_kilometre_of_the_onset(slow_from_m):
    records = walked_home(9400.0, 11_000.0, slow_from_m)
    kms = table(records, 11_000.0)
    spoilt = kms.row(9, named=True)
    assert spoilt["length_km"] * 1000 / spoilt["moving_s"] < 2.0  # the trap: nothing but a walk
    found = before_onsets(Shelf(records), RUNS, kms, {"r": 9400.0}).row(9, named=True)
    assert found["length_km"] * 1000 / found["moving_s"] == pytest.approx(SPEED_M_S, rel=0.02)
    assert found["end_km"] == spoilt["end_km"]
    assert found["climb_m"] == pytest.approx(0.0, abs=8.0)  # of the stretch that was run so
    assert spoilt["climb_m"] > 40


def test_other_kilometres_and_other_runs_stay_as_they_were():
    records = walked_home(9400.0, 11_000.0)
    kms = table(records, 11_000.0)
    found = before_onsets(Shelf(records), RUNS, kms, {"r": 9400.0})
    assert found.head(9).equals(kms.head(9))
    assert before_onsets(Shelf(records), RUNS, kms, {"other": 9400.0}).equals(kms)
    assert before_onsets(Shelf(records), RUNS, kms, {}).equals(kms)


def test_an_onset_at_the_start_tells_nothing_of_the_pace():
    records = walked_home(150.0, 2000.0)
    found = before_onsets(Shelf(records), RUNS, table(records, 2000.0), {"r": 150.0})
    assert found["moving_s"][0] is None
    assert found["moving_s"][1] is not None


def test_an_onset_beyond_the_recording_changes_nothing():
    records = walked_home(9400.0, 11_000.0)
    kms = table(records, 11_000.0)
    assert before_onsets(Shelf(records), RUNS, kms, {"r": 15_000.0}).equals(kms)


@pytest.mark.seed("S1.26", "S1.37")
def test_the_border_of_a_spike_inside_a_kilometre_is_judged_at_the_onset():
    kms = pl.DataFrame({"id": ["r"] * 2, "length_km": [1.0, 1.0], "end_km": [17.0, 18.0]})
    runs = pl.DataFrame(
        {
            "id": ["r"],
            "longest_30d_m": [16_000.0],
            "load_log_ratio": [0.0],
            "layoff_21d_days": [None],
        },
        schema_overrides={"layoff_21d_days": pl.Int64},
    )
    assert load.per_km(kms, runs)["spike"].to_list() == [0.0, 1.0]  # the border lies at 17.6 km
    at_onset = kms.with_columns(
        end_km=pl.when(holds_onset({"r": 17_300.0})).then(17.3).otherwise(pl.col("end_km"))
    )
    assert load.per_km(at_onset, runs)["spike"].to_list() == [0.0, 0.0]
