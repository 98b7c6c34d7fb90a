"""Frames of the tests of exposures: runs as the library gives them, invented."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from backinstride import diary, schema

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = {"float": pl.Float64, "int": pl.Int64, "text": pl.String, "date": pl.Date}
SCHEMA = {
    c.name: pl.Datetime("us", "UTC") if c.kind == "time" else DTYPES[c.kind]
    for c in schema.ACTIVITY_COLUMNS
}
DAY0 = dt.date(2026, 1, 1)


def day(number: int) -> dt.date:
    return DAY0 + dt.timedelta(days=number)


def runs(*rows: tuple[int, float | None], **columns: list) -> pl.DataFrame:
    """One run a (day number, km); other columns by name."""
    frame = pl.DataFrame(
        {
            "id": [f"r{i}" for i in range(len(rows))],
            "day": [day(d) for d, _ in rows],
            "start": [
                dt.datetime.combine(day(d), dt.time(7), dt.UTC) + dt.timedelta(minutes=i)
                for i, (d, _) in enumerate(rows)
            ],
            "sport": ["run"] * len(rows),
            "distance_m": [None if km is None else km * 1000.0 for _, km in rows],
            "moving_s": [None if km is None else km * 360.0 for _, km in rows],
            **columns,
        },
        schema_overrides={
            k: v
            for k, v in SCHEMA.items()
            if k in ("day", "start", "distance_m", "moving_s", *columns)
        },
    )
    return pl.concat([pl.DataFrame(schema=SCHEMA), frame], how="diagonal").sort("start")


class Kept:
    """A library in memory."""

    def __init__(self, folder: Path, activities: pl.DataFrame, records: dict | None = None) -> None:
        self.folder = folder
        self.frame = activities
        self.kept = records or {}
        self.read: list[str] = []
        self.said = diary.parse("")

    def diary(self) -> diary.Diary:
        return self.said

    def activities(self) -> pl.DataFrame:
        return self.frame

    def running(self) -> pl.DataFrame:
        return self.frame.filter(pl.col("sport").is_in(schema.RUNNING))

    def laps(self, activity: str) -> pl.DataFrame:
        return pl.DataFrame()

    def records(self, activity: str) -> pl.DataFrame:
        self.read.append(activity)
        return self.kept.get(
            activity, pl.DataFrame(schema=dict.fromkeys(schema.RECORD_NAMES, pl.Float64))
        )


def records(
    km: float, *, speed=3.0, grade_pct=0.0, every_s: float = 1.0, **columns: float | np.ndarray
) -> pl.DataFrame:
    """Even samples of one run; speed, grade and columns may be functions of (metres)."""
    time = np.arange(0.0, km * 1000.0 / np.min(speed) + every_s, every_s)
    metres = np.minimum(time * speed, km * 1000.0)
    keep = np.append(True, np.diff(metres) > 0)
    time, metres = time[keep], metres[keep]
    grade = grade_pct(metres) if callable(grade_pct) else np.full(len(metres), grade_pct)
    altitude = 100.0 + np.concatenate([[0.0], np.cumsum(np.diff(metres) * grade[1:] / 100.0)])
    table = {
        "time_s": 1.7e9 + time,
        "distance_m": metres,
        "altitude_m": altitude,
        "speed_m_s": np.full(len(time), float(speed)),
    }
    for name, value in columns.items():
        table[name] = value(metres) if callable(value) else np.full(len(time), float(value))
    return pl.DataFrame(
        {name: table.get(name, np.full(len(time), np.nan)) for name in schema.RECORD_NAMES}
    )
