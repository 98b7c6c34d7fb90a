"""The programme: strength, hip, core, mobility and walking around the runs.

Order by evidence: legs first, then hip and core, mobility by preference, walking on days without
a run. Doses come from the rows and go up on what was logged; what a physio gave stands first.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING

from backinstride import diary_views, exercises, plan_sessions, rules
from backinstride.rules import DAY, number
from backinstride.values import ExerciseDose, Phase, Session, Value

if TYPE_CHECKING:
    from backinstride.diary import Diary
    from backinstride.diary_views import StrengthSet
    from backinstride.exercises import Exercise
    from backinstride.orders import Ordered
    from backinstride.values import Plan, Story

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STRENGTH_MIN = 30.0
SORE_MIN = 15.0
MOBILITY_MIN = 10.0
# What each strength day holds, in evidence order; the second name replaces the first while sore.
LEGS_A = ("goblet-squat", "single-leg-rdl", "calf-raise", "bodyweight-row", "side-bridge")
LEGS_B = ("split-squat", "lateral-lunge", "calf-raise", "bridge", "plank")
CORE = ("bridge", "side-lying-leg-raise", "bird-dog", "plank")
SORE = ("chair-squat", "bridge", "pelvic-tilt", "bird-dog")
STRETCHES = ("hamstring-stretch", "quad-stretch", "calf-stretch", "cat-camel")
HIP_BLOCK = ("leg-swings", "hip-circles", "samson-stretch", "figure-four")
LIFTS = ("deadlift", "squat", "press")
REVIEW_WEEKS = (4, 8, 12)
DEFAULT_REVIEWED = ("heel", "raise", "lift", "insole", "orthotic", "shoe")


class Logged(Value, frozen=True, kw_only=True):
    """The last time an exercise was done: best set of that day."""

    exercise: str
    date: dt.date
    sets: int | None = None
    reps: int | None = None
    hold_s: float | None = None
    load_kg: float | None = None


class Given(Value, frozen=True, kw_only=True):
    """An exercise that a clinician gave, as they worded it; `id` None where we know no such one."""

    text: str
    id: str | None = None


class Body(Value, frozen=True, kw_only=True):
    """What the programme knows of the runner."""

    complaints: tuple[str, ...] = ()
    avoid_words: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()
    logged: tuple[Logged, ...] = ()
    worse: tuple[str, ...] = ()  # exercises whose next morning was 2 or more worse
    lifts: bool = False  # a lifter: whole-body lifts instead of the small ones
    lighter: bool = False  # an episode is open: half the usual weights


class Filling(Value, frozen=True, kw_only=True):
    """What the week around the runs must respect."""

    start: dt.date
    race: dt.date | None
    phase: Phase
    long_day: int
    body: Body
    sore: bool = False
    weeks_in: int = 0
    no_impact: bool = False


class Adherence(Value, frozen=True, kw_only=True):
    """Planned and done sessions of one kind between two days, supervised ones apart."""

    kind: str
    planned: int
    done: int
    supervised: int
    skipped: int

    @property
    def share(self) -> float | None:
        """Done over planned, None where nothing was planned."""
        return self.done / self.planned if self.planned else None


class Review(Value, frozen=True, kw_only=True):
    """A date on which an intervention is looked at again: keep it if it helps."""

    what: str
    due: dt.date
    week: int
    text: str


# --- what is known of the body ------------------------------------------------------------


def body(diary: Diary, story: Story | None, ordered: Ordered | None, today: dt.date) -> Body:
    """Return complaints, logged sets and given exercises, up to `today`."""
    sets = [s for s in diary_views.strength(diary) if s.date <= today]
    mornings = {m.date: m.pain for m in diary_views.mornings(diary) if m.pain is not None}
    logged = _last_of(sets)
    words = ordered.avoid_words if ordered is not None and ordered.binds(today) else ()
    given = ordered.exercises if ordered is not None and ordered.binds(today) else ()
    strength = story.strength if story is not None else None
    lifts = any(x.exercise in LIFTS for x in logged) or bool(
        strength and (strength.deadlift_1rm_kg or strength.squat_1rm_kg)
    )
    return Body(
        complaints=story.suspects if story is not None else (),
        avoid_words=words,
        given=tuple(_given(text) for text in given),
        logged=logged,
        worse=_worse(logged, mornings),
        lifts=lifts,
        lighter=diary_views.open_episode(diary, today) is not None,
    )


def exercise_id(name: str) -> str | None:
    """Return our id for a name in the diary ("single_leg_rdl", "plank"); None for an unknown."""
    plain = name.replace("_", "-")
    if exercises.exercise(plain) is not None:
        return plain
    found = exercises.find(plain.replace("-", " "), most=1)
    return found[0].exercise.id if found and found[0].score >= 0.75 else None


def _given(text: str) -> Given:
    name = re.split(r"[:\d(]", text, maxsplit=1)[0].strip()
    return Given(text=text, id=exercise_id(name) if name else None)


def _last_of(sets: list[StrengthSet]) -> tuple[Logged, ...]:
    found: dict[str, Logged] = {}
    for one in sets:
        name = exercise_id(one.exercise)
        if name is None:
            continue
        made = Logged(
            exercise=name,
            date=one.date,
            sets=one.sets,
            reps=one.reps,
            hold_s=one.hold_s,
            load_kg=one.load_kg,
        )
        held = found.get(name)
        if held is None or _rank(made) >= _rank(held):
            found[name] = made
    return tuple(found.values())


def _rank(one: Logged) -> tuple[dt.date, float, float, int]:
    return (one.date, one.load_kg or 0.0, one.hold_s or 0.0, one.reps or 0)


def _worse(logged: tuple[Logged, ...], mornings: dict[dt.date, float]) -> tuple[str, ...]:
    """Exercises after whose last session the morning was 2 or more above that day's morning."""
    found = []
    for one in logged:
        before, after = mornings.get(one.date), mornings.get(one.date + DAY)
        if before is not None and after is not None and after - before >= 2:
            found.append(one.exercise)
    return tuple(found)


# --- the next dose ------------------------------------------------------------------------


def next_dose(
    row: Exercise, logged: Logged | None, *, worse: bool = False, lighter: bool = False
) -> ExerciseDose:
    """Return the dose of the next session from the last one logged.

    Fewer repetitions than the row's were a test, not a dose: the load is then four fifths of what
    the usual formula (Epley) gives for the row's repetitions. `lighter` halves it.

    Load goes up by 2.5 % (at least 1 kg) when all repetitions of the row were done, holds by 5 s
    up to 60 s; after a morning 2 or more worse both go back by a tenth [own-stop-exercise].
    """
    reps, hold, load, note = row.reps, row.hold_s, None, ""
    if logged is not None:
        enough = (logged.sets or row.sets) >= row.sets and (logged.reps or row.reps or 0) >= (
            row.reps or 0
        )
        if logged.load_kg is not None:
            load = _next_load(row, logged, logged.load_kg, enough=enough, worse=worse)
            load = math.floor(load * (0.5 if lighter else 1.0) * 2) / 2
        if logged.hold_s is not None and row.hold_s is not None:
            hold = logged.hold_s * 0.9 if worse else logged.hold_s + (5 if enough else 0)
            hold = float(min(max(round(hold), 5), 60))
        if logged.reps is not None and row.reps is not None and logged.load_kg is None:
            reps = min(max(logged.reps + (-2 if worse else 1 if enough else 0), 4), row.reps + 6)
        note = f"Last time: {_done_text(logged)}."
    if worse:
        note += f" The morning after it was worse: {row.regress_when}"
    sides = " Each side." if row.each_side else ""
    return ExerciseDose(
        id=row.id, sets=row.sets, reps=reps, hold_s=hold, load_kg=load, note=(note + sides).strip()
    )


def _next_load(row: Exercise, logged: Logged, kg: float, *, enough: bool, worse: bool) -> float:
    if worse:
        return kg * 0.9
    if logged.reps is not None and row.reps is not None and logged.reps < row.reps - 1:
        return 0.8 * kg * (1 + logged.reps / 30) / (1 + row.reps / 30)
    return kg + (max(1.0, 0.025 * kg) if enough else 0.0)


def _done_text(one: Logged) -> str:
    what = (
        f"{one.hold_s:g} s"
        if one.hold_s is not None
        else f"{one.reps} repetitions"
        if one.reps
        else "done"
    )
    load = f" with {one.load_kg:g} kg" if one.load_kg is not None else ""
    return f"{one.sets or 1} x {what}{load} on {one.date}"


def _dose(body: Body, name: str) -> ExerciseDose | None:
    row = exercises.exercise(name)
    if row is None or _avoided(body, row):
        return None
    logged = next((x for x in body.logged if x.exercise == name), None)
    worse = name in body.worse
    if worse and row.regress_to is not None:
        less = exercises.exercise(row.regress_to)
        assert less is not None
        made = next_dose(less, None)
        return ExerciseDose(
            id=made.id,
            sets=made.sets,
            reps=made.reps,
            hold_s=made.hold_s,
            note=f"In the place of the {row.name.casefold()}: the morning after it was worse.",
        )
    made = next_dose(row, logged, worse=worse, lighter=body.lighter)
    known = [c.text for c in exercises.conflicts([name], body.complaints)]
    if not known:
        return made
    return ExerciseDose(
        id=made.id,
        sets=made.sets,
        reps=made.reps,
        hold_s=made.hold_s,
        load_kg=made.load_kg,
        note=" ".join([made.note, *known]).strip(),
    )


def _avoided(body: Body, row: Exercise) -> bool:
    """Return whether an order to avoid something names this exercise."""
    named = [row.name.casefold(), row.id.replace("-", " "), *(w.casefold() for w in row.words)]
    return any(
        word and any(word in name or name in word for name in named)
        for word in map(_plain, body.avoid_words)
    )


def _plain(text: str) -> str:
    return re.sub(r"s\b", "", text.casefold().replace("-", " ")).strip()


def doses(body: Body, names: tuple[str, ...]) -> tuple[ExerciseDose, ...]:
    """Return the doses of these exercises, each once, those ruled out left out."""
    found: dict[str, ExerciseDose] = {}
    for name in names:
        made = _dose(body, name)
        if made is not None:
            found.setdefault(made.id, made)
    return tuple(found.values())


# --- the week around the runs -------------------------------------------------------------


def fill(runs: list[Session], monday: dt.date, filling: Filling) -> list[Session]:
    """Return the runs with strength, mobility, walking, pool and rest around them."""
    found = list(runs)
    busy = {s.date: s for s in runs}
    race = filling.race
    for k in range(7):
        day = monday + k * DAY
        if day < filling.start or (race is not None and day > race):
            continue
        near_race = race is not None and (race - day).days <= 3
        found += _extras(day, busy, filling, near_race=near_race)
        if not any(s.date == day for s in found):
            note = "Walk about, sleep, eat. Race soon." if near_race else ""
            found.append(plan_sessions.rest(day, f"rest-{NAMES[k]}", note=note))
    return found


def _extras(
    day: dt.date, busy: dict[dt.date, Session], filling: Filling, *, near_race: bool
) -> list[Session]:
    """Return what stands beside the run of a day: `after` counts days since the long day."""
    after = (day.weekday() - filling.long_day) % 7
    name = NAMES[day.weekday()]
    if filling.sore:
        return _sore_day(day, after, name, busy, filling)
    found: list[Session] = []
    if near_race:
        return found
    if after in (3, 5) and filling.phase != "race":
        found.append(_strength(day, "strength-1" if after == 3 else "strength-2", filling, busy))
    elif after == 1:
        found.append(_core(day, filling))
    elif after in (2, 4):
        found.append(_mobility(day, "mobility-1" if after == 2 else "mobility-2", filling))
    if day not in busy and after in (1, 2, 4):
        minutes = number("walking", "minutes")
        if after == 4 and filling.phase in ("cutback", "ladder"):
            found.append(plan_sessions.cross(day, f"cross-{name}"))
        else:
            found.append(plan_sessions.walk(day, f"walk-{name}", minutes, why=("walking",)))
    return found


def _sore_day(
    day: dt.date, after: int, name: str, busy: dict[dt.date, Session], filling: Filling
) -> list[Session]:
    found = []
    if filling.no_impact:
        note = "Only if it causes no pain at all, neither during nor the day after."
        if after in (2, 5):
            found.append(plan_sessions.cross(day, f"cross-{name}", note=note))
    elif day not in busy:
        if after == 2:
            found.append(plan_sessions.cross(day, f"cross-{name}"))
        else:
            minutes = number("walking", "minutes")
            note = (
                "Half an hour in all; in pieces if one piece is too long. Stay at 2 of 10 or less."
            )
            why = ("settle", "walking")
            found.append(plan_sessions.walk(day, f"walk-{name}", minutes, why=why, note=note))
    if after in (3, 5, 1):
        names = {1: "strength-0", 3: "strength-1", 5: "strength-2"}
        found.append(_light(day, names[after], filling))
    else:
        found.append(_mobility(day, f"mobility-{name}", filling))
    return found


def _strength(day: dt.date, name: str, filling: Filling, busy: dict[dt.date, Session]) -> Session:
    body, first = filling.body, name == "strength-1"
    names: tuple[str, ...] = LEGS_A if first else LEGS_B
    if body.lifts:
        swap = {"goblet-squat": "squat", "split-squat": "deadlift", "bodyweight-row": "press"}
        names = tuple(swap.get(n, n) for n in names)
    top = max((s.distance_km or 0.0 for s in busy.values() if s.kind != "race"), default=0.0)
    eve = any((d - day).days == 1 and (s.distance_km or 0.0) >= top for d, s in busy.items())
    if filling.phase in ("taper", "cutback"):
        names = names[:3]
    if eve:
        names = CORE
    return _session(day, name, names, filling, title="Legs first, then hip and core")


def _core(day: dt.date, filling: Filling) -> Session:
    return _session(day, "strength-0", CORE, filling, title="Hip and core", minutes=SORE_MIN)


def _light(day: dt.date, name: str, filling: Filling) -> Session:
    text = "Lighter than usual while sore. In the gym: half the usual weights, or leave them."
    return _session(day, name, SORE, filling, title="Gentle strength", minutes=SORE_MIN, note=text)


def _session(
    day: dt.date,
    name: str,
    names: tuple[str, ...],
    filling: Filling,
    *,
    title: str,
    minutes: float = STRENGTH_MIN,
    note: str = "",
) -> Session:
    given = tuple(g for g in filling.body.given)
    known = tuple(g.id for g in given if g.id is not None)
    made = doses(filling.body, (*known, *names))[: 5 + len(known)]
    words = [f"From your physio: {g.text}." for g in given]
    why = ("orders", "strength") if given else ("strength",)
    return plan_sessions.session(
        "strength",
        day,
        name,
        minutes=minutes,
        exercises=made,
        why=why,
        claims=_claims(made),
        stop_if=plan_sessions.STOP_STRENGTH,
        title=title,
        note=" ".join([*words, note]).strip(),
    )


def _mobility(day: dt.date, name: str, filling: Filling) -> Session:
    hips = {"tight_hip_flexors", "desk_job"} & set(filling.body.complaints)
    names = (*HIP_BLOCK, "cat-camel") if hips else STRETCHES
    made = doses(filling.body, names)
    return plan_sessions.session(
        "mobility",
        day,
        name,
        minutes=MOBILITY_MIN,
        exercises=made,
        why=("mobility",),
        claims=_claims(made),
        stop_if="Leave out what hurts above 2 of 10 or sends pain down a leg.",
        title="Mobility, if it feels good",
        note="Daily and after runs if it eases you; drop it where it does not.",
    )


def _claims(made: tuple[ExerciseDose, ...]) -> tuple[str, ...]:
    rows = [row for m in made if (row := exercises.exercise(m.id)) is not None]
    return tuple(dict.fromkeys(row.claims[0] for row in rows))


# --- adherence and reviews ----------------------------------------------------------------


def adherence(plan: Plan, diary: Diary, since: dt.date, until: dt.date) -> tuple[Adherence, ...]:
    """Return planned and done strength and mobility sessions between two days, both included."""
    found = []
    for kind in ("strength", "mobility"):
        planned = [
            s for w in plan.weeks for s in w.sessions if s.kind == kind and since <= s.date <= until
        ]
        entries = [e for e in diary.entries if e.kind == kind and since <= e.date <= until]
        skipped = {
            s.date
            for s in diary_views.skipped(diary)
            if s.kind == kind and since <= s.date <= until
        }
        done = {e.date for e in entries} - skipped
        watched = {e.date for e in entries if e.get("with") or e.get("supervised")}
        found.append(
            Adherence(
                kind=kind,
                planned=len(planned),
                done=len(done),
                supervised=len(watched & done),
                skipped=len(skipped),
            )
        )
    return tuple(found)


def reviews(diary: Diary, today: dt.date) -> tuple[Review, ...]:
    """Return the next review of every treatment still going on: at 4, 8 and 12 weeks, or as set."""
    found = []
    for one in diary_views.treatments(diary):
        begun = one.from_ or one.date
        if begun > today or (one.to is not None and one.to < today):
            continue
        what = one.what or "treatment"
        dated = one.mm is not None or any(w in what.casefold() for w in DEFAULT_REVIEWED)
        if one.review is None and not dated:
            continue
        points = (
            [(one.review, (one.review - begun).days // 7)]
            if one.review is not None
            else [(begun + w * 7 * DAY, w) for w in REVIEW_WEEKS]
        )
        due, week = next(((d, w) for d, w in points if d >= today), points[-1])
        text = (
            f"{what}, week {week}: keep it if it helps, stop it if not, with the person who "
            "prescribed it. We found no study that says the body readjusts and it can be dropped."
        )
        found.append(Review(what=what, due=due, week=week, text=text))
    return tuple(found)


def loads(sets: tuple[StrengthSet, ...]) -> dict[dt.date, float]:
    """Return kilograms lifted by day (sets x repetitions x load), for the one load picture."""
    found: dict[dt.date, float] = {}
    for one in sets:
        if one.load_kg is not None:
            lifted = (one.sets or 1) * (one.reps or 1) * one.load_kg
            found[one.date] = found.get(one.date, 0.0) + lifted
    return found


def heavy_legs(session: Session) -> bool:
    """Return whether a session loads the legs heavily."""
    return bool(rules.HEAVY_LEGS & {e.id for e in session.exercises})
