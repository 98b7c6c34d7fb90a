"""Numbers and times out of XML text, many at once: numpy over the bytes, no copies per value.

The results are the same as `float(text)` gives, to the last bit: up to 15 digits an integer is
divided by a power of ten (both exact, one rounding); longer ones go through 64-bit mantissas where
the machine has them, and through `float` itself wherever the rounding could go either way.
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

FRONT, BACK = 32, 64  # padding, so that words before the first and after the last byte exist
_ONES = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_GT = np.uint64(0x3E3E3E3E3E3E3E3E)
_ZEROS = np.uint64(0x3030303030303030)
_NIBBLES = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIXES = np.uint64(0x0606060606060606)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
# Byte masks for little-endian words: the first n bytes, the last n bytes.
FIRST = np.array([(1 << (8 * n)) - 1 for n in range(9)], dtype=np.uint64)
_LAST = np.array([((1 << 64) - 1) ^ ((1 << (8 * (8 - n))) - 1) for n in range(9)], dtype=np.uint64)
_TEN = np.array([float(10**n) for n in range(23)])
_TEN_INT = np.array([10**n for n in range(20)], dtype=np.uint64)
LONG_MANTISSA = np.finfo(np.longdouble).nmant >= 63
_TEN_LONG = np.array([10**n for n in range(20)], dtype=np.uint64).astype(np.longdouble)
_EXACT = np.uint64(1 << 53)


class Text:
    """A document's bytes as arrays: `bytes[i]`, and `words(i)`, the eight bytes from i on."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        padded = b"".join((bytes(FRONT), data, bytes(BACK)))
        raw = np.frombuffer(padded, dtype=np.uint8)
        self._words: Words = np.ndarray(
            (len(padded) - 7,), dtype="<u8", buffer=padded, strides=(1,)
        )
        self.bytes: NDArray[np.uint8] = raw[FRONT : FRONT + len(data) + BACK]

    def words(self, places: Ints) -> Words:
        """Return the eight bytes from each place as one little-endian number."""
        return self._words[places + FRONT]

    def slice(self, start: int, end: int) -> bytes:
        """Return the bytes of one value."""
        return self.data[start:end]


def before_gt(words: Words) -> tuple[Words, NDArray[np.bool_]]:
    """Return each word cut before its first ">", and whether it had none."""
    odd = words ^ _GT
    hits = (odd - _ONES) & ~odd & _HIGH
    lowest = hits & (~hits + np.uint64(1))
    mask = (lowest >> np.uint64(7)) - np.uint64(1)
    return words & mask, hits == 0


def _digits(words: Words, count: NDArray[np.int64] | int) -> tuple[Words, NDArray[np.bool_]]:
    """Return the number in the last `count` bytes of each word, and whether they are digits."""
    mask = _LAST[count]
    part = words & mask
    wanted = _ZEROS & mask
    fine = ((part & _NIBBLES) == wanted) & (((part + (_SIXES & mask)) & _NIBBLES) == wanted)
    t = part - wanted
    t = t * np.uint64(10) + (t >> np.uint64(8))
    pair = np.uint64(0x000000FF000000FF)
    high = (t & pair) * np.uint64(0x000F424000000064)
    low = ((t >> np.uint64(16)) & pair) * np.uint64(0x0000271000000001)
    return (high + low) >> np.uint64(32), fine


class _Parts(NamedTuple):
    """Where the values stand: start, end, point, digits before and after it, sign."""

    starts: Ints
    ends: Ints
    dot: Ints
    whole: Ints
    fraction: Ints
    negative: NDArray[np.bool_]

    def at(self, rows: Ints) -> _Parts:
        """Return the parts of some of the values."""
        places = (part[rows] for part in self[:5])
        return _Parts(*places, negative=self.negative[rows])


def floats(text: Text, starts: Ints, ends: Ints) -> Floats:
    """Return the number between each start and end; NaN where the text is no number.

    Bit for bit what `float(text)` gives; blanks around a number are allowed.
    """
    if not len(starts):
        return np.empty(0)
    raw = text.bytes
    negative = raw[starts] == 45
    begin = starts + negative
    fraction = _fraction_digits(raw, begin, ends)
    dot = ends - fraction - (fraction >= 0)
    dot = np.where(fraction < 0, ends, dot)
    fraction = np.maximum(fraction, 0)
    whole = dot - begin
    parts = _Parts(starts, ends, dot, whole, fraction, negative)
    simple = (whole >= 1) & (whole <= 7) & (fraction <= 8)
    if simple.all():
        return _short(text, parts)
    out = np.full(len(starts), np.nan)
    for rows, parse in ((np.flatnonzero(simple), _short), (np.flatnonzero(~simple), _long)):
        if len(rows):
            out[rows] = parse(text, parts.at(rows))
    return out


def _fraction_digits(raw: NDArray[np.uint8], begin: Ints, ends: Ints) -> Ints:
    """Return how many digits follow the point of each value; -1 where there is no point."""
    found = np.full(len(begin), -1, dtype=np.int64)
    left = np.arange(len(begin))
    last, length = ends, ends - begin
    for digits in range(40):
        hit = raw[last - (1 + digits)] == 46
        if hit.all():
            found[left] = digits
            return found
        if hit.any():
            found[left[hit]] = digits
        keep = ~hit & (length > digits + 1)
        if not keep.any():
            return found
        if not keep.all():
            left, last, length = left[keep], last[keep], length[keep]
    return found


def _short(text: Text, parts: _Parts) -> Floats:
    """Up to 7 + 8 digits: an exact integer over an exact power of ten."""
    starts, ends, dot, whole, fraction, negative = parts
    left, fine = _digits(text.words(dot - 8), whole)
    value = left.astype(np.float64)
    if fraction.any():
        right, fine_too = _digits(text.words(ends - 8), fraction)
        fine &= fine_too
        scale = _TEN[fraction]
        value = (value * scale + right.astype(np.float64)) / scale
    value = np.where(negative, -value, value)
    if not fine.all():
        for i in np.flatnonzero(~fine):
            value[i] = one_float(text.slice(int(starts[i]), int(ends[i])))
    return value


def _long(text: Text, parts: _Parts) -> Floats:
    """Longer values: a 64-bit mantissa where it decides the rounding, else `float`."""
    starts, ends, dot, whole, fraction, negative = parts
    value = np.full(len(starts), np.nan)
    sure = np.zeros(len(starts), dtype=bool)
    rows = np.flatnonzero((whole >= 1) & (whole <= 3) & (fraction > 0))
    if LONG_MANTISSA and len(rows):
        used = np.minimum(fraction[rows], 16)
        cut = dot[rows] + 1 + used
        left, fine = _digits(text.words(dot[rows] - 8), whole[rows])
        low, fine_low = _digits(text.words(cut - 8), np.minimum(used, 8))
        high, fine_high = _digits(text.words(cut - 16), np.maximum(used - 8, 0))
        _, fine_end = _digits(text.words(ends[rows] - 8), np.minimum(fraction[rows], 8))
        mantissa = left * _TEN_INT[used] + high * _TEN_INT[8] + low
        exactly = mantissa.astype(np.longdouble) / _TEN_LONG[used]
        rounded = exactly.astype(np.float64)
        half = np.spacing(rounded) / 2
        doubt = np.where(fraction[rows] > 16, 1.0 / _TEN[used], 0.0) + rounded * 2.0**-62
        clear = np.frexp(rounded)[0] != 0.5  # beside a power of two the steps differ
        clear &= np.abs(np.abs((exactly - rounded).astype(np.float64)) - half) > doubt
        value[rows] = np.where(negative[rows], -rounded, rounded)
        sure[rows] = fine & fine_low & fine_high & fine_end & clear
    for i in np.flatnonzero(~sure):
        value[i] = one_float(text.slice(int(starts[i]), int(ends[i])))
    return value


def one_float(text: bytes | str) -> float:
    """Return `float(text)`, NaN where it is no plain number ("nan", "inf", "1_0" are none)."""
    plain = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    if not _PLAIN.match(plain):
        return float("nan")
    return float(plain)


_PLAIN = re.compile(r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$", re.ASCII)

# --- times --------------------------------------------------------------------------------

_TIME = re.compile(
    r"^\s*(-?\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)([.,]\d+)?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?\s*$",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = dt.date(1970, 1, 1).toordinal()
_TAIL = re.compile(r"^([.,]\d+)?(Z|[+-]\d\d:?\d\d)?$", re.ASCII)
_SHAPE_MASK = np.uint64(int.from_bytes(b"\xf0\xf0\xff\xf0\xf0\xff\xf0\xf0", "little"))
_SHAPE = np.uint64(int.from_bytes(b"00T00:00", "little"))
_DAY = np.uint64(0xFFFF)
_NIBBLE = np.uint64(15)


def one_time(text: bytes | str) -> tuple[float, int | None]:
    """Return (epoch seconds, UTC offset in seconds or None) of an ISO time; NaN if it is none.

    Without a zone it is taken as UTC, as GPX and TCX say.
    """
    plain = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    match = _TIME.match(plain)
    if not match:
        return float("nan"), None
    try:
        day = dt.date(int(match[1]), int(match[2]), int(match[3])).toordinal() - _EPOCH
    except ValueError:
        return float("nan"), None
    hour, minute, second = int(match[4] or 0), int(match[5] or 0), int(match[6] or 0)
    if hour > 24 or minute > 59 or second > 60:
        return float("nan"), None
    fraction = float(match[7].replace(",", ".")) if match[7] else 0.0
    offset = _offset(match[8])
    return day * 86400 + hour * 3600 + minute * 60 + second - (offset or 0) + fraction, offset


def _offset(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone in "Zz":
        return 0
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)


def times(text: Text, starts: Ints, ends: Ints) -> Floats:
    """Return epoch seconds of the ISO times between starts and ends; NaN where there is none."""
    if not len(starts):
        return np.empty(0)
    first, second, third = (text.words(starts + k) for k in (0, 8, 16))
    fine = ((second & _SHAPE_MASK) == _SHAPE) & ((third & np.uint64(0xFF)) == ord(":"))
    clock = (_two(second, 24) * 60 + _two(second, 48)) * 60 + _two(third, 8)
    fine &= (ends - starts >= 19) & (clock < 86400)
    day = _days(text, first, second, starts)
    tail = _tails(text, starts, ends)
    out = day + clock - tail[0] + tail[1]
    bad = ~fine | np.isnan(out)
    if bad.any():
        for i in np.flatnonzero(bad):
            out[i] = one_time(text.slice(int(starts[i]), int(ends[i])))[0]
    return out


def _two(word: Words, shift: int) -> Floats:
    tens = (word >> np.uint64(shift)) & _NIBBLE
    ones = (word >> np.uint64(shift + 8)) & _NIBBLE
    return (tens * np.uint64(10) + ones).astype(np.float64)


def _days(text: Text, first: Words, second: Words, starts: Ints) -> Floats:
    """Return the epoch seconds of each midnight: dates change seldom, so each is read once."""
    day = second & _DAY
    change = np.flatnonzero((first[1:] != first[:-1]) | (day[1:] != day[:-1])) + 1
    at = np.concatenate(([0], change, [len(first)]))
    out = np.empty(len(first))
    for a, b in pairwise(at.tolist()):
        place = int(starts[a])
        out[a:b] = one_time(text.slice(place, place + 10))[0]
    return out


def _tails(text: Text, starts: Ints, ends: Ints) -> tuple[Floats, Floats]:
    """Return zone offset and fraction of what stands behind the seconds ("Z", ".250+02:00")."""
    length = ends - starts - 19
    long = length > 8
    word = text.words(starts + 19) & FIRST[np.clip(length, 0, 8)]
    word[long] = _ALL
    if (word == word[0]).all():
        kinds, which = word[:1], np.zeros(len(word), dtype=np.int64)
    else:
        kinds, which = np.unique(word, return_inverse=True)
    offsets, fractions = np.full(len(kinds), np.nan), np.zeros(len(kinds))
    for k, kind in enumerate(kinds):
        plain = int(kind).to_bytes(8, "little").rstrip(b"\0").decode("ascii", "replace")
        match = _TAIL.match(plain)
        if match:
            offsets[k] = _offset(match[2]) or 0
            fractions[k] = float(match[1].replace(",", ".")) if match[1] else 0.0
    return offsets[which], fractions[which]
