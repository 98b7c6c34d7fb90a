"""Rows: which warning signs, combinations and timers hold, and what they ask."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from backinstride import knowledge, timers
from backinstride.triage.signs import Answers, Known, flag_of, order
from backinstride.values import BLOCKING_LEVELS, LEVELS, BlockedBy, Level, Question, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from backinstride.diary import Diary
    from backinstride.knowledge import Combination, RedFlag
    from backinstride.knowledge.conditions import Fact
    from backinstride.timers import Timer
    from backinstride.values import Story

HOURS: dict[Level, int | None] = {
    "emergency": 0,
    "same_day": 24,
    "within_days": 168,
    "routine": 504,
    "self_care": None,
}
STORY_DAYS = 84  # a kept story older than this asks nothing anew


class Fired(Value, frozen=True):
    """A row that holds, at the level it holds with."""

    id: str
    level: Level
    within_hours: int | None
    signs: tuple[str, ...]
    why: str
    act: str
    claims: tuple[str, ...]
    no_running: bool = False
    unsure: bool = False


def fire(known: Mapping[str, Known], facts: Mapping[str, Fact]) -> tuple[Fired, ...]:
    """Return every row that holds: on what is sure, and on what is not sure."""
    sure: dict[str, Fact] = dict(facts)
    maybe: dict[str, Fact] = dict(facts)
    for name, item in known.items():
        flag = flag_of(name)
        as_yes = item.state == "unsure" and flag is not None and flag.unsure == "yes"
        sure[name] = item.state == "yes" or as_yes
        maybe[name] = item.state in ("yes", "unsure")
    found: list[Fired] = []
    table: list[RedFlag | Combination] = [*knowledge.red_flags(), *knowledge.combinations()]
    for row in table:
        if row.holds(sure):
            found.append(_fired(row, row.level, row.within_hours, row.signs(sure)))
        elif row.holds(maybe):
            level = _unsure_level(row)
            if level != "self_care":
                found.append(_fired(row, level, HOURS[level], row.signs(maybe), unsure=True))
    return tuple(found)


def _unsure_level(row: RedFlag | Combination) -> Level:
    level = getattr(row, "unsure", None)
    if level is None or level == "yes":
        return LEVELS[max(LEVELS.index(row.level) - 1, 0)]
    return level if level in LEVELS else row.level


def _fired(
    row: RedFlag | Combination,
    level: Level,
    hours: int | None,
    signs: tuple[str, ...],
    *,
    unsure: bool = False,
) -> Fired:
    return Fired(
        id=row.id, level=level, within_hours=hours, signs=signs, why=row.why, act=row.act,
        claims=row.claims, no_running=row.no_running, unsure=unsure,
    )  # fmt: skip


def fire_timers(
    running: Sequence[Timer], known: Mapping[str, Known], diary: Diary | None, now: dt.date
) -> Iterator[Fired]:
    """Give the timers as rows; a plain "no" given after the latest pain score settles one."""
    if diary is None:
        return
    scores = timers.readings(diary, now)
    latest = scores[-1][0] if scores else dt.date.min
    for row in running:
        item = known.get(row.finding)
        answered_no = item is not None and item.state == "no" and item.when is not None
        if answered_no and item is not None and item.when and item.when[0] >= latest:
            continue
        if row.level != "self_care":
            yield Fired(
                id=row.id, level=row.level, within_hours=row.within_hours, signs=(row.finding,),
                why=row.text, act=knowledge.levels()[row.level].act, claims=row.claims,
            )  # fmt: skip


def blocked_by(fired: Sequence[Fired]) -> BlockedBy | None:
    """Return what empties plan and contributors."""
    urgent = [row for row in fired if row.level in BLOCKING_LEVELS]
    if not urgent:
        return None
    level = max((row.level for row in urgent), key=LEVELS.index)
    return BlockedBy(level=level, flags=in_order(urgent))


def in_order(fired: Iterable[Fired]) -> tuple[str, ...]:
    """Return the signs of rows, the most urgent first."""
    by_level = sorted(fired, key=lambda row: -LEVELS.index(row.level))
    return tuple(dict.fromkeys(sign for row in by_level for sign in row.signs))


def due(
    story: Story | None,
    diary: Diary | None,
    now: dt.date,
    given: Answers,
    told: dt.date,
) -> tuple[str, ...]:
    """Return which of the six things nobody volunteers are to be asked now."""
    latest = {name: (said, when[0], 0) for name, (said, when) in given.items()}
    if diary is not None and (opened := timers.events(diary, now)):
        week = now - dt.timedelta(days=timers.ASK_AGAIN_DAYS - 1)
        due_now = timers.unanswered(latest, max(week, *(e.date for e in opened)))
        silent = timers.silent(diary, now) and latest.get("not_improving", ("", week))[1] <= week
        return (*due_now, "not_improving") if silent else due_now
    if story is None or story.about == "none" or (now - told).days > STORY_DAYS:
        return ()
    return timers.unanswered(latest, told)


def questions(
    known: Mapping[str, Known],
    fired: Sequence[Fired],
    running: Sequence[Timer],
    due: Sequence[str],
    now: dt.date,
) -> tuple[Question, ...]:
    """Return the questions, the most urgent first, each once."""
    wanted: dict[str, Known | None] = {}
    for name, item in known.items():
        answered_now = (
            item.state == "yes"
            and item.source == "you answered yes"
            and (item.when is not None and item.when[0] >= now)
        )
        if item.state != "no" and not answered_now:
            wanted[name] = item
    for row in fired:
        for sign in row.signs:
            flag = flag_of(sign)
            for name in flag.follow_up if flag else ():
                if name not in known:
                    wanted.setdefault(name, None)
    for name in due:
        wanted.setdefault(name, known.get(name))
    for name in (name for timer in running for name in timer.ask):
        if name not in known or known[name].state in ("asked", "unsure"):
            wanted.setdefault(name, known.get(name))
    place = order()
    return tuple(
        Question(
            id=name,
            question=knowledge.question(name),
            why=item.source or None if item else None,
            start=item.start if item else None,
            end=item.end if item else None,
        )
        for name, item in sorted(
            wanted.items(), key=lambda pair: (not _hinted(*pair), place[pair[0]])
        )
    )


def _hinted(name: str, item: Known | None) -> bool:
    """Whether the person's own words hint at an emergency: that is asked before the rest."""
    flag = flag_of(name)
    told = item is not None and item.start is not None
    return told and flag is not None and flag.level == "emergency"


def all_emergencies(ask: Sequence[Question], given: Answers) -> tuple[Question, ...]:
    """Add every question behind an emergency to those that are asked."""
    signs = {row.id for row in knowledge.by_kind("sign")}
    asked = {question.id: question for question in ask}
    for row in knowledge.red_flags():
        open_ = row.finding not in given or given[row.finding][0] == "unsure"
        if row.level in BLOCKING_LEVELS and open_ and row.finding in signs - asked.keys():
            asked[row.finding] = Question(id=row.finding, question=knowledge.question(row.finding))
    return tuple(sorted(asked.values(), key=lambda q: order()[q.id]))
