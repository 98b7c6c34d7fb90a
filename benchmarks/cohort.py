"""Cohort metrics and regression against the usual tools: same file, same columns, same run.

    python benchmarks/cohort.py metrics --sessions 3000000
    python benchmarks/cohort.py regression

CPU seconds (user and system, of a process of its own, children included) are the number to trust
where other work shares the machine; peak memory is that process's resident set. Every engine reads
Parquet, computes the windows below and writes Parquet (zstd). The peers do less: no monotony,
strain, layoff of 21 days or state of a return, and their weighted means are closed forms that
overflow after some years.

Data are invented (`backinstride.cohort.invented`): runners x 300 sessions on average. Temporary
files go to a folder of their own, which is removed; 30 million sessions need about 6 GB there.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PEER_COLUMNS = (
    "longest_30d_m", "spike_ratio", "load_7d_m", "load_28d_m", "load_ratio_coupled",
    "load_ratio_uncoupled", "days_since_run",
)  # fmt: skip


# --- engines: each runs in its own process ------------------------------------------------------


def ours(source: Path, target: Path) -> None:
    from backinstride.cohort import stream

    stream.metrics_file(source, target)


def polars(source: Path, target: Path) -> None:
    import polars as pl

    def over(days: int) -> tuple[str, str]:
        return f"{days}d", f"-{days}d"

    scan = pl.scan_parquet(source)
    daily = (
        scan.group_by("runner", "day")
        .agg(best=pl.col("distance_m").max(), total=pl.col("distance_m").sum())
        .sort("runner", "day")
    )
    windows = daily
    for name, days, how in (
        ("longest_30d_m", 30, "max"),
        ("load_7d_m", 7, "sum"),
        ("load_28d_m", 28, "sum"),
    ):
        period, offset = over(days)
        column = pl.col("best").max() if how == "max" else pl.col("total").sum()
        rolled = daily.rolling(
            "day", period=period, offset=offset, closed="left", group_by="runner"
        ).agg(column.alias(name))
        windows = windows.join(rolled, on=["runner", "day"], how="left")
    first = pl.col("day").min().over("runner")
    previous = (pl.col("day") - pl.col("day").shift().over("runner")).dt.total_days()
    known = (pl.col("day") - first).dt.total_days()
    t = known.cast(pl.Float64)
    frame = windows.with_columns(known=known, days_since_run=previous)
    for name, lam in (("acute", 2 / 8), ("chronic", 2 / 29)):
        weight = (1 - lam) ** t
        grown = ((pl.col("total") * lam / weight).cum_sum() - pl.col("total") * lam / weight).over(
            "runner"
        )
        frame = frame.with_columns((grown * weight).alias(name))
    frame = frame.with_columns(
        load_ratio_coupled=pl.col("load_7d_m") / (pl.col("load_28d_m") / 4),
        load_ratio_uncoupled=pl.col("load_7d_m")
        / ((pl.col("load_28d_m") - pl.col("load_7d_m")) / 3),
        load_ratio_ewma=pl.col("acute") / pl.col("chronic"),
    ).drop("best", "total", "acute", "chronic")
    scan.join(frame, on=["runner", "day"], how="left").with_columns(
        spike_ratio=pl.col("distance_m") / pl.col("longest_30d_m")
    ).sink_parquet(target, compression="zstd")


DUCK = """
copy (
 with daily as (
  select runner, day, max(distance_m) best, sum(distance_m) total from read_parquet('{source}')
  group by all),
 w as (
  select runner, day,
   max(best) over m longest_30d_m, coalesce(sum(total) over w7, 0) load_7d_m,
   coalesce(sum(total) over w28, 0) load_28d_m,
   day - lag(day) over r days_since_run, day - min(day) over (partition by runner) known,
   sum(total * 0.25 / pow(0.75, day - min_day)) over upto * pow(0.75, day - min_day) acute,
   sum(total * (2.0/29) / pow(27.0/29, day - min_day)) over upto
    * pow(27.0/29, day - min_day) chronic
  from (select *, min(day) over (partition by runner) min_day from daily)
  window r as (partition by runner order by day),
   upto as (partition by runner order by day rows between unbounded preceding and 1 preceding),
   m as (partition by runner order by day
    range between interval 30 days preceding and interval 1 days preceding),
   w7 as (partition by runner order by day
    range between interval 7 days preceding and interval 1 days preceding),
   w28 as (partition by runner order by day
    range between interval 28 days preceding and interval 1 days preceding))
 select s.*, longest_30d_m, s.distance_m / longest_30d_m spike_ratio, load_7d_m, load_28d_m,
  load_7d_m / nullif(load_28d_m / 4, 0) load_ratio_coupled,
  load_7d_m / nullif((load_28d_m - load_7d_m) / 3, 0) load_ratio_uncoupled,
  acute / nullif(chronic, 0) load_ratio_ewma, days_since_run, known
 from read_parquet('{source}') s join w using (runner, day)
) to '{target}' (format parquet, compression zstd)
"""


def duckdb(source: Path, target: Path) -> None:
    import duckdb as duck

    connection = duck.connect()
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"set temp_directory = '{target.parent}'")
    connection.execute(DUCK.format(source=source, target=target))


def pandas(source: Path, target: Path) -> None:
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(source)
    frame["day"] = pd.to_datetime(frame["day"])
    daily = frame.groupby(["runner", "day"])["distance_m"].agg(["max", "sum"]).reset_index()
    by = daily.set_index("day").groupby("runner")
    daily["longest_30d_m"] = by["max"].rolling("30D", closed="left").max().to_numpy()
    daily["load_7d_m"] = np.nan_to_num(by["sum"].rolling("7D", closed="left").sum().to_numpy())
    daily["load_28d_m"] = np.nan_to_num(by["sum"].rolling("28D", closed="left").sum().to_numpy())
    daily["load_ratio_coupled"] = daily["load_7d_m"] / (daily["load_28d_m"] / 4)
    daily["load_ratio_uncoupled"] = daily["load_7d_m"] / (
        (daily["load_28d_m"] - daily["load_7d_m"]) / 3
    )
    daily["days_since_run"] = daily.groupby("runner")["day"].diff().dt.days
    t = (daily["day"] - daily.groupby("runner")["day"].transform("min")).dt.days.to_numpy()
    for name, lam in (("acute", 2 / 8), ("chronic", 2 / 29)):
        grown = daily["sum"] * lam / (1 - lam) ** t
        daily[name] = (grown.groupby(daily["runner"]).cumsum() - grown) * (1 - lam) ** t
    daily["load_ratio_ewma"] = daily["acute"] / daily["chronic"]
    joined = frame.merge(
        daily.drop(columns=["max", "sum", "acute", "chronic"]), on=["runner", "day"]
    )
    joined["spike_ratio"] = joined["distance_m"] / joined["longest_30d_m"]
    joined.to_parquet(target, compression="zstd")


def regression_ours(source: Path, target: Path) -> None:
    from backinstride.cohort import regression

    fit = regression.fit_cells(source, _factors())
    found = [[r.name, r.ratio, r.se_model, r.se] for r in regression.ratios(fit)]
    target.write_text(json.dumps({"ratios": found, "rows": fit.rows, "events": fit.events}))


def _factors() -> Any:
    """Spike (3 columns), load ratio (2), layoff (1): the adjusted model."""
    from backinstride.cohort import regression

    return (regression.SPIKE, regression.LOAD, regression.LAYOFF)


def _rows(source: Path) -> tuple[Any, Any]:
    import polars as pl

    from backinstride.cohort import regression

    factors = _factors()
    names = ["runner", "day", "episode"]
    codes = [f.code.cast(pl.Int8).alias(f"_{f.name}") for f in factors]
    frame = pl.scan_parquet(source).select(*names, *codes).drop_nulls().collect()
    renamed = frame.rename({f"_{f.name}": f.name for f in factors})
    return frame, regression.design(renamed, factors)[1][:, 1:]


def statsmodels(source: Path, target: Path) -> None:
    import numpy as np
    import statsmodels.api as sm

    frame, x = _rows(source)
    y = frame["episode"].to_numpy().astype(float)
    family = sm.families.Binomial(sm.families.links.CLogLog())
    fit = sm.GLM(y, sm.add_constant(x), family=family).fit(
        cov_type="cluster", cov_kwds={"groups": frame["runner"].to_numpy()}
    )
    found = [
        [f"x{k}", float(np.exp(fit.params[k])), None, float(fit.bse[k])]
        for k in range(1, x.shape[1] + 1)
    ]
    target.write_text(json.dumps({"ratios": found, "rows": len(y), "events": int(y.sum())}))


def lifelines(source: Path, target: Path) -> None:
    import pandas as pd
    from lifelines import CoxTimeVaryingFitter

    frame, x = _rows(source)
    start = (frame["day"] - frame["day"].min()).dt.total_days().to_numpy()
    table = pd.DataFrame(x, columns=list("abcdef"))
    table["id"], table["start"] = frame["runner"].to_numpy(), start
    table["stop"], table["event"] = start + 1, frame["episode"].to_numpy()
    fit = CoxTimeVaryingFitter().fit(
        table, id_col="id", event_col="event", start_col="start", stop_col="stop"
    )
    found = [
        [n, float(fit.hazard_ratios_[n]), float(fit.standard_errors_[n]), None] for n in "abcdef"
    ]
    target.write_text(
        json.dumps({"ratios": found, "rows": len(table), "events": int(table["event"].sum())})
    )


ENGINES = {
    f.__name__: f for f in (ours, polars, duckdb, pandas, regression_ours, statsmodels, lifelines)
}


# What is imported before the work is timed: `work_cpu_s` leaves out the start of a process.
IMPORTS = {
    "ours": ("backinstride.cohort.stream", "backinstride.cohort.kernel", "pyarrow.parquet"),
    "polars": ("polars",),
    "duckdb": ("duckdb",),
    "pandas": ("pandas", "pyarrow.parquet"),
    "regression_ours": ("backinstride.cohort.regression", "pyarrow.parquet", "pyarrow.compute"),
    "statsmodels": ("statsmodels.api", "polars", "backinstride.cohort.regression"),
    "lifelines": ("lifelines", "polars", "backinstride.cohort.regression"),
}


# --- the bench --------------------------------------------------------------------------------


def measured(engine: str, source: Path, target: Path) -> dict[str, float | str]:
    """Run one engine in a process of its own."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "one", engine, str(source), str(target)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    wall, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode:
        return {
            "engine": engine,
            "error": (done.stderr.strip().splitlines() or ["killed"])[-1][:200],
        }
    peak, work = done.stdout.split()
    return {
        "engine": engine, "cpu_s": round(cpu, 2), "work_cpu_s": float(work),
        "wall_s": round(wall, 1), "peak_mb": int(peak),
    }  # fmt: skip


def compared(base: Path, other: Path) -> str:
    """Return the largest relative difference of a column's sum, and whether nulls agree."""
    import polars as pl

    worst = 0.0
    for name in PEER_COLUMNS:
        if name == "days_since_run":
            continue
        # Where both know it: the peers do not ask for 28 days of log.
        sums = [
            pl.scan_parquet(p)
            .filter(pl.col("distance_m") > 0)
            .select(pl.col(name).fill_nan(None).drop_nulls().sum())
            .collect(engine="streaming")
            .item()
            for p in (base, other)
        ]
        if name in ("longest_30d_m", "spike_ratio"):
            worst = max(worst, abs(sums[0] - sums[1]) / abs(sums[0]))
    return f"{worst:.1e}"


def metrics_bench(folder: Path, sessions: int, engines: list[str]) -> None:
    from backinstride.cohort import invented

    source = folder / "sessions.parquet"
    invented.write(source, max(sessions // 300, 1), sessions, seed=1, truth=None)
    size = source.stat().st_size / 1e6
    print(f"{sessions:,} sessions, {max(sessions // 300, 1):,} runners, {size:.0f} MB", flush=True)
    kept = folder / "ours.parquet"
    for engine in engines:
        target = kept if engine == "ours" else folder / f"{engine}.parquet"
        line = measured(engine, source, target)
        if engine != "ours" and kept.exists() and target.exists():
            line["longest, ratio: rel. difference of sums"] = compared(kept, target)
        print(json.dumps(line), flush=True)
        if engine != "ours":
            target.unlink(missing_ok=True)


def regression_bench(folder: Path, sessions: int, engines: list[str]) -> None:
    from backinstride.cohort import invented, stream

    raw, source = folder / "raw.parquet", folder / "sessions.parquet"
    runners = 5_205 if sessions == 588_071 else max(sessions // 300, 20)
    invented.write(raw, runners, sessions, seed=7)
    stream.metrics_file(raw, source)
    raw.unlink()
    for engine in engines:
        target = folder / f"{engine}.json"
        line = measured(engine, source, target)
        print(json.dumps(line), target.read_text() if target.exists() else "", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, sessions, engines in (
        ("metrics", 588_071, "ours,polars,duckdb,pandas"),
        ("regression", 588_071, "regression_ours,statsmodels,lifelines"),
    ):
        command = commands.add_parser(name)
        command.add_argument("--sessions", type=int, default=sessions)
        command.add_argument("--engines", default=engines)
        command.add_argument("--folder", type=Path, help="Where the temporary files go.")
    one = commands.add_parser("one")
    one.add_argument("engine", choices=ENGINES)
    one.add_argument("source", type=Path)
    one.add_argument("target", type=Path)
    asked = parser.parse_args()
    if asked.command == "one":
        for name in IMPORTS[asked.engine]:
            importlib.import_module(name)
        begun = time.process_time()
        ENGINES[asked.engine](asked.source, asked.target)
        work = time.process_time() - begun
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, round(work, 2))
        return
    os.nice(10)
    bench = {"metrics": metrics_bench, "regression": regression_bench}[asked.command]
    with tempfile.TemporaryDirectory(prefix="cohort-bench-", dir=asked.folder) as folder:
        bench(Path(folder), asked.sessions, asked.engines.split(","))


if __name__ == "__main__":
    main()
