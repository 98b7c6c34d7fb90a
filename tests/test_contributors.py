"""What `why` may and may not say: the trainee of seed 1, invented runners, and what is missing."""

from __future__ import annotations

import datetime as dt
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import diary, exposures, knowledge
from backinstride.contributors import why
from backinstride.contributors.candidates import MOST
from backinstride.contributors.outcomes import outcomes
from backinstride.contributors.priors import table_rows, unexposed_rows
from backinstride.errors import UnusableError
from backinstride.values import BlockedBy, Person, Story, Strength, Why, to_json
from exposure_frames import SCHEMA, Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import simulator

MI = 1.609344
MONDAY = dt.date(2012, 7, 2)
BLUE, RED = "shoe:blue-kayano", "shoe:red-pair"


def library(tmp_path: Path, rows: Sequence[tuple[dt.date, float, str | None]]) -> Kept:
    """A library of runs known by their totals: day, km, shoes."""
    frame = pl.DataFrame(
        {
            "id": [f"r{k:03d}" for k in range(len(rows))],
            "day": [d for d, _, _ in rows],
            "start": [dt.datetime.combine(d, dt.time(7), dt.UTC) for d, _, _ in rows],
            "sport": ["run"] * len(rows),
            "distance_m": [km * 1000.0 for _, km, _ in rows],
            "moving_s": [km * 360.0 for _, km, _ in rows],
            "shoe": [shoe for *_, shoe in rows],
        },
        schema_overrides={k: SCHEMA[k] for k in ("day", "start", "distance_m", "moving_s", "shoe")},
    )
    return Kept(tmp_path, pl.concat([pl.DataFrame(schema=SCHEMA), frame], how="diagonal"))


def ask(kept: Kept, text: str, today: dt.date, **more: object) -> Why:
    said = diary.parse(text)
    runs = exposures.per_run(kept, said, today)
    kms = exposures.per_km(kept, said, today)
    return why(runs, kms, said, today=today, **more)


def trainee(tmp_path: Path, eighteens: str | None, *, more: int = 0) -> Why:
    """Seed 1: spasms when trying for 16 and for 20 miles, clean 18 and 18 between them."""
    rows: list[tuple[dt.date, float, str | None]] = []
    for week, miles in enumerate((10, 11, 12, 13, 14, 14, 15)):
        rows.append((MONDAY + dt.timedelta(days=7 * week + 6), miles * MI, None))
        rows.append((MONDAY + dt.timedelta(days=7 * week + 2), 5 * MI, None))
    sixteen = MONDAY + dt.timedelta(days=55)
    days = [sixteen + dt.timedelta(days=7 * k) for k in range(4)]
    rows.append((days[0], 15.6 * MI, None))
    rows += [(day, 18 * MI, eighteens) for day in days[1:3]]
    rows.append((days[3], 18.5 * MI, None))
    text = f"""{days[0]} episode "could not finish 16"
  when: during
  onset: 15.5 mi
  planned: 16 mi
  feels: spasm
  shoes: blue kayano

{days[3]} episode "picked up at 18.5"
  when: during
  onset: 17.25 mi
  planned: 20 mi
  feels: spasm
  shoes: blue kayano
"""
    last = days[3]
    for k in range(more):
        last = days[3] + dt.timedelta(days=7 * (k + 1))
        rows.append((last, 18 * MI, "red pair"))
        text += f"\n{last} morning\n  pain: 0/10\n"
    return ask(library(tmp_path, rows), text, last, suspects=("shoes",))


def by_id(found: Why) -> dict[str, object]:
    return {c.id: c for c in found.contributors}


# --- the trainee ---------------------------------------------------------------------------


@pytest.mark.seed("S1.3", "S1.9", "S1.10", "S4.41", "S3.19")
def test_the_trainee_is_asked_first_which_shoes_the_two_clean_eighteens_were_in(tmp_path: Path):
    found = trainee(tmp_path, None)
    first = found.ask[0]
    assert first.id == "shoes:clean"
    assert "18.0 mi" in first.question
    assert "2012-09-02" in first.question
    assert "2012-09-09" in first.question
    assert not found.enough
    assert found.episodes == 2
    shoe = by_id(found)[BLUE]
    assert shoe.suspected
    assert shoe.verdict == "not_knowable"  # every run whose shoes are known was in that pair
    assert (shoe.prior, shoe.posterior, shoe.bayes_factor, shoe.hazard_ratio) == (None,) * 4
    distance = by_id(found)["distance"]
    assert len(distance.runs_for) == 2
    assert len(distance.runs_against) == 2  # the clean 18s count
    assert {c.verdict for c in found.contributors} <= {"cannot_tell", "not_knowable"}
    assert "Cannot tell yet" in found.summary


@pytest.mark.seed("S1.10", "S1.9")
def test_the_clean_eighteens_in_other_shoes_raise_the_suspicion_and_in_the_same_ones_do_not(
    tmp_path: Path,
):
    """The worked example: 20 % goes to about 32 %, or stays at about 20 %; more runs, more."""
    other = by_id(trainee(tmp_path, "red pair"))[BLUE]
    same = by_id(trainee(tmp_path, "blue kayano"))[BLUE]
    more = by_id(trainee(tmp_path, "red pair", more=2))[BLUE]
    assert other.prior == 0.20
    assert 0.28 <= other.posterior <= 0.40
    assert same.posterior is None  # all in one pair: nothing to compare, the 20 % stay
    assert more.posterior > other.posterior
    assert other.verdict == "cannot_tell"  # two episodes rank nothing
    assert "20 % before your runs (our starting guess)" in other.sentence


@pytest.mark.seed("S1.27")
def test_a_distance_that_was_done_before_is_no_spike(tmp_path: Path):
    """17.25 after two 18s is not further than ever: it is told against the spike."""
    spike = by_id(trainee(tmp_path, None))["spike"]
    assert "r017" not in spike.runs_for
    assert "r017" in spike.runs_against


@pytest.mark.seed("S1.11", "S1.18")
def test_the_trainee_is_given_a_test_of_shoes_in_pairs_on_days_without_pain(tmp_path: Path):
    found = trainee(tmp_path, "red pair")
    test = found.experiment
    assert test is not None
    assert test.contributor == BLUE
    assert "days without pain" in test.design
    assert "nothing else changed" in test.design
    assert test.runs_needed[0] >= 8
    assert "by luck" in test.by_luck


def test_two_episodes_rank_nothing_and_name_no_group(tmp_path: Path):
    found = trainee(tmp_path, "red pair")
    assert found.groups == ()
    assert found.contributors[0].id == BLUE  # what they suspect, then the order of the tables
    assert all("cannot rank anything" in c.sentence for c in found.contributors if c.posterior)


# --- invented runners ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def twenty() -> tuple[simulator.Runner, Why]:
    """A runner whose blue pair multiplies the hazard by eight, at twenty episodes."""
    runner = simulator.simulate(17, 20, {"shoe": math.log(8)})
    return runner, why(runner.runs, runner.kms, runner.diary, today=runner.today)


@pytest.mark.seed("S0.21")
def test_a_strong_driver_is_named_at_twenty_episodes_with_prior_and_data_apart(twenty):
    runner, found = twenty
    first = found.contributors[0]
    assert first.id == BLUE
    assert first.verdict == "probably"
    assert found.enough
    assert first.prior == 0.20
    assert first.posterior >= 0.80
    assert "20 % before your runs (our starting guess)" in first.sentence
    assert "with your 20 episodes" in first.sentence
    assert "An association in your log, not a diagnosis." in first.sentence
    low, middle, high = first.hazard_ratio
    assert 1 < low < middle < high
    known = set(runner.runs["id"].to_list())
    assert set(first.runs_for) | set(first.runs_against) <= known
    assert not set(first.runs_for) & set(first.runs_against)
    words = " ".join(c.sentence for c in found.contributors) + found.summary
    assert not any(w in words.lower() for w in ("because of", "caused by", "certain", "proves"))


def test_the_bayes_factor_is_the_odds_over_the_prior_that_is_shown(twenty):
    for c in twenty[1].contributors:
        if c.posterior is None:
            assert c.bayes_factor is None
            continue
        odds = c.posterior / (1 - c.posterior) / (c.prior / (1 - c.prior))
        assert c.bayes_factor == pytest.approx(odds, rel=1e-3)


def test_each_rank_is_by_what_the_runs_add_and_the_adjusted_one_is_never_listed(twenty):
    factors = [c.bayes_factor for c in twenty[1].contributors if c.bayes_factor is not None]
    assert factors == sorted(factors, reverse=True)
    assert "recent_episode" not in by_id(twenty[1])
    assert len(factors) <= MOST


def test_the_same_input_gives_the_same_bytes_in_any_order_of_rows(twenty):
    runner, found = twenty
    again = why(
        runner.runs.sample(fraction=1, shuffle=True, seed=1),
        runner.kms.sample(fraction=1, shuffle=True, seed=2),
        runner.diary,
        today=runner.today,
    )
    assert to_json(again) == to_json(found)


@given(st.integers(0, 10_000), st.integers(1, 5))
@settings(max_examples=5, deadline=None)
def test_below_six_episodes_nothing_is_probable(seed: int, count: int):
    runner = simulator.simulate(seed, count, {"descent": math.log(3), "shoe": math.log(8)})
    found = why(runner.runs, runner.kms, runner.diary, today=runner.today)
    assert not found.enough
    assert all(c.verdict != "probably" for c in found.contributors)
    if count < 3:
        allowed = {"cannot_tell", "not_knowable"}
        assert {c.verdict for c in found.contributors} <= allowed
    for c in found.contributors:
        if c.verdict == "not_knowable":
            numbers = (c.prior, c.posterior, c.bayes_factor, c.hazard_ratio)
            assert numbers == (None,) * 4


def test_what_always_goes_together_is_named_as_a_group():
    runner = simulator.simulate(42, 14, {"distance": math.log(2.5)})
    kms = runner.kms.with_columns(form_drift=pl.col("distance") * 1.7 + 0.2)
    found = why(runner.runs, kms, runner.diary, today=runner.today)
    group = next(g for g in found.groups if "distance" in g.of)
    assert "form_drift" in group.of
    assert "form_drift" in by_id(found)["distance"].with_
    assert all(by_id(found)[name].verdict != "probably" for name in group.of)
    assert by_id(found)["form_drift"].sentence.count("a sign of tiring, not a cause") == 1


# --- what is missing -----------------------------------------------------------------------


def test_shoes_written_down_only_on_bad_days_say_nothing_about_the_pair():
    """Eight episodes in blue, two in red, every clean run unknown: no run to compare with."""
    runner = simulator.simulate(21, 10, {})
    hurt = {
        o.run for o in outcomes(runner.runs, runner.diary, runner.today).runs if o.event != "none"
    }
    order = {run: k for k, run in enumerate(sorted(hurt))}
    pair = {run: "blue-kayano" if k < 8 else "red-pair" for run, k in order.items()}
    worn = pl.col("id").replace_strict(pair, default=None, return_dtype=pl.String)
    found = why(
        runner.runs.with_columns(shoe=worn),
        runner.kms.with_columns(shoe=worn),
        runner.diary,
        today=runner.today,
    )
    shoe = by_id(found)[BLUE]
    assert shoe.verdict in ("cannot_tell", "not_knowable")
    assert (shoe.posterior or 0) < 0.35
    assert found.ask[0].id == "shoes:clean"


def test_a_night_not_logged_is_not_a_good_night():
    """Sleep is told on a third of the nights: runs that do not tell it are on neither side."""
    runner = simulator.simulate(33, 8, {}, simulator.World(sleep_known=0.3))
    found = why(runner.runs, runner.kms, runner.diary, today=runner.today)
    sleep = by_id(found)["sleep"]
    told = runner.kms.filter(pl.col("sleep").is_not_null())["id"].unique().to_list()
    assert sleep.posterior is not None
    assert set(sleep.runs_for) | set(sleep.runs_against) <= set(told)
    nothing = why(
        runner.runs, runner.kms.with_columns(sleep=pl.lit(None, pl.Float64)), runner.diary,
        today=runner.today,
    )  # fmt: skip
    assert by_id(nothing)["sleep"].verdict == "not_knowable"
    assert "sleep: 7 h" in by_id(nothing)["sleep"].sentence


def test_a_pair_with_few_runs_is_counted_with_the_others_and_named():
    runner = simulator.simulate(40, 8, {}, simulator.World(shoes_known=1.0))
    rare = runner.runs["id"].to_list()[::20][:4]
    worn = pl.when(pl.col("id").is_in(rare)).then(pl.lit("rare-pair")).otherwise(pl.col("shoe"))
    found = why(
        runner.runs.with_columns(shoe=worn), runner.kms.with_columns(shoe=worn), runner.diary,
        today=runner.today,
    )  # fmt: skip
    rare_pair = by_id(found)["shoe:rare-pair"]
    assert rare_pair.verdict == "not_knowable"
    assert rare_pair.posterior is None
    assert any("rare pair" in line.lower() for line in found.left_out)
    assert by_id(found)[BLUE].posterior is not None


def test_every_pair_that_is_named_anywhere_is_listed(tmp_path: Path):
    rows = [(MONDAY + dt.timedelta(days=3 * k), 8.0, "Old Pair") for k in range(8)]
    text = (
        f"{rows[0][0]} shoes\n  name: Lent Pair\n\n{rows[1][0]} run\n  shoes: Worn Once\n\n"
        f"{MONDAY + dt.timedelta(days=1)} episode\n  when: during\n  shoes: Blue Kayano\n"
    )
    found = ask(library(tmp_path, rows), text, rows[-1][0])
    pairs = {c.id for c in found.contributors if c.id.startswith("shoe:")}
    assert pairs == {"shoe:old-pair", "shoe:lent-pair", "shoe:worn-once", "shoe:blue-kayano"}


def test_many_pairs_never_make_more_than_fourteen_candidates():
    runner = simulator.simulate(41, 12, {})
    names = [f"pair-{k}" for k in range(7)]
    worn = pl.col("id").str.slice(-2).cast(pl.Int64) % 7
    worn = worn.replace_strict(dict(enumerate(names)), return_dtype=pl.String)
    found = why(
        runner.runs.with_columns(shoe=worn), runner.kms.with_columns(shoe=worn), runner.diary,
        today=runner.today, suspects=("shoes",),
    )  # fmt: skip
    assert sum(c.posterior is not None for c in found.contributors) <= MOST
    assert {f"shoe:{n}" for n in names} <= set(by_id(found))
    assert found.left_out


# --- which runs count ----------------------------------------------------------------------

RUNS = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d", "e"],
        "day": [dt.date(2026, 3, k) for k in (1, 3, 5, 7, 9)],
        "start": [dt.datetime(2026, 3, k, 8, tzinfo=dt.UTC) for k in (1, 3, 5, 7, 9)],
        "distance_m": [8000.0, 9000.0, 10000.0, 11000.0, 12000.0],
        "shoe": [None] * 5,
    }
)
TODAY = dt.date(2026, 3, 20)


def ended(text: str) -> dict[str, tuple[str, float | None, bool]]:
    found = outcomes(RUNS, diary.parse(text), TODAY)
    return {o.run: (o.event, o.onset_km, o.recalled) for o in found.runs}


def test_inside_the_diary_silence_is_clean_and_before_it_is_unknown():
    text = '2026-03-05 morning\n  pain: 0/10\n\n2026-03-08 note "fine"\n'
    assert ended(text) == {"c": ("none", None, False), "d": ("none", None, False)}
    assert ended("") == {}


def test_earlier_runs_count_only_where_asked_and_not_where_forgotten():
    text = (
        "2026-03-09 morning\n  pain: 0/10\n\n"
        '2026-03-01 run "fine"\n  id: a\n  recalled: yes\n\n'
        '2026-03-03 run "don\'t remember"\n  id: b\n  recalled: yes\n\n'
        "2026-03-05 episode\n  when: during\n  onset: 6 km\n  recalled: yes\n"
    )
    assert ended(text) == {
        "a": ("none", None, True),
        "c": ("during", 6.0, True),
        "e": ("none", None, False),
    }


@pytest.mark.parametrize(
    ("text", "run", "outcome"),
    [
        ("2026-03-05 episode\n  onset: 4.5 km\n", "c", ("during", 4.5, False)),
        ("2026-03-05 episode\n  when: during\n", "c", ("during", None, False)),
        ("2026-03-05 episode\n  when: after\n", "c", ("after", None, False)),
        ("2026-03-06 episode\n  when: next_day\n", "c", ("after", None, False)),
        ("2026-03-06 episode\n", "c", ("after", None, False)),
        ("2026-03-06 episode\n  run: 2026-03-03\n  onset: 2 km\n", "b", ("during", 2.0, False)),
        ("2026-03-06 episode\n  run: d\n", "d", ("after", None, False)),
        (
            "2026-03-05 episode\n  when: after\n\n2026-03-05 episode\n  onset: 7 km\n",
            "c",
            ("during", 7.0, False),
        ),
    ],
)
@pytest.mark.seed("S3.29")
def test_an_episode_finds_its_run(text: str, run: str, outcome: tuple):
    assert ended(text)[run] == outcome


def test_an_episode_without_a_run_is_said_and_asked():
    found = outcomes(RUNS, diary.parse("2026-03-18 episode\n  when: during\n"), TODAY)
    assert found.unmatched == (dt.date(2026, 3, 18),)
    assert found.events == 0


@pytest.mark.seed("S1.9")
def test_with_and_without_what_was_recalled():
    world = simulator.World(recalled=0.4)
    runner = simulator.simulate(8, 12, {"shoe": math.log(6)}, world)
    found = why(runner.runs, runner.kms, runner.diary, today=runner.today)
    assert found.without_recalled is not None
    assert {c.id for c in found.without_recalled} == {c.id for c in found.contributors}
    plain = simulator.simulate(8, 12, {"shoe": math.log(6)})
    assert why(plain.runs, plain.kms, plain.diary, today=plain.today).without_recalled is None


# --- what people suspect -------------------------------------------------------------------


@pytest.mark.seed("S2.1", "S3.18", "S4.14", "S4.23", "S4.37", "S4.40", "S2.10", "S4.29")
def test_what_is_suspected_is_answered_by_name_or_said_to_be_unknowable(twenty):
    runner, _ = twenty
    blamed = (
        "shoes", "form", "posture_fatigue", "weak_core", "tight_hip_flexors", "warmup",
        "strength_imbalance", "pronation", "hydration", "nutrition",
    )  # fmt: skip
    found = why(runner.runs, runner.kms, runner.diary, today=runner.today, suspects=blamed)
    have = by_id(found)
    for name in ("tight_hip_flexors", "warmup", "strength_imbalance", "pronation", "hydration"):
        assert have[name].verdict == "not_knowable"
        assert have[name].suspected
        assert "What would help" in have[name].sentence
        assert have[name].posterior is None
    assert have["form_drift"].suspected
    assert have["missed_core"].suspected
    assert have[BLUE].suspected
    assert not have["climb"].suspected


def test_every_row_has_claims_that_exist_and_none_is_withheld():
    for row in (*table_rows(), *unexposed_rows()):
        assert row.claims
        for name in row.claims:
            assert knowledge.claim(name).status in ("F", "own")


def test_only_a_study_is_called_research():
    named = [row.id for row in table_rows() if row.size_from]
    assert named == ["spike"]


@pytest.mark.seed("S3.9", "S3.23", "S4.19")
def test_a_slow_run_with_an_episode_speaks_against_pace_and_a_flat_one_against_hills():
    runner = simulator.simulate(12, 8, {})
    hurt = {
        o.run for o in outcomes(runner.runs, runner.diary, runner.today).runs if o.event != "none"
    }
    mine = pl.col("id").is_in(list(hurt))
    kms = runner.kms.with_columns(
        intensity=pl.when(mine).then(-1.5).otherwise(pl.col("intensity")),
        climb=pl.when(mine).then(0.0).otherwise(pl.col("climb")),
    )
    have = by_id(why(runner.runs, kms, runner.diary, today=runner.today, suspects=("hills_up",)))
    assert hurt <= set(have["intensity"].runs_against)
    assert hurt <= set(have["climb"].runs_against)
    assert have["climb"].suspected
    assert have["surface"].label == "hard ground"


@pytest.mark.seed("S1.36")
def test_missed_core_work_is_weighed_over_all_weeks_not_by_one_slack_week(twenty):
    core = by_id(twenty[1])["missed_core"]
    assert core.verdict != "probably"
    assert "clean runs were" in core.sentence


# --- beside the ranking --------------------------------------------------------------------


@pytest.mark.seed("S2.4", "S2.5", "S1.32", "S3.29")
def test_what_does_not_change_from_run_to_run_is_described_and_not_ranked(tmp_path: Path):
    rows = [(MONDAY + dt.timedelta(days=2 * k), 8.0 + k % 5, None) for k in range(40)]
    blocks = ["2012-07-02 measure\n  pelvic_tilt: 14 deg\n  leg_length: 6 mm\n  by: physio\n"]
    blocks += [f"{rows[k][0]} episode\n  when: after\n" for k in (12, 20, 28)]
    blocks += [
        "2012-07-03 strength\n  plank: 1 x 45 s\n",
        "2012-09-03 strength\n  plank: 1 x 60 s\n",
    ]
    blocks += [f"{rows[-1][0]} morning\n  pain: 0/10\n"]
    story = Story(
        about="self",
        person=Person(weight_kg=99.79),
        strength=Strength(deadlift_1rm_kg=181.4, squat_1rm_kg=159.7),
    )
    found = ask(library(tmp_path, rows), "\n".join(blocks), rows[-1][0], story=story)
    text = " ".join(found.descriptions)
    assert "1.82 times" in text
    assert "1.60 times" in text
    assert "does not tell weak from tight" in text
    assert "All 3 episodes came after the run" in text
    assert "In the 7 days before an episode" in text
    assert "not clearly changed" in text
    assert "pelvic tilt" in text
    assert not {"pelvic_tilt", "leg_length"} & set(by_id(found))


def test_the_morning_score_stands_beside_the_episodes():
    world = simulator.World(mornings=True)
    runner = simulator.simulate(49, 14, {"shoe": math.log(8)}, world)
    found = why(runner.runs, runner.kms, runner.diary, today=runner.today)
    assert found.morning[0].id == BLUE
    assert found.morning[0].verdict == "probably"
    assert found.morning[0].hazard_ratio is None
    low, middle, high = found.morning[0].points
    assert 0 < low < middle < high
    assert "blue kayano" in found.agreement
    without = simulator.simulate(49, 14, {"shoe": math.log(8)})
    assert why(without.runs, without.kms, without.diary, today=without.today).morning == ()


def test_a_warning_sign_empties_the_answer(twenty):
    runner, _ = twenty
    sign = BlockedBy(level="emergency", flags=("saddle_numbness",))
    found = why(runner.runs, runner.kms, runner.diary, today=runner.today, blocked=sign)
    assert found.blocked_by == sign
    assert (found.contributors, found.groups, found.experiment) == ((), (), None)


def test_an_empty_folder_and_a_diary_without_episodes_are_answers(tmp_path: Path):
    nothing = ask(library(tmp_path, []), "", TODAY)
    assert (nothing.episodes, nothing.runs, nothing.contributors) == (0, 0, ())
    rows = [(MONDAY + dt.timedelta(days=3 * k), 6.0 + k, "red pair") for k in range(10)]
    text = f"{rows[0][0]} morning\n  pain: 0/10\n\n{rows[-1][0]} morning\n  pain: 0/10\n"
    quiet = ask(library(tmp_path, rows), text, rows[-1][0])
    assert quiet.runs == 10
    assert quiet.experiment is None
    assert all(c.posterior is None for c in quiet.contributors)
    assert by_id(quiet)["shoe:red-pair"].verdict == "not_knowable"
    silent = ask(library(tmp_path, rows), "", rows[-1][0])
    assert (silent.runs, silent.enough) == (0, False)
    assert by_id(silent)["distance"].verdict == "cannot_tell"
    assert by_id(silent)["distance"].prior == 0.30
    assert silent.ask[0].id == "look_back"
    assert by_id(quiet)["distance"].verdict == "cannot_tell"


def test_priors_of_a_cohort_replace_the_table(twenty, tmp_path: Path):
    runner, plain = twenty
    path = tmp_path / "priors.json"
    path.write_text('{"spike": [0.4, 0.2, 0.6], "distance": [0.1, 0.0, 0.3]}')
    for priors in (path, {"spike": (0.4, 0.2, 0.6)}):
        found = why(runner.runs, runner.kms, runner.diary, today=runner.today, priors=priors)
        assert by_id(found)["spike"].prior == 0.6
        assert by_id(found)["distance"].prior == by_id(plain)["distance"].prior
    path.write_text("[1, 2")
    with pytest.raises(UnusableError, match="cannot read priors"):
        why(runner.runs, runner.kms, runner.diary, today=runner.today, priors=path)
