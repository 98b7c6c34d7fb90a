"""Findings and warning signs as rows, with their conditions compiled and checked."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

from backinstride.errors import KnowledgeError
from backinstride.knowledge.conditions import Condition
from backinstride.knowledge.loading import rows
from backinstride.values import Level, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backinstride.knowledge.conditions import Fact

FindingKind = Literal["sign", "detail", "suspect", "site", "quality", "tried", "seen", "fact"]


class FindingRow(Value, frozen=True):
    """Something that can be known about a person, by name."""

    id: str
    kind: FindingKind
    label: str
    question: str | None = None


class RedFlag(Value, frozen=True):
    """A warning sign: what is asked, when it holds, how soon, what to do and why."""

    id: str
    finding: str
    when: str
    level: Level
    within_hours: int | None
    unsure: Literal["yes"] | Level
    act: str
    why: str
    claims: tuple[str, ...]
    past_counts: bool = False
    asks_only: tuple[str, ...] = ()
    counts_with: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    follow_up: tuple[str, ...] = ()
    no_running: bool = False
    volunteered: bool = True

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether the sign holds on these facts."""
        return condition(self.when).holds(facts)

    def signs(self, facts: Mapping[str, Fact]) -> tuple[str, ...]:
        """Return the findings to report once it holds."""
        del facts
        return (self.finding,)


class Combination(Value, frozen=True):
    """Signs that act together: a condition, or at least so many of a list."""

    id: str
    label: str
    level: Level
    within_hours: int | None
    act: str
    why: str
    claims: tuple[str, ...]
    when: str | None = None
    of: tuple[str, ...] = ()
    at_least: int = 0
    reports: tuple[str, ...] = ()
    no_running: bool = False

    def names(self) -> frozenset[str]:
        """Return the findings it looks at."""
        return condition(self.when).names if self.when else frozenset(self.of)

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether the signs act together on these facts."""
        if self.when:
            return condition(self.when).holds(facts)
        return sum(bool(facts.get(name)) for name in self.of) >= self.at_least

    def signs(self, facts: Mapping[str, Fact]) -> tuple[str, ...]:
        """Return the findings to report once it holds."""
        return self.reports or tuple(
            row.id for row in by_kind("sign") if row.id in self.names() and facts.get(row.id)
        )


class AskRow(Value, frozen=True):
    """One of the things that people do not volunteer, with the findings it asks for."""

    id: str
    findings: tuple[str, ...]


class LevelRow(Value, frozen=True):
    """What to do at a level."""

    id: Level
    title: str
    act: str


@functools.cache
def findings() -> tuple[FindingRow, ...]:
    """Return every finding row, in the order of the file."""
    return rows("findings.toml", "finding", FindingRow)


@functools.cache
def by_kind(kind: FindingKind) -> tuple[FindingRow, ...]:
    """Return the findings of one kind, in the order of the file."""
    return tuple(row for row in findings() if row.kind == kind)


@functools.cache
def names() -> frozenset[str]:
    """Return the names that conditions may use."""
    return frozenset(row.id for row in findings())


@functools.cache
def condition(text: str) -> Condition:
    """Return a condition, checked against the findings."""
    return Condition(text, names())


@functools.cache
def red_flags() -> tuple[RedFlag, ...]:
    """Return the warning signs; a KnowledgeError where a row points to nothing."""
    found = rows("red_flags.toml", "flag", RedFlag)
    for row in found:
        _check(row.id, (row.finding, *row.follow_up))
        condition(row.when)
    return found


@functools.cache
def combinations() -> tuple[Combination, ...]:
    """Return the signs that act together."""
    found = rows("red_flags.toml", "combination", Combination)
    for row in found:
        if bool(row.when) == bool(row.of):
            raise KnowledgeError(f"{row.id}: either `when` or `of` with `at_least`")
        _check(row.id, (*row.names(), *row.reports))
    return found


@functools.cache
def never_volunteered() -> tuple[AskRow, ...]:
    """Return the six things that must be asked, in order."""
    found = rows("red_flags.toml", "ask", AskRow)
    for row in found:
        _check(row.id, row.findings)
    return found


@functools.cache
def levels() -> dict[Level, LevelRow]:
    """Return what to do at each level."""
    return {row.id: row for row in rows("red_flags.toml", "level", LevelRow)}


@functools.cache
def question(name: str) -> str:
    """Return the plain question that settles a finding."""
    for row in findings():
        if row.id == name and row.question:
            return row.question
    raise KnowledgeError(f"no question for {name!r}")


def label(name: str) -> str:
    """Return a finding in plain words; the id with spaces where there is no such row."""
    return next((row.label for row in findings() if row.id == name), name.replace("_", " "))


def _check(where: str, ids: tuple[str, ...]) -> None:
    for name in ids:
        if name not in names():
            raise KnowledgeError(f"red_flags.toml: {where}: no finding called {name!r}")
