"""The clinic's notebook: its cells run, and the file in docs says what they say."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="needs [cohort]: numba")
pytest.importorskip("pyarrow", reason="needs [cohort]: pyarrow")

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[1]


def tool():
    path = ROOT / "tools" / "clinic_notebook.py"
    spec = importlib.util.spec_from_file_location("clinic_notebook", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_notebook_runs_and_prints_one_page_of_who_needs_a_word():
    stored = json.loads((ROOT / "docs" / "clinic_morning.ipynb").read_text(encoding="utf-8"))
    cells = tuple((c["cell_type"], "".join(c["source"])) for c in stored["cells"])
    made = tool()
    assert cells == made.CELLS
    ran = made.executed(cells)
    assert [c.get("outputs") for c in ran] == [c.get("outputs") for c in stored["cells"]]
    page = next(
        "".join(o["text"])
        for c in ran
        for o in c.get("outputs", [])
        if "Morning of" in "".join(o.get("text", []))
    )
    for title in (
        "Spiked in the last 7 days (5)",
        "Came back too fast (5)",
        "Overdue for a check (5)",
    ):
        assert title in page
    assert len(page.splitlines()) <= 66
    assert "of 50" in page
