"""Body sizes, ages and lifted weights as people write them: "M/40/220/6ft", "5'10", "11st 4"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from backinstride.units import KG_PER_LB, M_PER_FOOT, M_PER_INCH

if TYPE_CHECKING:
    from backinstride.story.numbers import Quantity


def _quantity(kind: str, value: float | str | None, match: re.Match[str], **more: Any) -> Quantity:
    from backinstride.story.numbers import Quantity

    return Quantity(kind, value, match.start(), match.end(), **more)  # type: ignore[arg-type]


def mass_kg(value: str, unit: str, rest: str | None = None) -> float | None:
    """Return kilograms from a number and a unit; stone may carry pounds."""
    number = float(value.replace(",", "."))
    if unit.startswith("k"):
        return number
    if unit.startswith("st"):
        return (number * 14 + float(rest or 0)) * KG_PER_LB
    if unit.startswith(("lb", "pound", "#")):
        return number * KG_PER_LB
    return None


def _compact(match: re.Match[str], _: Any) -> Quantity:
    """Read M/40/220/6ft as one quantity; its parts are taken out by `profile_parts`."""
    return _quantity("sex", match["sex"][0], match, note=match[0])


def profile_parts(text: str) -> tuple[str | None, float | None, float | None, float | None]:
    """Return sex, age, weight in kg and height in m of a compact profile like M/40/220/6ft."""
    match = _COMPACT.search(text)
    if not match:
        return None, None, None, None
    weight = match["weight"]
    kg = None
    if weight:
        unit = match["wunit"] or ("lb" if match["height"] and "cm" not in match["height"] else "")
        kg = mass_kg(weight, unit) if unit else None
    height = height_m(match["height"]) if match["height"] else None
    return match["sex"][0], float(match["age"]), kg, height


def height_m(text: str) -> float | None:
    """Return metres from "6ft", "5'10", "5 ft 6 in", "180 cm", "1.80 m"."""
    match = re.search(r"(\d)\s*(?:ft|feet|foot|')\s*(\d{1,2}(?:\.5)?)?", text)
    if match:
        inches = float(match[2] or 0)
        return float(match[1]) * M_PER_FOOT + inches * M_PER_INCH
    match = re.search(r"(\d{3}(?:\.\d)?)\s*cm", text)
    if match:
        return float(match[1]) / 100
    match = re.search(r"([12][.,]\d{1,2})\s*m", text)
    return float(match[1].replace(",", ".")) if match else None


def _height(match: re.Match[str], _: Any) -> Quantity | None:
    value = height_m(match[0])
    if value is None or not 1.2 <= value <= 2.3:
        return None
    return _quantity("height", value, match, unit="m")


def _height_open(match: re.Match[str], _: Any) -> Quantity:
    return _quantity("height", None, match, open="height")


def _lift(match: re.Match[str], _: Any) -> Quantity | None:
    kg = mass_kg(match["n"], match["unit"] or "")
    name = "squat" if re.search(r"\bbs\b|squat", match["lift"]) else "deadlift"
    if re.search(r"bench|press|row|clean|snatch|front", match["lift"]):
        return None
    if kg is None:
        return _quantity("lift", None, match, note=name, open="lift_unit")
    return _quantity("lift", kg, match, note=name, unit="kg")


def _lifted(match: re.Match[str], _: Any) -> Quantity | None:
    kg = mass_kg(match["n"], match["unit"])
    name = "squat" if re.search(r"\bbs\b|squat", match["lift"]) else "deadlift"
    return _quantity("lift", kg, match, note=name, unit="kg")


def _mass(match: re.Match[str], page: Any) -> Quantity | None:
    around = page.text[max(0, match.start() - 30) : match.end() + 25]
    kg = mass_kg(match["n"], match["unit"], match["rest"])
    if kg is None:
        return None
    if re.search(
        r"\b(?:lost|lose|losing|gained|gain|put on|overweight|dropped|shed|heavier|lighter"
        r"|extra|too heavy|down|over weight)\b",
        around,
    ):
        return _quantity("count", kg, match, note="weight change", unit="kg")
    if re.search(
        r"\b(?:deadlift\w*|squat\w*|dl|bench\w*|press\w*|lift\w*|kettlebell|dumbbell\w*"
        r"|barbell|bar|row|carry\w*|carried|bag|box|rucksack|backpack|vest)\b",
        around,
    ):
        return _quantity("count", kg, match, note="load", unit="kg")
    if not 30 <= kg <= 250:
        return None
    return _quantity("mass", kg, match, unit="kg")


def _age(match: re.Match[str], _: Any) -> Quantity | None:
    value = float(match["n"])
    if not 5 <= value <= 100:
        return None
    sex = match.groupdict().get("sex")
    return _quantity("age", value, match, unit="y", note=sex)


def _sex(match: re.Match[str], _: Any) -> Quantity:
    return _quantity("sex", match["sex"][0], match)


_SEX = r"(?:males?|females?|man|woman|guy|bloke|lady|girl|boy|lad|lass|m|f|gal|chap|dude)"
_COMPACT = re.compile(
    r"\b(?P<sex>[mf])\s*/\s*(?P<age>\d{2})(?:\s*/\s*(?P<weight>\d{2,3})\s*(?P<wunit>kgs?|lbs?)?)?"
    r"(?:\s*/\s*(?P<height>\d\s*(?:ft|')\s*\d{0,2}\"?|\d{3}\s*cm|\d'\d{1,2}\"?))?"
)
_LIFT = r"(?:deadlift|dead lift|dl|back squat|bs|squat|bench|bench press|press|front squat)"
_M = r"(?P<n>\d{2,3}(?:[.,]\d)?)\s*-?\s*"
_SOURCES: tuple[tuple[str, Any], ...] = (
    (_COMPACT.pattern + r"\b", _compact),
    ((rf"\b(?:1 ?rm|one rep max|max|pb|pr)\s*(?P<lift>{_LIFT})\s*(?:of|is|=|:|at|was|around"
        rf"|about|-)?\s*(?:about |around )?{_M}(?P<unit>kgs?|lbs?|pounds?|kilos?)?\b"), _lift),
    ((rf"\b(?P<lift>{_LIFT})\s*(?:1 ?rm|one rep max|max|pb|pr)\s*(?:of|is|=|:|at|was|around"
        rf"|about|-)?\s*(?:about |around )?{_M}(?P<unit>kgs?|lbs?|pounds?|kilos?)?\b"), _lift),
    ((rf"\b(?:i |can |my |best )\s*(?P<lift>deadlift|squat|back squat|dl)\s*(?:is |of |at "
        rf"|about |around |was )?{_M}(?P<unit>kgs?|lbs?|pounds?|kilos?)\b(?=[^.!?\n]{{0,25}}"
        rf"(?:1 ?rm|max|one rep|for 1|x 1|single|$|\n|[.,]))"), _lifted),
    ((r"\b[4-6]\s*'\s*(?:1[01]|[0-9])(?:\.5)?\s*(?:\"|''|in(?:ches)?\b)?(?!\d)|\b[4-6]\s*(?:ft"
        r"|foot|feet)\s*(?:1[01]|[0-9])?(?:\.5)?\s*(?:\"|in(?:ches)?\b|tall\b)?(?!\d)(?! (?:of"
        r"|deep|drop|fall|wall|ladder|high|from|onto|away|down|off|above))|\b1[4-9]\d"
        r"(?:\.\d)?\s*cms?\b|\b20\d\s*cm\b|\b(?:1[.,][4-9]\d?|2[.,]0\d?)\s*m(?:et(?:er|re)s?)?\b"
        r"(?=\s*(?:tall|,|\.|/|and|$))"), _height),
    ((r"\b(?:over|about|around|nearly|almost|just under|just over|i'm|am|under)\s+[4-7]\s*(?:\""
        r"|'')(?!\w)"), _height_open),
    ((rf"{_M}(?P<unit>kgs?|kilos?|kilograms?|lbs?|pounds?|stones?|st)\b\.?(?:\s*"
        rf"(?P<rest>\d{{1,2}})\s*(?:lbs?|pounds?)?\b)?"), _mass),
    ((r"(?P<n>\d{1,2})\s*(?P<unit>stones?|st)\b\.?(?:\s*(?P<rest>\d{1,2})\s*(?:lbs?"
        r"|pounds?)?\b)?(?!\s*(?:july|of|street|place|time|marathon|half|jan|feb|mar|apr|may|jun"
        r"|aug|sep|oct|nov|dec))"), _mass),
    ((rf"\b(?P<n>\d{{1,2}})\s*-?\s*(?:y/?o|yrs?[ -]old|years?[ -](?:old|young)|yo|y\.o\.?"
        rf"|years? of age)\s*,?\s*(?P<sex>{_SEX})?\b"), _age),
    ((r"\b(?P<n>\d{2})\s*/?\s*(?P<sex>m|f)\b(?![\w'])(?!\s*(?:reps|sprint|run|away|from|to"
        r"|in|of))"), _age),
    (r"(?<![\w'])(?P<sex>m|f)\s*,?\s*/?(?P<n>[1-8]\d)\b(?!\s*(?:miles?|km|k|min|kg|lb))", _age),
    ((r"\b(?P<sex>male|female|man|woman|guy|bloke|lady|girl)\s*,?\s*\(?\s*(?:aged? |age )?"
        r"(?P<n>[1-9]\d)\b(?!\s*(?:miles?|km|k\b|min|kg|lb|x|:|weeks|months|days))"), _age),
    ((r"\b(?P<sex>son|daughter|boy|husband|wife|dad|mum|mom|father|mother)\s*,?\s*\(?\s*"
        r"(?P<n>[1-9]\d)\b(?!\s*(?:miles?|km|k\b|min|kg|lb|x|:|weeks|months|days|years? ago))"),
     _age),
    (r"\b(?:runner|jogger|gymnast|dancer|swimmer|athlete),\s*(?P<n>[1-9]\d)(?=\s*(?:,|\.|and|here))",
     _age),
    (r"\b(?P<n>[1-9]\d)\s*,?\s*(?:year )?(?P<sex>male|female|man|woman)\b", _age),
    (
        (r"\b(?:wife|husband|law|partner|friend|buddy|mate|son|daughter|mum|mom|dad|sister|brother)"
        r"\s*[,(]\s*(?P<n>[1-9]\d)\b(?!\s*(?:miles|km|k\b|weeks|min))"),
        _age,
    ),
    (r"\b(?:me|now),? (?P<n>[1-9]\d)(?=(?:,| with| and))(?!,\d)", _age),
    (rf"(?<![\w.])(?P<n>[1-9]\d), ?(?:a )?(?P<sex>{_SEX})\b(?![\w'])", _age),
    ((r"\b(?:is|turns?|who's|she's|he's|aged?|age)\s*:?\s*(?P<n>[1-9]\d)(?=\s*(?:and (?:runs"
        r"|ran|has|is|he|she|loves|training|a|in)|,|\.(?!\d)|;|\)|years|now|$))(?!\s*,?\s*"
        r"(?:miles|km|k\b|weeks|minutes|mins|bpm))"), _age),
    ((r"(?:^|(?<=[.!?\n;(] )|(?<=[\n(]))(?P<n>[1-9]\d)(?=(?:,| now\b)\s*(?:[a-z]))(?!, \d)"
        r"(?! now (?:miles|km))"), _age),
    ((r"\b(?:aged?|age:|age =|i'm|i am|im|turned|turning|just turned|he's|she's|he is|she is"
        r"|who is|currently)\s*:?\s*(?P<n>[1-9]\d)(?=\s*(?:[,.;!?)\n]|$|and\b|years? young"
        r"|this year|next|in |now|but|so|with|male|female|m\b|f\b|from))(?!\s*(?:miles|km|weeks|%"
        r"|in (?:to|the)|and a half (?:weeks|months)))(?!\.\d)"), _age),
)  # fmt: skip
GRAMMAR: tuple[tuple[re.Pattern[str], Any], ...] = tuple(
    (re.compile(source), read) for source, read in _SOURCES if read is not None
)
