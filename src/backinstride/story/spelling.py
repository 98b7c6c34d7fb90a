"""Misspelt words of warning signs: "numness", "tinglig", "incontinance".

Only words the lexicon does not know, only towards long words of the signs, one slip apart (two in
very long words). The text itself is never changed: a corrected copy of the sentence is searched,
and its hits are carried back to the words as written.
"""

from __future__ import annotations

import functools
import re

Place = tuple[int, int, int, int]
_WORD = re.compile(r"[^\W\d_]+")
_KEYS = (
    "numbness",
    "tingling",
    "bladder",
    "weakness",
    "urinate",
    "urinating",
    "urination",
    "incontinent",
    "incontinence",
    "sciatica",
    "temperature",
    "pregnant",
    "osteoporosis",
    "prednisone",
    "prednisolone",
    "genitals",
    "genital",
    "buttocks",
    "buttock",
    "paralysed",
    "paralyzed",
    "shivering",
    "steroids",
    "warfarin",
    "apixaban",
    "scoliosis",
    "collapsed",
    "unconscious",
    "confused",
    "breathless",
    "breathing",
    "chemotherapy",
    "fracture",
    "bleeding",
    "diarrhoea",
    "sneezing",
    "coughing",
    "numbed",
    "bowels",
    "crutches",
)
_REAL = frozenset(
    [
        "ladder",
        "madder",
        "saddler",
        "blatter",
        "meanness",
        "wellness",
        "weariness",
        "fractured",
        "structure",
        "towels",
        "vowels",
        "numbered",
        "bleating",
        "breeding",
        "treating",
        "breaching",
        "creating",
        "collapses",
        "confuses",
        "fractures",
        "blabber",
        "buttons",
        "temperate",
        "numbers",
        "jingling",
        "mingling",
        "bowls",
        "bowel",
    ]
)


def _slips(one: str, other: str, most: int) -> bool:
    """Tell whether two words are at most `most` slips apart (insert, drop, change, swap)."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        new = [i]
        for j, b in enumerate(other, 1):
            cost = min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            new.append(cost)
        before, row = row, new
    return row[-1] <= most


@functools.lru_cache(maxsize=8192)
def meant(word: str) -> str | None:
    """Return the sign word that this unknown word means, or None."""
    if len(word) < 6 or word in _REAL or word in _KEYS:
        return None
    for key in _KEYS:
        most = 2 if len(key) >= 10 else 1
        if word[0] == key[0] and abs(len(word) - len(key)) <= most and _slips(word, key, most):
            return key
    return None


def corrected(text: str, known: frozenset[str]) -> tuple[str, tuple[Place, ...]] | None:
    """Return the sentence with misspelt sign words put right, and where each word was and is.

    The map holds (start, end) in the corrected text and (start, end) in the text as written.
    """
    changes = [
        (match, key)
        for match in _WORD.finditer(text)
        if match[0] not in known and (key := meant(match[0])) is not None
    ]
    if not changes:
        return None
    parts: list[str] = []
    places: list[Place] = []
    at = shift = 0
    for match, key in changes:
        parts += [text[at : match.start()], key]
        begin = match.start() + shift
        places.append((begin, begin + len(key), match.start(), match.end()))
        shift += len(key) - len(match[0])
        at = match.end()
    return "".join([*parts, text[at:]]), tuple(places)


def as_written(at: int, places: tuple[Place, ...], *, end: bool) -> int:
    """Return the place in the text as written of a place in the corrected text."""
    shift = 0
    for new_start, new_end, old_start, old_end in places:
        if at <= new_start and not (end and at > new_start):
            break
        if at <= new_end:
            return old_end if end or at == new_end else old_start
        shift = old_end - new_end
    return at + shift
