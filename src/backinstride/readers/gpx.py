"""GPX 1.0 and 1.1: every track is one recording.

Distance is the sum of great circles between consecutive points of a segment: not what a watch
measured, and said so (`distance_from` "points"). Extensions of any prefix: heart rate, cadence,
temperature, power, speed; other numbers are kept as `gpx:<tag>`.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from backinstride.errors import Problem
from backinstride.readers import sports, tracks
from backinstride.readers.recording import Recording, id_of
from backinstride.readers.xmldoc import Document, Mark, Spec, parse
from backinstride.readers.xmlscan import one_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backinstride.readers.recording import Floats

SUFFIXES = (".gpx",)
SPEC = Spec(
    point="trkpt",
    time="time",
    attributes=("lat", "lon"),
    prefix="gpx:",
    fields=MappingProxyType(
        {
            "lat": "lat_deg",
            "lon": "lon_deg",
            "ele": "altitude_m",
            "hr": "heart_rate_bpm",
            "heartrate": "heart_rate_bpm",
            "cad": "cadence_spm",
            "cadence": "cadence_spm",
            "RunCadence": "cadence_spm",
            "atemp": "temperature_c",
            "temp": "temperature_c",
            "power": "power_w",
            "PowerInWatts": "power_w",
            "watts": "power_w",
            "speed": "speed_m_s",
            "distance": "distance_m",
        }
    ),
)


class _Track(msgspec.Struct):
    """One `<trk>`: its points `start:end`, its words, where its segments begin."""

    start: int
    end: int
    words: dict[str, str]
    segments: list[int]


def sniff(head: bytes) -> bool:
    """Return whether the first bytes are those of a GPX file."""
    return b"<gpx" in head[:4096] or b":gpx" in head[:4096]


def read(data: bytes, name: str, sha256: str | None = None) -> Iterator[Recording]:
    """Yield one recording per track with points; never raises on bad data.

    A file with an empty track only is an activity of its metadata's day without a distance; one
    without tracks (routes, waypoints) or times yields a recording with `start` None.
    """
    document = parse(data, SPEC)
    sha256 = sha256 or hashlib.sha256(data).hexdigest()
    head, found = _tracks(document)
    full = [track for track in found if track.end > track.start]
    if not full:
        yield _empty(document, found, head, name, sha256)
        return
    for part, track in enumerate(full):
        first = tracks.faults(document, name) if part == 0 else ()
        yield _recording(document, track, head, id_of(sha256, part), name, sha256, first)


def _tracks(document: Document) -> tuple[dict[str, str], list[_Track]]:
    head: dict[str, str] = {}
    found: list[_Track] = []
    for mark in document.marks:
        if mark.tag == "trk":
            found.append(_Track(mark.at, document.points, {}, []))
            if len(found) > 1:
                found[-2].end = mark.at
        elif mark.tag == "trkseg" and found:
            found[-1].segments.append(mark.at)
        elif mark.parent == "trk" and found:
            found[-1].words.setdefault(mark.tag, mark.text)
        else:
            _head(mark, head)
    return head, found


def _head(mark: Mark, head: dict[str, str]) -> None:
    if mark.tag == "gpx":
        head["creator"] = mark.attributes.get("creator", "")
    elif mark.parent in ("gpx", "metadata") and mark.tag in ("time", "name"):
        head.setdefault(mark.tag, mark.text)
    elif mark.tag in ("rtept", "wpt"):
        head[mark.tag] = "yes"


def _recording(
    document: Document,
    track: _Track,
    head: dict[str, str],
    identity: str,
    name: str,
    sha256: str,
    problems: tuple[Problem, ...],
) -> Recording:
    rows = tracks.part_of(document.columns, track.start, track.end)
    sport = sports.sport(track.words.get("type"))
    extra = _creator(head)
    if "cadence_spm" in rows:
        rows["cadence_spm"], one_foot = tracks.both_feet(rows["cadence_spm"], sport)
        if one_foot:
            extra["cadence"] = "one foot, doubled"
    time_s = rows.get("time_s")
    began = None if time_s is None else tracks.moment(float(time_s[~np.isnan(time_s)][0]))
    start, unset = tracks.dated(began, name)
    if time_s is None:
        message = "has no times, so the day of the run is not known; it is not counted."
        unset = (Problem(file=name, slug="no-times", message=message),)
    breaks = [at - track.start for at in track.segments]
    held = tracks.pauses(time_s, breaks)
    elapsed = tracks.elapsed(time_s)
    return Recording(
        id=identity,
        file=name,
        source="gpx",
        start=start,
        utc_offset_s=document.utc_offset_s or None,
        sport=sport,
        sport_raw=track.words.get("type") or None,
        distance_m=_length_m(rows, breaks),
        distance_from="points" if "lat_deg" in rows else None,
        elapsed_s=elapsed,
        moving_s=elapsed - sum(b - a for a, b in held) if held and elapsed else None,
        avg_hr_bpm=tracks.mean_of(rows.get("heart_rate_bpm")),
        avg_cadence_spm=tracks.mean_of(rows.get("cadence_spm")),
        title=track.words.get("name") or None,
        description=track.words.get("desc") or track.words.get("cmt") or None,
        device=None,
        records=rows,
        pauses=held,
        problems=problems + unset,
        sha256=sha256,
        extra=extra,
    )


def _creator(head: dict[str, str]) -> dict[str, str]:
    return {"creator": head["creator"]} if head.get("creator") else {}


def _length_m(rows: dict[str, Floats], breaks: list[int]) -> float | None:
    """Return the sum of great circles, segment by segment."""
    lat, lon = rows.get("lat_deg"), rows.get("lon_deg")
    if lat is None or lon is None:
        return None
    at = sorted({0, len(lat), *(b for b in breaks if 0 < b < len(lat))})
    return sum(tracks.great_circle_m(lat[a:b], lon[a:b]) for a, b in pairwise(at))


def _empty(
    document: Document,
    found: list[_Track],
    head: dict[str, str],
    name: str,
    sha256: str,
) -> Recording:
    """Return what a file without any point gives."""
    problems = tracks.faults(document, name)
    start = None
    if found and not document.refused:
        start = tracks.moment(one_time(head.get("time", ""))[0])
        start, unset = tracks.dated(start, name)
        message = "has a track without points: the day is known, distance and time are not."
        problems += unset or (
            Problem(file=name, slug="no-points", message=message, kept=start is not None),
        )
    elif not problems:
        what = "a route or places" if head.keys() & {"rtept", "wpt"} else "nothing"
        message = f"holds {what}, no track of an activity."
        problems = (Problem(file=name, slug="no-activity", message=message),)
    words = found[0].words if found else {}
    return Recording(
        id=id_of(sha256),
        file=name,
        source="gpx",
        start=start,
        sport=sports.sport(words.get("type")),
        sport_raw=words.get("type") or None,
        title=words.get("name") or None,
        problems=problems,
        sha256=sha256,
        extra=_creator(head),
    )
