"""What GPX and TCX have in common once their points are columns."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from backinstride.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backinstride.readers.recording import Floats
    from backinstride.readers.xmldoc import Document

EARTH_M = 6_371_008.8  # mean radius, IUGG
# No watch of a runner wrote XML before this day; an earlier date is a clock that was never set.
FIRST_DAY = dt.datetime(1995, 1, 1, tzinfo=dt.UTC)
ONE_FOOT_BELOW = {"run": 120.0, "trail_run": 120.0, "treadmill_run": 120.0, "walk": 75.0}
ONE_FOOT_BELOW |= {"hike": 75.0, "hiking": 75.0}


def great_circle_m(lat_deg: Floats, lon_deg: Floats) -> float:
    """Return the length of a line of points in metres (haversine, sphere, no height).

    Points without a position are skipped.
    """
    here = ~(np.isnan(lat_deg) | np.isnan(lon_deg))
    lat, lon = np.radians(lat_deg[here]), np.radians(lon_deg[here])
    if len(lat) < 2:
        return 0.0
    chord = np.sin(np.diff(lat) / 2) ** 2
    chord += np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
    return float(2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0))).sum())


def both_feet(cadence: Floats, sport: str) -> tuple[Floats, bool]:
    """Return steps a minute of both feet, and whether the file counted one foot.

    TCX (`RunCadence`) and GPX (`gpxtpx:cad`) count the steps of one foot on Garmin's watches and
    of both on some others; nobody runs below 120 or walks below 75 steps a minute for half of the
    time, so the median of what is not 0 decides. Other sports (pedal turns) stay as they are.
    """
    limit = ONE_FOOT_BELOW.get(sport)
    moving = cadence[cadence > 0]
    if limit is None or not len(moving) or float(np.median(moving)) >= limit:
        return cadence, False
    return cadence * 2.0, True


def mean_of(values: Floats | None) -> float | None:
    """Return the mean of what is above 0, or None."""
    if values is None:
        return None
    real = values[values > 0]
    return float(real.mean()) if len(real) else None


def moment(epoch_s: float) -> dt.datetime | None:
    """Return the UTC time of epoch seconds; None where no datetime can hold it."""
    try:
        return dt.datetime.fromtimestamp(epoch_s, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def dated(start: dt.datetime | None, name: str) -> tuple[dt.datetime | None, tuple[Problem, ...]]:
    """Return the start, or None with a problem where the clock was never set."""
    if start is not None and start < FIRST_DAY:
        message = "its clock was never set, so nobody can tell the day; it is not counted."
        return None, (Problem(file=name, slug="clock-not-set", message=message),)
    return start, ()


def pauses(time_s: Floats | None, breaks: Sequence[int]) -> tuple[tuple[float, float], ...]:
    """Return (from, to) of every break in the recording of 2 s or more; `breaks` are indices."""
    if time_s is None:
        return ()
    return tuple(
        (float(time_s[at - 1]), float(time_s[at]))
        for at in breaks
        if 0 < at < len(time_s) and time_s[at] - time_s[at - 1] >= 2.0
    )


def elapsed(time_s: Floats | None) -> float | None:
    """Return the seconds from the first to the last moment."""
    if time_s is None:
        return None
    real = time_s[~np.isnan(time_s)]
    return float(real.max() - real.min()) if len(real) else None


def part_of(columns: Mapping[str, Floats], start: int, end: int) -> dict[str, Floats]:
    """Return the rows of one activity, without columns that are empty there."""
    if end <= start:
        return {}
    rows = {name: values[start:end] for name, values in columns.items()}
    return {name: values for name, values in rows.items() if not np.isnan(values).all()}


def faults(document: Document, name: str) -> tuple[Problem, ...]:
    """Return what was wrong with the XML itself."""
    if document.refused:
        message = "declares entities, which can read other files or fill the memory: not opened."
        return (Problem(file=name, slug="xml-entities", message=message),)
    if document.fault:
        kept = document.points > 0
        message = "is damaged; " + ("everything before is used." if kept else "nothing was read.")
        place = document.fault
        return (Problem(file=name, slug="xml-damaged", message=message, kept=kept, place=place),)
    if document.repaired:
        message = "is not clean XML; it was repaired and read to its end."
        return (Problem(file=name, slug="xml-repaired", message=message, kept=True),)
    return ()
