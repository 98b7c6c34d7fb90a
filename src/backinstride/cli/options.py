"""Options and manners that the commands share."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from backinstride.values import BLOCKING_LEVELS, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backinstride.runner import Runner
    from backinstride.values import Verdict

F = TypeVar("F", bound="Callable[..., Any]")
NEEDS_CARE_TODAY = 3


class Day(click.ParamType[dt.date]):
    """A date YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> dt.date:
        """Return the date or a usage error that names the form."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date; write YYYY-MM-DD.", param, ctx)


def folder_of(ctx: click.Context) -> Path:
    """Return the runner's folder: --folder, else BACKINSTRIDE_FOLDER, else ~/backinstride."""
    while ctx.parent is not None and not (ctx.obj or {}).get("folder"):
        ctx = ctx.parent
    named = (ctx.obj or {}).get("folder") or os.environ.get("BACKINSTRIDE_FOLDER")
    return Path(named).expanduser() if named else Path.home() / "backinstride"


def open_runner(today: dt.date) -> Runner:
    """Open the folder of the current command on the day asked for."""
    from backinstride.runner import Runner

    return Runner(folder_of(click.get_current_context()), today)


def _keep_folder(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    ctx.ensure_object(dict)
    if value:
        ctx.obj = {**ctx.obj, "folder": value}


folder_option = click.option(
    "--folder",
    metavar="DIR",
    expose_value=False,
    callback=_keep_folder,
    help="The runner's folder (default: $BACKINSTRIDE_FOLDER, else ~/backinstride).",
)


def today_option(command: F) -> F:
    """Add --today, the local date by default."""
    return click.option(
        "--today",
        type=Day(),
        default=dt.date.today,
        show_default="the local date",
        help="Answer as of this day.",
    )(command)


def json_option(command: F) -> F:
    """Add --json: exactly one JSON document on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document, nothing else.")(
        command
    )


def answering(command: F) -> F:
    """Add what every answering command takes: --folder, --today, --json."""
    return functools.reduce(lambda f, g: g(f), (json_option, today_option, folder_option), command)


def emit(value: object, as_json: bool, text: str) -> None:
    """Write the value as JSON or its text to standard output."""
    if as_json:
        sys.stdout.buffer.write(to_json(value))
        sys.stdout.buffer.flush()
    else:
        click.echo(text.rstrip("\n"))


def exit_for(verdict: Verdict | None) -> None:
    """Leave with 3 where the verdict says that somebody must look at this today."""
    if verdict is not None and verdict.level in BLOCKING_LEVELS:
        click.get_current_context().exit(NEEDS_CARE_TODAY)


def leave(me: Runner) -> None:
    """Leave with 3 for a warning sign, with 1 where the diary could not be read."""
    exit_for(me.assessment.verdict)
    if me.diary_unreadable:
        talk("\n".join(problem.line() for problem in me.diary.problems))
        click.get_current_context().exit(1)


@contextlib.contextmanager
def from_stdin(folder: Path, paths: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give the paths with `-` replaced by a private file that holds standard input."""
    if "-" not in paths:
        yield paths
        return
    from backinstride import files

    kept = files.private_directory(folder / "cache") / "standard-input"
    try:
        files.replace(kept, sys.stdin.buffer.read(), durable=False)
        yield tuple(str(kept) if path == "-" else path for path in paths)
    finally:
        kept.unlink(missing_ok=True)


def talk(text: str) -> None:
    """Say something on standard error."""
    click.echo(text, err=True)
