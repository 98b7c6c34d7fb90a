"""The rules: each objects to what it forbids, and obeying one never makes another object."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backinstride import knowledge, plan, rules
from backinstride.rules import Outing, Past
from backinstride.values import ExerciseDose, Session, Step, Week
from plan_runners import DAY, TODAY, runners, steady_runner

MONDAY = TODAY - TODAY.weekday() * DAY


def run(day, km, *, name="run-1", minutes=None, intensity="easy", kind="run", hard_min=0.0):
    steps = [Step(kind="run", distance_km=km, intensity="easy")]
    if hard_min:
        steps.append(Step(kind="run", duration_s=60 * hard_min, intensity="hard"))
    return Session(
        id=f"{MONDAY}-{name}",
        date=MONDAY + day * DAY,
        kind=kind,
        distance_km=km,
        duration_min=minutes or km * 7,
        intensity=intensity,
        steps=tuple(steps),
    )


def week(*sessions, phase="build"):
    return Week(start=MONDAY, phase=phase, sessions=sessions)


def past(*outings, phases=()):
    return Past(
        outings=tuple(
            Outing(day=MONDAY - ago * DAY, km=km, hard=hard) for ago, km, hard in outings
        ),
        phases=phases,
    )


CASES = [
    (rules.session_cap, week(run(6, 12.2)), past((3, 11.0, None)), 12.1),
    (rules.session_cap, week(run(6, 5.0)), past((40, 11.0, None)), 0.0),
    (rules.layoff, week(run(2, 4.0, minutes=28)), past((20, 10.0, None)), 20.0),
    (rules.layoff, week(run(2, 2.0, minutes=14)), past((95, 10.0, None)), 20.0),
    (rules.ladder, week(run(0, 2.0), run(1, 2.0, name="run-2"), phase="ladder"), past(), None),
    (rules.hard_easy, week(run(1, 8.0, intensity="hard")), past((0, 8.0, True)), None),
    (
        rules.hard_easy,
        week(run(6, 12.0), run(0, 6.0, intensity="hard")),
        past((1, 20.0, None)),
        None,
    ),
    (rules.rest_day, week(*(run(d, 5.0, name=f"run-{d}") for d in range(7))), past(), None),
    (
        rules.cutback,
        week(run(6, 20.0)),
        past((1, 20.0, None), phases=(("build", 20.0), ("build", 20.0), ("build", 20.0))),
        15.0,
    ),
    (
        rules.one_new_stress,
        week(run(1, 5.0, intensity="hard"), run(6, 12.0)),
        past((5, 10.0, False)),
        None,
    ),
    (rules.intervals, week(run(1, 9.0, intensity="hard", hard_min=30)), past(), 24.0),
    (
        rules.legs_before_long,
        week(
            run(6, 12.0, name="long"),
            Session(
                id="s",
                date=MONDAY + 5 * DAY,
                kind="strength",
                exercises=(ExerciseDose(id="squat", sets=3, reps=5),),
            ),
        ),
        past(),
        None,
    ),
    (rules.taper, week(run(6, 13.0), phase="taper"), past(phases=(("build", 20.0),) * 3), 11.8),
    (
        rules.long_share,
        week(run(0, 4.0), run(2, 4.0, name="b"), run(6, 16.0, name="c")),
        past(),
        12.0,
    ),
]


@pytest.mark.parametrize(("rule", "bad", "before", "most"), CASES)
def test_each_rule_objects_to_what_it_forbids(rule, bad, before, most):
    found = rule(bad, before)
    assert found is not None
    assert found.rule == rule.__name__
    assert found.text
    if most is not None:
        assert found.most == pytest.approx(most)


def test_a_ladder_session_of_half_an_hour_is_exempt_from_the_cap():
    ladder = week(
        Session(
            id="x",
            date=MONDAY,
            kind="run",
            distance_km=4.3,
            duration_min=30,
            steps=(Step(kind="run", duration_s=1800),),
        ),
        phase="ladder",
    )
    assert rules.session_cap(ladder, past()) is None
    assert rules.session_cap(week(*ladder.sessions), past()) is not None


def test_every_rule_has_a_row_with_known_claims_and_a_stated_risk():
    for rule in rules.RULES:
        assert rule.__name__ in rules.rows()
    for row in rules.rows().values():
        assert row.claims, row.id
        assert row.risk, row.id
        assert all(knowledge.claim(c).status in ("F", "own") for c in row.claims), row.id


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runners())
def test_no_binding_rule_objects_to_any_plan(runner):
    history, race, days, diary, start = runner
    found = plan.make(history, today=TODAY, race=race, diary=diary, run_days=days, start=start)
    pace = history.easy_pace_s_per_km or 420.0
    bad = [o for o in rules.check(found, history, pace) if rules.rows()[o.rule].binds]
    assert bad == []


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.floats(1, 40), st.sampled_from(("easy", "hard"))),
        max_size=7,
        unique_by=lambda s: s[0],
    ),
    st.lists(
        st.tuples(st.integers(1, 40), st.floats(1, 30), st.sampled_from((True, False, None))),
        max_size=12,
    ),
    st.sampled_from(("build", "taper", "ladder", "cutback")),
    st.randoms(use_true_random=False),
)
def test_obeying_in_any_order_ends_with_nothing_left_to_object(asked, before, phase, rng):
    """Monotone: every objection is met by a shorter, easier or dropped session, and it ends."""
    current = week(*(run(d, km, name=f"run-{d}", intensity=i) for d, km, i in asked), phase=phase)
    behind = past(*before, phases=(("build", 30.0),) * 3)
    for _ in range(200):
        found = rules.objections(current, behind)
        if not found:
            break
        current = rules.obey(current, rng.choice(found), behind)
    assert rules.objections(current, behind) == ()


def test_peak_long_runs_between_the_rows():
    assert rules.peak_km(42.2) == pytest.approx(32.2)
    assert rules.peak_km(30.0) == pytest.approx(18 + (30 - 21.1) / (42.2 - 21.1) * 14.2)
    assert rules.peak_km(1.6) < 2
    assert rules.peak_km(160) == 50


def test_checking_a_plan_from_elsewhere():
    """A published jump from 8 to 13 km is named; our own plan is not."""
    history = steady_runner((8.0,) * 4, easy_km=5.0)
    jump = msgspec.structs.replace if hasattr(msgspec.structs, "replace") else dataclasses.replace
    found = plan.make(history, today=TODAY)
    assert rules.check(found, history, 360.0) == ()
    worse = jump(found, weeks=(week(run(6, 13.0, name="long")),))
    assert next(o.rule for o in rules.check(worse, history, 360.0)) == "session_cap"
