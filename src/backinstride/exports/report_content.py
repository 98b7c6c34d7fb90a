"""What the physio's two pages say: subjective, objective from the data, what was tried, the plan.

Assessment and plan lines are left for the clinician. Numbers carry units and dates; there are no
adjectives and no diagnosis.
"""

from __future__ import annotations

import collections
import datetime as dt
import re
import statistics
from typing import TYPE_CHECKING

import msgspec

from backinstride import checkin, diary_views, knowledge, programme, units
from backinstride.answer import NOT_A_DEVICE, to_settle
from backinstride.exports.text import session_text
from backinstride.wording import LEVEL_WORDS, VERDICT_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backinstride.runner import Runner
    from backinstride.units import DistanceUnit
    from backinstride.values import Answer

PARTS = ("story", "episodes", "mornings", "answers", "history", "runs", "shoes", "strength",
         "tried", "contributors", "plan", "sources")  # fmt: skip
STORY_LIMIT = 900
REMOVED = "[removed]"
NOTHING = ("no", "none", "nothing", "not")
RECENT_DAYS = 28
_PLACE = re.compile(r"\b\d{4};\d+(?:\(\d+\))?:[\w-]+")


class Table(msgspec.Struct, frozen=True):
    """A small table."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One part: its key (for leaving out), letter (S, O or none), title, lines and tables."""

    key: str
    letter: str
    title: str
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The report as data; pictures are added by the one who draws."""

    title: str
    made: str
    verdict: str
    urgent: bool
    sections: tuple[Section, ...]
    places: dict[str, int]
    device: str


def content(
    me: Runner,
    answer: Answer,
    *,
    leave_out: Iterable[str] = (),
    shareable: bool = False,
    most: int = 6,
) -> Content:
    """Gather the report; `most` limits the rows of each list so that it stays on two pages."""
    left = set(leave_out)
    unit = me.settings.units
    sections = [
        _story(answer, shareable),
        _onset(me, unit, most, shareable),
        _mornings(me, answer, most, shareable),
        _answers(me, answer, most),
        _history(me, most, shareable),
        _load(me, answer, unit),
        _shoes(me, unit, most, shareable),
        _strength(me, most, shareable),
        _tried(me, most, shareable),
        _contributors(answer, most, shareable),
        _plan(answer, unit, most),
        _sources(answer, most),
    ]
    kept = tuple(s for s in sections if s.key not in left and (s.lines or s.tables))
    verdict = answer.verdict
    return Content(
        title="Back in Stride: for the physio or doctor",
        made=f"{answer.today}, version {answer.version}; from the runner's diary and watch files.",
        verdict=_verdict(answer),
        urgent=verdict.level in ("emergency", "same_day"),
        sections=kept,
        places={} if "episodes" in left else _places(me, answer),
        device=NOT_A_DEVICE,
    )


def _verdict(answer: Answer) -> str:
    """Return the level, the signs behind it and the date, for somebody who knows the signs."""
    verdict = answer.verdict
    level = LEVEL_WORDS[verdict.level].replace("you told", "the runner told")
    flags = ", ".join(_label(flag) for flag in verdict.flags)
    by = f" To be seen by {verdict.by}." if verdict.by else ""
    unsure = _open(len(to_settle(answer.ask)))
    return (
        f"{level}{f': {flags}' if flags else ''}.{by}{unsure} "
        "Judged by rules from published guidance; no clinician has signed them."
    )


def _open(count: int) -> str:
    said = f" {count} question{' is' if count == 1 else 's are'} not answered yet."
    return said if count else ""


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + " …"


def _said(text: str | None, shareable: bool, limit: int = 120) -> str:
    """Return free words, shortened; removed from a file that is to be shared."""
    if not text:
        return ""
    return REMOVED if shareable else _short(" ".join(text.split()), limit)


# --- subjective -------------------------------------------------------------------------


def _story(answer: Answer, shareable: bool) -> Section:
    told = answer.story
    lines: list[str] = []
    if told is not None:
        words = " … ".join(dict.fromkeys(f.quote for f in told.findings if f.status == "present"))
        lines.append(_said(words, shareable, STORY_LIMIT))
        lines += [f"Asks: {_said(wish, shareable)}" for wish in told.wishes[:2]]
    return Section(
        key="story", letter="S", title="In the runner's words", lines=tuple(filter(None, lines))
    )


def last_story(me: Runner) -> diary_views.StoryNote | None:
    """Return the last story as it was written, or None."""
    notes = [n for n in diary_views.stories(me.diary) if n.date <= me.today]
    return max(notes, key=lambda n: (n.date, n.line)) if notes else None


def story_words(me: Runner) -> str | None:
    """Return the words of the last story, or None."""
    note = last_story(me)
    return note.text if note is not None else None


def _onset(me: Runner, unit: DistanceUnit, most: int, shareable: bool) -> Section:
    found = sorted(
        (e for e in diary_views.episodes(me.diary) if e.date <= me.today), key=lambda e: e.date
    )
    if not found:
        return Section(key="episodes", letter="S", title="Onset")
    when = collections.Counter(e.when.replace("_", " ") for e in found)
    lines = [
        f"{len(found)} episodes, {found[0].date} to {found[-1].date}: "
        + ", ".join(f"{name} {count}" for name, count in when.items())
        + "."
    ]
    for label, values in (
        ("Aggravating", _counted((x for e in found for x in e.aggravates), shareable)),
        ("Easing", _easing(found, shareable)),
        ("Settled", _settled(me)),
        ("Felt before it", _said("; ".join(e.warning for e in found if e.warning), shareable)),
        ("Still possible", _said("; ".join(e.able for e in found if e.able), shareable)),
    ):
        lines += [f"{label}: {values}."] if values else []
    rows = [
        (
            str(e.date), e.when.replace("_", " "),
            units.distance(e.onset_m, unit, 2) if e.onset_m is not None else "",
            units.distance(e.planned_m, unit) if e.planned_m is not None else "",
            "" if e.pain is None else f"{e.pain:g}/10", ", ".join(e.feels),
            ", ".join(p.replace("_", " ") for p in e.where),
            _short(_vocabulary(e.did, shareable), 44),
        )
        for e in found[-most:]
    ]  # fmt: skip
    header = ("date", "when", "onset", "planned", "pain", "feels", "where", "done about it")
    return Section(
        key="episodes", letter="S", title="Onset and behaviour", lines=tuple(lines),
        tables=(Table(header, tuple(rows)),),
    )  # fmt: skip


def _counted(words: Iterable[str], shareable: bool) -> str:
    kept = [w for w in words if not shareable or knowledge.explain(w.replace(" ", "_"))]
    return ", ".join(f"{w} ({n})" for w, n in collections.Counter(kept).most_common(4))


def _vocabulary(words: Iterable[str], shareable: bool) -> str:
    """Return the words joined; from a file that is to be shared only those that are terms."""
    return ", ".join(w for w in words if not shareable or knowledge.explain(w.replace(" ", "_")))


def _easing(found: Sequence[diary_views.Episode], shareable: bool) -> str:
    nothing = sum(any(w.casefold() in NOTHING for w in e.eased) for e in found)
    did = _counted((w for e in found for w in e.eased if w.casefold() not in NOTHING), shareable)
    none = f"nothing that was tried ({nothing} of {len(found)})" if nothing else ""
    return "; ".join(filter(None, (did, none)))


def _settled(me: Runner) -> str:
    days = [
        (r.closed - r.opened).days
        for r in diary_views.recoveries(me.diary, me.today)
        if r.closed is not None
    ]
    if not days:
        return ""
    span = f"{min(days)} to {max(days)}"
    return f"after {statistics.median(days):g} days (median of {len(days)}; {span})"


def _function(me: Runner, most: int, shareable: bool) -> tuple[Table, ...]:
    """Return the person's own activities, first and latest score, and the last weekly answers."""
    own = checkin.activities(me.diary, me.today)[:most]
    tables = []
    if own:
        rows = [
            (
                f"activity {k + 1}" if shareable else _short(a.name, 40),
                f"{a.first:g}",
                f"{a.latest:g}",
            )
            for k, a in enumerate(own)
        ]
        header = ("activity limited (0 cannot, 10 as before)", "first", "latest")
        tables.append(Table(header, tuple(rows)))
    asked = {row.name for row in checkin.asked("week")}
    weeks = [w for w in diary_views.weeks(me.diary) if w.date <= me.today][-1:]
    said = [
        (str(w.date), name.replace("_", " "), _short(value, 24))
        for w in weeks
        for name, value in w.fields
        if name in asked and value
    ]
    if said:
        tables.append(Table(("week to", "question", "answer"), tuple(said[:most])))
    return tuple(tables)


def _mornings(me: Runner, answer: Answer, most: int, shareable: bool) -> Section:
    found = [m for m in diary_views.mornings(me.diary) if m.date <= answer.today]
    lines = []
    for label, days in (("last 7 days", 7), ("last 28 days", 28)):
        part = [m for m in found if m.date > answer.today - dt.timedelta(days=days)]
        pain = [m.pain for m in part if m.pain is not None]
        stiff = [m.stiff_min for m in part if m.stiff_min is not None]
        if pain:
            text = (
                f"Morning pain (NRS 0-10), {label}: best {min(pain):g}, worst {max(pain):g}, "
                f"median {statistics.median(pain):g} ({len(pain)} mornings)"
            )
            text += f"; stiff {statistics.median(stiff):.0f} min (median)." if stiff else "."
            lines.append(text)
    scored = [m for m in found if m.pain is not None]
    if scored:
        last = max(scored, key=lambda m: m.date)
        lines.insert(0, f"Pain now: {last.pain:g}/10, the morning of {last.date}.")
    lines += _day_pattern(me, found)
    tables = _function(me, most, shareable)
    return Section(
        key="mornings", letter="S", title="24 hours and function", lines=tuple(lines), tables=tables
    )


def _day_pattern(me: Runner, mornings: Sequence[diary_views.Morning]) -> list[str]:
    days = set(me.runs["day"].to_list()) if not me.runs.is_empty() else set()
    after = [
        m.pain for m in mornings if m.pain is not None and m.date - dt.timedelta(days=1) in days
    ]
    other = [
        m.pain for m in mornings if m.pain is not None and m.date - dt.timedelta(days=1) not in days
    ]
    if not after or not other:
        return []
    return [
        (
            f"Morning after a run: mean {statistics.mean(after):.1f} ({len(after)} mornings); "
            f"after a day without: {statistics.mean(other):.1f} ({len(other)} mornings)."
        )
    ]


def _answers(me: Runner, answer: Answer, most: int) -> Section:
    latest: dict[str, tuple[dt.date, str]] = {}
    for check in sorted(diary_views.checks(me.diary), key=lambda c: c.date):
        if check.date <= answer.today:
            latest |= {name: (check.date, said) for name, said in check.answers.items()}
    groups: dict[tuple[dt.date, str], list[str]] = {}
    for name, key in latest.items():
        groups.setdefault(key, []).append(_label(name))
    lines = [
        f"{said.upper() if said != 'no' else 'no'} ({date}): {', '.join(sorted(names))}."
        for (date, said), names in sorted(groups.items(), key=lambda g: (g[0][1] == "no", g[0][0]))
    ]
    open_ones = [_label(q.id) for q in to_settle(answer.ask)]
    lines += [f"Not answered yet: {', '.join(open_ones[: 2 * most])}."] if open_ones else []
    return Section(key="answers", letter="S", title="Warning-sign questions", lines=tuple(lines))


def _label(finding: str) -> str:
    found = knowledge.label(finding)
    return found or finding.replace("_", " ")


def _history(me: Runner, most: int, shareable: bool) -> Section:
    lines = [
        f"{d.date}: {_said(d.what, shareable)}"
        + (f" (by {_said(d.by, shareable, 40)})" if d.by else "")
        for d in diary_views.diagnoses(me.diary)[-most:]
    ]
    lines += [
        f"{v.date}: {_said(v.who, shareable, 40) or 'visit'}: {_said(v.said, shareable)}"
        for v in diary_views.visits(me.diary)[-most:]
    ]
    person = me.story.person if me.story else None
    if person is not None:
        facts = [
            f"age {person.age:g}" if person.age is not None else "",
            {"m": "male", "f": "female"}.get(person.sex or "", ""),
            f"{person.height_m:.2f} m" if person.height_m is not None else "",
            f"{person.weight_kg:.0f} kg" if person.weight_kg is not None else "",
        ]
        lines += [", ".join(filter(None, facts))] if any(facts) else []
    race = me.settings.race
    lines += [f"Goal: {race.distance_km:g} km on {race.date}."] if race else []
    return Section(key="history", letter="S", title="History and goal", lines=tuple(lines))


def _places(me: Runner, answer: Answer) -> dict[str, int]:
    count = collections.Counter(
        place for e in diary_views.episodes(me.diary) if e.date <= me.today for place in e.where
    )
    if not count and answer.story is not None:
        count = collections.Counter(p for e in answer.story.episodes for p in e.site)
    return dict(count)


# --- objective --------------------------------------------------------------------------


def _load(me: Runner, answer: Answer, unit: DistanceUnit) -> Section:
    load = answer.load
    if not load.runs:
        return Section(key="runs", letter="O", title="Training")
    weeks = [units.distance(km * 1000, unit, 0).split()[0] for _, km in load.weeks[-8:]]
    longest_m = None if load.longest_30d_km is None else load.longest_30d_km * 1000
    total = units.distance(load.running_km * 1000, unit, 0)
    lines: tuple[str, ...] = (
        f"{load.runs} runs, {total}, {load.first_day} to {load.last_run} (watch files).",
        f"Last 8 weeks, {unit} a week, this unfinished one last: {', '.join(weeks)}.",
        (
            f"Longest run of the last 30 days: {units.distance(longest_m, unit)}. "
            "Last 12 weeks: runs more than 10 % beyond the longest of the 30 days before "
            f"{load.spikes_12w}, "
            f"gaps of 14 days or more {load.layoffs_12w}."
        ),
    )
    lines = (*lines, *_onsets(me, unit), *_ground(me), *_form(me), *_kept(me, unit))
    return Section(key="runs", letter="O", title="Training", lines=lines)


def _onsets(me: Runner, unit: DistanceUnit) -> list[str]:
    """Return how far into the run it began, against the longest run of the 30 days before."""
    found = [r for r in me.runs.iter_rows(named=True) if r["onset_m"] is not None]
    if not found:
        return []
    metres = [r["onset_m"] for r in found]
    beyond = [r for r in found if r["longest_30d_m"] and r["onset_m"] > 1.1 * r["longest_30d_m"]]
    return [
        (
            f"Began after {units.distance(min(metres), unit)} to "
            f"{units.distance(max(metres), unit)} (median "
            f"{units.distance(statistics.median(metres), unit)}, {len(found)} runs); more than "
            f"10 % beyond the longest of the 30 days before in {len(beyond)} of them."
        )
    ]


def _recent(me: Runner, column: str) -> list[float]:
    import polars as pl

    since = me.today - dt.timedelta(days=RECENT_DAYS)
    part = me.runs.filter(pl.col("day") > since)[column].drop_nulls().drop_nans()
    return [float(v) for v in part.to_list()]


def _ground(me: Runner) -> list[str]:
    up, down = _recent(me, "climb_m_per_km"), _recent(me, "descent_m_per_km")
    if not up or not down:
        return []
    return [
        (
            f"Gradient, last {RECENT_DAYS} days (median of {len(up)} runs): climb "
            f"{statistics.median(up):.0f} m a km, descent {statistics.median(down):.0f} m a km."
        )
    ]


def _form(me: Runner) -> list[str]:
    drift = _recent(me, "form_drift_end")
    if not drift:
        return []
    return [
        (
            f"Form drift at the end of runs, last {RECENT_DAYS} days: median "
            f"{statistics.median(drift):+.1f} standard deviations of the runner's own form "
            f"({len(drift)} runs with the sensors for it); a sign of tiring at most."
        )
    ]


def _kept(me: Runner, unit: DistanceUnit) -> list[str]:
    kept = me.kept
    if kept is None:
        return []
    return [
        (
            f"Planned against done, last 28 days: {kept.done} of {kept.planned} runs, "
            f"{units.distance(kept.done_km * 1000, unit)} of "
            f"{units.distance(kept.planned_km * 1000, unit)}."
        )
    ]


def _shoes(me: Runner, unit: DistanceUnit, most: int, shareable: bool) -> Section:
    import polars as pl

    if me.runs.is_empty() or me.runs["shoe"].null_count() == me.runs.height:
        return Section(key="shoes", letter="O", title="Shoes")
    table = (
        me.runs.filter(pl.col("shoe").is_not_null())
        .group_by("shoe")
        .agg(
            pl.len().alias("runs"),
            pl.col("day").max().alias("last"),
            pl.col("shoe_km").max().alias("km"),
        )
        .sort("last", descending=True)
        .head(most)
    )
    names = {n.id: n.name for n in diary_views.shoes(me.diary)}
    rows = [
        (
            f"pair {k + 1}" if shareable else _short(names.get(r["shoe"]) or r["shoe"], 40),
            str(r["runs"]),
            str(r["last"]),
            units.distance(None if r["km"] is None else r["km"] * 1000, unit, 0),
        )
        for k, r in enumerate(table.iter_rows(named=True))
    ]
    return Section(
        key="shoes",
        letter="O",
        title="Shoes",
        tables=(Table(("pair", "runs", "last worn", "on it"), tuple(rows)),),
    )


def _strength(me: Runner, most: int, shareable: bool) -> Section:
    sets = [s for s in diary_views.strength(me.diary) if s.date <= me.today]
    if not sets:
        return Section(key="strength", letter="O", title="Strength and holds")
    recent = {s.date for s in sets if s.date > me.today - dt.timedelta(days=28)}
    last = {s.exercise: s for s in sorted(sets, key=lambda s: s.date)}
    rows = [
        (
            _exercise(name, shareable), str(s.date), str(s.sets or ""),
            f"{s.hold_s:.0f} s" if s.hold_s else str(s.reps or ""),
            f"{s.load_kg:.1f} kg" if s.load_kg else "",
        )
        for name, s in list(last.items())[-most:]
    ]  # fmt: skip
    return Section(
        key="strength", letter="O", title="Strength and holds",
        lines=(f"{len(recent)} days with a session in the last 28, as logged.", *_held(me)),
        tables=(Table(("exercise", "last", "sets", "reps or hold", "load"), tuple(rows)),),
    )  # fmt: skip


def _exercise(name: str, shareable: bool) -> str:
    known = programme.exercise_id(name) is not None
    return _short(name.replace("_", " "), 30) if known or not shareable else REMOVED


def _held(me: Runner) -> list[str]:
    return [
        f"{a.kind.capitalize()}, last 28 days: {a.done} done of {a.planned} planned"
        + (f", {a.supervised} with somebody." if a.supervised else ".")
        for a in me.adherence
        if a.planned
    ]


def _tried(me: Runner, most: int, shareable: bool) -> Section:
    rows = [
        (
            str(t.from_ or t.date),
            _said(t.what, shareable, 40) + (f", {t.side} {t.mm:g} mm" if t.mm else ""),
            _said(t.by, shareable, 24), _said(t.dose, shareable, 24),
            _said(t.effect, shareable, 50), str(t.review or ""),
        )
        for t in diary_views.treatments(me.diary)[-most:]
    ]  # fmt: skip
    tables = (
        (Table(("from", "what", "by", "dose", "effect as told", "review"), tuple(rows)),)
        if rows
        else ()
    )
    told = me.story
    lines: tuple[str, ...] = (
        (f"Tried, as told: {', '.join(told.tried).replace('_', ' ')}.",)
        if told and told.tried
        else ()
    )
    lines += tuple(
        f"Read out, {REMOVED if shareable else _short(r.what, 60)}, since {r.since}: "
        f"{r.verdict.replace('_', ' ')}; {r.episodes_changed} episodes in {r.runs_changed} runs "
        f"with it, {r.episodes_usual} in {r.runs_usual} before."
        for r in me.why().readouts[:most]
    )
    return Section(
        key="tried", letter="", title="Tried, and what happened", lines=lines, tables=tables
    )


def _contributors(answer: Answer, most: int, shareable: bool) -> Section:
    why = answer.contributors
    rows = [
        (
            "a pair of shoes" if shareable and c.id.startswith("shoe:") else c.label,
            VERDICT_WORDS[c.verdict],
            "" if c.prior is None or c.posterior is None else f"{c.prior:.0%} to {c.posterior:.0%}",
            "" if c.hazard_ratio is None else f"{c.hazard_ratio[0]:.1f} to {c.hazard_ratio[2]:.1f}",
        )
        for c in why.contributors
        if c.verdict != "not_knowable"
    ][:most]
    header = (
        "contributor",
        "what can be said",
        "chance before and after these runs",
        "times as many (90 %)",
    )
    lines = (
        (
            (
                f"Association in the runner's log ({why.episodes} episodes, {why.runs} runs), "
                "not a cause."
            ),
        )
        if rows
        else ()
    )
    tables = (Table(header, tuple(rows)),) if rows else ()
    return Section(
        key="contributors", letter="", title="What went together", lines=lines, tables=tables
    )


def _plan(answer: Answer, unit: DistanceUnit, most: int) -> Section:
    plan = answer.plan
    if plan.blocked_by is not None:
        return Section(
            key="plan",
            letter="",
            title="Plan of the program",
            lines=("None: a warning sign is open.",),
        )
    sessions = [s for week in plan.weeks[:2] for s in week.sessions if s.kind != "rest"]
    lines = [f"From you: {order}" for order in plan.orders]
    lines += [session_text(s, unit).strip() for s in sessions[: 2 * most]]
    return Section(
        key="plan", letter="", title="Plan of the program, next days", lines=tuple(lines)
    )


def _sources(answer: Answer, most: int) -> Section:
    found: dict[str, str] = {}
    for e in answer.evidence:
        place = _PLACE.search(e.citation)  # year;volume:pages: one paper, however it is cited
        if e.citation:
            found.setdefault(place.group() if place else e.citation, f"{e.citation} ({e.grade})")
    lines = tuple(found.values())
    return Section(key="sources", letter="", title="Sources", lines=lines[: 2 * most])
