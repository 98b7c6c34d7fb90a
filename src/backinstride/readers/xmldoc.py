"""GPX and TCX as columns of points, and marks for everything around the points.

Two ways to the same :class:`Document`. `fast` cuts the runs of points out of the text, reads their
numbers with numpy, and gives what is left (a few kilobytes of laps, names, types) to the standard
library's parser, so that everything outside the points is truly parsed. Whenever something in the
points is unusual (another spelling of the tags, comments, entities, a tag twice), `slow` walks the
whole document with that parser instead, and keeps every point before a fault.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple
from xml.parsers import expat

import msgspec
import numpy as np

from backinstride.readers.xmlscan import (
    FIRST,
    Floats,
    Ints,
    Text,
    Words,
    floats,
    one_float,
    one_time,
    times,
)

NAN = float("nan")
MAX_DEPTH = 200  # a real document is 12 deep


class Mark(msgspec.Struct):
    """One element outside the points: `at` is the number of points that came before it."""

    tag: str  # without prefix
    parent: str
    attributes: dict[str, str]
    at: int
    text: str = ""


class Document(msgspec.Struct, kw_only=True):
    """A parsed file: columns of equal length, marks in order, and what stopped the reading."""

    columns: dict[str, Floats]
    points: int
    marks: list[Mark]
    utc_offset_s: int | None = None  # of the first time, where it is not Z
    fault: str | None = None
    refused: bool = False  # entity declarations: nothing was read
    repaired: bool = False
    by: str = "fast"


class Spec(msgspec.Struct, frozen=True):
    """What a format calls its points and their fields."""

    point: str
    time: str
    fields: Mapping[str, str]  # tag without prefix -> column
    prefix: str  # for numbers that have no column of ours
    attributes: tuple[str, ...] = ()  # of the point tag -> lat_deg, lon_deg
    skipped: frozenset[str] = frozenset()  # numbers of no use


class _UnusualError(Exception):
    """The scan met something that only a parser may judge."""


class _EntityError(Exception):
    """The document declares entities: the way of bombs and of reading other files."""


def parse(data: bytes, spec: Spec) -> Document:
    """Return the document; never raises on bad XML."""
    try:
        return fast(data, spec)
    except _UnusualError:
        return slow(data.removeprefix(b"\xef\xbb\xbf").lstrip(), spec)


# --- the parser ---------------------------------------------------------------------------


class _Walker:
    """Feeds the standard library's parser; gathers marks, and points where there are any."""

    def __init__(self, spec: Spec, encoding: str | None = None) -> None:
        self.spec, self.points = spec, 0
        self.marks: list[Mark] = []
        self.columns: dict[str, array[float]] = {}
        self.offset: int | None = None
        self._stack: list[str] = []
        self._open: list[Mark] = []
        self._inside = False
        self._leaf = False
        self._text: list[str] = []
        self._parser = expat.ParserCreate(encoding)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.EntityDeclHandler = self._entity

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        self._parser.Parse(piece, last)

    def unfinished(self) -> None:
        """Drop the point that the fault cut in two."""
        if self._inside:
            self.points -= 1
            for column in self.columns.values():
                column.pop()

    def _entity(self, *_: object) -> None:
        raise _EntityError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        self._leaf = True
        self._text.clear()
        if self._inside:
            self._stack.append(tag)
        elif tag == self.spec.point:
            self._inside = True
            self._point(attributes)
        else:
            parent = self._open[-1].tag if self._open else ""
            mark = Mark(tag, parent, dict(attributes), self.points)
            self.marks.append(mark)
            self._open.append(mark)
            if len(self._open) > MAX_DEPTH:
                raise expat.ExpatError("too deep")

    def _point(self, attributes: dict[str, str]) -> None:
        self.points += 1
        for column in self.columns.values():
            column.append(NAN)
        for attribute in self.spec.attributes:
            self._put(self.spec.fields[attribute], one_float(attributes.get(attribute, "")))

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if self._inside and not self._stack:
            self._inside = False
        elif self._inside:
            self._stack.pop()
            if self._leaf:
                self._field(tag, "".join(self._text))
        else:
            mark = self._open.pop()
            if self._leaf:
                mark.text = "".join(self._text).strip()
        self._leaf = False
        self._text.clear()

    def _field(self, tag: str, text: str) -> None:
        if tag == self.spec.time:
            value, offset = one_time(text)
            if self.offset is None:
                self.offset = offset
            self._put("time_s", value)
            return
        column = self.spec.fields.get(tag)
        if column is None and tag not in self.spec.skipped:
            column = self.spec.prefix + tag
            if column not in self.columns and math.isnan(one_float(text)):
                return  # no number: a word of the vendor's
        if column:
            self._put(column, one_float(text))

    def _put(self, column: str, value: float) -> None:
        values = self.columns.get(column)
        if values is None:
            values = self.columns[column] = array("d", [NAN]) * self.points
        if math.isnan(values[-1]):  # the first one given stands
            values[-1] = value


def slow(data: bytes, spec: Spec) -> Document:
    """Walk the whole document with the parser; on a fault, repair what can be and try again."""
    first = _walk(data, spec, None)
    if first.fault is None or first.refused:
        return first
    again = _walk(_repaired(data), spec, "utf-8")
    if again.points > first.points or (again.fault is None and again.points == first.points):
        again.repaired = True
        return again
    return first


def _walk(data: bytes, spec: Spec, encoding: str | None) -> Document:
    walker, fault, refused = _Walker(spec, encoding), None, False
    try:
        walker.feed(data, last=True)
    except _EntityError:
        refused, fault = True, "declares entities"
        walker = _Walker(spec)
    except (expat.ExpatError, ValueError, LookupError) as error:
        fault = str(error)
        walker.unfinished()
    columns = {
        name: np.frombuffer(values, dtype=np.float64).copy() if values else np.empty(0)
        for name, values in walker.columns.items()
    }
    return Document(
        columns=_filled(columns),
        points=walker.points,
        marks=walker.marks,
        utc_offset_s=walker.offset,
        fault=fault,
        refused=refused,
        by="slow",
    )


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)")
_DECLARED = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")


def _repaired(data: bytes) -> bytes:
    """Return the document as UTF-8, without control characters and bare ampersands."""
    declared = _DECLARED.match(data)
    names = [declared[1].decode()] if declared else []
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        names = ["utf-16"]
    for name in (*names, "utf-8", "cp1252"):
        try:
            text = data.decode(name)
            break
        except (LookupError, ValueError):
            continue
    else:
        text = data.decode("latin-1")
    return _BARE.sub("&amp;", _CONTROL.sub("", text)).encode("utf-8", "replace")


# --- the scan -----------------------------------------------------------------------------

MAX_PATTERNS = 64  # ways in which the points of one file are built; real ones have up to eight
_NAME = re.compile(rb"[^\s>]+")


class _Points(NamedTuple):
    """Where the points stand: indices into `tags` (places of "<") of their first and last tag."""

    text: Text
    tags: Ints
    words: Words  # the eight bytes behind each "<"
    opened: Ints
    closed: Ints


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text[:8].ljust(8, b"\0"), "little"))


def fast(data: bytes, spec: Spec) -> Document:
    """Scan the points, parse the rest; raises `_UnusualError` where that is not enough."""
    text = Text(data, _beginning(data))
    tags: Ints = np.flatnonzero(text.bytes == 60)
    words = text.words(tags + 1)
    points = _Points(text, tags, words, *_ends(text, tags, words, spec))
    runs = _runs(points.opened, points.closed)
    if text.data.find(b"&", int(tags[points.opened[0]]), int(tags[points.closed[-1]])) >= 0:
        raise _UnusualError
    walker = _skeleton(points, runs, spec)
    columns, offset = _columns(points, spec)
    return Document(
        columns=_filled(columns),
        points=len(points.opened),
        marks=walker.marks,
        utc_offset_s=offset,
    )


def _beginning(data: bytes) -> int:
    """Return where the document starts, behind a byte-order mark and blanks."""
    match = _BLANKS.match(data)
    start = match.end() if match else 0
    if data[start : start + 1] != b"<" or len(data) - start < 64:
        raise _UnusualError
    return start


_BLANKS = re.compile(rb"(?:\xef\xbb\xbf)?\s*")


def _ends(text: Text, tags: Ints, words: Words, spec: Spec) -> tuple[Ints, Ints]:
    """Return the indices (into `tags`) of the points' opening and closing tags."""
    name = spec.point.encode()
    head, tail = name + (b" " if spec.attributes else b">"), b"/" + name + b">"
    opened = np.flatnonzero((words & FIRST[min(len(head), 8)]) == _word(head))
    closed = np.flatnonzero((words & FIRST[min(len(tail), 8)]) == _word(tail))
    if len(head) > 8:
        opened = opened[text.bytes[tags[opened] + len(head)] == head[-1]]
        closed = closed[text.bytes[tags[closed] + len(tail)] == tail[-1]]
    if not len(opened) or len(opened) != len(closed) or tags[opened[0]] < 32:
        raise _UnusualError
    if (closed < opened).any() or (opened[1:] < closed[:-1]).any():
        raise _UnusualError
    return opened, closed


def _runs(opened: Ints, closed: Ints) -> list[tuple[int, int]]:
    """Return (from, to) of points that follow each other with no tag between."""
    breaks = np.flatnonzero(opened[1:] != closed[:-1] + 1) + 1
    if len(breaks) > 100 + len(opened) // 8:
        raise _UnusualError
    return list(pairwise([0, *breaks.tolist(), len(opened)]))


def _skeleton(points: _Points, runs: list[tuple[int, int]], spec: Spec) -> _Walker:
    """Give everything outside the points to the parser, in pieces that know how far we are."""
    walker, place = _Walker(spec), 0
    data, tags = points.text.data, points.tags
    length = len(spec.point) + 3  # "</trkpt>"
    try:
        for a, b in runs:
            walker.feed(data[place : int(tags[points.opened[a]])])
            walker.points = b
            place = int(tags[points.closed[b - 1]]) + length
        walker.feed(data[place : points.text.end], last=True)
    except (expat.ExpatError, ValueError, LookupError, _EntityError) as error:
        raise _UnusualError from error
    return walker


class _Span(NamedTuple):
    """Where one field's values stand for some of the points."""

    column: str
    rows: Ints
    begin: Ints
    end: Ints


def _columns(points: _Points, spec: Spec) -> tuple[dict[str, Floats], int | None]:
    """Return the columns of the points and the UTC offset of the first time.

    Points built alike (the same tags in the same order as the first one that is left) are found
    together; there are few ways to build a point in one file. All numbers are read in one go.
    """
    spans = list(_attributes(points, spec)) if spec.attributes else []
    sizes = points.closed - points.opened + 1
    left, open_still = np.arange(len(points.opened)), np.ones(len(points.opened), dtype=bool)
    for _ in range(MAX_PATTERNS):
        pattern = _Pattern(points, int(left[0]), spec)
        alike = pattern.alike(left, sizes)
        spans.extend(field.span(points, alike) for field in pattern.fields)
        if len(alike) == len(left):
            break
        open_still[alike] = False
        left = left[open_still[left]]
    else:
        raise _UnusualError
    clocks = [span for span in spans if span.column == "time_s"]
    numbers = [span for span in spans if span.column != "time_s"]
    columns: dict[str, Floats] = {}
    for found, read in ((clocks, times), (numbers, floats)):
        if found:
            begin = np.concatenate([span.begin for span in found])
            values = read(points.text, begin, np.concatenate([span.end for span in found]))
            _place(columns, found, values, len(points.opened))
    offset = None
    if clocks:
        first = points.text.slice(int(clocks[0].begin[0]), int(clocks[0].end[0]))
        offset = one_time(first)[1]
    return columns, offset


class _Field(msgspec.Struct):
    """One leaf of a pattern: the `index`-th tag of its points."""

    column: str
    index: int
    name: bytes

    def span(self, points: _Points, rows: Ints) -> _Span:
        """Return where the values of some points stand; checks the name of each tag."""
        at = points.opened[rows] + self.index
        begin = points.tags[at] + (len(self.name) + 2)
        if len(self.name) > 7:  # what the first eight bytes of the tag could not tell
            wanted = self.name[8:] + b">"
            behind = points.text.words(begin - len(wanted)) & FIRST[min(len(wanted), 8)]
            fine = behind == _word(wanted)
            if len(wanted) > 8:
                fine &= points.text.bytes[begin - 1] == 62
            if not fine.all():
                raise _UnusualError
        return _Span(self.column, rows, begin, points.tags[at + 1])


class _Pattern:
    """How one point is built: its tags, which of them are fields, and who else is built so."""

    def __init__(self, points: _Points, row: int, spec: Spec) -> None:
        self._points = points
        first, last = int(points.opened[row]), int(points.closed[row])
        self.size = last - first + 1
        names = [_tag(points, k) for k in range(first, last + 1)]
        if self.size > 400 or any(name[:1] in b"!?" for name in names):
            raise _UnusualError  # a comment, CDATA or instruction: the parser's business
        _balanced(names)
        heads = [
            points.text.slice(place, place + min(len(name) + 1, 8))  # with the sign behind it
            for place, name in zip((points.tags[first : last + 1] + 1).tolist(), names, strict=True)
        ]
        self._masks = np.array([FIRST[len(head)] for head in heads])
        self._heads = np.array([_word(head) for head in heads])
        self.fields = [
            field
            for k, (name, after) in enumerate(pairwise(names))
            if after == b"/" + name and (field := self._field(name, first, k, spec))
        ]

    def _field(self, name: bytes, first: int, index: int, spec: Spec) -> _Field | None:
        tag = name.rpartition(b":")[2].decode("utf-8", "replace")
        column = "time_s" if tag == spec.time else spec.fields.get(tag)
        points = self._points
        begin = int(points.tags[first + index]) + len(name) + 2
        plain = points.text.bytes[begin - 1] == 62  # no attributes
        if column is None:
            value = points.text.slice(begin, int(points.tags[first + index + 1]))
            if not plain or tag in spec.skipped or math.isnan(one_float(value)):
                return None
            column = spec.prefix + tag
        elif not plain:
            raise _UnusualError
        return _Field(column, index, name)

    def alike(self, left: Ints, sizes: Ints) -> Ints:
        """Return which of the points left are built like this one."""
        points = self._points
        rows = left[sizes[left] == self.size]
        first = points.opened[rows]
        if int(first[-1] - first[0]) == self.size * (len(rows) - 1):  # one after another
            words = points.words[first[0] : first[-1] + self.size].reshape(-1, self.size)
        else:
            words = points.words[first[:, None] + np.arange(self.size)]
        fits = (words & self._masks) == self._heads
        found: Ints = rows if fits.all() else rows[fits.all(axis=1)]
        return found


def _tag(points: _Points, index: int) -> bytes:
    name = _NAME.match(points.text.data, int(points.tags[index]) + 1)
    return name[0] if name else b""


def _balanced(names: list[bytes]) -> None:
    """Check that every tag of a point is closed by its own name."""
    stack: list[bytes] = []
    for name in names:
        if name[:1] == b"/":
            if not stack or stack.pop() != name[1:]:
                raise _UnusualError
        elif name[-1:] == b"/" or not name:
            raise _UnusualError  # an empty element
        else:
            stack.append(name)
    if stack:
        raise _UnusualError


def _place(columns: dict[str, Floats], spans: list[_Span], values: Floats, count: int) -> None:
    """Put the values of all spans to their points; the first one given stands."""
    at = 0
    for span in spans:
        part = values[at : at + len(span.rows)]
        at += len(span.rows)
        if span.column not in columns and len(part) == count:
            columns[span.column] = part
            continue
        full = columns.setdefault(span.column, np.full(count, NAN))
        full[span.rows] = np.where(np.isnan(full[span.rows]), part, full[span.rows])


def _attributes(points: _Points, spec: Spec) -> Iterator[_Span]:
    """Yield the spans of the point tag's attributes, written as a="1" b="2"."""
    text, rows = points.text, np.arange(len(points.opened))
    at = points.tags[points.opened] + (len(spec.point) + 2)
    order = spec.attributes
    if (text.words(at[:1])[0] & FIRST[3]) == _word(order[1].encode()):
        order = order[::-1]
    quotes = _quotes(points)
    for place, attribute in enumerate(order):
        wanted = f'{attribute}="'.encode()
        if ((text.words(at) & FIRST[len(wanted)]) != _word(wanted)).any():
            raise _UnusualError
        begin = at + len(wanted)
        regular = quotes is not None and np.array_equal(quotes[:, 2 * place] + 1, begin)
        end = quotes[:, 2 * place + 1] if quotes is not None and regular else _quote(text, begin)
        yield _Span(spec.fields[attribute], rows, begin, end)
        at = end + 2  # the quote and one blank


def _quotes(points: _Points) -> Ints | None:
    """Return the places of the four quotes of every point, where there are no others."""
    low, high = points.tags[points.opened[0]], points.tags[points.closed[-1]]
    found = np.flatnonzero(points.text.bytes[low:high] == 34) + low
    return found.reshape(-1, 4) if len(found) == 4 * len(points.opened) else None


_ONES = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_QUOTES = np.uint64(0x2222222222222222)


def _quote(text: Text, begin: Ints) -> Ints:
    """Return the place of the next double quote, at most 64 bytes away."""
    end, left = begin.copy(), np.arange(len(begin))
    for step in range(0, 64, 8):
        odd = text.words(begin[left] + step) ^ _QUOTES
        hits = (odd - _ONES) & ~odd & _HIGH
        lowest = hits & (~hits + np.uint64(1))
        within = (np.bitwise_count(lowest - np.uint64(1)) >> 3).astype(np.int64)
        hit = hits != 0
        if hit.all():
            end[left] += step + within
            return end
        end[left[hit]] += step + within[hit]
        left = left[~hit]
    raise _UnusualError


def _filled(columns: dict[str, Floats]) -> dict[str, Floats]:
    """Leave out columns that hold no value at all."""
    return {
        name: values
        for name, values in columns.items()
        if len(values) and not (math.isnan(values[0]) and np.isnan(values).all())
    }
