"""The worked example: an invented runner, from export and story to the whole answer."""

from __future__ import annotations

import datetime as dt
import json
import zipfile

import pytest

from backinstride import demo
from backinstride.answer import to_learn, to_settle
from backinstride.demo import invented
from backinstride.errors import UsageError

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def answer(demo_runner):
    return demo_runner.answer()


def test_the_export_has_the_shape_that_strava_hands_out(demo_folder):
    with zipfile.ZipFile(demo_folder / "invented-export.zip") as archive:
        names = archive.namelist()
        header = archive.read("activities.csv").decode().splitlines()[0].split(",")
    assert {"activities.csv", "shoes.csv"} < set(names)
    assert any(name.endswith(".fit.gz") for name in names)
    assert any(name.endswith(".gpx.gz") for name in names)
    assert header.count("Distance") == 2  # km, then m, as in the real table


def test_it_says_that_it_is_invented(demo_folder):
    assert "invented" in (demo_folder / demo.MARK).read_text(encoding="utf-8")


@pytest.mark.seed("S1.1", "S1.4", "S1.6", "S1.8", "S1.9")
def test_the_long_runs_are_those_of_the_story(demo_runner):
    me = demo_runner
    long_runs = me.runs.filter(me.runs["distance_m"] > 24_000).tail(4)
    miles = [round(m / 1609.344, 1) for m in long_runs["distance_m"]]
    assert miles == [15.4, 18.0, 18.0, 18.5]  # trying for 16, 18, 18, picked up at 18.5 of 20
    onsets = [e.onset_m for e in me.diary_episodes()]
    assert [round(m / 1609.344, 2) for m in onsets] == [15.2, 17.25]
    assert me.settings.race.date - invented.PLAN_START == dt.timedelta(weeks=24) - dt.timedelta(
        days=1
    )


@pytest.mark.seed("S4.41", "S1.10")
def test_two_episodes_cannot_tell_yet_and_the_shoes_of_the_clean_runs_are_asked(answer):
    why = answer.contributors
    assert why.episodes == 2
    assert not why.enough
    assert {c.verdict for c in why.contributors} <= {"cannot_tell", "not_knowable"}
    assert any("shoes" in q.question for q in why.ask)
    assert next(c.id for c in why.contributors if c.suspected).startswith("shoe:")


@pytest.mark.seed("S1.42", "S3.11")
def test_the_race_is_judged_and_kept_in_sight(answer):
    plan = answer.plan
    assert plan.race is not None
    assert plan.race.date == invented.RACE
    assert plan.why
    assert {o.id for o in plan.options} == {
        "later_race",
        "walk_breaks",
        "lower_peak",
        "accept_risk",
    }
    assert any(s.kind == "race" for w in plan.weeks for s in w.sessions)


def test_every_claim_used_stands_in_the_evidence(answer):
    known = {line.id for line in answer.evidence}
    for contributor in answer.contributors.contributors:
        assert set(contributor.claims) <= known
    for week in answer.plan.weeks:
        for session in week.sessions:
            assert set(session.claims) <= known


def test_the_year_after_names_the_planted_pair(season_runner):
    why = season_runner.why()
    planted = next(c for c in why.contributors if c.id == "shoe:blue-heron-4")
    assert why.enough
    assert planted.verdict == "probably"
    assert planted.hazard_ratio[0] > 1
    others = [
        c for c in why.contributors if c.verdict == "probably" and not c.id.startswith("shoe:")
    ]
    assert others == []


def test_the_files_are_written_and_the_answer_printed(cli, tmp_path):
    out = tmp_path / "out"
    code, text, _ = cli("demo", "--out", str(out), "--json")
    assert code == 0
    assert json.loads(text)["today"] == "2026-09-28"
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "<script" not in (out / "answer.html").read_text(encoding="utf-8")
    assert b"BEGIN:VEVENT" in (out / "plan.ics").read_bytes()


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        demo.build(tmp_path)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "keep"


def test_safety_is_asked_before_what_would_teach_most(answer):
    asked = [q.id for q in answer.ask]
    assert asked == [q.id for q in answer.contributors.ask]
    assert asked[-1] == "shoes:clean"
    assert [q.id for q in to_settle(answer.ask)] == asked[:-1]
    assert [q.id for q in to_learn(answer.ask)] == ["shoes:clean"]
