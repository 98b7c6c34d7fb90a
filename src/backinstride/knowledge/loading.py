"""Read the TOML files beside this module into frozen rows; refuse what is not known."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Any, TypeVar

import msgspec

from backinstride.errors import KnowledgeError

T = TypeVar("T")


@functools.cache
def document(file: str) -> dict[str, Any]:
    """Return a knowledge file as TOML reads it; {} where there is no such file."""
    path = resources.files(__package__).joinpath(file)
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


@functools.cache
def files() -> tuple[str, ...]:
    """Return the names of all knowledge files."""
    folder = resources.files(__package__)
    return tuple(sorted(p.name for p in folder.iterdir() if p.name.endswith(".toml")))


def rows(file: str, table: str, kind: type[T]) -> tuple[T, ...]:
    """Return the rows `[[table]]` of a knowledge file as frozen values of `kind`."""
    found = []
    for number, row in enumerate(document(file).get(table, [])):
        try:
            found.append(msgspec.convert(row, kind))
        except msgspec.ValidationError as error:
            name = row.get("id", number) if isinstance(row, dict) else number
            raise KnowledgeError(f"{file}: [[{table}]] {name}: {error}") from error
    return tuple(found)
