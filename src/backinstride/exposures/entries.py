"""One exposure: a number per day, run or kilometre that might matter, with unit and window."""

from __future__ import annotations

from typing import Literal

import msgspec

Direction = Literal["up", "down", "none"]
Per = Literal["km", "run", "day"]


class Exposure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is measured, over which window, and what stands behind it.

    `id` is the column; `per` the frame that holds it: `km` (:func:`per_km`), `run`
    (:func:`per_run`), `day` (:func:`daily`). `direction` is the plausible harmful one, `none`
    where there is no reason for either. `claims` are ids of `knowledge/claims.toml`;
    `contributor` the id of `why` that it feeds, if it does. `label` is for a runner to read.
    """

    id: str
    per: Per
    unit: str
    window: str
    label: str
    direction: Direction = "none"
    claims: tuple[str, ...] = ()
    contributor: str | None = None
