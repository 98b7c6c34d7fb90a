"""Knowledge: rows that a physio can review, in TOML files beside this module.

`rows(file, table, kind)` loads and validates one table: unknown keys are refused, and the error
names file, table and row.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Any, TypeVar

import msgspec

from backinstride.errors import KnowledgeError

T = TypeVar("T")


@functools.cache
def _document(file: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return tomllib.loads(text)


def rows(file: str, table: str, kind: type[T]) -> tuple[T, ...]:
    """Return the rows `[[table]]` of a knowledge file as frozen values of `kind`."""
    found = []
    for number, row in enumerate(_document(file).get(table, [])):
        try:
            found.append(msgspec.convert(row, kind))
        except msgspec.ValidationError as error:
            name = row.get("id", number) if isinstance(row, dict) else number
            raise KnowledgeError(f"{file}: [[{table}]] {name}: {error}") from error
    return tuple(found)
