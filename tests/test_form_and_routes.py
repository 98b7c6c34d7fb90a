"""Form and whom to see: from the words and the diary to what is shown, never to a cause."""

from __future__ import annotations

import datetime as dt
import json

import pytest

pytestmark = pytest.mark.journey

TODAY = "2026-11-24"


@pytest.fixture
def runner(cli, tmp_path):
    """Give the command line of a runner with 20 runs; every answer as JSON."""
    first = dt.date(2026, 10, 1)
    days = [first + dt.timedelta(days=2 * k) for k in range(20)]
    lines = [f"{d},{5 + k % 4},{30 + k}:00" for k, d in enumerate(days)]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(("date,km,time", *lines)), encoding="utf-8")
    assert cli("import", str(log))[0] == 0

    def ask(*words: str, stdin: str = ""):
        code, out, err = cli(*words, "--json", stdin=stdin)
        assert code == 0, err
        return json.loads(out)

    return ask


def contributor(why, name):
    (found,) = [c for c in why["contributors"] if c["id"] == name]
    return found


@pytest.mark.seed("S1.28", "S4.13")
@pytest.mark.parametrize(
    "story",
    [
        "My low back seizes after runs. Perhaps it is how my foot lands, it jars the back.",
        "My lower back spasms when I run. I lean too far forward, a friend says try POSE or CHI.",
    ],
)
def test_a_blamed_form_is_answered_with_what_these_runs_can_and_cannot_say(runner, story):
    told = runner("tell", "--save", "--today", TODAY, stdin=story)
    assert "form" in told["suspects"]
    why = runner("why", "--today", TODAY)
    drift = contributor(why, "form_drift")
    assert drift["suspected"]
    assert drift["verdict"] == "not_knowable"  # a log of distances holds no cadence
    assert drift["sentence"]
    said = runner("explain", "say-form")
    assert "not a fault" in said["text"]
    assert said["sources"]


@pytest.mark.seed("S1.28", "S1.44")
def test_a_foot_strike_and_a_shops_gait_check_are_kept_with_who_saw_them(runner):
    runner("log", "measure", "gait=lands on the heel", "by=running store", "--date", "2026-11-01")
    runner("log", "measure", "foot_strike=heel, hard", "--date", "2026-11-02")
    found = runner("why", "--today", TODAY)["descriptions"]
    (shop,) = [s for s in found if s.startswith("Gait:")]
    assert "lands on the heel (running store)" in shop
    assert "no study links it to back pain" in shop
    assert any(s.startswith("Foot strike: heel, hard") for s in found)
    said = runner("explain", "say-gait-shop")
    assert "comfortable shoe" in said["text"]
    assert "no substitute" in said["text"]


@pytest.mark.seed("S4.13", "S4.32")
def test_a_technique_review_is_a_dated_change_with_a_review(runner):
    runner(
        "log", "treatment", "what=technique review: less forward lean (CHI)", "by=coach",
        "from=2026-10-25", "review=2026-12-06", "--date", "2026-10-25",
    )  # fmt: skip
    runner("log", "run", "cue=run tall", "pain=2/10", "--date", "2026-11-06")
    for day in ("2026-10-10", "2026-11-05", "2026-11-07"):
        runner("log", "morning", "pain=2/10", "--date", day)
    (readout,) = runner("why", "--today", TODAY)["readouts"]
    assert readout["kind"] == "treatment"
    assert "forward lean" in readout["what"]
    assert (readout["since"], readout["review"]) == ("2026-10-25", "2026-12-06")
    assert readout["verdict"] in ("too_early", "undecided")
    assert readout["runs_changed"] == 8


@pytest.mark.seed("S0.19")
def test_who_should_look_and_what_they_should_assess(runner):
    story = "My lower back has hurt after every run for six weeks, and it is not getting better."
    told = runner("tell", stdin=story)
    assert told["verdict"]["level"] == "routine"
    assert "physiotherapist" in told["verdict"]["act"]
    for part in ("watches you move and run", "strength", "range of motion"):
        assert part in told["verdict"]["act"]
    said = runner("explain", "say-whom-to-see")["text"]
    for who in ("doctor", "physiotherapist", "podiatrist", "sports medicine", "running shop"):
        assert who in said
