"""Invented runners' folders for the tests of cohorts: activities and a diary, nobody's."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from backinstride.library import ACTIVITY_SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 24)


def day(back: int) -> dt.date:
    """The day `back` days before today."""
    return TODAY - dt.timedelta(days=back)


def folder(path: Path, runs: list[tuple[int, float]], diary: str = "", sport: str = "run") -> Path:
    """A runner's folder: (days before today, km) runs at 6 min a km, and a diary."""
    path.mkdir(parents=True)
    starts = [dt.datetime.combine(day(back), dt.time(7), dt.UTC) for back, _ in runs]
    frame = pl.DataFrame(
        {
            "id": [f"{i:016x}" for i in range(len(runs))],
            "start": starts,
            "day": [s.date() for s in starts],
            "sport": [sport] * len(runs),
            "distance_m": [km * 1000.0 for _, km in runs],
            "moving_s": [km * 360.0 for _, km in runs],
            "title": ["A secret title"] * len(runs),
        },
        schema_overrides={"start": pl.Datetime("us", "UTC"), "day": pl.Date},
    )
    pl.concat([pl.DataFrame(schema=ACTIVITY_SCHEMA), frame], how="diagonal").write_parquet(
        path / "activities.parquet"
    )
    (path / "diary.txt").write_text(diary, encoding="utf-8")
    return path


def steady(days: int = 90, km: float = 8.0, every: int = 2) -> list[tuple[int, float]]:
    """A run every other day up to yesterday."""
    return [(back, km) for back in range(days, 0, -every)]


def episode(back: int, *lines: str) -> str:
    """An episode entry with the lines given."""
    return f"{day(back)} episode\n" + "".join(f"  {line}\n" for line in lines) + "\n"
