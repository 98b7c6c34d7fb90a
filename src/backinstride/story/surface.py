"""The surface of a text: folded for matching, cut into sentences, offsets kept.

Folding never changes the length, so an offset into the folded text is an offset (in code points)
into the text as given.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST_SENTENCE = 600  # a text without punctuation is cut at a space near here: keeps it linear

_SINGLE = {
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-",
    "‑": "-", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u200b": " ", "×": "x", "⁄": "/",
}  # fmt: skip
_TABLE = {ord(old): new for old, new in _SINGLE.items()}

_BREAK = re.compile(
    r"(?<![\d.])\.(?=[\s\"')\]]|$)|(?<=\d)\.(?=\s|$)|[!?]+|\n[ \t\r]*\n\s*|\n(?=\s*(?:[-*•·>]"
    r"|\d+[.)]\s))"
    r"|(?<=[a-z])\.(?=[a-z]{2})"
)
_LINE = re.compile(r"\n")
_JOINED = re.compile(r"(?:[,(-]|\b(?:and|or|nor|no|not|the|a|my|in|of|to|with|at|for|is|was))\s*$")
_ABBREVIATION = re.compile(
    r"\b(?:e\.?g|i\.?e|approx|vs|etc|dr|mr|mrs|ms|st|ca|mi|lbs?|ft|min|mins|hrs?)\.$"
)
WRAPPED = (
    58  # a line at least this long that goes on in lower case is one wrapped by a mail program
)


_ANSWER = re.compile(
    r"\s*(?:no|nope|none|nil|nah|never|fine|ok|okay|normal|yes|yep|yeah|y|n|all good|not really"
    r"|not at all)\b[^.?!\n]{0,40}(?:[.!\n]|$)"
)


class Sentence(NamedTuple):
    """A stretch of folded text; `start` and `end` are offsets into the text as given."""

    start: int
    end: int
    text: str
    question: bool


def fold(text: str) -> str:
    """Return the text in lower case with plain quotes and dashes, of the same length."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lowered.translate(_TABLE)


def _line_ends_sentence(folded: str, at: int, begin: int) -> bool:
    """Tell whether a single newline ends a sentence: not in text wrapped at a margin."""
    line_start = max(folded.rfind("\n", begin, at) + 1, begin)
    line = folded[line_start:at].strip()
    if _JOINED.search(line):
        return False
    return len(line) < WRAPPED


def sentences(folded: str) -> tuple[Sentence, ...]:
    """Cut folded text into sentences; every one is stripped, none is empty or over-long."""
    cuts: list[tuple[int, int]] = [
        (match.start(), match.end()) for match in _BREAK.finditer(folded)
    ]
    cuts += [(m.start(), m.end()) for m in _LINE.finditer(folded)]
    cuts.sort()
    found: list[Sentence] = []
    begin = 0
    for start, end in [*cuts, (len(folded), len(folded))]:
        if start < begin:
            continue
        mark = folded[start:end]
        if mark == "." and _ABBREVIATION.search(folded[max(begin, start - 8) : start + 1]):
            continue
        if mark == "?" and _ANSWER.match(folded, end):
            continue  # "Numbness? Nope." is one statement
        if mark == "\n" and not _line_ends_sentence(folded, start, begin):
            continue
        _add(found, folded, begin, start, question="?" in mark)
        begin = end
    return tuple(found)


def _add(found: list[Sentence], folded: str, start: int, end: int, *, question: bool) -> None:
    """Append the stripped stretch, in pieces where it is over-long."""
    while start < end and folded[start].isspace():
        start += 1
    while end > start and folded[end - 1].isspace():
        end -= 1
    while end - start > LONGEST_SENTENCE:
        cut = folded.rfind(" ", start, start + LONGEST_SENTENCE)
        cut = cut if cut > start else start + LONGEST_SENTENCE
        found.append(Sentence(start, cut, folded[start:cut], question))
        start = cut
    if start < end:
        found.append(Sentence(start, end, folded[start:end], question))
