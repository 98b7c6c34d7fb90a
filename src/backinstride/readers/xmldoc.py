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
from collections.abc import Mapping
from itertools import pairwise
from xml.parsers import expat

import msgspec
import numpy as np

from backinstride.readers.xmlscan import (
    FIRST,
    Floats,
    Ints,
    Text,
    Words,
    before_gt,
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
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        return fast(data, spec)
    except _UnusualError:
        return slow(data, spec)


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

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = (0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3)
_SLOTS = 12
_MAX_TAGS = 300


class _Tags:
    """The tags met so far, each a small number; grows as files are read, per process."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._keys: list[int] = []
        self._rebuild()

    def _rebuild(self) -> None:
        for spread in _SPREAD:
            self._spread = np.uint64(spread)
            slots = [
                int((np.uint64(k) * self._spread) >> np.uint64(64 - _SLOTS)) for k in self._keys
            ]
            if len(set(slots)) == len(slots):
                break
        else:
            self.names, self._keys, slots = [], [], []
        self._table = np.zeros(1 << _SLOTS, dtype=np.int16)
        self._check = np.zeros(1 << _SLOTS, dtype=np.uint64)
        for number, (slot, key) in enumerate(zip(slots, self._keys, strict=True)):
            self._table[slot], self._check[slot] = number, key

    def codes(self, keys: Words, text: Text, places: Ints) -> Ints:
        """Return the number of each tag; learns new ones from the text at their place."""
        for _ in range(_MAX_TAGS):
            slots = (keys * self._spread) >> np.uint64(64 - _SLOTS)
            misses = np.flatnonzero(self._check[slots] != keys)
            if not len(misses):
                found: Ints = self._table[slots].astype(np.int64)
                return found
            self._learn(int(keys[misses[0]]), text, int(places[misses[0]]))
        self.names, self._keys = [], []  # a file of invented tags: forget them
        self._rebuild()
        raise _UnusualError

    def _learn(self, key: int, text: Text, place: int) -> None:
        if len(self._keys) >= _MAX_TAGS:
            self.names, self._keys = [], []
        name = _NAME.match(text.data, place + 1)
        self.names.append(name[0].decode("utf-8", "replace") if name else "")
        self._keys.append(key)
        with np.errstate(over="ignore"):
            self._rebuild()


_NAME = re.compile(rb"[^\s>]+")
_TAGS: dict[str, _Tags] = {}


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text[:8].ljust(8, b"\0"), "little"))


def fast(data: bytes, spec: Spec) -> Document:
    """Scan the points, parse the rest; raises `_UnusualError` where that is not enough."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:1] != b"<":
        raise _UnusualError
    text = Text(data)
    tags: Ints = np.flatnonzero(text.bytes == 60)
    words = text.words(tags + 1)
    opened, closed = _points(text, tags, words, spec)
    runs = _runs(opened, closed)
    walker = _skeleton(data, tags, opened, closed, runs, spec)
    inside = np.zeros(len(tags), dtype=bool)
    for a, b in runs:
        inside[opened[a] : closed[b - 1] + 1] = True
    first = words & FIRST[1]
    closing = first == 47
    if (inside & ((first == 33) | (first == 63))).any():  # a comment, CDATA or instruction
        raise _UnusualError
    low, high = int(tags[opened[0]]), int(tags[closed[-1]])
    if data.find(b"&", low, high) >= 0:
        raise _UnusualError
    starts = np.flatnonzero(inside & ~closing)
    if 2 * len(starts) != np.count_nonzero(inside):
        empty = sum(data.count(b"/>", tags[opened[a]], tags[closed[b - 1]]) for a, b in runs)
        if 2 * len(starts) - empty != np.count_nonzero(inside):
            raise _UnusualError
    columns, offset = _columns(text, tags, words, starts, opened, spec)
    return Document(
        columns=_filled(columns), points=len(opened), marks=walker.marks, utc_offset_s=offset
    )


def _points(text: Text, tags: Ints, words: Words, spec: Spec) -> tuple[Ints, Ints]:
    """Return the indices (into `tags`) of the points' opening and closing tags."""
    name = spec.point.encode()
    head, tail = name + (b" " if spec.attributes else b">"), b"/" + name + b">"
    opened = np.flatnonzero((words & FIRST[min(len(head), 8)]) == _word(head))
    closed = np.flatnonzero((words & FIRST[min(len(tail), 8)]) == _word(tail))
    if len(head) > 8:
        opened = opened[text.bytes[tags[opened] + len(head)] == head[-1]]
        closed = closed[text.bytes[tags[closed] + len(tail)] == tail[-1]]
    if not len(opened) or len(opened) != len(closed):
        raise _UnusualError
    if (closed < opened).any() or (opened[1:] < closed[:-1]).any():
        raise _UnusualError
    return opened, closed


def _runs(opened: Ints, closed: Ints) -> list[tuple[int, int]]:
    """Return (from, to) of points that follow each other with no tag between."""
    breaks = np.flatnonzero(opened[1:] != closed[:-1] + 1) + 1
    if len(breaks) > 100 + len(opened) // 8:
        raise _UnusualError
    at = [0, *breaks.tolist(), len(opened)]
    return list(pairwise(at))


def _skeleton(
    data: bytes, tags: Ints, opened: Ints, closed: Ints, runs: list[tuple[int, int]], spec: Spec
) -> _Walker:
    """Give everything outside the points to the parser, in pieces that know how far we are."""
    walker, place = _Walker(spec), 0
    length = len(spec.point) + 3  # "</trkpt>"
    try:
        for a, b in runs:
            walker.feed(data[place : int(tags[opened[a]])])
            walker.points = b
            place = int(tags[closed[b - 1]]) + length
        walker.feed(data[place:], last=True)
    except (expat.ExpatError, ValueError, LookupError, _EntityError) as error:
        raise _UnusualError from error
    return walker


def _columns(
    text: Text, tags: Ints, words: Words, starts: Ints, opened: Ints, spec: Spec
) -> tuple[dict[str, Floats], int | None]:
    """Return the columns of the points and the UTC offset of the first time."""
    known = _TAGS.setdefault(spec.point, _Tags())
    keys = _keys(text, tags[starts], words[starts], spec)
    codes = known.codes(keys, text, tags[starts])
    columns: dict[str, Floats] = {}
    offset: int | None = None
    if spec.attributes:
        columns |= _attributes(text, tags[opened], spec)
    for code in np.flatnonzero(np.bincount(codes)).tolist():
        name = known.names[code]
        tag = name.rpartition(":")[2]
        if tag == spec.point or tag in spec.skipped or name.endswith("/"):
            continue
        found = starts[codes == code]
        leaf = text.bytes[tags[found + 1] + 1] == 47
        column = "time_s" if tag == spec.time else spec.fields.get(tag)
        if not leaf.all():
            if column is not None:
                raise _UnusualError
            continue
        begin, end = tags[found] + len(name.encode()) + 2, tags[found + 1]
        if (text.bytes[begin - 1] != 62).any():
            raise _UnusualError
        if column == "time_s":
            values = times(text, begin, end)
            offset = one_time(text.slice(int(begin[0]), int(end[0])))[1]
        else:
            if column is None and np.isnan(one_float(text.slice(int(begin[0]), int(end[0])))):
                continue
            values = floats(text, begin, end)
        _place(columns, column or spec.prefix + tag, values, found, opened)
    return columns, offset


def _keys(text: Text, places: Ints, words: Words, spec: Spec) -> Words:
    """Return one number per tag name (its first 16 bytes); the point tag's attributes left out."""
    short, long = before_gt(words)
    if spec.attributes:
        mask = FIRST[len(spec.point)]
        point = (words & mask) == _word(spec.point.encode())
        short[point] &= mask
        long &= ~point
    rows = np.flatnonzero(long)
    if len(rows):
        second, _ = before_gt(text.words(places[rows] + 9))
        short[rows] ^= (second + np.uint64(1)) * _MIX
    return short


def _place(
    columns: dict[str, Floats], column: str, values: Floats, found: Ints, opened: Ints
) -> None:
    """Put one field's values to the points they stand in."""
    count = len(opened)
    whole = len(found) == count
    if whole and (found > opened).all() and (found[:-1] < opened[1:]).all():
        full = values
    else:
        rows = np.searchsorted(opened, found, side="right") - 1
        if (np.diff(rows) <= 0).any():
            raise _UnusualError
        full = np.full(count, NAN)
        full[rows] = values
    if column in columns:
        full = np.where(np.isnan(columns[column]), full, columns[column])
    columns[column] = full


def _attributes(text: Text, places: Ints, spec: Spec) -> dict[str, Floats]:
    """Return the columns that stand as attributes of the point tag, written as a="1" b="2"."""
    at = places + len(spec.point) + 2
    begin_word = text.words(at[:1])[0] & FIRST[3]
    order = spec.attributes
    if begin_word == _word(order[1].encode()):
        order = order[::-1]
    found: dict[str, Floats] = {}
    for attribute in order:
        wanted = f'{attribute}="'.encode()
        if ((text.words(at) & FIRST[len(wanted)]) != _word(wanted)).any():
            raise _UnusualError
        begin = at + len(wanted)
        end = _quote(text, begin)
        found[spec.fields[attribute]] = floats(text, begin, end)
        at = end + 2  # the quote and one blank
    return {spec.fields[name]: found[spec.fields[name]] for name in spec.attributes}


_ONES = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_QUOTES = np.uint64(0x2222222222222222)


def _quote(text: Text, begin: Ints) -> Ints:
    """Return the place of the next double quote, at most 64 bytes away."""
    end = begin.copy()
    left = np.arange(len(begin))
    for step in range(0, 64, 8):
        odd = text.words(begin[left] + step) ^ _QUOTES
        hits = (odd - _ONES) & ~odd & _HIGH
        hit = hits != 0
        lowest = hits & (~hits + np.uint64(1))
        within = (np.bitwise_count(lowest - np.uint64(1)) >> 3).astype(np.int64)
        end[left[hit]] += step + within[hit]
        left = left[~hit]
        if not len(left):
            return end
    raise _UnusualError


def _filled(columns: dict[str, Floats]) -> dict[str, Floats]:
    """Leave out columns that hold no value at all."""
    return {name: values for name, values in columns.items() if not np.isnan(values).all()}
