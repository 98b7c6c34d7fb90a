"""Time: what the diary says about the course of an episode, and what is due because of it.

Escalation timers and the person's own deadlines; the safety questions that are due. The rows are
`knowledge/timers.toml`; everything is judged as of `today`.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import re
from typing import TYPE_CHECKING

from backinstride import diary_views, knowledge
from backinstride.values import Level, Story, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backinstride.diary import Diary
    from backinstride.diary_views import Episode
    from backinstride.knowledge.conditions import Fact

WINDOW_DAYS = 84  # twelve weeks [own-three-in-twelve]
ASK_AGAIN_DAYS = 7  # safety questions while an episode is open [own-ask-six]
FRESH_DAYS = 7  # a pain score older than this says nothing about now
SILENT_DAYS = 14
FIRST_DAYS = 3  # within which the starting pain is looked for
LIMITING_PAIN = 4  # from which a morning counts as limiting running


class Timer(Value, frozen=True):
    """A row of timers.toml. `check_after_days`: from the first event; None: whenever it holds."""

    id: str
    label: str
    finding: str
    when: str
    level: Level
    text: str
    claims: tuple[str, ...]
    ask: tuple[str, ...] = ()
    within_hours: int | None = None
    check_after_days: int | None = None


class Promise(Value, frozen=True):
    """A deadline that the person set: the words, when they were said, the day it falls due."""

    quote: str
    made: dt.date
    due: dt.date
    judged: str

    def is_due(self, today: dt.date) -> bool:
        """Whether the day has come."""
        return today >= self.due


@functools.cache
def timers() -> tuple[Timer, ...]:
    """Return the timers, their conditions checked."""
    found = knowledge.rows("timers.toml", "timer", Timer)
    for row in found:
        knowledge.condition(row.when)
        for name in (row.finding, *row.ask):
            knowledge.question(name)
    return found


# --- the course of an episode -------------------------------------------------------------


def readings(diary: Diary, today: dt.date) -> tuple[tuple[dt.date, float], ...]:
    """Return how it was from day to day, 0-10, oldest first: mornings and weeks, not onsets.

    One a day: the worst. Entries from memory count as written.
    """
    worst: dict[dt.date, float] = {}

    def add(day: dt.date, pain: float | None) -> None:
        if pain is not None and day <= today:
            worst[day] = max(pain, worst.get(day, 0.0))

    for morning in diary_views.mornings(diary):
        add(morning.date, morning.pain)
    for week in diary_views.weeks(diary):
        add(week.date, score(week.get("pain")))
    return tuple(sorted(worst.items()))


def score(text: str | None) -> float | None:
    """Return a 0-10 score as written ("6", "6/10"), None where there is none."""
    found = re.match(r"\s*(\d{1,2}(?:\.\d+)?)\s*(?:/\s*10)?\s*$", text or "")
    return float(found[1]) if found and float(found[1]) <= 10 else None


def events(diary: Diary, today: dt.date) -> tuple[Episode, ...]:
    """Return the events of the episode that is open on `today`, oldest first; () if none is."""
    first = diary_views.open_episode(diary, today)
    if first is None:
        return ()
    return tuple(e for e in diary_views.episodes(diary) if first.date <= e.date <= today)


def facts(diary: Diary, today: dt.date) -> dict[str, Fact]:
    """Return what the timers' conditions may ask, by name; None is not known."""
    known: dict[str, Fact] = dict(_pattern(diary, today))
    opened = events(diary, today)
    if not opened:
        return known
    start, last = opened[0].date, max(e.date for e in opened)
    onsets = [(e.date, e.pain) for e in opened if e.pain is not None]
    after = [r for r in readings(diary, today) if r[0] >= start]
    week = _latest_week(diary, start, today)
    known["days_open"] = (today - start).days
    known["days_since_event"] = (today - last).days
    known.update(_fall([*onsets, *after], after, start, today))
    latest = [r for r in onsets if r[0] == last][-1:]
    known.update(_rising([*latest, *(r for r in after if r[0] >= last)], today))
    known["no_normal_day"] = week.get("normal_day") == "no"
    known["cannot_walk_30"] = week.get("walk_30") == "no"
    known["walk_30_said"] = "walk_30" in week
    pain = known.get("pain_now")
    known["limits_running"] = week.get("running") in ("less", "none", "no", "stopped") or (
        pain is not None and pain >= LIMITING_PAIN
    )
    return known


def _pattern(diary: Diary, today: dt.date) -> dict[str, Fact]:
    after = today - dt.timedelta(days=WINDOW_DAYS)
    recent = [e for e in diary_views.episodes(diary) if after < e.date <= today]
    pains = [e.pain for e in recent][-3:]
    onsets = [e.onset_m for e in recent if e.onset_m is not None][-3:]
    return {
        "episodes_12w": float(sum(map(_limiting, recent))),
        "worse_each_time": len(pains) == 3
        and all(a is not None and b is not None and a < b for a, b in itertools.pairwise(pains)),
        "onset_falling": len(onsets) == 3 and all(a > b for a, b in itertools.pairwise(onsets)),
    }


def _limiting(event: Episode) -> bool:
    cut_short = event.stopped_m is not None or (
        event.onset_m is not None and event.planned_m is not None
    )
    return cut_short or event.pain is None or event.pain >= LIMITING_PAIN


def _latest_week(diary: Diary, start: dt.date, today: dt.date) -> dict[str, str]:
    said: dict[str, str] = {}
    for week in diary_views.weeks(diary):
        if start <= week.date <= today:
            said.update(
                {
                    n.strip().casefold().replace(" ", "_"): v.strip().casefold()
                    for n, v in week.fields
                    if v
                }
            )
    return said


def _fall(
    begun: list[tuple[dt.date, float]],
    after: list[tuple[dt.date, float]],
    start: dt.date,
    today: dt.date,
) -> dict[str, Fact]:
    """Return how far the pain has fallen; a new onset is no reading of how it is between."""
    first = [pain for day, pain in begun if (day - start).days <= FIRST_DAYS]
    fresh = [pain for day, pain in after if (today - day).days < FRESH_DAYS]
    if not first or not fresh:
        return {"pain_now": fresh[-1]} if fresh else {}
    worst, now = max(first), fresh[-1]
    return {
        "pain_start": worst,
        "pain_now": now,
        "fall_points": worst - now,
        "fall_percent": 100 * (worst - now) / worst if worst else 100.0,
    }


def _rising(since: list[tuple[dt.date, float]], today: dt.date) -> dict[str, Fact]:
    fresh = [pain for day, pain in since if (today - day).days <= FIRST_DAYS]
    return {"pain_rising": len(fresh) >= 2 and fresh[-1] > fresh[-2]}


# --- what is due ---------------------------------------------------------------------------


def running_out(
    diary: Diary, today: dt.date, promises: Iterable[Promise] = ()
) -> tuple[Timer, ...]:
    """Return the timers that hold on `today`, in the order of the rows."""
    known = facts(diary, today)
    known["promise_due"] = any(p.is_due(today) for p in promises)
    return tuple(row for row in timers() if knowledge.condition(row.when).holds(known))


def silent(diary: Diary, today: dt.date) -> bool:
    """Whether an episode has been open for two weeks and nobody wrote how it is."""
    known = facts(diary, today)
    days = known.get("days_open")
    return days is not None and days >= SILENT_DAYS and known.get("pain_now") is None


def answered(diary: Diary, today: dt.date) -> dict[str, tuple[str, dt.date, int]]:
    """Return the last answer to each safety question: what, its day, its line.

    Of two answers on one day the one further down in the file is the later one.
    """
    latest: dict[str, tuple[str, dt.date, int]] = {}
    for check in sorted(diary_views.checks(diary), key=lambda c: (c.date, c.line)):
        if check.date <= today:
            latest.update({n: (said, check.date, check.line) for n, said in check.answers.items()})
    return latest


def safety_due(diary: Diary, today: dt.date) -> tuple[str, ...]:
    """Return the safety questions that are due, as finding ids: while an episode is open.

    Due where there is no answer since its last event, none within 7 days, or only "not sure".
    """
    opened = events(diary, today)
    if not opened:
        return ()
    week = today - dt.timedelta(days=ASK_AGAIN_DAYS - 1)
    since = max(week, *(e.date for e in opened))
    return unanswered(answered(diary, today), since)


def unanswered(latest: dict[str, tuple[str, dt.date, int]], since: dt.date) -> tuple[str, ...]:
    """Return which of the six things nobody volunteers have no plain answer since a day."""
    asked = (name for row in knowledge.never_volunteered() for name in row.findings)
    return tuple(
        name
        for name in asked
        if name not in latest or latest[name][0] == "unsure" or latest[name][1] < since
    )


# --- deadlines that people set --------------------------------------------------------------

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "another": 1, "next": 1, "two": 2, "couple": 2, "three": 3,
    "few": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10, "twelve": 12,
}  # fmt: skip
_UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30}
_SPAN = re.compile(
    r"\b(\d{1,2}|" + "|".join(_NUMBERS) + r")\s+(?:of\s+)?(?:more\s+|other\s+|full\s+)?"
    r"(day|week|fortnight|month)s?\b"
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OWN_LIMIT_DAYS = 28


def promise(quote: str, made: dt.date, began: dt.date | None = None) -> Promise | None:
    """Return the deadline in a person's words, None where they name no time.

    "if it is no better in one more week" said on a Sunday falls due on the next one.
    """
    due = _due(quote.casefold(), made)
    if due is None:
        return None
    limit = (began or made) + dt.timedelta(days=OWN_LIMIT_DAYS)
    judged = (
        "That is within our own timer of three to four weeks; sooner if a warning sign appears."
        if due <= limit
        else f"Our own timer says earlier: by {limit.isoformat()}."
    )
    return Promise(quote=quote, made=made, due=due, judged=judged)


def _due(words: str, made: dt.date) -> dt.date | None:
    if found := _SPAN.search(words):
        count = int(found[1]) if found[1].isdigit() else _NUMBERS[found[1]]
        return made + dt.timedelta(days=count * _UNIT_DAYS[found[2]])
    if "tomorrow" in words:
        return made + dt.timedelta(days=1)
    for number, name in enumerate(_DAYS):
        if name in words:
            return made + dt.timedelta(days=(number - made.weekday() - 1) % 7 + 1)
    if "weekend" in words:
        return made + dt.timedelta(days=(5 - made.weekday()) % 7 or 7)
    return None


def promises_of(diary: Diary, today: dt.date) -> tuple[Promise, ...]:
    """Return the deadlines in the stories of the diary, each with its day and a judgement.

    A deadline goes when the episode it was said in has ended, or 28 days after it came.
    """
    opened = events(diary, today)
    began = opened[0].date if opened else None
    over = [p for p in diary_views.recoveries(diary, today) if p.closed is not None]
    said: dict[str, Promise] = {}
    for note in diary_views.stories(diary):
        if note.date > today or any(p.opened <= note.date < (p.closed or today) for p in over):
            continue
        for quote in read(note.text, note.date).promises:
            kept = promise(quote, note.date, began)
            if kept and (today - kept.due).days <= OWN_LIMIT_DAYS:
                said[quote] = kept
    return tuple(said.values())


@functools.lru_cache(2048)
def read(text: str, day: dt.date) -> Story:
    """Return the story in a text written on a day, read once for each."""
    from backinstride import story  # its rules take a moment to build: only once a story is there

    return story.read(text, written_on=day)
