"""The plan moves on the diary: each change by a stated rule, and no more than that."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backinstride import adapt, plan, programme, readiness
from backinstride.rules import DoneRun, History
from backinstride.values import BlockedBy, Verdict
from plan_runners import DAY, TODAY, broken, diary_of, race_in, runs_of, steady_runner

EXAMPLES = 4 * int(os.environ.get("BACKINSTRIDE_EXAMPLES", "1"))  # more on request
HISTORY = steady_runner((12.0,) * 10, easy_km=7.0)
LAST = max(r.day for r in HISTORY.runs)  # a Sunday, two days ago


def with_run(history: History, day, km, minutes) -> History:
    run = DoneRun(day=day, distance_m=1000 * km, moving_s=60 * minutes)
    return History(runs=(*history.runs, run), easy_pace_s_per_km=history.easy_pace_s_per_km)


def colour(*lines) -> str:
    said = readiness.said(diary_of(*lines), TODAY)
    return readiness.colour_of(TODAY - 3 * DAY, said)


RUN, NEXT = TODAY - 3 * DAY, TODAY - 2 * DAY


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), "green"),
        ((f"{RUN} run\n  pain: 2/10",), "green"),
        ((f"{RUN} run\n  pain: 3/10",), "amber"),
        ((f"{RUN} run\n  pain: 1/10\n  after: 4/10",), "amber"),
        ((f"{RUN} run\n  pain: 6/10",), "red"),
        ((f"{RUN} run\n  pain: 1/10\n  note: my left leg tingled",), "red"),
        ((f"{RUN} run\n  pain: 1/10\n  note: limped home",), "red"),
        ((f"{RUN} morning\n  pain: 1/10", f"{NEXT} morning\n  pain: 1/10"), "green"),
        ((f"{RUN} morning\n  pain: 1/10", f"{NEXT} morning\n  pain: 2/10"), "amber"),
        ((f"{RUN} morning\n  pain: 1/10", f"{NEXT} morning\n  pain: 3/10"), "red"),
        (
            (
                f"{RUN} morning\n  pain: 1/10",
                f"{NEXT} morning\n  pain: 2/10",
                f"{NEXT + DAY} morning\n  pain: 2/10",
            ),
            "red",
        ),
        ((f"{NEXT} morning\n  pain: 4/10",), "amber"),
        ((f"{NEXT} morning\n  pain: 7/10",), "red"),
    ],
)
@pytest.mark.seed("S3.8")
def test_green_amber_red(lines, expected):
    assert colour(*lines) == expected


def test_one_red_run_costs_48_hours_and_a_week_of_growth_not_months():
    race = race_in(152)
    history = with_run(HISTORY, TODAY - DAY, 7.0, 42)
    red = diary_of(f"{TODAY - DAY} run\n  pain: 6/10")
    quiet, hurt = (
        adapt.make(history, today=TODAY, race=race, diary=d) for d in (plan.NO_DIARY, red)
    )
    assert "red" in {c.rule for c in hurt.changes}
    assert runs_of(hurt)[0].date >= TODAY + DAY
    assert [w.phase for w in hurt.weeks] == [w.phase for w in quiet.weeks]
    assert hurt.feasible == quiet.feasible is True
    late = {s.id: s.distance_km for s in runs_of(quiet) if s.date > TODAY + 28 * DAY}
    after = {s.id: s.distance_km for s in runs_of(hurt)}
    assert set(late) <= set(after)
    assert all(abs(after[i] - km) <= 0.1 * km + 0.3 for i, km in late.items())


def test_two_red_runs_in_a_fortnight_go_back_to_the_ladder():
    history = with_run(with_run(HISTORY, TODAY - 6 * DAY, 7, 42), TODAY - DAY, 7, 42)
    diary = diary_of(f"{TODAY - 6 * DAY} run\n  pain: 6/10", f"{TODAY - DAY} run\n  pain: 6/10")
    found = adapt.make(history, today=TODAY, diary=diary)
    assert found.weeks[0].phase == "ladder"


def test_amber_repeats_the_rung():
    """After two green sessions the next rung; an amber one between asks for one more."""
    stop = TODAY - 12 * DAY
    episode = f'{stop} episode "seized"\n  onset: 1 km\n  pain: 5/10'
    history = History(runs=(*(r for r in HISTORY.runs if r.day < stop),), easy_pace_s_per_km=360)
    for ago in (9, 6, 3):
        history = with_run(history, TODAY - ago * DAY, 3.0, 30)
    green = readiness.read(history, diary_of(episode), today=TODAY)
    amber = readiness.read(
        history, diary_of(episode, f"{TODAY - 6 * DAY} run\n  pain: 4/10"), today=TODAY
    )
    red = readiness.read(
        history, diary_of(episode, f"{TODAY - 3 * DAY} run\n  pain: 7/10"), today=TODAY
    )
    start = readiness.start_rung(1.0)
    assert (green.rung, green.rung_done) == (start + 1, 1)
    assert (amber.rung, amber.rung_done) == (start + 1, 0)
    assert (red.rung, red.rung_done) == (start, 0)


def test_a_watch_that_records_the_walking_does_not_jump_the_ladder():
    walked = DoneRun(day=TODAY, distance_m=4300, moving_s=35 * 60)
    run = DoneRun(day=TODAY, distance_m=5200, moving_s=31 * 60)
    assert readiness.shown_rung(walked) is None
    assert readiness.shown_rung(run) == readiness.rung_index("run-30")


@pytest.mark.seed("S1.2")
def test_missed_sessions_are_named_and_not_made_up():
    today = TODAY + 2 * DAY  # Tuesday's run was planned; nothing was run since Sunday
    found = adapt.make(HISTORY, today=today)
    missed = [c for c in found.changes if c.rule == "missed"]
    assert any(c.session == "2026-11-23-run-1" for c in missed)
    assert "not made up" in missed[0].text
    week = [s for s in runs_of(found) if s.date <= TODAY + 5 * DAY]
    usual = [s for s in runs_of(adapt.make(HISTORY, today=TODAY)) if s.date <= TODAY + 5 * DAY]
    assert sum(s.distance_km for s in week) < sum(s.distance_km for s in usual)


def test_planned_and_done_are_counted():
    before = plan.make(HISTORY, today=TODAY)
    history = with_run(HISTORY, TODAY + DAY, 7.0, 42)  # Tuesday's run, a day late
    found = adapt.kept(before, history, TODAY, TODAY + 5 * DAY)
    assert (found.planned, found.done) == (3, 1)
    assert found.missed == ("2026-11-23-run-2", "2026-11-23-long")
    assert found.extra == ()
    assert found.done_km == 7.0


def test_illness_stops_running_and_brings_an_easy_week():
    diary = diary_of(f'{TODAY} note "in bed with flu"')
    found = adapt.make(HISTORY, today=TODAY, diary=diary)
    assert runs_of(found)[0].date >= TODAY + 2 * DAY
    assert not any(s.intensity == "hard" for s in runs_of(found) if s.date <= TODAY + 7 * DAY)
    assert "illness" in {c.rule for c in found.changes}


def test_an_episode_becomes_a_readable_diff():
    diary = diary_of(f'{TODAY} episode "seized at 8 km"\n  onset: 8 km\n  pain: 7/10')
    found = adapt.make(HISTORY, today=TODAY, race=race_in(152), diary=diary)
    texts = [c.text for c in found.changes]
    assert any("Left out" in t or "becomes" in t for t in texts)
    assert all(c.rule and c.text.endswith(".") for c in found.changes)
    assert {c.rule for c in found.changes} & {"new_episode", "settle"}


def test_a_warning_sign_sets_the_sessions_aside_and_says_how_many():
    blocked = BlockedBy(level="same_day", flags=("fever",))
    found = adapt.make(HISTORY, today=TODAY, blocked=blocked)
    assert found.weeks == ()
    assert "sessions are set aside" in found.changes[-1].text
    assert found.changes[-1].rule == "triage"


def test_within_days_keeps_running_easy_and_no_longer():
    verdict = Verdict(level="within_days", within_hours=48, flags=("night_pain",))
    found = adapt.make(HISTORY, today=TODAY, race=race_in(100), verdict=verdict)
    near = [s for s in runs_of(found) if s.date <= TODAY + 13 * DAY]
    assert near
    assert not any(s.intensity == "hard" for s in near)
    assert max(s.distance_km for s in near if s.date <= TODAY + 5 * DAY) <= 12.0
    assert "triage" in {c.rule for c in found.changes}


def test_seven_calm_mornings_end_the_ladder_below_running_twenty_minutes():
    stop = TODAY - 10 * DAY
    history = History(runs=tuple(r for r in HISTORY.runs if r.day <= stop), easy_pace_s_per_km=360)
    calm = [f"{stop + k * DAY} morning\n  pain: 0/10" for k in range(1, 9)]
    diary = diary_of(f'{stop} episode "seized"\n  onset: 1 km\n  pain: 5/10', *calm)
    found = readiness.read(history, diary, today=TODAY)
    assert not found.open_episode
    assert found.rung == readiness.rung_index("run-20")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 5),
    st.sampled_from((0, 3, 20, 95)),
    st.lists(st.sampled_from((0, 0, 0, 1, 2, 4, 7)), min_size=7, max_size=7),
)
def test_following_the_plan_day_by_day_keeps_every_promise(weeks, gap, pains):
    """Seven days lived by the plan: promises hold each day, and sessions keep their ids."""
    history = steady_runner((10.0,) * weeks, easy_km=6.0, until=TODAY - gap * DAY)
    lines: list[str] = []
    for k, pain in enumerate(pains):
        today = TODAY + k * DAY
        lines.append(f"{today} morning\n  pain: {pain}/10")
        found = plan.make(
            history, today=today, diary=diary_of(*lines), race=race_in(130), options=False
        )
        assert broken(found, history, history.easy_pace_s_per_km or 420.0) == []
        for session in runs_of(found):
            if session.date == today and pain <= 2:
                history = with_run(history, today, session.distance_km, session.duration_min)


def test_a_session_keeps_its_id_on_a_quiet_next_day():
    race = race_in(152)
    before = plan.make(HISTORY, today=TODAY, race=race)
    first = runs_of(before)[0]
    assert first.date == TODAY
    history = with_run(HISTORY, TODAY, first.distance_km, first.distance_km * 6)
    now = plan.make(history, today=TODAY + DAY, race=race)
    old = {s.id: (s.date, s.title) for s in runs_of(before)[1:]}
    new = {s.id: (s.date, s.title) for s in runs_of(now)}
    assert old == new
    changed = adapt.make(history, today=TODAY + DAY, race=race).changes
    assert not any("Left out" in c.text or c.rule == "missed" for c in changed)


def test_a_shortened_or_moved_session_keeps_its_id():
    before = plan.make(HISTORY, today=TODAY)
    diary = diary_of(f"{TODAY} visit\n  who: physio\n  max_km: 4 km")
    now = plan.make(HISTORY, today=TODAY, diary=diary)
    assert {s.id for s in runs_of(now)} == {s.id for s in runs_of(before)}
    moved = plan.make(HISTORY, today=TODAY, run_days=(2, 4, 6))
    names = {s.id for s in runs_of(moved)}
    assert {"2026-11-30-run-1", "2026-11-30-run-2", "2026-11-30-long"} <= names


def test_adherence_of_strength_counts_planned_done_supervised_and_skipped():
    before = plan.make(HISTORY, today=TODAY)
    days = [s.date for w in before.weeks for s in w.sessions if s.kind == "strength"]
    diary = diary_of(
        f"{days[0]} strength\n  with: physio\n  squat: 60 kg 3x6",
        f"{days[1]} strength\n  skipped: yes",
    )
    strength = programme.adherence(before, diary, TODAY, TODAY + 6 * DAY)[0]
    assert (strength.planned, strength.done) == (len([d for d in days if d <= TODAY + 6 * DAY]), 1)
    assert (strength.supervised, strength.skipped) == (1, 1)
