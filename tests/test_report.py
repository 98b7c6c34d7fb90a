"""The physio's two pages: what stands in them, what stays out, and that they are always two."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time

import pytest

from backinstride import diary
from backinstride.demo import invented
from backinstride.exports import report
from backinstride.exports.report_content import PARTS, REMOVED, content
from backinstride.runner import Runner

pytestmark = pytest.mark.journey

NAMES = ("Dr Quillfeather", "Physio Marrow", "Hollowbrook")
TODAY = invented.TODAY
DAY = dt.timedelta(days=1)


def pages_of(data: bytes) -> int:
    pypdf = pytest.importorskip("pypdf", reason="needs [dev]: pypdf")
    import io

    return len(pypdf.PdfReader(io.BytesIO(data)).pages)


@pytest.fixture(scope="module")
def full(demo_folder, tmp_path_factory) -> Runner:
    """The invented runner with one entry of every kind that a physio asks about; to look at."""
    folder = tmp_path_factory.mktemp("full") / "runner"
    shutil.copytree(demo_folder / "runner", folder)
    blocks = [
        diary.format_entry(TODAY - 40 * DAY, "diagnosis", None, [("what", "muscle spasm"), ("by", NAMES[0])]),
        diary.format_entry(TODAY - 30 * DAY, "visit", None, [("who", NAMES[1]), ("said", f"come back in {NAMES[2]}")]),
        diary.format_entry(
            TODAY - 30 * DAY, "treatment", None,
            [("what", "heel raise"), ("side", "left"), ("mm", "6"), ("by", NAMES[1]), ("effect", "no change")],
        ),
        diary.format_entry(
            TODAY - 8 * DAY, "episode", None,
            [("when", "after"), ("pain", "5/10"), ("feels", "spasm"), ("where", "low back"),
             ("aggravates", "sitting"), ("eased", "walking")],
        ),
        diary.format_entry(TODAY - DAY, "week", None, [("pain", "6/10"), ("activity", "standing to cook, 3")]),
        diary.format_entry(TODAY, "week", None, [("pain", "4/10"), ("activity", "standing to cook, 6")]),
        diary.format_entry(TODAY, "check", None, [("fever", "unsure")]),
    ]  # fmt: skip
    diary.append(folder / "diary.txt", blocks)
    return Runner(folder, TODAY)


@pytest.mark.seed("S1.35")
def test_it_holds_what_a_physio_asks_for_in_their_order(full):
    """A checklist of what stands in a first assessment, S and O filled, A and P left open."""
    text = report.plain_text(full, full.answer())
    wanted = (
        invented.STORY[:60],
        "Pain now:", "worst", "best",
        "3 episodes", "Aggravating: sitting", "Easing: ", "nothing that was tried",
        "17.25 mi", "low back", "Settled: after" if "Settled" in text else "spasm",
        "Morning after a run: mean", "standing to cook | 3 | 6",
        f"UNSURE ({TODAY})", f"no ({TODAY})", "fever",
        "muscle spasm (by Dr Quillfeather)", "Physio Marrow", "Goal: 42.195 km on 2026-11-01",
        "runs, 633 mi", "weeks, mi a week", "Began after", "Gradient", "Form drift",
        "Blue Heron 4", "plank", "45 s", "heel raise, left 6 mm", "no change",
        "not a cause", "Plan of the program", "Sources",
    )  # fmt: skip
    flat = " ".join(text.split())
    missing = [w for w in wanted if " ".join(w.split()) not in flat]
    assert missing == []
    assert text.index("S: ") < text.index("O: Training") < text.index("\nA: ") < text.index("\nP: ")
    assert text.count("No warning sign") <= 1


def test_no_word_of_ours_diagnoses(full):
    text = report.plain_text(full, full.answer(), leave_out=("story", "history"))
    for word in ("diagnos", "you have", "caused by", "will prevent", "safe to run", "cure"):
        assert word not in text.lower().replace("not a diagnosis", ""), word


def test_planned_against_done_is_counted(season_runner):
    me = season_runner
    text = report.plain_text(me, me.answer())
    assert f"{me.kept.done} of {me.kept.planned} runs" in text
    assert "done of" in text


@pytest.mark.parametrize("shareable", [False, True])
def test_two_pages_for_a_full_diary(full, shareable):
    made = report.pdf(full, full.answer(), shareable=shareable)
    assert made.startswith(b"%PDF")
    assert pages_of(made) == 2


def test_two_pages_for_an_empty_one(tmp_path):
    me = Runner(tmp_path / "new", TODAY)
    assert pages_of(report.pdf(me, me.answer())) == 2
    assert "No warning sign in what the runner told" in report.plain_text(me, me.answer())


def test_two_pages_for_a_huge_one(demo_copy):
    long = "word " * 4000
    blocks = [diary.format_entry(TODAY, "story", f"My low back seized up at mile 17. {long}", [])]
    for k in range(120):
        day = TODAY - k * DAY
        blocks += [
            diary.format_entry(day, "episode", long[:600], [
                ("when", "during"), ("pain", "6/10"), ("feels", ", ".join(["spasm", "cramp", "stiff"] * 4)),
                ("where", "low back, hip, buttock"), ("did", long[:300]), ("warning", long[:300]),
                ("able", long[:300]), ("eased", f"thing {k} " * 9), ("aggravates", f"other {k} " * 9),
            ]),
            diary.format_entry(day, "strength", None, [(f"own exercise number {k}", "3 x 10")]),
            diary.format_entry(day, "treatment", None, [("what", long[:400]), ("by", long[:200]), ("dose", long[:200]), ("effect", long[:300])]),
            diary.format_entry(day, "diagnosis", None, [("what", long[:400]), ("by", long[:200])]),
            diary.format_entry(day, "visit", None, [("who", long[:200]), ("said", long[:400])]),
            diary.format_entry(day, "week", None, [("activity", f"thing {j} {long[:80]}, 4") for j in range(5)]),
            diary.format_entry(day, "shoes", None, [("name", f"pair {k} {long[:200]}")]),
        ]  # fmt: skip
    diary.append(demo_copy / "diary.txt", blocks)
    me = Runner(demo_copy, TODAY)
    assert pages_of(report.pdf(me, me.answer())) == 2


def test_parts_can_be_left_out(full):
    answer = full.answer()
    for part in PARTS:
        kept = {s.key for s in content(full, answer, leave_out=(part,)).sections}
        assert part not in kept
    assert content(full, answer, leave_out=("episodes",)).places == {}
    text = report.plain_text(full, answer, leave_out=("story", "shoes"))
    assert invented.STORY[:40] not in text
    assert "O: Shoes" not in text


def test_a_shareable_file_holds_no_name_title_place_or_free_word(full, tmp_path):
    """Every free word that went in is looked for in what came out, page and text."""
    secrets = ("Zanzibel", "Quorvane", "Mistlethorp")
    blocks = [
        diary.format_entry(TODAY, "story", f"{secrets[0]} ran. My low back seized up at mile 17.", []),
        diary.format_entry(TODAY, "episode", secrets[1], [
            ("when", "during"), ("feels", "spasm"), ("where", "low back"), ("did", f"called {secrets[2]}"),
            ("eased", secrets[0]), ("aggravates", secrets[1]), ("warning", secrets[2]), ("able", secrets[0]),
            ("shoes", f"{secrets[1]} racer"),
        ]),
        diary.format_entry(TODAY, "run", None, [("shoes", f"{secrets[1]} racer"), ("note", secrets[2])]),
        diary.format_entry(TODAY, "treatment", None, [("what", secrets[0]), ("by", secrets[1]), ("dose", secrets[2]), ("effect", secrets[0])]),
        diary.format_entry(TODAY, "experiment", None, [("change", secrets[0]), ("a", secrets[1]), ("b", secrets[2])]),
        diary.format_entry(TODAY, "visit", None, [("who", secrets[0]), ("said", secrets[1])]),
        diary.format_entry(TODAY, "strength", None, [(f"{secrets[2]} lift", "3 x 5")]),
        diary.format_entry(TODAY, "week", None, [("activity", f"{secrets[0]} hill, 4")]),
    ]  # fmt: skip
    shutil.copytree(full.folder, tmp_path / "runner")
    me = Runner(tmp_path / "runner", TODAY)
    diary.append(me.library.diary_path, blocks)
    answer = me.answer()
    data = json.dumps([str(content(me, answer, shareable=True, most=20))])
    text = report.plain_text(me, answer, shareable=True)
    for word in (*secrets, *NAMES, "heron", "finch", "standing", "Long run, cut short"):
        assert word.lower() not in text.lower(), word
        assert word.lower() not in data.lower(), word
    assert REMOVED in text
    assert pages_of(report.pdf(me, answer, shareable=True)) == 2


def test_an_open_warning_sign_leads_and_there_is_no_plan(demo_copy):
    diary.append(
        demo_copy / "diary.txt",
        [diary.format_entry(TODAY, "check", None, [("saddle_numbness", "yes")])],
    )
    me = Runner(demo_copy, TODAY)
    found = content(me, me.answer())
    assert found.urgent
    assert "numbness between the legs" in found.verdict
    assert "None: a warning sign is open." in report.plain_text(me, me.answer())


def test_words_that_look_like_markup_stay_words(demo_copy):
    words = 'My low back #import "x" *seized* $x^2$ #panic("no") up at mile 17.'
    diary.append(demo_copy / "diary.txt", [diary.format_entry(TODAY, "story", words, [])])
    me = Runner(demo_copy, TODAY)
    made = report.pdf(me, me.answer())
    pypdf = pytest.importorskip("pypdf", reason="needs [dev]: pypdf")
    import io

    flat = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)
    assert '#panic("no")' in flat.replace("“", '"').replace("”", '"')


def test_the_same_folder_gives_the_same_bytes_in_a_second(demo_runner):
    me = demo_runner
    answer = me.answer()
    first = report.pdf(me, answer)
    begun = time.process_time()
    assert report.pdf(me, answer) == first
    assert time.process_time() - begun < 1.0
    assert b"/MarkInfo" in first or b"/StructTreeRoot" in first


@pytest.mark.oracle
def test_a_validator_of_the_machine_checkable_subset_finds_nothing(full, tmp_path):
    """16 of the 106 rules of PDF/UA-1; conformance is not claimed from it."""
    pdfua = pytest.importorskip("pdfua", reason="needs [dev]: pdfua")
    path = tmp_path / "report.pdf"
    path.write_bytes(report.pdf(full, full.answer()))
    assert list(pdfua.validate(str(path)).findings) == []
