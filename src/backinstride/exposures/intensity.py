"""How hard: the pace of each kilometre against the runner's own easy pace at that grade.

Speeds of whole kilometres of the 8 weeks before are compared on the logarithm, after taking out
climb and descent with the runner's own slopes (least squares over the 26 weeks before, drawn
towards a coach's rule of thumb where own hills are few). The middle is the median, the spread
the median absolute deviation. Positive z: faster than own easy pace. Where no altitude is
recorded the ground is taken as level, and the pace alone is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from backinstride.exposures.entries import Exposure

if TYPE_CHECKING:
    from backinstride.readers.recording import Floats

CENTRE_DAYS = 56
SLOPE_DAYS = 182
LEAST_KM = 15
LEAST_RUNS = 3
MAD_TO_SD = 1.4826
LEAST_SPREAD = 0.03  # 3 % of pace: steadier than any watch measures
LARGEST_Z = 4.0
SPEED_M_S = (1.8, 6.5)  # slower is walking
# Log speed per 10 m/km: 1 % up costs about 3 %, 1 % down gives back about 1.7 % (coach's rule).
RULE = np.array([-0.031, 0.017])
RULE_WEIGHT_KM = 9.0  # the rule counts as much as so many own kilometres at 10 m/km

EXPOSURES: tuple[Exposure, ...] = (
    Exposure(
        id="intensity", per="km", unit="z", direction="up", contributor="intensity",
        window="this kilometre, against the 8 weeks before",
        label="faster than own easy pace at that grade",
        claims=("E1.9", "own-intensity-prior", "own-easy-pace"),
    ),
    Exposure(
        id="intensity_z", per="run", unit="z", direction="up", contributor="intensity",
        window="this run, against the 8 weeks before",
        label="mean over the run of pace against own easy pace at grade",
        claims=("E1.9", "own-intensity-prior", "own-easy-pace"),
    ),
    Exposure(
        id="easy_pace_s_per_km", per="run", unit="s/km", window="8 weeks before the run's day",
        label="own easy pace on the level, as it stood before the run", claims=("own-easy-pace",),
    ),
    Exposure(
        id="pace_s_per_km", per="run", unit="s/km", window="this run",
        label="mean pace while moving", claims=("own-easy-pace",),
    ),
)  # fmt: skip


class Trailing:
    """For each run the rows of the kilometre table that lie in a window of days before it.

    Rows must stand in the order of the runs; `first_row` has one entry a run and the end.
    """

    def __init__(self, run_days: np.ndarray, first_row: np.ndarray) -> None:
        self.days = run_days
        self.first_row = first_row
        self.run_of_row = np.repeat(np.arange(len(run_days)), np.diff(first_row))

    def rows(self, window: int) -> tuple[np.ndarray, np.ndarray]:
        """Return first and one-past-last row of the `window` days before each run's day."""
        low = np.searchsorted(self.days, self.days - window, side="left")
        high = np.searchsorted(self.days, self.days, side="left")
        return self.first_row[low], self.first_row[high]

    def fits(
        self, design: Floats, outcome: Floats, window: int, prior: Floats, weight: Floats
    ) -> Floats:
        """Return for each run the ridge fit of `outcome` on `design` over its window.

        Rows with a NaN are left out. The fit is drawn to `prior`, which counts as `weight` rows
        (one number a column). One pass over the table serves all windows.
        """
        good = ~(np.isnan(outcome) | np.isnan(design).any(axis=1))
        x = np.where(good[:, None], design, 0.0)
        y = np.where(good, outcome, 0.0)
        width = x.shape[1]
        xx = np.zeros((len(x) + 1, width, width))
        xy = np.zeros((len(x) + 1, width))
        np.cumsum(x[:, :, None] * x[:, None, :], axis=0, out=xx[1:])
        np.cumsum(x * y[:, None], axis=0, out=xy[1:])
        low, high = self.rows(window)
        left = xx[high] - xx[low] + np.diag(weight)
        right = xy[high] - xy[low] + weight * prior
        return np.asarray(np.linalg.solve(left, right[:, :, None])[:, :, 0], dtype=np.float64)


def per_km(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return intensity (z), and id, one row a row of `kms` (rows in the order of `runs`)."""
    z, _ = _z(kms, runs)
    return pl.DataFrame({"intensity": z}).fill_nan(None)


def _column(frame: pl.DataFrame, name: str) -> Floats:
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def row_starts(kms: pl.DataFrame, runs: pl.DataFrame) -> np.ndarray:
    """Return the first row in `kms` of each run, and the end; a run may have none."""
    counts = (
        runs.select("id")
        .join(kms.group_by("id").len(), on="id", how="left", maintain_order="left")["len"]
        .fill_null(0)
        .to_numpy()
    )
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _z(kms: pl.DataFrame, runs: pl.DataFrame) -> tuple[Floats, Floats]:
    """Return z of every kilometre, and the log of the easy speed (m/s) of every run."""
    first_row = row_starts(kms, runs)
    days = runs["day"].cast(pl.Int32).to_numpy().astype(np.int64)
    length_m = _column(kms, "length_km") * 1000.0
    moving = _column(kms, "moving_s")
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.where(moving > 0, length_m / moving, np.nan)
        log_speed = np.log(speed)
        slopes = np.column_stack([_column(kms, c) / (length_m / 100.0) for c in _GRADE])
    level = np.nan_to_num(slopes)
    good = (length_m > 500) & (speed > SPEED_M_S[0]) & (speed < SPEED_M_S[1])
    trailing = Trailing(days, first_row)
    fits = trailing.fits(
        np.column_stack([np.ones(len(level)), level]), np.where(good, log_speed, np.nan),
        SLOPE_DAYS, np.array([1.0, *RULE]), np.array([1e-6, RULE_WEIGHT_KM, RULE_WEIGHT_KM]),
    )[:, 1:]  # fmt: skip
    used = np.where(good, log_speed, np.nan)
    centre, spread = _centres(used, level, fits, trailing)
    run = trailing.run_of_row
    own = log_speed - (level * fits[run]).sum(axis=1)
    return np.clip((own - centre[run]) / spread[run], -LARGEST_Z, LARGEST_Z), centre


_GRADE = ("climb_m", "descent_m")


def _centres(
    log_speed: Floats, level: Floats, fits: Floats, trailing: Trailing
) -> tuple[Floats, Floats]:
    low, high = trailing.rows(CENTRE_DAYS)
    centre = np.full(len(fits), np.nan)
    spread = np.full(len(fits), np.nan)
    for i, (a, b) in enumerate(zip(low, high, strict=True)):
        use = ~np.isnan(log_speed[a:b])
        if use.sum() < LEAST_KM or len(np.unique(trailing.run_of_row[a:b][use])) < LEAST_RUNS:
            continue
        own = (log_speed[a:b] - level[a:b] @ fits[i])[use]
        centre[i] = np.median(own)
        spread[i] = max(MAD_TO_SD * float(np.median(np.abs(own - centre[i]))), LEAST_SPREAD)
    return centre, spread


def per_run(kms: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return pace_s_per_km, easy_pace_s_per_km and intensity_z, one row a run, same order."""
    z, centre = _z(kms, runs)
    mean = (
        kms.select("id", "moving_s", z=pl.Series(z).fill_nan(None))
        .filter(pl.col("z").is_not_null())
        .group_by("id")
        .agg(intensity_z=(pl.col("z") * pl.col("moving_s")).sum() / pl.col("moving_s").sum())
    )
    easy = pl.Series("easy_pace_s_per_km", 1000.0 / np.exp(centre)).fill_nan(None)
    known = (pl.col("distance_m") > 0) & (pl.col("moving_s") > 0)
    pace = pl.when(known).then(pl.col("moving_s") / pl.col("distance_m") * 1000.0)
    return (
        runs.select("id", pace_s_per_km=pace, easy_pace_s_per_km=easy)
        .join(mean, on="id", how="left", maintain_order="left")
        .drop("id")
    )
