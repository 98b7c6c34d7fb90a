"""The page that stands alone when care is needed today: one screen, printable, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backinstride import knowledge
from backinstride.triage.verdict import text
from backinstride.values import BLOCKING_LEVELS, Level, Value

if TYPE_CHECKING:
    from backinstride.values import Verdict

LOCAL = "your local emergency number"


class PageRow(Value, frozen=True):
    """The words of the page at one level; `{number}` is the number to call."""

    level: Level
    title: str
    call: str
    do: tuple[str, ...]
    hand_over: str


class EmergencyPage(Value, frozen=True):
    """What to do now. `say` is for the person who answers; `source` is that of the number."""

    level: Level
    title: str
    call: str
    number: str | None
    source: str | None
    say: tuple[str, ...]
    do: tuple[str, ...]
    hand_over: str
    note: str


def emergency_page(verdict: Verdict, country: str | None = None) -> EmergencyPage | None:
    """Return the page for a verdict that needs care today, None for any other.

    `country`: ISO 3166-1 alpha-2; without it, or where no official source is known to us, the
    page says "your local emergency number".
    """
    if verdict.level not in BLOCKING_LEVELS:
        return None
    rows = knowledge.rows("red_flags.toml", "page", PageRow)
    row = next(r for r in rows if r.level == verdict.level)
    known = knowledge.emergency_number(country)
    number = known.ambulance if known else LOCAL
    return EmergencyPage(
        level=verdict.level,
        title=row.title,
        call=row.call.format(number=number),
        number=known.ambulance if known else None,
        source=known.source if known else None,
        say=tuple(f"Back pain with {knowledge.label(flag)}." for flag in verdict.flags),
        do=tuple(line.format(number=number) for line in row.do),
        hand_over=row.hand_over,
        note=text("unsigned"),
    )
