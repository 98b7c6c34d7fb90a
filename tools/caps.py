"""House caps: no file over 600 lines, no function over 60 (generated tables aside)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE_LINES, FUNCTION_LINES = 600, 60
GENERATED = {"fit_profile.py"}


def faults() -> list[str]:
    found = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        if path.name in GENERATED:
            continue
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT)
        if len(text.splitlines()) > FILE_LINES:
            found.append(f"{name}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    found.append(f"{name}:{node.lineno}: {node.name} has {lines} lines")
    return found


if __name__ == "__main__":
    problems = faults()
    print("\n".join(problems) or "caps hold")
    sys.exit(bool(problems))
