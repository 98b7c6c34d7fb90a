"""Many runners' folders and run-level lists to one cohort: three tables and a manifest.

    sessions.parquet   one row a run: runner, day, of_day, distance_m, compared_m, moving_s, ...
    episodes.parquet   one row an onset: runner, day, when, where, pain, days until it closed
    notes.parquet      what was checked and tried, in our own coded words
    manifest.json      what went in, what was left out and why, as counts

A runner is a pseudonym: a keyed hash of the source's name. The key and the names lie in a file
beside the cohort (0600), never in it. No position, no title, no description, no file name and no
word that a person wrote goes in. The tables hold single runners: they stay with whoever may see
them; what is shown of them is counts of at least ten runners.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from backinstride import files
from backinstride.cohort import sources
from backinstride.errors import Problem, UnusableError
from backinstride.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SESSIONS, EPISODES, NOTES, MANIFEST = (
    "sessions.parquet", "episodes.parquet", "notes.parquet", "manifest.json",
)  # fmt: skip
IMPOSSIBLE_M = 1e6
TELLING_RUNS = 5  # so many runs with the same start and distance are one runner


class Key(Value, frozen=True):
    """The secret of a cohort, and whose pseudonym is whose; 0600, never in the cohort."""

    key: str
    names: dict[str, str] = msgspec.field(default_factory=dict)

    def pseudonym(self, name: str) -> str:
        """Return 12 hexadecimal digits that only the key leads to."""
        made = hmac.new(bytes.fromhex(self.key), name.encode(), hashlib.sha256)
        return made.hexdigest()[:12]


class Manifest(Value, frozen=True):
    """What went in, as counts."""

    runners: int
    sessions: int
    km: float
    episodes: int
    runners_with_a_diary: int
    duplicates_left_out: int
    impossible_distances: int
    other_sports_left_out: int
    sources: dict[str, int]
    problems: tuple[Problem, ...] = ()
    built: dt.date | None = None


def build(paths: Sequence[Path], out: Path, *, today: dt.date, key: Path | None = None) -> Manifest:
    """Read runners from folders and lists into a cohort folder; raises where nothing is readable.

    `key` is the key file (default: beside the cohort, `OUT.key`), made where it is missing; the
    same key gives the same pseudonyms.
    """
    problems: list[Problem] = []
    found = list(sources.runners(paths, today, problems))
    found = _distinct(found, problems)
    if not found:
        raise UnusableError("no runner's folder, no list of runs was found there")
    secret = _key(key or out.with_name(f"{out.name}.key"))
    names = {secret.pseudonym(s.name): s.name for s in found}
    files.private_directory(out)
    frames = [_sessions(s, secret.pseudonym(s.name)) for s in found]
    sessions = pl.concat([f for f, _ in frames]).sort("runner", "day", "of_day")
    episodes = _table(found, secret, "episodes", sources.EPISODES)
    notes = _table(found, secret, "notes", sources.NOTES)
    for name, table in ((SESSIONS, sessions), (EPISODES, episodes), (NOTES, notes)):
        _write(out / name, table)
    manifest = Manifest(
        runners=len(found),
        sessions=sessions.height,
        km=round(float(sessions["distance_m"].sum()) / 1000, 1),
        episodes=episodes.height,
        runners_with_a_diary=sum(s.diary for s in found),
        duplicates_left_out=sum(n["duplicates"] for _, n in frames),
        impossible_distances=sum(n["impossible"] for _, n in frames),
        other_sports_left_out=sum(s.other for s in found),
        sources={
            kind: sum(s.kind == kind for s in found) for kind in sorted({s.kind for s in found})
        },
        problems=tuple(problems),
        built=today,
    )
    files.replace(out / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    _keep(key or out.with_name(f"{out.name}.key"), secret, names)
    return manifest


def _distinct(found: list[sources.Source], problems: list[Problem]) -> list[sources.Source]:
    """Leave out a source whose name, or whose every run, another one has: never two in one."""
    names: set[str] = set()
    runs: set[int] = set()
    kept = []
    for source in found:
        seen = hash(tuple(source.sessions.select("day", "start", "distance_m").iter_rows()))
        # A few runs without a clock may be equal by chance.
        telling = source.sessions["start"].drop_nulls().len() >= TELLING_RUNS
        if source.name in names:
            problems.append(_left_out(source, "cohort-same-name", "two sources have this name"))
        elif telling and seen in runs:
            problems.append(
                _left_out(source, "cohort-same-runs", "its runs are those of another source")
            )
        else:
            names.add(source.name)
            runs.add(seen)
            kept.append(source)
    return kept


def _left_out(source: sources.Source, slug: str, message: str) -> Problem:
    return Problem(file=source.name, slug=slug, message=f"left out: {message}")


def _sessions(source: sources.Source, pseudonym: str) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the runs of one source under its pseudonym; equal rows once, impossible metres null.

    Shoes become numbers in the order of their first run. `start` only orders a day and stays out.
    """
    ordered = source.sessions.sort("day", "start", "distance_m", nulls_last=False)
    unique = ordered.unique(
        ["start", "day", "distance_m", "moving_s"], keep="first", maintain_order=True
    )
    # Without a moment two equal runs of a day may be two runs: they stay.
    kept = (
        pl.concat([unique, ordered.filter(pl.col("start").is_null())])
        .unique("row", maintain_order=True)
        .sort("day", "start", "distance_m", nulls_last=False)
    )
    metres = pl.col("distance_m")
    possible = metres.is_finite() & metres.is_between(0, IMPOSSIBLE_M)
    impossible = kept.filter(metres.is_not_null() & ~possible).height
    frame = kept.select(
        runner=pl.lit(pseudonym),
        day=pl.col("day"),
        of_day=pl.int_range(pl.len()).over("day").cast(pl.Int32) + 1,
        distance_m=pl.when(possible).then(metres),
        compared_m=pl.coalesce("onset_m", pl.when(possible).then(metres)),
        moving_s=pl.col("moving_s"),
        climb_m=pl.col("climb_m"),
        avg_hr_bpm=pl.col("avg_hr_bpm"),
        shoe=pl.col("shoe").rank("dense").cast(pl.Int32),
        episode=pl.col("episode"),
    )
    return frame, {"duplicates": ordered.height - kept.height, "impossible": impossible}


def _table(
    found: Sequence[sources.Source], secret: Key, name: str, schema: dict[str, Any]
) -> pl.DataFrame:
    rows = [
        {"runner": secret.pseudonym(source.name), **row}
        for source in found
        for row in getattr(source, name)
    ]
    return pl.DataFrame(rows, schema={"runner": pl.String, **schema}).sort("runner", "day")


def _write(path: Path, table: pl.DataFrame) -> None:
    import io

    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    files.replace(path, buffer.getvalue())


def read_key(path: Path) -> Key:
    """Return the key file; raises `UnusableError` where it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Key)
    except (OSError, msgspec.DecodeError) as error:
        raise UnusableError(f"{path} is no key file of a cohort: {error}") from error


def _key(path: Path) -> Key:
    if path.exists():
        return read_key(path)
    return Key(key=secrets.token_hex(32))


def _keep(path: Path, secret: Key, names: dict[str, str]) -> None:
    kept = Key(key=secret.key, names={**secret.names, **names})
    files.replace(path, msgspec.json.encode(kept))
