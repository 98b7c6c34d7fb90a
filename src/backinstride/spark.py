"""The distributed engine: the block function of the cohort through Spark's `mapInArrow`.

Partitions of many runners, so that a job costs what its rows cost. Needs the extra `[spark]` and
Java 17. The numbers are the embedded engine's to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backinstride.cohort import require
from backinstride.cohort.metrics import FLOATS, WHOLES
from backinstride.cohort.stream import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

SORT = ("runner", "day", "of_day", "start", "distance_m")  # those that the table has
COLUMNS = (
    *((name, "double") for name in FLOATS),
    ("state", "string"),
    *((name, "integer") for name in WHOLES),
)


def metrics(sessions: Any, *, partitions: int | None = None) -> Any:
    """Return a Spark frame of sessions with the columns of `cohort.metrics.METRICS` added."""
    types = require("pyspark.sql.types", "spark")
    have = [name for name in SORT if name in sessions.columns]
    kept = [name for name in sessions.columns if name not in dict(COLUMNS)]
    schema = types.StructType([sessions.schema[name] for name in kept])
    for name, kind in COLUMNS:
        schema = schema.add(name, kind)
    count = (partitions,) if partitions else ()
    return (
        sessions.select(*kept)
        .repartition(*count, "runner")
        .sortWithinPartitions(*have)
        .mapInArrow(partition, schema)
    )


def partition(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return a sorted partition with the metrics: whole runners at a time, in bounded memory."""
    for table, _counts in blocks(batches):
        place = table.column_names.index("state")
        plain = table.column("state").cast("string")
        yield from table.set_column(place, "state", plain).to_batches()


def metrics_file(source: str, target: str) -> None:
    """Read Parquet wherever Spark can, compute, write Parquet sorted by runner within parts."""
    sql = require("pyspark.sql", "spark")
    session = sql.SparkSession.builder.appName("backinstride cohort").getOrCreate()
    metrics(session.read.parquet(source)).write.mode("errorifexists").parquet(target)
