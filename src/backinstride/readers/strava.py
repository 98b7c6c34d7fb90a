"""Strava's bulk export: `activities.csv` joined to the files it names, and rows without a file.

The header is not stable: five names stand twice, in other units (`Distance` in km, then in
metres), columns come and go, an export in another language has other names. So columns are found
by name and occurrence, then by their usual place; units are settled by comparing the two distance
columns over all rows. `Activity Date` is English, without zone, and is UTC.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
import statistics
from typing import TYPE_CHECKING

import msgspec

from backinstride.errors import Problem
from backinstride.readers.archive import Member, UnreadableError
from backinstride.units import M_PER_MILE

if TYPE_CHECKING:
    from collections.abc import Sequence

# Our name -> the column's names (English first), in lower case.
_NAMES: dict[str, tuple[str, ...]] = {
    "vendor_id": ("activity id", "aktivitäts-id", "id de l'activité", "id de actividad",
                  "id attività", "id da atividade", "activiteits-id"),
    "date": ("activity date", "aktivitätsdatum", "date de l'activité", "fecha de la actividad",
             "data dell'attività", "data da atividade", "datum van activiteit"),
    "title": ("activity name", "name der aktivität", "nom de l'activité",
              "nombre de la actividad", "nome attività", "nome da atividade",
              "naam van activiteit"),
    "sport": ("activity type", "aktivitätsart", "type d'activité", "tipo de actividad",
              "tipo di attività", "tipo de atividade", "activiteitstype"),
    "description": ("activity description", "aktivitätsbeschreibung",
                    "description de l'activité", "descripción de la actividad",
                    "descrizione dell'attività", "descrição da atividade",
                    "beschrijving van activiteit"),
    "shoe": ("activity gear", "aktivitätsausrüstung", "équipement de l'activité",
             "equipamiento de la actividad", "attrezzatura", "equipamento da atividade",
             "uitrusting voor activiteit"),
    "file": ("filename", "dateiname", "nom du fichier", "nombre de archivo", "nome file",
             "nome do arquivo", "bestandsnaam"),
    "elapsed_s": ("elapsed time", "verstrichene zeit", "temps écoulé", "tiempo transcurrido",
                  "tempo trascorso", "tempo decorrido", "verstreken tijd"),
    "moving_s": ("moving time", "bewegungszeit", "durée de déplacement", "tiempo en movimiento",
                 "tempo in movimento", "tempo de movimentação", "beweegtijd"),
    "distance": ("distance", "distanz", "distancia", "distanza", "distância", "afstand"),
    "climb_m": ("elevation gain", "höhenzunahme", "dénivelé positif",
                "desnivel positivo", "dislivello", "ganho de elevação", "hoogteverschil"),
    "avg_hr_bpm": ("average heart rate", "durchschnittliche herzfrequenz",
                   "fréquence cardiaque moyenne", "ritmo cardiaco promedio",
                   "frequenza cardiaca media", "frequência cardíaca média",
                   "gemiddelde hartslag"),
}  # fmt: skip
_PLACES = ("vendor_id", "date", "title", "sport", "description", "elapsed_s", "distance")
_SUFFIX = re.compile(r"\.\d+$")  # pandas writes a second "Distance" as "Distance.1"
_FILE = re.compile(r"^activities[/\\]", re.IGNORECASE)
_DATES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d.%m.%Y, %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june",
            "jul july", "aug august", "sep sept september", "oct october", "nov november",
            "dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_ENGLISH = re.compile(
    r"^\s*(?:([A-Za-z]{3,9})\.? (\d{1,2})|(\d{1,2}) ([A-Za-z]{3,9})\.?),? (\d{4}),? "
    r"(\d{1,2}):(\d{2}):(\d{2})\s*([AaPp][Mm])?\s*$"
)


def is_activities(head: bytes) -> bool:
    """Return whether a CSV is Strava's table of activities, by its header or by its file names."""
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if "," not in text[:2000]:
        return False
    table: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        table.extend(csv.reader(io.StringIO(text, newline="")))
    columns = [_SUFFIX.sub("", cell.strip().lower()) for cell in table[0]] if table else []
    known = sum(any(c in _NAMES[n] for c in columns) for n in ("vendor_id", "date", "file"))
    return known >= 2 or any(
        row and row[0].isdigit() and any(_FILE.match(cell) for cell in row) for row in table[1:]
    )


def rows(data: bytes, name: str = "activities.csv") -> tuple[list[dict[str, str]], list[Problem]]:
    """Return one sidecar (see `Member`) per row of `activities.csv`, and what could not be read.

    `distance_m` is metres, `start` ISO 8601 UTC, `file` the path as the table writes it; a value
    that is absent or unreadable is left out. Line breaks inside quotes are part of the text.
    """
    text = data.decode("utf-8-sig", "replace")
    problems: list[Problem] = []
    if "\ufffd" in text:
        text = data.decode("cp1252", "replace")
    table: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        table.extend(row for row in reader if any(row))
    except csv.Error as error:
        message = f"cannot be read further: {error}."
        problems.append(
            Problem(
                file=name, slug="table-damaged", message=message, kept=True, place=str(len(table))
            )
        )
    if not table:
        return [], problems
    places = _columns(table[0], table[1:])
    metres = _distance(table[1:], places)
    out = []
    for line, written in enumerate(table[1:], 2):
        row = _unshifted(written, places, metres)
        sidecar, problem = _row(row, places, metres(row), name, line)
        out.append(sidecar)
        problems.extend(problem)
        if row is not written:
            message = "the description is torn in two, which moved the numbers; they were put back."
            problems.append(
                Problem(file=name, slug="row-shifted", message=message, kept=True, place=str(line))
            )
    return out, problems


def _columns(header: Sequence[str], body: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Return our name -> its columns, in the order of their occurrence."""
    plain = [_SUFFIX.sub("", column.strip().lower()) for column in header]
    places = {
        ours: found
        for ours, names in _NAMES.items()
        if (found := [i for i, column in enumerate(plain) if column in names])
    }
    if not places.keys() & {"date", "file"}:  # a language not known: the first never moved
        places = {ours: [place] for place, ours in enumerate(_PLACES)} | places
    if "file" not in places:
        width = range(len(header))
        named = [i for i in width if any(len(r) > i and _FILE.match(r[i]) for r in body)]
        if named:
            places["file"] = named[:1]
    return places


def _cell(row: Sequence[str], places: dict[str, list[int]], name: str, occurrence: int = 0) -> str:
    found = places.get(name, [])
    if occurrence >= len(found) or found[occurrence] >= len(row):
        return ""
    return row[found[occurrence]].strip()


def number(text: str) -> float | None:
    """Return a number as Strava writes it: "1,234.5" and "12,5" too; None for anything else."""
    plain = text.strip().replace(" ", "").replace("\u202f", "").replace("\xa0", "")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif "," in plain and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None


def _distance(body: Sequence[Sequence[str]], places: dict[str, list[int]]) -> _Metres:
    """Settle the unit of the first distance column by the second, which is metres."""
    ratios = []
    for row in body:
        first, second = (number(_cell(row, places, "distance", k)) for k in (0, 1))
        if first and second:
            ratios.append(second / first)
    typical = statistics.median(ratios) if ratios else 1000.0
    unit = min((1.0, 1000.0, M_PER_MILE), key=lambda u: abs(typical / u - 1))
    return _Metres(places, unit)


class _Metres:
    """Distance of a row in metres: the metre column, else the other by its settled unit."""

    def __init__(self, places: dict[str, list[int]], unit: float) -> None:
        self.places, self.unit = places, unit

    def __call__(self, row: Sequence[str]) -> float | None:
        text = _cell(row, self.places, "distance", 0)
        first, second = number(text), number(_cell(row, self.places, "distance", 1))
        if second is not None and (second > 0 or not first):
            return second
        if first is None:
            return None
        # Swims stand in whole metres ("1,500") beside kilometres with two decimals ("10.02").
        whole = "." not in text and first >= 100
        return first if whole else first * self.unit


def _unshifted(row: Sequence[str], places: dict[str, list[int]], metres: _Metres) -> Sequence[str]:
    """Return a row whose description was torn at a comma as it was before, if that is certain.

    Certain: the elapsed time is no number as it stands, and with the two pieces joined it is one
    and both distances say the same.
    """
    said, torn = _cell(row, places, "elapsed_s"), places.get("description", [])
    if not said or number(said) is not None or not torn or torn[0] + 1 >= len(row):
        return row
    at = torn[0]
    whole = [*row[:at], f"{row[at]},{row[at + 1]}", *row[at + 2 :]]
    first, second = (number(_cell(whole, places, "distance", k)) for k in (0, 1))
    if number(_cell(whole, places, "elapsed_s")) is None or not first or not second:
        return row
    return whole if abs(first * metres.unit / second - 1) < 0.05 else row


def moment(text: str) -> dt.datetime | None:
    """Return the UTC time of `Activity Date`, whatever the machine's own language."""
    match = _ENGLISH.match(text.replace("\u202f", " ").replace("\xa0", " "))
    if match:
        month = _MONTHS.get((match[1] or match[4]).lower())
        hour = int(match[6]) % 12 + 12 * (match[9].lower() == "pm") if match[9] else int(match[6])
        if month:
            return _utc(int(match[5]), month, int(match[2] or match[3]), hour, match[7], match[8])
    for shape in _DATES:
        try:
            return dt.datetime.strptime(text.strip(), shape).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
    return None


def _utc(
    year: int, month: int, day: int, hour: int, minute: str, second: str
) -> dt.datetime | None:
    try:
        return dt.datetime(year, month, day, hour, int(minute), int(second), tzinfo=dt.UTC)
    except ValueError:
        return None


def _row(
    row: Sequence[str], places: dict[str, list[int]], distance_m: float | None, name: str, line: int
) -> tuple[dict[str, str], list[Problem]]:
    sidecar = {"vendor": "strava"}
    for ours in ("vendor_id", "title", "sport", "description", "shoe", "file"):
        if text := _cell(row, places, ours):
            sidecar[ours] = text
    if distance_m is not None:
        sidecar["distance_m"] = repr(distance_m)
    for ours in ("elapsed_s", "moving_s", "climb_m", "avg_hr_bpm"):
        value = number(_cell(row, places, ours))
        if value is not None:
            sidecar[ours] = repr(value)
    said = _cell(row, places, "date")
    start = moment(said)
    if start:
        sidecar["start"] = start.isoformat()
    elif said and "file" not in sidecar:
        message = f"row {line}: the date is in a form that is not read."
        return sidecar, [Problem(file=name, slug="date-unread", message=message, place=str(line))]
    return sidecar, []


# --- the bundle ---------------------------------------------------------------------------


def attach(members: list[Member]) -> list[Member]:
    """Join every `activities.csv` among the members to the files it names.

    A row that names no file, or one that is not there, becomes a member of kind "row".
    """
    tables = [member for member in members if member.kind == "strava"]
    for found in tables:
        members = _attach(found, members)
    return members


def _attach(found: Member, members: list[Member]) -> list[Member]:
    try:
        data, wrapping = found.load()
    except UnreadableError as error:
        data, wrapping = b"", (error.problem,)
    sidecars, problems = rows(data, found.name)
    folder = found.name.rpartition("/")[0]
    places = {m.name.lower(): i for i, m in enumerate(members) if m.kind in _JOINED}
    out, spare = list(members), []
    for line, sidecar in enumerate(sidecars, 2):
        place = _place(sidecar.get("file", ""), folder, places)
        if place is None:
            spare.append(_spare(found.name, line, sidecar))
        elif not out[place].sidecar:
            out[place] = msgspec.structs.replace(out[place], sidecar=sidecar)
    table = out.index(found)
    out = [_aside(m, folder) if m.kind == "table" else m for m in out]
    said = (*wrapping, *problems)
    out[table] = msgspec.structs.replace(found, kind="export", problems=said)
    return out + spare


def _aside(member: Member, folder: str) -> Member:
    """Put a vendor's other tables (goals, routes) aside: they are no log of runs."""
    inside = member.name.startswith(f"{folder}/") if folder else True
    return msgspec.structs.replace(member, kind="ignored") if inside else member


_JOINED = ("fit", "gpx", "tcx", "problem")


def _place(named: str, folder: str, places: dict[str, int]) -> int | None:
    if not named:
        return None
    plain = f"{folder}/{named}".strip("/").replace("\\", "/").lower()
    bare = plain.removesuffix(".gz")
    return next((places[n] for n in (plain, bare, f"{bare}.gz") if n in places), None)


def _spare(table: str, line: int, sidecar: dict[str, str]) -> Member:
    name = f"{table}#{sidecar.get('vendor_id', line)}"
    problems: tuple[Problem, ...] = ()
    if "file" in sidecar:
        message = f"names {sidecar['file']}, which is not here; the row alone is kept."
        problems = (Problem(file=name, slug="file-missing", message=message, kept=True),)
    return Member(name=name, kind="row", size=0, sidecar=sidecar, problems=problems)
