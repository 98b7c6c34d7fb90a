"""Triage: must somebody look at this, how soon, why, and what must be asked first.

    words, diary, answers  ->  signs    findings: yes, not sure, to be asked, no
    findings               ->  rows     of red_flags.toml and timers.toml that hold, questions
    rows                   ->  verdict  the highest level, with reason, date and sources

Asymmetric on purpose. Words may raise a level, never lower one: a sign that is denied, past,
feared or another person's still leads to its plain question, and only a person's own answer
(a `check` entry, or `answers`) settles it. "Not sure" counts as the row says.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from backinstride import timers
from backinstride.timers import Promise, Timer
from backinstride.triage import rows, signs
from backinstride.triage.page import EmergencyPage, emergency_page
from backinstride.triage.verdict import text, verdict
from backinstride.values import BlockedBy, Question, Story, Value, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backinstride.diary import Diary

__all__ = ["Assessment", "EmergencyPage", "assess", "emergency_page", "text"]


class Assessment(Value, frozen=True):
    """The verdict (None: a language not read and nothing else known) and what goes with it.

    `ask` is in the order of urgency. `blocked` empties plan and contributors; `no_running`
    takes the running out of a plan. `promises` are the person's own deadlines.
    """

    verdict: Verdict | None
    ask: tuple[Question, ...] = ()
    blocked: BlockedBy | None = None
    no_running: bool = False
    timers: tuple[Timer, ...] = ()
    promises: tuple[Promise, ...] = ()


def assess(
    *,
    story: Story | None = None,
    diary: Diary | None = None,
    today: dt.date | None = None,
    answers: Mapping[str, str] | None = None,
    told_on: dt.date | None = None,
) -> Assessment:
    """Judge words, diary and answers together.

    `answers`: finding id -> yes, no or unsure, given now. `told_on`: when the story was told;
    without it a story that the diary keeps has that entry's day, any other is told now. A story
    about another person is judged alone, for that person; the diary is the runner's.
    """
    if story is not None and story.about == "other":
        diary = None
    now = today or told_on or dt.date.max
    moment = signs.moment_of(story, diary, now, told_on)
    given = signs.answers_of(diary, now, answers or {})
    hits = (*signs.from_story(story, moment), *signs.from_diary(diary, now))
    known = signs.known_of(hits, given, signs.ended(diary, now))
    promises = signs.promises(story, diary, now, moment[0])
    running = timers.running_out(diary, now, promises) if diary else ()
    fired = (
        *rows.fire(known, signs.facts_of(story, moment[0])),
        *rows.fire_timers(running, known, diary, now),
    )
    ask = rows.questions(known, fired, running, rows.due(story, diary, now, given, moment[0]), now)
    if story is not None and story.about is None:
        ask = rows.all_emergencies(ask, given)
        if diary is None and not fired:
            return Assessment(verdict=None, ask=ask, promises=promises)
    return Assessment(
        verdict=verdict(fired, known, ask, story, today, promises),
        ask=ask,
        blocked=rows.blocked_by(fired),
        no_running=any(row.no_running for row in fired),
        timers=running,
        promises=promises,
    )
