"""`log`: words of the shell into one diary entry."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from backinstride import diary
from backinstride.errors import Problem, UsageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9_ -]*)=(.*)$", re.DOTALL)


def append_entry(
    path: Path, kind: str, rest: Sequence[str], date: dt.date
) -> tuple[diary.Entry, tuple[Problem, ...]]:
    """Append one entry; returns it as read back, and what was not understood in it."""
    if kind not in diary.KINDS:
        near = difflib.get_close_matches(kind, diary.KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"kinds: {', '.join(diary.KINDS)}"
        raise UsageError(f"no diary entry is called {kind!r}; {hint}")
    words, fields = split(rest)
    block = diary.format_entry(date, kind, words, fields)
    read = diary.parse(block)
    if len(read.entries) != 1:
        raise UsageError("these words do not make one diary entry; quote them as one argument")
    diary.append(path, [block])
    return read.entries[0], read.problems


def split(rest: Sequence[str]) -> tuple[str | None, list[tuple[str, str]]]:
    """Split the arguments into the quoted words and the `name=value` fields."""
    words: list[str] = []
    fields: list[tuple[str, str]] = []
    for argument in rest:
        match = _FIELD.match(argument)
        if match:
            fields.append((match[1].strip(), match[2].strip()))
        else:
            words.append(argument)
    if len(words) > 1:
        raise UsageError(f"words go into one quoted argument: {' '.join(words)!r}")
    return (words[0] if words else None), fields
