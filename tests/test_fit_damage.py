"""FIT: damage, hostility and what is no activity: recordings and problems, never an exception."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride.readers import fit
from backinstride.readers.fit_encode import encode
from backinstride.readers.fit_frames import parts
from fit_bytes import FIT0, SAMPLES, START, T0, definition, framed, only, run, sample, slugs


def test_not_a_fit_file():
    for data in (
        b"",
        b"\x0e",
        b"PK\x03\x04" + bytes(40),
        b"\x80\x04\x95" + bytes(40),
        b"<?xml version='1.0'?>",
    ):
        assert not fit.sniff(data[:64])
        found = only(data)
        assert (found.start, found.records, slugs(found)) == (None, {}, ["fit-not-fit"])
    assert fit.sniff(run()[:12])


def test_wrong_check_sum_keeps_the_data():
    data = bytearray(run())
    data[-1] ^= 0xFF
    found = only(bytes(data))
    assert slugs(found) == ["fit-crc"]
    assert found.problems[0].kept
    assert found.problems[0].place == f"byte {len(data) - 2}"
    assert found.points == 60


def test_cut_short_keeps_everything_before_and_says_where():
    data = run()
    found = only(data[:900])
    assert slugs(found) == ["fit-truncated"]
    assert 20 < found.points < 60
    assert found.start == START
    assert found.problems[0].kept
    assert 850 < int(found.problems[0].place.split()[1]) < 900


def test_check_sum_missing_at_the_end():
    found = only(run()[:-1])
    assert (found.points, slugs(found)) == (60, ["fit-truncated"])


def test_undefined_local_message_keeps_what_came_before():
    body = (
        definition(0, 20, (253, 4, 0x86)) + (b"\0" + struct.pack("<I", FIT0)) * 3 + b"\x07rubbish"
    )
    found = only(framed(body))
    assert (found.points, slugs(found)) == (3, ["fit-undefined-local"])
    assert found.problems[0].place == f"byte {14 + 9 + 15}"
    real = only(sample("tests_files_strava-android-app-201.10-b1218918.fit"))
    assert real.points == 473
    assert ("fit-undefined-local", "byte 7471") in [(p.slug, p.place) for p in real.problems]


def test_size_zero_with_data_following():
    body = definition(0, 20, (253, 4, 0x86)) + b"\0" + struct.pack("<I", FIT0)
    found = only(framed(body, size=0))
    assert (found.points, slugs(found)) == (1, ["fit-no-size"])


def test_second_header_damaged_keeps_the_first_part():
    found = only(run() + b"\x0egarbage that is no header at all")
    assert (found.points, slugs(found)) == (60, ["fit-trailing"])


def test_no_activity_is_said():
    for data in (
        sample("tests_files_Settings2.fit"),
        encode([("file_id", {"type": "workout"}), ("workout", {"wkt_name": "Hills"})]),
    ):
        found = only(data)
        assert (found.start, found.records, slugs(found)) == (None, {}, ["fit-no-activity"])
    course = only(sample("testdata_Local_Files_Activities_Berlin__0_9_km_.fit"))
    assert (course.start, slugs(course), course.points) == (None, ["fit-no-activity"], 49)


def test_times_that_are_no_dates_never_show_1989():
    for name in (
        "tests_files_antfs-dump.63.fit",
        "tests_files_compressed-speed-distance.fit",
        "ConnectStatsTests_samples_tcx_activity_217470507.fit",
    ):
        found = only(sample(name))
        assert found.start is None
        assert "fit-undated" in slugs(found)
        assert found.points == SAMPLES[name][1]


def test_a_clock_that_is_set_during_the_run():
    times = np.array([FIT0 - FIT0 + 50, 51], dtype=float) + 631065600
    data = encode([("record", {"timestamp": times}), ("record", {"timestamp": T0 + np.arange(3)})])
    found = only(data)
    assert found.start == START
    assert np.isnan(found.records["time_s"][:2]).all()
    assert slugs(found) == ["fit-undated"]


def test_values_of_the_wrong_kind_do_not_stop_the_reader():
    body = (
        definition(0, 18, (253, 8, 0x86), (9, 4, 0x07), (5, 2, 2), (8, 4, 0x88))
        + b"\0"
        + struct.pack("<II4s2Bf", FIT0, 1, b"abc", 1, 2, np.inf)
    )
    body += definition(1, 20, (253, 4, 0x07), (4, 1, 2)) + b"\1text\x50"
    body += (
        definition(4, 0, (0, 4, 0x07), (0, 1, 0)) + b"\4text\4"
    )  # one field twice, as text first
    body += definition(2, 132, (6, 2, 7), (9, 4, 7)) + b"\2hi text"[:7]
    body += definition(3, 206, (0, 2, 2), (1, 1, 2), (6, 2, 2)) + b"\3\0\0\1\1\1"
    assert only(framed(body)).start is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_ends_in_recordings(data):
    base = data.draw(st.sampled_from(["run", "tests_files_garmin-fenix-5-run.fit", "tests_files_antfs-dump.63.fit",
                                      "tests_files_elemnt-bolt-no-application-id-inside-developer-data-id.fit"]))  # fmt: skip
    raw = bytearray(run(20) if base == "run" else sample(base))
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), max_size=8)
    ):
        raw[at] = value
    cut = data.draw(st.integers(0, len(raw)))
    found = list(fit.read(bytes(raw[:cut]), "damaged.fit"))
    assert found
    assert all(r.start is None or r.start.year >= 1998 for r in found)
    sum(1 for _ in fit.messages(bytes(raw[:cut])))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 8))
def test_any_bytes_behind_a_header_end_in_recordings(body, more):
    assert list(fit.read(framed(body + bytes(more)), "noise.fit"))


def test_a_file_made_to_exhaust_the_reader_stops(monkeypatch):
    monkeypatch.setattr("backinstride.readers.fit_frames.MOST_MESSAGES", 50)
    monkeypatch.setattr("backinstride.readers.fit_frames.MOST_DEFINITIONS", 3)
    monkeypatch.setattr("backinstride.readers.fit_frames.MOST_PARTS", 2)
    many = framed(definition(0, 20) + bytes(200))
    found, problems = parts(many, "a.fit")
    assert (len(found[0].offsets), [p.slug for p in problems]) == (50, ["fit-too-many"])
    _, problems = parts(framed(definition(0, 20) * 9), "a.fit")
    assert [p.slug for p in problems] == ["fit-too-many"]
    found, problems = parts(framed(b"") * 5, "a.fit")
    assert (len(found), problems[-1].slug) == (2, "fit-too-many")


def test_more_sessions_than_anyone_does_in_a_day():
    body = definition(0, 18, (2, 4, 0x86)) + b"".join(
        b"\0" + struct.pack("<I", FIT0 + k) for k in range(500)
    )
    found = list(fit.read(framed(body), "a.fit"))
    assert len(found) == 200
    assert slugs(found[0]) == ["fit-too-many"]
