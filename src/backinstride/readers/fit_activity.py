"""Decoded FIT messages to recordings: sessions, laps, pauses, sport, device."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from backinstride.errors import Problem
from backinstride.readers.fit_expand import merged_heart_rate
from backinstride.readers.fit_fields import FIRST_DATE, FIT_EPOCH_S, enum_word
from backinstride.readers.fit_heart import HR, HRV, rr_ms, strap
from backinstride.readers.fit_records import Columns, part_columns
from backinstride.readers.fit_shapes import scalars
from backinstride.readers.recording import Recording
from backinstride.schema import LAP_NAMES, RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backinstride.readers.fit_stream import Ints, Stream

Row = dict[str, Any]
FILE_ID, SPORT, SESSION, LAP, EVENT, ACTIVITY = 0, 12, 18, 19, 21, 34
LAST_DATE = 0xFFFFFFFF
MOST_SESSIONS = 200  # a file made to exhaust a reader; the longest multisport has some twenty
FIRST_S, LAST_S = FIT_EPOCH_S + FIRST_DATE, FIT_EPOCH_S + LAST_DATE
_TIMES = frozenset({"timestamp", "start_time", "total_elapsed_time", "total_timer_time"})
_SUMS = frozenset(
    {"total_distance", "total_ascent", "total_descent", "avg_heart_rate", "avg_cadence"}
    | {"avg_fractional_cadence", "sport", "sub_sport"}
)
WANTED: dict[int, frozenset[str]] = {
    FILE_ID: frozenset({"type", "manufacturer", "product", "product_name", "time_created"}),
    SPORT: frozenset({"sport", "sub_sport"}),
    SESSION: _TIMES | _SUMS,
    LAP: _TIMES | _SUMS | {"lap_trigger", "intensity"},
    EVENT: frozenset({"timestamp", "event", "event_type"}),
    ACTIVITY: frozenset({"timestamp", "local_timestamp"}),
}

_ACTIVITY_FILE, _TIMER = 4, 0
_START, _STOPS = 0, frozenset({1, 4, 8, 9})  # stop, stop_all, stop_disable, stop_disable_all
_TRIGGERS = {0: 0.0, 1: 2.0, 2: 1.0}  # by hand, time, distance -> the schema's numbers
_INTENSITIES = {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0, 4: 1.0, 5: 0.0}  # recovery rests, intervals act
_SPORTS = {
    "cycling": "ride", "e_biking": "ride", "swimming": "swim", "walking": "walk",
}  # fmt: skip
_RUNS = {"trail": "trail_run"}
_RUNS |= dict.fromkeys(("treadmill", "indoor_running", "virtual_activity"), "treadmill_run")
_BOTH_FEET_RPM = 120  # no runner takes 240 steps a minute: such a device counted both feet
_QUARTER_S, _FURTHEST_S = 900, 14 * 3600


class Part(msgspec.Struct, frozen=True, eq=False):
    """What one FIT file of a chain says: its records, its few other messages, R-R intervals."""

    columns: Columns
    without: frozenset[str]
    rows: dict[int, list[Row]]
    rr_ms: NDArray[np.float64] | None = None


def _few(stream: Stream) -> list[dict[int, list[Row]]]:
    """Return the messages that are few and are wanted, by part and number."""
    out: list[dict[int, list[Row]]] = [defaultdict(list) for _ in stream.parts]
    chosen = stream.places(*WANTED)
    parts = np.searchsorted(stream.firsts, chosen, side="right") - 1
    places = stream.offsets[chosen].tolist()
    shapes = stream.shape_of[chosen].tolist()
    for part, at, index in zip(parts.tolist(), places, shapes, strict=True):
        form = stream.shapes[index]
        out[part][form.number].append(scalars(form, stream.data, at, WANTED[form.number]))
    return out


def _cut(places: Ints, stream: Stream, first: int, last: int) -> Ints:
    """Return the messages among `places` that lie in the parts first to last."""
    low, high = stream.firsts[first], stream.firsts[last + 1]
    return places[np.searchsorted(places, low) : np.searchsorted(places, high)]


def recordings(stream: Stream, files: Sequence[tuple[str, bytes]]) -> Iterator[Recording]:
    """Yield the recordings of the files that a stream was made from, in their order."""
    columns, few = part_columns(stream), _few(stream)
    beats, intervals = stream.places(HR), stream.places(HRV)
    of_file: list[list[int]] = [[] for _ in files]
    for part, number in enumerate(stream.file_of):
        of_file[number].append(part)
    for number, (name, data) in enumerate(files):
        indices = of_file[number]
        parts = []
        for k in indices:
            rr = _cut(intervals, stream, k, k)
            parts.append(Part(*columns[k], few[k], rr_ms(stream, rr) if len(rr) else None))
        if len(beats) and indices:
            chosen = _cut(beats, stream, indices[0], indices[-1])
            if len(chosen):
                _merge_heart(parts, *strap(stream, chosen))
        yield from _of_file(name, data, parts, tuple(stream.problems[number]))


def _merge_heart(parts: list[Part], beat_s: NDArray[np.float64], bpm: NDArray[np.float64]) -> None:
    """Put the strap's heart rate into the records of every part."""
    for part in parts:
        time_s = part.columns.get("time_s")
        if time_s is not None and len(beat_s):
            own = part.columns.get("heart_rate_bpm")
            rate = np.full(len(time_s), np.nan) if own is None else own
            part.columns["heart_rate_bpm"] = merged_heart_rate(time_s, rate, beat_s, bpm)


def _is_activity(part: Part) -> bool:
    kinds = [row.get("type") for row in part.rows.get(FILE_ID, ())]
    if part.rows.get(SESSION):
        return True
    return bool(part.columns or part.rows.get(LAP)) and all(
        kind in (None, _ACTIVITY_FILE) for kind in kinds
    )


def _of_file(
    name: str, data: bytes, parts: list[Part], problems: tuple[Problem, ...]
) -> Iterator[Recording]:
    digest = hashlib.sha256(data).hexdigest()
    found = [part for part in parts if _is_activity(part)]
    for part in found:
        if len(part.rows[SESSION]) > MOST_SESSIONS:
            message = f"more than {MOST_SESSIONS} sessions: the others were left out"
            problem = Problem(file=name, slug="fit-too-many", message=message, kept=True)
            problems = (*problems, problem)
            del part.rows[SESSION][MOST_SESSIONS:]
    device = _device(parts)
    if not found:
        yield _nothing(name, digest, parts, problems, device)
        return
    number = 0
    for part in found:
        for session, rows, laps in _sessions(part):
            made = _recording(name, digest, part, session, rows, laps)
            ident = f"{digest[:16]}-{number}" if number else digest[:16]
            yield msgspec.structs.replace(
                made, id=ident, device=device, problems=problems + made.problems
            )
            number += 1


def _nothing(
    name: str, digest: str, parts: list[Part], problems: tuple[Problem, ...], device: str | None
) -> Recording:
    """Return the recording of a file without an activity; a course keeps its points."""
    kinds = [enum_word("file", row.get("type")) for part in parts for row in part.rows[FILE_ID]]
    words = ", ".join(dict.fromkeys(kind for kind in kinds if kind)) or "no kind of file named"
    message = f"holds no activity ({words})"
    if parts:
        problems = (*problems, Problem(file=name, slug="fit-no-activity", message=message))
    columns = next((_clean(part.columns) for part in parts if part.columns), {})
    return Recording(
        id=digest[:16], file=name, source="fit", sha256=digest,
        device=device, records=columns, problems=problems,
    )  # fmt: skip


def _device(parts: list[Part]) -> str | None:
    """Return maker and product of the first part that names them."""
    for row in (row for part in parts for row in part.rows[FILE_ID]):
        maker = enum_word("manufacturer", row.get("manufacturer"))
        product = row.get("product_name")
        if product is None and maker in ("garmin", "dynastream", "tacx"):
            product = enum_word("garmin_product", row.get("product"))
        elif product is None:
            product = row.get("product")
        words = [str(word) for word in (maker, product) if word is not None]
        if words:
            return " ".join(words)
    return None


def _sessions(part: Part) -> Iterator[tuple[Row, Columns, list[Row]]]:
    """Yield each session with its records and laps; one without a session stands for itself."""
    laps = part.rows.get(LAP, [])
    sessions = sorted(part.rows.get(SESSION, ()), key=lambda row: row.get("start_time") or 0)
    if len(sessions) < 2:
        sport: Row = next(iter([*part.rows.get(SPORT, ()), *laps]), {})
        alone: Row = {key: sport[key] for key in ("sport", "sub_sport") if key in sport}
        yield next(iter(sessions), alone), part.columns, laps
        return
    edges = np.array([row.get("start_time") or 0 for row in sessions[1:]], dtype=np.float64)
    time_s = part.columns.get("time_s", np.empty(0))
    of_record = np.searchsorted(edges + FIT_EPOCH_S, time_s, side="right")
    moments = [lap.get("start_time") or lap.get("timestamp") or 0 for lap in laps]
    of_lap = np.searchsorted(edges, moments, side="right") if laps else ()
    for k, session in enumerate(sessions):
        mine = of_record == k
        rows = {name: values_[mine] for name, values_ in part.columns.items()} if mine.any() else {}
        yield session, rows, [lap for lap, of in zip(laps, of_lap, strict=True) if of == k]


def _clean(columns: Columns) -> Columns:
    """Return the columns that hold at least one value."""
    return {
        name: column
        for name, column in columns.items()
        if len(column) and (column[0] == column[0] or not np.isnan(column).all())
    }


def sport_of(sport: str | None, sub_sport: str | None) -> str:
    """Return our word for a FIT sport and sub-sport; the source's own where we have none."""
    if sport == "running":
        return _RUNS.get(sub_sport or "", "run")
    if sport == "fitness_equipment" and sub_sport == "treadmill":
        return "treadmill_run"
    if sub_sport == "strength_training":
        return "strength"
    return _SPORTS.get(sport or "", sport or "unknown")


def _moment(fit_s: float | None) -> float | None:
    """Return a FIT time as Unix seconds; None where it is no date."""
    return fit_s + FIT_EPOCH_S if fit_s is not None and FIRST_DATE <= fit_s <= LAST_DATE else None


def _start(session: Row, laps: list[Row], time_s: NDArray[np.float64]) -> float | None:
    """Return the start: the session's, else the first lap's, else the first dated record's."""
    dated = time_s[(time_s >= FIRST_S) & (time_s <= LAST_S)]
    said = [session.get("start_time"), *(lap.get("start_time") for lap in laps[:1])]
    for moment in map(_moment, said):
        if moment is not None:
            return moment
    return float(dated[0]) if len(dated) else None


def _pauses(events: list[Row], low: float, high: float) -> tuple[tuple[float, float], ...]:
    """Return the stretches with the timer stopped between two moments."""
    out = []
    stopped: float | None = None
    for row in events:
        time_s = _moment(row.get("timestamp"))
        if row.get("event") != _TIMER or time_s is None or not low <= time_s <= high:
            continue
        if row.get("event_type") in _STOPS:
            stopped = time_s if stopped is None else stopped
        elif row.get("event_type") == _START and stopped is not None:
            if time_s > stopped:
                out.append((stopped, time_s))
            stopped = None
    return tuple(out)


def _utc_offset(rows: list[Row]) -> int | None:
    """Return local time minus UTC in whole quarters of an hour, None where not known."""
    for row in rows:
        local, utc = row.get("local_timestamp"), row.get("timestamp")
        if local is None or utc is None or _moment(utc) is None:
            continue
        quarters = round(float(local - utc) / _QUARTER_S)
        if abs(quarters * _QUARTER_S) <= _FURTHEST_S:
            return quarters * _QUARTER_S
    return None


def _cadence(row: Row, feet: float) -> float | None:
    cadence = row.get("avg_cadence")
    if cadence is None:
        return None
    return float(feet * (cadence + (row.get("avg_fractional_cadence") or 0.0)))


def _laps(laps: list[Row], feet: float) -> Columns:
    """Return the laps as the schema's columns."""
    if not laps:
        return {}
    rows = [
        (
            _moment(lap.get("start_time")),
            lap.get("total_elapsed_time"),
            lap.get("total_timer_time"),
            lap.get("total_distance"),
            lap.get("avg_heart_rate"),
            _cadence(lap, feet),
            lap.get("total_ascent"),
            lap.get("total_descent"),
            _TRIGGERS.get(lap["lap_trigger"], 3.0) if "lap_trigger" in lap else None,
            _INTENSITIES.get(lap.get("intensity", -1)),
        )
        for lap in laps
    ]
    table = np.array(rows, dtype=np.float64).T
    return dict(zip(LAP_NAMES, table, strict=True))


def _both_feet(columns: Columns, sport: str) -> tuple[Columns, float]:
    """Return the columns with cadence in steps, and the factor; rides and swims stay as they are.

    A device that wrote steps where FIT wants strides (median above 120) is taken at its steps.
    """
    if sport not in RUNNING and sport not in ("walk", "hiking"):
        return columns, 1.0
    cadence = columns.get("cadence_spm")
    if cadence is None:
        return columns, 2.0
    if 2 * np.count_nonzero(cadence > _BOTH_FEET_RPM) > np.count_nonzero(cadence > 0):
        return columns, 1.0
    return columns | {"cadence_spm": 2.0 * cadence}, 2.0


def _distance(session: Row, laps: list[Row], columns: Columns) -> tuple[float | None, str | None]:
    said = session.get("total_distance")
    if said is not None:
        return float(said), "device"
    parts = [lap["total_distance"] for lap in laps if lap.get("total_distance") is not None]
    run = columns.get("distance_m")
    if run is not None and len(known := run[~np.isnan(run)]):
        return float(known[-1] - min(known[0], 0.0)), "device"
    return (float(sum(parts)), "laps") if parts else (None, None)


def _timed(name: str, columns: Columns, start: float | None) -> tuple[Columns, tuple[Problem, ...]]:
    """Return the columns with times that are dates, and what is wrong with the others."""
    time_s = columns.get("time_s")
    if start is None:
        words = "its times count from when the device was switched on: no date is known"
        if time_s is None:
            words = "its records have no times"
        return columns, (Problem(file=name, slug="fit-undated", message=words),)
    if time_s is None or not (early := time_s < FIRST_S).any():
        return columns, ()
    words = f"{int(early.sum())} of {len(time_s)} records have a time that is no date"
    problem = Problem(file=name, slug="fit-undated", message=words, kept=True)
    return columns | {"time_s": np.where(early, np.nan, time_s)}, (problem,)


def _words(part: Part) -> dict[str, str]:
    """Return what no column holds, so that nothing is dropped in silence."""
    if not part.without:
        return {}
    return {"fit:without_column": " ".join(sorted(part.without))}


def _recording(
    name: str, digest: str, part: Part, session: Row, columns: Columns, laps: list[Row]
) -> Recording:
    """Return one session as a recording; id, device and the file's problems come later."""
    words = enum_word("sport", session.get("sport"))
    sub = enum_word("sub_sport", session.get("sub_sport"))
    sport = sport_of(words, sub)
    columns, feet = _both_feet(_clean(columns), sport)
    time_s = columns.get("time_s", np.empty(0))
    start = _start(session, laps, time_s)
    columns, problems = _timed(name, columns, start)
    dated = time_s[(time_s >= FIRST_S) & (time_s <= LAST_S)]
    span = float(dated[-1] - dated[0]) if len(dated) else None
    elapsed = session.get("total_elapsed_time", span)
    distance_m, distance_from = _distance(session, laps, columns)
    ends = [elapsed or 0.0, span or 0.0]
    return Recording(
        id="",
        file=name,
        source="fit",
        start=None if start is None else dt.datetime.fromtimestamp(start, dt.UTC),
        utc_offset_s=_utc_offset(part.rows.get(ACTIVITY, [])),
        sport=sport,
        sport_raw=words if sub in (None, "generic") else f"{words}/{sub}",
        distance_m=distance_m,
        distance_from=distance_from,
        elapsed_s=elapsed,
        moving_s=session.get("total_timer_time"),
        climb_m=session.get("total_ascent"),
        descent_m=session.get("total_descent"),
        avg_hr_bpm=session.get("avg_heart_rate"),
        avg_cadence_spm=_cadence(session, feet),
        records=columns,
        laps=_laps(laps, feet),
        pauses=() if start is None else _pauses(part.rows.get(EVENT, []), start, start + max(ends)),
        rr_ms=part.rr_ms,
        problems=problems,
        sha256=digest,
        extra=_words(part),
    )
