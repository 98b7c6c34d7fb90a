"""Apple Health's export: the workouts of `export.xml`, joined to their routes (GPX).

`export.xml` may be gigabytes of heart beats with a broken document type and stray control
characters. So it is never parsed as a whole: it streams by, the `<Workout>` elements are cut out,
and each is parsed by itself. Written to the shape of the export; heart rate beats that lie outside
the workouts are not joined.
"""

from __future__ import annotations

import datetime as dt
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from backinstride.errors import Problem
from backinstride.readers.archive import Member, UnreadableError
from backinstride.readers.xmldoc import Mark, Spec, slow
from backinstride.readers.xmlscan import one_float
from backinstride.units import M_PER_FOOT, M_PER_MILE, M_PER_YARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_WORKOUT = 32 << 20  # bytes of one element; a day-long one is below one megabyte
_OPEN = b"<Workout "
_CLOSE = b"</Workout>"
_TAG = re.compile(rb"""<Workout\s(?:[^>"']|"[^"]*"|'[^']*')*>""")
_NO_POINTS = Spec(point="", time="", fields=MappingProxyType({}), prefix="")
_METRES = {"km": 1000.0, "m": 1.0, "mi": M_PER_MILE, "yd": M_PER_YARD, "ft": M_PER_FOOT}
_METRES |= {"cm": 0.01}
_SECONDS = {"min": 60.0, "s": 1.0, "hr": 3600.0, "h": 3600.0}
_WITH_UNIT = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*(cm|m|ft|km|mi)?\s*$")


def attach(members: list[Member]) -> list[Member]:
    """Join every `export.xml` among the members to its routes; workouts without one are rows."""
    for found in [member for member in members if member.kind == "apple"]:
        members = _attach(found, members)
    return members


def _attach(found: Member, members: list[Member]) -> list[Member]:
    folder = found.name.rpartition("/")[0]
    places = {m.name.lower(): i for i, m in enumerate(members) if m.kind == "gpx"}
    out, spare, problems = list(members), [], list(found.problems)
    try:
        for sidecar in workouts(found.chunks()):
            route = f"{folder}/{sidecar.get('file', '')}".strip("/").lower()
            place = places.get(route) if "file" in sidecar else None
            if place is None or out[place].sidecar:
                spare.append(_spare(found.name, sidecar))
            else:
                out[place] = msgspec.structs.replace(out[place], sidecar=sidecar)
    except UnreadableError as error:
        problems.append(error.problem)
    except ValueError as error:
        problems.append(
            Problem(file=found.name, slug="xml-damaged", message=f"{error}.", kept=True)
        )
    table = out.index(found)
    out[table] = msgspec.structs.replace(found, kind="export", problems=tuple(problems))
    return out + spare


def _spare(table: str, sidecar: dict[str, str]) -> Member:
    name = f"{table}#{sidecar.get('vendor_id', '')}"
    problems: tuple[Problem, ...] = ()
    if "file" in sidecar:
        message = f"names the route {sidecar['file']}, which is not here; the row alone is kept."
        problems = (Problem(file=name, slug="file-missing", message=message, kept=True),)
    return Member(name=name, kind="row", size=0, sidecar=sidecar, problems=problems)


def workouts(chunks: Iterable[bytes]) -> Iterator[dict[str, str]]:
    """Yield one sidecar (see `Member`) per workout of a streamed `export.xml`.

    Raises ValueError at an element that does not end.
    """
    for element in elements(chunks):
        marks = slow(element, _NO_POINTS).marks
        if marks and marks[0].tag == "Workout":
            yield _sidecar(marks)


def elements(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of every `<Workout>` element, holding no more than one of them."""
    held = b""
    for chunk in chunks:
        held += chunk
        while True:
            start = held.find(_OPEN)
            if start < 0:
                held = held[-len(_OPEN) :]
                break
            end = _end(held, start)
            if end is None:
                held = held[start:]
                if len(held) > MAX_WORKOUT:
                    raise ValueError("a workout does not end; what came before is used")
                break
            yield held[start:end]
            held = held[end:]


def _end(held: bytes, start: int) -> int | None:
    """Return where the element that starts there ends, or None while it is not all there."""
    tag = _TAG.match(held, start)
    if tag is None:
        return None
    if held[tag.end() - 2 : tag.end() - 1] == b"/":
        return tag.end()
    close = held.find(_CLOSE, tag.end())
    return None if close < 0 else close + len(_CLOSE)


def _sidecar(marks: list[Mark]) -> dict[str, str]:
    said = marks[0].attributes
    out = {"vendor": "apple", "sport": said.get("workoutActivityType", "")}
    start, end = _time(said.get("startDate", "")), _time(said.get("endDate", ""))
    if start:
        out["start"] = start.isoformat()
        offset = start.utcoffset()
        out["utc_offset_s"] = str(int(offset.total_seconds())) if offset is not None else ""
        out["vendor_id"] = f"{start.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{out['sport']}"
    if start and end and end > start:
        out["elapsed_s"] = repr((end - start).total_seconds())
    duration = one_float(said.get("duration", ""))
    duration *= _SECONDS.get(said.get("durationUnit", "min"), 60.0)
    distance = one_float(said.get("totalDistance", ""))
    distance *= _METRES.get(said.get("totalDistanceUnit", "km"), float("nan"))
    numbers = {"moving_s": duration, "distance_m": distance}
    for mark in marks[1:]:
        _child(mark, out, numbers)
    out |= {name: repr(value) for name, value in numbers.items() if value > 0}
    return {name: value for name, value in out.items() if value}


def _child(mark: Mark, out: dict[str, str], numbers: dict[str, float]) -> None:
    said = mark.attributes
    if mark.tag == "WorkoutStatistics":
        kind = said.get("type", "")
        if "IdentifierDistance" in kind:
            unit = _METRES.get(said.get("unit", ""), float("nan"))
            numbers["distance_m"] = one_float(said.get("sum", "")) * unit
        elif kind.endswith("IdentifierHeartRate"):
            numbers["avg_hr_bpm"] = one_float(said.get("average", ""))
    elif mark.tag == "MetadataEntry" and mark.parent == "Workout":
        key, value = said.get("key", ""), said.get("value", "")
        match = _WITH_UNIT.match(value)
        if key == "HKElevationAscended" and match:
            numbers["climb_m"] = float(match[1]) * _METRES[match[2] or "cm"]
        elif key == "HKIndoorWorkout" and value == "1" and out["sport"].endswith("Running"):
            out["sport"] = "treadmill"
    elif mark.tag == "FileReference" and "file" not in out:
        out["file"] = said.get("path", "").strip("/")


def _time(text: str) -> dt.datetime | None:
    """Return a time such as "2026-01-10 11:12:26 -0500"."""
    try:
        return dt.datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
