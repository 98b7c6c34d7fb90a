"""One member of a file, folder or archive, and how to open it. Nothing is written to disk.

Every inflation is bounded: a member may not grow beyond `MAX_INFLATED` bytes, nor beyond
`MAX_RATIO` times what is stored once it is larger than `FREE_INFLATED`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import mmap
import os
import zipfile
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

try:
    from isal import isal_zlib as _fast
except ImportError:  # no wheel for this platform: the standard library is slower, not different
    _fast = zlib  # type: ignore[misc]

from backinstride.errors import BackInStrideError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_INFLATED = 1 << 30
FREE_INFLATED = 32 << 20
MAX_RATIO = 200  # TCX is the most compressible real thing seen: 17, a health export 30
MAX_MEMBERS = 200_000
IN_MEMORY_ARCHIVE = 256 << 20  # larger deflated archives inside archives are read as a stream
CHUNK = 1 << 20
_inflate: Any = _fast
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
DEFLATE_ERRORS: tuple[type[Exception], ...] = (
    zlib.error,
    *((_inflate.error,) if _inflate is not zlib else ()),
    EOFError,
)


class UnreadableError(BackInStrideError):
    """A member cannot be opened; `problem` says why. Never leaves this package."""

    slug = "unreadable"

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Entry(msgspec.Struct, frozen=True):
    """One member of a zip by its place: what a worker needs to open it without the directory."""

    offset: int  # of the local header
    stored: int  # bytes as they lie in the archive
    size: int  # bytes inflated, as the directory says
    method: int  # 0 stored, 8 deflated, 31 the step through a gzip around an archive
    crc: int


def gzip_step(stored: int) -> Entry:
    """Return the step through a gzip around an archive, which has no directory."""
    return Entry(offset=0, stored=stored, size=0, method=31, crc=0)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in what was given: cheap to describe, picklable, opens itself in any process.

    kind: "fit" | "gpx" | "tcx" | "table" a recording by its content; "row" an activity known from
    a vendor's table only (no file: `is_file` False); "export" a vendor's table, already joined;
    "ignored" a picture and the like; "problem" something that cannot be opened, `problems` says
    why.
    `sidecar` holds what the vendor says beside the file, as text: vendor, vendor_id, title,
    description, shoe (or gear), sport (the vendor's own word), start (ISO 8601, UTC), utc_offset_s,
    distance_m, elapsed_s, moving_s, climb_m, avg_hr_bpm, file (the name in the vendor's table).
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
        """Return the SHA-256 of the bytes as they lie (compressed): cheap, to skip known members.

        Covers the sidecar too, so that a changed title is seen.
        """
        digest = hashlib.sha256(msgspec.json.encode(sorted(self.sidecar.items())))
        with contextlib.suppress(UnreadableError):
            if self.is_file:
                digest.update(self.stored())
        return digest.hexdigest()

    def stored(self) -> memoryview:
        """Return the bytes as they lie, without a copy where the archive itself is stored."""
        if self.raw is not None and not self.entries:
            return memoryview(self.raw)
        holder = _holder(self.path, self.raw, self.entries[:-1], self.name)
        if not self.entries:
            return holder.read_at(0, holder.size)
        return _entry_bytes(holder, self.entries[-1], self.name)

    def load(self) -> tuple[bytes, tuple[Problem, ...]]:
        """Return the inflated bytes and what was wrong with the wrapping (all before it is kept).

        Raises :class:`UnreadableError` where nothing at all can be read.
        """
        view, problems = self.stored(), self.problems
        data: bytes | memoryview = view
        if self.entries and self.entries[-1].method != 0:
            data, more = _inflated(view, -15, self.name, "archive-damaged")
            problems += more
        if self.entries and not problems and zlib.crc32(data) != self.entries[-1].crc:
            problems += (_crc_problem(self.name),)
        for _ in range(2):  # a gzip inside a gzip has been seen; deeper is a game
            if data[:2] == GZIP:
                data, more = _inflated(data, 31, self.name, "gzip-damaged")
                problems += more
        return bytes(data), problems

    def data(self) -> bytes:
        """Return the inflated bytes; raises :class:`UnreadableError` with its problem."""
        return self.load()[0]

    def head(self, size: int = 4096) -> bytes:
        """Return the first inflated bytes, for sniffing; raises :class:`UnreadableError`."""
        view = self.stored()
        head = bytes(view[: size * 4])
        if self.entries and self.entries[-1].method != 0:
            head = _inflated_head(head, -15, size)
        for _ in range(2):
            if head[:2] == GZIP:
                head = _inflated_head(head, 31, size)
        return head[:size]

    def chunks(self) -> Iterator[bytes]:
        """Yield the inflated bytes of a zip member or file piece by piece, whatever its size.

        For tables too large for memory; damage ends the stream. Only one deflate layer.
        """
        view = self.stored()
        if not self.entries or self.entries[-1].method == 0:
            for start in range(0, len(view), CHUNK):
                yield bytes(view[start : start + CHUNK])
            return
        engine, total, limit = _inflate.decompressobj(-15), 0, MAX_RATIO * len(view)
        for start in range(0, len(view), CHUNK >> 4):
            try:
                piece = engine.decompress(view[start : start + (CHUNK >> 4)])
            except DEFLATE_ERRORS:
                return
            total += len(piece)
            if total > max(limit, FREE_INFLATED):
                raise UnreadableError(bomb(self.name))
            yield piece


# --- what holds the bytes -----------------------------------------------------------------


class Holder:
    """Bytes that can be read at a place: a file (mapped), a buffer, or a deflated stream."""

    def __init__(self, view: memoryview | None, stream: Any = None, size: int = 0) -> None:
        self.view, self.stream = view, stream
        self.size = len(view) if view is not None else size

    def read_at(self, offset: int, size: int) -> memoryview:
        """Return `size` bytes from `offset` (fewer at the end)."""
        if self.view is not None:
            return self.view[offset : offset + size]
        self.stream.seek(offset)
        return memoryview(self.stream.read(size))

    def as_file(self) -> Any:
        """Return a seekable file object for reading the directory."""
        return self.stream if self.view is None else _ViewFile(self.view)


class _ViewFile(io.RawIOBase):
    """A read-only file over a buffer, without a copy."""

    def __init__(self, view: memoryview) -> None:
        self._view, self._place = view, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._place, len(self._view))[whence]
        if base + offset < 0:
            raise OSError("before the start")  # what a real file says; zipfile relies on it
        self._place = base + offset
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._view) if size is None or size < 0 else self._place + size
        piece = bytes(self._view[self._place : end])
        self._place += len(piece)
        return piece


_HOLDERS: OrderedDict[tuple[object, ...], Holder] = OrderedDict()  # per process, a few at most


def _holder(path: str, raw: bytes | None, entries: tuple[Entry, ...], name: str) -> Holder:
    if raw is not None and not entries:
        return Holder(memoryview(raw))
    key = (path or id(raw), _stamp(path), entries)
    if key in _HOLDERS:
        _HOLDERS.move_to_end(key)
        return _HOLDERS[key]
    made = _nested(path, raw, entries, name) if entries else _mapped(path, name)
    if raw is None:  # bytes given by hand have no name to remember them by
        _HOLDERS[key] = made
        while len(_HOLDERS) > 4:
            _HOLDERS.popitem(last=False)
    return made


def _stamp(path: str) -> tuple[int, int]:
    try:
        stat = os.stat(path)  # noqa: PTH116 - called for every member, Path objects cost more
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)


def _mapped(path: str, name: str) -> Holder:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            if os.fstat(file.fileno()).st_size == 0:
                return Holder(memoryview(b""))
            return Holder(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableError(
            Problem(file=name, slug="file-unreadable", message=f"cannot be opened: {reason}.")
        ) from error


def _nested(path: str, raw: bytes | None, entries: tuple[Entry, ...], name: str) -> Holder:
    outer, entry = _holder(path, raw, entries[:-1], name), entries[-1]
    if entry.method == 8 and entry.size > IN_MEMORY_ARCHIVE:
        info = zipfile.ZipInfo("inner.zip")
        archive = zipfile.ZipFile(outer.as_file())
        info = next(i for i in archive.infolist() if i.header_offset == entry.offset)
        return Holder(None, archive.open(info), entry.size)
    around = entry.method == 31
    view = outer.read_at(0, outer.size) if around else _entry_bytes(outer, entry, name)
    if entry.method == 0:
        return Holder(view)
    data, problems = _inflated(view, 31 if around else -15, name, "archive-damaged")
    if problems:
        raise UnreadableError(problems[0])
    return Holder(memoryview(data))


def _entry_bytes(holder: Holder, entry: Entry, name: str) -> memoryview:
    header = bytes(holder.read_at(entry.offset, 30))
    if len(header) < 30 or header[:4] != ZIP:
        raise UnreadableError(_damaged(name, "its place in the archive holds something else."))
    skip = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    view = holder.read_at(entry.offset + 30 + skip, entry.stored)
    if len(view) < entry.stored:
        raise UnreadableError(_damaged(name, "the archive ends before it does."))
    return view


def _damaged(name: str, message: str) -> Problem:
    hint = "Ask the vendor for the export again, or unpack what can be unpacked."
    return Problem(file=name, slug="archive-damaged", message=message, hint=hint)


def _crc_problem(name: str) -> Problem:
    message = "its checksum is wrong, so some of it may be damaged."
    return Problem(file=name, slug="archive-crc", message=message, kept=True)


# --- inflating ----------------------------------------------------------------------------


def _limit(stored: int) -> int:
    return min(MAX_INFLATED, max(FREE_INFLATED, MAX_RATIO * stored))


def _inflated_head(data: bytes, wbits: int, size: int) -> bytes:
    try:
        return bytes(_inflate.decompressobj(wbits).decompress(data, size))
    except DEFLATE_ERRORS:
        return b""


def _inflated(
    data: bytes | memoryview, wbits: int, name: str, slug: str
) -> tuple[bytes, tuple[Problem, ...]]:
    """Inflate within the limit; a damaged end keeps what came before it."""
    limit, pieces, total = _limit(len(data)), [], 0
    left: bytes | memoryview = data
    fault = ""
    while left:
        engine = _inflate.decompressobj(wbits)
        try:
            while not engine.eof:
                piece = engine.decompress(left, 4 * CHUNK)
                left = engine.unconsumed_tail
                total += len(piece)
                pieces.append(piece)
                if total > limit:
                    raise UnreadableError(bomb(name))
                if not piece and not left:
                    break
        except DEFLATE_ERRORS:
            fault = "it is damaged"
            break
        if not engine.eof:
            fault = "it ends too early"
            break
        left = engine.unused_data if wbits > 0 and engine.unused_data[:2] == GZIP else b""
    out = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if not fault:
        return out, ()
    message = f"{fault}; what came before is used." if out else f"{fault}; nothing can be read."
    return out, (Problem(file=name, slug=slug, message=message, kept=bool(out)),)


def bomb(name: str) -> Problem:
    """Return the problem of something that grows beyond all reason when unpacked."""
    return Problem(
        file=name,
        slug="archive-bomb",
        message="it grows beyond all reason when unpacked, so it was left alone.",
        hint="If it is a real export, unpack it yourself and give the folder.",
    )


# --- the directory of a zip ---------------------------------------------------------------


def directory(holder: Holder, name: str) -> list[tuple[zipfile.ZipInfo, Entry]]:
    """Return the members of a zip in the order of its directory.

    Raises :class:`UnreadableError` where the directory is damaged, too long, or its members
    overlap (the trick of bombs that look small).
    """
    try:
        with zipfile.ZipFile(holder.as_file()) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise UnreadableError(_damaged(name, "the archive's directory is damaged.")) from error
    if len(infos) > MAX_MEMBERS:
        raise UnreadableError(bomb(name))
    found = [
        (i, Entry(i.header_offset, i.compress_size, i.file_size, i.compress_type, i.CRC))
        for i in infos
        if not i.is_dir()
    ]
    end = 0
    for _, entry in sorted(found, key=lambda pair: pair[1].offset):
        if entry.offset < end:
            raise UnreadableError(bomb(name))
        end = entry.offset + 30 + entry.stored
    return found
