"""The rows of `knowledge/contributors.toml`: what may be weighed, and what was thought before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from backinstride import knowledge

if TYPE_CHECKING:
    from collections.abc import Sequence

GUESS = "our starting guess"

Prior = tuple[float, float, float]  # mean and sd of the log hazard ratio, chance that it acts


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


def read_priors(priors: Mapping[str, Sequence[float]] | Path | None) -> dict[str, Prior]:
    """Return priors by contributor id from a mapping or a JSON file `{"id": [mean, sd, chance]}`.

    Values that are no prior (a chance outside 0 to 1, an sd that is not positive) are left out.
    """
    if priors is None:
        return {}
    found = priors if isinstance(priors, Mapping) else json.loads(Path(priors).read_text("utf-8"))
    return {
        name: (float(mean), float(sd), float(chance))
        for name, (mean, sd, chance) in found.items()
        if sd > 0 and 0 < chance < 1
    }
