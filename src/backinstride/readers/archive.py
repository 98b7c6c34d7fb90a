"""What lies where: files, folders, gzip, zip, zip in zip. Nothing is ever written to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from backinstride.errors import BackInStrideError, Problem

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from typing import IO


class UnreadableError(BackInStrideError):
    """A member cannot be opened; `problem` says why. Never leaves this package."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Entry(msgspec.Struct, frozen=True):
    """One member of a zip by its place: what a worker needs to open it without the directory."""

    offset: int  # of the local header
    stored: int  # bytes as they lie in the archive
    size: int  # bytes inflated, as the directory says
    method: int  # 0 stored, 8 deflated
    crc: int


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in what was given: cheap to describe, picklable, opens itself in any process.

    kind: "fit" | "gpx" | "tcx" | "table" a recording by its content; "row" an activity known from
    a vendor's table only (no file: `is_file` False); "apple" one workout of an Apple export;
    "export" a vendor's table, already joined; "ignored" a picture and the like;
    "problem" something that cannot be opened, `problems` says why.
    `sidecar` holds what the vendor says beside the file, as text: vendor, vendor_id, title,
    description, shoe, sport (the vendor's own word), start (ISO 8601, UTC), distance_m, elapsed_s,
    moving_s, climb_m, file (the name in the vendor's table).
    """

    name: str  # as shown: the path inside the archive, "outer.zip/inner.fit" for nested ones
    kind: str
    size: int  # bytes as stored (compressed); what progress can add up
    path: str = ""  # the file on disk
    entries: tuple[Entry, ...] = ()  # the way through nested zips
    raw: bytes | None = None  # where what was given is no file on disk
    sidecar: dict[str, str] = {}
    problems: tuple[Problem, ...] = ()

    @property
    def is_file(self) -> bool:
        """Return whether this is a member of the archive and not only a row of a table."""
        return self.kind != "row"

    def stored_sha256(self) -> str:
        """Return the SHA-256 of the bytes as they lie (compressed): cheap, for skipping known files.

        Covers the sidecar too, so that a changed title is seen.
        """
        raise NotImplementedError

    def data(self) -> bytes:
        """Return the inflated bytes; raises :class:`UnreadableError` with its problem."""
        raise NotImplementedError


def walk(path: str | os.PathLike[str] | IO[bytes]) -> Iterator[Member]:
    """Yield everything in a file, folder (recursive) or archive, in a stable order.

    Vendors' tables are read first and joined as `sidecar`; rows without a file come last as
    members of kind "row". Hostile input (bombs, deep nesting, encrypted members) becomes members
    of kind "problem". Symlinks that leave the folder are not followed. Never raises.
    """
    raise NotImplementedError
