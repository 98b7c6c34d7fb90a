"""A picture as data, and its rendering to SVG."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    import altair as alt

VEGA_LITE = "6.4"  # what vl-convert renders; Altair's specs are of the same line
Palette = Literal["page", "print"]

# Names in a spec; the page's style sheet gives them values for both schemes.
INK, QUIET, BAR, BAD, GOOD, GRID = (
    "var(--ink)", "var(--quiet)", "var(--bar)", "var(--bad)", "var(--good)", "var(--grid)",
)  # fmt: skip
PRINT = {
    INK: "#1b1f24", QUIET: "#5b6470", BAR: "#2f6f9f",
    BAD: "#b3261e", GOOD: "#2e7d32", GRID: "#d7dce1",
}  # fmt: skip
WIDE, NARROW = 680, 330  # pixels: a page's column, a phone's
STACK_AXIS = 76  # what the axis of a stacked picture takes of its width
FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A chart: `sentence` says what it shows, `header` and `rows` are the same as a table."""

    name: str
    title: str
    sentence: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spec: dict[str, Any]


def count(number: int, noun: str) -> str:
    """Return "1 week", "2 weeks"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def drawn(chart: alt.TopLevelMixin, *, height: int = 220) -> dict[str, Any]:
    """Return the spec of an Altair chart in the house's clothes, as wide as a page's column."""
    spec: dict[str, Any] = chart.to_dict(validate=False)
    spec.pop("$schema", None)
    if "vconcat" not in spec:
        spec["width"], spec["height"] = WIDE, height
        spec["autosize"] = {"type": "fit", "contains": "padding"}
    spec["background"] = None
    spec["padding"] = 4
    spec["config"] = {
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK, "titleColor": QUIET, "domainColor": QUIET, "tickColor": QUIET,
            "gridColor": GRID, "labelFontSize": 12, "titleFontSize": 12, "labelLimit": 220,
            "titleFontWeight": "normal",
        },
        "axisY": {"domain": False, "ticks": False, "tickCount": 5},
        "axisX": {"grid": False},
        "legend": {
            "labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12,
            "orient": "top", "labelLimit": 260,
        },
        "text": {"color": INK, "fontSize": 12},
        "mark": {"aria": False},
    }  # fmt: skip
    return spec


def values(rows: list[dict[str, Any]]) -> Any:
    """Return the rows as inline data."""
    import altair as alt

    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def at_width(spec: dict[str, Any], width: int) -> dict[str, Any]:
    """Return the same spec as wide as asked; rows of a stacked picture lose their axis's room."""
    if "vconcat" in spec:
        inner = width - STACK_AXIS
        return {**spec, "vconcat": [{**part, "width": inner} for part in spec["vconcat"]]}
    return {**spec, "width": width}


def svg(picture: Picture, palette: Palette = "page", width: int = WIDE) -> str:
    """Render the picture to SVG; the same spec gives the same bytes."""
    spec = picture.spec if width == WIDE else at_width(picture.spec, width)
    drawing = _svg(json.dumps(spec, sort_keys=True, default=str))
    if palette == "print":
        for name, value in PRINT.items():
            drawing = drawing.replace(name, value)
    return drawing


@functools.lru_cache(maxsize=256)
def _svg(spec: str) -> str:
    import vl_convert

    return _own_ids(vl_convert.vegalite_to_svg(json.loads(spec), vl_version=VEGA_LITE), spec)


def _own_ids(drawing: str, spec: str) -> str:
    """Name the clips after the spec: the renderer counts them over its whole life.

    So the same spec gives the same bytes, and two drawings on a page never share a name.
    """
    mark = hashlib.sha256(spec.encode()).hexdigest()[:8]
    names: dict[str, str] = {}

    def own(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"clip-{mark}-{len(names)}")

    return re.sub(r"\bclip\d+\b", own, drawing)


def altair(picture: Picture) -> Any:
    """Return the picture as an Altair object for a notebook, in print colours."""
    import altair as alt

    text = json.dumps(picture.spec, default=str)
    for name, value in PRINT.items():
        text = text.replace(name, value)
    return alt.Chart.from_dict(json.loads(text), validate=False)
