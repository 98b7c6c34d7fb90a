"""Pictures: the spec as data, the sentence from the same numbers, the same bytes twice."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from pathlib import Path

import polars as pl
import pytest

from backinstride import charts
from backinstride.charts import body
from backinstride.values import Contributor, DiaryState, Load, Plan, Session, Week, Why

GOLD = Path(__file__).parent / "gold"
MONDAY = dt.date(2026, 9, 7)
LOAD = Load(
    runs=9,
    running_km=90,
    weeks=tuple((MONDAY + dt.timedelta(weeks=k), 20.0 + 4 * k) for k in range(4)),
)
DIARY = DiaryState(
    episode_days=(dt.date(2026, 9, 20),),
    morning_pain=(
        (dt.date(2026, 9, 19), 1.0),
        (dt.date(2026, 9, 21), 6.0),
        (dt.date(2026, 9, 22), 4.0),
    ),
)
WHY = Why(
    episodes=8,
    runs=40,
    enough=True,
    contributors=(
        Contributor(
            id="shoe:heron", label="heron", verdict="probably", prior=0.2, posterior=0.9,
            hazard_ratio=(1.5, 3.0, 6.0), runs_for=("r1", "r3"), runs_against=("r2",),
        ),
        Contributor(
            id="climb", label="uphill", verdict="cannot_tell", prior=0.15, posterior=0.2,
            hazard_ratio=(0.6, 1.1, 2.0), runs_for=("r3",),
        ),
        Contributor(id="sleep", label="a short night", verdict="not_knowable"),
    ),
)  # fmt: skip
RUNS = pl.DataFrame(
    {
        "id": ["r1", "r2", "r3", "r4"],
        "day": [MONDAY + dt.timedelta(days=3 * k) for k in range(4)],
        "distance_m": [16000.0, 8000.0, 20000.0, 12000.0],
        "shoe": ["heron", "heron", "heron", "finch"],
        "shoe_km": [210.0, 218.0, 238.0, 90.0],
        "climb_m_per_km": [10.0, None, 22.0, 5.0],
    }
)
PLAN = Plan(
    from_=MONDAY,
    weeks=(
        Week(
            start=MONDAY,
            phase="build",
            sessions=(
                Session(id="a", date=MONDAY, kind="run", distance_km=8.0),
                Session(id="b", date=MONDAY, kind="strength"),
                Session(id="c", date=MONDAY, kind="run", distance_km=12.0),
            ),
        ),
    ),
)
RECORDS = pl.DataFrame(
    {
        "time_s": [float(t) for t in range(0, 3000, 5)],
        "distance_m": [3.0 * t for t in range(0, 3000, 5)],
        "altitude_m": [50 + 0.05 * t for t in range(0, 3000, 5)],
        "cadence_spm": [170.0 - t / 500 for t in range(0, 3000, 5)],
        "heart_rate_bpm": [float("nan")] * 600,
    }
)


NAMES = (
    "weeks", "mornings", "contributors", "plan", "years", "shoes", "cause_shoe", "cause_climb", "run",
)  # fmt: skip


@functools.cache
def pictures(time: str = "first") -> dict[str, charts.Picture]:
    """Every picture, made once for each `time`."""
    found = {
        "weeks": charts.weeks(LOAD, DIARY, "mi"),
        "mornings": charts.mornings(DIARY),
        "contributors": charts.contributors(WHY),
        "plan": charts.plan(PLAN, {MONDAY: 18.0}),
        "years": charts.years(RUNS),
        "shoes": charts.shoes(RUNS),
        "cause_shoe": charts.cause(RUNS, WHY, WHY.contributors[0]),
        "cause_climb": charts.cause(RUNS, WHY, WHY.contributors[1]),
        "run": charts.run(RECORDS, onset_m=6000.0, day=MONDAY),
    }
    assert None not in found.values()
    assert tuple(found) == NAMES
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_spec_is_as_kept(name):
    """A changed picture is looked at before its kept spec is: write it anew with GOLD deleted."""
    path = GOLD / f"chart-{name}.json"
    text = json.dumps(pictures()[name].spec, indent=1, sort_keys=True, default=str) + "\n"
    if name == "run":  # 400 points of one straight line say no more than a few
        text = re.sub(r"\"values\": \[.*?\]", '"values": []', text, flags=re.DOTALL)
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_a_sentence_and_a_table_and_is_drawn_the_same_twice(name):
    picture = pictures()[name]
    assert picture.sentence.endswith(".")
    assert picture.rows
    assert all(len(row) == len(picture.header) for row in picture.rows)
    again = pictures("again")[name]
    charts.picture._svg.cache_clear()
    first = charts.svg(picture)
    charts.picture._svg.cache_clear()
    assert charts.svg(again) == first
    assert first.startswith("<svg")


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_gets_a_narrow_drawing_and_print_fixed_colours(name):
    width = re.search(r'width="([\d.]+)"', charts.svg(pictures()[name], width=charts.NARROW))[1]
    assert float(width) <= charts.NARROW + 2
    assert "var(--" in charts.svg(pictures()[name])
    assert "var(--" not in charts.svg(pictures()[name], "print")


def test_the_sentences_say_what_the_numbers_are():
    assert pictures()["weeks"].sentence == (
        "Distance in each of the last 4 weeks, at most 20 mi; 1 week with an episode, marked by a triangle."
    )
    assert [r for r in pictures()["weeks"].rows if r[2] == "yes"] == [("2026-09-14", "14.9", "yes")]
    assert "3 mornings" in pictures()["mornings"].sentence
    assert "the last: 4 on 2026-09-22; 1 episode marked" in pictures()["mornings"].sentence
    assert "2 contributors" in pictures()["contributors"].sentence
    assert "1 of them probably contributes" in pictures()["contributors"].sentence
    assert pictures()["plan"].rows == (("2026-09-07", "build", "20.0", "12.0", "18.0"),)
    assert "4 runs, 56 km" in pictures()["years"].sentence
    assert "heron 238 km, finch 90 km" in pictures()["shoes"].sentence
    assert (
        "2 of 2 runs with an episode (triangles) came in this pair"
        in pictures()["cause_shoe"].sentence
    )
    assert "1 run with an episode" not in pictures()["cause_climb"].sentence
    assert "2 runs with an episode (triangles) among 3" in pictures()["cause_climb"].sentence
    assert "not yet a cause" in pictures()["cause_climb"].sentence
    assert "the back began at 6 km" in pictures()["run"].sentence
    assert "heart rate" not in pictures()["run"].sentence


def test_episodes_stand_out_by_shape_and_not_by_colour_alone():
    for name in ("weeks", "mornings", "cause_shoe", "cause_climb"):
        assert "triangle-down" in json.dumps(pictures()[name].spec)


def test_gradient_is_the_rise_over_ground():
    rows = [row for row in pictures()["run"].rows if row[3]]
    assert {row[3] for row in rows} == {"1.7"}  # 0.05 m a second at 3 m/s


def test_nothing_to_draw_is_none():
    assert charts.run(RECORDS.clear(), onset_m=None, day=MONDAY) is None
    assert charts.cause(RUNS, WHY, WHY.contributors[2]) is None
    quiet = Why(episodes=0, runs=4, enough=False, contributors=(WHY.contributors[2],))
    assert charts.cause(RUNS, quiet, WHY.contributors[0]) is None


def test_the_notebook_gets_the_same_spec_and_the_page_can_zoom_it():
    chart = charts.altair(pictures()["weeks"])
    assert "var(--" not in json.dumps(chart.to_dict(validate=False))
    moved = charts.run_interactive(pictures()["run"])
    assert all(part["layer"][0]["params"] for part in moved["vconcat"])
    assert "params" not in pictures()["run"].spec["vconcat"][0]["layer"][0]


def test_the_body_chart_counts_places_and_escapes_words():
    drawn = body.body({"low_back": 3, "hip": 1, "<b>": 2})
    assert "low back (3)" in drawn
    assert "hip (1)" in drawn
    assert "<b>" not in drawn
    assert "var(--" not in body.body({"low_back": 1}, "print")
    assert (
        body.sentence({"low_back": 3})
        == "Places named in story and diary, with how often: low back 3."
    )


@pytest.mark.journey
def test_the_planted_driver_of_the_invented_season_is_the_picture(season_runner):
    """The picture of the cause: the pair that was planted, with the bad days standing out."""
    why = season_runner.why()
    first = why.contributors[0]
    assert first.verdict in ("probably", "suspect")
    picture = charts.cause(season_runner.runs, why, first, "mi")
    inside, of = map(
        int, re.search(r"(\d+) of (\d+) runs with an episode", picture.sentence).groups()
    )
    assert inside / of > 0.7
    assert of == why.episodes
