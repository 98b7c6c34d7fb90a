"""What a definition means: a plan, made once, by which columns or single messages are read.

A :class:`Shape` is a definition together with the names of its developer fields. `columns` turns
thousands of messages of one shape into float64 arrays; `values` reads one message.
"""

from __future__ import annotations

import math
import struct
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from backinstride.readers.fit_fields import (
    BASE_BY_LOW_BITS,
    BASE_TYPES,
    BYTE,
    STRING,
    BaseType,
    Field,
    message,
)
from backinstride.readers.fit_frames import Definition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from backinstride.readers.fit_frames import FieldSlot


class DeveloperField(msgspec.Struct, frozen=True):
    """What a field_description message says of one developer field."""

    index: int
    number: int
    name: str
    base: int
    units: str = ""
    scale: float = 1.0
    offset: float = 0.0


class Slot(msgspec.Struct, frozen=True):
    """One field as it lies in a message: where, of which type, how many, what it means.

    `field` is None for a number the profile does not know; `developer` holds its description.
    """

    key: str
    start: int
    size: int
    base: int
    kind: BaseType
    count: int
    field: Field | None = None
    developer: DeveloperField | None = None

    @property
    def is_number(self) -> bool:
        """Return whether the field holds numbers (one or several), not text."""
        return self.base != STRING and self.size > 0

    @property
    def is_whole_number(self) -> bool:
        """Return whether the field holds one integer."""
        return self.is_number and self.count == 1 and self.kind.invalid is not None

    @property
    def scale(self) -> float:
        """Return the divisor of the raw value."""
        known = self.field or self.developer
        return known.scale if known else 1.0

    @property
    def offset(self) -> float:
        """Return what is subtracted after scaling."""
        known = self.field or self.developer
        return known.offset if known else 0.0


class Shape(msgspec.Struct, frozen=True, eq=False):
    """A definition with all its fields named; equal only to itself, so that plans hang on it."""

    definition: Definition
    name: str
    slots: tuple[Slot, ...]

    @property
    def number(self) -> int:
        """Return the global message number."""
        return self.definition.number


def _typed(base: int, size: int) -> tuple[int, BaseType, int]:
    """Return base type and count; bytes where type and size do not fit each other."""
    number = base if base in BASE_TYPES else BASE_BY_LOW_BITS.get(base & 0x1F, BYTE)
    kind = BASE_TYPES[number]
    if size % kind.size:
        number, kind = BYTE, BASE_TYPES[BYTE]
    return number, kind, size // kind.size


def _slot(raw: FieldSlot, known: dict[int, Field]) -> Slot:
    base, kind, count = _typed(raw.base, raw.size)
    field = known.get(raw.number)
    key = field.name if field else f"unknown_{raw.number}"
    return Slot(key, raw.start, raw.size, base, kind, count, field)


def _developer_slot(raw: FieldSlot, described: dict[tuple[int, int], DeveloperField]) -> Slot:
    """Return the slot of a developer field; without a description it is bytes under its number."""
    field = described.get((raw.base, raw.number))
    base, kind, count = _typed(field.base if field else BYTE, raw.size)
    key = f"dev:{field.name}" if field else f"dev:unknown_{raw.base}_{raw.number}"
    return Slot(key, raw.start, raw.size, base, kind, count, None, field)


@lru_cache(maxsize=4096)
def shape(definition: Definition, described: tuple[DeveloperField, ...] = ()) -> Shape:
    """Return the shape of a definition under these developer fields."""
    known = message(definition.number)
    by_number = {(field.index, field.number): field for field in described}
    slots = [_slot(raw, known.fields) for raw in definition.slots]
    keys = {slot.key for slot in slots}
    for raw in definition.developer:
        slot = _developer_slot(raw, by_number)
        if slot.key in keys:  # two applications with one word for different things
            slot = msgspec.structs.replace(slot, key=f"{slot.key}#{raw.base}")
        keys.add(slot.key)
        slots.append(slot)
    return Shape(definition, known.name, tuple(slots))


# --- columns -----------------------------------------------------------------------------------


@cache
def _byte_table(base: int, scale: float, offset: float) -> NDArray[np.float64]:
    """Return the 256 physical values of a one-byte type, NaN at the invalid one."""
    kind = BASE_TYPES[base]
    raw = np.arange(256, dtype=np.uint8).view(kind.code)
    table = raw.astype(np.float64) / scale - offset
    if kind.invalid is not None:
        table[raw == kind.invalid] = np.nan
    return table


def _floats(raw: NDArray[Any], scale: float, offset: float) -> NDArray[np.float64]:
    """Return scaled floating-point fields; every NaN and infinity is NaN, without a warning."""
    with np.errstate(all="ignore"):
        out: NDArray[np.float64] = np.divide(raw, scale, dtype=np.float64) - offset
    np.putmask(out, ~np.isfinite(out), np.nan)
    return out


def physical(raw: NDArray[Any], base: int, scale: float, offset: float) -> NDArray[np.float64]:
    """Return raw / scale - offset as float64, NaN where the raw value is the type's invalid one."""
    kind = BASE_TYPES[base]
    if kind.size == 1:
        table = _byte_table(base, scale, offset)
        return table.take(raw if raw.dtype == np.uint8 else raw.view(np.uint8))
    if kind.invalid is None:
        return _floats(raw, scale, offset)
    out: NDArray[np.float64] = np.divide(raw, scale, dtype=np.float64)
    if offset:
        out -= offset
    np.putmask(out, raw == kind.invalid, np.nan)
    return out


def gather(data: bytes, places: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """Return the bytes of messages of one size as a table, a row a message."""
    sliding = np.ndarray((len(data) - size + 1,), dtype=f"V{size}", buffer=data, strides=(1,))
    return sliding[places].view(np.uint8).reshape(-1, size)


_DTYPES = {
    (big, kind.code): np.dtype((">" if big else "<") + kind.code)
    for kind in BASE_TYPES.values()
    for big in (False, True)
}


def raw_column(rows: NDArray[np.uint8], slot: Slot, *, big_endian: bool) -> NDArray[Any]:
    """Return the raw numbers of a field, shape (rows,) or (rows, count), a view without a copy."""
    dtype = _DTYPES[big_endian, slot.kind.code]
    shape_: tuple[int, ...] = (len(rows),)
    strides: tuple[int, ...] = (rows.strides[0],)
    if slot.count != 1:
        shape_, strides = (*shape_, slot.count), (*strides, dtype.itemsize)
    return np.ndarray(shape_, dtype=dtype, buffer=rows, offset=slot.start, strides=strides)


def column(rows: NDArray[np.uint8], slot: Slot, *, big_endian: bool) -> NDArray[np.float64]:
    """Return the physical values of a numeric field as float64 with NaN for invalid."""
    raw = raw_column(rows, slot, big_endian=big_endian)
    return physical(raw, slot.base, slot.scale, slot.offset)


# --- single messages ---------------------------------------------------------------------------


def _struct(shape_: Shape, slots: Iterable[Slot]) -> struct.Struct:
    """Return the struct that reads these fields of a message; arrays and text as bytes."""
    code = [">" if shape_.definition.big_endian else "<"]
    at = 0
    for slot in slots:
        is_bytes = slot.count != 1 or slot.base == STRING
        code.append(f"{slot.start - at}x")
        code.append(f"{slot.size}s" if is_bytes else _CODES[slot.base])
        at = slot.start + slot.size
    return struct.Struct("".join(code))


@lru_cache(maxsize=4096)
def _layout(shape_: Shape) -> tuple[struct.Struct, tuple[Slot, ...]]:
    """Return the struct that reads a whole message, and its fields."""
    slots = tuple(slot for slot in shape_.slots if slot.size)
    return _struct(shape_, slots), slots


_BY_NUMPY = {"u1": "B", "i1": "b", "u2": "H", "i2": "h", "u4": "I", "i4": "i", "u8": "Q", "i8": "q"}
_BY_NUMPY |= {"f4": "f", "f8": "d", "S": "s"}
_CODES = {number: _BY_NUMPY[kind.code] for number, kind in BASE_TYPES.items()}


def text(raw: bytes) -> str | list[str] | None:
    """Return a string field: up to its first NUL, a list where several strings follow."""
    parts = raw.rstrip(b"\0").split(b"\0")
    words = [part.decode("utf-8", errors="replace") for part in parts]
    if not any(words):
        return None
    return words[0] if len(words) == 1 else words


def _array(raw: bytes, slot: Slot, *, big_endian: bool) -> list[int | float | None] | None:
    """Return the raw values of an array field, None for invalid ones, None if all are."""
    order = ">" if big_endian else "<"
    values: tuple[Any, ...] = struct.unpack(f"{order}{slot.count}{_CODES[slot.base]}", raw)
    invalid = slot.kind.invalid
    if all(v == invalid or v != v for v in values):  # noqa: PLR0124 - NaN
        return None
    if slot.base == BYTE:
        return list(values)  # one value of several bytes: 0xFF within it is data
    return [None if v == invalid or v != v else v for v in values]  # noqa: PLR0124 - NaN


def raw_values(shape_: Shape, data: bytes, at: int) -> dict[str, Any]:
    """Return the raw values of one message by field name; fields without a value are left out."""
    layout, slots = _layout(shape_)
    out: dict[str, Any] = {}
    for slot, value in zip(slots, layout.unpack_from(data, at), strict=True):
        if slot.base == STRING:
            value = text(value)  # noqa: PLW2901 - the same value, read
        elif slot.count != 1:
            value = _array(value, slot, big_endian=shape_.definition.big_endian)  # noqa: PLW2901
        elif value == slot.kind.invalid or (value != value):  # noqa: PLR0124 - NaN
            continue
        if value is not None:
            out[slot.key] = value
    return out


def scaled(value: Any, scale: float, offset: float) -> Any:
    """Return raw / scale - offset of a number or of each number of a list; text passes."""
    if isinstance(value, list):
        return [scaled(v, scale, offset) for v in value]
    if value is None or isinstance(value, str) or (scale == 1.0 and offset == 0.0):
        return value
    out = value / scale - offset
    return None if math.isnan(out) else out


@lru_cache(maxsize=4096)
def _cells(
    shape_: Shape, wanted: frozenset[str]
) -> tuple[struct.Struct, tuple[tuple[str, int | None, float, float, bool], ...]]:
    """Return the struct of the wanted single fields, and key, invalid, scale, offset, is text."""
    slots = tuple(slot for slot in shape_.slots if slot.key in wanted and _is_single(slot))
    cells = tuple((s.key, s.kind.invalid, s.scale, s.offset, s.base == STRING) for s in slots)
    return _struct(shape_, slots), cells


def _is_single(slot: Slot) -> bool:
    """Return whether a field is one number, or text where the profile says text."""
    if slot.base == STRING:
        return slot.field is not None and slot.field.base == STRING and slot.size > 0
    return slot.count == 1 and (slot.field is None or slot.field.base != STRING)


def scalars(shape_: Shape, data: bytes, at: int, wanted: frozenset[str]) -> dict[str, Any]:
    """Return the physical values of the wanted single fields of one message.

    Fields without a value are left out, and so are those whose type is not the profile's kind (a
    broken file may call a number text). Of a text field the first string counts: behind it stands
    what was in the watch's memory.
    """
    layout, cells = _cells(shape_, wanted)
    out: dict[str, Any] = {}
    for (key, invalid, scale, offset, is_text), value in zip(
        cells, layout.unpack_from(data, at), strict=True
    ):
        if is_text:
            words = text(value)
            if words:
                out[key] = words if isinstance(words, str) else words[0]
        elif value != invalid and (invalid is not None or math.isfinite(value)):
            out[key] = value if scale == 1.0 and offset == 0.0 else value / scale - offset
    return out
