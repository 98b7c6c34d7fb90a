"""What the diary says, typed: with units, with problems, and never a guess."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import diary, diary_views
from backinstride.units import Sets, parse_hours, parse_measure, parse_pain, parse_sets

DAY = dt.date(2026, 9, 30)
MILE = 1609.344


def read(
    *blocks: tuple[str, str | None, dict[str, str] | list[tuple[str, str]]], day: dt.date = DAY
):
    """Write entries as the program does and read the file back: no fault may be reported."""
    text = "\n".join(
        diary.format_entry(day, kind, words, fields.items() if isinstance(fields, dict) else fields)
        for kind, words, fields in blocks
    )
    found = diary.parse(text)
    assert found.problems == ()
    assert diary_views.problems(found) == ()
    return found


def entries(text: str) -> diary.Diary:
    found = diary.parse(text)
    assert found.problems == ()
    return found


def mornings(start: dt.date, pains: list[float | None]) -> str:
    """Seven lines of mornings; None leaves the day out."""
    return "\n".join(
        diary.format_entry(start + dt.timedelta(days=k), "morning", None, [("pain", f"{p:g}/10")])
        for k, p in enumerate(pains)
        if p is not None
    )


# --- an episode -------------------------------------------------------------------------------


@pytest.mark.seed("S0.3", "S1.4", "S1.5", "S1.6")
def test_an_episode_in_a_long_run_keeps_onset_plan_places_and_what_was_tried():
    found = read(
        (
            "episode",
            "back went at 17.25, could not go on",
            {
                "onset": "17.25 mi",
                "planned": "20 mi",
                "pickup": "18.5 mi",
                "pain": "7/10",
                "feels": "spasm",
                "where": "hips and low back",
                "shoes": "Blue Kayano",
                "did": "walked, tried to run again",
                "eased": "nothing in the run",
            },
        )
    )
    (episode,) = diary_views.episodes(found)
    assert episode.when == "during"
    assert episode.onset_m == pytest.approx(17.25 * MILE)
    assert episode.planned_m == pytest.approx(20 * MILE)
    assert episode.stopped_m == pytest.approx(18.5 * MILE)
    assert episode.where == ("hip", "low_back")
    assert episode.did == ("walked", "tried to run again")
    assert episode.eased == ("nothing in the run",)
    assert (episode.pain, episode.feels, episode.shoes) == (7.0, ("spasm",), "blue-kayano")
    assert episode.words == "back went at 17.25, could not go on"


@pytest.mark.seed("S0.4", "S4.1")
def test_the_lowest_load_that_still_brings_it_on():
    found = read(
        ("episode", "any running at all", {"when": "during", "trigger": "200 m", "where": "back"}),
        ("measure", None, {"status": "stopped running", "lowest_trigger": "10 min walking"}),
    )
    assert diary_views.episodes(found)[0].trigger_m == 200.0
    status, lowest = diary_views.measures(found)
    assert (status.name, status.text, status.value) == ("status", "stopped running", None)
    assert (lowest.value, lowest.unit) == (600.0, "s")


@pytest.mark.seed("S3.5", "S3.7", "S3.17", "S3.24")
def test_pain_of_the_next_day_the_first_ever_and_what_still_works():
    found = read(
        (
            "episode",
            "felt fine in the run, woke up seized",
            {
                "when": "next day",
                "run": "2026-09-29",
                "first": "yes",
                "able": "walking, a little stooped",
                "slope": "up and down, above a mild grade",
                "worst": "8/10",
            },
        )
    )
    (episode,) = diary_views.episodes(found)
    assert (episode.when, episode.run, episode.onset_m) == ("next_day", "2026-09-29", None)
    assert episode.first is True
    assert episode.able == "walking, a little stooped"
    assert episode.slope == "up and down, above a mild grade"
    assert episode.pain == 8.0


@pytest.mark.seed("S3.21", "S3.31", "S4.22", "S3.15", "S3.8")
def test_stiffness_quality_and_function_stand_apart_from_pain():
    found = read(
        (
            "morning",
            "like a zombie",
            {
                "pain": "2/10",
                "stiff": "90 min",
                "feels": "dull, burning, sensitive",
                "function": "4/10",
            },
        ),
        ("run", None, {"pain": "0", "feels": "tired muscle"}),
    )
    (morning,) = diary_views.mornings(found)
    assert (morning.pain, morning.stiff_min, morning.function) == (2.0, 90.0, "4/10")
    assert morning.feels == ("dull", "burning", "sensitive")
    (run,) = diary_views.run_notes(found)
    assert (run.pain_worst, run.feels) == (0.0, ("tired muscle",))


@pytest.mark.seed("S1.25", "S4.4", "S2.23", "S1.17", "S4.5")
def test_warning_cost_what_makes_it_worse_and_relief_with_its_degree():
    found = read(
        (
            "episode",
            None,
            {
                "warning": "tightness on the right two km before",
                "cost": "ran the last rep at a jog",
                "aggravates": "running, sitting and lifting",
                "eased": "lying face down, massage: a little",
            },
        ),
        (
            "treatment",
            "slow roll-ups on the floor",
            {"effect": "takes the sharp edge off", "dose": "5 min"},
        ),
    )
    (episode,) = diary_views.episodes(found)
    assert episode.warning == "tightness on the right two km before"
    assert episode.cost == "ran the last rep at a jog"
    assert episode.aggravates == ("running", "sitting", "lifting")
    assert episode.eased == ("lying face down, massage: a little",)
    (relief,) = diary_views.treatments(found)
    assert (relief.what, relief.outcome, relief.dose) == (
        "slow roll-ups on the floor",
        "helped",
        "5 min",
    )


# --- a run, strength ----------------------------------------------------------------------------


@pytest.mark.seed("S1.33", "S1.34", "S4.18", "S4.21")
def test_a_run_keeps_fluid_fuel_cue_and_shoes():
    found = read(
        (
            "run",
            None,
            {
                "shoes": "Blue Kayano",
                "surface": "track",
                "effort": "6/10",
                "pain": "1/10",
                "after": "3/10",
                "fuel": "2 gels at 8 and 14 mi",
                "fluid": "500 ml",
                "warmup": "none",
                "cue": "stand taller, quicker feet",
                "reps": "4 x 800 m",
                "rest": "12 min",
            },
        ),
        ("note", None, {"technique": "quicker cadence and foot lift; toe landing not yet"}),
        ("measure", None, {"default_posture": "under-curved lumbar"}),
    )
    (run,) = diary_views.run_notes(found)
    assert (run.fuel, run.fluid, run.warmup) == ("2 gels at 8 and 14 mi", "500 ml", "none")
    assert (run.pain_worst, run.pain_after, run.shoes) == (1.0, 3.0, "blue-kayano")
    assert (run.cue, run.reps, run.rest_s) == ("stand taller, quicker feet", ("4 x 800 m",), 720.0)
    (technique,) = diary_views.notes(found)
    assert technique.date == DAY
    assert technique.get("Technique") == "quicker cadence and foot lift; toe landing not yet"
    assert diary_views.measures(found)[0].text == "under-curved lumbar"


def test_strength_sets_sessions_and_what_was_skipped():
    found = read(
        ("strength", None, {"deadlift": "400 lb x 1", "plank": "3 x 45 s", "squat": "5x5 100 kg"}),
        ("mobility", None, {"Hip flexor stretch": "2 x 30 s each side"}),
        ("strength", "skipped, too tired", {}),
        ("strength", "core class", {}),
    )
    done = diary_views.strength(found)
    assert [(s.exercise, s.sets, s.reps, s.hold_s) for s in done] == [
        ("deadlift", 1, 1, None),
        ("plank", 3, None, 45.0),
        ("squat", 5, 5, None),
        ("hip_flexor_stretch", 2, None, 30.0),
        ("session", None, None, None),
    ]
    assert done[0].load_kg == pytest.approx(181.4, abs=0.1)
    assert done[2].load_kg == 100.0
    assert (done[3].kind, done[3].each_side) == ("mobility", True)
    assert [s.words for s in diary_views.skipped(found)] == ["skipped, too tired"]


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("3 x 45 s", Sets(3, None, 45.0)),
        ("400 lb x 1", Sets(1, 1, None, 181.436948)),
        ("5x5 100 kg", Sets(5, 5, None, 100.0)),
        ("100 kg x 5 x 3", Sets(3, 5, None, 100.0)),
        ("3 sets of 8-12 @ 20 kg", Sets(3, 8, None, 20.0)),
        ("2×30s per leg", Sets(2, None, 30.0, None, True)),
        ("1:30", Sets(1, None, 90.0)),
        ("12 reps", Sets(1, 12)),
        ("done", None),
    ],
)
def test_sets_as_people_write_them(text, sets):
    assert parse_sets(text) == sets


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_no_words_make_a_unit_parser_raise(text):
    for parse in (parse_sets, parse_measure, parse_hours, parse_pain):
        parse(text)


# --- bodies, people -----------------------------------------------------------------------------


@pytest.mark.seed("S0.12", "S2.9", "S2.20", "S4.36")
def test_measures_keep_value_unit_and_who_took_them():
    found = read(
        ("measure", None, {"leg_length": "right 6 mm shorter", "by": "podiatrist, standing"}),
        ("measure", None, {"arch": "high", "pronation": "right slight under", "height": "6ft 1in"}),
        ("measure", None, {"straight_leg_raise": "left 75 deg, right 60 deg", "weight": "214 lb"}),
        ("measure", None, [("sitting", "30 min, 0/10"), ("sitting", "60 min, 4/10")]),
    )
    leg, arch, pronation, height, raised, weight, half, hour = diary_views.measures(found)
    assert (leg.name, leg.value, leg.unit, leg.by) == (
        "leg_length",
        6.0,
        "mm",
        "podiatrist, standing",
    )
    assert (arch.text, arch.value) == ("high", None)
    assert pronation.text == "right slight under"
    assert height.value == pytest.approx(1.854, abs=0.001)
    assert (raised.value, raised.unit) == (75.0, "deg")
    assert weight.value == pytest.approx(97.07, abs=0.01)
    assert [(m.value, m.pain) for m in (half, hour)] == [(1800.0, 0.0), (3600.0, 4.0)]


@pytest.mark.seed("S0.5", "S0.13", "S3.6", "S1.23")
def test_treatments_with_their_effect_diagnoses_and_history():
    found = read(
        ("treatment", None, {"what": "physio", "effect": "to no avail"}),
        ("treatment", None, {"what": "massage", "effect": "did not help"}),
        ("treatment", None, {"what": "ice", "effect": "worse the next day"}),
        ("treatment", "something", {}),
        (
            "treatment",
            None,
            {
                "what": "heel raise",
                "side": "right",
                "mm": "6",
                "by": "podiatrist",
                "from": "2026-09-01",
                "review": "8-12 weeks",
            },
        ),
        ("diagnosis", "back spasms", {"by": "doctor", "site": "low back"}),
        (
            "diagnosis",
            "knee injury",
            {"site": "knee", "from": "2026-05-01", "to": "2026-06-01", "days_lost": "31"},
        ),
    )
    *tried, raised = diary_views.treatments(found)
    assert [t.outcome for t in tried] == ["no_effect", "no_effect", "worse", None]
    assert (raised.side, raised.mm, raised.by) == ("right", 6.0, "podiatrist")
    assert raised.review == dt.date(2026, 9, 1) + dt.timedelta(weeks=8)
    spasms, knee = diary_views.diagnoses(found)
    assert (spasms.what, spasms.by, spasms.where) == ("back spasms", "doctor", ("low_back",))
    assert (knee.where, knee.to, knee.days_lost) == (("knee",), dt.date(2026, 6, 1), 31.0)


def test_shoes_visits_walks_and_stories():
    found = read(
        ("shoes", None, {"name": "Blue Kayano", "from": "2026-03-01", "start_km": "120", "retired": "yes"}),
        ("visit", None, {"who": "physio", "said": "no disc sign", "no_run_until": "2 weeks", "max_km": "8",
                         "only": "walking, swimming", "avoid": "hills", "exercises": "bridge 3 x 10",
                         "review": "2026-10-20"}),
        ("visit", "had a chat", {"who": "doctor"}),
        ("walk", None, {"duration": "30 min", "pain": "2/10", "slope": "flat"}),
        ("story", "my back\nwent at mile 3", [("correct", "shoes denied"), ("note", "since may")]),
        ("week", None, {"participation": "8"}),
        ("experiment", None, {"change": "other shoes"}),
    )  # fmt: skip
    (shoe,) = diary_views.shoes(found)
    assert (shoe.id, shoe.start_km, shoe.retired) == ("blue-kayano", 120.0, DAY)
    ordered, chat = diary_views.visits(found)
    assert ordered.orders is not None
    assert ordered.orders.no_run_until == DAY + dt.timedelta(days=14)
    assert (ordered.orders.max_km, ordered.orders.only) == (8.0, ("walking", "swimming"))
    assert ordered.orders.review == dt.date(2026, 10, 20)
    assert chat.orders is None
    assert chat.said == "had a chat"
    assert [v.who for v, _ in diary_views.orders(found, DAY)] == ["physio"]
    assert diary_views.orders(found, DAY - dt.timedelta(days=1)) == ()
    assert diary_views.walks(found)[0].duration_s == 1800.0
    (story,) = diary_views.stories(found)
    assert story.text == "my back\nwent at mile 3\nsince may"
    assert story.corrections == (("shoes", "denied"),)
    assert diary_views.weeks(found)[0].get("participation") == "8"
    assert diary_views.experiments(found)[0].get("change") == "other shoes"


# --- what cannot be read --------------------------------------------------------------------------


def test_values_that_cannot_be_read_are_null_and_a_problem_with_the_line():
    found = entries(
        "2026-09-30 episode\n  onset: 17.25\n  planned: 20 mi\n  pain: 7/8\n\n"
        "2026-10-01 morning\n  stiff: long\n  sleep: 7\n"
    )
    (episode,) = diary_views.episodes(found)
    assert (episode.onset_m, episode.pain) == (None, None)
    assert episode.planned_m == pytest.approx(20 * MILE)
    assert diary_views.mornings(found)[0].sleep_h == 7.0
    problems = diary_views.problems(found)
    assert [(p.place, p.slug) for p in problems] == [(n, "diary-value") for n in ("2", "4", "7")]
    assert "17.25 mi" in (problems[0].hint or "")


def test_check_answers_latest_wins_and_the_worst_of_one_day():
    found = entries(
        "2026-09-30 check\n  bladder: No, never\n  fever: yes\n\n"
        "2026-10-02 check\n  fever: no\n  bladder: not sure\n\n"
        "2026-10-02 check\n  bladder: no\n  saddle_numbness: hmm\n"
    )
    assert diary_views.answers(found, dt.date(2026, 10, 1)) == {
        "bladder": ("no", DAY),
        "fever": ("yes", DAY),
    }
    later = diary_views.answers(found, dt.date(2026, 10, 2))
    assert {k: v[0] for k, v in later.items()} == {
        "bladder": "unsure",
        "fever": "no",
        "saddle_numbness": "unsure",
    }
    assert [p.place for p in diary_views.problems(found)] == ["11"]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(diary.KINDS)),
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "pain",
                    "onset",
                    "when",
                    "stiff",
                    "sleep",
                    "from",
                    "retired",
                    "mm",
                    "review",
                    "first",
                    "who",
                    "start_km",
                ]
            ),
            st.text(max_size=12),
        ),
        max_size=4,
    ),
)
def test_no_entry_makes_a_view_raise(kind, fields):
    found = diary.parse(diary.format_entry(DAY, kind, "words", fields))
    for view in (
        diary_views.episodes, diary_views.mornings, diary_views.run_notes, diary_views.strength,
        diary_views.skipped, diary_views.checks, diary_views.walks, diary_views.measures,
        diary_views.diagnoses, diary_views.shoes, diary_views.treatments, diary_views.visits,
        diary_views.weeks, diary_views.experiments, diary_views.notes, diary_views.stories,
        diary_views.problems, diary_views.span,
    ):  # fmt: skip
        view(found)
    diary_views.open_episode(found, DAY)


# --- periods ----------------------------------------------------------------------------------------

EPISODE = "2026-09-30 episode\n  pain: 7/10\n\n"


def open_on(text: str, day: int) -> dt.date | None:
    found = diary_views.open_episode(entries(text), DAY + dt.timedelta(days=day))
    return found.date if found else None


def test_an_episode_is_open_until_seven_calm_mornings_in_a_row():
    calm = EPISODE + mornings(DAY + dt.timedelta(days=1), [4, 3, 1, 0, 1, 0, 1, 0, 1])
    assert open_on(calm, -1) is None
    assert open_on(calm, 0) == DAY
    assert open_on(calm, 8) == DAY
    assert open_on(calm, 9) is None
    (episode,) = diary_views.episodes(entries(calm))
    assert episode.closed


def test_a_bad_morning_or_a_day_left_out_begins_the_row_again():
    bad = EPISODE + mornings(DAY + dt.timedelta(days=1), [1, 1, 1, 1, 1, 1, 2, 1, 1])
    assert open_on(bad, 30) == DAY
    gap = EPISODE + mornings(DAY + dt.timedelta(days=1), [1, 1, 1, 1, None, 1, 1, 1])
    assert open_on(gap, 30) == DAY


def test_the_runner_closes_it_and_a_new_event_opens_another():
    under = EPISODE.replace("\n\n", "\n  note: closed\n\n")
    assert open_on(under, 1) is None
    entry = EPISODE + '2026-10-05 note "closed"\n'
    assert open_on(entry, 4) == DAY
    assert open_on(entry, 5) is None
    again = entry + "\n2026-10-20 episode\n  pain: 3/10\n"
    assert open_on(again, 19) is None
    assert open_on(again, 25) == dt.date(2026, 10, 20)


def test_a_second_event_in_an_open_period_belongs_to_it():
    two = EPISODE + "2026-10-06 episode\n  pain: 9/10\n\n" + mornings(dt.date(2026, 10, 1), [1] * 7)
    assert open_on(two, 12) == DAY  # the row of seven was broken by the second event
    assert diary_views.episode_of(entries(two), dt.date(2026, 10, 8)).date == dt.date(2026, 10, 6)
    assert diary_views.episode_of(entries(two), dt.date(2026, 10, 9)) is None


@pytest.mark.seed("S3.16")
def test_recovery_says_how_long_it_took_and_how_it_went():
    text = EPISODE + mornings(DAY + dt.timedelta(days=1), [6, 4, 2, 1, 1, 1, 1, 0, 0, 0])
    (recovery,) = diary_views.recoveries(entries(text), dt.date(2026, 12, 1))
    assert (recovery.opened, recovery.closed, recovery.days) == (DAY, dt.date(2026, 10, 10), 10)
    assert recovery.worst == 7.0
    assert [pain for _, pain in recovery.mornings][:3] == [6.0, 4.0, 2.0]
    (still,) = diary_views.recoveries(entries(text), dt.date(2026, 10, 5))
    assert (still.closed, still.days) == (None, None)


def test_span_leaves_out_what_is_recalled_or_dated_back():
    assert diary_views.span(diary.parse("")) is None
    text = (
        "2020-01-01 shoes\n  name: old\n\n2021-01-01 episode\n  recalled: yes\n\n"
        "2026-09-30 morning\n\n2026-10-09 run\n"
    )
    assert diary_views.span(entries(text)) == (DAY, dt.date(2026, 10, 9))


ORDER_LINES = {
    "no_run_until 2026-12-03, max_km 8": ("2026-12-03", 8.0, (), ()),
    "no_run_until: 2026-12-03; max_km: 8 km": ("2026-12-03", 8.0, (), ()),
    "max_km=8,avoid=hills": (None, 8.0, (), ("hills",)),
    "max_km 8,5": (None, 8.5, (), ()),
    "No run until 2026-12-03 max_km 8": ("2026-12-03", 8.0, (), ()),
    "no running until 3 December": ("2026-12-03", None, (), ()),
    "No running!": (None, None, (), ("running",)),
    "you must not run": (None, None, (), ("running",)),
    "no running for two weeks and max 8k after that": ("2026-12-03", 8.0, (), ()),
    "two weeks off running": ("2026-12-03", None, (), ()),
    "rest until 2026-12-03": ("2026-12-03", None, (), ()),
    "run again from Dec 3rd": ("2026-12-03", None, (), ()),
    "only walking": (None, None, ("walking",), ()),
    "only swimming, walking and cycling": (None, None, ("swimming", "walking", "cycling"), ()),
    "avoid hills, deadlift": (None, None, (), ("hills", "deadlift")),
    "no hills": (None, None, (), ("hills",)),
    "easy running only": (None, None, (), ("fast running",)),
    "at most 5 miles": (None, 8.04672, (), ()),
    "nothing longer than 8 km": (None, 8.0, (), ()),
    "no runs longer than 5 miles": (None, 8.04672, (), ()),
    "max. 8 km": (None, 8.0, (), ()),
    "keep runs under 8 km": (None, 8.0, (), ()),
}


@pytest.mark.parametrize("line", ORDER_LINES)
def test_the_line_of_orders_is_read_like_fields(line):
    until, max_km, only, avoid = ORDER_LINES[line]
    found = diary.parse(f"2026-11-19 visit\n  who: physio\n  orders: {line}\n")
    (visit,) = diary_views.visits(found)
    assert visit.orders is not None
    assert visit.orders.no_run_until == (until and dt.date.fromisoformat(until))
    assert visit.orders.max_km == (max_km and pytest.approx(max_km))
    assert (visit.orders.only, visit.orders.avoid) == (only, avoid)
    assert visit.orders.unread == ()
    assert diary_views.problems(found) == ()


@pytest.mark.parametrize(
    "field",
    [
        "orders: run when the moon is full",
        "orders: at most 20 km a week",
        "orders: max 20 minutes",
        "orders: no running until 03/12/2026",
        "orders: max_km: some",
        "no_run_until: soon",
        "max_km: lots",
        "max km per week: 20",
        "only: treadmill",
    ],
)
def test_an_order_that_cannot_be_read_is_said(field):
    found = diary.parse(f"2026-11-19 visit\n  who: physio\n  {field}\n")
    (visit,) = diary_views.visits(found)
    assert visit.orders is not None
    assert len(visit.orders.unread) == 1
    assert [p.slug for p in diary_views.problems(found)] == ["diary-value"]


def test_several_lines_of_orders_and_a_text_of_them():
    found = diary.parse(
        "2026-11-19 visit\n  orders: max_km 10\n  max_km: 8\n"
        "  orders: |\n    | no running for 10-14 days\n    | bird dog 3 x 10\n    | review in 4 weeks\n"
        "  orders: keep moving, use heat\n"
    )
    given = diary_views.visits(found)[0].orders
    assert given is not None
    assert (given.no_run_until, given.max_km) == (dt.date(2026, 12, 3), 8.0)
    assert (given.exercises, given.review) == (("bird dog 3 x 10",), dt.date(2026, 12, 17))
    assert (given.text, given.unread) == ("keep moving; use heat", ())
