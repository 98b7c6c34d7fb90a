"""Which run an entry of the diary speaks of: by id, else by date; never by its words."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from backinstride.diary_views import Episode, RunNote


BEYOND, BEYOND_M = 1.10, 500.0


class RunIndex:
    """The runs by id and by local day."""

    def __init__(self, runs: pl.DataFrame) -> None:
        ids = runs["id"].to_list()
        self.ids = frozenset(ids)
        self.distance_m: dict[str, float] = dict(
            zip(ids, runs["distance_m"].fill_null(0.0).to_list(), strict=True)
        )
        self._by_day: dict[dt.date, list[str]] = {}
        for day, run in zip(runs["day"].to_list(), ids, strict=True):
            self._by_day.setdefault(day, []).append(run)

    def on(self, day: dt.date) -> tuple[str, ...]:
        """Return the runs of a day, in order of their start."""
        return tuple(self._by_day.get(day, ()))

    def longest_on(self, day: dt.date) -> str | None:
        """Return the longest run of a day."""
        return max(self.on(day), key=self.distance_m.__getitem__, default=None)


def _named(name: str | None, index: RunIndex) -> str | dt.date | None:
    """Return the id or the day that an entry's `run:` names, if it is one."""
    if name is None:
        return None
    if name in index.ids:
        return name
    try:
        return dt.date.fromisoformat(name.strip())
    except ValueError:
        return None


def run_of_episode(episode: Episode, index: RunIndex) -> str | None:
    """Return the run an episode belongs to: named, else of its day, else of the 48 h before.

    Of several runs on that day the longest. An episode `during` a run has no run but that of
    its own day.
    """
    named = _named(episode.run, index)
    if isinstance(named, str):
        return named
    if named is not None:
        return index.longest_on(named)
    back = {"during": (0,), "next_day": (1, 2)}.get(episode.when, (0, 1, 2))
    for days in back:
        run = index.longest_on(episode.date - dt.timedelta(days=days))
        if run is not None:
            return run
    return None


def is_during(episode: Episode) -> bool:
    """Return whether the episode began inside a run: said so, or an onset is given."""
    told = episode.when == "during"
    return told or (episode.when == "unknown" and episode.onset_m is not None)


def onsets_m(episodes: Iterable[Episode], index: RunIndex) -> dict[str, float]:
    """Return the first onset of each run in which an episode began at a known distance.

    One beyond the recorded run is not believed (:func:`beyond`); a little past its end is its end.
    """
    found: dict[str, float] = {}
    for episode in episodes:
        run = run_of_episode(episode, index) if is_during(episode) else None
        if run is None or episode.onset_m is None or beyond(episode.onset_m, index.distance_m[run]):
            continue
        onset_m = min(episode.onset_m, index.distance_m[run] or episode.onset_m)
        found[run] = min(onset_m, found.get(run, onset_m))
    return found


def beyond(onset_m: float, distance_m: float) -> bool:
    """Return whether an onset lies further out than the run went: a slip of number or unit.

    A watch and a race's mile markers differ, so 10 % and 500 m are allowed; a run of unknown
    distance says nothing.
    """
    return distance_m > 0 and onset_m > distance_m * BEYOND + BEYOND_M


def misplaced(episodes: Iterable[Episode], index: RunIndex) -> tuple[tuple[Episode, float], ...]:
    """Return the episodes whose onset is not believed, with the distance (m) of their run."""
    found = []
    for episode in episodes:
        run = run_of_episode(episode, index) if is_during(episode) else None
        if run is not None and episode.onset_m is not None:
            distance_m = index.distance_m[run]
            if beyond(episode.onset_m, distance_m):
                found.append((episode, distance_m))
    return tuple(found)


def notes_by_run(notes: Iterable[RunNote], index: RunIndex) -> Mapping[str, tuple[RunNote, ...]]:
    """Return the `run` entries of each run: by id where one is given, else all of that day."""
    found: dict[str, list[RunNote]] = {}
    for note in notes:
        runs = (note.id,) if note.id in index.ids else () if note.id else index.on(note.date)
        for run in runs:
            if run is not None:
                found.setdefault(run, []).append(note)
    return {run: tuple(entries) for run, entries in found.items()}
