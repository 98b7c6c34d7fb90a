"""A hand-kept log as CSV: any order of columns, one row an outing.

What the columns mean is guessed (`table_guess`), can be shown, kept and put right; a log that
does not say whether day or month comes first is not read until it is said.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from typing import TYPE_CHECKING

import msgspec

from backinstride.errors import Problem
from backinstride.readers import sports
from backinstride.readers.recording import Recording, content_id
from backinstride.readers.table_cells import clock, day, decimal, duration_s, zone_s
from backinstride.readers.table_guess import (
    Table,
    TableMapping,
    date_order,
    guess,
    kept,
    parsed,
)
from backinstride.units import M_PER_FOOT, M_PER_MILE, parse_distance_m

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["TableMapping", "guessed", "kept", "mapped", "read", "sniff"]

SUFFIXES = (".csv", ".tsv", ".txt")
MAX_TOLD = 20  # problems told one by one; more are counted
_METRES = {"km": 1000.0, "mi": M_PER_MILE, "m": 1.0}
_REST = re.compile(r"\b(rest|off|ruhe|ruhetag|repos|descanso|riposo|rust)\b", re.IGNORECASE)
_RUNNING = re.compile(
    r"run|jog|lauf|easy|tempo|interval|long|race|recovery|fartlek|hill|steady|threshold|speed|track"
    r"|marathon|locker|dauer|course|correr|corsa",
    re.IGNORECASE,
)
_WORDS = ("pain", "effort", "surface")


def sniff(head: bytes) -> bool:
    """Return whether the first bytes are the header of a log of runs."""
    if b"\0" in head:
        return False
    return parsed(head, "") is not None


def guessed(data: bytes, name: str) -> tuple[TableMapping | None, tuple[Problem, ...]]:
    """Return what the columns are taken to mean, to be shown and kept in `profile.toml`."""
    table = parsed(data, name)
    if table is None:
        return None, (_no_header(name),)
    return guess(table, name)


def mapped(data: bytes, name: str, mappings: Sequence[TableMapping] = ()) -> TableMapping | None:
    """Return the mapping that `read` goes by: the kept one of this header, else the guess."""
    table = parsed(data, name)
    if table is None:
        return None
    return _meaning(table, name, mappings)[0]


def _meaning(
    table: Table, name: str, mappings: Sequence[TableMapping]
) -> tuple[TableMapping | None, tuple[Problem, ...]]:
    """Return the last mapping kept for this header, else the guess.

    What is kept cannot settle an order of day and month that it never met: one left open, or
    "ymd" where rows written otherwise came later.
    """
    mine = [m for m in mappings if m.header == table.header]
    if not mine:
        return guess(table, name)
    mapping = msgspec.structs.replace(mine[-1], delimiter=table.delimiter)
    if mapping.date_order not in ("unclear", "ymd"):
        return mapping, ()
    order, problem = date_order(table, mapping.place("date"), name)
    if order is None:
        return None, (problem,) if problem else ()
    mapping = msgspec.structs.replace(mapping, date_order=order)
    return mapping, (problem,) if problem else ()


def read(data: bytes, name: str, mappings: Sequence[TableMapping] = ()) -> Iterator[Recording]:
    """Yield one recording per row with a day and a distance or a time; never raises.

    A kept mapping with the same header goes before the guess. What could not be read comes first,
    as one recording with `start` None. Rows without distance and time (rest days) are no outings.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    table = parsed(data, name)
    if table is None:
        yield _told((_no_header(name),), name, sha256)
        return
    mapping, more = _meaning(table, name, mappings)
    problems = table.problems + more
    if mapping is None or mapping.date_order == "unclear":
        yield _told(problems, name, sha256)
        return
    found, more = _rows(table, mapping, name, sha256)
    problems += tuple(_assumed(mapping, name)) + more
    if problems:
        yield _told(problems, name, sha256)
    yield from found


def _no_header(name: str) -> Problem:
    return Problem(
        file=name,
        slug="table-unread",
        message="no row names a date and a distance or time, so it is not read as a log of runs.",
        hint="Give the first row names such as date, distance (km), time, shoes, notes.",
    )


def _assumed(mapping: TableMapping, name: str) -> Iterator[Problem]:
    for text in mapping.assumed:
        hint = "If that is wrong, name the unit in the header: distance (mi)."
        yield Problem(file=name, slug="unit-assumed", message=f"{text}.", kept=True, hint=hint)


def _told(problems: tuple[Problem, ...], name: str, sha256: str) -> Recording:
    return Recording(id="", file=name, source="csv", problems=problems, sha256=sha256)


def _rows(
    table: Table, mapping: TableMapping, name: str, sha256: str
) -> tuple[list[Recording], tuple[Problem, ...]]:
    found: list[Recording] = []
    problems: list[Problem] = []
    twins: dict[str, int] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        made = _Row(row, mapping).recording(name, sha256)
        if isinstance(made, Recording):
            part = twins[made.id] = twins.get(made.id, -1) + 1  # two equal rows are two outings
            found.append(msgspec.structs.replace(made, id=f"{made.id}-{part}") if part else made)
        elif made:
            problems.append(Problem(file=name, slug="row-unread", message=made, place=str(line)))
    more = len(problems) - MAX_TOLD
    if more > 0:
        message = f"{more} more rows like these could not be read."
        problems[MAX_TOLD:] = [Problem(file=name, slug="row-unread", message=message)]
    return found, tuple(problems)


class _Row:
    """One row with what its columns mean."""

    def __init__(self, row: Sequence[str], mapping: TableMapping) -> None:
        self.row, self.mapping = row, mapping

    def cell(self, field: str) -> str:
        place = self.mapping.place(field)
        return self.row[place].strip() if place is not None and place < len(self.row) else ""

    def number(self, field: str) -> float | None:
        value = decimal(self.cell(field), comma=self.mapping.decimal_comma)
        return value if value is not None and value > 0 else None

    def recording(self, name: str, sha256: str) -> Recording | str | None:
        """Return the outing, why the row cannot be used, or None for a row that is none."""
        distance_m, duration = self.distance_m(), self.duration_s()
        if distance_m is None and duration is None:
            written = self.cell("distance") or self.cell("duration")
            empty = not written or (decimal(written, comma=self.mapping.decimal_comma) == 0)
            rest = _REST.search(" ".join((written, self.cell("sport"), self.cell("title"))))
            return None if empty or rest else "neither its distance nor its time can be read."
        said = self.cell("date")
        if not said:
            return None  # a line of totals
        date = day(said, self.mapping.date_order)
        if date is None:
            return "its date cannot be read."
        start, offset = self.start(date, said)
        sport, sport_raw = self.sport()
        climb = self.number("climb_m")
        key = "|".join((start.isoformat(), sport, repr(distance_m), repr(duration)))
        return Recording(
            id=content_id(f"csv:{key}|{self.cell('title')}".encode()),
            file=name,
            source="csv",
            start=start,
            utc_offset_s=offset,
            sport=sport,
            sport_raw=sport_raw,
            distance_m=distance_m,
            distance_from=None if distance_m is None else "export",
            elapsed_s=duration,
            moving_s=duration,
            climb_m=climb and climb * (M_PER_FOOT if self.mapping.climb_unit == "ft" else 1.0),
            avg_hr_bpm=self.number("avg_hr_bpm"),
            avg_cadence_spm=self.number("avg_cadence_spm"),
            shoe=sports.shod(sport, self.cell("shoe")),
            title=self.cell("title") or None,
            description=self.cell("description") or None,
            sha256=sha256,
            extra=self.more(sport),
        )

    def more(self, sport: str) -> dict[str, str]:
        """Return what else the row says, and the gear of what was not done on foot."""
        found = {word: self.cell(word) for word in _WORDS if self.cell(word)}
        gear = self.cell("shoe")
        return found if not gear or sports.shod(sport, gear) else found | {"gear": gear}

    def start(self, date: dt.date, said: str) -> tuple[dt.datetime, int | None]:
        """Return the start and its offset; a log without a clock is noon, so the day stays."""
        rest = said if ":" in said else self.cell("clock")
        at = clock(rest) or dt.time(12)
        offset = zone_s(said)
        start = dt.datetime.combine(date, at, tzinfo=dt.UTC)
        return start - dt.timedelta(seconds=offset or 0), offset

    def distance_m(self) -> float | None:
        """Return metres, by the cell's own unit or the column's."""
        text, unit = self.cell("distance"), self.mapping.distance_unit
        if re.search(r"[A-Za-z]", text):
            own = parse_distance_m(text)
            if own:
                return own
        value = decimal(text, comma=self.mapping.decimal_comma)
        if value and value >= 100 and unit in ("km", "mi") and self.sport()[0] == "swim":
            return value  # lengths of a pool stand in metres beside the kilometres of runs
        return value * _METRES[unit] if value and value > 0 and unit else None

    def duration_s(self) -> float | None:
        """Return seconds, by the cell's own unit or the column's."""
        text = self.cell("duration")
        value = duration_s(text, self.mapping.duration_unit, comma=self.mapping.decimal_comma)
        return value or None

    def sport(self) -> tuple[str, str | None]:
        """Return our word and the log's; a log that does not say is a log of runs."""
        word = self.cell("sport")
        if not word:
            return "run", None
        found = sports.sport(word)
        known = found in sports.KNOWN
        return (found if known or not _RUNNING.search(word) else "run"), word
