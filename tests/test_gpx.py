"""GPX: the scan, the parser behind it, and everything odd that people's files hold."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_files import gpx, points, tpx, trkpt
from backinstride.readers import gpx as reader
from backinstride.readers import tracks
from backinstride.readers.xmldoc import parse, slow

CORPUS = Path(__file__).parent / "data/corpus"
SAMPLES = sorted(CORPUS.glob("gpx/*/*.gpx"))


def only(data: bytes):
    (recording,) = reader.read(data, "a.gpx")
    return recording


def slugs(recording) -> list[str]:
    return [problem.slug for problem in recording.problems]


def same_columns(found, wanted) -> None:
    assert found.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


# --- values -------------------------------------------------------------------------------


def test_a_plain_run():
    run = only(gpx(points(50, extra=tpx())))
    assert run.start == dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)
    assert (run.sport, run.sport_raw, run.title) == ("run", "running", "Invented")
    assert run.points == 50
    assert run.elapsed_s == 490.0
    assert run.distance_from == "points"
    assert run.distance_m == pytest.approx(49 * 0.00009 * np.pi / 180 * 6_371_008.8, rel=1e-6)
    assert run.records["temperature_c"].tolist() == [21.0] * 50
    assert run.avg_hr_bpm == 150.0
    assert run.problems == ()


def test_cadence_of_one_foot_is_doubled_and_said():
    run = only(gpx(points(20, extra=tpx(cad=85))))
    assert run.avg_cadence_spm == 170.0
    assert run.extra["cadence"] == "one foot, doubled"
    both = only(gpx(points(20, extra=tpx(cad=170))))
    assert both.avg_cadence_spm == 170.0
    assert "cadence" not in both.extra
    ride = only(gpx(points(20, extra=tpx(cad=85)), kind="cycling"))
    assert ride.avg_cadence_spm == 85.0


def test_the_same_document_fast_and_slow():
    data = gpx(points(40, extra=tpx()), points(30, start=60), points(5, start=95, extra=tpx()))
    fast, plain = parse(data, reader.SPEC), slow(data, reader.SPEC)
    assert (fast.by, plain.by) == ("fast", "slow")
    assert fast.marks == plain.marks
    same_columns(fast.columns, plain.columns)


@pytest.mark.parametrize("prefix", ["gpxtpx", "ns3"])
def test_any_prefix_of_the_extensions(prefix):
    run = only(gpx(points(10, extra=tpx(prefix=prefix))))
    assert run.avg_hr_bpm == 150.0


def test_a_break_between_segments_is_a_pause_and_no_way():
    far = "".join(trkpt(k + 1000, second=900 + 10 * k) for k in range(10))
    run = only(gpx(points(10), far))
    assert run.pauses == ((run.start.timestamp() + 90, run.start.timestamp() + 900),)
    assert run.distance_m == pytest.approx(18 * 10.0, rel=0.01)
    assert run.moving_s == run.elapsed_s - 810


def test_every_track_with_points_is_an_activity():
    second = f"</trk><trk><type>cycling</type><trkseg>{points(5, start=500)}</trkseg>"
    data = gpx(points(10)).replace(b"</trk></gpx>", second.encode() + b"</trk></gpx>")
    run, ride = reader.read(data, "a.gpx")
    assert (run.sport, ride.sport) == ("run", "ride")
    assert (run.points, ride.points) == (10, 5)
    assert ride.id == f"{run.id}-1"


def test_words_and_numbers_we_have_no_column_for_are_kept():
    extra = "<hdop>1.5</hdop><sat>9</sat><extensions><note>hot</note></extensions>"
    run = only(gpx(points(4, extra=extra)))
    assert run.records["gpx:hdop"].tolist() == [1.5] * 4
    assert run.records["gpx:sat"].tolist() == [9.0] * 4
    assert "gpx:note" not in run.records


def test_the_local_offset_of_the_times():
    run = only(gpx(points(3, suffix="+02:00")))
    assert run.utc_offset_s == 7200
    assert run.start == dt.datetime(2026, 3, 1, 5, tzinfo=dt.UTC)
    assert only(gpx(points(3))).utc_offset_s is None


# --- what is unusual goes to the parser, and comes out the same ----------------------------

ODD = {
    "comment": ("<ele>100.5</ele>", "<ele>100.5</ele><!-- <trkpt> -->"),
    "cdata": ("<ele>100.5</ele>", "<ele><![CDATA[100.5]]></ele>"),
    "entity": ("<ele>100.5</ele>", "<ele>100&#46;5</ele>"),
    "quotes": ('lat="10.0000000"', "lat='10.0000000'"),
    "blanks": ('" lon="', '"  lon="'),
    "order": ('lat="10.0000000" lon="20.5000000"', 'lon="20.5000000" lat="10.0000000"'),
    "empty": ("<ele>101.5</ele>", "<ele/>"),
    "twice": ("<ele>101.5</ele>", "<ele>101.5</ele><ele>7</ele>"),
    "attribute": ("<ele>101.5</ele>", '<ele unit="m">101.5</ele>'),
    "prefix": ("<trkpt ", "<g:trkpt "),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_spellings_give_the_same_values(odd):
    old, new = ODD[odd]
    text = gpx(points(12, extra=tpx())).decode().replace(old, new)
    if odd == "prefix":
        text = text.replace("</trkpt>", "</g:trkpt>")
    data = text.encode()
    document = parse(data, reader.SPEC)
    assert document.fault is None
    assert document.points == 12
    same_columns(document.columns, slow(data, reader.SPEC).columns)
    if odd in ("comment", "cdata", "entity", "twice", "attribute", "order", "prefix", "quotes"):
        assert only(data).records["altitude_m"].tolist() == [100.5 + k % 7 for k in range(12)]


def test_encodings():
    text = gpx(points(3), name="Rücken").decode()
    utf16 = text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    latin = text.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    marked = b"\xef\xbb\xbf" + text.encode()
    for data in (utf16, latin, marked, b" \n\t" + text.encode()):
        assert only(data).title == "Rücken"
        assert only(data).points == 3
    wrong = text.encode("latin-1")  # says UTF-8 and is not
    run = only(wrong)
    assert (run.title, run.points, slugs(run)) == ("Rücken", 3, ["xml-repaired"])


def test_a_bare_ampersand_in_a_name_costs_no_point():
    run = only(gpx(points(5), name="Hill & Dale"))
    assert (run.title, run.points) == ("Hill & Dale", 5)
    assert run.problems[0].kept


# --- damage -------------------------------------------------------------------------------


def test_a_file_cut_short_keeps_every_whole_point():
    data = gpx(points(20, extra=tpx()))
    cut = data.index(b"<trkpt", data.index(b"<time>", 2000)) + 60
    run = only(data[:cut])
    assert run.points == data[:cut].count(b"</trkpt>")
    assert slugs(run) == ["xml-damaged"]
    assert run.problems[0].kept


@given(st.integers(0, 4000), st.integers(0, 255), st.booleans())
@settings(max_examples=50, deadline=None)
def test_no_cut_and_no_flipped_byte_ever_raises(place, byte, cut):
    data = gpx(points(12, extra=tpx()))
    place %= len(data)
    broken = data[:place] if cut else data[:place] + bytes([byte]) + data[place + 1 :]
    for recording in reader.read(broken, "a.gpx"):
        assert len({len(v) for v in recording.records.values()}) <= 1
        assert recording.points <= 13


def test_entities_are_refused():
    bomb = gpx(points(3)).replace(
        b"<gpx ", b'<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><gpx ', 1
    )
    outside = gpx(points(3)).replace(
        b"<gpx ", b'<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]><gpx ', 1
    )
    for data in (bomb, outside):
        run = only(data)
        assert (run.start, run.points, slugs(run)) == (None, 0, ["xml-entities"])


# --- what is no run -----------------------------------------------------------------------


def test_an_empty_track_has_a_day_and_no_distance():
    run = only(gpx(""))
    assert run.start == dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)
    assert (run.sport, run.distance_m, run.elapsed_s, run.records) == ("run", None, None, {})
    assert slugs(run) == ["no-points"]


def test_a_track_without_times_is_not_put_on_a_day():
    data = re.sub(rb"<time>[^<]*</time></trkpt>", b"</trkpt>", gpx(points(9)))
    run = only(data)
    assert (run.start, run.points, slugs(run)) == (None, 9, ["no-times"])


def test_a_clock_that_was_never_set():
    for year in ("1901", "1989", "1990"):
        run = only(gpx(points(4)).replace(b"2026-", f"{year}-".encode()))
        assert (run.start, slugs(run)) == (None, ["clock-not-set"])


def test_routes_and_places_are_no_activity():
    data = b'<gpx><wpt lat="1" lon="2"/><rte><rtept lat="1" lon="2"/></rte></gpx>'
    run = only(data)
    assert (run.start, slugs(run)) == (None, ["no-activity"])


def test_a_point_without_latitude_and_an_extreme_one():
    text = gpx(points(5)).decode().replace('lat="10.0001800" ', "")
    run = only(text.encode())
    assert run.points == 5
    assert np.isnan(run.records["lat_deg"][2])
    assert run.distance_m > 0


@pytest.mark.parametrize("feet", [(0.0, 0.0), (np.nan, 1.0)])
def test_great_circles(feet):
    lat, lon = np.array([0.0, feet[0], 0.0]), np.array([0.0, feet[1], 1.0])
    assert tracks.great_circle_m(lat, lon) == pytest.approx(6_371_008.8 * np.pi / 180)


# --- real files ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem[:40])
def test_samples_fast_equals_slow(path):
    data = path.read_bytes()
    document, plain = parse(data, reader.SPEC), slow(data.lstrip(b"\xef\xbb\xbf"), reader.SPEC)
    assert document.fault is None
    same_columns(document.columns, plain.columns)
    assert sum(r.points for r in reader.read(data, path.name)) == document.points == plain.points


@pytest.mark.oracle
@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem[:40])
def test_samples_equal_lxml(path):
    pytest.importorskip("lxml", reason="needs [dev]: lxml")
    from xml_oracle import columns

    count, wanted = columns(path.read_bytes(), reader.SPEC)
    document = parse(path.read_bytes(), reader.SPEC)
    assert document.points == count
    same_columns(document.columns, wanted)


@pytest.mark.oracle
@pytest.mark.archive
def test_every_track_of_the_corpus_equals_lxml(shared_file):
    pytest.importorskip("lxml", reason="needs [dev]: lxml")
    from xml_oracle import columns

    with zipfile.ZipFile(shared_file("data/corpus.zip")) as archive:
        names = [name for name in archive.namelist() if name.endswith(".gpx")]
        assert len(names) == 112
        total = 0
        for name in names:
            data = archive.read(name)
            count, wanted = columns(data, reader.SPEC)
            document = parse(data, reader.SPEC)
            assert document.points == count, name
            same_columns(document.columns, wanted)
            total += count
        assert total == 113_675 - 29_233
