"""Back in Stride: a runner's back, read from the runner's own runs.

Open research and self-management software, not a certified medical device.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from backinstride.runner import Runner
    from backinstride.values import Told

__all__ = ["__version__", "open", "tell"]

__version__ = "0.1.0"


def open(folder: str | os.PathLike[str], today: dt.date | None = None) -> Runner:  # noqa: A001 - the notebook's verb
    """Open a runner's folder (made on first use) as of `today` (default: the local date)."""
    from backinstride.runner import Runner

    return Runner(folder, dt.date.today() if today is None else today)


def tell(text: str) -> Told:
    """Read a story in plain words: findings, episodes, verdict, questions."""
    from backinstride.runner import tell as told

    return told(text, today=dt.date.today())
