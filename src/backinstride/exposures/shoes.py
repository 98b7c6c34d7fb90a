"""Which pair each run was in, and how far that pair had come. Never guessed.

The diary (a `run` entry, or the episode's own `shoes`) wins over the export's gear. Kilometres
are those of this log, plus `start_km` where the diary tells it: "at least so many".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from backinstride.diary_views import shoe_id
from backinstride.exposures.entries import Exposure
from backinstride.exposures.matching import RunIndex, notes_by_run, run_of_episode

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from backinstride.diary_views import Episode, RunNote, ShoeNote

MILEAGE_STEP_KM = 300.0
# The band that podiatry advice quotes, in km: 350 and 500 miles. No link with back pain is known.
CHECK_FROM_KM = 563.0
CHECK_TO_KM = 805.0
ROTATION_DAYS = 28
NEW_PAIR_RUNS = 5  # our convention [own-new-shoes]

EXPOSURES: tuple[Exposure, ...] = (
    Exposure(
        id="shoe", per="km", unit="shoe id", window="this run",
        label="the pair of shoes worn", claims=("E5.5", "E5.4", "own-shoe-prior"),
        contributor="shoe",
    ),
    Exposure(
        id="shoe_mileage", per="km", unit="300 km", direction="up", contributor="shoe_mileage",
        window="up to the start of the run",
        label="kilometres on the pair, as far as this log and `start_km` know",
        claims=("E5.1", "E5.4", "own-shoe-mileage"),
    ),
    Exposure(
        id="shoe_km", per="run", unit="km", direction="up", contributor="shoe_mileage",
        window="up to the start of the run", label="kilometres on the pair before the run",
        claims=("E5.1", "E5.4", "own-shoe-mileage"),
    ),
    Exposure(
        id="shoe_runs", per="run", unit="runs", direction="down",
        window="up to the start of the run", label="runs in this pair before (0: its first)",
        claims=("own-new-shoes",),
    ),
    Exposure(
        id="pairs_28d", per="run", unit="pairs", direction="down",
        window="28 days up to and with the run's day",
        label="pairs in use side by side", claims=("E5.5",),
    ),
)  # fmt: skip


def assign(
    runs: pl.DataFrame, notes: Iterable[RunNote] = (), episodes: Iterable[Episode] = ()
) -> list[str | None]:
    """Return the shoe id of each run, or None: not written down, or the diary disagrees."""
    index = RunIndex(runs)
    said: dict[str, set[str]] = {}
    for run, entries in notes_by_run(notes, index).items():
        said.setdefault(run, set()).update(shoe_id(n.shoes) for n in entries if n.shoes)
    for episode in episodes:
        of = run_of_episode(episode, index) if episode.shoes else None
        if of is not None and episode.shoes:
            said.setdefault(of, set()).add(shoe_id(episode.shoes))
    worn: list[str | None] = []
    for run, gear in zip(runs["id"].to_list(), runs["shoe"].to_list(), strict=True):
        pairs = said.get(run) or ({shoe_id(gear)} if gear and gear.strip() else set())
        worn.append(next(iter(pairs)) if len(pairs) == 1 else None)
    return worn


def per_run(
    runs: pl.DataFrame, worn: Sequence[str | None], shoes: Iterable[ShoeNote] = ()
) -> pl.DataFrame:
    """Return shoe, shoe_km, shoe_runs and pairs_28d, one row a run of `runs` (oldest first).

    `shoe_km` is what the pair had before the run; null where the pair is unknown.
    """
    start_km = {note.id: note.start_km for note in shoes if note.start_km is not None}
    km: dict[str, float] = {}
    count: dict[str, int] = {}
    rows: list[tuple[str | None, float | None, int | None]] = []
    for shoe, metres in zip(worn, runs["distance_m"].to_list(), strict=True):
        if shoe is None:
            rows.append((None, None, None))
            continue
        before = km.get(shoe, start_km.get(shoe, 0.0))
        rows.append((shoe, before, count.get(shoe, 0)))
        km[shoe] = before + (metres or 0.0) / 1000.0
        count[shoe] = count.get(shoe, 0) + 1
    schema = {"shoe": pl.String, "shoe_km": pl.Float64, "shoe_runs": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pairs_28d=_rotation(runs["day"].to_list(), worn))


def _rotation(days: Sequence[dt.date], worn: Sequence[str | None]) -> pl.Series:
    last: dict[str, dt.date] = {}
    counts: list[int | None] = []
    for day, shoe in zip(days, worn, strict=True):
        if shoe is not None:
            last[shoe] = day
        recent = sum((day - seen).days < ROTATION_DAYS for seen in last.values())
        counts.append(recent or None)
    return pl.Series("pairs_28d", counts, dtype=pl.Int64)


def pairs(runs: pl.DataFrame, shoes: Iterable[ShoeNote] = ()) -> pl.DataFrame:
    """Return one row a pair: runs and kilometres in it, first and last day, what was noted of it.

    `runs` holds id, day, distance_m and shoe (of :func:`per_run`). Pairs of the diary that no
    run was in are listed too. `km` counts this log and `start_km`: at least so many.
    """
    seen = (
        runs.filter(pl.col("shoe").is_not_null())
        .group_by("shoe")
        .agg(
            runs=pl.len().cast(pl.Int64),
            log_km=pl.col("distance_m").fill_null(0.0).sum() / 1000.0,
            first_day=pl.col("day").min(),
            last_day=pl.col("day").max(),
        )
        .rename({"shoe": "id"})
    )
    schema = {
        "id": pl.String, "start_km": pl.Float64, "from": pl.Date, "worn": pl.String,
        "retired": pl.String,
    }  # fmt: skip
    noted = pl.DataFrame(
        [
            (n.id, n.start_km, n.from_, _text(n.worn), _text(n.retired))
            for n in shoes
            if n.id is not None
        ],
        schema=schema,
        orient="row",
    )
    noted = noted.group_by("id", maintain_order=True).agg(pl.all().drop_nulls().last())
    return (
        seen.join(noted, on="id", how="full", coalesce=True)
        .with_columns(pl.col("runs").fill_null(0), pl.col("log_km").fill_null(0.0))
        .with_columns(km=pl.col("log_km") + pl.col("start_km").fill_null(0.0))
        .with_columns(band=mileage_band())
        .sort("id")
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def mileage_band() -> pl.Expr:
    """Return "below", "within" or "beyond" the advised 563-805 km (350-500 miles) for `km`.

    Advice of a podiatry body without outcome data [E5.1]; no study links it to back pain [E5.4].
    """
    return (
        pl.when(pl.col("km") < CHECK_FROM_KM)
        .then(pl.lit("below"))
        .when(pl.col("km") <= CHECK_TO_KM)
        .then(pl.lit("within"))
        .otherwise(pl.lit("beyond"))
    )


def per_km(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return shoe and shoe_mileage (300 km), one row a row of `kms`."""
    return (
        kms.select("id")
        .join(runs.select("id", "shoe", "shoe_km"), on="id", how="left", maintain_order="left")
        .select("shoe", shoe_mileage=pl.col("shoe_km") / MILEAGE_STEP_KM)
    )
