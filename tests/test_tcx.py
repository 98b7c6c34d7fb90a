"""TCX: laps, pauses, several activities, one foot or both, and files no strict parser takes."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_files import activity, iso, lap, tcx, trackpoint
from backinstride.readers import tcx as reader
from backinstride.readers.xmldoc import parse, slow

SAMPLES = sorted((Path(__file__).parent / "data/corpus").glob("tcx/*/*.tcx"))


def only(data: bytes):
    (recording,) = reader.read(data, "a.tcx")
    return recording


def slugs(recording) -> list[str]:
    return [problem.slug for problem in recording.problems]


def same_columns(found, wanted) -> None:
    assert found.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


def test_a_run_of_two_laps():
    run = only(tcx(activity(lap(0, 30), lap(30, 50))))
    assert run.start == dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)
    assert (run.sport, run.distance_m, run.distance_from) == ("run", 500.0, "laps")
    assert (run.moving_s, run.elapsed_s, run.points) == (200.0, 200.0, 50)
    assert run.laps["distance_m"].tolist() == [300.0, 200.0]
    assert run.laps["start_s"].tolist() == [run.start.timestamp(), run.start.timestamp() + 120]
    assert run.laps["elapsed_s"].tolist() == [120.0, 80.0]
    assert run.laps["trigger"].tolist() == [1.0, 1.0]
    assert run.laps["intensity"].tolist() == [0.0, 0.0]
    assert run.laps["avg_hr_bpm"].tolist() == [144.0, 144.0]
    assert run.records["distance_m"][-1] == 490.49
    assert run.records["speed_m_s"].tolist() == [2.5] * 50
    assert (run.device, run.description) == ("Invented Watch", "easy & calm")
    assert run.problems == ()


def test_one_foot_is_doubled_in_records_and_laps():
    run = only(tcx(activity(lap(0, 30))))
    assert run.avg_cadence_spm == 170.0
    assert run.laps["avg_cadence_spm"].tolist() == [168.0]
    assert run.extra["cadence"] == "one foot, doubled"
    both = only(tcx(activity(lap(0, 9, "".join(trackpoint(k, cadence=171) for k in range(9))))))
    assert both.avg_cadence_spm == 171.0
    assert both.laps["avg_cadence_spm"].tolist() == [84.0]
    ride = only(tcx(activity(lap(0, 30), sport="Biking")))
    assert (ride.sport, ride.avg_cadence_spm) == ("ride", 85.0)


def test_ten_spaces_before_the_declaration():
    run = only(tcx(activity(lap(0, 30)), head=" " * 10))
    assert run.points == 30
    assert run.problems == ()
    assert parse(tcx(activity(lap(0, 30)), head=" " * 10), reader.SPEC).by == "fast"


def test_a_new_track_within_a_lap_is_a_pause():
    first = "".join(trackpoint(k) for k in range(10))
    second = "".join(trackpoint(k) for k in range(100, 110))
    run = only(tcx(activity(lap(0, 20, first, second))))
    t = run.start.timestamp()
    assert run.pauses == ((t + 36, t + 400),)
    laps = only(tcx(activity(lap(0, 10), lap(10, 20))))
    assert laps.pauses == ()


def test_several_activities_are_several_recordings():
    run, ride = reader.read(tcx(activity(lap(0, 9)), activity(lap(20, 60), sport="Biking")), "a")
    assert (run.sport, run.points, ride.sport, ride.points) == ("run", 9, "ride", 40)
    assert ride.id == f"{run.id}-1"
    assert ride.distance_m == 400.0


def test_a_treadmill_has_no_positions_and_no_zeros():
    inside = "".join(trackpoint(k, position=False) for k in range(12))
    run = only(tcx(activity(lap(0, 12, inside))))
    assert "lat_deg" not in run.records
    assert run.distance_m == 120.0


def test_points_built_in_several_ways():
    mixed = "".join(
        trackpoint(k, position=k % 3 > 0, hr=k % 4 > 0, cadence=85 if k % 5 else None)
        for k in range(120)
    )
    data = tcx(activity(lap(0, 120, mixed)))
    fast, plain = parse(data, reader.SPEC), slow(data, reader.SPEC)
    assert (fast.by, fast.points) == ("fast", 120)
    assert fast.marks == plain.marks
    same_columns(fast.columns, plain.columns)
    assert np.isnan(fast.columns["lat_deg"][::3]).all()
    assert np.isnan(fast.columns["heart_rate_bpm"][::4]).all()


def test_without_laps_distances_the_points_tell():
    text = tcx(activity(lap(0, 30))).decode().replace("<DistanceMeters>300.0</DistanceMeters>", "")
    assert (only(text.encode()).distance_m, only(text.encode()).distance_from) == (290.29, "device")
    bare = "".join(part for part in text.splitlines(keepends=True))
    for k in range(30):
        bare = bare.replace(f"<DistanceMeters>{k * 10.01:.2f}</DistanceMeters>", "")
    run = only(bare.encode())
    assert run.distance_from == "points"
    assert run.distance_m == pytest.approx(290.0, rel=0.01)


def test_an_unbound_prefix_is_read_all_the_same():
    data = tcx(activity(lap(0, 30))).replace(b"<Creator>", b'<Creator zz:type="Device_t">')
    run = only(data)
    assert (run.points, run.distance_m) == (30, 300.0)


def test_no_activity():
    course = b"<TrainingCenterDatabase><Courses><Course><Name>x</Name></Course></Courses></TrainingCenterDatabase>"
    assert slugs(only(course)) == ["no-activity"]
    undated = tcx(activity(lap(0, 5))).replace(b"2026-", b"1989-")
    assert (only(undated).start, slugs(only(undated))) == (None, ["clock-not-set"])
    timeless = tcx(activity(lap(0, 5)))
    for k in range(6):
        timeless = timeless.replace(iso(4 * k).encode(), b"later")
    assert slugs(only(timeless)) == ["no-times"]


def test_a_file_cut_short_keeps_laps_and_points():
    data = tcx(activity(lap(0, 30), lap(30, 60)))
    cut = data.index(iso(4 * 45).encode())
    run = only(data[:cut])
    assert run.points == 45
    assert run.laps["distance_m"].tolist() == [300.0, 300.0]
    assert slugs(run) == ["xml-damaged"]
    assert run.problems[0].kept


@given(st.integers(0, 8000), st.integers(0, 255), st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_cut_and_no_flipped_byte_ever_raises(place, byte, cut):
    data = tcx(activity(lap(0, 8), lap(8, 12)))
    place %= len(data)
    broken = data[:place] if cut else data[:place] + bytes([byte]) + data[place + 1 :]
    for recording in reader.read(broken, "a.tcx"):
        assert len({len(v) for v in recording.records.values()}) <= 1
        assert recording.points <= 13


@pytest.mark.oracle
@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem[-40:])
def test_samples_equal_lxml(path):
    pytest.importorskip("lxml", reason="needs [dev]: lxml")
    from xml_oracle import columns

    count, wanted = columns(path.read_bytes(), reader.SPEC)
    document = parse(path.read_bytes(), reader.SPEC)
    assert document.points == count
    same_columns(document.columns, wanted)


@pytest.mark.oracle
@pytest.mark.archive
def test_every_tcx_of_the_corpus_equals_lxml(shared_file):
    pytest.importorskip("lxml", reason="needs [dev]: lxml")
    from xml_oracle import columns

    points = 0
    with zipfile.ZipFile(shared_file("data/corpus.zip")) as archive:
        names = [name for name in archive.namelist() if name.endswith(".tcx")]
        assert len(names) == 25
        for name in names:
            data = archive.read(name)
            count, wanted = columns(data, reader.SPEC, recover="malformed" in name)
            document = parse(data, reader.SPEC)
            assert document.points == count, name
            same_columns(document.columns, wanted)
            points += count
    assert points == 29_233 + 384  # with what a parser told to recover finds in the broken one
