"""What the columns of a hand-kept log mean: guessed once for a table, shown, and kept.

A mapping is plain words and numbers, so that it can stand in `profile.toml` and be put right by
hand. Order of day and month is decided by all rows together, or not at all.
"""

from __future__ import annotations

import csv
import io
import re
import statistics
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from backinstride.errors import Problem
from backinstride.readers.table_cells import (
    DurationUnit,
    date_parts,
    decimal,
    duration_s,
    is_month_name,
)
from backinstride.units import M_PER_MILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_BYTES = 64 << 20  # a log of a lifetime is a few megabytes
MAX_FIELD = 1 << 20
DateOrder = Literal["ymd", "dmy", "mdy", "unclear"]  # unclear: to be said in `profile.toml`

# Field -> headers (lower case, units and signs taken off), the first ones the surest.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "date": (
        "date", "day", "datum", "tag", "fecha", "data", "dato", "run date", "activity date",
        "workout date", "start date", "date of run", "datetime", "date time", "start time",
        "startzeit", "start", "timestamp", "when", "début", "jour", "dia", "giorno",
    ),
    "clock": ("time of day", "start clock", "uhrzeit", "clock", "hour", "heure", "hora", "ora"),
    "distance": (
        "distance", "dist", "length", "km", "kms", "kilometers", "kilometres", "kilometer", "miles",
        "mile", "mi", "mileage", "distanz", "strecke", "entfernung", "distancia", "distanza",
        "afstand", "distância", "total distance", "run distance", "distance run", "laufstrecke",
    ),
    "duration": (
        "duration", "time", "elapsed time", "elapsed", "total time", "run time", "running time",
        "moving time", "workout time", "minutes", "mins", "min", "zeit", "dauer", "laufzeit",
        "durée", "temps", "duración", "tiempo", "durata", "tempo", "duur", "tijd",
    ),
    "title": ("title", "name", "run name", "activity name", "workout name", "titel", "titre",
              "título", "titolo", "naam", "session", "workout", "einheit", "route", "strecke name"),
    "description": ("notes", "note", "comments", "comment", "description", "remarks", "memo",
                    "notizen", "notiz", "kommentar", "bemerkung", "bemerkungen", "commentaire",
                    "commentaires", "notas", "comentario", "comentarios", "opmerkingen",
                    "how i felt", "how it felt"),
    "sport": ("sport", "type", "activity type", "activity", "workout type", "sportart", "art",
              "typ", "aktivität", "activité", "actividad", "tipo", "soort", "kind"),
    "shoe": ("shoes", "shoe", "gear", "footwear", "trainers", "pair", "schuhe", "schuh",
             "laufschuhe", "laufschuh", "chaussures", "zapatillas", "scarpe", "schoenen",
             "equipment"),
    "pain": ("pain", "back pain", "pain score", "pain level", "pain 0 10", "schmerz", "schmerzen",
             "rückenschmerz", "rückenschmerzen", "douleur", "dolor", "dolore", "pijn"),
    "effort": ("effort", "rpe", "perceived effort", "perceived exertion", "feeling", "intensity",
               "anstrengung", "intensität", "effort perçu", "esfuerzo"),
    "surface": ("surface", "terrain", "untergrund", "belag", "gelände"),
    "avg_hr_bpm": ("heart rate", "avg hr", "average hr", "average heart rate", "avg heart rate",
                   "hr", "hr avg", "mean hr", "puls", "herzfrequenz", "ø herzfrequenz",
                   "avg pulse", "pulse", "fc moyenne", "fc"),
    "avg_cadence_spm": ("cadence", "avg cadence", "average cadence", "avg run cadence",
                        "schrittfrequenz", "spm", "steps per minute"),
    "stride_m": ("avg stride length", "average stride length"),
    "climb_m": ("elevation gain", "elev gain", "climb", "ascent", "total ascent", "elevation",
                "vert", "gain", "anstieg", "höhenmeter", "hm", "dénivelé", "d+", "desnivel"),
}  # fmt: skip
_EXACT = {name: field for field, names in SYNONYMS.items() for name in names}
_UNITS = {
    "km": ("km", "kms", "kilometer", "kilometers", "kilometre", "kilometres", "k"),
    "mi": ("mi", "mile", "miles"),
    "m": ("m", "meter", "meters", "metre", "metres"),
    "h": ("h", "hr", "hrs", "hours", "hour", "std", "stunden"),
    "min": ("min", "mins", "minutes", "minuten"),
    "s": ("s", "sec", "secs", "seconds", "sekunden"),
    "ft": ("ft", "feet"),
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words}
_TRACK = {"lat", "latitude", "lon", "lng", "long", "longitude", "position lat", "lat deg"}
_BRACKET = re.compile(r"[(\[{](.*?)[)\]}]")
_PLAUSIBLE_PACE_S_PER_KM = (150.0, 1200.0)  # a world record to a slow walk


_ORDERS = {
    "ymd": "year first",
    "dmy": "day first",
    "mdy": "month first",
    "unclear": "day or month first is not clear",
}
_FIELDS = {"avg_hr_bpm": "heart rate", "avg_cadence_spm": "cadence", "climb_m": "climb"}


class TableMapping(msgspec.Struct, frozen=True, kw_only=True):
    """What the columns of a log mean. `columns`: field -> header as written.

    `distance_unit` None: every cell names its own; `duration_unit` "clock" is 45:30 or 1:02:03,
    "h:mm" is 1:02. `assumed` says in words what was not certain.
    """

    header: tuple[str, ...]
    columns: dict[str, str]
    delimiter: str = ","
    decimal_comma: bool = False
    date_order: DateOrder = "ymd"
    distance_unit: Literal["km", "mi", "m"] | None = None
    duration_unit: DurationUnit | None = None
    climb_unit: Literal["m", "ft"] = "m"
    assumed: tuple[str, ...] = ()

    def place(self, field: str) -> int | None:
        """Return the index of a field's column."""
        header = self.columns.get(field)
        return self.header.index(header) if header in self.header else None

    def told(self) -> str:
        """Return in words what each column is taken to be: date "Day" (day first), ..."""
        more = {
            "date": _ORDERS[self.date_order],
            "distance": self.distance_unit or "each cell names its unit",
            "duration": self.duration_unit,
            "climb_m": self.climb_unit,
        }
        parts = []
        for field, header in self.columns.items():
            how = more.get(field)
            parts.append(f'{_FIELDS.get(field, field)} "{header}"' + (f" ({how})" if how else ""))
        return ", ".join(parts)


class Table(msgspec.Struct, frozen=True):
    """A log as text: its rows below the header, and the line each one starts on."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    delimiter: str
    problems: tuple[Problem, ...] = ()


def plain(header: str) -> tuple[str, str | None]:
    """Return a header without case, signs and units, and the unit: "Dist [mi]" is dist, mi."""
    text = header.strip().strip("\ufeff").lower()
    unit = next((_UNIT[u] for b in _BRACKET.findall(text) if (u := b.strip(" .")) in _UNIT), None)
    text = re.sub(r"[\s_/.:,#-]+", " ", _BRACKET.sub(" ", text)).strip()
    if text in _EXACT:
        return text, unit or (_UNIT.get(text) if _EXACT[text] in ("distance", "duration") else None)
    words = text.split(" ")
    if len(words) > 1 and words[-1] in _UNIT:
        return " ".join(words[:-1]), unit or _UNIT[words[-1]]
    return text, unit


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Return field -> index of the column that fits best; each column serves one field."""
    names = [plain(cell)[0] for cell in header]
    found: dict[str, int] = {}
    for field, synonyms in SYNONYMS.items():
        for synonym in synonyms:
            if synonym in names and names.index(synonym) not in found.values():
                found[field] = names.index(synonym)
                break
    return found


def is_log(header: Sequence[str]) -> bool:
    """Return whether a header is that of a log of runs: a day, and a distance or a time."""
    found = columns_of(header)
    track = {plain(cell)[0] for cell in header} & _TRACK
    return "date" in found and bool(found.keys() & {"distance", "duration"}) and not track


def parsed(data: bytes, name: str) -> Table | None:
    """Return the rows of a log, or None where there is no header that is understood."""
    text, problems = _decoded(data[:MAX_BYTES], name)
    if len(data) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES >> 20} MB; the part before is used."
        problems += (Problem(file=name, slug="table-too-large", message=message, kept=True),)
    best: tuple[int, str, int] | None = None
    start = text[: 1 << 14]
    for delimiter in ",;\t|":
        for place, row in enumerate(_rows(start, delimiter)[0][:20]):
            if is_log(row[1]) and (best is None or len(columns_of(row[1])) > best[0]):
                best = len(columns_of(row[1])), delimiter, place
    if best is None:
        return None
    found, fault = _rows(text, best[1])
    if fault:
        message = f"cannot be read further: {fault}."
        line = str(found[-1][0]) if found else None
        problems += (
            Problem(file=name, slug="table-damaged", message=message, kept=True, place=line),
        )
    header = tuple(cell.strip().strip("\ufeff") for cell in found[best[2]][1])
    body = found[best[2] + 1 :]
    return Table(
        header, tuple(tuple(row) for _, row in body), tuple(n for n, _ in body), best[1], problems
    )


def _decoded(data: bytes, name: str) -> tuple[str, tuple[Problem, ...]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), ()
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return data.decode("utf-8-sig", "ignore"), ()
        message = "is not UTF-8; it was read as Western European text."
        problem = Problem(file=name, slug="encoding-guessed", message=message, kept=True)
        return data.decode("cp1252", "replace"), (problem,)


def _rows(text: str, delimiter: str) -> tuple[list[tuple[int, list[str]]], str | None]:
    """Return (line, cells) of every row that is not blank, and what stopped the reading."""
    found: list[tuple[int, list[str]]] = []
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        return found, str(error)
    return found, None


# --- the guess ----------------------------------------------------------------------------


def guess(table: Table, name: str) -> tuple[TableMapping | None, tuple[Problem, ...]]:
    """Return what the columns mean, or None and the problem that keeps it from being told."""
    places = columns_of(table.header)
    cells = {field: _column(table, place) for field, place in places.items()}
    comma = _decimal_comma(cells, table.delimiter)
    order, problem = date_order(table, places["date"], name)
    if order is None:
        return None, (problem,) if problem else ()
    units = {field: plain(table.header[place])[1] for field, place in places.items()}
    duration_unit = _duration_unit(cells, units, comma)
    distance_unit, assumed = _distance_unit(cells, units, duration_unit, comma)
    if assumed and (stepped := _unit_by_steps(table, places, duration_unit, comma=comma)):
        distance_unit, assumed = stepped, ()
    mapping = TableMapping(
        header=table.header,
        columns={field: table.header[place] for field, place in places.items()},
        delimiter=table.delimiter,
        decimal_comma=comma,
        date_order=order,
        distance_unit=distance_unit,
        duration_unit=duration_unit,
        climb_unit="ft" if units.get("climb_m") == "ft" else "m",
        assumed=assumed,
    )
    return mapping, (problem,) if problem else ()


def kept(tables: Sequence[Mapping[str, Any]]) -> tuple[tuple[TableMapping, ...], tuple[str, ...]]:
    """Return the mappings of `profile.toml` (its `[[table]]`), and what is wrong with others."""
    found, wrong = [], []
    for number, table in enumerate(tables, 1):
        try:
            mapping = msgspec.convert(table, TableMapping)
        except msgspec.ValidationError as error:
            wrong.append(f"table {number}: {error}.")
            continue
        lost = [column for column in mapping.columns.values() if column not in mapping.header]
        if lost or "date" not in mapping.columns:
            what = f"{lost[0]!r} is no column of its header" if lost else "no column is the date"
            wrong.append(f"table {number}: {what}.")
            continue
        found.append(mapping)
    return tuple(found), tuple(wrong)


def _column(table: Table, place: int) -> list[str]:
    return [row[place].strip() for row in table.rows if place < len(row) and row[place].strip()]


def _decimal_comma(cells: dict[str, list[str]], delimiter: str) -> bool:
    values = cells.get("distance", []) + cells.get("duration", [])
    if any(re.fullmatch(r"\d+\.\d+", v) for v in values):
        return False
    commas = [v for v in values if re.match(r"^\d+,\d+(\s|$|[a-z])", v)]
    thousands = [v for v in commas if re.match(r"^\d{1,3},\d{3}(\s|$|[a-z])", v)]
    return bool(commas) and (delimiter != "," or len(thousands) < len(commas))


def date_order(
    table: Table, place: int | None, name: str
) -> tuple[DateOrder | None, Problem | None]:
    """Decide the order of day and month by all rows; by the order of time only as a last help.

    None: no date can be read. "unclear": they can, and the rows do not say which comes first.
    """
    cells = _column(table, place) if place is not None else []
    parts = [p for cell in cells if (p := date_parts(cell)) is not None]
    numeric = [p for p in parts if not is_month_name(p)]
    if not parts:
        message = "no date in the column of dates can be read."
        return None, Problem(file=name, slug="date-unread", message=message)
    if not numeric or all(len(p.first) == 4 for p in numeric):
        return "ymd", None
    numeric = [p for p in numeric if len(p.first) != 4]
    firsts, seconds = [int(p.first) for p in numeric], [int(p.second) for p in numeric]
    day_first, month_first = max(firsts) > 12, max(seconds) > 12
    if any(p.sign == "." for p in numeric):
        day_first = True
    if day_first != month_first:
        return ("dmy", None) if day_first else ("mdy", None)
    if not day_first:
        years = [p.year for p in numeric]
        ordered = _in_order(zip(years, seconds, firsts, strict=True))
        swapped = _in_order(zip(years, firsts, seconds, strict=True))
        if ordered != swapped and len(numeric) > 3:
            return ("dmy", None) if ordered else ("mdy", None)
    message = (
        "some dates have the day first and some the month."
        if day_first
        else "no row shows whether the day or the month comes first."
    )
    hint = 'Set date_order = "dmy" (or "mdy") for it in profile.toml, or write 2026-03-05.'
    return "unclear", Problem(file=name, slug="date-order-unclear", message=message, hint=hint)


def _in_order(dates: object) -> bool:
    listed = list(dates)  # type: ignore[call-overload]
    return listed in (sorted(listed), sorted(listed, reverse=True))


def _duration_unit(
    cells: dict[str, list[str]], units: dict[str, str | None], comma: bool
) -> DurationUnit | None:
    values = cells.get("duration", [])
    if not values:
        return None
    clocks = [v for v in values if ":" in v]
    if clocks:
        short = all(v.count(":") == 1 for v in clocks)
        return (
            "h:mm"
            if short and _fits("h:mm", cells, comma) and not _fits("clock", cells, comma)
            else "clock"
        )
    unit = units.get("duration")
    if unit in ("h", "min", "s"):
        return unit  # type: ignore[return-value]
    if any(re.search(r"[a-z]", v.lower()) for v in values):
        return "min"  # cells say their own unit; a bare one among them is minutes
    fitting = [u for u in ("s", "min", "h") if _fits(u, cells, comma)]
    if len(fitting) == 1:
        return fitting[0]  # type: ignore[return-value]
    typical = statistics.median(decimal(v, comma=comma) or 0.0 for v in values)
    return "min" if 5 <= typical <= 400 else None


def _fits(unit: DurationUnit, cells: dict[str, list[str]], comma: bool) -> bool:
    """Return whether the typical pace is one that people have, in km or miles."""
    pace = _pace(unit, cells, comma)
    low, high = _PLAUSIBLE_PACE_S_PER_KM
    return pace is not None and low <= pace <= high * 1.2


def _pace(unit: DurationUnit | None, cells: dict[str, list[str]], comma: bool) -> float | None:
    """Return the typical seconds per unit of distance as the cells are written."""
    times = [duration_s(v, unit, comma=comma) for v in cells.get("duration", [])]
    ways = [decimal(v, comma=comma) for v in cells.get("distance", [])]
    real_times, real_ways = [t for t in times if t], [w for w in ways if w]
    if not real_times or not real_ways:
        return None
    return statistics.median(real_times) / statistics.median(real_ways)


def _distance_unit(
    cells: dict[str, list[str]],
    units: dict[str, str | None],
    duration_unit: DurationUnit | None,
    comma: bool,
) -> tuple[Literal["km", "mi", "m"] | None, tuple[str, ...]]:
    values = cells.get("distance", [])
    unit = units.get("distance")
    if not values or unit in ("km", "mi", "m"):
        return unit, ()  # type: ignore[return-value]
    if all(re.search(r"[a-z]", v.lower()) for v in values):
        return None, ()
    numbers = [n for v in values if (n := decimal(v, comma=comma))]
    if numbers and min(numbers) >= 100:
        return "m", ()
    pace = _pace(duration_unit, cells, comma)
    if pace is not None and pace > _PLAUSIBLE_PACE_S_PER_KM[1] and pace / M_PER_MILE * 1000 <= 1200:
        return "mi", ("distances are taken as miles: as kilometres nobody is that slow",)
    return "km", ("distances are taken as kilometres: neither header nor cells name a unit",)


def _unit_by_steps(
    table: Table, places: dict[str, int], duration_unit: DurationUnit | None, *, comma: bool
) -> Literal["km", "mi"] | None:
    """Tell km from miles where the table has stride length and cadence: they give metres."""
    wanted = ("stride_m", "avg_cadence_spm", "distance")
    if not places.keys() >= {*wanted, "duration"}:
        return None
    ratios = []
    for row in table.rows:
        if len(row) <= max(places.values()):
            continue
        stride, cadence, distance = (decimal(row[places[name]], comma=comma) for name in wanted)
        seconds = duration_s(row[places["duration"]], duration_unit, comma=comma)
        if stride and cadence and distance and seconds:
            ratios.append(stride * cadence * seconds / 60.0 / distance)
    typical = statistics.median(ratios) if ratios else 0.0
    if abs(typical / 1000.0 - 1) < 0.2:
        return "km"
    return "mi" if abs(typical / M_PER_MILE - 1) < 0.2 else None
