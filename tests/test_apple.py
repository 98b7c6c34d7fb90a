"""Apple Health: gigabytes of beats stream by, the workouts are cut out and joined to their routes."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_files import gpx, health, points, workout, zipped
from backinstride import readers
from backinstride.readers import apple

ROUTE = "workout-routes/route_2026-03-01_8.40am.gpx"
GPX = gpx(points(20), kind="", name="Route")


def export(xml: bytes, **files: bytes) -> bytes:
    routes = files or {f"apple_health_export/{ROUTE}": GPX}
    return zipped({"apple_health_export/export.xml": xml,
                   "apple_health_export/export_cda.xml": b"<?xml version='1.0'?><ClinicalDocument/>",
                   **routes})  # fmt: skip


def read(data: bytes) -> list[readers.Recording]:
    return list(readers.read(io.BytesIO(data)))


def test_a_workout_joins_its_route():
    (run,) = read(export(health(workout(route=ROUTE))))
    assert (run.sport, run.sport_raw, run.source) == (
        "run",
        "HKWorkoutActivityTypeRunning",
        "apple/gpx",
    )
    assert (run.distance_m, run.distance_from) == (8200.0, "export")
    assert float(run.extra["points_distance_m"]) == pytest.approx(190, rel=0.01)
    assert (run.moving_s, run.utc_offset_s, run.climb_m) == (2310.0, 3600, 86.52)
    assert run.avg_hr_bpm == 151.5
    assert run.points == 20
    assert run.problems == ()


def test_workouts_without_a_route_are_rows():
    indoor = '<MetadataEntry key="HKIndoorWorkout" value="1"/>'
    found = read(
        export(
            health(
                workout(route=ROUTE),
                workout(
                    start="2026-03-02 07:00:00 -0500", end="2026-03-02 07:30:00 -0500", more=indoor
                ),
                workout("TraditionalStrengthTraining", start="2026-03-03 07:00:00 +0100", km=None),
                workout(start="2026-03-04 07:00:00 +0100", route="workout-routes/gone.gpx"),
            )
        )
    )
    assert [r.sport for r in found] == ["run", "treadmill_run", "strength", "run"]
    _, treadmill, strength, gone = found
    assert treadmill.start.isoformat() == "2026-03-02T12:00:00+00:00"
    assert (treadmill.elapsed_s, treadmill.distance_m, treadmill.source) == (
        1800.0,
        8200.0,
        "apple/xml",
    )
    assert strength.distance_m is None
    assert [(p.slug, p.kept) for p in gone.problems] == [("file-missing", True)]


def test_old_exports_say_it_in_attributes_and_miles():
    old = (
        '<Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30" durationUnit="min" '
        'totalDistance="3.1" totalDistanceUnit="mi" startDate="2019-05-01 07:00:00 +0000" '
        'endDate="2019-05-01 07:30:00 +0000"/>'
    )
    (run,) = read(export(health(old), x=b"hello"))
    assert run.distance_m == pytest.approx(3.1 * 1609.344)
    assert run.moving_s == 1800.0


def test_a_broken_document_type_and_control_characters_do_not_matter():
    for dtd in ("<!ELEMENT HealthData ANY>", "<!ELEMENT broken (", '<!ENTITY a "b">'):
        found = read(export(health(workout(route=ROUTE, more="<X v='a\x0bb'/>"), dtd=dtd)))
        assert [r.distance_m for r in found] == [8200.0]


def test_a_file_cut_short_keeps_the_workouts_before():
    xml = health(workout(start="2026-03-02 07:00:00 +0100"), workout())
    cut = xml.rindex(b"</Workout>")
    found = read(export(xml[:cut]))
    assert [r.source for r in found if r.start] == ["gpx", "apple/xml"]


@pytest.mark.parametrize("size", [1, 7, 64, 1000, 10**6])
def test_pieces_of_any_size(size):
    xml = health(workout(route=ROUTE), workout("Cycling"), workout(km=None), beats=20)
    pieces = [xml[at : at + size] for at in range(0, len(xml), size)]
    assert list(apple.workouts(pieces)) == list(apple.workouts([xml]))
    assert len(list(apple.workouts(pieces))) == 3


def test_a_hundred_megabytes_stream_by_in_little_memory():
    beat = health(beats=4000)[150:-20]
    run = workout().encode()
    pieces = (piece for k in range(200) for piece in ((run, beat) if k % 50 == 0 else (beat,)))
    tracemalloc.start()
    found = sum(1 for _ in apple.workouts(pieces))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == 4
    assert len(beat) * 200 > 100e6
    assert peak < 20e6


def test_a_workout_that_never_ends_is_bounded(monkeypatch):
    monkeypatch.setattr(apple, "MAX_WORKOUT", 100_000)
    xml = health(workout()) + b'<Workout a="' + b"x" * 300_000
    pieces = [xml[at : at + 1000] for at in range(0, len(xml), 1000)]
    found = apple.workouts(pieces)
    assert next(found)["sport"].endswith("Running")
    with pytest.raises(ValueError, match="does not end"):
        next(found)


@given(st.integers(0, 2000), st.integers(0, 255))
@settings(max_examples=25, deadline=None)
def test_no_flipped_byte_raises(place, byte):
    xml = bytearray(health(workout(route=ROUTE)))
    xml[place % len(xml)] = byte
    read(export(bytes(xml)))
