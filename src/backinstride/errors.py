"""Errors and problems.

    BackInStrideError
    ├── UsageError              wrong words on the command line (exit 2)
    ├── UnusableError           nothing readable in what was given (exit 1)
    ├── DiaryChangedError       the diary changed under an edit: refused, nothing written
    ├── KnowledgeError          a row of our own knowledge files is wrong (a programming error)
    └── MissingExtraError       an optional part is not installed; says which extra

A user's bad data never raises: it becomes a :class:`Problem` beside the values.
"""

from __future__ import annotations

import msgspec


class BackInStrideError(Exception):
    """Root of all errors that this package raises on purpose."""

    slug = "error"


class UsageError(BackInStrideError):
    """The words of the command are off."""

    slug = "usage"


class UnusableError(BackInStrideError):
    """Nothing in what was given can be used."""

    slug = "unusable"


class DiaryChangedError(BackInStrideError):
    """The diary is no longer what the editor saw; nothing was written."""

    slug = "diary-changed"


class KnowledgeError(BackInStrideError):
    """A knowledge row is malformed or points to nothing."""

    slug = "knowledge"


class MissingExtraError(BackInStrideError):
    """An optional part of the program is not installed."""

    slug = "missing-extra"


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something in a user's data that could not be used as it stood.

    `file` is the file or archive member, `place` the line, byte offset or field,
    `slug` an id that `backinstride explain` knows, `hint` what to do,
    `kept` whether the part before the damage was used all the same.
    """

    file: str
    slug: str
    message: str
    kept: bool = False
    place: str | None = None
    hint: str | None = None

    def line(self) -> str:
        """Return the problem as one line for a terminal."""
        where = f"{self.file}:{self.place}" if self.place else self.file
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}: {self.message}{hint} [{self.slug}]"
