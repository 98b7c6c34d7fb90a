"""Dates as people write them: 11/4/12, "Feb 6, 2011", "4th of November", "two weeks ago"."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal, NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
         "aug august", "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
ISO = re.compile(r"\b(20\d\d|19\d\d)-(\d\d)-(\d\d)\b")
SLASHED = re.compile(r"(?<![\d/.])(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)?\d\d)(?![\d/])")
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:miles?|km|mi\b|k\b|%))(?:,?\s+"
    rf"((?:19|20)\d\d))?"
)
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\b\.?(?:,?\s+((?:19|20)\d\d))?"
)
_AGO = re.compile(
    r"\b(?:about |around |roughly |approximately |almost |nearly |over )?(a|an|one|two|three"
    r"|four|five|six|seven|eight|nine|ten|couple of|a couple of|couple|\d{1,3})\s+"
    r"(day|week|month|year)s? ago\b"
)
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "couple of": 2, "a couple of": 2, "couple": 2,
}  # fmt: skip
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MDY_CUES = re.compile(
    r"\b(?:nyc|new york|chicago|boston|houston|marine corps|los angeles|philly|philadelphia"
    r"|portland|seattle|disney|big sur|twin cities|color|center|mom|pt|urgent care|er"
    r"|sneakers?|soccer|vacation|advil|tylenol|aleve)\b"
)
_DMY_CUES = re.compile(
    r"\b(?:london|manchester|edinburgh|dublin|brighton|berlin|paris|sydney|melbourne"
    r"|gold coast|great north|mum|gp|nhs|physio|a&e|trainers|colour|centre|paracetamol"
    r"|nurofen|fortnight|stone|whilst|tyre|kerb|pavement|holiday|parkrun)\b"
)

Order = Literal["mdy", "dmy"] | None


class Dated(NamedTuple):
    """A date found; `value` is None where its day and month, or its year, are open."""

    start: int
    end: int
    value: dt.date | None
    open: str | None  # why the value is not known: "order", "year"


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def day_month_order(folded: str) -> Order:
    """Return the order of day and month that the rest of the text shows, or None."""
    for match in SLASHED.finditer(folded):
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            return "dmy"
        if second > 12 >= first:
            return "mdy"
    american, british = bool(_MDY_CUES.search(folded)), bool(_DMY_CUES.search(folded))
    if american != british:
        return "mdy" if american else "dmy"
    return None


def slashed(match: re.Match[str], order: Order) -> Dated:
    """Read one 11/4/12 with the order of the document."""
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    if first == second:
        return Dated(match.start(), match.end(), _date(year, first, second), None)
    if first > 12 or second > 12:
        day, month = (first, second) if first > 12 else (second, first)
        return Dated(match.start(), match.end(), _date(year, month, day), None)
    if order is None:
        return Dated(match.start(), match.end(), None, "order")
    month, day = (first, second) if order == "mdy" else (second, first)
    return Dated(match.start(), match.end(), _date(year, month, day), None)


def find_dates(folded: str, written_on: dt.date | None) -> tuple[Dated, ...]:
    """Return every calendar date of the text; a date without a year is the next such one."""
    found = [
        Dated(m.start(), m.end(), _date(int(m[1]), int(m[2]), int(m[3])), None)
        for m in ISO.finditer(folded)
    ]
    order = day_month_order(folded)
    found += [slashed(m, order) for m in SLASHED.finditer(folded)]
    for match in _MONTH_DAY.finditer(folded):
        found.append(_named(match, _MONTHS[match[1]], int(match[2]), match[3], written_on))
    for match in _DAY_MONTH.finditer(folded):
        if not any(d.start <= match.start() < d.end for d in found):
            found.append(_named(match, _MONTHS[match[2]], int(match[1]), match[3], written_on))
    return tuple(sorted((d for d in found if d.value or d.open), key=lambda d: d.start))


def _named(
    match: re.Match[str], month: int, day: int, year: str | None, written_on: dt.date | None
) -> Dated:
    if year:
        return Dated(match.start(), match.end(), _date(int(year), month, day), None)
    if written_on is None:
        return Dated(match.start(), match.end(), None, "year")
    value = _date(written_on.year, month, day)
    if value is not None and value < written_on:
        value = _date(written_on.year + 1, month, day)
    return Dated(match.start(), match.end(), value, None)


def find_post_date(folded: str) -> dt.date | None:
    """Return the first full date in the head of a post."""
    dates = [d for d in find_dates(folded, None) if d.value]
    return dates[0].value if dates else None


def relative_day(folded: str, written_on: dt.date | None) -> dt.date | None:
    """Return the day that "today", "yesterday", "two weeks ago", "last saturday" means."""
    if written_on is None:
        return None
    if re.search(r"\b(?:today|this morning|tonight|this afternoon|just now)\b", folded):
        return written_on
    if re.search(r"\b(?:yesterday|last night)\b", folded):
        return written_on - dt.timedelta(days=1)
    return _days_ago(folded, written_on) or _weekday_before(folded, written_on)


def _days_ago(folded: str, written_on: dt.date) -> dt.date | None:
    match = _AGO.search(folded)
    if not match:
        return None
    days = (_COUNTS.get(match[1]) or int(match[1])) * _DAYS[match[2]]
    return written_on - dt.timedelta(days=days) if days < 36500 else None


def _weekday_before(folded: str, written_on: dt.date) -> dt.date | None:
    weekday = re.search(rf"\b(?:on|last|this past)\s+({'|'.join(_WEEKDAYS)})\b", folded)
    if not weekday:
        return None
    back = (written_on.weekday() - _WEEKDAYS.index(weekday[1])) % 7 or 7
    return written_on - dt.timedelta(days=back)
