"""Numbers in words and digits, and the running unit of a text: "5 1/2", "a couple of", "17,25"."""

from __future__ import annotations

import re

from backinstride.units import M_PER_MILE

WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "twenty five": 25, "twenty-five": 25, "twenty one": 21, "twenty two": 22, "twenty-two": 22,
    "thirty": 30, "thirty five": 35, "thirty-five": 35, "forty": 40, "forty five": 45, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "hundred": 100, "couple of": 2, "couple": 2,
    "a couple of": 2, "a couple": 2, "a few": 3, "few": 3, "several": 5, "half a": 0.5,
    "a half": 0.5, "half": 0.5, "another": 1, "¼": 0.25, "½": 0.5, "¾": 0.75,
}  # fmt: skip
FRACTIONS = {
    "1/2": 0.5,
    "½": 0.5,
    "1/4": 0.25,
    "¼": 0.25,
    "3/4": 0.75,
    "¾": 0.75,
    "1/3": 1 / 3,
    "2/3": 2 / 3,
}
WORD = "|".join(
    sorted(
        (re.escape(w) for w in WORDS if w.isalpha() or " " in w or "-" in w), key=len, reverse=True
    )
)
FRACTION = r"(?:1/2|1/4|3/4|1/3|2/3|[½¼¾])"
DIGITS = r"\d{1,5}(?:[.,]\d{1,3})?"
N = (
    rf"(?:\d{{1,4}}[\s-]+{FRACTION}|\d{{1,4}}(?:and a half| and a half|½|¼|¾)|{FRACTION}"
    rf"|{DIGITS}|(?:{WORD})(?: and a half)?)"
)
RANGE = rf"({N})(?:\s*(?:-|to|or|/)\s*({N}))?"
MI = r"(?:mi|miles?|milers?|mls|milles?)"
KM = r"(?:kms?|k|ks|kilometers?|kilometres?|kilometer|klicks?|clicks|kays?)"
UNIT = rf"({MI}|{KM}|m|meters?|metres?|yards?|yds?)"
WEEK = r"(?:/|a|per|each|every|in a|pr)\s*(?:week|wk|w\b)|weekly|pw|p/w|mpw|/wk"


def number(text: str) -> float | None:
    """Return the number that these words mean: "5 1/2", "twenty", "a couple of", "17,25"."""
    text = text.strip().lower()
    match = re.fullmatch(rf"(\d+)[\s-]*({FRACTION})", text)
    if match:
        return int(match[1]) + FRACTIONS[match[2]]
    if text.endswith("and a half"):
        whole = number(text.removesuffix("and a half"))
        return None if whole is None else whole + 0.5
    if text in FRACTIONS or text in WORDS:
        return float(FRACTIONS.get(text) or WORDS[text])
    if re.fullmatch(r"\d{1,3},\d{3}", text):
        return float(text.replace(",", ""))
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def to_km(value: float, unit: str) -> float:
    """Return kilometres from a value in the unit as written."""
    unit = unit.lower()
    if re.fullmatch(KM, unit):
        return value
    if re.fullmatch(MI, unit):
        return value * M_PER_MILE / 1000
    if unit.startswith("y"):
        return value * 0.9144 / 1000
    return value / 1000


def running_unit(folded: str) -> str | None:
    """Return "mi" or "km", the unit in which this text speaks of runs, or None."""
    miles = len(re.findall(rf"\d\s*-?\s*{MI}\b|\bmiles?\b|\bmileage\b|\bmpw\b|/mi\b", folded))
    kms = len(re.findall(r"\d\s*-?\s*(?:km|kms|kilomet\w+)\b|\b(?:km|kms|kilomet\w+)\b", folded))
    glued = len(re.findall(r"\d\s?ks?\b", folded))
    if kms + (glued if not miles else 0) > miles:
        return "km"
    return "mi" if miles else None
