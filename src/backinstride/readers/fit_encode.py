"""Write FIT: messages with field names and physical values in, the bytes of a file out.

Used for workouts on the watch, for the demo's runs and for tests. A message is a pair
`("record", {"timestamp": 1767225600, "distance": 12.5})`:

- names are the profile's, sub-fields included (`duration_time` of a workout step); developer
  fields are `dev:<name>` after a `field_description` message has named them;
- values are physical (metres, metres a second, degrees for positions); enumerations take their
  word or number; `date_time` takes an aware datetime or Unix seconds, `local_date_time` a naive
  datetime or the local wall clock as Unix seconds; lists are arrays; None and NaN are left empty;
- one-dimensional numpy arrays of equal length write as many messages of one shape at once.
"""

from __future__ import annotations

import datetime as dt
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from backinstride.readers.fit_crc import crc16
from backinstride.readers.fit_fields import (
    BASE_TYPES,
    FIT_EPOCH_S,
    STRING,
    Field,
    base_of,
    enum_value,
    message,
    message_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

PROTOCOL, PROFILE = 0x20, 21171
SEMICIRCLES_PER_DEGREE = 2**31 / 180


class _Cell:
    """One field of one message, ready for the definition (number, size, base) and the row."""

    __slots__ = ("base", "data", "number", "size")

    def __init__(self, number: int, base: int, data: NDArray[Any], size: int) -> None:
        self.number, self.base, self.data, self.size = number, base, data, size


def _seconds(value: Any) -> Any:
    """Return a moment as Unix seconds; numbers and arrays pass."""
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).timestamp()
    return value


def _raw(field: Field, value: Any) -> Any:
    """Return physical values as the numbers of the file, still unrounded."""
    if isinstance(value, str):
        return base_of(value) if field.type == "fit_base_type" else enum_value(field.type, value)
    if field.type in ("date_time", "local_date_time"):
        return np.asarray(_seconds(value), dtype=np.float64) - FIT_EPOCH_S
    if isinstance(value, int) and not field.is_scaled:
        return value  # exact: a 64-bit number does not pass through a float
    scale = SEMICIRCLES_PER_DEGREE if field.units == "semicircles" else field.scale
    cells = [np.nan if v is None else v for v in value] if isinstance(value, list) else value
    return (np.asarray(cells, dtype=np.float64) + field.offset) * scale


def _packed(base: int, raw: Any) -> NDArray[Any]:
    """Return rounded little-endian numbers; what does not fit becomes the invalid value."""
    kind = BASE_TYPES[base]
    dtype = np.dtype("<" + kind.code)
    if kind.invalid is None:
        return np.asarray(raw, dtype=dtype)
    limits = np.iinfo(dtype)
    if isinstance(raw, int):
        return np.asarray(raw if limits.min <= raw <= limits.max else kind.invalid, dtype=dtype)
    rounded = np.rint(raw)
    fits = (rounded >= limits.min) & (rounded <= limits.max)
    return np.where(fits, np.where(fits, rounded, 0).astype(dtype), dtype.type(kind.invalid))


def _text(number: int, value: str | list[str]) -> _Cell:
    parts = [value] if isinstance(value, str) else value
    data = b"".join(part.encode() + b"\0" for part in parts)[:255]
    return _Cell(number, STRING, np.frombuffer(data, dtype=np.uint8), len(data))


class _Writer:
    """Definitions in force and developer fields named so far."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.local: dict[bytes, int] = {}
        self.developer: dict[str, tuple[int, int, int]] = {}

    def cells(self, name: str, values: Mapping[str, Any]) -> tuple[list[_Cell], list[_Cell]]:
        """Return the profile's and the developer's fields of a message."""
        known = message(message_number(name)).by_name()
        plain: list[_Cell] = []
        own: list[_Cell] = []
        for key, value in values.items():
            if value is None:
                continue
            if key.startswith("dev:"):
                index, number, base = self.developer[key[4:]]
                field = Field(number, key, "", base)
                own.append(self.cell(field, value))
                own[-1].base = index  # a developer field's definition carries the index there
            else:
                plain.append(self.cell(known[key], value))
        return plain, own

    @staticmethod
    def cell(field: Field, value: Any) -> _Cell:
        """Return one field's numbers; arrays run along the last axis, messages along the first."""
        if field.base == STRING:
            return _text(field.number, value)
        data = _packed(field.base, _raw(field, value))
        if isinstance(value, list):
            return _Cell(field.number, field.base, data, data.nbytes)
        return _Cell(field.number, field.base, data, data.dtype.itemsize)

    def add(self, name: str, values: Mapping[str, Any]) -> None:
        """Append one message, or as many as the arrays are long, and its definition if new."""
        plain, own = self.cells(name, values)
        if name == "field_description":
            base = values["fit_base_type_id"]
            self.developer[str(values["field_name"])] = (
                int(values["developer_data_index"]),
                int(values["field_definition_number"]),
                base_of(base) if isinstance(base, str) else int(base),
            )
        local = self.define(message_number(name), plain, own)
        cells = plain + own
        rows = max((len(v) for v in values.values() if isinstance(v, np.ndarray)), default=1)
        width = 1 + sum(cell.size for cell in cells)
        table = np.empty((rows, width), dtype=np.uint8)
        table[:, 0] = local
        at = 1
        for cell in cells:
            flat = np.ascontiguousarray(cell.data).reshape(-1).view(np.uint8)
            table[:, at : at + cell.size] = flat.reshape(-1, cell.size)
            at += cell.size
        self.out += table.tobytes()

    def define(self, number: int, plain: list[_Cell], own: list[_Cell]) -> int:
        """Return the local number of a definition; writes the definition where it is not held."""
        body = struct.pack("<BBHB", 0, 0, number, len(plain))
        body += b"".join(struct.pack("BBB", c.number, c.size, c.base) for c in plain)
        if own:
            body += struct.pack("B", len(own))
            body += b"".join(struct.pack("BBB", c.number, c.size, c.base) for c in own)
        if body in self.local:
            return self.local[body]
        local = len(self.local) if len(self.local) < 16 else 15
        self.local = {b: n for b, n in self.local.items() if n != local}
        self.local[body] = local
        self.out += bytes([0x40 | (0x20 if own else 0) | local]) + body
        return local


def encode(messages: Iterable[tuple[str, Mapping[str, Any]]]) -> bytes:
    """Return a FIT file of these messages, with header and file check sums.

    Raises KeyError for a message, field or enumeration word that the profile does not know.
    """
    writer = _Writer()
    for name, values in messages:
        writer.add(name, values)
    head = struct.pack("<BBHI4s", 14, PROTOCOL, PROFILE, len(writer.out), b".FIT")
    head += struct.pack("<H", crc16(head))
    body = head + bytes(writer.out)
    return body + struct.pack("<H", crc16(body))
