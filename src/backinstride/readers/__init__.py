"""Readers: any export in, recordings out.

    walk(path)       -> Member      what lies in a file, folder or archive; nothing decoded yet
    decode(members)  -> Recording   a batch of members, in this process or in a worker
    read(path)       -> Recording   both at once, for a notebook

Content decides, never the suffix. A user's data never raises: whatever cannot be read becomes a
recording with `start` None and the problem that says why; everything before a fault is kept.

A reader is a module with `sniff(head) -> bool` and `read(data, name) -> Iterator[Recording]`;
to add one, write it, let `walking.sniff` know its first bytes and put it into `decoding.READERS`.
A vendor's bundle is a module with `attach(members) -> members`, listed in `walking.BUNDLES`.
"""

from __future__ import annotations

from backinstride.readers.archive import Member, UnreadableError
from backinstride.readers.decoding import decode, read
from backinstride.readers.recording import Recording
from backinstride.readers.table import TableMapping, kept, mapped
from backinstride.readers.walking import walk

__all__ = [
    "Member",
    "Recording",
    "TableMapping",
    "UnreadableError",
    "decode",
    "kept",
    "mapped",
    "read",
    "walk",
]
