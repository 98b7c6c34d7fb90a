"""The invented runner: what they ran, wore, lifted and felt. Nobody's real training.

Modelled on a common situation: first marathon in sight, spasms on two long runs, two clean ones
between them, the same shoes suspected. `season` adds a year in which one pair of shoes is planted
as the driver (hazard ratio 6 inside the run), so that there is something to find.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from backinstride import diary, units

FIRST_DAY = dt.date(2026, 3, 2)
PLAN_START = dt.date(2026, 5, 18)  # 24 weeks before the race
TODAY = dt.date(2026, 9, 28)
RACE = dt.date(2026, 11, 1)
RACE_KM = 42.195
SEASON_TODAY = dt.date(2027, 9, 27)
SHOES = ("Blue Heron 4", "Red Finch 2")
PLANTED = SHOES[0]
PLANTED_HAZARD_RATIO = 6.0
BASE_HAZARD_PER_KM = 0.003

LONG_RUNS_MI = (6, 7, 8, 6, 9, 10, 11, 8, 12, 13, 10, 14, 12, 14, 12, 15.4, 18, 18, 17.25)
STORY = (
    "I am training for my first marathon on 1 November and I have kept to the plan. "
    "Yesterday I was meant to do 20 miles, but at 17.25 miles my lower back went into spasm. "
    "I walked for a while and tried to run again, but I could not. "
    "The same thing happened three weeks ago when I was trying to finish 16 miles. "
    "The 18 milers on the two Sundays between were fine. "
    "I suspect my shoes: I wore the same pair both times. "
    "How can I avoid this on the next long run?"
)


@dataclass(frozen=True)
class Outing:
    """One invented run: distance in m, speed in m/s, onset of a spasm in m or None."""

    day: dt.date
    distance_m: float
    speed_m_s: float
    shoe: str | None
    title: str
    climb: float = 1.0  # how hilly: multiplies the course's gradient
    onset_m: float | None = None
    walked_m: float = 0.0
    repeats: int = 0  # 800 m repeats inside


def outings(*, season: bool) -> tuple[Outing, ...]:
    """Return the invented runs, oldest first."""
    rng = random.Random(18)  # noqa: S311 - an example, the same one every time
    runs = [*_base(rng), *_build(rng)]
    if season:
        runs += _season(rng)
    return tuple(sorted(runs, key=lambda run: run.day))


def _base(rng: random.Random) -> list[Outing]:
    """Eleven quiet weeks before the plan."""
    runs = []
    day = FIRST_DAY
    while day < PLAN_START:
        if day.weekday() in (1, 3, 6):
            km = {1: 6.0, 3: 7.0, 6: 8.5}[day.weekday()] * rng.uniform(0.9, 1.1)
            runs.append(_run(rng, day, km, rng.choice(SHOES), "Easy run"))
        day += dt.timedelta(days=1)
    return runs


def _build(rng: random.Random) -> list[Outing]:
    """Nineteen weeks to the 20 miles that ended at 17.25."""
    runs = []
    for week, miles in enumerate(LONG_RUNS_MI):
        monday = PLAN_START + dt.timedelta(weeks=week)
        runs.append(_run(rng, monday + dt.timedelta(days=1), 8.0, SHOES[1], "Easy run"))
        runs.append(_repeats(rng, monday + dt.timedelta(days=3)))
        runs.append(_run(rng, monday + dt.timedelta(days=5), 5.5, SHOES[1], "Easy run"))
        sunday = monday + dt.timedelta(days=6)
        runs.append(_long_run(rng, sunday, miles * units.M_PER_MILE / 1000))
    return runs


def _long_run(rng: random.Random, day: dt.date, km: float) -> Outing:
    spasms = {dt.date(2026, 9, 6): 15.2, dt.date(2026, 9, 27): 17.25}
    if day in spasms:
        onset_m = spasms[day] * units.M_PER_MILE
        walked = 1.25 * units.M_PER_MILE if day == dt.date(2026, 9, 27) else 300.0
        return Outing(day, onset_m, 2.72, SHOES[0], "Long run, cut short", 1.2, onset_m, walked)
    # The two clean 18s: nobody wrote down the shoes, which is the first thing worth asking.
    shoe = None if km > 28 else rng.choice(SHOES)
    return Outing(day, km * 1000, 2.75 + rng.uniform(-0.05, 0.05), shoe, "Long run", 1.2)


def _run(rng: random.Random, day: dt.date, km: float, shoe: str, title: str) -> Outing:
    return Outing(
        day, km * 1000, 2.85 + rng.uniform(-0.12, 0.12), shoe, title, rng.uniform(0.6, 1.4)
    )


def _repeats(rng: random.Random, day: dt.date) -> Outing:
    return Outing(
        day, 9000.0, 2.8 + rng.uniform(-0.05, 0.05), SHOES[1], "5 x 800 m", 0.3, repeats=5
    )


def _season(rng: random.Random) -> list[Outing]:
    """A year after the first story: runs at random, spasms by a planted hazard."""
    runs: list[Outing] = []
    day, rest_until = TODAY + dt.timedelta(days=1), TODAY
    while day < SEASON_TODAY:
        if day.weekday() in (1, 3, 5, 6) and day > rest_until and rng.random() < 0.93:
            km = rng.uniform(13, 22) if day.weekday() == 6 else rng.uniform(5, 11)
            shoe = SHOES[0] if rng.random() < (0.55 if km > 12 else 0.4) else SHOES[1]
            run = _hazard_run(rng, day, km, shoe)
            runs.append(run)
            if run.onset_m is not None:
                rest_until = day + dt.timedelta(days=rng.randint(2, 4))
        day += dt.timedelta(days=1)
    return runs


def _hazard_run(rng: random.Random, day: dt.date, km: float, shoe: str) -> Outing:
    rate = BASE_HAZARD_PER_KM * (PLANTED_HAZARD_RATIO if shoe == PLANTED else 1.0)
    onset_km = rng.expovariate(rate)
    plain = _run(rng, day, km, shoe, "Run")
    if onset_km >= km or onset_km < 0.5:
        return plain
    onset_m = onset_km * 1000
    return Outing(
        day, onset_m, plain.speed_m_s, shoe, "Run, cut short", plain.climb, onset_m, 500.0
    )


# --- the diary --------------------------------------------------------------------------


def diary_text(runs: tuple[Outing, ...], *, season: bool) -> str:
    """Return the invented runner's diary as the file would hold it."""
    blocks = [
        diary.format_entry(FIRST_DAY, "shoes", None, [("name", name), ("start_km", km)])
        for name, km in zip(SHOES, ("310", "40"), strict=True)
    ]
    blocks.append(diary.format_entry(TODAY, "story", STORY))
    blocks += _strength()
    blocks += _episodes(runs)
    blocks += _mornings(runs, season=season)
    blocks.append(diary.format_entry(TODAY, "check", None, [(name, "no") for name in ANSWERED_NO]))
    blocks.sort(key=lambda block: block[:10])
    return "\n".join(blocks)


ANSWERED_NO = (
    "saddle_numbness", "bladder", "bowel", "both_legs", "leg_weakness", "fever", "major_trauma",
    "cancer_history", "night_pain", "bone_stress", "fragile_bone",
)  # fmt: skip


def _strength() -> list[str]:
    """Two sessions a week from the plan's start, skipped in the weeks of the two spasms."""
    blocks = []
    for week in range(len(LONG_RUNS_MI)):
        if week in (15, 18):
            continue
        for offset in (0, 4):
            day = PLAN_START + dt.timedelta(weeks=week, days=offset)
            fields = [
                ("goblet_squat", "3 x 10, 16 kg"),
                ("plank", "3 x 45 s"),
                ("bridge", "2 x 12"),
            ]
            blocks.append(diary.format_entry(day, "strength", None, fields))
    return blocks


def _episodes(runs: tuple[Outing, ...]) -> list[str]:
    planned = {dt.date(2026, 9, 6): "16 mi", dt.date(2026, 9, 27): "20 mi"}
    blocks = []
    for run in runs:
        if run.onset_m is None:
            continue
        fields = [
            ("when", "during"),
            ("onset", f"{run.onset_m / units.M_PER_MILE:.2f} mi"),
            ("planned", planned.get(run.day, "")),
            ("pain", "7/10"),
            ("feels", "spasm"),
            ("where", "low back"),
            ("did", "walked, tried again"),
            ("eased", "no"),
            ("shoes", run.shoe or ""),
        ]
        words = "stopped, could not run on" if run.day in planned else "spasm, stopped"
        kept = [(name, value) for name, value in fields if value]
        blocks.append(diary.format_entry(run.day, "episode", words, kept))
    return blocks


def _mornings(runs: tuple[Outing, ...], *, season: bool) -> list[str]:
    """A score each morning from the first spasm on."""
    rng = random.Random(7)  # noqa: S311 - an example, the same one every time
    onsets = {run.day for run in runs if run.onset_m is not None}
    day, pain, blocks = dt.date(2026, 9, 6), 0, []
    while day < (SEASON_TODAY if season else TODAY) + dt.timedelta(days=1):
        if day - dt.timedelta(days=1) in onsets:
            pain = rng.choice((4, 5))
        elif pain:
            pain -= 1
        fields = [("pain", f"{pain}/10"), ("stiff", f"{pain * 8} min")]
        blocks.append(diary.format_entry(day, "morning", None, fields))
        day += dt.timedelta(days=1)
    return blocks
