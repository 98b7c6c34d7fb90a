"""Understand a story: what the words say happened, to whom, and what they leave open.

`read` uses no model, no network and no clock, and never raises on any text. It judges nothing:
the verdict is triage's. The order is fixed: whose words (posts), whose body (people), numbers with
their units, then the lexicon with its scope (present, denied, past, other, hypothetical).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backinstride.story import episodes as bouts
from backinstride.story import questions, training, whose
from backinstride.story.dates import find_dates
from backinstride.story.findings import Mention, blamed, mentions
from backinstride.story.lexicon import lexicon
from backinstride.story.numbers import Quantity, read_numbers
from backinstride.story.people import foreign, words_of
from backinstride.story.posts import Page, take_apart
from backinstride.story.sides import both_legs
from backinstride.story.surface import Sentence, sentences
from backinstride.values import Finding, Question, Status, Story

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

__all__ = ["read"]


def read(text: str, *, written_on: dt.date | None = None) -> Story:
    """Return what a text says; `written_on` anchors "today" and "two weeks ago".

    Offsets of findings, episodes and questions are code points of `text` as given.
    """
    page = take_apart(text, written_on)
    words = words_of(page.reading)
    if not words or foreign(words, lexicon().words):
        return _unread(text)
    parts = sentences(page.reading)
    read_here = mentions(parts, lexicon())
    said = (*read_here, *both_legs(parts, read_here))
    about = whose.decide(page.reading, said)
    if about == "none":
        return _about_nobody(text, said)
    return _story(text, page, parts, said, about)


def _unread(text: str) -> Story:
    question = Question(
        id="language",
        question="These words are in a language that is not read here. Please"
        " answer the questions below.",
    )
    return Story(about=None, ask=(question,) if text.strip() else ())


def _about_nobody(text: str, said: Sequence[Mention]) -> Story:
    found = tuple(
        _finding(text, m.id, "hypothetical", m.start, m.end)
        for m in said
        if m.kind in {"sign", "suspect"} and (m.kind == "sign" or m.slot == "blame")
    )
    return Story(about="none", findings=found, wishes=())


def _patient(about: str) -> frozenset[str]:
    return frozenset({"self", "nobody"} if about == "self" else {"other", "nobody"})


def _status(mention: Mention, patient: frozenset[str]) -> Status:
    if mention.subject in patient:
        return mention.status
    return "hypothetical" if mention.subject == "you" else "other"


def _finding(
    text: str,
    name: str,
    status: Status,
    start: int,
    end: int,
    value: float | str | None = None,
    unit: str | None = None,
) -> Finding:
    return Finding(
        id=name, status=status, quote=text[start:end], start=start, end=end, value=value, unit=unit
    )


def _blame_words() -> re.Pattern[str]:
    lists = lexicon().lists["blame"]
    return re.compile(
        r"\b(?:" + "|".join(sorted(map(re.escape, lists), key=len, reverse=True)) + r")\b"
    )


def _story(
    text: str, page: Page, parts: Sequence[Sentence], said: Sequence[Mention], about: str
) -> Story:
    patient = _patient(about)
    dates = find_dates(page.reading, page.date)
    quantities = read_numbers(page.reading, tuple((d.start, d.end) for d in dates))
    told = bouts.read_episodes(parts, quantities, said, page.date, patient)
    load, load_reads, _ = training.training(page.reading, quantities, parts, dates, told.own_run)
    who, who_reads = training.person(page.reading, quantities, about_other=about == "other")
    power, power_reads = training.strength(quantities)
    blame = _blame_words()
    suspects = [
        m
        for m in said
        if m.kind == "suspect" and m.subject != "you" and blamed(m, blame) and m.status == "present"
    ]
    tried = [m for m in said if m.kind == "tried" and m.slot == "done" and _done(m)]
    seen = [m for m in said if m.kind == "seen" and m.slot == "done" and _done(m)]
    findings = [
        _finding(text, m.id, _status(m, patient), m.start, m.end)
        for m in said
        if m.kind == "sign"
        or (m.kind == "suspect" and (m.slot == "blame" or m.status == "denied" or m in suspects))
    ]
    findings += _values(text, quantities, told, [*load_reads, *who_reads, *power_reads])
    findings += _elsewhere(text, page)
    ask = [
        *questions.contradictions(page.reading),
        *questions.whose(page.writers, page.author),
        *questions.open_readings(text, quantities, dates),
        *_foreign_part(parts),
        *questions.load_not_told(load, episode=bool(told.episodes)),
    ]
    return Story(
        about="self" if about == "self" else "other",
        findings=tuple(sorted(findings, key=lambda f: (f.start, f.end, f.id))),
        episodes=told.episodes,
        training=load,
        person=who,
        strength=power,
        suspects=tuple(dict.fromkeys(m.id for m in suspects)),
        tried=tuple(dict.fromkeys(m.id for m in tried)),
        seen=tuple(dict.fromkeys(m.id for m in seen)),
        ask=tuple(ask),
        promises=questions.promises(page.reading, text),
        wishes=questions.wishes(parts, text),
    )


def _done(mention: Mention) -> bool:
    return (
        mention.status in {"present", "past"} and not mention.planned and mention.subject != "you"
    )


def _values(
    text: str,
    quantities: Sequence[Quantity],
    told: bouts.Told,
    reads: Sequence[training.Read],
) -> list[Finding]:
    """Return every number that was read as a finding of its own, so that it can be confirmed."""
    found = [_finding(text, r.id, "present", r.start, r.end, r.value, r.unit) for r in reads]
    for name, q in (("onset_km", told.onset), ("planned_km", told.planned)):
        if q is not None and isinstance(q.value, float) and q.value > 0:
            found.append(_finding(text, name, "present", q.start, q.end, round(q.value, 2), "km"))
    for q in quantities:
        if q.kind == "severity" and isinstance(q.value, float):
            found.append(_finding(text, "severity", "present", q.start, q.end, q.value, "0-10"))
        elif q.kind == "programme" and isinstance(q.value, float):
            found.append(
                _finding(text, "programme_week", "present", q.start, q.end, q.value, "week")
            )
    return found


def _elsewhere(text: str, page: Page) -> list[Finding]:
    """Return the warning signs in other people's posts, quotes included, as somebody else's."""
    if not page.others.strip():
        return []
    said = mentions(sentences(page.others), lexicon())
    return [_finding(text, m.id, "other", m.start, m.end) for m in said if m.kind == "sign"]


def _foreign_part(parts: Sequence[Sentence]) -> list[Question]:
    """Return a question where a part of the text is in a language that is not read."""
    for part in parts:
        words = words_of(part.text)
        if len(words) >= 4 and foreign(words, lexicon().words):
            return [
                Question(
                    id="language",
                    question="A part of this is in a language that is not read"
                    " here. Please answer the questions below.",
                    start=part.start,
                    end=part.end,
                )
            ]
    return []
