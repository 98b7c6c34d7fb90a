"""What is recorded and explained, but not ranked: it does not change from run to run.

Strength beside body weight, leg length, holds and flexibility against oneself, what somebody
diagnosed; and two plain patterns of the episodes, when they come and after how much running.
None of it is a cause here.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from backinstride import diary_views
from backinstride.contributors.words import count

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    import polars as pl

    from backinstride.contributors.outcomes import Outcomes
    from backinstride.diary import Diary
    from backinstride.values import Story

HOLD_CHANGE_S = 50.0  # [own-hold-change]
FEWEST_EPISODES = 3
FIXED: tuple[tuple[str, str], ...] = (
    ("leg_length", "never act on a tape measure at home; a lift is for a professional to try"),
    ("pelvi", "most people without pain have one; nothing shows that changing it helps"),
    ("pronation", "feet that roll in were not injured more often"),
    ("arch", "it says little about injuries of runners"),
    ("scoliosis", "it is for the person who found it to judge"),
    ("lordosis", "it is for the person who found it to judge"),
)
LIFTS = (("deadlift", "Deadlift"), ("squat", "Squat"))


def describe(
    diary: Diary, story: Story | None, runs: pl.DataFrame, ended: Outcomes, today: dt.date
) -> tuple[str, ...]:
    """Return the sentences, patterns of the episodes first."""
    return (
        *_timing(ended),
        *_distance_before(runs, ended),
        *_lifts(diary, story, today),
        *_holds(diary, today),
        *_fixed(diary, today),
    )


def _timing(ended: Outcomes) -> Iterable[str]:
    """Say whether the episodes come in the run or after it."""
    during = sum(o.event == "during" for o in ended.runs)
    after = sum(o.event == "after" for o in ended.runs)
    if during + after < 2:
        return
    if not during:
        yield (
            f"All {after} episodes came after the run, none in it: how the run felt says little "
            "here, the next morning says more."
        )
    elif not after:
        yield f"All {during} episodes began in the run."
    else:
        yield f"{during} of {count(during + after, 'episode')} began in the run, {after} after it."


def _distance_before(runs: pl.DataFrame, ended: Outcomes) -> Iterable[str]:
    """Say how much was run in the seven days before, where no episode came below some distance."""
    if "load_7d_m" not in runs.columns:
        return
    before = dict(zip(runs["id"].to_list(), runs["load_7d_m"].to_list(), strict=True))
    hit = [before.get(o.run) for o in ended.runs if o.event != "none"]
    clean = [before.get(o.run) for o in ended.runs if o.event == "none"]
    hurt = sorted(m / 1000 for m in hit if m is not None)
    well = [m / 1000 for m in clean if m is not None]
    if len(hurt) >= FEWEST_EPISODES and len(well) >= FEWEST_EPISODES:
        yield (
            f"In the 7 days before an episode you had run {hurt[0]:.0f} to {hurt[-1]:.0f} km "
            f"(middle {median(hurt):.0f}), before clean runs {median(well):.0f} km in the middle. "
            "Weekly distance was not linked to injury in the one large study."
        )


def _lifts(diary: Diary, story: Story | None, today: dt.date) -> Iterable[str]:
    weight = _weight_kg(diary, story, today)
    best = {
        "deadlift": story.strength.deadlift_1rm_kg if story else None,
        "squat": story.strength.squat_1rm_kg if story else None,
    }
    for done in diary_views.strength(diary):
        for lift, _ in LIFTS:
            if lift in done.exercise.lower() and done.load_kg and done.date <= today:
                best[lift] = max(best[lift] or 0.0, done.load_kg)
    for lift, label in LIFTS:
        load = best[lift]
        if load and weight:
            yield (
                f"{label} {load:.0f} kg at {weight:.0f} kg body weight: {load / weight:.2f} times. "
                "A number, not a verdict: no research says that it explains back pain, and it does "
                "not tell weak from tight."
            )


def _weight_kg(diary: Diary, story: Story | None, today: dt.date) -> float | None:
    told = [
        m.value
        for m in diary_views.measures(diary)
        if m.name == "weight" and m.unit == "kg" and m.value and m.date <= today
    ]
    if told:
        return told[-1]
    return story.person.weight_kg if story else None


def _holds(diary: Diary, today: dt.date) -> Iterable[str]:
    """Compare the first and the latest hold of each exercise with oneself."""
    found: dict[str, list[float]] = {}
    for done in diary_views.strength(diary):
        if done.hold_s is not None and done.date <= today:
            found.setdefault(done.exercise, []).append(done.hold_s)
    for exercise, seconds in sorted(found.items()):
        if len(seconds) > 1:
            changed = abs(seconds[-1] - seconds[0]) > HOLD_CHANGE_S
            said = "changed" if changed else "not clearly changed: chance alone makes as much"
            name = exercise.replace("_", " ")
            yield f"{name}: held {seconds[0]:.0f} s at first, {seconds[-1]:.0f} s now; {said}."


def _fixed(diary: Diary, today: dt.date) -> Iterable[str]:
    """Name what was measured or diagnosed and does not change from run to run."""
    told = [(m.name, m.text, m.by) for m in diary_views.measures(diary) if m.date <= today]
    told += [(d.what or "", d.what or "", d.by) for d in diary_views.diagnoses(diary) if d.what]
    seen: set[str] = set()
    for name, text, by in told:
        key = name.lower().replace(" ", "_")
        words = next((said for word, said in FIXED if word in key), None)
        if words and key not in seen:
            seen.add(key)
            who = f" ({by})" if by else ""
            label = name.replace("_", " ")
            what = label if text == name else f"{label}: {text}"
            yield f"{what}{who}. Noted, the same in every run: runs cannot weigh it; {words}."
