"""The runner's folder: what the watch said as Parquet, what a person said as text.

    diary.txt  profile.toml  activities.parquet  records/YYYY/<start>-<id>.parquet
    imports.jsonl  cache/

One writer at a time (a lock), many readers. The table of activities is rewritten whole (temporary
file, fsync, rename); a file of records is written once and never changed; the log of imports only
grows. A folder that is empty, new or was killed gives valid, empty frames.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from backinstride import diary as diaries
from backinstride import files, merging
from backinstride.errors import Problem
from backinstride.readers.table_guess import TableMapping
from backinstride.schema import ACTIVITY_COLUMNS, ACTIVITY_NAMES, LAP_NAMES, RECORD_NAMES, RUNNING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from backinstride.readers.recording import Recording

_TYPES: dict[str, Any] = {
    "text": pl.String,
    "float": pl.Float64,
    "int": pl.Int64,
    "date": pl.Date,
    "bool": pl.Boolean,
    "time": pl.Datetime("us", "UTC"),
}
ACTIVITY_SCHEMA = pl.Schema({c.name: _TYPES[c.kind] for c in ACTIVITY_COLUMNS})
LAP_SCHEMA = pl.Schema(dict.fromkeys(LAP_NAMES, pl.Float64))
ACTIVITIES = "activities.parquet"
LOG = "imports.jsonl"
_ID = re.compile(r"[0-9a-f]{16}(?:-\d+)?")


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the log: a file (or row of a table) that was looked at, and what came of it.

    outcome: "new", "known", "duplicate", "problem", "ignored", or "apart" (two recordings that
    the runner took apart again: `ids`).
    """

    outcome: str
    name: str = ""
    sha256: str = ""  # of the inflated bytes
    stored: str = ""  # of the bytes as they lay in the archive, with the vendor's words
    words: str = ""  # of the vendor's words alone
    reader: int = 0
    ids: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    mapping: TableMapping | None = None  # of a hand-kept log: what its columns were taken for


class _Table:
    """The table of activities at one moment, with what is looked up for every run."""

    def __init__(self, stamp: tuple[int, int, int], rows: pl.DataFrame) -> None:
        self.stamp, self.rows = stamp, rows
        self.starts: dict[str, dt.datetime] = dict(zip(rows["id"], rows["start"], strict=True))
        self.twins: dict[str, list[str]] = {}
        for extra, head in rows.select("id", "merged_into").drop_nulls().iter_rows():
            self.twins.setdefault(head, []).append(extra)


class Library:
    """The folder, made on first use, closed to others."""

    def __init__(self, folder: Path) -> None:
        self.folder = files.private_directory(Path(folder).expanduser().absolute())
        self._kept: _Table | None = None

    # --- the diary ------------------------------------------------------------------------

    @property
    def diary_path(self) -> Path:
        """Where the diary lies."""
        return self.folder / diaries.FILE

    def diary(self) -> diaries.Diary:
        """Return the diary as it stands now."""
        return diaries.load(self.diary_path)

    # --- reading --------------------------------------------------------------------------

    def activities(self, *, merged: bool = False) -> pl.DataFrame:
        """Return one row an activity, oldest first (columns: `schema.ACTIVITY_COLUMNS`).

        Second recordings of one outing are left out, and what only they knew (a title, shoes,
        heart rate) fills the gaps of the row that stays. `merged` gives every row as it is.
        """
        table = self._table()
        return table if merged else merging.one_row_an_outing(table)

    def running(self) -> pl.DataFrame:
        """Return the runs: road, trail and treadmill."""
        return self.activities().filter(pl.col("sport").is_in(RUNNING))

    def records(self, activity: str) -> pl.DataFrame:
        """Return the samples of one activity (Float64, null where nothing was written).

        Columns as in `schema.RECORD_COLUMNS`, those of it that were recorded, then the source's
        own. Streams that only a second recording of the outing has are joined by time.
        """
        own = self._records(activity)
        for twin in self._known().twins.get(activity, ()):
            own = merging.with_streams(own, self._records(twin))
        return own

    def laps(self, activity: str) -> pl.DataFrame:
        """Return the laps of one activity (`schema.LAP_COLUMNS`)."""
        laps = self.about(activity).get("laps") or {}
        columns = {name: laps.get(name) for name in LAP_NAMES}
        size = max((len(v) for v in columns.values() if v), default=0)
        return pl.DataFrame(
            {name: values or [None] * size for name, values in columns.items()},
            schema=LAP_SCHEMA,
        )

    def about(self, activity: str) -> dict[str, Any]:
        """Return what else the file said: laps, pauses, rr_ms, extra, problems, the first row."""
        path = self._path_of(activity)
        if path is None:
            return {}
        try:
            stored = pl.read_parquet_metadata(path).get("backinstride", "{}")
            found = msgspec.json.decode(stored)
        except (OSError, pl.exceptions.PolarsError, msgspec.DecodeError):
            return {}
        return found if isinstance(found, dict) else {}

    def seen(self) -> tuple[Seen, ...]:
        """Return the log of imports; lines that a crash tore are left out."""
        return tuple(self._log())

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the folder itself."""
        found = []
        table = self.folder / ACTIVITIES
        if table.exists() and _read_table(table) is None:
            message = "the table of activities cannot be read."
            hint = "Import your exports again; nothing you wrote is touched by that."
            found.append(Problem(ACTIVITIES, "table-damaged", message, hint=hint))
        for row in self._table().select("id", "start", "points").iter_rows(named=True):
            path = self._path(row["id"], row["start"])
            if row["points"] and not (path.exists() and path.stat().st_size):
                message = "the samples of an activity are missing."
                name = path.relative_to(self.folder).as_posix()
                hint = "Import the export it came from again."
                found.append(Problem(name, "records-missing", message, place=row["id"], hint=hint))
        return tuple(found)

    def _log(self) -> Iterator[Seen]:
        try:
            data = (self.folder / LOG).read_bytes()
        except OSError:
            return
        decode = msgspec.json.Decoder(Seen).decode
        for line in data.splitlines():
            with contextlib.suppress(msgspec.DecodeError):
                yield decode(line)

    def _table(self) -> pl.DataFrame:
        return self._known().rows

    def _known(self) -> _Table:
        """Return the table as it lies there now; read again only when it changed."""
        path = self.folder / ACTIVITIES
        try:
            about = path.stat()
        except OSError:
            return _Table((0, 0, 0), pl.DataFrame(schema=ACTIVITY_SCHEMA))
        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        if self._kept is None or self._kept.stamp != stamp:
            rows = _read_table(path)
            self._kept = _Table(
                stamp, pl.DataFrame(schema=ACTIVITY_SCHEMA) if rows is None else rows
            )
        return self._kept

    def _records(self, activity: str) -> pl.DataFrame:
        path = self._path_of(activity)
        if path is not None:
            with contextlib.suppress(OSError, pl.exceptions.PolarsError):
                return pl.read_parquet(path)
        return pl.DataFrame(schema=dict.fromkeys(RECORD_NAMES, pl.Float64))

    def _path_of(self, activity: str) -> Path | None:
        if not _ID.fullmatch(activity):
            return None
        start = self._known().starts.get(activity)
        return None if start is None else self._path(activity, start)

    def _path(self, activity: str, start: dt.datetime) -> Path:
        name = f"{start:%Y%m%dT%H%M%SZ}-{activity}.parquet"
        return self.folder / "records" / f"{start:%Y}" / name

    # --- writing --------------------------------------------------------------------------

    def store(self, recording: Recording, row: Mapping[str, Any]) -> Path:
        """Write the samples of one activity to their own file, whole or not at all.

        Any process may do so; the activity is in the library only once `commit` has its row.
        The caller makes the files durable (`files.sync`), many at once.
        """
        assert recording.start is not None
        path = self._path(recording.id, recording.start)
        for folder in (path.parents[1], path.parent):
            files.private_directory(folder)
        order = {name: place for place, name in enumerate(RECORD_NAMES)}
        names = sorted(recording.records, key=lambda n: (order.get(n, len(order)), n))
        # Series by series: a frame from a dict starts threads for every one of a thousand files.
        table = pl.DataFrame([pl.Series(n, recording.records[n], nan_to_null=True) for n in names])
        said = {
            "row": {k: _plain(v) for k, v in row.items()},
            "laps": {name: _numbers(values) for name, values in recording.laps.items()},
            "pauses": recording.pauses,
            "rr_ms": None if recording.rr_ms is None else _numbers(recording.rr_ms),
            "extra": recording.extra,
            "problems": recording.problems,
        }
        buffer = io.BytesIO()
        table.write_parquet(
            buffer,
            compression_level=1,
            statistics=False,
            metadata={"backinstride": msgspec.json.encode(said).decode()},
        )
        files.replace(path, buffer.getvalue(), durable=False)
        return path

    def commit(
        self,
        rows: Sequence[Mapping[str, Any]],
        seen: Iterable[Seen],
        gone: Collection[str] = (),
    ) -> None:
        """Put rows into the table (those of a known id are replaced) and lines into the log.

        `gone`: ids of rows that were read wrongly before, which are taken out of the table.
        The rows are durable before the log says so; safe beside another process that imports.
        """
        with self.writing():
            if rows or gone:
                left = self._table().filter(~pl.col("id").is_in(list(gone)))
                self._replace(_upserted(left, rows))
            self._note(seen)

    def merge(self) -> int:
        """Find second recordings of one outing again; return how many there are now."""
        with self.writing():
            table = self._table()
            apart = frozenset(frozenset(s.ids) for s in self._log() if s.outcome == "apart")
            found = merging.merged(table, self._records, apart)
            if not found["merged_into"].equals(table["merged_into"], null_equal=True):
                self._replace(found)
            return found.height - found["merged_into"].null_count()

    def unmerge(self, activity: str) -> tuple[str, ...]:
        """Take the recordings of one outing apart for good; return the ids that were together."""
        table = self._table()
        mine = table.filter(pl.col("id") == activity)["merged_into"].to_list()
        head = next((m for m in mine if m), activity)
        twins = table.filter(pl.col("merged_into") == head)["id"].to_list()
        pairs = [(activity, head)] if activity != head else [(head, twin) for twin in twins]
        with self.writing():
            self._note(Seen(outcome="apart", ids=pair) for pair in pairs)
        self.merge()
        return (head, *twins) if twins else ()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of the folder: one writer at a time, in any process."""
        with files.locked(self.folder / "cache" / "library.lock"):
            yield

    def _replace(self, table: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        files.replace(self.folder / ACTIVITIES, buffer.getvalue())
        self._kept = None

    def _note(self, seen: Iterable[Seen]) -> None:
        lines = b"".join(msgspec.json.encode(s) + b"\n" for s in seen)
        if lines:
            path = self.folder / LOG
            files.append(path, (b"" if files.ends_in_newline(path) else b"\n") + lines)


def _read_table(path: Path) -> pl.DataFrame | None:
    """Return the table with exactly our columns; one of an older version lacks some: null."""
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return None
    missing = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in ACTIVITY_SCHEMA.items()
        if name not in table.columns
    ]
    return table.with_columns(missing).select(ACTIVITY_NAMES).cast(ACTIVITY_SCHEMA)


def _upserted(table: pl.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    fresh = pl.DataFrame(
        [[row.get(name) for name in ACTIVITY_NAMES] for row in rows],
        schema=ACTIVITY_SCHEMA,
        orient="row",
    ).unique("id", keep="last", maintain_order=True)
    return pl.concat([table.join(fresh, on="id", how="anti"), fresh]).sort("start", "id")


def _numbers(values: Any) -> list[float | None]:
    """Return floats for JSON: null for what is no number."""
    return [None if v != v else v for v in values.tolist()]  # noqa: PLR0124 - NaN differs from itself


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else value
