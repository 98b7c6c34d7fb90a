"""Time: escalation timers, patterns over episodes, and the deadlines people set themselves."""

from __future__ import annotations

import datetime as dt

import pytest

from backinstride import diary, knowledge, timers, triage
from backinstride.values import LEVELS

START = dt.date(2026, 9, 1)


def day(offset: int) -> dt.date:
    return START + dt.timedelta(days=offset)


def book(*blocks: str) -> diary.Diary:
    parsed = diary.parse("\n".join(blocks))
    assert not parsed.problems
    return parsed


def episode(offset: int, pain: float = 6, *more: str) -> str:
    lines = "".join(f"  {line}\n" for line in (f"pain: {pain:g}/10", *more))
    return f'{day(offset)} episode "spasm"\n{lines}'


def morning(offset: int, pain: float) -> str:
    return f"{day(offset)} morning\n  pain: {pain:g}/10\n"


def week(offset: int, **fields: str) -> str:
    return f"{day(offset)} week\n" + "".join(f"  {n}: {v}\n" for n, v in fields.items())


def holding(kept: diary.Diary, offset: int) -> set[str]:
    return {row.id for row in timers.running_out(kept, day(offset))}


def level(kept: diary.Diary, offset: int) -> str:
    verdict = triage.assess(diary=kept, today=day(offset)).verdict
    assert verdict is not None
    return verdict.level


def test_rows_are_checked_and_none_asks_without_a_question() -> None:
    assert {row.check_after_days for row in timers.timers()} >= {1, 7, 14, 21, 42, 84}
    for row in timers.timers():
        assert row.claims
        assert row.level in LEVELS


def test_pain_of_seven_that_rises_in_the_first_days_is_for_today() -> None:
    rising = book(episode(0, 5), morning(1, 6), morning(2, 8))
    assert "timer-3-days" in holding(rising, 2)
    result = triage.assess(diary=rising, today=day(2))
    assert result.verdict is not None
    assert result.verdict.level == "same_day"
    assert result.verdict.flags == ("severe_pain",)
    assert result.blocked is not None
    assert {"compartment", "dark_urine", "severe_pain"} <= {q.id for q in result.ask}
    falling = book(episode(0, 9), morning(1, 8), morning(2, 7))
    assert holding(falling, 2) == set()


def test_an_answer_after_the_score_settles_a_timer() -> None:
    rising = (episode(0, 5), morning(1, 8))
    settled = book(*rising, f"{day(2)} check\n  severe_pain: no\n")
    assert level(settled, 2) == "self_care"
    again = book(*rising, f"{day(2)} check\n  severe_pain: no\n", morning(3, 9))
    assert level(again, 3) == "same_day"


@pytest.mark.parametrize(
    ("offset", "pain", "timer", "level_"),
    [
        (7, 5, "timer-7-days", "self_care"),
        (14, 5, "timer-2-weeks", "routine"),
        (21, 4, "timer-4-weeks", "routine"),
        (42, 3, "timer-6-weeks", "routine"),
        (84, 2, "timer-12-weeks", "routine"),
    ],
)
def test_the_weeks(offset: int, pain: float, timer: str, level_: str) -> None:
    kept = book(episode(0, 6), morning(offset, pain))
    assert timer in holding(kept, offset)
    assert timer not in holding(kept, offset - 1)
    assert level(kept, offset) == level_


def test_clear_improvement_leaves_the_timers_silent() -> None:
    kept = book(episode(0, 6), *(morning(n, max(2, 6 - n)) for n in range(1, 30)))
    for offset in (7, 14, 21, 29):
        assert holding(kept, offset) == set()


def test_twelve_weeks_ask_about_an_inflamed_spine() -> None:
    kept = book(episode(0, 6), morning(84, 3))
    asked = {q.id for q in triage.assess(diary=kept, today=day(84)).ask}
    assert "axial_spa" in asked


def test_a_normal_day_that_is_too_much_after_two_weeks() -> None:
    kept = book(episode(0, 8), week(14, pain="3", normal_day="no"))
    assert "timer-2-weeks" in holding(kept, 14)
    fine = book(episode(0, 8), week(14, pain="3", normal_day="yes"))
    assert holding(fine, 14) == set()


def test_half_an_hour_of_walking_after_a_week() -> None:
    kept = book(episode(0, 8), week(7, pain="3", walk_30="no"))
    assert holding(kept, 7) == {"timer-7-days"}


def test_running_that_is_still_limited_after_three_weeks() -> None:
    kept = book(episode(0, 8), week(21, pain="3", running="less"))
    assert "timer-4-weeks" in holding(kept, 21)


@pytest.mark.seed("S2.3")
def test_three_limiting_episodes_in_twelve_weeks() -> None:
    two = book(episode(0), episode(40))
    assert level(two, 41) == "self_care"
    three = book(episode(0), episode(30), episode(60))
    assert "timer-three-in-twelve" in holding(three, 61)
    assert level(three, 61) == "routine"
    assert "timer-three-in-twelve" not in holding(three, 90)
    mild = book(episode(0, 2), episode(30, 2), episode(60, 2))
    assert "timer-three-in-twelve" not in holding(mild, 61)


@pytest.mark.seed("S0.17", "S4.2")
def test_patterns_over_episodes_are_noticed_early() -> None:
    worse = book(episode(0, 3), episode(30, 4), episode(60, 6))
    assert "timer-each-worse" in holding(worse, 61)
    assert level(worse, 61) == "routine"
    same = book(episode(0, 3), episode(30, 4), episode(60, 4))
    assert "timer-each-worse" not in holding(same, 61)
    earlier = book(
        episode(0, 2, "onset: 20 km"), episode(30, 2, "onset: 15 km"), episode(60, 2, "onset: 9 km")
    )
    assert "timer-onset-falling" in holding(earlier, 61)
    assert level(earlier, 61) == "routine"
    later = book(
        episode(0, 2, "onset: 9 km"), episode(30, 2, "onset: 15 km"), episode(60, 2, "onset: 20 km")
    )
    assert "timer-onset-falling" not in holding(later, 61)


def test_what_is_not_known_never_holds() -> None:
    silent = book(episode(0, 6))
    assert holding(silent, 30) == set()
    assert timers.silent(silent, day(14))
    assert not timers.silent(silent, day(13))
    asked = {q.id for q in triage.assess(diary=silent, today=day(30)).ask}
    assert "not_improving" in asked
    assert timers.facts(silent, day(30)).get("pain_now") is None


def test_a_closed_episode_runs_no_timer() -> None:
    kept = book(episode(0, 8), morning(20, 7), f'{day(21)} note "closed"\n')
    assert holding(kept, 50) == set()


def test_scores_as_written() -> None:
    assert timers.score("6/10") == 6
    assert timers.score("2.5") == 2.5
    assert timers.score("?/10") is None
    assert timers.score("11") is None
    assert timers.score(None) is None


# --- deadlines -----------------------------------------------------------------------------------

SUNDAY = dt.date(2011, 2, 6)


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("If it is no better in one more week, I will see a doctor", dt.date(2011, 2, 13)),
        ("give it a couple of weeks", dt.date(2011, 2, 20)),
        ("another 10 days and then the physio", dt.date(2011, 2, 16)),
        ("if it's not gone by Friday I'm booking", dt.date(2011, 2, 11)),
        ("if it is still bad on Sunday", dt.date(2011, 2, 13)),
        ("tomorrow I'll call", dt.date(2011, 2, 7)),
        ("after the weekend", dt.date(2011, 2, 12)),
        ("two more months and I see somebody", dt.date(2011, 4, 7)),
        ("at some point", None),
    ],
)
def test_when_a_promise_falls_due(words: str, due: dt.date | None) -> None:
    kept = timers.promise(words, SUNDAY)
    assert (kept.due if kept else None) == due


def test_a_promise_is_judged_against_our_own_timer() -> None:
    near = timers.promise("one more week", day(14), began=day(0))
    assert near is not None
    assert "within our own timer" in near.judged
    far = timers.promise("six more weeks", day(14), began=day(0))
    assert far is not None
    assert f"earlier: by {day(28)}" in far.judged


STORY = (
    '2011-02-06 story "My low back is stiff for two weeks after a run of 4 miles. '
    'If it is no better in one more week, I will see a doctor."\n'
)


@pytest.mark.seed("S3.25")
def test_the_persons_own_deadline_is_kept_and_falls_due() -> None:
    kept = book(STORY)
    before = triage.assess(diary=kept, today=dt.date(2011, 2, 8))
    assert [p.due for p in before.promises] == [dt.date(2011, 2, 13)]
    assert before.verdict is not None
    assert "You set yourself 2011-02-13" in before.verdict.act
    after = triage.assess(diary=kept, today=dt.date(2011, 2, 13))
    assert after.verdict is not None
    assert after.verdict.level == "routine"
    assert "not_improving" in after.verdict.flags
    settled = book(STORY, "2011-02-14 check\n  not_improving: no\n")
    calm = triage.assess(diary=settled, today=dt.date(2011, 2, 14))
    assert calm.verdict is not None
    assert calm.verdict.level == "self_care"


def test_timer_claims_may_be_shown() -> None:
    for row in timers.timers():
        for name in row.claims:
            assert knowledge.claim(name)
