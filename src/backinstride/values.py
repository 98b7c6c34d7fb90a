"""The nouns of the answer: frozen values whose fields are the JSON of the public interface.

One file for all of them, so that the whole contract can be read in one sitting and every
layer may speak it. Field names carry their unit; unknown is None, never 0 or "".
"""

from __future__ import annotations

import datetime as dt
import importlib
from typing import Literal

import msgspec

Level = Literal["self_care", "routine", "within_days", "same_day", "emergency"]
LEVELS: tuple[Level, ...] = ("self_care", "routine", "within_days", "same_day", "emergency")
BLOCKING_LEVELS: tuple[Level, ...] = ("same_day", "emergency")
Status = Literal["present", "denied", "past", "other", "hypothetical"]
When = Literal["during", "after", "next_day", "unknown"]
Grade = Literal["A", "B", "C", "D"]
NOTEBOOK = "backinstride.exports.notebook"


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all values: frozen, by keyword, unknown fields refused."""

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows; the layer that draws is found by its name."""
        drawn: str | None = importlib.import_module(NOTEBOOK).html(self)
        return drawn


# --- tell -------------------------------------------------------------------------------


class Finding(Value, frozen=True):
    """Something the words say about a person: `text[start:end]` is `quote` (code points)."""

    id: str
    status: Status
    quote: str
    start: int
    end: int
    value: float | str | None = None
    unit: str | None = None


class ToldEpisode(Value, frozen=True):
    """One bout of pain or spasm as the words tell it; distances in km."""

    when: When = "unknown"
    onset_km: float | None = None
    planned_km: float | None = None
    site: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()
    severity: float | None = None
    start: int = 0
    end: int = 0
    date: dt.date | None = None
    eased_by: tuple[str, ...] = ()
    not_eased_by: tuple[str, ...] = ()
    first_time: bool | None = None


class Training(Value, frozen=True):
    """What the words say of the training."""

    longest_recent_km: float | None = None
    weekly_km: float | None = None
    recent_increase: bool | None = None
    layoff: bool | None = None
    goal_race: str | None = None
    race_date: dt.date | None = None
    runs_per_week: float | None = None
    running_months: float | None = None


class Person(Value, frozen=True):
    """Age in years, height in m, weight in kg, sex m or f."""

    age: float | None = None
    sex: Literal["m", "f"] | None = None
    height_m: float | None = None
    weight_kg: float | None = None


class Strength(Value, frozen=True):
    """One-repetition maxima in kg."""

    deadlift_1rm_kg: float | None = None
    squat_1rm_kg: float | None = None


class Question(Value, frozen=True):
    """A question to the person. `id` is the finding it settles, or a reading it decides."""

    id: str
    question: str
    why: str | None = None
    start: int | None = None
    end: int | None = None


class Verdict(Value, frozen=True):
    """How soon somebody must look at this, and why.

    `within_hours`: 0 emergency, 24 same_day, 48 or 168 within_days, 504 routine, None self_care.
    """

    level: Level
    within_hours: int | None
    flags: tuple[str, ...] = ()
    why: str = ""
    claims: tuple[str, ...] = ()
    act: str = ""
    by: dt.date | None = None


class Story(Value, frozen=True):
    """What was read in the words, before any verdict. `about` None: a language not read."""

    about: Literal["self", "other", "none"] | None
    findings: tuple[Finding, ...] = ()
    episodes: tuple[ToldEpisode, ...] = ()
    training: Training = Training()
    person: Person = Person()
    strength: Strength = Strength()
    suspects: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    ask: tuple[Question, ...] = ()  # readings the words leave open
    promises: tuple[str, ...] = ()  # the person's own deadlines, as quoted
    wishes: tuple[str, ...] = ()  # what they ask, as quoted


class Told(Story, frozen=True):
    """The answer to `tell`: the story, its verdict, and what must be asked."""

    verdict: Verdict | None = None


# --- why --------------------------------------------------------------------------------

WhyVerdict = Literal["probably", "suspect", "cannot_tell", "probably_not_big", "not_knowable"]


class Contributor(Value, frozen=True, rename={"with_": "with"}):
    """One candidate: what we thought before, what these runs say, how sure that is."""

    id: str
    label: str
    verdict: WhyVerdict
    prior: float | None = None
    posterior: float | None = None
    bayes_factor: float | None = None
    hazard_ratio: tuple[float, float, float] | None = None
    per: str | None = None
    with_: tuple[str, ...] = ()
    runs_for: tuple[str, ...] = ()
    runs_against: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    prior_source: str = ""
    sentence: str = ""
    suspected: bool = False
    points: tuple[float, float, float] | None = None  # change of the next morning's score


class Group(Value, frozen=True):
    """Contributors that these runs cannot tell apart; the chance that at least one acts."""

    of: tuple[str, ...]
    posterior: float


class Experiment(Value, frozen=True):
    """The next change worth making, one variable, with what it would take to know."""

    change: str
    why: str
    runs_needed: tuple[int, int] | None
    outcome: str
    stop_if: str
    design: str = ""
    contributor: str | None = None
    by_luck: str = ""
    claims: tuple[str, ...] = ()


class BlockedBy(Value, frozen=True):
    """A warning sign that empties plan and contributors until it is answered."""

    level: Level
    flags: tuple[str, ...]


class Readout(Value, frozen=True):
    """What a change did: an experiment, a treatment with a date, or new shoes from a day on.

    `score_change` is 5 %, 50 %, 95 % of the change of the next morning's score (below 0: better).
    """

    kind: Literal["experiment", "treatment", "new_shoes"]
    what: str
    since: dt.date
    verdict: Literal["helps", "not_big", "worse", "undecided", "too_early"]
    text: str
    contributor: str | None = None
    runs_usual: int = 0
    runs_changed: int = 0
    episodes_usual: int = 0
    episodes_changed: int = 0
    score_change: tuple[float, float, float] | None = None
    chance_better: float | None = None
    by_luck: str = ""
    review: dt.date | None = None


class Why(Value, frozen=True):
    """The likely contributors, with honest uncertainty."""

    episodes: int
    runs: int
    enough: bool
    contributors: tuple[Contributor, ...] = ()
    groups: tuple[Group, ...] = ()
    experiment: Experiment | None = None
    ask: tuple[Question, ...] = ()
    blocked_by: BlockedBy | None = None
    summary: str = ""
    morning: tuple[Contributor, ...] = ()  # second outcome: next-morning score
    agreement: str = ""
    without_recalled: tuple[Contributor, ...] | None = None
    left_out: tuple[str, ...] = ()
    readouts: tuple[Readout, ...] = ()
    descriptions: tuple[str, ...] = ()  # recorded, explained, not ranked


# --- plan -------------------------------------------------------------------------------

SessionKind = Literal["run", "run_walk", "walk", "strength", "mobility", "cross", "rest", "race"]
Phase = Literal["settle", "ladder", "build", "cutback", "taper", "race", "maintain"]
Intensity = Literal["easy", "steady", "hard"]


class Step(Value, frozen=True):
    """One step of a session; `repeat` multiplies it. Equal repeats in a row alternate."""

    kind: str
    duration_s: float | None = None
    distance_km: float | None = None
    repeat: int = 1
    intensity: Intensity | None = None
    note: str = ""


class ExerciseDose(Value, frozen=True):
    """An exercise with its dose: sets x reps or hold, load in kg."""

    id: str
    sets: int
    reps: int | None = None
    hold_s: float | None = None
    load_kg: float | None = None
    note: str = ""


class Session(Value, frozen=True):
    """One planned session. `distance_km` counts running only."""

    id: str
    date: dt.date
    kind: SessionKind
    distance_km: float | None = None
    duration_min: float | None = None
    intensity: Intensity | None = None
    steps: tuple[Step, ...] = ()
    exercises: tuple[ExerciseDose, ...] = ()
    why: tuple[str, ...] = ()
    stop_if: str = ""
    claims: tuple[str, ...] = ()
    title: str = ""
    note: str = ""


class Week(Value, frozen=True):
    """Seven days from Monday `start`, or fewer at the ends."""

    start: dt.date
    phase: Phase
    sessions: tuple[Session, ...] = ()
    note: str = ""


class Race(Value, frozen=True):
    """The race in sight."""

    date: dt.date
    distance_km: float


class PlanOption(Value, frozen=True):
    """A way out where the race date and the rules do not meet."""

    id: Literal["later_race", "walk_breaks", "lower_peak", "accept_risk"]
    text: str


class PlanChange(Value, frozen=True):
    """One change the diary made to the plan, and the rule that made it."""

    date: dt.date
    rule: str
    text: str
    session: str | None = None


class Plan(Value, frozen=True, rename={"from_": "from"}):
    """What to do from `from` to the race; `feasible` is load arithmetic only."""

    from_: dt.date
    race: Race | None = None
    feasible: bool | None = None
    why: str = ""
    options: tuple[PlanOption, ...] = ()
    weeks: tuple[Week, ...] = ()
    blocked_by: BlockedBy | None = None
    changes: tuple[PlanChange, ...] = ()
    orders: tuple[str, ...] = ()  # "from your physio"
    overrides: tuple[str, ...] = ()
    race_day: tuple[str, ...] = ()  # the long-run and race-day sheet
    early_signs: tuple[str, ...] = ()


# --- answer -----------------------------------------------------------------------------


class EvidenceLine(Value, frozen=True):
    """One claim used anywhere in the answer."""

    id: str
    sentence: str
    grade: str
    citation: str


class Load(Value, frozen=True):
    """The recent load in numbers; distances in km, dates local."""

    runs: int = 0
    running_km: float = 0.0
    first_day: dt.date | None = None
    last_run: dt.date | None = None
    longest_30d_km: float | None = None
    last_7d_km: float | None = None
    last_28d_km: float | None = None
    days_since_run: int | None = None
    spikes_12w: int = 0
    layoffs_12w: int = 0
    weeks: tuple[tuple[dt.date, float], ...] = ()  # Monday, km: the last 26
    strength_7d: int | None = None


class DiaryState(Value, frozen=True):
    """What the diary holds, and what is due."""

    entries: int = 0
    episodes: int = 0
    episode_open: bool = False
    mornings: int = 0
    last_morning: dt.date | None = None
    due: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    episode_days: tuple[dt.date, ...] = ()
    morning_pain: tuple[tuple[dt.date, float], ...] = ()  # 0-10, the last 12 weeks


class Answer(Value, frozen=True):
    """All of it, one object: outputs read nothing else."""

    today: dt.date
    verdict: Verdict
    ask: tuple[Question, ...]
    story: Told | None
    contributors: Why
    plan: Plan
    load: Load
    diary: DiaryState
    evidence: tuple[EvidenceLine, ...]
    doubts: tuple[str, ...]
    version: str
    blocked_by: BlockedBy | None = None


def to_json(value: object) -> bytes:
    """Encode any value as one JSON document, indented, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
