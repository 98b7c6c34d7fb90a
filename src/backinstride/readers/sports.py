"""One word for a sport, whatever the source calls it."""

from __future__ import annotations

import re

from backinstride.schema import RUNNING

# The source's word, lower case, without anything but letters -> our word. Strava, Garmin, Apple,
# Polar, Suunto, Coros and OpenTracks; German, French, Spanish, Italian, Dutch, Portuguese where
# an export in that language uses its own.
_WORDS: dict[str, tuple[str, ...]] = {
    "run": (
        "run", "running", "runs", "jog", "jogging", "streetrunning", "roadrunning", "trackrunning",
        "roadrun", "generic", "outdoorrun", "outdoorrunning", "race", "longrun", "easyrun", "track",
        "obstaclerun", "ultrarun", "lauf", "laufen", "courseapied", "course", "carrera", "correr",
        "corsa", "hardlopen", "hardloopsessie", "corrida", "lopning", "bieg", "9",
    ),
    "trail_run": (
        "trailrun", "trailrunning", "trail", "mountainrunning", "mountainrun", "traillauf", "fell",
        "crosscountryrun", "crosscountryrunning", "ultratrail",
    ),
    "treadmill_run": (
        "treadmill", "treadmillrun", "treadmillrunning", "indoorrunning", "indoorrun",
        "virtualrun", "virtualrunning", "laufband", "tapisroulant",
    ),
    "walk": (
        "walk", "walking", "casualwalking", "speedwalking", "indoorwalking", "spaziergang",
        "gehen", "marche", "caminata", "camminata", "wandeling", "caminhada", "nordicwalking",
    ),
    "ride": (
        "ride", "riding", "cycling", "biking", "bike", "bicycle", "roadbiking", "roadcycling",
        "virtualride", "mountainbikeride", "mountainbiking", "mountain", "gravelride",
        "gravelcycling", "ebikeride", "ebiking", "emountainbikeride", "indoorcycling", "spin",
        "cyclocross", "radfahrt", "radfahren", "sortieavelo", "velo", "bicicletta", "ciclismo",
        "fietsrit", "pedalada", "1",
    ),
    "swim": (
        "swim", "swimming", "lapswimming", "openwaterswimming", "openwater", "poolswim",
        "schwimmen", "natation", "nuoto", "natacion", "zwemmen", "natacao",
    ),
    "strength": (
        "strength", "strengthtraining", "weighttraining", "weights", "crossfit", "gym", "core",
        "coretraining", "traditionalstrengthtraining", "functionalstrengthtraining",
        "krafttraining", "musculation", "lifting", "weightlifting",
    ),
}  # fmt: skip
KNOWN = frozenset(_WORDS)
ON_FOOT = frozenset((*RUNNING, "walk", "hike", "hiking", "snowshoe", "unknown"))
_OURS = {word: sport for sport, words in _WORDS.items() for word in words}
_APPLE = "hkworkoutactivitytype"


def sport(word: str | None, default: str = "unknown") -> str:
    """Return our word for a source's word; the source's own in snake case where we have none."""
    if not word or not word.strip():
        return default
    plain = re.sub(r"[\W_]+", "", word.lower()).removeprefix(_APPLE)
    if plain in _OURS:
        return _OURS[plain]
    if plain.isdigit():
        return default
    own = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word.strip().removeprefix("HKWorkoutActivityType"))
    return re.sub(r"\W+", "_", own.lower()).strip("_") or default


def outranked(vendor_word: str | None, file_sport: str) -> str:
    """Return the sport where a vendor's table and the file both speak.

    The table outranks the file (its owner corrected it there), except that a file's finer word
    for a run (trail, treadmill) stands where the table only says "run".
    """
    said = sport(vendor_word, file_sport)
    return file_sport if said == "run" and file_sport in RUNNING else said


def shod(sport_word: str, gear: str | None) -> str | None:
    """Return the gear as shoes where one of our words is a sport on foot; a bicycle is no shoe.

    A sport that no source names may be a run, and keeps its gear.
    """
    return gear if gear and sport_word in ON_FOOT else None


def is_run(word: str) -> bool:
    """Return whether one of our words is a run."""
    return word in RUNNING
