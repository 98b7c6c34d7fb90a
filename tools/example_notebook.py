"""Write `docs/example.ipynb`: the notebook interface on the invented runner of the demo."""

from __future__ import annotations

import json
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "docs" / "example.ipynb"
CELLS = (
    (
        "markdown",
        """\
# Back in Stride in a notebook

Everything returns Polars frames or frozen values whose fields are those of the JSON. The runner
here is invented by `backinstride demo`; a season is built in which one pair of shoes was made to
matter.""",
    ),
    (
        "code",
        """\
import tempfile
from pathlib import Path

import backinstride as bis
from backinstride import demo

place = Path(tempfile.mkdtemp())
built = demo.build(place / "demo", season=True)
me = bis.open(built.folder, today=built.today)""",
    ),
    ("markdown", "## A story in plain words\nFindings with their words, and a verdict."),
    (
        "code",
        """\
told = bis.tell("At mile 17 my lower back went into spasm. Same shoes as last time.")
told""",
    ),
    ("code", "[(f.id, f.status, f.quote) for f in told.findings]"),
    ("markdown", "## Runs and exposures\nOne row a run; names carry the units; unknown is null."),
    ("code", 'me.activities().select("day", "sport", "distance_m", "moving_s", "shoe").tail(5)'),
    (
        "code",
        """\
columns = ("day", "distance_m", "longest_30d_m", "spike_ratio", "state")
me.exposures().select(columns).tail(5)""",
    ),
    ("code", 'me.episodes().select("date", "when", "onset_m", "pain").tail(5)'),
    ("markdown", "## What likely contributes\nAn association in one log, with its uncertainty."),
    ("code", "why = me.why()\nwhy"),
    (
        "code",
        """\
from backinstride import charts

picture = charts.cause(me.exposures(), why, why.contributors[0])
print(picture.sentence)
charts.altair(picture)""",
    ),
    ("markdown", "## The plan, and the whole answer"),
    ("code", "me.plan()"),
    ("code", "answer = me.answer()\nanswer.verdict"),
    ("code", "answer"),
)


def notebook() -> str:
    """Return the notebook as text, without outputs."""
    cells = []
    for k, (kind, source) in enumerate(CELLS):
        cell = {
            "cell_type": kind,
            "id": f"cell-{k:02d}",
            "metadata": {},
            "source": source.splitlines(keepends=True),
        }
        cells.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    made = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        stale = TARGET.read_text(encoding="utf-8") != notebook()
        sys.exit("docs/example.ipynb is stale" if stale else 0)
    TARGET.write_text(notebook(), encoding="utf-8")
