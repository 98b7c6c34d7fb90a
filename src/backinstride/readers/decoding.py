"""A batch of members to recordings, in whatever process it is asked for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from backinstride.readers import fit, gpx, table, tcx
from backinstride.readers.archive import Member, UnreadableError
from backinstride.readers.joining import from_row, joined
from backinstride.readers.recording import Recording
from backinstride.readers.walking import RECORDINGS, walk

if TYPE_CHECKING:
    import os
    from collections.abc import Container, Iterator, Sequence
    from typing import IO

    from backinstride.errors import Problem
    from backinstride.readers.table import TableMapping

Decoded = tuple[Member, str, tuple[Recording, ...]]
READERS = {"gpx": gpx.read, "tcx": tcx.read}
BATCH_BYTES = 8 << 20  # stored; FIT inflates by 1.7, TCX by 17


def decode(
    members: Sequence[Member],
    known: Container[str] = (),
    *,
    mappings: Sequence[TableMapping] = (),
) -> Iterator[Decoded]:
    """Yield (member, SHA-256 of its inflated bytes, its recordings) for a batch of members.

    Runs in any process: members are picklable and open their archive themselves. Members whose
    inflated bytes are in `known`, or came earlier in the batch, are yielded with no recordings
    and are not decoded. FIT members of one batch are decoded together (8 MB stored is a good
    batch). A member that is no recording (a picture, a vendor's other table) yields no recordings
    and no problem; one that is damaged yields a recording with `start` None. Never raises.
    The vendor's words (title, shoe, sport) are already joined; rows have the digest "".
    `mappings`: what the columns of hand-kept logs mean, as kept in `profile.toml`.
    """
    fits, loaded = _load_fits(members, known)
    decoded = _decode_fits(fits)
    seen: set[str] = set()
    for place, member in enumerate(members):
        if member.kind == "row":
            yield member, "", (from_row(member),)
        elif member.kind not in RECORDINGS:
            yield member, "", (_refused(member, member.problems),) if member.problems else ()
        elif place in loaded:
            digest, wrapping = loaded[place]
            fresh = digest not in seen and digest in decoded
            seen.add(digest)
            recordings = joined(decoded.get(digest, ()), member.sidecar) if fresh else ()
            yield member, digest, _warned(recordings, wrapping)
        else:
            yield _decoded(member, known, seen, mappings)


def _load_fits(
    members: Sequence[Member], known: Container[str]
) -> tuple[dict[str, tuple[str, bytes]], dict[int, tuple[str, tuple[Problem, ...]]]]:
    """Return the new FIT files by digest, and each FIT member's digest and wrapping problems."""
    fits: dict[str, tuple[str, bytes]] = {}
    loaded: dict[int, tuple[str, tuple[Problem, ...]]] = {}
    for place, member in enumerate(members):
        if member.kind != "fit":
            continue
        try:
            data, wrapping = member.load()
        except UnreadableError:
            continue  # met again, and told, in its turn
        digest = hashlib.sha256(data).hexdigest()
        loaded[place] = digest, wrapping
        if digest not in known and digest not in fits:
            fits[digest] = member.name, data
    return fits, loaded


def _decode_fits(fits: dict[str, tuple[str, bytes]]) -> dict[str, list[Recording]]:
    decoded: dict[str, list[Recording]] = {digest: [] for digest in fits}
    for recording in fit.read_many(list(fits.values())):
        decoded[recording.sha256].append(recording)
    return decoded


def _decoded(
    member: Member, known: Container[str], seen: set[str], mappings: Sequence[TableMapping]
) -> Decoded:
    try:
        data, wrapping = member.load()
    except UnreadableError as error:
        return member, "", (_refused(member, (*member.problems, error.problem)),)
    digest = hashlib.sha256(data).hexdigest()
    if digest in known or digest in seen:
        return member, digest, ()
    seen.add(digest)
    if member.kind == "table":
        found = tuple(table.read(data, member.name, mappings))
    else:
        found = tuple(READERS[member.kind](data, member.name, digest))
    recordings = joined(found, member.sidecar)
    return member, digest, _warned(recordings, wrapping)


def _refused(member: Member, problems: tuple[Problem, ...]) -> Recording:
    return Recording(id="", file=member.name, source=member.kind, problems=problems)


def _warned(
    recordings: tuple[Recording, ...], wrapping: tuple[Problem, ...]
) -> tuple[Recording, ...]:
    """Add what was wrong with the wrapping to the first recording."""
    if not wrapping or not recordings:
        return recordings
    first = msgspec.structs.replace(recordings[0], problems=wrapping + recordings[0].problems)
    return (first, *recordings[1:])


def read(path: str | os.PathLike[str] | IO[bytes]) -> Iterator[Recording]:
    """Yield the recordings of any supported file, folder or archive, in the order of its members.

    Byte-equal second copies are given once. Never raises on a user's data.
    """
    known: set[str] = set()
    batch: list[Member] = []
    waiting = 0
    for member in walk(path):
        batch.append(member)
        waiting += member.size
        if waiting > BATCH_BYTES:
            yield from _read(batch, known)
            batch, waiting = [], 0
    yield from _read(batch, known)


def _read(batch: Sequence[Member], known: set[str]) -> Iterator[Recording]:
    for _, digest, recordings in decode(batch, frozenset(known)):
        known.add(digest)
        yield from recordings
