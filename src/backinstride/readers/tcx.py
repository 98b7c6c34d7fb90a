"""TCX (Garmin Training Center): every `<Activity>` is one recording, with its laps.

Distance is the sum of the laps (`distance_from` "laps"), else what the last point says.
`TotalTimeSeconds` is timer time. A new `<Track>` within a lap marks a pause.
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from backinstride.errors import Problem
from backinstride.readers import sports, tracks
from backinstride.readers.recording import Recording, id_of
from backinstride.readers.xmldoc import Document, Mark, Spec, parse
from backinstride.readers.xmlscan import one_float, one_time

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from backinstride.readers.recording import Floats

SUFFIXES = (".tcx",)
SPEC = Spec(
    point="Trackpoint",
    time="Time",
    prefix="tcx:",
    fields=MappingProxyType(
        {
            "LatitudeDegrees": "lat_deg",
            "LongitudeDegrees": "lon_deg",
            "AltitudeMeters": "altitude_m",
            "DistanceMeters": "distance_m",
            "Value": "heart_rate_bpm",
            "Cadence": "cadence_spm",
            "RunCadence": "cadence_spm",
            "Speed": "speed_m_s",
            "Watts": "power_w",
            "Temperature": "temperature_c",
        }
    ),
)
_TRIGGERS = {"Manual": 0.0, "Distance": 1.0, "Time": 2.0}
_INTENSITY = {"Active": 0.0, "Resting": 1.0}
_LAP_WORDS = {
    "TotalTimeSeconds": "moving_s",
    "DistanceMeters": "distance_m",
    "AvgRunCadence": "avg_cadence_spm",
    "Cadence": "avg_cadence_spm",
}


class _Lap(msgspec.Struct):
    start_s: float
    at: int
    values: dict[str, float]


class _Activity(msgspec.Struct):
    """One `<Activity>`: its points `start:end`, laps, words, and where its tracks begin."""

    start: int
    end: int
    sport: str
    laps: list[_Lap] = []
    words: dict[str, str] = {}
    breaks: list[int] = []


def sniff(head: bytes) -> bool:
    """Return whether the first bytes are those of a TCX file."""
    return b"TrainingCenterDatabase" in head[:4096]


def read(data: bytes, name: str, sha256: str | None = None) -> Iterator[Recording]:
    """Yield one recording per activity; never raises on bad data.

    A file without an activity (a course, workouts) yields a recording with `start` None.
    """
    document = parse(data, SPEC)
    sha256 = sha256 or hashlib.sha256(data).hexdigest()
    found = _activities(document)
    problems = tracks.faults(document, name)
    if not found:
        if not problems:
            message = "holds no activity (a course or workouts only)."
            problems = (Problem(file=name, slug="no-activity", message=message),)
        yield Recording(id=id_of(sha256), file=name, source="tcx", problems=problems, sha256=sha256)
    for part, activity in enumerate(found):
        first = problems if part == 0 else ()
        yield _recording(document, activity, id_of(sha256, part), name, sha256, first)


def _activities(document: Document) -> list[_Activity]:
    found: list[_Activity] = []
    for mark in document.marks:
        if mark.tag == "Activity":
            if found:
                found[-1].end = mark.at
            found.append(_Activity(mark.at, document.points, mark.attributes.get("Sport", "")))
            found[-1].laps, found[-1].words, found[-1].breaks = [], {}, []
        elif mark.tag in ("Course", "Workout") and found:
            found[-1].end = min(found[-1].end, mark.at)
        elif found:
            _word(mark, found[-1])
    return found


def _word(mark: Mark, activity: _Activity) -> None:
    """Take one element outside the points to its activity or lap."""
    lap = activity.laps[-1] if activity.laps else None
    if mark.tag == "Lap":
        activity.laps.append(_Lap(one_time(mark.attributes.get("StartTime", ""))[0], mark.at, {}))
    elif mark.tag == "Track" and lap and mark.at > lap.at:
        activity.breaks.append(mark.at - activity.start)
    elif lap and mark.parent in ("Lap", "LX") and mark.tag in _LAP_WORDS:
        lap.values.setdefault(_LAP_WORDS[mark.tag], one_float(mark.text))
    elif lap and mark.parent == "AverageHeartRateBpm":
        lap.values.setdefault("avg_hr_bpm", one_float(mark.text))
    elif lap and mark.parent == "Lap" and mark.tag == "TriggerMethod":
        lap.values["trigger"] = _TRIGGERS.get(mark.text, 3.0)
    elif lap and mark.parent == "Lap" and mark.tag == "Intensity":
        lap.values["intensity"] = _INTENSITY.get(mark.text, float("nan"))
    elif mark.parent in ("Activity", "Creator") and mark.text:
        activity.words.setdefault(f"{mark.parent}.{mark.tag}", mark.text)


def _recording(
    document: Document,
    activity: _Activity,
    identity: str,
    name: str,
    sha256: str,
    problems: tuple[Problem, ...],
) -> Recording:
    rows = tracks.part_of(document.columns, activity.start, activity.end)
    sport = sports.sport(activity.sport)
    extra: dict[str, str] = {}
    one_foot = False
    if "cadence_spm" in rows:
        rows["cadence_spm"], one_foot = tracks.both_feet(rows["cadence_spm"], sport)
        if one_foot:
            extra["cadence"] = "one foot, doubled"
    laps = _laps(activity, doubled=one_foot)
    start, unset = tracks.dated(_start(activity, rows), name)
    if start is None and not unset:
        message = "has no time that can be read, so its day is not known; it is not counted."
        unset = (Problem(file=name, slug="no-times", message=message),)
    distance_m, distance_from = _distance(laps, rows)
    moving_s = _sum(laps.get("moving_s"))
    elapsed_s = tracks.elapsed(rows.get("time_s"))
    return Recording(
        id=identity,
        file=name,
        source="tcx",
        start=start,
        utc_offset_s=document.utc_offset_s or None,
        sport=sport,
        sport_raw=activity.sport or None,
        distance_m=distance_m,
        distance_from=distance_from,
        elapsed_s=max(elapsed_s or 0.0, moving_s or 0.0) or None,
        moving_s=moving_s,
        avg_hr_bpm=tracks.mean_of(rows.get("heart_rate_bpm")),
        avg_cadence_spm=tracks.mean_of(rows.get("cadence_spm")),
        description=activity.words.get("Activity.Notes"),
        device=activity.words.get("Creator.Name"),
        records=rows,
        laps=laps,
        pauses=tracks.pauses(rows.get("time_s"), activity.breaks),
        problems=problems + unset,
        sha256=sha256,
        extra=extra,
    )


def _start(activity: _Activity, rows: dict[str, Floats]) -> dt.datetime | None:
    """Return the first lap's start, else the activity's id, else the first point's time."""
    said = [activity.laps[0].start_s] if activity.laps else []
    said.append(one_time(activity.words.get("Activity.Id", ""))[0])
    if "time_s" in rows and all(map(np.isnan, said)):
        said.append(float(rows["time_s"][~np.isnan(rows["time_s"])][0]))
    return next((tracks.moment(s) for s in said if not np.isnan(s)), None)


def _laps(activity: _Activity, *, doubled: bool) -> dict[str, Floats]:
    """Return the laps as columns; a column that no lap has is left out."""
    laps = activity.laps
    if not laps:
        return {}
    names = dict.fromkeys(name for lap in laps for name in lap.values)
    nan = float("nan")
    columns = {name: np.array([lap.values.get(name, nan) for lap in laps]) for name in names}
    if doubled and "avg_cadence_spm" in columns:
        columns["avg_cadence_spm"] = columns["avg_cadence_spm"] * 2.0
    starts = np.array([lap.start_s for lap in laps])
    ends = np.append(starts[1:], starts[-1] + columns.get("moving_s", np.array([nan]))[-1])
    columns = {"start_s": starts, "elapsed_s": ends - starts} | columns
    return {name: values for name, values in columns.items() if not np.isnan(values).all()}


def _distance(laps: dict[str, Floats], rows: dict[str, Floats]) -> tuple[float | None, str | None]:
    summed = _sum(laps.get("distance_m"))
    if summed is not None:
        return summed, "laps"
    if "distance_m" in rows:
        return float(np.nanmax(rows["distance_m"])), "device"
    if "lat_deg" in rows and "lon_deg" in rows:
        return tracks.great_circle_m(rows["lat_deg"], rows["lon_deg"]), "points"
    return None, None


def _sum(values: Floats | None) -> float | None:
    return None if values is None or np.isnan(values).all() else float(np.nansum(values))
