"""How each run ended, and which runs may count: clean, an episode in the run, or one after it.

A run inside the diary's own span counts as clean where nothing was noted. An earlier one counts
only where the runner was asked about it (an entry marked `recalled: yes`); "don't remember"
leaves it out. Two entries about one run are one outcome; in the run wins over after it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import msgspec

from backinstride import diary_views
from backinstride.exposures.matching import RunIndex, beyond, is_during, run_of_episode

if TYPE_CHECKING:
    import polars as pl

    from backinstride.diary import Diary
    from backinstride.diary_views import Episode

FORGOTTEN = ("don't remember", "don’t remember", "do not remember", "can't remember", "forgot")
Event = Literal["none", "during", "after"]


class Outcome(msgspec.Struct, frozen=True):
    """How one run ended. `onset_km` None: in the run, not known where."""

    run: str
    day: dt.date
    event: Event = "none"
    onset_km: float | None = None
    recalled: bool = False
    pain: float | None = None


class Outcomes(msgspec.Struct, frozen=True):
    """All runs that may be compared, oldest first, and what could not be tied to one."""

    runs: tuple[Outcome, ...]
    episodes: int  # entries of the diary up to today
    unmatched: tuple[dt.date, ...] = ()  # episodes that belong to no run of the library
    forgotten: int = 0

    @property
    def events(self) -> int:
        """How many compared runs ended in an episode or were followed by one."""
        return sum(run.event != "none" for run in self.runs)

    def fresh(self) -> Outcomes:
        """Return the same without what was told from memory."""
        kept = tuple(run for run in self.runs if not run.recalled)
        return msgspec.structs.replace(self, runs=kept)


def outcomes(runs: pl.DataFrame, diary: Diary, today: dt.date) -> Outcomes:
    """Return the outcome of every run that may be compared (`runs`: id, day, distance_m)."""
    index = RunIndex(runs)
    days: dict[str, dt.date] = dict(zip(runs["id"].to_list(), runs["day"].to_list(), strict=True))
    told = [e for e in diary_views.episodes(diary) if e.date <= today]
    hit: dict[str, Outcome] = {}
    unmatched = []
    for episode in sorted(told, key=_order):
        run = run_of_episode(episode, index)
        if run is None or days[run] > today:
            unmatched.append(episode.date)
            continue
        far = beyond(episode.onset_m or 0.0, index.distance_m[run])
        told_of = msgspec.structs.replace(episode, onset_m=None) if far else episode
        hit[run] = _worse(hit.get(run), _of(told_of, run, days[run], during=is_during(episode)))
    asked, forgotten = _asked(diary, index, today)
    covered = diary_views.span(diary)
    found = []
    for run, day in days.items():
        if run in hit:
            found.append(hit[run])
        elif run in forgotten or day > today:
            continue
        elif covered and covered[0] <= day <= covered[1]:
            found.append(Outcome(run, day))
        elif run in asked:
            found.append(Outcome(run, day, recalled=True))
    found.sort(key=lambda outcome: (outcome.day, outcome.run))
    return Outcomes(tuple(found), len(told), tuple(unmatched), len(forgotten))


def all_clean(runs: pl.DataFrame) -> Outcomes:
    """Return every run as if it had been clean: only to see which exposures vary at all."""
    rows = zip(runs["id"].to_list(), runs["day"].to_list(), strict=True)
    return Outcomes(tuple(Outcome(run, day) for run, day in rows), 0)


def _order(episode: Episode) -> tuple[dt.date, str, float, str]:
    return (episode.date, episode.when, episode.onset_m or 0.0, episode.run or "")


def _of(episode: Episode, run: str, day: dt.date, *, during: bool) -> Outcome:
    onset = episode.onset_m / 1000.0 if during and episode.onset_m is not None else None
    event: Event = "during" if during else "after"
    return Outcome(run, day, event, onset, episode.recalled, episode.pain)


def _worse(before: Outcome | None, now: Outcome) -> Outcome:
    """Join two entries about one run: in the run wins, then the earlier onset."""
    if before is None:
        return now
    first, second = sorted(
        (before, now),
        key=lambda o: (o.event != "during", o.onset_km is None, o.onset_km or 0.0, o.recalled),
    )
    pains = [o.pain for o in (first, second) if o.pain is not None]
    return msgspec.structs.replace(
        first, recalled=first.recalled and second.recalled, pain=max(pains, default=None)
    )


def _asked(diary: Diary, index: RunIndex, today: dt.date) -> tuple[frozenset[str], frozenset[str]]:
    """Return the runs asked about from memory: those remembered, and those forgotten."""
    asked: set[str] = set()
    forgotten: set[str] = set()
    for entry in diary.entries:
        if entry.kind != "run" or not entry.recalled or entry.date > today:
            continue
        named = entry.get("id")
        runs = (named,) if named in index.ids else () if named else index.on(entry.date)
        words = " ".join(w for w in (entry.words, entry.get("note")) if w).casefold()
        lost = any(word in words for word in FORGOTTEN)
        for run in runs:
            assert run is not None
            (forgotten if lost else asked).add(run)
    return frozenset(asked), frozenset(forgotten - asked)
