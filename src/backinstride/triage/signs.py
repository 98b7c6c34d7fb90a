"""Signs: what words, answers and the diary say of each warning sign.

A hit in words is asserted, or only to be asked; a person's answer settles what was said before it.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from typing import TYPE_CHECKING, Literal

from backinstride import diary_views, knowledge, timers
from backinstride.values import BLOCKING_LEVELS, Story, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from backinstride.diary import Diary
    from backinstride.knowledge import RedFlag
    from backinstride.knowledge.conditions import Fact
    from backinstride.timers import Promise
    from backinstride.values import Finding

State = Literal["yes", "unsure", "asked", "no"]
Moment = tuple[dt.date, float]  # the day, and the line of the diary (or now: infinity)
Answers = dict[str, tuple[str, Moment]]

SEVERE_FROM = 7  # of 10 [own-timers]
_CARERS = {"osteopathy": "osteopath", "chiropractic": "chiropractor"}
_CARE = frozenset(
    ("physio", "osteopath", "chiropractor", "massage", "doctor", "surgeon", "emergency",
     "podiatrist")
)  # fmt: skip
_TOLD_KINDS = (
    "episode", "morning", "run", "walk", "week", "note", "strength", "mobility", "treatment",
    "measure", "experiment",
)  # fmt: skip


class Hit(Value, frozen=True):
    """A sign met in words: `asserted` of the person, or only to be asked; when it was said."""

    finding: str
    asserted: bool
    quote: str
    when: Moment
    settled_by: tuple[str, ...]
    start: int | None = None
    end: int | None = None


class Known(Value, frozen=True):
    """What is known of one finding, and where from, in words for the person."""

    state: State
    source: str = ""
    when: Moment | None = None
    start: int | None = None
    end: int | None = None


@functools.cache
def flag_of(finding: str) -> RedFlag | None:
    """Return the warning sign of a finding."""
    return next((row for row in knowledge.red_flags() if row.finding == finding), None)


@functools.cache
def order() -> dict[str, int]:
    """Return the findings that triage knows, with their order."""
    kinds = ("sign", "detail")
    rows = [row.id for row in knowledge.findings() if row.kind in kinds]
    return {name: place for place, name in enumerate(rows)}


def from_story(story: Story | None, when: Moment) -> Iterator[Hit]:
    """Give the signs that a story mentions. Words about nobody assert nothing."""
    if story is None:
        return
    own = ("present", "other") if story.about == "other" else ("present",)
    for finding in story.findings:
        if finding.id in order():
            yield from _hits(
                finding, own if story.about else ("present",), when, nobody=story.about == "none"
            )
    if story.about == "none":
        return
    if "scoliosis" in story.suspects:
        yield Hit(
            finding="spine_history",
            asserted=True,
            quote="scoliosis",
            when=when,
            settled_by=("spine_history",),
        )
    for quote in story.promises:
        yield Hit(
            finding="own_deadline",
            asserted=True,
            quote=quote,
            when=when,
            settled_by=("own_deadline", "not_improving"),
        )
    if any((e.severity or 0) >= SEVERE_FROM for e in story.episodes):
        yield Hit(
            finding="severe_pain",
            asserted=True,
            quote="7 of 10 or more",
            when=when,
            settled_by=("severe_pain",),
        )


def _hits(finding: Finding, own: Sequence[str], when: Moment, *, nobody: bool) -> Iterator[Hit]:
    flag = flag_of(finding.id)
    words = finding.quote.casefold()
    asserted = not nobody and (
        finding.status in own
        or (finding.status == "past" and flag is not None and flag.past_counts)
    )
    only_asked = flag is not None and _only_asks(flag, words)
    instead = tuple(_read_as(flag.instead, words)) if flag else ()
    also = tuple(_read_as(flag.means, words)) if flag else ()
    for name in instead or (finding.id, *also):
        yield Hit(
            finding=name,
            asserted=asserted and not (only_asked and name == finding.id),
            quote=finding.quote,
            when=when,
            settled_by=(name, finding.id),
            start=finding.start,
            end=finding.end,
        )
    if instead and finding.id not in instead:
        yield Hit(
            finding=finding.id,
            asserted=False,
            quote=finding.quote,
            when=when,
            settled_by=(finding.id,),
            start=finding.start,
            end=finding.end,
        )


def _only_asks(flag: RedFlag, words: str) -> bool:
    """Whether words like these are asked about instead of assumed."""
    if any(word in words for word in flag.asks_only):
        return True
    return bool(flag.counts_with) and not any(word in words for word in flag.counts_with)


def _read_as(rows: Sequence[str], words: str) -> Iterator[str]:
    """Give the findings that a quote means as well: rows are "finding: word, word"."""
    for row in rows:
        name, _, listed = row.partition(":")
        wanted = [word.strip() for word in listed.split(",")]
        if "*" in wanted or any(word in words for word in wanted):
            yield name.strip()


def moment_of(
    story: Story | None, diary: Diary | None, now: dt.date, told_on: dt.date | None
) -> Moment:
    """Return when the story was told; a story of the diary has the place of its entry."""
    if story is not None and diary is not None and told_on is None:
        for note in reversed(diary_views.stories(diary)):
            if note.date <= now and _same(story, note.text):
                return (note.date, note.line)
    return (told_on or now, math.inf)


def _same(story: Story, text: str) -> bool:
    spans = [(f.quote, f.start, f.end) for f in story.findings]
    return bool(spans) and all(text[start:end] == quote for quote, start, end in spans)


def from_diary(diary: Diary | None, now: dt.date) -> Iterator[Hit]:
    """Give the signs in stories and in other words of the diary; the writer is the runner."""
    if diary is None:
        return
    for note in diary_views.stories(diary):
        if note.date > now:
            continue
        told = timers.read(note.text, note.date)
        if told.about not in ("other", "none"):
            kept = _corrected(told, note.corrections) if note.corrections else told
            when = (note.date, float(note.line))
            taken = {h.finding for h in from_story(kept, when) if h.asserted}
            for hit in from_story(told, when):
                yield hit if hit.finding in taken else _only_asked(hit)
    since = _words_since(diary, now)
    for entry in diary.of(*_TOLD_KINDS):
        if since <= entry.date <= now and len(entry.told) > len("ok."):
            told = timers.read(entry.told, entry.date)
            when = (entry.date, float(entry.line))
            for finding in told.findings:
                if finding.id in order():
                    yield from _hits(finding, ("present",), when, nobody=False)


def _only_asked(hit: Hit) -> Hit:
    return Hit(
        finding=hit.finding,
        asserted=False,
        quote=hit.quote,
        when=hit.when,
        settled_by=hit.settled_by,
        start=hit.start,
        end=hit.end,
    )


def _words_since(diary: Diary, now: dt.date) -> dt.date:
    opened = timers.events(diary, now)
    window = now - dt.timedelta(days=timers.WINDOW_DAYS)
    return min(opened[0].date, window) if opened else window


def facts_of(story: Story | None, told: dt.date) -> dict[str, Fact]:
    """Return the facts beside the signs that conditions use."""
    if story is None or story.about in (None, "none"):
        return {}
    care = {_CARERS.get(name, name) for name in (*story.seen, *story.tried)} & _CARE
    ages = _ages(story)
    first = any(episode.first_time for episode in story.episodes)
    days = [episode.date for episode in story.episodes if episode.date and told < dt.date.max]
    return {
        "youngest_age": min(ages, default=None),
        "oldest_age": max(ages, default=None),
        "care_tried": float(len(care)),
        "first_after_50": first and max(ages, default=0) > 50,
        "days_told": max((float((told - day).days) for day in days), default=None),
    }


def _ages(story: Story) -> tuple[float, ...]:
    """Return every age told: where two stand, the one that asks for more care counts."""
    told = [f.value for f in story.findings if f.id == "age"]
    return tuple(a for a in (story.person.age, *told) if isinstance(a, int | float))


def answers_of(diary: Diary | None, now: dt.date, given: Mapping[str, str]) -> Answers:
    """Return the latest answer to each question with its moment; those given now come last."""
    latest: Answers = {}
    if diary is not None:
        for name, (said, day, line) in timers.answered(diary, now).items():
            latest[name] = (said, (day, float(line)))
    for name, said in given.items():
        latest[name] = (said if said in ("yes", "no") else "unsure", (dt.date.max, math.inf))
    return latest


def known_of(
    hits: Iterable[Hit],
    given: Answers,
    closed: Sequence[tuple[dt.date, dt.date]],
) -> dict[str, Known]:
    """Join hits and answers: an answer settles what was said before it, words after it count."""
    found: dict[str, Known] = {}
    for name, (said, when) in given.items():
        if name in order() and not (said == "yes" and _over(name, when[0], closed)):
            state: State = "yes" if said == "yes" else "no" if said == "no" else "unsure"
            words = {"yes": "you answered yes", "no": "", "unsure": "you were not sure"}[state]
            found[name] = Known(state=state, source=words, when=when)
    rank: dict[State, int] = {"yes": 3, "unsure": 2, "asked": 1, "no": 0}
    for hit in hits:
        settled = any(given[n][1] >= hit.when for n in hit.settled_by if n in given)
        if settled or _over(hit.finding, hit.when[0], closed):
            continue
        state = "yes" if hit.asserted else "asked"
        before = found.get(hit.finding)
        if before is None or rank[state] > rank[before.state]:
            found[hit.finding] = Known(
                state=state, source=f"you wrote “{hit.quote}”", when=hit.when,
                start=hit.start, end=hit.end,
            )  # fmt: skip
    return found


def ended(diary: Diary | None, now: dt.date) -> tuple[tuple[dt.date, dt.date], ...]:
    """Return the episodes that are over, from first event to close."""
    if diary is None:
        return ()
    return tuple(
        (period.opened, period.closed)
        for period in diary_views.recoveries(diary, now)
        if period.closed is not None
    )


def _over(name: str, day: dt.date, closed: Sequence[tuple[dt.date, dt.date]]) -> bool:
    """Whether a milder sign went with an episode that has ended.

    Signs that block, and those that stop running, are settled by an answer only.
    """
    flag = flag_of(name)
    if flag is None or flag.no_running or flag.level in BLOCKING_LEVELS:
        return False
    return any(opened <= day < end for opened, end in closed)


def promises(
    story: Story | None, diary: Diary | None, now: dt.date, told: dt.date
) -> tuple[Promise, ...]:
    """Return the person's own deadlines, from this story and those of the diary."""
    opened = timers.events(diary, now) if diary else ()
    began = opened[0].date if opened else None
    said = {p.quote: p for p in timers.promises_of(diary, now)} if diary else {}
    for quote in story.promises if story and told < dt.date.max else ():
        kept = timers.promise(quote, told, began)
        if kept:
            said.setdefault(quote, kept)
    return tuple(said.values())


def _corrected(told: Story, corrections: tuple[tuple[str, str], ...]) -> Story:
    from backinstride.story.correcting import correct  # with the story's rules, built when needed

    return correct(told, corrections)
