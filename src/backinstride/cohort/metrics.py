"""The load before every session of many runners: one block in, the same block with columns out.

The definitions are those of :mod:`backinstride.exposures.load`, column by column: every window
ends the day before the session's day, days are local, a day without a run is 0 m, what lies before
the first run is unknown. One sequential walk a runner, compiled by Numba; it knows no engine, so
every engine gives the same bits. Sessions of one day are one day's load; the longest run is one
session.

A distance that is negative, infinite or beyond 1,000 km is impossible and counts as unknown: the
session happened, its length is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backinstride.cohort import require
from backinstride.errors import UnusableError
from backinstride.exposures.load import JUST_ABOVE

if TYPE_CHECKING:
    import pyarrow as pa

SPIKE_FROM = JUST_ABOVE  # ratio beyond which a session is a spike
STATES = ("usual", "spike", "return")
FLOATS = (
    "longest_30d_m", "spike_ratio", "load_7d_m", "load_28d_m", "load_ratio_coupled",
    "load_ratio_uncoupled", "load_ratio_ewma", "monotony_7d", "strain_7d",
)  # fmt: skip
WHOLES = ("days_since_run", "layoff_days", "layoff_21d_days")
METRICS = (*FLOATS, "state", *WHOLES)


class UnsortedError(UnusableError):
    """The rows are not sorted by runner and day."""

    slug = "cohort-unsorted"


class Counts(NamedTuple):
    """What a block held: sessions, runners, distances that were unknown or impossible."""

    sessions: int = 0
    runners: int = 0
    unknown: int = 0
    impossible: int = 0

    def plus(self, other: Counts) -> Counts:
        """Return the sum of both."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


def metrics_block(table: pa.Table) -> pa.Table:
    """Return the table with the columns :data:`METRICS` added; one row stays one row.

    `table` has runner (any sortable type), day (date32, local), distance_m (float) and perhaps
    compared_m, the distance that the spike is judged on (to the onset, where there was one); it
    is sorted by runner and day and holds every session of its runners. Raises
    :class:`UnsortedError`, and `UnusableError` for columns that are missing or of a wrong type.
    """
    return block(table)[0]


def block(table: pa.Table) -> tuple[pa.Table, Counts]:
    """Return the table of :func:`metrics_block` and what was counted on the way."""
    checked(table.schema)
    starts = runner_starts(table.column("runner"))
    day = numbers(table.column("day").cast("int32"), np.int32)
    metres = _metres(table, "distance_m")
    compared = _metres(table, "compared_m") if "compared_m" in table.column_names else metres
    floats = np.empty((len(FLOATS), len(day)))
    state = np.empty(len(day), np.int8)
    wholes = np.empty((len(WHOLES), len(day)), np.int32)
    fault, unknown, impossible = _kernel().walk(
        starts, day, metres, compared, floats, state, wholes
    )
    if fault >= 0:
        raise UnsortedError(
            f"the rows are not sorted by runner and day (row {fault} of a block of {len(day)})"
        )
    for name, column in zip(METRICS, _columns(floats, state, wholes), strict=True):
        table = _with(table, name, column)
    return table, Counts(len(day), len(starts) - 1, unknown, impossible)


def _kernel() -> Any:
    require("numba")
    return require("backinstride.cohort.kernel")


def checked(schema: pa.Schema) -> None:
    """Refuse a table by the name of what is wrong with its columns."""
    pa = require("pyarrow")
    for name in ("runner", "day", "distance_m"):
        if schema.names.count(name) != 1:
            raise UnusableError(f"the sessions need one column {name!r}; found {schema.names}")
    if schema.field("day").type != pa.date32():
        raise UnusableError(
            f"`day` is {schema.field('day').type}: give the runner's local day as a date "
            "(a moment has no day without its zone)"
        )


def runner_starts(column: pa.ChunkedArray) -> np.ndarray:
    """Return where each runner's rows begin, and the end; refuses runners out of order."""
    pc, pa = require("pyarrow.compute"), require("pyarrow")
    if len(column) == 0:
        return np.zeros(1, np.int64)
    if column.null_count:
        raise UnusableError(f"{column.null_count} sessions have no runner")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    encoded = pc.run_end_encode(column.combine_chunks(), run_end_type=pa.int64())
    ends = np.asarray(encoded.run_ends.to_numpy(zero_copy_only=False), dtype=np.int64)
    names = encoded.values
    later = pc.less(names.slice(0, len(names) - 1), names.slice(1))
    if not (pc.all(later, min_count=0).as_py()):
        raise UnsortedError("the rows are not sorted by runner: a runner comes back or is early")
    return np.concatenate((np.zeros(1, np.int64), ends))


def numbers(column: pa.ChunkedArray, kind: Any) -> np.ndarray:
    """Return an Arrow column without nulls as an array."""
    if column.null_count:
        raise UnusableError(f"{column.null_count} sessions have no day")
    return np.ascontiguousarray(column.to_numpy(), dtype=kind)


def _metres(table: pa.Table, name: str) -> np.ndarray:
    column = table.column(name).cast("float64")
    return np.ascontiguousarray(column.to_numpy(), dtype=np.float64)  # null becomes NaN


def _columns(floats: np.ndarray, state: np.ndarray, wholes: np.ndarray) -> list[Any]:
    pa = require("pyarrow")
    codes = pa.array(state, mask=state < 0)
    return [
        *(pa.array(row, from_pandas=True) for row in floats),  # NaN becomes null
        pa.DictionaryArray.from_arrays(codes, pa.array(STATES)),
        *(pa.array(row, mask=row < 0) for row in wholes),
    ]


def _with(table: pa.Table, name: str, column: Any) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)
