"""The two pages for the physio or doctor: tagged PDF through typst, and the same as plain text."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from backinstride import charts
from backinstride.charts import body as body_chart
from backinstride.exports.report_content import Content, content, last_story, story_words
from backinstride.exports.text import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backinstride.runner import Runner
    from backinstride.values import Answer

PAGES = 2
# Rows a list and size of the letters: the first with which it fits on two pages.
FITS = ((7, 9.0), (6, 8.6), (5, 8.4), (4, 8.0), (3, 8.0), (2, 7.6), (1, 7.0))


def pdf(
    me: Runner, answer: Answer, *, leave_out: Iterable[str] = (), shareable: bool = False
) -> bytes:
    """Return the PDF (tagged, PDF/UA-1): two pages, whatever the diary holds.

    The first page is what the runner says, the second what the data say. Lists are cut until
    each fits.
    """
    left = tuple(leave_out)
    pictures = _pictures(me, answer, left)
    made = b""
    for most, points in FITS:
        found = content(me, answer, leave_out=left, shareable=shareable, most=most)
        words = None if shareable or "story" in left else story_words(me)
        data = {**msgspec.to_builtins(found), **pictures, "words": _cut(words, 120 * most + 300)}
        told = None if words is None else last_story(me)
        data["words_title"] = f"In the runner's words, {told.date}" if told else ""
        data["places_said"] = body_chart.sentence(found.places)
        data["body"] = body_chart.body(found.places, "print") if found.places else ""
        data["points"] = points
        made, pages = _compiled(data)
        if pages <= PAGES:
            break
    return made


def _cut(words: str | None, limit: int) -> str:
    text = " ".join((words or "").split())
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " … (cut)"


def _pictures(me: Runner, answer: Answer, left: tuple[str, ...]) -> dict[str, str]:
    unit = me.settings.units
    weeks, mornings = charts.weeks(answer.load, answer.diary, unit), charts.mornings(answer.diary)
    shown = {
        "weeks": weeks if answer.load.runs and "runs" not in left else None,
        "mornings": mornings if answer.diary.morning_pain and "mornings" not in left else None,
    }
    found = {name: charts.svg(p, "print") if p else "" for name, p in shown.items()}
    return found | {f"{name}_said": p.sentence if p else "" for name, p in shown.items()}


def _compiled(data: dict[str, Any]) -> tuple[bytes, int]:
    """Return the PDF and its number of pages."""
    import typst

    template = resources.files(__package__).joinpath("report.typ").read_bytes()
    inputs = {"data": json.dumps(data)}
    made = typst.compile(template, sys_inputs=inputs, pdf_standards="ua-1")
    counted = typst.query(template, "<pages>", field="value", one=True, sys_inputs=inputs)
    return made, int(json.loads(counted))


def plain_text(
    me: Runner, answer: Answer, *, leave_out: Iterable[str] = (), shareable: bool = False
) -> str:
    """Return the same content as text to paste into a record."""
    left = tuple(leave_out)
    found = content(me, answer, leave_out=left, shareable=shareable)
    parts = [found.title, found.made, "", wrap(found.verdict), ""]
    words = None if shareable or "story" in left else story_words(me)
    parts += [wrap(f"“{words}”"), ""] if words else []
    for section in found.sections:
        if section.key == "story" and words:
            continue
        letter = f"{section.letter}: " if section.letter else ""
        parts.append(f"{letter}{section.title}")
        parts += [wrap(line, "    ", "  ") for line in section.lines]
        for table in section.tables:
            parts += ["  " + " | ".join(row) for row in (table.header, *table.rows)]
        parts.append("")
    parts += ["A: ", "P: ", "", wrap(found.device)]
    return "\n".join(parts) + "\n"


__all__ = ["Content", "content", "pdf", "plain_text"]
