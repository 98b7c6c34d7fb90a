"""The words as understood: a text cut into pieces, each with what was read in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backinstride.wording import STATUS_WORDS

if TYPE_CHECKING:
    from backinstride.values import Finding, Story


class Piece(NamedTuple):
    """A stretch of text; `said` is what was understood, empty for plain text."""

    text: str
    said: str
    status: str
    ident: str = ""


def first_of_each(story: Story) -> tuple[Finding, ...]:
    """Return each finding once, where it was first read: a correction is by finding."""
    return tuple({f.id: f for f in reversed(story.findings)}.values())[::-1]


def pieces(text: str, story: Story) -> tuple[Piece, ...]:
    """Return the text in pieces; where readings overlap the first and longest is shown."""
    marks = sorted(
        ((f.start, -f.end, f) for f in story.findings if 0 <= f.start < f.end <= len(text)),
        key=lambda mark: mark[:2],
    )
    found: list[Piece] = []
    at = 0
    for start, minus_end, finding in marks:
        if start < at:
            continue
        if start > at:
            found.append(Piece(text[at:start], "", ""))
        value = "" if finding.value is None else f": {finding.value} {finding.unit or ''}".rstrip()
        said = f"{finding.id.replace('_', ' ')}{value}{STATUS_WORDS[finding.status]}"
        found.append(Piece(text[start:-minus_end], said, finding.status, finding.id))
        at = -minus_end
    if at < len(text):
        found.append(Piece(text[at:], "", ""))
    return tuple(found)
