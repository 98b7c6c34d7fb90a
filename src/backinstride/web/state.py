"""What the app holds while it runs: the runner as the files stand, and an import under way."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from backinstride.importing import ImportSummary
from backinstride.runner import Runner

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from backinstride.importing import Progress
    from backinstride.values import Answer


class Opened(NamedTuple):
    """A runner and its answer, valid while the files are as they were."""

    stamp: tuple[object, ...]
    me: Runner
    answer: Answer


class Folder:
    """One runner's folder, answered anew only when a file or the day has changed."""

    def __init__(self, path: Path, today: Callable[[], dt.date]) -> None:
        self.path = path
        self.today = today
        self._lock = threading.Lock()
        self._opened: Opened | None = None

    def _stamp(self) -> tuple[object, ...]:
        marks: list[object] = [self.today()]
        for name in ("diary.txt", "profile.toml", "activities.parquet"):
            try:
                status = (self.path / name).stat()
                marks.append((status.st_mtime_ns, status.st_size))
            except OSError:
                marks.append(None)
        return tuple(marks)

    def open(self) -> Opened:
        """Return runner and answer as of now."""
        with self._lock:
            stamp = self._stamp()
            if self._opened is None or self._opened.stamp != stamp:
                me = Runner(self.path, self.today())
                self._opened = Opened(stamp, me, me.answer())
            return self._opened


class Import(msgspec.Struct):
    """An import under way or done."""

    paths: list[str]
    runs: int = 0
    done: int = 0
    total: int = 0
    oldest_year: int | None = None
    first_years: dict[int, int] = {}
    summary: ImportSummary | None = None
    error: str | None = None
    cancelled: bool = False
    running: bool = True


class Importer:
    """Runs one import at a time in a thread; pages ask how far it is."""

    def __init__(self) -> None:
        self.current: Import | None = None
        self._lock = threading.Lock()

    def start(self, me: Runner, paths: Sequence[Path], *, remove: Path | None = None) -> bool:
        """Begin reading `paths`; False where an import is still running."""
        with self._lock:
            if self.current is not None and self.current.running:
                return False
            self.current = Import(paths=[p.name for p in paths])
        thread = threading.Thread(
            target=self._run, args=(me, list(paths), remove, self.current), daemon=True
        )
        thread.start()
        return True

    def cancel(self) -> None:
        """Stop at the next file; what is done stays."""
        if self.current is not None:
            self.current.cancelled = True

    @staticmethod
    def _run(me: Runner, paths: list[Path], remove: Path | None, job: Import) -> None:
        def show(event: Progress) -> None:
            job.runs, job.done, job.total = event.runs, event.done, event.total
            job.oldest_year = event.oldest_year

        try:
            job.summary = me.import_paths(paths, progress=show, cancelled=lambda: job.cancelled)
        except Exception as error:  # noqa: BLE001 - the page must say it; the server goes on
            job.error = f"{type(error).__name__}: {error}"
        finally:
            job.running = False
            if remove is not None:
                shutil.rmtree(remove, ignore_errors=True)


class App(NamedTuple):
    """All that the pages share."""

    own: Folder
    importer: Importer
    example: Path
    token: str
    read_only: bool
