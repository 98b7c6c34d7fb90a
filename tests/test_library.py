"""The folder: private, valid when empty, never half written, safe beside another writer."""

from __future__ import annotations

import datetime as dt
import os
import stat
import threading

import numpy as np
import polars as pl
import pytest

from backinstride import clean, library
from backinstride.errors import Problem
from backinstride.library import Library, Seen
from backinstride.readers.recording import Recording
from backinstride.schema import ACTIVITY_NAMES, LAP_NAMES, RECORD_NAMES

START = dt.datetime(2026, 11, 21, 7, 12, tzinfo=dt.UTC)
M_PER_DEG = np.pi / 180 * clean.EARTH_M


def run(number: int, *, hours: float = 0.0, size: int = 50, **fields: object) -> Recording:
    start = START + dt.timedelta(hours=hours)
    time = start.timestamp() + np.arange(size, dtype=np.float64)
    base: dict[str, object] = {
        "id": f"{number:016x}",
        "file": f"{number}.fit",
        "source": "fit",
        "start": start,
        "sport": "run",
        "records": {
            "dev:lean": np.arange(size, dtype=np.float64),
            "heart_rate_bpm": np.where(np.arange(size) % 2, 150.0, np.nan),
            "time_s": time,
            "lat_deg": 10 + np.arange(size) * 3.0 / M_PER_DEG,
            "lon_deg": np.full(size, 20.0),
        },
    }
    return Recording(**{**base, **fields})


def put(lib: Library, *recordings: Recording) -> None:
    rows = []
    for recording in recordings:
        stored, row = clean.row(recording)
        lib.store(stored, row)
        rows.append(row)
    lib.commit(rows, [Seen(outcome="new", name=r.file, ids=(r.id,)) for r in recordings])


def test_an_empty_folder_gives_valid_empty_frames(tmp_path):
    lib = Library(tmp_path / "new" / "runner")
    assert lib.activities().columns == list(ACTIVITY_NAMES)
    assert lib.activities().is_empty()
    assert lib.running().is_empty()
    assert lib.records("0" * 16).columns == list(RECORD_NAMES)
    assert lib.laps("0" * 16).columns == list(LAP_NAMES)
    assert lib.seen() == ()
    assert lib.problems() == ()
    assert lib.diary().entries == ()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_the_folder_is_private_under_any_umask(tmp_path, umask):
    old = os.umask(umask)
    try:
        lib = Library(tmp_path / "runner")
        put(lib, run(1))
    finally:
        os.umask(old)
    for here in (lib.folder, *lib.folder.rglob("*")):
        assert stat.S_IMODE(here.stat().st_mode) == (0o700 if here.is_dir() else 0o600), here
    assert (lib.folder / "records/2026/20261121T071200Z-0000000000000001.parquet").is_file()


def test_a_row_its_samples_and_its_laps_come_back(tmp_path):
    lib = Library(tmp_path)
    laps = {"start_s": np.array([1.0, 2.0]), "distance_m": np.array([1000.0, np.nan])}
    put(
        lib,
        run(2, hours=5, title="later"),
        run(1, laps=laps, pauses=((1.0, 2.0),), rr_ms=np.array([800.0]), extra={"vendor_id": "7"}),
    )
    table = Library(tmp_path).activities()
    assert table["id"].to_list() == [f"{1:016x}", f"{2:016x}"]
    assert table["start"][0] == START
    records = lib.records(f"{1:016x}")
    assert records.columns == ["time_s", "lat_deg", "lon_deg", "heart_rate_bpm", "dev:lean"]
    assert records["heart_rate_bpm"].null_count() == 25
    assert records["heart_rate_bpm"].mean() == 150.0
    assert lib.laps(f"{1:016x}")["distance_m"].to_list() == [1000.0, None]
    about = lib.about(f"{1:016x}")
    assert about["pauses"] == [[1.0, 2.0]]
    assert (about["rr_ms"], about["extra"]) == ([800.0], {"vendor_id": "7"})
    assert about["row"]["distance_m"] == pytest.approx(147.0, rel=0.01)


def test_an_activity_without_samples_has_a_file_and_an_empty_frame(tmp_path):
    lib = Library(tmp_path)
    put(lib, run(1, records={}, distance_m=5000.0))
    assert lib.activities()["points"].to_list() == [0]
    assert lib.records(f"{1:016x}").is_empty()
    assert lib.problems() == ()


def test_a_known_id_is_replaced_not_doubled(tmp_path):
    lib = Library(tmp_path)
    put(lib, run(1), run(2, hours=3))
    put(lib, run(1, title="renamed"))
    assert lib.activities().select("title").to_series().to_list() == ["renamed", None]


@pytest.mark.parametrize("bad", ["../../etc/passwd", "", "x" * 16, "0" * 16 + "/.."])
def test_an_id_is_never_a_path(tmp_path, bad):
    assert Library(tmp_path).records(bad).is_empty()
    assert Library(tmp_path).about(bad) == {}


def test_torn_files_are_left_out_and_told(tmp_path):
    lib = Library(tmp_path)
    put(lib, run(1))
    log = tmp_path / library.LOG
    log.write_bytes(log.read_bytes() + b'{"outcome": "ne')
    lib.commit([], [Seen(outcome="ignored", name="after the crash")])
    assert [s.outcome for s in lib.seen()] == ["new", "ignored"]
    records = next((tmp_path / "records").rglob("*.parquet"))
    records.write_bytes(records.read_bytes()[:100])
    assert lib.records(f"{1:016x}").is_empty()
    records.unlink()
    assert [p.slug for p in lib.problems()] == ["records-missing"]
    (tmp_path / library.ACTIVITIES).write_bytes(b"PAR1 torn")
    torn = Library(tmp_path)
    assert torn.activities().is_empty()
    assert [p.slug for p in torn.problems()] == ["table-damaged"]
    put(torn, run(3))
    assert torn.activities().height == 1


def test_a_table_of_an_older_version_gains_its_missing_columns(tmp_path):
    lib = Library(tmp_path)
    put(lib, run(1))
    path = tmp_path / library.ACTIVITIES
    pl.read_parquet(path).drop("quality").with_columns(odd=pl.lit(1)).write_parquet(path)
    assert Library(tmp_path).activities().columns == list(ACTIVITY_NAMES)


def test_many_writers_lose_no_row_and_no_line(tmp_path):
    Library(tmp_path)

    def write(number: int) -> None:
        put(Library(tmp_path), run(number, hours=number * 3))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(1, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lib = Library(tmp_path)
    assert lib.activities().height == 12
    assert len(lib.seen()) == 12


def test_the_log_keeps_problems(tmp_path):
    problem = Problem("a.fit", "fit-truncated", "ends early", kept=True, place="byte 7")
    Library(tmp_path).commit([], [Seen(outcome="problem", name="a.fit", problems=(problem,))])
    assert Library(tmp_path).seen()[0].problems == (problem,)


# --- one outing once --------------------------------------------------------------------------


def test_one_outing_from_two_sources_is_one_row_and_can_be_taken_apart(tmp_path):
    lib = Library(tmp_path)
    watch = run(1, size=600, distance_m=1800.0)
    phone = run(
        2,
        hours=4 / 3600,
        size=590,
        distance_m=1790.0,
        source="strava/gpx",
        title="Sunday",
        shoe="blue",
    )
    power = {**phone.records, "power_w": np.full(590, 240.0)}
    put(lib, watch, run(2, hours=4 / 3600, size=590, distance_m=1790.0, source="strava/gpx",
                        title="Sunday", shoe="blue", records={k: v for k, v in power.items() if k != "dev:lean"}))  # fmt: skip
    assert lib.merge() == 1
    (row,) = lib.activities().to_dicts()
    assert (row["id"], row["title"], row["shoe"], row["distance_m"]) == (
        f"{1:016x}",
        "Sunday",
        "blue",
        1800.0,
    )
    records = lib.records(row["id"])
    assert records.height == 600
    assert records["power_w"].mean() == 240.0  # the stream that only the phone has
    assert records["power_w"].null_count() < 10
    assert records["heart_rate_bpm"].null_count() == 300
    both = lib.activities(merged=True)
    assert both.filter(pl.col("id") == f"{2:016x}")["merged_into"].to_list() == [f"{1:016x}"]
    assert set(lib.unmerge(f"{2:016x}")) == {f"{1:016x}", f"{2:016x}"}
    assert lib.activities().height == 2
    assert lib.merge() == 0  # and it stays so
