"""Findings: every hit of the lexicon, judged, with the words it came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from backinstride.story.phrases import Hit
from backinstride.story.scope import DISEASES, inner_status, judge, only_planned, weeks_over
from backinstride.story.spelling import as_written, corrected
from backinstride.story.surface import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backinstride.story.lexicon import Kind, Lexicon
    from backinstride.story.people import Subject
    from backinstride.values import Status


class Mention(NamedTuple):
    """One judged hit; `start` and `end` are offsets into the text as given."""

    kind: Kind
    id: str
    slot: str
    status: Status
    subject: Subject
    start: int
    end: int
    sentence: Sentence
    planned: bool = False


_BLAME_EXTRA = re.compile(r"\b(?:or|and)\s+(?:my|the|is it|it's|it was)\b")


def mentions(sentences: Iterable[Sentence], lexicon: Lexicon) -> tuple[Mention, ...]:
    """Return every judged hit; of overlapping hits of one row the longest is kept."""
    found = [
        mention._replace(
            start=sentence.start + mention.start,
            end=sentence.start + mention.end,
            sentence=sentence,
        )
        for sentence in sentences
        for mention in _in_words(sentence.text, sentence.question, lexicon)
    ]
    return tuple(sorted(found, key=lambda m: (m.start, m.end, m.id)))


_READ: dict[tuple[str, bool], tuple[Mention, ...]] = {}
_KEPT = 2048  # sentences remembered: long threads repeat and quote themselves


def _in_words(text: str, question: bool, lexicon: Lexicon) -> tuple[Mention, ...]:
    """Return the hits of one sentence, offsets relative to it; equal words are read once."""
    known = _READ.get((text, question))
    if known is None:
        if len(_READ) >= _KEPT:
            _READ.clear()
        known = tuple(_read(Sentence(0, len(text), text, question), lexicon))
        _READ[text, question] = known
    return known


def _read(sentence: Sentence, lexicon: Lexicon) -> Iterator[Mention]:
    yield from _misspelt(sentence, lexicon)
    hits = list(lexicon.book.hits(sentence.text))
    hits += _in_company(hits, sentence.text, lexicon)
    if not hits:
        return
    silent = [hit for hit in hits if hit.slot == "unless"]
    kept = [hit for hit in hits if hit.slot != "unless" and not _silenced(hit, silent)]
    kept = _without_covered_topics(kept, silent, lexicon)
    for hit in _longest(kept):
        yield _mention(hit, sentence, lexicon)


def _misspelt(sentence: Sentence, lexicon: Lexicon) -> Iterator[Mention]:
    """Yield the warning signs that show once misspelt sign words are put right."""
    right = corrected(sentence.text, lexicon.words)
    if right is None:
        return
    text, places = right
    fixed = sentence._replace(text=text)
    for mention in mentions((fixed,), lexicon):
        start, end = mention.start - sentence.start, mention.end - sentence.start
        if mention.kind == "sign" and any(start < b and a < end for a, b, _, _ in places):
            yield mention._replace(
                start=sentence.start + as_written(start, places, end=False),
                end=sentence.start + as_written(end, places, end=True),
                sentence=sentence,
            )


def _in_company(hits: list[Hit], text: str, lexicon: Lexicon) -> Iterator[Hit]:
    """Yield signs whose words stand together where no phrase of the same sign was met."""
    told = [hit for hit in hits if hit.slot not in {"topic", "unless"}]
    for met in lexicon.near.hits(text):
        if not any(h.row == met.row and h.start < met.end and met.start < h.end for h in told):
            yield Hit(met.row, met.slot, met.start, met.end)


def _silenced(hit: Hit, silent: list[Hit]) -> bool:
    return any(
        other.row == hit.row and other.start < hit.end and hit.start < other.end for other in silent
    )


_RANK = {"sure": 0, "doubt": 1, "blame": 0, "done": 0, "phrases": 2, "topic": 3}


_NUMB_ROWS = ("saddle_numbness", "leg_numbness")  # plain numbness, wherever it is


def _without_covered_topics(hits: list[Hit], silent: list[Hit], lexicon: Lexicon) -> list[Hit]:
    """Drop bare topics where a surer sign, or a look-alike of any sign, covers the same words."""
    signs = [
        hit
        for hit in [*hits, *silent]
        if lexicon.rows[hit.row][0] == "sign" and hit.slot != "topic"
    ]
    anywhere = {row for row, (_, found) in enumerate(lexicon.rows) if found.id in _NUMB_ROWS}
    return [
        hit
        for hit in hits
        if hit.slot != "topic"
        or not any(
            other.start < hit.end
            and hit.start < other.end
            and (other.row == hit.row or hit.row in anywhere)
            for other in signs
        )
    ]


def _longest(hits: list[Hit]) -> Iterator[Hit]:
    """Yield, of overlapping hits of the same row, the best slot first and then the longest."""
    taken: dict[int, list[Hit]] = {}
    for hit in sorted(hits, key=lambda h: (_RANK[h.slot], h.start - h.end, h.start)):
        mine = taken.setdefault(hit.row, [])
        if any(other.start < hit.end and hit.start < other.end for other in mine):
            continue
        mine.append(hit)
        yield hit


_NOT_SO = re.compile(
    r"\b(?:not|never|neither|(?:are|do|have|did|is|does|was|were|has)n'?t)\b"
    r"(?! just| only| merely)(?: \w+){0,2} (?:weak\w*|numb\w*|tingl\w*|wobbly|asleep|dead|painful"
    r"|hurt\w*|buckl\w+|gave way|giv\w+ way|gave out|giv\w+ out|jelly|heavy)\b"
)


def _mention(hit: Hit, sentence: Sentence, lexicon: Lexicon) -> Mention:
    kind, row = lexicon.rows[hit.row]
    scope = judge(
        sentence.text,
        hit.start,
        hit.end,
        sure=hit.slot == "sure",
        history=row.history,
        disease=row.id in DISEASES or kind == "suspect",
        question=sentence.question,
    )
    status: Status = scope.status
    if status == "present" and hit.slot != "sure" and not hit.negates:
        status = inner_status(sentence.text[hit.start : hit.end])
    elif status == "present" and hit.negates and hit.slot != "sure":
        # The row's other wordings hold a negator ("won't hold"); these words deny plain weakness.
        status = "denied" if _NOT_SO.search(sentence.text[hit.start : hit.end]) else status
    if row.id == "fever" and status == "present" and weeks_over(sentence.text):
        status = "past"
    if hit.slot in {"doubt", "topic"} and status == "present":
        status = "hypothetical"
    if kind == "suspect":
        status = _suspect_status(status, sentence, hit)
    planned = kind in {"tried", "seen"} and only_planned(sentence.text, hit.start, hit.end)
    slot = hit.slot
    if kind == "tried" and slot == "phrases" and _tried_it(sentence.text, hit.start, hit.end):
        slot = "done"
    return Mention(
        kind, row.id, slot, status, scope.subject,
        sentence.start + hit.start, sentence.start + hit.end, sentence, planned,
    )  # fmt: skip


_TRY = re.compile(
    r"\b(?:tried|trying|been|used|using|took|taking|taken|doing|did|had)\b[^.!?;]{0,50}$"
    r"|\b(?:with|after|using|besides|except)\b[^.!?;,]{0,15}$|^(?:[-*•]\s*)?tried:?\b"
)
_WORKED = re.compile(
    r"^[^.!?;,]{0,20}\b(?:help(?:s|ed|ing)?|so far|works?|worked|eas(?:es|ed)|seems? to|did nothing"
    r"|does nothing|did(?=\s*(?:[,;.!)]|$))"
    r"|doesn't|didn't|hasn't|don't|made|makes|to no avail|no joy|no use|no luck|daily"
    r"|every day|religiously)\b"
)


def _tried_it(sentence: str, start: int, end: int) -> bool:
    """Tell whether a bare noun ("yoga") is told as something that was tried."""
    return bool(_TRY.search(sentence[:start]) or _WORKED.search(sentence[end : end + 60]))


_DENY_SUSPECT = re.compile(
    r"\b(?:not|isn't|wasn't|don't think|doubt|can't be|cannot be|nothing to do with|rule out"
    r"|ruled out|unlikely|aren't)\b[^,;.]{0,40}$"
)


def _suspect_status(status: Status, sentence: Sentence, hit: Hit) -> Status:
    """A suspicion is a thought by nature: "might be the shoes" is there, "not them" denied."""
    if hit.slot == "blame" and status == "denied":
        before = sentence.text[: hit.start]
        return (
            "denied"
            if _DENY_SUSPECT.search(before)
            or re.search(r"\bno\b[^,;]{0,15}$", before)
            or re.search(
                r"^[^,;.]{0,25}\b(?:fine|not the|isn't the|wasn't the)\b", sentence.text[hit.end :]
            )
            else "present"
        )
    if status == "hypothetical":
        return (
            "hypothetical"
            if re.search(r"\bif (?:you|your|one)\b", sentence.text[: hit.start])
            else "present"
        )
    return status


def blamed(mention: Mention, blame_words: re.Pattern[str]) -> bool:
    """Tell whether this suspect is suspected, and not merely mentioned."""
    if mention.status != "present":
        return False
    if mention.slot == "blame":
        return True
    return bool(blame_words.search(mention.sentence.text))
