"""The lexicon: reviewed rows of words, loaded once and checked as they are loaded."""

from __future__ import annotations

import functools
import re
from typing import Literal

import msgspec

from backinstride.errors import KnowledgeError
from backinstride.knowledge import rows
from backinstride.story.companions import Companions, Company
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


class Near(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that mean a sign when they stand near each other."""

    id: str
    of: tuple[tuple[str, ...], ...]
    within: int
    sure: bool = False
    unless: tuple[str, ...] = ()


class Lexicon(msgspec.Struct, frozen=True):
    """All rows, with the kind of each, and the books that find them."""

    rows: tuple[tuple[Kind, Row], ...]
    book: Phrasebook
    near: Companions
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
    return Lexicon(tuple(found), Phrasebook(phrases, lists), _near(found), lists, known)


def _near(found: list[tuple[Kind, Row]]) -> Companions:
    file = "lexicon_company.toml"
    signs = {row.id: number for number, (kind, row) in enumerate(found) if kind == "sign"}
    lists = {words.name: words.any for words in rows(file, "words", Words)}
    try:
        company = [
            Company(signs[r.id], r.of, r.within, "sure" if r.sure else "phrases", r.unless)
            for r in rows(file, "company", Near)
        ]
        return Companions(company, lists)
    except KeyError as error:
        raise KnowledgeError(f"{file}: no sign or word list {error}") from error


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
