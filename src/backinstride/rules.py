"""The rules of the plan: a tuple of plain functions, week and past in, objection or nothing out.

Each rule has one row in `knowledge/rules.toml` with its numbers, its claims and what is risked by
going past it. Every objection is met by making a session shorter, easier or leaving it out, which
never brings another rule to object: `obey` does so until none is left.
"""

from __future__ import annotations

import datetime as dt
import itertools
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from backinstride import knowledge
from backinstride.values import Phase, Session, Value, Week

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backinstride.values import Plan

DAY = dt.timedelta(days=1)
RUNNING_KINDS = ("run", "run_walk", "race")
HEAVY_LEGS = frozenset(("squat", "goblet-squat", "deadlift", "split-squat", "step-up"))
EPSILON_KM = 0.011  # distances are written to 10 m


class RuleRow(Value, frozen=True, kw_only=True):
    """One rule as a physio can review it."""

    id: str
    title: str
    why: str
    claims: tuple[str, ...]
    risk: str
    binds: bool
    numbers: dict[str, float]


class Peak(Value, frozen=True, kw_only=True):
    """The long run aimed at before a race of this distance; both in km."""

    race_km: float
    long_km: float


class DoneRun(Value, frozen=True, kw_only=True):
    """One run as it was done."""

    day: dt.date
    distance_m: float
    moving_s: float | None = None


class Pair(Value, frozen=True, kw_only=True):
    """A pair of shoes: kilometres and runs before its last run, and the day of that."""

    name: str
    km: float
    runs: int
    last: dt.date


class History(Value, frozen=True, kw_only=True):
    """The runner's own runs, oldest first, and their easy pace where it is known.

    `pairs` and `drifts` (day, form drift of the last third in own standard deviations) are for the
    early signs alone.
    """

    runs: tuple[DoneRun, ...] = ()
    easy_pace_s_per_km: float | None = None
    pairs: tuple[Pair, ...] = ()
    drifts: tuple[tuple[dt.date, float], ...] = ()

    def until(self, day: dt.date) -> History:
        """Return the same history with runs up to and including `day` only."""
        return msgspec.structs.replace(
            self,
            runs=tuple(r for r in self.runs if r.day <= day),
            drifts=tuple(d for d in self.drifts if d[0] <= day),
        )

    @property
    def last(self) -> dt.date | None:
        """The day of the last run."""
        return self.runs[-1].day if self.runs else None


class Outing(Value, frozen=True, kw_only=True):
    """A run, done or planned, as the rules see it."""

    day: dt.date
    km: float
    hard: bool | None = False  # None: not known, as for runs done
    race: bool = False


class Past(Value, frozen=True, kw_only=True):
    """Everything before a week: runs done and planned, and the phases of the planned weeks."""

    outings: tuple[Outing, ...] = ()
    phases: tuple[tuple[Phase, float], ...] = ()  # phase, running km of each planned week
    pace_s_per_km: float = 420.0


class Objection(Value, frozen=True, kw_only=True):
    """What a rule has against a week; `most` is the limit in `unit`, where there is one."""

    rule: str
    text: str
    session: str | None = None
    most: float | None = None
    unit: str | None = None


Rule: TypeAlias = "Callable[[Week, Past], Objection | None]"


@cache
def rows() -> dict[str, RuleRow]:
    """Return the rows of `rules.toml` by id."""
    return {row.id: row for row in knowledge.rows("rules.toml", "rule", RuleRow)}


def number(rule: str, name: str) -> float:
    """Return one number of one rule."""
    return rows()[rule].numbers[name]


def claims(*rules: str) -> tuple[str, ...]:
    """Return the claims of these rules, each once, in order."""
    return tuple(dict.fromkeys(c for rule in rules for c in rows()[rule].claims))


def peak_km(race_km: float) -> float:
    """Return the long run aimed at before a race, between the rows on a straight line; in km."""
    points = knowledge.rows("rules.toml", "peak", Peak)
    if race_km <= points[0].race_km:
        return race_km * points[0].long_km / points[0].race_km
    for low, high in itertools.pairwise(points):
        if race_km <= high.race_km:
            share = (race_km - low.race_km) / (high.race_km - low.race_km)
            return low.long_km + share * (high.long_km - low.long_km)
    return points[-1].long_km


# --- what the rules look at ---------------------------------------------------------------


def runs_of(week: Week) -> tuple[Session, ...]:
    """Return the sessions that hold running, by date."""
    found = [s for s in week.sessions if s.kind in RUNNING_KINDS]
    return tuple(sorted(found, key=lambda s: s.date))


def training_of(week: Week) -> tuple[Session, ...]:
    """Return the running sessions without the race."""
    return tuple(s for s in runs_of(week) if s.kind != "race")


def running_km(week: Week) -> float:
    """Return the week's running without the race; in km."""
    return sum(s.distance_km or 0.0 for s in training_of(week))


def running_min(session: Session, pace_s_per_km: float) -> float:
    """Return the minutes of running in a session, walking left out."""
    seconds = sum(
        step.repeat * (step.duration_s or (step.distance_km or 0.0) * pace_s_per_km)
        for step in session.steps
        if step.kind == "run"
    )
    return seconds / 60 if session.steps else (session.duration_min or 0.0)


def long_run(week: Week) -> Session | None:
    """Return the longest training run of the week (the later of equals)."""
    runs = training_of(week)
    return max(runs, key=lambda s: (s.distance_km or 0.0, s.date)) if runs else None


def longest_km(outings: Iterable[Outing], day: dt.date) -> float | None:
    """Return the longest run of the 30 days before `day`, in km; None where there was none."""
    window = int(number("session_cap", "window_days"))
    found = [o.km for o in outings if 1 <= (day - o.day).days <= window]
    return max(found, default=None)


def outings_of(history: History) -> tuple[Outing, ...]:
    """Return runs done as the rules see them; how hard they were is not known."""
    return tuple(Outing(day=r.day, km=r.distance_m / 1000, hard=None) for r in history.runs)


def outing(session: Session) -> Outing:
    """Return a planned run as the rules see it."""
    return Outing(
        day=session.date,
        km=session.distance_km or 0.0,
        hard=session.intensity == "hard",
        race=session.kind == "race",
    )


def _around(week: Week, past: Past, days: int = 40) -> list[Outing]:
    recent = [o for o in past.outings if 0 < (week.start - o.day).days + 7 <= days + 7]
    return sorted([*recent, *map(outing, runs_of(week))], key=lambda o: o.day)


def ladder_exempt(week: Week, session: Session, past: Past) -> bool:
    """Return whether a run is a ladder session of at most 30 minutes of running."""
    most = number("session_cap", "ladder_exempt_min")
    return week.phase == "ladder" and running_min(session, past.pace_s_per_km) <= most + 0.01


# --- the rules ----------------------------------------------------------------------------


def session_cap(week: Week, past: Past) -> Objection | None:
    """No run longer than 1.10 times the longest of the 30 days before, done or planned."""
    outings = _around(week, past)
    factor = number("session_cap", "factor")
    for session in training_of(week):
        longest = longest_km(outings, session.date)
        most = factor * (longest or 0.0)
        if (session.distance_km or 0.0) <= most + EPSILON_KM or ladder_exempt(week, session, past):
            continue
        reach = f"{longest:.1f} km" if longest is not None else "no run at all"
        return Objection(
            rule="session_cap",
            session=session.id,
            most=most,
            unit="km",
            text=f"{session.distance_km:.1f} km on {session.date}; in the 30 days before: {reach}.",
        )
    return None


def layoff(week: Week, past: Past) -> Objection | None:
    """After 14 days without a run the runs of 7 days stay within 20 minutes; from 90 run-walk."""
    outings = _around(week, past, days=400)
    days, most = int(number("layoff", "days")), number("layoff", "first_run_min")
    for session in training_of(week):
        gap = _return_gap(outings, session.date)
        if gap is None or gap < days:
            continue
        minutes = session.duration_min or running_min(session, past.pace_s_per_km)
        run_walk = gap >= number("layoff", "run_walk_days")
        if minutes > most + 0.01 or (run_walk and session.kind == "run"):
            return Objection(
                rule="layoff",
                session=session.id,
                most=most,
                unit="min",
                text=f"{minutes:.0f} minutes on {session.date}, after {gap} days without a run.",
            )
    return None


def _return_gap(outings: list[Outing], day: dt.date) -> int | None:
    """Return the days without a run before the return that `day` belongs to (first 7 days)."""
    first_days = int(number("layoff", "first_days"))
    days = sorted({o.day for o in outings if o.day <= day} | {day})
    for earlier, later in zip([None, *days], days, strict=False):
        if (day - later).days >= first_days:
            continue
        if earlier is None and later < day:
            continue  # the first run that is known: what lay before it is not
        gap = (later - earlier).days if earlier else 10_000
        if gap >= number("layoff", "days"):
            return gap
    return None


def ladder(week: Week, past: Past) -> Objection | None:
    """Ladder sessions stand 48 hours apart from any run before them."""
    if week.phase != "ladder":
        return None
    apart = int(number("ladder", "apart_days"))
    days = [o.day for o in _around(week, past)]
    for session in training_of(week):
        if any(0 < (session.date - day).days < apart for day in days):
            text = f"The run on {session.date} follows another by less than 48 hours."
            return Objection(rule="ladder", session=session.id, text=text)
    return None


def hard_easy(week: Week, past: Past) -> Objection | None:
    """No hard session the day after a hard one, a race or a long run."""
    outings = _around(week, past)
    for session in training_of(week):
        if session.intensity != "hard":
            continue
        before = [o for o in outings if (session.date - o.day).days == 1]
        longest = longest_km(outings, session.date) or 0.0
        if any(o.hard or o.race or o.km >= 0.8 * longest for o in before):
            text = f"The hard session on {session.date} follows a hard or long day."
            return Objection(rule="hard_easy", session=session.id, text=text)
    return None


def rest_day(week: Week, past: Past) -> Objection | None:
    """At least one day of the week has no run."""
    del past
    days = {s.date for s in runs_of(week)}
    if len(days) <= 7 - int(number("rest_day", "days")):
        return None
    shortest = min(training_of(week), key=lambda s: s.distance_km or 0.0)
    return Objection(rule="rest_day", session=shortest.id, text="Every day of the week has a run.")


def cutback(week: Week, past: Past) -> Objection | None:
    """After three building weeks comes a lighter one."""
    every = int(number("cutback", "every"))
    before = past.phases[-(every - 1) :]
    if week.phase != "build" or len(before) < every - 1 or any(p != "build" for p, _ in before):
        return None
    heaviest = max(km for _, km in before)
    most = number("cutback", "volume") * heaviest
    if running_km(week) <= most + EPSILON_KM:
        return None
    return Objection(
        rule="cutback", most=most, unit="km", text="Three weeks of building, and no lighter one."
    )


def long_share(week: Week, past: Past) -> Objection | None:
    """The long run stays below a share of the week that depends on the number of runs."""
    del past
    runs = training_of(week)
    if week.phase not in ("build", "maintain") or len(runs) < 3:
        return None
    name = {3: "three", 4: "four", 5: "five"}.get(len(runs), "six")
    longest = max(runs, key=lambda s: s.distance_km or 0.0)
    km = longest.distance_km or 0.0
    share = number("long_share", name)
    others = running_km(week) - km
    most = others * share / (1 - share)
    if km <= most + EPSILON_KM:
        return None
    text = f"The long run is {100 * km / (others + km):.0f} % of the week."
    return Objection(rule="long_share", session=longest.id, most=most, unit="km", text=text)


def intervals(week: Week, past: Past) -> Objection | None:
    """Fast running stays a small part: at most 24 minutes a session."""
    del past
    most = number("intervals", "most_min")
    for session in training_of(week):
        fast = sum(s.repeat * (s.duration_s or 0.0) for s in session.steps if s.intensity == "hard")
        if fast / 60 > most + 0.01:
            text = f"{fast / 60:.0f} minutes of fast running on {session.date}."
            return Objection(rule="intervals", session=session.id, most=most, unit="min", text=text)
    return None


def one_new_stress(week: Week, past: Past) -> Objection | None:
    """A week that brings the first hard session does not bring a longer long run.

    First: none among the planned runs of the four weeks before. Where runs done lie in them, how
    hard those were is not known, and the rule says nothing.
    """
    hard = [s for s in training_of(week) if s.intensity == "hard"]
    before = [o for o in _around(week, past) if 0 < (week.start - o.day).days <= 28]
    if not hard or any(o.hard is not False for o in before):
        return None
    longest = long_run(week)
    if longest is None:
        return None
    reach = longest_km(past.outings, week.start) or 0.0
    if (longest.distance_km or 0.0) <= reach + number("one_new_stress", "tolerance_km"):
        return None
    text = "The first hard session and a longer run than before in the same week."
    return Objection(rule="one_new_stress", session=hard[0].id, text=text)


def legs_before_long(week: Week, past: Past) -> Objection | None:
    """No heavy leg session the day before the week's long run."""
    del past
    longest = long_run(week)
    if longest is None:
        return None
    for session in week.sessions:
        eve = (longest.date - session.date).days == 1
        if eve and session.kind == "strength" and HEAVY_LEGS & {e.id for e in session.exercises}:
            text = f"Heavy legs on {session.date}, the day before the long run."
            return Objection(rule="legs_before_long", session=session.id, text=text)
    return None


def taper(week: Week, past: Past) -> Objection | None:
    """The last two weeks hold at most 59 % of the distance of the weeks before."""
    if week.phase not in ("taper", "race"):
        return None
    built = [km for phase, km in past.phases if phase in ("build", "maintain") and km > 0][-3:]
    if not built:
        return None
    most = (1 - number("taper", "least_cut")) * sum(built) / len(built)
    if running_km(week) <= most + EPSILON_KM:
        return None
    return Objection(rule="taper", most=most, unit="km", text="More than the taper allows.")


RULES: tuple[Rule, ...] = (
    session_cap,
    layoff,
    ladder,
    hard_easy,
    rest_day,
    cutback,
    one_new_stress,
    intervals,
    legs_before_long,
    taper,
    long_share,
)


# --- checking and obeying -----------------------------------------------------------------


def objections(week: Week, past: Past) -> tuple[Objection, ...]:
    """Return what the rules have against one week (at most one each)."""
    return tuple(o for rule in RULES if (o := rule(week, past)) is not None)


def obey(week: Week, objection: Objection, past: Past) -> Week:
    """Return the week with one objection met: a session shorter, easier, or left out.

    What is left out, or shortened below a kilometre, is gone; nothing ever grows, so that obeying
    in any order comes to an end [property-tested].
    """
    name = objection.session
    if name is None:  # the whole week is too much: everything in proportion
        km = running_km(week)
        factor = min((objection.most or 0.0) / km, 0.99) if km else 0.0
        return _changed(week, {s.id: _shorter(s, factor) for s in training_of(week)})
    session = next(s for s in week.sessions if s.id == name)
    if objection.unit == "km" and session.distance_km:
        factor = min((objection.most or 0.0) / session.distance_km, 0.99)
        return _changed(week, {name: _shorter(session, factor)})
    eased = session.intensity == "hard" and objection.rule != "ladder"
    del past
    return _changed(week, {name: _easier(session) if eased else None})


def _changed(week: Week, new: dict[str, Session | None]) -> Week:
    kept = (new.get(s.id, s) for s in week.sessions)
    return msgspec.structs.replace(week, sessions=tuple(s for s in kept if s is not None))


def _shorter(session: Session, factor: float) -> Session | None:
    km = (session.distance_km or 0.0) * factor
    if km < 1.0:
        return None
    steps = tuple(
        msgspec.structs.replace(
            s,
            distance_km=s.distance_km * factor if s.distance_km else s.distance_km,
            duration_s=s.duration_s * factor if s.duration_s else s.duration_s,
        )
        for s in session.steps
    )
    minutes = session.duration_min * factor if session.duration_min else session.duration_min
    return msgspec.structs.replace(session, distance_km=km, duration_min=minutes, steps=steps)


def _easier(session: Session) -> Session:
    steps = tuple(msgspec.structs.replace(s, intensity="easy") for s in session.steps)
    return msgspec.structs.replace(session, intensity="easy", steps=steps)


def past_of(history: History, pace_s_per_km: float) -> Past:
    """Return the past before the first planned week."""
    return Past(outings=outings_of(history), pace_s_per_km=pace_s_per_km)


def after(past: Past, week: Week) -> Past:
    """Return the past once the week is planned too."""
    return Past(
        outings=(*past.outings, *map(outing, runs_of(week))),
        phases=(*past.phases, (week.phase, running_km(week))),
        pace_s_per_km=past.pace_s_per_km,
    )


def check(plan: Plan, history: History, pace_s_per_km: float = 420.0) -> tuple[Objection, ...]:
    """Return every objection to a whole plan, week by week."""
    past = past_of(history, pace_s_per_km)
    found: list[Objection] = []
    for week in plan.weeks:
        found += objections(week, past)
        past = after(past, week)
    return tuple(found)
