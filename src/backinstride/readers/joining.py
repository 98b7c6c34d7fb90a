"""What the vendor says beside a file, joined to what the file says; rows without a file."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec

from backinstride.errors import Problem
from backinstride.readers import sports, tracks
from backinstride.readers.recording import Recording, content_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.readers.archive import Member

_KEPT = ("vendor_id", "file", "gear")
WORTH_SAYING_M = 20.0  # below this, two distances of one outing are the same


def joined(recordings: Sequence[Recording], sidecar: dict[str, str]) -> tuple[Recording, ...]:
    """Return a file's recordings with the vendor's words.

    What the device measured stays: the vendor's distance stands in `extra["export_distance_m"]`
    where it differs by more than 20 m, and in `distance_m` (from "export") only where the file has
    none. The vendor's sport outranks the file's, except in a file of several activities.
    """
    if not sidecar:
        return tuple(recordings)
    one = sum(recording.start is not None or recording.points > 0 for recording in recordings) == 1
    return tuple(_joined(recording, sidecar, alone=one) for recording in recordings)


def _joined(recording: Recording, sidecar: dict[str, str], *, alone: bool) -> Recording:
    vendor = sidecar.get("vendor")
    changed: dict[str, object] = {
        "source": f"{vendor}/{recording.source}" if vendor else recording.source,
    }
    extra = recording.extra | {k: sidecar[k] for k in _KEPT if k in sidecar}
    for word in ("title", "description"):
        if sidecar.get(word):
            changed[word] = sidecar[word]
    if recording.description and "description" not in sidecar:
        changed["description"] = None  # the table holds what the runner wrote; files, machine notes
        extra["file_note"] = recording.description
    changed["extra"] = extra
    if alone:
        changed |= _alone(recording, sidecar, extra)
    return _shod(msgspec.structs.replace(recording, **changed), sidecar.get("shoe"))


def _shod(recording: Recording, gear: str | None) -> Recording:
    """Give a sport on foot its shoes; what a ride was done on stands in `extra["gear"]`."""
    if not gear:
        return recording
    shoe = sports.shod(recording.sport, gear)
    extra = recording.extra if shoe else recording.extra | {"gear": gear}
    return msgspec.structs.replace(recording, shoe=shoe, extra=extra)


def _alone(
    recording: Recording, sidecar: dict[str, str], extra: dict[str, str]
) -> dict[str, object]:
    """Return what only fits where the file holds one activity: its sport and numbers."""
    changed: dict[str, object] = {}
    if "sport" in sidecar:
        changed["sport"] = sports.outranked(sidecar["sport"], recording.sport)
        if recording.sport_raw and recording.sport_raw != sidecar["sport"]:
            extra["file_sport"] = recording.sport_raw
        changed["sport_raw"] = sidecar["sport"]
    said = _number(sidecar, "distance_m")
    counted = sidecar.get("vendor") == "apple" and recording.distance_from == "points"
    if said and (recording.distance_m is None or counted):
        changed |= {"distance_m": said, "distance_from": "export"}
        if counted:  # the phone's own measure against a sum over the route's points
            extra["points_distance_m"] = f"{recording.distance_m:.1f}"
    elif said is not None and abs(said - (recording.distance_m or 0.0)) > WORTH_SAYING_M:
        extra["export_distance_m"] = f"{said:.1f}"
    for name in ("elapsed_s", "moving_s", "climb_m", "avg_hr_bpm"):
        if getattr(recording, name) is None and _number(sidecar, name) is not None:
            changed[name] = _number(sidecar, name)
    start = _moment(sidecar)
    if recording.start is None and start is not None:
        changed["start"] = start
    if recording.utc_offset_s is None and sidecar.get("utc_offset_s"):
        changed["utc_offset_s"] = int(float(sidecar["utc_offset_s"]))
    return changed | _stepped(recording, str(changed.get("sport", recording.sport)), extra)


def _stepped(recording: Recording, sport: str, extra: dict[str, str]) -> dict[str, object]:
    """Judge the cadence of a track again where the vendor knows the sport better than the file."""
    cadence = recording.records.get("cadence_spm")
    if cadence is None or sport == recording.sport or recording.source not in ("gpx", "tcx"):
        return {"extra": extra}
    was = 2.0 if extra.pop("cadence", None) else 1.0
    steps, one_foot = tracks.both_feet(cadence / was, sport)
    if one_foot:
        extra["cadence"] = "one foot, doubled"
    laps = dict(recording.laps)
    if "avg_cadence_spm" in laps:
        laps["avg_cadence_spm"] = laps["avg_cadence_spm"] * ((2.0 if one_foot else 1.0) / was)
    return {
        "records": recording.records | {"cadence_spm": steps},
        "laps": laps,
        "avg_cadence_spm": tracks.mean_of(steps),
        "extra": extra,
    }


def from_row(member: Member) -> Recording:
    """Return the activity that only a vendor's table knows; `start` None where it has no date."""
    sidecar = member.sidecar
    vendor = sidecar.get("vendor", "table")
    key = sidecar.get("vendor_id") or "|".join(
        sidecar.get(k, "") for k in ("start", "sport", "distance_m", "elapsed_s", "title")
    )
    start = _moment(sidecar)
    problems = member.problems
    if start is None:
        message = "a row of the table without a date that can be read."
        problems += (Problem(file=member.name, slug="row-without-date", message=message),)
    distance_m = _number(sidecar, "distance_m")
    offset = sidecar.get("utc_offset_s")
    row = Recording(
        id=content_id(f"{vendor}:{key}".encode()),
        file=member.name,
        source=f"{vendor}/csv" if vendor != "apple" else "apple/xml",
        start=start,
        utc_offset_s=int(float(offset)) if offset else None,
        sport=sports.sport(sidecar.get("sport")),
        sport_raw=sidecar.get("sport"),
        distance_m=distance_m,
        distance_from=None if distance_m is None else "export",
        elapsed_s=_number(sidecar, "elapsed_s"),
        moving_s=_number(sidecar, "moving_s"),
        climb_m=_number(sidecar, "climb_m"),
        avg_hr_bpm=_number(sidecar, "avg_hr_bpm"),
        title=sidecar.get("title"),
        description=sidecar.get("description"),
        device=sidecar.get("device"),
        problems=problems,
        extra={k: sidecar[k] for k in _KEPT if k in sidecar},
    )
    return _shod(row, sidecar.get("shoe"))


def _number(sidecar: dict[str, str], name: str) -> float | None:
    try:
        return float(sidecar[name])
    except (KeyError, ValueError):
        return None


def _moment(sidecar: dict[str, str]) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(sidecar["start"]).astimezone(dt.UTC)
    except (KeyError, ValueError):
        return None
