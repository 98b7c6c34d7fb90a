"""How fast, and how much: ours against pinned readers, in one process, on the same bytes.

    python benchmarks/ingest.py --set career   # 120 FIT files of a real history
    python benchmarks/ingest.py --set odd      # every FIT file of the public corpus
    python benchmarks/ingest.py --set made     # generated files of the same shape, anywhere

One file a call. CPU seconds (`time.process_time`), files in memory, readers alternate. Before any
ratio each reader's values are compared with ours, cell by cell; only files that every compared
reader decodes with equal values are timed, the others are listed with who fails or differs.

A set is a function in `SETS`: options -> a `Trial` of files and readers. To add one (xml, zip),
write such a function; timing, equality and the table of failures are the same for all.
"""

from __future__ import annotations

import argparse
import gzip
import random
import statistics
import sys
import time
import zipfile
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import ingest_xml
from backinstride.readers import fit
from backinstride.readers.fit_encode import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

DATA = Path(__file__).resolve().parents[2] / "shared/data"
Columns = dict[str, np.ndarray]


class Reader(NamedTuple):
    """One way to read: `read(bytes)` is timed, `columns(result)` is compared, `rounds` at most."""

    name: str
    read: Callable[[bytes], Any]
    columns: Callable[[Any], Columns]
    rounds: int = 99


class Trial(NamedTuple):
    """Files (name, bytes), our reader, the peers, ours over all files at once where it can."""

    files: list[tuple[str, bytes]]
    ours: Reader
    peers: list[Reader]
    batched: Callable[[list[tuple[str, bytes]]], Any] | None = None
    floors: dict[str, float] = {}  # noqa: RUF012 - read only
    private: bool = False  # names are somebody's: never printed


# --- harness ------------------------------------------------------------------------------------


def cpu(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def outcome(reader: Reader, data: bytes) -> tuple[Columns | None, str]:
    """Return the columns a reader gives, or None and the first words of its failure."""
    try:
        return reader.columns(reader.read(data)), ""
    except BaseException as error:  # a peer may panic with something that is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return None, f"{type(error).__name__}: {error}"[:70]


def differing(ours: Columns, theirs: Columns) -> dict[str, int]:
    """Return, by column, how many cells differ: 1e-9 relative, NaN equal to NaN."""
    out = {}
    for name, wanted in theirs.items():
        rows = len(wanted)
        mine = ours.get(name, np.full(rows, np.nan))
        if len(mine) != rows:
            out[name] = max(rows, len(mine))
            continue
        wrong = ~np.isclose(mine, wanted, rtol=1e-9, atol=1e-9, equal_nan=True)
        if wrong.any():
            out[name] = int(wrong.sum())
    return out


def check(trial: Trial) -> tuple[list[tuple[str, bytes]], int]:
    """Print who fails or differs on what; return the files fit for timing and the equal cells."""
    fine, cells = [], 0
    failed: dict[str, int] = dict.fromkeys([r.name for r in (trial.ours, *trial.peers)], 0)
    for number, (name, data) in enumerate(trial.files):
        short = f"file {number}" if trial.private else name.rsplit("/", 1)[-1][-48:]
        ours, error = outcome(trial.ours, data)
        good = ours is not None
        if not good:
            failed[trial.ours.name] += 1
            print(f"  fails    {trial.ours.name:18} {short:50} {error}")
        for peer in trial.peers:
            theirs, error = outcome(peer, data)
            if theirs is None:
                failed[peer.name] += 1
                good = False
                print(f"  fails    {peer.name:18} {short:50} {error}")
            elif ours is not None:
                wrong = differing(ours, theirs)
                cells += sum(map(len, theirs.values())) - sum(wrong.values())
                if wrong:
                    good = False
                    print(f"  differs  {peer.name:18} {short:50} {wrong}")
        if good:
            fine.append((name, data))
    print("files that fail:", ", ".join(f"{name} {count}" for name, count in failed.items()))
    return fine, cells


def compete(trial: Trial, rounds: int) -> dict[str, float]:
    """Run the trial and print its table; return the ratio of medians by peer."""
    size = sum(len(data) for _, data in trial.files)
    print(f"{len(trial.files)} files, {size / 1e6:.2f} MB")
    files, cells = check(trial)
    size = sum(len(data) for _, data in files)
    print(f"{cells:,} cells equal; timed: {len(files)} files, {size / 1e6:.2f} MB\n")
    if not files:
        return {}
    readers = [trial.ours, *trial.peers]
    times: dict[str, list[float]] = {reader.name: [] for reader in readers}
    together = f"{trial.ours.name}, batched"
    for turn in range(rounds):
        for reader in readers:
            if turn < reader.rounds:
                work = lambda r=reader: [r.read(data) for _, data in files]  # noqa: E731
                times[reader.name].append(cpu(work))
        if trial.batched is not None:
            times.setdefault(together, []).append(cpu(partial(trial.batched, files)))
    return _report(trial, times, size, together)


def _report(
    trial: Trial, times: dict[str, list[float]], size: int, together: str
) -> dict[str, float]:
    medians = {name: statistics.median(values) for name, values in times.items()}
    mine = medians[trial.ours.name]
    heads = ("rounds", "best s", "median s", "MB/s", "ours is", "batched")
    print(f"{'reader':28}" + "".join(f"{head:>10}" for head in heads))
    for name, median in sorted(medians.items(), key=lambda item: item[1]):
        ratio = "" if name in (trial.ours.name, together) else f"{median / mine:.2f} x"
        batch = (
            "" if not ratio or together not in medians else f"{median / medians[together]:.2f} x"
        )
        numbers = f"{len(times[name]):>10}{min(times[name]):>10.3f}{median:>10.3f}"
        print(f"{name:28}{numbers}{size / 1e6 / median:>10.1f}{ratio:>10}{batch:>10}")
    ratios = {peer.name: medians[peer.name] / mine for peer in trial.peers}
    for name, floor in trial.floors.items():
        peer = next((peer for peer in ratios if peer.startswith(name)), None)
        if peer:
            word = "reached" if ratios[peer] >= floor else "MISSED"
            print(f"target {floor:g} x {peer}: {word} ({ratios[peer]:.2f})")
    return ratios


# --- FIT ----------------------------------------------------------------------------------------

# Our column, and the words that the peers have for it (the first one present is taken).
WORDS: dict[str, tuple[str, ...]] = {
    "time_s": ("timestamp",),
    "lat_deg": ("position_lat",),
    "lon_deg": ("position_long",),
    "distance_m": ("distance",),
    "altitude_m": ("enhanced_altitude", "altitude"),
    "speed_m_s": ("enhanced_speed", "speed"),
    "heart_rate_bpm": ("heart_rate",),
    "power_w": ("power",),
    "stance_time_ms": ("stance_time",),
    "vertical_oscillation_mm": ("vertical_oscillation",),
    "step_length_mm": ("step_length",),
    "temperature_c": ("temperature",),
}
DEGREES = 180 / 2**31


def _unpinned(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


def _ours(data: bytes) -> list[Any]:
    return list(fit.read(data, "a.fit"))


def _our_columns(found: list[Any]) -> Columns:
    out = {}
    for name in WORDS:
        parts = [r.records.get(name, np.full(r.points, np.nan)) for r in found]
        out[name] = np.concatenate(parts) if parts else np.empty(0)
    return out


def _from_rows(rows: list[dict[str, Any]], epoch: float) -> Columns:
    """Return columns from a list of dictionaries in FIT's own units."""
    out: Columns = {}
    for name, words in WORDS.items():
        cells = [next((row[w] for w in words if row.get(w) is not None), None) for row in rows]
        flat = [cell[-1] if isinstance(cell, list | tuple) else cell for cell in cells]
        values = np.array(flat, dtype=np.float64)
        if name in ("lat_deg", "lon_deg"):
            values *= DEGREES
        if name == "time_s":
            values += epoch
        out[name] = values
    return out


def _kit() -> Reader | None:
    try:
        import garmin_fit_sdk as sdk
    except ImportError:
        return None

    def read(data: bytes) -> Any:
        found, errors = sdk.Decoder(sdk.Stream.from_byte_array(bytearray(data))).read(
            convert_datetimes_to_dates=False
        )
        if errors:
            raise errors[0]
        return found.get("record_mesgs", [])

    return Reader(
        _unpinned("garmin-fit-sdk"), read, lambda rows: _from_rows(rows, 631065600.0), rounds=2
    )


def _fitdecode() -> Reader | None:
    try:
        import fitdecode
    except ImportError:
        return None

    def read(data: bytes) -> Any:
        rows = []
        with fitdecode.FitReader(data, processor=None) as reader:
            for frame in reader:
                if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record":
                    row = {f.name: f.value for f in frame.fields if f.value is not None}
                    rows.append(row)
        return rows

    return Reader(
        _unpinned("fitdecode"), read, lambda rows: _from_rows(rows, 631065600.0), rounds=2
    )


def _fitfast() -> Reader | None:
    try:
        import fitfast
    except ImportError:
        return None

    def columns(found: Columns) -> Columns:
        # Its expanded enhanced_speed is 0.001 m/s low in some cells (1.017 becomes 1.016); its
        # plain speed is right and comes first here, so that its files can be timed at all.
        if "speed" in found and "enhanced_speed" in found:
            plain = found["speed"]
            both = np.where(np.isnan(plain), found["enhanced_speed"], plain)
            found = found | {"enhanced_speed": both}
        out = {}
        for name, words in WORDS.items():
            present = [found[word] for word in words if word in found]
            if present:
                merged = present[0]
                for other in present[1:]:
                    merged = np.where(np.isnan(merged), other, merged)
                out[name] = merged
        return out

    return Reader(_unpinned("fitfast"), fitfast.records, columns)


def _peers(wanted: list[str]) -> list[Reader]:
    made = {"garmin-fit-sdk": _kit, "fitdecode": _fitdecode, "fitfast": _fitfast}
    found = [make() for name, make in made.items() if not wanted or name in wanted]
    return [reader for reader in found if reader is not None]


def _unzipped(path: Path, marks: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the members of a zip whose name holds one of `marks`, without second copies."""
    seen = set()
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if any(mark in name for mark in marks) and not name.endswith("/"):
                data = archive.read(name)
                data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
                if data not in seen:
                    seen.add(data)
                    yield name, data


def _fit_trial(
    files: list[tuple[str, bytes]], options: argparse.Namespace, floors: dict[str, float]
) -> Trial:
    ours = Reader("backinstride", _ours, _our_columns)
    return Trial(
        files, ours, _peers(options.peer), lambda found: list(fit.read_many(found)), floors
    )


def career(options: argparse.Namespace) -> Trial:
    """FIT files of the A1 history: a sample of 120 (seeded), or all with --all."""
    files = list(_unzipped(options.data / "strava-a1.zip", (".fit",)))
    if not options.all:
        files = random.Random(options.seed).sample(files, 120)
    floors = {"garmin-fit-sdk": 60.0, "fitfast": 1.2}
    return _fit_trial(files, options, floors)._replace(private=True)


def odd(options: argparse.Namespace) -> Trial:
    """Every FIT file of the corpus, damaged and strange ones included."""
    files = list(_unzipped(options.data / "corpus.zip", ("fit/",)))
    return _fit_trial(files, options, {"fitfast": 1.5})


def made(options: argparse.Namespace) -> Trial:
    """Generated runs of 5 to 90 minutes in the shape of a watch of 2020: nobody's data."""
    rng = np.random.default_rng(options.seed)
    files = []
    for number in range(40):
        seconds = int(rng.integers(300, 5400))
        start = 1_767_225_600 + 86_400 * number
        n = np.arange(seconds)
        records: dict[str, Any] = {
            "timestamp": start + n,
            "position_lat": 10 + n * 2e-5,
            "position_long": 20 + rng.normal(0, 1e-5, seconds),
            "distance": n * 2.8,
            "altitude": 100 + 5 * np.sin(n / 300),
            "speed": 2.8 + rng.normal(0, 0.1, seconds),
            "heart_rate": np.clip(150 + rng.normal(0, 4, seconds), 90, 190),
            "cadence": 84 + rng.integers(-2, 3, seconds),
        }
        messages: list[tuple[str, dict[str, Any]]] = [
            ("file_id", {"type": "activity", "manufacturer": "development"})
        ]
        for low in range(0, seconds, 300):  # a lap every five minutes, as watches interleave them
            rows = {name: column[low : low + 300] for name, column in records.items()}
            messages += [
                ("record", rows),
                ("lap", {"timestamp": start + min(low + 300, seconds), "start_time": start + low}),
            ]
        messages.append(
            ("session", {"start_time": start, "sport": "running", "total_distance": 2.8 * seconds})
        )
        files.append((f"made-{number}.fit", encode(messages)))
    return _fit_trial(files, options, {})


SETS: dict[str, Callable[[argparse.Namespace], Trial]] = {
    "career": career,
    "odd": odd,
    "made": made,
}


def main() -> int:
    """Run one set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    SETS.update(ingest_xml.sets(Reader, Trial))
    parser.add_argument("--set", choices=SETS, default="made")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the archives")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="every file instead of a sample")
    parser.add_argument(
        "--peer", action="append", default=[], help="only this peer (may be repeated)"
    )
    options = parser.parse_args()
    if options.set not in ("made", "long") and not options.data.exists():
        print(f"needs the real archives ({options.data} is not here)")
        return 2
    import warnings

    warnings.simplefilter("ignore")
    compete(SETS[options.set](options), options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
