"""One runner's folder as a cohort sees it: runs, onsets, and coded notes; no words, no places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from backinstride import diary_views, exposures, knowledge
from backinstride.errors import Problem
from backinstride.exposures.matching import RunIndex, onsets_m, run_of_episode
from backinstride.library import Library

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from backinstride.diary import Diary

SESSION: dict[str, Any] = {
    "day": pl.Date, "start": pl.Datetime("us"), "distance_m": pl.Float64, "moving_s": pl.Float64,
    "climb_m": pl.Float64, "avg_hr_bpm": pl.Float64, "shoe": pl.String, "episode": pl.Boolean,
    "onset_m": pl.Float64, "row": pl.Int64,
}  # fmt: skip
EPISODES: dict[str, Any] = {
    "day": pl.Date, "when": pl.String, "where": pl.String, "feels": pl.String, "pain": pl.Float64,
    "onset_m": pl.Float64, "recalled": pl.Boolean, "closed": pl.Date,
}  # fmt: skip
NOTES: dict[str, Any] = {"day": pl.Date, "kind": pl.String, "what": pl.String, "outcome": pl.String}
TRIED = (
    "rest", "ice", "heat", "stretching", "massage", "roller", "physio", "osteopathy",
    "chiropractic", "nsaid", "painkillers", "muscle_relaxant", "swimming", "cycling", "walking",
    "easy_run", "strength", "core", "form_change", "new_shoes", "insoles", "heel_lift", "yoga",
)  # fmt: skip
SITES = frozenset((
    "low_back", "mid_back", "upper_back", "back", "sacrum", "tailbone", "buttock", "hip", "groin",
    "thigh", "leg", "knee", "foot", "flank", "abdomen", "neck", "shoulder",
))  # fmt: skip
FEELS = frozenset((
    "spasm", "seizing", "cramp", "sharp", "stabbing", "shooting", "burning", "dull", "ache", "sore",
    "stiff", "tight", "tender", "numb", "tingling", "weak",
))  # fmt: skip


class Source(NamedTuple):
    """One runner as read: `sessions` has the columns of SESSION; `other` counts other sports."""

    name: str
    kind: str
    sessions: pl.DataFrame
    other: int = 0
    episodes: tuple[dict[str, Any], ...] = ()
    notes: tuple[dict[str, Any], ...] = ()
    diary: bool = False


def is_runner(path: Path) -> bool:
    """Return whether the path is a runner's folder."""
    return path.is_dir() and any(
        (path / name).exists() for name in ("activities.parquet", "diary.txt")
    )


def read(path: Path, today: dt.date, problems: list[Problem]) -> Source:
    """Return one runner's folder up to `today`."""
    library = Library(path)
    diary = library.diary()
    problems.extend(
        Problem(file=f"{path.name}/{p.file}", slug=p.slug, message="see `check` in this folder")
        for p in diary.problems
    )
    runs = library.running().filter(pl.col("day") <= today).sort("start", maintain_order=True)
    everything = library.activities().filter(pl.col("day") <= today).height
    said = exposures.read_diary(diary, today)
    return Source(
        name=path.resolve().name,
        kind="folder",
        sessions=_sessions(runs, said),
        other=everything - runs.height,
        episodes=tuple(_episodes(diary, said, today)),
        notes=tuple(_notes(diary, today)),
        diary=bool(diary.entries),
    )


def _sessions(runs: pl.DataFrame, said: exposures.Said) -> pl.DataFrame:
    """Return the runs; `episode` is known only inside the days that the diary covers."""
    index = RunIndex(runs)
    marked = {run_of_episode(e, index) for e in said.episodes}
    onset = onsets_m(said.episodes, index)
    happened = [
        run in marked if said.first and said.last and said.first <= day <= said.last else None
        for run, day in zip(runs["id"], runs["day"], strict=True)
    ]
    frame = runs.select(
        "day", "distance_m", "moving_s", "climb_m", "avg_hr_bpm", "shoe"
    ).with_columns(
        runs["start"].dt.replace_time_zone(None).alias("start"),
        pl.Series("episode", happened, dtype=pl.Boolean),
        pl.Series("onset_m", [onset.get(i) for i in runs["id"]], dtype=pl.Float64),
        pl.Series("row", range(runs.height), dtype=pl.Int64),
    )
    return frame.select(*(pl.col(n).cast(t) for n, t in SESSION.items()))


def _episodes(diary: Diary, said: exposures.Said, today: dt.date) -> list[dict[str, Any]]:
    periods = diary_views.recoveries(diary, today)
    rows = []
    for e in said.episodes:
        closed = next(
            (
                p.closed
                for p in periods
                if p.opened <= e.date and (not p.closed or e.date <= p.closed)
            ),
            None,
        )
        rows.append(
            {
                "day": e.date, "when": e.when, "where": _coded(e.where, SITES),
                "feels": _coded(e.feels, FEELS), "pain": e.pain, "onset_m": e.onset_m,
                "recalled": e.recalled, "closed": closed,
            }
        )  # fmt: skip
    return rows


def _coded(words: tuple[str, ...], known: frozenset[str]) -> str | None:
    """Return the known words, sorted; a word of the writer's own is not kept."""
    plain = {w.strip().lower().replace(" ", "_") for w in words} & known
    return " ".join(sorted(plain)) or None


def _notes(diary: Diary, today: dt.date) -> list[dict[str, Any]]:
    """Return checks by finding id, and what was tried where it has a word of ours."""
    findings = {row.id for row in knowledge.findings()}
    rows: list[dict[str, Any]] = [
        {"day": c.date, "kind": "check", "what": name, "outcome": answer}
        for c in diary_views.checks(diary)
        for name, answer in c.answers.items()
        if name in findings
    ]
    rows += [
        {"day": t.date, "kind": "tried", "what": _tried(t.what), "outcome": t.outcome}
        for t in diary_views.treatments(diary)
        if t.what
    ]
    for e in diary_views.episodes(diary):
        eased = {_tried(w) for w in e.eased}
        rows += [
            {"day": e.date, "kind": "tried", "what": w, "outcome": "helped" if w in eased else None}
            for w in {_tried(d) for d in (*e.did, *e.eased)}
        ]
    return [row for row in rows if row["day"] <= today]


def _tried(words: str | None) -> str:
    """Return our word for what was tried; anything else is `other`."""
    plain = (words or "").strip().lower().replace(" ", "_").replace("-", "_")
    if plain in TRIED:
        return plain
    return next((w for w in TRIED if w in plain), "other")
