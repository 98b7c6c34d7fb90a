"""Pictures: one Vega-Lite spec each, for page, PDF and notebook; a sentence and a table beside it.

A :class:`Picture` is data. `svg` renders it with the colours of a page (CSS variables, so that
dark mode follows) or of print (fixed values). Colour never stands alone: a shape or a word goes
with it.
"""

from __future__ import annotations

from backinstride.charts.answer import contributors, mornings, plan, weeks
from backinstride.charts.history import cause, run, run_interactive, shoes, years
from backinstride.charts.picture import NARROW, WIDE, Picture, altair, svg

__all__ = [
    "NARROW",
    "WIDE",
    "Picture",
    "altair",
    "cause",
    "contributors",
    "mornings",
    "plan",
    "run",
    "run_interactive",
    "shoes",
    "svg",
    "weeks",
    "years",
]
