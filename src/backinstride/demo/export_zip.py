"""The invented runs as a bulk export zip in the shape Strava hands out."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from typing import TYPE_CHECKING

from backinstride.demo.recordings import fit_file, gpx_file, started, streams

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from backinstride.demo.invented import Outing

# Names that the real table repeats, in other units, are repeated here too.
HEADER = (
    "Activity ID", "Activity Date", "Activity Name", "Activity Type", "Activity Description",
    "Elapsed Time", "Distance", "Max Heart Rate", "Relative Effort", "Commute",
    "Activity Private Note", "Activity Gear", "Filename", "Athlete Weight", "Bike Weight",
    "Elapsed Time", "Moving Time", "Distance", "Max Speed", "Average Speed", "Elevation Gain",
)  # fmt: skip
EPOCH = (2026, 1, 1, 0, 0, 0)  # of the zip's members: the same bytes each time


def write_zip(runs: Sequence[Outing], path: Path) -> None:
    """Write the export: activities.csv, shoes.csv and a compressed file a run."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(HEADER)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, run in enumerate(runs, start=1):
            gpx = number % 9 == 0  # every ninth from an old phone
            name = f"activities/{1000 + number}.{'gpx' if gpx else 'fit'}.gz"
            data = gpx_file(run) if gpx else fit_file(run)
            _add(archive, name, gzip.compress(data, 6, mtime=0))
            rows.writerow(_row(1000 + number, run, name))
        _add(archive, "activities.csv", table.getvalue().encode())
        shoes = sorted({run.shoe for run in runs if run.shoe})
        lines = ["Shoe Name,Shoe Brand,Shoe Model", *(f"{name},Invented,{name}" for name in shoes)]
        _add(archive, "shoes.csv", ("\n".join(lines) + "\n").encode())


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, EPOCH), data)


def _row(number: int, run: Outing, file: str) -> list[object]:
    data = streams(run)
    seconds, metres = float(data["time_s"][-1]), float(data["distance_m"][-1])
    start = started(run)
    when = f"{start:%b} {start.day}, {start:%Y}, {start:%I:%M:%S %p}".replace(", 0", ", ")
    climb = float(sum(max(d, 0.0) for d in (data["altitude_m"][1:] - data["altitude_m"][:-1])))
    return [
        number, when, run.title, "Run", "invented", round(seconds), f"{metres / 1000:.2f}", "", "",
        "false", "", run.shoe or "", file, "", "",
        f"{seconds:.1f}", f"{seconds:.1f}", f"{metres:.1f}",
        f"{data['speed_m_s'].max():.2f}", f"{metres / seconds:.2f}", f"{climb:.1f}",
    ]  # fmt: skip
