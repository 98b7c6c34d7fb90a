"""Words that mean a sign when they stand near each other, in any order and any wording between.

A phrase (story/phrases.py) fixes the order of its words. A row here names classes of words, and it
is met where one word of every class stands within `within` words of each other: "wiped" beside
"no idea", "urine" beside "won't come". Each word of a sentence is looked up once, so the cost is
that of the sentence and not of the lists.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WORD = re.compile(r"[^\W_]+(?:['.][^\W_]+)*")
_STOP = re.compile(r"[.!?;]\s")
_TURN = re.compile(r"\b(?:but|however|although)\b")
_LONGEST = 5  # words of one entry


class Company(NamedTuple):
    """One row: whose sign it is, its classes of words, how near, and how sure it is."""

    row: int
    of: tuple[tuple[str, ...], ...]
    within: int
    slot: str
    unless: tuple[str, ...]


class Met(NamedTuple):
    """Words that stood together; offsets relative to the sentence's text."""

    row: int
    slot: str
    start: int
    end: int


class _Place(NamedTuple):
    first: int
    last: int
    start: int
    end: int


def _forms(word: str) -> tuple[str, ...]:
    """Return the forms of a regular verb or noun written with a trailing "~"."""
    if not word.endswith("~"):
        return (word,)
    stem = word[:-1]
    bare = stem.removesuffix("e")
    return (stem, f"{stem}s", f"{bare}ed", f"{bare}ing", f"{stem}es", f"{stem}y")


def expand(entry: str, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield every wording of an entry: word lists as `{name}`, forms as `leak~`, no apostrophes."""
    choices: list[tuple[str, ...]] = []
    for word in entry.split():
        if word.startswith("{"):
            inner = [w for item in lists[word.strip("{}")] for w in expand(item, lists)]
            choices.append(tuple(inner))
        else:
            choices.append(_forms(word.replace("'", "")))
    for words in itertools.product(*choices):
        yield " ".join(words)


class Companions:
    """All rows, indexed by the words that open an entry."""

    def __init__(self, rows: Sequence[Company], lists: Mapping[str, Sequence[str]]) -> None:
        """Index the rows; raise KeyError where an entry names a word list that is not there."""
        self._rows = tuple(rows)
        self._index: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, row in enumerate(self._rows):
            for place, words in enumerate((*row.of, row.unless)):
                for wording in {w for entry in words for w in expand(entry, lists)}:
                    self._index[wording].append((number, place))
        self._opens = frozenset(wording.split(" ", 1)[0] for wording in self._index)

    def hits(self, text: str) -> Iterator[Met]:
        """Yield the signs whose words stand together in this sentence of folded text."""
        found = self._places(text)
        for number, places in found.items():
            row = self._rows[number]
            if any(c not in places for c in range(len(row.of))):
                continue
            met = _together([places[c] for c in range(len(row.of))], row.within)
            if met is None or _STOP.search(text, met.start, met.end):
                continue
            if row.slot != "sure" and _TURN.search(text, met.start, met.end):
                continue
            if not any(_near(met, other) for other in places.get(len(row.of), ())):
                yield Met(row.row, row.slot, met.start, met.end)

    def _places(self, text: str) -> dict[int, dict[int, list[_Place]]]:
        spans = [(m.start(), m.end()) for m in _WORD.finditer(text)]
        words = [text[a:b].replace("'", "") for a, b in spans]
        found: dict[int, dict[int, list[_Place]]] = defaultdict(lambda: defaultdict(list))
        for at, word in enumerate(words):
            if word not in self._opens:
                continue
            for length in range(1, min(_LONGEST, len(words) - at) + 1):
                wording = word if length == 1 else " ".join(words[at : at + length])
                for number, place in self._index.get(wording, ()):
                    last = at + length - 1
                    found[number][place].append(_Place(at, last, spans[at][0], spans[last][1]))
        return {n: {c: _widest(p) for c, p in places.items()} for n, places in found.items()}


def _widest(places: Sequence[_Place]) -> list[_Place]:
    """Leave out words that stand inside a longer entry of their class ("not" in "will not")."""
    return [
        p
        for p in places
        if not any(o.first <= p.first and p.last <= o.last and o[:2] != p[:2] for o in places)
    ]


def _together(classes: Sequence[Sequence[_Place]], within: int) -> _Place | None:
    """Return the stretch of the nearest words of all classes, or None where none are near."""
    best: _Place | None = None
    for first in classes[0]:
        chosen = [first]
        for others in classes[1:]:
            apart = [o for o in others if not any(_same(o, c) for c in chosen)]
            if not apart:
                break
            chosen.append(min(apart, key=lambda o: abs(o.first - first.first)))
        else:
            met = _Place(
                min(c.first for c in chosen),
                max(c.last for c in chosen),
                min(c.start for c in chosen),
                max(c.end for c in chosen),
            )
            width = met.last - met.first
            if width <= within and (best is None or width < best.last - best.first):
                best = met
    return best


_BESIDE = 5  # words within which a look-alike's word silences a row


def _near(met: _Place, other: _Place) -> bool:
    return other.first <= met.last + _BESIDE and met.first <= other.last + _BESIDE


def _same(one: _Place, other: _Place) -> bool:
    return one.first <= other.last and other.first <= one.last
