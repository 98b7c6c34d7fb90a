"""Every message of a FIT file, field by field: the plain reading beside the columnar one.

Slow, complete and without arrays; it serves `--all` views and is compared with other readers in the
tests. Sub-fields and components are expanded as the profile says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from backinstride.readers.fit_fields import BASE_TYPES, Component, Field, message
from backinstride.readers.fit_shapes import Shape, Slot, raw_values, scaled
from backinstride.readers.fit_stream import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMESTAMP = 253


class FitMessage(msgspec.Struct, frozen=True):
    """One message: part of the chain, place in the file, kind, and physical values by field name.

    Enumerations and `date_time` (seconds since 1989-12-31T00:00:00Z) stay numbers; developer fields
    are `dev:<name>`; a sub-field stands beside the field it names. `expanded` names the values that
    the message does not hold itself but its components or its header give.
    """

    part: int
    offset: int
    number: int
    name: str
    values: dict[str, Any]
    expanded: frozenset[str] = frozenset()


class _State:
    """What one part of a file carries from message to message."""

    def __init__(self) -> None:
        self.counters: dict[tuple[int, int], int] = {}
        self.time: int = 0

    def unrolled(self, key: tuple[int, int], low: int, bits: int) -> int:
        """Return the next number at or above the last one that ends in these bits."""
        last = self.counters.get(key, 0)
        self.counters[key] = last + ((low - last) & ((1 << bits) - 1))
        return self.counters[key]


def _number(raw: Any, base: int) -> int | None:
    """Return the integer that components are cut from: bytes and arrays lowest first."""
    size = 8 * BASE_TYPES[base].size
    cells = raw if isinstance(raw, list) else [raw]
    if any(not isinstance(v, int) for v in cells):
        return None
    return sum((int(v) & ((1 << size) - 1)) << (size * k) for k, v in enumerate(cells))


def _expand(form: Shape, slot: Slot, field: Field, raw: Any, state: _State) -> dict[str, Any]:
    """Return the values that a field's components stand for, raw numbers of their own fields."""
    number = _number(raw, slot.base)
    if number is None:
        return {}
    out: dict[str, Any] = {}
    fields = message(form.number).fields
    left = 8 * slot.size
    for part in field.components:
        if part.bits > left:
            break
        value = number & ((1 << part.bits) - 1)
        number >>= part.bits
        left -= part.bits
        target = fields[part.target]
        if part.accumulated:
            value = state.unrolled((form.number, part.target), value, part.bits)
        if value == BASE_TYPES[target.base].invalid:
            continue
        physical = value / part.scale - part.offset
        _add(out, target.name, int(physical) if physical == int(physical) else physical)
        out.update(_deeper(target, part, value, fields))
    return out


def _add(out: dict[str, Any], name: str, value: Any) -> None:
    if name in out:
        out[name] = [*(out[name] if isinstance(out[name], list) else [out[name]]), value]
    else:
        out[name] = value


def _deeper(target: Field, part: Component, value: int, fields: dict[int, Field]) -> dict[str, Any]:
    """Return what a component's target expands to itself (packed speed, speed, enhanced speed)."""
    if len(target.components) != 1:
        return {}
    return {fields[target.components[0].target].name: value / part.scale - part.offset}


def _sub_field(field: Field, by_number: dict[int, Any]) -> Field | None:
    """Return the sub-field that applies, by the raw values of the other fields."""
    for sub in field.sub_fields:
        if any(by_number.get(number) == value for number, value in sub.when):
            return sub
    return None


def _seed(form: Shape, raw: dict[str, Any], state: _State) -> None:
    """Let full numbers of counters in this message anchor the packed ones to come."""
    for field in message(form.number).fields.values():
        for part in field.components:
            name = message(form.number).fields[part.target].name
            value = raw.get(name)
            if part.accumulated and isinstance(value, int):
                target = message(form.number).fields[part.target]
                full = (value / target.scale - target.offset + part.offset) * part.scale
                state.counters[form.number, part.target] = round(full)


def _values(
    form: Shape, data: bytes, at: int, state: _State
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the values of one message and the names of the expanded ones."""
    raw = raw_values(form, data, at)
    by_number = {
        slot.field.number: raw[slot.key] for slot in form.slots if slot.field and slot.key in raw
    }
    out: dict[str, Any] = {}
    expanded: dict[str, Any] = {}
    for slot in form.slots:
        if slot.key not in raw:
            continue
        value = raw[slot.key]
        out[slot.key] = scaled(value, slot.scale, slot.offset)
        field = slot.field
        if field is None:
            continue
        if field.components:
            expanded.update(_expand(form, slot, field, value, state))
        sub = _sub_field(field, by_number)
        if sub is not None:
            out[sub.name] = scaled(value, sub.scale, sub.offset)
            expanded.update(_expand(form, slot, sub, value, state))
    _seed(form, raw, state)
    if data[at] & 0x80:
        offset = data[at] & 31
        state.time += (offset - state.time) & 31
        expanded["timestamp"] = state.time
    elif isinstance(raw.get("timestamp"), int) and raw["timestamp"] > 0:
        state.time = raw["timestamp"]
    new = {name: value for name, value in expanded.items() if name not in out}
    return out | new, frozenset(new)


def messages(data: bytes) -> Iterator[FitMessage]:
    """Yield every data message in the order of the file, up to each fault."""
    whole = stream([("", data)])
    for part in range(len(whole.parts)):
        state = _State()
        for k in range(int(whole.firsts[part]), int(whole.firsts[part + 1])):
            form, at = whole.shapes[whole.shape_of[k]], int(whole.offsets[k])
            values, expanded = _values(form, whole.data, at, state)
            yield FitMessage(part, at, form.number, form.name, values, expanded)
