"""The verdict in words: the highest level, why, what to do, by when, on whose word."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

from backinstride import knowledge
from backinstride.triage.rows import HOURS, Fired, in_order
from backinstride.values import BLOCKING_LEVELS, LEVELS, Level, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backinstride.timers import Promise
    from backinstride.triage.signs import Known
    from backinstride.values import Question, Story


def verdict(
    fired: Sequence[Fired],
    known: Mapping[str, Known],
    ask: Sequence[Question],
    story: Story | None,
    today: dt.date | None,
    promises: Sequence[Promise],
) -> Verdict:
    """Put the rows that hold into words."""
    level: Level = max((row.level for row in fired), key=LEVELS.index, default="self_care")
    top = [row for row in fired if row.level == level]
    hours = min((r.within_hours for r in top if r.within_hours is not None), default=HOURS[level])
    shown = knowledge.levels()[level]
    actions = tuple(dict.fromkeys(row.act for row in top)) or (shown.act,)
    by = _by(today, level, hours)
    kept = [p for p in promises if today and p.due >= today]
    date = f"By {by.isoformat()}." if by and level not in ("emergency", "self_care") else ""
    own = "".join(f" You set yourself {p.due.isoformat()}: kept here. {p.judged}" for p in kept)
    return Verdict(
        level=level,
        within_hours=hours,
        flags=in_order(fired),
        why=_why(fired, top, known, ask, story),
        claims=tuple(dict.fromkeys(c for row in fired for c in row.claims)) or ("own-levels",),
        act=" ".join(p for p in (*actions, date + own, text("safety-net")) if p),
        by=by,
    )


def _by(today: dt.date | None, level: Level, hours: int | None) -> dt.date | None:
    """Return the day by which somebody should have looked: today where care is needed today."""
    if today is None or hours is None:
        return None
    return today if level in BLOCKING_LEVELS else today + dt.timedelta(hours=hours)


def _why(
    fired: Sequence[Fired],
    top: Sequence[Fired],
    known: Mapping[str, Known],
    ask: Sequence[Question],
    story: Story | None,
) -> str:
    parts = [text("other-person")] if story and story.about == "other" else []
    if story is not None and story.about is None:
        parts.append(text("unread"))
    parts += [f"{_because(row, known)}{row.why}" for row in top]
    if not fired:
        nobody = story is not None and story.about == "none"
        parts.append(
            text("nobody" if nobody else "nothing-found-open" if ask else "nothing-found-answered")
        )
    rest = [sign for sign in in_order(fired) if sign not in {s for r in top for s in r.signs}]
    if rest:
        parts.append(f"Also noted: {', '.join(knowledge.label(sign) for sign in rest)}.")
    return " ".join((*dict.fromkeys(parts), text("unsigned")))


def _because(row: Fired, known: Mapping[str, Known]) -> str:
    told = []
    for sign in row.signs:
        item = known.get(sign)
        source = f" ({item.source})" if item and item.source else ""
        told.append(f"{knowledge.label(sign)}{source}")
    joined = " and ".join(told)
    return f"{joined[:1].upper()}{joined[1:]}. " if joined else ""


@functools.cache
def text(name: str) -> str:
    """Return one of the sentences that stand with every verdict (red_flags.toml)."""
    rows = knowledge.document("red_flags.toml")["text"]
    return next(str(row["text"]) for row in rows if row["id"] == name)
