"""What a cohort taught, as the prior of the next runner's answer: a JSON file for `why --priors`.

    {"schema": "...", "made": "2026-11-24", "definition": "...", "runners": 5205, ...,
     "priors": {"spike": {"mean": 0.49, "sd": 0.31, "chance": 0.35, "hazard_ratio": [...],
                          "definition": "...", "source": "..."}}}

`mean` is the cohort's log hazard ratio. `sd` holds its standard error and how much one runner may
differ from the cohort, which a cohort of short logs cannot tell: :data:`BETWEEN_SD` is our own
convention. `chance` stays what it was: that something goes with episodes in many does not say how
often it acts in one. Only contributors whose cohort definition is the personal one are written;
distance is never fitted, because a run that pain cut short is short.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from backinstride import files
from backinstride.cohort import K
from backinstride.cohort.regression import (
    ANY_SPIKE,
    LAYOFF,
    Fit,
    UnfittableError,
    fit_cells,
    fit_rows,
    ratios,
)
from backinstride.contributors.priors import table_rows
from backinstride.exposures.load import LOAD_FLOOR, RATIO_STEP
from backinstride.values import Value

if TYPE_CHECKING:
    from pathlib import Path

    from backinstride.cohort.regression import Ratio

BETWEEN_SD = 0.3  # sd between runners of a log hazard ratio: our convention
SCHEMA = "backinstride-priors/1"
DEFINITIONS = {
    "spike": "session beyond 1.10 x the longest session of the 30 days before, against up to it",
    "layoff": "a layoff of 14 days or more that ended within the last 21 days, against none",
    "load": "log of 7-day load over a quarter of the 28-day load, per 0.4",
}
LOAD_STEP = (
    pl.col("load_ratio_coupled").clip(LOAD_FLOOR).log() / RATIO_STEP
)  # the personal model's unit


class CohortPrior(Value, frozen=True):
    """One contributor's prior; `hazard_ratio` is the cohort's: 2.5 %, middle, 97.5 %."""

    mean: float
    sd: float
    chance: float
    hazard_ratio: tuple[float, float, float]
    definition: str
    source: str


class PriorsFile(Value, frozen=True):
    """The whole file."""

    schema: str
    made: dt.date
    definition: str
    runners: int
    sessions: int
    episodes: int
    priors: dict[str, CohortPrior]
    not_fitted: dict[str, str] = msgspec.field(default_factory=dict)


def fit(path: Path, *, today: dt.date, outcome: str) -> PriorsFile:
    """Fit the contributors whose definition the cohort shares; say which could not be fitted.

    `path` is a Parquet file of sessions with metrics and `episode`; `outcome` says in words what
    an episode is there (a back spasm, an injury of any kind).
    """
    not_fitted: dict[str, str] = {}
    found: dict[str, Ratio] = {}
    first: Fit | None = None
    for names in (("spike", "layoff"), ("spike",), ("layoff",)):
        wanted = [f for f in (ANY_SPIKE, LAYOFF) if f.name in names and f.name not in found]
        if len(wanted) < len(names):
            continue
        try:
            fitted = fit_cells(path, wanted)
        except UnfittableError as error:
            not_fitted.update(dict.fromkeys(names, str(error)))
            continue
        first = first or fitted
        found.update({r.name.split(":")[0]: r for r in ratios(fitted)})
        if len(found) == 2:
            break
    try:
        fitted = fit_rows(path, {"load": LOAD_STEP, "spike": ANY_SPIKE.code})
        first = first or fitted
        found["load"] = next(r for r in ratios(fitted) if r.name == "load")
    except UnfittableError as error:
        not_fitted["load"] = str(error)
    if first is None or first.runners < K:
        raise UnfittableError(
            f"no prior can be fitted from fewer than {K} runners with known outcomes"
            if first
            else f"no prior can be fitted: {'; '.join(sorted(set(not_fitted.values())))}"
        )
    return PriorsFile(
        schema=SCHEMA, made=today, definition=outcome, runners=first.runners, sessions=first.rows,
        episodes=first.events, not_fitted={n: w for n, w in not_fitted.items() if n not in found},
        priors={n: _prior(n, r, first, today, outcome) for n, r in sorted(found.items())},
    )  # fmt: skip


def _prior(name: str, ratio: Ratio, fitted: Fit, today: dt.date, outcome: str) -> CohortPrior:
    row = next(r for r in table_rows() if r.id == name)
    sd = math.hypot(ratio.se, BETWEEN_SD)
    return CohortPrior(
        mean=round(ratio.log_ratio, 4),
        sd=round(sd, 4),
        chance=row.chance,
        hazard_ratio=(round(ratio.low, 3), round(ratio.ratio, 3), round(ratio.high, 3)),
        definition=DEFINITIONS[name],
        source=(
            f"a cohort of {fitted.runners:,} runners, {fitted.rows:,} sessions, {fitted.events:,} "
            f"episodes ({outcome}; fitted {today}): hazard ratio {ratio.ratio:.2f} "
            f"({ratio.low:.2f} to {ratio.high:.2f}); the {row.chance * 100:.0f} % is our starting "
            "guess"
        ),
    )


def write(path: Path, found: PriorsFile) -> None:
    """Write the file; it holds no row of anybody."""
    files.replace(path, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def read(path: Path) -> dict[str, Any]:
    """Return the file as `why` reads it: priors by contributor id."""
    from backinstride.contributors.priors import read_priors

    return {name: prior._asdict() for name, prior in read_priors(path).items()}
