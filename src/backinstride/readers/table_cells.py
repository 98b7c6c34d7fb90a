"""One cell of a hand-kept log: a date, a number, a time."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

import msgspec

from backinstride.units import parse_duration_s

DurationUnit = Literal["clock", "h:mm", "h", "min", "s"]
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio januari janeiro",
            "feb february februar février fevrier febrero febbraio februari fevereiro fév",
            "mar march märz maerz mars marzo maart março mär mrz",
            "apr april avril abril aprile avr abr",
            "may mai mayo maggio mei maio",
            "jun june juni juin junio giugno junho",
            "jul july juli juillet julio luglio julho",
            "aug august août aout agosto augustus aoû ago",
            "sep sept september septembre septiembre settembre setembro",
            "oct october oktober octobre octubre ottobre outubro okt",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre decembre diciembre dicembre dezembro dez déc dic",
        ),
        1,
    )
    for name in names.split()
}
_NUMERIC = re.compile(
    r"^\s*(?:[^\W\d]{2,10}\.?,?\s+)?(\d{1,4})([./-])(\d{1,2})\2(\d{2,4})(?![\d])(.*)$"
)
_NAMED = (
    re.compile(r"^\s*(?:[^\W\d]{2,10}\.?,?\s+)?(\d{1,2})\.?[\s-]+([^\W\d]{3,10})\.?,?[\s-]+(\d{4})(.*)$"),
    re.compile(r"^\s*(?:[^\W\d]{2,10}\.?,?\s+)?([^\W\d]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(.*)$"),
)  # fmt: skip
_COMPACT = re.compile(r"^\s*((?:19|20)\d{2})(\d{2})(\d{2})\s*$")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?")
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})\s*$")
_NUMBER = re.compile(r"[-+]?\d[\d.,' \u2019\xa0\u202f]*")


class DateParts(msgspec.Struct, frozen=True):
    """A date as written: three parts, the sign between, and what follows it."""

    first: str
    second: str
    third: str
    sign: str
    rest: str
    month: int = 0  # where it is written by name

    @property
    def year(self) -> int:
        """Return the year, two digits completed."""
        text = self.first if len(self.first) == 4 else self.third
        return int(text) if len(text) == 4 else 2000 + int(text) - 100 * (int(text) > 69)


def date_parts(text: str) -> DateParts | None:
    """Return a date in its parts, or None."""
    if match := _COMPACT.match(text):
        return DateParts(match[1], match[2], match[3], "-", "")
    if match := _NUMERIC.match(text):
        return DateParts(match[1], match[3], match[4], match[2], match[5])
    for shape, (day, month) in zip(_NAMED, ((1, 2), (2, 1)), strict=True):
        match = shape.match(text)
        if match and match[month].lower() in _MONTHS:
            number = _MONTHS[match[month].lower()]
            return DateParts(match[day], str(number), match[3], " ", match[4], number)
    return None


def is_month_name(parts: DateParts) -> bool:
    """Return whether the month stands there by its name."""
    return parts.month > 0


def day(text: str, order: str) -> dt.date | None:
    """Return the day of a cell in the table's order ("ymd", "dmy", "mdy")."""
    parts = date_parts(text)
    if parts is None:
        return None
    if parts.month:
        found = (parts.year, parts.month, int(parts.first))
    elif len(parts.first) == 4:
        found = (parts.year, int(parts.second), int(parts.third))
    elif order == "mdy":
        found = (parts.year, int(parts.first), int(parts.second))
    else:
        found = (parts.year, int(parts.second), int(parts.first))
    try:
        return dt.date(*found)
    except ValueError:
        return None


def clock(text: str) -> dt.time | None:
    """Return the time of day in a cell ("07:30", "5:12 PM", or behind a date)."""
    match = _CLOCK.search(text)
    if not match:
        return None
    hour = int(match[1])
    if match[4]:
        hour = hour % 12 + 12 * (match[4][0] in "pP")
    try:
        return dt.time(hour, int(match[2]), int(match[3] or 0))
    except ValueError:
        return None


def zone_s(text: str) -> int | None:
    """Return the offset of a time that names its zone, else None."""
    match = _ZONE.search(text)
    if not match or ":" not in text:
        return None
    if match[1] == "Z":
        return 0
    sign = -1 if match[1][0] == "-" else 1
    return sign * (int(match[1][1:3]) * 3600 + int(match[1][-2:]) * 60)


def decimal(text: str, *, comma: bool) -> float | None:
    """Return the number at the start of a cell; `comma`: the comma is the decimal sign."""
    match = _NUMBER.match(text.strip())
    if not match:
        return None
    plain = re.sub(r"[ '\u2019\xa0\u202f]", "", match[0])
    plain = plain.replace(".", "").replace(",", ".") if comma else plain.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return None


def duration_s(text: str, unit: DurationUnit | None, *, comma: bool) -> float | None:
    """Return seconds of a cell; a bare number needs the column's unit."""
    plain = text.strip()
    if unit == "h:mm" and plain.count(":") == 1:
        hours, _, minutes = plain.partition(":")
        return (
            int(hours) * 3600.0 + int(minutes) * 60
            if hours.isdigit() and minutes.isdigit()
            else None
        )
    said = parse_duration_s(plain)
    if said is not None or ":" in plain:
        return said
    value = decimal(plain, comma=comma)
    if value is None or unit not in ("h", "min", "s"):
        return None
    return value * {"h": 3600.0, "min": 60.0, "s": 1.0}[unit]
