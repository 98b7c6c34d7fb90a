"""What every reader gives: one recording of one activity, arrays and a few words."""

from __future__ import annotations

import datetime as dt
import hashlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from backinstride.errors import Problem

Floats = NDArray[np.float64]


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One activity as its file tells it; `start` None: not an activity, only problems.

    `records` and `laps` hold float64 columns of equal length, named as in
    :mod:`backinstride.schema`; a column that is absent was not recorded. Columns that the schema
    does not name keep the source's word behind a prefix (`fit:`, `dev:`, `tcx:`, `gpx:`).
    `pauses` are (from, to) in epoch seconds. `rr_ms` are beat-to-beat intervals.
    """

    id: str
    file: str
    source: str
    start: dt.datetime | None = None  # UTC, aware
    utc_offset_s: int | None = None
    sport: str = "unknown"
    sport_raw: str | None = None
    distance_m: float | None = None
    distance_from: str | None = None  # device | laps | points | export
    elapsed_s: float | None = None
    moving_s: float | None = None
    climb_m: float | None = None
    descent_m: float | None = None
    avg_hr_bpm: float | None = None
    avg_cadence_spm: float | None = None
    shoe: str | None = None
    title: str | None = None
    description: str | None = None
    device: str | None = None
    records: dict[str, Floats] = {}
    laps: dict[str, Floats] = {}
    pauses: tuple[tuple[float, float], ...] = ()
    rr_ms: Floats | None = None
    problems: tuple[Problem, ...] = ()
    sha256: str = ""  # of the inflated bytes
    extra: dict[str, str] = {}  # vendor's id and other words worth keeping

    @property
    def points(self) -> int:
        """Return the number of records."""
        return len(next(iter(self.records.values()))) if self.records else 0


def content_id(data: bytes, part: int = 0) -> str:
    """Return the activity id: 16 hex digits of the content's SHA-256, `-k` for part k > 0."""
    return id_of(hashlib.sha256(data).hexdigest(), part)


def id_of(sha256: str, part: int = 0) -> str:
    """Return the activity id where the SHA-256 of the content is known already."""
    return f"{sha256[:16]}-{part}" if part else sha256[:16]
