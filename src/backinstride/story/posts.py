"""Posts: who wrote which part of a pasted page, and what of it is page furniture.

A page of a forum holds several people, quotes of quotes, counters and signatures. One person's
words are read (the opening writer's, in all their posts); the others' are kept as regions, so
that a warning sign in them still leads to its question. Offsets are never moved: what is not read
is blanked.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from backinstride.story.dates import find_post_date
from backinstride.story.surface import fold


class Post(NamedTuple):
    """One writer's stretch of the text; `blank` are the stretches inside it that are not theirs."""

    start: int
    end: int
    author: str | None
    date: dt.date | None
    blank: tuple[tuple[int, int], ...] = ()


class Page(NamedTuple):
    """The text taken apart: what is read, what others wrote, how many writers there are."""

    reading: str  # folded, of the length of the text; what is not read is blanked
    others: str  # folded, the same length: the other writers' words
    writers: int
    author: str | None
    date: dt.date | None


_VB_HEAD = re.compile(
    r"^(?:old\s+)?(\d\d-\d\d-\d{4}), \d\d:\d\d [ap]m\s+#\d+[ \t]*\n[ \t]*([^\n]+)\n"
    r"(?:[^\n]*\n){0,8}?[ \t]*posts:[ \t]*[\d,]+[^\n]*(?:\n(?:re:[^\n]*))?",
    re.MULTILINE,
)
_MFP_HEAD = re.compile(
    r"^[ \t]*•[ \t]*([^\n]{1,40})\n[ \t]*([^\n]{1,40}?)[ \t]+posts:[ \t]*[\d,]+[ \t]+\w+[^\n]*",
    re.MULTILINE,
)
_JIVE_HEAD = re.compile(
    r"^[ \t]*(?:•[ \t]*)?(\S{2,30}) (?:rookie|member"
    r"|\w+)[ \t]+[\d,]+ posts since[ \t]*\n[ \t]*([^\n]{0,40})",
    re.MULTILINE,
)
_BULLET_HEAD = re.compile(r"^[ \t]*•[ \t]+(?=\S)", re.MULTILINE)
_WROTE_HEAD = re.compile(
    r"^[ \t]*(?:(?:posted by|comment by|reply from|answer from|post by|by user|from)[: ]+"
    r"(?:u/)?([\w .-]{2,30})"
    r"|(?:u/)([\w-]{3,25})(?:[ \t]*(?:•|·|\(|-|\d|op\b)[^\n]{0,60})?|\[[-–]\][ \t]*"
    r"([\w-]{3,25})[^\n]{0,60}"
    r"|([\w-]{3,25})[ \t]*(?:•|·)[ \t]*\d+[ \t]*(?:h|hr|hours?|d|days?|mo|months?|y|yr|years?"
    r"|m|min|minutes?|w|weeks?)\b[^\n]{0,40}"
    r"|([\w-]{3,25}) (?:replied|wrote|says|said|answered|commented):)[ \t]*$",
    re.MULTILINE,
)
_QA_HEAD = re.compile(r"^[ \t]*(q|a|question|answer)(?:[:.)][ \t]+|[ \t]+(?=[a-z]))", re.MULTILINE)
_QUOTE_HEAD = re.compile(
    r"^[ \t]*(?:quote:[ \t]*\n[ \t]*)?originally posted by[^\n]*\n|^[ \t]*quote:[ \t]*\n"
    r"|^[^\n]{0,60}\bwrote:[ \t]*\n(?=[ \t]*>)",
    re.MULTILINE,
)
_ANGLE = re.compile(r"^[ \t]*>[^\n]*", re.MULTILINE)
_SIGNATURE = re.compile(r"^[ \t]*_{5,}[ \t]*\n", re.MULTILINE)
_PAGE_END = re.compile(
    r"^[ \t]*(?:posting rules|similar threads|more like this|thread tools\n+posting rules"
    r"|all times are gmt|you may not post new threads)\b",
    re.MULTILINE,
)
_FURNITURE = re.compile(
    r"^[ \t]*(?:[•*-][ \t]*)?(?:reply with quote|skip navigation|currently being moderated"
    r"|[\d,]+ views [\d,]+ repl[^\n]*|latest reply:[^\n]*|video of the day"
    r"|read more[: ][^\n]*|advertisement"
    r"|replies|reply|thread tools|go back[^\n]*|re:[^\n]*|retrieving data[^\n]*"
    r"|posts:[ \t]*[\d,]+[^\n]*|join date:[^\n]*|location:[^\n]*|profile:|share(?: this)?"
    r"(?: post)?|like|report(?: post)?|sign in[^\n]*|log ?in[^\n]*"
    r"|last edited by[^\n]*|\d+ (?:upvotes?|points?|comments?|likes?)[^\n]*|https?://\S+"
    r"|www\.\S+|wfs|all times are gmt[^\n]*|page \d+ of \d+|#\d+|subscribe[^\n]*|cookie[s]? "
    r"(?:policy|settings)[^\n]*|posts are not medical[^\n]*"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* \d{1,2}, \d{4}"
    r"(?: \d{1,2}:\d\d [ap]m)?)[ \t]*$",
    re.MULTILINE,
)
_THANKS = re.compile(
    r"\bthank(?:s| you)\b[^.!?\n]{0,20}\b(?:your|the|everyone|all|guys)\b[^.!?\n]{0,20}\b"
    r"(?:help|advice|replies|suggestions|answers|tips|input|responses)\b|\bplease help me\b"
)


def take_apart(text: str, written_on: dt.date | None) -> Page:
    """Return what is to be read of a text, with everything else blanked, never moved."""
    folded = fold(text)
    end = _page_end(folded)
    posts = _posts(folded, end)
    if len(posts) == 1 and posts[0].author is None:
        reading = _blanked(folded, [*_furniture(folded), *_quotes(folded, 0, len(folded), "")])
        if not reading.strip():
            reading = folded
        others = _only(folded, _quotes(folded, 0, len(folded), ""))
        return Page(reading, others, 1, None, written_on)
    return _first_writer(folded, posts, written_on)


def _first_writer(folded: str, posts: list[Post], written_on: dt.date | None) -> Page:
    opener = posts[0]
    mine: list[tuple[int, int]] = []
    theirs: list[tuple[int, int]] = []
    earlier = ""
    for post in posts:
        words = folded[post.start : post.end]
        cut = _quotes(folded, post.start, post.end, earlier)
        cut += [(post.start + m.start(), post.end) for m in _SIGNATURE.finditer(words)]
        own = post is opener or (
            post.author == opener.author if opener.author else bool(_THANKS.search(words))
        )
        keep = _without((post.start, post.end), cut)
        (mine if own else theirs).extend(keep)
        earlier += words
    furniture = _furniture(folded)
    writers = len({p.author for p in posts if p.author}) + (opener.author is None)
    return Page(
        _blanked(_only(folded, mine), furniture),
        _blanked(_only(folded, theirs), furniture),
        max(writers, 2 if theirs else 1),
        opener.author,
        opener.date or written_on,
    )


def _page_end(folded: str) -> int:
    marks = [m.start() for m in _PAGE_END.finditer(folded)]
    return marks[0] if marks and marks[0] > 200 else len(folded)


_Head = tuple[int, int, str | None, dt.date | None]  # start, end, author, date


def _heads(folded: str) -> list[_Head]:
    heads: list[_Head] = [
        (m.start(), m.end(), m[2].strip(), find_post_date(m[1])) for m in _VB_HEAD.finditer(folded)
    ]
    listed: list[_Head] = [
        (m.start(), m.end(), m[1].strip(), None) for m in _MFP_HEAD.finditer(folded)
    ]
    listed += [
        (m.start(), m.end(), m[1].strip(), find_post_date(m[2]))
        for m in _JIVE_HEAD.finditer(folded)
    ]
    heads += listed
    heads += [
        (m.start(), m.end(), next((group for group in m.groups() if group), None), None)
        for m in _WROTE_HEAD.finditer(folded)
    ]
    if listed:
        taken = {head[0] for head in listed}
        heads += [
            (m.start(), m.end(), f"reply at {m.start()}", None)
            for m in _BULLET_HEAD.finditer(folded)
            if m.start() not in taken and "retrieving" not in folded[m.end() : m.end() + 12]
        ]
    answers = list(_QA_HEAD.finditer(folded))
    kinds = [m[1][0] for m in answers]
    if not heads and kinds[:1] == ["q"] and "a" in kinds:
        first_answer = answers[kinds.index("a")]
        heads = [
            (answers[0].start(), answers[0].end(), "q", None),
            (first_answer.start(), first_answer.end(), "a", None),
        ]
    return sorted(heads, key=lambda head: head[0])


def _posts(folded: str, end: int) -> list[Post]:
    heads = [head for head in _heads(folded) if head[0] < end]
    if not heads:
        return [Post(0, end, None, None)]
    posts: list[Post] = []
    title = folded[: heads[0][0]]
    if len(title.split()) >= 25 and not _VB_HEAD.search(folded) and not _JIVE_HEAD.search(folded):
        posts.append(Post(0, heads[0][0], None, None))
    elif heads[0][2] == "q":
        heads[0] = (0, 0, "q", None)  # the title belongs to the question
    for number, (_, after, author, date) in enumerate(heads):
        stop = heads[number + 1][0] if number + 1 < len(heads) else end
        posts.append(Post(after, stop, author, date))
    return [post for post in posts if folded[post.start : post.end].strip()] or [
        Post(0, end, None, None)
    ]


def _furniture(folded: str) -> list[tuple[int, int]]:
    return [(m.start(), m.end()) for m in _FURNITURE.finditer(folded)]


def _quotes(folded: str, start: int, end: int, earlier: str) -> list[tuple[int, int]]:
    """Return stretches that repeat somebody: quote blocks, `>` lines, lines of earlier posts."""
    found: list[tuple[int, int]] = []
    heads = list(_QUOTE_HEAD.finditer(folded, start, end))
    for head in heads:
        line_end = folded.find("\n", head.end(), end)
        found.append((head.start(), line_end if line_end >= 0 else end))
    if earlier and (heads or "\n" in folded[start:end]):
        at = start
        for line in folded[start:end].split("\n"):
            words = line.strip()
            if (len(words) >= 25 and words in earlier) or (
                heads
                and words
                and len(words) >= 3
                and words in earlier
                and any(h.end() <= at for h in heads)
            ):
                found.append((at, at + len(line)))
            at += len(line) + 1
    angled = [(m.start(), m.end()) for m in _ANGLE.finditer(folded, start, end)]
    if sum(b - a for a, b in angled) < 0.8 * max(1, len(folded[start:end].strip())):
        found += angled
    return found


def _without(stretch: tuple[int, int], cuts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    at = stretch[0]
    for begin, stop in sorted(cuts):
        if begin > at:
            kept.append((at, min(begin, stretch[1])))
        at = max(at, stop)
    if at < stretch[1]:
        kept.append((at, stretch[1]))
    return kept


def _only(folded: str, stretches: list[tuple[int, int]]) -> str:
    if not stretches:
        return " " * len(folded)
    parts: list[str] = []
    at = 0
    for begin, stop in sorted(stretches):
        if stop <= at:
            continue
        first = max(begin, at)
        parts += [_space(folded[at:first]), folded[first:stop]]
        at = stop
    parts.append(_space(folded[at:]))
    return "".join(parts)


def _blanked(folded: str, stretches: list[tuple[int, int]]) -> str:
    keep = _without((0, len(folded)), stretches)
    return _only(folded, keep)


def _space(stretch: str) -> str:
    """Blank a stretch; its ends stay sentence breaks, so that nothing is read across it."""
    if len(stretch) < 2:
        return " " * len(stretch)
    return "\n" + " " * (len(stretch) - 2) + "\n" if len(stretch) > 2 else "\n\n"
