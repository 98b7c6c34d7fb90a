"""Claims: sentences with a source, a grade and a mark of how far the source was read."""

from __future__ import annotations

import functools
from typing import Literal

from backinstride.errors import KnowledgeError
from backinstride.knowledge.loading import rows
from backinstride.values import Grade, Value

Status = Literal["F", "P", "M", "own"]
STATUS_WORDS: dict[Status, str] = {
    "F": "the record, abstract or page was read and says this",
    "P": "partly from memory: not shown until the source is opened",
    "M": "from memory: not shown until the source is opened",
    "own": "our own convention or arithmetic; nobody else stands behind it",
}
GRADE_WORDS: dict[Grade, str] = {
    "A": "several consistent trials",
    "B": "one good trial or a large cohort",
    "C": "small, indirect or conflicting studies",
    "D": "opinion, mechanism, case reports or our own convention",
}


class Claim(Value, frozen=True):
    """One sentence with its source. `figures`: what a P or M row must keep off every screen."""

    id: str
    topic: str
    sentence: str
    citation: str
    design: str
    grade: Grade
    status: Status
    read: str
    doi: str | None = None
    n: int | None = None
    figures: tuple[str, ...] = ()

    @property
    def may_be_shown(self) -> bool:
        """Whether the sentence may reach a screen: somebody read its source, or it is ours."""
        return self.status in ("F", "own")


class SeedClaim(Value, frozen=True):
    """Something that runners, coaches and articles claim, judged.

    `verdict`: supported, partly, untested, partly_contradicted, contradicted, method.
    """

    id: str
    claim: str
    verdict: Literal[
        "supported", "partly", "untested", "partly_contradicted", "contradicted", "method"
    ]
    say: str
    by: str
    claims: tuple[str, ...] = ()


@functools.cache
def every_claim() -> dict[str, Claim]:
    """Return every claim by id, withheld ones included: for tests and for review."""
    return {claim.id: claim for claim in rows("claims.toml", "claim", Claim)}


@functools.cache
def seed_claims() -> dict[str, SeedClaim]:
    """Return what people claim, judged, by id."""
    return {row.id: row for row in rows("claims.toml", "seed", SeedClaim)}


def claim(name: str) -> Claim:
    """Return a claim that may be shown. A KnowledgeError names one that is unknown or withheld."""
    found = every_claim().get(name)
    if found is None:
        raise KnowledgeError(f"no claim called {name!r}")
    if not found.may_be_shown:
        raise KnowledgeError(
            f"claim {name!r} is marked {found.status}: its source has not been opened, "
            "so it may not be shown"
        )
    return found


def withheld_figures(text: str) -> tuple[str, ...]:
    """Return the figures in a text that stand only in claims which may not be shown."""
    withheld = (c for c in every_claim().values() if not c.may_be_shown)
    return tuple(figure for c in withheld for figure in c.figures if figure in text)


class Statement(Value, frozen=True):
    """What to say about a topic, with the grade of what stands behind it; and what not to say."""

    id: str
    topic: str
    grade: Grade
    say: str
    not_say: str
    claims: tuple[str, ...]


class ProblemRow(Value, frozen=True):
    """What a problem's slug means, and what a person can do."""

    slug: str
    meaning: str
    do: str


class EmergencyNumber(Value, frozen=True):
    """Whom to call, by country (ISO 3166-1 alpha-2), with the source of the number."""

    country: tuple[str, ...]
    name: str
    ambulance: str
    source: str
    seen: str
    line: str | None = None


@functools.cache
def statements() -> tuple[Statement, ...]:
    """Return what to say per topic."""
    return rows("statements.toml", "statement", Statement)


@functools.cache
def problem_rows() -> tuple[ProblemRow, ...]:
    """Return what the slugs of problems mean."""
    return rows("problems.toml", "problem", ProblemRow)


@functools.cache
def emergency_numbers() -> tuple[EmergencyNumber, ...]:
    """Return the emergency numbers whose source can be named."""
    return rows("emergency_numbers.toml", "number", EmergencyNumber)


def emergency_number(country: str | None) -> EmergencyNumber | None:
    """Return whom to call in a country ("GB", "gb"); None: say "your local emergency number"."""
    code = (country or "").strip().upper()
    return next((row for row in emergency_numbers() if code in row.country), None)
