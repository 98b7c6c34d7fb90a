"""The next change, and what a change did."""

from __future__ import annotations

import datetime as dt
import math
import re
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import diary, diary_views, experiment, readout
from backinstride.contributors import why

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import simulator

BLUE = "shoe:blue-kayano"
START = dt.date(2026, 5, 4)


def propose(effects: dict[str, float], seed: int, count: int, text: str = "", **more: object):
    runner = simulator.simulate(seed, count, effects)
    said = diary.parse(runner.text + "\n" + text)
    return why(runner.runs, runner.kms, said, today=runner.today, **more).experiment


# --- which change --------------------------------------------------------------------------


@pytest.mark.seed("S1.18")
def test_shoes_that_drive_are_tested_in_pairs_in_an_order_left_to_chance():
    test = propose({"shoe": math.log(8)}, 17, 14)
    assert test.contributor == BLUE
    assert "another pair than blue kayano" in test.change
    assert test.design.count("first") >= 4
    assert "nothing else changed" in test.design
    assert test.outcome.startswith("next morning's score")
    assert "pain above 5 of 10" in test.stop_if
    assert 8 <= test.runs_needed[0] < test.runs_needed[1] <= 60
    assert re.search(r"4 clean runs happen by luck \d+ % of the time", test.by_luck)
    assert set(test.claims) >= {"own-experiment", "own-one-change", "own-by-luck"}
    assert test == propose({"shoe": math.log(8)}, 17, 14)


def test_after_a_severe_episode_nobody_goes_back_to_the_suspect():
    runner = simulator.simulate(17, 14, {"shoe": math.log(8)})
    day = max(re.findall(r"(\S+) episode", runner.text))
    severe = runner.text.replace(f"{day} episode", f"{day} episode", 1)
    head, _, tail = severe.rpartition("episode ")
    said = diary.parse(head + "episode " + tail.replace("\n", "\n  pain: 9/10\n", 1))
    test = why(runner.runs, runner.kms, said, today=runner.today).experiment
    assert "do not go back" in test.design
    assert "coin" not in test.design
    assert "change first" not in test.design


def test_what_lasts_is_compared_with_the_weeks_before():
    for kind, words in (
        ("lasting", "Two weeks as now"),
        ("limit", "compared with your runs before"),
    ):
        assert words in experiment.design(kind, "missed_core", severe=False)


def test_nothing_is_proposed_where_nothing_can_be_weighed():
    runner = simulator.simulate(3, 4, {})
    quiet = diary.parse(f'{runner.today} note "fine"\n')
    assert why(runner.runs, runner.kms, quiet, today=runner.today).experiment is None
    assert experiment.propose(None) is None


def test_the_benefit_of_a_driver_is_larger_than_that_of_a_bystander():
    """Ranked by what is saved: with the same data, taking out the driver saves most."""
    test = propose({"distance": math.log(3.0)}, 42, 14)
    assert test.contributor in ("distance", "spike", "form_drift")
    saved = float(re.search(r"about ([\d.]+) episodes", test.why)[1])
    assert saved > 0


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.sampled_from([2, 4, 8]))
@settings(max_examples=25, deadline=None)
def test_a_test_never_lowers_what_is_expected_and_its_chances_are_chances(before, after, runs):
    random = np.random.default_rng(1)
    b = np.clip(before + random.normal(0, 0.05, 300), 0.001, 0.999)
    a = np.clip(after + random.normal(0, 0.05, 300), 0.001, 0.999)
    gain = b - a
    chosen, decided = experiment._after_test(b, a, gain, runs)
    assert chosen >= max(0.0, gain.mean()) - 1e-9
    assert -1e-9 <= decided <= 1 + 1e-9


def test_clean_runs_by_luck_are_computed():
    assert "4 clean runs happen by luck 24 %" in experiment.by_luck(0.30)
    assert "8 clean runs 6 %" in experiment.by_luck(0.30)


def test_the_entry_that_starts_it_is_read_back():
    test = propose({"shoe": math.log(8)}, 17, 14)
    read = diary.parse(experiment.diary_entry(test, START))
    assert read.problems == ()
    note = diary_views.experiments(read)[0]
    assert note.get("contributor") == BLUE
    assert note.get("review") == "2026-06-29"


# --- what it did ---------------------------------------------------------------------------


def runs_of(*rows: tuple[int, str | None]) -> pl.DataFrame:
    """Runs of 15 km: days after the start, shoes."""
    return pl.DataFrame(
        {
            "id": [f"r{k}" for k in range(len(rows))],
            "day": [START + dt.timedelta(days=d) for d, _ in rows],
            "distance_m": [15000.0] * len(rows),
            "shoe": [shoe for _, shoe in rows],
        },
        schema_overrides={"shoe": pl.String},
    )


def mornings(scores: dict[int, float]) -> str:
    """Scores of the mornings after runs, by the run's day."""
    return "\n".join(
        f"{START + dt.timedelta(days=d + 1)} morning\n  pain: {s:g}/10\n" for d, s in scores.items()
    )


def read(text: str, runs: pl.DataFrame, days: int = 200) -> readout.Readout:
    said = diary.parse(text)
    return readout.readout(
        diary_views.experiments(said)[0], runs, diary_views.mornings(said),
        diary_views.episodes(said), START + dt.timedelta(days=days),
    )  # fmt: skip


PAIRS = f"""{START} experiment "other shoes on long runs"
  change: other shoes
  contributor: shoe:blue-kayano
  from: {START}
  review: 2026-07-01
"""


@pytest.mark.seed("S1.18")
def test_a_pair_of_shoes_is_read_out_in_either_order_of_pairs():
    days = list(range(0, 96, 6))
    shoes = ["blue-kayano" if (k // 2 + k) % 2 else "red-pair" for k in range(len(days))]
    runs = runs_of(*zip(days, shoes, strict=True))
    wiggle = [0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1]
    scores = {
        d: (5 if s == "blue-kayano" else 2) + w for d, s, w in zip(days, shoes, wiggle, strict=True)
    }
    found = read(PAIRS + "\n" + mornings(scores), runs)
    assert found.verdict == "helps"
    assert (found.runs_usual, found.runs_changed) == (8, 8)
    assert found.score_change[0] < found.score_change[1] < found.score_change[2] < 0
    assert found.chance_better > 0.95
    assert found.review == dt.date(2026, 7, 1)
    assert "not a diagnosis" in found.text
    same = read(
        PAIRS + "\n" + mornings({d: 2 + w for d, w in zip(days, wiggle, strict=True)}), runs
    )
    assert same.verdict in ("undecided", "not_big")


def test_pairs_named_a_and_b_are_the_two_arms():
    text = f"{START} experiment\n  change: shoes\n  a: blue kayano\n  b: red pair\n"
    found = read(text, runs_of((1, "blue-kayano"), (3, "red-pair"), (5, "other"), (7, "red-pair")))
    assert (found.runs_usual, found.runs_changed) == (1, 2)
    assert found.verdict == "too_early"


@pytest.mark.seed("S4.25", "S4.32")
def test_what_cannot_be_swapped_is_read_against_the_eight_weeks_before():
    """Stretch the hip flexors, or mind the form, and see: before against since."""
    for what in ("hip flexor stretch daily", "cue: run tall"):
        text = f'{START} experiment "{what}"\n  from: {START}\n'
        runs = runs_of(*((d, None) for d in range(-80, 60, 4)))
        scores = {d: (4.0 if d < 0 else 2.0) + (d // 4) % 2 for d in range(-80, 60, 4)}
        found = read(text + "\n" + mornings(scores), runs, days=60)
        assert found.what == what
        assert found.runs_usual == 14  # of the 8 weeks before, not of all time
        assert found.verdict == "helps"
        assert "What else changed meanwhile is mixed in" in found.text


@pytest.mark.seed("S1.11")
def test_new_shoes_on_a_day_are_a_natural_experiment_and_luck_is_said():
    rows = [(d, "blue-kayano") for d in range(-56, 0, 6)] + [
        (d, "new-pair") for d in range(0, 24, 6)
    ]
    hurt = "".join(
        f"{START + dt.timedelta(days=d)} episode\n  when: during\n\n" for d in (-50, -32, -20)
    )
    said = diary.parse(hurt)
    found = readout.new_shoes(
        runs_of(*rows), (), diary_views.episodes(said), START + dt.timedelta(days=30)
    )
    assert [r.contributor for r in found] == ["shoe:new-pair"]
    assert (found[0].episodes_usual, found[0].runs_usual) == (3, 10)
    assert "4 clean runs happen by luck 24 % of the time" in found[0].text
    assert found[0].verdict == "too_early"


@pytest.mark.seed("S2.12")
def test_an_insole_or_a_heel_lift_gets_review_dates_and_a_read_out():
    text = (
        f"{START} treatment\n  what: heel lift\n  side: left\n  mm: 6\n  by: podiatrist\n  from: {START}\n"
        f"\n{START} treatment\n  what: arch support\n  from: {START}\n  review: 2026-06-20\n"
    )
    runs = runs_of(*((d, None) for d in range(-60, 60, 4)))
    scores = {d: 3.0 + (d // 4) % 2 for d in range(-60, 60, 4)}
    said = diary.parse(text + "\n" + mornings(scores))
    today = START + dt.timedelta(weeks=6)
    found = readout.treatments(
        diary_views.treatments(said), runs, diary_views.mornings(said), (), today
    )
    assert [r.what for r in found] == ["heel lift", "arch support"]
    assert found[0].review == START + dt.timedelta(weeks=8)
    assert found[1].review == dt.date(2026, 6, 20)
    assert found[0].verdict == "not_big"  # the same before and since, often enough
    whole = why(runs.with_columns(start=pl.col("day")), empty_kms(), said, today=today)
    assert [r.kind for r in whole.readouts] == ["treatment", "treatment"]


def empty_kms() -> pl.DataFrame:
    return simulator.simulate(1, 1, {}).kms.clear()


def test_three_mornings_of_each_kind_are_the_least():
    assert readout.score_difference([1, 2], [3, 4, 5]) is None
    low, middle, high, better = readout.score_difference([5, 6, 5, 6], [2, 3, 2, 3])
    assert low < middle < high < 0
    assert better > 0.95
    even = readout.score_difference([3, 4, 3, 4], [3, 4, 3, 4])
    assert even[1] == 0
    assert even[3] == pytest.approx(0.5)


def test_an_interval_of_the_score_holds_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        true = random.normal(0, 1.5)
        found = readout.score_difference(random.normal(4, 1.5, 8), random.normal(4 + true, 1.5, 8))
        held += found[0] <= true <= found[2]
    assert held / 300 > 0.88
