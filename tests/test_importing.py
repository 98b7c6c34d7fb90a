"""Import: everything that can be read is in, once, whatever dies on the way."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import msgspec
import pytest

from backinstride import importing, readers
from backinstride.importing import Crew, Outcome, Progress, import_paths
from backinstride.library import Library

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

pytestmark = pytest.mark.journey

START = dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)


def gpx(number: int, *, seconds: int = 60, kind: str = "running") -> bytes:
    """One invented track of even pace, its own day and place."""
    points = []
    for k in range(seconds):
        when = START + dt.timedelta(days=number, seconds=10 * k)
        points.append(
            f'<trkpt lat="{10 + k * 0.0003:.6f}" lon="{20 + number * 0.01:.6f}">'
            f"<ele>{100 + k % 7}</ele><time>{when:%Y-%m-%dT%H:%M:%SZ}</time></trkpt>"
        )
    return (
        '<?xml version="1.0"?><gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><type>{kind}</type><trkseg>{''.join(points)}</trkseg></trk></gpx>"
    ).encode()


HEADER = "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Filename,Activity Gear"


def export(path: Path, count: int = 6, *, title: str = "Run") -> Path:
    """A Strava-shaped zip: `count` runs, one row without a file, a copy, and a broken file."""
    with zipfile.ZipFile(path, "w") as archive:
        rows = [HEADER]
        for k in range(count):
            archive.writestr(f"activities/{k}.gpx.gz", gzip.compress(gpx(k), mtime=0))
            day = START + dt.timedelta(days=k)
            rows.append(
                f'{k},"{day:%b %-d, %Y, %-I:%M:%S %p}",{title} {k},Run,,590,1.97,activities/{k}.gpx.gz,Blue Pair'
            )
        rows.append('99,"Jan 5, 2026, 7:00:00 AM",Typed,Run,,1800,5.00,,')
        archive.writestr("activities.csv", "\n".join(rows))
        archive.writestr("activities/0.gpx (2).gz", gzip.compress(gpx(0), mtime=0))
        archive.writestr("activities/broken.fit", b"\x0e\x10garbage.FIT" + b"\0" * 20)
        archive.writestr("media/picture.jpg", b"\xff\xd8\xff" + b"\0" * 50)
    return path


def library_of(folder: Path) -> pl.DataFrame:
    return Library(folder).activities(merged=True)


def test_an_export_is_imported_once_and_its_words_are_joined(tmp_path):
    lib = Library(tmp_path / "runner")
    first = import_paths(lib, [export(tmp_path / "e.zip")])
    assert (first.files, first.new, first.known, first.duplicates) == (10, 7, 0, 1)
    assert first.runs == 7
    assert first.running_km == pytest.approx(6 * 1.97 + 5.0, abs=0.1)
    (problem,) = first.problems
    assert (problem.file, problem.kept) == ("activities/broken.fit", False)
    table = lib.activities()
    assert table["title"].to_list() == ["Typed", *(f"Run {k}" for k in range(6))]
    assert table["shoe"].to_list() == [None, *["Blue Pair"] * 6]
    assert lib.records(table["id"][1]).height == 60
    second = import_paths(lib, [tmp_path / "e.zip"])
    assert (second.files, second.new, second.known, second.duplicates) == (10, 0, 7, 1)
    assert second.problems == first.problems
    assert (second.runs, second.running_km) == (first.runs, first.running_km)


def test_the_id_comes_from_the_content_in_any_folder_order_or_packing(tmp_path):
    (tmp_path / "loose").mkdir()
    for k in (2, 0, 1):
        (tmp_path / "loose" / f"x{k}.gpx").write_bytes(gpx(k))
    import_paths(Library(tmp_path / "a"), [tmp_path / "loose"])
    export(tmp_path / "e.zip", 3)
    import_paths(Library(tmp_path / "b"), [tmp_path / "e.zip"])
    ids = set(library_of(tmp_path / "a")["id"])
    assert len(ids) == 3
    assert ids < set(library_of(tmp_path / "b")["id"])
    again = import_paths(Library(tmp_path / "b"), [tmp_path / "loose"])
    assert (again.new, again.known) == (0, 3)
    assert library_of(tmp_path / "b")["title"].null_count() == 0  # a bare copy takes no word away


def test_a_later_export_brings_its_new_words_and_only_new_runs(tmp_path):
    lib = Library(tmp_path / "runner")
    import_paths(lib, [export(tmp_path / "old.zip", 3)])
    later = import_paths(lib, [export(tmp_path / "new.zip", 5, title="Renamed")])
    assert (later.new, later.known) == (2, 4)
    assert lib.activities()["title"].to_list() == ["Typed", *(f"Renamed {k}" for k in range(5))]


def test_nothing_readable_is_a_summary_not_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    found = import_paths(
        Library(tmp_path / "r"),
        [tmp_path / "empty", tmp_path / "notes.txt", tmp_path / "missing.zip"],
    )
    assert (found.new, found.runs, found.running_km) == (0, 0, 0.0)
    assert {p.file for p in found.problems} == {"notes.txt", "missing.zip"}


def test_progress_counts_members_runs_and_the_oldest_year(tmp_path):
    events: list[Progress] = []
    import_paths(Library(tmp_path / "r"), [export(tmp_path / "e.zip")], progress=events.append)
    assert [e.done for e in events] == sorted(e.done for e in events)
    last = events[-1]
    assert (last.done, last.runs, last.oldest_year) == (last.total, 7, 2026)
    assert last.bytes_done == last.bytes_total


def test_a_few_files_start_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "ProcessPoolExecutor", None)
    assert import_paths(Library(tmp_path / "r"), [export(tmp_path / "e.zip")]).new == 7


def test_cancelled_between_batches_keeps_what_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_MEMBERS", 2)
    lib = Library(tmp_path / "r")
    found = import_paths(lib, [export(tmp_path / "e.zip")], cancelled=lambda: True)
    assert found.cancelled
    assert 0 < found.new < 7
    rest = import_paths(lib, [tmp_path / "e.zip"])
    assert (rest.new + found.new, rest.known) == (7, found.new)


def test_processes_reach_the_same_library(tmp_path):
    (tmp_path / "log.csv").write_text(LOG)
    given = [export(tmp_path / "e.zip", 8), tmp_path / "log.csv"]
    (log,) = import_paths(Library(tmp_path / "a"), given, workers=0).mappings
    miles = msgspec.structs.replace(log.mapping, distance_unit="mi", assumed=())
    import_paths(Library(tmp_path / "a"), given, workers=0, mappings=[miles])
    found = import_paths(Library(tmp_path / "b"), given, workers=1, mappings=[miles])
    assert found.new == 11
    assert [m.kept for m in found.mappings] == [True]
    assert library_of(tmp_path / "a").equals(library_of(tmp_path / "b"))


def test_samples_that_went_missing_are_read_again(tmp_path):
    lib = Library(tmp_path / "r")
    import_paths(lib, [export(tmp_path / "e.zip", 2)])
    (lib.folder / "activities.parquet").unlink()
    again = import_paths(lib, [tmp_path / "e.zip"])
    assert (again.new, again.runs) == (3, 3)


# --- hand-kept logs -----------------------------------------------------------------------------

LOG = "date,distance,time,shoes\n2026-03-13,5,35:00,blue\n2026-03-14,6,42:00,red\n"


def test_the_columns_of_a_log_are_shown_and_a_changed_meaning_is_read_again(tmp_path):
    lib = Library(tmp_path / "r")
    (tmp_path / "log.csv").write_text(LOG)
    first = import_paths(lib, [tmp_path / "log.csv"])
    (log,) = first.mappings
    assert (log.file, log.kept, log.mapping.distance_unit) == ("log.csv", False, "km")
    assert 'distance "distance" (km)' in log.line()
    kept = msgspec.structs.replace(log.mapping, assumed=())
    again = import_paths(lib, [tmp_path / "log.csv"], mappings=[kept])
    assert (again.new, again.known) == (0, 2)
    assert [m.kept for m in again.mappings] == [True]
    miles = msgspec.structs.replace(kept, distance_unit="mi")
    changed = import_paths(lib, [tmp_path / "log.csv"], mappings=[miles])
    assert lib.activities()["distance_m"].to_list() == pytest.approx([5 * 1609.344, 6 * 1609.344])
    assert (changed.new, changed.runs) == (2, 2)
    back = import_paths(lib, [tmp_path / "log.csv"], mappings=[kept])
    assert back.running_km == pytest.approx(11.0)
    assert lib.problems() == ()


# --- what dies on the way -----------------------------------------------------------------------


def dies_on_three(members: list[readers.Member]) -> list[Outcome]:
    """A worker that is killed by one of its files."""
    if any(m.name == "3" for m in members):
        os._exit(1)
    return [Outcome(m.name) for m in members]


def crew_on(*batches: str) -> tuple[list[str], list[str]]:
    """Run batches of one-letter files; return the names with an outcome, and the slugs."""
    members = ([readers.Member(name=n, kind="fit", size=1) for n in batch] for batch in batches)
    found = [
        (member.name, outcome)
        for batch, outcomes in Crew(1, lambda batch: (dies_on_three, batch)).run(members)
        for member, outcome in zip(batch, outcomes, strict=True)
    ]
    assert [n for n, _ in found] == list("".join(batches))
    assert all(o.sha256 == n for n, o in found if n != "3")
    return [o.sha256 for _, o in found], [p.slug for _, o in found for p in o.problems]


def test_a_worker_that_dies_costs_the_file_that_killed_it():
    assert crew_on("3") == ([""], ["reader-died"])


class Dying:
    """A pool that breaks for good as a real one does, without the seconds to start it."""

    def __init__(self, *_: object, **__: object) -> None:
        self.broken = False

    def submit(self, do, *arguments):
        future = Future()
        if self.broken or (arguments and any(m.name == "3" for m in arguments[0])):
            self.broken = True
            future.set_exception(BrokenProcessPool())
        else:
            future.set_result(do(*arguments))
        return future

    def shutdown(self, **_: object) -> None:
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_a_broken_pool_is_begun_again_and_the_file_is_found_by_halving(monkeypatch):
    monkeypatch.setattr(importing, "ProcessPoolExecutor", Dying)
    names, slugs = crew_on("01", "2345", "67", "8", "9a")
    assert names == [*"012", "", *"456789a"]
    assert slugs == ["reader-died"]


def test_a_reader_that_fails_costs_its_file_only(tmp_path, monkeypatch):
    real = importing.readers.decode

    def failing(members, known=(), *, mappings=()):
        for decoded in real(members, known, mappings=mappings):
            if "/2.gpx" in decoded[0].name:
                raise RuntimeError("a fault of ours")
            yield decoded

    monkeypatch.setattr(importing.readers, "decode", failing)
    found = import_paths(Library(tmp_path / "r"), [export(tmp_path / "e.zip")])
    assert found.new == 6
    assert {p.slug for p in found.problems} >= {"reader-failed"}


CHILD = """
import sys
from pathlib import Path
from backinstride import importing
from backinstride.library import Library
importing.FIRST_BATCH_BYTES = 1
importing.BATCH_BYTES = 1
real = importing.clean.row
def slow(recording):
    print("row", flush=True)
    import time; time.sleep(0.03)
    return real(recording)
importing.clean.row = slow
if __name__ == "__main__":
    importing.import_paths(Library(Path(sys.argv[1])), [Path(sys.argv[2])], workers=0)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
@pytest.mark.parametrize("rows", [4])
def test_killed_at_any_moment_and_resumed_it_is_the_same_library(tmp_path, rows):
    export(tmp_path / "e.zip", 8)
    import_paths(Library(tmp_path / "whole"), [tmp_path / "e.zip"])
    (tmp_path / "child.py").write_text(CHILD)
    child = subprocess.Popen(
        [
            sys.executable,
            str(tmp_path / "child.py"),
            str(tmp_path / "killed"),
            str(tmp_path / "e.zip"),
        ],
        stdout=subprocess.PIPE,
    )
    for _ in range(rows):
        child.stdout.readline()
    time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    lib = Library(tmp_path / "killed")
    before = lib.activities().height
    assert before < 9
    resumed = import_paths(lib, [tmp_path / "e.zip"])
    assert (resumed.new, resumed.known) == (9 - before, before)
    assert library_of(tmp_path / "killed").equals(library_of(tmp_path / "whole"))
    assert lib.problems() == ()


UNGUARDED = """
import sys
from pathlib import Path
from backinstride.importing import import_paths
from backinstride.library import Library
print(import_paths(Library(Path(sys.argv[1])), [Path(sys.argv[2])], workers=1).new)
"""


def test_a_script_without_a_main_guard_imports_all_the_same(tmp_path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    export(tmp_path / "e.zip", 2)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "r"), str(tmp_path / "e.zip")],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.split()[-1] == "3"


# --- real archives --------------------------------------------------------------------------------


@pytest.mark.archive
@pytest.mark.parametrize(
    ("name", "counts", "runs", "km"),
    [
        ("strava-a4.zip", (241, 242, 0), 219, 1868.40),
        ("strava-a1.zip", (2070, 2105, 4), 2003, None),
        ("garmin-gpx-a5.zip", (145, 145, 0), 120, 841.56),
    ],
)
def test_real_archives_reach_their_counts_once(tmp_path, shared_file, name, counts, runs, km):
    archive = shared_file(f"data/{name}")
    lib = Library(tmp_path / "r")
    first = import_paths(lib, [archive])
    assert (first.files, first.new, first.duplicates) == counts
    assert first.runs == runs
    assert km is None or first.running_km == pytest.approx(km, rel=0.002)
    second = import_paths(lib, [archive])
    assert (second.new, second.known, second.duplicates) == (0, counts[1], counts[2])
    assert (second.runs, second.running_km) == (first.runs, first.running_km)
    assert second.seconds < max(1.5, first.seconds / 10)
    shutil.rmtree(tmp_path / "r")
