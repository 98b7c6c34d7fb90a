"""Readers: any export in, recordings out.

    walk(paths)      -> Member      what lies in a file, folder or archive; nothing decoded yet
    decode(members)  -> Recording   a batch of members, in this process or in a worker
    read(path)       -> Recording   both at once, for a notebook

Content decides, never the suffix. A user's data never raises: whatever cannot be read becomes a
recording with `start` None and the problem that says why; everything before a fault is kept.

A reader is a module with `sniff(head) -> bool` and `read(data, name) -> Iterator[Recording]`;
to add one, write it and put its kind into `READERS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backinstride.readers.archive import Member, UnreadableError, walk
from backinstride.readers.recording import Recording

if TYPE_CHECKING:
    import os
    from collections.abc import Container, Iterator, Sequence
    from typing import IO

__all__ = ["Member", "Recording", "UnreadableError", "decode", "read", "walk"]


def decode(
    members: Sequence[Member], known: Container[str] = ()
) -> Iterator[tuple[Member, str, tuple[Recording, ...]]]:
    """Yield (member, SHA-256 of its inflated bytes, its recordings) for a batch of members.

    Runs in any process: members are picklable and open their archive themselves. Members whose
    inflated bytes are in `known`, or came earlier in the batch, are yielded with no recordings
    and are not decoded. FIT members of one batch are decoded together (about 16 MB a batch is
    best). A member that is no recording (a picture, a vendor's other table) yields no recordings
    and no problem; one that is damaged yields a recording with `start` None. Never raises.
    The vendor's words (title, shoe, sport) are already joined.
    """
    raise NotImplementedError


def read(path: str | os.PathLike[str] | IO[bytes]) -> Iterator[Recording]:
    """Yield the recordings of any supported file, folder or archive, in the order of its members.

    Byte-equal second copies are given once. Never raises on a user's data.
    """
    raise NotImplementedError
