"""Pictures of an answer: weeks, contributors, mornings, plan."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from backinstride import units
from backinstride.charts.picture import BAD, BAR, GOOD, INK, QUIET, Picture, count, drawn, values
from backinstride.wording import VERDICT_WORDS

if TYPE_CHECKING:
    from backinstride.units import DistanceUnit
    from backinstride.values import DiaryState, Load, Plan, Why

KM_PER = {"km": 1.0, "mi": units.M_PER_MILE / 1000}
WEEK_AXIS = {
    "labelAngle": 0,
    "labelOverlap": "greedy",
    "labelSeparation": 12,
    "labelExpr": "timeFormat(toDate(datum.value + 'T12:00'), '%-d %b')",
    "ticks": False,
}


def weeks(load: Load, diary: DiaryState, unit: DistanceUnit = "km") -> Picture:
    """Distance a week as bars, weeks with an episode marked by a triangle and a darker bar."""
    import altair as alt

    bad = {day - dt.timedelta(days=day.weekday()) for day in diary.episode_days}
    data = [
        {
            "week": week.isoformat(),
            "distance": round(km / KM_PER[unit], 2),
            "kind": "week with an episode" if week in bad else "week without",
        }
        for week, km in load.weeks
    ]
    most = max((float(row["distance"]) for row in data), default=0.0)
    hit = [row for row in data if row["kind"] == "week with an episode"]
    base = alt.Chart(values(data))
    bars = base.mark_bar(width={"band": 0.72}, cornerRadiusEnd=2).encode(
        x=alt.X("week:O", title=None, axis=WEEK_AXIS),
        y=alt.Y("distance:Q", title=f"{unit} a week", scale=alt.Scale(domainMax=most * 1.12 or 1)),
        color=alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=["week without", "week with an episode"], range=[BAR, BAD]),
        ),
    )
    marks = (
        base.transform_filter("datum.kind == 'week with an episode'")
        .mark_point(shape="triangle-down", filled=True, size=80, color=BAD, yOffset=-9)
        .encode(x="week:O", y="distance:Q")
    )
    return Picture(
        name="weeks",
        title="Your weeks",
        sentence=f"Distance in each of the last {len(data)} weeks, at most {most:.0f} {unit}; "
        f"{count(len(hit), 'week')} with an episode, marked by a triangle.",
        header=("week of", unit, "episode"),
        rows=tuple(
            (
                str(r["week"]),
                f"{r['distance']:.1f}",
                "yes" if r["kind"] == "week with an episode" else "",
            )
            for r in data
        ),
        spec=drawn(alt.layer(bars, marks)),
    )


def contributors(why: Why) -> Picture:
    """The size of each contributor as an interval, its name and verdict written above it."""
    import altair as alt

    data = [
        {
            "id": c.id,
            "label": c.label,
            "low": c.hazard_ratio[0],
            "mid": c.hazard_ratio[1],
            "high": c.hazard_ratio[2],
            "verdict": f"{VERDICT_WORDS[c.verdict]} ({c.prior:.0%} → {c.posterior:.0%})",
            "said": f"{c.label}: {VERDICT_WORDS[c.verdict]}",
        }
        for c in why.contributors
        if c.hazard_ratio is not None and c.prior is not None and c.posterior is not None
    ]
    base = alt.Chart(values(data)).encode(
        y=alt.Y("id:N", sort=[str(row["id"]) for row in data], title=None, axis=None)
    )
    axis = alt.Axis(values=[0.25, 0.5, 1, 2, 4, 8, 16], format="~g")
    ratio = alt.Scale(type="log", domain=[0.25, 16], clamp=True)
    title = "times as many episodes (90 % range)"
    line = base.mark_rule(color=QUIET, strokeWidth=3, yOffset=8).encode(
        x=alt.X("low:Q", scale=ratio, title=title, axis=axis), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=80, color=BAR, yOffset=8).encode(
        x=alt.X("mid:Q", scale=ratio)
    )
    word = base.mark_text(align="left", baseline="middle", yOffset=-9).encode(
        x=alt.value(2), text="said:N"
    )
    one = (
        alt.Chart(values([{"one": 1}]))
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x=alt.X("one:Q", scale=ratio))
    )
    probably = sum(c.verdict == "probably" for c in why.contributors)
    return Picture(
        name="contributors",
        title="What likely contributes",
        sentence=f"{count(len(data), 'contributor')} with the range their effect may have in your "
        f"runs; the dashed line at 1 means no difference. {probably} of them probably "
        f"contribute{'s' if probably == 1 else ''}.",
        header=("contributor", "verdict", "times as many, 5 to 95 %"),
        rows=tuple(
            (str(r["label"]), str(r["verdict"]), f"{r['low']:.1f} to {r['high']:.1f}") for r in data
        ),
        spec=drawn(alt.layer(one, line, dot, word), height=60 + 40 * len(data)),
    )


def mornings(diary: DiaryState) -> Picture:
    """Pain each morning 0-10, days with an episode marked."""
    import altair as alt

    data = [{"day": d.isoformat(), "pain": p} for d, p in diary.morning_pain]
    first = diary.morning_pain[0][0] if data else dt.date.max
    hits = [{"day": d.isoformat(), "pain": 10} for d in diary.episode_days if d >= first]
    line = (
        alt.Chart(values(data))
        .mark_line(
            color=BAR, point=alt.OverlayMarkDef(color=BAR, size=30), interpolate="step-after"
        )
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("pain:Q", title="pain, 0-10", scale=alt.Scale(domain=[0, 10])),
        )
    )
    marks = (
        alt.Chart(values(hits))
        .mark_point(shape="triangle-down", filled=True, size=90, color=BAD)
        .encode(x="day:T", y="pain:Q")
    )
    last = f"{data[-1]['pain']:g} on {data[-1]['day']}" if data else "none"
    return Picture(
        name="mornings",
        title="Your mornings",
        sentence=f"Pain on {len(data)} mornings, 0 none to 10 worst; the last: {last}; "
        f"{count(len(hits), 'episode')} marked by a triangle.",
        header=("day", "pain (0-10)"),
        rows=tuple((str(r["day"]), f"{r['pain']:g}") for r in data),
        spec=drawn(alt.layer(line, marks), height=160),
    )


def plan(
    made: Plan, done_km: dict[dt.date, float] | None = None, unit: DistanceUnit = "km"
) -> Picture:
    """Planned distance a week against what was done, the longest run of each week as a step."""
    import altair as alt

    done_km = done_km or {}
    data = []
    for week in made.weeks:
        runs = [s.distance_km or 0 for s in week.sessions if s.kind in ("run", "run_walk", "race")]
        data.append(
            {
                "week": week.start.isoformat(),
                "phase": week.phase,
                "planned": round(sum(runs) / KM_PER[unit], 2),
                "longest": round(max(runs, default=0) / KM_PER[unit], 2),
                "done": round(done_km.get(week.start, 0) / KM_PER[unit], 2),
            }
        )
    base = alt.Chart(values(data)).encode(x=alt.X("week:O", title=None, axis=WEEK_AXIS))
    bars = base.mark_bar(color=BAR, opacity=0.75).encode(
        y=alt.Y("planned:Q", title=f"{unit} a week")
    )
    longest = base.mark_line(
        color=INK, point=alt.OverlayMarkDef(color=INK, shape="diamond", size=50)
    ).encode(y="longest:Q")
    did = (
        base.transform_filter("datum.done > 0")
        .mark_tick(color=GOOD, thickness=4, width=26)
        .encode(y="done:Q")
    )
    most = max((float(r["longest"]) for r in data), default=0.0)  # type: ignore[arg-type]
    return Picture(
        name="plan",
        title="The plan",
        sentence=f"Planned distance in {len(data)} weeks (bars), the longest of each (diamonds, "
        f"at most {most:.1f} {unit}) and what was done (ticks).",
        header=("week", "phase", f"planned {unit}", f"longest {unit}", f"done {unit}"),
        rows=tuple(
            (
                str(r["week"]),
                str(r["phase"]),
                f"{r['planned']:.1f}",
                f"{r['longest']:.1f}",
                f"{r['done']:.1f}",
            )
            for r in data
        ),
        spec=drawn(alt.layer(bars, longest, did)),
    )
