"""The command line as scripts use it: one JSON document, honest exit codes, no traceback."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

pytestmark = pytest.mark.journey

EMPTY_ANSWERS = ("runs", "why", "plan", "today", "answer")
RED = "Since this morning I cannot feel it when I wipe, and I am numb between my legs."


@pytest.mark.parametrize("command", EMPTY_ANSWERS)
def test_an_empty_folder_gives_valid_json_and_no_traceback(cli, command):
    code, out, _ = cli(command, "--json", "--today", "2026-11-24")
    assert code in (0, 1)
    found = json.loads(out)
    assert isinstance(found, dict)


def test_the_folder_is_private(cli, tmp_path):
    cli("log", "note", "first")
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "folder" / "diary.txt").stat().st_mode) == 0o600


def test_log_prints_the_entry_that_the_diary_now_holds(cli, tmp_path):
    code, out, _ = cli(
        "log", "episode", "stopped, walked", "--date", "2026-09-27", "onset=17.25 mi", "pain=7/10"
    )
    assert code == 0
    text = (tmp_path / "folder" / "diary.txt").read_text(encoding="utf-8")
    assert out.strip() in text
    assert '2026-09-27 episode "stopped, walked"' in text
    assert "  onset: 17.25 mi" in text


def test_log_as_json_is_the_entry(cli):
    code, out, _ = cli(
        "log", "morning", "pain=2/10", "stiff=20 min", "--json", "--today", "2026-09-28"
    )
    found = json.loads(out)
    assert code == 0
    assert found["kind"] == "morning"
    assert found["date"] == "2026-09-28"
    assert found["fields"] == {"pain": "2/10", "stiff": "20 min"}


def test_an_unknown_name_is_kept_and_reported(cli, tmp_path):
    code, _, err = cli("log", "episode", "onsett=17 mi")
    assert code == 0
    assert "onsett" in err
    assert "onsett: 17 mi" in (tmp_path / "folder" / "diary.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ("log", "epsode"),
        ("log", "note", "two", "sentences"),
        ("plan", "--race", "2027-04-25"),
        ("plan", "--race", "soon", "--distance", "42"),
        ("plan", "--race", "2020-01-01", "--distance", "42", "--today", "2026-11-24"),
        ("import", "no-such-file.zip"),
        ("tell", "no-such-story.txt"),
        ("explain", "no_such_thing"),
        ("why", "--priors", "no-such-file.toml"),
        ("nonsense",),
        ("runs", "--today", "24.11.2026"),
        ("export", "fit", "-o", "-"),
    ],
)
def test_wrong_usage_is_2_with_a_sentence(cli, words):
    code, out, err = cli(*words)
    assert code == 2, err
    assert out == ""
    assert err.strip()


def test_a_misspelt_kind_gets_the_one_that_was_meant(cli):
    assert "episode" in cli("log", "epsode")[2]


def test_a_warning_sign_is_exit_code_3_from_every_command_that_judges(cli, tmp_path):
    code, out, _ = cli("tell", "--json", "--save", stdin=RED)
    assert code == 3
    assert json.loads(out)["verdict"]["level"] == "emergency"
    for command in ("why", "plan", "today", "answer"):
        code, out, _ = cli(command, "--json")
        found = json.loads(out)
        assert code == 3, command
        blocked = found if command in ("why", "plan") else found.get("plan", found)
        if command in ("why", "plan", "answer"):
            assert blocked["blocked_by"]["level"] == "emergency"
        assert not found.get("weeks")
    code, _, _ = cli("export", "ics", "-o", str(tmp_path / "plan.ics"))
    assert code == 3
    assert b"BEGIN:VEVENT" not in (tmp_path / "plan.ics").read_bytes()


def test_answers_lift_what_a_story_raised(cli):
    cli("tell", "--save", stdin=RED)
    found = json.loads(cli("answer", "--json")[1])
    answers = [f"{q['id']}=no" for q in found["ask"]]
    answers += [f"{flag}=no" for flag in found["verdict"]["flags"]]
    cli("log", "check", *sorted(set(answers)))
    code, out, _ = cli("plan", "--json")
    assert code == 0
    assert json.loads(out)["blocked_by"] is None


@pytest.mark.parametrize("text", ["", "spasm", "x " * 50_000, "\ufeffback\r\npain\x00\u2028"])
def test_any_story_gets_an_answer(cli, text):
    code, out, err = cli("tell", "--json", stdin=text)
    assert code in (0, 3), err
    json.loads(out)


def test_a_race_given_once_is_kept(cli):
    cli("plan", "--race", "2027-04-25", "--distance", "42.195", "--today", "2026-11-24", "--json")
    found = json.loads(cli("plan", "--json", "--today", "2026-11-24")[1])
    assert found["race"] == {"date": "2027-04-25", "distance_km": 42.195}


def test_only_rides_no_runs_and_few_runs_have_a_sentence(cli, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("Date,Sport,Distance (km),Time\n2026-11-01,Ride,40,1:30:00\n", encoding="utf-8")
    assert cli("import", str(log))[0] == 0
    code, out, _ = cli("answer", "--today", "2026-11-24")
    assert code == 0
    assert out.strip()


def test_nothing_readable_is_exit_code_1(cli, tmp_path):
    bad = tmp_path / "notes.fit"
    bad.write_bytes(b"these are only words")
    code, out, _ = cli("import", str(bad), "--json")
    found = json.loads(out)
    assert code == 1
    assert found["new"] == 0
    assert found["problems"][0]["file"].endswith("notes.fit")


def test_check_names_file_and_line(cli, tmp_path):
    cli("log", "note", "first")
    diary = tmp_path / "folder" / "diary.txt"
    with diary.open("a", encoding="utf-8") as stream:
        stream.write("\n2026-13-45 episode\n  pain: 7/10\n")
    code, out, _ = cli("check", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["ok"] is False
    assert found["problems"][0]["file"] == "diary.txt"
    assert found["problems"][0]["place"]
    assert json.loads(cli("answer", "--json")[1])["diary"]["entries"] == 1


def test_help_comes_at_once_and_loads_nothing_heavy():
    code = (
        "import sys; from backinstride.cli.commands import group\n"
        "heavy = {'polars', 'numpy', 'altair', 'starlette', 'typst', 'icalendar', 'rich'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


def test_importing_the_package_stays_cheap():
    code = "import sys, backinstride; assert 'polars' not in sys.modules; assert 'msgspec' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


def test_a_log_whose_columns_were_guessed_is_shown_kept_and_read_as_put_right(cli, tmp_path):
    log = tmp_path / "my log.csv"
    log.write_text("date,km,time\n03/04/2026,5,25:00\n", encoding="utf-8")
    code, _, err = cli("import", str(log))
    assert code == 1
    assert "day or month first is not clear" in err
    profile = tmp_path / "folder" / "profile.toml"
    text = profile.read_text(encoding="utf-8")
    assert text.count("[[table]]") == 1
    profile.write_text(text.replace('"unclear"', '"mdy"'), encoding="utf-8")
    code, out, err = cli("import", str(log), "--json")
    assert code == 0
    found = json.loads(out)
    assert found["new"] == 1
    assert found["mappings"][0]["kept"] is True
    assert profile.read_text(encoding="utf-8").count("[[table]]") == 1
    _, out, _ = cli("runs", "--json", "--today", "2026-11-24")
    assert [run["start"][:10] for run in json.loads(out)["activities"]] == ["2026-03-04"]


def test_what_was_merged_is_shown_and_taken_apart_for_good(cli, tmp_path):
    from archive_files import gpx, points

    files = tmp_path / "files"
    files.mkdir()
    (files / "watch.gpx").write_bytes(gpx(points(120)))
    (files / "phone.gpx").write_bytes(gpx(points(118, start=1)))
    assert cli("import", str(files))[0] == 0

    def ids() -> list[str]:
        _, out, _ = cli("runs", "--json", "--today", "2026-11-24")
        return [run["id"] for run in json.loads(out)["activities"]]

    (one,) = ids()
    found = json.loads(cli("explain", one, "--json")[1])
    assert len(found["merged"]) == 1
    assert found["merged_files"] == ["phone.gpx"]
    assert found["apart"] == f"backinstride separate {one}"
    code, out, _ = cli("separate", one, "--json")
    assert code == 0
    assert set(json.loads(out)["separated"]) == {one, *found["merged"]} == set(ids())
    assert cli("import", str(files))[0] == 0
    assert len(ids()) == 2
    for wrong in (one, "no-such-run"):
        code, out, err = cli("separate", wrong)
        assert (code, out) == (2, "")
        assert wrong in err


def test_an_unreadable_diary_is_exit_code_1_and_said_in_the_verdict(cli, tmp_path):
    cli("log", "note", "first")
    (tmp_path / "folder" / "diary.txt").write_bytes(bytes(range(256)) * 4)
    for command in ("answer", "plan", "why", "today"):
        code, out, err = cli(command, "--json")
        assert code == 1, command
        assert "diary-unreadable" in err
        found = json.loads(out)
        if "verdict" in found:
            assert "could not be read" in found["verdict"]["why"]


def test_an_onset_beyond_the_run_is_not_believed_and_named(cli, tmp_path):
    log = tmp_path / "log.csv"
    rows = [f"2026-10-{day:02d},Run,{km},1:10:00" for day, km in ((1, 12), (8, 13), (15, 14))]
    log.write_text("\n".join(["Date,Sport,Distance (km),Time", *rows]) + "\n", encoding="utf-8")
    assert cli("import", str(log))[0] == 0
    cli("log", "episode", "--date", "2026-10-15", "when=during", "onset=99 km")
    run = json.loads(cli("runs", "--json")[1])["activities"][-1]
    assert run["state"] == "usual"
    assert run["spike_ratio"] == pytest.approx(14 / 13, abs=1e-3)
    problems = json.loads(cli("check", "--json")[1])["problems"]
    assert [p["slug"] for p in problems] == ["onset-beyond-run"]


def test_standard_input_may_be_an_export(tmp_path):
    csv = b"Date,Sport,Distance (km),Time\n2026-11-01,Run,8,0:50:00\n"
    words = [
        sys.executable,
        "-m",
        "backinstride",
        "--folder",
        str(tmp_path / "f"),
        "import",
        "-",
        "--json",
    ]
    done = subprocess.run(words, input=csv, capture_output=True, check=True)
    assert json.loads(done.stdout)["runs"] == 1
    assert [p.name for p in (tmp_path / "f" / "cache").iterdir() if "standard" in p.name] == []


def test_a_blocked_answer_says_so_at_its_top(cli):
    cli("tell", "--save", stdin=RED)
    assert json.loads(cli("answer", "--json")[1])["blocked_by"]["level"] == "emergency"
