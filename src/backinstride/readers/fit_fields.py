"""FIT fields as the profile describes them, and the base types of the protocol.

Facts come from the generated :mod:`backinstride.readers.fit_profile`; each message is parsed when
it is first asked for.
"""

from __future__ import annotations

from functools import cache

import msgspec

from backinstride.readers import fit_profile

FIT_EPOCH_S = 631065600  # 1989-12-31T00:00:00Z in Unix seconds
# A date_time below this counts seconds since the device was switched on (FIT protocol).
FIRST_DATE = 0x10000000


class BaseType(msgspec.Struct, frozen=True):
    """A base type: numpy code without byte order, size in bytes, the value that means "none"."""

    name: str
    code: str
    size: int
    invalid: int | None


BYTE, STRING = 0x0D, 0x07
BASE_TYPES: dict[int, BaseType] = {
    0x00: BaseType("enum", "u1", 1, 0xFF),
    0x01: BaseType("sint8", "i1", 1, 0x7F),
    0x02: BaseType("uint8", "u1", 1, 0xFF),
    0x83: BaseType("sint16", "i2", 2, 0x7FFF),
    0x84: BaseType("uint16", "u2", 2, 0xFFFF),
    0x85: BaseType("sint32", "i4", 4, 0x7FFFFFFF),
    0x86: BaseType("uint32", "u4", 4, 0xFFFFFFFF),
    STRING: BaseType("string", "S", 1, 0),
    0x88: BaseType("float32", "f4", 4, None),
    0x89: BaseType("float64", "f8", 8, None),
    0x0A: BaseType("uint8z", "u1", 1, 0),
    0x8B: BaseType("uint16z", "u2", 2, 0),
    0x8C: BaseType("uint32z", "u4", 4, 0),
    BYTE: BaseType("byte", "u1", 1, 0xFF),
    0x8E: BaseType("sint64", "i8", 8, 0x7FFFFFFFFFFFFFFF),
    0x8F: BaseType("uint64", "u8", 8, 0xFFFFFFFFFFFFFFFF),
    0x90: BaseType("uint64z", "u8", 8, 0),
}
# Writers that leave out the "several bytes" bit (0x83 as 0x03) mean the same type.
BASE_BY_LOW_BITS: dict[int, int] = {number & 0x1F: number for number in BASE_TYPES}


class Component(msgspec.Struct, frozen=True):
    """A slice of `bits` bits of a field that is a value of the field `target`."""

    target: int
    bits: int
    scale: float
    offset: float
    accumulated: bool


class Field(msgspec.Struct, frozen=True):
    """One field of a message: physical value = raw / scale - offset, in `units`.

    `when` (sub-fields only): the field's name holds where one of these (field, raw value) is true.
    """

    number: int
    name: str
    type: str
    base: int
    units: str = ""
    scale: float = 1.0
    offset: float = 0.0
    components: tuple[Component, ...] = ()
    when: tuple[tuple[int, int], ...] = ()
    sub_fields: tuple[Field, ...] = ()

    @property
    def is_scaled(self) -> bool:
        """Return whether raw and physical value differ."""
        return self.scale != 1.0 or self.offset != 0.0


class Message(msgspec.Struct, frozen=True):
    """One kind of message: global number, name, fields by number."""

    number: int
    name: str
    fields: dict[int, Field]

    def by_name(self) -> dict[str, Field]:
        """Return fields and sub-fields by name; a field wins over a sub-field of its name."""
        subs = {s.name: s for f in self.fields.values() for s in f.sub_fields}
        return subs | {f.name: f for f in self.fields.values()}


def base_of(type_name: str) -> int:
    """Return the base type number of a profile type."""
    return fit_profile.BASES[type_name] if type_name in fit_profile.BASES else _PLAIN[type_name]


_PLAIN = {base.name: number for number, base in BASE_TYPES.items()}


def _float(cell: str, default: float) -> float:
    return float(cell) if cell else default


def _components(cell: str) -> tuple[Component, ...]:
    parts = (part.split(":") for part in cell.split(",") if part)
    return tuple(
        Component(int(t), int(bits), _float(scale, 1.0), _float(offset, 0.0), acc == "1")
        for t, bits, scale, offset, acc in parts
    )


def _pairs(cell: str) -> tuple[tuple[int, int], ...]:
    parts = (part.split("=") for part in cell.split(",") if part)
    return tuple((int(field), int(value)) for field, value in parts)


def _field(row: str, parent: int | None = None) -> Field:
    """Read one row of the generated table; `parent` is the field a sub-field belongs to."""
    cells = row.split("|")
    if parent is None:
        number, cells = int(cells[0]), cells[1:]
    else:
        number, cells = parent, [cells[0][1:], *cells[1:]]
    name, type_name, units, scale, offset, parts, when = (*cells, *[""] * (7 - len(cells)))
    return Field(
        number=number,
        name=name,
        type=type_name,
        base=base_of(type_name),
        units=units,
        scale=_float(scale, 1.0),
        offset=_float(offset, 0.0),
        components=_components(parts),
        when=_pairs(when),
    )


@cache
def message(number: int) -> Message:
    """Return the message of a global number; an unknown one has the name `unknown_N`."""
    name, *rows = fit_profile.MESSAGES.get(number, f"unknown_{number}").split(";")
    fields: dict[int, Field] = {}
    last = 0
    for row in rows:
        if row.startswith("?"):
            sub = _field(row, last)
            parent = fields[last]
            fields[last] = msgspec.structs.replace(parent, sub_fields=(*parent.sub_fields, sub))
        else:
            field = _field(row)
            fields[field.number], last = field, field.number
    return Message(number, name, fields)


@cache
def message_number(name: str) -> int:
    """Return the global number of a message; KeyError for a name the profile does not know."""
    for number, row in fit_profile.MESSAGES.items():
        if row.split(";", 1)[0] == name:
            return number
    raise KeyError(name)


def enum_word(type_name: str, value: float | None) -> str | None:
    """Return the word of an enumeration's value; the bare number as text where unknown."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return None
    return fit_profile.ENUMS.get(type_name, {}).get(int(value), str(int(value)))


def enum_value(type_name: str, word: str) -> int:
    """Return the value of an enumeration's word; KeyError where the profile has none."""
    for value, name in fit_profile.ENUMS[type_name].items():
        if name == word:
            return value
    raise KeyError(f"{type_name}: {word}")
