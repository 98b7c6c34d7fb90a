"""What people hand in, as it comes: folders, zips in zips, wrong names, hostile archives."""

from __future__ import annotations

import datetime as dt
import io
import os
import pickle
import stat
import struct
import time
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_files import (
    T0,
    activity,
    fit,
    gpx,
    gz,
    iso,
    lap,
    points,
    strava,
    strava_row,
    tcx,
    zipped,
)
from backinstride import readers
from backinstride.readers import archive
from backinstride.readers.fit_encode import encode
from backinstride.readers.walking import sniff

RUN = gpx(points(20))
LAPS = tcx(activity(lap(0, 30)))
FIT = fit(7200)


def walked(given, tmp_path) -> dict[str, readers.Member]:
    """Put bytes or a dict of files on disk and walk it."""
    return {member.name: member for member in readers.walk(placed(given, tmp_path))}


def placed(given, tmp_path):
    if isinstance(given, bytes):
        path = tmp_path / "given.zip"
        path.write_bytes(given)
        return path
    for name, data in given.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "folder"


def slugs(path) -> list[str]:
    return sorted(problem.slug for r in readers.read(path) for problem in r.problems)


# --- content decides ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.fit", FIT, "fit"),
        ("a.fit (2)", FIT, "fit"),
        ("run", RUN, "gpx"),
        ("a.fit", RUN, "gpx"),
        ("a.gpx", LAPS, "tcx"),
        ("a.tcx", b" " * 10 + LAPS, "tcx"),
        ("a.gpx", b"\xef\xbb\xbf" + RUN, "gpx"),
        ("a.gpx", RUN.decode().encode("utf-16"), "gpx"),
        ("log.txt", b"date;km\n2026-03-01;5\n", "table"),
        ("photo.fit", b"\x89PNG\r\n\x1a\n" + bytes(40), "problem"),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "ignored"),
        ("readme.txt", b"hello", "ignored"),
        ("dump.fit", b"record timestamp=1", "problem"),
        ("a.fit", pickle.dumps({"a": 1}), "problem"),
        ("a.pkl", pickle.dumps([1, 2], protocol=4), "problem"),
        ("a.fit", pickle.dumps({"a": [1]}, protocol=0), "problem"),
        ("empty.fit", b"", "problem"),
    ],
)
def test_the_name_proves_nothing(name, data, kind):
    assert sniff(data[:4096], name)[0] == kind


def test_every_wrapping_gives_the_same_recording(tmp_path):
    ways = {
        "plain.fit": FIT,
        "packed.fit.gz": gz(FIT),
        "twice.fit.gz": gz(gz(FIT)),
        "really-a-zip.fit": zipped({"inner.fit": FIT}),
        "zip-in-zip.zip": zipped({"a.zip": zipped({"b.fit.gz": gz(FIT)})}),
        "stored.zip": zipped({"a.fit": FIT}, method=zipfile.ZIP_STORED),
        "zip.gz": gz(zipped({"a.fit": FIT})),
    }
    folder = placed(ways, tmp_path)
    found = list(readers.walk(folder))
    assert [m.kind for m in found] == ["fit"] * 7
    assert {m.data() for m in found} == {FIT}
    decoded = list(readers.decode(found))
    assert len({digest for _, digest, _ in decoded}) == 1
    assert [len(recordings) for _, _, recordings in decoded] == [1, 0, 0, 0, 0, 0, 0]
    assert len(list(readers.read(folder))) == 1


def test_a_member_opens_itself_in_another_process(tmp_path):
    path = placed(zipped({"a.zip": zipped({"b.gpx": RUN}), "c.tcx.gz": gz(LAPS)}), tmp_path)
    (tmp_path / "z.zip.gz").write_bytes(gz(zipped({"a.gpx": RUN, "big.bin": os.urandom(90000)})))
    inside = next(m for m in readers.walk(tmp_path / "z.zip.gz") if m.kind == "gpx")
    assert len(pickle.dumps(inside)) < 1000
    assert inside.data() == RUN
    members = pickle.loads(pickle.dumps(list(readers.walk(path))))
    archive._HOLDERS.clear()
    assert sorted(m.data() for m in members) == sorted([RUN, LAPS])
    assert all(len(pickle.dumps(m)) < 1000 for m in members)


def test_a_file_object_and_a_single_file(tmp_path):
    (from_bytes,) = readers.read(io.BytesIO(zipped({"a.gpx": RUN})))
    path = tmp_path / "a.gpx"
    path.write_bytes(RUN)
    (from_disk,) = readers.read(str(path))
    assert from_bytes.id == from_disk.id
    assert from_disk.file == "a.gpx"


def test_names_of_members_are_paths_inside(tmp_path):
    names = walked({"x/a.gpx": RUN, "b.zip": zipped({"in/c.tcx": LAPS})}, tmp_path)
    assert set(names) == {"x/a.gpx", "b.zip/in/c.tcx"}


def test_known_files_are_not_decoded(tmp_path):
    members = list(readers.walk(placed({"a.gpx": RUN, "b.tcx": LAPS}, tmp_path)))
    digests = {digest for _, digest, _ in readers.decode(members)}
    again = list(readers.decode(members, known=digests))
    assert [recordings for _, _, recordings in again] == [(), ()]


def test_the_stored_digest_sees_a_changed_title():
    rows = [strava_row(1, file="a.gpx"), strava_row(1, file="a.gpx", title="Other")]
    first, second = (
        next(
            m
            for m in readers.walk(io.BytesIO(zipped(strava([row], {"a.gpx": RUN}))))
            if m.kind == "gpx"
        )
        for row in rows
    )
    assert first.stored_sha256() != second.stored_sha256()
    assert first.stored_sha256() == first.stored_sha256()


def test_one_bad_file_never_stops_the_rest(tmp_path):
    given = {"a.gpx": RUN, "b.fit": b"junk", "c.tcx": LAPS, "d.fit": FIT, "e.gpx": RUN[:900]}
    found = list(readers.read(placed(given, tmp_path)))
    assert sum(r.start is not None for r in found) == 4
    assert slugs(tmp_path / "folder") == ["not-a-recording", "xml-damaged"]


def test_without_isal_the_standard_library_gives_the_same(monkeypatch, tmp_path):
    path = placed(zipped({"a.fit.gz": gz(FIT), "b.gpx": RUN}), tmp_path)
    fast = [m.data() for m in readers.walk(path)]
    monkeypatch.setattr(archive, "_inflate", zlib)
    assert [m.data() for m in readers.walk(path)] == fast


# --- a workout with rests -----------------------------------------------------------------


def _intervals_fit() -> bytes:
    """Four times 800 m in three minutes with twelve minutes of standing between."""
    head = ("file_id", {"type": "activity", "time_created": T0.timestamp()})
    messages, at, metres = [head], 0.0, 0.0
    for k in range(7):
        rest = k % 2 == 1
        seconds, length = (720.0, 0.0) if rest else (180.0, 800.0)
        start = T0 + dt.timedelta(seconds=at)
        at, metres = at + seconds, metres + length
        end = T0 + dt.timedelta(seconds=at)
        messages.append(("record", {"timestamp": end, "distance": metres}))
        messages.append(
            ("lap", {"timestamp": end, "start_time": start, "total_elapsed_time": seconds,
                     "total_timer_time": seconds, "total_distance": length, "lap_trigger": "manual",
                     "intensity": "rest" if rest else "active"})
        )  # fmt: skip
    end = T0 + dt.timedelta(seconds=at)
    session = {"timestamp": end, "start_time": T0, "sport": "running", "sub_sport": "track",
               "total_distance": metres, "total_elapsed_time": at, "total_timer_time": at}  # fmt: skip
    return encode([*messages, ("session", session)])


def _intervals_tcx() -> bytes:
    laps, at = [], 0
    for k in range(7):
        rest = k % 2 == 1
        seconds, metres = (720, 0) if rest else (180, 800)
        laps.append(
            f'<Lap StartTime="{iso(at)}"><TotalTimeSeconds>{seconds}</TotalTimeSeconds>'
            f"<DistanceMeters>{metres}</DistanceMeters>"
            f"<Intensity>{'Resting' if rest else 'Active'}</Intensity>"
            "<TriggerMethod>Manual</TriggerMethod></Lap>"
        )
        at += seconds
    return tcx(activity(*laps))


@pytest.mark.seed("S4.6")
@pytest.mark.parametrize("make", [_intervals_fit, _intervals_tcx])
def test_repetitions_and_full_rests_survive(make):
    (run,) = readers.read(io.BytesIO(make()))
    laps = run.laps
    reps = laps["intensity"] == 0.0
    rests = laps["intensity"] == 1.0
    assert (reps.sum(), rests.sum()) == (4, 3)
    assert laps["distance_m"][reps].tolist() == [800.0] * 4
    assert laps["moving_s"][reps].tolist() == [180.0] * 4
    assert laps["elapsed_s"][rests].tolist() == [720.0] * 3
    assert laps["trigger"].tolist() == [0.0] * 7
    assert run.distance_m == 3200.0
    starts = laps["start_s"] - T0.timestamp()
    assert starts.tolist() == [0.0, 180.0, 900.0, 1080.0, 1800.0, 1980.0, 2700.0]


# --- damage -------------------------------------------------------------------------------


def test_a_gzip_cut_short_keeps_its_beginning(tmp_path):
    packed = gz(gpx(points(3000)))
    (run,) = readers.read(placed({"a.gpx.gz": packed[: len(packed) // 2]}, tmp_path))
    assert 1000 < run.points < 2500
    assert [p.slug for p in run.problems] == ["gzip-damaged", "xml-damaged"]
    assert all(p.kept for p in run.problems)


def test_a_wrong_checksum_is_a_warning(tmp_path):
    data = bytearray(zipped({"a.gpx": RUN}, method=zipfile.ZIP_STORED))
    at = data.index(b"<name>Invented")
    data[at + 6 : at + 14] = b"Imagined"
    (run,) = readers.read(placed(bytes(data), tmp_path))
    assert run.points == 20
    assert [p.slug for p in run.problems] == ["archive-crc"]


def test_an_archive_cut_short(tmp_path):
    data = zipped({"a.gpx": RUN, "b.tcx": LAPS})
    (told,) = readers.read(placed(data[:-60], tmp_path))
    assert (told.start, [p.slug for p in told.problems]) == (None, ["archive-damaged"])


@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_broken_archive_raises(place, byte, cut):
    data = zipped(
        {"a.gpx.gz": gz(gpx(points(4))), "b.zip": zipped({"c.tcx": tcx(activity(lap(0, 3)))})}
    )
    place %= len(data)
    broken = data[:place] if cut else data[:place] + bytes([byte]) + data[place + 1 :]
    for recording in readers.read(io.BytesIO(broken)):
        assert recording.file


# --- hostile input ------------------------------------------------------------------------


def _zeros() -> bytes:
    return b"<gpx>" + bytes(3 << 20)


def _nest(depth: int) -> bytes:
    data = RUN
    for level in range(depth):
        data = zipped({f"{level}.zip" if level else "a.gpx": data})
    return data


def _overlapping() -> bytes:
    """Point every entry of the directory at the first member: small on disk, large inside."""
    data = bytearray(zipped({f"{k}.gpx": RUN for k in range(20)}))
    at = data.index(b"PK\x01\x02")
    while at >= 0:
        data[at + 42 : at + 46] = bytes(4)
        at = data.find(b"PK\x01\x02", at + 1)
    return bytes(data)


def _locked() -> bytes:
    data = bytearray(zipped({"a.gpx": RUN}))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def _link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        info = zipfile.ZipInfo("a.gpx")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(info, "/etc/passwd")
    return buffer.getvalue()


HOSTILE = {  # what was given, the problem it must end as
    "a bomb in a zip": (lambda: zipped({"a.gpx": _zeros()}), "archive-bomb"),
    "a bomb in a gzip": (lambda: gz(_zeros()), "archive-bomb"),
    "a bomb of bombs": (
        lambda: zipped({"a.zip": zipped({"b.zip": zipped({"a.gpx": _zeros()})})}),
        "archive-bomb",
    ),
    "too deep": (lambda: _nest(8), "archive-too-deep"),
    "overlapping members": (_overlapping, "archive-bomb"),
    "a name that climbs": (lambda: zipped({"../../evil.gpx": RUN}), "unsafe-name"),
    "an absolute name": (lambda: zipped({"/etc/evil.gpx": RUN}), "unsafe-name"),
    "a locked member": (_locked, "encrypted"),
    "a link in the archive": (_link, "link-outside"),
    "an unread packing": (
        lambda: zipped({"a.gpx": RUN}, method=zipfile.ZIP_LZMA),
        "packing-unread",
    ),
    "nothing inside": (lambda: zipped({}), "archive-empty"),
    "an empty file": (lambda: zipped({"a.fit": b"", "b.gpx": RUN}), "empty-file"),
    "a pickle": (lambda: zipped({"a.fit": pickle.dumps({"x": 1})}), "pickle-refused"),
    "billion laughs": (
        lambda: b'<!DOCTYPE gpx [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><gpx>&b;</gpx>',
        "xml-entities",
    ),
    "an outside entity": (
        lambda: b'<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/hostname">]><gpx>&x;</gpx>',
        "xml-entities",
    ),
    "a deep document": (lambda: b"<gpx>" + b"<a>" * 5000, "xml-damaged"),
    "junk": (lambda: os.urandom(5000), "not-a-recording"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_input_ends_as_a_named_problem(what, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "FREE_INFLATED", 1 << 20)  # the same bombs, smaller
    make, slug = HOSTILE[what]
    path = placed(make(), tmp_path)
    before = sorted(p for p in tmp_path.rglob("*"))
    started = time.process_time()
    found = list(readers.read(path))
    assert time.process_time() - started < 5
    assert slug in [p.slug for r in found for p in r.problems]
    assert sorted(p for p in tmp_path.rglob("*")) == before
    for problem in (p for r in found for p in r.problems):
        assert problem.message
        assert not problem.message[0].isupper() or problem.message.startswith("XML")


def test_a_size_that_lies(tmp_path, monkeypatch):
    """The directory promises little; what comes out is bounded all the same."""
    monkeypatch.setattr(archive, "FREE_INFLATED", 1 << 20)
    data = bytearray(zipped({"a.gpx": _zeros()}))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.index(mark)
        data[at + place : at + place + 4] = struct.pack("<I", 1000)
    (told,) = readers.read(placed(bytes(data), tmp_path))
    assert [p.slug for p in told.problems] == ["archive-bomb"]


def test_a_member_larger_than_its_archive(tmp_path):
    data = bytearray(zipped({"a.gpx": RUN}, method=zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02")
    data[at + 20 : at + 24] = struct.pack("<I", 10**9)
    (told,) = readers.read(placed(bytes(data), tmp_path))
    assert [p.slug for p in told.problems] == ["archive-damaged"]


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    (tmp_path / "secret.gpx").write_bytes(RUN)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inside.gpx").write_bytes(LAPS)
    (folder / "out.gpx").symlink_to(tmp_path / "secret.gpx")
    (folder / "in.gpx").symlink_to(folder / "inside.gpx")
    (folder / "round").symlink_to(folder)
    found = {m.name: m.kind for m in readers.walk(folder)}
    assert found == {"in.gpx": "tcx", "inside.gpx": "tcx", "out.gpx": "problem"}
    assert slugs(folder) == ["link-outside"]


def test_one_line_of_two_hundred_megabytes(tmp_path):
    path = tmp_path / "line.csv"
    with path.open("wb") as file:
        file.write(b"date,km\n2026-03-01," + b"5" * (1 << 16))
        file.truncate(200 << 20)  # zeros to the end, and no other line
    started = time.process_time()
    assert slugs(path) == ["table-too-large"]
    assert time.process_time() - started < 2


def test_what_is_not_there(tmp_path):
    assert slugs(tmp_path / "missing.zip") == ["file-unreadable"]
    assert list(readers.read(tmp_path)) == []


def test_a_large_archive_inside_an_archive_is_read_as_a_stream(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "IN_MEMORY_ARCHIVE", 1000)
    inner = zipped({f"{k}.gpx": gpx(points(5, start=k)) for k in range(6)})
    path = placed(zipped({"inner.zip": inner}), tmp_path)
    members = list(readers.walk(path))
    archive._HOLDERS.clear()
    assert [m.data() for m in reversed(members)] == [
        gpx(points(5, start=k)) for k in range(5, -1, -1)
    ]
