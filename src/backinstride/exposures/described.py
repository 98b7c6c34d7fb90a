"""What was measured of the body: recorded, explained, compared with oneself, and not ranked.

Strength ratios, leg length, flexibility, holds, pelvic tilt, pronation. None of them is a
contributor: no sentence here says that it causes, explains or predicts pain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from backinstride import diary_views

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from backinstride.diary import Diary
    from backinstride.diary_views import Diagnosis, Measure, StrengthSet
    from backinstride.values import Story

SORENSEN_CHANGE_S = 50.0  # smallest change that is more than measuring error [own-hold-change]
HOLDS = {
    "sorensen": "Sorensen hold", "plank": "plank", "side_plank": "side plank",
    "side_bridge": "side bridge", "flexor_hold": "flexor hold", "bridge": "bridge",
}  # fmt: skip
LIFTS = {"deadlift": "deadlift", "squat": "squat", "back_squat": "squat"}
LEG_DISCUSS_MM, LEG_REFER_MM = 5.0, 20.0  # [own-leg-length]
LEG_LENGTH = ("leg_length", "leg_length_difference", "leg_difference")
FLEXIBILITY = (
    "flexibility", "range_of_motion", "straight_leg_raise", "thomas_test", "sit_and_reach",
    "toe_touch", "hip_extension", "side_bend", "hip_flexors", "hamstrings",
)  # fmt: skip
TILT = ("pelvic_tilt", "lordosis", "pelvis", "lumbar_curve")
FOOT = ("pronation", "under_pronation", "overpronation", "foot_strike", "gait")


class Description(msgspec.Struct, frozen=True):
    """One thing that is recorded: its sentence, and the claims that say what it means."""

    id: str
    sentence: str
    claims: tuple[str, ...]


def describe(
    measures: Sequence[Measure] = (),
    strength: Sequence[StrengthSet] = (),
    diagnoses: Sequence[Diagnosis] = (),
    story: Story | None = None,
) -> tuple[Description, ...]:
    """Return everything measured or told of the body, in a fixed order, without rank."""
    weight_kg = _weight_kg(measures, story)
    found = [
        *_ratios(strength, story, weight_kg),
        *_holds(measures, strength),
        *_leg_length(measures),
        *_named(measures, FLEXIBILITY, "flexibility", _FLEXIBILITY, ("E6.9", "E6.10", "E6.11")),
        *_named(measures, TILT, "pelvic_tilt", _TILT, ("E6.12",)),
        *_named(measures, FOOT, "foot", _FOOT, ("E5.9", "E5.8")),
        *_diagnosed(diagnoses),
    ]
    return tuple(found)


def of_diary(diary: Diary, story: Story | None = None) -> tuple[Description, ...]:
    """Return the descriptions of everything that diary and story hold."""
    return describe(
        diary_views.measures(diary),
        diary_views.strength(diary),
        diary_views.diagnoses(diary),
        story,
    )


_FLEXIBILITY = (
    "studies of tightness and back pain conflict, and home tests of it are unreliable; compare it "
    "with yourself only"
)
_TILT = (
    "most people without pain have a forward tilt, and no good study shows that changing it helps"
)
_FOOT = "foot type did not predict injury in the largest cohort; no study links it to back pain"


def _weight_kg(measures: Iterable[Measure], story: Story | None) -> float | None:
    noted = [m for m in measures if m.name == "weight" and m.value and m.unit in (None, "kg")]
    if noted:
        return max(noted, key=lambda m: m.date).value
    return story.person.weight_kg if story else None


def _ratios(
    strength: Iterable[StrengthSet], story: Story | None, weight_kg: float | None
) -> list[Description]:
    best: dict[str, float] = {}
    for done in strength:
        lift = LIFTS.get(done.exercise)
        if lift and done.load_kg and done.reps == 1:
            best[lift] = max(done.load_kg, best.get(lift, 0.0))
    if story:
        told = (story.strength.deadlift_1rm_kg, story.strength.squat_1rm_kg)
        for lift, kg in zip(("deadlift", "squat"), told, strict=True):
            if kg:
                best[lift] = max(kg, best.get(lift, 0.0))
    if not best or not weight_kg:
        return []
    parts = [f"{lift} {kg / weight_kg:.2f} x bodyweight" for lift, kg in sorted(best.items())]
    sentence = (
        f"One-repetition best: {', '.join(parts)}. That is a number to compare with yourself. "
        "No research says that such a ratio explains back pain, and it does not tell weak from "
        "tight."
    )
    return [Description("strength_ratio", sentence, ("own-strength-ratio",))]


def _holds(measures: Iterable[Measure], strength: Iterable[StrengthSet]) -> list[Description]:
    held: dict[str, list[tuple[dt.date, float]]] = {}
    for m in measures:
        if m.name in HOLDS and m.value is not None and m.unit == "s":
            held.setdefault(m.name, []).append((m.date, m.value))
    for done in strength:
        if done.exercise == "sorensen" and done.hold_s is not None:
            held.setdefault(done.exercise, []).append((done.date, done.hold_s))
    return [
        Description(f"hold:{name}", _hold(name, sorted(times)), ("own-hold-change", "E6.1"))
        for name, times in sorted(held.items())
    ]


def _hold(name: str, times: list[tuple[dt.date, float]]) -> str:
    (_, first), (_, last) = times[0], times[-1]
    label = HOLDS[name]
    if len(times) == 1:
        return f"{label}: {first:.0f} s. One measurement; the next can be compared with it."
    change = last - first
    text = f"{label}: {first:.0f} s at first, {last:.0f} s last ({change:+.0f} s)."
    if name != "sorensen":
        return f"{text} How much of that is measuring error is not known for this hold."
    if abs(change) <= SORENSEN_CHANGE_S:
        return (
            f"{text} Up to {SORENSEN_CHANGE_S:.0f} s is measuring error: no change you can trust."
        )
    return f"{text} That is more than measuring error: it changed."


def _leg_length(measures: Iterable[Measure]) -> list[Description]:
    noted = [m for m in measures if m.name in LEG_LENGTH]
    if not noted:
        return []
    last = max(noted, key=lambda m: m.date)
    by = f", measured by {last.by}" if last.by else ", by whom is not written down"
    sentence = (
        f"Leg length: {last.text.strip()}{by}. Nine in ten people have some difference, 5 mm on "
        f"average. {_lift(last)}A tape measure named the wrong leg in 7 of 20 people: never act "
        "on one alone."
    )
    return [Description("leg_length", sentence, ("E5.12", "E5.15", "own-leg-length"))]


def _lift(measure: Measure) -> str:
    """Return what our limits say of a measured difference; nothing below 5 mm or unknown."""
    scale = {"mm": 1.0, "cm": 10.0, "m": 1000.0}.get(measure.unit or "")
    if measure.value is None or scale is None:
        return ""
    mm = abs(measure.value) * scale
    if mm >= LEG_REFER_MM:
        return "From 20 mm on, see a podiatrist or physiotherapist about it. "
    if mm >= LEG_DISCUSS_MM:
        return "A trial lift is something to discuss with a podiatrist or physiotherapist. "
    return ""


def _named(
    measures: Iterable[Measure],
    names: Sequence[str],
    kind: str,
    meaning: str,
    claims: tuple[str, ...],
) -> list[Description]:
    latest: dict[str, Measure] = {}
    for m in measures:
        if m.name in names and (m.name not in latest or m.date >= latest[m.name].date):
            latest[m.name] = m
    found = []
    for name, m in sorted(latest.items()):
        label = name.replace("_", " ").capitalize()
        by = f" ({m.by})" if m.by else ""
        sentence = f"{label}: {m.text.strip()}{by}. Noted; {meaning}."
        found.append(Description(f"{kind}:{name}", sentence, claims))
    return found


def _diagnosed(diagnoses: Iterable[Diagnosis]) -> list[Description]:
    return [
        Description(
            "diagnosis",
            f"Told on {d.date.isoformat()}: {d.what.strip()}{f' ({d.by})' if d.by else ''}. "
            "Kept for whoever sees you; it is not weighed here.",
            (),
        )
        for d in diagnoses
        if d.what
    ]
