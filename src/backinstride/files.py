"""Private files of a runner's folder: 0700 and 0600 under any umask, never half written.

Two ways to write, both under `locked`: `replace` (temporary file, fsync, rename) for what is
rewritten whole, `append` (fsync, undone on failure) for what only grows.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
LOCK_TIMEOUT_S = 60.0  # longer than any writer holds it; a dead writer's lock frees itself
TEMPORARY_SUFFIX = ".part"


def private_directory(path: Path) -> Path:
    """Make the directory if needed and close it to others (0700); return it.

    A directory that others share on purpose (sticky, such as a system's temporary one) is left.
    """
    path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    mode = path.stat().st_mode
    if stat.S_IMODE(mode) != DIRECTORY_MODE and not mode & stat.S_ISVTX:
        with contextlib.suppress(OSError):
            path.chmod(DIRECTORY_MODE)
    return path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` across processes and threads; made where it is missing."""
    private_directory(path.parent)
    with FileLock(path, timeout=LOCK_TIMEOUT_S, mode=FILE_MODE):
        yield


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write the whole file so that a reader sees the old or the new one, never a part.

    `durable` waits for the disk. A symbolic link stays one: what it points to is rewritten.
    """
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.name}.", suffix=TEMPORARY_SUFFIX
    )
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        temporary.chmod(FILE_MODE)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_directory(target.parent)


def append(path: Path, data: bytes) -> None:
    """Append and wait for the disk; what could not be written whole is taken back.

    Hold the lock: the size before is what the file returns to when the disk is full.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    new = not path.exists()
    handle = os.open(path, flags, FILE_MODE)
    try:
        before = os.fstat(handle).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, before)
            raise
    finally:
        os.close(handle)
    if new:
        path.chmod(FILE_MODE)
        sync_directory(path.parent)


def ends_in_newline(path: Path) -> bool:
    """Return whether the file is empty, missing or ends in a newline: a torn line does not."""
    try:
        with path.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            if stream.tell() == 0:
                return True
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"
    except FileNotFoundError:
        return True


def sync(paths: Iterable[Path]) -> None:
    """Make files that were written before durable, with their names."""
    parents = set()
    for path in paths:
        with contextlib.suppress(OSError), path.open("rb+") as stream:
            os.fsync(stream.fileno())
        parents.add(path.parent)
    for parent in parents:
        sync_directory(parent)


def sync_directory(path: Path) -> None:
    """Make renames and new names in the directory durable, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
