"""FIT bytes to frames: the parts of a file, where each message lies and what shapes it.

Nothing is converted here. The walk over the messages is the one sequential step of decoding and
costs about half of it; everything after it is done on arrays.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from backinstride.errors import Problem
from backinstride.readers.fit_crc import crc16

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b".FIT"
CRC_BYTES = 2
# Beyond anything a device writes; a file made to exhaust a reader stops here with a problem.
MOST_MESSAGES, MOST_DEFINITIONS, MOST_PARTS = 5_000_000, 50_000, 1_000
Offsets = NDArray[np.int64]


class FieldSlot(msgspec.Struct, frozen=True):
    """One field of a definition: number, size in bytes, base type; `start` within the message.

    For a developer field `base` is the developer data index.
    """

    number: int
    size: int
    base: int
    start: int


class Definition(msgspec.Struct, frozen=True, eq=False):
    """How messages are laid out: global number, byte order, fields, size with the header byte."""

    body: bytes
    number: int
    big_endian: bool
    slots: tuple[FieldSlot, ...]
    developer: tuple[FieldSlot, ...]
    size: int


class Part(msgspec.Struct, frozen=True):
    """One FIT file of a chain (most files have one part).

    `offsets` are the places of the data messages in the whole bytes, in order. `starts[i]` is the
    index of the first message for which definition `definitions[i]` of local type `locals[i]`
    holds. `crc_ok` is None where no check sum could be read. `faults`: place, slug, words.
    """

    start: int
    end: int
    offsets: Offsets
    starts: list[int]
    locals: list[int]
    definitions: list[Definition]
    crc_ok: bool | None
    faults: tuple[tuple[int, str, str], ...] = ()


@lru_cache(maxsize=4096)
def definition(body: bytes) -> Definition:
    """Parse the bytes of a definition (after its header byte), developer fields included."""
    count = body[4]
    order = "big" if body[1] else "little"
    start = 1
    slots = []
    for at in range(5, 5 + 3 * count, 3):
        slots.append(FieldSlot(body[at], body[at + 1], body[at + 2], start))
        start += body[at + 1]
    developer = []
    for at in range(6 + 3 * count, len(body), 3):
        developer.append(FieldSlot(body[at], body[at + 1], body[at + 2], start))
        start += body[at + 1]
    number = int.from_bytes(body[2:4], "big" if body[1] else "little")
    return Definition(body, number, order == "big", tuple(slots), tuple(developer), start)


class _Walk:
    """The walk over one part: yields the place of each message, notes the definitions met."""

    def __init__(self, data: bytes, first: int) -> None:
        self.data, self.first, self.after = data, first, first
        self.places: list[int] = []  # from where on each definition holds
        self.locals: list[int] = []
        self.definitions: list[Definition] = []
        self.fault: tuple[int, str, str] | None = None

    def offsets(self) -> Iterator[int]:
        """Yield the place of every data message, the last one perhaps cut short."""
        data, at = self.data, self.first
        sizes: list[int] = [None] * 256  # type: ignore[list-item]
        while True:
            try:
                while True:  # the hot loop: nothing but a look-up and an addition
                    after = at + sizes[data[at]]
                    yield at
                    at = after
            except IndexError:  # the end of the data, or beyond it
                self.after = at
                return
            except TypeError:  # no size: a definition, or a fault
                pass
            after_definition = self._define(at, sizes)
            if after_definition is None:
                self.after = at
                return
            at = after_definition

    def _define(self, at: int, sizes: list[int]) -> int | None:
        """Note a definition and return the place after it; None at a fault."""
        data, header = self.data, self.data[at]
        if len(self.places) >= MOST_DEFINITIONS:
            self.fault = (at, "fit-too-many", f"more than {MOST_DEFINITIONS} definitions")
            return None
        if header & 0xC0 != 0x40:
            local = header >> 5 & 3 if header & 0x80 else header & 15
            self.fault = (at, "fit-undefined-local", f"local message {local} was never defined")
            return None
        try:
            after = at + 6 + 3 * data[at + 5]
            if header & 0x20:
                after += 1 + 3 * data[after]
        except IndexError:
            after = len(data) + 1
        if after > len(data):
            self.fault = (at, "fit-truncated", "a definition is cut short")
            return None
        shape = definition(data[at + 1 : after])
        local = header & 15
        for reserved in (0x00, 0x10, 0x20, 0x30):  # bits that readers ignore on data messages
            sizes[reserved | local] = shape.size
        if local < 4:  # compressed timestamp headers
            low = 0x80 | local << 5
            sizes[low : low + 32] = [shape.size] * 32
        self.places.append(after)
        self.locals.append(local)
        self.definitions.append(shape)
        return after


def _walk(data: bytes, first: int, end: int) -> tuple[_Walk, Offsets]:
    """Return the walk over data[first:end] and the places of its whole messages."""
    walk = _Walk(data if end == len(data) else data[:end], first)
    steps = walk.offsets()
    if end - first > MOST_MESSAGES:  # a message has at least one byte
        steps = islice(steps, MOST_MESSAGES)
    offsets = np.fromiter(steps, dtype=np.int64)
    if len(offsets) == MOST_MESSAGES:
        walk.fault = (int(offsets[-1]), "fit-too-many", f"more than {MOST_MESSAGES} messages")
    if walk.after > end:  # the last message reaches beyond the end
        last = int(offsets[-1])
        offsets = offsets[:-1]
        walk.fault = (last, "fit-truncated", f"a message of {walk.after - last} bytes is cut short")
    return walk, offsets


def is_header(data: bytes, at: int = 0) -> bool:
    """Return whether a FIT header stands at this place."""
    return data[at + 8 : at + 12] == MAGIC and data[at] >= 12


def _part(data: bytes, at: int) -> Part:
    """Read the part whose header stands at `at`."""
    first = at + data[at]
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    end = first + size
    fault: tuple[int, str, str] | None = None
    crc_ok: bool | None = None
    if size == 0 and len(data) - first > CRC_BYTES and not is_header(data, first + CRC_BYTES):
        end = len(data) - CRC_BYTES  # written before the size was known: the rest is the data
        fault = (at + 4, "fit-no-size", "the header says 0 bytes of data and more follow")
    elif end + CRC_BYTES > len(data):
        missing = end + CRC_BYTES - len(data)
        fault = (len(data), "fit-truncated", f"the file ends {missing} bytes early")
        end = min(end, len(data))
    else:
        stored = int.from_bytes(data[end : end + CRC_BYTES], "little")
        crc_ok = stored == crc16(memoryview(data)[at:end])
    walk, offsets = _walk(data, min(first, end), end)
    faults = [f for f in (fault, walk.fault) if f]
    if len(faults) == 2 and faults[0][1] == faults[1][1] == "fit-truncated":
        faults = [(walk.fault[0], "fit-truncated", fault[2])]  # type: ignore[index]
    starts = np.searchsorted(offsets, walk.places).tolist() if walk.places else []
    return Part(
        start=at,
        end=end,
        offsets=offsets,
        starts=starts,
        locals=walk.locals,
        definitions=walk.definitions,
        crc_ok=crc_ok,
        faults=tuple(faults),
    )


def _problems(name: str, part: Part) -> list[Problem]:
    """Return what is wrong with a part, in words."""
    kept = len(part.offsets) > 0
    out = [
        Problem(
            file=name,
            slug=slug,
            message=f"{words}; {len(part.offsets)} messages before it were read",
            kept=kept,
            place=f"byte {at}",
        )
        for at, slug, words in part.faults
    ]
    if part.crc_ok is False:
        words = "the check sum does not fit the data; the data were read all the same"
        place = f"byte {part.end}"
        out.append(Problem(file=name, slug="fit-crc", message=words, kept=kept, place=place))
    return out


def _rest(name: str, at: int, size: int, *, too_many: bool) -> Problem:
    """Return the problem of bytes behind the last part that is read."""
    slug = "fit-too-many" if too_many else "fit-trailing"
    words = "more than any device writes" if too_many else f"{size} bytes are not FIT"
    message = f"behind the end of the last part: {words}"
    return Problem(file=name, slug=slug, message=message, kept=True, place=f"byte {at}")


def parts(data: bytes, name: str) -> tuple[list[Part], list[Problem]]:
    """Return the FIT files chained in `data` and what is wrong with them; never raises.

    Slugs: fit-not-fit, fit-truncated, fit-undefined-local, fit-no-size, fit-crc, fit-trailing,
    fit-too-many.
    """
    if not is_header(data):
        words = "no FIT header: this is not a FIT file"
        return [], [Problem(file=name, slug="fit-not-fit", message=words, place="byte 0")]
    found: list[Part] = []
    problems: list[Problem] = []
    at = messages = 0
    while at < len(data):
        too_many = len(found) == MOST_PARTS or messages >= MOST_MESSAGES
        if too_many or not is_header(data, at):
            problems.append(_rest(name, at, len(data) - at, too_many=too_many))
            break
        part = _part(data, at)
        found.append(part)
        messages += len(part.offsets)
        problems += _problems(name, part)
        at = part.end + CRC_BYTES
    return found, problems
