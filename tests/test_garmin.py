"""Garmin's account export: tables joined to files by the time at a file's head."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_files import T0, fit, garmin, zipped
from backinstride import readers
from backinstride.readers import garmin as reader


def summary(number: int, second: float, **more) -> dict:
    begin = (T0.timestamp() + second) * 1000
    return {
        "activityId": number, "name": f"Run {number}", "activityType": "running",
        "beginTimestamp": begin, "startTimeGmt": begin, "startTimeLocal": begin + 3_600_000,
        "duration": 1_800_000.0, "elapsedDuration": 1_900_000.0, "distance": 500_000.0,
        "elevationGain": 4200.0, "avgHr": 151.0, "unknownThing": {"a": [1]}, **more,
    }  # fmt: skip


GEAR = {
    "gearDTOS": [
        {
            "gearPk": 77,
            "displayName": "Blue",
            "customMakeModel": "Maker Blue",
            "gearTypeName": "Shoes",
        },
        {"gearPk": 78, "displayName": "Racer", "gearTypeName": "Bike"},
    ],
    "gearActivityDTOs": {"77": [{"activityId": 1, "gearPk": 77}], "78": [{"activityId": 2}]},
}


def read(data: bytes) -> dict[str, readers.Recording]:
    return {r.extra.get("vendor_id", r.file): r for r in readers.read(io.BytesIO(data))}


def test_names_shoes_and_local_time_join_the_file():
    found = read(garmin([summary(1, 0), summary(2, 90_000)], {"me_5.fit": fit(0)}, GEAR))
    run = found["1"]
    assert (run.title, run.shoe, run.source) == ("Run 1", "Blue", "garmin/fit")
    assert run.utc_offset_s == 3600
    assert (run.distance_m, run.distance_from) == (5000.0, "device")
    assert run.climb_m == 42.0
    row = found["2"]
    assert (row.source, row.distance_m, row.elapsed_s, row.moving_s) == (
        "garmin/csv",
        5000.0,
        1900.0,
        1800.0,
    )
    assert (row.shoe, row.extra["gear"]) == (None, "Racer")  # a bike is no shoe
    assert len(found) == 2


def test_files_that_are_no_activity_are_left_aside():
    fits = {
        "sleep.fit": fit(kind="monitoring_b"),
        "set.fit": fit(kind="settings"),
        "run.fit": fit(0),
    }
    data = garmin([summary(1, 0)], fits)
    kinds = Counter(m.kind for m in readers.walk(io.BytesIO(data)))
    assert kinds == {"fit": 1, "ignored": 3, "export": 1}
    assert list(read(data)) == ["1"]


def test_two_runs_seventy_seconds_apart_are_two():
    fits = {"a.fit": fit(0), "b.fit": fit(70)}
    found = read(garmin([summary(1, 0), summary(2, 70)], fits))
    assert {k: r.start.timestamp() - T0.timestamp() for k, r in found.items()} == {
        "1": 0.0,
        "2": 70.0,
    }


def test_a_file_far_from_every_row_keeps_its_own_words():
    found = list(readers.read(io.BytesIO(garmin([summary(1, 5000)], {"a.fit": fit(0)}))))
    assert [(r.source, r.title) for r in found] == [("fit", None), ("garmin/csv", "Run 1")]


def test_parts_of_a_multisport_day_are_not_counted_twice():
    rows = [summary(1, 0, parent=True), summary(2, 0, parentId=1)]
    assert read(garmin(rows, {})) == {}


def test_numbers_as_text_and_missing_ones():
    row = {"activityId": "9", "startTimeGmt": str(T0.timestamp() * 1000), "distance": None}
    found = read(garmin([row, {"name": "undated"}], {}))
    assert list(found) == ["9"]
    assert found["9"].distance_m is None


def test_an_unpacked_export(tmp_path):
    data = {
        "DI_CONNECT/DI-Connect-Fitness/x_0_summarizedActivities.json": None,
        "DI_CONNECT/DI-Connect-Uploaded-Files/u.zip": zipped({"run.fit": fit(0)}),
    }
    table = garmin([summary(1, 0)], {})
    import zipfile

    with zipfile.ZipFile(io.BytesIO(table)) as made:
        name = next(n for n in made.namelist() if "summarized" in n)
        data["DI_CONNECT/DI-Connect-Fitness/x_0_summarizedActivities.json"] = made.read(name)
    for name, content in data.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (run,) = readers.read(tmp_path)
    assert run.title == "Run 1"


@pytest.mark.parametrize(
    "content", [b'[{"summarizedActivitiesExport": [', b'{"gearDTOS": 5}', b'[{"gearDTOS": [[]]}]']
)
def test_a_broken_table_is_a_problem(content):
    data = zipped({"DI_CONNECT/a.json": content, "DI_CONNECT/run.fit": fit(0)})
    found = list(readers.read(io.BytesIO(data)))
    assert sum(r.start is not None for r in found) == 1
    assert [p.slug for r in found for p in r.problems] == ["table-damaged"]


def test_the_head_of_a_file():
    assert reader.file_id(fit(0)[:512]) == (4, T0.timestamp())
    assert reader.file_id(b"") == (None, None)


@given(st.integers(0, 60), st.integers(0, 255), st.integers(0, 80))
@settings(max_examples=40, deadline=None)
def test_no_head_raises(place, byte, length):
    head = bytearray(fit(0)[:512])
    head[place] = byte
    kind, created = reader.file_id(bytes(head[:length]))
    assert created is None or created > 0
    assert kind is None or kind >= 0
