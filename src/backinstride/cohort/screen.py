"""The coach's page of a morning: who spiked, who came back too fast, who is overdue for a check.

For the one who looks after these runners and knows them; it prints rows of single runners and is
no statistic. A row is a reason to talk, not a finding about a body.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

import polars as pl

from backinstride import rules
from backinstride.cohort import K
from backinstride.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WEEK = 7
BASELINE_DAYS = 84
FEWEST_WEEKS = 6  # weeks of one's own before a week can be unusual
RETURN_DAYS = 21
RETURN_SHARE = 0.85  # of the longest run before the layoff, within the first three weeks
CHECK_DAYS = 7  # safety questions repeat while an episode is open


class Row(Value, frozen=True):
    """One runner who needs a word today, and why, in sentences."""

    runner: str
    reasons: tuple[str, ...]
    kinds: tuple[str, ...]
    last_run: dt.date | None
    spike_ratio: float | None = None
    week_km: float | None = None
    own_percentile: float | None = None  # of this week among one's own twelve weeks
    group_percentile: float | None = None  # of this week's change among the runners


class Screen(Value, frozen=True):
    """The page."""

    today: dt.date
    runners: int
    rows: tuple[Row, ...]
    quiet: int
    words: str = (
        "A reason to talk, not a finding. Spikes count session against longest run of 30 days."
    )


def screen(
    sessions: pl.DataFrame,
    episodes: pl.DataFrame | None,
    notes: pl.DataFrame | None,
    *,
    today: dt.date,
    names: Mapping[str, str] | None = None,
) -> Screen:
    """Return who needs a word on `today`. `sessions` carry the metrics; `names` by pseudonym."""
    past = sessions.filter(pl.col("day") <= today)
    overdue = _overdue(episodes, notes, today)
    weeks = {key[0]: part for key, part in past.group_by(["runner"], maintain_order=True)}
    changes = {name: _change(part, today) for name, part in weeks.items()}
    known = sorted(c for c in changes.values() if c is not None)
    everyone = sorted({*weeks, *overdue}, key=str)
    rows = []
    for name in everyone:
        part = weeks.get(name, past.clear())
        reasons = [*_spiked(part, today), *_too_fast(part, today), *overdue.get(name, ())]
        if reasons:
            rows.append(_row(str(name), part, reasons, today, (changes.get(name), known), names))
    rows.sort(key=lambda r: (-len(r.kinds), -(r.spike_ratio or 0.0), r.runner))
    return Screen(
        today=today, runners=len(everyone), rows=tuple(rows), quiet=len(everyone) - len(rows)
    )


Reason = tuple[str, str]


def _row(
    name: str,
    part: pl.DataFrame,
    reasons: Sequence[Reason],
    today: dt.date,
    change: tuple[float | None, list[float]],
    names: Mapping[str, str] | None,
) -> Row:
    week = _week_km(part, today, 0)
    before = [_week_km(part, today, k) for k in range(1, BASELINE_DAYS // WEEK)]
    seen = part["day"].min()
    enough = isinstance(seen, dt.date) and (today - seen).days >= FEWEST_WEEKS * WEEK
    recent = part.filter(pl.col("day") > today - dt.timedelta(days=WEEK))
    own, (mine, group) = None, change
    if enough:
        own = round(100 * sum(w <= week for w in before) / len(before))
    last, top = part["day"].max(), recent["spike_ratio"].max()
    return Row(
        runner=(names or {}).get(name, name),
        kinds=tuple(dict.fromkeys(kind for kind, _ in reasons)),
        reasons=tuple(text for _, text in reasons),
        last_run=last if isinstance(last, dt.date) else None,
        spike_ratio=round(top, 2) if isinstance(top, float) else None,
        week_km=round(week, 1),
        own_percentile=own,
        group_percentile=None
        if mine is None or len(group) < K
        else round(100 * sum(c <= mine for c in group) / len(group)),
    )


def _week_km(part: pl.DataFrame, today: dt.date, back: int) -> float:
    end = today - dt.timedelta(days=WEEK * back)
    days = part.filter(pl.col("day").is_between(end - dt.timedelta(days=WEEK - 1), end))
    return float(days["distance_m"].sum()) / 1000


def _change(part: pl.DataFrame, today: dt.date) -> float | None:
    """Return this week over the mean of the four before; None without a run in these."""
    before = sum(_week_km(part, today, k) for k in range(1, 5)) / 4
    return _week_km(part, today, 0) / before if before > 0 else None


def _spiked(part: pl.DataFrame, today: dt.date) -> list[Reason]:
    recent = part.filter(
        (pl.col("day") > today - dt.timedelta(days=WEEK)) & (pl.col("state") == "spike")
    )
    return [
        (
            "spiked",
            "{day}: {km:.1f} km, {spike_ratio:.2f} x the longest of the 30 days before".format(
                km=row["distance_m"] / 1000, **row
            ),
        )
        for row in recent.iter_rows(named=True)
        if row["distance_m"] is not None
    ]


def _too_fast(part: pl.DataFrame, today: dt.date) -> list[Reason]:
    """Return sessions of the last week that came too soon after a layoff that ended in 21 days.

    Too soon: in the first 7 days more than 20 minutes (the plan's own rule), later more than
    85 % of the longest run of the 30 days before the layoff.
    """
    limit = functools.partial(rules.number, "layoff")
    found = []
    breaks = part.filter(pl.col("layoff_days") >= limit("days")).select("day", "layoff_days")
    for back, length in breaks.iter_rows():
        gone = back - dt.timedelta(days=length)
        old = part.filter(pl.col("day").is_between(gone - dt.timedelta(days=30), gone))
        most = old["distance_m"].max()
        since = part.filter(
            (pl.col("day") >= back)
            & (pl.col("day") < back + dt.timedelta(days=RETURN_DAYS))
            & (pl.col("day") > today - dt.timedelta(days=WEEK))
        )
        for row in since.iter_rows(named=True):
            days = (row["day"] - back).days
            minutes = (row.get("moving_s") or 0.0) / 60
            first = days < limit("first_days") and minutes > limit("first_run_min") * 1.1
            metres = row["distance_m"] or 0.0
            long = isinstance(most, float) and most > 0 and metres > RETURN_SHARE * most
            if first or long:
                why = f"{minutes:.0f} min" if first else f"{metres / 1000:.1f} km"
                found.append(
                    ("too_fast", f"{row['day']}: {why}, day {days + 1} after {length} days off")
                )
    return found


def _overdue(
    episodes: pl.DataFrame | None, notes: pl.DataFrame | None, today: dt.date
) -> dict[str, list[Reason]]:
    """Return who has an open episode and no answered safety questions in the last seven days."""
    if episodes is None or not episodes.height:
        return {}
    started = pl.col("day") <= today
    lasting = episodes.filter(started & (pl.col("closed").is_null() | (pl.col("closed") > today)))
    asked: dict[str, dt.date] = {}
    if notes is not None:
        checks = notes.filter((pl.col("kind") == "check") & started)
        asked = dict(checks.group_by("runner").agg(pl.col("day").max()).iter_rows())
    found: dict[str, list[Reason]] = {}
    for name, opened in (
        lasting.group_by("runner").agg(pl.col("day").min()).sort("runner").iter_rows()
    ):
        last = asked.get(name)
        if last is None or last < opened:
            text = f"episode since {opened}, safety questions not answered"
        elif (today - last).days >= CHECK_DAYS:
            text = f"episode since {opened}, safety questions last answered on {last}"
        else:
            continue
        found[name] = [("overdue", text)]
    return found


def page(found: Screen) -> str:
    """Return the screen as one page of plain text."""
    lines = [f"Morning of {found.today}: {len(found.rows)} of {found.runners} need a word"]
    titles = {"spiked": "Spiked in the last 7 days", "too_fast": "Came back too fast",
              "overdue": "Overdue for a check"}  # fmt: skip
    for kind, title in titles.items():
        rows = [r for r in found.rows if kind in r.kinds]
        lines += ["", f"{title} ({len(rows)})"]
        for row in rows:
            place = (
                ""
                if row.own_percentile is None
                else f", percentile {row.own_percentile:.0f} of own weeks"
            )
            lines.append(f"  {row.runner:<14} week {row.week_km or 0:5.1f} km{place}")
            lines += [f"      {reason}" for reason in row.reasons]
    lines += ["", found.words]
    return "\n".join(lines) + "\n"
