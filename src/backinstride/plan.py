"""The plan: from where the runner is, under the rules, to the race in sight.

`make` is pure: the same runs, the same diary and the same day give the same plan, so nothing is
stored and every day's plan is a replan. A session's id is its week and its place in the week; it
survives as long as that place does.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

import msgspec

from backinstride import (
    diary_views,
    orders,
    plan_sheet,
    plan_weeks,
    programme,
    readiness,
    rules,
    units,
)
from backinstride.diary import Diary
from backinstride.plan_calendar import WEEK, layout, monday_of, taper_monday
from backinstride.plan_course import Frame
from backinstride.plan_weeks import lay
from backinstride.rules import DAY, DoneRun, History, Pair, number, peak_km
from backinstride.values import (
    BLOCKING_LEVELS,
    BlockedBy,
    Plan,
    PlanChange,
    PlanOption,
    Race,
    Value,
    Verdict,
)

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from backinstride.readiness import Readiness
    from backinstride.units import DistanceUnit
    from backinstride.values import Story, Week

__all__ = ["History", "history", "make"]

EASY_PACE_DAYS = 90
SEARCHED_WEEKS = 56  # how far a later race is looked for
NOTHING_KM = 0.5  # a longest run below this is none
REACHED = 0.985  # of the aim: what rounding down to 100 m may cost
NO_DIARY = Diary(entries=(), problems=(), sha256="")


def history(runs: pl.DataFrame, today: dt.date) -> History:
    """Return the runner's runs up to `today` from the per-run frame, and their easy pace.

    Easy pace: the median of the runs of 2 km and more of the last 90 days (s a km), None where
    there are fewer than three. Rows without a distance are left out.
    """
    import polars as pl

    frame = runs.filter((pl.col("day") <= today) & (pl.col("distance_m") > 0)).sort("day")
    pace = _column(frame, "pace_s_per_km")
    moving = _column(frame, "moving_s")
    done = []
    for day, metres, one, timed in zip(
        frame["day"], frame["distance_m"], pace, moving, strict=True
    ):
        seconds = one * metres / 1000 if timed is None and one is not None else timed
        done.append(DoneRun(day=day, distance_m=metres, moving_s=seconds))
    return History(
        runs=tuple(done),
        easy_pace_s_per_km=easy_pace(done, today),
        pairs=_pairs(frame),
        drifts=_drifts(frame),
    )


def _pairs(frame: pl.DataFrame) -> tuple[Pair, ...]:
    """Return the pairs of shoes by their last run, where the frame says which were worn."""
    if not {"shoe", "shoe_km", "shoe_runs"} <= set(frame.columns):
        return ()
    found: dict[str, Pair] = {}
    for day, name, km, runs in zip(
        *(frame[c] for c in ("day", "shoe", "shoe_km", "shoe_runs")), strict=True
    ):
        if name is not None and km is not None:
            found[name] = Pair(name=name, km=km, runs=runs or 0, last=day)
    return tuple(found.values())


def _drifts(frame: pl.DataFrame) -> tuple[tuple[dt.date, float], ...]:
    values = _column(frame, "form_drift_end")
    pairs = zip(frame["day"], values, strict=True)
    return tuple((day, value) for day, value in pairs if value is not None)


def _column(frame: pl.DataFrame, name: str) -> list[float | None]:
    if name not in frame.columns:
        return [None] * frame.height
    return [None if v is None or math.isnan(v) else float(v) for v in frame[name]]


def easy_pace(runs: list[DoneRun], today: dt.date) -> float | None:
    """Return the median pace of recent runs in seconds a km; None below three of them."""
    since = today - EASY_PACE_DAYS * DAY
    paces = [
        r.moving_s / (r.distance_m / 1000)
        for r in runs
        if r.day >= since and r.distance_m >= 2000 and r.moving_s
    ]
    usual = [p for p in paces if 150 <= p <= 900]
    return statistics.median(usual) if len(usual) >= 3 else None


# --- the plan -----------------------------------------------------------------------------


def make(
    history: History,
    *,
    today: dt.date,
    race: Race | None = None,
    start: dt.date | None = None,
    verdict: Verdict | None = None,
    blocked: BlockedBy | None = None,
    no_running: bool = False,
    diary: Diary = NO_DIARY,
    story: Story | None = None,
    run_days: tuple[int, ...] | None = None,
    unit: DistanceUnit = "km",
    options: bool = True,
) -> Plan:
    """Return the plan from `start` (not before `today`) to the race, or for twelve weeks.

    `run_days`: 0 Monday to 6 Sunday, as the runner set them; else their own habit. `verdict` at a
    blocking level empties the plan even where `blocked` was not given. `unit` is that of the words;
    numbers stay in km. `options=False` leaves the ways out unsought, to save time.
    """
    first = max(start or today, today)
    blocked = blocked or _blocking(verdict)
    passed = race if race is not None and race.date < first else None
    kept = None if passed else race
    if blocked is not None:
        return Plan(from_=first, race=kept, blocked_by=blocked, why=_blocked_text(blocked))
    history = history.until(today)
    ordered = orders.current(diary, today)
    ready = readiness.read(history, diary, today=today, story=story, verdict=verdict)
    overridden = _overrides(diary, today)
    frame = Frame(
        today=today,
        start=first,
        race=kept,
        history=history,
        ready=ready,
        layout=layout(history, first, run_days),
        pace_s_per_km=history.easy_pace_s_per_km or plan_weeks.PACE_UNKNOWN_S_PER_KM,
        aim_km=peak_km(kept.distance_km) if kept else _usual_long(history, today),
        ordered=ordered,
        no_running=no_running,
        no_jog=_no_jog(diary, story, today),
        no_hills=bool(story and {"hills_up", "hills_down"} & set(story.suspects)),
        unit=unit,
        no_cutback=any(rule == "cutback" for _, rule, _ in overridden),
        onset_km=_onset_km(diary, story, today),
        eased=_eased(diary, today),
        body=programme.body(diary, story, ordered, today),
    )
    reach = _reach(frame) if kept else None
    return _written(frame, reach, passed, overridden, diary=diary, options=options)


def _written(
    frame: Frame,
    reach: Reach | None,
    passed: Race | None,
    overridden: list[tuple[dt.date, str, str]],
    *,
    diary: Diary,
    options: bool,
) -> Plan:
    """Lay the weeks and say in words why they are as they are."""
    weeks, ready, unit = lay(frame), frame.ready, frame.unit
    return Plan(
        from_=frame.start,
        race=frame.race,
        feasible=reach.enough if reach else None,
        why=_why(frame, reach, weeks, unit, passed=passed),
        options=_options(frame, reach, weeks, unit) if options else (),
        weeks=weeks,
        changes=ready.changes,
        orders=_order_lines(frame.ordered, frame.today),
        overrides=_override_lines(overridden),
        race_day=() if frame.no_running else plan_sheet.race_day(frame.race, frame, unit),
        early_signs=plan_sheet.early_signs(frame.history, diary, frame.today, unit),
    )


def _blocking(verdict: Verdict | None) -> BlockedBy | None:
    if verdict is None or verdict.level not in BLOCKING_LEVELS:
        return None
    return BlockedBy(level=verdict.level, flags=verdict.flags)


def _blocked_text(blocked: BlockedBy) -> str:
    when = "now" if blocked.level == "emergency" else "today"
    return (
        f"No plan: somebody must look at this {when}. "
        "It opens again once the warning signs are answered."
    )


def _usual_long(history: History, today: dt.date) -> float:
    """Return the long run to keep without a race: the upper quarter of half a year's, in km."""
    since = today - 182 * DAY
    weeks: dict[dt.date, float] = {}
    for run in history.runs:
        if run.day >= since:
            monday = monday_of(run.day)
            weeks[monday] = max(weeks.get(monday, 0.0), run.distance_m / 1000)
    longs = sorted(weeks.values())
    return max(longs[int(0.75 * (len(longs) - 1))], 6.0) if longs else 6.0


def _no_jog(diary: Diary, story: Story | None, today: dt.date) -> bool:
    """Return whether a jog before the session is what tightens this back."""
    if story is not None and "warmup" in story.suspects:
        return True
    for entry in diary.entries:
        said = (entry.get("warmup") or "").casefold()
        if (
            entry.date <= today
            and "jog" in said
            and any(w in said for w in ("tight", "hurt", "pain", "worse", "spasm", "seiz"))
        ):
            return True
    return False


def _onset_km(diary: Diary, story: Story | None, today: dt.date) -> float | None:
    """Return how far the last run had come when it began, by diary, else by the story; in km."""
    known = [e for e in diary_views.episodes(diary) if e.onset_m is not None and e.date <= today]
    if known:
        last = max(known, key=lambda e: e.date).onset_m
        return last / 1000 if last is not None else None
    told = [e.onset_km for e in (story.episodes if story else ()) if e.onset_km is not None]
    return told[-1] if told else None


def _eased(diary: Diary, today: dt.date) -> tuple[str, ...]:
    found = [x for e in diary_views.episodes(diary) if e.date <= today for x in e.eased]
    return tuple(dict.fromkeys(found))[:4]


# --- feasibility: load arithmetic ---------------------------------------------------------


class Reach(Value, frozen=True, kw_only=True):
    """What the rules allow before the taper, whatever the pain today. Distances in km.

    `needed_weeks` is above `weeks_left` exactly where it is not enough; None where no time would
    do, as under an order that limits every run.
    """

    enough: bool
    from_km: float
    peak_km: float
    needed_weeks: int | None
    needed_with_cutbacks: int
    ladder_weeks: int
    weeks_left: int


def _reach(frame: Frame) -> Reach:
    """Return the arithmetic: the long run that a quiet back could reach before the taper."""
    race = frame.race
    assert race is not None
    quiet = _quiet_frame(frame)
    weeks = lay(quiet)
    before = [w for w in weeks if w.start < taper_monday(race)]
    ladder = sum(w.phase in ("settle", "ladder") for w in before)
    left = len(before) - ladder
    peak = _peak(frame, before)
    enough = peak >= REACHED * frame.aim_km
    base = _base(frame, weeks)
    recent = _recent_peak(frame)
    if enough and recent >= REACHED * frame.aim_km:
        base = max(base, recent)
    needed = _steps(base, frame.aim_km)
    cutbacks = needed + max(needed - 1, 0) // 3
    return Reach(
        enough=enough,
        from_km=base,
        peak_km=peak,
        needed_weeks=min(needed, left) if enough else _too_many(quiet, needed, cutbacks, left),
        needed_with_cutbacks=cutbacks,
        ladder_weeks=ladder,
        weeks_left=left,
    )


def _peak(frame: Frame, before: list[Week]) -> float:
    planned = [s.distance_km or 0.0 for w in before for s in rules.training_of(w)]
    return max([*planned, _recent_peak(frame)], default=0.0)


def _too_many(quiet: Frame, needed: int, cutbacks: int, left: int) -> int | None:
    """Return the weeks that the aim needs where there are not enough of them.

    The steps alone, else with the lighter weeks among them, else as the plan itself finds them.
    """
    if needed > left:
        return needed
    if cutbacks > left:
        return cutbacks
    later = _first_race(quiet)
    assert quiet.race is not None
    return None if later is None else left + (later - quiet.race.date) // WEEK


def _first_race(frame: Frame) -> dt.date | None:
    """Return the first day, weeks after the race, before which this plan comes to the aim.

    Pain included: each day tried is planned. More time never comes less far, so halving finds it;
    None where a year more is not enough.
    """
    race = frame.race
    assert race is not None
    low, high = 1, SEARCHED_WEEKS

    def arrives(weeks_later: int) -> bool:
        later = Race(date=race.date + weeks_later * WEEK, distance_km=race.distance_km)
        moved = msgspec.structs.replace(frame, race=later)
        return _arrives(moved, lay(moved))

    if not arrives(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if arrives(middle) else (middle + 1, high)
    return race.date + low * WEEK


def _quiet_frame(frame: Frame) -> Frame:
    """Return the frame of the same runner with a back that does not object."""
    quiet = readiness.Readiness(
        stage="ladder" if _returning(frame.ready) else "free",
        rung=frame.ready.rung if _returning(frame.ready) else 0,
        rung_done=frame.ready.rung_done,
        first_until=frame.ready.first_until,
        former_km=frame.ready.former_km if _returning(frame.ready) else None,
        run_from=frame.start,
    )
    return msgspec.structs.replace(frame, ready=quiet, no_running=False)


def _returning(ready: Readiness) -> bool:
    return ready.stage == "ladder" and ready.by_layoff


def _base(frame: Frame, weeks: tuple[Week, ...]) -> float:
    """Return what the steps start from: the longest of 30 days, after the ladder its top; in km."""
    if weeks and any(w.phase == "ladder" for w in weeks):
        ladder = (s for w in weeks if w.phase == "ladder" for s in rules.training_of(w))
        return max((s.distance_km or 0.0 for s in ladder), default=0.0)
    return rules.longest_km(rules.outings_of(frame.history), frame.start) or 0.0


def _recent_peak(frame: Frame) -> float:
    """Return the longest run done in the weeks that count for this race, in km."""
    assert frame.race is not None
    since = min(frame.start - 30 * DAY, frame.race.date - 42 * DAY)
    since = max(since, frame.race.date - 56 * DAY)
    return max((r.distance_m / 1000 for r in frame.history.runs if r.day >= since), default=0.0)


def _steps(base_km: float, aim_km: float) -> int:
    if base_km <= 0:
        return 99
    if base_km >= REACHED * aim_km:
        return 0
    return math.ceil(math.log(aim_km / base_km) / math.log(number("session_cap", "factor")) - 1e-9)


# --- what is said about it ----------------------------------------------------------------


def _why(
    frame: Frame,
    reach: Reach | None,
    weeks: tuple[Week, ...],
    unit: DistanceUnit,
    *,
    passed: Race | None,
) -> str:
    found = []
    if passed is not None:
        found.append(f"The race of {passed.date} is past; this plan has none in sight.")
    if frame.no_running:
        found.append("No running until somebody has looked at the warning sign; the rest stays.")
    found.append(orders.unread_text(frame.ordered, frame.start))
    if reach is not None:
        found.append(_arithmetic(frame, reach, unit))
    found.append(_where(frame, weeks))
    if reach is not None and reach.enough and not _arrives(frame, weeks):
        found.append(
            "That is load arithmetic only. From where the back is today the plan comes less far: "
            "see the options."
        )
    return " ".join(text for text in found if text)


def _arithmetic(frame: Frame, reach: Reach, unit: DistanceUnit) -> str:
    aim = units.distance(frame.aim_km * 1000, unit)
    base = units.distance(reach.from_km * 1000, unit)
    within = reach.enough and reach.from_km >= REACHED * frame.aim_km
    if within:
        return (
            f"The long run aimed at before this race, {aim}, is within reach: "
            f"your longest of the last weeks is {base}."
        )
    ladder = f" after {_weeks(reach.ladder_weeks)} on the way back" if reach.ladder_weeks else ""
    have = f"you have {_weeks(reach.weeks_left)} before the two-week taper{ladder}"
    if reach.needed_weeks is None:
        top = units.distance(reach.peak_km * 1000, unit)
        return f"{aim} is out of reach while rules and orders stand as they do, {top} is the most."
    if reach.from_km < NOTHING_KM:
        return f"There is no run in the last 30 days to step up from; {have}."
    takes = f"{aim} under the limit of +10 % takes {_weeks(reach.needed_weeks)} from {base}"
    more = (
        f", {reach.needed_with_cutbacks} with every fourth one lighter"
        if reach.needed_with_cutbacks > reach.needed_weeks
        and (not reach.enough or reach.needed_with_cutbacks <= reach.weeks_left)
        else ""
    )
    if not reach.enough and reach.needed_weeks == reach.needed_with_cutbacks:
        more = ", every fourth one lighter" if reach.needed_weeks > 3 else ""
    got = (
        ""
        if reach.enough
        else f" The rules allow {units.distance(reach.peak_km * 1000, unit)} by then."
    )
    return f"{takes}{more}; {have}.{got}"


def _weeks(count: int) -> str:
    return f"{count} week" if count == 1 else f"{count} weeks"


def _where(frame: Frame, weeks: tuple[Week, ...]) -> str:
    ready = frame.ready
    if frame.no_running:
        return ""
    if not frame.history.runs:
        return "No runs are known, so the plan starts on the ladder; skip ahead if it is easy."
    gap = _first_gap(frame, weeks)
    if gap is not None and gap >= number("layoff", "days"):
        return (
            f"It starts on the ladder: the first run follows {gap} days without one, and "
            f"{int(number('layoff', 'days'))} or more begin again at twenty minutes or less."
        )
    if ready.stage == "ladder":
        return (
            f"It starts on the ladder, after {ready.reason}."
            if ready.reason
            else "It starts on the ladder."
        )
    if ready.stage == "own":
        return (
            "The ladder is done: own easy runs on the flat first, then hills, then speed, "
            "the long run last."
        )
    return ""


def _first_gap(frame: Frame, weeks: tuple[Week, ...]) -> int | None:
    """Return the days from the last run done to the first one planned; None without either."""
    days = [s.date for w in weeks for s in rules.training_of(w)]
    last = frame.history.last
    return (min(days) - last).days if days and last is not None else None


def _arrives(frame: Frame, weeks: tuple[Week, ...]) -> bool:
    """Return whether the plan itself, pain included, comes to the aim before the taper."""
    planned = [s.distance_km or 0.0 for w in weeks for s in rules.training_of(w)]
    done = _recent_peak(frame) if not frame.ready.open_episode else 0.0
    return max([*planned, done], default=0.0) >= REACHED * frame.aim_km


def _options(
    frame: Frame, reach: Reach | None, weeks: tuple[Week, ...], unit: DistanceUnit
) -> tuple[PlanOption, ...]:
    """Return the ways out where rules or back do not meet the race date; empty where they do."""
    race = frame.race
    if race is None or reach is None or (reach.enough and _arrives(frame, weeks)):
        return ()
    planned = [s.distance_km or 0.0 for w in weeks for s in rules.training_of(w)]
    peak = max(planned, default=0.0)
    top = units.distance(peak * 1000, unit)
    some = peak >= NOTHING_KM
    stays = f"the longest run before it stays {top}" if some else "no run is before it"
    longest = f"a longest run of {top}" if some else "no run"
    aim = units.distance(frame.aim_km * 1000, unit)
    later = _first_race(frame)
    when = f"A race on or after {later}" if later else "A race more than a year from now"
    return (
        PlanOption(
            id="later_race",
            text=f"{when}: until then every step stays within the limit.",
        ),
        PlanOption(
            id="walk_breaks",
            text=(
                "Cover the distance with walk breaks from the first kilometre on, such as eight "
                f"minutes running and one walking; {stays}. Nobody has tested walk breaks for "
                "backs; they cost little."
            ),
        ),
        PlanOption(
            id="lower_peak",
            text=(
                f"Start with {longest} in the place of {aim}, slower than planned, ready to stop."
            ),
        ),
        PlanOption(
            id="accept_risk",
            text=(
                f"Go past the limit and know it. {rules.rows()['session_cap'].risk} If you decide "
                "so, write it into the diary as a note with 'override: session_cap'."
            ),
        ),
    )


def _order_lines(ordered: orders.Ordered | None, today: dt.date) -> tuple[str, ...]:
    if ordered is None:
        return ()
    if ordered.review is not None and ordered.review <= today:
        return (f"The review of {ordered.review} is due: the orders of {ordered.day} end with it.",)
    return ordered.sentences


def _overrides(diary: Diary, today: dt.date) -> list[tuple[dt.date, str, str]]:
    """Return (day, rule id, words) of every override in the diary that names a rule."""
    return [
        (entry.date, rule, entry.words or "")
        for entry in diary.entries
        if entry.kind == "note" and entry.date <= today
        for value in entry.all("override")
        if (rule := value.split()[0].strip(",;.")) in rules.rows()
    ]


def _override_lines(found: list[tuple[dt.date, str, str]]) -> tuple[str, ...]:
    lines = []
    for day, name, _ in found:
        row = rules.rows()[name]
        kept = "The plan itself keeps the rule." if row.binds else "The plan follows you."
        lines.append(f"{day}: you set aside '{row.title}'. {row.risk} {kept}")
    return tuple(lines)


def changes_text(changes: tuple[PlanChange, ...]) -> tuple[str, ...]:
    """Return the changes as lines: day, what, and the rule that made it."""
    return tuple(f"{c.date}: {c.text} [{c.rule}]" for c in changes)
