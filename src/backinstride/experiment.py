"""The next change worth making: one variable, chosen by what it saves, never by what it teaches.

A change is worth its expected benefit over the runs to come plus the expected value of what a
test of it would decide (EVSI). Pure information gain is not used: it ranks all changes alike,
because how risky a run is at all is what is least known.

What can be swapped from run to run is tested in pairs in random order; what lasts (strength, a
heel lift) is compared with the weeks before it; after a severe episode nobody goes back to the
suspect to learn from it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from backinstride import diary as diaries
from backinstride import stats
from backinstride.stats import Averaged, Rows, Slabs
from backinstride.values import Experiment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.stats import Floats

DRAWS = 2000
SEED = 20121104
LONG_RUNS = 6  # the latest long runs stand for the ones to come
RUNS_TO_COME = 12
PER_ARM = (4, 8)  # runs of each kind that a test may take
SEVERE_PAIN = 7.0
RANKED_FROM = 3
CLEAR = 0.9  # a test has decided when one answer is this sure
HELPS = 0.2  # a change that takes a fifth off the risk helps
# Runs of both kinds together until the morning score decides, by the size of the effect in sd:
# the median, and where four of five of those that decide have done so (benchmarks/experiment.py).
RUNS_NEEDED = ((1.2, (20, 28)), (0.8, (30, 44)), (-math.inf, (34, 60)))
SD_PER_LOG_HR = 0.75  # how a hazard is taken to show in the morning score, our guess
MORNING = "next morning's score (0-10) after every run; episodes second"
STOP = (
    "pain above 5 of 10 in two runs, an episode in the changed run, mornings 2 points worse twice "
    "in a row, or any warning sign: then stop, and go back to what was comfortable"
)

Kind = Literal["swap", "limit", "lasting"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a runner can change. `to` is the value it gets, `by` what is added to it.

    `burden` is what it costs over the runs to come, in episodes one would accept instead.
    `text` names it, `{label}` the pair of shoes.
    """

    contributor: str
    text: str
    kind: Kind
    to: float | None = None
    by: float = 0.0
    shorten: float = 1.0  # share of the run that is left
    burden: float = 0.0


CHANGES: tuple[Change, ...] = (
    Change(contributor="shoe", kind="swap", to=0.0, text="another pair than {label} on long runs"),
    Change(
        contributor="spike", kind="limit", to=0.0, burden=0.05,
        text="no run beyond 1.10 times the longest of the 30 days before",
    ),
    Change(
        contributor="distance", kind="limit", shorten=0.75, burden=0.30,
        text="long runs a quarter shorter, the rest on another day",
    ),
    Change(
        contributor="climb", kind="swap", to=0.5, burden=0.05,
        text="a flatter way for the long run (climb)",
    ),
    Change(
        contributor="descent", kind="swap", to=0.5, burden=0.05,
        text="a flatter way for the long run (descent)",
    ),
    Change(
        contributor="intensity", kind="swap", by=-1.0, burden=0.05,
        text="long runs at your easy pace",
    ),
    Change(
        contributor="surface", kind="swap", to=0.0, burden=0.05, text="long runs on softer ground",
    ),
    Change(
        contributor="missed_core", kind="lasting", by=-1.0, burden=0.20,
        text="two more strength sessions a week",
    ),
    Change(
        contributor="sleep", kind="limit", to=0.0, burden=0.10,
        text="six hours of sleep or more before a long run, else an easy short one",
    ),
    Change(
        contributor="load", kind="limit", to=0.0, burden=0.10,
        text="long runs only in weeks within your usual load",
    ),
    Change(
        contributor="shoe_mileage", kind="swap", by=-1.0, burden=0.05,
        text="a pair with fewer kilometres on long runs",
    ),
)  # fmt: skip


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What the next change is chosen from: the averaged model and the runs it stands on.

    `names`, `labels`, `claims`, `chances` by candidate; `run` (n,) index of each row's run;
    `days` by run.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    claims: tuple[tuple[str, ...], ...]
    chances: tuple[float, ...]
    suspected: tuple[bool, ...]
    averaged: Averaged
    rows: Rows
    slabs: Slabs
    run: np.ndarray
    days: tuple[dt.date, ...]
    events: int
    worst_pain: float | None = None


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What one change is worth: episodes saved over the runs to come, and what a test adds."""

    place: int
    change: Change
    saved: float
    test: float
    helps: float  # chance that it takes a fifth off the risk
    decided: float  # chance that a test with the most runs decides
    risk: float

    @property
    def total(self) -> float:
        """Benefit and value of the test, less the burden."""
        return self.saved - self.change.burden + self.test


def propose(now: Situation | None) -> Experiment | None:
    """Return the next change worth making; None where there is nothing to choose from.

    Below three episodes the runner's own suspicion goes first, for nothing else is known.
    """
    if now is None:
        return None
    worths = [w for w in weigh(now) if w.total > 0 or _first(now, w)]
    if not worths:
        return None
    return _experiment(now, max(worths, key=lambda w: _order_of(now, w)))


def _first(now: Situation, worth: Worth) -> bool:
    return now.events < RANKED_FROM and now.suspected[worth.place]


def _order_of(now: Situation, worth: Worth) -> tuple[float, float, str]:
    """Suspicions by their chance while nothing is ranked, then by what a change is worth."""
    first = now.chances[worth.place] if _first(now, worth) else 0.0
    return first, worth.total, now.names[worth.place]


def weigh(now: Situation) -> tuple[Worth, ...]:
    """Return the worth of every change that would change anything in the runner's long runs."""
    theta = stats.draws(now.averaged, now.slabs, DRAWS, SEED)
    long_runs = [_part(now.rows, rows) for rows in _long_runs(now)]
    usual = _mean_risk(theta, long_runs)
    shoes = [k for k, name in enumerate(now.names) if name.startswith("shoe:")]
    found = []
    for place, name in enumerate(now.names):
        change = next((c for c in CHANGES if c.contributor == name.partition(":")[0]), None)
        if change is None:
            continue
        if place in shoes:
            # What the pair does where it is worn, for the share of runs that it is worn on.
            worn = [_in_pair(rows, shoes, place) for rows in long_runs]
            share = float(now.rows.x[~now.rows.after, place].mean())
            before = _mean_risk(theta, worn)
        else:
            worn, share, before = long_runs, 1.0, usual
        changed = [_changed(rows, place, change) for rows in worn]
        if any(new is not None for new in changed):
            kept = [old if new is None else new for old, new in zip(worn, changed, strict=True)]
            found.append(_worth(place, change, before, _mean_risk(theta, kept), share))
    return tuple(found)


def _part(rows: Rows, only: np.ndarray) -> Rows:
    return stats.Rows(*(column[only] for column in rows))


def _in_pair(rows: Rows, shoes: Sequence[int], place: int) -> Rows:
    x = rows.x.copy()
    x[:, shoes] = 0.0
    x[:, place] = 1.0
    return rows._replace(x=x)


def _mean_risk(theta: Floats, runs: Sequence[Rows]) -> Floats:
    out: Floats = np.mean([_risk(theta, rows) for rows in runs], axis=0)
    return out


def _long_runs(now: Situation) -> list[np.ndarray]:
    """Return the rows of the latest runs of the longest quarter, clean ones where there are any."""
    count = len(now.days)
    kilometres = np.zeros(count)
    np.add.at(kilometres, now.run[~now.rows.after], now.rows.exposure[~now.rows.after])
    hit = np.zeros(count)
    np.add.at(hit, now.run, now.rows.event)
    clean = np.flatnonzero(hit == 0)
    pool = clean if len(clean) else np.arange(count)
    edge = np.quantile(kilometres[pool], 0.75)
    chosen = pool[kilometres[pool] >= edge][-LONG_RUNS:]
    return [np.flatnonzero(now.run == k) for k in chosen]


def _risk(theta: Floats, rows: Rows) -> Floats:
    """Return the chance of an episode in or after one run, by draw."""
    after = rows.after.astype(np.float64)
    columns = np.column_stack((1.0 - after, after, rows.z, rows.x))
    hazard = np.exp(np.minimum(theta @ columns.T, 20.0)) @ rows.exposure
    out: Floats = -np.expm1(-hazard)
    return out


def _changed(rows: Rows, place: int, change: Change) -> Rows | None:
    """Return the rows of a run as the change would make them; None where nothing changes."""
    x, exposure, after = rows.x.copy(), rows.exposure, rows.after
    if change.shorten < 1.0:
        left = change.shorten * exposure[~after].sum()
        begins = np.cumsum(exposure) - exposure
        exposure = np.where(after, exposure, np.clip(left - begins, 0.0, exposure))
        x[after, place] = x[~after][exposure[~after] > 0][-1, place]
    elif change.to is not None:
        x[:, place] = np.minimum(x[:, place], change.to)
    else:
        x[:, place] += change.by
    if np.array_equal(x, rows.x) and np.array_equal(exposure, rows.exposure):
        return None
    return rows._replace(x=x, exposure=exposure)


def _worth(place: int, change: Change, before: Floats, after: Floats, share: float) -> Worth:
    gain = (before - after) * share * RUNS_TO_COME - change.burden
    now = max(0.0, float(gain.mean()))
    tests = [_after_test(before, after, gain, runs) for runs in PER_ARM]
    value = max(chosen - now for chosen, _ in tests)
    return Worth(
        place=place,
        change=change,
        saved=float((before - after).mean()) * share * RUNS_TO_COME,
        test=max(0.0, value) if change.kind == "swap" else 0.0,
        helps=float((after < (1 - HELPS) * before).mean()),
        decided=tests[-1][1],
        risk=float(before.mean()),
    )


def _after_test(before: Floats, after: Floats, gain: Floats, runs: int) -> tuple[float, float]:
    """Return the expected gain after `runs` of each kind, and the chance that they decide."""
    ways = np.array([math.comb(runs, k) for k in range(runs + 1)], dtype=np.float64)
    powers = np.arange(runs + 1)
    one = ways * before[:, None] ** powers * (1 - before[:, None]) ** (runs - powers)
    two = ways * after[:, None] ** powers * (1 - after[:, None]) ** (runs - powers)
    size = len(before)
    likely = one.T @ two / size
    expected = (one * gain[:, None]).T @ two / size
    helps = (after < (1 - HELPS) * before).astype(np.float64)
    sure = (one * helps[:, None]).T @ two / size / np.maximum(likely, 1e-300)
    decided = float(likely[(sure > CLEAR) | (sure < 1 - CLEAR)].sum())
    return float(np.maximum(expected, 0.0).sum()), decided


def _experiment(now: Situation, best: Worth) -> Experiment:
    severe = now.worst_pain is not None and now.worst_pain >= SEVERE_PAIN
    name = now.names[best.place]
    return Experiment(
        change=best.change.text.format(label=now.labels[best.place]),
        why=_why(now, best),
        runs_needed=runs_needed(now, best.place),
        outcome=MORNING,
        stop_if=STOP,
        design=design(best.change.kind, name, severe=severe),
        contributor=name,
        by_luck=by_luck(best.risk),
        claims=("own-experiment", "own-one-change", "own-by-luck", *now.claims[best.place]),
    )


def runs_needed(now: Situation, place: int) -> tuple[int, int]:
    """Return how many runs, both kinds together, until the morning score is likely to decide."""
    effect = SD_PER_LOG_HR * _expected_log_hr(now, place)
    return next(runs for least, runs in RUNS_NEEDED if effect >= least)


def _expected_log_hr(now: Situation, place: int) -> float:
    """Return the mean log hazard ratio of a candidate, in the models that hold it."""
    held = now.averaged.masks[:, place]
    weights = now.averaged.weights[held]
    first = now.averaged.fit.theta.shape[1] - now.averaged.masks.shape[1]
    modes = now.averaged.fit.theta[held, first + place]
    return float(weights @ modes / max(float(weights.sum()), 1e-300))


def _why(now: Situation, best: Worth) -> str:
    low, high = runs_needed(now, best.place)
    parts = [
        (
            f"Of what you could change it is expected to save most: about {best.saved:.1f} "
            f"episodes in {RUNS_TO_COME} long runs, if these runs are a guide "
            f"({100 * best.helps:.0f} % that it helps by a fifth or more)."
        )
    ]
    if _first(now, best):
        parts = ["You suspect it, and with so few episodes your suspicion is the best start."]
    monthly = _long_runs_a_month(now)
    if low > monthly:
        parts.append(
            f"It cannot be settled in a month: {low} to {high} runs are needed, "
            f"and you do about {monthly:.0f} long ones a month."
        )
        if best.change.burden <= 0.05:
            parts.append("The change is cheap, so make it anyway.")
    return " ".join(parts)


def _long_runs_a_month(now: Situation) -> float:
    recent = [d for d in now.days if (now.days[-1] - d).days < 56]
    return max(1.0, len(recent) / 4 / 56 * 30)


def design(kind: Kind, name: str, *, severe: bool) -> str:
    """Return how to do it, in words; the order of the pairs is drawn once, from the name."""
    if severe:
        return (
            "Change it and do not go back to test it, after an episode this bad. It is compared "
            "with your runs before; whatever else changed meanwhile is mixed in."
        )
    if kind == "swap":
        order = ", then ".join(_order(name, 4))
        return (
            "Pairs of comparable long runs on days without pain, one as usual and one with the "
            f"change, nothing else changed; order by chance: {order}."
        )
    if kind == "lasting":
        return (
            "Two weeks as now with the morning score, then the change, kept for eight weeks. It "
            "cannot be swapped from run to run, so whatever else changes is mixed in."
        )
    return "From the next run on; compared with your runs before. Change nothing else meanwhile."


def _order(name: str, pairs: int) -> list[str]:
    bits = hashlib.sha256(name.encode()).digest()
    return [
        "change first, usual second" if bits[k] % 2 else "usual first, change second"
        for k in range(pairs)
    ]


def by_luck(risk: float) -> str:
    """Return how often clean runs come by luck at this risk a run."""
    four, eight = (100 * stats.chance_all_clean(risk, n) for n in (4, 8))
    return (
        f"At a risk of {100 * risk:.0f} % a long run, 4 clean runs happen by luck {four:.0f} % of "
        f"the time, 8 clean runs {eight:.0f} %."
    )


def diary_entry(chosen: Experiment, today: dt.date, weeks: int = 8) -> str:
    """Return the block that starts the experiment in the diary."""
    fields = [("change", chosen.change)]
    if chosen.contributor:
        fields.append(("contributor", chosen.contributor))
    fields += [
        ("design", chosen.design),
        ("outcome", chosen.outcome),
        ("from", today.isoformat()),
        ("review", (today + dt.timedelta(weeks=weeks)).isoformat()),
        ("stop_if", chosen.stop_if),
    ]
    return diaries.format_entry(today, "experiment", chosen.change, fields)
