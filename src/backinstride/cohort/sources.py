"""Where a cohort comes from: a runner's folder, a list of runs (JSON, CSV), or folders of them.

Lists of runs are JSON (one object an activity: `distance` in m, `moving_time`, `type`,
`start_date_local`, ...; also gzipped) and CSV with a column `day` (or a start) and `distance_m`
or `distance_km`; with a column `runner` one file holds many. Nothing raises on bad rows: they
become problems.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import math
import re
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from backinstride.cohort import folders
from backinstride.cohort.folders import EPISODES, NOTES, SESSION, Source
from backinstride.errors import Problem
from backinstride.readers.sports import is_run, sport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["EPISODES", "NOTES", "SESSION", "Source", "runners"]

_SUFFIXES = (".json", ".json.gz", ".csv", ".csv.gz")
_CLOCK = re.compile(r"(?:(\d+) days?,? )?(\d+):(\d\d):(\d\d)(?:\.\d+)?")
_MOST = 200  # problems kept a source


def runners(paths: Sequence[Path], today: dt.date, problems: list[Problem]) -> Iterator[Source]:
    """Yield every runner found under the paths, in the order of their names."""
    for path in paths:
        if not path.exists():
            problems.append(Problem(file=str(path), slug="cohort-nothing", message="not there"))
        elif folders.is_runner(path):
            yield folders.read(path, today, problems)
        elif path.is_dir():
            for child in sorted(path.iterdir()):
                if folders.is_runner(child):
                    yield folders.read(child, today, problems)
                elif child.is_file() and child.name.endswith(_SUFFIXES):
                    yield from _listed(child, today, problems)
        else:
            yield from _listed(path, today, problems)


def _listed(path: Path, today: dt.date, problems: list[Problem]) -> Iterator[Source]:
    stem = re.sub(r"(\.activities)?\.(json|csv)(\.gz)?$", "", path.name)
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        table = ".csv" in path.name
        rows = _csv_rows(data) if table else msgspec.json.decode(data, type=list[dict[str, Any]])
    except (OSError, EOFError, ValueError, msgspec.MsgspecError, csv.Error) as error:
        problems.append(
            Problem(file=path.name, slug="cohort-nothing", message=f"no list of runs: {error}")
        )
        return
    groups: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for line, row in enumerate(rows, start=1):
        groups.setdefault(str(row.get("runner") or stem), []).append((line, row))
    for name, own in groups.items():
        yield _source(name, path, own, today, problems)


def _csv_rows(data: bytes) -> list[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    return [{k: v for k, v in row.items() if k and v not in ("", None)} for row in reader]


def _source(
    name: str,
    path: Path,
    rows: Iterable[tuple[int, dict[str, Any]]],
    today: dt.date,
    problems: list[Problem],
) -> Source:
    kept, other, bad = [], 0, 0
    for line, row in rows:
        word = str(row.get("type") or row.get("sport") or "Run")
        if not is_run(sport(word)):
            other += 1
            continue
        read = _session(row)
        if read is None or read["day"] > today:
            bad += 1
            if bad <= _MOST:
                problems.append(
                    Problem(
                        file=path.name,
                        slug="cohort-row",
                        message="a run without a day that can be used was left out",
                        place=f"row {line}",
                    )
                )
            continue
        kept.append({**read, "row": line})
    return Source(
        name=name,
        kind="csv" if ".csv" in path.name else "json",
        sessions=pl.DataFrame(kept, schema=SESSION),
        other=other,
    )


def _session(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return one run; its day is the runner's local one where the row says it."""
    local = _moment(row.get("start_date_local") or row.get("start_local"))
    start = _moment(row.get("start_date") or row.get("start"))
    named = _moment(row.get("day") or row.get("date"))
    known, moment = named or local or start, local or start
    if known is None:
        return None
    kilometres = _number(row.get("distance_km"))
    metres = _number(row.get("distance_m", row.get("distance")))
    return {
        "day": known.date(),
        "start": moment.replace(tzinfo=None) if moment else None,
        "distance_m": metres if metres is not None or kilometres is None else kilometres * 1000,
        "moving_s": _seconds(row.get("moving_s", row.get("moving_time"))),
        "climb_m": _number(row.get("climb_m", row.get("elevation_gain"))),
        "avg_hr_bpm": _number(row.get("avg_hr_bpm", row.get("average_heartrate"))),
        "shoe": str(row["shoe"]) if row.get("shoe") else None,
        "episode": _yes(row.get("episode", row.get("injury"))),
        "onset_m": None,
    }


def _moment(value: Any) -> dt.datetime | None:
    """Return an ISO moment (its own clock, whatever the offset) or day; None where it is none."""
    if not isinstance(value, str):
        return None
    try:
        return dt.datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number


def _seconds(value: Any) -> float | None:
    """Return seconds from a number or a clock ("1:02:03", "1 day, 0:00:10")."""
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return _number(value)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _yes(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    return {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}.get(word)
