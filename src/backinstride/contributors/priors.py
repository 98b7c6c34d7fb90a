"""The rows of `knowledge/contributors.toml`: what may be weighed, and what was thought before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from backinstride import knowledge
from backinstride.errors import UnusableError

GUESS = "our starting guess"

GIVEN = "priors that were given for this answer"


class Prior(NamedTuple):
    """Mean and sd of the log hazard ratio, the chance that it acts; where all three come from."""

    mean: float
    sd: float
    chance: float
    source: str = ""  # empty: the knowledge file


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the knowledge file."""

    id: str
    label: str
    per: str
    mean: float
    sd: float
    chance: float
    high: str
    log: str
    claims: tuple[str, ...]
    yes_no: bool = False
    within_run: bool = False  # it changes from kilometre to kilometre
    directed: bool = False
    sign: bool = False
    adjusted: bool = False
    size_from: str | None = None
    suspects: tuple[str, ...] = ()


class Unexposed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A suspicion that nothing recorded can answer yet, and what to write down."""

    id: str
    label: str
    log: str
    claims: tuple[str, ...]


def table_rows() -> tuple[Row, ...]:
    """Return the rows of the knowledge file, in the order of the tables."""
    return knowledge.rows("contributors.toml", "contributor", Row)


def unexposed_rows() -> tuple[Unexposed, ...]:
    """Return what runners suspect and no exposure answers."""
    return knowledge.rows("contributors.toml", "unexposed", Unexposed)


def read_priors(priors: Mapping[str, Any] | Path | None) -> dict[str, Prior]:
    """Return priors by contributor id from a mapping or a JSON file.

    A value is `[mean, sd, chance]`, or a table with these three and perhaps a `source`; a file
    of a cohort has them under `priors`. Values that are no prior (a chance outside 0 to 1, an sd
    that is not positive) are left out. Raises `UnusableError` where a file cannot be read.
    """
    if priors is None:
        return {}
    if isinstance(priors, Mapping):
        found: Any = priors
    else:
        try:
            found = json.loads(Path(priors).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UnusableError(f"cannot read priors from {priors}: {error}") from error
    rows = found.get("priors", found) if isinstance(found, Mapping) else {}
    read = {name: _prior(value) for name, value in rows.items()}
    return {name: prior for name, prior in read.items() if prior is not None}


def _prior(value: Any) -> Prior | None:
    """Return a prior that says where it comes from; None where the value is none."""
    if isinstance(value, Mapping):
        numbers = [value.get(name) for name in ("mean", "sd", "chance")]
        source = str(value.get("source") or GIVEN)
    else:
        numbers, source = list(value) if isinstance(value, (list, tuple)) else [], GIVEN
    if len(numbers) != 3 or not all(isinstance(n, (int, float)) for n in numbers):
        return None
    mean, sd, chance = (float(n) for n in numbers if n is not None)
    return Prior(mean, sd, chance, source) if sd > 0 and 0 < chance < 1 else None
