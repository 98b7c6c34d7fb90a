"""Many FIT files as one stream of messages: which message has which shape, without a loop.

The seam of decoding: bytes in, groups of (shape, places) out. A compiled core may stand here one
day with this one as its oracle.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from backinstride.errors import Problem
from backinstride.readers.fit_expand import rolled
from backinstride.readers.fit_fields import BYTE
from backinstride.readers.fit_frames import Part, parts
from backinstride.readers.fit_shapes import (
    DeveloperField,
    Shape,
    gather,
    raw_column,
    raw_values,
    shape,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backinstride.readers.fit_frames import Definition

Ints = NDArray[np.int64]

FIELD_DESCRIPTION, TIMESTAMP = 206, 253
# Local message type of each header byte: 4 bits, or 2 bits under a compressed timestamp.
_LOCAL = np.arange(256, dtype=np.int64) & 15
_LOCAL[128:] = np.arange(128, 256) >> 5 & 3


class Stream(msgspec.Struct, frozen=True):
    """The messages of several files, in order.

    `data` is all files joined; `offsets` the place of each message in it; `shape_of` the index of
    its shape in `shapes`. `parts[i]` belongs to file `file_of[i]`, whose bytes begin at
    `begins[file]`, and holds the messages `firsts[i]` to `firsts[i + 1]`. `problems[file]` is what
    is wrong with a file.
    """

    data: bytes
    offsets: Ints
    shape_of: NDArray[np.int32]
    shapes: list[Shape]
    parts: list[Part]
    file_of: list[int]
    firsts: Ints
    begins: list[int]
    problems: list[list[Problem]]

    def places(self, *numbers: int) -> Ints:
        """Return the indices of all messages of these kinds, in order."""
        wanted = np.array([shape.number in numbers for shape in self.shapes], dtype=bool)
        if not wanted.any():
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(wanted.take(self.shape_of))

    def groups(self, chosen: Ints) -> Iterator[tuple[Shape, Ints, NDArray[np.uint8]]]:
        """Yield (shape, positions within `chosen`, rows of bytes) for messages of equal shape."""
        of = self.shape_of[chosen]
        if not len(of):
            return
        order = np.argsort(of, kind="stable")
        ranked = of[order]
        edges = np.flatnonzero(np.diff(ranked, prepend=-1, append=-1))
        for low, high in pairwise(edges.tolist()):
            within = order[low:high]
            form = self.shapes[ranked[low]]
            places = self.offsets[chosen[within]]
            yield form, within, gather(self.data, places, form.definition.size)

    def seconds(self, part: int) -> NDArray[np.float64] | None:
        """Return the time of every message of a part in FIT seconds, NaN where it has none.

        None where no message has a compressed timestamp: then each message says its own time.
        """
        low, high = self.firsts[part], self.firsts[part + 1]
        places = self.offsets[low:high]
        header = np.frombuffer(self.data, dtype=np.uint8)[places]
        packed = header >= 0x80
        if not packed.any():
            return None
        value = np.where(packed, header.astype(np.int64) & 31, -1)
        for form, within, rows in self.groups(np.arange(low, high)):
            for slot in form.slots:
                if slot.field and slot.field.number == TIMESTAMP and slot.is_whole_number:
                    raw = raw_column(rows, slot, big_endian=form.definition.big_endian)
                    value[within] = np.where(raw == slot.kind.invalid, value[within], raw)
        known = np.flatnonzero(value >= 0)
        full = (value[known] > 31) | ~packed[known]
        out = np.full(len(places), np.nan)
        out[known] = rolled(value[known], full, 5)
        return out


class _Register:
    """The shapes met so far in a stream, each with its index."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.index: dict[tuple[bytes, tuple[DeveloperField, ...]], int] = {}

    def of(self, form: Definition, described: tuple[DeveloperField, ...]) -> int:
        """Return the index of a definition's shape under these developer fields."""
        key = (form.body, described if form.developer else ())
        found = self.index.get(key)
        if found is None:
            found = self.index[key] = len(self.shapes)
            self.shapes.append(shape(form, key[1]))
        return found


def _table(part: Part, forms: list[int], table: list[int], counts: list[int]) -> None:
    """Append, for each stretch between definitions, the shapes of the 16 local types."""
    state = [0] * 16
    ends = [*part.starts[1:], len(part.offsets)]
    for local, form, start, end in zip(part.locals, forms, part.starts, ends, strict=False):
        state[local] = form
        if end > start:
            table += state
            counts.append(end - start)


def _shape_of(headers: NDArray[np.uint8], table: list[int], counts: list[int]) -> NDArray[np.int32]:
    """Return the shape of every message from its header and the stretch it lies in."""
    if not counts:
        return np.empty(0, dtype=np.int32)
    index = np.repeat(np.arange(0, 16 * len(counts), 16), counts)
    index += _LOCAL.take(headers)
    return np.array(table, dtype=np.int32).take(index)


def _described(data: bytes, part: Part, register: _Register) -> tuple[DeveloperField, ...]:
    """Return the developer fields that a part describes; the last description of a field holds."""
    forms = [register.of(form, ()) for form in part.definitions]
    table: list[int] = []
    counts: list[int] = []
    _table(part, forms, table, counts)
    of = _shape_of(np.frombuffer(data, dtype=np.uint8).take(part.offsets), table, counts)
    wanted = np.array([s.number == FIELD_DESCRIPTION for s in register.shapes]).take(of)
    out = {}
    for k in np.flatnonzero(wanted):
        raw = raw_values(register.shapes[of[k]], data, int(part.offsets[k]))
        field = _developer_field(raw)
        if field:
            out[field.index, field.number] = field
    return tuple(out[key] for key in sorted(out))


def _developer_field(raw: dict[str, Any]) -> DeveloperField | None:
    index, number = raw.get("developer_data_index"), raw.get("field_definition_number")
    if not isinstance(index, int) or not isinstance(number, int):
        return None
    base = raw.get("fit_base_type_id")
    return DeveloperField(
        index=index,
        number=number,
        name=_word(raw.get("field_name")) or f"unknown_{index}_{number}",
        base=base if isinstance(base, int) else BYTE,
        units=_word(raw.get("units")),
        scale=_number(raw.get("scale"), 1.0),
        offset=_number(raw.get("offset"), 0.0),
    )


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) and value else default


def _word(value: Any) -> str:
    return str((value[0] if isinstance(value, list) else value) or "")


def _forms(data: bytes, part: Part, register: _Register) -> list[int]:
    """Return the shapes of a part's definitions."""
    described: tuple[DeveloperField, ...] = ()
    if any(form.developer for form in part.definitions):
        described = _described(data, part, register)
    return [register.of(form, described) for form in part.definitions]


def stream(files: Sequence[tuple[str, bytes]]) -> Stream:
    """Read files (name, bytes) together; what is wrong with one is in its `problems`."""
    register = _Register()
    found: list[Part] = []
    file_of: list[int] = []
    offsets: list[Ints] = []
    problems: list[list[Problem]] = []
    begins = [0]
    table: list[int] = []
    counts: list[int] = []
    for number, (name, data) in enumerate(files):
        here, wrong = parts(data, name)
        problems.append(wrong)
        for part in here:
            _table(part, _forms(data, part, register), table, counts)
            offsets.append(part.offsets + begins[-1] if begins[-1] else part.offsets)
        found += here
        file_of += [number] * len(here)
        begins.append(begins[-1] + len(data))
    joined = files[0][1] if len(files) == 1 else b"".join(data for _, data in files)
    every = np.concatenate(offsets) if offsets else np.empty(0, dtype=np.int64)
    headers = np.frombuffer(joined, dtype=np.uint8).take(every)
    return Stream(
        data=joined,
        offsets=every,
        shape_of=_shape_of(headers, table, counts),
        shapes=register.shapes,
        parts=found,
        file_of=file_of,
        firsts=np.cumsum([0, *map(len, offsets)]),
        begins=begins,
        problems=problems,
    )
