"""Published free plans beside ours, from the same starting history.

    python benchmarks/plans.py [--out docs/plans_benchmark.md]

The weekly long runs of each plan are facts, written down with their source. A runner who has done
the plan's first long run four weeks in a row follows it; beside it stands what our rules make of
the same runner and the same race day. Counted: long runs beyond 1.10 times the longest of the 30
days before, the largest such jump, the longest row of weeks without a shorter long run (at most
85 % of the one before), the cut of the last two weeks before race week, the longest run reached.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import time
from pathlib import Path

import msgspec

from backinstride import plan, rules
from backinstride.rules import DoneRun, History
from backinstride.values import Race

MILE = 1.609344
MONDAY = dt.date(2026, 1, 5)
DAY = dt.timedelta(days=1)
SUNDAY = 6


class Published(msgspec.Struct, frozen=True):
    """A plan as published: long run of each week before the race; `raced` weeks hold a race."""

    name: str
    source: str
    race_km: float
    long_km: tuple[float, ...]
    week_km: tuple[float, ...] = ()  # all runs, where the source gives them
    raced: tuple[int, ...] = ()  # weeks (from 1) whose long run is a race


def miles(*values: float) -> tuple[float, ...]:
    return tuple(v * MILE for v in values)


PLANS = (
    Published(
        "Hal Higdon, marathon, Novice 1 (18 weeks)",
        "halhigdon.com/training-programs/marathon-training/novice-1-marathon; days as in "
        "github.com/hoovercj/time-to-run, src/workouts/plans/marathon_higdon_novice_1.ts",
        42.195,
        miles(6, 7, 5, 9, 10, 7, 12, 13.1, 10, 15, 16, 12, 18, 14, 20, 12, 8),
        miles(15, 16, 15, 19, 21, 18, 24, 25.1, 24, 29, 32, 29, 36, 33, 40, 29, 21),
        raced=(8,),
    ),
    Published(
        "Sports Fitness, marathon in 16 weeks",
        "sportsfitness.win/Article/Sports/Marathon-Running/15891.html",
        42.195,
        miles(5, 6, 7, 8, 10, 11, 12, 14, 16, 16, 16, 18, 18, 9, 8),
    ),
    Published(
        "WeRunSF, half marathon, novice (12 weeks)",
        "docs.google.com/spreadsheets/d/1sa0IVxzLStccJC9kBR46LRlXi1Od7fpX-f4g8aep5mI",
        21.1,
        miles(4, 4, 5, 5, 6, 3.107, 7, 8, 6.214, 9, 10),
        raced=(6, 9),
    ),
    Published(
        "Run for Life, half marathon (16 weeks), upper end of its ranges",
        "runforlife.ca/running-programs/training-regimens/half-marathon-training-program",
        21.1,
        (8, 8, 12, 10, 12, 14, 12, 15, 12, 16, 15, 20, 16, 14, 10),
    ),
)


class Result(msgspec.Struct, frozen=True):
    beyond: int
    worst: float
    row: int
    taper: str
    peak_km: float
    feasible: str


def history(first_km: float) -> History:
    """Four weeks of the plan's own first long run, and two shorter runs a week."""
    runs = []
    for week in range(4, 0, -1):
        for day, share in ((1, 0.6), (3, 0.6), (SUNDAY, 1.0)):
            on = MONDAY - week * 7 * DAY + day * DAY
            km = first_km * share
            runs.append(DoneRun(day=on, distance_m=1000 * km, moving_s=390 * km))
    return History(runs=tuple(runs), easy_pace_s_per_km=390.0)


def judged(
    longs: list[tuple[dt.date, float, bool]], weekly: list[float], start: History
) -> tuple[int, float, int]:
    """Return jumps beyond the limit, the worst of them, and the longest row without a rest."""
    done = [(r.day, r.distance_m / 1000) for r in start.runs]
    beyond, worst = 0, 0.0
    for day, km, race in longs:
        before = [k for d, k in done if 1 <= (day - d).days <= 30]
        ratio = km / max(before) if before else 0.0
        if not race and ratio > 1.10 + 1e-6:
            beyond += 1
            worst = max(worst, ratio)
        done.append((day, km))
    row = longest = 0
    for before, now in itertools.pairwise(weekly):
        row = 0 if now <= 0.85 * before else row + 1
        longest = max(longest, row)
    return beyond, worst, longest


def cut(weeks: list[float]) -> str:
    """Return the cut of the last two weeks before race week against the three before them."""
    if len(weeks) < 5:
        return "-"
    usual = sum(weeks[-5:-2]) / 3
    return " / ".join(f"{100 * (km / usual - 1):+.0f} %" for km in weeks[-2:])


def theirs(one: Published) -> Result:
    start = history(one.long_km[0])
    longs = [
        (MONDAY + week * 7 * DAY + SUNDAY * DAY, km, week + 1 in one.raced)
        for week, km in enumerate(one.long_km)
    ]
    weeks = list(one.week_km or one.long_km)
    beyond, worst, row = judged(longs, list(one.long_km), start)
    kind = "" if one.week_km else " (long runs)"
    return Result(beyond, worst, row, cut(weeks) + kind, max(one.long_km), "not said")


def ours(one: Published) -> tuple[Result, int, float]:
    start = history(one.long_km[0])
    race = Race(date=MONDAY + len(one.long_km) * 7 * DAY + SUNDAY * DAY, distance_km=one.race_km)
    began = time.perf_counter()
    made = plan.make(start, today=MONDAY, race=race)
    seconds = time.perf_counter() - began
    runs = sorted((s for w in made.weeks for s in rules.training_of(w)), key=lambda s: s.date)
    longs = [(s.date, s.distance_km or 0.0, False) for s in runs]
    weeks = [rules.running_km(w) for w in made.weeks]
    weekly = [rules.long_run(w).distance_km for w in made.weeks[:-1]]
    beyond, worst, row = judged(longs, weekly, start)
    built = [k for k, w in zip(weeks, made.weeks, strict=True) if w.phase == "build"][-3:]
    last = [k for k, w in zip(weeks, made.weeks, strict=True) if w.phase in ("taper", "race")]
    usual = sum(built) / len(built)
    taper = " / ".join(f"{100 * (km / usual - 1):+.0f} %" for km in last[-2:])
    peak = max(s.distance_km or 0.0 for s in runs)
    answer = "yes" if made.feasible else "no, and says so"
    objections = len([o for o in rules.check(made, start, 390.0) if rules.rows()[o.rule].binds])
    return Result(beyond, worst, row, taper, peak, answer), objections, seconds


def table() -> str:
    lines = [
        "# Published plans beside ours",
        "",
        __doc__.split("\n\n")[2].replace("\n", " "),
        "Ours: taper week and race week (without the race) against the last three that built.",
        "",
        "| plan | | beyond 1.10 | largest jump | row | last two weeks | longest | reached |",
        "|--|--|--|--|--|--|--|--|",
    ]
    notes: list[str] = []
    for one in PLANS:
        mine, objections, seconds = ours(one)
        for who, r in (("as published", theirs(one)), ("ours", mine)):
            jump = f"{r.worst:.2f} x" if r.beyond else "none"
            lines.append(
                f"| {one.name} | {who} | {r.beyond} | {jump} | {r.row} | {r.taper} | "
                f"{r.peak_km:.1f} km | {r.feasible} |"
            )
        notes.append(f"{one.name}: {objections} objections, {1000 * seconds:.0f} ms")
    lines += [
        "",
        "Our own rules against our plans, and the time to plan: " + "; ".join(notes) + ".",
    ]
    lines += ["", "Sources:", ""]
    lines += [f"- {one.name}: {one.source}" for one in PLANS]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    text = table()
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
