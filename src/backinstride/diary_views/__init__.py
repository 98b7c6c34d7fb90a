"""The diary as typed values: what an entry says, in metres, seconds, kilograms and days.

Lenient: a value that cannot be read is None and a :class:`Problem` (see :func:`problems`); the
words stay. Nothing is guessed: a bare distance ("17.25") is a problem, a bare value of a field
that fixes its unit (`sleep: 7`, `stiff: 40`, `mm: 6`) is not. All views are oldest first.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Literal, TypeVar

from backinstride.diary_views import building
from backinstride.diary_views.entries import (
    Answer,
    Check,
    Diagnosis,
    Episode,
    Measure,
    Morning,
    Named,
    Orders,
    Recovery,
    RunNote,
    ShoeNote,
    SkippedSession,
    StoryNote,
    StrengthSet,
    Treatment,
    Visit,
    Walk,
)
from backinstride.diary_views.reading import Values, shoe_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backinstride.diary import Diary, Entry
    from backinstride.errors import Problem

__all__ = [
    "Answer",
    "Check",
    "Diagnosis",
    "Episode",
    "Measure",
    "Morning",
    "Named",
    "Orders",
    "Recovery",
    "RunNote",
    "ShoeNote",
    "SkippedSession",
    "StoryNote",
    "StrengthSet",
    "Treatment",
    "Visit",
    "Walk",
    "answers",
    "checks",
    "diagnoses",
    "distance_unit",
    "episode_of",
    "episodes",
    "experiments",
    "measures",
    "mornings",
    "notes",
    "open_episode",
    "orders",
    "problems",
    "recoveries",
    "run_notes",
    "shoe_id",
    "shoes",
    "skipped",
    "span",
    "stories",
    "strength",
    "treatments",
    "visits",
    "walks",
    "weeks",
]

EVENT_DAYS = 2  # pain within 48 hours of an onset belongs to it
CALM_MORNINGS = 7  # in a row, day after day, end an episode
CALM_PAIN = 1.0

# Kinds whose entries watch the back: between the first and the last of them the diary was kept.
_BY_THE_DAY = ("episode", "morning", "run", "walk", "strength", "mobility", "check", "week")
KEPT = frozenset((*_BY_THE_DAY, "experiment", "treatment", "visit", "story", "note"))

T = TypeVar("T")


def _view(
    diary: Diary,
    kinds: tuple[str, ...],
    build: Callable[[Values], Iterable[T]],
    found: list[Problem] | None = None,
) -> tuple[T, ...]:
    entries = tuple(diary.of(*kinds))
    if found is None:
        return _built(entries, build)
    return tuple(view for e in entries for view in build(Values(e, found)))


@functools.lru_cache(maxsize=128)
def _built(entries: tuple[Entry, ...], build: Callable[[Values], Iterable[T]]) -> tuple[T, ...]:
    """Build views once for the same entries: an answer asks for the mornings a dozen times."""
    problems: list[Problem] = []
    return tuple(view for e in entries for view in build(Values(e, problems)))


def episodes(diary: Diary) -> tuple[Episode, ...]:
    """Return every `episode` entry; `closed` where its period has ended (`open_episode`)."""
    found = _view(diary, ("episode",), building.episode)
    ends = {r.opened: r.closed for r in _periods(diary, found, None)}
    starts = sorted(ends)
    closed = []
    for episode in found:
        start = max((s for s in starts if s <= episode.date), default=None)
        over = start is not None and ends[start] is not None
        closed.append(_with(episode, closed=True) if over and not episode.closed else episode)
    return tuple(closed)


def _with(episode: Episode, *, closed: bool) -> Episode:
    fields = {name: getattr(episode, name) for name in episode.__struct_fields__}
    return Episode(**{**fields, "closed": closed})


def mornings(diary: Diary) -> tuple[Morning, ...]:
    """Return the `morning` entries; two of one day are two."""
    return _view(diary, ("morning",), building.morning)


def run_notes(diary: Diary) -> tuple[RunNote, ...]:
    """Return the `run` entries."""
    return _view(diary, ("run",), building.run_note)


def strength(diary: Diary) -> tuple[StrengthSet, ...]:
    """Return what was done in `strength` and `mobility` entries, one value an exercise.

    A session without exercises is one value named "session"; skipped ones are in `skipped`.
    """
    return _view(diary, ("strength", "mobility"), building.sets)


def skipped(diary: Diary) -> tuple[SkippedSession, ...]:
    """Return the strength and mobility sessions that were left out (`skipped: yes`)."""
    return _view(diary, ("strength", "mobility"), building.skipped)


def checks(diary: Diary) -> tuple[Check, ...]:
    """Return the answers to safety questions, entry by entry."""
    return _view(diary, ("check",), building.check)


def answers(diary: Diary, today: dt.date) -> dict[str, tuple[Answer, dt.date]]:
    """Return the latest answer to each safety question by finding id, with its day.

    Of several on one day the one that must be looked at: yes before unsure before no.
    """
    latest: dict[str, tuple[Answer, dt.date]] = {}
    for check in checks(diary):
        if check.date > today:
            continue
        for finding, said in check.answers.items():
            before = latest.get(finding)
            same_day = before is not None and before[1] == check.date
            kept = building.worse(before[0], said) if before and same_day else said
            latest[finding] = (kept, check.date)
    return latest


def walks(diary: Diary) -> tuple[Walk, ...]:
    """Return the `walk` entries."""
    return _view(diary, ("walk",), building.walk)


def measures(diary: Diary) -> tuple[Measure, ...]:
    """Return everything measured, one value a line of a `measure` entry."""
    return _view(diary, ("measure",), building.measures)


def diagnoses(diary: Diary) -> tuple[Diagnosis, ...]:
    """Return what was diagnosed, and by whom."""
    return _view(diary, ("diagnosis",), building.diagnosis)


def shoes(diary: Diary) -> tuple[ShoeNote, ...]:
    """Return the `shoes` entries; several of one pair are as many notes."""
    return _view(diary, ("shoes",), building.shoe)


def treatments(diary: Diary) -> tuple[Treatment, ...]:
    """Return what was tried or prescribed, with its effect."""
    return _view(diary, ("treatment",), building.treatment)


def visits(diary: Diary) -> tuple[Visit, ...]:
    """Return the visits to clinicians, with their orders."""
    return _view(diary, ("visit",), building.visit)


def orders(diary: Diary, today: dt.date) -> tuple[tuple[Visit, Orders], ...]:
    """Return the visits up to `today` that ordered something, latest first."""
    found = [(v, v.orders) for v in visits(diary) if v.orders is not None and v.date <= today]
    return tuple(reversed(found))


def weeks(diary: Diary) -> tuple[Named, ...]:
    """Return the weekly check-ins."""
    return _view(diary, ("week",), building.named)


def experiments(diary: Diary) -> tuple[Named, ...]:
    """Return the `experiment` entries."""
    return _view(diary, ("experiment",), building.named)


def notes(diary: Diary) -> tuple[Named, ...]:
    """Return the plain notes."""
    return _view(diary, ("note",), building.named)


def stories(diary: Diary) -> tuple[StoryNote, ...]:
    """Return the stories kept by `tell --save`, with the writer's corrections."""
    return _view(diary, ("story",), building.story)


def problems(diary: Diary) -> tuple[Problem, ...]:
    """Return every value of the diary that could not be read, in the order of the file.

    What could not even be parsed is in `diary.problems`.
    """
    found: list[Problem] = []
    for kind, build in building.BUILDERS.items():
        _view(diary, (kind,), build, found)
    return tuple(sorted(found, key=lambda p: int(p.place or 0)))


# --- periods ----------------------------------------------------------------------------------


def span(diary: Diary) -> tuple[dt.date, dt.date] | None:
    """Return the first and last day the diary was kept, None where it never was.

    What was written from memory (`recalled: yes`) says nothing of the days around it, so it does
    not widen the span; nor do shoes, diagnoses and measures, which people date back.
    """
    days = [e.date for e in diary.entries if e.kind in KEPT and not e.recalled]
    return (min(days), max(days)) if days else None


def distance_unit(diary: Diary) -> Literal["km", "mi"]:
    """Return the unit the diary's distances are written in: miles where most of them are."""
    values = [
        value.lower()
        for entry in diary.entries
        for name in ("onset", "planned", "distance")
        for value in entry.all(name)
    ]
    miles = sum("mi" in value for value in values)
    return "mi" if miles > sum("km" in value for value in values) else "km"


def episode_of(diary: Diary, day: dt.date) -> Episode | None:
    """Return the event that pain on this day belongs to: the last onset of the 48 hours before."""
    return next(
        (
            e
            for e in reversed(episodes(diary))
            if dt.timedelta(0) <= day - e.date <= dt.timedelta(days=EVENT_DAYS)
        ),
        None,
    )


def open_episode(diary: Diary, today: dt.date) -> Episode | None:
    """Return the first event of the episode that is open on `today`, or None.

    Open from its first event until 7 mornings in a row (day after day) at 0-1, or until the
    runner closes it with a note "closed". A day without a morning is not a calm one.
    """
    found = _events(diary, today)
    last = next(reversed(_periods(diary, found, today)), None)
    if last is None or last.closed is not None:
        return None
    return next(e for e in found if e.date == last.opened)


def recoveries(diary: Diary, today: dt.date) -> tuple[Recovery, ...]:
    """Return the periods from a first event to its end, oldest first, as of `today`."""
    found = _events(diary, today)
    return _periods(diary, found, today)


def _events(diary: Diary, today: dt.date) -> tuple[Episode, ...]:
    return tuple(e for e in _view(diary, ("episode",), building.episode) if e.date <= today)


def _periods(
    diary: Diary, found: tuple[Episode, ...], today: dt.date | None
) -> tuple[Recovery, ...]:
    """Walk the events in time; each opens a period or falls into the one that is open."""
    if not found:
        return ()
    worst = _worst_mornings(diary, today)
    closings = _closings(diary, found, today)
    periods: list[Recovery] = []
    for episode in found:
        if periods and (periods[-1].closed is None or episode.date < periods[-1].closed):
            last = periods.pop()
            opened, events = last.opened, last.events + 1
            pains = [p for p in (last.worst, episode.pain) if p is not None]
        else:
            opened, events = episode.date, 1
            pains = [] if episode.pain is None else [episode.pain]
        closed = _end(episode.date, worst, closings)
        within = tuple(
            (day, pain)
            for day, pain in worst.items()
            if opened <= day and (closed is None or day <= closed)
        )
        periods.append(
            Recovery(
                opened=opened,
                closed=closed,
                events=events,
                worst=max(pains, default=None),
                mornings=within,
            )
        )
    return tuple(periods)


def _worst_mornings(diary: Diary, today: dt.date | None) -> dict[dt.date, float]:
    worst: dict[dt.date, float] = {}
    for morning in mornings(diary):
        if morning.pain is not None and (today is None or morning.date <= today):
            worst[morning.date] = max(worst.get(morning.date, 0.0), morning.pain)
    return worst


def _closings(
    diary: Diary, found: tuple[Episode, ...], today: dt.date | None
) -> tuple[dt.date, ...]:
    """Return the days on which the runner closed what was open.

    `note "closed"` as an entry of that day or later, or as a line under the episode itself.
    """
    said = [
        n.date
        for n in notes(diary)
        if (n.words or n.note or "").strip().lower().rstrip(".!") == "closed"
        and (today is None or n.date <= today)
    ]
    return tuple(sorted((*said, *(e.date for e in found if e.closed))))


def _end(
    onset: dt.date, worst: dict[dt.date, float], closings: tuple[dt.date, ...]
) -> dt.date | None:
    closed = next((day for day in closings if day >= onset), None)
    row, previous = 0, onset
    for day in sorted(d for d in worst if d > onset):
        calm = worst[day] <= CALM_PAIN
        row = (row + 1 if day - previous == dt.timedelta(days=1) and row else 1) if calm else 0
        previous = day
        if row == CALM_MORNINGS:
            return day if closed is None else min(day, closed)
    return closed
