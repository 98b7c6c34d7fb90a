"""What the app holds while it runs: the runner as the files stand, and an import under way."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from backinstride.runner import Runner

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from backinstride.importing import ImportSummary, Progress
    from backinstride.units import DistanceUnit
    from backinstride.values import Answer, Verdict

T = TypeVar("T")
MARKED = ("diary.txt", "profile.toml", "activities.parquet")


class Opened:
    """A runner while the files are as they were; what pages ask for is made once and kept."""

    def __init__(self, me: Runner) -> None:
        self.me = me
        self.lock = threading.RLock()
        self._kept: dict[str, object] = {}

    @property
    def verdict(self) -> Verdict:
        """The verdict, which every page needs."""
        with self.lock:
            found = self.me.assessment.verdict
        assert found is not None
        return found

    @cached_property
    def answer(self) -> Answer:
        """The whole answer; only the pages that show all of it ask for it."""
        with self.lock:
            return self.me.answer()

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` gave when it was first asked for under this name."""
        with self.lock:
            if name not in self._kept:
                self._kept[name] = make()
            return self._kept[name]  # type: ignore[return-value]


class Folder:
    """One runner's folder, answered anew only when a file or the day has changed."""

    def __init__(self, path: Path, today: Callable[[], dt.date]) -> None:
        self.path = path
        self.today = today
        self._lock = threading.Lock()
        self._held: tuple[tuple[object, ...], Opened] | None = None

    def _stamp(self) -> tuple[object, ...]:
        marks: list[object] = [self.today()]
        for name in MARKED:
            try:
                status = (self.path / name).stat()
                marks.append((status.st_mtime_ns, status.st_size))
            except OSError:
                marks.append(None)
        return tuple(marks)

    @property
    def unit(self) -> DistanceUnit:
        """The runner's unit of distance, as last read."""
        return self._held[1].me.settings.units if self._held is not None else "km"

    def open(self, *, importing: bool = False) -> Opened:
        """Return the runner as of now; while an import writes, as of before its runs came."""
        with self._lock:
            stamp = self._stamp()
            if self._held is not None:
                same = slice(0, -1) if importing else slice(None)
                if self._held[0][same] == stamp[same]:
                    return self._held[1]
            opened = Opened(Runner(self.path, self.today()))
            self._held = (stamp, opened)
            return opened


@dataclass
class Import:
    """An import under way or done."""

    paths: list[str]
    runs: int = 0
    done: int = 0
    total: int = 0
    oldest_year: int | None = None
    by_year: tuple[tuple[int, int], ...] = ()
    summary: ImportSummary | None = None
    error: str | None = None
    cancelled: bool = False
    running: bool = True


class Importer:
    """Runs one import at a time in a thread; pages ask how far it is."""

    def __init__(self) -> None:
        self.current: Import | None = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether an import is under way."""
        return self.current is not None and self.current.running

    def start(self, me: Runner, paths: Sequence[Path], *, remove: Path | None = None) -> bool:
        """Begin reading `paths`; False where an import is still running."""
        with self._lock:
            if self.running:
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
            job.oldest_year, job.by_year = event.oldest_year, event.by_year

        try:
            job.summary = me.import_paths(paths, progress=show, cancelled=lambda: job.cancelled)
        except Exception as error:  # noqa: BLE001 - the page must say it; the server goes on
            job.error = f"{type(error).__name__}: {error}"
        finally:
            if remove is not None:
                shutil.rmtree(remove, ignore_errors=True)
            job.running = False


class App(NamedTuple):
    """All that the pages share."""

    own: Folder
    importer: Importer
    example: Path
    token: str
    read_only: bool
