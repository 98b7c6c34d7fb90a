# ruff: noqa: D103 - a function is named for the entry it builds
"""From one entry to its typed values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backinstride import units
from backinstride.diary import Entry, name_key
from backinstride.diary_views.entries import (
    Answer,
    Check,
    Diagnosis,
    Episode,
    Measure,
    Morning,
    Named,
    RunNote,
    ShoeNote,
    SkippedSession,
    StoryNote,
    StrengthSet,
    TrainingKind,
    Treatment,
    Visit,
    Walk,
)
from backinstride.diary_views.ordering import read_orders
from backinstride.diary_views.reading import (
    SKIPPED,
    Values,
    outcome,
    read_answer,
    read_day,
    read_km,
    read_when,
    shoe_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backinstride.values import When


def episode(v: Values) -> list[Episode]:
    onset_m = v.metres("onset")
    unsaid: When = "during" if onset_m is not None else "unknown"
    when: When | None = v.read("when", read_when, "during, after or next_day")
    return [
        Episode(
            **v.noted(),
            when=when or unsaid,
            run=v.text("run", "id"),
            onset_m=onset_m,
            planned_m=v.metres("planned"),
            stopped_m=v.metres("stopped") if v.text("stopped") else v.metres("pickup"),
            trigger_m=v.metres("trigger"),
            pain=v.pain() if v.text("pain") else v.pain("worst"),
            feels=v.feels(),
            where=v.sites(),
            shoes=v.shoe(),
            did=v.parts("did"),
            eased=v.entry.all("eased"),
            warning=v.text("warning"),
            able=v.text("able"),
            cost=v.text("cost"),
            posture=v.text("posture"),
            slope=v.text("slope"),
            aggravates=v.parts("aggravates"),
            first=v.yes("first"),
            surface=v.text("surface"),
            closed=_says_closed(v.entry),
        )
    ]


def _says_closed(entry: Entry) -> bool:
    notes = (*entry.all("note"), *(entry.all("closed")))
    return any(re.match(r"\s*(?:closed|yes|\d{4}-)", note, re.IGNORECASE) for note in notes)


def morning(v: Values) -> list[Morning]:
    return [
        Morning(
            **v.noted(),
            pain=v.pain(),
            stiff_min=v.minutes("stiff"),
            sleep_h=v.hours("sleep"),
            function=v.text("function"),
            able=v.text("able"),
            feels=v.feels(),
        )
    ]


def run_note(v: Values) -> list[RunNote]:
    return [
        RunNote(
            **v.noted(),
            id=v.text("id"),
            shoes=v.shoe(),
            surface=v.text("surface"),
            effort=v.text("effort"),
            pain_worst=v.pain(),
            pain_after=v.pain("after"),
            distance_m=v.metres("distance"),
            planned_m=v.metres("planned"),
            reps=v.entry.all("reps"),
            rest_s=v.seconds("rest"),
            fuel=v.text("fuel"),
            fluid=v.text("fluid"),
            warmup=v.text("warmup"),
            cooldown=v.text("cooldown"),
            cost=v.text("cost"),
            cue=v.text("cue"),
            warning=v.text("warning"),
            slope=v.text("slope"),
            feels=v.feels(),
            did=v.parts("did"),
            eased=v.entry.all("eased"),
            skipped=bool(v.yes("skipped")),
        )
    ]


# Names that any entry may carry, so that they are no exercise, finding or measure.
_OF_THE_ENTRY = frozenset(
    ("recalled", "note", "id", "source", "by", "time", "text", "skipped", "reason", "pain", "feels")
)


def _is_skipped(entry: Entry) -> bool:
    said = entry.get("skipped")
    return (said is not None and read_answer(said) != "no") or bool(
        SKIPPED.match(entry.words or "")
    )


def sets(v: Values) -> list[StrengthSet]:
    entry = v.entry
    kind: TrainingKind = "mobility" if entry.kind == "mobility" else "strength"
    if _is_skipped(entry):
        return []
    found = []
    for name, value in entry.fields:
        key = name_key(name)
        if key in _OF_THE_ENTRY or SKIPPED.match(value):
            continue
        done = units.parse_sets(value) or units.Sets()
        found.append(StrengthSet(**v.noted(), exercise=key, kind=kind, **done._asdict()))
    if not found:
        found = [StrengthSet(**v.noted(), exercise="session", kind=kind)]
    return found


def skipped(v: Values) -> list[SkippedSession]:
    kind: TrainingKind = "mobility" if v.entry.kind == "mobility" else "strength"
    return [SkippedSession(**v.noted(), kind=kind)] if _is_skipped(v.entry) else []


def check(v: Values) -> list[Check]:
    answers: dict[str, Answer] = {}
    for name, value in v.entry.fields:
        key = name_key(name)
        if key in _OF_THE_ENTRY or not value:
            continue
        answer = read_answer(value)
        if answer is None:
            v.problem(name, value, "yes, no or unsure; until then it counts as unsure")
        answers[key] = worse(answers.get(key), answer or "unsure")
    return [Check(**v.noted(), answers=answers)]


def worse(one: Answer | None, other: Answer) -> Answer:
    """Of two answers of one day the one that must be looked at."""
    order: tuple[Answer, ...] = ("yes", "unsure", "no")
    return other if one is None else min(one, other, key=order.index)


def walk(v: Values) -> list[Walk]:
    return [
        Walk(
            **v.noted(),
            duration_s=v.seconds("duration"),
            distance_m=v.metres("distance"),
            pain=v.pain(),
            pain_after=v.pain("after"),
            slope=v.text("slope"),
            posture=v.text("posture"),
        )
    ]


def measures(v: Values) -> list[Measure]:
    found = []
    for name, text in v.entry.fields:
        key = name_key(name)
        if key in ("recalled", "note", "by", "source", "time", "measured_by") or not text:
            continue
        value, unit = units.parse_measure(text) or (None, None)
        if key in ("height", "size") and unit == "mm" and value is not None:
            value, unit = value / 1000.0, "m"
        by = v.text("by", "measured_by", "source")
        pain = re.search(r"\b(\d+(?:[.,]\d+)?\s*/\s*10)\b", text)
        found.append(
            Measure(
                **v.noted(),
                name=key,
                text=text,
                value=value,
                unit=unit,
                pain=units.parse_pain(pain[1]) if pain else None,
                by=by,
            )
        )
    return found


def diagnosis(v: Values) -> list[Diagnosis]:
    what = v.text("what") or v.entry.words
    return [
        Diagnosis(
            **v.noted(),
            what=what,
            by=v.text("by"),
            where=v.sites("site"),
            side=v.text("side"),
            from_=v.day("from"),
            to=v.day("to"),
            days_lost=v.number("days_lost"),
        )
    ]


def shoe(v: Values) -> list[ShoeNote]:
    name = v.text("name") or v.entry.words
    retired = v.entry.get("retired")
    on = None
    if retired is not None and read_answer(retired) != "no":
        on = v.entry.date if read_answer(retired) == "yes" else v.day("retired")
    return [
        ShoeNote(
            **v.noted(),
            id=shoe_id(name) if name else None,
            name=name,
            from_=v.day("from"),
            start_km=v.read("start_km", read_km, "kilometres, such as 120"),
            worn=v.text("worn", "wear"),
            retired=on,
        )
    ]


def treatment(v: Values) -> list[Treatment]:
    effect = v.text("effect")
    start = v.day("from")
    return [
        Treatment(
            **v.noted(),
            what=v.text("what") or v.entry.words,
            side=v.text("side"),
            mm=v.number("mm"),
            by=v.text("by"),
            from_=start,
            to=v.day("to"),
            dose=v.text("dose"),
            effect=effect,
            outcome=outcome(effect),
            review=v.read(
                "review", lambda text: read_day(text, start or v.entry.date), "a day, or 10 weeks"
            ),
        )
    ]


def visit(v: Values) -> list[Visit]:
    said = v.text("said") or v.entry.words
    return [Visit(**v.noted(), who=v.text("who", "by"), said=said, orders=read_orders(v))]


def named(v: Values) -> list[Named]:
    return [Named(**v.noted(), kind=v.entry.kind, fields=v.entry.fields)]


def story(v: Values) -> list[StoryNote]:
    """A correction is a line `correct: finding status`; all other lines are the story's."""
    pairs = (re.split(r"[\s:=]+", c.strip(), maxsplit=1) for c in v.entry.all("correct"))
    fixed = tuple((p[0], p[1]) for p in pairs if len(p) == 2)
    return [StoryNote(**v.noted(), text=v.entry.told, corrections=fixed)]


BUILDERS: dict[str, Callable[[Values], Iterable[object]]] = {
    "episode": episode,
    "morning": morning,
    "run": run_note,
    "strength": sets,
    "mobility": sets,
    "check": check,
    "walk": walk,
    "measure": measures,
    "diagnosis": diagnosis,
    "shoes": shoe,
    "treatment": treatment,
    "visit": visit,
}
