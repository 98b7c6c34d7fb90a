"""Second recordings of one outing: seen by time, distance and track, never by nearness."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from backinstride import merging
from backinstride.library import ACTIVITY_SCHEMA

START = dt.datetime(2026, 9, 30, 8, tzinfo=dt.UTC)


def activity(
    number: int, later_s: float = 0.0, *, metres: float | None = 9000.0, seconds: float | None = 3000.0,
    sport: str = "run", source: str = "fit", points: int = 0, **fields: object,
) -> dict:  # fmt: skip
    row = dict.fromkeys(ACTIVITY_SCHEMA)
    row |= {
        "id": f"{number:016x}", "start": START + dt.timedelta(seconds=later_s), "sport": sport,
        "distance_m": metres, "elapsed_s": seconds, "source": source, "points": points,
    }  # fmt: skip
    return row | fields


def into(*rows: dict, records=None, apart=frozenset()) -> list[str | None]:
    table = pl.DataFrame([list(r.values()) for r in rows], schema=ACTIVITY_SCHEMA, orient="row")
    return merging.merged(table, records or (lambda _: pl.DataFrame()), apart)[
        "merged_into"
    ].to_list()


def track(later_s: float, seconds: int, east_m: float = 0.0) -> pl.DataFrame:
    time = START.timestamp() + later_s + np.arange(seconds, dtype=float)
    north = (time - START.timestamp()) * 3.0
    return pl.DataFrame({
        "time_s": time, "lat_deg": 10 + north / 111_195, "lon_deg": np.full(seconds, 20 + east_m / 109_500),
    })  # fmt: skip


def test_a_typed_row_beside_its_file_is_one():
    assert into(activity(1, points=3000), activity(2, 30, metres=9100, source="strava/csv")) == [
        None,
        f"{1:016x}",
    ]


@pytest.mark.parametrize(
    "other",
    [
        activity(2, 70, metres=500.0, seconds=60.0),  # a false start, then the run
        activity(2, 3010),  # one after the other
        activity(2, 0, sport="ride"),
        activity(2, 0, metres=5000.0),
        activity(2, 0, metres=None),
        activity(2, 0, seconds=9000.0),
        activity(2, 1200),
    ],
)
def test_near_is_not_the_same(other):
    assert into(activity(1), other) == [None, None]


def test_two_rows_of_one_vendors_table_are_two():
    one, other = activity(1, source="strava/fit"), activity(2, 5, source="strava/csv")
    assert into(one, other) == [None, None]
    assert into(one, other | {"source": "garmin/csv"}) != [None, None]


def test_tracks_decide_where_both_have_one():
    rows = activity(1, points=3000), activity(2, 200, metres=8300.0, seconds=2700.0, points=2700)
    tracks = {f"{1:016x}": track(0, 3000), f"{2:016x}": track(200, 2700, east_m=20)}
    assert into(*rows, records=tracks.get) == [None, f"{1:016x}"]
    tracks[f"{2:016x}"] = track(200, 2700, east_m=400)
    assert into(*rows, records=tracks.get) == [None, None]


def test_the_richest_stays_whatever_came_first_and_three_are_one():
    rows = [activity(k, k, points=3000) for k in (1, 2, 3)]
    tracks = {row["id"]: track(k, 3000) for k, row in enumerate(rows, 1)}
    tracks[f"{2:016x}"] = tracks[f"{2:016x}"].with_columns(heart_rate_bpm=150.0)
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        found = into(*(rows[k] for k in order), records=tracks.get)
        assert found == [None if k == 1 else f"{2:016x}" for k in order]


def test_what_was_taken_apart_stays_apart():
    rows = activity(1, points=3000), activity(2, 30, source="garmin/csv")
    assert into(*rows, apart=frozenset({frozenset((rows[0]["id"], rows[1]["id"]))})) == [None, None]


def test_streams_are_joined_by_time_within_two_seconds():
    own = pl.DataFrame(
        {"time_s": [10.0, 11.0, 12.0, 20.0], "heart_rate_bpm": [None] * 4},
        schema={"time_s": pl.Float64, "heart_rate_bpm": pl.Float64},
    )
    other = pl.DataFrame({"time_s": [10.4, 12.1], "heart_rate_bpm": [150.0, 160.0]})
    joined = merging.with_streams(own, other)
    assert joined["heart_rate_bpm"].to_list() == [150.0, 150.0, 160.0, None]
    assert joined["time_s"].to_list() == own["time_s"].to_list()
    assert merging.with_streams(pl.DataFrame(), other).equals(other)
    assert merging.with_streams(own, pl.DataFrame()).equals(own)
