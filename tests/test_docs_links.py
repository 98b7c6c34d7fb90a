"""Every relative link of the README and the docs leads somewhere, and every page is linked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_ELSEWHERE = ("http://", "https://", "mailto:")


def links(text: str) -> list[str]:
    """Return the relative targets of a page's links and pictures; code is not read."""
    found = _LINK.findall(_CODE.sub("x", _FENCED.sub("", text)))
    return [target for target in found if not target.startswith(_ELSEWHERE)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken(page: Path, text: str) -> list[str]:
    """Return the links of a page that lead nowhere."""
    wrong = []
    for target in links(text):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and anchor not in anchors(place)):
            wrong.append(target)
    return wrong


def test_a_broken_link_is_found():
    text = "[a](index.md) ![b](pictures/none.svg) [c](#nowhere) [d](https://x.org) `[e](no.md)`"
    assert broken(DOCS / "faq.md", text) == ["pictures/none.svg", "#nowhere"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page):
    assert broken(page, page.read_text(encoding="utf-8")) == []


def test_every_page_picture_and_notebook_is_linked():
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in links(page.read_text(encoding="utf-8"))
    }
    index = {
        (DOCS / target.partition("#")[0]).resolve()
        for target in links((DOCS / "index.md").read_text(encoding="utf-8"))
    }
    pages = {*DOCS.glob("*.md"), *DOCS.glob("*.ipynb")} - {DOCS / "index.md"}
    assert sorted(p.name for p in pages - index) == []
    assert sorted(p.name for p in set((DOCS / "pictures").glob("*.svg")) - linked) == []


@pytest.mark.parametrize("notebook", sorted(DOCS.glob("*.ipynb")), ids=lambda path: path.name)
def test_links_of_the_notebooks_lead_somewhere(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert broken(notebook, text) == []
