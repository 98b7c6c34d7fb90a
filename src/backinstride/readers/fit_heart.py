"""Heart data that lies beside the records: `hr` messages of a strap, R-R intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backinstride.readers.fit_expand import BEAT_CLOCK_S, BEAT_TICKS, bits_of, rolled
from backinstride.readers.fit_fields import FIT_EPOCH_S
from backinstride.readers.fit_shapes import column, raw_column

if TYPE_CHECKING:
    from backinstride.readers.fit_shapes import Shape, Slot
    from backinstride.readers.fit_stream import Ints, Stream

Floats = NDArray[np.float64]

HR, HRV = 132, 78
FRACTIONAL, TIME256, BPM, EVENT, EVENT_12, HRV_TIME, TIMESTAMP = 0, 1, 6, 9, 10, 0, 253


def _slots(form: Shape) -> dict[int, Slot]:
    return {slot.field.number: slot for slot in form.slots if slot.field}


def _matrix(rows: NDArray[np.uint8], slot: Slot, *, big_endian: bool) -> Floats:
    values = column(rows, slot, big_endian=big_endian)
    return values if values.ndim == 2 else values[:, None]


def rr_ms(stream: Stream, chosen: Ints) -> Floats | None:
    """Return the R-R intervals of these `hrv` messages in order, in milliseconds, or None."""
    order: list[Ints] = []
    values: list[Floats] = []
    for form, within, rows in stream.groups(chosen):
        slot = _slots(form).get(HRV_TIME)
        if slot is None or not slot.is_number:
            continue
        table = _matrix(rows, slot, big_endian=form.definition.big_endian)
        order.append(np.repeat(within, table.shape[1]))
        values.append(table.reshape(-1))
    if not values:
        return None
    joined = np.concatenate(values)[np.argsort(np.concatenate(order), kind="stable")]
    intervals: Floats = 1000.0 * joined[~np.isnan(joined)]
    return intervals if len(intervals) else None


class _Beats:
    """Heart beats in order of their messages: event clock, rate, and the clock's anchors."""

    def __init__(self, messages: int) -> None:
        self.ticks: list[list[int]] = [[] for _ in range(messages)]
        self.full = np.zeros(messages, dtype=bool)
        self.bpm: list[list[float]] = [[] for _ in range(messages)]
        self.anchor_s = np.full(messages, np.nan)

    def read(self, form: Shape, within: Ints, rows: NDArray[np.uint8]) -> None:
        """Take in the hr messages of one shape."""
        slots, big = _slots(form), form.definition.big_endian
        if BPM not in slots or not slots[BPM].is_number:
            return
        bpm = _matrix(rows, slots[BPM], big_endian=big)
        if EVENT in slots and slots[EVENT].is_number and slots[EVENT].kind.invalid is not None:
            ticks = np.atleast_2d(raw_column(rows, slots[EVENT], big_endian=big).T).T
            self.full[within] = True
        elif EVENT_12 in slots:
            slot = slots[EVENT_12]
            raw = rows[:, slot.start : slot.start + slot.size]
            count = min(8 * slot.size // 12, bpm.shape[1])
            ticks = np.stack([bits_of(raw, 12 * k, 12) for k in range(count)], axis=1)
        else:
            return
        if TIMESTAMP in slots and slots[TIMESTAMP].is_whole_number:
            seconds = column(rows, slots[TIMESTAMP], big_endian=big)
            for number in (FRACTIONAL, TIME256):
                if number in slots and slots[number].is_whole_number:
                    part = column(rows, slots[number], big_endian=big)
                    scale = 256.0 if number == TIME256 else 1.0
                    seconds = seconds + np.nan_to_num(part) / scale
            self.anchor_s[within] = seconds + FIT_EPOCH_S
        for k, at in enumerate(within.tolist()):
            self.ticks[at] = ticks[k].tolist()
            self.bpm[at] = bpm[k, : ticks.shape[1]].tolist()

    def resolved(self) -> tuple[Floats, Floats]:
        """Return time (Unix seconds) and rate of every beat; a clock before its anchor rolls."""
        counts = [min(len(t), len(b)) for t, b in zip(self.ticks, self.bpm, strict=True)]
        if not sum(counts):
            return np.empty(0), np.empty(0)
        of = np.repeat(np.arange(len(counts)), counts)
        ticks = np.array([v for t, n in zip(self.ticks, counts, strict=True) for v in t[:n]])
        bpm = np.array([v for b, n in zip(self.bpm, counts, strict=True) for v in b[:n]])
        clock = rolled(ticks.astype(np.int64), self.full[of], 12) / BEAT_TICKS
        anchored = np.flatnonzero(~np.isnan(self.anchor_s[of]))
        if not len(anchored):
            return np.empty(0), np.empty(0)
        before = np.searchsorted(anchored, np.arange(len(of)), side="right") - 1
        anchor = anchored[np.maximum(before, 0)]
        since = clock - clock[anchor]
        since = np.where(since < -BEAT_CLOCK_S / 2, since + BEAT_CLOCK_S, since)
        known = (before >= 0) & (since >= 0) & ~np.isnan(bpm)
        return (self.anchor_s[of][anchor] + since)[known], bpm[known]


def strap(stream: Stream, chosen: Ints) -> tuple[Floats, Floats]:
    """Return time and rate of the beats in these `hr` messages; empty where they say no time."""
    found = _Beats(len(chosen))
    for form, within, rows in stream.groups(chosen):
        found.read(form, within, rows)
    return found.resolved()
