"""Invented runners whose driver is known: the ground truth of the contributors' benchmark.

The world differs from the model where people do: susceptibility drifts (Ornstein-Uhlenbeck, sd
0.5 over 30 days), shoes and hills go with long runs, form drift is a mediator of distance and
pace, after an episode people rest, run short, swap shoes and do more core work, a run is cut
short after its onset, some runs are never recorded, nights and shoes are not always written
down, and what is told from memory is partly wrong. Spike truths act by step or by log ratio at
random; the model always uses the step.

A runner's days end with the E-th episode, the moment somebody asks.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from backinstride import diary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIRST_DAY = dt.date(2022, 1, 3)
PAIRS = ("blue-kayano", "green-ride", "old-faithful")
COLUMNS = (
    "spike", "distance", "climb", "descent", "intensity", "surface", "load", "layoff",
    "missed_core", "sleep", "form_drift", "shoe_mileage", "recent_episode",
)  # fmt: skip
SLABS = {  # the model's own priors, for runners drawn from them: mean, sd, chance
    "spike": (0.5, 0.5, 0.35), "distance": (0.3, 0.5, 0.3), "shoe": (0.0, 0.8, 0.2),
    "shoe_mileage": (0.1, 0.3, 0.1), "climb": (0.2, 0.4, 0.15), "descent": (0.2, 0.4, 0.15),
    "intensity": (0.2, 0.4, 0.15), "surface": (0.1, 0.4, 0.1), "load": (0.1, 0.3, 0.1),
    "layoff": (0.3, 0.5, 0.2), "missed_core": (0.2, 0.4, 0.2), "sleep": (0.3, 0.4, 0.15),
    "form_drift": (0.2, 0.4, 0.15), "recent_episode": (0.7, 0.6, 0.4),
}  # fmt: skip


class World(msgspec.Struct, frozen=True, kw_only=True):
    """How far the world departs from the model."""

    unlogged: float = 0.04  # runs that are never recorded
    shoes_known: float = 0.95
    sleep_known: float = 0.8
    drift_sd: float = 0.5
    behaviour: float = 0.5  # chance of each habit after an episode
    recalled: float = 0.0  # share of the runs, from the start, that is told from memory
    recall_error: float = 0.1  # of what is recalled: clean told as episode or the other way
    third_pair: bool = False
    mornings: bool = False
    most_runs: int = 700


class Runner(msgspec.Struct, frozen=True):
    """One invented runner: frames and diary as the program gets them, and the truth."""

    runs: pl.DataFrame
    kms: pl.DataFrame
    text: str
    effects: dict[str, float]
    today: dt.date
    episodes: int

    @property
    def diary(self) -> diary.Diary:
        """The diary, parsed."""
        return diary.parse(self.text)


def drawn_effects(random: np.random.Generator) -> dict[str, float]:
    """Draw which factors act and how much, from the model's own priors."""
    return {
        name: float(random.normal(mean, sd))
        for name, (mean, sd, chance) in SLABS.items()
        if random.random() < chance
    }


class _State:
    """What the runner carries from day to day."""

    def __init__(self, random: np.random.Generator, world: World) -> None:
        self.random = random
        self.world = world
        risk = math.exp(random.uniform(math.log(1 / 30), math.log(1 / 7)))
        self.per_km = risk * 0.65 / 8.0
        self.after = risk * 0.35
        self.ou = float(random.normal(0, world.drift_sd))
        self.step = float(random.normal(0, 1))
        self.long_km = float(random.uniform(11, 18))
        self.short_km = float(random.uniform(6, 10))
        self.a_long, self.a_short = random.uniform(0.7, 0.95), random.uniform(0.15, 0.45)
        self.hilly = random.uniform(4, 14)
        self.routes = random.lognormal(0, 0.5, 4)  # how hilly the usual ways are, beside that
        self.core = 0.0
        self.usual_core = float(random.uniform(1.0, 2.5))
        self.runs: list[tuple[dt.date, float]] = []
        self.shoe_km = dict.fromkeys(PAIRS, 0.0)
        self.rest_until = FIRST_DAY
        self.short_left = 0
        self.avoid: str | None = None
        self.episodes: list[dt.date] = []
        self.break_end: dt.date | None = None

    def drift(self, days: int) -> None:
        keep = math.exp(-days / 30.0)
        spread = self.world.drift_sd * math.sqrt(1 - keep * keep)
        self.ou = keep * self.ou + float(self.random.normal(0, spread))

    def longest(self, day: dt.date) -> float | None:
        near = [km for d, km in self.runs if 0 < (day - d).days <= 30]
        return max(near, default=None)

    def load(self, day: dt.date) -> float | None:
        if (day - FIRST_DAY).days < 28:
            return None
        week = sum(km for d, km in self.runs if 0 < (day - d).days <= 7)
        month = sum(km for d, km in self.runs if 0 < (day - d).days <= 28)
        return None if month <= 0 else math.log(max(week / (month / 4), 0.25)) / 0.4


def _planned(state: _State, day: dt.date) -> tuple[float, bool, bool] | None:
    """Return km, whether it is a long run, and whether it is intervals; None for a rest day."""
    random, weekday = state.random, day.weekday()
    if weekday == 6:
        if random.random() < 0.25:
            state.long_km *= float(random.choice([1.08, 1.08, 1.25, 1.5]))
        elif random.random() < 0.25:
            state.long_km *= 0.8
        state.long_km = min(max(state.long_km, 10.0), 34.0)
        return state.long_km * float(random.uniform(0.95, 1.05)), True, False
    if weekday in (1, 3) and random.random() < 0.8:
        return state.short_km * float(random.uniform(0.7, 1.0)), False, True
    if weekday == 5 and random.random() < 0.5:
        return state.short_km * float(random.uniform(0.9, 1.4)), False, False
    return None


def _hills(random: np.random.Generator, mean_m: float, count: int) -> np.ndarray:
    """Return metres up (or down) by kilometre, in tens: skewed, a hill seldom one km long."""
    raw = random.gamma(2.0, mean_m / 2.0, count + 1)
    return (0.65 * raw[1:] + 0.35 * raw[:-1]) / 10.0


def _shoe(state: _State, *, long: bool) -> str:
    random = state.random
    if state.world.third_pair and random.random() < 0.25:
        return PAIRS[2]
    chance = state.a_long if long else state.a_short
    pair = PAIRS[0] if random.random() < chance else PAIRS[1]
    if state.avoid == pair and random.random() < 0.7:
        pair = PAIRS[1] if pair == PAIRS[0] else PAIRS[0]
    return pair


def _exposures(
    state: _State, day: dt.date, km: float, *, long: bool, fast: bool
) -> tuple[dict[str, np.ndarray | float | None], str, np.ndarray]:
    """Return the true exposures of a run by kilometre (or one number), the pair, and km ends."""
    random = state.random
    ends = np.append(np.arange(1.0, math.ceil(km - 1e-9)), km)
    count = len(ends)
    shoe = _shoe(state, long=long)
    hill = state.hilly * (1.4 if long else 1.0) * float(random.choice(state.routes))
    longest = state.longest(day)
    pace = float(random.normal(0.9 if fast else -0.1, 0.5))
    pace_km = pace + random.normal(0, 0.3, count)
    drift = 0.35 * np.log2(np.maximum(ends, 1.0) / 8.0) + 0.3 * pace + random.normal(0, 0.6)
    gap = [(day - d).days for d, _ in state.runs[-1:]]
    if gap and gap[0] >= 14:
        state.break_end = day
    load = state.load(day)
    state.core = 0.6 * state.core + float(random.normal(-0.15 * (load or 0.0), 0.8))
    recent = any(0 < (day - d).days < 14 for d in state.episodes)
    out: dict[str, np.ndarray | float | None] = {
        "spike": None if longest is None else (ends > 1.10 * longest).astype(float),
        "ratio": None if longest is None else ends / longest,
        "distance": np.log2(ends / 8.0),
        "climb": _hills(random, hill, count),
        "descent": _hills(random, hill, count),
        "intensity": pace_km,
        "surface": float(random.random() < (0.75 if long else 0.45)),
        "load": load,
        "layoff": float(state.break_end is not None and (day - state.break_end).days <= 21),
        "missed_core": -state.core / 2.0,
        "sleep": float(random.random() < 0.18),
        "form_drift": drift,
        "shoe_mileage": state.shoe_km[shoe] / 300.0,
        "recent_episode": float(recent),
    }
    return out, shoe, ends


def _eta(
    state: _State, x: Mapping[str, np.ndarray | float | None], shoe: str,
    effects: Mapping[str, float], count: int, *, step: bool,
) -> np.ndarray:  # fmt: skip
    eta = np.full(count, state.ou)
    for name, size in effects.items():
        if name == "shoe":
            eta += size * (shoe == PAIRS[0])
        elif name == "spike" and not step:
            ratio = x["ratio"]
            if ratio is not None:
                eta += size * np.clip(np.log(np.maximum(ratio, 1e-6)) / math.log(1.3), 0, 2)
        else:
            value = x[name]
            if value is not None:
                eta += size * value
    return eta


def simulate(
    seed: int, episodes: int, effects: Mapping[str, float], world: World | None = None
) -> Runner:
    """Return one invented runner with `effects` (log hazard ratios in the model's units)."""
    world = world or World()
    random = np.random.default_rng(seed)
    state = _State(random, world)
    step = bool(random.random() < 0.5)
    blocks = [diary.format_entry(FIRST_DAY, "note", "the diary starts")]
    run_rows: list[dict[str, object]] = []
    km_rows: list[dict[str, object]] = []
    score = 1.0
    day, last = FIRST_DAY, FIRST_DAY
    while len(state.episodes) < episodes and len(run_rows) < world.most_runs:
        day += dt.timedelta(days=1)
        if day < state.rest_until:
            continue
        plan = _planned(state, day)
        if plan is None:
            continue
        if random.random() < 0.012:
            state.rest_until = day + dt.timedelta(days=int(random.integers(10, 31)))
            continue
        km, long, fast = plan
        if state.short_left:
            km, long, fast = min(km, 5.0), False, False
            state.short_left -= 1
        state.drift((day - last).days)
        last = day
        x, shoe, ends = _exposures(state, day, km, long=long, fast=fast)
        eta = _eta(state, x, shoe, effects, len(ends), step=step)
        lengths = np.diff(ends, prepend=0.0)
        hazard = state.per_km * lengths * np.exp(eta)
        total = np.cumsum(hazard)
        at = float(random.exponential())
        onset = None
        if at < total[-1]:
            k = int(np.searchsorted(total, at))
            inside = (at - (total[k] - hazard[k])) / hazard[k]
            onset = float(ends[k] - lengths[k] * (1 - inside))
        late = onset is None and random.random() < -math.expm1(-state.after * math.exp(eta[-1]))
        ran = km
        if onset is not None and random.random() < 0.8:
            ran = min(km, onset + float(random.uniform(0, 2)))
        state.runs.append((day, ran))
        before_km = state.shoe_km[shoe]
        state.shoe_km[shoe] += ran
        logged = onset is not None or late or random.random() >= world.unlogged
        run = f"r{seed}-{len(state.runs):04d}"
        if logged:
            known_shoe = shoe if random.random() < world.shoes_known else None
            known_sleep = random.random() < world.sleep_known
            run_rows.append(
                {"id": run, "day": day, "start": dt.datetime.combine(day, dt.time(8)),
                 "distance_m": ran * 1000, "shoe": known_shoe, "long": long}
            )  # fmt: skip
            km_rows.extend(_km_rows(run, day, x, ends, lengths, ran, known_shoe, known_sleep))
        if world.mornings and logged:
            mean = 1.0 + 1.6 * float(eta[-1] - state.ou) + 0.4 * state.ou
            score = mean + 0.3 * (score - mean) + float(random.normal(0, 1.3))
            shown = int(np.clip(round(score + 3 * (onset is not None or late)), 0, 10))
            blocks.append(
                diary.format_entry(
                    day + dt.timedelta(days=1), "morning", None, [("pain", f"{shown}/10")]
                )
            )
        if onset is not None or late:
            state.episodes.append(day)
            blocks.append(_episode(day, onset, km, random))
            _behave(state, day, shoe)
        del before_km
    end = max(day + dt.timedelta(days=2), FIRST_DAY)
    runs = pl.DataFrame(run_rows, infer_schema_length=None)
    kms = pl.DataFrame(
        km_rows,
        schema={
            "id": pl.String, "day": pl.Date, "km": pl.Int64, "length_km": pl.Float64,
            "end_km": pl.Float64, **dict.fromkeys(COLUMNS, pl.Float64), "shoe": pl.String,
        },
    )  # fmt: skip
    text = "\n".join(blocks)
    if world.recalled:
        text = _recalled(runs, blocks, world, random)
    return Runner(runs, kms, text, dict(effects), end, len(state.episodes))


def _km_rows(
    run: str, day: dt.date, x: Mapping[str, np.ndarray | float | None], ends: np.ndarray,
    lengths: np.ndarray, ran: float, shoe: str | None, known_sleep: bool,
) -> list[dict[str, object]]:  # fmt: skip
    rows = []
    for k, (end, length) in enumerate(zip(ends, lengths, strict=True)):
        begin = end - length
        if begin >= ran - 1e-9:
            break
        row: dict[str, object] = {
            "id": run, "day": day, "km": k + 1, "length_km": min(length, ran - begin),
            "end_km": min(end, ran), "shoe": shoe,
        }  # fmt: skip
        for name in COLUMNS:
            value = x[name]
            row[name] = float(value[k]) if isinstance(value, np.ndarray) else value
        row["distance"] = math.log2(min(end, ran) / 8.0)
        if not known_sleep:
            row["sleep"] = None
        if shoe is None:
            row["shoe_mileage"] = None
        rows.append(row)
    return rows


def _episode(day: dt.date, onset: float | None, km: float, random: np.random.Generator) -> str:
    if onset is not None:
        told = max(onset + float(random.normal(0, 0.15)), 0.1)
        fields = [("when", "during"), ("onset", f"{told:.2f} km"), ("planned", f"{km:.1f} km")]
        return diary.format_entry(day, "episode", "it seized up", fields)
    if random.random() < 0.5:
        return diary.format_entry(day, "episode", "that evening", [("when", "after")])
    later = day + dt.timedelta(days=1)
    return diary.format_entry(later, "episode", "on waking", [("when", "next_day")])


def _behave(state: _State, day: dt.date, shoe: str) -> None:
    random, often = state.random, state.world.behaviour
    state.rest_until = day + dt.timedelta(days=int(random.integers(2, 10)))
    state.short_left = 3
    state.avoid = shoe if random.random() < often else None
    if random.random() < often:
        state.core += 1.0


def _recalled(
    runs: pl.DataFrame, blocks: list[str], world: World, random: np.random.Generator
) -> str:
    """Return the diary as if its first part were told from memory of 24 asked runs, with errors."""
    days = runs["day"].to_list()
    cut = days[int(len(days) * world.recalled)]
    early = runs.filter(pl.col("day") < cut)
    out = [diary.format_entry(cut, "note", "the diary starts")]
    hurt: dict[dt.date, str] = {}
    for block in blocks[1:]:
        entry = diary.parse(block).entries[0]
        if entry.date < cut and entry.kind == "episode":
            hurt[entry.date] = block.rstrip("\n") + "\n  recalled: yes\n"
        elif entry.date >= cut:
            out.append(block)
    asked = early.sort("distance_m", descending=True).head(12)["id"].to_list()
    rest = [r for r in early["id"].to_list() if r not in asked]
    asked += [str(r) for r in random.permutation(rest)[:12]]
    for run, day in zip(early["id"].to_list(), early["day"].to_list(), strict=True):
        true = day in hurt or day + dt.timedelta(days=1) in hurt
        told = true != (run in asked and random.random() < world.recall_error)
        if true and told:
            out.append(hurt.get(day) or hurt[day + dt.timedelta(days=1)])
        elif told:
            out.append(
                diary.format_entry(day, "episode", None, [("when", "after"), ("recalled", "yes")])
            )
        elif run in asked:
            out.append(diary.format_entry(day, "run", None, [("id", run), ("recalled", "yes")]))
    return "\n".join(out)


class Watch:
    """A library in memory: what a watch would have recorded of an invented runner, every 10 s.

    Distance, time, altitude (each kilometre climbs first, then falls) and shoes. Sleep, strength
    and form are not recorded by this runner and stay unknown.
    """

    def __init__(self, runner: Runner, folder: Path) -> None:
        from backinstride import schema

        self.folder = folder
        self._kms = {str(run): part for (run,), part in runner.kms.group_by("id")}
        kinds = {"float": pl.Float64, "int": pl.Int64, "text": pl.String, "date": pl.Date}
        columns = {
            c.name: pl.Datetime("us", "UTC") if c.kind == "time" else kinds[c.kind]
            for c in schema.ACTIVITY_COLUMNS
        }
        runs = runner.runs.select(
            "id", "day", "distance_m", "shoe",
            start=pl.col("start").dt.replace_time_zone("UTC"), sport=pl.lit("run"),
        )  # fmt: skip
        self._runs = pl.concat([pl.DataFrame(schema=columns), runs], how="diagonal_relaxed")

    def running(self) -> pl.DataFrame:
        return self._runs.sort("start")

    def activities(self) -> pl.DataFrame:
        return self._runs.sort("start")

    def laps(self, _activity: str) -> pl.DataFrame:
        return pl.DataFrame()

    def records(self, activity: str) -> pl.DataFrame:
        from backinstride import schema

        part = self._kms[activity].sort("km")
        length = part["length_km"].to_numpy() * 1000.0
        pace = 0.36 * np.exp(-0.06 * part["intensity"].to_numpy())  # s/m
        ends, clock = np.cumsum(length), np.cumsum(length * pace)
        time = np.arange(0.0, clock[-1] + 10.0, 10.0)
        time = np.append(time[time < clock[-1]], clock[-1])
        metres = np.interp(time, np.r_[0.0, clock], np.r_[0.0, ends])
        up, down = (part[n].to_numpy() * length / 100.0 for n in ("climb", "descent"))
        tops = np.ravel(np.column_stack((ends - length / 2, ends)))
        rises = np.ravel(np.column_stack((up, -down)))
        altitude = np.interp(metres, np.r_[0.0, tops], 100.0 + np.r_[0.0, np.cumsum(rises)])
        table = {
            "time_s": 1.6e9 + time, "distance_m": metres, "altitude_m": altitude,
            "speed_m_s": np.gradient(metres, time),
        }  # fmt: skip
        blank = np.full(len(time), np.nan)
        return pl.DataFrame({n: table.get(n, blank) for n in schema.RECORD_NAMES})
