"""Numbers with their units, as runners write them."""

from __future__ import annotations

import datetime as dt

import pytest

from backinstride.story.amounts import number, running_unit
from backinstride.story.body import height_m
from backinstride.story.dates import day_month_order, find_dates, relative_day
from backinstride.story.numbers import read_numbers
from backinstride.story.surface import fold


def read(text: str, kind: str) -> list[float | str | None]:
    return [q.value for q in read_numbers(fold(text)) if q.kind == kind]


@pytest.mark.parametrize(
    ("words", "value"),
    [("5 1/2", 5.5), ("5½", 5.5), ("half a", 0.5), ("a couple of", 2.0), ("17,25", 17.25),
     ("1,200", 1200.0), ("twenty", 20.0), ("3 and a half", 3.5), ("pear", None)],
)  # fmt: skip
def test_numbers_in_words(words: str, value: float | None) -> None:
    assert number(words) == value


@pytest.mark.parametrize(
    ("text", "km"),
    [
        ("I ran 20 miles", 32.19),
        ("a 14K last weekend", 14.0),
        ("about 5 1/2 miles", 8.85),
        ("ran half a mile", 0.8),
        ("a 16 miler", 25.75),
        ("at mile 18.5", 29.77),
        ("10 km easy", 10.0),
        ("ten miles", 16.09),
        ("12.5k", 12.5),
    ],
)
def test_distances(text: str, km: float) -> None:
    assert read(text, "distance")[0] == pytest.approx(km, abs=0.01)


def test_bare_numbers_take_the_unit_of_the_text() -> None:
    text = "Meant to run 20 miles but at 17.25 it began. I did 18 the last 2 weeks."
    assert read(text, "distance") == pytest.approx([32.187, 27.761, 28.968], abs=0.01)
    assert read(text, "duration") == [1209600.0]
    assert read(text.replace("miles", "km"), "distance") == [20.0, 17.25, 18.0]


def test_bare_numbers_without_any_unit_are_asked() -> None:
    (quantity,) = [q for q in read_numbers("my back went at 11.") if q.kind == "distance"]
    assert (quantity.value, quantity.open) == (None, "running_unit")


def test_running_unit() -> None:
    assert running_unit("5ks, 8ks, then 4 miles") == "mi"
    assert running_unit("a 10k at 5:00/km") == "km"
    assert running_unit("long run") is None


def test_two_and_a_half_or_two_halves_is_asked() -> None:
    (quantity,) = [q for q in read_numbers("i have run 2 1/2 marathons") if q.kind == "event"]
    assert (quantity.value, quantity.open) == (None, "half_marathons")


def test_events() -> None:
    assert read("my first half-marathon", "event") == [21.0975]
    assert read("did run my first 1/2 last year", "event") == [21.0975]
    assert read("a full in May", "event") == [42.195]
    assert read("half the way", "event") == []


def test_reps_are_no_runs() -> None:
    text = "workout was 4x800m with 12 minutes rests, 200m reps"
    assert read(text, "distance") == []
    assert read(text, "sets") == pytest.approx([0.8, 0.2])


@pytest.mark.parametrize(
    "text", ["3:00(1:23/1:36)", "3:49(1:30/2:18)", "3:27(1:48/1:38)", "3:51(2:05/1:45)"]
)
def test_splits_may_be_a_second_short(text: str) -> None:
    (quantity,) = read_numbers(text)
    assert quantity.kind == "split"
    assert quantity.open is None


def test_splits_that_do_not_add_up_are_asked() -> None:
    (quantity,) = read_numbers("3:00(1:20/1:50)")
    assert quantity.open == "splits"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hr 165 on the hill", "heart_rate"),
        ("165 bpm", "heart_rate"),
        ("9:30/mile", "pace"),
        ("5:10 per km", "pace"),
        ("W5R2 today", "programme"),
        ("350 to 550 miles", "shoe_life"),
        ("1.5-2x bodyweight", "ratio"),
        ("3X/ day", "count"),
        ("38.5 degrees", "temperature"),
        ("cadence 172", "cadence"),
    ],
)
def test_numbers_that_are_no_distance(text: str, kind: str) -> None:
    quantities = read_numbers(fold(text))
    assert kind in {q.kind for q in quantities}
    assert "distance" not in {q.kind for q in quantities}


def test_severity() -> None:
    assert read("pain 7/10", "severity") == [7.0]
    assert read("6 out of 10", "severity") == [6.0]
    assert read("2-3/10", "severity") == [2.5]
    (quantity,) = [q for q in read_numbers("the pain is a 7/8") if q.kind == "severity"]
    assert (quantity.value, quantity.open) == (None, "severity")


def test_weekly() -> None:
    assert read("35-40 mpw", "weekly")[0] == pytest.approx(35 * 1.609344)
    assert read("100k a week", "weekly") == [100.0]
    assert read("3x/week, 4 miles per run", "frequency") == [3.0]
    assert read("seen a physio once a week", "weekly") == []


def test_body() -> None:
    assert read("214 lbs", "mass") == pytest.approx([97.07], abs=0.01)
    assert read("11st 4", "mass") == pytest.approx([71.67], abs=0.01)
    assert read("lost 10 kg", "mass") == []
    assert read("squat with 60 kg", "mass") == []
    assert height_m("6ft") == pytest.approx(1.829, abs=0.001)
    assert height_m("5'10\"") == pytest.approx(1.778, abs=0.001)
    assert read("I'm over 6\"", "height") == [None]
    assert read("5'6 and 34yo F", "age") == [34.0]


def test_dates_follow_the_rest_of_the_text_or_are_asked() -> None:
    (york,) = find_dates("nyc, 11/4/12", None)
    assert york.value == dt.date(2012, 11, 4)
    (london,) = find_dates("london on 11/4/12, my gp says no", None)
    assert london.value == dt.date(2012, 4, 11)
    (unknown,) = find_dates("race on 11/4/12", None)
    assert (unknown.value, unknown.open) == (None, "order")
    assert day_month_order("on 25/3/13 and 3/4/13") == "dmy"
    (year,) = find_dates("on 4th november", None)
    assert year.open == "year"
    (coming,) = find_dates("on november 4", dt.date(2012, 9, 30))
    assert coming.value == dt.date(2012, 11, 4)


def test_days_relative_to_the_writing() -> None:
    day = dt.date(2011, 2, 6)
    assert relative_day("about a month ago", day) == dt.date(2011, 1, 7)
    assert relative_day("yesterday", day) == dt.date(2011, 2, 5)
    assert relative_day("on friday", day) == dt.date(2011, 2, 4)
    assert relative_day("two weeks ago", None) is None
