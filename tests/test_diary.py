"""The diary: what a person wrote is read, kept, and never damaged by what we write."""

from __future__ import annotations

import datetime as dt
import errno
import os
import stat
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backinstride import diary, files
from backinstride.errors import DiaryChangedError, UnusableError, UsageError

DAY = dt.date(2026, 9, 30)

EXAMPLE = """\
2026-09-30 episode "stopped at 17.25 of 20 miles, walked"
  onset: 17.25 mi
  planned: 20 mi
  pain: 7/10
  feels: spasm
  where: low back

2026-10-01 morning
  pain: 4/10
  stiff: 40 min

2026-10-02 strength
  deadlift: 400 lb x 1
  plank: 3 x 45 s
"""

words = st.text(
    alphabet=st.one_of(st.sampled_from('ab "“”\\#|:\n\r\t'), st.characters(codec="utf-8")),
    max_size=40,
)
names = st.text(alphabet="abc XYZ-äß0", min_size=1, max_size=12).filter(
    lambda name: name.strip() and not name.strip().isdigit()
)


def lines_trimmed(text: str | None) -> str | None:
    text = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip() or None


# --- reading ------------------------------------------------------------------------------


def test_reads_entries_with_words_fields_and_lines():
    read = diary.parse(EXAMPLE)
    assert read.problems == ()
    episode, morning, strength = read.entries
    assert (episode.date, episode.kind, episode.line) == (DAY, "episode", 1)
    assert episode.words == "stopped at 17.25 of 20 miles, walked"
    assert episode.get("Onset") == "17.25 mi"
    assert morning.line == 8
    assert morning.fields == (("pain", "4/10"), ("stiff", "40 min"))
    assert strength.all("plank") == ("3 x 45 s",)
    assert episode.text + "\n\n" + morning.text + "\n\n" + strength.text + "\n" == EXAMPLE


def test_a_fault_is_a_problem_with_its_line_and_every_other_entry_stays():
    text = EXAMPLE.replace("2026-10-01 morning", "2026-1O-01 morning")
    read = diary.parse(text)
    assert [e.kind for e in read.entries] == ["episode", "strength"]
    (problem,) = read.problems
    assert problem.line().startswith("diary.txt:8: ")
    assert not problem.kept


@pytest.mark.parametrize(
    ("text", "line", "slug"),
    [
        ("2026-02-30 note\n", "1", "diary-header"),
        ("2026-09-30\n", "1", "diary-header"),
        ("hello\n", "1", "diary-header"),
        ("  pain: 4/10\n", "1", "diary-header"),
        ("2026-09-30 epsiode\n  pain: 4/10\n", "1", "diary-kind"),
        ("2026-09-30 morning\n  pian: 4/10\n", "2", "diary-name"),
        ("2026-09-30 morning\n  pain 4/10\n", "2", "diary-line"),
        ('2026-09-30 note "open\n\n2026-10-01 note\n', "1", "diary-quote"),
        ('2026-09-30 note "a" b\n', "1", "diary-after-words"),
    ],
)
def test_every_fault_has_a_slug_and_a_line(text, line, slug):
    (problem,) = diary.parse(text).problems
    assert (problem.place, problem.slug) == (line, slug)


def test_near_misses_are_named():
    read = diary.parse("2026-09-30 epsiode\n  x: 1\n\n2026-10-01 morning\n  pian: 4/10\n")
    assert [p.hint for p in read.problems] == ["Did you mean episode?", "Did you mean pain?"]
    assert read.entries[0].get("x") == "1"  # an unknown kind is kept with its values
    assert read.entries[1].get("pian") == "4/10"


def test_unknown_names_and_loose_lines_are_still_told():
    read = diary.parse(
        '2026-09-30 story "back hurts"\nand I cannot feel my legs\n  odd: since monday\n'
    )
    told = read.entries[0].told
    assert "cannot feel my legs" in told
    assert "odd: since monday" in told
    assert len(read.problems) == 2


def test_a_story_pasted_over_several_lines_is_one_entry():
    read = diary.parse(
        '2026-09-30 story "It began\n\non 12.5.2026 at mile 3.\nNow gone"\n\n2026-10-01 note\n'
    )
    assert read.problems == ()
    assert read.entries[0].words == "It began\n\non 12.5.2026 at mile 3.\nNow gone"
    assert read.entries[1].kind == "note"


def test_what_editors_do_to_a_file_is_read():
    text = EXAMPLE.replace("\n", "\r\n").replace('"', "“", 1).replace('walked"', "walked”")
    for data in (
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace("  ", "\t").encode(),
    ):
        read = diary.parse(data)
        assert read.problems == ()
        assert len(read.entries) == 3
        assert read.entries[0].words == "stopped at 17.25 of 20 miles, walked"


def test_letters_that_are_no_utf8_are_a_problem_not_an_end():
    read = diary.parse(EXAMPLE.encode() + b'\n2026-10-03 note "caf\xe9"\n')
    assert len(read.entries) == 4
    assert read.problems[0].slug == "diary-encoding"
    assert read.problems[0].place == "16"


def test_a_file_that_is_no_text_or_cannot_be_opened_is_told_and_left_alone(tmp_path):
    path = tmp_path / "diary.txt"
    path.write_bytes(b"\x89PNG\0\0" * 20)
    assert [p.slug for p in diary.load(path).problems] == ["diary-unreadable"]
    with pytest.raises(UnusableError):
        diary.append(path, [diary.format_entry(DAY, "note")])
    assert path.read_bytes() == b"\x89PNG\0\0" * 20
    (tmp_path / "folder").mkdir()
    assert [p.slug for p in diary.load(tmp_path / "folder").problems] == ["diary-unreadable"]
    assert diary.load(tmp_path / "missing.txt").problems == ()


def test_remarks_and_loose_names_are_fine():
    read = diary.parse("# mine\n2026-09-30 Morning\n  # slept badly\n  Pain:4/10\n")
    assert [p.slug for p in read.problems] == []
    assert read.entries[0].kind == "morning"
    assert read.entries[0].get("pain") == "4/10"


def test_recalled():
    read = diary.parse("2026-09-30 morning\n  pain: 1\n  recalled: yes\n\n2026-10-01 morning\n")
    assert [e.recalled for e in read.entries] == [True, False]


def test_ten_thousand_entries_read_quickly():
    fields = [("pain", "3/10"), ("stiff", "20 min")]
    text = (diary.format_entry(DAY, "morning", "woke early", fields) + "\n") * 10_000
    assert len(diary.parse(text).entries) == 10_000
    assert min(_cpu_of(lambda: diary.parse(text)) for _ in range(2)) < 0.25  # aim 0.1, idle


def _cpu_of(work):
    began = time.process_time()
    work()
    return time.process_time() - began


# --- writing ------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.none() | words, st.lists(st.tuples(names, words), max_size=4))
def test_what_is_written_is_read_back(text, fields):
    block = diary.format_entry(DAY, "strength", text, fields)
    read = diary.parse(block)
    assert read.problems == ()
    (entry,) = read.entries
    assert entry.words == lines_trimmed(text)
    assert entry.fields == tuple((n.strip(), lines_trimmed(v) or "") for n, v in fields)
    assert diary.format_entry(entry.date, entry.kind, entry.words, entry.fields) == block


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='ab2026-09 \n\t:"|#“”', max_size=120))
def test_reading_any_text_never_raises_and_keeps_a_good_entry_after_it(text):
    read = diary.parse(text + "\n\n2026-10-01 morning\n  pain: 4/10\n")
    assert read.entries[-1].kind == "morning"
    assert read.entries[-1].get("pain") == "4/10"


@pytest.mark.parametrize("kind", ["", "two words", "late:"])
def test_a_kind_that_could_not_be_read_back_is_refused(kind):
    with pytest.raises(UsageError):
        diary.format_entry(DAY, kind)


@pytest.mark.parametrize("name", ["", "a:b", "a\nb", "|x", "#x"])
def test_a_name_that_could_not_be_read_back_is_refused(name):
    with pytest.raises(UsageError):
        diary.format_entry(DAY, "note", None, [(name, "1")])


step = st.one_of(
    st.tuples(st.just("append"), words),
    st.tuples(st.just("crash"), st.integers(0, 200)),
    st.tuples(st.just("outside"), st.text(alphabet='ab \n":|2', max_size=20)),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(step, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_no_append_outside_edit_or_crash_changes_an_earlier_byte(tmp_path, steps, newline, bom):
    path = tmp_path / "diary.txt"
    start = EXAMPLE.replace("\n", newline).encode("utf-8-sig" if bom else "utf-8")
    path.write_bytes(start)
    for what, value in steps:
        before = path.read_bytes()
        if what == "append":
            block = diary.format_entry(DAY, "note", value, [("note", value)])
            diary.append(path, [block])
            after = path.read_bytes()
            assert after.startswith(before)
            last = diary.parse(after).entries[-1]
            assert (last.words, last.get("note")) == (lines_trimmed(value), lines_trimmed(value))
            assert (b"\r\n" in after[len(before) :]) == (newline == "\r\n")
        elif what == "crash":  # a write that the machine did not finish
            block = diary.format_entry(DAY, "note", "torn words", [("note", "äöü torn")])
            path.write_bytes(before + b"\n" + block.encode()[: value % len(block)])
        else:  # an editor beside us
            path.write_bytes(before + value.encode())
    assert path.read_bytes().startswith(start)
    assert [e.kind for e in diary.load(path).entries[:3]] == ["episode", "morning", "strength"]


def test_append_makes_up_for_a_missing_newline_and_keeps_the_file_private(tmp_path):
    path = tmp_path / "diary.txt"
    old = os.umask(0o000)
    try:
        diary.append(path, [diary.format_entry(DAY, "note", "first")])
    finally:
        os.umask(old)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    path.write_text(path.read_text().rstrip("\n"))
    diary.append(path, [diary.format_entry(DAY, "note", "second"), diary.format_entry(DAY, "note")])
    assert (
        path.read_text()
        == '2026-09-30 note "first"\n\n2026-09-30 note "second"\n\n2026-09-30 note\n'
    )


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "diary.txt"
    path.write_text(EXAMPLE)
    real = os.write

    def full(handle, data):
        if len(data) > 5:
            return real(handle, data[:5])
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(files.os, "write", full)
    with pytest.raises(OSError, match="no space"):
        diary.append(path, [diary.format_entry(DAY, "note", "lost?")])
    assert path.read_text() == EXAMPLE


def test_fifty_at_once_lose_nothing(tmp_path):
    path = tmp_path / "diary.txt"
    threads = [
        threading.Thread(
            target=diary.append, args=(path, [diary.format_entry(DAY, "note", f"n{i}")])
        )
        for i in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read = diary.load(path)
    assert read.problems == ()
    assert {e.words for e in read.entries} == {f"n{i}" for i in range(50)}


def test_two_processes_and_a_kill_lose_nothing_that_was_said(tmp_path):
    path = tmp_path / "diary.txt"
    code = (
        "import sys,datetime as dt;from pathlib import Path;from backinstride import diary\n"
        "for i in range(10**6):\n"
        " diary.append(Path(sys.argv[1]),[diary.format_entry(dt.date(2026,9,30),'note',f'{sys.argv[2]}{i}')])\n"
        " print(i,flush=True)\n"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path), name], stdout=subprocess.PIPE, text=True
        )
        for name in "ab"
    ]
    said = [next(iter(child.stdout)) for child in children for _ in range(5)]
    for child in children:
        child.kill()
        rest = child.communicate()[0].splitlines()
        said += rest
    read = diary.load(path)
    assert len(read.entries) >= len(said)
    assert read.problems == ()
    diary.append(path, [diary.format_entry(DAY, "note", "after")])
    assert diary.load(path).entries[-1].words == "after"


# --- editing ------------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_edit_changes_its_entry_and_no_other_byte(tmp_path, newline, encoding):
    path = tmp_path / "diary.txt"
    before = EXAMPLE.replace("\n", newline).replace("walked", "gewartet: ärgerlich")
    path.write_bytes(before.encode(encoding))
    morning = diary.load(path).entries[1]
    seen = morning.text.replace("\n", "\r\n")  # a browser's form sends it back so
    diary.edit(path, seen, morning.sha256, morning.text.replace("4/10", "5/10"))
    assert path.read_bytes() == before.replace("4/10", "5/10").encode(encoding)
    backups = list((tmp_path / "cache" / "diary-backups").iterdir())
    assert [b.read_bytes() for b in backups] == [before.encode(encoding)]


def test_an_edit_of_what_changed_is_refused_and_nothing_written(tmp_path):
    path = tmp_path / "diary.txt"
    path.write_text(EXAMPLE)
    entry = diary.load(path).entries[0]
    changed = EXAMPLE.replace("7/10", "8/10")
    path.write_text(changed)
    for old in (entry.text, None):
        with pytest.raises(DiaryChangedError):
            diary.edit(path, old, entry.sha256, "2026-09-30 note\n")
    with pytest.raises(DiaryChangedError):
        diary.edit(path, "something else", diary.load(path).entries[0].sha256, "x")
    with pytest.raises(DiaryChangedError):
        diary.replace_all(path, "all gone", diary.parse(EXAMPLE).sha256)
    assert path.read_text() == changed


def test_an_edit_while_another_entry_was_added_goes_through(tmp_path):
    path = tmp_path / "diary.txt"
    path.write_text(EXAMPLE)
    entry = diary.load(path).entries[0]
    diary.append(path, [diary.format_entry(DAY, "note", "from the other tab")])
    diary.edit(path, entry.text, entry.sha256, "")
    kinds = [e.kind for e in diary.load(path).entries]
    assert kinds == ["morning", "strength", "note"]


def test_replace_all_keeps_newline_and_old_text(tmp_path):
    path = tmp_path / "diary.txt"
    path.write_bytes(EXAMPLE.replace("\n", "\r\n").encode())
    diary.replace_all(path, "2026-09-30 note\n", diary.load(path).sha256)
    assert path.read_bytes() == b"2026-09-30 note\r\n"
    assert len(list((tmp_path / "cache" / "diary-backups").iterdir())) == 1
    empty = tmp_path / "new.txt"
    diary.replace_all(empty, EXAMPLE, diary.load(empty).sha256)
    assert diary.load(empty).entries[0].kind == "episode"


def test_a_link_to_the_diary_stays_a_link(tmp_path):
    real = tmp_path / "elsewhere.txt"
    real.write_text(EXAMPLE)
    link = tmp_path / "diary.txt"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("this system makes no symbolic links")
    diary.replace_all(link, "2026-09-30 note\n", diary.load(link).sha256)
    assert link.is_symlink()
    assert real.read_text() == "2026-09-30 note\n"
