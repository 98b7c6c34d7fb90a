"""Units: the only place that converts. Parses what people write, prints what they read."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

M_PER_MILE = 1609.344
KG_PER_LB = 0.45359237
M_PER_FOOT = 0.3048
M_PER_INCH = 0.0254
M_PER_YARD = 0.9144

DistanceUnit = Literal["km", "mi"]

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DISTANCE = re.compile(
    rf"^\s*{_NUMBER}\s*(km|k|kms|kilomet(?:er|re)s?|mi|mile|miles|m|met(?:er|re)s?|yd|yards?)?\s*$",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^\s*(?:~|about|around|approx\.?|ca\.?|at)\s*", re.IGNORECASE)
_UNIT_FIRST = re.compile(r"^\s*(km|mile|mi)\s*(\d[\d.,/ ]*)\s*$", re.IGNORECASE)
_FRACTION = re.compile(r"^\s*(?:(\d+)\s+)?(\d+)/(\d+)(\D.*)?$")
_THOUSANDS = re.compile(r"^\d{1,3},\d{3}$")
_MASS = re.compile(rf"^\s*{_NUMBER}\s*(kg|kgs|kilos?|lb|lbs|pounds?|st|stone)?\s*$", re.IGNORECASE)
_DURATION_PART = re.compile(
    rf"{_NUMBER}\s*(h|hours?|hrs?|min|mins|minutes?|m|s|secs?|seconds?)\b", re.IGNORECASE
)
_HOURS_MINUTES = re.compile(r"\b(\d{1,2})\s*h\s*(\d{2})\b(?!\s*m)", re.IGNORECASE)
_CLOCK = re.compile(r"^\s*(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)\s*$")
_PAIN = re.compile(rf"^\s*{_NUMBER}\s*(?:/\s*10)?\s*$")


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def parse_distance_m(text: str, default: DistanceUnit | None = None) -> float | None:
    """Return metres from "17.25 mi", "17 1/4 miles", "mile 17", "~5 km", "1,000 m".

    A bare number takes `default`, or is None. A comma before exactly three digits parts thousands
    in metres and yards; in km and miles it could be either, so it is None.
    """
    plain = _ABOUT.sub("", text)
    turned = _UNIT_FIRST.match(plain)
    if turned:
        plain = f"{turned[2]} {turned[1]}"
    fraction = _FRACTION.match(plain)
    if fraction:
        whole, over, under, rest = fraction.groups(default="")
        if int(under) == 0:
            return None
        plain = f"{int(whole or 0) + int(over) / int(under):.6f}{rest}"
    match = _DISTANCE.match(plain)
    if not match:
        return None
    unit = (match[2] or default or "").lower()
    number = match[1]
    if _THOUSANDS.match(number):
        if unit.startswith(("k", "mi")):
            return None
        number = number.replace(",", "")
    return _metres_of(_float(number), unit)


def _metres_of(value: float, unit: str) -> float | None:
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
    """Return seconds from "40 min", "1 h 5 min", "7h30", "1:23", "1:02:03"."""
    text = _HOURS_MINUTES.sub(r"\1 h \2 min", text)
    clock = _CLOCK.match(text)
    if clock:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
    total, matched = 0.0, False
    for number, unit in _DURATION_PART.findall(text):
        matched = True
        total += _float(number) * {"h": 3600, "m": 60, "s": 1}[unit[0].lower()]
    return total if matched else None


def parse_hours(text: str) -> float | None:
    """Return hours from "7 h", "7.5", "7:30" (hours and minutes), "450 min"."""
    plain = re.fullmatch(rf"\s*{_NUMBER}\s*", text)
    if plain:
        return _float(plain[1])
    clock = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*h?\s*", text)
    if clock:
        return int(clock[1]) + int(clock[2]) / 60
    seconds = parse_duration_s(text)
    return None if seconds is None else seconds / 3600


class Sets(NamedTuple):
    """One exercise as done: any part that was not said is None. Load in kg, hold in seconds."""

    sets: int | None = None
    reps: int | None = None
    hold_s: float | None = None
    load_kg: float | None = None
    each_side: bool = False


_SET_PART = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*"
    r"(kgs?|kilos?|lbs?|pounds?|seconds?|secs?|s|minutes?|mins?|reps?|sets?)?(?![a-z])"
)
_SET_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_RANGE = re.compile(r"(\d+)\s*(?:-|to)\s*\d+")


def parse_sets(text: str) -> Sets | None:
    """Return what was done from "3 x 45 s", "400 lb x 1", "5x5 100 kg", "3 sets of 8 @ 20 kg".

    A load before the first count reads as load x repetitions (x sets), as lifters write it;
    otherwise sets come first. Of a range ("8-12") the lower end. None where no number stands.
    """
    words = _SET_CLOCK.sub(lambda m: f"{int(m[1]) * 60 + int(m[2])} s", text.lower())
    words = _RANGE.sub(r"\1", words.replace("\u00d7", " x ").replace("*", " x "))
    words = re.sub(r"(?<=\d)\s*x(?=[\s\d])|\bx(?=\d)", " x ", words)
    load_kg = hold_s = None
    sets = reps = None
    counts: list[int] = []
    load_first = False
    for number, unit in _SET_PART.findall(words):
        value = _float(number)
        if unit[:1] in ("k", "l", "p"):
            load_kg = value * (1.0 if unit[0] == "k" else KG_PER_LB)
            load_first = not counts and sets is None
        elif unit.startswith("set"):
            sets = int(value)
        elif unit.startswith("rep"):
            reps = int(value)
        elif unit:
            hold_s = value * (60.0 if unit[0] == "m" else 1.0)
        else:
            counts.append(int(value))
    if not counts and load_kg is hold_s is sets is reps is None:
        return None
    sets, reps = _placed(counts, sets, reps, load_first=load_first, held=hold_s is not None)
    side = re.search(r"\b(?:each|per|both|every)\b[\s\w]*\b(?:sides?|legs?|arms?)\b", words)
    return Sets(sets, reps, hold_s, load_kg, side is not None)


def _placed(
    counts: list[int], sets: int | None, reps: int | None, *, load_first: bool, held: bool
) -> tuple[int | None, int | None]:
    """Decide which bare count is sets and which repetitions."""
    if load_first:
        counts = [*reversed(counts)] if len(counts) > 1 else [1, *counts]
    elif len(counts) == 1 and not held and sets is None and reps is None:
        counts = [1, *counts]
    left = iter(counts)
    sets = next(left, None) if sets is None else sets
    reps = next(left, None) if reps is None else reps
    if sets is None and (held or reps is not None or load_first):
        sets = 1
    return sets, reps


_FEET = re.compile(
    r"(\d)\s*(?:ft|feet|foot|')\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:in(?:ch(?:es)?)?|\"|''))?(?![a-z])"
)
# Unit as written -> (factor, unit as returned); the longest spelling that fits wins.
_MEASURES = {
    "mm": (1.0, "mm"),
    "cm": (10.0, "mm"),
    "in": (M_PER_INCH * 1000, "mm"),
    "inch": (M_PER_INCH * 1000, "mm"),
    "inches": (M_PER_INCH * 1000, "mm"),
    "m": (1.0, "m"),
    "km": (1000.0, "m"),
    "mi": (M_PER_MILE, "m"),
    "miles": (M_PER_MILE, "m"),
    "kg": (1.0, "kg"),
    "lb": (KG_PER_LB, "kg"),
    "lbs": (KG_PER_LB, "kg"),
    "s": (1.0, "s"),
    "sec": (1.0, "s"),
    "seconds": (1.0, "s"),
    "min": (60.0, "s"),
    "mins": (60.0, "s"),
    "minutes": (60.0, "s"),
    "h": (3600.0, "s"),
    "hours": (3600.0, "s"),
    "deg": (1.0, "deg"),
    "degrees": (1.0, "deg"),
    "\u00b0": (1.0, "deg"),
    "%": (1.0, "%"),
    "/10": (1.0, "/10"),
    "bpm": (1.0, "bpm"),
    "spm": (1.0, "spm"),
}
_MEASURE = re.compile(
    rf"([-+\u2212]?){_NUMBER}\s*("
    + "|".join(map(re.escape, sorted(_MEASURES, key=len, reverse=True)))
    + r")(?![a-z])"
)


def parse_measure(text: str) -> tuple[float, str] | None:
    """Return (value, unit) of the first measure in the text, unit one of kg, m, mm, s, deg, %...

    Lengths written in mm, cm or inches stay mm ("right 6 mm shorter"); feet give m. A clock
    ("1:30") gives s. None for a bare number or words only.
    """
    words = text.lower()
    feet = _FEET.search(words)
    if feet:
        return int(feet[1]) * M_PER_FOOT + float(feet[2] or 0) * M_PER_INCH, "m"
    seconds = parse_duration_s(words) if _CLOCK.match(words) else None
    if seconds is not None:
        return seconds, "s"
    found = _MEASURE.search(words)
    if not found:
        return None
    factor, unit = _MEASURES[found[3]]
    return (-1.0 if found[1] in ("-", "\u2212") else 1.0) * _float(found[2]) * factor, unit


def parse_pain(text: str) -> float | None:
    """Return a pain score 0-10 from "7", "7/10", "none"; None for anything else ("7/8", "bad")."""
    if text.strip().lower() in ("none", "no pain", "no"):
        return 0.0
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
