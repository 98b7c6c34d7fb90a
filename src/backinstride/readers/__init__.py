"""Readers: any export in, recordings out.

A reader is a module with `SUFFIXES`, `sniff(head) -> bool` and `read(data, name)`; it decides on
content, never on the suffix, never raises on a user's data, and keeps everything before a fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backinstride.readers.recording import Recording

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from typing import IO

__all__ = ["Recording", "read"]


def read(path: str | os.PathLike[str] | IO[bytes]) -> Iterator[Recording]:
    """Yield the recordings of any supported file or archive, oldest problem included."""
    raise NotImplementedError
