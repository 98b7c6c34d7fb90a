"""Pictures of the past: years, shoes, one run, and the runs for and against a contributor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from backinstride import units
from backinstride.charts.answer import KM_PER
from backinstride.charts.picture import (
    BAD,
    BAR,
    STACK_AXIS,
    WIDE,
    Picture,
    count,
    drawn,
    values,
)
from backinstride.wording import VERDICT_WORDS

if TYPE_CHECKING:
    import datetime as dt

    from backinstride.units import DistanceUnit
    from backinstride.values import Contributor, Why

CLEAN_RUN, BAD_RUN = "other run", "run with an episode"
MAX_POINTS = 400  # a line on a page shows no more
# What a contributor's picture puts on its horizontal axis: column of the per-run table, title.
DOSE = {
    "spike": ("spike_ratio", "distance / longest run of the 30 days before"),
    "distance": ("distance_m", "distance (km)"),
    "shoe_mileage": ("shoe_km", "distance on the pair (km)"),
    "climb": ("climb_m_per_km", "climb (m per km)"),
    "descent": ("descent_m_per_km", "descent (m per km)"),
    "intensity": ("intensity_z", "effort against own easy pace (z)"),
    "load": ("load_ratio", "7-day over 28-day load"),
    "layoff": ("layoff_days", "days of the gap before"),
    "missed_core": ("strength_7d", "strength sessions in the 7 days before"),
    "sleep": ("sleep_h", "hours slept"),
}


def years(runs: pl.DataFrame, unit: DistanceUnit = "km") -> Picture:
    """Distance a month over the whole running life."""
    import altair as alt

    per = KM_PER[unit] * 1000
    monthly = (
        runs.group_by(pl.col("day").dt.truncate("1mo").alias("month"))
        .agg(
            (pl.col("distance_m").fill_null(0).sum() / per).round(1).alias("distance"),
            pl.len().alias("runs"),
        )
        .sort("month")
    )
    data = [{**row, "month": row["month"].isoformat()} for row in monthly.iter_rows(named=True)]
    chart = (
        alt.Chart(values(data))
        .mark_bar(color=BAR)
        .encode(
            x=alt.X("yearmonth(month):T", title=None),
            y=alt.Y("distance:Q", title=f"{unit} a month"),
            tooltip=["month:T", "distance:Q", "runs:Q"],
        )
    )
    total = sum(r["distance"] for r in data)
    span = f"{data[0]['month'][:7]} to {data[-1]['month'][:7]}" if data else "no month"
    return Picture(
        name="years",
        title="Your running life",
        sentence=f"{runs.height} runs, {total:.0f} {unit}, {span}.",
        header=("month", unit, "runs"),
        rows=tuple((r["month"][:7], f"{r['distance']:.1f}", str(r["runs"])) for r in data),
        spec=drawn(chart),
    )


def shoes(runs: pl.DataFrame, unit: DistanceUnit = "km") -> Picture:
    """Kilometres on each pair over time."""
    import altair as alt

    worn = runs.filter(pl.col("shoe").is_not_null() & pl.col("shoe_km").is_not_null())
    data = [
        {
            "day": r["day"].isoformat(),
            "shoe": r["shoe"],
            "total": round(r["shoe_km"] / KM_PER[unit], 1),
        }
        for r in worn.select("day", "shoe", "shoe_km").iter_rows(named=True)
    ]
    chart = (
        alt.Chart(values(data))
        .mark_line(point=alt.OverlayMarkDef(color=BAR, size=22), color=BAR)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("total:Q", title=f"{unit} on the pair"),
            strokeDash=alt.StrokeDash("shoe:N", legend=None),
            shape=alt.Shape("shoe:N", title=None),
        )
    )
    last = {str(r["shoe"]): r for r in data}
    return Picture(
        name="shoes",
        title="Your shoes",
        sentence="Distance on each pair: "
        + (", ".join(f"{k} {r['total']:.0f} {unit}" for k, r in last.items()) or "no pair known")
        + ".",
        header=("pair", "last worn", f"{unit}"),
        rows=tuple((k, str(r["day"]), f"{r['total']:.1f}") for k, r in last.items()),
        spec=drawn(chart),
    )


def cause(
    runs: pl.DataFrame, why: Why, contributor: Contributor, unit: DistanceUnit = "km"
) -> Picture | None:
    """Every run by day and by its dose of one contributor, the runs with an episode standing out.

    A pair of shoes is drawn by distance, filled where the pair was worn. None where there is no
    dose or no episode to draw.
    """
    pair = contributor.id.removeprefix("shoe:") if contributor.id.startswith("shoe:") else None
    column, title = ("distance_m", f"distance ({unit})") if pair else _dose(contributor.id, unit)
    if column not in runs.columns:
        return None
    bad = {run for c in why.contributors for run in c.runs_for}
    data = [
        {
            "day": row["day"].isoformat(),
            "dose": dose,
            "run": BAD_RUN if row["id"] in bad else CLEAN_RUN,
            "worn": "in this pair" if row.get("shoe") == pair else "in other shoes",
        }
        for row in runs.iter_rows(named=True)
        if (dose := _in_unit(column, row[column], unit)) is not None
    ]
    if not any(r["run"] == BAD_RUN for r in data):
        return None
    return _cause_picture(data, contributor, title, worn=pair is not None)


def _dose(name: str, unit: DistanceUnit) -> tuple[str, str]:
    column, title = DOSE.get(name, ("", ""))
    return column, title.replace("(km)", f"({unit})")


def _in_unit(column: str, value: Any, unit: DistanceUnit) -> float | None:
    if not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN is unknown
        return None
    if column == "distance_m":
        return round(value / 1000 / KM_PER[unit], 2)
    return round(value / KM_PER[unit], 1) if column == "shoe_km" else round(float(value), 3)


def _cause_picture(
    data: list[dict[str, Any]], contributor: Contributor, title: str, *, worn: bool
) -> Picture:
    import altair as alt

    domain = [CLEAN_RUN, BAD_RUN]
    base = alt.Chart(values(data)).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(tickCount=6)),
        y=alt.Y("dose:Q", title=title, scale=alt.Scale(zero=worn)),
        shape=alt.Shape(
            "run:N", title=None, scale=alt.Scale(domain=domain, range=["circle", "triangle-down"])
        ),
        color=alt.Color("run:N", title=None, scale=alt.Scale(domain=domain, range=[BAR, BAD])),
    )
    bad = f"datum.run == '{BAD_RUN}'"
    clean = base.transform_filter(f"!({bad})")
    layers = [
        clean.transform_filter("datum.worn == 'in this pair'").mark_point(
            filled=True, size=34, opacity=0.85
        ),
        clean.transform_filter("datum.worn != 'in this pair'").mark_point(
            filled=not worn, size=24, opacity=0.5, strokeWidth=1
        ),
        base.transform_filter(bad).mark_point(filled=True, size=120),
    ]
    hit = [r for r in data if r["run"] == BAD_RUN]
    inside = sum(r["worn"] == "in this pair" for r in hit)
    told = (
        f"{inside} of {count(len(hit), 'run')} with an episode (triangles) came in this pair; "
        "filled circles are the other runs in it, hollow ones those in other shoes"
        if worn
        else f"{count(len(hit), 'run')} with an episode (triangles) among {len(data)}, by {title}"
    )
    return Picture(
        name=f"cause-{contributor.id.replace(':', '-')}",
        title=contributor.label,
        sentence=f"{contributor.label[:1].upper()}{contributor.label[1:]}: "
        f"{VERDICT_WORDS[contributor.verdict]}. {told}. It went together in this log; that is "
        "not yet a cause.",
        header=("day", title, "run", *(("shoes",) if worn else ())),
        rows=tuple(
            (str(r["day"]), f"{r['dose']:g}", str(r["run"]), *((str(r["worn"]),) if worn else ()))
            for r in data
        ),
        spec=drawn(alt.layer(*layers), height=240),
    )


# --- one run ----------------------------------------------------------------------------

STREAMS = (
    ("pace", "pace", "min/{unit}"),
    ("altitude_m", "height", "height, m"),
    ("grade", "gradient", "gradient, %"),
    ("heart_rate_bpm", "heart rate", "heart, bpm"),
    ("cadence_spm", "cadence", "steps/min"),
    ("vertical_oscillation_mm", "bounce", "bounce, mm"),
    ("stance_time_ms", "ground contact", "contact, ms"),
)
MEANS = ("altitude_m", "heart_rate_bpm", "cadence_spm", "vertical_oscillation_mm", "stance_time_ms")
GRADE_SPAN_M = 100.0  # a gradient is read over this much ground


def run(
    records: pl.DataFrame, *, onset_m: float | None, day: dt.date, unit: DistanceUnit = "km"
) -> Picture | None:
    """One run's streams over distance with the onset marked; None where nothing was recorded."""
    import altair as alt

    data = _streams(records, unit)
    if not data:
        return None
    parts: list[Any] = []
    onset = None if onset_m is None else round(onset_m / 1000 / KM_PER[unit], 2)
    last = [n for n, _, _ in STREAMS if any(row.get(n) is not None for row in data)][-1]
    for name, _, title in STREAMS:
        if all(row.get(name) is None for row in data):
            continue
        base = alt.Chart(values([r for r in data if r.get(name) is not None]))
        scale = alt.Scale(zero=False, reverse=name == "pace")
        layers = [
            base.mark_line(color=BAR, strokeWidth=1.5).encode(
                x=alt.X(
                    "at:Q",
                    title=f"distance ({unit})" if name == last else None,
                    axis=alt.Axis(labels=name == last, ticks=name == last),
                ),
                y=alt.Y(
                    f"{name}:Q",
                    title=title.format(unit=unit),
                    scale=scale,
                    axis=alt.Axis(minExtent=44, maxExtent=44, tickCount=4),
                ),
            )
        ]
        if onset is not None:
            mark = alt.Chart(values([{"at": onset, "said": f"onset {onset:g} {unit}"}]))
            layers.append(
                mark.mark_rule(color=BAD, strokeWidth=2, strokeDash=[5, 3]).encode(x="at:Q")
            )
            if not parts:
                layers.append(
                    mark.mark_text(color=BAD, align="right", dx=-6, baseline="top", y=2).encode(
                        x="at:Q", text="said:N"
                    )
                )
        parts.append(alt.layer(*layers).properties(width=WIDE - STACK_AXIS, height=96))
    where = f"; the back began at {onset:g} {unit}" if onset is not None else ""
    spec = drawn(alt.vconcat(*parts, spacing=6))
    names = [n for n, _, _ in STREAMS if any(r.get(n) is not None for r in data)]
    labels = [label for name, label, _ in STREAMS if name in names]
    step = max(1, len(data) // 40)
    return Picture(
        name="run",
        title=f"The run of {day}",
        sentence=f"{data[-1]['at']:.1f} {unit} on {day}: {', '.join(labels)} over distance{where}.",
        header=(unit, *(t.format(unit=unit) for n, _, t in STREAMS if n in names)),
        rows=tuple(
            (f"{r['at']:.2f}", *("" if r.get(n) is None else f"{r[n]:.1f}" for n in names))
            for r in data[::step]
        ),
        spec=spec,
    )


def _streams(records: pl.DataFrame, unit: DistanceUnit) -> list[dict[str, Any]]:
    if "distance_m" not in records.columns or records.is_empty():
        return []
    kept = records.filter(pl.col("distance_m").is_not_nan() & pl.col("distance_m").is_not_null())
    if kept.height < 2:
        return []
    per = KM_PER[unit] * 1000
    at = kept["distance_m"].to_numpy() / per
    bins = np.minimum((np.arange(len(at)) * MAX_POINTS) // len(at), MAX_POINTS - 1)
    columns: dict[str, Any] = {"at": at}
    for name in MEANS:
        if name in kept.columns:
            columns[name] = kept[name].to_numpy()
    if "time_s" in kept.columns:
        columns["time_s"] = kept["time_s"].to_numpy()
    rows = []
    for k in np.unique(bins):
        inside = bins == k
        row: dict[str, Any] = {"at": round(float(at[inside][-1]), 3)}
        for name, stream in columns.items():
            part = stream[inside]
            part = part[np.isfinite(part)]
            if name not in ("at", "time_s") and len(part):
                row[name] = round(float(part.mean()), 1)
        row["pace"] = _pace_min(columns.get("time_s"), at, inside)
        rows.append(row)
    _add_grades(rows, per)
    return rows


def _add_grades(rows: list[dict[str, Any]], per: float) -> None:
    """Add the gradient over the ground around each point, where heights are known."""
    metres = np.array([row["at"] * per for row in rows])
    height = np.array([row.get("altitude_m", np.nan) for row in rows], dtype=float)
    for k, row in enumerate(rows):
        near = np.flatnonzero(np.abs(metres - metres[k]) <= GRADE_SPAN_M)
        first, last = near[0], near[-1]
        ground = metres[last] - metres[first]
        grade = (height[last] - height[first]) / ground * 100 if ground >= GRADE_SPAN_M else np.nan
        if np.isfinite(grade):
            row["grade"] = round(float(grade), 1)


def _pace_min(time_s: Any, at: Any, inside: Any) -> float | None:
    """Return minutes a unit of distance in a stretch; None where it stood or cannot be."""
    if time_s is None or inside.sum() < 2:
        return None
    took, went = np.ptp(time_s[inside]), np.ptp(at[inside])
    minutes = took / 60 / went if went > 0 else np.inf
    return round(float(minutes), 2) if 1 < minutes < 25 else None


def run_interactive(picture: Picture) -> dict[str, Any]:
    """Return the run's spec with zoom and a tooltip, for the page that loads Vega itself."""
    spec = {**picture.spec}
    parts: list[Any] = []
    for k, part in enumerate(picture.spec.get("vconcat", [])):
        layers = [dict(layer) for layer in part["layer"]]
        layers[0] = {
            **layers[0],
            "params": [
                {
                    "name": f"zoom{k}",
                    "select": {"type": "interval", "encodings": ["x"]},
                    "bind": "scales",
                }
            ],
        }
        parts.append({**part, "layer": layers})
    spec["vconcat"] = parts
    return spec


def pace_of(row: dict[str, Any], unit: DistanceUnit) -> str:
    """Return a run's mean pace for a table."""
    if not row.get("distance_m") or not row.get("moving_s"):
        return ""
    return units.pace(row["moving_s"] / row["distance_m"] * 1000, unit)


__all__ = ["cause", "pace_of", "run", "run_interactive", "shoes", "years"]
