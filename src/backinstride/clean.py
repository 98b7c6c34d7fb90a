"""From a recording to a row: totals where the device gave none, and what looks wrong, in words.

Nothing is altered silently. The samples are stored as they were recorded; the one exception, a
foot pod that counts one foot, is doubled because the column means both feet, and the row says so.
Whatever looks wrong is a word in the row's `quality`, shown with it.

Climb and descent: altitude over distance on a 10 m grid, two running means of 50 m, then the
sums of the rises and of the falls. Sums of unsmoothed altitude count noise as climbing (for
running data: Frick & Kosmidis 2017, J Stat Softw 82(7), doi:10.18637/jss.v082.i07, who smooth
before summing); the grid and the width are our convention. A device's own totals, from its
barometer, are kept where it wrote them.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from backinstride.schema import RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from backinstride.readers.recording import Floats, Recording

    Mask = NDArray[np.bool_]

EARTH_M = 6371008.8
GRID_M = 10.0
SMOOTH_POINTS = 5  # 50 m
MOVING_M_S = 0.3
SHORTEST_STEP_S = 1e-6  # a moment, not a step
LONGEST_STEP_S = 30.0  # a longer gap between samples is a pause unless it was run through
THROUGH_M_S = 0.8
JUMP_M_S = 12.0  # nobody runs 100 m in 8.3 s
DRIVEN_M_S = 8.0  # nobody keeps this up for a minute (800 m in 100 s)
DRIVEN_S = 60.0
ONE_FOOT_SPM = (60.0, 115.0)  # median of running: half of 120-230
RUNNING_M_S = 1.8
LONG_PAUSE_SHARE = 0.25
DISTANCE_OFF = 0.10
DISTANCE_OFF_M = 200.0
FIRST_YEAR = 2000  # before it, a clock that was never set

# Every word that `quality` may hold, and what it means.
QUALITY: dict[str, str] = {
    "no samples": "only totals are known, from a table",
    "no positions": "no GPS: a treadmill, a hall, or no signal",
    "no distance": "neither the device nor the positions tell how far",
    "GPS jumps": "single positions farther apart than anyone runs",
    "driven part": "a minute or more faster than anyone runs: a watch left on in a car?",
    "long pauses": "a quarter of the time or more stood still",
    "one foot": "the foot pod counted one foot; cadence was doubled",
    "distance differs from the positions": "by more than a tenth; the device's is shown",
    "distance differs from the export": "the vendor's table gives another; the device's is shown",
    "heart rate out of range": "below 25 or above 240: left out of the mean",
    "altitude jumps": "steps of altitude that nobody climbs; climb may be too high",
    "clock not set": "the date is that of a clock that was never set",
    "damaged file": "only the part before the damage was read",
}


def row(recording: Recording) -> tuple[Recording, dict[str, Any]]:
    """Return the recording as it is stored and its row (names of `schema.ACTIVITY_COLUMNS`).

    `start` must be known. Totals that the device gave stay; missing ones are computed.
    """
    start = recording.start
    assert start is not None
    words: list[str] = []
    recording = _both_feet(recording, words)
    seen = _Samples(recording.records)
    distance_m, distance_from = _distance(recording, seen, words)
    climb_m, descent_m = _climb(recording, seen, words)
    elapsed_s = recording.elapsed_s if recording.elapsed_s is not None else seen.elapsed_s
    moving_s = recording.moving_s if recording.moving_s is not None else seen.moving_s
    _judge(recording, seen, elapsed_s, moving_s, words)
    offset = recording.utc_offset_s
    local = start + dt.timedelta(seconds=offset or 0)
    return recording, {
        "id": recording.id,
        "start": start,
        "utc_offset_s": offset,
        "day": local.date(),
        "sport": recording.sport,
        "sport_raw": recording.sport_raw,
        "distance_m": distance_m,
        "distance_from": distance_from,
        "elapsed_s": elapsed_s,
        "moving_s": moving_s,
        "climb_m": climb_m,
        "descent_m": descent_m,
        "avg_hr_bpm": _heart_rate(recording, seen, words),
        "avg_cadence_spm": _cadence(recording, seen),
        "shoe": recording.shoe,
        "title": recording.title,
        "description": recording.description,
        "source": recording.source,
        "file": recording.file,
        "device": recording.device,
        "points": recording.points,
        "quality": "; ".join(w for w in QUALITY if w in words) or None,
        "merged_into": None,
    }


class _Samples:
    """The streams of one recording: filled time and distance, computed once."""

    def __init__(self, records: Mapping[str, Floats]) -> None:
        self.records = records
        self.time = self.stream("time_s")
        self.lat, self.lon = self.stream("lat_deg"), self.stream("lon_deg")
        self.altitude = self.stream("altitude_m")
        self.steps_m: Floats | None = self._steps()
        self.metres: Floats | None = self._metres()
        self.elapsed_s: float | None = None
        self.moving_s: float | None = None
        if self.time is not None and len(self.time) > 1:
            known = self.time[~np.isnan(self.time)]
            self.elapsed_s = float(known.max() - known.min())
            if self.metres is not None:
                self.moving_s = float(moving_steps_s(filled(self.time), self.metres).sum())

    def stream(self, name: str) -> Floats | None:
        """Return a stream that holds anything."""
        values = self.records.get(name)
        return None if values is None or np.isnan(values).all() else values

    def _steps(self) -> Floats | None:
        """Return the metres between neighbouring positions, NaN beside a missing one."""
        if self.lat is None or self.lon is None or len(self.lat) < 2:
            return None
        return great_circle_steps_m(self.lat, self.lon)

    def _metres(self) -> Floats | None:
        counted = self.stream("distance_m")
        if counted is not None and np.nanmax(counted) > 0:
            return np.asarray(np.maximum.accumulate(filled(counted)))
        if self.steps_m is None:
            return None
        return np.asarray(np.concatenate([[0.0], np.cumsum(np.nan_to_num(self.steps_m))]))

    def step_speeds_m_s(self) -> Floats | None:
        """Return the speed between neighbouring positions."""
        if self.steps_m is None or self.time is None:
            return None
        step_s = np.diff(filled(self.time))
        empty = np.full(len(step_s), np.nan)
        return np.asarray(
            np.divide(self.steps_m, step_s, out=empty, where=step_s > SHORTEST_STEP_S)
        )


def filled(values: Floats) -> Floats:
    """Return the stream with gaps bridged in a straight line."""
    good = ~np.isnan(values)
    if good.all():
        return values
    index = np.arange(len(values), dtype=np.float64)
    return np.interp(index, index[good], values[good])


def great_circle_steps_m(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Return the metres between neighbouring positions on a sphere; NaN beside a missing one."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    half = np.sin(np.diff(lat) / 2) ** 2
    half += np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def moving_steps_s(time: Floats, metres: Floats) -> Floats:
    """Return the seconds of each step between samples that were spent moving, else 0.

    Slower than 0.3 m/s is standing; a gap of more than 30 s is a pause unless it was covered at
    0.8 m/s or more (a device that writes seldom).
    """
    step, gone = np.diff(time), np.diff(metres)
    slowest = np.where(step > LONGEST_STEP_S, THROUGH_M_S, MOVING_M_S)
    moving = (step > 0) & (gone >= slowest * step)  # no division: a step may be next to nothing
    return np.where(moving, step, 0.0)


def profile(metres: Floats, altitude: Floats) -> tuple[Floats, Floats]:
    """Return distance every 10 m and the altitude there, smoothed by two running means of 50 m."""
    good = ~np.isnan(altitude)
    grid = np.arange(0.0, max(metres[-1], GRID_M) + GRID_M, GRID_M)
    height = np.interp(grid, metres[good], altitude[good])
    half = SMOOTH_POINTS // 2
    for _ in range(2):
        padded = np.pad(height, half, mode="edge")
        total = np.concatenate([[0.0], np.cumsum(padded)])
        height = (total[SMOOTH_POINTS:] - total[:-SMOOTH_POINTS]) / SMOOTH_POINTS
    return grid, height


def climb_and_descent_m(metres: Floats, altitude: Floats) -> tuple[float, float]:
    """Return the sums of the rises and of the falls of the smoothed profile."""
    rise = np.diff(profile(metres, altitude)[1])
    return float(rise[rise > 0].sum()), float(-rise[rise < 0].sum())


# --- totals -----------------------------------------------------------------------------------


def _distance(
    recording: Recording, seen: _Samples, words: list[str]
) -> tuple[float | None, str | None]:
    """The device's distance; else that of its samples; a 0 that nothing supports is unknown."""
    distance_m, source = recording.distance_m, recording.distance_from
    if distance_m is None and seen.metres is not None:
        counted = seen.stream("distance_m") is not None
        distance_m, source = float(seen.metres[-1]), "device" if counted else "points"
        if not counted:
            distance_m -= float(_jumped_m(seen))
    moved = (recording.moving_s or recording.elapsed_s or seen.elapsed_s or 0.0) > DRIVEN_S
    if distance_m == 0 and seen.lat is None and moved:
        distance_m, source = None, None
    if distance_m is None and recording.sport in (*RUNNING, "walk", "ride"):
        words.append("no distance")
    if "export_distance_m" in recording.extra:
        words.append("distance differs from the export")
    track_m = None if seen.steps_m is None else float(np.nansum(seen.steps_m)) - _jumped_m(seen)
    if distance_m is not None and track_m and source == "device":
        off_m = abs(distance_m - track_m)
        if off_m > max(DISTANCE_OFF * distance_m, DISTANCE_OFF_M):
            words.append("distance differs from the positions")
    return distance_m, source


def jumps(speeds_m_s: Floats) -> Mask:
    """Return which steps are single GPS jumps: impossible, and not one of a row of fast ones."""
    fast = np.nan_to_num(speeds_m_s) > JUMP_M_S
    around = np.convolve(fast, np.ones(5), mode="same") if len(fast) >= 5 else fast.astype(float)
    return np.asarray(fast & (around <= 2))


def _jumped_m(seen: _Samples) -> float:
    speeds = seen.step_speeds_m_s()
    if speeds is None or seen.steps_m is None:
        return 0.0
    return float(np.nansum(seen.steps_m[jumps(speeds)]))


def _climb(
    recording: Recording, seen: _Samples, words: list[str]
) -> tuple[float | None, float | None]:
    """The device's own totals; else from the altitude; null without any, never 0."""
    climb_m, descent_m = recording.climb_m, recording.descent_m
    if seen.altitude is None or seen.metres is None or not seen.metres[-1] > 0:
        return climb_m, descent_m
    step = np.abs(np.diff(seen.altitude))
    if seen.time is not None:
        step_s = np.maximum(np.diff(filled(seen.time)), 1.0)
        if np.nansum(np.nan_to_num(step / step_s) > 5.0) > 2:
            words.append("altitude jumps")
    up_m, down_m = climb_and_descent_m(seen.metres, seen.altitude)
    return (
        up_m if climb_m is None else climb_m,
        down_m if descent_m is None else descent_m,
    )


def _heart_rate(recording: Recording, seen: _Samples, words: list[str]) -> float | None:
    values = seen.stream("heart_rate_bpm")
    if values is None:
        return recording.avg_hr_bpm
    good = (values >= 25) & (values <= 240)
    if (~good & ~np.isnan(values)).any():
        words.append("heart rate out of range")
    if recording.avg_hr_bpm is not None or not good.any():
        return recording.avg_hr_bpm
    return _mean_over_time(values, good, seen.time)


def _cadence(recording: Recording, seen: _Samples) -> float | None:
    """The mean of both feet while moving; null where no step was counted."""
    given = recording.avg_cadence_spm
    values = seen.stream("cadence_spm")
    if given is not None or values is None:
        return given or None
    good = values > 0
    return _mean_over_time(values, good, seen.time) if good.any() else None


def _mean_over_time(values: Floats, good: Mask, time: Floats | None) -> float:
    if time is None or len(time) < 2:
        return float(values[good].mean())
    step_s = np.diff(filled(time), append=filled(time)[-1] + 1.0)
    weight = np.clip(step_s, 0.0, LONGEST_STEP_S)[good]
    if weight.sum() <= 0:
        return float(values[good].mean())
    return float(np.average(values[good], weights=weight))


def _both_feet(recording: Recording, words: list[str]) -> Recording:
    """Double the cadence of a foot pod that counts one foot: half of what running needs."""
    values = recording.records.get("cadence_spm")
    if recording.sport not in RUNNING or values is None or np.isnan(values).all():
        return recording
    speed = recording.records.get("speed_m_s")
    running = values > 0
    if speed is not None and not np.isnan(speed).all():
        running = running & (np.nan_to_num(speed) > RUNNING_M_S)
    if running.sum() < 10 or not ONE_FOOT_SPM[0] < np.median(values[running]) < ONE_FOOT_SPM[1]:
        return recording
    words.append("one foot")
    mean = recording.avg_cadence_spm
    laps = dict(recording.laps)
    if "avg_cadence_spm" in laps and np.nanmax(laps["avg_cadence_spm"], initial=0.0) < 130:
        laps["avg_cadence_spm"] = laps["avg_cadence_spm"] * 2
    return msgspec.structs.replace(
        recording,
        records={**recording.records, "cadence_spm": values * 2},
        laps=laps,
        avg_cadence_spm=mean * 2 if mean is not None and mean < 130 else mean,
    )


# --- what looks wrong -------------------------------------------------------------------------


def _judge(
    recording: Recording,
    seen: _Samples,
    elapsed_s: float | None,
    moving_s: float | None,
    words: list[str],
) -> None:
    assert recording.start is not None
    if not recording.records:
        words.append("no samples")
    elif seen.lat is None:
        words.append("no positions")
    if recording.start.year < FIRST_YEAR:
        words.append("clock not set")
    if any(p.kept for p in recording.problems):
        words.append("damaged file")
    if elapsed_s and moving_s is not None and moving_s < (1 - LONG_PAUSE_SHARE) * elapsed_s:
        words.append("long pauses")
    speeds = seen.step_speeds_m_s()
    if speeds is None or recording.sport not in (*RUNNING, "walk"):
        return
    if jumps(speeds).any():
        words.append("GPS jumps")
    if driven_s(speeds, np.diff(filled(seen.time))) > 0:  # type: ignore[arg-type]
        words.append("driven part")


def driven_s(speeds_m_s: Floats, step_s: Floats) -> float:
    """Return the seconds of stretches of a minute or more faster than anyone runs."""
    fast = np.nan_to_num(speeds_m_s) > DRIVEN_M_S
    edges = np.flatnonzero(np.diff(np.concatenate([[False], fast, [False]]).astype(np.int8)))
    clock = np.concatenate([[0.0], np.cumsum(step_s)])
    lengths = clock[edges[1::2]] - clock[edges[::2]]
    return float(lengths[lengths >= DRIVEN_S].sum())
