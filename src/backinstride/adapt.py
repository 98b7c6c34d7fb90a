"""The plan that moves on the diary: today's plan, what it was a week ago, and why it differs.

The moving itself is in `plan.make`, which reads the diary anew each day. Here the two plans are
laid side by side: what was missed, what became shorter, easier, moved or left out, each with the
rule that did it. One bad day changes the days after it; the weeks further on keep their phases.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from backinstride import plan, readiness
from backinstride.diary import Diary
from backinstride.rules import DAY, RUNNING_KINDS
from backinstride.values import Plan, PlanChange, Session, Value

if TYPE_CHECKING:
    from backinstride.plan import History
    from backinstride.values import BlockedBy, Race, Story, Verdict

LOOK_BACK_DAYS = 7
SHOWN_DAYS = 14
NEAR_DAYS = 1  # a run done the day before or after counts as the planned one


class Kept(Value, frozen=True, kw_only=True):
    """Planned and done runs between two days: how the plan was kept."""

    planned: int
    done: int
    planned_km: float
    done_km: float
    missed: tuple[str, ...] = ()  # ids of the sessions without a run near them
    extra: tuple[dt.date, ...] = ()  # days of runs that were not planned


def make(
    history: History,
    *,
    today: dt.date,
    race: Race | None = None,
    start: dt.date | None = None,
    verdict: Verdict | None = None,
    blocked: BlockedBy | None = None,
    no_running: bool = False,
    diary: Diary = plan.NO_DIARY,
    story: Story | None = None,
    run_days: tuple[int, ...] | None = None,
    **more: Any,
) -> Plan:
    """Return today's plan with the changes of the last week, each with its rule and reason.

    Same arguments as `plan.make`. What a plan of a week ago would have said is computed from the
    runs and the diary of that day.
    """
    now = plan.make(
        history,
        today=today,
        race=race,
        start=start,
        verdict=verdict,
        blocked=blocked,
        no_running=no_running,
        diary=diary,
        story=story,
        run_days=run_days,
        **more,
    )
    if start is not None and start > today:
        return now
    before = earlier(
        history, today=today, race=race, diary=diary, story=story, run_days=run_days, **more
    )
    if now.blocked_by is not None:
        return _with(now, (*now.changes, *_emptied(now, before, today)))
    missed = missed_of(before, history, today)
    changes = (*now.changes, *missed, *difference(before, now, today))
    return _with(now, tuple(sorted(changes, key=lambda c: (c.date, c.rule, c.session or ""))))


def earlier(
    history: History,
    *,
    today: dt.date,
    race: Race | None,
    diary: Diary,
    story: Story | None = None,
    run_days: tuple[int, ...] | None = None,
    **more: Any,
) -> Plan:
    """Return the plan as it stood a week ago, from what was known then."""
    then = today - LOOK_BACK_DAYS * DAY
    known = Diary(entries=tuple(e for e in diary.entries if e.date < then))
    told = story is not None and readiness.story_day(diary, story, today) < then
    return plan.make(
        history.until(then - DAY),
        today=then,
        race=race,
        diary=known,
        story=story if told else None,
        run_days=run_days,
        options=False,
        **more,
    )


def _with(one: Plan, changes: tuple[PlanChange, ...]) -> Plan:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    return Plan(**{**fields, "changes": changes})


# --- what was kept ------------------------------------------------------------------------


def kept(before: Plan, history: History, since: dt.date, until: dt.date) -> Kept:
    """Return planned and done runs of the days `since` to `until`, both included."""
    planned = [s for s in _runs(before) if since <= s.date <= until]
    done = [r for r in history.runs if since <= r.day <= until]
    free = sorted({r.day for r in done})
    missed = []
    for session in planned:
        near = [d for d in free if abs((d - session.date).days) <= NEAR_DAYS]
        if near:
            free.remove(min(near, key=lambda d: abs((d - session.date).days)))
        else:
            missed.append(session.id)
    return Kept(
        planned=len(planned),
        done=len({r.day for r in done}),
        planned_km=round(sum(s.distance_km or 0.0 for s in planned), 2),
        done_km=round(sum(r.distance_m for r in done) / 1000, 2),
        missed=tuple(missed),
        extra=tuple(free),
    )


def missed_of(before: Plan, history: History, today: dt.date) -> tuple[PlanChange, ...]:
    """Return one line a missed run of the last week: it is not made up."""
    found = kept(before, history, today - LOOK_BACK_DAYS * DAY, today - 2 * DAY)
    by_id = {s.id: s for s in _runs(before)}
    return tuple(
        PlanChange(
            date=by_id[name].date,
            rule="missed",
            session=name,
            text=f"{by_id[name].title} of {by_id[name].date} was not run; it is not made up.",
        )
        for name in found.missed
    )


def _runs(one: Plan) -> list[Session]:
    return [s for w in one.weeks for s in w.sessions if s.kind in RUNNING_KINDS]


# --- what differs -------------------------------------------------------------------------


def difference(before: Plan, now: Plan, today: dt.date) -> tuple[PlanChange, ...]:
    """Return what became of the sessions of the next two weeks, in the words of a diff."""
    until = today + (SHOWN_DAYS - 1) * DAY
    old = {s.id: s for w in before.weeks for s in w.sessions if today <= s.date <= until}
    new = {s.id: s for w in now.weeks for s in w.sessions if today <= s.date <= until}
    all_new = {s.id: s for w in now.weeks for s in w.sessions}
    rule = _cause(now)
    found = []
    for name, was in old.items():
        if was.kind not in RUNNING_KINDS:
            continue
        text = _became(was, all_new.get(name))
        if text is not None:
            found.append(PlanChange(date=was.date, rule=rule, session=name, text=text))
    for name, session in new.items():
        if session.kind in RUNNING_KINDS and name not in old:
            text = f"New: {session.title} on {session.date}."
            found.append(PlanChange(date=session.date, rule=rule, session=name, text=text))
    return tuple(found)


def _became(was: Session, is_now: Session | None) -> str | None:
    """Return how a session changed; None where it did not, or by less than half a kilometre."""
    if is_now is None:
        return f"Left out: {was.title} on {was.date}."
    if is_now.date != was.date:
        return f"Moved from {was.date} to {is_now.date}: {is_now.title}."
    if is_now.kind != was.kind or is_now.intensity != was.intensity:
        return f"{was.title} becomes: {is_now.title}."
    change = (is_now.distance_km or 0.0) - (was.distance_km or 0.0)
    if abs(change) < 0.5:
        return None
    return f"{'Longer' if change > 0 else 'Shorter'}: {was.title} becomes {is_now.title}."


def _cause(now: Plan) -> str:
    """Return the rule behind the difference: the latest one that the diary set off."""
    return now.changes[-1].rule if now.changes else "session_cap"


def _emptied(now: Plan, before: Plan, today: dt.date) -> tuple[PlanChange, ...]:
    assert now.blocked_by is not None
    gone = sum(s.date >= today for w in before.weeks for s in w.sessions)
    text = (
        f"An open warning sign ({', '.join(now.blocked_by.flags)}): {gone} sessions are set aside."
    )
    return (PlanChange(date=today, rule="triage", text=text),)
