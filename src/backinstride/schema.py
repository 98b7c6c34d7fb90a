"""The columns of everything stored: name with its unit, type, meaning, plausible range.

One table for activities, records and laps; the docs page `docs/columns.md` is printed from it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["float", "int", "text", "time", "date", "bool"]


class Column(msgspec.Struct, frozen=True):
    """One column: `low` and `high` bound what is plausible, not what is kept."""

    name: str
    kind: Kind
    meaning: str
    low: float | None = None
    high: float | None = None


RUNNING = ("run", "trail_run", "treadmill_run")
SPORTS = (*RUNNING, "walk", "ride", "swim", "strength")

# One time-stamped sample. All float64, NaN where the device wrote nothing.
RECORD_COLUMNS: tuple[Column, ...] = (
    Column("time_s", "float", "UTC, seconds since 1970-01-01T00:00:00Z"),
    Column("lat_deg", "float", "latitude, WGS 84 degrees", -90, 90),
    Column("lon_deg", "float", "longitude, WGS 84 degrees", -180, 180),
    Column(
        "altitude_m", "float", "altitude as recorded (enhanced where only that exists)", -500, 9000
    ),
    Column("distance_m", "float", "distance from the start as the device counted it", 0, 1e6),
    Column("speed_m_s", "float", "speed as the device gave it", 0, 30),
    Column("heart_rate_bpm", "float", "heart rate", 25, 240),
    Column("cadence_spm", "float", "steps a minute, both feet; for rides revolutions", 0, 280),
    Column("power_w", "float", "power", 0, 2500),
    Column("vertical_oscillation_mm", "float", "bounce of the trunk", 20, 200),
    Column("stance_time_ms", "float", "ground contact time", 80, 500),
    Column("stance_time_pct", "float", "ground contact as share of the step cycle", 10, 70),
    Column("stance_balance_pct", "float", "left share of ground contact", 40, 60),
    Column("vertical_ratio_pct", "float", "bounce over step length", 2, 20),
    Column("step_length_mm", "float", "length of one step", 200, 2500),
    Column("temperature_c", "float", "temperature at the device", -40, 60),
)
RECORD_NAMES: tuple[str, ...] = tuple(c.name for c in RECORD_COLUMNS)

# One lap or length as the device marked it.
LAP_COLUMNS: tuple[Column, ...] = (
    Column("start_s", "float", "UTC, seconds since 1970"),
    Column("elapsed_s", "float", "wall time of the lap"),
    Column("moving_s", "float", "timer time of the lap"),
    Column("distance_m", "float", "distance of the lap"),
    Column("avg_hr_bpm", "float", "mean heart rate"),
    Column("avg_cadence_spm", "float", "mean cadence, both feet"),
    Column("climb_m", "float", "ascent of the lap"),
    Column("descent_m", "float", "descent of the lap"),
    Column("trigger", "float", "0 by hand, 1 distance, 2 time, 3 other, NaN unknown"),
    Column("intensity", "float", "0 active, 1 rest, 2 warm-up, 3 cool-down, NaN unknown"),
)
LAP_NAMES: tuple[str, ...] = tuple(c.name for c in LAP_COLUMNS)

# One outing: `activities.parquet`.
ACTIVITY_COLUMNS: tuple[Column, ...] = (
    Column("id", "text", "from the file's content alone"),
    Column("start", "time", "UTC start"),
    Column("utc_offset_s", "int", "local time minus UTC, null where unknown", -50400, 50400),
    Column("day", "date", "local date where known, else the UTC date"),
    Column(
        "sport",
        "text",
        "run, trail_run, treadmill_run, walk, ride, swim, strength or the source's word",
    ),
    Column("sport_raw", "text", "the source's own word"),
    Column("distance_m", "float", "distance", 0, 1e6),
    Column("distance_from", "text", "device, export (the vendor's table), laps or points"),
    Column("elapsed_s", "float", "first to last moment", 0, 1e6),
    Column("moving_s", "float", "timer or moving time", 0, 1e6),
    Column("climb_m", "float", "ascent", 0, 20000),
    Column("descent_m", "float", "descent", 0, 20000),
    Column("avg_hr_bpm", "float", "mean heart rate", 25, 240),
    Column("avg_cadence_spm", "float", "mean cadence, both feet", 0, 280),
    Column("shoe", "text", "the pair as the export names it"),
    Column("title", "text", "title in the export"),
    Column("description", "text", "description in the export"),
    Column("source", "text", "fit, gpx, tcx, csv; vendor before it: strava/fit"),
    Column("file", "text", "file or archive member it came from"),
    Column("device", "text", "maker and model where written"),
    Column("points", "int", "number of records stored"),
    Column("quality", "text", "what looks wrong with the recording, words joined by '; '"),
    Column("merged_into", "text", "id of the activity that this is a second recording of"),
)
ACTIVITY_NAMES: tuple[str, ...] = tuple(c.name for c in ACTIVITY_COLUMNS)
