"""What goes with an episode, over many runners: a discrete-time hazard, session by session.

A session is a trial: `P(episode) = 1 - exp(-exp(x'b))` (complementary log-log), so that b are log
hazard ratios, the unit of the personal model. Fitted by iteratively reweighted least squares with
Fisher's information; where all factors are categorical on the cells of a group-by, else on rows in
chunks. Standard errors are robust to sessions of one runner being alike (sandwich by runner). An
association in a cohort is not a cause.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from backinstride.cohort import require
from backinstride.errors import UnusableError
from backinstride.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from backinstride.stats import Floats

Z95 = 1.959963984540054
_STEPS = 50
_TOLERANCE = 1e-10  # change of the log likelihood, relative
_CHUNK = 1_048_576
_ETA_LOW, _ETA_HIGH = -30.0, 3.0  # beyond, a probability is 0 or 1 to the last bit


class UnfittableError(UnusableError):
    """The data cannot tell the ratios asked for."""

    slug = "cohort-unfittable"


class Factor(NamedTuple):
    """A categorical exposure: an expression that gives 0 (the reference), 1, 2 ... or null."""

    name: str
    levels: tuple[str, ...]
    code: pl.Expr


class Fit(NamedTuple):
    """Coefficients (q,) with covariances (q, q): the model's and the one robust to clustering."""

    names: tuple[str, ...]
    beta: Floats
    model: Floats
    robust: Floats
    rows: int
    events: int
    runners: int
    steps: int


class Ratio(Value, frozen=True):
    """One hazard ratio with its 95 % interval, robust to clustering by runner."""

    name: str
    ratio: float
    low: float
    high: float
    log_ratio: float
    se: float
    se_model: float


def ratios(fit: Fit) -> tuple[Ratio, ...]:
    """Return the hazard ratios of a fit, without its intercept."""
    found = []
    for k, name in enumerate(fit.names[1:], start=1):
        beta, se = float(fit.beta[k]), math.sqrt(fit.robust[k, k])
        found.append(
            Ratio(
                name=name,
                ratio=math.exp(beta),
                low=math.exp(beta - Z95 * se),
                high=math.exp(beta + Z95 * se),
                log_ratio=beta,
                se=se,
                se_model=math.sqrt(fit.model[k, k]),
            )
        )
    return tuple(found)


# --- one step --------------------------------------------------------------------------------


class _Step(NamedTuple):
    information: Floats
    gradient: Floats
    log_likelihood: float


def _step(x: Floats, trials: Floats, events: Floats, beta: Floats) -> _Step:
    """Return Fisher's information, the gradient and the log likelihood at `beta`."""
    eta = np.clip(x @ beta, _ETA_LOW, _ETA_HIGH)
    rate = np.exp(eta)
    happens = -np.expm1(-rate)
    event_score, other_score = scores(eta)
    # d mu/d eta = rate exp(-rate), over the variance mu (1 - mu)
    weight = trials * rate * rate * np.exp(-rate) / happens
    gradient = x.T @ (events * event_score + (trials - events) * other_score)
    likely = float(np.sum(events * np.log(happens) - (trials - events) * rate))
    return _Step((x * weight[:, None]).T @ x, np.asarray(gradient, dtype=np.float64), likely)


def scores(eta: Floats) -> tuple[Floats, Floats]:
    """Return d log likelihood / d eta of a session with an episode, and of one without."""
    rate = np.exp(eta)
    return rate / np.expm1(rate), -rate


def _climb(at: Callable[[Floats], _Step], start: Floats) -> tuple[Floats, Floats, int]:
    """Return the mode, Fisher's information there and the steps taken."""
    beta, here = start, at(start)
    for step in range(1, _STEPS + 1):
        try:
            move = np.linalg.solve(here.information, here.gradient)
        except np.linalg.LinAlgError as error:
            raise UnfittableError(
                "the levels cannot be told apart (one has no session, or two are the same)"
            ) from error
        share = 1.0
        while True:
            there = at(beta + share * move)
            if there.log_likelihood >= here.log_likelihood or share < 1e-4:
                break
            share /= 2
        gained = there.log_likelihood - here.log_likelihood
        beta, here = beta + share * move, there
        if gained <= _TOLERANCE * (abs(here.log_likelihood) + 1.0):
            return beta, here.information, step
    raise UnfittableError("no largest likelihood was found (a level without any episode?)")


def _start(width: int, rows: float, events: float) -> Floats:
    if not 0 < events < rows:
        raise UnfittableError(f"{events:.0f} episodes in {rows:.0f} sessions: nothing to compare")
    beta = np.zeros(width)
    beta[0] = math.log(-math.log1p(-events / rows))
    return beta


# --- cells -----------------------------------------------------------------------------------


def cells(
    sessions: pl.LazyFrame, factors: Sequence[Factor], event: str = "episode"
) -> pl.DataFrame:
    """Return one row a combination of levels: codes, `trials`, `events`. Unknown rows are left out.

    A session with a factor or an outcome that is not known says nothing here.
    """
    names = [f.name for f in factors]
    return (
        sessions.select(*_codes(factors), pl.col(event).cast(pl.Int8).alias("_event"))
        .drop_nulls()
        .group_by(names)
        .agg(trials=pl.len().cast(pl.Float64), events=pl.col("_event").cast(pl.Int64).sum())
        .sort(names)
        .collect(engine="streaming")
    )


def _codes(factors: Sequence[Factor]) -> list[pl.Expr]:
    return [f.code.cast(pl.Int8).alias(f.name) for f in factors]


def design(codes: pl.DataFrame, factors: Sequence[Factor]) -> tuple[tuple[str, ...], Floats]:
    """Return names and columns (n, q): an intercept and one column a level but the first."""
    columns, names = [np.ones(codes.height)], ["intercept"]
    for factor in factors:
        code = codes[factor.name].to_numpy()
        for level, label in enumerate(factor.levels[1:], start=1):
            columns.append((code == level).astype(np.float64))
            names.append(f"{factor.name}: {label}")
    return tuple(names), np.column_stack(columns)


def fit_cells(
    path: Path, factors: Sequence[Factor], *, event: str = "episode", cluster: str = "runner"
) -> Fit:
    """Fit categorical factors on a Parquet file of sessions: a group-by, then a small problem."""
    table = cells(pl.scan_parquet(path), factors, event)
    names, x = design(table, factors)
    trials, events = table["trials"].to_numpy(), table["events"].cast(pl.Float64).to_numpy()
    empty = [n for n, level in zip(names, x.T, strict=True) if not events @ level]
    if empty and events.sum():
        raise UnfittableError(f"no episode at all at {', '.join(empty)}: no ratio can be given")
    start = _start(x.shape[1], trials.sum(), events.sum())
    beta, information, steps = _climb(lambda b: _step(x, trials, events, b), start)
    model: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
    meat, runners = _meat_of_cells(path, factors, event, cluster, table, x @ beta)
    return Fit(
        names,
        beta,
        model,
        model @ meat @ model,
        int(trials.sum()),
        int(events.sum()),
        runners,
        steps,
    )


def _meat_of_cells(
    path: Path,
    factors: Sequence[Factor],
    event: str,
    cluster: str,
    table: pl.DataFrame,
    eta: Floats,
) -> tuple[Floats, int]:
    """Return the sum over runners of the outer products of their scores."""
    sizes = [len(f.levels) for f in factors]
    place = np.ravel_multi_index([table[f.name].to_numpy() for f in factors], sizes)
    lookup = np.zeros((2, math.prod(sizes)))
    lookup[1, place], lookup[0, place] = scores(eta)
    key = pl.lit(0, pl.Int32)
    for factor, size in zip(factors, sizes, strict=True):
        key = key * size + factor.code.cast(pl.Int32)
    chosen = [pl.col(cluster), key.alias("_key"), pl.col(event).cast(pl.Int8).alias("_event")]
    sums = []
    for chunk in batches(path, chosen):
        codes = np.unravel_index(chunk["_key"].to_numpy(), sizes)
        score = lookup[chunk["_event"].to_numpy(), chunk["_key"].to_numpy()]
        sums.append(_by_runner(chunk[cluster], _weighted(score, codes, sizes)))
    return _meat(sums)


def _weighted(score: Floats, codes: Sequence[np.ndarray], sizes: Sequence[int]) -> Iterator[Floats]:
    """Yield the score times each column of the design, one at a time."""
    yield score
    for code, size in zip(codes, sizes, strict=True):
        for level in range(1, size):
            yield np.where(code == level, score, 0.0)


def batches(path: Path, chosen: Sequence[pl.Expr]) -> Iterator[pl.DataFrame]:
    """Yield the chosen columns in chunks, without rows that are unknown."""
    pq = require("pyarrow.parquet")
    with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
        wanted = {n for e in chosen for n in e.meta.root_names()}
        for batch in file.iter_batches(_CHUNK, columns=sorted(wanted)):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            known = frame.select(*chosen).drop_nulls()
            if known.height:
                yield known


def _by_runner(runner: pl.Series, columns: Iterable[Floats]) -> pl.DataFrame:
    """Return one row a stretch of one runner's rows (they are added up later): column sums."""
    place = runner.rle_id().to_numpy()
    starts = np.concatenate(([0], np.flatnonzero(np.diff(place)) + 1))
    sums = {f"s{k}": np.add.reduceat(column, starts) for k, column in enumerate(columns)}
    return pl.DataFrame({"runner": runner.gather(starts), **sums})


def _meat(parts: Sequence[pl.DataFrame]) -> tuple[Floats, int]:
    sums = pl.concat(parts).group_by("runner").sum().drop("runner").to_numpy()
    count = len(sums)
    if count < 2:
        raise UnfittableError("one runner is no cohort")
    return np.asarray(sums.T @ sums * count / (count - 1), dtype=np.float64), count


# --- rows ------------------------------------------------------------------------------------


def fit_rows(
    path: Path,
    columns: Mapping[str, pl.Expr],
    *,
    event: str = "episode",
    cluster: str = "runner",
) -> Fit:
    """Fit numbers as they are (a log ratio, an age): rows in chunks, memory of one chunk.

    `columns` are by name; an intercept is added. Rows with an unknown are left out.
    """
    chosen = [
        pl.col(cluster),
        pl.col(event).cast(pl.Float64).alias("_event"),
        *(e.cast(pl.Float64).alias(n) for n, e in columns.items()),
    ]

    def chunks() -> Iterator[tuple[pl.Series, Floats, Floats]]:
        for chunk in batches(path, chosen):
            x = np.column_stack([np.ones(chunk.height), chunk.select(*columns).to_numpy()])
            yield chunk[cluster], x, chunk["_event"].to_numpy()

    def at(beta: Floats) -> _Step:
        found = [_step(x, np.ones(len(y)), y, beta) for _, x, y in chunks()]
        return _Step(*(sum(part[1:], part[0]) for part in zip(*found, strict=True)))

    rows, events = 0, 0.0
    for _, _, y in chunks():
        rows, events = rows + len(y), events + float(y.sum())
    beta, information, steps = _climb(at, _start(len(columns) + 1, rows, events))
    model: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
    sums = []
    for runner, x, y in chunks():
        event_score, other_score = scores(np.clip(x @ beta, _ETA_LOW, _ETA_HIGH))
        score = np.where(y > 0, event_score, other_score)
        sums.append(_by_runner(runner, (score * x[:, k] for k in range(x.shape[1]))))
    meat, runners = _meat(sums)
    return Fit(
        ("intercept", *columns),
        beta,
        model,
        model @ meat @ model,
        rows,
        int(events),
        runners,
        steps,
    )


# --- the factors of the published study ----------------------------------------------------------

SPIKE = Factor(
    "spike",
    ("up to 1.10 x the longest of 30 days", "over 10 to 30 %", "over 30 to 100 %", "over 100 %"),
    pl.when(pl.col("spike_ratio") > 2.0)
    .then(3)
    .when(pl.col("spike_ratio") > 1.3)
    .then(2)
    .when(pl.col("state") == "spike")
    .then(1)
    .when(pl.col("spike_ratio").is_not_null())
    .then(0),
)
ANY_SPIKE = Factor(
    "spike",
    ("up to 1.10 x the longest of 30 days", "beyond it"),
    pl.when(pl.col("spike_ratio").is_not_null()).then((pl.col("state") == "spike").cast(pl.Int8)),
)
LAYOFF = Factor(
    "layoff",
    ("none", "14 days or more, ended within 21 days"),
    (pl.col("layoff_21d_days") >= 14).cast(pl.Int8),
)
LOAD = Factor(
    "load",
    ("0.8 to 1.3", "under 0.8", "over 1.3"),
    pl.when(pl.col("load_ratio_coupled") > 1.3)
    .then(2)
    .when(pl.col("load_ratio_coupled") < 0.8)
    .then(1)
    .when(pl.col("load_ratio_coupled").is_not_null())
    .then(0),
)
