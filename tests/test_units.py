from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backinstride import units


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("17.25 mi", 27761.184),
        ("17 1/4 miles", 27761.184),
        ("1/2 mi", 804.672),
        ("mile 17.25", 27761.184),
        ("km 27.7", 27700.0),
        ("~17 mi", 27358.848),
        ("about 8 km", 8000.0),
        ("27,76 km", 27760.0),
        ("1,000 m", 1000.0),
        ("800m", 800.0),
        ("440 yards", 402.336),
    ],
)
def test_a_distance_as_people_write_it(text, metres):
    assert units.parse_distance_m(text) == pytest.approx(metres)


@pytest.mark.parametrize(
    "text", ["5", "7 of 10", "1,000 km", "27,760 mi", "1/0 mi", "far", "", "km"]
)
def test_a_number_with_two_readings_is_never_guessed(text):
    assert units.parse_distance_m(text) is None


def test_a_bare_number_takes_the_unit_that_the_field_fixes():
    assert units.parse_distance_m("5", "mi") == pytest.approx(8046.72)


@given(st.text(max_size=30))
def test_no_text_makes_it_fail(text):
    for parse in (
        units.parse_distance_m,
        units.parse_mass_kg,
        units.parse_duration_s,
        units.parse_pain,
    ):
        assert parse(text) is None or parse(text) >= 0


@given(st.floats(0.1, 200).map(lambda x: round(x, 2)), st.sampled_from(["km", "mi"]))
def test_what_is_printed_is_read_back(value, unit):
    metres = units.parse_distance_m(f"{value} {unit}")
    assert units.parse_distance_m(units.distance(metres, unit, 2)) == pytest.approx(
        metres, rel=1e-6
    )


@pytest.mark.parametrize(
    ("text", "pain"), [("7/10", 7), ("7", 7), ("7/8", None), ("11", None), ("bad", None)]
)
def test_a_pain_score_is_of_ten(text, pain):
    assert units.parse_pain(text) == pain


def test_pace_and_time_in_both_units():
    assert units.pace(330) == "5:30 min/km"
    assert units.pace(330, "mi") == "8:51 min/mi"
    assert units.duration(7384) == "2:03:04"
    assert units.distance(None) == "unknown"
