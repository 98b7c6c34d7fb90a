"""How often `why` is right, on invented runners whose driver is known.

    python benchmarks/contributors.py --size 60 --out docs/contributors_benchmark.md

Every runner goes through the program's own `why`: diary text parsed, episodes tied to runs, runs
cut at the onset, the model fitted, the words chosen. Peers: case-crossover (statsmodels'
conditional logit, one factor at a time, 28 days either side) and a run-level logistic regression
(normal priors, sd 0.8) on the recorded runs. Reported: false alarms, power, calibration, coverage,
ranking, time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import multiprocessing
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from simulator import PAIRS, Runner, World, drawn_effects, simulate

TRUTHS: dict[str, dict[str, float]] = {
    "null": {},
    "shoe 6": {"shoe": math.log(6)},
    "shoe 3": {"shoe": math.log(3)},
    "spike 6": {"spike": math.log(6)},
    "core 3": {"missed_core": math.log(3)},
    "descent 2.2": {"descent": math.log(2.2)},
    "distance 2.2": {"distance": math.log(2.2)},
}
EPISODES = (3, 5, 10, 20)
PEERS = ("case_crossover", "run_logit")
RUN_LEVEL = ("spike", "distance", "climb", "descent", "intensity", "surface", "load", "layoff",
             "missed_core", "sleep", "form_drift", "shoe_mileage", "recent_episode")  # fmt: skip


def true_id(name: str) -> str:
    return f"shoe:{PAIRS[0]}" if name == "shoe" else name


def one(job: tuple[str, int, int, dict, bool]) -> dict:
    """Simulate one runner and ask why; peers too where asked."""
    from backinstride.contributors import why

    truth, count, seed, world, peers = job
    random = np.random.default_rng(seed + 7)
    effects = drawn_effects(random) if truth == "drawn" else TRUTHS[truth]
    runner = simulate(seed, count, effects, World(**world))
    diary = runner.diary
    begun = time.process_time()
    found = why(runner.runs, runner.kms, diary, today=runner.today)
    spent = time.process_time() - begun
    out = {
        "truth": truth,
        "count": count,
        "seed": seed,
        "runs": found.runs,
        "effects": {true_id(k): v for k, v in effects.items() if k != "recent_episode"},
        "seconds": spent,
        "groups": [[list(g.of), g.posterior] for g in found.groups],
        "rows": [
            [c.id, c.verdict, c.prior, c.posterior, c.bayes_factor, c.hazard_ratio]
            for c in found.contributors
            if c.posterior is not None
        ],
        "morning": [[c.id, c.verdict, c.posterior] for c in found.morning],
        "agreed": [c.id for c in found.contributors if c.verdict == "probably"],
    }
    if peers:
        x, y, days, names = _run_level(runner)
        out["case_crossover"] = _case_crossover(x, y, days, names)
        out["run_logit"] = _run_logit(x, y, names)
    return out


def _run_level(runner: Runner) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    from backinstride.contributors.outcomes import outcomes

    ended = outcomes(runner.runs, runner.diary, runner.today)
    rows = {k: g for (k,), g in runner.kms.group_by("id", maintain_order=True)}
    x, y, days = [], [], []
    names = [true_id("shoe"), *RUN_LEVEL]
    for outcome in ended.runs:
        part = rows[outcome.run]
        values = [float(part["shoe"][0] == PAIRS[0]) if part["shoe"][0] else 0.5]
        for name in RUN_LEVEL:
            column = part[name].cast(float)
            inside = name in ("climb", "descent", "intensity")
            value = column.mean() if inside else column[-1]
            values.append(math.nan if value is None else float(value))
        x.append(values)
        y.append(float(outcome.event != "none"))
        days.append(outcome.day.toordinal())
    filled = np.array(x)
    mean = np.nanmean(filled, axis=0)
    return np.where(np.isnan(filled), mean, filled), np.array(y), np.array(days), names


def _case_crossover(x: np.ndarray, y: np.ndarray, days: np.ndarray, names: list[str]) -> str | None:
    """Return the factor with the largest conditional-logit z, one factor at a time."""
    from statsmodels.discrete.conditional_models import ConditionalLogit

    group, take = [], []
    for number, hit in enumerate(np.flatnonzero(y)):
        near = np.flatnonzero((np.abs(days - days[hit]) <= 28) & (y == 0))
        take.extend([hit, *near])
        group.extend([number] * (1 + len(near)))
    take, group = np.array(take), np.array(group)
    best, top = None, -math.inf
    for k, name in enumerate(names):
        if name == "recent_episode" or np.ptp(x[take, k]) == 0:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fit = ConditionalLogit(y[take], x[take, k : k + 1], groups=group).fit(disp=0)
            z = float(fit.params[0] / fit.bse[0])
        except Exception:
            continue
        if math.isfinite(z) and z > top:
            best, top = name, z
    return best


def _run_logit(x: np.ndarray, y: np.ndarray, names: list[str]) -> str | None:
    """Return the factor with the largest z of a Bayesian run-level logistic, all factors in."""
    scale = np.where(np.ptp(x, axis=0) > 0, 1.0, 0.0)
    columns = np.column_stack((np.ones(len(y)), x * scale))
    precision = np.r_[1 / 9.0, np.full(x.shape[1], 1 / 0.64)]
    b = np.zeros(columns.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-columns @ b))
        hessian = (columns.T * (p * (1 - p))) @ columns + np.diag(precision)
        b += np.linalg.solve(hessian, columns.T @ (y - p) - precision * b)
    z = b / np.sqrt(np.diag(np.linalg.inv(hessian)))
    order = [k for k in np.argsort(-z[1:]) if names[k] != "recent_episode"]
    return names[order[0]]


# --- tables -------------------------------------------------------------------------------

Row = dict[str, Any]


def share(hits: list[bool]) -> str:
    if not hits:
        return "-"
    return f"{100 * sum(hits) / len(hits):.0f} % ({sum(hits)}/{len(hits)})"


def table(*rows: tuple[object, ...]) -> list[str]:
    """Return a Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return ["", lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def claims(row: Row, *words: str) -> list[str]:
    return [r[0] for r in row["rows"] if r[1] in words]


def first(row: Row) -> str | None:
    return row["rows"][0][0] if row["rows"] else None


def cells(rows: list[Row], **wanted: object) -> list[Row]:
    return [r for r in rows if all(r[k] == v for k, v in wanted.items())]


def report(rows: list[Row], args: argparse.Namespace) -> str:
    out = [
        "# How often `why` is right",
        "",
        "Invented runners whose driver is known (`benchmarks/simulator.py`); they show what the",
        "method can do when its assumptions are nearly right, not that it works on people.",
        f"{len(rows)} runners. Made by `python benchmarks/contributors.py {args.command}`.",
        "",
        "## Nothing drives it: false alarms",
    ]
    head = ("world", "episodes", "runners", "a 'probably'", "a suspect or more", "a group named")
    body = []
    for world in sorted({r["world"] for r in rows}):
        for count in EPISODES:
            cell = cells(rows, truth="null", count=count, world=world)
            if cell:
                seen = share([bool(claims(r, "probably")) for r in cell])
                more = share([bool(claims(r, "probably", "suspect")) for r in cell])
                body.append(
                    (world, count, len(cell), seen, more, share([bool(r["groups"]) for r in cell]))
                )
    out += table(head, *body)
    out += ["", "## A driver is there"]
    head = ("driver", "episodes", "'probably'", "suspect or more", "ranked first",
            "case-crossover: first", "run-level logistic: first", "a wrong 'probably'")  # fmt: skip
    body = []
    for truth, effects in TRUTHS.items():
        for count in EPISODES:
            cell = cells(rows, truth=truth, count=count, world="plain")
            if not cell or not effects:
                continue
            target = true_id(next(iter(effects)))
            body.append((
                truth, count,
                share([target in claims(r, "probably") for r in cell]),
                share([target in claims(r, "probably", "suspect") for r in cell]),
                share([first(r) == target for r in cell]),
                *(share([r[p] == target for r in cell if p in r]) for p in PEERS),
                share([any(c != target for c in claims(r, "probably")) for r in cell]),
            ))  # fmt: skip
    out += table(head, *body)
    return "\n".join([*out, *_drawn(rows), *_times(rows)]) + "\n"


def _drawn(rows: list[Row]) -> list[str]:
    out = ["", "## Runners drawn from the priors: calibration and coverage", "",
           "A claim is right where the factor acts and raises the risk."]  # fmt: skip
    head = ("world", "episodes", "runners", "'probably' right", "suspects right",
            "90 % interval holds it, active", "inactive")  # fmt: skip
    body, pairs = [], []
    drawn = cells(rows, truth="drawn")
    for world in sorted({r["world"] for r in drawn}):
        for count in (*EPISODES, None):
            cell = [r for r in cells(drawn, world=world) if count in (None, r["count"])]
            if not cell:
                continue
            right: dict[str, list[bool]] = {"probably": [], "suspect": []}
            inside: dict[bool, list[bool]] = {True: [], False: []}
            for r in cell:
                effects = _effects(r)
                for name, verdict, _, posterior, _, ratio in r["rows"]:
                    true = effects.get(name, 0.0)
                    if verdict in right:
                        right[verdict].append(true > 0)
                    inside[name in effects].append(ratio[0] <= math.exp(true) <= ratio[2])
                    if count is None:
                        acts = true > 0 if name.startswith("shoe:") else name in effects
                        pairs.append((posterior, acts))
            body.append((
                world, count or "all", len(cell), share(right["probably"]), share(right["suspect"]),
                share(inside[True]), share(inside[False]),
            ))  # fmt: skip
    out += table(head, *body)
    edges = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    body = []
    for low, high in itertools.pairwise(edges):
        said = [(p, a) for p, a in pairs if low <= p < high]
        if said:
            means = [float(np.mean([s[k] for s in said])) for k in (0, 1)]
            body.append(
                (f"{low:.2f} to {high:.2f}", len(said), f"{means[0]:.2f}", f"{means[1]:.2f}")
            )
    out += ["", "Shoes count as active where the pair is the worse one."]
    return out + table(("chance said", "factors", "mean said", "truly active"), *body)


def _effects(row: Row) -> dict[str, float]:
    """Return the true log hazard ratios by id; the other pair of two is the same contrast."""
    effects = dict(row["effects"])
    shoe = true_id("shoe")
    if shoe in effects and not row["third"]:
        effects[f"shoe:{PAIRS[1]}"] = -effects[shoe]
    return effects


def _times(rows: list[Row]) -> list[str]:
    seconds = np.array([r["seconds"] for r in rows])
    runs = np.array([r["runs"] for r in rows])
    large = seconds[(runs >= 300) & (runs <= 500)]
    text = f"{np.median(large):.2f} s" if len(large) else "-"
    said = (
        "CPU seconds of `why`, next experiment included, on a loaded machine: median "
        f"{np.median(seconds):.2f} s; {text} at 300 to 500 runs ({len(large)} runners)."
    )
    return ["", "## Time", "", said]


def jobs(args: argparse.Namespace) -> list[tuple[str, str, int, int, dict, bool]]:
    found = []
    worlds = {
        "plain": {},
        "recall": {"recalled": 0.4},
        "three pairs": {"third_pair": True},
        "unlogged": {"unlogged": 0.25, "shoes_known": 0.6, "sleep_known": 0.4},
    }
    seed = args.seed
    for truth in (*TRUTHS, "drawn"):
        if args.only and truth not in args.only.split(","):
            continue
        for world, settings in worlds.items():
            if world != "plain" and truth not in ("null", "drawn"):
                continue
            if args.worlds and world not in args.worlds.split(","):
                continue
            for count in args.episodes:
                size = args.size * (2 if truth in ("null", "drawn") and world == "plain" else 1)
                for k in range(size):
                    seed += 1
                    peers = truth in ("descent 2.2", "distance 2.2") and count == 10
                    found.append((world, truth, count, seed * 1000 + k, settings, peers))
    return found


def _run(job: tuple[str, str, int, int, dict, bool]) -> dict:
    world, *rest = job
    return one(tuple(rest)) | {"world": world, "third": job[4].get("third_pair", False)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--worlds", default="")
    parser.add_argument(
        "--episodes", type=lambda s: tuple(map(int, s.split(","))), default=EPISODES
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--raw", type=Path, help="keep one JSON line a runner here")
    parser.add_argument(
        "--join", type=Path, nargs="*", default=[], help="report these raw files too"
    )
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    args.command = " ".join(a for a in sys.argv[1:] if not a.startswith("/"))
    todo = jobs(args)
    rows = [row for path in args.join for row in json.loads(path.read_text())]
    if args.size:
        with multiprocessing.get_context("spawn").Pool(args.processes) as pool:
            rows += pool.map(_run, todo, chunksize=4)
    if args.raw:
        args.raw.write_text(json.dumps(rows))
    text = report(rows, args)
    if args.out:
        args.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
