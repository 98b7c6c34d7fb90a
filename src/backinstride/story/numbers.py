"""Numbers with their units, read before any other word.

A grammar in a fixed order: what is longer and surer is read first (dates, splits, sets, paces,
heart rates, body sizes, doses), and what it has read is blanked, so that no number is left for the
wrong field. Bare numbers come last and take the running unit of the document. Where the words
leave two readings the quantity is `open` and a question is asked; a number is never guessed.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from backinstride.story.amounts import (
    DIGITS,
    KM,
    MI,
    RANGE,
    UNIT,
    WEEK,
    WORD,
    N,
    number,
    running_unit,
    to_km,
)

Kind = Literal[
    "distance", "event", "sets", "split", "pace", "heart_rate", "duration", "frequency",
    "weekly", "mass", "lift", "height", "age", "sex", "severity", "temperature", "programme",
    "shoe_life", "ratio", "percent", "count", "money", "year", "cadence", "clock",
]  # fmt: skip


class Quantity(NamedTuple):
    """One quantity: SI-like value (km, s, kg, m, days, per week), its words, and how sure it is."""

    kind: Kind
    value: float | str | None
    start: int
    end: int
    high: float | None = None
    unit: str | None = None
    open: str | None = None  # id of the question that decides it
    note: str | None = None


class _Page:
    """The text being read: what was read is blanked, quantities are gathered."""

    def __init__(self, folded: str) -> None:
        self.text = folded
        self.unit = running_unit(folded)
        self.found: list[Quantity] = []

    def take(self, pattern: re.Pattern[str], read: object) -> None:
        """Read every match; `read` returns a Quantity or None, and only what is read is blanked."""
        pieces: list[str] = []
        at = 0
        for match in pattern.finditer(self.text):
            quantity = read(match, self)  # type: ignore[operator]
            if quantity is None or match.start() < at:
                continue
            self.found.append(quantity)
            pieces += [self.text[at : match.start()], "\x00" * (match.end() - match.start())]
            at = match.end()
        if pieces:
            self.text = "".join(pieces) + self.text[at:]


def _q(
    kind: Kind,
    value: float | str | None,
    match: re.Match[str],
    group: int | str = 0,
    **more: object,
) -> Quantity:
    return Quantity(kind, value, match.start(group), match.end(group), **more)  # type: ignore[arg-type]


def _seconds(clock: str) -> float:
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + float(part)
    return total


def _split(match: re.Match[str], _: _Page) -> Quantity:
    whole, first, second = (_seconds(match[n]) for n in (1, 2, 3))
    agrees = abs(whole - first - second) <= 1.0
    return _q(
        "split", whole, match, unit="s", high=first + second, open=None if agrees else "splits"
    )


def _sets(match: re.Match[str], _: _Page) -> Quantity:
    value = number(match["each"])
    km = None if value is None else to_km(value, match["unit"])
    return _q("sets", km, match, high=number(match["count"]), unit="km")


def _distance(match: re.Match[str], _: _Page) -> Quantity | None:
    low = number(match[1])
    high = number(match[2]) if match[2] else None
    unit = match[3]
    if low is None or (unit in {"m", "k"} and match[1][0].isalpha()):
        return None
    if unit == "m" and (low < 30 or low >= 50_000) and low != 5:
        return None
    if unit in {"k", "ks"} and low > 300:
        return None
    if match[1] in {"a", "an", "another"} and not unit.startswith(("mi", "k")):
        return None
    event = unit in {"k", "ks"} and low in {5, 8, 10, 12, 15, 50, 100}
    return _q(
        "event" if event and unit == "ks" else "distance",
        to_km(low, unit),
        match,
        high=None if high is None else to_km(high, unit),
        unit="km",
        note="race" if event else None,
    )


def _mile_mark(match: re.Match[str], _: _Page) -> Quantity | None:
    value = number(match["n"])
    if value is None or value > 200:
        return None
    return _q("distance", to_km(value, match["unit"]), match, unit="km", note="mark")


def _bare(match: re.Match[str], page: _Page) -> Quantity | None:
    value = number(match["n"])
    if value is None or not 0 < value <= 130:
        return None
    if _AT_AGE.search(page.text[max(0, match.start() - 60) : match.start("n")]):
        return None
    if page.unit is None:
        return _q("distance", None, match, "n", unit=None, open="running_unit", note=match["n"])
    return _q("distance", to_km(value, page.unit), match, "n", unit="km", note="bare")


def _half_marathons(match: re.Match[str], _: _Page) -> Quantity:
    return _q("event", None, match, unit="km", open="half_marathons", note="half_marathon")


def _event(km: float, note: str) -> object:
    def read(match: re.Match[str], _: _Page) -> Quantity:
        return _q("event", km, match, unit="km", note=note)

    return read


_SECONDS = (
    ("y", 365.25 * 86400), ("mo", 30.4 * 86400), ("mth", 30.4 * 86400), ("fort", 14 * 86400),
    ("w", 7 * 86400), ("d", 86400), ("n", 86400), ("h", 3600), ("m", 60), ("s", 1),
)  # fmt: skip


def _duration(match: re.Match[str], _: _Page) -> Quantity | None:
    low = number(match[1])
    high = number(match[2]) if match[2] else None
    if low is None:
        return None
    unit = match["unit"]
    scale = next(seconds for start, seconds in _SECONDS if unit.startswith(start))
    return _q("duration", low * scale, match, high=None if high is None else high * scale, unit="s")


def _weekly(match: re.Match[str], page: _Page) -> Quantity | None:
    low, high = number(match[1]), number(match[2]) if match[2] else None
    unit = match["unit"] or ("mi" if "mpw" in match[0] else page.unit)
    if low is None or unit is None:
        return None
    if not match["unit"] and "mpw" not in match[0]:
        before = page.text[max(0, match.start() - 30) : match.start()]
        if low < 8 or not _RUNS_ABOUT.search(before):
            return None  # "a week", "3 a week": a frequency
    return _q(
        "weekly",
        to_km(low, unit),
        match,
        high=None if high is None else to_km(high, unit),
        unit="km",
    )


_AT_AGE = re.compile(
    r"\b(?:diagnosed|told|surgery|operation|cancer|scoliosis|fusion|born|aged"
    r"|spondylo\w+|had (?:it|this|that))\b[^.!?\n]*\bat $"
)
_RUNS_ABOUT = re.compile(
    r"\b(?:run|running|do|doing|averag\w+|about|around|up to|hit|hitting)\s*(?:about |around "
    r"|an? )?$"
)


def _weekly_told(match: re.Match[str], page: _Page) -> Quantity | None:
    low, high = number(match[1]), number(match[2]) if match[2] else None
    unit = match["unit"] or page.unit
    if low is None or unit is None or low < 3:
        return None
    top = None if high is None else to_km(high, unit)
    return _q("weekly", to_km(low, unit), match, high=top, unit="km")


_A_WEEKS_WORTH_KM = 25.0  # below this "12 km last week" is as likely one run


def _one_week(match: re.Match[str], page: _Page) -> Quantity | None:
    """Read "60 km last week" as a week's total, where one run of that length is not likelier."""
    told = _weekly_told(match, page)
    after = page.text[match.end() : match.end() + 30]
    summed = re.match(r"\s*,?\s*(?:up|down|in total|altogether|total)\b", after)
    if told is None or not isinstance(told.value, float):
        return None
    single = re.search(
        r"\b(?:a|an|my|the)\s+$", page.text[max(0, match.start() - 8) : match.start()]
    )
    if single or (told.value < _A_WEEKS_WORTH_KM and not summed):
        return None
    return told


def _frequency(match: re.Match[str], _: _Page) -> Quantity | None:
    low, high = number(match[1]), number(match[2]) if match[2] else None
    words = {"once": 1.0, "twice": 2.0, "thrice": 3.0, "every day": 7.0, "every other day": 3.5}
    if low is None:
        low = words.get(match[1])
    return None if low is None else _q("frequency", low, match, high=high, unit="per week")


def _fixed(kind: Kind) -> object:
    def read(match: re.Match[str], _: _Page) -> Quantity:
        digits = re.search(r"\d+(?:[.,]\d+)?", match[0])
        return _q(kind, number(digits[0]) if digits else None, match)

    return read


def _severity(match: re.Match[str], _: _Page) -> Quantity | None:
    low, of = number(match["n"]), number(match["of"])
    high = number(match["high"]) if match["high"] else None
    if low is None or of is None or low > of:
        return None
    if of == 10:
        return _q(
            "severity", low if high is None else (low + high) / 2, match, high=high, unit="0-10"
        )
    return _q("severity", None, match, unit=None, open="severity")


def _severity_words(match: re.Match[str], _: _Page) -> Quantity | None:
    low = number(match["n"])
    return None if low is None or low > 10 else _q("severity", low, match, unit="0-10")


def _severity_open(match: re.Match[str], _: _Page) -> Quantity:
    return _q("severity", None, match, "n", open="severity")


_T = r"\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?"
_GRAMMAR: tuple[tuple[str, object], ...] = (
    (rf"(?<![\d:])({_T})\s*\(\s*({_T})\s*[/,+&]\s*({_T})\s*\)", _split),
    (r"\bw(?:eek)?\s?(\d{1,2})\s?[,-]?\s?(?:r(?:un)?|d(?:ay)?)\s?(\d)\b", _fixed("programme")),
    (
        (
            r"\b(?:week|wk) \d{1,2} (?:of|in|on) (?:my |the |a )?(?:plan|c25k|couch"
            r"|programme|program"
            r"|training|schedule|build)\b"
        ),
        _fixed("programme"),
    ),
    (r"\bcouch[ -](?:to|2)[ -]5 ?k\b|\bc25k\b|\bc210k\b", _fixed("programme")),
    (
        (
            rf"(?P<count>\d{{1,2}})\s*(?:x|\*|times)\s*(?P<each>{DIGITS}|1 mile)\s*-?\s*"
            rf"(?P<unit>{MI}|{KM}|m|meters?|metres?|yards?|yds?)\b(?:\s*(?:reps|repeats"
            rf"|intervals))?"
        ),
        _sets,
    ),
    (
        (
            r"(?P<count>\d{1,2})\s*x\s*(?P<each>[1-9]00|1[0-9]00|200|400|800)"
            r"(?P<unit>)(?!\s*(?:kg|lb"
            r"|calor|mg))\b"
        ),
        _sets,
    ),
    (
        (
            rf"(?P<count>)(?P<each>{DIGITS})\s*(?P<unit>m|meters?|metres?)\s*(?:reps?|repeats?"
            rf"|intervals?|sprints?|strides?|efforts?)\b"
        ),
        _sets,
    ),
    (
        (
            r"\b\d{1,2}\s*(?:sets?)?\s*(?:x|\*|of)\s*\d{1,3}\s*(?:s|sec|secs|seconds|min|mins"
            r"|minutes|reps?|kg|kgs|lbs?)?\b"
        ),
        _fixed("sets"),
    ),
    (
        (
            r"\b\d{1,2}[:.]\d{2}\s*(?:min(?:utes?|s)?)?\s*(?:/|per|a|-)\s*(?:mile|mi|km|k)"
            r"(?:\s*pace)?\b|\b\d{1,2}:\d{2}\s*(?:pace|miles|min miles|minute miles|min mile)\b"
            r"|\b\d{1,2}\s*(?:min(?:ute)?s?)[ /-]+(?:miles?|mi|mile pace|miling|km|k)\b|\b"
            r"(?:sub[- ])\d[:.]?\d*\b"
        ),
        _fixed("pace"),
    ),
    (
        (
            r"\b(?:hr|heart rate|pulse|bpm|max hr|avg hr)\s*(?:of|is|was|around|at|about|:|=|up to"
            r"|hit|avg|average)?\s*\d{2,3}(?:\s*-\s*\d{2,3})?(?:\s*bpm)?\b|\b\d{2,3}\s*"
            r"(?:-\s*\d{2,3}\s*)?(?:bpm|beats per minute|beats)\b|\bzone \d\b|\bz[1-5]\b"
        ),
        _fixed("heart_rate"),
    ),
    (
        (
            r"\b\d{2,3}\s*(?:spm|steps (?:per|a) min(?:ute)?)\b|\bcadence\s*(?:of|is|was|at|around"
            r"|about|from|to|:)?\s*\d{2,3}\b"
        ),
        _fixed("cadence"),
    ),
    (
        (
            r"\b\d{2,3}(?:\.\d)?\s*(?:°|degrees?|deg)\s*(?:c|f|celsius|fahrenheit|centigrade)?\b"
            r"|\b\d{2}(?:\.\d)?\s?°?c\b"
        ),
        _fixed("temperature"),
    ),
    (
        (
            r"\b\d+(?:\.\d+)?\s*(?:-\s*\d+(?:\.\d+)?\s*)?(?:x|times)\s*(?:my |your |own )?"
            r"(?:bodyweight|body weight|bw)\b"
        ),
        _fixed("ratio"),
    ),
    (
        (
            rf"\b\d{{3}}\s*(?:-|to|or|/)\s*\d{{3,4}}\s*(?:{MI}|{KM})\b|\b(?:[2-9]\d\d"
            rf"|1[0-9]\d\d)\+?\s*(?:{MI}|{KM})\s*(?:on|in|old|out of|from)\s*(?:my|them|the|these"
            rf"|those|each|a pair|this pair|this|it|shoes)|\bevery\s+\d{{3}}\s*(?:{MI}|{KM})\b|\b"
            rf"(?:shoes?|trainers|pair|sneakers)[^.!?\n]{{0,40}}?\b[2-9]\d\d\s*(?:{MI}|{KM})\b"
        ),
        _fixed("shoe_life"),
    ),
    (r"\d+(?:\.\d+)?\s*(?:%|percent|per cent)", _fixed("percent")),
    (r"[£$€]\s?\d[\d,.]*|\b\d+ (?:quid|dollars|euros|pounds a session|bucks)\b", _fixed("money")),
)
_RACES: tuple[tuple[str, object], ...] = (
    (
        r"(?<![\d/])(?:\d+ |two |three |four )(?:1/2|½)[ -]*(?:marathons|halfs|halves)\b",
        _half_marathons,
    ),
    (
        (
            r"\b(?:(?:first|1st) )?(?:half[ -]?marathons?|1/2[ -]?marathons?|half[ -]?mara|hm|13\.1"
            r"(?:\s*(?:miles?|mi))?|half mary|a half|first half(?! of|[ -]marathon)"
            r"|my half|the half"
            r"(?! of)|1st half|first 1/2|1st 1/2)\b(?! (?:hour|mile|an?|the|way|of|dozen|pint))"
        ),
        _event(21.0975, "half_marathon"),
    ),
    (
        (
            r"\b(?:26\.2(?:\s*(?:miles?|mi))?|full marathons?|marathons?|a full|mara)\b(?! "
            r"(?:training|plan|pace|block|build|program|programme|prep|runner|trainee|session|drive"
            r"|meeting))"
        ),
        _event(42.195, "marathon"),
    ),
    (
        (
            r"\b(?:training for|train for|block for|cycle for|entered|signed up for"
            r"|signed up to|got into|place in"
            r"|qualified for|build(?:ing)? up to|running|doing|up for|pitch for"
            r"|next is)\s+(?:the )?"
            r"(?:berlin|london|boston|chicago|nyc|new york|tokyo|valencia|paris"
            r"|manchester|rotterdam"
            r"|amsterdam|brighton|edinburgh|houston|marine corps|mcm|vlm|big sur|cim"
            r"|sydney|melbourne"
            r"|loch ness|dublin)\b(?! (?:half|10k|big half))"
        ),
        _event(42.195, "marathon_training"),
    ),
    (r"\bmarathon (?=training|plan|block|build|program|prep)", _event(42.195, "marathon_training")),
    (
        (
            r"\b(?:ultras?|ultra ?marathons?|100 ?milers?|50 ?milers?|100k|50k)\b(?!\s*(?:a|per|/"
            r"|every)\s*w)"
        ),
        _event(0.0, "ultra"),
    ),
)
_LOADS: tuple[tuple[str, object], ...] = (
    (
        (
            rf"{RANGE}\s*-?\s*(?P<unit>{MI}|{KM})?\s*(?:mpw\b|(?:of running )?(?:{WEEK})"
            rf"|weeks\b)"
        ),
        _weekly,
    ),
    (
        (
            rf"\b(?:weekly (?:mileage|volume|distance|total|km|kms|miles)|mileage)\s*(?:is|was|of|:"
            rf"|around|about|at|currently|now|=|up to|has been|\s)*{RANGE}\s*"
            rf"(?P<unit>{MI}|{KM})?"
            rf"(?![\w:/.])"
        ),
        _weekly_told,
    ),
    (
        (
            rf"(?<![\w.]){RANGE}\s*-?\s*(?P<unit>{MI}|{KM})?\s*(?:in total |of running )?"
            rf"(?:last|this|that|the (?:past|last)) (?:week|wk)\b"
        ),
        _one_week,
    ),
    (
        (
            rf"(?<!mile )(?<!km )\b({N}|once|twice|thrice)(?:\s*(?:-|to|or)\s*"
            rf"({N}))?\s*(?:x|times"
            rf"|runs|days|sessions)?\s*(?:/|a|per|each|every|in a)\s*(?:week|wk)\b"
        ),
        _frequency,
    ),
    (r"\b(\d)x?(?:\s*-\s*(\d))?\s*x?\s*(?:/|a|per)?\s*(?:weekly|wk)\b", _frequency),
    (
        (
            r"\b\d{1,2}\s*x\s*/?\s*(?:a |per )?(?:day|daily)\b|\b(?:once|twice"
            r"|three times|\d times) "
            r"(?:a|per) day\b|\b(?:once|twice|\d+ times) daily\b"
        ),
        _fixed("count"),
    ),
)
_SEVERITIES: tuple[tuple[str, object], ...] = (
    (
        (
            r"(?<![\d/.])(?P<n>\d{1,2}(?:\.\d)?)(?:\s*(?:-|to|or)\s*"
            r"(?P<high>\d{1,2}))?\s*(?:/|out of"
            r"|outta)\s*(?P<of>10|ten)\b(?!\s*/)"
        ),
        _severity,
    ),
    (
        (
            r"\b(?:pain|level|pain level|about|around|like|solid|scale|spasm|was|is|at|it's|a)\s+"
            r"(?:a |an |at |of |was |is )?(?P<n>[0-9](?:\.\d)?|10|ten)\s*(?:on|in) (?:the|a|my)? ?"
            r"(?:\w+ )?(?:pain )?scale\b"
        ),
        _severity_words,
    ),
    (
        (
            r"\bpain (?:level|score|scale|rating)s?\s*(?:of|is|was|at|around|about|:"
            r"|=|went to|up to"
            r"|hit|a)?\s*(?P<n>\d{1,2}(?:\.\d)?)\b(?!\s*(?:/|out|-|min|hour|day|week))"
        ),
        _severity_words,
    ),
    (
        (
            r"(?<![\d/.])(?P<n>\d{1,2}/\d{1,2})(?![\d/])(?=[^.!?\n]{0,25}\b(?:pain|scale|spasm"
            r"|severity)\b)"
        ),
        _severity_open,
    ),
    (
        (
            r"\b(?:pain|severity|spasm|hurts|ache|aches)\b[^.!?\n\d]{0,30}(?<![\d/.])"
            r"(?P<n>[0-9]/[0-9])(?![\d/])"
        ),
        _severity_open,
    ),
)
_RUNS: tuple[tuple[str, object], ...] = (
    (
        (
            rf"(?<!\d )(?<!\d)\b(?P<unit>mile|km|kilomet(?:er|re)|k|mi)\s*"
            rf"(?:marker\s*)?#?(?P<n>\d{{1,3}}"
            rf"(?:\.\d+)?|{WORD})(?![\d/])(?!:\d)\b"
        ),
        _mile_mark,
    ),
    (
        (
            rf"(?<![\d/:.]){RANGE}\s*-?\s*(?:(?:easy|slow|steady|hard|gentle|flat|hilly"
            rf"|more|full|straight|good)\s+)?{UNIT}(?![\w'])(?!\s*(?:tall|of (?:stairs|height)))"
        ),
        _distance,
    ),
)
_LAST: tuple[tuple[str, object], ...] = (
    (
        (
            rf"(?<![\d/:.]){RANGE}[\s-]*\+?\s*(?P<unit>years?|yrs?|months?|mths?|mos?|fortnights?"
            rf"|weeks?|wks?|days?|nights?|hours?|hrs?|minutes?|mins?|seconds?|secs?|h|hr|min"
            rf"|sec)\b"
        ),
        _duration,
    ),
    (
        r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:am|pm))?\b|\b\d{1,2}\s?(?:am|pm)\b",
        _fixed("clock"),
    ),
    (r"\b(?:19|20)\d\d\b", _fixed("year")),
    (
        (
            r"\b(?:out for|trying to (?:finish|run|do|get through)|attempting|attempted"
            r"|supposed to (?:do|run"
            r"|be)|meant to (?:do|run|be)|planned|planning|scheduled|aiming for|finish|finished"
            r"|finishing|ran|run|did|do|done|covered|completed|logged|managed|hit|reached|after|at"
            r"|around|by|about|past|until|before|made it to|got to|up to|went"
            r"|longest(?: run)?(?: was"
            r"| is| has been| so far| of)?|long run (?:of|was)|last (?:long )?run "
            r"(?:was|of)|a|an|my"
            r"|only|between)\s+(?:about |around |roughly |only |just |a |my |an |the |another )?"
            r"(?P<n>\d{1,2}(?:\.\d{1,2})?)(?=\s*(?:[.,;!?)\n]|$|and\b|but\b|the\b"
            r"|last\b|this\b|on\b"
            r"|with\b|when\b|yesterday\b|today\b|fine\b|no\b|my\b|i\b|in training\b"
            r"|of (?:20|18|22|16"
            r"|15)|before\b|then\b|without\b|long run\b|easy\b|slow\b|at\b|instead\b"
            r"|for\b(?! (?:\d|a"
            r"|the|two|three))|a few\b|two\b|three\b|two\b|so\b|or so\b|because\b"
            r"|it\b|,))(?!\s*(?:/"
            r"|%|:|x\b|am\b|pm\b))"
        ),
        _bare,
    ),
)


_COMPILED = {
    source: re.compile(source)
    for group in (_GRAMMAR, _RACES, _LOADS, _SEVERITIES, _RUNS, _LAST)
    for source, _ in group
}


def read_numbers(folded: str, taken: tuple[tuple[int, int], ...] = ()) -> tuple[Quantity, ...]:
    """Return every quantity of a folded text, in order; `taken` stretches (dates) are left out."""
    from backinstride.story import body

    page = _Page(folded)
    if taken:
        parts, at = [], 0
        for start, end in sorted(taken):
            if start >= at:
                parts += [folded[at:start], "\x00" * (end - start)]
                at = end
        page.text = "".join(parts) + folded[at:]
    for source, read in _GRAMMAR:
        page.take(_COMPILED[source], read)
    for pattern, read in body.GRAMMAR:
        page.take(pattern, read)
    for group in (_RACES, _LOADS, _SEVERITIES, _RUNS, _LAST):
        for source, read in group:
            page.take(_COMPILED[source], read)
    return tuple(sorted(page.found, key=lambda quantity: quantity.start))
