"""What lies in what was given: every member named, sniffed and joined to its vendor's tables."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from backinstride.errors import Problem
from backinstride.readers import apple, fit, garmin, strava, table
from backinstride.readers.archive import (
    EMPTY_ZIP,
    GZIP,
    MAX_RATIO,
    ZIP,
    Member,
    UnreadableError,
    _holder,
    bomb,
    directory,
    gzip_step,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_DEPTH = 4  # a vendor's archive holds zips of zips of one file; deeper is a game
NESTED_BUDGET = 1 << 30  # bytes that archives inside archives may promise in all
MAX_TABLE = {"table": 64 << 20, "strava": 256 << 20, "garmin": 512 << 20}  # bytes
RECORDINGS = ("fit", "gpx", "tcx", "table")
_CLAIMS = re.compile(r"\.(fit|gpx|tcx)(\.gz|\.zip)?\s*(\(\d+\)|\.\d+)?$", re.IGNORECASE)
_ROOT = re.compile(
    rb"<(?:[\w.-]+:)?(gpx|TrainingCenterDatabase|Activities|HealthData)[\s>/]", re.IGNORECASE
)
_PICTURES = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"%PDF", b"\x00\x00\x00\x18ftyp",
    b"\x00\x00\x00\x1cftyp", b"\x00\x00\x00\x20ftyp", b"SQLite format 3", b"Obj\x01", b"PAR1",
)  # fmt: skip
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_PICKLE_TEXT = re.compile(rb"^(?:\(?[dl]p\d+\n|\(?c[\w.]+\n\w+\n)")

# A vendor's bundle: the members it knows of get their words, rows without a file are added.
BUNDLES: tuple[Callable[[list[Member]], list[Member]], ...] = (
    strava.attach,
    garmin.attach,
    apple.attach,
)


def walk(path: str | os.PathLike[str] | IO[bytes]) -> Iterator[Member]:
    """Yield everything in a file, folder (recursive) or archive, in a stable order.

    Vendors' tables are read first and joined as `sidecar`; rows without a file come last as
    members of kind "row". Files that a vendor's table names come before its other files, so that
    of byte-equal copies the named one is met first. Hostile input (bombs, deep nesting, encrypted
    members) becomes members of kind "problem". Symbolic links that leave the folder are not
    followed. Never raises.
    """
    if hasattr(path, "read"):
        raw = path.read()
        name = os.path.basename(str(getattr(path, "name", "stream")))  # noqa: PTH119 - any text
        given = [Member(name=name, kind="", size=len(raw), raw=raw)]
    else:
        given = list(_on_disk(Path(path)))
    alone = len(given) == 1 and not (isinstance(path, (str, os.PathLike)) and Path(path).is_dir())
    budget = [max(NESTED_BUDGET, MAX_RATIO * sum(member.size for member in given))]
    found: list[Member] = []
    for member in given:
        found.extend(_expand(member, 0, budget, alone=alone))
    for attach in BUNDLES:
        found = attach(found)
    yield from map(_settled, sorted(found, key=_rank))


def _rank(member: Member) -> int:
    return 2 if member.kind == "row" else int(member.kind in RECORDINGS and not member.sidecar)


def _settled(member: Member) -> Member:
    """Give a kind that no bundle took up its final name."""
    if member.kind in (*RECORDINGS, "row", "export", "ignored", "problem"):
        return member
    return msgspec.structs.replace(member, kind="ignored")


# --- files and folders --------------------------------------------------------------------


def _on_disk(path: Path) -> Iterator[Member]:
    if not path.is_dir():
        yield _file(path, path.name)
        return
    root = path.resolve()
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            here = Path(folder) / name
            shown = here.relative_to(path).as_posix()
            if here.is_symlink() and not here.resolve().is_relative_to(root):
                message = "is a link to a place outside the folder, so it was not followed."
                yield _problem(shown, "link-outside", message)
            else:
                yield _file(here, shown)


def _file(path: Path, name: str) -> Member:
    try:
        about = path.stat()
    except OSError as error:
        return _problem(name, "file-unreadable", f"cannot be opened: {error.strerror}.")
    if not stat.S_ISREG(about.st_mode):
        return _problem(name, "file-unreadable", "is neither a file nor a folder.")
    return Member(name=name, kind="", size=about.st_size, path=str(path))


def _problem(name: str, slug: str, message: str, hint: str | None = None) -> Member:
    problem = Problem(file=name, slug=slug, message=message, hint=hint)
    return Member(name=name, kind="problem", size=0, problems=(problem,))


# --- archives and content -----------------------------------------------------------------


def _expand(member: Member, depth: int, budget: list[int], *, alone: bool) -> Iterator[Member]:
    """Yield the member with its kind, or what lies inside it if it is an archive."""
    if member.kind == "problem":
        yield member
        return
    try:
        head = member.head()
        if head[:4] not in (ZIP, EMPTY_ZIP):
            yield _sniffed(member, head, alone=alone)
            return
        yield from _inside(member, depth, budget, alone=alone)
    except UnreadableError as error:
        yield msgspec.structs.replace(
            member, kind="problem", problems=(*member.problems, error.problem)
        )


def _inside(member: Member, depth: int, budget: list[int], *, alone: bool) -> Iterator[Member]:
    if depth >= MAX_DEPTH:
        message = "holds archives inside archives, too deep to be a vendor's export."
        raise UnreadableError(Problem(file=member.name, slug="archive-too-deep", message=message))
    holder = _holder(member.path, member.raw, member.entries, member.name)
    if bytes(holder.read_at(0, 2)) == GZIP:
        member = msgspec.structs.replace(member, entries=(*member.entries, gzip_step(member.size)))
        holder = _holder(member.path, member.raw, member.entries, member.name)
    if depth:
        budget[0] -= max(member.entries[-1].size, holder.size) if member.entries else member.size
        if budget[0] < 0:
            raise UnreadableError(bomb(member.name))
    inside = directory(holder, member.name)
    prefix = "" if alone and depth == 0 else f"{member.name}/"
    if not inside and depth:
        yield msgspec.structs.replace(member, kind="ignored")
    elif not inside:
        yield _problem(member.name, "archive-empty", "is an archive with nothing in it.")
    for info, entry in inside:
        name, problems = _named(info.filename, prefix)
        found = Member(
            name=name,
            kind="",
            size=entry.stored,
            path=member.path,
            raw=member.raw,
            entries=(*member.entries, entry),
            problems=problems,
        )
        refused = _refused(found, info.flag_bits, info.external_attr >> 16)
        if refused:
            yield msgspec.structs.replace(found, kind="problem", problems=(*problems, refused))
        else:
            yield from _expand(found, depth + 1, budget, alone=alone and len(inside) == 1)


def _named(name: str, prefix: str) -> tuple[str, tuple[Problem, ...]]:
    """Return a name that is safe to show and to compare, with a problem where it was not."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    safe = prefix + "/".join(parts)
    if ".." in name.replace("\\", "/").split("/") or name.startswith(("/", "\\")):
        message = "its name points outside the archive; it was read, and nothing was unpacked."
        return safe, (Problem(file=safe, slug="unsafe-name", message=message, kept=True),)
    return safe, ()


def _refused(member: Member, flags: int, mode: int) -> Problem | None:
    """Return why a zip member is not opened at all, or None."""
    entry = member.entries[-1]
    if flags & 1:
        hint = "Unpack it with its password and give the folder."
        return Problem(
            file=member.name, slug="encrypted", message="is locked by a password.", hint=hint
        )
    if stat.S_ISLNK(mode):
        return Problem(
            file=member.name, slug="link-outside", message="is a link; links are not followed."
        )
    if entry.method not in (0, 8):
        hint = "Unpack it yourself and give the folder."
        message = f"is packed by a method that is not read ({entry.method})."
        return Problem(file=member.name, slug="packing-unread", message=message, hint=hint)
    return None


def _sniffed(member: Member, head: bytes, *, alone: bool) -> Member:
    kind, problem = sniff(head, member.name, alone=alone)
    size = member.entries[-1].size if member.entries else member.size
    if kind in ("table", "strava", "garmin") and size > MAX_TABLE[kind]:
        message = f"is larger than any real table of this kind ({size >> 20} MB)."
        kind, problem = (
            "problem",
            Problem(file=member.name, slug="table-too-large", message=message),
        )
    problems = (*member.problems, problem) if problem else member.problems
    return msgspec.structs.replace(member, kind=kind, problems=problems)


def sniff(head: bytes, name: str, *, alone: bool = False) -> tuple[str, Problem | None]:
    """Return the kind of a member by its first bytes, and the problem if it cannot be used.

    `alone`: it is the only thing that was given, so not knowing it is worth a problem.
    """
    if not head:
        return "problem", Problem(file=name, slug="empty-file", message="is empty.")
    if fit.sniff(head) or (head[0] in (12, 14) and _CLAIMS.search(name)):
        return "fit", None
    if head[:2] in _PICKLES or _PICKLE_TEXT.match(head):
        message = "is a Python pickle, which could run code when opened, so it never is."
        return "problem", Problem(file=name, slug="pickle-refused", message=message)
    kind = _text_kind(head)
    if kind is None and (alone or _CLAIMS.search(name)):
        message = "is not a recording that is read here: neither FIT, GPX, TCX nor a table of runs."
        return "problem", Problem(file=name, slug="not-a-recording", message=message)
    return kind or "ignored", None


def _text_kind(head: bytes) -> str | None:
    """Return the kind of an XML, JSON or CSV file by its first bytes, None for anything else."""
    text = plain_text(head)
    root = _ROOT.search(text)
    if text.lstrip()[:1] == b"<" and root:
        return {b"gpx": "gpx", b"healthdata": "apple"}.get(root[1].lower(), "tcx")
    if any(head.startswith(magic) for magic in _PICTURES) or b"\0" in text[:512]:
        return None
    if garmin.is_table(text):
        return "garmin"
    if strava.is_activities(text):
        return "strava"
    return "table" if table.sniff(text) else None


def plain_text(head: bytes) -> bytes:
    """Return the first bytes as UTF-8 without byte-order mark."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head[2:].decode(encoding, "ignore").encode()
    return head.removeprefix(b"\xef\xbb\xbf")
