"""How often, how long, how again: a cohort described in counts with intervals.

Every figure is of at least ten runners or is not shown (None, `suppressed`). Rates count only the
sessions of which it is known whether an episode followed. Intervals are 95 %: the wider of the
exact Poisson one and the one that lets runners differ (linearised by runner).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from backinstride.cohort import K
from backinstride.cohort.regression import Z95, Fit, Ratio, ratios
from backinstride.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)
BANDS = (
    "spike_ratio",
    "load_7d_m",
    "load_28d_m",
    "load_ratio_coupled",
    "monotony_7d",
    "layoff_days",
)


class Rate(Value, frozen=True):
    """A count over an amount, with its 95 % interval; None where fewer than ten runners are in."""

    what: str
    count: int | None
    per: str
    amount: float | None
    rate: float | None
    low: float | None
    high: float | None
    runners: int | None
    suppressed: bool = False


class Share(Value, frozen=True):
    """`count` of `of` runners, with Wilson's 95 % interval."""

    what: str
    count: int | None
    of: int | None
    share: float | None
    low: float | None
    high: float | None
    suppressed: bool = False


class Band(Value, frozen=True):
    """Percentiles of one metric over runners (each runner's own median once)."""

    metric: str
    runners: int | None
    quantiles: tuple[float, ...] | None  # 10, 25, 50, 75, 90 %
    suppressed: bool = False


class Study(Value, frozen=True):
    """A hazard regression as it is shown: ratios, counts, and what they are not."""

    factors: tuple[str, ...]
    ratios: tuple[Ratio, ...]
    sessions: int
    episodes: int
    runners: int
    sentence: str = (
        "Associations in the sessions recorded, not causes; a run cut short by pain is shorter "
        "than it was meant to be, which hides part of what a long run does."
    )


class Described(Value, frozen=True):
    """A cohort in counts."""

    runners: int | None
    sessions: int
    km: float
    known_sessions: int
    incidence: tuple[Rate, ...]
    burden: Rate | None  # None: no table says when an episode closed
    recurrence: tuple[Share, ...]
    by_year: tuple[Share, ...]
    bands: tuple[Band, ...]
    study: Study | None = None
    not_told: tuple[str, ...] = ()
    k: int = K


# --- intervals -------------------------------------------------------------------------------


def wilson(count: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    if of <= 0:
        return 0.0, 1.0
    share, z2 = count / of, Z95 * Z95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def poisson(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a Poisson mean."""
    low = 0.0 if count == 0 else _solve(lambda m: 1 - _poisson_cdf(count - 1, m), 0.025, count)
    high = _solve(lambda m: -_poisson_cdf(count, m), -0.025, count)
    return low, high


def _solve(rising: object, target: float, count: int) -> float:
    low, high = 0.0, 4.0 * count + 20.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)  # type: ignore[operator]
    return (low + high) / 2


def _poisson_cdf(count: int, mean: float) -> float:
    """Return P(X <= count): a sum from the largest term down."""
    if mean <= 0:
        return 1.0
    total, logs = 0.0, -mean
    terms = []
    for k in range(count + 1):
        if k:
            logs += math.log(mean / k)
        terms.append(logs)
    total = math.fsum(math.exp(t) for t in terms if t > -745)
    return min(total, 1.0)


def rate(what: str, per: str, counts: Sequence[float], amounts: Sequence[float]) -> Rate:
    """Return events over amounts, one pair a runner, with the wider of two 95 % intervals."""
    runners = sum(a > 0 for a in amounts)
    if runners < K:
        return Rate(
            what=what, count=None, per=per, amount=None, rate=None, low=None, high=None,
            runners=None, suppressed=True,
        )  # fmt: skip
    count, amount = round(sum(counts)), float(sum(amounts))
    found = count / amount
    low, high = (bound / amount for bound in _exact(count))
    if count:
        spread = sum((c - found * a) ** 2 for c, a in zip(counts, amounts, strict=True))
        half = Z95 * math.sqrt(spread * runners / (runners - 1)) / count
        low, high = min(low, found * math.exp(-half)), max(high, found * math.exp(half))
    return Rate(
        what=what,
        count=count,
        per=per,
        amount=amount,
        rate=found,
        low=low,
        high=high,
        runners=runners,
    )


def _exact(count: int) -> tuple[float, float]:
    if count < 2_000:
        return poisson(count)
    half = Z95 / math.sqrt(count)  # the exact one to three digits
    return count * math.exp(-half), count * math.exp(half)


def share(what: str, count: int, of: int) -> Share:
    """Return a share of runners; nothing where it is of fewer than ten, or tells of fewer.

    Both the ones and the others must be none or at least ten: a cell is found by subtraction too.
    """
    small = of < K or 0 < count < K or 0 < of - count < K
    if small:
        return Share(
            what=what, count=None, of=of if of >= K else None, share=None, low=None, high=None,
            suppressed=True,
        )  # fmt: skip
    low, high = wilson(count, of)
    return Share(what=what, count=count, of=of, share=count / of, low=low, high=high)


# --- the cohort -------------------------------------------------------------------------------


def describe(sessions: pl.LazyFrame, episodes: pl.DataFrame | None) -> Described:
    """Return the cohort in counts. `sessions` with metrics; `episodes` as `cohort build` writes."""
    names = sessions.collect_schema().names()
    outcome = pl.col("episode").cast(pl.Boolean) if "episode" in names else pl.lit(None, pl.Boolean)
    whole = sessions.select(
        runners=pl.col("runner").n_unique(), sessions=pl.len(), metres=pl.col("distance_m").sum()
    ).collect()
    known = sessions.with_columns(episode=outcome).filter(pl.col("episode").is_not_null())
    per = (
        known.group_by("runner")
        .agg(
            events=pl.col("episode").sum(),
            sessions=pl.len(),
            km=pl.col("distance_m").sum() / 1000,
            days=(pl.col("day").max() - pl.col("day").min()).dt.total_days() + 1,
        )
        .sort("runner")
        .collect()
    )
    events = per["events"].to_list()
    runners = int(whole["runners"][0])
    return Described(
        runners=runners if runners >= K else None,
        sessions=int(whole["sessions"][0]),
        km=round(float(whole["metres"][0] or 0) / 1000, 1),
        known_sessions=int(per["sessions"].sum()),
        incidence=(
            rate("episodes", "1,000 sessions", events, (per["sessions"] / 1000).to_list()),
            rate("episodes", "1,000 km", events, (per["km"] / 1000).to_list()),
            rate("episodes", "runner-year", events, (per["days"] / 365.25).to_list()),
        ),
        burden=burden(per, episodes),
        recurrence=recurrence(per),
        by_year=by_year(known),
        bands=bands(sessions, names),
        not_told=() if per.height else ("no session says whether an episode followed it",),
    )


def burden(per: pl.DataFrame, episodes: pl.DataFrame | None) -> Rate | None:
    """Return days in an episode per 100 days recorded; an open one counts as nothing known."""
    if episodes is None or "closed" not in episodes.columns:
        return None
    hurt = (
        episodes.filter(pl.col("closed") > pl.col("day"))
        .select("runner", pl.date_ranges("day", "closed", closed="left").alias("on"))
        .explode("on")
        .unique()
        .group_by("runner")
        .agg(pl.len().cast(pl.Float64).alias("hurt"))
    )
    joined = per.join(hurt, on="runner", how="left").with_columns(pl.col("hurt").fill_null(0.0))
    return rate(
        "days in a closed episode", "100 days",
        joined["hurt"].to_list(), (joined["days"] / 100).to_list(),
    )  # fmt: skip


def recurrence(per: pl.DataFrame) -> tuple[Share, ...]:
    """Return how many had an episode, and how many of these had another."""
    once, again = (int((per["events"] >= n).sum()) for n in (1, 2))
    return (
        share("runners with an episode", once, per.height),
        share("of these, with another", again, once),
    )


def by_year(known: pl.LazyFrame) -> tuple[Share, ...]:
    """Return the share of runners with an episode in each calendar year they were seen in."""
    years = (
        known.group_by(pl.col("day").dt.year().alias("year"), "runner")
        .agg(pl.col("episode").any())
        .group_by("year")
        .agg(count=pl.col("episode").sum(), of=pl.len())
        .sort("year")
        .collect()
    )
    found = [
        share(f"runners with an episode in {year}", count, of)
        for year, count, of in years.iter_rows()
    ]
    return _no_subtraction(found)


def _no_subtraction(found: list[Share]) -> tuple[Share, ...]:
    """Hide the smallest year shown where another is hidden: a total would give that one away."""
    shown = [i for i, s in enumerate(found) if s.count is not None]
    if shown and len(shown) < len(found):
        least = min(shown, key=lambda i: found[i].count or 0)
        found[least] = Share(
            what=found[least].what, count=None, of=found[least].of, share=None, low=None,
            high=None, suppressed=True,
        )  # fmt: skip
    return tuple(found)


def bands(sessions: pl.LazyFrame, names: Sequence[str]) -> tuple[Band, ...]:
    """Return percentiles over runners of each runner's own median: everybody counts once."""
    wanted = [n for n in BANDS if n in names]
    if not wanted:
        return ()
    medians = sessions.group_by("runner").agg(pl.col(wanted).median()).collect()
    found = []
    for name in wanted:
        column = medians[name].drop_nulls()
        if len(column) < K:
            found.append(Band(metric=name, runners=None, quantiles=None, suppressed=True))
            continue
        values = tuple(float(column.quantile(q, "linear") or 0.0) for q in QUANTILES)
        found.append(Band(metric=name, runners=len(column), quantiles=values))
    return tuple(found)


def study(fit: Fit, factors: Sequence[str]) -> Study | None:
    """Return a regression as it is shown; None where fewer than ten runners are in it."""
    if fit.runners < K:
        return None
    return Study(
        factors=tuple(factors), ratios=ratios(fit), sessions=fit.rows, episodes=fit.events,
        runners=fit.runners,
    )  # fmt: skip
