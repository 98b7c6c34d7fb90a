"""What holds of any story: more words never lower, order does not matter, a denial is asked."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import story, triage
from backinstride.values import LEVELS

TODAY = dt.date(2026, 11, 24)


def judged(text: str) -> triage.Assessment:
    return triage.assess(story=story.read(text, written_on=TODAY), today=TODAY)


def level(result: triage.Assessment) -> int:
    assert result.verdict is not None
    return LEVELS.index(result.verdict.level)


def asked(result: triage.Assessment) -> list[str]:
    return [question.id for question in result.ask]


SENTENCES = [
    "My back went into spasm at mile 16.",
    "I can't pee since this morning.",
    "No numbness anywhere.",
    "I am fine otherwise and feel great.",
    "My foot slaps the ground since Tuesday.",
    "I had a fever last night.",
    "My wife had breast cancer.",
    "I had breast cancer in 2015.",
    "It wakes me every night and no position helps.",
    "I am afraid it could be cauda equina.",
    "My legs are sore from the hills.",
    "I wore the same shoes as last time.",
    "I have had this before.",
    "I am 45.",
    "I am 63 and never had back pain before.",
    "The doctor said it is nothing.",
    "You should see a doctor.",
    "It is all better now.",
    "My pee is the colour of coke.",
    "I can't feel it when I wipe.",
    "Left foot numb Monday.",
    "Today the right foot as well.",
    "I missed the bottom step.",
    "I'm 74.",
    "Bladder and bowels are fine.",
    "My calves are weak as a kitten.",
    "If you have pins and needles in both legs go to A&E.",
    "Last year my right leg was numb.",
    "I'm 30 weeks pregnant.",
    "I take apixaban.",
]
DENIALS = {
    "I have no numbness between my legs.": "saddle_numbness",
    "I can pee normally, my bladder is fine.": "bladder",
    "My legs are not weak at all.": "leg_weakness",
    "No fever.": "fever",
    "I have never had cancer.": "cancer_history",
    "My pee is not dark.": "dark_urine",
    "I did not fall off anything.": "major_trauma",
}


@settings(max_examples=35, deadline=None)
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4), st.sampled_from(SENTENCES))
def test_adding_a_sentence_never_lowers(some: list[str], one: str) -> None:
    lead = "My back hurts after my runs. "
    before = judged(lead + " ".join(some))
    after = judged(lead + " ".join([*some, one]))
    assert level(after) >= level(before)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=5, unique=True).flatmap(
        lambda some: st.tuples(st.just(some), st.permutations(some))
    )
)
def test_the_order_of_sentences_never_changes_the_level(pair: tuple[list[str], list[str]]) -> None:
    one, two = (judged("My back hurts after my runs. " + " ".join(some)) for some in pair)
    assert level(one) == level(two)


@pytest.mark.parametrize(("denial", "sign"), DENIALS.items())
def test_a_denial_alone_is_never_silence(denial: str, sign: str) -> None:
    result = judged("My back hurts after my runs. " + denial)
    assert level(result) < LEVELS.index("same_day")
    assert sign in asked(result)


def test_two_sentences_tell_of_both_legs_and_one_of_one() -> None:
    both = "My back hurts. Left foot numb Monday. Today the right foot as well."
    assert level(judged(both)) == LEVELS.index("emergency")
    for text in (
        "My back hurts. Left foot numb Monday. My right calf is tight too.",
        "My back hurts. Left foot numb Monday. Last year my right foot was numb as well.",
        "My back hurts. Left foot numb Monday. The right foot is fine.",
        "My back hurts. Left foot numb. My right shoe is worn as well.",
    ):
        assert level(judged(text)) < LEVELS.index("emergency"), text


@pytest.mark.parametrize(
    "text",
    [
        "My legs are not numb.", "My legs don't feel weak.", "Neither leg is weak.",
        "Legs never gave way.", "My legs have never been weak.", "Both legs are not numb.",
    ],
)  # fmt: skip
def test_a_denied_sign_does_not_alarm(text: str) -> None:
    result = judged("My back hurts after my runs. " + text)
    assert level(result) < LEVELS.index("same_day")
    assert {"both_legs", "leg_weakness"} & set(asked(result))


@pytest.mark.parametrize(
    "text", ["My legs won't hold me.", "Neither leg works.", "My legs are not just weak but numb."]
)
def test_a_negator_inside_a_sign_denies_nothing(text: str) -> None:
    assert level(judged("My back hurts after my runs. " + text)) == LEVELS.index("emergency")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm 66 and slipped on the ice, back hurts.", "same_day"),
        ("I'm 40 and slipped on the ice, back hurts.", "self_care"),
        ("Back spasm, I couldn't get out of bed for two days.", "same_day"),
        ("I couldn't get out of bed this morning, so stiff after the half.", "self_care"),
        ("After squats my thighs are very swollen and weak, my back hurts.", "same_day"),
        ("Weak as a kitten, thighs hugely swollen, back in agony since Murph.", "emergency"),
        ("No feeling between my legs since the deadlifts.", "emergency"),
    ],
)
def test_the_level_of_words_that_act_together(text: str, expected: str) -> None:
    result = judged(text)
    assert result.verdict is not None
    assert result.verdict.level == expected
    assert "both_legs" not in result.verdict.flags


def test_what_the_words_hint_at_is_asked_first() -> None:
    result = judged("A few hours after the rowing session my back blew up like concrete.")
    assert asked(result)[0] == "compartment"
