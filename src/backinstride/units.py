"""Units: the only place that converts. Parses what people write, prints what they read."""

from __future__ import annotations

import re
from typing import Literal

M_PER_MILE = 1609.344
KG_PER_LB = 0.45359237
M_PER_FOOT = 0.3048
M_PER_INCH = 0.0254
M_PER_YARD = 0.9144

DistanceUnit = Literal["km", "mi"]

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DISTANCE = re.compile(
    rf"^\s*{_NUMBER}\s*(km|k|kms|kilomet(?:er|re)s?|mi|mile|miles|m|met(?:er|re)s?|yd|yards?)?\s*$", re.I
)
_MASS = re.compile(rf"^\s*{_NUMBER}\s*(kg|kgs|kilos?|lb|lbs|pounds?|st|stone)?\s*$", re.I)
_DURATION_PART = re.compile(rf"{_NUMBER}\s*(h|hours?|hrs?|min|mins|minutes?|m|s|secs?|seconds?)\b", re.I)
_CLOCK = re.compile(r"^\s*(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)\s*$")
_PAIN = re.compile(rf"^\s*{_NUMBER}\s*(?:/\s*10)?\s*$")


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def parse_distance_m(text: str, default: DistanceUnit | None = None) -> float | None:
    """Return metres from "17.25 mi", "5 km", "800 m"; a bare number takes `default`, or is None."""
    match = _DISTANCE.match(text)
    if not match:
        return None
    value, unit = _float(match[1]), (match[2] or default or "").lower()
    if unit.startswith("k"):
        return value * 1000.0
    if unit.startswith("mi"):
        return value * M_PER_MILE
    if unit.startswith("y"):
        return value * M_PER_YARD
    return value if unit.startswith("m") else None


def parse_mass_kg(text: str) -> float | None:
    """Return kilograms from "400 lb", "63 kg", "11 st"; a bare number is None."""
    match = _MASS.match(text)
    if not match or not match[2]:
        return None
    value, unit = _float(match[1]), match[2].lower()
    if unit.startswith("k"):
        return value
    return value * KG_PER_LB * (14 if unit.startswith("st") else 1)


def parse_duration_s(text: str) -> float | None:
    """Return seconds from "40 min", "1 h 5 min", "1:23", "1:02:03"."""
    clock = _CLOCK.match(text)
    if clock:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
    total, matched = 0.0, False
    for number, unit in _DURATION_PART.findall(text):
        matched = True
        total += _float(number) * {"h": 3600, "m": 60, "s": 1}[unit[0].lower()]
    return total if matched else None


def parse_pain(text: str) -> float | None:
    """Return a pain score 0-10 from "7", "7/10"; None for anything else ("7/8", "bad")."""
    match = _PAIN.match(text)
    if not match:
        return None
    value = _float(match[1])
    return value if 0 <= value <= 10 else None


def distance(metres: float | None, unit: DistanceUnit = "km", digits: int = 1) -> str:
    """Return "27.8 km" or "17.2 mi"; "unknown" for None."""
    if metres is None:
        return "unknown"
    return f"{metres / (1000.0 if unit == 'km' else M_PER_MILE):.{digits}f} {unit}"


def duration(seconds: float | None) -> str:
    """Return "2:03:04" or "43:05"; "unknown" for None."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def pace(s_per_km: float | None, unit: DistanceUnit = "km") -> str:
    """Return "5:30 min/km" or "8:51 min/mi"; "unknown" for None."""
    if s_per_km is None:
        return "unknown"
    return f"{duration(s_per_km * (1 if unit == 'km' else M_PER_MILE / 1000))} min/{unit}"
