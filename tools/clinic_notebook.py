"""Write docs/clinic_morning.ipynb: a clinic's morning with 50 invented runners, run cell by cell.

python tools/clinic_notebook.py          write the notebook, with what its cells print
python tools/clinic_notebook.py --check  fail where the file is not what would be written
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "docs" / "clinic_morning.ipynb"

CELLS: tuple[tuple[str, str], ...] = (
    (
        "markdown",
        ("# A clinic's morning\n\n"
        "Fifty runners, one page: who spiked this week, who came back too fast, who is overdue for "
        "a check. The runners are invented. With your own: `backinstride cohort build FOLDERS -o "
        "clinic`, then `backinstride cohort screen clinic --key clinic.key`.\n\n"
        "A row is a reason to talk, not a finding about a body."),
    ),
    (
        "code",
        ("import datetime as dt\n\n"
        "from backinstride.cohort import analysis, invented, screen\n\n"
        "today = dt.date(2026, 11, 24)\n"
        "sessions, episodes, notes = invented.clinic(today)\n"
        "sessions.height, sessions['runner'].n_unique()"),
    ),
    (
        "markdown",
        ("The load before every session has the definitions of the single runner: every window "
        "ends the day before, so a run that pain cut short does not change its own exposure."),
    ),
    ("code", "dict(sessions.group_by('state').len().sort('state').iter_rows())"),
    ("markdown", "The page, to be printed:"),
    (
        "code",
        ("morning = screen.screen(sessions, episodes, notes, today=today)\n"
        "print(screen.page(morning))"),
    ),
    ("markdown", "The group, in percentiles over at least ten runners:"),
    (
        "code",
        ("for band in analysis.bands(sessions.lazy(), sessions.columns):\n"
        "    if band.quantiles:\n"
        "        print(f'{band.metric:20}', *(f'{q:9.2f}' for q in band.quantiles))"),
    ),
)  # fmt: skip


def executed(cells: tuple[tuple[str, str], ...] = CELLS) -> list[dict]:
    """Run the code cells in order in one namespace; return notebook cells with their outputs."""
    space: dict = {}
    made = []
    for number, (kind, source) in enumerate(cells):
        cell: dict = {
            "cell_type": kind, "id": f"cell-{number}", "metadata": {},
            "source": source.splitlines(keepends=True),
        }  # fmt: skip
        if kind == "code":
            cell |= {"execution_count": None, "outputs": _outputs(source, space)}
        made.append(cell)
    return made


def _outputs(source: str, space: dict) -> list[dict]:
    *body, last = source.split("\n")
    whole, value = "\n".join(body), None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            tail = compile(last, "cell", "eval")
        except SyntaxError:
            whole, tail = source, None
        if tail is not None and not last.startswith(" "):
            exec(compile(whole, "cell", "exec"), space)
            value = eval(tail, space)
        else:
            exec(compile(source, "cell", "exec"), space)
    text = printed.getvalue()
    outputs: list[dict] = []
    if text:
        lines = text.splitlines(keepends=True)
        outputs.append({"name": "stdout", "output_type": "stream", "text": lines})
    if value is not None:
        plain = {"text/plain": repr(value).splitlines(keepends=True)}
        outputs.append(
            {
                "data": plain,
                "execution_count": None,
                "metadata": {},
                "output_type": "execute_result",
            }
        )
    return outputs


def notebook() -> str:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": executed(),
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    text = notebook()
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == text else f"{TARGET.name} is stale")
    TARGET.write_text(text, encoding="utf-8")
    print(f"wrote {TARGET}")
