"""The FIT check sum, vectorised: CRC-16 with polynomial x^16 + x^15 + x^2 + 1, start 0.

A check sum is the remainder of the data, read as one polynomial over two elements. The polynomial
divides x^29 + x^14 + x + 1, and with it the same in x^2, x^4, ... (squaring is linear there). So
the first bytes of any data may be XORed into later ones, 15, 28 and 29 units down, and left out; a
few dozen such folds leave less than a hundred bytes for the plain table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHORT = 96  # bytes below which the plain table is faster than another fold


def _table() -> tuple[int, ...]:
    out = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
        out.append(value)
    return tuple(out)


_TABLE = _table()


def _plain(data: bytes) -> int:
    crc = 0
    table = _TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def _folded(data: bytes | memoryview) -> bytes:
    """Return less than `_SHORT` bytes with the check sum of `data`."""
    work: NDArray[np.uint8] = np.frombuffer(data, dtype=np.uint8).copy()
    end = len(work)
    at = 0
    unit = 1 << (end.bit_length() - 1)
    while end - at > _SHORT:
        left = end - at
        while 29 * unit >= left:
            unit >>= 1
        size = min(15 * unit, left - 29 * unit)
        top = work[at : at + size]
        for down in (15 * unit, 28 * unit, 29 * unit):
            below = work[at + down : at + down + size]
            np.bitwise_xor(below, top, out=below)
        at += size
    return work[at:].tobytes()


def crc16(data: bytes | memoryview) -> int:
    """Return the FIT check sum of `data`; 0 for no data."""
    return _plain(_folded(data) if len(data) > _SHORT else bytes(data))
