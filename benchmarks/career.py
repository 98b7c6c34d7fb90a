"""A made career of 2,700 FIT files (about 500 MB) into a library: seconds, CPU, peak memory.

    python benchmarks/career.py [--files 2700] [--records 5200] [--keep DIR]

The files are made by our own encoder (a modern watch's fields at one record a second) and deleted
afterwards. Says megabytes, records, wall and CPU seconds of the import, and of the same again.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from backinstride.importing import import_paths
from backinstride.library import Library
from backinstride.readers.fit_encode import encode


def activity(number: int, records: int) -> bytes:
    rng = np.random.default_rng(number)
    start = dt.datetime(2012, 1, 1, 6, tzinfo=dt.UTC) + dt.timedelta(hours=46 * number)
    seconds = np.arange(records, dtype=np.float64)
    speed = 2.9 + 0.2 * np.sin(seconds / 300) + rng.normal(0, 0.05, records)
    distance = np.cumsum(speed)
    stamp = start.timestamp() + seconds
    fields = {
        "timestamp": stamp,
        "position_lat": 0.01 * np.sin(distance / 3000),
        "position_long": 3 + 0.01 * np.cos(distance / 3000),
        "distance": distance,
        "enhanced_speed": speed,
        "enhanced_altitude": 60 + 20 * np.sin(distance / 900),
        "heart_rate": 140 + rng.integers(-5, 6, records),
        "cadence": 84 + rng.integers(-2, 3, records),
        "power": 250 + rng.integers(-20, 21, records),
        "vertical_oscillation": 90 + rng.normal(0, 2, records),
        "stance_time": 250 + rng.normal(0, 5, records),
        "step_length": 1050 + rng.normal(0, 20, records),
        "temperature": np.full(records, 18),
    }
    totals = {
        "timestamp": stamp[-1],
        "start_time": start,
        "total_elapsed_time": float(records),
        "total_timer_time": float(records),
        "total_distance": float(distance[-1]),
        "sport": "running",
        "sub_sport": "generic",
    }
    made = {"type": "activity", "manufacturer": "development", "time_created": start}
    return encode([("file_id", made), ("record", fields), ("session", totals)])


def cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2700)
    parser.add_argument("--records", type=int, default=5200)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="career-"))
    source = folder / "files"
    source.mkdir(parents=True, exist_ok=True)
    for number in range(given.files):
        path = source / f"{number:05d}.fit"
        if not path.exists():
            path.write_bytes(activity(number, given.records))
    size = sum(p.stat().st_size for p in source.iterdir()) / 1e6
    print(f"{given.files} files, {size:.0f} MB, {given.files * given.records:,} records")
    library = Library(folder / "library")
    for name in ("first", "again"):
        wall, cpu = time.perf_counter(), cpu_s()
        found = import_paths(library, [source])
        print(
            f"{name}: {found.new} new, {found.known} known, {len(found.problems)} problems, "
            f"{time.perf_counter() - wall:.1f} s wall, {cpu_s() - cpu:.1f} CPU-s"
        )
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"peak of the largest process: {peak / 1024:.0f} MB")
    if given.keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
