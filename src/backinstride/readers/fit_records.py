"""Record messages to columns: the samples of an activity, in the units of the schema.

Messages of one shape are converted together over all files of a batch; a part of a file then takes
its rows. Expansions follow the profile: speed and altitude come from the enhanced field or from the
plain one, whichever has a value (the enhanced one first); packed counters are unrolled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from backinstride.readers.fit_expand import bits_of, rolled
from backinstride.readers.fit_fields import BYTE, FIT_EPOCH_S, STRING, Component, message
from backinstride.readers.fit_shapes import Shape, Slot, physical, raw_column
from backinstride.readers.fit_stream import Ints

if TYPE_CHECKING:
    from backinstride.readers.fit_stream import Stream

Floats = NDArray[np.float64]
Columns = dict[str, Floats]

RECORD = 20
DEGREES = 2**31 / 180

# The profile's word for a record field and ours; all others are kept as `fit:<word>`.
NAMES = {
    "timestamp": "time_s",
    "position_lat": "lat_deg",
    "position_long": "lon_deg",
    "enhanced_altitude": "altitude_m",
    "distance": "distance_m",
    "enhanced_speed": "speed_m_s",
    "heart_rate": "heart_rate_bpm",
    "cadence": "cadence_spm",
    "fractional_cadence": "+cadence_spm",
    "power": "power_w",
    "vertical_oscillation": "vertical_oscillation_mm",
    "stance_time": "stance_time_ms",
    "stance_time_percent": "stance_time_pct",
    "stance_time_balance": "stance_balance_pct",
    "vertical_ratio": "vertical_ratio_pct",
    "step_length": "step_length_mm",
    "temperature": "temperature_c",
}
_PARTIAL = "~"  # a column of the lowest bits of a counter, before it is unrolled


def column_name(key: str) -> str:
    """Return the column of a record field: the schema's name, else the source's behind `fit:`."""
    return NAMES.get(key) or f"fit:{key}"


class _Step(msgspec.Struct, frozen=True, eq=False):
    """One column to make: from which slot, with which scale, or from which bits of bytes."""

    name: str
    slot: Slot
    scale: float
    offset: float
    expanded: bool = False
    bits: tuple[int, int] | None = None  # first bit and number of bits of a byte array
    element: int | None = None  # of an array field


_PLANS: dict[Shape, tuple[_Step, ...]] = {}


def _plan(form: Shape) -> tuple[_Step, ...]:
    """Return the steps of a shape: plain fields first, for they win; fractions after them."""
    found = _PLANS.get(form)
    if found is None:
        if len(_PLANS) > 4096:
            _PLANS.clear()
        steps = [step for slot in form.slots for step in _steps(slot)]
        found = _PLANS[form] = tuple(
            sorted(steps, key=lambda step: (step.expanded, step.name[0] == "+"))
        )
    return found


def _steps(slot: Slot) -> list[_Step]:
    if not slot.is_number or not (slot.field or slot.developer):
        return []
    if slot.field and slot.field.components:
        return _component_steps(slot, slot.field.components)
    scale = DEGREES if slot.field and slot.field.units == "semicircles" else slot.scale
    offset = -FIT_EPOCH_S if slot.field and slot.field.type == "date_time" else slot.offset
    name = slot.key if slot.developer else column_name(slot.key)
    if slot.count == 1:
        return [_Step(name, slot, scale, offset)]
    names = [name, *(f"fit:{slot.key}[{k}]" for k in range(1, slot.count))]
    if slot.developer or name.startswith("fit:"):
        names = [f"{name}[{k}]" for k in range(slot.count)]
    return [_Step(each, slot, scale, offset, element=k) for k, each in enumerate(names)]


def _component_steps(slot: Slot, components: tuple[Component, ...]) -> list[_Step]:
    """Return what a field with components stands for: its targets, and itself if it is a count."""
    fields = message(RECORD).fields
    steps = []
    start = 0
    for part in components:
        target = fields[part.target]
        while target.components and not part.accumulated:  # packed speed: speed: enhanced speed
            target = fields[target.components[0].target]
        name = column_name(target.name)
        bits = (start, part.bits) if slot.base == BYTE else None
        start += part.bits
        if part.accumulated:
            name = f"{_PARTIAL}{part.bits}{_PARTIAL}{part.scale}{_PARTIAL}{name}"
            steps.append(_Step(name, slot, 1.0, 0.0, expanded=True, bits=bits))
        else:
            steps.append(_Step(name, slot, part.scale, part.offset, expanded=True, bits=bits))
    if slot.base != BYTE and components[0].accumulated:
        steps.append(_Step(column_name(slot.key), slot, 1.0, 0.0))
    return [step for step in steps if slot.count == 1 or step.bits]


def _packed(rows: NDArray[np.uint8], step: _Step) -> Floats:
    """Return bits of a byte array as numbers, NaN where all its bytes are invalid."""
    raw = rows[:, step.slot.start : step.slot.start + step.slot.size]
    start, bits = step.bits or (0, 0)
    if start + bits > 8 * step.slot.size:
        return np.full(len(rows), np.nan)
    out = bits_of(raw, start, bits) / step.scale - step.offset
    out[(raw == 0xFF).all(axis=1)] = np.nan
    return out


def _column(rows: NDArray[np.uint8], step: _Step, *, big_endian: bool) -> Floats:
    if step.bits:
        return _packed(rows, step)
    raw = raw_column(rows, step.slot, big_endian=big_endian)
    if step.element is not None:
        raw = raw[:, step.element]
    return physical(raw, step.slot.base, step.scale, step.offset)


def columns(form: Shape, rows: NDArray[np.uint8]) -> Columns:
    """Return the columns of record messages of one shape."""
    out: Columns = {}
    big_endian = form.definition.big_endian
    for step in _plan(form):
        values = _column(rows, step, big_endian=big_endian)
        name = step.name
        if name[0] == "+":  # a fraction of the field before it
            name = name[1:]
            if name not in out:
                continue
            values = out[name] + np.where(np.isnan(values), 0.0, values)
        elif name in out:
            values = np.where(np.isnan(out[name]), values, out[name])
        out[name] = values
    return out


def _unroll(found: Columns) -> None:
    """Replace the partial counters by their full numbers, anchored where one stands in full."""
    for name in [name for name in found if name[0] == _PARTIAL]:
        _, bits, scale, target = name.split(_PARTIAL)
        partial = found.pop(name)
        full = found.get(target)
        anchored = np.zeros(len(partial), dtype=bool) if full is None else ~np.isnan(full)
        known = np.flatnonzero(anchored | ~np.isnan(partial))
        if not len(known):
            continue
        raw = partial if full is None else np.where(anchored, np.rint(full * float(scale)), partial)
        whole = np.minimum(raw[known], 2.0**53).astype(np.int64)
        numbers = rolled(whole, anchored[known], int(bits))
        out = np.full(len(partial), np.nan)
        out[known] = numbers / float(scale)
        found[target] = out if full is None else np.where(anchored, full, out)


class _Piece(msgspec.Struct, frozen=True, eq=False):
    """The columns of one shape over the whole stream, and where each part's rows begin."""

    form: Shape
    within: Ints
    values: Columns
    bounds: list[int]


def _assembled(pieces: list[tuple[_Piece, int, int]], low: int, rows: int) -> Columns:
    """Return the columns of one part: views where one shape gave them all, else filled in."""
    if len(pieces) == 1:
        piece, first, last = pieces[0]
        return {name: values[first:last] for name, values in piece.values.items()}
    out: Columns = {}
    for piece, first, last in pieces:
        index: Any = piece.within[first:last] - low
        if index[-1] - index[0] + 1 == len(index):
            index = slice(int(index[0]), int(index[-1]) + 1)
        for name, values in piece.values.items():
            target = out.get(name)
            if target is None:
                target = out[name] = np.full(rows, np.nan)
            target[index] = values[first:last]
    return out


def left_out(form: Shape) -> frozenset[str]:
    """Return the fields of a record shape that no column holds: undocumented ones and text."""
    return frozenset(
        slot.key for slot in form.slots if slot.base == STRING or not (slot.field or slot.developer)
    )


def part_columns(stream: Stream) -> list[tuple[Columns, frozenset[str]]]:
    """Return, for every part of a stream, its record columns and the fields without a column."""
    chosen = stream.places(RECORD)
    edges = np.searchsorted(chosen, stream.firsts)
    pieces = [
        _Piece(form, within, columns(form, rows), np.searchsorted(within, edges).tolist())
        for form, within, rows in stream.groups(chosen)
    ]
    lows = edges.tolist()
    out: list[tuple[Columns, frozenset[str]]] = []
    for part in range(len(stream.parts)):
        low, high = lows[part], lows[part + 1]
        here = [
            (piece, piece.bounds[part], piece.bounds[part + 1])
            for piece in pieces
            if piece.bounds[part] < piece.bounds[part + 1]
        ]
        found = _assembled(here, low, high - low) if here else {}
        if here:
            _unroll(found)
            seconds = stream.seconds(part)
            if seconds is not None:
                times = seconds[chosen[low:high] - stream.firsts[part]]
                found["time_s"] = times + FIT_EPOCH_S
        out.append((found, frozenset().union(*(left_out(piece.form) for piece, _, _ in here))))
    return out
