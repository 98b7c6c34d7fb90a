# ruff: noqa: D102 - a method is named for the field and the unit it reads
"""One value of an entry: read with its unit, or None and a problem."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, TypedDict, TypeVar

from backinstride import units
from backinstride.diary import FILE, Entry, name_key
from backinstride.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from backinstride.diary_views.entries import Answer, Outcome
    from backinstride.values import When

_SITES = {
    "low_back": ("low back", "lower back", "lumbar", "lumbar area", "small of the back"),
    "mid_back": ("mid back", "middle back", "thoracic"),
    "upper_back": ("upper back",),
    "hip": ("hips",),
    "buttock": ("buttocks", "glute", "glutes", "bum"),
    "thigh": ("thighs",),
    "leg": ("legs",),
    "knee": ("knees",),
    "foot": ("feet",),
    "groin": ("groins",),
    "shoulder": ("shoulders",),
    "sacrum": ("si joint", "sacroiliac joint"),
    "abdomen": ("stomach", "belly"),
}
_SITE_OF = {word: site for site, words in _SITES.items() for word in words}
_PARTS = re.compile(r"\s*(?:[,;\n]|\band\b|\bthen\b)\s*")
_WHENS: dict[str, When] = {
    "during": "during",
    "in the run": "during",
    "after": "after",
    "next_day": "next_day",
    "next_morning": "next_day",
    "day_after": "next_day",
    "unknown": "unknown",
}
_ANSWERS: dict[str, Answer] = {
    **dict.fromkeys(("yes", "y", "true", "ja", "1"), "yes"),
    **dict.fromkeys(("no", "n", "false", "nein", "none", "0"), "no"),
    **dict.fromkeys(("unsure", "?", "not sure", "don't know", "maybe", "unknown"), "unsure"),
}
_PERIOD = re.compile(r"(?:in\s+)?(\d+)(?:\s*-\s*\d+)?\s*(day|week|month)s?$", re.IGNORECASE)
_PERIOD_DAYS = {"day": 1, "week": 7, "month": 30}
_WORSE = re.compile(r"(?<!no )\b(?:worse|aggravated|flared)\b", re.IGNORECASE)
_NO_EFFECT = re.compile(
    r"(?:\bno|not|n't|without|never)\b[\w\s]{0,20}"
    r"\b(?:help|effect|relief|reliev|improv|better|change|difference|use|good|ease)"
    r"|^\s*(?:none|nothing|no|0)\b\s*$|no avail|unchanged|useless|in vain",
    re.IGNORECASE,
)
_HELPED = re.compile(
    r"help|better|eas(?:ed|es|ier|ing)|reliev|relief|less|reduc|improv|edge off|gone|work(?:s|ed)"
    r"|good|loosen|^\s*yes",
    re.IGNORECASE,
)
SKIPPED = re.compile(r"\s*(?:skipped|missed|not done|left out|none)\b", re.IGNORECASE)

T = TypeVar("T")


def shoe_id(name: str) -> str:
    """Return a pair's id: its name in lower case, spaces as hyphens."""
    return re.sub(r"\s+", "-", name.strip().lower())


class NotedFields(TypedDict):
    """The fields that every view shares."""

    date: dt.date
    words: str | None
    recalled: bool
    line: int
    note: str | None


class Values:
    """The values of one entry; problems go to the list that is shared by all."""

    def __init__(self, entry: Entry, found: list[Problem]) -> None:
        self.entry = entry
        self.found = found

    def noted(self) -> NotedFields:
        entry = self.entry
        return {
            "date": entry.date,
            "words": entry.words,
            "recalled": entry.recalled,
            "line": entry.line,
            "note": entry.get("note"),
        }

    def text(self, *names: str) -> str | None:
        return next((value for name in names if (value := self.entry.get(name))), None)

    def read(self, name: str, parse: Callable[[str], T | None], expected: str) -> T | None:
        value = self.entry.get(name)
        if value is None:
            return None
        parsed = parse(value)
        if parsed is None:
            self.problem(name, value, expected)
        return parsed

    def problem(self, name: str, value: str, expected: str) -> None:
        lines = self.entry.text.split("\n")
        key = name_key(name)
        at = (k for k, row in enumerate(lines) if name_key(row.partition(":")[0]) == key)
        message = f"{self.entry.kind} {name}: {value!r} cannot be read."
        place = str(self.entry.line + next(at, 0))
        self.found.append(
            Problem(FILE, "diary-value", message, kept=True, place=place, hint=f"Write {expected}.")
        )

    def pain(self, name: str = "pain") -> float | None:
        return self.read(name, units.parse_pain, "a number from 0 to 10, such as 4/10")

    def metres(self, name: str) -> float | None:
        return self.read(name, _metres, "the distance with its unit, such as 17.25 mi or 8 km")

    def hours(self, name: str) -> float | None:
        return self.read(name, units.parse_hours, "hours, such as 7 h or 7:30")

    def minutes(self, name: str) -> float | None:
        return self.read(name, _minutes, "minutes, such as 40 min")

    def seconds(self, name: str) -> float | None:
        return self.read(name, units.parse_duration_s, "a time with its unit, such as 30 min")

    def number(self, name: str) -> float | None:
        return self.read(name, _number, "a number")

    def day(self, name: str) -> dt.date | None:
        return self.read(
            name,
            lambda text: read_day(text, self.entry.date),
            "a day as YYYY-MM-DD, or a time (10 weeks)",
        )

    def yes(self, name: str) -> bool | None:
        answer = self.read(name, read_answer, "yes or no")
        return None if answer in (None, "unsure") else answer == "yes"

    def parts(self, name: str) -> tuple[str, ...]:
        values = (part.strip() for v in self.entry.all(name) for part in _PARTS.split(v))
        return tuple(part for part in values if part)

    def sites(self, name: str = "where") -> tuple[str, ...]:
        words = (part.lower() for part in self.parts(name))
        return tuple(_SITE_OF.get(word) or re.sub(r"[\s-]+", "_", word) for word in words)

    def feels(self) -> tuple[str, ...]:
        return tuple(part.lower() for part in self.parts("feels"))

    def shoe(self) -> str | None:
        name = self.entry.get("shoes")
        return None if name is None else shoe_id(name)


def _metres(text: str) -> float | None:
    """A distance, or the first one of "17.25 mi of 20 mi"; "17.25 of 20 mi" shares its unit."""
    whole = units.parse_distance_m(text)
    if whole is not None:
        return whole
    first, of, second = text.partition(" of ")
    if not of:
        return None
    unit = re.sub(r"^[\s\d.,]+", "", second)
    return units.parse_distance_m(first) or units.parse_distance_m(f"{first} {unit}")


def _minutes(text: str) -> float | None:
    bare = _number(text)
    if bare is not None:
        return bare
    if text.strip().lower() in ("none", "no"):
        return 0.0
    seconds = units.parse_duration_s(text)
    return None if seconds is None else seconds / 60


def _number(text: str) -> float | None:
    match = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*(?:km|mm)?\s*", text)
    return float(match[1].replace(",", ".")) if match else None


def read_km(text: str) -> float | None:
    """Return kilometres; a bare number is kilometres."""
    metres = units.parse_distance_m(text, "km")
    return None if metres is None else metres / 1000.0


def read_day(text: str, start: dt.date) -> dt.date | None:
    """A day, or a time counted from `start`; of a range ("8-12 weeks") its earlier end."""
    try:
        return dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        pass
    period = _PERIOD.match(text.strip())
    if not period:
        return None
    try:
        return start + dt.timedelta(days=int(period[1]) * _PERIOD_DAYS[period[2].lower()])
    except OverflowError:
        return None


def read_answer(text: str) -> Answer | None:
    """Return the answer at the head of the text ("no, never"), None where it cannot be read."""
    whole = text.strip().lower().rstrip(".!")
    head = re.split(r"[,;.(\s]", whole, maxsplit=1)[0]
    return _ANSWERS.get(whole) or _ANSWERS.get(head)


def read_when(text: str) -> When | None:
    """Return when the pain came, None where the words are none of ours."""
    return _WHENS.get(name_key(text)) or _WHENS.get(text.strip().lower())


def outcome(text: str | None) -> Outcome | None:
    """Return what an effect in plain words amounts to, None where the words do not say."""
    if not text:
        return None
    if _NO_EFFECT.search(text):
        return "no_effect"
    if _WORSE.search(text):
        return "worse"
    return "helped" if _HELPED.search(text) else None
