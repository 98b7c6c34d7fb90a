"""Interval sessions: what each repeat was, how they faded, where walking began.

A description of pacing and pain, never a cause: a first repeat as fast as the own best is
"started flat out". Repeats come from the laps where those say so, else from the speed; the plain
numbers a runner tells ("4 x 800: 3:00 (1:23/1:36) ...") are described by the same function.
Percentages are of time: +23.5 means 23.5 % slower.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from backinstride import diary_views, units
from backinstride.exposures.entries import Exposure
from backinstride.exposures.kilometres import WALK_M_S, arrays, speeds_m_s, track
from backinstride.exposures.matching import RunIndex, notes_by_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backinstride.library import Library
    from backinstride.readers.recording import Floats

LEAST_REPS = 3
REP_M = (100.0, 5000.0)
REP_S = (20.0, 1500.0)
LONGEST_REST = 6.0  # times the repeat: twelve minutes after a three-minute 800 is a recovery
REST_SHARE = 0.25  # stops at traffic lights are shorter than recoveries
EDGE_S = 8.0  # of a repeat: speeding up and slowing down are no walking
ALIKE = 0.12  # spread over mean of the repeats' distances
FASTER = 1.25  # repeats over recoveries, in speed
SAME_BEST = 1.005  # within half a percent of the own best
AHEAD = 0.95  # without a known best: first repeat 5 % faster than the mean of the others
FULL_REST = 3.0  # recoveries of three times the repeat and more
SPLIT_PCT = 3.0  # halves closer than this are even
WALK_S = 5.0
SAME_DISTANCE = 0.02
# Quantiles of speed: the first and last say whether there is any contrast, the rest are tried.
CUTS = (0.1, *np.linspace(0.35, 0.95, 13), 0.98)
GRID_S = 2.0
SMOOTH = 5  # 10 s
ACTIVE, REST = 0.0, 1.0
BY_DISTANCE = 1.0

EXPOSURES: tuple[Exposure, ...] = (
    Exposure(
        id="rep_fade_pct", per="run", unit="%", direction="up", window="this interval session",
        label="repeats after the first, slower than the first", claims=("own-easy-pace",),
    ),
    Exposure(
        id="reps_walked", per="run", unit="repeats", direction="up",
        window="this interval session", label="repeats with a walk break in them",
        claims=("own-walk-break",),
    ),
)  # fmt: skip


class Rep(msgspec.Struct, frozen=True, kw_only=True):
    """One repeat. `halves_s` over the two halves of its distance; `rest_s` before the next."""

    time_s: float
    distance_m: float | None = None
    halves_s: tuple[float, float] | None = None
    rest_s: float | None = None
    walked_s: float | None = None

    @property
    def second_half_pct(self) -> float | None:
        """How much slower (+) or faster (-) the second half was, in percent of the first."""
        if self.halves_s is None or not self.halves_s[0] > 0:
            return None
        return (self.halves_s[1] / self.halves_s[0] - 1.0) * 100.0


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """The pattern of an interval session, with its sentences.

    `fade_pct`: mean time of the repeats after the first, against the first. `flat_out`: the first
    equals the own best, or, where no best is known, is 5 % faster than the rest (`best_known`
    says which). `rested`: the recoveries were long enough that missing rest does not explain the
    fade; None where they are not known.
    """

    reps: tuple[Rep, ...]
    fade_pct: float
    second_half_pct: tuple[float | None, ...]
    flat_out: bool
    best_known: bool
    rested: bool | None
    walked: tuple[int, ...]
    sentences: tuple[str, ...]


def describe(reps: Sequence[Rep], *, best_s: float | None = None) -> Session | None:
    """Return the pattern of two or more repeats over one distance; None for fewer."""
    if len(reps) < 2 or any(not r.time_s > 0 for r in reps):
        return None
    first, others = reps[0].time_s, [r.time_s for r in reps[1:]]
    later = sum(others) / len(others)
    flat_out = first <= best_s * SAME_BEST if best_s is not None else first < later * AHEAD
    rests = [r.rest_s / r.time_s for r in reps[:-1] if r.rest_s is not None]
    session = Session(
        reps=tuple(reps),
        fade_pct=(later / first - 1.0) * 100.0,
        second_half_pct=tuple(r.second_half_pct for r in reps),
        flat_out=flat_out,
        best_known=best_s is not None,
        rested=min(rests) >= FULL_REST if rests else None,
        walked=tuple(i for i, r in enumerate(reps, 1) if (r.walked_s or 0.0) >= WALK_S),
        sentences=(),
    )
    return msgspec.structs.replace(session, sentences=tuple(_sentences(session)))


def _sentences(s: Session) -> list[str]:
    count = len(s.reps)
    word = "slower" if s.fade_pct >= 0 else "faster"
    rest = "repeat 2 was" if count == 2 else f"repeats 2-{count} were on average"
    found = [f"After the first, {rest} {abs(s.fade_pct):.1f} % {word} than it."]
    if s.flat_out:
        found.append(
            "The first repeat equals your best: it was started flat out."
            if s.best_known
            else "The first repeat was far faster than the rest: perhaps started flat out."
        )
    slower = [i for i, p in enumerate(s.second_half_pct, 1) if p is not None and p > SPLIT_PCT]
    faster = [i for i, p in enumerate(s.second_half_pct, 1) if p is not None and p < -SPLIT_PCT]
    for which, how in ((slower, "slower"), (faster, "faster")):
        if which:
            changes = ", ".join(f"{s.second_half_pct[i - 1]:+.0f} %" for i in which)
            found.append(f"Second half {how} in {_numbers(which)} ({changes}).")
    if s.rested and s.fade_pct > SPLIT_PCT:
        found.append("The recoveries were long: missing rest does not explain the fade.")
    if s.walked:
        found.append(f"There was walking in {_numbers(s.walked)}.")
    return found


def _numbers(which: Sequence[int]) -> str:
    run = list(which) == list(range(which[0], which[-1] + 1)) and len(which) > 1
    text = f"{which[0]}-{which[-1]}" if run else ", ".join(map(str, which))
    return f"repeat{'s' if len(which) > 1 else ''} {text}"


# --- finding the repeats ------------------------------------------------------------------


def find(
    records: Mapping[str, Floats], laps: Mapping[str, Floats] | None = None
) -> tuple[Rep, ...]:
    """Return the repeats of a run, in order; empty where it is no interval session.

    An interval session has three or more stretches over much the same distance, each a quarter
    faster than what lies between them: laps set by hand or by a workout, else spans of speed.
    """
    time, metres = track(records)
    if len(time) < 2:
        return ()
    speed = speeds_m_s(records, time, metres)
    spans = (_from_laps(laps) if laps else []) or _from_speed(time, speed)
    reps = [_rep(a, b, time, metres, speed) for a, b in spans if b <= time[-1] + 2.0]
    if len(reps) < LEAST_REPS:
        return ()
    rests = [*(after[0] - before[1] for before, after in pairwise(spans)), None]
    return tuple(
        msgspec.structs.replace(rep, rest_s=rest)
        for rep, rest in zip(reps, rests[: len(reps)], strict=True)
    )


def _rep(start: float, end: float, time: Floats, metres: Floats, speed: Floats) -> Rep:
    a, b = np.interp([start, end], time, metres)
    moving = np.append(True, np.diff(metres) > 0)
    middle = float(np.interp((a + b) / 2, metres[moving], time[moving]))
    inside = (time >= start + EDGE_S) & (time < end - EDGE_S)
    step = np.diff(time, append=time[-1])
    return Rep(
        time_s=float(end - start),
        distance_m=float(b - a),
        halves_s=(middle - float(start), float(end) - middle),
        walked_s=float(step[inside & (speed < WALK_M_S)].sum()),
    )


Spans = list[tuple[float, float]]


def _from_laps(laps: Mapping[str, Floats]) -> Spans:
    start, elapsed, metres = laps["start_s"], laps["elapsed_s"], laps["distance_m"]
    unknown = np.full(len(start), np.nan)
    intensity, trigger = laps.get("intensity", unknown), laps.get("trigger", unknown)
    if len(start) < 2 * LEAST_REPS - 1 or np.isnan(start).any() or np.isnan(elapsed).any():
        return []
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.nan_to_num(np.where(elapsed > 0, metres / elapsed, 0.0))
    long_enough = (elapsed >= REP_S[0]) & (elapsed <= REP_S[1])
    if (intensity == REST).sum() >= LEAST_REPS - 1:
        choices = [(intensity == ACTIVE) & long_enough]
    elif 2 * ((trigger == BY_DISTANCE) | _a_whole_unit(metres)).sum() >= len(trigger):
        return []  # a lap a kilometre, set by the watch: not the runner's own
    else:
        choices = [(speed >= cut) & long_enough for cut in np.unique(speed)]
    best: Spans = []
    for hard in choices:
        if hard.sum() > len(best) and _is_session(hard, elapsed * speed, elapsed):
            best = [
                (float(a), float(a + e)) for a, e in zip(start[hard], elapsed[hard], strict=True)
            ]
    return best


def _a_whole_unit(metres: Floats) -> np.ndarray:
    """Return which laps are one kilometre or one mile long, as a watch sets them by itself."""
    near = [np.abs(metres / unit - 1.0) < 0.012 for unit in (1000.0, units.M_PER_MILE)]
    return np.asarray(near[0] | near[1])


def _is_session(hard: np.ndarray, metres: Floats, seconds: Floats) -> bool:
    """Return whether the pieces marked `hard` are repeats with recoveries between them."""
    which = np.flatnonzero(hard)
    if len(which) < LEAST_REPS or (np.diff(which) == 1).any():
        return False
    start = np.cumsum(seconds) - seconds
    between = ~hard
    between[: which[0]] = between[which[-1] :] = False
    lengths = metres[hard]
    alike = lengths.std() <= ALIKE * lengths.mean()
    rests = (start[which][1:] - (start + seconds)[which][:-1]) / seconds[hard].mean()
    in_range = rests.max() <= LONGEST_REST and REP_M[0] <= lengths.mean() <= REP_M[1]
    fast = lengths.sum() / seconds[hard].sum()
    slow = metres[between].sum() / max(seconds[between].sum(), 1.0)
    return bool(alike and in_range and fast >= FASTER * slow)


def _from_speed(time: Floats, speed: Floats) -> Spans:
    """Return the spans faster than the cut that gives most time in repeats; short gaps close."""
    grid = np.arange(time[0], time[-1], GRID_S)
    if len(grid) * GRID_S < REP_S[0] * LEAST_REPS:
        return []
    even = np.interp(grid, time, np.nan_to_num(speed))
    smooth = np.convolve(even, np.full(SMOOTH, 1 / SMOOTH), mode="same")
    cuts = np.quantile(smooth, CUTS)
    if cuts[-1] < FASTER * cuts[0]:
        return []
    gone = np.concatenate([[0.0], np.cumsum(even)]) * GRID_S
    best, most = [], 0.0
    for cut in cuts[1:-1]:
        edges = _edges(smooth > cut)
        if len(edges) < 2 * LEAST_REPS:
            continue
        seconds = np.diff(np.concatenate([[0], edges, [len(grid)]])) * GRID_S
        inside, rest = seconds[1::2], seconds[2:-1:2]
        fits = inside.min() >= REP_S[0] and inside.max() <= REP_S[1] and inside.sum() > most
        if not fits or rest.sum() < REST_SHARE * inside.sum():
            continue
        bounds = np.concatenate([[0], edges, [len(grid)]])
        hard = np.arange(len(seconds)) % 2 == 1
        if _is_session(hard, np.diff(gone[bounds]), seconds):
            most = inside.sum()
            best = [(float(grid[a]), float(grid[b - 1] + GRID_S)) for a, b in edges.reshape(-1, 2)]
    return best


def _edges(fast: np.ndarray) -> np.ndarray:
    """Return start, end, start, end ... of the fast spans; gaps and spans under 10 s go."""
    edges = np.flatnonzero(fast[1:] != fast[:-1]) + 1
    edges = np.concatenate([[0] * bool(fast[0]), edges, [len(fast)] * bool(fast[-1])]).astype(int)
    for first in (1, 0):  # gaps between spans first, then the spans themselves
        short = np.flatnonzero(np.diff(edges)[first::2] * GRID_S < REP_S[0] / 2) * 2 + first
        if len(short):
            edges = np.delete(edges, np.concatenate([short, short + 1]))
    return edges


_CLOCK = r"\d+(?::\d{2}){1,2}(?:\.\d+)?"
_TOLD = re.compile(rf"({_CLOCK})(?:\s*\(\s*({_CLOCK})\s*[/,;+-]\s*({_CLOCK})\s*\))?")
_EACH = re.compile(r"\d+\s*[x×]\s*(\d+(?:\.\d+)?\s*(?:km|k|m|mi)?)\b", re.IGNORECASE)


def told(lines: Sequence[str], *, rest_s: float | None = None) -> tuple[Rep, ...]:
    """Return the repeats as a runner writes them: "4 x 800 m: 3:00 (1:23/1:36), 3:49 (1:30/2:18)".

    Times in order; the halves in brackets. "walked" after a time, before the next, marks it as
    walked for an unknown time of at least five seconds. A bare distance is metres from 100 up.
    """
    text = " ; ".join(lines)
    each = _EACH.search(text)
    metres = _metres(each[1]) if each else None
    found = list(_TOLD.finditer(text))
    ends = [m.start() for m in found[1:]] + [len(text)] * bool(found)
    reps = []
    for match, end in zip(found, ends, strict=True):
        walked = "walk" in text[match.end() : end].lower()
        halves = (_clock_s(match[2]), _clock_s(match[3])) if match[2] else None
        reps.append(
            Rep(
                time_s=_clock_s(match[1]), distance_m=metres, halves_s=halves, rest_s=rest_s,
                walked_s=WALK_S if walked else None,
            )
        )  # fmt: skip
    return tuple(reps)


def _clock_s(text: str) -> float:
    return units.parse_duration_s(text) or 0.0


def _metres(text: str) -> float | None:
    metres = units.parse_distance_m(text)
    if metres is None and text.strip().isdigit() and int(text) >= REP_M[0]:
        return float(text)
    return metres


def per_run(
    runs: pl.DataFrame, reps: pl.DataFrame, said: Mapping[str, tuple[Rep, ...]]
) -> pl.DataFrame:
    """Return reps, rep_m, rep_fade_pct, reps_walked and flat_out, one row a run, same order.

    `said` (the diary, by run id) wins over what was found in the recording. A first repeat is
    measured against the best of earlier sessions over the same distance (within 2 %).
    """
    seen = _by_run(reps)
    best: list[tuple[float, float]] = []  # distance, time
    rows: list[tuple[int | None, float | None, float | None, int | None, bool | None]] = []
    for run in runs["id"].to_list():
        of_run = said.get(run) or seen.get(run, ())
        known = [r.distance_m for r in of_run if r.distance_m]
        metres = float(np.mean(known)) if known else None
        earlier = [t for m, t in best if metres and abs(m / metres - 1) <= SAME_DISTANCE]
        session = describe(of_run, best_s=min(earlier, default=None))
        if session is None:
            rows.append((None, None, None, None, None))
            continue
        walked = len(session.walked) if any(r.walked_s is not None for r in of_run) else None
        rows.append((len(of_run), metres, session.fade_pct, walked, session.flat_out))
        if metres:
            best.append((metres, min(r.time_s for r in of_run)))
    return pl.DataFrame(
        rows,
        schema={
            "reps": pl.Int64, "rep_m": pl.Float64, "rep_fade_pct": pl.Float64,
            "reps_walked": pl.Int64, "flat_out": pl.Boolean,
        },
        orient="row",
    )  # fmt: skip


def _by_run(reps: pl.DataFrame) -> dict[str, tuple[Rep, ...]]:
    found: dict[str, list[Rep]] = {}
    for row in reps.iter_rows(named=True):
        first, second = row["first_half_s"], row["second_half_s"]
        rep = Rep(
            time_s=row["time_s"],
            distance_m=row["distance_m"],
            halves_s=None if first is None or second is None else (first, second),
            rest_s=row["rest_s"],
            walked_s=row["walked_s"],
        )
        found.setdefault(row["id"], []).append(rep)
    return {run: tuple(of_run) for run, of_run in found.items()}


def of_activity(library: Library, activity: str) -> Session | None:
    """Return the pattern of one run's repeats, as the diary tells them, else as recorded."""
    index = RunIndex(library.running())
    notes = notes_by_run(diary_views.run_notes(library.diary()), index).get(activity, ())
    reps = told(notes[0].reps, rest_s=notes[0].rest_s) if len(notes) == 1 else ()
    if not reps:
        records = arrays(library.records(activity))
        reps = find(records, arrays(library.laps(activity)) if records else {})
    return describe(reps)


def fastest_s(records: Mapping[str, Floats], distance_m: float) -> float | None:
    """Return the shortest time in which a run covered `distance_m`; None where it is shorter."""
    time, metres = track(records)
    if len(time) < 2 or metres[-1] < distance_m:
        return None
    moving = np.append(True, np.diff(metres) > 0)
    time, metres = time[moving], metres[moving]
    start = metres[metres + distance_m <= metres[-1]]
    starts = np.union1d(start, metres[metres >= distance_m] - distance_m)
    ends = np.interp(starts + distance_m, metres, time)
    return float((ends - np.interp(starts, metres, time)).min())
