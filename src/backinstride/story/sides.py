"""Both legs, told in two sentences ("left foot numb Monday. Today the right foot as well").

Only where one side has a nerve's words and the other side a nerve's words, or "too", of its own;
the order of the sentences does not matter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backinstride.story.findings import Mention
    from backinstride.story.surface import Sentence

_NERVE = frozenset(("leg_numbness", "leg_weakness"))
_LIMB = r"(?:leg|foot|feet|calf|thigh|shin|toes?|big toe|sole|ankle)"
_SIDE = re.compile(
    rf"\b(?:(l|left)|(r|right))[ -](?:(?:lower|upper|big|hand|side of my)[ -])?{_LIMB}\b"
    rf"|\b{_LIMB} (?:on|of) (?:the|my) (?:(left)|(right))\b"
)
_ALONE = re.compile(r"\b(?:the|my|now|his|her|to) (?:(left)|(right))(?: one| side)?\b(?! now)")
_ALSO = re.compile(r"\b(?:too|as well|also|aswell|same (?:thing|again)|joined in|followed)\b")
_NO_NERVE = re.compile(
    r"\b(?:tight\w*|stiff\w*|sore\w*|blister\w*|strain\w*|doms|shoes?|sprain\w*|fine|normal|good"
    r"|strong\w*|not|no|never|nothing|isn't|last year|years ago|months ago)\b"
)


def both_legs(parts: Sequence[Sentence], said: Sequence[Mention]) -> Iterator[Mention]:
    """Yield `both_legs` where different sentences tell of a nerve in the left and the right leg."""
    nerves = {
        m.sentence.start: m
        for m in said
        if m.id in _NERVE and m.status == "present" and m.subject in {"self", "nobody", "other"}
    }
    if not nerves:
        return
    sides = {part.start: _sides(part.text, nerve=part.start in nerves) for part in parts}
    for part in parts:
        mine = sides[part.start]
        nerve = nerves.get(part.start)
        also = bool(_ALSO.search(part.text)) and not _NO_NERVE.search(part.text)
        if len(mine) != 1 or not (nerve or also):
            continue
        others = [
            start
            for start, theirs in sides.items()
            if start != part.start and theirs and not theirs & mine
        ]
        told = [nerves[start] for start in others if start in nerves]
        if told or (nerve and also and others):
            near = nerve or told[0]
            yield near._replace(id="both_legs", slot="phrases")


def _sides(text: str, *, nerve: bool) -> set[str]:
    """Return the sides of a leg named; "the right" will do beside a nerve's words or "too"."""
    found = list(_SIDE.finditer(text))
    if nerve or _ALSO.search(text):
        found += _ALONE.finditer(text)
    return {
        "left" if place % 2 else "right"
        for match in found
        for place, side in enumerate(match.groups(), 1)
        if side
    }
