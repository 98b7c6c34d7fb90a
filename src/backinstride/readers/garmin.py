"""Garmin's account export: zips of FIT inside the zip, and JSON tables beside them.

Written to the shape of the export, not yet tried on one that a user gave us:
`*_summarizedActivities.json` (distance in centimetres, times in milliseconds), `*_gear.json`
(shoes, and which activity wore them), `UploadedFiles_*.zip` (every FIT file ever uploaded: most
are sleep and steps). A file is joined to its row by the time of creation that stands at its head;
files that are no activity are left aside without a word, rows without a file are kept.
"""

from __future__ import annotations

import bisect
import datetime as dt
from typing import TYPE_CHECKING

import msgspec

from backinstride.errors import Problem
from backinstride.readers.archive import Member, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NEAR_S = 120  # the head of a file is written within seconds of the start
FIT_EPOCH_S = 631065600  # 1989-12-31T00:00:00Z
ACTIVITY = 4  # file_id.type
_TABLES = (b'"summarizedActivitiesExport"', b'"gearDTOS"')
_Number = float | str | None


class _Summary(msgspec.Struct, rename="camel"):
    """One activity of `summarizedActivities.json`; what is not named here is passed over."""

    activity_id: _Number = None
    name: str | None = None
    description: str | None = None
    activity_type: str | None = None
    sport_type: str | None = None
    begin_timestamp: _Number = None  # ms, UTC
    start_time_gmt: _Number = None  # ms, UTC
    start_time_local: _Number = None  # ms as if local time were UTC
    duration: _Number = None  # ms
    elapsed_duration: _Number = None
    moving_duration: _Number = None
    distance: _Number = None  # cm
    elevation_gain: _Number = None  # cm
    avg_hr: _Number = None
    parent: bool = False
    parent_id: _Number = None


class _Gear(msgspec.Struct, rename="camel"):
    gear_pk: _Number = None
    display_name: str | None = None
    custom_make_model: str | None = None
    gear_type_name: str | None = None


class _Worn(msgspec.Struct, rename="camel"):
    activity_id: _Number = None


class _Table(msgspec.Struct):
    """Either table: both come as a list with one object."""

    activities: list[_Summary] = msgspec.field(name="summarizedActivitiesExport", default=[])
    gear: list[_Gear] = msgspec.field(name="gearDTOS", default=[])
    worn: dict[str, list[_Worn]] = msgspec.field(name="gearActivityDTOs", default={})


def is_table(head: bytes) -> bool:
    """Return whether a JSON file is one of the two tables that are read."""
    return head.lstrip()[:1] in (b"[", b"{") and any(name in head for name in _TABLES)


def attach(members: list[Member]) -> list[Member]:
    """Join the tables among the members to the FIT files below the same folder or archive."""
    roots: dict[str, list[int]] = {}
    for place, member in enumerate(members):
        if member.kind == "garmin":
            roots.setdefault(_root(member.name), []).append(place)
    out = list(members)
    for root, places in roots.items():
        out = _attach(root, places, out)
    return out


def _root(name: str) -> str:
    return name.split("DI_CONNECT", 1)[0] if "DI_CONNECT" in name else f"{name}/".rsplit("/", 2)[0]


def _attach(root: str, places: list[int], members: list[Member]) -> list[Member]:
    activities: list[_Summary] = []
    gear: dict[str, tuple[str, str]] = {}
    for place in places:
        table, problems = _read(members[place])
        activities.extend(table.activities)
        gear |= _gear(table)
        members[place] = msgspec.structs.replace(members[place], kind="export", problems=problems)
    rows = _rows(activities, gear)
    starts = [start for start, _ in rows]
    taken: set[int] = set()
    for place, member in enumerate(members):
        if member.kind != "fit" or not member.name.startswith(root):
            continue
        kind, created_s = _peek(member)
        if kind is not None and kind != ACTIVITY:
            members[place] = msgspec.structs.replace(member, kind="ignored")
            continue
        row = _nearest(starts, created_s)
        if row is not None:
            taken.add(row)
            members[place] = msgspec.structs.replace(member, sidecar=rows[row][1])
    spare = (row for place, (_, row) in enumerate(rows) if place not in taken)
    name = members[places[0]].name
    return members + [
        Member(name=f"{name}#{row.get('vendor_id', '')}", kind="row", size=0, sidecar=row)
        for row in spare
        if "part_of" not in row
    ]


def _read(member: Member) -> tuple[_Table, tuple[Problem, ...]]:
    try:
        data, problems = member.load()
        found = msgspec.json.decode(data, type=list[_Table] | _Table)
    except UnreadableError as error:
        return _Table(), (error.problem,)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        message = f"is not the table it seems to be: {error}."
        return _Table(), (Problem(file=member.name, slug="table-damaged", message=message),)
    tables = found if isinstance(found, list) else [found]
    whole = _Table()
    whole.activities = [activity for table in tables for activity in table.activities]
    whole.gear = [gear for table in tables for gear in table.gear]
    whole.worn = {key: worn for table in tables for key, worn in table.worn.items()}
    return whole, problems


def _gear(table: _Table) -> dict[str, tuple[str, str]]:
    """Return activity id -> ("shoe" or, for a bicycle, "gear"; its name)."""
    found: dict[str, tuple[str, str]] = {}
    for gear in table.gear:
        name = (gear.display_name or gear.custom_make_model or "").strip()
        kind = "gear" if "bike" in (gear.gear_type_name or "").lower() else "shoe"
        worn = table.worn.get(_key(gear.gear_pk), ()) if name else ()
        for outing in worn:
            activity = _key(outing.activity_id)
            if kind == "shoe" or activity not in found:
                found[activity] = (kind, name)
    return found


def _key(value: _Number) -> str:
    number = _float(value)
    return str(value) if number is None else str(int(number))


def _float(value: _Number) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _rows(
    activities: Iterable[_Summary], gear: dict[str, tuple[str, str]]
) -> list[tuple[float, dict[str, str]]]:
    """Return (start in epoch seconds, sidecar) of every activity, oldest first, each id once."""
    found = {}
    for activity in activities:
        begin = _float(activity.begin_timestamp) or _float(activity.start_time_gmt)
        if begin:
            row = dict(_sidecar(activity, begin / 1000.0))
            if worn := gear.get(row.get("vendor_id", "")):
                row[worn[0]] = worn[1]
            found[row.get("vendor_id", str(begin))] = (begin / 1000.0, row)
    return sorted(found.values(), key=lambda pair: pair[0])


def _sidecar(activity: _Summary, begin_s: float) -> Iterator[tuple[str, str]]:
    yield "vendor", "garmin"
    if activity.activity_id is not None:
        yield "vendor_id", _key(activity.activity_id)
    for name, word in (("title", activity.name), ("description", activity.description)):
        if word:
            yield name, word
    if word := activity.activity_type or activity.sport_type:
        yield "sport", word
    try:
        yield "start", dt.datetime.fromtimestamp(begin_s, dt.UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return
    local = _float(activity.start_time_local)
    if local is not None and abs(local / 1000.0 - begin_s) <= 50400:
        yield "utc_offset_s", str(round(local / 1000.0 - begin_s))
    numbers = {
        "distance_m": (activity.distance, 100.0),
        "elapsed_s": (activity.elapsed_duration or activity.duration, 1000.0),
        "moving_s": (activity.duration or activity.moving_duration, 1000.0),
        "climb_m": (activity.elevation_gain, 100.0),
        "avg_hr_bpm": (activity.avg_hr, 1.0),
    }
    for name, (value, scale) in numbers.items():
        if number := _float(value):
            yield name, repr(number / scale)
    if activity.parent or activity.parent_id is not None:
        yield "part_of", _key(activity.parent_id)


def _nearest(starts: list[float], created_s: float | None) -> int | None:
    if created_s is None or not starts:
        return None
    after = bisect.bisect_left(starts, created_s)
    near = [i for i in (after - 1, after) if 0 <= i < len(starts)]
    best = min(near, key=lambda i: abs(starts[i] - created_s))
    return best if abs(starts[best] - created_s) <= NEAR_S else None


def _peek(member: Member) -> tuple[int | None, float | None]:
    """Return type and time of creation from the first message of a FIT file, None if not there."""
    try:
        return file_id(member.head(512))
    except UnreadableError:
        return None, None


def file_id(head: bytes) -> tuple[int | None, float | None]:
    """Return (type, epoch seconds of creation) of the `file_id` message at a FIT file's head."""
    if len(head) < 24 or head[0] not in (12, 14):
        return None, None
    at = head[0]
    if not head[at] & 0x40 or head[at] & 0x80:
        return None, None
    order = "big" if head[at + 2] else "little"
    fields = head[at + 5]
    shape = head[at + 6 : at + 6 + 3 * fields]
    data = at + 6 + 3 * fields
    if int.from_bytes(head[at + 3 : at + 5], order) != 0 or head[at] & 0x20:  # type: ignore[arg-type]
        return None, None
    kind, created, place = None, None, data + 1
    for k in range(0, len(shape) - 2, 3):
        number, size = shape[k], shape[k + 1]
        value = int.from_bytes(head[place : place + size], order)  # type: ignore[arg-type]
        if number == 0:
            kind = value
        elif number == 4 and value != 0xFFFFFFFF:
            created = float(value + FIT_EPOCH_S)
        place += size
    return (kind, created) if place <= len(head) else (None, None)
