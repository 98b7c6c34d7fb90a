"""Many runners by the definitions of the single one.

    metrics.py     one block function, Arrow in and out: the load before every session
    definition.py  the same in thirty lines of plain Python: the oracle
    stream.py      the embedded engine: one file to another, in bounded memory
    build.py       runners' folders and run-level lists to pseudonymous tables
    analysis.py    incidence, burden, recurrence, percentile bands
    screen.py      the coach's page of a morning
    regression.py  discrete-time hazard: cells or rows, errors robust to clustering
    priors.py      what a cohort taught, as a file that `why --priors` reads
    alike.py       how many like me, and what they tried

Needs the extra `[cohort]` (numba, pyarrow) where Arrow is used; the distributed engine is
:mod:`backinstride.spark`. What is shown of a cohort is counts of at least :data:`K` runners.
"""

from __future__ import annotations

import importlib
from typing import Any

from backinstride.errors import MissingExtraError

K = 10  # no cell of fewer runners is shown


def require(module: str, extra: str = "cohort") -> Any:
    """Import an optional module, or say which extra has it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"this needs {module}: pip install 'backinstride[{extra}]'"
        ) from error
