"""Tracks that bring no totals of their own: what the library's row holds, and what stays unknown."""

from __future__ import annotations

import math
import re

import pytest

from archive_files import T0, activity, gpx, iso, tcx
from backinstride.importing import import_paths
from backinstride.library import Library

STEP_M = 10.0
POINTS = 401  # 4 km
RISE_M = 40.0


def hill(k: int) -> float:
    """One smooth hill: 40 m up, 40 m down."""
    return 100.0 + RISE_M * math.sin(math.pi * k / (POINTS - 1))


def lat(k: int) -> str:
    return f"{10 + k * STEP_M / 111_194.9:.7f}"


def second(k: int) -> int:
    """4 s a point, with a pause of five minutes in the middle."""
    return 4 * k + (300 if k > 200 else 0)


def gpx_track(*, altitude: bool = True) -> bytes:
    return gpx(
        "".join(
            f'<trkpt lat="{lat(k)}" lon="20.5">'
            + (f"<ele>{hill(k):.2f}</ele>" if altitude else "")
            + f"<time>{iso(second(k))}</time></trkpt>"
            for k in range(POINTS)
        )
    )


def tcx_track(*, altitude: bool = True, positions: bool = True) -> bytes:
    """A TCX without any distance of a device."""
    body = "".join(
        f"<Trackpoint><Time>{iso(second(k))}</Time>"
        + (
            f"<Position><LatitudeDegrees>{lat(k)}</LatitudeDegrees>"
            "<LongitudeDegrees>20.5</LongitudeDegrees></Position>"
            if positions
            else ""
        )
        + (f"<AltitudeMeters>{hill(k):.2f}</AltitudeMeters>" if altitude else "")
        + "</Trackpoint>"
        for k in range(POINTS)
    )
    lap = f'<Lap StartTime="{iso(0)}"><Intensity>Active</Intensity><Track>{body}</Track></Lap>'
    return tcx(activity(lap))


def row_of(tmp_path, data: bytes, suffix: str) -> dict:
    (tmp_path / f"run{suffix}").write_bytes(data)
    library = Library(tmp_path / "runner")
    assert import_paths(library, [tmp_path / f"run{suffix}"]).new == 1
    return library.activities().row(0, named=True)


@pytest.mark.parametrize(("track", "suffix"), [(gpx_track, ".gpx"), (tcx_track, ".tcx")])
def test_a_track_without_totals_gets_them_from_its_points(tmp_path, track, suffix):
    row = row_of(tmp_path, track(), suffix)
    assert row["start"] == T0
    assert row["distance_m"] == pytest.approx(4000, rel=0.002)
    assert row["distance_from"] == "points"
    assert row["elapsed_s"] == pytest.approx(1900, abs=1)
    assert row["moving_s"] == pytest.approx(1600, abs=10)
    assert row["climb_m"] == pytest.approx(RISE_M, abs=1.5)
    assert row["descent_m"] == pytest.approx(RISE_M, abs=1.5)


@pytest.mark.parametrize(("track", "suffix"), [(gpx_track, ".gpx"), (tcx_track, ".tcx")])
def test_without_altitude_climb_and_descent_are_unknown_not_0(tmp_path, track, suffix):
    row = row_of(tmp_path, track(altitude=False), suffix)
    assert (row["climb_m"], row["descent_m"]) == (None, None)
    assert row["distance_m"] == pytest.approx(4000, rel=0.002)


def test_without_positions_and_distance_only_the_time_is_known(tmp_path):
    row = row_of(tmp_path, tcx_track(positions=False), ".tcx")
    assert (row["distance_m"], row["distance_from"]) == (None, None)
    assert (row["climb_m"], row["descent_m"], row["moving_s"]) == (None, None, None)
    assert row["elapsed_s"] == pytest.approx(1900, abs=1)
    assert "no distance" in row["quality"]


def test_a_track_of_one_height_climbs_0(tmp_path):
    flat = re.sub(rb"<ele>[\d.]+</ele>", b"<ele>100.0</ele>", gpx_track())
    row = row_of(tmp_path, flat, ".gpx")
    assert (row["climb_m"], row["descent_m"]) == (0.0, 0.0)
