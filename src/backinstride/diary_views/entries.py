"""The nouns of the diary: one frozen value a kind of entry, units in the names."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from backinstride.diary import name_key
from backinstride.values import Value, When

Answer = Literal["yes", "no", "unsure"]
Outcome = Literal["helped", "no_effect", "worse"]
TrainingKind = Literal["strength", "mobility"]


class Noted(Value, frozen=True, kw_only=True):
    """What every view carries: the day, the words, whether it is from memory, the line."""

    date: dt.date
    words: str | None = None
    recalled: bool = False
    line: int = 0
    note: str | None = None


class Episode(Noted, frozen=True, kw_only=True):
    """One onset of pain or spasm, dated the day it was felt. Distances from the run's start."""

    when: When = "unknown"
    run: str | None = None  # the run's id or date, as written
    onset_m: float | None = None
    planned_m: float | None = None
    stopped_m: float | None = None  # where the run ended, or they were picked up
    trigger_m: float | None = None  # the shortest distance that brings it on
    pain: float | None = None
    feels: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    shoes: str | None = None
    did: tuple[str, ...] = ()  # what was tried, in order
    eased: tuple[str, ...] = ()  # what helped, and how much
    warning: str | None = None  # what was felt before it
    able: str | None = None  # what still works
    cost: str | None = None  # what it took from the session
    posture: str | None = None
    slope: str | None = None
    aggravates: tuple[str, ...] = ()
    first: bool | None = None  # the first ever
    surface: str | None = None
    closed: bool = False


class Morning(Noted, frozen=True, kw_only=True):
    """How the back was on waking; stiffness apart from pain."""

    pain: float | None = None
    stiff_min: float | None = None
    sleep_h: float | None = None
    function: str | None = None
    able: str | None = None
    feels: tuple[str, ...] = ()


class RunNote(Noted, frozen=True, kw_only=True):
    """What was said of a run; `id` where its activity is named, else it matches by date."""

    id: str | None = None
    shoes: str | None = None
    surface: str | None = None
    effort: str | None = None
    pain_worst: float | None = None  # during
    pain_after: float | None = None  # later that day
    distance_m: float | None = None
    planned_m: float | None = None
    reps: tuple[str, ...] = ()
    rest_s: float | None = None
    fuel: str | None = None
    fluid: str | None = None
    warmup: str | None = None
    cooldown: str | None = None
    cost: str | None = None
    cue: str | None = None
    warning: str | None = None
    slope: str | None = None
    feels: tuple[str, ...] = ()
    did: tuple[str, ...] = ()
    eased: tuple[str, ...] = ()
    skipped: bool = False


class StrengthSet(Noted, frozen=True, kw_only=True):
    """One exercise of one session; parts that were not said are None. Load in kg."""

    exercise: str
    kind: TrainingKind
    sets: int | None = None
    reps: int | None = None
    hold_s: float | None = None
    load_kg: float | None = None
    each_side: bool = False


class SkippedSession(Noted, frozen=True, kw_only=True):
    """A strength or mobility session that was planned and left out."""

    kind: TrainingKind


class Check(Noted, frozen=True, kw_only=True):
    """Answers to safety questions by finding id; what cannot be read counts as unsure."""

    answers: dict[str, Answer]


class Walk(Noted, frozen=True, kw_only=True):
    """A walk and what it did."""

    duration_s: float | None = None
    distance_m: float | None = None
    pain: float | None = None
    pain_after: float | None = None
    slope: str | None = None
    posture: str | None = None


class Measure(Noted, frozen=True, kw_only=True):
    """One measured thing: `value` in `unit` (kg, m, mm, s, deg, %, /10), None for words only."""

    name: str
    text: str
    value: float | None = None
    unit: str | None = None
    pain: float | None = None  # where the text gives one beside it ("60 min, 4/10")
    by: str | None = None


class Diagnosis(Noted, frozen=True, kw_only=True):
    """What somebody called it."""

    what: str | None = None
    by: str | None = None
    where: tuple[str, ...] = ()
    side: str | None = None
    from_: dt.date | None = None
    to: dt.date | None = None
    days_lost: float | None = None


class ShoeNote(Noted, frozen=True, kw_only=True):
    """One pair: since when, kilometres on it before, how worn, retired on which day."""

    id: str | None
    name: str | None
    from_: dt.date | None = None
    start_km: float | None = None
    worn: str | None = None
    retired: dt.date | None = None


class Treatment(Noted, frozen=True, kw_only=True):
    """What was tried or prescribed, by whom, how long, and what it did."""

    what: str | None = None
    side: str | None = None
    mm: float | None = None
    by: str | None = None
    from_: dt.date | None = None
    to: dt.date | None = None
    dose: str | None = None
    effect: str | None = None
    outcome: Outcome | None = None
    review: dt.date | None = None


class Orders(Value, frozen=True, kw_only=True):
    """What a clinician ordered."""

    no_run_until: dt.date | None = None
    max_km: float | None = None
    only: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()
    review: dt.date | None = None
    text: str | None = None  # advice in the line `orders` that limits no running
    unread: tuple[str, ...] = ()  # orders that could not be read, in their own words


class Visit(Noted, frozen=True, kw_only=True):
    """A visit: who, what they said, what they ordered."""

    who: str | None = None
    said: str | None = None
    orders: Orders | None = None


class Named(Noted, frozen=True, kw_only=True):
    """An entry whose names are its own: the weekly check-in, an experiment, a plain note."""

    kind: str
    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """Return the first value of the name, or None."""
        return next((v for n, v in self.fields if v and name_key(n) == name_key(name)), None)


class StoryNote(Noted, frozen=True, kw_only=True):
    """A story in plain words; `corrections` are (finding id, status) that the writer set."""

    text: str
    corrections: tuple[tuple[str, str], ...] = ()


class Recovery(Value, frozen=True, kw_only=True):
    """One period from its first event to its end; `closed` None while it is open."""

    opened: dt.date
    closed: dt.date | None
    events: int
    worst: float | None
    mornings: tuple[tuple[dt.date, float], ...] = ()

    @property
    def days(self) -> int | None:
        """Days from the first event to the close."""
        return None if self.closed is None else (self.closed - self.opened).days
