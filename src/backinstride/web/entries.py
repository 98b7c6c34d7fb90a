"""Forms with plain fields for pairs of shoes, strength work, experiments and treatments.

Each one becomes a single diary entry, written as a person would have written it.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from backinstride import diary, exercises, units
from backinstride.errors import BackInStrideError
from backinstride.web import pages
from backinstride.web.forms import Fields, day_of, posted
from backinstride.web.view import back, opened

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from backinstride.runner import Runner

_NO_NAME = re.compile(r"[:|#\s]+")  # what would end the name of a diary line


def _keep(me: Runner, kind: str, date: dt.date, words: str, fields: Fields) -> None:
    """Append one entry; fields that say nothing are left out."""
    pairs = [(name, value.strip()) for name, value in fields.items() if value.strip()]
    if not pairs and not words:
        raise BackInStrideError("Fill in at least one field.")
    diary.append(me.library.diary_path, [diary.format_entry(date, kind, words or None, pairs)])


def _number(text: str, name: str, most: float) -> str:
    """Return a number as it is written down, "" for an empty field; refuses anything else."""
    text = text.strip().replace(",", ".")
    if not text:
        return ""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise BackInStrideError(f"{name}: a number from 0 to {most:g}.")
    return f"{value:g}"


def _whole(text: str, name: str) -> str:
    kept = _number(text, name, 1000)
    if kept and (not kept.isdigit() or kept == "0"):
        raise BackInStrideError(f"{name}: a whole number from 1 on.")
    return kept


def _day(text: str, name: str) -> str:
    """Return a date that may lie ahead, as written down; refuses what is no date."""
    try:
        return dt.date.fromisoformat(text.strip()).isoformat() if text.strip() else ""
    except ValueError as error:
        raise BackInStrideError(f"{name}: a date, YYYY-MM-DD.") from error


@posted
def shoes(request: Request, fields: Fields) -> Response:
    """Keep one pair: its name, since when, what was on it before, and whether it is retired."""
    me = opened(request).me
    name = " ".join(fields.get("name", "").split())
    if not name:
        raise BackInStrideError("Give the pair a name, as you would call it.")
    start = fields.get("start", "").strip()
    metres = units.parse_distance_m(start, me.settings.units) if start else None
    if start and (metres is None or metres < 0):
        raise BackInStrideError(f"Already on it: a distance in {me.settings.units}.")
    kept = {
        "name": name,
        "from": _day(fields.get("from", ""), "First worn"),
        "start_km": "" if metres is None else f"{round(metres / 1000, 1):g}",
        "worn": fields.get("worn", ""),
        "retired": _day(fields.get("retired", ""), "Retired on"),
    }
    _keep(me, "shoes", me.today, "", kept)
    return back("/shoes", f"{name} is kept.")


@posted
def strength(request: Request, fields: Fields) -> Response:
    """Keep one session: up to four exercises with sets, repetitions or hold, and load."""
    me = opened(request).me
    date = day_of(fields.get("date", ""), me.today)
    done: Fields = {}
    light = True
    for k in range(1, pages.SET_ROWS + 1):
        own = " ".join(_NO_NAME.split(fields.get(f"own-{k}", ""))).strip()
        known = exercises.exercise(fields.get(f"exercise-{k}", ""))
        name = own or (known.id.replace("-", " ") if known else "")
        if not name:
            continue
        done[name] = _dose({part: fields.get(f"{part}-{k}", "") for part in _DOSE_PARTS}, name)
        light = light and not own and known is not None and known.role in ("mobility", "relief")
    if not done:
        raise BackInStrideError("Choose an exercise, or name your own.")
    _keep(me, "mobility" if light else "strength", date, "", done)
    return back("/strength", "The session is kept.")


_DOSE_PARTS = ("sets", "reps", "hold", "load")


def _dose(said: Fields, name: str) -> str:
    """Return "3 x 10, 16 kg" or "3 x 45 s"; refuses a dose that says nothing, or both ways."""
    sets, reps = _whole(said["sets"], f"Sets, {name}"), _whole(said["reps"], f"Times, {name}")
    hold = _number(said["hold"], f"Held for, {name}", 3600)
    load = _number(said["load"], f"Load, {name}", 500)
    if bool(reps) == bool(hold):
        raise BackInStrideError(f"{name}: how many times, or how many seconds it was held.")
    dose = f"{sets or '1'} x {reps or f'{hold} s'}"
    return f"{dose}, {load} kg" if load and load != "0" else dose


@posted
def experiment(request: Request, fields: Fields) -> Response:
    """Keep an experiment: the change, what it is against, from when and when to look again."""
    me = opened(request).me
    change = " ".join(fields.get("change", "").split())
    if not change:
        raise BackInStrideError("What do you change? One thing, in a few words.")
    kept = {
        "change": change,
        "a": fields.get("a", ""),
        "b": fields.get("b", ""),
        "from": _day(fields.get("from", ""), "From"),
        "review": _day(fields.get("review", ""), "Look again on"),
    }
    for name in ("contributor", "design", "outcome", "stop_if"):
        kept[name] = fields.get(name, "")
    _keep(me, "experiment", me.today, "", kept)
    return back("/experiments", "The experiment is kept.")


@posted
def treatment(request: Request, fields: Fields) -> Response:
    """Keep what was tried or prescribed, by whom, how long, and what it did."""
    me = opened(request).me
    if not fields.get("what", "").strip():
        raise BackInStrideError("What was tried? Such as heel lift, massage, swimming.")
    kept = {name: fields.get(name, "") for name in ("what", "side")}
    kept["mm"] = _number(fields.get("mm", ""), "Height in mm", 100)
    kept["by"] = fields.get("by", "")
    for name, label in (("from", "From"), ("to", "Until"), ("review", "Look again on")):
        kept[name] = _day(fields.get(name, ""), label)
    kept["effect"] = fields.get("effect", "")
    _keep(me, "treatment", me.today, "", kept)
    return back("/experiments", "It is kept.")
