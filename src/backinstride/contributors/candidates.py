"""Which contributors may be weighed on these runs, with what prior, and what had to stay out.

The rows of `knowledge/contributors.toml` and every pair of shoes. What does not vary in the
runs compared cannot be known from them. At most :data:`MOST` enter the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from backinstride.contributors.priors import GUESS, Prior, Row, table_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backinstride.contributors.rows import Table

MOST = 14  # candidates in one model: false alarms were measured at 14
FEWEST_RUNS = 8  # a pair of shoes with fewer is pooled, once there are more than two pairs


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One contributor of this runner. `values` (n,) by row, NaN where not known."""

    id: str
    row: Row
    label: str
    prior: Prior
    values: np.ndarray
    runs: int  # how many runs tell it
    varies: bool
    enters: bool = True
    why_not: str = ""

    @property
    def prior_source(self) -> str:
        """Where the number before any run comes from."""
        if self.prior.source:
            return self.prior.source
        if self.row.size_from:
            return (
                f"research: the size of the effect from a study of injuries of any kind "
                f"[{self.row.size_from}]; the {self.prior[2]:.0%} is {GUESS}"
            ).replace("%", " %")
        return GUESS


def candidates(
    table: Table,
    *,
    pairs: Mapping[str, str],
    suspects: Sequence[str],
    priors: Mapping[str, Prior],
) -> tuple[Candidate, ...]:
    """Return every contributor of this runner; those that `enters` make the model.

    `pairs` are all shoes named anywhere: id and name to show. `suspects` are never left out
    for want of room.
    """
    found: list[Candidate] = []
    for row in table_rows():
        if row.adjusted:
            continue
        if row.id == "shoe":
            found.extend(_pairs(row, table, pairs, priors))
        else:
            found.append(_plain(row, table, priors))
    return _fit_in(found, suspects)


def _plain(row: Row, table: Table, priors: Mapping[str, Prior]) -> Candidate:
    values = table.column(row.id)
    runs, varies = table.variation(values, yes_no=row.yes_no)
    return Candidate(
        id=row.id, row=row, label=row.label, values=values, runs=runs, varies=varies, enters=varies,
        prior=priors.get(row.id, Prior(row.mean, row.sd, row.chance)),
        why_not="" if varies else _why_flat(row, runs),
    )  # fmt: skip


def _why_flat(row: Row, runs: int) -> str:
    if not runs:
        return f"nothing recorded about it yet: {row.log}"
    return f"it was the same in all {runs} runs that can be compared"


def _pairs(
    row: Row, table: Table, pairs: Mapping[str, str], priors: Mapping[str, Prior]
) -> list[Candidate]:
    """Return one candidate a pair of shoes: this pair against the others."""
    worn = table.shoe_runs()
    names = sorted({*pairs, *worn})
    large = [name for name in names if worn.get(name, 0) >= FEWEST_RUNS]
    two = sorted(worn, key=lambda name: (-worn[name], name))[:2]
    alone = set(large) if len(large) >= 2 else {*large, *two}
    usual = priors.get("shoe", Prior(row.mean, row.sd, row.chance))
    found = []
    for name in names:
        values = table.shoe_column(name)
        runs, varies = table.variation(values, yes_no=True)
        count = worn.get(name, 0)
        why_not = ""
        if not varies:
            why_not = _why_pair(row, count, len(worn))
        elif name not in alone:
            why_not = (
                f"{count} runs in this pair, fewer than {FEWEST_RUNS}: counted with the others"
            )
        found.append(
            Candidate(
                id=f"shoe:{name}", row=row, label=pairs.get(name, name.replace("-", " ")),
                values=values, runs=runs, varies=varies, enters=varies and name in alone,
                why_not=why_not,
                prior=priors.get(f"shoe:{name}", usual),
            )
        )  # fmt: skip
    return found


def _why_pair(row: Row, count: int, pairs: int) -> str:
    if not count:
        return f"no run that can be compared is known to be in this pair: {row.log}"
    if pairs < 2:
        return f"every run whose shoes are written down was in this pair: {row.log}"
    return f"shoes are written down only for runs with an episode: {row.log}"


def _fit_in(found: list[Candidate], suspects: Sequence[str]) -> tuple[Candidate, ...]:
    """Leave out what does not fit: first the least worn pairs, then the least likely rows."""
    room = MOST - sum(c.enters and c.row.id != "shoe" for c in found)
    shoes = sorted((c for c in found if c.enters and c.row.id == "shoe"), key=_worn)
    out = {c.id for c in shoes[max(room, 2) :]}
    over = sum(c.enters for c in found) - len(out) - MOST
    spare = sorted(
        (c for c in found if c.enters and c.row.id != "shoe" and not _suspected(c, suspects)),
        key=lambda c: (c.prior[2], c.id),
    )
    out |= {c.id for c in spare[: max(over, 0)]}
    return tuple(
        msgspec.structs.replace(
            c, enters=False, why_not=f"left out: at most {MOST} are weighed at once"
        )
        if c.id in out
        else c
        for c in found
    )


def _worn(candidate: Candidate) -> tuple[int, str]:
    return (-int(np.nansum(candidate.values)), candidate.id)


def _suspected(candidate: Candidate, suspects: Sequence[str]) -> bool:
    return any(name in suspects for name in candidate.row.suspects)
