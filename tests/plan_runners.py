"""Invented runners for the tests of the plan, and the interface's invariants checked from outside.

`broken` knows nothing of rules.py: it reads the plan as interface.md describes it.
"""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from backinstride import diary as diaries
from backinstride import knowledge
from backinstride.rules import DoneRun, History
from backinstride.values import Plan, Race, Session

TODAY = dt.date(2026, 11, 24)  # a Tuesday
DAY = dt.timedelta(days=1)
RUNS = ("run", "run_walk")


def steady_runner(longs_km, *, until=TODAY, days=(1, 3, 6), easy_km=8.0, pace=360.0) -> History:
    """A runner with one long run a week on the last of `days`, whole weeks before `until`."""
    monday = until - until.weekday() * DAY
    runs = []
    for age, long_km in zip(range(len(longs_km), 0, -1), longs_km, strict=True):
        for day in days:
            km = long_km if day == days[-1] else easy_km
            on = monday - age * 7 * DAY + day * DAY
            runs.append(DoneRun(day=on, distance_m=1000 * km, moving_s=pace * km))
    return History(runs=tuple(runs), easy_pace_s_per_km=pace)


def diary_of(*blocks: str):
    return diaries.parse("\n\n".join(blocks) + "\n")


def runs_of(plan: Plan) -> list[Session]:
    found = [s for w in plan.weeks for s in w.sessions if s.kind in RUNS]
    return sorted(found, key=lambda s: s.date)


def sessions(plan: Plan, kind: str) -> list[Session]:
    return [s for w in plan.weeks for s in w.sessions if s.kind == kind]


def race_in(days: int, km: float = 42.195, today=TODAY) -> Race:
    return Race(date=today + days * DAY, distance_km=km)


def running_seconds(session: Session, pace: float) -> float:
    return sum(
        s.repeat * (s.duration_s or (s.distance_km or 0) * pace)
        for s in session.steps
        if s.kind == "run"
    )


def broken(plan: Plan, history: History, pace: float) -> list[str]:
    """Return every promise of interface.md that the plan breaks."""
    found: list[str] = []
    everything = [(w, s) for w in plan.weeks for s in w.sessions]
    ids = [s.id for _, s in everything]
    if len(ids) != len(set(ids)):
        found.append("an id twice")
    done = [(r.day, r.distance_m / 1000) for r in history.runs]
    phases = {s.id: w.phase for w, s in everything}
    planned = sorted((s for _, s in everything if s.kind in (*RUNS, "race")), key=lambda s: s.date)
    for week in plan.weeks:
        if week.start.weekday() != 0:
            found.append(f"{week.start} is no Monday")
        if any(not week.start <= s.date <= week.start + 6 * DAY for s in week.sessions):
            found.append(f"a session outside the week of {week.start}")
    for session in planned:
        found += _run_faults(session, phases[session.id], done, pace)
        done.append((session.date, session.distance_km or 0))
    for _, session in everything:
        if session.kind != "rest" and not session.claims:
            found.append(f"{session.id} has no claim")
        found += [f"claim {c}" for c in session.claims if knowledge.claim(c) is None]
        if session.kind in ("strength", "mobility") and not session.exercises:
            found.append(f"{session.id} is empty")
    found += _order_faults(plan)
    return found


def _run_faults(session, phase, done, pace) -> list[str]:
    found = []
    if not session.distance_km or session.intensity is None or not session.stop_if:
        found.append(f"{session.id}: distance, intensity or stop rule missing")
    minutes = running_seconds(session, pace) / 60
    before = [km for day, km in done if 1 <= (session.date - day).days <= 30]
    longest = max(before, default=0.0)
    exempt = session.kind == "race" or (phase == "ladder" and minutes <= 30.01)
    if not exempt and session.distance_km > 1.10 * longest + 1e-6:
        found.append(f"{session.id}: {session.distance_km} km after {longest} km")
    last = max((day for day, _ in done if day < session.date), default=None)
    gap = (session.date - last).days if last else 10_000
    if session.kind != "race" and gap >= 14 and session.duration_min > 20:
        found.append(f"{session.id}: {session.duration_min} min after {gap} days")
    if session.kind != "race" and gap >= 90 and session.kind != "run_walk":
        found.append(f"{session.id}: no run-walk after {gap} days")
    near = [day for day, _ in done if 0 < (session.date - day).days < 2]
    if phase == "ladder" and session.kind != "race" and near:
        found.append(f"{session.id}: less than 48 h on the ladder")
    # A race today may stand beside a jog that morning, or be the run that was just recorded.
    if session.kind != "race" and any(day == session.date for day, _ in done):
        found.append(f"{session.id}: two runs on a day")
    steps = sum(s.repeat * (s.duration_s or (s.distance_km or 0) * pace) for s in session.steps)
    if abs(steps / 60 - session.duration_min) > 0.2:
        found.append(f"{session.id}: steps take {steps / 60} min, not {session.duration_min}")
    return found


def _order_faults(plan: Plan) -> list[str]:
    found = []
    by_day = {s.date: (w, s) for w in plan.weeks for s in w.sessions if s.kind in RUNS}
    for day, (_, session) in by_day.items():
        before = by_day.get(day - DAY)
        if session.intensity != "hard" or before is None:
            continue
        week, other = before
        longest = max(s.distance_km for s in week.sessions if s.kind in RUNS)
        if other.intensity == "hard" or other.distance_km >= longest:
            found.append(f"{session.id} is hard after {other.id}")
    row = 0
    for week in plan.weeks:
        row = row + 1 if week.phase == "build" else 0
        if row > 3:
            found.append(f"no lighter week by {week.start}")
    return found


# --- generated runners --------------------------------------------------------------------

_NOTE = st.sampled_from(
    (
        'episode "it seized"\n  onset: 6 km\n  pain: 7/10',
        'episode "sore after"\n  when: after\n  pain: 3/10',
        "morning\n  pain: 0/10",
        "morning\n  pain: 4/10",
        "run\n  pain: 2/10",
        "run\n  pain: 6/10\n  after: 3/10",
        "walk\n  duration: 30 min\n  pain: 1/10",
        'note "in bed with flu"',
        "visit\n  who: physio\n  max_km: 5 km",
        "visit\n  who: physio\n  only: walking, pool",
        "visit\n  who: physio\n  no_run_until: 2026-12-20\n  review: 2027-01-10",
    )
)


@st.composite
def runners(draw):
    """Return (history, race, run_days, diary, start) of a runner nobody has met."""
    pace = draw(st.sampled_from((None, 280.0, 360.0, 450.0)))
    base = draw(st.floats(1, 30))
    day = TODAY - draw(st.sampled_from((0, 1, 2, 6, 13, 14, 20, 30, 31, 89, 90, 300))) * DAY
    runs = []
    for gap, factor in draw(
        st.lists(st.tuples(st.integers(0, 9), st.floats(0.3, 2.0)), max_size=40)
    ):
        km = round(base * factor, 2)
        runs.append(DoneRun(day=day, distance_m=1000 * km, moving_s=pace and pace * km))
        day -= gap * DAY
    race = draw(
        st.one_of(
            st.none(),
            st.builds(
                race_in,
                st.integers(0, 300),
                st.sampled_from((5.0, 10.0, 21.1, 42.195, 100.0)),
            ),
        )
    )
    days = draw(
        st.one_of(st.none(), st.sets(st.integers(0, 6), min_size=1).map(lambda d: tuple(sorted(d))))
    )
    notes = draw(st.lists(st.tuples(st.integers(0, 40), _NOTE), max_size=6))
    diary = diary_of(*(f"{TODAY - ago * DAY} {note}" for ago, note in notes))
    start = TODAY + draw(st.sampled_from((0, 0, 0, 1, 5, 20))) * DAY
    return History(runs=tuple(reversed(runs)), easy_pace_s_per_km=pace), race, days, diary, start
