"""The calendar and the table: stable ids, whole days, nothing doubled."""

from __future__ import annotations

import csv as tables
import io

from icalendar import Calendar

from backinstride import adapt, plan
from backinstride.exports import calendar, table
from backinstride.values import BlockedBy, Session, Week
from plan_runners import DAY, TODAY, diary_of, race_in, runs_of, steady_runner

HISTORY = steady_runner((12.0,) * 8, easy_km=7.0)


def made(**more):
    return plan.make(HISTORY, today=TODAY, race=race_in(60), **more)


def events(plan_) -> dict[str, object]:
    parsed = Calendar.from_ical(calendar.ics(plan_))
    found = list(parsed.walk("VEVENT"))
    by_uid = {str(e["uid"]): e for e in found}
    assert len(by_uid) == len(found)
    return by_uid


def test_one_whole_day_event_a_session_with_its_id_in_the_uid():
    one = made()
    found = events(one)
    wanted = {s.id for w in one.weeks for s in w.sessions if s.kind != "rest"}
    assert {uid.split("@")[0] for uid in found} == wanted
    session = runs_of(one)[0]
    event = found[calendar.uid(session.id)]
    assert event["dtstart"].dt == session.date
    assert event["dtend"].dt == session.date + DAY
    assert b"DTSTART;VALUE=DATE:" in calendar.ics(one)
    assert session.title in str(event["summary"])
    assert "Stop running" in str(event["description"])


def test_a_re_export_updates_and_doubles_nothing():
    first = calendar.ics(made())
    assert first == calendar.ics(made())
    later = plan.make(HISTORY, today=TODAY + DAY, race=race_in(60))
    old, new = events(made()), events(later)
    ahead = {uid for uid, e in old.items() if e["dtstart"].dt > TODAY + DAY}
    assert ahead <= set(new)
    same = next(iter(ahead))
    assert new[same]["sequence"] > old[same]["sequence"]


def test_what_was_left_out_is_cancelled():
    diary = diary_of(f'{TODAY} episode "seized"\n  onset: 8 km\n  pain: 8/10')
    one = adapt.make(HISTORY, today=TODAY, race=race_in(60), diary=diary)
    gone = [c.session for c in one.changes if "Left out" in c.text]
    assert gone
    event = events(one)[calendar.uid(gone[0])]
    assert event["status"] == "CANCELLED"


def test_a_blocked_plan_is_an_empty_calendar():
    one = made(blocked=BlockedBy(level="emergency", flags=("bladder",)))
    assert events(one) == {}
    assert calendar.ics(one).startswith(b"BEGIN:VCALENDAR")


def test_steps_and_exercises_in_words():
    ladder = plan.make(plan.History(), today=TODAY)
    lines = "\n".join(calendar.step_lines(runs_of(ladder)[0].steps))
    assert "8 times: run 15 s, easy, walk 2 min" in lines
    strength = next(s for w in ladder.weeks for s in w.sessions if s.kind == "strength")
    assert calendar.exercise_line(strength.exercises[0]).startswith("- ")


def test_the_table_holds_every_session_and_no_formula():
    one = made()
    rows = list(tables.DictReader(io.StringIO(table.csv(one))))
    assert len(rows) == sum(len(w.sessions) for w in one.weeks)
    assert tuple(rows[0]) == table.COLUMNS
    assert {r["phase"] for r in rows} == {w.phase for w in one.weeks}
    sly = Session(id="x", date=TODAY, kind="rest", note="=HYPERLINK(1)")
    week = Week(start=TODAY - DAY, phase="build", sessions=(sly,))
    text = table.csv(plan.Plan(from_=TODAY, weeks=(week,)))
    assert "'=HYPERLINK" in text
    assert text.splitlines()[1].count(",,") >= 1  # unknown is empty, never 0
