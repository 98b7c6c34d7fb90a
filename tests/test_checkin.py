"""Check-ins: what is due, in order, with the entry that records it."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from backinstride import checkin, diary, knowledge

TODAY = dt.date(2026, 11, 24)
EVENT = '2026-11-20 episode "spasm at 12 km"\n  pain: 6/10\n'
ANSWERED = "2026-11-21 check\n" + "".join(
    f"  {name}: no\n" for row in knowledge.never_volunteered() for name in row.findings
)


def book(*blocks: str) -> diary.Diary:
    parsed = diary.parse("\n".join(blocks))
    assert not parsed.problems
    return parsed


def ids(kept: diary.Diary, runs: pl.DataFrame | None = None, today: dt.date = TODAY) -> list[str]:
    return [item.id for item in checkin.due(kept, runs, today)]


def ran(*days: dt.date) -> pl.DataFrame:
    return pl.DataFrame({"day": list(days)}, schema={"day": pl.Date})


def test_nothing_is_due_in_an_empty_diary() -> None:
    assert checkin.due(book(), None, TODAY) == ()


def test_the_morning_after_a_run_is_due_until_it_is_given() -> None:
    runs = ran(dt.date(2026, 11, 23))
    due = checkin.due(book(), runs, TODAY)
    assert [item.id for item in due] == ["morning:2026-11-24"]
    assert [question.id for question in due[0].questions] == ["pain", "stiff"]
    assert "morning after your run" in due[0].text
    given = book("2026-11-24 morning\n  pain: 1/10\n  stiff: 5 min\n")
    assert ids(given, runs) == []
    assert ids(book(), ran(dt.date(2026, 11, 22))) == ["morning:2026-11-23"]
    assert ids(book(), ran(dt.date(2026, 11, 10))) == []
    assert ids(book(), ran(dt.date(2026, 11, 25))) == []


def test_run_entries_of_the_diary_stand_in_for_runs() -> None:
    assert ids(book("2026-11-23 run\n  effort: easy\n")) == ["morning:2026-11-24"]


def test_safety_comes_first_and_no_answer_is_written_in_advance() -> None:
    due = checkin.due(book(EVENT), None, TODAY)
    assert due[0].kind == "safety"
    assert [q.id for q in due[0].questions][:2] == ["saddle_numbness", "bladder"]
    parsed = diary.parse(due[0].entry)
    # Left as it stands it counts as unsure: never as a no.
    from backinstride import diary_views, triage

    assert set(diary_views.checks(parsed)[0].answers.values()) == {"unsure"}
    assert triage.assess(diary=parsed, today=TODAY).blocked is not None


def test_order_while_an_episode_is_open() -> None:
    kinds = [item.kind for item in checkin.due(book(EVENT), None, TODAY)]
    assert kinds == ["safety", "morning", "activities"]
    later = [item.kind for item in checkin.due(book(EVENT, ANSWERED), None, dt.date(2026, 11, 28))]
    assert later == ["safety", "morning", "timer", "week", "activities"]


def test_safety_is_quiet_for_seven_days_after_the_answers() -> None:
    kept = book(EVENT, ANSWERED)
    assert "safety" not in ids(kept, today=dt.date(2026, 11, 27))
    assert "safety" in ids(kept, today=dt.date(2026, 11, 28))


def test_the_week_in_four_questions_of_our_own() -> None:
    rows = checkin.asked("week")
    assert [row.name for row in rows] == ["pain", "running", "normal_day", "worry"]
    kept = book(EVENT)
    assert "week" not in ids(kept, today=dt.date(2026, 11, 26))
    assert "week" in ids(kept, today=dt.date(2026, 11, 27))
    given = book(EVENT, "2026-11-26 week\n  pain: 3\n  running: less\n")
    assert "week" not in ids(given, today=dt.date(2026, 11, 30))
    assert "week" in ids(given, today=dt.date(2026, 12, 3))


def test_entries_can_be_read_back() -> None:
    for item in checkin.due(book(EVENT), ran(TODAY), dt.date(2026, 12, 10)):
        if item.entry:
            parsed = diary.parse(item.entry)
            assert len(parsed.entries) == 1
            assert not parsed.problems


def test_own_activities_and_a_clear_change() -> None:
    before = book(
        EVENT,
        "2026-11-21 week\n  activity: sitting through a meeting, 4/10\n  activity: socks 3/10\n",
    )
    assert [a.name for a in checkin.activities(before, TODAY)] == [
        "sitting through a meeting",
        "socks",
    ]
    assert checkin.change(checkin.activities(before, TODAY)) == "unclear"
    assert "activities" not in ids(before)
    assert "Score again: sitting through a meeting, socks." in [
        item.text for item in checkin.due(before, None, dt.date(2026, 11, 28))
    ]
    after = book(
        EVENT,
        "2026-11-21 week\n  activity: sitting through a meeting, 4/10\n  activity: socks 3/10\n",
        "2026-11-23 week\n  activity: sitting through a meeting, 7/10\n  activity: socks 5/10\n",
    )
    changed = checkin.activities(after, TODAY)
    assert [a.change for a in changed] == [3.0, 2.0]
    assert checkin.change(changed) == "better"
    assert checkin.change(()) is None


def test_a_change_below_the_clear_one_is_unclear() -> None:
    small = (checkin.ActivityChange(name="a", first=4, latest=6.2),)
    worse = (checkin.ActivityChange(name="a", first=6, latest=3),)
    assert checkin.change(small) == "unclear"
    assert checkin.change(worse) == "worse"


def test_timers_and_the_walk_question_are_due() -> None:
    kept = book(EVENT, "2026-12-04 morning\n  pain: 6/10\n")
    due = {item.id: item for item in checkin.due(kept, None, dt.date(2026, 12, 4))}
    assert "timer-2-weeks" in due
    assert "not_improving" in {q.id for q in due["timer-2-weeks"].questions}
    assert "walk-30" in due
    walked = book(EVENT, "2026-12-03 week\n  walk_30: yes\n")
    assert "walk-30" not in ids(walked, today=dt.date(2026, 12, 4))


@pytest.mark.seed("S3.25")
def test_the_persons_own_deadline_stands_in_what_is_due() -> None:
    kept = book(
        '2026-11-22 story "My back is stiff for two weeks. '
        'If it is no better in one more week, I will see a doctor."\n'
    )
    due = [item for item in checkin.due(kept, None, TODAY) if item.kind == "promise"]
    assert [item.day for item in due] == [dt.date(2026, 11, 29)]
    assert "5 days left" in due[0].text
    assert "within our own timer" in due[0].text


def test_a_silent_episode_is_asked_whether_it_is_over() -> None:
    kept = book(EVENT)
    assert "close" not in ids(kept, today=dt.date(2026, 12, 3))
    due = {item.id: item for item in checkin.due(kept, None, dt.date(2026, 12, 4))}
    assert due["close"].entry == '2026-12-04 note "closed"\n'


def test_every_claim_of_a_check_in_may_be_shown() -> None:
    for kind in ("morning", "week", "walk", "activity"):
        for row in checkin.asked(kind):
            assert row.question
            assert all(knowledge.claim(name) for name in row.claims)
