"""The answer: verdict, contributors, plan, load, evidence and doubts in one frozen object.

Everything that a terminal, a page, a PDF or a calendar shows is read from here.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from backinstride import knowledge
from backinstride.values import Answer, DiaryState, EvidenceLine, Load, Plan, Told, Verdict, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from backinstride.values import Question

NOT_A_DEVICE = (
    "Open research and self-management software, not a certified medical device; "
    "no clinician has signed its rules."
)


def build(
    *,
    today: dt.date,
    verdict: Verdict,
    ask: Sequence[Question],
    told: Told | None,
    why: Why,
    plan: Plan,
    load: Load,
    diary: DiaryState,
    doubts: Iterable[str],
    version: str,
) -> Answer:
    """Join the parts; adds the claims they rest on and what every answer must doubt."""
    return Answer(
        today=today,
        verdict=verdict,
        ask=_once((*ask, *why.ask)),
        story=told,
        contributors=why,
        plan=plan,
        load=load,
        diary=diary,
        evidence=evidence(claims_of(verdict, why, plan)),
        doubts=(*doubts, NOT_A_DEVICE),
        version=version,
        blocked_by=plan.blocked_by,
    )


def _once(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Return each question once, in the order they came: safety first."""
    return tuple({question.id: question for question in reversed([*questions])}.values())[::-1]


def to_settle(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Return the questions that a `check` entry settles: those of warning signs."""
    return tuple(q for q in questions if q.id in _settled())


def to_learn(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Return the other questions: what would teach most about the runner's own runs."""
    return tuple(q for q in questions if q.id not in _settled())


def _settled() -> frozenset[str]:
    kinds = ("sign", "detail", "suspect")
    return frozenset(row.id for row in knowledge.findings() if row.kind in kinds)


def claims_of(verdict: Verdict, why: Why, plan: Plan) -> tuple[str, ...]:
    """Return the ids of every claim that the parts name, in the order they are met."""
    ids: dict[str, None] = dict.fromkeys(verdict.claims)
    for contributor in (*why.contributors, *why.morning):
        ids.update(dict.fromkeys(contributor.claims))
    if why.experiment:
        ids.update(dict.fromkeys(why.experiment.claims))
    for week in plan.weeks:
        for session in week.sessions:
            ids.update(dict.fromkeys(session.claims))
    return tuple(ids)


def evidence(ids: Iterable[str]) -> tuple[EvidenceLine, ...]:
    """Return one line a claim: sentence, grade, citation. Unknown ids are a KnowledgeError."""
    lines = []
    for name in ids:
        claim = knowledge.claim(name)
        lines.append(
            EvidenceLine(
                id=claim.id, sentence=claim.sentence, grade=claim.grade, citation=claim.citation
            )
        )
    return tuple(lines)


def load_of(runs: pl.DataFrame, today: dt.date, strength_7d: int | None = None) -> Load:
    """Return the recent load from the per-run exposures (one row a run, oldest first).

    Days after `today` are left out; a week without a run counts as 0 km, since an export is
    complete for the days it covers.
    """
    import polars as pl

    runs = runs.filter(pl.col("day") <= today)
    if runs.is_empty():
        return Load(strength_7d=strength_7d)
    last = runs["day"].max()
    first = runs["day"].min()
    assert isinstance(last, dt.date)
    assert isinstance(first, dt.date)
    recent = runs.filter(pl.col("day") > today - dt.timedelta(days=84))
    return Load(
        runs=runs.height,
        running_km=round(float(runs["distance_m"].fill_null(0).sum()) / 1000, 2),
        first_day=first,
        last_run=last,
        longest_30d_km=_longest_km(runs, today),
        last_7d_km=_sum_km(runs, today, 7),
        last_28d_km=_sum_km(runs, today, 28),
        days_since_run=(today - last).days,
        spikes_12w=recent.filter(pl.col("state") == "spike").height,
        layoffs_12w=recent.filter(pl.col("layoff_days") >= 14).height,
        weeks=_weeks(runs, today),
        strength_7d=strength_7d,
    )


def _sum_km(runs: pl.DataFrame, today: dt.date, days: int) -> float:
    import polars as pl

    part = runs.filter(pl.col("day") > today - dt.timedelta(days=days))
    return round(float(part["distance_m"].fill_null(0).sum()) / 1000, 2)


def _longest_km(runs: pl.DataFrame, today: dt.date) -> float | None:
    import polars as pl

    part = runs.filter(pl.col("day") > today - dt.timedelta(days=30))["distance_m"].drop_nulls()
    return None if part.is_empty() else round(float(part.max()) / 1000, 2)  # type: ignore[arg-type]


def _weeks(
    runs: pl.DataFrame, today: dt.date, count: int = 26
) -> tuple[tuple[dt.date, float], ...]:
    monday = today - dt.timedelta(days=today.weekday())
    sums: dict[dt.date, float] = {monday - dt.timedelta(weeks=k): 0.0 for k in range(count)}
    for day, metres in zip(runs["day"], runs["distance_m"], strict=True):
        week = day - dt.timedelta(days=day.weekday())
        if week in sums and metres is not None:
            sums[week] += metres / 1000
    return tuple((week, round(km, 2)) for week, km in sorted(sums.items()))
