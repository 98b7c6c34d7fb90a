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

BACK = 64  # zeros behind a document
_ONES = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_POINTS = np.uint64(0x2E2E2E2E2E2E2E2E)
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
    """A document's bytes as arrays: `bytes[i]`, and `words(i)`, the eight bytes from i on.

    `data[:end]` is the document from `start` on; zeros stand behind it, so that words near the
    end exist. Places below 32 must not be asked for words before them.
    """

    def __init__(self, data: bytes, start: int = 0) -> None:
        self.end = len(data) - start
        self.data = b"".join((memoryview(data)[start:], bytes(BACK)))
        self.bytes: NDArray[np.uint8] = np.frombuffer(self.data, dtype=np.uint8)
        self._words: Words = np.ndarray(
            (len(self.data) - 7,), dtype="<u8", buffer=self.data, strides=(1,)
        )

    def words(self, places: Ints) -> Words:
        """Return the eight bytes from each place as one little-endian number."""
        return self._words[places]

    def slice(self, start: int, end: int) -> bytes:
        """Return the bytes of one value."""
        return self.data[start:end]


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
        return _Parts(
            self.starts[rows],
            self.ends[rows],
            self.dot[rows],
            self.whole[rows],
            self.fraction[rows],
            self.negative[rows],
        )


def floats(text: Text, starts: Ints, ends: Ints) -> Floats:
    """Return the number between each start and end; NaN where the text is no number.

    Bit for bit what `float(text)` gives; blanks around a number are allowed.
    """
    if not len(starts):
        return np.empty(0)
    negative = text.bytes[starts] == 45
    last = text.words(ends - 8)
    length = ends - starts - negative
    fraction = _fraction_digits(text, last, length, ends)
    pointed = fraction >= 0
    digits = np.maximum(fraction, 0)
    whole = length - digits - pointed
    parts = _Parts(starts, ends, ends - digits - pointed, whole, digits, negative)
    simple = (whole >= 1) & (whole <= 7) & (digits <= 8)
    if simple.all():
        return _short(text, parts, last)
    out = np.full(len(starts), np.nan)
    rows = np.flatnonzero(simple)
    if len(rows):
        out[rows] = _short(text, parts.at(rows), last[rows])
    rows = np.flatnonzero(~simple)
    out[rows] = _long(text, parts.at(rows))
    return out


def _fraction_digits(text: Text, last: Words, length: Ints, ends: Ints) -> Ints:
    """Return how many digits follow the point of each value; -1 where there is no point."""
    found = _behind_point(last)
    missing = found == 8
    if missing.any():  # no point in the last eight bytes: look at the ones before
        left = np.flatnonzero(missing & (length > 8))
        for step in (16, 24, 32, 40):
            if not len(left):
                break
            more = _behind_point(text.words(ends[left] - step))
            found[left] = step - 8 + more
            left = left[more == 8]
    found[found >= length] = -1  # that point stands before the value
    return found


def _behind_point(words: Words) -> Ints:
    """Return how many bytes of a word stand behind its last point; 8 where it has none."""
    odd = words ^ _POINTS
    hits = (odd - _ONES) & ~odd & _HIGH
    hits |= hits >> np.uint64(8)
    hits |= hits >> np.uint64(16)
    hits |= hits >> np.uint64(32)
    behind: Ints = 8 - np.bitwise_count(hits).astype(np.int64)
    return behind


def _short(text: Text, parts: _Parts, last: Words) -> Floats:
    """Up to 7 + 8 digits: an exact integer over an exact power of ten."""
    starts, ends, dot, whole, fraction, negative = parts
    left, fine = _digits(text.words(dot - 8), whole)
    value = left.astype(np.float64)
    if fraction.any():
        right, fine_too = _digits(last, fraction)
        fine &= fine_too
        scale = _TEN[fraction]
        value *= scale
        value += right
        value /= scale
    if negative.any():
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
        rest = np.clip(fraction[rows] - 16, 0, 8)
        beyond, fine_rest = _digits(text.words(cut + rest - 8), rest)
        _, fine_end = _digits(text.words(ends[rows] - 8), np.minimum(fraction[rows], 8))
        mantissa = left * _TEN_INT[used] + high * _TEN_INT[8] + low
        exactly = mantissa.astype(np.longdouble) / _TEN_LONG[used]
        exactly += beyond / _TEN[16 + np.minimum(rest, 6)] / _TEN[np.maximum(rest - 6, 0)]
        rounded = exactly.astype(np.float64)
        half = np.spacing(rounded) / 2
        doubt = np.where(fraction[rows] > 24, 1e-24, 0.0) + rounded * 2.0**-61
        clear = np.frexp(rounded)[0] != 0.5  # beside a power of two the steps differ
        clear &= np.abs(np.abs((exactly - rounded).astype(np.float64)) - half) > doubt
        fine &= fine_rest
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
    offset, fraction = _tails(text, starts, ends)
    out = day + clock - offset + fraction
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
    out = np.full(len(first), _midnight(text, starts, 0))
    other = (first != first[0]) | (day != day[0])
    if not other.any():
        return out
    change = np.flatnonzero((first[1:] != first[:-1]) | (day[1:] != day[:-1])) + 1
    for a, b in pairwise([0, *change.tolist(), len(first)]):
        out[a:b] = _midnight(text, starts, a)
    return out


def _midnight(text: Text, starts: Ints, row: int) -> float:
    place = int(starts[row])
    return one_time(text.slice(place, place + 10))[0]


def _tails(text: Text, starts: Ints, ends: Ints) -> tuple[float, Floats]:
    """Return the zone's offset and the fractions of a second behind the clock (".250+02:00").

    All must share the first one's zone; the fraction is NaN where something else stands.
    """
    match = _TAIL.match(text.slice(int(starts[0]) + 19, int(ends[0])).decode("ascii", "replace"))
    zone = (match[2] or "") if match else "Z"
    size = len(zone)
    before = ends - size
    length = before - starts - 20  # digits behind the point; -1 where there is no point
    fine = (length == -1) | ((length >= 1) & (length <= 8) & (text.bytes[starts + 19] == 46))
    if size:
        wanted = np.uint64(int.from_bytes(zone.encode().rjust(8, b"\0"), "little"))
        fine &= (text.words(ends - 8) & _LAST[size]) == wanted
    fraction = np.zeros(len(starts))
    if not (length == -1).all():
        count = np.clip(length, 0, 8)
        digits, real = _digits(text.words(before - 8), count)
        fraction = digits / _TEN[count]
        fine &= real
    if not fine.all():
        fraction[~fine] = np.nan
    return float(_offset(zone) or 0), fraction
