"""`profile.toml`: units, country, running days, the race. The file is the runner's to edit.

Writing keeps comments, order and keys that this program does not know.
"""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from typing import TYPE_CHECKING, Any, Literal

from backinstride.errors import Problem, UnusableError
from backinstride.values import Race, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tomlkit import TOMLDocument

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Settings(Value, frozen=True):
    """What the runner has set; None where nothing was said."""

    units: Literal["km", "mi"] = "km"
    country: str | None = None  # ISO 3166 two letters: the emergency number
    run_days: tuple[int, ...] | None = None  # 0 Monday .. 6 Sunday
    race: Race | None = None
    tables: tuple[dict[str, Any], ...] = ()  # `[[table]]`: what the columns of a CSV log mean
    leave_out: tuple[str, ...] = ()  # parts that stay out of the physio's report
    problems: tuple[Problem, ...] = ()


def load(path: Path) -> Settings:
    """Read `profile.toml`; what cannot be used is a problem, never an error."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        return Settings(problems=(problem("file", str(error)),))
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Settings(problems=(problem("file", f"not TOML: {error}"),))
    return _settings(found)


def problem(key: str, message: str) -> Problem:
    """Return what is wrong with one key of `profile.toml`."""
    return Problem(
        file="profile.toml",
        place=key,
        slug="profile-value",
        message=message,
        hint="Correct the line or remove it; the default is used until then.",
    )


def _settings(found: dict[str, Any]) -> Settings:
    problems: list[Problem] = []
    units = found.get("units", "km")
    if units not in ("km", "mi"):
        problems.append(problem("units", f"{units!r} is neither km nor mi."))
        units = "km"
    country = found.get("country")
    if country is not None and not (isinstance(country, str) and len(country) == 2):
        problems.append(problem("country", f"{country!r} is not a country of two letters."))
        country = None
    tables = found.get("table", [])
    if not (isinstance(tables, list) and all(isinstance(table, dict) for table in tables)):
        problems.append(problem("table", "needs the form [[table]], one for every log."))
        tables = []
    return Settings(
        units=units,
        country=country.upper() if country else None,
        run_days=_run_days(found.get("run_days"), problems),
        race=_race(found.get("race"), problems),
        tables=tuple(tables),
        leave_out=_leave_out(found.get("leave_out"), problems),
        problems=tuple(problems),
    )


def _run_days(value: object, problems: list[Problem]) -> tuple[int, ...] | None:
    if value is None:
        return None
    words = [str(day)[:3].lower() for day in value] if isinstance(value, list) else []
    if not words or not set(words) <= set(DAYS):
        problems.append(problem("run_days", f"{value!r} is not a list of weekdays."))
        return None
    return tuple(sorted({DAYS.index(word) for word in words}))


def _leave_out(value: object, problems: list[Problem]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        problems.append(problem("leave_out", f"{value!r} is not a list of parts of the report."))
        return ()
    return tuple(str(part) for part in value if part)


def _race(value: object, problems: list[Problem]) -> Race | None:
    if value is None:
        return None
    try:
        assert isinstance(value, dict)
        day, distance_km = value["date"], float(value["distance_km"])
        day = day if isinstance(day, dt.date) else dt.date.fromisoformat(day)
        day = day.date() if isinstance(day, dt.datetime) else day
        assert 0 < distance_km < 1000
    except (AssertionError, KeyError, TypeError, ValueError):
        problems.append(problem("race", "needs date = YYYY-MM-DD and distance_km = a number."))
        return None
    return Race(date=day, distance_km=distance_km)


def save(path: Path, **values: Any) -> None:
    """Set keys of `profile.toml` (None removes one); written to a side file, then renamed."""
    import tomlkit

    document = _document(path)
    for key, value in values.items():
        if value is None:
            document.pop(key, None)
        elif isinstance(value, Race):
            table = tomlkit.table()
            table.update({"date": value.date, "distance_km": value.distance_km})
            document[key] = table
        else:
            document[key] = value
    _write(path, document)


def keep_tables(path: Path, tables: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Add a `[[table]]` for each (comment, mapping); what stands there is left as it is."""
    import tomlkit
    from tomlkit.items import AoT

    if not tables:
        return
    document = _document(path)
    kept = document.get("table")
    if not isinstance(kept, AoT):
        kept = tomlkit.aot()
        document["table"] = kept
    for comment, mapping in tables:
        table = tomlkit.table()
        for line in comment.splitlines():
            table.add(tomlkit.comment(line))
        for key, value in mapping.items():
            table.add(key, value)
        kept.append(table)
    _write(path, document)


def _document(path: Path) -> TOMLDocument:
    """Return the file as it stands; one that is no TOML is the runner's to put right first."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8-sig") if path.exists() else "")
    except (TOMLKitError, UnicodeDecodeError, OSError) as error:
        message = f"nothing was written to {path.name}, which cannot be read as it stands: {error}"
        raise UnusableError(message) from error


def _write(path: Path, document: TOMLDocument) -> None:
    import tomlkit

    side = path.with_suffix(".toml.new")
    descriptor = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(tomlkit.dumps(document))
        stream.flush()
        os.fsync(stream.fileno())
    side.replace(path)
