"""Spark gives the embedded engine's numbers to the last bit, between processes."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backinstride.cohort import stream
from backinstride.errors import MissingExtraError

pa = pytest.importorskip("pyarrow", reason="needs [spark]: pyarrow")
pytest.importorskip("numba", reason="needs [spark]: numba")
pq = pytest.importorskip("pyarrow.parquet", reason="needs [spark]: pyarrow")
pytestmark = [
    pytest.mark.spark,
    # PySpark leaves its sockets to the collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def session():
    """One small cluster of two worker processes for all tests."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        pytest.skip("needs [spark]: pyspark")
    if not shutil.which("java"):
        pytest.skip("needs Java 17: no java on the path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", str(Path(found.origin).parent))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        from pyspark.sql import SparkSession

        spark = (
            SparkSession.builder.master("local-cluster[2,1,1024]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.memory", "1g")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .appName("backinstride tests")
            .getOrCreate()
        )
        spark.sparkContext.setLogLevel("ERROR")
        yield spark
        spark.stop()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """200 runners, one of them with many sessions a day, unsorted on disk, in several files."""
    rng = np.random.default_rng(8)
    runner = np.concatenate((rng.integers(0, 200, 7_000), np.full(1_000, 7)))
    day = np.sort(rng.integers(10_000, 10_700, len(runner)).astype(np.int32))
    table = pa.table(
        {
            "runner": pa.array([f"r{n:03d}" for n in runner]),
            "day": pa.array(day).cast(pa.date32()),
            "distance_m": pa.array(
                rng.gamma(4, 2_500, len(runner)), mask=rng.random(len(runner)) < 0.01
            ),
        }
    )
    folder = tmp_path_factory.mktemp("cohort") / "sessions"
    folder.mkdir()
    for part in range(4):
        pq.write_table(table.slice(part * 2_000, 2_000), folder / f"{part}.parquet")
    stream.sort_file(folder / "*.parquet", folder.parent / "sorted.parquet")
    stream.metrics_file(folder.parent / "sorted.parquet", folder.parent / "out.parquet")
    return folder, pq.read_table(folder.parent / "out.parquet")


def bits(table) -> list[tuple]:
    """Every row as a tuple of bits, in an order of its own: rows of one day may trade places."""
    table = table.set_column(
        table.column_names.index("state"), "state", table.column("state").cast("string")
    )
    columns = []
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_floating(column.type):
            values = column.to_numpy().view(np.int64)
            nulls = np.asarray(column.is_null())
            columns.append([None if n else int(v) for v, n in zip(values, nulls, strict=True)])
        else:
            columns.append(column.to_pylist())
    return sorted(zip(*columns, strict=True), key=repr)


@pytest.mark.parametrize("partitions", [1, 8])
def test_identical_to_the_last_bit(session, cohort, partitions):
    from backinstride import spark

    folder, embedded = cohort
    found = spark.metrics(session.read.parquet(str(folder)), partitions=partitions)
    read = found.toArrow()
    assert read.column_names == embedded.column_names
    assert bits(read) == bits(embedded)
    assert found.rdd.getNumPartitions() == partitions


def test_partitions_without_a_row_are_no_harm(session, tmp_path):
    from backinstride import spark

    table = pa.table(
        {
            "runner": pa.array(["a", "a"]),
            "day": pa.array([3, 1], pa.int32()).cast(pa.date32()),
            "distance_m": pa.array([6_000.0, 5_000.0]),
        }
    )
    pq.write_table(table, tmp_path / "two.parquet")
    spark.metrics_file(str(tmp_path / "two.parquet"), str(tmp_path / "out"))
    read = pq.read_table(tmp_path / "out")
    assert sorted(read.column("days_since_run").to_pylist(), key=str) == [2, None]
    empty = session.read.parquet(str(tmp_path / "two.parquet")).limit(0)
    assert spark.metrics(empty, partitions=8).count() == 0


def test_without_the_extra_its_name_is_said():
    """In a process of its own: the module is imported, PySpark is not there."""
    code = (
        "import sys; sys.modules['pyspark'] = None; sys.modules['pyspark.sql'] = None\n"
        "from backinstride import spark\n"
        "from backinstride.errors import MissingExtraError\n"
        "try: spark.metrics_file('in', 'out')\n"
        "except MissingExtraError as e: print(e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert "backinstride[spark]" in done.stdout
    assert issubclass(MissingExtraError, Exception)
