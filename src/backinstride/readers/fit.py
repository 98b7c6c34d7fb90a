"""FIT: what watches and bike computers write. Bytes in, recordings out.

Our own columnar decoder; everything before a fault is kept and the fault is a
:class:`~backinstride.errors.Problem` with its byte. One recording per session (a triathlon gives
five); a file without an activity (settings, workout, weight, course) gives one with `start` None.

Times that count seconds since the watch was switched on are no dates: such a recording keeps its
records (times as they stand in the file), has `start` None and the problem `fit-undated`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backinstride.readers.fit_activity import recordings
from backinstride.readers.fit_frames import is_header
from backinstride.readers.fit_messages import FitMessage, messages
from backinstride.readers.fit_stream import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backinstride.readers.recording import Recording

__all__ = ["SUFFIXES", "FitMessage", "messages", "read", "read_many", "sniff"]

SUFFIXES = (".fit",)
BATCH_BYTES = 16 * 1024 * 1024  # decoding needs about ten times that in memory


def sniff(head: bytes) -> bool:
    """Return whether a file that begins with these bytes (12 or more) is a FIT file."""
    return len(head) >= 12 and is_header(head)


def read(data: bytes, name: str) -> Iterator[Recording]:
    """Yield the recordings of one FIT file, chained parts and all sessions included."""
    return read_many([(name, data)])


def read_many(files: Sequence[tuple[str, bytes]]) -> Iterator[Recording]:
    """Yield the recordings of many FIT files (name, bytes), in order, decoded in batches."""
    batch: list[tuple[str, bytes]] = []
    size = 0
    for name, data in files:
        if batch and size + len(data) > BATCH_BYTES:
            yield from recordings(stream(batch), batch)
            batch, size = [], 0
        batch.append((name, data))
        size += len(data)
    if batch:
        yield from recordings(stream(batch), batch)
