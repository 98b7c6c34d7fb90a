"""The physio's orders as the plan reads them: what a session may be on a given day.

Orders stand above every rule except the warning signs, and lapse only at the review they name, or
when a later visit gives new ones.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import msgspec

from backinstride import diary_views
from backinstride.values import Session, Value

if TYPE_CHECKING:
    from backinstride.diary import Diary

# What the words of `only` and `avoid` mean in kinds of session, or in a way of running.
_KIND_WORDS: tuple[tuple[str, str], ...] = (
    ("run_walk", r"run[ -/]?walk|walk[ -/]?run|intervals? of walking"),
    ("long", r"\blong (?:runs?|running)\b"),
    ("hills", r"\b(?:run(?:ning|s)? )?(?:down|up) ?hills?\b(?: run(?:ning|s)?\b)?"),
    ("hills", r"\bhill(?:s|y)? run(?:ning|s)?\b|\brun(?:ning|s)? (?:on )?(?:the )?hills?\b"),
    ("fast", r"\bfast run(?:ning|s)?\b|\brun(?:ning|s)? fast\b"),
    ("run", r"\brun(?:ning|s)?\b|\bjog|\b(?:impact|sports?|training|everything)\b"),
    ("walk", r"\bwalk"),
    ("cross", r"\bpool|\bswim|\baqua|\bbik|\bcycl|\belliptical|\bcross|\brow(?:er|ing machine)"),
    ("strength", r"\bstrength|\bweights?\b|\blift|\bgym|\bexercis|\bcore\b|\bphysio"),
    ("mobility", r"\bmobility|\bstretch|\byoga|\broll"),
    ("hills", r"\bhill|\bslope|\bincline|\bdownhill|\buphill|\bclimb"),
    ("fast", r"\bspeed|\binterval|\bfast|\bsprint|\bhard\b|\btempo|\btrack"),
    ("race", r"\brac(?:e|ing)\b"),
)
_RUNNING = {"run", "run_walk"}


class Ordered(Value, frozen=True, kw_only=True):
    """The orders of one visit, from its day to the review (None: until a later visit)."""

    day: dt.date
    no_run_until: dt.date | None = None
    max_km: float | None = None
    only: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    avoid_words: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()
    review: dt.date | None = None
    sentences: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()  # while these bind there is no running

    def binds(self, day: dt.date) -> bool:
        """Return whether these orders hold on a day: up to the review, not on it."""
        return self.review is None or day < self.review


def meanings(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return which kinds of session, or ways of running, the words name."""
    text = " ; ".join(words).casefold()
    found = []
    for kind, pattern in _KIND_WORDS:
        if re.search(pattern, text):
            found.append(kind)
            text = re.sub(pattern, " ", text)
    return tuple(found)


def current(diary: Diary, today: dt.date) -> Ordered | None:
    """Return the orders of the last visit that gave any; None where there were none."""
    visits = [v for v in diary_views.visits(diary) if v.orders is not None and v.date <= today]
    if not visits:
        return None
    visit = max(visits, key=lambda v: (v.date, v.line))
    given = visit.orders
    assert given is not None
    only = meanings(given.only)
    if given.only and not only:  # words that name no session must not lift the order
        words = (*given.unread, f"only {', '.join(given.only)}")
        given = msgspec.structs.replace(given, only=(), unread=words)
    return Ordered(
        day=visit.date,
        no_run_until=given.no_run_until,
        max_km=given.max_km,
        only=only,
        avoid=meanings(given.avoid),
        avoid_words=tuple(w.casefold() for w in given.avoid),
        exercises=given.exercises,
        review=given.review,
        sentences=_sentences(visit, given),
        unread=given.unread,
    )


def _sentences(visit: diary_views.Visit, given: diary_views.Orders) -> tuple[str, ...]:
    who = visit.who or "your physio"
    found = []
    if given.no_run_until:
        found.append(f"no running until {given.no_run_until}")
    if given.max_km is not None:
        found.append(f"no run longer than {given.max_km:g} km")
    if given.only:
        found.append(f"only {', '.join(given.only)}")
    if given.avoid:
        found.append(f"avoid {', '.join(given.avoid)}")
    if given.exercises:
        found.append(f"exercises: {'; '.join(given.exercises)}")
    if given.text:
        found.append(given.text)
    found += [f"could not be read: '{words}'; no running meanwhile" for words in given.unread]
    until = f"until the review on {given.review}" if given.review else "until a later visit"
    return tuple(f"{text}, {until} ({who}, {visit.date})" for text in found)


def run_from(ordered: Ordered | None, day: dt.date) -> dt.date:
    """Return the first day from `day` on which running is allowed."""
    if ordered is None:
        return day
    until = ordered.no_run_until
    if until is not None and not (ordered.review is not None and ordered.review < until):
        day = max(day, until)
    elif until is not None and ordered.review is not None:
        day = max(day, ordered.review)
    only = set(ordered.only)
    banned = "run" in ordered.avoid or bool(ordered.unread or (only and not only & _RUNNING))
    if banned and ordered.binds(day):
        return ordered.review if ordered.review is not None else dt.date.max
    return day


def limit_km(ordered: Ordered | None, day: dt.date) -> float | None:
    """Return the longest run allowed on a day, in km; None where nothing limits it."""
    return ordered.max_km if ordered is not None and ordered.binds(day) else None


def unread_text(ordered: Ordered | None, day: dt.date) -> str:
    """Return why there is no running where an order of that visit could not be read, else ""."""
    if ordered is None or not ordered.unread or not ordered.binds(day):
        return ""
    words = ", ".join(f"'{text}'" for text in ordered.unread)
    until = f" or until the review on {ordered.review}" if ordered.review else ""
    return (
        f"No running is planned: of the orders of {ordered.day} {words} could not be read. Write "
        f"it as no_run_until, max_km, only or avoid; until then{until} there is walking and "
        "strength only."
    )


def run_walk_only(ordered: Ordered | None, day: dt.date) -> bool:
    """Return whether running is allowed in turn with walking only."""
    if ordered is None or not ordered.binds(day):
        return False
    return "run_walk" in ordered.only and "run" not in ordered.only


def forbids(ordered: Ordered | None, day: dt.date, what: str) -> bool:
    """Return whether a kind of session, or `hills`, `fast`, `long`, is ruled out on a day."""
    if ordered is None or not ordered.binds(day):
        return False
    if what in ordered.avoid:
        return True
    if what in (*_RUNNING, "race") and (ordered.unread or "run" in ordered.avoid):
        return True
    if what in ("hills", "fast", "long", "rest") or not ordered.only:
        return False
    return what not in ordered.only and not (what == "run" and "run_walk" in ordered.only)


def allows(ordered: Ordered | None, session: Session) -> bool:
    """Return whether a finished session may stand; rest always may."""
    if session.kind == "rest":
        return True
    if session.kind == "strength" and ordered is not None and ordered.exercises:
        return True
    return not forbids(ordered, session.date, session.kind)
