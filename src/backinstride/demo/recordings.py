"""Invented recordings: the streams of a run, written as a FIT or a GPX file.

The course is a loop on the equator at sea in the Gulf of Guinea, where nobody can run.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from backinstride.readers.fit_encode import encode

if TYPE_CHECKING:
    from backinstride.demo.invented import Outing
    from backinstride.readers.recording import Floats

STEP_S = 5.0
M_PER_DEGREE = 111_195.0
LOOP_M = 5000.0


def started(run: Outing) -> dt.datetime:
    """Return the start in UTC: long runs early, others in the evening."""
    hour = 7 if run.distance_m > 12_000 or run.onset_m is not None else 17
    return dt.datetime(run.day.year, run.day.month, run.day.day, hour, 12, tzinfo=dt.UTC)


def streams(run: Outing) -> dict[str, Floats]:
    """Return the columns of a run, a sample each five seconds, in physical units."""
    rng = np.random.default_rng(run.day.toordinal())
    total_m = run.distance_m + run.walked_m
    count = int(total_m / 1.1 / STEP_S) + 2
    along = np.arange(count) * run.speed_m_s * STEP_S
    speed = run.speed_m_s * (1 - 0.05 * along / max(total_m, 1)) + rng.normal(0, 0.05, count)
    if run.repeats:
        inside = (along > 2000) & (along < 2000 + run.repeats * 1200)
        speed = np.where(inside & (((along - 2000) % 1200) < 800), 3.9, speed)
    distance = np.concatenate([[0.0], np.cumsum(speed * STEP_S)])[:-1]
    walks = distance > run.distance_m
    speed = np.where(walks, 1.45, speed) if run.walked_m else speed
    distance = np.concatenate([[0.0], np.cumsum(speed * STEP_S)])[:-1]
    count = int(np.searchsorted(distance, total_m)) + 1
    distance, speed = distance[:count], speed[:count]
    time = np.arange(count) * STEP_S
    hours = time / 3600
    angle = 2 * math.pi * distance / LOOP_M
    radius = LOOP_M / (2 * math.pi) / M_PER_DEGREE
    running = speed > 1.8
    return {
        "time_s": time,
        "distance_m": distance,
        "speed_m_s": speed,
        "lat_deg": radius * np.sin(angle),
        "lon_deg": 3.0 + radius * np.cos(angle),
        "altitude_m": 60 + run.climb * (18 * np.sin(2 * angle) + 9 * np.sin(5 * angle + 1)),
        "heart_rate_bpm": 128 + 9 * speed + 6 * hours + rng.normal(0, 1.5, count),
        "cadence_spm": np.where(running, 168 + 3 * (speed - 2.8) - hours, 112)
        + rng.normal(0, 1, count),
        "vertical_oscillation_mm": np.where(
            running, 88 + 1.2 * hours + rng.normal(0, 1.5, count), np.nan
        ),
        "stance_time_ms": np.where(
            running, 262 - 22 * (speed - 2.8) + 2 * hours + rng.normal(0, 3, count), np.nan
        ),
    }


def fit_file(run: Outing) -> bytes:
    """Return the run as a FIT activity file."""
    data, start = streams(run), started(run)
    stamp = start.timestamp() + data["time_s"]
    seconds = float(data["time_s"][-1])
    cadence = data["cadence_spm"] / 2
    climb = np.diff(data["altitude_m"])
    totals = {
        "timestamp": stamp[-1],
        "start_time": start,
        "total_elapsed_time": seconds,
        "total_timer_time": seconds,
        "total_distance": float(data["distance_m"][-1]),
        "total_ascent": float(climb[climb > 0].sum()),
        "total_descent": float(-climb[climb < 0].sum()),
        "avg_heart_rate": float(data["heart_rate_bpm"].mean()),
        "avg_cadence": float(cadence.mean()),
        "sport": "running",
        "sub_sport": "generic",
    }
    records = {
        "timestamp": stamp,
        "position_lat": data["lat_deg"],
        "position_long": data["lon_deg"],
        "distance": data["distance_m"],
        "enhanced_speed": data["speed_m_s"],
        "enhanced_altitude": data["altitude_m"],
        "heart_rate": data["heart_rate_bpm"],
        "cadence": np.floor(cadence),
        "fractional_cadence": cadence - np.floor(cadence),
        "vertical_oscillation": data["vertical_oscillation_mm"],
        "stance_time": data["stance_time_ms"],
    }
    local = (start + dt.timedelta(hours=1, seconds=seconds)).replace(tzinfo=None)
    return encode(
        [
            ("file_id", {"type": "activity", "manufacturer": "development", "time_created": start}),
            ("event", {"timestamp": start, "event": "timer", "event_type": "start"}),
            ("record", records),
            ("event", {"timestamp": stamp[-1], "event": "timer", "event_type": "stop_all"}),
            *_laps(run, data, start),
            ("session", totals),
            ("activity", {"timestamp": stamp[-1], "num_sessions": 1, "type": "manual",
                          "local_timestamp": local}),
        ]
    )  # fmt: skip


def _laps(
    run: Outing, data: dict[str, Floats], start: dt.datetime
) -> list[tuple[str, dict[str, object]]]:
    """Return a lap a kilometre, or a lap a repeat and recovery."""
    last = float(data["distance_m"][-1])
    if run.repeats:
        marks = [2000.0 + k * 1200 + part for k in range(run.repeats) for part in (0.0, 800.0)]
        edges = [0.0, *marks, 2000.0 + run.repeats * 1200, last]
    else:
        edges = [*np.arange(0.0, last, 1000.0).tolist(), last]
    laps: list[tuple[str, dict[str, object]]] = []
    for begin, end in itertools.pairwise(edges):
        from_s, to_s = np.interp([begin, end], data["distance_m"], data["time_s"])
        values: dict[str, object] = {
            "timestamp": start.timestamp() + float(to_s),
            "start_time": start.timestamp() + float(from_s),
            "total_elapsed_time": float(to_s - from_s),
            "total_timer_time": float(to_s - from_s),
            "total_distance": end - begin,
            "lap_trigger": "manual" if run.repeats else "distance",
        }
        laps.append(("lap", values))
    return laps


def gpx_file(run: Outing) -> bytes:
    """Return the run as a GPX 1.1 track with heart rate and cadence."""
    data, start = streams(run), started(run)
    points = []
    for k in range(len(data["time_s"])):
        moment = (start + dt.timedelta(seconds=float(data["time_s"][k]))).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
        points.append(
            f'<trkpt lat="{data["lat_deg"][k]:.7f}" lon="{data["lon_deg"][k]:.7f}">'
            f"<ele>{data['altitude_m'][k]:.1f}</ele><time>{moment}</time><extensions>"
            f"<gpxtpx:TrackPointExtension><gpxtpx:hr>{data['heart_rate_bpm'][k]:.0f}</gpxtpx:hr>"
            f"<gpxtpx:cad>{data['cadence_spm'][k] / 2:.0f}</gpxtpx:cad>"
            "</gpxtpx:TrackPointExtension></extensions></trkpt>"
        )
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx creator="Back in Stride demo" version="1.1" '
        'xmlns="http://www.topografix.com/GPX/1/1" '
        'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">'
        f"<trk><name>{run.title}</name><type>running</type><trkseg>\n"
    )
    return (head + "\n".join(points) + "\n</trkseg></trk></gpx>\n").encode()
