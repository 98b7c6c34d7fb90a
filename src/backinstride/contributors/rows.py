"""The rows of the model: every kilometre run before an onset, and the 48 hours after a run.

Kilometres end at the onset; a run cut short there does not make long runs look safe.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from backinstride import stats
from backinstride.contributors.outcomes import Outcome
from backinstride.contributors.priors import table_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.stats import Floats

SHORTEST_KM = 0.05
DISTANCE_BASE_KM = 8.0
RECENT = (0.28, 0.51)  # recent_episode: mean and sd of its spike and slab, as one normal
UNKNOWN_SD = 4.0  # of "this is not known of the run": wide, so that silence explains nothing


class Table(msgspec.Struct, frozen=True):
    """Rows by run: `run` (n,) index into `outcomes`, `exposure`, `event`, `after` as in stats."""

    outcomes: tuple[Outcome, ...]
    run: np.ndarray
    exposure: np.ndarray
    event: np.ndarray
    after: np.ndarray
    columns: dict[str, np.ndarray]
    shoes: tuple[str | None, ...]  # by run
    end_km: np.ndarray

    def column(self, name: str) -> Floats:
        """Return an exposure by row, NaN where not known; all NaN where there is no such one."""
        found = self.columns.get(name)
        return np.full(len(self.run), np.nan) if found is None else found

    def shoe_column(self, pair: str) -> Floats:
        """Return 1 in the pair, 0 in another one, NaN where the shoes are not written down."""
        by_run = np.array([np.nan if s is None else float(s == pair) for s in self.shoes])
        return by_run[self.run] if len(by_run) else np.empty(0)

    def shoe_runs(self) -> dict[str, int]:
        """Return how many runs were in each pair."""
        found: dict[str, int] = {}
        for shoe in self.shoes:
            if shoe is not None:
                found[shoe] = found.get(shoe, 0) + 1
        return found

    def variation(self, values: Floats, *, yes_no: bool) -> tuple[int, bool]:
        """Return how many runs tell the value, and whether it differs between their rows.

        Told only of runs with an episode it is no variation: there is nothing to compare with.
        """
        known = ~np.isnan(values)
        if not known.any():
            return 0, False
        told = np.unique(self.run[known])
        runs = len(told)
        if all(self.outcomes[k].event != "none" for k in told):
            return runs, False
        seen = values[known]
        if yes_no:
            return runs, bool((seen > 0.5).any() and (seen <= 0.5).any())
        return runs, bool(np.ptp(seen) > 1e-6 and runs > 1)


def table(kms: pl.DataFrame, outcomes: Sequence[Outcome]) -> Table:
    """Cut the kilometres (`per_km`) at each onset and add the row after a run.

    A run without kilometres is left out. An onset that is not known is put at the run's end; one
    beyond the recorded distance too.
    """
    wanted = {o.run: o for o in outcomes}
    names = [row.id for row in table_rows() if row.id != "shoe" and row.id in kms.columns]
    part = kms.filter(kms["id"].is_in(list(wanted))).sort("id", "km")
    ids = part["id"].to_list()
    length = _floats(part, "length_km")
    end = _floats(part, "end_km")
    values = {name: _floats(part, name) for name in names}
    if "distance" in values:
        # By the whole kilometre, never by the onset inside it: a value that depends on when the
        # event came would make early kilometres look guilty or safe.
        kilometre = np.log2(_floats(part, "km") / DISTANCE_BASE_KM)
        values["distance"] = np.where(np.isnan(values["distance"]), np.nan, kilometre)
    worn = part["shoe"].to_list() if "shoe" in part.columns else [None] * len(ids)
    starts = [k for k in range(len(ids)) if k == 0 or ids[k] != ids[k - 1]]
    edges = [*starts, len(ids)]
    blocks = {ids[a]: (a, b) for a, b in itertools.pairwise(edges)}
    used = tuple(o for o in outcomes if o.run in blocks)
    take: list[int] = []
    run: list[int] = []
    exposure: list[float] = []
    event: list[float] = []
    after: list[bool] = []
    for number, outcome in enumerate(used):
        first, last = blocks[outcome.run]
        stop, part_km = _stop(outcome, length, end, first, last)
        take.extend(range(first, stop))
        exposure.extend(length[first : stop - 1])
        exposure.append(part_km)
        event.extend([0.0] * (stop - first - 1))
        event.append(float(outcome.event == "during"))
        after.extend([False] * (stop - first))
        if outcome.event != "during":
            take.append(stop - 1)
            exposure.append(1.0)
            event.append(float(outcome.event == "after"))
            after.append(True)
        run.extend([number] * (len(take) - len(run)))
    order = np.array(take, dtype=np.intp)
    return Table(
        outcomes=used,
        run=np.array(run, dtype=np.intp),
        exposure=np.maximum(np.array(exposure, dtype=np.float64), SHORTEST_KM),
        event=np.array(event, dtype=np.float64),
        after=np.array(after, dtype=np.bool_),
        columns={name: column[order] for name, column in values.items()},
        shoes=tuple(worn[blocks[o.run][0]] for o in used),
        end_km=end[order],
    )


def _floats(frame: pl.DataFrame, name: str) -> Floats:
    values = frame[name].cast(pl.Float64).to_numpy()
    out: Floats = np.array(values, dtype=np.float64)
    out[~np.isfinite(out)] = np.nan
    return out


def _stop(
    outcome: Outcome, length: Floats, end: Floats, first: int, last: int
) -> tuple[int, float]:
    """Return the row after the last one that counts, and how many km of that last one do."""
    onset = outcome.onset_km
    if outcome.event != "during" or onset is None:
        return last, float(length[last - 1])
    begins = end[first:last] - length[first:last]
    reached = int((begins < onset - 1e-9).sum())
    stop = first + max(reached, 1)
    begin = end[stop - 1] - length[stop - 1]
    return stop, float(min(length[stop - 1], onset - begin))


def model_rows(data: Table, columns: Sequence[Floats]) -> tuple[stats.Rows, int]:
    """Return the model's rows for the candidates' `columns`, and the number of adjusted ones.

    What is not known counts as the reference value of its factor, beside a column of its own
    that says "not known" (or "known", whichever is rarer): its effect is free in every model, so
    that what was mostly written down on bad days cannot speak for or against the factor.
    """
    n = len(data.run)
    x = np.column_stack([np.nan_to_num(c) for c in columns]) if columns else np.empty((n, 0))
    recent = data.column("recent_episode")
    adjusted = [np.nan_to_num(recent)]
    seen: set[bytes] = set()
    for column in (*columns, recent):
        lost = np.isnan(column)
        key = lost.tobytes()
        if lost.any() and not lost.all() and key not in seen:
            seen.add(key)
            rare = data.exposure[lost].sum() <= 0.5 * data.exposure.sum()
            adjusted.append((lost if rare else ~lost).astype(np.float64))
    rows = stats.Rows(x, np.column_stack(adjusted), data.exposure, data.event, data.after)
    return rows, len(adjusted)


def adjusted_priors(count: int) -> tuple[Floats, Floats]:
    """Return means and sds of the adjusted columns: recent episode, then what is not known."""
    mean = np.zeros(count)
    sd = np.full(count, UNKNOWN_SD)
    mean[0], sd[0] = RECENT
    return mean, sd
