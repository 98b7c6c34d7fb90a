"""Where the back is today: settle, ladder, own easy runs, or free; and what moved it there.

A pure replay of the last weeks: every run since the last stop (an episode, or 14 days without a
run) is judged by the pain rule (green, amber, red) and moves one pointer on the ladder. The same
diary and the same runs always give the same place, so nothing needs to be stored.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from backinstride import diary_views, knowledge, rules
from backinstride.rules import DAY, History, number
from backinstride.values import PlanChange, Value

if TYPE_CHECKING:
    from backinstride.diary import Diary
    from backinstride.rules import DoneRun
    from backinstride.values import Story, Verdict

Colour = Literal["green", "amber", "red"]
Stage = Literal["ladder", "own", "free"]

REPLAY_DAYS = 70
FRESH_DAYS = 3  # a pain score older than this says little about today
CHANGES_DAYS = 14
FEW_RUNS = 6
UNKNOWN_GAP = 10_000  # days without a run before the first one that is known
LADDER_GAP_DAYS = 3  # between two ladder sessions, at three a week
OWN_DAYS = 35  # after the ladder: own runs first, hills and speed later, the long run last
RUNNING_PACE_S_PER_KM = 400.0  # a mean faster than this holds hardly any walking
BEYOND_LADDER_KM = 8.0
LEG_SIGNS = re.compile(
    r"\b(limp\w*|tingl\w*|numb\w*|leg (?:pain|weak\w*)|down (?:my|the) leg)\b", re.IGNORECASE
)
ILL = re.compile(
    r"\b(ill|sick|flu|influenza|fever|covid|stomach bug|a cold|chest infection)\b", re.IGNORECASE
)


class Rung(Value, frozen=True, kw_only=True):
    """One rung of the ladder; seconds of running and walking, repeated."""

    id: str
    kind: Literal["walk", "run_walk", "run"]
    run_s: int
    walk_s: int
    repeats: int
    text: str
    claims: tuple[str, ...]


class Readiness(Value, frozen=True, kw_only=True):
    """Where the plan starts. `rung` counts in `ladder()`; `former_km` is the long run before it."""

    stage: Stage = "free"
    rung: int = 0
    rung_done: int = 0
    first_until: dt.date | None = None  # last day of the 20-minute runs after a layoff
    run_from: dt.date = dt.date.min
    quiet_until: dt.date = dt.date.min  # nothing hard up to this day
    hold: bool = False  # the long run is not raised this week
    former_km: float | None = None
    pain: float | None = None
    open_episode: bool = False
    free_since: dt.date | None = None  # the last session of the ladder
    by_layoff: bool = False  # on the ladder for days without a run, not for pain
    stopped: dt.date | None = None
    reason: str = ""
    changes: tuple[PlanChange, ...] = ()


@cache
def ladder() -> tuple[Rung, ...]:
    """Return the rungs, lowest first."""
    return knowledge.rows("ladders.toml", "rung", Rung)


@cache
def rung_index(name: str) -> int:
    """Return the place of a rung on the ladder."""
    return [r.id for r in ladder()].index(name)


def rung_after_gap(days: int) -> int:
    """Return the rung on which running starts again after so many days without a run."""
    run_walk = days >= number("layoff", "run_walk_days")
    return rung_index("run-1min") if run_walk else rung_index("run-20")


# --- judging one run ----------------------------------------------------------------------


class Diaries(Value, frozen=True, kw_only=True):
    """What the diary says of the back, by day."""

    mornings: dict[dt.date, float]
    notes: dict[dt.date, tuple[float, str]]  # worst pain of the day's runs, words
    walks: dict[dt.date, float]
    episodes: tuple[tuple[dt.date, float | None], ...]


def colour_of(day: dt.date, said: Diaries) -> Colour:
    """Judge the run of a day: during and after it, the next morning, and the one after that.

    Nothing written down counts as quiet; without mornings before it the next morning stands for
    itself (0-2 green, 3-5 amber, above red).
    """
    worst, words = said.notes.get(day, (0.0, ""))
    next_day = said.mornings.get(day + DAY)
    before = [said.mornings[d] for k in range(7) if (d := day - k * DAY) in said.mornings]
    usual = sorted(before)[len(before) // 2] if before else None
    rise = next_day - usual if next_day is not None and usual is not None else None
    absolute = next_day or 0.0 if usual is None else 0.0
    later = said.mornings.get(day + 2 * DAY)
    stays = (
        rise is not None and rise >= 1 and later is not None and usual is not None and later > usual
    )
    above = number("red", "above")
    if worst > above or absolute > above or stays or LEG_SIGNS.search(words):
        return "red"
    if rise is not None and rise >= number("red", "morning"):
        return "red"
    quiet = number("green", "most")
    if worst > quiet or absolute > quiet or (rise or 0) >= number("amber", "morning"):
        return "amber"
    return "green"


def said(diary: Diary, today: dt.date) -> Diaries:
    """Return what the diary says of the back up to `today`."""
    notes: dict[dt.date, tuple[float, str]] = {}
    for note in diary_views.run_notes(diary):
        if note.date is None or note.date > today:
            continue
        worst = max((p for p in (note.pain_worst, note.pain_after) if p is not None), default=0.0)
        held, words = notes.get(note.date, (0.0, ""))
        notes[note.date] = (max(held, worst), f"{words} {note.note or ''}")
    return Diaries(
        mornings={
            m.date: m.pain
            for m in diary_views.mornings(diary)
            if m.pain is not None and m.date <= today
        },
        notes=notes,
        walks={
            w.date: w.pain
            for w in diary_views.walks(diary)
            if w.pain is not None and w.date <= today
        },
        episodes=tuple((e.date, e.pain) for e in diary_views.episodes(diary) if e.date <= today),
    )


def pain_now(said: Diaries, today: dt.date) -> float | None:
    """Return the latest pain score of the last three days; None where nothing fresh is written.

    Mornings, walks and episodes; pain during a run judges that run, not today.
    """
    for k in range(FRESH_DAYS + 1):
        day = today - k * DAY
        scores = [said.mornings.get(day), said.walks.get(day)]
        scores += [p for d, p in said.episodes if d == day]
        known = [s for s in scores if s is not None]
        if known:
            return max(known)
    return None


# --- the replay ---------------------------------------------------------------------------


class _Stop(Value, frozen=True, kw_only=True):
    """Something after which running starts again from below."""

    day: dt.date
    kind: Literal["episode", "return"]
    rung: int
    text: str
    gap: int = 0


@dataclass(slots=True)
class _State:
    rung: int | None = None
    done: int = 0
    off_until: dt.date = dt.date.min
    first_until: dt.date | None = None
    free_since: dt.date | None = None
    stopped: dt.date | None = None
    before: dt.date | None = None  # the first stop of the time that is not over yet
    reds: tuple[dt.date, ...] = ()
    ambers: tuple[dt.date, ...] = ()


def start_rung(onset_km: float | None) -> int:
    """Return the rung after an episode, by how far the back had been quiet in that run."""
    if onset_km is None:
        return rung_index("run-3min")
    if onset_km >= 5:
        return rung_index("run-20")
    return rung_index("run-3min") if onset_km >= 2 else rung_index("run-1min")


def _episode_stops(
    diary: Diary, story: Story | None, history: History, today: dt.date
) -> list[_Stop]:
    km = {r.day: r.distance_m / 1000 for r in history.runs}
    stops = []
    for episode in diary_views.episodes(diary):
        if not today - REPLAY_DAYS * DAY <= episode.date <= today:
            continue
        reach = episode.onset_m / 1000 if episode.onset_m is not None else None
        if reach is None:
            reach = km.get(episode.date) or km.get(episode.date - DAY)
        stops.append(_stop(episode.date, reach))
    if story is not None and story.about == "self" and story.episodes:
        day = story_day(diary, story, today)
        if day >= today - 28 * DAY and not any(abs((s.day - day).days) <= 14 for s in stops):
            known = [e.onset_km for e in story.episodes if e.onset_km is not None]
            stops.append(_stop(day, known[-1] if known else None))
    return stops


def _stop(day: dt.date, reach: float | None) -> _Stop:
    return _Stop(day=day, kind="episode", rung=start_rung(reach), text=f"the episode of {day}")


def story_day(diary: Diary, story: Story, today: dt.date) -> dt.date:
    """Return the day of the story's last episode, else of the story itself, else today."""
    dated = [e.date for e in story.episodes if e.date is not None]
    told = [e.date for e in diary.entries if e.kind == "story" and e.date <= today]
    return min(max([*dated] or told or [today]), today)


def _return_stops(history: History, today: dt.date) -> list[_Stop]:
    days = sorted({r.day for r in history.runs if r.day <= today})
    stops = []
    for earlier, later in itertools.pairwise(days):
        gap = (later - earlier).days
        if gap >= number("layoff", "days") and later >= today - REPLAY_DAYS * DAY:
            text = f"{gap} days without a run"
            stop = _Stop(day=later, kind="return", rung=rung_after_gap(gap), text=text, gap=gap)
            stops.append(stop)
    if _little_known(history, days, today):
        # What lay before the first run that is known is not: begin low, longer runs move up.
        stop = _Stop(
            day=days[0],
            kind="return",
            rung=rung_index("run-15s"),
            text="the first run that is known",
            gap=UNKNOWN_GAP,
        )
        stops.append(stop)
    return stops


def _little_known(history: History, days: list[dt.date], today: dt.date) -> bool:
    """Return whether the runs begin lately, and are few or hold nothing beyond the ladder."""
    if not days or days[0] < today - REPLAY_DAYS * DAY:
        return False
    early = [r for r in history.runs if r.day <= days[0] + 14 * DAY]
    return len(days) < FEW_RUNS or all(shown_rung(r) is None for r in early)


def _take_stop(state: _State, stop: _Stop) -> None:
    recent = state.free_since is not None and (stop.day - state.free_since).days <= OWN_DAYS
    if state.before is None or (state.rung is None and not recent):
        known = stop.kind == "return" and stop.gap < UNKNOWN_GAP
        state.before = stop.day - stop.gap * DAY if known else stop.day
    below = state.rung if state.rung is not None and stop.kind == "return" else None
    state.rung = stop.rung if below is None else min(below, stop.rung)
    state.done, state.free_since, state.stopped = 0, None, stop.day
    if stop.kind == "episode":
        state.off_until = stop.day + int(number("settle", "off_days")) * DAY
    else:
        state.first_until = stop.day + (int(number("layoff", "first_days")) - 1) * DAY


def whole_again(
    rung: int, done: int, first_until: dt.date | None, day: dt.date
) -> tuple[int, dt.date | None]:
    """Return sessions done and the end of the first week, before a session of `day`.

    After the shortened sessions of the first week two whole ones of the same rung are asked for.
    """
    if first_until is None or day <= first_until:
        return done, first_until
    return (0 if _shortened(rung) else done), None


def _shortened(rung: int) -> bool:
    """Return whether a whole session of the rung is longer than the first ones may be."""
    step = ladder()[min(rung, len(ladder()) - 1)]
    return (step.run_s + step.walk_s) * step.repeats / 60 > number("layoff", "first_run_min")


def climb(rung: int, done: int, first_until: dt.date | None, day: dt.date) -> tuple[int, int]:
    """Return rung and sessions done after one more quiet session: two of them, the next rung.

    `rung` is the length of the ladder once it is done. In the first week it does not rise, but
    for whole sessions whose next one may stand after that week.
    """
    done += 1
    next_run = day if _shortened(rung) else day + LADDER_GAP_DAYS * DAY
    waiting = first_until is not None and (next_run <= first_until and day < first_until)
    if done >= number("ladder", "sessions") and not waiting:
        return min(rung + 1, len(ladder())), 0
    return rung, done


def _take_run(state: _State, run: DoneRun, colour: Colour) -> None:
    day = run.day
    if colour == "red":
        state.reds = (*state.reds, day)
        state.off_until = max(state.off_until, day + int(number("red", "off_days")) * DAY)
        again = [d for d in state.reds if (day - d).days <= 14]
        if state.rung is not None:
            state.rung, state.done = max(state.rung - 1, 0), 0
        elif len(again) >= 2:
            state.rung, state.done, state.stopped = rung_index("run-20"), 0, day
            state.before, state.free_since = state.before or day, None
        return
    if colour == "amber":
        state.ambers = (*state.ambers, day)
        return
    if state.rung is None:
        return
    state.done, state.first_until = whole_again(state.rung, state.done, state.first_until, day)
    shown = shown_rung(run)
    if shown is not None and shown > state.rung:
        state.rung, state.done = shown, 0
    state.rung, state.done = climb(state.rung, state.done, state.first_until, day)
    if state.rung >= len(ladder()):
        state.rung, state.free_since = None, day


def shown_rung(run: DoneRun) -> int | None:
    """Return the rung that a run without walking has shown; None where it cannot be told.

    A watch records the walking of a run-walk session too, so only a pace that leaves no room for
    walking counts, or a distance beyond anything on the ladder.
    """
    km = run.distance_m / 1000
    if km >= BEYOND_LADDER_KM:
        return rung_index("run-30")
    if run.moving_s is None or km <= 0 or run.moving_s / km > RUNNING_PACE_S_PER_KM:
        return None
    minutes = run.moving_s / 60
    return next(
        (
            rung_index(name)
            for name, least in (("run-30", 28.0), ("run-20", 18.0))
            if minutes >= least
        ),
        None,
    )


def _replay(
    diary: Diary, story: Story | None, history: History, said: Diaries, today: dt.date
) -> tuple[_State, list[_Stop]]:
    stops = _episode_stops(diary, story, history, today) + _return_stops(history, today)
    stops.sort(key=lambda s: (s.day, s.kind))
    state = _State()
    since = today - REPLAY_DAYS * DAY
    runs = [r for r in history.runs if since <= r.day <= today]
    days = sorted({r.day for r in runs} | {s.day for s in stops})
    hurt = {s.day for s in stops if s.kind == "episode"}
    for day in days:
        for stop in (s for s in stops if s.day == day):
            _take_stop(state, stop)
        longest = max((r for r in runs if r.day == day), key=lambda r: r.distance_m, default=None)
        if longest is None or day in hurt or day + DAY in hurt:
            continue
        _take_run(state, longest, colour_of(day, said))
    return state, stops


# --- the answer ---------------------------------------------------------------------------


def read(
    history: History,
    diary: Diary,
    *,
    today: dt.date,
    story: Story | None = None,
    verdict: Verdict | None = None,
) -> Readiness:
    """Return where the plan starts on the evening before `today`'s session, and why."""
    heard = said(diary, today)
    state, stops = _replay(diary, story, history, heard, today)
    opened = diary_views.open_episode(diary, today) is not None
    pain = pain_now(heard, today)
    if stops and state.rung is not None and not opened and heard.mornings:
        _closed(state, stops)
    run_from = max(state.off_until, today)
    changes = _changes(state, stops, today)
    if pain is not None and pain > number("green", "most"):
        red = pain > number("settle", "amber")
        run_from = max(run_from, today + _settle_days(state, history, red=red) * DAY)
        if red and state.rung is None:
            state.rung, state.done, state.free_since = rung_index("run-20"), 0, None
            state.stopped, state.before = today, today
        text = f"Pain is at {pain:g} of 10: {'settle first' if red else 'no step up'}."
        changes.append(PlanChange(date=today, rule="settle" if red else "amber", text=text))
    quiet, more = _quiet(history, diary, verdict, state, today=today, opened=opened)
    changes += more
    run_from = max(run_from, _ill_until(diary, today))
    hold = (
        bool(pain and pain > number("green", "most"))
        or _recent(state, today)
        or _missed(history, today)
    )
    if verdict is not None and verdict.level == "within_days":
        hold = True
    return Readiness(
        stage=_stage(state, today),
        rung=state.rung or 0,
        rung_done=state.done,
        first_until=state.first_until,
        run_from=run_from,
        quiet_until=quiet,
        hold=hold,
        former_km=_former(history, state.before),
        pain=pain,
        open_episode=opened,
        free_since=state.free_since,
        by_layoff=any(s.kind == "return" and s.day == state.stopped for s in stops),
        stopped=state.stopped,
        reason=_reason(state, stops),
        changes=tuple(changes),
    )


def _settle_days(state: _State, history: History, *, red: bool) -> int:
    """Return the days to walk only: after a red score, or before the first run since the stop.

    An amber morning between ladder sessions repeats the rung and does not stop it.
    """
    if red:
        return int(number("settle", "red_days"))
    last, stopped = history.last, state.stopped
    begun = last is not None and stopped is not None and last > stopped
    return 0 if state.rung is None or begun else int(number("settle", "amber_days"))


def _closed(state: _State, stops: list[_Stop]) -> None:
    """After an episode that is over the ladder goes on from its 20 easy minutes."""
    last = max(stops, key=lambda s: s.day)
    if last.kind == "episode" and state.rung is not None and state.rung < rung_index("run-20"):
        state.rung, state.done = rung_index("run-20"), 0


def _stage(state: _State, today: dt.date) -> Stage:
    if state.rung is not None:
        return "ladder"
    if state.free_since is not None and (today - state.free_since).days <= OWN_DAYS:
        return "own"
    return "free"


def _recent(state: _State, today: dt.date) -> bool:
    return any((today - d).days <= 7 for d in (*state.reds, *state.ambers))


def _missed(history: History, today: dt.date) -> bool:
    last = history.last
    return last is not None and (today - last).days >= number("missed", "hold_after_days")


def _former(history: History, stopped: dt.date | None) -> float | None:
    if stopped is None:
        return None
    return rules.longest_km(rules.outings_of(history), stopped + DAY)


def _reason(state: _State, stops: list[_Stop]) -> str:
    if state.rung is None or not stops:
        return ""
    return max(stops, key=lambda s: s.day).text


def _ills(diary: Diary, today: dt.date) -> list[dt.date]:
    found = []
    for entry in diary.entries:
        if entry.kind not in ("note", "week") or not today - 10 * DAY <= entry.date <= today:
            continue
        said = (entry.get("ill") or "").casefold()
        if said.startswith("y") or (not said and entry.words and ILL.search(entry.words)):
            found.append(entry.date)
    return found


def _ill_until(diary: Diary, today: dt.date) -> dt.date:
    return max(
        (d + int(number("illness", "off_days")) * DAY for d in _ills(diary, today)),
        default=dt.date.min,
    )


def _quiet(
    history: History,
    diary: Diary,
    verdict: Verdict | None,
    state: _State,
    *,
    today: dt.date,
    opened: bool,
) -> tuple[dt.date, list[PlanChange]]:
    """Return the last day without anything hard, and the changes that say so."""
    days, changes = [dt.date.min], []
    ills = _ills(diary, today)
    if ills:
        days.append(max(ills) + int(number("illness", "easy_days")) * DAY)
        text = "Ill: no running for two days from the last note of it, then a week of easy running."
        changes.append(PlanChange(date=max(ills), rule="illness", text=text))
    if opened and state.stopped and (today - state.stopped).days <= 56:
        days.append(today + 7 * int(number("order", "quiet_weeks")) * DAY)
    if state.free_since is not None:
        days.append(state.free_since + 7 * int(number("order", "flat_weeks")) * DAY)
    days += [d + 7 * DAY for d in (*state.reds, *state.ambers)]
    if verdict is not None and verdict.level == "within_days":
        days.append(today + 14 * DAY)
        text = "Until somebody has looked at it: easy and short, nothing hard, no longer long run."
        changes.append(PlanChange(date=today, rule="triage", text=text))
    if _missed(history, today) and history.last and (today - history.last).days < 14:
        text = f"No run since {history.last}: nothing is made up, the week goes on as it is."
        changes.append(PlanChange(date=today, rule="missed", text=text))
    return max(days), changes


def _changes(state: _State, stops: list[_Stop], today: dt.date) -> list[PlanChange]:
    since = today - CHANGES_DAYS * DAY
    found = [
        PlanChange(
            date=s.day,
            rule="new_episode" if s.kind == "episode" else "layoff",
            text=f"After {s.text}: start again at '{ladder()[s.rung].text}'"
            if s.kind == "return"
            else f"After {s.text}: two days off running, walk, then the ladder.",
        )
        for s in stops
        if s.day >= since and s.gap < UNKNOWN_GAP
    ]
    for day in state.reds:
        if day >= since:
            text = f"The run of {day} was red: 48 hours off running, walk, one step back."
            found.append(PlanChange(date=day, rule="red", text=text))
    for day in state.ambers:
        if day >= since:
            text = f"The run of {day} was amber: the same step again, no longer run this week."
            found.append(PlanChange(date=day, rule="amber", text=text))
    return sorted(found, key=lambda c: c.date)
