"""The notebook: values show themselves, and the example runs from top to bottom."""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path

import pytest

import backinstride as bis
from backinstride.demo import invented
from backinstride.values import BlockedBy, Plan, Question, Verdict, Why

pytestmark = pytest.mark.journey

DOCS = Path(__file__).resolve().parents[1] / "docs"


def generator():
    path = DOCS.parent / "tools" / "example_notebook.py"
    spec = importlib.util.spec_from_file_location("example_notebook", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_is_what_its_generator_writes():
    assert (DOCS / "example.ipynb").read_text(encoding="utf-8") == generator().notebook()


def test_the_example_runs_and_its_values_show_themselves(
    tmp_path, monkeypatch, season_runner, capsys
):
    from backinstride import demo

    # The runner that the fixture has opened, so that it is built once.
    monkeypatch.setattr(demo, "build", lambda *_, **__: season_runner)
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path))
    place: dict = {}
    shown = []
    for cell in json.loads((DOCS / "example.ipynb").read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), place)
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), "cell", "eval"), place))
    drawn = [value._repr_html_() for value in shown if hasattr(value, "_repr_html_")]
    assert len(drawn) >= 7
    assert "not yet a cause" in capsys.readouterr().out
    assert any(text and "<svg" in text for text in drawn)


def test_values_escape_what_people_wrote():
    told = bis.tell("My low back went into <script>alert(1)</script> spasm at mile 17.")
    assert "<script>" not in told._repr_html_()
    assert "mile 17" in told._repr_html_()
    verdict = Verdict(level="routine", within_hours=504, why="<b>x</b>")
    assert "&lt;b&gt;" in verdict._repr_html_()


def test_what_is_blocked_says_so_and_the_rest_prints():
    blocked = BlockedBy(level="emergency", flags=("bladder",))
    why = Why(episodes=0, runs=0, enough=False, blocked_by=blocked)
    assert "warning sign is open" in why._repr_html_()
    assert "warning sign is open" in Plan(from_=invented.TODAY, blocked_by=blocked)._repr_html_()
    assert Question(id="x", question="y")._repr_html_() is None
