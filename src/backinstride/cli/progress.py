"""The progress of an import on standard error: runs counted, the oldest year arriving."""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backinstride.importing import Progress


@contextlib.contextmanager
def bar(stream: IO[str]) -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows a :class:`Progress`; silent where nobody looks."""
    if not stream.isatty():
        yield lambda _event: None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TextColumn("{task.completed:.0f} of {task.total:.0f} files"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(file=stream), transient=True) as shown:
        task = shown.add_task("reading", total=None)

        def show(event: Progress) -> None:
            oldest = f", back to {event.oldest_year}" if event.oldest_year else ""
            shown.update(
                task,
                description=f"{event.runs} runs{oldest}",
                completed=event.done,
                total=event.total,
            )

        yield show
