"""The sets of `ingest.py` that are not FIT: TCX and GPX against lxml + numpy, and a whole zip.

python benchmarks/ingest.py --set tcx      # TCX of a real history and of the corpus
python benchmarks/ingest.py --set gpx      # GPX of a watch maker's export and of the corpus
python benchmarks/ingest.py --set long     # made tracks of an hour and a half, nobody's data
python benchmarks/ingest.py --set zip      # a whole export: ours against fitdecode + lxml + zlib
"""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from backinstride import readers
from backinstride.readers import gpx, tcx

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

Columns = dict[str, np.ndarray]
NAMES = {
    "time": "time_s", "Time": "time_s", "ele": "altitude_m", "AltitudeMeters": "altitude_m",
    "LatitudeDegrees": "lat_deg", "LongitudeDegrees": "lon_deg", "DistanceMeters": "distance_m",
    "Value": "heart_rate_bpm", "hr": "heart_rate_bpm", "Speed": "speed_m_s", "speed": "speed_m_s",
    "Watts": "power_w", "power": "power_w", "atemp": "temperature_c", "RunCadence": "cadence_spm",
    "Cadence": "cadence_spm", "cad": "cadence_spm",
}  # fmt: skip
COMPARED = ("time_s", "lat_deg", "lon_deg", "altitude_m", "heart_rate_bpm")


def lxml_columns(data: bytes) -> Columns:
    """Read the points with lxml and numpy, as one would by hand."""
    from lxml import etree

    root = etree.fromstring(data.lstrip())
    space = root.tag.rpartition("}")[0] + "}" if "}" in root.tag else ""
    known: dict[str, str | None] = {}
    rows = []
    for tag in ("trkpt", "Trackpoint"):
        for point in root.iter(space + tag):
            row = {"lat_deg": point.get("lat"), "lon_deg": point.get("lon")}
            for element in point.iter():
                name = element.tag
                if name not in known:
                    known[name] = NAMES.get(str(name).rpartition("}")[2])
                if known[name] is not None:
                    row[known[name]] = element.text
            rows.append(row)
    out = {}
    for column in dict.fromkeys(name for row in rows for name in row):
        texts = [row.get(column) for row in rows]
        if column == "time_s":
            plain = [text[:-1] if text and text[-1] == "Z" else text or "NaT" for text in texts]
            moments = np.array(plain, dtype="datetime64[ms]").astype(np.int64)
            out[column] = np.where(moments == np.iinfo(np.int64).min, np.nan, moments / 1000.0)
        else:
            out[column] = np.array([np.nan if text is None else float(text) for text in texts])
    return out


def compared(columns: Columns) -> Columns:
    return {
        name: columns[name]
        for name in COMPARED
        if name in columns and not np.isnan(columns[name]).all()
    }


def ours(data: bytes) -> list[Any]:
    reader = gpx if b"<gpx" in data[:4000] else tcx
    return list(reader.read(data, "a"))


def our_columns(found: list[Any]) -> Columns:
    names = dict.fromkeys(name for r in found for name in r.records)
    return {
        name: np.concatenate([r.records.get(name, np.full(r.points, np.nan)) for r in found])
        for name in names
    }


def unpacked(options: argparse.Namespace, name: str, end: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(options.data / name) as archive:
        for member in sorted(archive.namelist()):
            if end in member:
                data = archive.read(member)
                yield member, gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def made(kind: str) -> list[tuple[str, bytes]]:
    """Tracks of an hour and a half, a point a second."""
    seconds = np.arange(5400)
    lat, lon = 10 + seconds * 2.5e-5, 20 + np.sin(seconds / 300) * 1e-3
    out = []
    for day in range(1, 7):
        rows = [
            f'<trkpt lat="{a:.7f}" lon="{b:.7f}"><ele>{100 + s % 9}.2</ele>'
            f"<time>2026-03-0{day}T0{7 + s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}Z</time>"
            f"<extensions><x:hr>{140 + s % 20}</x:hr><x:cad>{84 + s % 3}</x:cad></extensions>"
            "</trkpt>\n"
            for s, a, b in zip(seconds.tolist(), lat, lon, strict=True)
        ]
        text = f'<gpx xmlns="g" xmlns:x="x"><trk><trkseg>{"".join(rows)}</trkseg></trk></gpx>'
        out.append((f"{kind}-{day}.gpx", text.encode()))
    return out


def sets(reader: Callable[..., Any], trial: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Return the sets, made of the harness's own `Reader` and `Trial`."""
    mine = reader("backinstride", ours, our_columns)

    def peer() -> Any:
        from lxml import etree

        number = ".".join(map(str, etree.LXML_VERSION[:3]))
        return reader(f"lxml {number} + numpy", lxml_columns, compared, 3)

    def tracks(files: list[tuple[str, bytes]], floor: float, *, private: bool) -> Any:
        return trial(files, mine, [peer()], None, {"lxml": floor}, private)

    def tcx_set(options: argparse.Namespace) -> Any:
        career = list(unpacked(options, "strava-a1.zip", ".tcx"))[:: 1 if options.all else 16]
        return tracks(career + list(unpacked(options, "corpus.zip", ".tcx")), 6.0, private=True)

    def gpx_set(options: argparse.Namespace) -> Any:
        career = list(unpacked(options, "garmin-gpx-a5.zip", ".gpx"))[:: 1 if options.all else 4]
        return tracks(career + list(unpacked(options, "corpus.zip", ".gpx")), 5.0, private=True)

    def long_set(_: argparse.Namespace) -> Any:
        return tracks(made("made"), 5.0, private=False)

    def zip_set(options: argparse.Namespace) -> Any:
        name = "strava-a4.zip" if options.seed == 4 else "strava-a1.zip"
        files = [(name, (options.data / name).read_bytes())]
        whole = reader("backinstride", zip_ours, zip_columns)
        slow = reader("fitdecode + lxml + zlib", zip_peers, zip_columns, 1)
        return trial(files, whole, [slow], None, {"fitdecode": 10.0}, True)

    return {"tcx": tcx_set, "gpx": gpx_set, "long": long_set, "zip": zip_set}


# --- a whole archive ----------------------------------------------------------------------


def zip_ours(data: bytes) -> dict[str, Columns]:
    return {
        r.file: r.records
        for r in readers.read(io.BytesIO(data))
        if r.source.split("/")[-1] != "csv"
    }


def zip_peers(data: bytes) -> dict[str, Columns]:
    """The same with what Python had: zipfile, zlib, fitdecode, lxml; equal copies once."""
    found, seen = {}, set()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(archive.namelist(), key=lambda n: "(2)" in n):
            content = archive.read(name)
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            if content in seen or name.endswith(".csv"):
                continue
            seen.add(content)
            found[name] = _fit(content) if content[8:12] == b".FIT" else lxml_columns(content)
    return found


def _fit(data: bytes) -> Columns:
    import fitdecode

    rows = []
    with fitdecode.FitReader(io.BytesIO(data)) as frames:
        for frame in frames:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record":
                rows.append({field.name: field.value for field in frame.fields})  # noqa: PERF401
    names = {"heart_rate": "heart_rate_bpm", "position_lat": "lat_deg"}
    out = {}
    for name, column in names.items():
        scale = 180 / 2**31 if column == "lat_deg" else 1.0
        texts = [row.get(name) for row in rows]
        out[column] = np.array([np.nan if v is None else float(v) * scale for v in texts])
    return out


def zip_columns(found: dict[str, Columns]) -> Columns:
    """Return the latitudes of all files, one column a file: what both sides give."""
    return {
        name: columns["lat_deg"]
        for name, columns in found.items()
        if "lat_deg" in columns and not np.isnan(columns["lat_deg"]).all()
    }
