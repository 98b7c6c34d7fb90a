"""The kilometre in which an episode began, as it was run before it began.

What a runner does after an onset (a walk home, a slow shuffle) is its consequence. Counted into
that kilometre, it would make slow running look like the cause. Pace, heart rate and form of the
1,000 m that end half a kilometre before the onset stand in its place: as long as any other, so no
noisier; earlier, for a back about to seize slows its runner, and "at mile 17" is seldom meant to
the metre. Only pace and form are judged so; as ground, the kilometre itself counts: a hill does
not come from a spasm.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from backinstride.exposures import kilometres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backinstride.exposures.cache import Recorded

WINDOW_M = 1000.0
SHORTEST_M = 200.0  # less than this before an onset says nothing of pace or gradient
LEAD_M = 500.0  # before the onset: left out, for a back about to seize slows its runner
SUMS = ("moving_s", "climb_m", "descent_m", "form_s")  # grow with the length of the stretch
MEASURED = (
    "moving_s", "climb_m", "descent_m", "hr_bpm", "form_s", "form_speed_m_s", *kilometres.FORM,
)  # fmt: skip


def holds_onset(onsets_m: Mapping[str, float]) -> pl.Expr:
    """Return whether a row (id, length_km, end_km) is the kilometre of its run's onset."""
    onset_km = onset_of(onsets_m) / 1000.0
    begins = pl.col("end_km") - pl.col("length_km")
    return ((begins < onset_km) & (onset_km <= pl.col("end_km"))).fill_null(value=False)


def onset_of(onsets_m: Mapping[str, float]) -> pl.Expr:
    """Return the onset (m) of a row's run, null where there was none."""
    return pl.col("id").replace_strict(
        list(onsets_m), list(onsets_m.values()), default=None, return_dtype=pl.Float64
    )


def before_onsets(
    library: Recorded, runs: pl.DataFrame, kms: pl.DataFrame, onsets_m: Mapping[str, float]
) -> pl.DataFrame:
    """Return `kms` with the kilometre of each onset measured over the 1,000 m before it.

    Runs without records keep their row: an even share of the totals holds no more. Where an onset
    came too early for a stretch of 200 m, what that stretch would tell is unknown.
    """
    totals = dict(zip(runs["id"], runs["distance_m"], strict=True))
    found = []
    for run, onset_m in onsets_m.items():
        measured = _before(library, run, totals.get(run), onset_m)
        if measured is not None:
            found.append({"id": run, **measured})
    if not found:
        return kms
    schema = {"id": pl.String, **dict.fromkeys(MEASURED, pl.Float64)}
    table = pl.DataFrame(found, schema=schema)
    own = {run: onset for run, onset in onsets_m.items() if run in set(table["id"])}
    share = pl.col("length_km")  # sums are of a kilometre; the row may be a shorter one
    joined = kms.join(table, on="id", how="left", maintain_order="left", suffix="_before")
    here = holds_onset(own)
    return joined.with_columns(
        pl.when(here)
        .then(pl.col(f"{name}_before") * (share if name in SUMS else 1.0))
        .otherwise(pl.col(name))
        .alias(name)
        for name in MEASURED
    ).select(kms.columns)


def _before(
    library: Recorded, run: str, total_m: float | None, onset_m: float
) -> dict[str, float | None] | None:
    records = kilometres.arrays(library.records(run))
    if not records or onset_m <= 0:
        return None
    total = math.nan if total_m is None else total_m
    measured: dict[str, float | None] = dict.fromkeys(MEASURED)
    end_m = onset_m - LEAD_M
    start_m = max(end_m - WINDOW_M, 0.0)
    if end_m - start_m < SHORTEST_M:
        return measured
    found = kilometres.between(records, total, np.array([start_m, end_m]))
    if found is None or onset_m > found[0] + 1.0:
        return None
    scale = 1000.0 / (end_m - start_m)
    for name in MEASURED:
        value = float(found[1][name][0]) if name in found[1] else math.nan
        if not math.isnan(value):
            measured[name] = value * (scale if name in SUMS else 1.0)
    return measured
