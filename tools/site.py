"""Render docs/ as plain HTML pages with the app's own style sheet: python tools/site.py -o DIR."""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from markdown_it import MarkdownIt  # comes with rich

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
STYLE = ROOT / "src/backinstride/web/static/style.css"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="style.css"></head>
<body><header class="top"><div class="inside"><a class="brand" href="index.html">Back in Stride</a>
</div></header><main>
{body}
</main></body></html>
"""


def page(text: str) -> str:
    body = MarkdownIt("commonmark").enable("table").render(text)
    body = re.sub(r'href="([^":#]+)\.md(#[^"]*)?"', r'href="\1.html\2"', body)
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    return PAGE.format(title=title[1] if title else "Back in Stride", body=body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(DOCS.glob("*.md")):
        text = page(path.read_text(encoding="utf-8"))
        (out / f"{path.stem}.html").write_text(text, encoding="utf-8")
    shutil.copy(STYLE, out / "style.css")
    for path in (*DOCS.glob("*.ipynb"), *DOCS.glob("pictures/*")):
        target = out / path.relative_to(DOCS)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    print(f"{len(list(out.glob('*.html')))} pages in {out}")


if __name__ == "__main__":
    main()
