"""What the words leave open: one question for each reading, with the words it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backinstride.values import Question, Training

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.story.dates import Dated
    from backinstride.story.numbers import Quantity
    from backinstride.story.surface import Sentence

_OPEN = {
    "half_marathons": "You wrote “{}”. Two half marathons, or two and a half marathons?",
    "height": "You wrote “{}”. Is that your height in feet?",
    "severity": "You wrote “{}” about the pain. What is it on a scale from 0 (none) to 10 (worst)?",
    "splits": "In “{}” the parts do not add up to the whole. Which times are right?",
    "running_unit": "You wrote “{}”. Miles or kilometres?",
    "lift_unit": "You wrote “{}”. Pounds or kilograms?",
}
_DATE_OPEN = {
    "order": "You wrote “{}”. Which is the day and which the month?",
    "year": "You wrote “{}”. Which year?",
}


def open_readings(
    text: str, quantities: Sequence[Quantity], dates: Sequence[Dated]
) -> list[Question]:
    """Return a question for every number or date with two readings."""
    found: list[Question] = []
    asked: set[tuple[str, str]] = set()
    for q in quantities:
        if q.open is None:
            continue
        quote = text[q.start : q.end]
        if (q.open, quote) in asked or (
            q.open == "running_unit" and any(a == q.open for a, _ in asked)
        ):
            continue
        asked.add((q.open, quote))
        found.append(
            Question(
                id=q.open, question=_OPEN[q.open].format(quote.strip()), start=q.start, end=q.end
            )
        )
    for date in dates:
        if date.open is not None:
            quote = text[date.start : date.end]
            found.append(
                Question(
                    id=f"date_{date.open}",
                    question=_DATE_OPEN[date.open].format(quote),
                    start=date.start,
                    end=date.end,
                )
            )
    return found


def load_not_told(told: Training, *, episode: bool) -> list[Question]:
    """Return what everybody asks back and few people say (all year? farther than before?)."""
    if not episode:
        return []
    found = []
    if told.longest_recent_km is None:
        found.append(
            Question(
                id="farther_than_before",
                question="Was that run farther than any run of the 30 days"
                " before? How long was the longest of them?",
            )
        )
    if told.layoff is None and told.running_months is None and told.weekly_km is None:
        found.append(
            Question(
                id="running_all_year",
                question="Do you run all year round, or was there a break of two weeks or more?",
            )
        )
    return found


_MARATHON = re.compile(r"\b(?:first|1st|my) (?:ever )?(?:full )?marathon\b(?! (?:training|plan))")
_HALF = re.compile(r"\b(?:first|1st|my) (?:ever )?half[ -]?marathon\b")
_DONE_RACE = re.compile(r"\b(?:after|finish\w*|finished|ran|completed|did|since)\b[^.!?\n]{0,25}$")


def contradictions(reading: str) -> list[Question]:
    """Return a question where title and text name two different races as the one that was run."""
    marathons = [m for m in _MARATHON.finditer(reading) if _DONE_RACE.search(reading[: m.start()])]
    halves = [m for m in _HALF.finditer(reading) if _DONE_RACE.search(reading[: m.start()])]
    if not marathons or not halves:
        return []
    return [
        Question(
            id="which_race",
            question="You wrote of a first marathon and of a first half marathon."
            " After which of the two did it begin?",
            start=min(marathons[0].start(), halves[0].start()),
            end=max(marathons[0].end(), halves[0].end()),
        )
    ]


def whose(writers: int, author: str | None) -> list[Question]:
    """Return the question whose story is meant, where several people wrote."""
    if writers < 2:
        return []
    name = (
        f" ({author})" if author and not author.startswith("reply at") and len(author) > 1 else ""
    )
    return [
        Question(
            id="whose_story",
            question=f"Several people wrote here. The opening writer's words{name}"
            f" were read. Is that you?",
        )
    ]


_PROMISE = re.compile(
    r"\bif (?:it|this|that|the pain|things?|my back|they|symptoms)[^.!?\n]{0,60}\b(?:clear\w*"
    r"|better|improv\w*|go away|gone|settle\w*|persist\w*|continu\w*|worse|eas\w*|still"
    r"|heal\w*|calm\w*|resolv\w*|hasn't|isn't|doesn't|don't)\b[^.!?\n]{0,60}\b(?:i'll|i will"
    r"|i'm going to|i am going to|i'm gonna|will see|will go|i plan to|i shall|see a|see the"
    r"|see my|go to the|book|call|make an appointment)\b[^.!?\n]{0,60}"
    r"|\b(?:i'll|i will|i'm going to|i'm gonna|giving it|give it|gonna give it"
    r"|will give it)\b[^.!?\n]{0,50}\b(?:if (?:it|this|the pain|things)|another week"
    r"|one more week|(?:a|another|\d+|two|three) (?:more )?(?:weeks?|days?"
    r"|month))\b[^.!?\n]{0,60}\b(?:before (?:i )?(?:see|seeing|going|go|call|book)\w*|then "
    r"(?:see|go|book|call)\w*|if it|if this|hasn't|isn't|doesn't|not)\b[^.!?\n]{0,50}"
)
_WISH = re.compile(
    r"^(?:and |so |but |also |now )?(?:any(?:one|body)?\b|does any|has any|how\b|what\b"
    r"|when\b|why\b|which\b|who\b|should\b|is\b|are\b|can\b|could\b|will\b|would\b|do\b"
    r"|does\b|am\b|has\b|have\b|please\b|i could use|i would love|i'd love|looking for|help\b"
    r"|need (?:some )?(?:help|advice)|thoughts\b|ideas\b)"
    r"|\b(?:i'd like to know|would like to know|wondering (?:if|whether|what|how)|any "
    r"(?:advice|ideas|suggestions|tips|thoughts|help)|i could use (?:some|any)|please help)\b"
)


def promises(reading: str, text: str) -> tuple[str, ...]:
    """Return the person's own deadlines, as quoted."""
    return tuple(
        dict.fromkeys(text[m.start() : m.end()].strip() for m in _PROMISE.finditer(reading))
    )


def wishes(parts: Sequence[Sentence], text: str) -> tuple[str, ...]:
    """Return what the person asks, as quoted; at most eight."""
    found = [
        text[part.start : part.end + part.question].strip()
        for part in parts
        if (part.question or _WISH.search(part.text)) and len(part.text.split()) >= 3
    ]
    return tuple(dict.fromkeys(found))[:8]
