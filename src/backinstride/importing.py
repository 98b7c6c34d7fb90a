"""Exports into the library: decoded in processes, written by one, resumed after any kill.

Workers decode a batch of members, make the rows clean and write each activity's samples to its own
file; this process alone writes the table and the log, after each batch. What the log names is
done; whatever a kill interrupted is done again, with the same result. A file is known by its
content (SHA-256), so a second import reads no activity again. One bad file never stops the rest,
nor does a worker that dies.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import multiprocessing.connection
import os
import threading
import time
from collections import deque
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from backinstride import clean, files, readers
from backinstride.errors import Problem
from backinstride.library import Library, Seen
from backinstride.readers import TableMapping
from backinstride.schema import RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from backinstride.readers import Member

READER_VERSION = 1  # raise it when a reader learns to read more: known files are decoded again
BATCH_BYTES = 8 << 20  # as stored; a batch must fit a worker's memory several times over
FIRST_BATCH_BYTES = 1 << 20  # so that the first runs show at once
ALONE_BYTES = 6 << 20  # less than this is decoded here: a pool costs more than it saves
BATCH_MEMBERS = 200
MOST_WORKERS = 4


class Mapped(msgspec.Struct, frozen=True):
    """A hand-kept log and what its columns mean; `kept`: by `profile.toml`, else by a guess."""

    file: str
    mapping: TableMapping
    kept: bool

    def line(self) -> str:
        """Return it as a sentence, with what to do about a wrong one."""
        how = "read as kept in profile.toml" if self.kept else "its columns were guessed"
        return f"{self.file}: {how}: {self.mapping.told()}."


class ImportSummary(msgspec.Struct, frozen=True):
    """What an import did; `runs` and `running_km` are those of the whole library after it."""

    files: int
    new: int
    known: int
    duplicates: int
    runs: int
    running_km: float
    problems: tuple[Problem, ...]
    seconds: float
    merged: int = 0  # second recordings of one outing in the library
    cancelled: bool = False
    mappings: tuple[Mapped, ...] = ()  # the hand-kept logs, and what their columns were taken for


class Progress(msgspec.Struct, frozen=True):
    """How far an import is: members and bytes done of all, runs met, the oldest year so far."""

    done: int
    total: int
    bytes_done: int
    bytes_total: int
    runs: int
    oldest_year: int | None
    by_year: tuple[tuple[int, int], ...] = ()  # year, runs met of it; oldest first


class Outcome(msgspec.Struct, frozen=True):
    """What a worker found in one member: its hash, its rows, what was wrong."""

    sha256: str
    rows: tuple[dict[str, Any], ...] = ()
    problems: tuple[Problem, ...] = ()
    mapping: TableMapping | None = None


Batch = list["readers.Member"]


def import_paths(
    library: Library,
    paths: Sequence[Path],
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    workers: int | None = None,
    mappings: Sequence[TableMapping] = (),
) -> ImportSummary:
    """Read files, folders and archives into the library; tell `progress` after every batch.

    `cancelled` is asked between batches: what is done stays done. `workers`: processes (None: one
    a core, at most four; 0: none, decode here). `mappings`: what the columns of hand-kept logs
    mean, as kept; a known log whose mapping was changed is read again, its old rows go.
    """
    began = time.perf_counter()
    members = [member for path in paths for member in readers.walk(path)]
    ledger = _Ledger(library, members, progress, mappings)
    stopped = False
    todo = _Work(library.folder, ledger.unknown(), ledger.skip, tuple(mappings))
    for batch, outcomes in _decoded(todo, workers):
        ledger.take(batch, outcomes)
        if cancelled is not None and cancelled():
            stopped = True
            break
    merged = library.merge()
    running = library.running()
    return ImportSummary(
        files=sum(member.is_file for member in members),
        new=ledger.new,
        known=ledger.known,
        duplicates=ledger.duplicates,
        runs=running.height,
        running_km=round(float(running["distance_m"].sum() or 0.0) / 1000.0, 2),
        problems=tuple(ledger.problems),
        seconds=round(time.perf_counter() - began, 3),
        merged=merged,
        cancelled=stopped,
        mappings=tuple(ledger.mappings),
    )


# --- what is known, what is new -----------------------------------------------------------------


class _Ledger:
    """The books of one import: what the log knows, what came of each member."""

    def __init__(
        self,
        library: Library,
        members: Sequence[Member],
        progress: Callable[[Progress], None] | None,
        mappings: Sequence[TableMapping],
    ) -> None:
        self.library = library
        self.kept = {m.header: m for m in mappings}
        self.mappings: list[Mapped] = []
        self.former: dict[str, tuple[str, ...]] = {}  # rows of a log as its columns once were read
        self.members = members
        self.report = progress
        self.new = self.known = self.duplicates = 0
        self.problems: list[Problem] = []
        self.done = self.bytes_done = 0
        self.bytes_total = sum(m.size for m in members)
        table = library.activities(merged=True)
        self.rows: dict[str, str] = dict(zip(table["id"], table["sport"], strict=True))
        self.runs = 0
        self.oldest_year: int | None = None
        self.by_year: dict[int, int] = {}
        self.years = dict(zip(table["id"], table["start"].dt.year(), strict=True))
        self.by_stored: dict[str, Seen] = {}
        self.by_content: dict[str, Seen] = {}
        for seen in library.seen():
            if seen.reader == READER_VERSION and set(seen.ids) <= self.rows.keys():
                self._remember(seen)
        self.met: set[str] = set()  # contents met in this import
        self.met_ids: set[str] = set()
        self.stored: dict[int, str] = {}
        self.skip: frozenset[str] = frozenset()

    def _remember(self, seen: Seen) -> None:
        """Note a line of the log, unless its columns are kept with another meaning by now."""
        used = seen.mapping
        used = used and msgspec.structs.replace(used, assumed=())
        if used is not None and self.kept.get(used.header, used) != used:
            self.by_stored.pop(seen.stored, None)
            self.by_content.pop(seen.sha256, None)
            self.former[seen.sha256] = seen.ids
            return
        self.by_stored[seen.stored] = seen
        if seen.sha256 and seen.outcome in ("new", "known"):
            self.by_content[seen.sha256] = seen
            self.former.pop(seen.sha256, None)

    def unknown(self) -> list[Member]:
        """Return the members that must be opened; those that the log knows are counted."""
        left = []
        for member in self.members:
            if member.kind in ("ignored", "export") and not member.problems:
                self._passed(member)
                continue
            stored = member.stored_sha256()
            seen = self.by_stored.get(stored)
            if seen is not None and seen.outcome != "problem":
                self._known(seen)
                self.problems += [_renamed(p, member) for p in seen.problems]
                self._passed(member)
            else:
                self.stored[id(member)] = stored
                left.append(member)
        words = {_words(m) for m in left if m.sidecar}
        self.skip = frozenset(
            sha for sha, seen in self.by_content.items() if not words or seen.words in words
        )
        self._tell()
        return left

    def take(self, batch: Sequence[Member], outcomes: Sequence[Outcome]) -> None:
        """Count a decoded batch, and commit its rows and its lines of the log."""
        rows: list[dict[str, Any]] = []
        lines: list[Seen] = []
        gone: set[str] = set()
        for member, outcome in zip(batch, outcomes, strict=True):
            seen, fresh = self._one(member, outcome)
            rows += fresh
            lines.append(seen)
            self.problems += outcome.problems
            if outcome.mapping is not None and seen.outcome != "duplicate":
                kept = outcome.mapping.header in self.kept
                self.mappings.append(Mapped(member.name, outcome.mapping, kept))
            if fresh:
                gone |= set(self.former.pop(outcome.sha256, ())) - set(seen.ids)
            self._passed(member)
        for activity in gone & self.rows.keys():
            del self.rows[activity]
        self.library.commit(rows, lines, gone)
        self._tell()

    def _one(self, member: Member, outcome: Outcome) -> tuple[Seen, list[dict[str, Any]]]:
        before = self.by_content.get(outcome.sha256) if outcome.sha256 else None
        ids = tuple(row["id"] for row in outcome.rows)
        if outcome.sha256 and outcome.sha256 in self.met:
            self.duplicates += 1
            return self._line("duplicate", member, outcome, ()), []
        if before is not None and not outcome.rows:
            self._known(before)
            return self._line("known", member, outcome, before.ids), []
        if outcome.sha256:
            self.met.add(outcome.sha256)
        if not outcome.rows:
            what = "problem" if outcome.problems else "ignored"
            return self._line(what, member, outcome, ()), []
        old = [i for i in ids if i in self.rows]
        self.known += len(old)
        self.new += len(ids) - len(old)
        for row in outcome.rows:
            self._count(row["id"], row["sport"], row["start"].year)
        # Rows of a known file are put in again: its vendor's words may be new.
        return self._line("known" if old else "new", member, outcome, ids), list(outcome.rows)

    def _line(self, what: str, member: Member, outcome: Outcome, ids: tuple[str, ...]) -> Seen:
        seen = Seen(
            outcome=what,
            name=member.name,
            sha256=outcome.sha256,
            stored=self.stored[id(member)],
            words=_words(member),
            reader=READER_VERSION,
            ids=ids,
            problems=outcome.problems,
            mapping=outcome.mapping,
        )
        if outcome.sha256 and what in ("new", "known"):
            self.by_content[outcome.sha256] = seen
        return seen

    def _known(self, seen: Seen) -> None:
        if seen.outcome == "duplicate" or (seen.sha256 and seen.sha256 in self.met):
            self.duplicates += 1
            return
        if seen.sha256:
            self.met.add(seen.sha256)
        if seen.mapping is not None:
            kept = seen.mapping.header in self.kept
            self.mappings.append(Mapped(seen.name, seen.mapping, kept))
        self.known += len(seen.ids)
        for i in seen.ids:
            self._count(i, self.rows[i], self.years[i])

    def _count(self, activity: str, sport: str, year: int | None) -> None:
        self.rows[activity] = sport
        self.years[activity] = year
        if activity in self.met_ids:
            return
        self.met_ids.add(activity)
        self.runs += sport in RUNNING
        if year is not None and year >= clean.FIRST_YEAR:
            self.by_year[year] = self.by_year.get(year, 0) + (sport in RUNNING)
            self.oldest_year = year if self.oldest_year is None else min(self.oldest_year, year)

    def _passed(self, member: Member) -> None:
        self.done += 1
        self.bytes_done += member.size

    def _tell(self) -> None:
        if self.report is not None:
            self.report(
                Progress(
                    self.done,
                    len(self.members),
                    self.bytes_done,
                    self.bytes_total,
                    self.runs,
                    self.oldest_year,
                    tuple(sorted(self.by_year.items())),
                )
            )


def _words(member: Member) -> str:
    """Return a short hash of the vendor's words beside a file, "" where there are none."""
    if not member.sidecar:
        return ""
    said = msgspec.json.encode(sorted(member.sidecar.items()))
    return hashlib.sha256(said).hexdigest()[:16]


def _renamed(problem: Problem, member: Member) -> Problem:
    return msgspec.structs.replace(problem, file=member.name)


# --- decoding -------------------------------------------------------------------------------------


class _Work(NamedTuple):
    """What is to be decoded, and what a worker must know for it."""

    folder: Path
    members: list[Member]
    known: frozenset[str]
    mappings: tuple[TableMapping, ...]

    def task(self, batch: Batch) -> tuple[Any, ...]:
        return work, batch, str(self.folder), self.known, self.mappings


def work(
    members: Sequence[Member],
    folder: str,
    known: frozenset[str],
    mappings: Sequence[TableMapping] = (),
) -> list[Outcome]:
    """Decode a batch and store its samples; one outcome a member, in order. Runs in a worker.

    A reader that fails on a file (a fault of ours) costs that file only.
    """
    library = Library(Path(folder))
    try:
        return _decode(library, members, known, mappings)
    except Exception as error:  # noqa: BLE001 - one bad file never stops the rest
        if len(members) > 1:
            alone = ([member] for member in members)
            return [found for one in alone for found in work(one, folder, known, mappings)]
        return [_failed(members[0], "reader-failed", f"could not be read ({error!r}).")]


def _decode(
    library: Library,
    members: Sequence[Member],
    known: frozenset[str],
    mappings: Sequence[TableMapping],
) -> list[Outcome]:
    outcomes, written = [], []
    for member, sha256, recordings in readers.decode(members, known, mappings=mappings):
        rows: list[dict[str, Any]] = []
        problems: list[Problem] = []
        for recording in recordings:
            problems += recording.problems
            if recording.start is None:
                continue
            stored, row = clean.row(recording)
            written.append(library.store(stored, row))
            rows.append(row)
        mapping = _mapping(member, mappings) if recordings and member.kind == "table" else None
        outcomes.append(Outcome(sha256, tuple(rows), tuple(problems), mapping))
    files.sync(written)
    return outcomes


def _mapping(member: Member, mappings: Sequence[TableMapping]) -> TableMapping | None:
    try:
        return readers.mapped(member.load()[0], member.name, mappings)
    except readers.UnreadableError:
        return None


def _failed(member: Member, slug: str, message: str) -> Outcome:
    hint = "Everything else was read. Please report it, without the file."
    return Outcome("", problems=(Problem(member.name, slug, message, hint=hint),))


def _batches(members: Iterable[Member]) -> Iterator[Batch]:
    """Cut into batches by bytes, the first ones small."""
    batch: Batch = []
    size, limit = 0, FIRST_BATCH_BYTES
    for member in members:
        batch.append(member)
        size += member.size
        if size >= limit or len(batch) >= BATCH_MEMBERS:
            yield batch
            batch, size, limit = [], 0, min(limit * 2, BATCH_BYTES)
    if batch:
        yield batch


def _decoded(todo: _Work, workers: int | None) -> Iterator[tuple[Batch, list[Outcome]]]:
    """Yield every batch with its outcomes, in order, from as many processes as are worth it."""
    if workers is None:
        small = sum(m.size for m in todo.members) < ALONE_BYTES
        workers = 0 if small else min(os.cpu_count() or 1, MOST_WORKERS)
    batches = _batches(todo.members)
    if workers < 1:
        folder = str(todo.folder)
        return ((b, work(b, folder, todo.known, todo.mappings)) for b in batches)
    return Crew(workers, todo.task).run(batches)


def _end_with_parent() -> None:
    """End this worker when its parent is killed; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _present() -> None:
    """Do nothing: a process that can do that has started."""


class Crew:
    """Worker processes that may die: what they were at is done again, at last file by file.

    `task` gives a batch's function and arguments, both picklable. Where no process can be
    started at all (a script without a main guard), the work is done here.
    """

    def __init__(self, workers: int, task: Callable[[Batch], tuple[Any, ...]]) -> None:
        self.workers, self.task = workers, task

    def _pool(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent)

    def run(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, list[Outcome]]]:
        """Yield batches with their outcomes, in order; one batch waits beside those under way."""
        pool = self._pool(self.workers)
        waiting: deque[tuple[Batch, Future[list[Outcome]] | None]] = deque()
        try:
            while True:
                while len(waiting) <= self.workers and (batch := next(batches, None)) is not None:
                    waiting.append((batch, self._given(pool, batch)))
                if not waiting:
                    return
                outcomes = _result(waiting[0][1])
                if outcomes is not None:
                    yield waiting.popleft()[0], outcomes
                    continue
                pool.shutdown(wait=True, cancel_futures=True)
                alone = not self._starts()
                while waiting:
                    batch, future = waiting.popleft()
                    found = _result(future)
                    if found is None:
                        found = self._here(batch) if alone else self._carefully(batch)
                    yield batch, found
                if alone:
                    yield from ((batch, self._here(batch)) for batch in batches)
                    return
                pool = self._pool(self.workers)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _given(self, pool: ProcessPoolExecutor, batch: Batch) -> Future[list[Outcome]] | None:
        try:
            return pool.submit(*self.task(batch))
        except (BrokenProcessPool, RuntimeError):  # it broke between two batches
            return None

    def _starts(self) -> bool:
        """Return whether any process can be started at all."""
        with self._pool(1) as pool:
            try:
                pool.submit(_present).result()
            except (BrokenProcessPool, RuntimeError):
                return False
        return True

    def _here(self, batch: Batch) -> list[Outcome]:
        do, *arguments = self.task(batch)
        found: list[Outcome] = do(*arguments)
        return found

    def _carefully(self, batch: Batch) -> list[Outcome]:
        """Do a batch whose process died in one of its own, halving it until the file is found."""
        with self._pool(1) as pool:
            outcomes = _result(self._given(pool, batch))
        if outcomes is not None:
            return outcomes
        if len(batch) > 1:
            half = len(batch) // 2
            return self._carefully(batch[:half]) + self._carefully(batch[half:])
        message = "reading it ended the process that read it; it was left out."
        return [_failed(batch[0], "reader-died", message)]


def _result(future: Future[list[Outcome]] | None) -> list[Outcome] | None:
    """Return what a worker found, None where it died."""
    if future is None:
        return None
    try:
        return future.result()
    except (BrokenProcessPool, CancelledError):
        return None
