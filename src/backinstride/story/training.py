"""Training, person and strength, from the quantities and the words around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from backinstride.story.body import profile_parts
from backinstride.values import Person, Strength, Training

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.story.dates import Dated
    from backinstride.story.numbers import Quantity
    from backinstride.story.surface import Sentence

_INCREASE = re.compile(
    r"\b(?:increas(?:e|ed|ing)|upped|upping|bump(?:ed)? up|ramp(?:ed|ing)?(?: up)?|doubled"
    r"|doubling|jumped (?:from|to|up)|gone up|went up|going up|up from (?:about |around )?\d+"
    r"|stepped up|built up|building up|build up|big jump|added|adding|cranked up|pushed up"
    r"|more (?:miles|mileage|than usual)|too much too soon|further than|farther than|longest "
    r"(?:run )?(?:ever|yet|i've)|lately gone up|(?:went|gone|jumped|moved"
    r"|going) from [^.!?]{0,25} to \d|first (?:ever )?(?:half|marathon|10k|ultra|long run"
    r"|\d+ ?(?:miler|miles|km|k))|miles started getting up|getting my (?:miles|mileage) up)\b"
)
_NO_INCREASE = re.compile(
    r"\b(?:haven't|havent|hasn't|not|no|didn't|don't|never|without)\b[^.!?;]{0,25}\b"
    r"(?:increas\w*|upped|ramp\w*|jump\w*|chang\w+ (?:my |the )?(?:mileage|training|volume"
    r"|distance))\b|\b(?:mileage|volume|training)\b[^.!?;]{0,20}\b(?:same|steady|consistent"
    r"|unchanged|stable|hasn't changed)\b"
)
_LAYOFF = re.compile(
    r"\b(?:neglected (?:my )?running|lay-?off|lay off|time off|after (?:a|an|\w+) "
    r"(?:\w+ ){0,3}(?:off|break|away)|(?:weeks?|months?|years?) (?:off|out|away|break"
    r"|without running|of no running|of not running)|haven't run (?:in|for|since)|hadn't run "
    r"(?:in|for|since)|not run (?:in|for|since)"
    r"|had to stop running|stopped running|quit running|given up running|gave up running"
    r"|couldn't run for|off running|break from running|back (?:to|into) running"
    r"|returning to running|return to running|first run (?:back|in|since)|coming back (?:from"
    r"|after|to)|getting back into|hiatus|lost a month|restarted|started (?:back|again)"
    r"|not been able to run|not bee able to run|unable to run for|out of action|took "
    r"(?:\w+ ){1,3}off|having (?:\w+ ){1,3}off|for a long time and|on the sidelines"
    r"|sidelined)\b"
)
_NO_LAYOFF = re.compile(
    r"\b(?:no|without|haven't (?:had|taken)|never (?:had|taken)|not taken)\b[^.!?;]{0,15}\b"
    r"(?:time off|lay-?off|break|days? off)\b|\bno layoffs?\b"
)
_GOAL = re.compile(
    r"\b(?:train(?:ing|ed)? for|signed up|sign up|entered|registered|running (?:the|my)|run "
    r"(?:the|my)|doing (?:the|my|a)|prep(?:ping|aring)? for|upcoming|build(?:ing)? (?:up )?"
    r"(?:to|for|toward)|aiming for|goal|dream|target|have (?:a|my|the)|got (?:a|my|the)"
    r"|race is|next month|in \w+ weeks|weeks (?:away|out|to go|until|till)|is on|plan "
    r"(?:to run|on running)|booked|hoping to run|working (?:up )?(?:to|towards?)|for (?:a|my"
    r"|the) (?:first |1st |\w+ )?(?:half|marathon|ultra|10k|5k)|(?:race|marathon"
    r"|half|10k) (?:is )?(?:on|this|next) \w+)\b"
)
_DONE = re.compile(
    r"\b(?:after|ran|did|finished|completed|finishing|last (?:year|weekend|month|week)"
    r"|have run|i've run|in the past|used to|previous)\b"
)
_LONGEST = re.compile(r"\b(?:longest|furthest|farthest|max(?:imum)?|biggest)\b[^.!?;]{0,40}$")
_RAN = re.compile(
    r"\b(?:ran|run|runs|did|done|finished|finishing|completed|logged|managed|covered|do|doing"
    r"|up to|got to|reached|just a|a|long run|for|put in|running|went|per run|have run"
    r"|i've run|raced)\b[^.!?;\d]{0,30}$"
)
_NOT_RUN = re.compile(
    r"\b(?:supposed to|meant to|planned|trying to|plan to|going to|want to|wanted to|hope to"
    r"|aiming|goal|signed up|training for|need to|will|race in|walk(?:ed|ing)? (?:about "
    r"|around )?|bike|biked|cycled|ride|rode|swim|swam|drive|drove|hik\w+|can't run"
    r"|couldn't run|can't|couldn't|unable|stop(?:ped)? at|live|away|within)\b[^.!?;\d]{0,30}$"
)
_EASY_LOAD = re.compile(
    r"^\s*(?:per run|each|runs?|long runs?|a run|per session|most days|every (?:other )?day"
    r"|usually)\b"
)


class Read(NamedTuple):
    """A value read with the stretch it came from, to be shown for confirmation."""

    id: str
    value: float | str
    unit: str | None
    start: int
    end: int


def _sentence_of(sentences: Sequence[Sentence], at: int) -> Sentence | None:
    return next((s for s in sentences if s.start <= at < s.end), None)


def _before(sentence: Sentence | None, quantity: Quantity) -> str:
    return "" if sentence is None else sentence.text[: max(0, quantity.start - sentence.start)]


def _after(sentence: Sentence | None, quantity: Quantity) -> str:
    return "" if sentence is None else sentence.text[max(0, quantity.end - sentence.start) :]


_RISING = re.compile(r"\b(?:from|increas\w+|upped|ramp\w*|jump\w*|doubled|bump\w*)(?: \w+)?\s*$")
_IN_TOTAL = re.compile(r"\s*(?:in total|total|altogether|all in|overall)\b")


def weekly(quantities: Sequence[Quantity], sentences: Sequence[Sentence]) -> Read | None:
    """Return the weekly distance: said outright, or runs a week times the distance of each."""
    told = [q for q in quantities if q.kind == "weekly" and isinstance(q.value, float)]
    if told:
        last = told[-1]
        assert isinstance(last.value, float)
        middle = last.value if last.high is None else (last.value + last.high) / 2
        if last.high is not None and _RISING.search(
            _before(_sentence_of(sentences, last.start), last)
        ):
            middle = last.high  # "increased from 20 to 35 miles a week": 35 now
        return Read("weekly_km", round(middle, 2), "km", last.start, last.end)
    for often in (q for q in quantities if q.kind == "frequency" and isinstance(q.value, float)):
        sentence = _sentence_of(sentences, often.start)
        for each in quantities:
            if each.kind not in {"distance", "event"} or not isinstance(each.value, float):
                continue
            if sentence is None or not sentence.start <= each.start < sentence.end:
                continue
            near = sentence.text[
                min(often.end, each.end) - sentence.start : max(often.start, each.start)
                - sentence.start
            ]
            after = _after(sentence, each)
            if len(near) <= 40 and _IN_TOTAL.match(after):
                return Read("weekly_km", round(each.value, 2), "km", each.start, each.end)
            if len(near) <= 25 and (
                re.match(r"\s*(?:per|each|a) (?:run|time|go|session)|\s*each\b|\s*runs?\b", after)
                or re.fullmatch(
                    r"[\s,]*(?:of|for|x|at|about|around|run|running|runs|i run)*[\s,]*", near
                )
            ):
                assert isinstance(often.value, float)
                return Read(
                    "weekly_km",
                    round(often.value * each.value, 2),
                    "km",
                    min(often.start, each.start),
                    max(often.end, each.end),
                )
    return None


def longest_recent(
    quantities: Sequence[Quantity], sentences: Sequence[Sentence], own_run: frozenset[int]
) -> Read | None:
    """Return the longest run said to be done; `own_run` are the starts of the episode's numbers."""
    best: Read | None = None
    for q in quantities:
        if (
            q.kind not in {"distance", "event"}
            or q.start in own_run
            or not isinstance(q.value, float)
        ):
            continue
        value = q.high or q.value
        sentence = _sentence_of(sentences, q.start)
        before, after = _before(sentence, q), _after(sentence, q)
        if not 0 < value <= 250 or _NOT_RUN.search(before):
            continue
        if re.search(
            r"\b(?:years? ago|last year|in (?:19|20)\d\d|in college|in the past|used to)\b",
            (sentence.text if sentence else ""),
        ):
            continue
        said = _LONGEST.search(before) or re.match(r"\s*(?:is |was )?(?:my |the )?longest\b", after)
        if not said and not _RAN.search(before) and not _EASY_LOAD.match(after):
            continue
        if q.kind == "event" and not re.search(
            r"\b(?:ran|did|finished|finishing|completed|after|raced|just a)\b", before
        ):
            continue
        if re.search(r"\b(?:usual|marathon_training)\b", q.note or ""):
            continue
        if best is None or value > float(best.value):
            best = Read("longest_recent_km", round(value, 2), "km", q.start, q.end)
    return best


_RACE_NAMES = {
    "half_marathon": "half_marathon",
    "marathon": "marathon",
    "marathon_training": "marathon",
    "ultra": "ultra",
}


def goal_race(quantities: Sequence[Quantity], sentences: Sequence[Sentence]) -> Read | None:
    """Return the race in sight: one that is trained for, entered or still to come."""
    for q in quantities:
        name = _RACE_NAMES.get(q.note or "")
        if name is None and q.note == "race" and isinstance(q.value, float):
            name = {5.0: "5k", 10.0: "10k"}.get(q.value)
        if name is None or q.open:
            continue
        sentence = _sentence_of(sentences, q.start)
        whole = sentence.text if sentence else ""
        before = _before(sentence, q)
        if q.note == "marathon_training":
            return Read("goal_race", name, None, q.start, q.end)
        if _GOAL.search(whole) and not re.search(
            r"\b(?:after|finished|finishing|ran|have run|in the past|last year|(?:two|three"
            r"|\d+) years ago|did|hadn't done|20\d\d for)\b[^,;]{0,40}$",
            before,
        ):
            return Read("goal_race", name, None, q.start, q.end)
    return None


def race_date(dates: Sequence[Dated], sentences: Sequence[Sentence]) -> Dated | None:
    """Return the date that stands with the race."""
    for date in dates:
        sentence = _sentence_of(sentences, date.start)
        if sentence and re.search(
            r"\b(?:race|marathon|half|10k|5k|ultra|event|hm)\b", sentence.text
        ):
            return date
    return None


def training(
    reading: str,
    quantities: Sequence[Quantity],
    sentences: Sequence[Sentence],
    dates: Sequence[Dated],
    own_run: frozenset[int],
) -> tuple[Training, list[Read], Dated | None]:
    """Return the training, the stretches of its numbers, and a race date that is still open."""
    reads = [
        read
        for read in (
            weekly(quantities, sentences),
            longest_recent(quantities, sentences, own_run),
            goal_race(quantities, sentences),
        )
        if read is not None
    ]
    by_id = {read.id: read for read in reads}
    dated = race_date(dates, sentences)
    if dated is not None and dated.value is not None:
        reads.append(Read("race_date", dated.value.isoformat(), None, dated.start, dated.end))
    often = next(
        (q.value for q in quantities if q.kind == "frequency" and isinstance(q.value, float)), None
    )
    longest, week, goal = (
        by_id.get("longest_recent_km"),
        by_id.get("weekly_km"),
        by_id.get("goal_race"),
    )
    told = Training(
        longest_recent_km=float(longest.value) if longest else None,
        weekly_km=float(week.value) if week else None,
        recent_increase=_said(reading, _INCREASE, _NO_INCREASE),
        layoff=_said(reading, _LAYOFF, _NO_LAYOFF),
        goal_race=str(goal.value) if goal else None,
        race_date=dated.value if dated else None,
        runs_per_week=often,
        running_months=_running_months(quantities, sentences),
    )
    return told, reads, dated if dated and dated.open else None


def _said(reading: str, yes: re.Pattern[str], no: re.Pattern[str]) -> bool | None:
    denied = no.sub(" ", reading)
    if yes.search(denied):
        return True
    return False if denied != reading else None


def _running_months(quantities: Sequence[Quantity], sentences: Sequence[Sentence]) -> float | None:
    for q in quantities:
        if q.kind != "duration" or not isinstance(q.value, float) or q.value < 86400 * 6:
            continue
        sentence = _sentence_of(sentences, q.start)
        before, after = _before(sentence, q), _after(sentence, q)
        if re.search(
            r"\b(?:been (?:running|a runner)|running (?:for|about)|runner for|started running"
            r"|took up running|run for)\b[^.;,]{0,20}$",
            before,
        ) or re.match(r"\s*(?:of|into) running\b", after):
            return round(q.value / (86400 * 30.4), 1)
    return None


def person(
    reading: str, quantities: Sequence[Quantity], *, about_other: bool
) -> tuple[Person, list[Read]]:
    """Return age, sex, height and weight of the person the text is about."""
    values: dict[str, float | str | None] = {
        "age": None,
        "sex": None,
        "height_m": None,
        "weight_kg": None,
    }
    spans: dict[str, tuple[int, int]] = {}

    def keep(name: str, value: float | str | None, q: Quantity) -> None:
        if value is not None and values[name] is None:
            values[name] = value
            spans[name] = (q.start, q.end)

    for q in quantities:
        if q.kind == "sex" and q.note:
            for name, value in zip(
                ("sex", "age", "weight_kg", "height_m"), profile_parts(q.note), strict=True
            ):
                keep(name, value, q)
        elif q.kind == "age":
            keep("age", q.value, q)
            keep("sex", _sex(q.note), q)
        elif q.kind == "mass":
            keep("weight_kg", q.value, q)
        elif q.kind == "height" and q.value is not None:
            keep("height_m", q.value, q)
    if values["sex"] is None:
        values["sex"], where = _sex_in_words(reading, about_other=about_other)
        if where:
            spans["sex"] = where
    units = {"age": "y", "sex": None, "height_m": "m", "weight_kg": "kg"}
    reads = [
        Read(
            name, round(value, 3) if isinstance(value, float) else value, units[name], *spans[name]
        )
        for name, value in values.items()
        if value is not None and name in spans
    ]
    reads += _further_ages(reading, quantities, values["age"])
    age, height, weight = values["age"], values["height_m"], values["weight_kg"]
    sex = values["sex"]
    return (
        Person(
            age=age if isinstance(age, float) else None,
            sex="m" if sex == "m" else "f" if sex == "f" else None,
            height_m=round(height, 3) if isinstance(height, float) else None,
            weight_kg=round(weight, 2) if isinstance(weight, float) else None,
        ),
        reads,
    )


_OWN_AGE = re.compile(r"(?:i'?m|i am)\b")


def _further_ages(
    reading: str, quantities: Sequence[Quantity], first: float | str | None
) -> list[Read]:
    """Return the writer's other ages where two stand: the reader confirms, neither is dropped."""
    return [
        Read("age", q.value, "y", q.start, q.end)
        for q in quantities
        if q.kind == "age"
        and isinstance(q.value, float)
        and q.value != first
        and _OWN_AGE.match(reading[q.start : q.end])
    ]


_WOMEN = frozenset(
    ["f", "female", "females", "woman", "lady", "girl", "lass", "gal", "wife", "daughter", "mum",
     "mom", "mother"]
)  # fmt: skip


def _sex(word: str | None) -> str | None:
    if not word:
        return None
    return "f" if word in _WOMEN else "m"


_HIM = re.compile(
    r"(?:^|[,;(./]\s*)male\b|\b(?:fit|healthy|big|tall|slim|heavy|middle aged|middle-aged"
    r"|older|younger|skinny) (?:guy|bloke|lad|man|chap|male)\b|\bi(?:'m| am) (?:a |just a "
    r"|an? )?(?:\w+ ){0,4}(?:guy|man|male|bloke|lad|dude|father|dad)\b|\b(?:as a|i'm a) "
    r"(?:\w+ ){0,3}(?:man|male|guy|bloke|dad)\b|\b(?:a (?:\w+ ){0,2}guy) \(|\bmy (?:prostate"
    r"|testicles?|balls|penis|erections?)\b"
)
_HER = re.compile(
    r"(?:^|[,;(./]\s*)female\b|\bi(?:'m| am) (?:a |just a |an? )?(?:\w+ ){0,4}(?:woman|female"
    r"|girl|lady|mother|mum|mom)\b|\b(?:as a|i'm a) (?:\w+ ){0,3}(?:woman|female|lady|mum|mom"
    r"|girl)\b|\bmy (?:period|periods|cycle has|vagina|uterus|pregnancy)\b|\bi(?:'m| am) "
    r"(?:\w+ )?(?:\d+ (?:weeks|months) )?pregnant\b|\b(?:since i |i )(?:gave birth"
    r"|had my baby)\b|\b(?:weeks|months) postpartum\b"
)
_THEIR_HIM = re.compile(
    r"\bmy (?:[\w'-]+ ){0,3}(?:husband|son|dad|father|brother|boyfriend|bf|uncle|grandad"
    r"|grandfather|nephew|hubby|grandpa)\b"
)
_THEIR_HER = re.compile(
    r"\bmy (?:[\w'-]+ ){0,3}(?:wife|daughter|mum|mom|mother|sister|girlfriend|gf|aunt|gran"
    r"|grandmother|niece|nan|grandma)\b"
)


def _sex_in_words(reading: str, *, about_other: bool) -> tuple[str | None, tuple[int, int] | None]:
    him, her = (_THEIR_HIM, _THEIR_HER) if about_other else (_HIM, _HER)
    male, female = him.search(reading), her.search(reading)
    if about_other and not male and not female:
        male = re.search(r"\b(?:he|he's|his|him)\b", reading)
        female = re.search(r"\b(?:she|she's|her)\b", reading)
    if bool(male) == bool(female):
        return None, None
    match = male or female
    assert match is not None
    return ("m" if male else "f"), (match.start(), match.end())


def strength(quantities: Sequence[Quantity]) -> tuple[Strength, list[Read]]:
    """Return one-repetition maxima in kg."""
    best: dict[str, Quantity] = {}
    for q in quantities:
        if q.kind == "lift" and q.note and isinstance(q.value, float):
            best.setdefault(q.note, q)
    reads = [
        Read(f"{name}_1rm_kg", round(q.value, 2), "kg", q.start, q.end)
        for name, q in best.items()
        if isinstance(q.value, float)
    ]
    kg = {read.id: float(read.value) for read in reads}
    return Strength(**kg), reads
