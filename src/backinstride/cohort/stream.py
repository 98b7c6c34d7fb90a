"""The embedded engine: sessions from one Parquet file to another, a block at a time.

A block holds whole runners: the last runner of what was read is held back until the next one
begins. Memory is one block, or one runner where a runner is larger than a block.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Any

from backinstride.cohort import metrics, require
from backinstride.errors import UnusableError
from backinstride.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

ROWS = 262_144  # sessions a block: 30 MB with all columns
QUEUE = 2


class Computed(Value, frozen=True):
    """What went through: counts, and where it is."""

    sessions: int
    runners: int
    unknown_distances: int
    impossible_distances: int
    output: str
    engine: str = "embedded"


def whole_runners(batches: Iterable[pa.RecordBatch], rows: int = ROWS) -> Iterator[pa.Table]:
    """Yield tables of at least `rows` rows (the last one fewer) that end where a runner ends.

    `batches` are sorted by runner; a runner that comes back later is refused.
    """
    pa = require("pyarrow")
    ready: list[Any] = []
    held: list[Any] = []
    for batch in batches:
        if batch.num_rows == 0:
            continue
        table = pa.Table.from_batches([batch])
        names = table.column("runner")
        cut = int(metrics.runner_starts(names)[-2])
        if held:
            follows = _compare(held[-1].column("runner")[-1].as_py(), names[0].as_py())
            if cut or follows:
                ready += held
                held = []
        if cut:
            ready.append(table.slice(0, cut))
        held.append(table.slice(cut))
        if sum(part.num_rows for part in ready) >= rows:
            yield pa.concat_tables(ready)
            ready = []
    if ready or held:
        yield pa.concat_tables(ready + held)


def _compare(before: Any, after: Any) -> bool:
    """Return whether a new runner begins; refuses one that comes before."""
    if after < before:
        raise metrics.UnsortedError("the rows are not sorted by runner: one comes back or is early")
    return bool(after != before)


def blocks(
    batches: Iterable[pa.RecordBatch], rows: int = ROWS
) -> Iterator[tuple[pa.Table, metrics.Counts]]:
    """Yield every block of whole runners with its metrics, and what it held."""
    for table in whole_runners(batches, rows):
        yield metrics.block(table)


def metrics_file(source: Path, target: Path, *, rows: int = ROWS) -> Computed:
    """Read sessions (Parquet, sorted by runner and day), write them with all metrics.

    The target appears whole or not at all. Raises `UnusableError` where the source is no such
    table, `UnsortedError` where it is not sorted.
    """
    pa, pq = require("pyarrow"), require("pyarrow.parquet")
    if target.exists() and source.exists() and target.samefile(source):
        raise UnusableError("the output would overwrite the input")
    part = target.with_name(f".{target.name}.part")
    try:
        with pq.ParquetFile(source, memory_map=True, pre_buffer=False) as file:
            metrics.checked(file.schema_arrow)
            found = blocks(file.iter_batches(batch_size=min(rows, ROWS)), rows)
            empty = metrics.metrics_block(file.schema_arrow.empty_table())
            counts = write(found, part, empty.schema)
        part.replace(target)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnusableError(f"cannot use {source}: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return Computed(
        sessions=counts.sessions,
        runners=counts.runners,
        unknown_distances=counts.unknown,
        impossible_distances=counts.impossible,
        output=str(target),
    )


def write(
    found: Iterable[tuple[pa.Table, metrics.Counts]], target: Path, schema: pa.Schema
) -> metrics.Counts:
    """Write blocks while the next one is computed: compressing takes as long as computing."""
    pq = require("pyarrow.parquet")
    waiting: queue.Queue[Any] = queue.Queue(QUEUE)
    failed: list[BaseException] = []
    numbers = {*metrics.FLOATS, "distance_m", "compared_m"}
    coded = [name for name in schema.names if name not in numbers]

    def drain(writer: Any) -> None:
        while (table := waiting.get()) is not None:
            if not failed:
                try:
                    writer.write_table(table)
                except BaseException as error:  # noqa: BLE001 - raised again by the caller
                    failed.append(error)

    counts = metrics.Counts()
    with pq.ParquetWriter(
        target, schema, compression="zstd", compression_level=1, use_dictionary=coded,
        write_statistics=["runner", "day"],
    ) as writer:  # fmt: skip
        thread = threading.Thread(target=drain, args=(writer,))
        thread.start()
        try:
            for table, held in found:
                waiting.put(table)
                counts = counts.plus(held)
                if failed:
                    break
        finally:
            waiting.put(None)
            thread.join()
    if failed:
        raise failed[0]
    return counts


def sort_file(source: Path, target: Path) -> None:
    """Write the sessions sorted by runner, day and what orders a day; for tables out of order."""
    import polars as pl

    scan = pl.scan_parquet(source)
    names = scan.collect_schema().names()
    keys = [n for n in ("runner", "day", "of_day", "start", "distance_m") if n in names]
    scan.sort(keys, maintain_order=True).sink_parquet(target, compression="zstd")


@contextlib.contextmanager
def sorted_copy(source: Path, beside: Path) -> Iterator[Path]:
    """Give a sorted copy of the sessions, gone afterwards."""
    copy = beside.with_name(f".{beside.name}.sorted")
    try:
        sort_file(source, copy)
        yield copy
    finally:
        copy.unlink(missing_ok=True)
