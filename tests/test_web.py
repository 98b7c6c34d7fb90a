"""The app through its own interface: every page and every form, without a browser or a script."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import hashlib
import html
import io
import re
import shutil
import time
import zipfile

import pytest
from starlette.testclient import TestClient

from backinstride import diary, diary_views
from backinstride.demo import invented
from backinstride.exports import report_content
from backinstride.web import pages
from backinstride.web.app import create_app
from backinstride.web.importing_page import _free_name, rising
from backinstride.web.spans import first_of_each, pieces
from backinstride.web.state import Import
from backinstride.web.view import dated, source

pytestmark = pytest.mark.journey

TOKEN = "token-of-the-test"
PAGES = (
    "/today", "/tell", "/catch-up", "/week", "/answer", "/runs", "/runs?page=2", "/look-back", "/why",
    "/plan", "/diary", "/shoes", "/strength", "/strength?find=ankle+on+knee+lean+forward",
    "/experiments", "/evidence", "/explain/E1.1", "/import", "/import/progress", "/settings", "/about",
)  # fmt: skip
FILES = {
    "/report.pdf": b"%PDF-",
    "/report.txt": b"Back in Stride",
    "/plan.ics": b"BEGIN:VCALENDAR",
    "/workouts.zip": b"PK",
    "/everything.json": b"{",
    "/runs.csv": b"id,",
    "/spec/years.json": b"{",
}
SCRIPT = "<script>alert(1)</script>"


def client_of(folder, *, today=invented.TODAY, read_only=False):
    app = create_app(folder, token=TOKEN, today=lambda: today, read_only=read_only)
    made = TestClient(app, base_url="http://127.0.0.1:8000")
    made.get(f"/?token={TOKEN}")
    return made


@pytest.fixture(scope="module")
def shown(demo_folder):
    """A client that only looks."""
    with client_of(demo_folder / "runner") as made:
        yield made


@pytest.fixture
def client(demo_copy):
    """A client that may write."""
    with client_of(demo_copy) as made:
        made.folder = demo_copy
        yield made


@pytest.fixture(scope="module")
def refusing(demo_folder, tmp_path_factory):
    """A client on a copy of its own, for what must write nothing."""
    folder = tmp_path_factory.mktemp("refusing") / "runner"
    shutil.copytree(demo_folder / "runner", folder)
    with client_of(folder) as made:
        made.folder = folder
        yield made


@pytest.fixture
def fresh(tmp_path):
    """A client before anything was told or read."""
    folder = tmp_path / "fresh"
    with client_of(folder) as made:
        made.folder = folder
        yield made


def entries(folder, kind):
    return [e for e in diary.load(folder / "diary.txt").entries if e.kind == kind]


# --- pages ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers(shown, path):
    answer = shown.get(path)
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert " onclick" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_before_anything_is_known(fresh, path):
    assert fresh.get(path).status_code == 200


@pytest.mark.parametrize(("path", "begins"), FILES.items())
def test_every_file_is_handed_out(shown, path, begins):
    answer = shown.get(path)
    assert answer.status_code == 200
    assert answer.content.startswith(begins)


@pytest.mark.seed("S1.14")
def test_the_verdict_stands_before_any_picture(shown):
    """Asked for help at once, one reads first whether somebody must look at it, then the rest."""
    page = shown.get("/answer").text
    verdict = page.index('aria-label="Verdict"')
    assert verdict < page.index("<figure")
    assert verdict < page.index("What likely contributes")
    assert (
        len(re.sub("<[^>]+>", " ", page[page.index("<main") : page.index("</section>")]).split())
        < 120
    )


@pytest.mark.seed("S4.43")
def test_scope_and_disclaimer_stand_on_every_page_and_in_full_under_about(shown):
    for path in PAGES:
        if path != "/import/progress":
            assert "not a certified medical device" in shown.get(path).text, path
    about = shown.get("/about").text
    assert "does not replace a doctor" in about
    assert "emergency help now for" in about


@pytest.mark.seed("S1.13")
def test_a_discouraged_runner_is_met_with_calm_words(shown):
    told = shown.post("/tell", data={"text": invented.STORY + " This is really discouraging."})
    words = re.sub("<[^>]+>", " ", told.text)
    assert told.status_code == 200
    assert not re.search(
        r"!|\b(?:failed?|wrong with you|your fault|should have|unfortunately)\b", words
    )
    assert "What was understood" in words


@pytest.mark.seed("S4.30")
def test_told_by_a_coach_about_somebody_else_it_is_judged_for_them(shown):
    text = (
        "A runner in my club had her lower back go into spasm on a long run yesterday. She is 34 and "
        "cannot bend. What should I tell her, and how can the group prevent it from happening again?"
    )
    page = shown.post("/tell", data={"text": text}).text
    assert "somebody else’s back" in page
    assert 'aria-label="Verdict"' in page


def test_the_first_page_of_a_new_runner_is_the_box(fresh):
    answer = fresh.get("/")
    assert answer.url.path == "/tell"
    assert "/import" in answer.text
    assert 'action="/example"' in answer.text


def test_a_run_shows_its_onset_gradient_and_form(shown):
    page = shown.get("/runs").text
    ident = re.search(r"/runs/([0-9a-f]{16})", page)[1]
    run = shown.get(f"/runs/{ident}").text
    assert "gradient" in run
    assert "min/mi" in run
    assert "onset 17.25 mi" in run or "17.25 mi" in run
    assert "at the same pace and gradient" in run


def test_unknown_pages_say_so(shown):
    for path in ("/runs/nothing", "/explain/nothing", "/nothing", "/spec/run-nothing.json"):
        assert shown.get(path).status_code == 404


def test_the_unknown_language_is_not_judged_and_breaks_no_page(fresh):
    text = (
        "Gestern hat sich mein unterer Rücken beim langen Lauf verkrampft und ich musste aufhören."
    )
    told = fresh.post("/tell", data={"text": text})
    assert told.status_code == 200
    fresh.post("/tell/keep", data={"text": text})
    for path in ("/today", "/answer", "/plan", "/report.pdf"):
        assert fresh.get(path).status_code == 200, path


# --- telling ----------------------------------------------------------------------------


def test_a_story_is_underlined_judged_corrected_and_kept(fresh):
    page = fresh.post("/tell", data={"text": invented.STORY}).text
    assert "<mark" in page
    assert "17.25" in page
    assert 'name="fix-' in page
    answer = fresh.post(
        "/tell/keep",
        data={
            "text": invented.STORY, "episodes": "1", "e0-keep": "1", "e0-date": "2026-09-27",
            "e0-when": "during", "e0-onset": "17.25 mi", "e0-planned": "20 mi", "e0-pain": "7",
            "e0-feels": "spasm", "e0-where": "low back", "e0-shoes": "blue heron",
            "fix-shoes": "denied", "check-saddle_numbness": "no",
        },
    )  # fmt: skip
    assert answer.url.path == "/answer"
    kept = diary.load(fresh.folder / "diary.txt")
    assert [e.kind for e in kept.entries] == ["story", "episode", "check"]
    assert diary_views.stories(kept)[0].text == invented.STORY
    assert diary_views.episodes(kept)[0].onset_m == pytest.approx(27761.5, abs=1)
    assert not kept.problems


def test_the_fragment_while_typing_says_back_what_was_taken(fresh):
    answer = fresh.post("/tell/read", data={"text": invented.STORY}, headers={"x-fragment": "1"})
    assert "<html" not in answer.text
    assert "<mark" in answer.text
    assert "Spasm in the low back, during the run" in answer.text
    assert not (fresh.folder / "diary.txt").exists()


def test_pieces_give_the_text_back_unchanged():
    from backinstride.runner import tell

    told = tell(invented.STORY, today=invented.TODAY)
    assert "".join(p.text for p in pieces(invented.STORY, told)) == invented.STORY
    ids = [f.id for f in first_of_each(told)]
    assert len(ids) == len(set(ids))


def test_two_readings_of_the_same_words_are_underlined_once(fresh):
    text = "My lower back went into spasm and since this morning I am numb between my legs."
    page = fresh.post("/tell", data={"text": text})
    assert page.status_code == 200
    assert "Get help now" in fresh.post("/tell/keep", data={"text": text}).text


# --- the red page -----------------------------------------------------------------------


@pytest.fixture
def red(client):
    client.post("/settings", data={"units": "mi", "country": "gb"})
    client.post("/check", data={"check-saddle_numbness": "yes"})
    return client


def test_a_warning_sign_leaves_one_page_with_the_number_and_nothing_else(red):
    for path in ("/today", "/answer"):
        page = red.get(path).text
        assert "999" in page
        assert "Get help now" in page
        assert "<figure" not in page
        assert "What likely contributes" not in page
        assert "How was your back" not in page
    for path in ("/plan", "/why", "/runs"):
        page = red.get(path).text
        assert "Get help now" in page
    assert "No plan while a warning sign is open" in red.get("/plan").text
    assert "Not shown while a warning sign is open" in red.get("/why").text


def test_without_a_country_the_number_is_not_guessed(client):
    client.post("/check", data={"check-saddle_numbness": "yes"})
    page = client.get("/today").text
    assert "local emergency number" in page
    assert not re.search(r">\s*(?:112|911|999)\b", page)


def test_an_answer_that_takes_it_back_lifts_the_page(red):
    red.post("/check", data={"check-saddle_numbness": "no"})
    assert "Get help now" not in red.get("/today").text


# --- every day --------------------------------------------------------------------------


def test_the_morning_and_the_run_are_one_form_and_two_entries(demo_copy):
    with client_of(demo_copy, today=invented.TODAY + dt.timedelta(days=1)) as client:
        page = client.get("/today").text
        assert page.index("How was your back this morning?") < page.index("Today’s session")
        ident = re.search(r'name="run-id" value="([^"]+)"', page)
        before = len(diary.load(demo_copy / "diary.txt").entries)
        data = {"pain": "2", "stiff": "15"}
        if ident:
            data |= {"run-id": ident[1], "run-was": "spasm", "run-onset": "11.5"}
        answer = client.post("/today", data=data)
        assert "This morning is kept" in answer.text
        kept = diary.load(demo_copy / "diary.txt")
        assert len(kept.entries) == before + (3 if ident else 1)
        assert not kept.problems


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("/today", {"pain": "11"}, "0 (none) to 10"),
        ("/today", {}, "How was your back"),
        ("/today", {"pain": "3", "date": "2030-01-01"}, "in the future"),
        ("/today", {"pain": "3", "date": "yesterday"}, "not a date"),
        ("/today/run", {"pain": "3", "onset": "far"}, "a distance such as"),
        ("/today", {"pain": "1", "run-id": "x", "run-was": "fine"}, "no such run"),
        ("/check", {}, "at least one question"),
        ("/week", {}, "at least one question"),
        ("/log", {"kind": "poem"}, "No diary entry"),
        ("/log", {"kind": "strength", "lines": "plank 45 s"}, "name: value"),
        ("/plan/race", {"date": "soon", "distance": "10"}, "date and a distance"),
        ("/plan/race", {"date": "2020-01-01", "distance": "10"}, "past"),
        ("/plan/race", {"date": "2027-01-01", "distance": "-4"}, "not a race distance"),
        ("/settings", {"units": "km", "country": "Britain"}, "two letters"),
        ("/shoes", {"name": "  "}, "Give the pair a name"),
        ("/shoes", {"name": "kite", "start": "many"}, "a distance in mi"),
        ("/shoes", {"name": "kite", "retired": "soon"}, "Retired on: a date"),
        ("/strength", {}, "Choose an exercise"),
        (
            "/strength",
            {"exercise-1": "no-such", "sets-1": "3", "reps-1": "5"},
            "Choose an exercise",
        ),
        ("/strength", {"exercise-1": "plank", "sets-1": "3"}, "how many times"),
        ("/strength", {"exercise-1": "plank", "reps-1": "3", "hold-1": "9"}, "how many times"),
        ("/strength", {"exercise-1": "plank", "sets-1": "2.5", "hold-1": "9"}, "whole number"),
        ("/strength", {"exercise-1": "squat", "reps-1": "5", "load-1": "900"}, "0 to 500"),
        ("/experiments", {"a": "old"}, "What do you change"),
        ("/experiments/treatment", {"mm": "4"}, "What was tried"),
        ("/experiments/treatment", {"what": "heel lift", "mm": "tall"}, "Height in mm"),
        ("/tell", {"text": "   "}, "Write a sentence"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_its_place_and_nothing_is_written(
    refusing, path, data, said
):
    before = (refusing.folder / "diary.txt").read_bytes()
    page = refusing.post(path, data=data)
    part = refusing.post(path, data=data, headers={"x-fragment": "1"})
    assert page.status_code == part.status_code == 422
    assert said in page.text
    assert said in part.text
    assert "<html" not in part.text
    assert 'role="alert"' in part.text
    assert (refusing.folder / "diary.txt").read_bytes() == before


def test_seven_missed_mornings_are_caught_up_and_marked_as_recalled(demo_copy):
    today = invented.TODAY + dt.timedelta(days=8)
    with client_of(demo_copy, today=today) as client:
        page = client.get("/catch-up").text
        days = re.findall(r'name="pain-(\d{4}-\d\d-\d\d)" value="0"', page)
        assert len(days) == 7
        answer = client.post("/catch-up", data={f"pain-{d}": "1" for d in days[:6]})
        assert "6 mornings kept" in answer.text
        kept = [
            m
            for m in diary_views.mornings(diary.load(demo_copy / "diary.txt"))
            if str(m.date) in days
        ]
        assert len(kept) == 6
        assert all(m.recalled for m in kept)


def test_the_week_keeps_own_activities_by_name(client):
    answer = client.post(
        "/week",
        data={"pain": "3", "running": "less", "activity-1": "standing, cooking", "score-1": "6"},
    )
    assert answer.status_code == 200
    week = entries(client.folder, "week")[-1]
    assert week.get("pain") == "3/10"
    assert week.get("running") == "less"
    assert "standing" in week.get("activity")
    assert "standing" in client.get("/week").text


def test_looking_back_keeps_taps_as_recalled(demo_copy):
    (demo_copy / "diary.txt").unlink()
    with client_of(demo_copy) as client:
        page = client.get("/look-back").text
        asked = sorted(set(re.findall(r'name="run-([0-9a-f]+)"', page)))
        assert len(asked) > 10
        data = {f"run-{asked[0]}": "fine", f"run-{asked[1]}": "spasm", f"at-{asked[1]}": "9"}
        answer = client.post("/look-back", data=data)
        assert "2 runs kept" in answer.text
        found = diary_views.episodes(diary.load(demo_copy / "diary.txt"))
        assert found[0].recalled
        assert found[0].onset_m == pytest.approx(9 * 1609.344, abs=1)


def last_entry(client):
    return (client.folder / "diary.txt").read_text(encoding="utf-8").rstrip().split("\n\n")[-1]


def test_a_pair_is_kept_from_plain_fields(client):
    before = len(diary.load(client.folder / "diary.txt").entries)
    data = {"name": " Green  Kite 2 ", "start": "100", "from": "2026-01-05", "retired": ""}
    shown = client.post("/shoes", data=data)
    assert "Green Kite 2 is kept" in shown.text
    kept = diary.load(client.folder / "diary.txt")
    assert len(kept.entries) == before + 1
    pair = diary_views.shoes(kept)[-1]
    assert (pair.id, pair.name, pair.retired) == ("green-kite-2", "Green Kite 2", None)
    assert pair.start_km == pytest.approx(160.9)  # the runner thinks in miles
    client.post("/shoes", data={"name": "Green Kite 2", "retired": "2026-09-20"})
    again = diary_views.shoes(diary.load(client.folder / "diary.txt"))[-1]
    assert again.retired == dt.date(2026, 9, 20)


def test_a_session_of_several_exercises_is_one_entry(client):
    data = {
        "date": "2026-09-27",
        "exercise-1": "goblet-squat", "sets-1": "3", "reps-1": "10", "load-1": "16,5",
        "exercise-2": "plank", "sets-2": "3", "hold-2": "45",
        "own-3": "farmer: walk | heavy", "reps-3": "4", "load-3": "0",
    }  # fmt: skip
    assert "The session is kept" in client.post("/strength", data=data).text
    assert last_entry(client) == (
        "2026-09-27 strength\n  goblet squat: 3 x 10, 16.5 kg\n  plank: 3 x 45 s\n"
        "  farmer walk heavy: 1 x 4"
    )
    squat, plank, own = diary_views.strength(diary.load(client.folder / "diary.txt"))[-3:]
    assert (squat.sets, squat.reps, squat.load_kg) == (3, 10, 16.5)
    assert (plank.sets, plank.hold_s, own.reps) == (3, 45, 4)
    assert "Goblet squat" in client.get("/strength").text


def test_stretches_alone_are_mobility(client):
    client.post("/strength", data={"exercise-1": "cat-camel", "reps-1": "8"})
    assert last_entry(client).splitlines()[0].endswith(" mobility")


def test_an_experiment_and_a_treatment_are_kept_from_plain_fields(client):
    change = {
        "change": "other shoes on long runs", "a": "Blue Heron 4", "b": "Red Finch 2",
        "from": "2026-09-28", "review": "2026-11-23",
    }  # fmt: skip
    shown = client.post("/experiments", data=change)
    assert "The experiment is kept" in shown.text
    assert "  a: Blue Heron 4\n  b: Red Finch 2\n" in last_entry(client)
    told = {
        "what": "heel lift", "side": "left", "mm": "4", "by": "physio", "from": "2026-09-01",
        "review": "2026-12-01", "effect": "calmer mornings",
    }  # fmt: skip
    client.post("/experiments/treatment", data=told)
    kept = diary_views.treatments(diary.load(client.folder / "diary.txt"))[-1]
    assert (kept.what, kept.side, kept.mm, kept.by) == ("heel lift", "left", 4, "physio")
    assert (kept.from_, kept.review) == (dt.date(2026, 9, 1), dt.date(2026, 12, 1))
    assert kept.effect == "calmer mornings"


def test_the_suggested_experiment_begins_with_one_button(client):
    page = client.get("/experiments").text
    form = page.partition("Begin this one today")[0].rpartition("<form")[2]
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert {"change", "from", "review"} <= set(hidden)
    client.post("/experiments", data={n: html.unescape(v) for n, v in hidden.items()})
    entry = diary.load(client.folder / "diary.txt").entries[-1]
    assert entry.kind == "experiment"
    assert entry.get("change") == html.unescape(hidden["change"])


def test_a_race_may_be_named_or_in_miles(client):
    for said, shown in (
        ("marathon", "42.195"),
        ("Half-Marathon", "21.0975"),
        ("26.2 mi", "42.1648"),
    ):
        client.post("/plan/race", data={"date": "2027-04-25", "distance": said})
        assert f'value="{shown}"' in client.get("/plan").text


def test_parts_left_out_of_the_report_are_ticked(client):
    client.post("/settings", data={"units": "mi", "leave-story": "1", "leave-plan": "1"})
    page = client.get("/settings").text
    assert re.findall(r'name="leave-(\w+)" value="1" checked', page) == ["story", "plan"]
    assert "leave_out" in (client.folder / "profile.toml").read_text(encoding="utf-8")
    assert tuple(pages.REPORT_PARTS) == report_content.PARTS


def test_the_import_page_says_how_a_log_of_ones_own_was_read(fresh):
    log = b"Day;Km;Time\n21.09.2026;10,5;55:30\n23.09.2026;8,0;42:00\n"
    fresh.post("/import", files={"files": ("my log.csv", log)})
    shown = finish(fresh)
    assert "my log.csv: its columns were guessed" in html.unescape(shown)
    assert "profile.toml" in shown
    assert "[[table]]" in (fresh.folder / "profile.toml").read_text(encoding="utf-8")


def test_what_is_old_is_said_and_not_asked_about(demo_copy):
    with client_of(demo_copy, today=dt.date(2027, 3, 1)) as later:
        shown = later.get("/today").text
        assert "The newest run here is of Sun 27 Sep 2026" in shown
        assert 'name="run-was"' not in shown
        assert "Only runs of the last 26 weeks" in later.get("/look-back").text or (
            'name="run-' in later.get("/look-back").text
        )


@pytest.mark.parametrize(
    ("ident", "said"), [("own-mobility", "our own rule"), ("E6.5", "Cai 2017"), ("no-id", "no-id")]
)
def test_a_source_is_named_by_author_and_year(ident, said):
    assert source(ident) == said


def test_dates_in_sentences_are_written_as_people_do():
    assert dated("after 2026-11-22, not 2026-13-45") == "after 22 Nov 2026, not 2026-13-45"


def test_race_settings_and_log_are_kept(client):
    client.post("/plan/race", data={"date": "2027-04-25", "distance": "21.0975"})
    assert "25 Apr 2027" in client.get("/plan").text
    client.post("/plan/race", data={"forget": "1"})
    assert "25 Apr 2027" not in client.get("/plan").text
    client.post("/settings", data={"units": "km", "country": "fr", "day-sun": "1"})
    assert 'value="FR"' in client.get("/settings").text
    client.post("/log", data={"kind": "strength", "lines": "plank: 3 x 50 s", "next": "/strength"})
    assert "plank" in client.get("/strength").text
    away = client.post("/log", data={"kind": "note", "words": "x", "next": "//evil.example"})
    assert away.url.host == "127.0.0.1"


# --- the diary is never lost ------------------------------------------------------------


def test_two_tabs_the_second_save_is_refused_and_the_first_stands(client):
    page = client.get("/diary").text
    sha = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)[1]
    text = (client.folder / "diary.txt").read_text(encoding="utf-8")
    first = client.post("/diary", data={"text": text + '\n2026-09-28 note "one"\n', "sha256": sha})
    second = client.post("/diary", data={"text": text + '\n2026-09-28 note "two"\n', "sha256": sha})
    assert first.status_code == 200
    assert second.status_code == 409
    now = (client.folder / "diary.txt").read_text(encoding="utf-8")
    assert '"one"' in now
    assert '"two"' not in now


def test_an_editor_open_beside_is_not_overwritten(client):
    page = client.get("/diary").text
    sha = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)[1]
    path = client.folder / "diary.txt"
    path.write_text(
        path.read_text(encoding="utf-8") + '\n2026-09-28 note "by hand"\n', encoding="utf-8"
    )
    assert client.post("/diary", data={"text": "gone", "sha256": sha}).status_code == 409
    client.post("/today", data={"pain": "1"})
    text = path.read_text(encoding="utf-8")
    assert '"by hand"' in text
    assert "by hand" in client.get("/diary").text


def test_fifty_posts_at_once_lose_nothing(client):
    before = (client.folder / "diary.txt").read_bytes()

    def post(k):
        data = {"kind": "note", "words": f"number {k:02d}"}
        return client.post("/log", data=data, follow_redirects=False).status_code

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert set(pool.map(post, range(50))) == {303}
    after = (client.folder / "diary.txt").read_bytes()
    assert after.startswith(before)
    kept = {e.words for e in entries(client.folder, "note")}
    assert {f"number {k:02d}" for k in range(50)} <= kept


# --- nothing is executed ----------------------------------------------------------------


def test_markup_in_words_names_and_titles_is_shown_as_text(client):
    shoes = f"{SCRIPT}heron"
    client.post("/tell/keep", data={"text": f"My low back seized up. {SCRIPT}"})
    client.post("/log", data={"kind": "shoes", "lines": f"name: {shoes}"})
    client.post("/log", data={"kind": "experiment", "words": SCRIPT, "lines": f"change: {SCRIPT}"})
    client.post("/log", data={"kind": "treatment", "lines": f"what: {SCRIPT}\nby: {SCRIPT}"})
    client.post("/log", data={"kind": "strength", "lines": f"{SCRIPT}: 3 x 5"})
    client.post("/week", data={"pain": "3", "activity-1": SCRIPT, "score-1": "6"})
    paths = [*PAGES, f"/explain/{SCRIPT}", f"/strength?find={SCRIPT}", f"/today?said={SCRIPT}"]
    for path in paths:
        assert SCRIPT not in client.get(path).text, path
    assert SCRIPT not in client.post("/tell", data={"text": SCRIPT}).text
    assert SCRIPT not in client.post("/tell/read", data={"text": f"low back {SCRIPT} spasm"}).text
    assert (
        SCRIPT not in client.post("/log", data={"kind": SCRIPT}, headers={"x-fragment": "1"}).text
    )


@pytest.mark.parametrize(
    "sent",
    [
        "../../diary.txt",
        "..\\..\\diary.txt",
        "/etc/passwd",
        "a/../../b.fit",
        "..",
        ".",
        "",
        "x\0y",
        "CON:1?",
    ],
)
def test_an_uploaded_name_is_never_a_path(tmp_path, sent):
    place = tmp_path / "place"
    name = _free_name(sent or "file", place)
    assert name.parent == place
    assert name.name not in ("", ".", "..")


def test_an_upload_with_a_hostile_name_stays_in_its_place(client):
    before = (client.folder / "diary.txt").read_bytes()
    files = {"files": ("../../diary.txt", b"nonsense", "text/plain")}
    assert client.post("/import", files=files).status_code == 200
    finish(client)
    assert (client.folder / "diary.txt").read_bytes() == before


# --- import -----------------------------------------------------------------------------


def finish(client):
    for _ in range(600):
        text = client.get("/import/progress").text
        if "data-every" not in text:
            return text
        time.sleep(0.05)
    raise AssertionError("the import did not end")


def test_an_export_is_read_while_pages_answer_and_a_bad_file_is_named(fresh, demo_folder):
    data = io.BytesIO((demo_folder / "invented-export.zip").read_bytes())
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("activities/broken.fit", b"this is no FIT file")
    answer = fresh.post("/import", files={"files": ("export.zip", data.getvalue())})
    assert answer.status_code == 200
    assert fresh.get("/today").status_code == 200
    done = finish(fresh)
    assert "109" in done
    assert "broken.fit" in done
    assert "not read" in done
    assert "109 outings" in fresh.get("/runs").text
    assert not list((fresh.folder / "cache" / "uploads").iterdir())
    again = fresh.post("/import", files={"files": ("export.zip", data.getvalue())})
    assert again.status_code == 200
    assert "0 new, 109 already here" in finish(fresh)


def test_an_upload_without_a_file_and_a_second_import_are_refused(client):
    assert client.post("/import", files={"other": ("x", b"y")}).status_code == 422
    importer = client.app.state.held.importer
    importer.current = Import(paths=["x"])
    assert client.post("/import", files={"files": ("x.gpx", b"y")}).status_code == 409
    client.post("/import/cancel")
    assert importer.current.cancelled


def test_a_large_upload_is_streamed_to_disk(client):
    seen = []
    held = client.app.state.held.importer
    held.start = lambda me, paths, remove: (
        seen.extend(p.stat().st_size for p in paths[0].iterdir()) or True
    )
    data = b"x" * 20_000_000
    assert client.post("/import", files={"files": ("big.bin", data)}).status_code == 200
    assert seen == [len(data)]


def test_years_rise_as_they_are_met():
    drawn = rising(Import(paths=[], by_year=((2019, 40), (2021, 80))))
    assert "2019 40, 2020 0, 2021 80" in drawn
    assert drawn.count("<rect") == 3
    assert rising(None) == rising(Import(paths=[])) == ""


# --- reading only, the example ----------------------------------------------------------


def test_a_physio_reads_and_nothing_is_written(demo_copy):
    before = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in demo_copy.glob("*.*")}
    with client_of(demo_copy, read_only=True) as client:
        for path in PAGES:
            assert client.get(path).status_code == 200
        for path in (
            "/today",
            "/check",
            "/log",
            "/diary",
            "/settings",
            "/plan/race",
            "/week",
            "/catch-up",
            "/look-back",
            "/tell/keep",
            "/import",
            "/shoes",
            "/strength",
            "/experiments",
            "/experiments/treatment",
        ):
            assert client.post(path, data={"pain": "1"}).status_code == 403, path
        assert "Keep this" not in client.get("/today").text
    assert before == {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in demo_copy.glob("*.*")}


def test_the_example_is_somebody_else_and_cannot_be_written(fresh):
    answer = fresh.post("/example")
    assert answer.url.path == "/answer"
    assert "an invented runner" in answer.text
    assert fresh.post("/today", data={"pain": "1"}).status_code == 403
    assert not (fresh.folder / "diary.txt").exists()
    back = fresh.post("/example/leave")
    assert back.url.path == "/tell"
    assert "an invented runner" not in back.text.split("<main")[0]


@pytest.mark.parametrize("season", [False, True])
def test_a_page_brings_no_more_than_its_budget(demo_folder, season_folder, season):
    """As transferred, with style and script: 150 kB."""
    folder = season_folder if season else demo_folder
    today = invented.SEASON_TODAY if season else invented.TODAY

    def transferred(client, path):
        answer = client.get(path, headers={"accept-encoding": "gzip"})
        return int(answer.headers["content-length"])

    with client_of(folder / "runner", today=today) as client:
        sheet = sum(transferred(client, f"/static/{n}") for n in ("style.css", "enhance.js"))
        for path in PAGES:
            if path != "/import/progress":
                assert transferred(client, path) + sheet <= 150_000, path
