"""The body chart: our own drawing of a back view, places marked with a number and a word."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from backinstride.charts.picture import BAD, INK, PRINT, QUIET, Palette

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where a place lies on the drawing (x, y in its own units, 200 wide and 420 high).
PLACES: dict[str, tuple[float, float]] = {
    "neck": (100, 62),
    "shoulder": (66, 84),
    "upper_back": (100, 98),
    "mid_back": (100, 128),
    "back": (100, 142),
    "flank": (70, 150),
    "low_back": (100, 166),
    "abdomen": (128, 160),
    "sacrum": (100, 188),
    "hip": (68, 192),
    "tailbone": (100, 204),
    "groin": (112, 212),
    "buttock": (84, 208),
    "thigh": (84, 254),
    "knee": (84, 302),
    "leg": (84, 340),
    "foot": (82, 394),
}
OUTLINE = (
    "M100 12 c14 0 20 12 20 24 c0 12 -6 20 -10 24 l2 12 c16 4 30 8 34 20 c6 22 10 60 14 96 "
    "l-12 4 c-6 -30 -12 -56 -18 -78 c0 24 -2 40 -4 56 c8 20 10 36 9 56 c-1 40 -5 70 -7 92 "
    "c-1 26 -3 50 -3 76 l8 14 l-22 0 l-4 -12 c-2 -50 -4 -100 -7 -150 c-3 50 -5 100 -7 150 "
    "l-4 12 l-22 0 l8 -14 c0 -26 -2 -50 -3 -76 c-2 -22 -6 -52 -7 -92 c-1 -20 1 -36 9 -56 "
    "c-2 -16 -4 -32 -4 -56 c-6 22 -12 48 -18 78 l-12 -4 c4 -36 8 -74 14 -96 c4 -12 18 -16 34 -20 "
    "l2 -12 c-4 -4 -10 -12 -10 -24 c0 -12 6 -24 20 -24 z"
)


def body(places: Mapping[str, int], palette: Palette = "page") -> str:
    """Return the drawing with each place's count of episodes; unknown places stand in the list."""
    known = sorted((n for n in places if n in PLACES), key=lambda name: PLACES[name][1])
    marks = []
    label_y = 0.0
    for name in known:
        x, y = PLACES[name]
        label_y = max(y, label_y + 22)
        word = escape(f"{name.replace('_', ' ')} ({places[name]})")
        marks.append(
            f'<circle cx="{x}" cy="{y}" r="9" fill="none" stroke="{BAD}" stroke-width="3"/>'
            f'<line x1="{x + 9}" y1="{y}" x2="172" y2="{label_y}" stroke="{QUIET}" '
            f'stroke-width="0.8"/><text x="176" y="{label_y + 4}" font-size="14" '
            f'font-family="DejaVu Sans, sans-serif" fill="{INK}">{word}</text>'
        )
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 420" width="320" height="420">'
        f'<path d="{OUTLINE}" fill="none" stroke="{INK}" stroke-width="2"/>'
        f'<line x1="100" y1="76" x2="100" y2="206" stroke="{QUIET}" stroke-dasharray="3 3"/>'
        f"{''.join(marks)}</svg>"
    )
    if palette == "print":
        for name, value in PRINT.items():
            drawing = drawing.replace(name, value)
    return drawing


def sentence(places: Mapping[str, int]) -> str:
    """Return what the drawing shows, in words."""
    if not places:
        return "No place was named."
    said = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in places.items())
    return f"Places named in story and diary, with how often: {said}."
