"""The writer's word over the reader's: corrections of what was read, kept with the story."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import msgspec

from backinstride.values import Status, Story

if TYPE_CHECKING:
    from collections.abc import Iterable

STATUSES: tuple[str, ...] = get_args(Status)


def correct(story: Story, corrections: Iterable[tuple[str, str]]) -> Story:
    """Return the story with each (finding id, status) put in the place of what was read.

    What is not a status is left alone. A warning sign corrected to "denied" is a denial like any
    other: it becomes a question, which only an answer settles.
    """
    said = {ident: status for ident, status in corrections if status in STATUSES}
    if not said:
        return story
    findings = tuple(
        msgspec.structs.replace(found, status=said.get(found.id, found.status))
        for found in story.findings
    )
    gone = {ident for ident, status in said.items() if status != "present"}
    suspects = tuple(name for name in story.suspects if name not in gone)
    return msgspec.structs.replace(story, findings=findings, suspects=suspects)
