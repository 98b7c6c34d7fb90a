"""Values that stand in several fields or messages: counters that roll over, heart rate beside.

FIT packs counters into few bits (5 bits of a timestamp in a message's header, 12 bits of a distance
or of a heart beat's time) and gives the full number only now and then. And a chest strap that was
out of reach under water hands its beats over later, as `hr` messages beside the records.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GAP_S, GAP_STEPS = 0.25, 20  # a beat's rate holds for up to 5 s, in steps of a quarter second
BEAT_CLOCK_S = 0x400000  # event_timestamp rolls over: 2**32 / 1024 s
BEAT_TICKS = 1024  # a second, in event_timestamp


def rolled(value: NDArray[np.int64], full: NDArray[np.bool_], bits: int) -> NDArray[np.int64]:
    """Return the full numbers of a counter of which most values hold only the lowest bits.

    `value` in order; `full` marks the complete ones. A partial value is the next number, at or
    above the one before, that ends in these bits; before the first one stands 0.
    """
    if not len(value):
        return value
    mask = (1 << bits) - 1
    before = np.concatenate(([0], value[:-1]))
    steps = np.where(full, 0, (value - before) & mask)
    total = np.cumsum(steps)
    anchors = np.flatnonzero(full)
    index = np.searchsorted(anchors, np.arange(len(value)), side="right") - 1
    if not len(anchors):
        return total
    base = value[anchors] - total[anchors]
    return total + np.where(index >= 0, base[index], 0)


def bits_of(raw: NDArray[np.uint8], start: int, bits: int) -> NDArray[np.int64]:
    """Return `bits` bits from bit `start` on of each row of bytes, lowest byte first."""
    out = np.zeros(len(raw), dtype=np.int64)
    first, last = start // 8, (start + bits - 1) // 8
    for k in range(first, last + 1):
        out |= raw[:, k].astype(np.int64) << (8 * (k - first))
    return (out >> (start % 8)) & ((1 << bits) - 1)


def beats(time_s: Floats, rate: Floats) -> tuple[Floats, Floats]:
    """Return beats with the gaps between them filled: the rate before holds for up to 5 s."""
    if len(time_s) < 2:
        return time_s, rate
    gap = np.abs(np.diff(time_s))
    fills = np.clip(np.ceil(gap / GAP_S - 1e-5) - 1, 0, GAP_STEPS).astype(np.int64)
    source = np.repeat(np.arange(len(time_s)), np.append(fills, 0) + 1)
    first = np.concatenate(([0], np.cumsum(np.append(fills, 0) + 1)[:-1]))
    step = np.arange(len(source)) - first[source]
    return time_s[source] + GAP_S * step, rate[source]


def merged_heart_rate(record_s: Floats, rate: Floats, beat_s: Floats, bpm: Floats) -> Floats:
    """Return the records' heart rate with the strap's: the mean of the beats since the last record.

    Means are rounded half up, as the watch writes them; records without a beat keep their own.
    """
    beat_s, bpm = beats(beat_s, bpm)
    order = np.argsort(beat_s, kind="stable")
    beat_s, bpm = beat_s[order], bpm[order]
    before = np.concatenate((record_s[:1] - 1, record_s[:-1]))
    before = np.where(before >= record_s, record_s - 1, before)
    first = np.searchsorted(beat_s, before, side="right")
    last = np.searchsorted(beat_s, record_s, side="right")
    sums = np.concatenate(([0.0], np.cumsum(bpm)))
    count = last - first
    known = count > 0
    mean = (sums[last] - sums[first]) / np.maximum(count, 1)
    return np.where(known, np.floor(mean + 0.5), rate)
