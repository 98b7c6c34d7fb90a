"""Whatever is given, an answer in words and an honest exit code; never a traceback."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from archive_files import gpx, points, zipped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.journey

TODAY = "2026-11-24"
ANSWERS = ("runs", "why", "plan", "today", "answer", "check")


@pytest.fixture
def log(tmp_path):
    """Give a function: rows of a log under `date,km,time,type` -> the file."""

    def write(*rows: str, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(("date,km,time,type", *rows)), encoding="utf-8")
        return path

    return write


def answers(
    cli,
    today: str = TODAY,
    commands: Sequence[str] = ("runs", "answer", "check"),
    *,
    text: bool = False,
) -> dict[str, dict]:
    """Ask for JSON, and where told for text too; give the JSON by command."""
    found = {}
    for command in commands:
        words = (command,) if command == "check" else (command, "--today", today)
        code, out, err = cli(*words, "--json")
        assert code == 0, (command, code, err)
        found[command] = json.loads(out)
        if text:
            code, out, err = cli(*words)
            assert code == 0, (command, code, err)
            assert out.strip(), command
    return found


# --- what is imported ---------------------------------------------------------------------------


def test_nothing_to_import_is_1_and_a_sentence(cli, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "empty.zip").write_bytes(zipped({}))
    (tmp_path / "nothing.fit").write_bytes(b"")
    (tmp_path / "story.docx").write_bytes(b"PK\x03\x04 not really")
    for given in (empty, tmp_path / "empty.zip", tmp_path / "nothing.fit", tmp_path / "story.docx"):
        code, out, _ = cli("import", str(given))
        assert code == 1, given
        assert out.strip()
        code, out, err = cli("import", "--json", str(given))
        assert json.loads(out)["new"] == 0
        assert "Traceback" not in err


def test_a_zip_inside_a_zip_is_opened(cli, tmp_path):
    inner = zipped({"a.gpx.gz": gzip.compress(gpx(points(60)))})
    (tmp_path / "outer.zip").write_bytes(zipped({"part one.zip": inner, "readme.txt": b"hello"}))
    code, out, _ = cli("import", "--json", str(tmp_path / "outer.zip"))
    assert (code, json.loads(out)["new"]) == (0, 1)


def test_a_zip_that_was_cut_off_says_so(cli, tmp_path):
    whole = zipped({f"{k}.gpx": gpx(points(60, start=900 * k)) for k in range(3)})
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    code, out, _ = cli("import", "--json", str(tmp_path / "cut.zip"))
    assert code in (0, 1)
    assert json.loads(out)["problems"]


def test_only_rides_make_no_runs_and_still_an_answer(cli, log):
    assert cli("import", str(log(*(f"2026-11-{d:02},30,70:00,Bike" for d in range(1, 20)))))[0] == 0
    found = answers(cli, commands=ANSWERS, text=True)
    assert len(found["runs"]["activities"]) == 19
    assert found["why"]["runs"] == 0
    assert found["answer"]["load"]["running_km"] == 0
    assert any("No runs" in doubt for doubt in found["answer"]["doubts"])


def test_three_runs_are_a_beginning(cli, log):
    assert (
        cli("import", str(log("2026-11-03,3,20:00", "2026-11-10,3,21:00", "2026-11-17,4,27:00")))[0]
        == 0
    )
    found = answers(cli, text=True)
    assert found["answer"]["contributors"]["enough"] is False
    assert found["answer"]["plan"]["weeks"]


def test_what_the_clock_and_the_sensor_got_wrong(cli, log):
    rows = (
        "1969-12-31,5,30:00", "1912-05-05,10,60:00",  # before the clocks
        "2027-03-01,10,60:00",  # not yet
        "2026-11-01,0,30:00",  # 0 km, but time
        "2026-11-02,,45:00",  # no distance
        "2026-11-03,8,",  # no time
        "2026-11-04 06:30,5,28:00", "2026-11-04 18:30,6,33:00",  # twice a day, no zone
        "2026-11-07,160,36:00:00",  # an ultra
        "2026-11-09,7,42:00",
    )  # fmt: skip
    code, _, err = cli("import", "--json", str(log(*rows)))
    assert code == 0, err
    found = answers(cli)
    shown = found["runs"]["activities"]
    assert [r for r in shown if r["start"].startswith("2027")] == []
    by_day = {r["start"][:10]: r for r in shown}
    assert by_day["2026-11-02"]["distance_m"] is None
    assert by_day["2026-11-01"]["distance_m"] is None
    assert by_day["2026-11-07"]["elapsed_s"] == 36 * 3600
    assert sum(r["start"].startswith("2026-11-04") for r in shown) == 2
    assert "clock" in by_day["1969-12-31"]["quality"]
    for today in ("2026-10-01", "1900-01-01", "2099-12-31"):
        answers(cli, today, ("answer",))


def test_a_day_before_the_first_run_knows_nothing_yet(cli, log):
    cli("import", str(log(*(f"2026-11-{d:02},5,30:00" for d in range(1, 20, 2)))))
    found = answers(cli, "2026-10-01")
    assert found["runs"]["activities"] == []
    assert found["answer"]["load"]["runs"] == 0


def test_names_with_spaces_and_other_scripts(cli, tmp_path, log, monkeypatch):
    home = tmp_path / "Läufe und Rücken 走る"
    monkeypatch.setenv("BACKINSTRIDE_FOLDER", str(home))
    assert cli("import", str(log("2026-11-03,3,20:00", name="меня зовут лог.csv")))[0] == 0
    assert cli("log", "note", "Rücken — 痛い 🙂", "--today", TODAY)[0] == 0
    answers(cli)
    out = home / "neue Dateien"
    assert cli("export", "ics", "-o", str(home / "Plan à moi.ics"), "--today", TODAY)[0] == 0
    assert cli("export", "fit", "-o", str(out), "--today", TODAY)[0] == 0
    assert "Rücken — 痛い 🙂" in (home / "diary.txt").read_text(encoding="utf-8")


# --- the diary ----------------------------------------------------------------------------------


def diary(tmp_path, content: bytes) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "diary.txt").write_bytes(content)


ENTRIES = '2026-11-01 morning\n  pain: 3/10\n\n2026-11-02 episode "stopped"\n  onset: 5 km\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_way_to_save_the_diary_is_read_or_refused_in_words(cli, tmp_path, encoding, newline):
    content = (ENTRIES + '\n2026-11-03 note "Rücken"\n').replace("\n", newline).encode(encoding)
    diary(tmp_path, content)
    code, out, err = cli("answer", "--json", "--today", TODAY)
    found = json.loads(out)
    assert code in (0, 1), err
    problems = json.loads(cli("check", "--json")[1])["problems"]
    read = found["diary"]["episodes"] == 1 and found["diary"]["mornings"] == 1
    assert read or problems
    assert (tmp_path / "folder" / "diary.txt").read_bytes() == content


def test_typos_cost_their_line_only(cli, tmp_path):
    text = (
        "2026-11-01 mornin\n  pain: 3/10\n\n"
        "2026-13-45 morning\n  pain: 3/10\n\n"
        "2026-11-02 morning\n  pian: 3/10\n  pain: lots\n\n"
        "   indented for no reason\n\n"
        "2026-11-03 morning\n  pain: 2/10\n\n"
        '2026-11-04 episode "an open quote\n  onset: 17.25\n\n'
        "2026-11-05 run\n  pain: 14/10\n"
    )
    diary(tmp_path, text.encode())
    found = answers(cli)
    assert found["answer"]["diary"]["mornings"] >= 1
    problems = found["check"]["problems"]
    assert len(problems) >= 5
    assert all(p["file"] == "diary.txt" and p["place"] for p in problems)


def test_binary_in_place_of_the_diary_is_1_with_json(cli, tmp_path):
    diary(tmp_path, bytes(range(256)) * 20)
    for command in ("runs", "why", "plan", "today", "answer"):
        code, out, err = cli(command, "--json", "--today", TODAY)
        assert code in (0, 1), (command, err)
        assert isinstance(json.loads(out), dict)
    code, out, _ = cli("check", "--json")
    assert code == 1
    assert json.loads(out)["problems"]


def test_five_thousand_entries_are_read(cli, tmp_path):
    first = dt.date(2013, 1, 1)
    days = [first + dt.timedelta(days=k) for k in range(5000)]
    diary(
        tmp_path,
        "\n\n".join(f"{d} morning\n  pain: {k % 4}/10" for k, d in enumerate(days)).encode(),
    )
    code, out, _ = cli("answer", "--json", "--today", TODAY)
    assert code == 0
    assert json.loads(out)["diary"]["mornings"] == 5000


def test_the_diary_is_a_folder(cli, tmp_path):
    (tmp_path / "folder" / "diary.txt").mkdir(parents=True)
    for words in (("answer", "--json"), ("check", "--json")):
        code, out, _ = cli(*words)
        assert code in (0, 1)
        json.loads(out)
    code, out, err = cli("log", "note", "words")
    assert (code, out) == (1, "")
    assert "diary.txt" in err


# --- the profile and the folder -----------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"this is = = not toml", b"\xff\xfe\x00", b'units = "furlong"\nrace = 3\nrun_days = 7\n[[table]]\nx = 1\n',
     b"leave_out = 3\n", b"table = 3\ncountry = 4\nunits = []\n", b"[race]\ndate = 2026-99-99\n"],
)  # fmt: skip
def test_a_broken_profile_is_told_and_not_written_over(cli, tmp_path, log, content):
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    (folder / "profile.toml").write_bytes(content)
    assert cli("import", str(log("2026-11-03,3,20:00")))[0] == 0
    found = answers(cli, commands=("plan", "check"))
    assert any(p["file"] == "profile.toml" for p in found["check"]["problems"])
    code, _, err = cli("plan", "--race", "2027-04-25", "--distance", "42.195", "--today", TODAY)
    if (folder / "profile.toml").read_bytes() == content:
        assert code == 1
        assert "profile.toml" in err
    else:
        assert code == 0


def test_the_folder_is_a_file(cli, tmp_path):
    (tmp_path / "folder").write_text("no folder")
    for words in (("runs",), ("log", "note", "x"), ("answer",), ("check",)):
        code, out, err = cli(*words)
        assert (code, out) == (1, ""), words
        assert str(tmp_path / "folder") in err
        code, out, _ = cli(*words, "--json")
        assert code == 1
        assert str(tmp_path / "folder") in json.loads(out)["error"]["message"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(cli, tmp_path, monkeypatch):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    monkeypatch.setenv("BACKINSTRIDE_FOLDER", str(locked / "runner"))
    code, out, err = cli("log", "note", "x")
    assert (code, out) == (1, "")
    assert "runner" in err


def test_a_folder_that_cannot_be_made_is_1_with_its_name(cli, monkeypatch):
    monkeypatch.setenv("BACKINSTRIDE_FOLDER", "/proc/nowhere/runner")
    for words in (("runs",), ("log", "note", "x"), ("answer",)):
        code, out, err = cli(*words)
        assert (code, out) == (1, ""), words
        assert "/proc/nowhere" in err


def test_where_nothing_can_be_written_out_it_says_so(cli, tmp_path):
    nowhere = str(tmp_path / "no" / "such" / "folder" / "x")
    (tmp_path / "afile").write_text("")
    for words in (
        ("report", "-o", f"{nowhere}.txt"), ("export", "ics", "-o", f"{nowhere}.ics"),
        ("export", "fit", "-o", str(tmp_path / "afile")), ("export", "csv", "-o", str(tmp_path / "afile" / "x")),
        ("answer", "--out", str(tmp_path / "afile")),
    ):  # fmt: skip
        code, _, err = cli(*words, "--today", TODAY)
        assert code == 1, words
        assert err.strip()


def test_pictures_are_written_where_there_is_something_to_draw(cli, tmp_path, log):
    out = tmp_path / "pictures"
    assert cli("why", "--chart", str(out), "--today", TODAY)[0] == 0
    assert (
        cli("import", str(log(*(f"2026-11-{d:02},{3 + d % 5},30:00" for d in range(1, 20)))))[0]
        == 0
    )
    for day in ("06", "09", "14"):
        cli("log", "episode", "stopped", "onset=3 km", "--date", f"2026-11-{day}")
    cli("log", "morning", "pain=0/10", "--date", "2026-11-01")
    cli("log", "morning", "pain=0/10", "--date", "2026-11-19")
    code, _, err = cli("why", "--chart", str(out), "--today", TODAY)
    assert code == 0, err
    drawn = {path.name for path in out.iterdir()}
    why = json.loads(cli("why", "--json", "--today", TODAY)[1])
    assert "contributors.svg" in drawn
    assert len(drawn) > 1 or not any(c["runs_for"] for c in why["contributors"])
    assert all(path.read_text(encoding="utf-8").startswith("<svg") for path in out.iterdir())


def test_damaged_tables_of_the_library_are_told(cli, tmp_path, log):
    assert cli("import", str(log("2026-11-03,3,20:00", "2026-11-05,3,20:00")))[0] == 0
    folder = tmp_path / "folder"
    (folder / "activities.parquet").write_bytes(b"PAR1 torn")
    found = answers(cli, commands=("check", "runs"))
    assert [p["slug"] for p in found["check"]["problems"]] == ["table-damaged"]
    assert cli("import", str(tmp_path / "log.csv"))[0] == 0
    assert len(answers(cli, commands=("runs",))["runs"]["activities"]) == 2


# --- the words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "story",
    ["", " \n\t\n", "back", "\x00\x01\x02", "🙂" * 500, "a" * 100_000, "ow! " * 25_000,
     "Mir tut der Rücken weh, wenn ich laufe.", "腰が痛い", "'; DROP TABLE runs; --", "\ud7ff\u202e{}%s%n"],
    ids=range(11),
)  # fmt: skip
def test_any_story_is_answered(cli, tmp_path, story):
    (tmp_path / "story.txt").write_bytes(story.encode())
    code, out, err = cli("tell", str(tmp_path / "story.txt"), "--json", "--today", TODAY)
    assert code in (0, 3), err
    told = json.loads(out)
    assert told["verdict"] or told["ask"]  # what is not read is asked
    if len(story) < 1000:
        code, out, _ = cli("tell", str(tmp_path / "story.txt"), "--today", TODAY)
        assert code in (0, 3)
        assert out.strip()


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_a_story_saved_by_an_old_editor_is_read(cli, tmp_path, encoding):
    story = "I can’t feel it when I wipe, and I am numb between my legs since this morning."
    (tmp_path / "story.txt").write_bytes(story.encode(encoding))
    code, out, _ = cli("tell", str(tmp_path / "story.txt"), "--json", "--today", TODAY)
    assert code == 3
    assert "saddle_numbness" in json.loads(out)["verdict"]["flags"]


def test_a_folder_in_place_of_a_story_is_2(cli, tmp_path):
    code, out, err = cli("tell", str(tmp_path))
    assert (code, out) == (2, "")
    assert err.strip()


def test_a_story_kept_with_odd_signs_can_be_read_again(cli, tmp_path):
    story = 'He said "stop".\n\n2026-11-01 morning\n  pain: 9/10\n\ttabs \\ and \\n and "quotes\n'
    assert cli("tell", "--save", "--today", TODAY, stdin=story)[0] == 0
    found = json.loads(cli("answer", "--json", "--today", TODAY)[1])
    assert found["diary"]["mornings"] == 0  # what stands in a story is no entry
    assert found["story"] is not None


def test_zipped_junk_of_every_kind_ends_in_problems(cli, tmp_path):
    with zipfile.ZipFile(tmp_path / "junk.zip", "w") as archive:
        archive.writestr("a.gpx", b"<gpx><trk>")
        archive.writestr("b.tcx", b"<TrainingCenterDatabase></oops>")
        archive.writestr("c.fit", b"\x0e\x10\x00\x00\xff\xff\xff\x7f.FIT\x00\x00")
        archive.writestr("activities.csv", b"Activity ID,Activity Date,Filename\n1,never,x.fit\n")
        archive.writestr("d.csv", b"date,km\nsoon,far\n")
        archive.writestr("../../evil.gpx", gpx(points(60)))
    code, out, err = cli("import", "--json", str(tmp_path / "junk.zip"))
    found = json.loads(out)
    assert (code, found["new"]) == (0, 1), err
    assert {"unsafe-name"} < {p["slug"] for p in found["problems"]}
    assert not list(tmp_path.parent.glob("evil*"))
