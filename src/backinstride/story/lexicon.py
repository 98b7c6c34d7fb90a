"""The lexicon: reviewed rows of words, loaded once and checked as they are loaded."""

from __future__ import annotations

import functools
import re
from typing import Literal

import msgspec

from backinstride.errors import KnowledgeError
from backinstride.knowledge import rows
from backinstride.story.phrases import Phrase, Phrasebook, anchors

Kind = Literal["sign", "suspect", "site", "quality", "tried", "seen"]
_SLOTS = ("phrases", "sure", "doubt", "topic", "blame", "done", "unless")
_FILES: tuple[tuple[str, Kind], ...] = (
    ("lexicon_signs.toml", "sign"),
    ("lexicon.toml", "suspect"),
    ("lexicon.toml", "site"),
    ("lexicon.toml", "quality"),
    ("lexicon.toml", "tried"),
    ("lexicon.toml", "seen"),
)


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word list that phrases name as `{name}`."""

    name: str
    any: tuple[str, ...]


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a value read in the words is called."""

    id: str
    label: str


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding, suspect, site, quality, thing tried or person seen, and its words."""

    id: str
    phrases: tuple[str, ...] = ()
    sure: tuple[str, ...] = ()
    doubt: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    blame: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    history: bool = False


class Lexicon(msgspec.Struct, frozen=True):
    """All rows, with the kind of each, and the book that finds them."""

    rows: tuple[tuple[Kind, Row], ...]
    book: Phrasebook
    lists: dict[str, tuple[str, ...]]
    words: frozenset[str]  # the English it knows, to tell a language that is not read


@functools.cache
def lexicon() -> Lexicon:
    """Return the lexicon; raise KnowledgeError where a phrase could never match."""
    lists = {
        words.name: words.any
        for file in ("lexicon_signs.toml", "lexicon.toml")
        for words in rows(file, "words", Words)
    }
    found: list[tuple[Kind, Row]] = []
    phrases: list[Phrase] = []
    for file, kind in _FILES:
        for row in rows(file, kind, Row):
            number = len(found)
            found.append((kind, row))
            for slot in _SLOTS:
                sources: tuple[str, ...] = getattr(row, slot)
                phrases += [_phrase(number, slot, source, lists, file) for source in sources]
    texts = [
        *(phrase.source for phrase in phrases),
        *(w for words in lists.values() for w in words),
    ]
    known = frozenset(
        w
        for text in texts
        for w in re.findall(r"(?<![\w'])[a-z]{4,}(?![\w'*])", text.replace("_", " "))
    )
    return Lexicon(tuple(found), Phrasebook(phrases, lists), lists, known)


def _phrase(
    number: int, slot: str, source: str, lists: dict[str, tuple[str, ...]], file: str
) -> Phrase:
    try:
        return Phrase(number, source, slot, anchors(source, lists))
    except (KeyError, ValueError) as error:
        raise KnowledgeError(f"{file}: phrase {source!r}: {error}") from error


def readings() -> tuple[Reading, ...]:
    """Return the values that `read` may find beside signs and suspects, with their labels."""
    return rows("lexicon.toml", "reading", Reading)
