"""Exposures: what might matter for a back, per kilometre, per run and per day.

`EXPOSURES` is the registry; :func:`per_run`, :func:`per_km` and :func:`daily` give the frames.
Missing is null, never 0. A later run never changes the exposures of an earlier one.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

import msgspec
import polars as pl

from backinstride import diary_views
from backinstride.diary_views import Episode, Morning, RunNote, ShoeNote
from backinstride.exposures import body, form, intensity, intervals, load, shoes, terrain
from backinstride.exposures.cache import Recorded, Tables, tables
from backinstride.exposures.entries import Exposure
from backinstride.exposures.matching import RunIndex, notes_by_run, onsets_m
from backinstride.exposures.onset import before_onsets, holds_onset, onset_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from backinstride.diary import Diary

__all__ = [
    "EXPOSURES", "Exposure", "Said", "daily", "km_exposures", "per_km", "per_run", "read_diary",
    "run_exposures",
]  # fmt: skip

EXPOSURES: tuple[Exposure, ...] = (
    *load.EXPOSURES,
    *shoes.EXPOSURES,
    *terrain.EXPOSURES,
    *intensity.EXPOSURES,
    *body.EXPOSURES,
    *form.EXPOSURES,
    *intervals.EXPOSURES,
)
MODEL_COLUMNS: tuple[str, ...] = (
    "spike", "distance", "climb", "descent", "intensity", "surface", "load", "layoff",
    "missed_core", "sleep", "form_drift", "shoe_mileage", "recent_episode",
)  # fmt: skip


class Runs(Recorded, Protocol):
    """What is asked of a library: activities, running ones, their samples."""

    def running(self) -> pl.DataFrame:
        """Return the running activities, each once, oldest first."""

    def activities(self) -> pl.DataFrame:
        """Return all activities."""


class Said(msgspec.Struct, frozen=True):
    """What the diary says up to a day, as the exposures need it."""

    first: dt.date | None = None
    last: dt.date | None = None
    episodes: tuple[Episode, ...] = ()
    mornings: tuple[Morning, ...] = ()
    notes: tuple[RunNote, ...] = ()
    shoes: tuple[ShoeNote, ...] = ()
    strength: frozenset[dt.date] = frozenset()
    strength_skipped: frozenset[dt.date] = frozenset()


def read_diary(diary: Diary, today: dt.date) -> Said:
    """Return the entries up to `today` that exposures come from."""
    span = diary_views.span(diary)
    first, last = span if span is not None else (None, None)
    return Said(
        first=first,
        last=None if last is None else min(last, today),
        episodes=tuple(e for e in diary_views.episodes(diary) if e.date <= today),
        mornings=tuple(m for m in diary_views.mornings(diary) if m.date <= today),
        notes=tuple(n for n in diary_views.run_notes(diary) if n.date <= today and not n.skipped),
        shoes=tuple(diary_views.shoes(diary)),
        strength=frozenset(
            s.date for s in diary_views.strength(diary) if s.date <= today and s.kind == "strength"
        ),
        strength_skipped=frozenset(
            s.date for s in diary_views.skipped(diary) if s.date <= today and s.kind == "strength"
        ),
    )


def per_run(library: Runs, diary: Diary, today: dt.date) -> pl.DataFrame:
    """Return one row a run up to `today`, oldest first (columns: docs/exposures.md)."""
    return _tables(library, diary, today)[0]


def per_km(
    library: Runs, diary: Diary, today: dt.date, ids: Collection[str] | None = None
) -> pl.DataFrame:
    """Return one row a kilometre of each run up to `today` (of `ids` only, where given).

    id, day, km (1 first), length_km (the last one partial), end_km; one Float64 column a
    contributor in the model's fixed units; shoe; spike_from_km (1.10 x the longest of the 30 days
    before). No row is cut, but the kilometre in which an episode began tells of the pace before
    the onset, and its spike and distance are those at the onset: what came after is a consequence.
    """
    runs, kms = _tables(library, diary, today)
    began = onsets_m(read_diary(diary, today).episodes, RunIndex(runs))
    before = before_onsets(library, runs, kms, began)
    table = km_exposures(runs, kms, before=before, onsets_m=began)
    return table if ids is None else table.filter(pl.col("id").is_in(list(ids)))


def daily(library: Runs, diary: Diary, today: dt.date) -> pl.DataFrame:
    """Return one row a day from the first run to `today`: load before it, the diary's day."""
    runs = _running(library, today)
    said = read_diary(diary, today)
    watch, watch_last = _watch_strength(library, today)
    strength = said.strength | watch
    known = body.strength_coverage(strength | said.strength_skipped, said.last, watch_last)
    kept = body.coverage(said.first, said.last)
    days = load.daily(runs, today)
    pains = pl.DataFrame(
        [(m.date, m.pain, m.stiff_min, m.sleep_h) for m in said.mornings],
        schema={
            "day": pl.Date, "morning_pain": pl.Float64, "stiff_min": pl.Float64,
            "sleep_h": pl.Float64,
        },
        orient="row",
    ).unique("day", keep="last", maintain_order=True)  # fmt: skip
    return days.join(pains, on="day", how="left", maintain_order="left").with_columns(
        strength=_on(strength, known),
        episode=_on({e.date for e in said.episodes}, kept),
    )


def _on(dates: Collection[dt.date], known: body.Coverage | None) -> pl.Expr:
    """Return true on the dates, false on other days that are covered, null elsewhere."""
    first, last = (known.first, known.last) if known else (None, None)
    covered = pl.col("day").is_between(pl.lit(first, pl.Date), pl.lit(last, pl.Date))
    found = pl.col("day").is_in(list(dates))
    return pl.when(found).then(statement=True).when(covered).then(statement=False)


def _running(library: Runs, today: dt.date) -> pl.DataFrame:
    return library.running().filter(pl.col("day") <= today).sort("start", maintain_order=True)


def _watch_strength(library: Runs, today: dt.date) -> tuple[frozenset[dt.date], dt.date | None]:
    """Return the days of strength sessions on the watch, and the last day it recorded anything."""
    seen = library.activities().filter(pl.col("day") <= today)
    days = frozenset(seen.filter(pl.col("sport") == "strength")["day"].to_list())
    last = seen["day"].max()
    return days, last if days and isinstance(last, dt.date) else None


def _tables(library: Runs, diary: Diary, today: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    runs = _running(library, today)
    found = tables(library, runs)
    watch, watch_last = _watch_strength(library, today)
    said = read_diary(diary, today)
    table = run_exposures(runs, found, said, watch_strength=watch, watch_last=watch_last)
    return table, found.kms


def run_exposures(
    runs: pl.DataFrame,
    found: Tables,
    said: Said,
    *,
    watch_strength: Collection[dt.date] = (),
    watch_last: dt.date | None = None,
) -> pl.DataFrame:
    """Return the run table from frames alone: `runs` by start, `found` in the same order."""
    strength = said.strength | frozenset(watch_strength)
    of_body = body.Body(
        strength=strength,
        strength_known=body.strength_coverage(
            strength | said.strength_skipped, said.last, watch_last
        ),
        diary=body.coverage(said.first, said.last),
        mornings=said.mornings,
        notes=said.notes,
        episodes=said.episodes,
    )
    worn = shoes.assign(runs, said.notes, said.episodes)
    ground = pl.Series("surface", terrain.surfaces(runs, said.notes), dtype=pl.String)
    kms = terrain.off_the_belt(found.kms, runs.select("id", ground))
    index = RunIndex(runs)
    repeats = {
        run: intervals.told(notes[0].reps, rest_s=notes[0].rest_s)
        for run, notes in notes_by_run(said.notes, index).items()
        if len(notes) == 1
    }
    climbs = runs.select("id").join(
        terrain.per_run(kms), on="id", how="left", maintain_order="left"
    )
    return pl.concat(
        [
            runs.select(
                "id", "day", "start", "sport", "distance_m", "moving_s", "avg_hr_bpm", "device"
            ),
            load.per_run(runs, onsets_m(said.episodes, index)),
            climbs.drop("id"),
            intensity.per_run(kms, runs),
            shoes.per_run(runs, worn, said.shoes),
            ground.to_frame(),
            body.per_run(runs, of_body),
            form.per_run(kms, runs),
            intervals.per_run(runs, found.reps, repeats),
        ],
        how="horizontal",
    )


def _ended(kms: pl.DataFrame, began: Mapping[str, float]) -> pl.DataFrame:
    """Return `kms` with the end of each onset's kilometre put at the onset."""
    if not began:
        return kms
    end = pl.when(holds_onset(began)).then(onset_of(began) / 1000.0).otherwise(pl.col("end_km"))
    return kms.with_columns(end_km=end)


def km_exposures(
    runs: pl.DataFrame,
    kms: pl.DataFrame,
    *,
    before: pl.DataFrame | None = None,
    onsets_m: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """Return the kilometre table in model units from the run table and the raw kilometres.

    Of the kilometre in which an episode began (`onsets_m`, by run), spike and distance are those
    at the onset, pace and form those of `before` (see :mod:`backinstride.exposures.onset`).
    """
    kms = terrain.off_the_belt(kms, runs)
    ran = kms if before is None else terrain.off_the_belt(before, runs)
    parts: Sequence[pl.DataFrame] = (
        kms.select("id", "km", "length_km", "end_km"),
        load.per_km(_ended(kms, onsets_m or {}), runs),
        terrain.per_km(kms, runs),
        intensity.per_km(ran, runs),
        body.per_km(kms, runs),
        form.per_km(ran, runs),
        shoes.per_km(kms, runs),
    )
    table = pl.concat(parts, how="horizontal").join(
        runs.select("id", "day"), on="id", how="left", maintain_order="left"
    )
    return table.select(
        "id", "day", "km", "length_km", "end_km", *MODEL_COLUMNS, "shoe", "spike_from_km"
    )
