"""How many like me, and what did they try: counts from a cohort, never advice.

Two runners are alike where they share bands: when the episode comes, where, how it feels, the
week's distance, the longest run, coming from a spike. Who is like too few others is compared on
fewer bands, dropped in a fixed order, and told so; below ten runners nothing is said. The month
and year of the match do not matter: the same complaint three years ago counts.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import polars as pl

from backinstride.cohort import K
from backinstride.cohort.analysis import Share, share
from backinstride.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

# The order of dropping: the last one first. What kind of episode it is stays longest.
FEATURES = ("when", "where", "feels", "after_spike", "week_km", "longest_km")
WEEK_BANDS_KM = (15.0, 30.0, 50.0, 80.0)
LONGEST_BANDS_KM = (8.0, 15.0, 22.0, 30.0)
WEEKS = 12
AFTER_SPIKE_DAYS = 2
WORDS = (
    "What others did and how it went for them. It is no advice: who got better might have "
    "without it."
)


class Tried(Value, frozen=True):
    """One thing tried by runners like this one, and how many said that it helped."""

    what: str
    runners: Share
    helped: Share | None


class Alike(Value, frozen=True):
    """The answer: how many, alike in what, what they tried, how often it came back."""

    of: int
    alike: int | None
    alike_in: tuple[str, ...]
    dropped: tuple[str, ...]
    tried: tuple[Tried, ...] = ()
    again: Share | None = None
    closed_median_days: float | None = None
    not_shown: int = 0
    words: str = WORDS


def profiles(sessions: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """Return one row a runner with an episode: the bands of the last one, null where unknown."""
    last = episodes.sort("runner", "day").group_by("runner", maintain_order=True).last()
    load = (
        sessions.join(last.select("runner", until="day"), on="runner")
        .filter(
            pl.col("day").is_between(
                pl.col("until") - pl.duration(days=7 * WEEKS), pl.col("until"), closed="both"
            )
        )
        .group_by("runner")
        .agg(
            week_m=pl.col("distance_m").sum() / WEEKS,
            longest_m=pl.col("distance_m").max(),
            after_spike=(
                (pl.col("state") == "spike")
                & (pl.col("day") >= pl.col("until") - pl.duration(days=AFTER_SPIKE_DAYS))
            ).any(),
        )
    )
    joined = last.join(load, on="runner", how="left").sort("runner")
    return joined.select(
        "runner",
        "when",
        "where",
        "feels",
        "after_spike",
        week_km=_band("week_m", WEEK_BANDS_KM),
        longest_km=_band("longest_m", LONGEST_BANDS_KM),
    )


def _band(name: str, edges: Sequence[float]) -> pl.Expr:
    """Return in which band a distance in metres lies, in km; null where it is not known."""
    metres = pl.col(name)
    band: Any = pl.when(metres < edges[0] * 1000).then(pl.lit(f"under {edges[0]:g} km"))
    for low, high in itertools.pairwise(edges):
        band = band.when(metres < high * 1000).then(pl.lit(f"{low:g} to {high:g} km"))
    last: pl.Expr = band.when(metres.is_not_null()).then(pl.lit(f"{edges[-1]:g} km and more"))
    return last


def like(runner: str, sessions: pl.DataFrame, episodes: pl.DataFrame, notes: pl.DataFrame) -> Alike:
    """Return what a cohort says of runners like `runner`, who is not counted among them."""
    table = profiles(sessions, episodes)
    me = table.filter(pl.col("runner") == runner)
    others = table.filter(pl.col("runner") != runner)
    if me.is_empty():
        return Alike(of=others.height, alike=None, alike_in=(), dropped=())
    told = [n for n in FEATURES if me[n][0] is not None]
    for size in range(len(told), 0, -1):
        same = others
        for name in told[:size]:
            same = same.filter(pl.col(name) == me[name][0])
        if same.height >= K:
            return _answer(same["runner"], others.height, told[:size], told[size:], episodes, notes)
    return Alike(of=others.height, alike=None, alike_in=(), dropped=tuple(told))


def _answer(
    names: pl.Series,
    of: int,
    used: Sequence[str],
    dropped: Sequence[str],
    episodes: pl.DataFrame,
    notes: pl.DataFrame,
) -> Alike:
    theirs = notes.filter(pl.col("runner").is_in(names.to_list()) & (pl.col("kind") == "tried"))
    per = (
        theirs.group_by("what", "runner")
        .agg(
            told=pl.col("outcome").is_not_null().any(),
            helped=(pl.col("outcome") == "helped").any(),
        )
        .group_by("what")
        .agg(runners=pl.len(), told=pl.col("told").sum(), helped=pl.col("helped").sum())
        .sort(["runners", "what"], descending=[True, False])
    )
    shown = [
        Tried(
            what=what,
            runners=share(f"tried {what}", count, len(names)),
            helped=share(f"{what}: said it helped, of those who said", helped, told)
            if told
            else None,
        )
        for what, count, told, helped in per.iter_rows()
        if count >= K
    ]
    bouts = episodes.filter(pl.col("runner").is_in(names.to_list()))
    again = bouts.group_by("runner").len().filter(pl.col("len") > 1).height
    closed = bouts.filter(pl.col("closed").is_not_null())
    days = (closed["closed"] - closed["day"]).dt.total_days() if closed.height else None
    enough = closed["runner"].n_unique() >= K
    return Alike(
        of=of,
        alike=len(names),
        alike_in=tuple(used),
        dropped=tuple(dropped),
        tried=tuple(t for t in shown if t.runners.count is not None),
        again=share("had another episode", again, len(names)),
        closed_median_days=float(days.median() or 0) if days is not None and enough else None,  # type: ignore[arg-type]
        not_shown=per.height - sum(t.runners.count is not None for t in shown),
    )
