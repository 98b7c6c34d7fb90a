"""A clinician's orders from a `visit` entry: separate fields, and the free line `orders:`.

The line holds key and value (`max_km 8`, `max_km: 8`, `max_km=8`) or plain phrases ("no running
for two weeks"), parted by commas, semicolons or new lines. What is not read in full is `unread`:
half an order read as a whole one would be worse than none.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backinstride import units
from backinstride.diary import name_key
from backinstride.diary_views.entries import Orders
from backinstride.diary_views.reading import read_day, read_km

if TYPE_CHECKING:
    from backinstride.diary_views.reading import Values

HINT = (
    "no_run_until: 2026-12-03, max_km: 8, only: walking, avoid: hills, exercises: bridge 3 x 10, "
    "review: 2026-12-20"
)
_KEYS = {
    "no_run_until": "no_run_until",
    "no_runs_until": "no_run_until",
    "no_running_until": "no_run_until",
    "run_from": "no_run_until",
    "max_km": "max_km",
    "max": "max_km",
    "maximum": "max_km",
    "max_distance": "max_km",
    "max_run": "max_km",
    "max_mi": "max_mi",
    "max_miles": "max_mi",
    "only": "only",
    "avoid": "avoid",
    "no": "avoid",
    "exercise": "exercises",
    "exercises": "exercises",
    "review": "review",
    "orders": "orders",
    "order": "orders",
}
_NAMES = "|".join(sorted((k.replace("_", r"[ _-]?") for k in _KEYS), key=len, reverse=True))
_PAIR = re.compile(rf"({_NAMES})\b(\s*[:=]\s*|\s+)(\S.*)", re.IGNORECASE)
_SPLIT = re.compile(
    r"\s*(?:[;\n]|,(?!\d)|\.(?=\s|$)|\b(?:and |but )?then\b)\s*"
    r"|\s+and\s+(?=(?:no|max\w*|at most|nothing|only|avoid)\b)"
    r"|\s+(?=(?:no_run_until|max_km)\b|(?:only|avoid|exercises|review)\s*[:=])",
    re.IGNORECASE,
)
_ORDER_NAME = re.compile(r"run|jog|km|mile|max|limit|only|avoid|until|distance|order|rest|allow")

_NUMBERS = {
    name: str(n)
    for n, name in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        start=1,
    )
} | {"a couple of": "2", "a fortnight": "14 days", "a week": "1 week", "a month": "1 month"}
_NUMBER_WORD = re.compile(rf"\b({'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\b")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_DAY_OF = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?P<year>\d{4}))?"
_DAY_MONTH = re.compile(rf"(?:the )?{_DAY_OF}(?: of)?\.? {_MONTH}{_YEAR}")
_MONTH_DAY = re.compile(rf"{_MONTH}(?: {_DAY_OF}{_YEAR})?")
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})")

_NO = (
    r"(?:strictly |absolutely |please |you )*(?:no|not|don'?t|do not|cannot|can'?t"
    r"|(?:must|should|may|can) not|stop|avoid"
    r"|without|pause|quit|skip|stay off|keep off|leave out|(?:rest|break|time) (?:from|off)|off)"
)
_ANY = r"(?: (?:any|all|more|doing|the|to))*"
_RUN = r"(?:runn?ing|runs?|jogging|jogs?|jog)"
_UNTIL = r"(?:until|till|til|before)"
_LATER = r"(?: (?:at all|for now|yet|at the moment|right now|please|whatsoever|allowed))*"
_NO_RUN_UNTIL = re.compile(
    rf"(?:{_NO}{_ANY} {_RUN}{_LATER}|(?:complete )?rest|{_RUN} pause|off) {_UNTIL} (?P<day>.+)"
)
_RUN_FROM = re.compile(rf"(?:(?:re)?start )?{_RUN} (?:again |only )?(?:from|after|on) (?P<day>.+)")
_NO_RUN_FOR = re.compile(
    rf"(?:{_NO}{_ANY} {_RUN}{_LATER}|(?:complete )?rest|off)"
    r"(?: for)?(?: the)?(?: next)? (?P<day>.+)"
    rf"|(?P<off>.+?) (?:(?:off|without|no|of no|pause from|break from) {_RUN}|off|rest)"
)
_WALK_ONLY = r"(?:(?:only|just) walk(?:ing)?|walk(?:ing)? only)"
_WALK_UNTIL = re.compile(rf"{_WALK_ONLY} {_UNTIL} (?P<day>.+)")
_INSTEAD = re.compile(rf"\D+ instead of {_RUN}")
_EASY = re.compile(rf"(?:take it|go|run) (?:easy|gently|slowly)|(?:easy|gentle|slow)(?: {_RUN})?")
_NO_RUN = re.compile(rf"{_NO}{_ANY} {_RUN}{_LATER}")
_REVIEWED = re.compile(
    r"(?:the |our |my |your )?(?:next |follow[- ]?up )?(?:review|visit|appointment|follow[- ]?up)"
    r"|(?:i|we) (?:see|meet|review|have seen|have reviewed) (?:you|me|him|her|them|it)(?: again)?"
)
_EACH = (
    r"(?: (?:per|a|each|every|in one) (?:run|go|session|outing|time)| each| at a time| in one go)?"
)
_EACH += r"(?: (?:after that|afterwards|from then(?: on)?|for now))?"
_KM = r"(?P<km>\d+(?:[.,]\d+)?\s*(?:k|km|kms|kilomet\w+|mi|miles?|m|met(?:er|re)s?)?)"
_KM2 = _KM.replace("<km>", "<km2>")
_MOST = re.compile(
    rf"(?:keep |limit )?(?:{_RUN} )?(?:(?:{_NO}{_ANY}|nothing|none)(?: {_RUN})? )?"
    rf"(?:(?:at|of at) most|at max(?:imum)?|max(?:imum)?\.?(?: of| run(?: of)?| distance(?: of)?)?"
    rf"|up to|only up to|limit(?:ed)?(?: to| of)?|(?:longer|more|further|farther|greater) than"
    rf"|over|above|beyond|past|to|under|below|less than|(?:no|not) more than|within) {_KM}{_EACH}"
    rf"|(?:only )?(?:{_RUN} (?:of )?)?{_KM2}(?: {_RUN})?{_EACH} "
    r"(?:at most|max(?:imum)?\.?|or less|only|limit|tops)"
)
_ONLY = re.compile(r"(?:only|just|nothing but) (?P<a>\D+)|(?P<b>\D+?) only")
_AVOID = re.compile(rf"{_NO}{_ANY} (?P<what>\D+)")
_NAMED = re.compile(
    r"walk|run|jog|swim|aqua|pool|cycl|bik|ellip|cross|row|strength|weight|gym|exerc|core|physio"
    r"|mobil|stretch|yoga|roll"
)
_HARMLESS = re.compile(
    r"(?:[\w' ]*\b)?(?:heat|ice|stretch\w*|massage|sleep|water|drink|eat|posture|desk"
    r"|sit\w*|stand\w*"
    r"|moving|active|walk|walks|walking|swim|swimming|cycle|cycling|pool|yoga|exercises|strength"
    r"|core|mobility|insoles?|shoes?|paracetamol|ibuprofen|painkillers?)\b[\w' ]*"
    rf"|(?:keep(?: on)?|carry on|continue) {_RUN}(?: as (?:before|usual|you like|tolerated))?"
    rf"|{_RUN} (?:is |are )?(?:fine|ok|okay|allowed)"
    r"|(?:no|without) (?:limits?|restrictions?|orders?)"
    r"|nothing|none|-"
)
_LIMITS = re.compile(
    rf"\d|\b(?:no|not|never|n't|dont|until|till|before|after|from|max\w*|most|only|less|more|than"
    rf"|stop|avoid|limit\w*|without|instead|unless|if|when|half|{_RUN})\b"
)


@dataclass(slots=True)
class _Read:
    start: dt.date
    until: list[dt.date] = field(default_factory=list)
    km: list[float] = field(default_factory=list)
    only: list[str] = field(default_factory=list)
    avoid: list[str] = field(default_factory=list)
    exercises: list[str] = field(default_factory=list)
    review: list[dt.date] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    last: str = ""  # the list that a bare word goes on


def read_orders(v: Values) -> Orders | None:
    """Return what the visit ordered, None where nothing; what is not read is also a problem."""
    found = _Read(start=v.entry.date)
    for name, value in v.entry.fields:
        key = name_key(name)
        if not value or (key not in _KEYS and not _unknown_order(key)):
            continue
        before = len(found.unread)
        if _KEYS.get(key) == "orders":
            _line(found, value)
        elif key == "review" and order_day(value, found.start) is None:
            v.problem(name, value, "a day as YYYY-MM-DD, or a time (10 weeks)")
        elif not _pair(found, _KEYS.get(key, ""), value):
            found.unread.append(f"{name}: {value}")
        for _ in found.unread[before:]:
            v.problem(name, value, f"each order as {HINT}")
    made = Orders(
        no_run_until=max(found.until, default=None),
        max_km=min(found.km, default=None),
        only=tuple(dict.fromkeys(found.only)),
        avoid=tuple(dict.fromkeys(found.avoid)),
        exercises=tuple(found.exercises),
        review=min(found.review, default=None),
        text="; ".join(found.text) or None,
        unread=tuple(found.unread),
    )
    return made if made != Orders() else None


def _unknown_order(key: str) -> bool:
    """Return whether a name that the visit does not know speaks of an order."""
    known = ("who", "by", "said", "review", "assessed", "tests", "note", "text", "recalled")
    return key not in known and bool(_ORDER_NAME.search(key))


def _line(found: _Read, value: str) -> None:
    found.last = ""
    for part in _SPLIT.split(re.sub(r"\bmax\.", "max", value, flags=re.IGNORECASE)):
        words = part.strip(" .!\t-*")
        if not re.search(r"\w", words) or _phrase(found, words):
            continue
        found.unread.append(words)


def _phrase(found: _Read, words: str) -> bool:
    """Read one part of the line; return whether it was read in full."""
    plain = _plain(words)
    if _no_run(found, plain) or _most(found, plain):
        found.last = ""
        return True
    pair = _PAIR.fullmatch(words)
    if pair is not None:
        if _pair(found, _KEYS[name_key(pair[1])], pair[3]):
            return True
        if name_key(pair[1]) not in ("no", "only", "max", "maximum"):
            return False
    return _manner(found, plain) or _bare(found, words, plain)


def _bare(found: _Read, words: str, plain: str) -> bool:
    """Read an exercise with its dose, more of the list before it, or advice that limits nothing."""
    dosed = re.search("[a-z]{3}", plain) and units.parse_sets(plain) is not None
    if dosed and not _LIMITS.search(re.sub(r"\d", "", plain)):
        found.exercises.append(words)
        return True
    if found.last and _continues(plain):
        return _pair(found, found.last, words)
    if _HARMLESS.fullmatch(plain) and not _LIMITS.search(_allowed(plain)):
        found.text.append(words)
        return True
    return False


def _continues(plain: str) -> bool:
    """Return whether bare words ("pool and bike") go on with the list before them."""
    parts = re.split(r"\b(?:and|or)\b", plain)
    return all(len(p.split()) <= 2 for p in parts) and not _LIMITS.search(re.sub(_RUN, "", plain))


def _allowed(plain: str) -> str:
    """Return the words without those that only allow running."""
    return re.sub(
        rf"^(?:keep(?: on)?|carry on|continue) {_RUN}|^{_RUN} (?=is|are|fine|ok|allowed)"
        r"|^(?:no|without) (?:limits?|restrictions?|orders?)$",
        "",
        plain,
    )


def _plain(words: str) -> str:
    text = re.sub(r"\s+", " ", words.casefold().replace("’", "'")).strip()
    return _NUMBER_WORD.sub(lambda m: _NUMBERS[m[1]], text)


def _pair(found: _Read, key: str, value: str) -> bool:
    plain = _plain(value).strip(" .!")
    if key in ("no_run_until", "review"):
        day = order_day(plain, found.start)
        if day is not None:
            (found.review if key == "review" else found.until).append(day)
        elif key == "no_run_until" and _REVIEWED.fullmatch(plain):
            found.avoid.append("running")
        return day is not None or key == "review" or bool(_REVIEWED.fullmatch(plain))
    if key in ("max_km", "max_mi"):
        return _distance(found, re.sub(rf"{_EACH}$", "", plain), key)
    if key in ("only", "avoid"):
        return _list(found, key, value)
    if key == "exercises":
        found.exercises.append(value.strip())
        found.last = "exercises"
        return True
    return False


def _distance(found: _Read, text: str, key: str = "max_km") -> bool:
    metres = units.parse_distance_m(text, "mi") if key == "max_mi" else None
    km = read_km(text) if key == "max_km" else metres / 1000 if metres is not None else None
    if km is not None:
        found.km.append(km)
    return km is not None


def _list(found: _Read, key: str, value: str) -> bool:
    parts = [p.strip(" .!") for p in re.split(r"[,;\n]|\band\b|\bor\b|\bthen\b", value)]
    parts = [p for p in parts if p]
    if any(_LIMITS.search(re.sub(rf"\b{_RUN}\b", "", _plain(p))) for p in parts):
        return False
    if key == "only":
        return all(_only(found, p.casefold(), p) for p in parts)
    found.avoid += parts
    found.last = "avoid"
    return True


def _only(found: _Read, plain: str, words: str) -> bool:
    """Read what alone is allowed. Flat or easy rules out hills or speed, not the rest."""
    flat, easy = re.search(r"\bflat\b", plain), re.search(r"\b(?:easy|gentle|slow)\b", plain)
    found.avoid += [w for w, said in (("hills", flat), ("fast running", easy)) if said]
    if not _NAMED.search(plain):
        return bool(flat or easy)
    running = re.search(rf"\b{_RUN}\b", plain) and not re.search("walk|aqua|pool", plain)
    if not (running and (flat or easy)):
        found.only.append(words)
        found.last = "only"
    return True


def _no_run(found: _Read, plain: str) -> bool:
    rest = plain in ("rest", "complete rest", "total rest", "off running")
    if rest or _NO_RUN.fullmatch(plain) or _INSTEAD.fullmatch(plain):
        found.avoid.append("running")
        return True
    for pattern in (_NO_RUN_UNTIL, _RUN_FROM, _WALK_UNTIL):
        match = pattern.fullmatch(plain)
        if match:
            return _pair(found, "no_run_until", match["day"])
    match = _NO_RUN_FOR.fullmatch(plain)
    told = (match["day"] or match["off"]) if match else None
    if told and re.fullmatch(r"\d+(?:\s*-\s*\d+)?\s*(?:day|week|month)s?", told):
        day = order_day(told, found.start)
        if day is not None:
            found.until.append(day)
        return day is not None
    return False


def _most(found: _Read, plain: str) -> bool:
    match = _MOST.fullmatch(plain)
    if match is None:
        return False
    given = next(x for x in (match["km"], match["km2"]) if x)
    return _distance(found, re.sub(r"\s*k$", " km", given))


def _manner(found: _Read, plain: str) -> bool:
    """Read "only walking", "avoid hills", "no deadlifts"."""
    if _EASY.fullmatch(plain):
        found.avoid.append("fast running")
        return True
    only = _ONLY.fullmatch(plain)
    if only is not None:
        return _list(found, "only", only["a"] or only["b"])
    avoid = _AVOID.fullmatch(plain)
    if avoid is None or _LIMITS.search(re.sub(_RUN, "", avoid["what"])):
        return False
    return _list(found, "avoid", avoid["what"])


def order_day(text: str, start: dt.date) -> dt.date | None:
    """Return the day of an order given on `start`: a date, "3 Dec" or "two weeks".

    A date without a year is the first one from `start` on. "3/12/2026" could be two days: None.
    """
    plain = _plain(text).strip(" .!")
    if re.match(r"\d{4}-\d{2}-\d{2}", plain):
        return read_day(plain, start) if re.fullmatch(r"[\d-]+", plain) else None
    found = read_day(re.sub(r"\s*-\s*", "-", re.sub(r"^\d+\s*-\s*(?=\d)", "", plain)), start)
    if found is not None:
        return found
    written = _DAY_MONTH.fullmatch(plain) or _MONTH_DAY.fullmatch(plain) or _DOTTED.fullmatch(plain)
    if written is None:
        return None
    part = written.groupdict()
    month = part["month"]
    number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
    return _dated(part.get("year"), number, part["day"] or "1", start)


def _dated(year: str | None, month: int, day: str, start: dt.date) -> dt.date | None:
    years = (int(year),) if year else range(start.year, start.year + 2)
    for one in years:
        try:
            found = dt.date(one, month, int(day))
        except ValueError:
            continue
        if year or found >= start:
            return found
    return None
