"""The diary: plain text that a person owns, read leniently, appended to safely.

One entry a block::

    2012-09-30 episode "stopped at 17.25 of 20 miles, walked"
      onset: 17.25 mi
      feels: spasm
      note: it eased when I lay down
      | and came back after ten steps

A line `YYYY-MM-DD kind "optional words"`, then indented `name: value` lines. Words run from the
first quote to the last one of the line, so quotes inside need no escape. A line break inside words
or a value becomes an indented line that starts with `|`. A line that starts with `#` is a remark.

Reading never raises on what stands there: each fault is a :class:`Problem` with its line, and
every other entry stays. Unknown kinds and names are kept and reported. Lines out of place are
kept as words of the entry above them, so that nothing a person wrote goes unread.

Writing: `append` only adds (under a lock, waiting for the disk, in the file's own newline and
encoding); `edit` and `replace_all` refuse when the text changed meanwhile, and keep the old text
under `cache/diary-backups/`.
"""

from __future__ import annotations

import codecs
import datetime as dt
import difflib
import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from backinstride import files
from backinstride.errors import DiaryChangedError, Problem, UnusableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FILE = "diary.txt"
BACKUPS_KEPT = 200

_ANYWHERE = frozenset(("recalled", "note", "id", "source", "by", "time", "text"))


def _names(words: str) -> frozenset[str]:
    return _ANYWHERE | frozenset(words.split())


# Kind -> the names it knows; None: any name is its own (exercises, findings, measures).
KINDS: dict[str, frozenset[str] | None] = {
    "episode": _names(
        "when run onset planned pain worst feels where shoes did eased closed surface warning "
        "stopped pickup cost able posture first side slope aggravates days_lost trigger reps fuel "
        "fluid weather phase loosened cue"
    ),
    "morning": _names("pain stiff sleep function loosened able feels where posture"),
    "run": _names(
        "shoes surface effort pain after fuel fluid warmup cooldown warning did eased feels where "
        "planned distance reps rest cost cue posture slope sleep pbs pb weather session done "
        "skipped title"
    ),
    "strength": None,
    "mobility": None,
    "check": None,
    "walk": _names("duration distance pain after slope posture surface feels"),
    "measure": None,
    "diagnosis": _names("what site side tests review from to days_lost"),
    "shoes": _names("name from start_km worn retired brand model wear type"),
    "treatment": _names("what side mm from to dose effect review site when"),
    "experiment": None,
    "visit": _names(
        "who said orders no_run_until max_km only avoid exercises review assessed tests"
    ),
    "note": None,
    "week": None,
    "story": _names("about written_on correct"),
}

_HEADER = re.compile(r"(\d{4}-\d{2}-\d{2})[ \t]+(\S+)[ \t]*(.*)", re.DOTALL)
_HEADER_ATTEMPT = re.compile(r"\d{1,4}[-/.]\S{1,3}[-/.]|\d{4}-\d{2}-\d{2}")
_FIELD = re.compile(r"[ \t]+(?!\d+:\d)([^\s:|#][^:|]{0,59}):(?!//)(.*)$", re.DOTALL)
_CONTINUED = re.compile(r"[ \t]+\|(?: (.*))?$", re.DOTALL)
_OPENING = '"“”„'
_CLOSING = '"”“'
_BREAKS = re.compile(r"\r\n?|\n")
_YES = frozenset(("yes", "y", "true", "1"))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8", 3),
    (codecs.BOM_UTF16_LE, "utf-16-le", 2),
    (codecs.BOM_UTF16_BE, "utf-16-be", 2),
)


@lru_cache(4096)
def name_key(name: str) -> str:
    """Return a field's name as it is compared: lower case, spaces and hyphens as underscores."""
    return re.sub(r"[-\s]+", "_", name.strip().casefold())


@lru_cache(4096)
def _name_hint(kind: str, name: str) -> str | None:
    """Return what to say of a name that the kind does not know, None where it does."""
    names = KINDS.get(kind)
    key = name_key(name)
    if names is None or key in names:
        return None
    near = difflib.get_close_matches(key, names, 1)
    return f"Did you mean {near[0]}?" if near else "It is kept, but nothing reads it."


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One block: `line` is that of its first line (from 1), `text` its lines as they stand."""

    date: dt.date
    kind: str
    words: str | None
    fields: tuple[tuple[str, str], ...]
    line: int
    text: str

    def get(self, name: str) -> str | None:
        """Return the first value of the name that is not empty, or None."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the name that is not empty, in order."""
        wanted = name_key(name)
        return tuple(value for key, value in self.fields if value and name_key(key) == wanted)

    @property
    def recalled(self) -> bool:
        """Whether it was written down later, from memory."""
        return (self.get("recalled") or "").casefold() in _YES

    @property
    def sha256(self) -> str:
        """Return the hash that `edit` asks for."""
        return text_sha256(self.text)

    @property
    def told(self) -> str:
        """Return everything in it that is prose: the words, then notes and unknown names."""
        known = KINDS.get(self.kind) or _ANYWHERE
        lines = [self.words] if self.words else []
        lines += [
            value if name_key(name) in ("note", "text") else f"{name}: {value}"
            for name, value in self.fields
            if value and (name_key(name) in ("note", "text") or name_key(name) not in known)
        ]
        return "\n".join(lines)


class Diary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All entries in the order of the file, what could not be read, the hash of its bytes."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    sha256: str = hashlib.sha256(b"").hexdigest()

    def of(self, *kinds: str) -> tuple[Entry, ...]:
        """Return the entries of these kinds, oldest first, equal days in the file's order."""
        return tuple(sorted((e for e in self.entries if e.kind in kinds), key=lambda e: e.date))


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text with plain newlines, as a browser or editor may change them."""
    return hashlib.sha256(_plain(text).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(text: str) -> str:
    return _BREAKS.sub("\n", text).strip("\n")


# --- reading ------------------------------------------------------------------------------


class _Block:
    """A block while it is read: lines `line` to `last`; `date` None: it cannot be used."""

    __slots__ = ("date", "fields", "kind", "last", "line", "open_quote", "words")

    def __init__(self, line: int, date: dt.date | None = None, kind: str = "") -> None:
        self.line = self.last = line
        self.date = date
        self.kind = kind
        self.words: str | None = None
        self.open_quote = False
        self.fields: list[tuple[str, str]] = []

    def continue_with(self, text: str) -> None:
        if self.fields:
            name, value = self.fields[-1]
            self.fields[-1] = (name, f"{value}\n{text}")
        else:
            self.words = text if self.words is None else f"{self.words}\n{text}"


class _Reading:
    """One pass over the lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.blocks: list[_Block] = []
        self.problems: list[Problem] = []

    def problem(self, line: int, slug: str, message: str, hint: str, *, kept: bool) -> None:
        self.problems.append(Problem(self.file, slug, message, kept, str(line), hint))

    def lines(self, lines: list[str]) -> None:
        block = _Block(0)
        for number, line in enumerate(lines, 1):
            field = _FIELD.match(line)
            if field and block.date is not None:
                if block.open_quote:
                    self.end_quote(block)
                block.last = number
                name, value = field.groups()
                name = name.rstrip()
                block.fields.append((name, value.strip()))
                if _name_hint(block.kind, name):
                    self.unknown_name(number, block.kind, name)
            elif line and not line.isspace():
                block = self.other(number, line, block)
        self.end_quote(block)

    def other(self, number: int, line: str, block: _Block) -> _Block:
        """Take a line that is neither blank nor a field; return the block that is open then."""
        if line[0] not in " \t":
            header = _HEADER.match(line)
            if header or (not block.open_quote and _HEADER_ATTEMPT.match(line)):
                self.end_quote(block)
                return self.start(number, line, header)
        if block.open_quote:
            self.quoted(number, line, block)
        elif line.lstrip()[0] == "#":
            block.last = number if line[0] in " \t" else block.last
        elif block.date is not None and (line[0] in " \t" or number == block.last + 1):
            self.misplaced(number, line, block)
        elif block.line == 0 or (line[0] not in " \t" and number > block.last + 1):
            return self.unusable(number, line)
        else:
            block.last = number
        return block

    def start(self, number: int, line: str, header: re.Match[str] | None) -> _Block:
        if header is None:
            return self.unusable(number, line)
        try:
            date = dt.date.fromisoformat(header[1])
        except ValueError:
            return self.unusable(number, line)
        block = _Block(number, date, header[2].rstrip(":").casefold())
        self.blocks.append(block)
        if header[3]:
            self.begin_words(number, block, header[3].strip())
        if block.kind not in KINDS:
            near = difflib.get_close_matches(block.kind, KINDS, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Kinds are: {', '.join(KINDS)}."
            message = f"no kind of entry is called {block.kind!r}."
            self.problem(number, "diary-kind", message, hint, kept=True)
        return block

    def begin_words(self, number: int, block: _Block, rest: str) -> None:
        if rest[:1] not in _OPENING:
            block.words = rest
            return
        last = max(rest.rfind(mark, 1) for mark in _CLOSING)
        if last < 0:
            block.words, block.open_quote = rest[1:], True
            return
        block.words = rest[1:last] or None
        if after := rest[last + 1 :].strip():
            block.words = f"{block.words or ''} {after}".strip()
            message = f"{_short(after)} stands after the closing quote."
            hint = "It was read as words; values go on lines of their own below."
            self.problem(number, "diary-after-words", message, hint, kept=True)

    def end_quote(self, block: _Block) -> None:
        """Report a quote that is still open when something else begins."""
        if not block.open_quote:
            return
        block.open_quote = False
        message = "the words open with a quote that is never closed."
        hint = "Everything up to the next entry or value was read as the words."
        self.problem(block.line, "diary-quote", message, hint, kept=True)

    def quoted(self, number: int, line: str, block: _Block) -> None:
        """Take a line of words whose quote was opened above; blank lines between count."""
        text = line.strip()
        if text[-1] in _CLOSING:
            block.open_quote, text = False, text[:-1]
        block.continue_with("\n" * (number - block.last - 1) + text)
        block.last = number

    def misplaced(self, number: int, line: str, block: _Block) -> None:
        """Take a `|` line, or one that is out of place, as words of the entry above it."""
        block.last = number
        if continued := _CONTINUED.match(line):
            block.continue_with(continued[1] or "")
            return
        block.continue_with(line.strip())
        message = f'expected an indented "name: value", found {_short(line.strip())}.'
        hint = "It was read as words of the entry above it."
        self.problem(number, "diary-line", message, hint, kept=True)

    def unknown_name(self, number: int, kind: str, name: str) -> None:
        hint = _name_hint(kind, name) or ""
        self.problem(number, "diary-name", f"{kind} has no {name!r}.", hint, kept=True)

    def unusable(self, number: int, line: str) -> _Block:
        """Report the first line of a block without a date; its other lines need no report."""
        message = f'expected "YYYY-MM-DD kind" with a real date, found {_short(line.strip())}.'
        hint = "This entry is not used until its first line is mended; all others are."
        self.problem(number, "diary-header", message, hint, kept=False)
        return _Block(number)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _decode(data: bytes, file: str) -> tuple[str, list[Problem]]:
    encoding, skip = _encoding(data)
    body = data[skip:]
    try:
        return body.decode(encoding), []
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        problem = Problem(
            file,
            "diary-encoding",
            "some letters are not UTF-8 and show as \N{REPLACEMENT CHARACTER}.",
            kept=True,
            place=str(line),
            hint="Save the file as UTF-8 in your editor.",
        )
        return body.decode(encoding, "replace"), [problem]


def _encoding(data: bytes) -> tuple[str, int]:
    for bom, encoding, skip in _BOMS:
        if data.startswith(bom):
            return encoding, skip
    return "utf-8", 0


def _lines(text: str) -> list[str]:
    return _BREAKS.sub("\n", text).split("\n") if "\r" in text else text.split("\n")


def parse(text: str | bytes, file: str = FILE) -> Diary:
    """Read a diary; faults are problems with file and line, all other entries stay."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    decoded, problems = (text, []) if isinstance(text, str) else _decode(text, file)
    lines = _lines(decoded)
    reading = _Reading(file)
    reading.lines(lines)
    entries = tuple(
        Entry(
            b.date, b.kind, b.words, tuple(b.fields), b.line, "\n".join(lines[b.line - 1 : b.last])
        )
        for b in reading.blocks
        if b.date is not None
    )
    return Diary(entries, (*problems, *reading.problems), hashlib.sha256(data).hexdigest())


def load(path: Path) -> Diary:
    """Read the diary file; one that is not there yet is empty, one that is no text unreadable."""
    try:
        data = _bytes(path)
    except OSError as error:
        return Diary(problems=(_unreadable(path.name, f"cannot be opened: {error.strerror}."),))
    if _is_no_text(data):
        unreadable = _unreadable(path.name, "is not a text file.")
        return Diary((), (unreadable,), hashlib.sha256(data).hexdigest())
    return parse(data, path.name)


def _is_no_text(data: bytes) -> bool:
    return b"\0" in data and _encoding(data)[0] == "utf-8" and not parse(data).entries


def _unreadable(file: str, message: str) -> Problem:
    hint = "Nothing will be written to it; put the diary back, or move this file away."
    return Problem(file, "diary-unreadable", message, hint=hint)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


# --- writing ------------------------------------------------------------------------------


def format_entry(
    date: dt.date,
    kind: str,
    words: str | None = None,
    fields: Iterable[tuple[str, str]] = (),
) -> str:
    """Return the block of one entry, ending in a newline; `parse` gives the same back.

    White space at the ends of words and values goes. Raises :class:`UsageError` for a kind or
    a name that could not be read back (empty, a line break, a colon in a name).
    """
    kind = kind.strip()
    if not kind or re.search(r"\s", kind) or kind.endswith(":"):
        raise UsageError(f"{kind!r} cannot be a kind of entry: one word, please.")
    first, *rest = _clean(words).split("\n")
    header = f"{date.isoformat()} {kind}"
    lines = [f'{header} "{first}"' if first or rest else header, *map(_continuation, rest)]
    for name, value in fields:
        field = _FIELD.match(f"  {name.strip()}: x")
        if not field or field[1] != name.strip() or re.search(r"[\r\n]", name):
            raise UsageError(f"{name!r} cannot be a name: no colon, bar or line break, please.")
        first, *rest = _clean(value).split("\n")
        lines += [f"  {name.strip()}: {first}".rstrip(), *map(_continuation, rest)]
    return "\n".join(lines) + "\n"


def _clean(text: str | None) -> str:
    """One kind of line break, no half characters, no white space at the ends of lines."""
    whole = (text or "").encode("utf-8", "replace").decode("utf-8")
    return "\n".join(line.rstrip() for line in _lines(whole)).strip()


def _continuation(line: str) -> str:
    return f"  | {line}" if line else "  |"


def append(path: Path, blocks: Sequence[str]) -> None:
    """Add blocks at the end, as one write that waits for the disk; no earlier byte changes.

    A missing newline at the end (an editor's, or a crash's torn entry) is made up for first.
    Raises `OSError` when the disk is full (the file is then as it was), and
    :class:`UnusableError` for a file that is no text.
    """
    if not blocks:
        return
    with files.locked(_lock(path)):
        data = _bytes(path)
        if _is_no_text(data):
            raise UnusableError(_unreadable(path.name, "is not a text file.").line())
        encoding, _ = _encoding(data)
        newline = _newline(data)
        text = "\n\n".join(_plain(block) for block in blocks) + "\n"
        added = _gap(data, encoding) + text
        files.append(path, added.replace("\n", newline).encode(encoding, "replace"))


def _gap(data: bytes, encoding: str) -> str:
    if len(data) <= _encoding(data)[1]:
        return ""
    tail = data[-8:].decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
    if tail.endswith("\n\n"):
        return ""
    return "\n" if tail.endswith("\n") else "\n\n"


def _newline(data: bytes) -> Literal["\n", "\r\n"]:
    first = data.find(b"\n")
    return "\r\n" if first > 0 and b"\r" in data[max(0, first - 2) : first] else "\n"


def _lock(path: Path) -> Path:
    return path.parent / "cache" / "diary.lock"


def edit(path: Path, old_block: str | None, sha256_seen: str, new_block: str) -> None:
    """Put `new_block` in the place of the entry whose text has the hash that was seen.

    An empty `new_block` takes the entry out. Every byte outside the entry stays. Raises
    :class:`DiaryChangedError`, and writes nothing, where no entry has that text any more.
    """
    if old_block is not None and text_sha256(old_block) != sha256_seen:
        raise DiaryChangedError("The entry is not the one that was read; nothing was written.")
    with files.locked(_lock(path)):
        data = _bytes(path)
        entry = next((e for e in parse(data).entries if e.sha256 == sha256_seen), None)
        if entry is None:
            raise DiaryChangedError(
                "The diary changed meanwhile: this entry no longer stands there as you saw it. "
                "Nothing was written; read it again and repeat your change."
            )
        _rewrite(path, data, _spliced(data, entry, _plain(new_block)))


def _spliced(data: bytes, entry: Entry, new: str) -> bytes:
    """Replace the entry's lines, counted as `parse` counts them, byte for byte elsewhere."""
    encoding, skip = _encoding(data)
    unit = len("\n".encode(encoding))
    starts = _line_starts(data[skip:], encoding, unit)
    count = entry.text.count("\n") + 1
    begin = skip + starts[entry.line - 1]
    last = entry.line - 1 + count
    newline = _newline(data)
    ends_file = last >= len(starts)
    end = len(data) if ends_file else skip + starts[last]
    body = new.replace("\n", newline).encode(encoding, "replace")
    if new and not (ends_file and not _ends_with_break(data, encoding)):
        body += newline.encode(encoding)
    return data[:begin] + body + data[end:]


def _ends_with_break(data: bytes, encoding: str) -> bool:
    return data[-4:].decode(encoding, "replace").endswith(("\n", "\r"))


def _line_starts(body: bytes, encoding: str, unit: int) -> list[int]:
    """Byte offsets of the lines; as everywhere here CR LF, LF and a lone CR end a line."""
    carriage, feed = ("\r".encode(encoding), "\n".encode(encoding))
    pattern = re.escape(carriage) + b"(?:" + re.escape(feed) + b")?|" + re.escape(feed)
    ends = (m for m in re.finditer(pattern, body) if m.start() % unit == 0)
    return [0, *(m.end() for m in ends)]


def replace_all(path: Path, new_text: str, sha256_seen: str) -> None:
    """Replace the whole diary by what an editor sends back, if its bytes are still those seen.

    `sha256_seen` is `Diary.sha256`. Line breaks become those of the file. Raises
    :class:`DiaryChangedError`, and writes nothing, otherwise.
    """
    with files.locked(_lock(path)):
        data = _bytes(path)
        if hashlib.sha256(data).hexdigest() != sha256_seen:
            raise DiaryChangedError(
                "The diary changed while you were editing it. Nothing was written: copy your "
                "text, read the diary again, and repeat the change."
            )
        encoding, skip = _encoding(data)
        text = _BREAKS.sub("\n", new_text).replace("\n", _newline(data))
        _rewrite(path, data, data[:skip] + text.encode(encoding, "replace"))


def _rewrite(path: Path, old: bytes, new: bytes) -> None:
    if new == old:
        return
    if old:
        _back_up(path, old)
    files.replace(path, new)


def _back_up(path: Path, old: bytes) -> None:
    """Keep the old text under the day it was last written; the newest 200 texts stay."""
    folder = files.private_directory(path.parent / "cache" / "diary-backups")
    day = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()
    kept = folder / f"{day.isoformat()}-{hashlib.sha256(old).hexdigest()[:12]}.txt"
    if not kept.exists():
        files.replace(kept, old)
    for stale in sorted(folder.glob("*.txt"))[:-BACKUPS_KEPT]:
        stale.unlink(missing_ok=True)
