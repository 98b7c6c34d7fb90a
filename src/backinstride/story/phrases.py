"""Phrases of the lexicon: a small pattern language a clinician can read, matched with `re`.

A phrase is words with spaces between them. `a|b` are alternatives, `_` stands for a space inside
an alternative, `pee*` is a beginning of a word, `word?` may be missing, `..` is up to two and
`...` up to five other words of the same sentence, `{name}` is a word list of the lexicon, `#` a
number. Each phrase is looked up by its rarest word first, so a story costs what it contains, not
what the lexicon holds.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SEPARATOR = r"[^\w.!?]{1,4}"
_GAPS = {"..": 2, "...": 5}
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_COMMON = frozenset(
    [
        "a",
        "an",
        "the",
        "my",
        "his",
        "her",
        "their",
        "your",
        "our",
        "is",
        "was",
        "are",
        "were",
        "be",
        "been",
        "am",
        "i",
        "it",
        "he",
        "she",
        "they",
        "and",
        "or",
        "to",
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "from",
        "after",
        "before",
        "have",
        "has",
        "had",
        "get",
        "got",
        "getting",
        "me",
        "him",
        "them",
        "not",
        "no",
        "so",
        "very",
        "when",
        "while",
        "this",
        "that",
        "all",
        "any",
        "some",
        "can",
        "could",
        "do",
        "did",
        "feel",
        "feels",
        "felt",
        "i'm",
        "i've",
        "it's",
        "up",
        "out",
        "off",
    ]
)


class Phrase(NamedTuple):
    """A compiled-on-demand phrase: its source, whose row it is, and the words that announce it."""

    row: int
    source: str
    slot: str  # "phrases", "sure", "unless"
    anchors: tuple[str, ...]  # a trailing * means: any word that begins so


class Hit(NamedTuple):
    """One match in a sentence; offsets relative to the sentence's text."""

    row: int
    slot: str
    start: int
    end: int
    negates: bool = False  # the phrase itself holds a negator


_NEGATORS = frozenset(
    [
        "no",
        "not",
        "never",
        "without",
        "isn't",
        "doesn't",
        "don't",
        "didn't",
        "wasn't",
        "haven't",
        "hasn't",
        "hadn't",
        "nothing",
        "cannot",
        "{not}",
        "{cant}",
        "none",
        "zero",
        "neither",
    ]
)


def _alternatives(token: str, lists: Mapping[str, Sequence[str]]) -> list[str]:
    found: list[str] = []
    for part in token.split("|"):
        if part.startswith("{"):
            name = part.strip("{}")
            for entry in lists[name]:
                found += _alternatives(entry.replace(" ", "_"), lists)
        else:
            found.append(part)
    return found


def _alternative_pattern(alternative: str) -> str:
    words = []
    for word in alternative.split("_"):
        if word.startswith("#"):
            words.append(r"\d+(?:[.,]\d+)?" + (r" ?" + re.escape(word[1:]) if word[1:] else ""))
        elif word == "..":
            words.append(r"[\w']+")
        elif word.endswith("*"):
            words.append(re.escape(word[:-1]) + r"[\w']*")
        else:
            words.append(re.escape(word))
    return _SEPARATOR.join(words)


def pattern(source: str, lists: Mapping[str, Sequence[str]]) -> str:
    """Return the regular expression of a phrase; every repetition in it is bounded."""
    parts: list[str] = []
    wide = 0
    started = False
    for token in source.split():
        if token in _GAPS:
            wide += _GAPS[token]
            continue
        choices = _alternatives(token.rstrip("?"), lists)
        body = "|".join(sorted(map(_alternative_pattern, choices), key=len, reverse=True))
        if token.endswith("?"):
            parts.append(
                f"(?:{_SEPARATOR}(?:{body}))?" if started else f"(?:(?:{body}){_SEPARATOR})?"
            )
            continue
        gap = rf"(?:{_SEPARATOR}[\w'%/]+){{0,{wide}}}?" if wide else ""
        parts.append(f"{gap}{_SEPARATOR}(?:{body})" if started else f"(?:{body})")
        wide, started = 0, True
    return r"(?<!\w)(?<!\w')" + "".join(parts) + r"(?!'?\w)"


@functools.lru_cache(maxsize=4096)
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


def anchors(source: str, lists: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the words one of which any match must contain: the rarest required token's."""
    best: tuple[tuple[int, int], tuple[str, ...]] | None = None
    for token in source.split():
        if token in _GAPS or token.endswith("?"):
            continue
        firsts = []
        for alternative in _alternatives(token, lists):
            words = re.findall(r"#\w*|[^\W_]+(?:'[^\W_]+)*\*?", alternative)
            words = ["#" if w.startswith("#") else w for w in words]
            rare = [w for w in words if w not in _COMMON and w != "#"]
            firsts.append(max(rare or words, key=len, default="#"))
        if "#" in firsts:
            continue
        common = sum(first in _COMMON for first in firsts)
        rank = (common, len(firsts))
        if best is None or rank < best[0]:
            best = (rank, tuple(dict.fromkeys(firsts)))
    if best is None:
        raise ValueError(f"a phrase needs a word: {source!r}")
    return best[1]


def needs(source: str, lists: Mapping[str, Sequence[str]]) -> tuple[frozenset[str], ...]:
    """Return, for every required token made of plain words, the words one of which must stand."""
    found = []
    for token in source.split():
        if token in _GAPS or token.endswith("?"):
            continue
        firsts = set()
        for alternative in _alternatives(token, lists):
            words = re.findall(r"#\w*|[^\W_]+(?:'[^\W_]+)*\*?", alternative)
            firsts.add(max(words, key=len, default="#"))
        if not any("#" in first or "*" in first for first in firsts):
            found.append(frozenset(firsts))
    return tuple(found)


class Phrasebook:
    """All phrases of a lexicon, found by the words they need."""

    def __init__(self, phrases: Sequence[Phrase], lists: Mapping[str, Sequence[str]]) -> None:
        self._lists = lists
        self._phrases = phrases
        self._exact: dict[str, list[int]] = {}
        self._beginning: dict[str, list[int]] = {}
        for number, phrase in enumerate(phrases):
            for anchor in phrase.anchors:
                index = self._beginning if anchor.endswith("*") else self._exact
                index.setdefault(anchor.rstrip("*"), []).append(number)
        self._longest = max(map(len, self._beginning), default=0)
        self._negates = tuple(
            any(word in _NEGATORS for word in re.split(r"[\s|_]+", phrase.source))
            for phrase in phrases
        )
        self._needs = tuple(needs(phrase.source, lists) for phrase in phrases)
        self._patterns: dict[int, re.Pattern[str]] = {}
        self._by_word: dict[str, tuple[int, ...]] = {}

    def _of_word(self, word: str) -> tuple[int, ...]:
        found = list(self._exact.get(word, ()))
        for length in range(1, min(len(word), self._longest) + 1):
            found += self._beginning.get(word[:length], ())
        return tuple(found)

    def _pattern(self, number: int) -> re.Pattern[str]:
        compiled = self._patterns.get(number)
        if compiled is None:
            compiled = _compiled(pattern(self._phrases[number].source, self._lists))
            self._patterns[number] = compiled
        return compiled

    def hits(self, text: str) -> Iterator[Hit]:
        """Yield every match of every phrase in one sentence of folded text."""
        numbers: set[int] = set()
        words = set(_WORD.findall(text))
        for word in words:
            numbers.update(self._of_word(word))
        for number in sorted(numbers):
            if any(need.isdisjoint(words) for need in self._needs[number]):
                continue
            phrase = self._phrases[number]
            for match in self._pattern(number).finditer(text):
                if match.end() > match.start():
                    yield Hit(
                        phrase.row, phrase.slot, match.start(), match.end(), self._negates[number]
                    )
