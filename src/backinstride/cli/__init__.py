"""The command line: nouns of the runner, verbs of the shell.

Standard output is data, standard error is talk. Exit codes: 0 done, 1 the data could not be used,
2 wrong usage, 3 a warning sign that needs care today.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; errors of ours become one sentence and an exit code."""
    # Before NumPy is imported: its matrices here are small, and threads only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from backinstride.cli.commands import group
    from backinstride.errors import BackInStrideError, UsageError

    try:
        group(prog_name="backinstride")
    except UsageError as error:
        sys.stderr.write(f"backinstride: {error} [{error.slug}]\n")
        sys.exit(2)
    except BackInStrideError as error:
        sys.stderr.write(f"backinstride: {error} [{error.slug}]\n")
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)
