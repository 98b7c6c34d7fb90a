"""The exercises: rows of `knowledge/exercises.toml`, found by name or by description.

Conflicts between what is asked for and what somebody complains of are noted, never hidden.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from backinstride import knowledge
from backinstride.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

Role = Literal["legs", "hip", "core", "upper", "mobility", "relief", "cross"]
Quality = Literal["strength", "endurance", "mobility", "relief"]

# The six groups that people mean by "core", and the rest of what a runner trains.
CORE_GROUPS = ("abdominals", "obliques", "quadriceps", "glutes", "back", "hamstrings")
DAILY_REGIONS = ("hamstrings", "quadriceps", "calves", "back")

_IDLE = frozenset(
    (
        *("a", "an", "and", "are", "at", "by", "do", "does", "for", "from", "i", "in", "into"),
        *("is", "it", "its", "my", "of", "on", "one", "or", "other", "out", "please", "stretch"),
        *("stretching", "exercise", "exercises", "that", "the", "then", "this", "to", "up"),
        *("when", "with", "you", "your"),
    )
)


class Exercise(Value, frozen=True, kw_only=True):
    """One exercise with its dose, steps, and when to go on, back, or stop. Holds in seconds."""

    id: str
    name: str
    role: Role
    quality: Quality
    targets: tuple[str, ...]
    words: tuple[str, ...]
    sets: int
    steps: tuple[str, ...]
    progress_when: str
    regress_when: str
    stop_when: str
    claims: tuple[str, ...]
    reps: int | None = None
    hold_s: float | None = None
    each_side: bool = False
    times_a_day: int = 1
    heavy: bool = False
    sore: bool = False
    offered: bool = True
    equipment: tuple[str, ...] = ()
    conflicts: tuple[tuple[str, str], ...] = ()
    progress_to: str | None = None
    regress_to: str | None = None
    not_this: str | None = None
    note: str = ""


class Cue(Value, frozen=True, kw_only=True):
    """A cue or habit: tried one at a time, kept if it helps."""

    id: str
    name: str
    text: str
    stop_when: str
    claims: tuple[str, ...]


class Match(Value, frozen=True, kw_only=True):
    """An exercise found by description; `score` 0 to 1, `remark` where it is taken for another."""

    exercise: Exercise
    score: float
    remark: str = ""


class Conflict(Value, frozen=True, kw_only=True):
    """An exercise against a complaint: what to know; the choice stays with the runner."""

    exercise: str
    complaint: str
    text: str


@cache
def all_rows() -> tuple[Exercise, ...]:
    """Return every exercise, in the order of the file."""
    return knowledge.rows("exercises.toml", "exercise", Exercise)


@cache
def _by_id() -> dict[str, Exercise]:
    return {e.id: e for e in all_rows()}


@cache
def cues() -> tuple[Cue, ...]:
    """Return the cues and habits."""
    return knowledge.rows("exercises.toml", "cue", Cue)


def exercise(name: str) -> Exercise | None:
    """Return the exercise of an id; None for an unknown one."""
    return _by_id().get(name)


def cue(name: str) -> Cue | None:
    """Return the cue of an id; None for an unknown one."""
    return next((c for c in cues() if c.id == name), None)


# --- finding ------------------------------------------------------------------------------


def _words(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z0-9]+", text.casefold().replace("-", " "))
    return frozenset(_stem(w) for w in found if w not in _IDLE)


def _stem(word: str) -> str:
    for end in ("ing", "es", "s"):
        if len(word) > len(end) + 3 and word.endswith(end):
            return word[: -len(end)]
    return word


@cache
def _descriptions(name: str) -> tuple[frozenset[str], ...]:
    row = _by_id()[name]
    return tuple(w for text in (row.name, row.id, *row.words) if (w := _words(text)))


def find(description: str, *, most: int = 3) -> tuple[Match, ...]:
    """Return the exercises that a description fits, best first; empty where none does.

    The score is the shared words over all words of the shorter text, weighed with how much of
    the description is met. A match that people take for another exercise says so.
    """
    asked = _words(description)
    if not asked:
        return ()
    scored = []
    for row in all_rows():
        best = max(
            len(asked & words) / len(words) * (0.5 + 0.5 * len(asked & words) / len(asked))
            for words in _descriptions(row.id)
        )
        if best >= 0.4:
            scored.append(Match(exercise=row, score=round(best, 3), remark=_remark(row)))
    return tuple(sorted(scored, key=lambda m: (-m.score, m.exercise.id))[:most])


def _remark(row: Exercise) -> str:
    other = _by_id().get(row.not_this or "")
    if other is None:
        return row.note
    part = other.targets[0].replace("_", " ")
    return f"This is the {row.name.casefold()}; for the {part} it is the {other.name.casefold()}."


def alternatives(known: Iterable[str], target: str) -> tuple[Exercise, ...]:
    """Return more exercises for a muscle group than those already known, offered ones only."""
    seen = set(known)
    return tuple(e for e in all_rows() if target in e.targets and e.id not in seen and e.offered)


def muscle_map() -> dict[str, tuple[str, ...]]:
    """Return the exercise ids of each muscle group; the six of the core come first."""
    groups = dict.fromkeys((*CORE_GROUPS, *(t for e in all_rows() for t in e.targets)))
    return {g: tuple(e.id for e in all_rows() if g in e.targets) for g in groups}


# --- conflicts ----------------------------------------------------------------------------


def conflicts(names: Iterable[str], complaints: Iterable[str]) -> tuple[Conflict, ...]:
    """Return what is known against these exercises for these complaints (suspect ids)."""
    complained = set(complaints)
    return tuple(
        Conflict(exercise=row.id, complaint=complaint, text=text)
        for name in names
        if (row := exercise(name)) is not None
        for complaint, text in row.conflicts
        if complaint in complained
    )
