"""One outing, one activity: second recordings of it are recognised, shown, and can be taken apart.

Two recordings are one outing when they overlap in time by most of the longer one, their sports
go together, their distances agree, and their tracks run side by side; where one has no track,
start, length and distance must agree closely instead, and they must come from two sources: two
rows of one vendor's table are two. Nearness alone never merges: two recordings
one after the other, however close, are two. Nothing is deleted: `merged_into` names the recording
that stays, the richest one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from backinstride.schema import RUNNING, SPORTS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from numpy.typing import NDArray

    Records = Callable[[str], pl.DataFrame]
    Row = dict[str, Any]

OVERLAP = 0.7  # of the longer recording: one may have been started late or stopped late
TRACK_DISTANCE = 0.3  # sums of points and a watch's own distance differ by as much
TRACK_APART_M = 75.0  # median distance at the same moments: two clocks, two receivers
TRACK_SAMPLES = 60
CLOSE_START_S = 120.0
CLOSE_DISTANCE = 0.03
CLOSE_DISTANCE_M = 150.0
CLOSE_LENGTH = 0.05
CLOSE_LENGTH_S = 60.0
STREAM_TOLERANCE_S = 2.0
EARTH_M = 6371008.8

# What a second recording may fill in where the first one does not know it.
_FILLED = (
    "utc_offset_s", "distance_m", "elapsed_s", "moving_s", "climb_m", "descent_m", "avg_hr_bpm",
    "avg_cadence_spm", "shoe", "title", "description", "device",
)  # fmt: skip


def one_row_an_outing(table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that stay, their gaps filled from the second recordings of the outing."""
    extra = table.filter(pl.col("merged_into").is_not_null())
    stays = table.filter(pl.col("merged_into").is_null())
    if extra.is_empty():
        return stays
    known = extra.group_by("merged_into", maintain_order=True).agg(
        pl.col(name).drop_nulls().first() for name in _FILLED
    )
    joined = stays.join(
        known,
        left_on="id",
        right_on="merged_into",
        how="left",
        suffix=":twin",
        maintain_order="left",
    )
    return joined.with_columns(
        pl.coalesce(name, f"{name}:twin").alias(name) for name in _FILLED
    ).select(table.columns)


def with_streams(own: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Return a recording's samples with the streams that only the other one has, by time.

    The nearest sample within 2 s; a recording without samples takes the other's whole.
    """
    if own.is_empty() or "time_s" not in own.columns:
        return other if own.is_empty() else own
    if other.is_empty() or "time_s" not in other.columns:
        return own
    bare = [n for n in own.columns if own[n].null_count() == own.height]
    new = [
        n
        for n in other.columns
        if n != "time_s"
        and (n not in own.columns or n in bare)
        and other[n].null_count() < other.height
    ]
    if not new:
        return own
    placed = own.drop([n for n in new if n in own.columns]).with_row_index("place")
    right = other.select("time_s", *new).drop_nulls("time_s").sort("time_s")
    timed = placed.drop_nulls("time_s").sort("time_s")
    joined = timed.join_asof(
        right, on="time_s", strategy="nearest", tolerance=STREAM_TOLERANCE_S
    ).select("place", *new)
    return placed.join(joined, on="place", how="left", maintain_order="left").drop("place")


def merged(
    table: pl.DataFrame, records: Records, apart: frozenset[frozenset[str]] = frozenset()
) -> pl.DataFrame:
    """Return the table with `merged_into` found anew, whatever order the rows came in.

    `apart` are pairs of ids that the runner took apart; they are never merged again.
    """
    rows = table.sort("start", "id").to_dicts()
    tracks = _Tracks(records)
    groups: dict[str, set[str]] = {}
    for first, second in _candidates(rows):
        if frozenset((first["id"], second["id"])) not in apart and same_outing(
            first, second, tracks
        ):
            group = groups.get(first["id"], {first["id"]}) | groups.get(
                second["id"], {second["id"]}
            )
            groups.update(dict.fromkeys(group, group))
    if not groups:
        return table.with_columns(merged_into=pl.lit(None, dtype=pl.String))
    by_id = {row["id"]: row for row in rows}
    heads = {
        i: max(group, key=lambda k: _richness(by_id[k], tracks)) for i, group in groups.items()
    }
    into = {i: head for i, head in heads.items() if head != i}
    return table.with_columns(
        merged_into=pl.Series([into.get(i) for i in table["id"]], dtype=pl.String)
    )


def _candidates(rows: list[Row]) -> list[tuple[Row, Row]]:
    """Return the pairs that overlap in time, or start within two minutes; rows are by start."""
    found = []
    for place, first in enumerate(rows):
        reach = max(_length_s(first) or 0.0, CLOSE_START_S)
        for second in rows[place + 1 :]:
            if _seconds_between(first, second) > reach:
                break
            found.append((first, second))
    return found


def same_outing(first: Row, second: Row, tracks: _Tracks) -> bool:
    """Return whether two activities are recordings of one outing; `first` starts first."""
    if not _sports_agree(first["sport"], second["sport"]):
        return False
    later_s = _seconds_between(first, second)
    long_a, long_b = _length_s(first), _length_s(second)
    if long_a is not None and long_b is not None and max(long_a, long_b) > 0:
        shared_s = min(long_a - later_s, long_b)
        if shared_s < OVERLAP * max(long_a, long_b):
            return False
    beside = tracks.beside(first, second)
    if beside is not None:
        return beside and _near(first["distance_m"], second["distance_m"], TRACK_DISTANCE, 200.0)
    return (
        not _one_table(first["source"], second["source"])
        and later_s <= CLOSE_START_S
        and first["distance_m"] is not None
        and second["distance_m"] is not None
        and _near(first["distance_m"], second["distance_m"], CLOSE_DISTANCE, CLOSE_DISTANCE_M)
        and _near(long_a, long_b, CLOSE_LENGTH, CLOSE_LENGTH_S)
    )


def _one_table(one: str | None, other: str | None) -> bool:
    """Return whether both are rows of one vendor's table, which tells them apart itself."""
    vendors = {(source or "").partition("/")[0] for source in (one, other) if "/" in (source or "")}
    return len(vendors) == 1 and "/" in (one or "") and "/" in (other or "")


def _sports_agree(one: str | None, other: str | None) -> bool:
    if one == other or (one in RUNNING and other in RUNNING):
        return True
    return one not in SPORTS or other not in SPORTS


def _near(one: float | None, other: float | None, share: float, least: float) -> bool:
    """Return whether two numbers agree; what is not known does not disagree."""
    if one is None or other is None:
        return True
    return abs(one - other) <= max(least, share * max(one, other))


def _length_s(row: Row) -> float | None:
    length = row["elapsed_s"] if row["elapsed_s"] is not None else row["moving_s"]
    return None if length is None else float(length)


def _seconds_between(first: Row, second: Row) -> float:
    apart: dt.timedelta = second["start"] - first["start"]
    return apart.total_seconds()


def _richness(row: Row, tracks: _Tracks) -> tuple[object, ...]:
    """Order recordings by what they hold; the id decides between equals, whatever came first."""
    streams = tracks.streams(row["id"]) if row["points"] else 0
    return (streams, row["points"] or 0, row["distance_m"] is not None, row["id"])


class _Tracks:
    """Positions of the few recordings that are compared, read once."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._found: dict[str, pl.DataFrame] = {}

    def of(self, activity: str) -> pl.DataFrame:
        if activity not in self._found:
            self._found[activity] = self._records(activity)
        return self._found[activity]

    def streams(self, activity: str) -> int:
        """Return how many streams hold anything."""
        table = self.of(activity)
        return sum(table[n].null_count() < table.height for n in table.columns)

    def beside(self, first: Row, second: Row) -> bool | None:
        """Return whether the tracks run side by side in time; None where one has no track."""
        if not (first["points"] and second["points"]):
            return None
        one, other = _track(self.of(first["id"])), _track(self.of(second["id"]))
        if one is None or other is None:
            return None
        begin, end = max(one[0][0], other[0][0]), min(one[0][-1], other[0][-1])
        if end <= begin:
            return False
        at = np.linspace(begin, end, TRACK_SAMPLES)
        return bool(np.median(_metres_apart(_at(one, at), _at(other, at))) <= TRACK_APART_M)


Track = tuple["NDArray[np.float64]", "NDArray[np.float64]", "NDArray[np.float64]"]


def _track(table: pl.DataFrame) -> Track | None:
    """Return time, latitude, longitude where all three are known, in order of time."""
    names = ("time_s", "lat_deg", "lon_deg")
    if not set(names) <= set(table.columns):
        return None
    known = table.select(names).drop_nulls().sort("time_s")
    if known.height < 2:
        return None
    time, lat, lon = (known[name].to_numpy() for name in names)
    return time, lat, lon


def _at(track: Track, at: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.interp(at, track[0], track[1]), np.interp(at, track[0], track[2])


def _metres_apart(
    one: tuple[NDArray[np.float64], NDArray[np.float64]],
    other: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return the distance between positions, flat enough over the distances that matter here."""
    north = np.radians(one[0] - other[0])
    east = np.radians(one[1] - other[1]) * np.cos(np.radians(one[0]))
    return np.asarray(EARTH_M * np.hypot(north, east))
