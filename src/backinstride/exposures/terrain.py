"""The ground: climb and descent of each kilometre and run, grade, surface."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from backinstride import clean
from backinstride.exposures.entries import Exposure
from backinstride.exposures.matching import RunIndex, notes_by_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backinstride.diary_views import RunNote
    from backinstride.readers.recording import Floats

GRADE_STEP_M_PER_KM = 10.0
SURFACES = ("road", "track", "grass", "trail", "treadmill")
HARD = frozenset({"road"})
OF_SPORT = {"trail_run": "trail", "treadmill_run": "treadmill"}
WORDS = {
    "pavement": "road", "concrete": "road", "asphalt": "road", "tarmac": "road",
    "cement": "road", "sidewalk": "road", "turf": "grass", "forest": "trail", "gravel": "trail",
    "dirt": "trail",
}  # fmt: skip
GRADE_EDGES_PCT = (-15.0, -8.0, -4.0, -2.0, 2.0, 4.0, 8.0, 15.0)

EXPOSURES: tuple[Exposure, ...] = (
    Exposure(
        id="climb", per="km", unit="10 m/km", window="this kilometre", contributor="climb",
        label="climb of the kilometre", claims=("E7.8", "E7.6", "E7.7", "own-gradient-prior"),
    ),
    Exposure(
        id="descent", per="km", unit="10 m/km", window="this kilometre", contributor="descent",
        label="descent of the kilometre", claims=("E7.8", "E7.6", "E7.7", "own-gradient-prior"),
    ),
    Exposure(
        id="surface", per="km", unit="0/1", window="this run", contributor="surface",
        label="hard ground (road) against track, grass, trail or treadmill",
        claims=("E5.11", "own-surface"),
    ),
    Exposure(
        id="climb_m_per_km", per="run", unit="m/km", window="this run", contributor="climb",
        label="climb a kilometre", claims=("E7.8", "own-gradient-prior"),
    ),
    Exposure(
        id="descent_m_per_km", per="run", unit="m/km", window="this run", contributor="descent",
        label="descent a kilometre", claims=("E7.8", "own-gradient-prior"),
    ),
)  # fmt: skip


def surfaces(runs: pl.DataFrame, notes: Iterable[RunNote] = ()) -> list[str | None]:
    """Return the surface of each run: the diary's word, else what the sport implies, else None.

    A plain `run` of a watch may be on anything: None.
    """
    said = notes_by_run(notes, RunIndex(runs))
    found: list[str | None] = []
    for run, sport in zip(runs["id"].to_list(), runs["sport"].to_list(), strict=True):
        words = {surface_of(n.surface) for n in said.get(run, ()) if n.surface} - {None}
        found.append(words.pop() if len(words) == 1 else None if words else OF_SPORT.get(sport))
    return found


def surface_of(words: str) -> str | None:
    """Return one of :data:`SURFACES` for what a person wrote, None where none or several fit."""
    parts = words.lower().replace(",", " ").replace("/", " ").split()
    named = {WORDS.get(part, part) for part in parts} & set(SURFACES)
    return named.pop() if len(named) == 1 else None


def off_the_belt(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return `kms` with climb and descent null on treadmills: a watch cannot see the incline.

    `runs` holds id and surface.
    """
    belt = runs.filter(pl.col("surface") == "treadmill")["id"].to_list()
    unseen = pl.when(~pl.col("id").is_in(belt))
    return kms.with_columns(unseen.then(pl.col("climb_m", "descent_m")))


def per_km(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return climb, descent (10 m/km) and surface (hard 0/1), one row a row of `kms`."""
    length_m = pl.col("length_km") * GRADE_STEP_M_PER_KM
    return (
        kms.select("id", "length_km", "climb_m", "descent_m")
        .join(runs.select("id", "surface"), on="id", how="left", maintain_order="left")
        .select(
            climb=pl.col("climb_m") / length_m,
            descent=pl.col("descent_m") / length_m,
            surface=pl.col("surface").is_in(list(HARD)).cast(pl.Float64),
        )
    )


def per_run(kms: pl.DataFrame) -> pl.DataFrame:
    """Return id, climb_m_per_km, descent_m_per_km over the kilometres whose altitude is known."""
    known = kms.filter(pl.col("climb_m").is_not_null())
    return known.group_by("id").agg(
        climb_m_per_km=pl.col("climb_m").sum() / pl.col("length_km").sum(),
        descent_m_per_km=pl.col("descent_m").sum() / pl.col("length_km").sum(),
    )


def grade_distribution(metres: Floats, altitude: Floats) -> dict[str, float]:
    """Return the share of a run's distance in each band of grade (percent), steepest fall first.

    Keys read "-8..-4"; empty without altitude. The grade is that of the smoothed profile.
    """
    if len(metres) < 2 or np.isnan(altitude).all():
        return {}
    _, profile = clean.profile(metres, altitude)
    grade = np.diff(profile) / clean.GRID_M * 100.0
    edges = np.array([-np.inf, *GRADE_EDGES_PCT, np.inf])
    counts = np.histogram(grade, edges)[0]
    names = [f"{a:g}..{b:g}" for a, b in itertools.pairwise(edges)]
    return {n: float(c / len(grade)) for n, c in zip(names, counts, strict=True)}
