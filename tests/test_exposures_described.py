"""Descriptions: recorded, explained, compared with oneself, never a cause."""

from __future__ import annotations

import re

import pytest

from backinstride import diary, knowledge, values
from backinstride.exposures import described

CAUSAL = re.compile(r"\b(causes?|because of|due to|leads? to|risk|weakness|too weak|too tight)\b")


def describe(text="", story=None):
    return described.of_diary(diary.parse(text), story)


def story(weight_kg=None, deadlift_kg=None, squat_kg=None):
    return values.Story(
        about="self",
        person=values.Person(weight_kg=weight_kg),
        strength=values.Strength(deadlift_1rm_kg=deadlift_kg, squat_1rm_kg=squat_kg),
    )


def by_id(found, name):
    return next(d for d in found if d.id == name)


def test_the_lifts_of_seed_4_are_numbers_and_no_either_or():
    """400 and 352 lb at 220 lb: 1.82 and 1.60, shown neutrally."""
    lb = 0.45359237
    found = describe(story=story(220 * lb, 400 * lb, 352 * lb))
    text = by_id(found, "strength_ratio").sentence
    assert "deadlift 1.82 x bodyweight" in text
    assert "squat 1.60 x bodyweight" in text
    assert "does not tell weak from tight" in text
    assert "rank" not in text


def test_lifts_of_the_diary_count_as_single_repetitions_only():
    text = (
        "2026-01-01 measure\n  weight: 80 kg\n\n"
        "2026-01-02 strength\n  deadlift: 120 kg x 1\n  squat: 3 x 5 x 90 kg\n"
    )
    sentence = by_id(describe(text), "strength_ratio").sentence
    assert "deadlift 1.50" in sentence
    assert "squat" not in sentence


def test_without_a_weight_there_is_no_ratio():
    assert describe(story=story(None, 180.0, None)) == ()


@pytest.mark.parametrize(("last", "changed"), [(150, False), (151, True), (60, False), (49, True)])
def test_sorensen_counts_as_changed_beyond_50_seconds(last, changed):
    text = f"2026-01-01 measure\n  sorensen: 100 s\n\n2026-03-01 measure\n  sorensen: {last} s\n"
    sentence = by_id(describe(text), "hold:sorensen").sentence
    assert ("it changed" in sentence) is changed
    assert ("no change you can trust" in sentence) is not changed


def test_a_single_hold_is_a_beginning_and_another_hold_has_no_known_error():
    text = "2026-01-01 measure\n  sorensen: 100 s\n  plank: 60 s\n\n2026-02-01 measure\n  plank: 90 s\n"
    found = describe(text)
    assert "One measurement" in by_id(found, "hold:sorensen").sentence
    assert "not known for this hold" in by_id(found, "hold:plank").sentence


@pytest.mark.parametrize(
    ("length", "says"),
    [("4 mm", None), ("6 mm", "discuss"), ("2.2 cm", "From 20 mm on"), ("some", None)],
)
def test_leg_length_by_our_limits_and_never_by_tape_alone(length, says):
    found = describe(f"2026-01-01 measure\n  leg_length: {length}\n  by: physio\n")
    text = by_id(found, "leg_length").sentence
    assert "measured by physio" in text
    assert "7 of 20" in text
    assert "5 mm on average" in text
    assert ("discuss" in text) is (says == "discuss")
    assert ("From 20 mm on" in text) is (says == "From 20 mm on")


@pytest.mark.seed("S1.24")
def test_tilt_pronation_and_flexibility_are_noted_and_explained():
    text = (
        "2026-01-01 measure\n  pelvic_tilt: 12 degrees\n  under_pronation: slight, right\n"
        "  hamstrings: 60 deg\n\n2026-01-02 diagnosis\n  what: scoliosis\n  by: doctor\n"
    )
    found = describe(text)
    kinds = [d.id for d in found]
    assert kinds == [
        "flexibility:hamstrings", "pelvic_tilt:pelvic_tilt", "foot:under_pronation", "diagnosis",
    ]  # fmt: skip
    assert "slight, right" in by_id(found, "foot:under_pronation").sentence
    assert "without pain" in by_id(found, "pelvic_tilt:pelvic_tilt").sentence
    assert "scoliosis" in by_id(found, "diagnosis").sentence


def test_no_sentence_speaks_of_causes_and_every_claim_may_be_shown():
    lb = 0.45359237
    text = (
        "2026-01-01 measure\n  weight: 80 kg\n  sorensen: 100 s\n  leg_length: 25 mm\n"
        "  pelvic_tilt: 12 deg\n  overpronation: yes\n  thomas_test: 5 deg\n"
    )
    found = describe(text, story(80.0, 180 * lb, None))
    assert len(found) == 6
    for one in found:
        assert not CAUSAL.search(one.sentence), one.sentence
        for claim in one.claims:
            assert knowledge.claim(claim).may_be_shown


def test_nothing_recorded_is_nothing_described():
    assert describe() == ()
