"""`answer.html`: the answer as one file that opens anywhere, prints well and asks for nothing."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from backinstride import charts, units
from backinstride.answer import NOT_A_DEVICE, to_settle
from backinstride.values import BLOCKING_LEVELS
from backinstride.wording import LEVEL_WORDS, VERDICT_WORDS

if TYPE_CHECKING:
    from backinstride.charts import Picture
    from backinstride.runner import Runner
    from backinstride.values import Answer


def answer_page(me: Runner, answer: Answer) -> str:
    """Return the page; style and pictures are inside it, there is no script."""
    package = resources.files("backinstride")
    env = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    env.filters["km"] = lambda km, unit: units.distance(None if km is None else km * 1000, unit)
    env.filters["settle"] = to_settle
    env.filters["plain"] = lambda word: str(word).replace("_", " ")
    text = package.joinpath("exports/answer.html").read_text(encoding="utf-8")
    return env.from_string(text).render(
        answer=answer,
        unit=me.settings.units,
        style=Markup(package.joinpath("web/static/style.css").read_text(encoding="utf-8")),  # noqa: S704 - our own sheet
        blocked=answer.verdict.level in BLOCKING_LEVELS,
        level_words=LEVEL_WORDS,
        verdict_words=VERDICT_WORDS,
        not_a_device=NOT_A_DEVICE,
        pictures=[(p, Markup(charts.svg(p))) for p in _pictures(me, answer)],  # noqa: S704 - drawn by us
    )


def _pictures(me: Runner, answer: Answer) -> list[Picture]:
    if answer.verdict.level in BLOCKING_LEVELS:
        return []
    unit = me.settings.units
    found = [charts.weeks(answer.load, answer.diary, unit)] if answer.load.runs else []
    if any(c.hazard_ratio for c in answer.contributors.contributors):
        found.append(charts.contributors(answer.contributors))
    if answer.diary.morning_pain:
        found.append(charts.mornings(answer.diary))
    if answer.plan.weeks:
        found.append(charts.plan(answer.plan, dict(answer.load.weeks), unit))
    return found
