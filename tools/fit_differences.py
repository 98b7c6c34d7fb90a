"""Compare our FIT reader with two others, message by message, value by value.

    python tools/fit_differences.py ../shared/data/corpus.zip            # prints the table
    python tools/fit_differences.py ../shared/data/corpus.zip --write    # docs/fit_differences.md

Each difference falls into a class that says who is right and why; what falls into none is listed
as unexplained, and the oracle test fails.
"""

from __future__ import annotations

import argparse
import gzip
import math
import sys
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backinstride.readers import fit
from backinstride.readers.fit_fields import FIT_EPOCH_S, message
from backinstride.readers.fit_shapes import scaled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOCS = Path(__file__).resolve().parents[1] / "docs/fit_differences.md"
Values = dict[int | str, Any]

CLASSES: dict[str, tuple[str, str]] = {
    "newer profile": (
        "both",
        (
            "the peer's profile (21.218) names fields and sub-fields that ours (21.171) does not; "
            "the values are equal under the field's number"
        ),
    ),
    "invalid developer value": (
        "we",
        "the peer gives a developer field's invalid value (255, 65535, NaN) as a number",
    ),
    "NaN as a value": ("we", "a NaN that is not 0xFFFFFFFF: the peer gives it as a value"),
    "broken UTF-8": (
        "both",
        (
            "a string field with memory behind its end: we put U+FFFD where a byte is no UTF-8, "
            "the peer drops the byte or stops there"
        ),
    ),
    "behind the first NUL": (
        "both",
        "a string field with more strings behind the first: we give a list, fitdecode the first",
    ),
    "second sub-field": (
        "we",
        "two sub-fields match: the profile's first one counts; the peer gives both",
    ),
    "message unread": ("we", "the peer stopped before this message"),
    "invalid component": (
        "we",
        "a component that holds its field's invalid value: fitdecode gives it as a number",
    ),
    "component of a component": (
        "we",
        "packed speed stands for speed, and speed for enhanced_speed: fitdecode stops at the first",
    ),
    "clock of beats": (
        "both",
        "fitdecode adds the time of the last record to event_timestamp; we leave the strap's clock",
    ),
}


class Peer(NamedTuple):
    """One message of a peer: number, values by field number or name, developer values."""

    number: int
    values: Values
    developer: list[Any]


class Difference(NamedTuple):
    """One value that two readers give differently."""

    peer: str
    kind: str
    file: str
    message: str
    field: str
    ours: Any
    theirs: Any


def same(ours: Any, theirs: Any) -> bool:
    """Return whether two values are equal: 1e-9 relative, lists without their empty ends."""
    if isinstance(ours, list | tuple) or isinstance(theirs, list | tuple):
        a = list(ours) if isinstance(ours, list | tuple) else [ours]
        b = list(theirs) if isinstance(theirs, list | tuple) else [theirs]
        for cells in (a, b):
            while cells and cells[-1] in (None, ""):
                cells.pop()
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(ours, str) or isinstance(theirs, str) or ours is None or theirs is None:
        return bool(ours == theirs)
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)


def kit(data: bytes) -> list[Peer]:
    """Return the messages that the official kit reads before it stops."""
    import garmin_fit_sdk as sdk

    out: list[Peer] = []

    def listen(number: int, found: dict[Any, Any]) -> None:
        values = dict(found)
        developer = values.pop("developer_fields", {})
        values.pop("key", None)
        out.append(Peer(number, values, list(developer.values())))

    sdk.Decoder(sdk.Stream.from_byte_array(bytearray(data))).read(
        convert_datetimes_to_dates=False,
        convert_types_to_strings=False,
        merge_heart_rates=False,
        enable_crc_check=False,
        mesg_listener=listen,
    )
    return out


def _decoded(frame: Any) -> Peer:
    """Return a fitdecode message: its own fields first, then the expanded ones."""
    values: Values = {}
    developer = []
    for own in (True, False):
        for field in frame.fields:
            if (field.field_def is not None) is not own:
                continue
            value = field.raw_value if isinstance(field.value, str) else field.value
            if isinstance(value, tuple) and all(v is None for v in value):
                value = None
            if value is None:
                continue
            if own and field.field_def.is_dev:
                developer.append(value)
                continue
            name = field.name if field.field else field.def_num
            if name in values and not own:
                continue
            values[name] = value
            parent = field.parent_field
            if parent is not None:  # the peer gives the sub-field only
                scale, offset = parent.scale or 1, parent.offset or 0
                values[parent.name] = scaled(field.raw_value, scale, offset)
    return Peer(frame.global_mesg_num, values, developer)


def plain(data: bytes) -> list[Peer]:
    """Return the messages that fitdecode reads before it stops."""
    import fitdecode

    out: list[Peer] = []
    try:
        with fitdecode.FitReader(
            data, processor=None, check_crc=fitdecode.CrcCheck.DISABLED,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        ) as reader:  # fmt: skip
            for frame in reader:
                if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                    out.append(_decoded(frame))  # noqa: PERF401 - what came before a fault stays
    except (fitdecode.FitError, AssertionError, ValueError):
        pass
    return out


PEERS = {"garmin-fit-sdk": kit, "fitdecode": plain}


def _ours(found: fit.FitMessage) -> tuple[Values, list[Any]]:
    values: Values = {}
    developer = []
    for key, value in found.values.items():
        if key.startswith("dev:"):
            developer.append((key, value))
        elif key.startswith("unknown_"):
            values[int(key[8:])] = value
        else:
            values[key] = value
    return values, developer


def _sdk_numbers(number: int) -> tuple[dict[str, int], set[str]]:
    """Return the official kit's field names with their numbers, and its sub-fields' names."""
    from garmin_fit_sdk.profile import Profile

    fields = Profile["messages"].get(number, {"fields": {}})["fields"]
    subs = {sub["name"] for f in fields.values() for sub in f.get("sub_fields", ())}
    return {f["name"]: key for key, f in fields.items()}, subs


def _newer(number: int, field: int, values: Values) -> Any:
    """Return our raw value of a field that only the kit's profile names, scaled as it says."""
    from garmin_fit_sdk.profile import Profile

    known = Profile["messages"][number]["fields"][field]
    if len(known["scale"]) != 1:
        return values.get(field)
    return scaled(values.get(field), float(known["scale"][0]), float(known["offset"][0]))


def _kind(number: int, key: int | str, ours: Any, theirs: Any, values: Values) -> str:  # noqa: PLR0911 - a list of cases
    """Return the class of a difference, "unexplained" if there is none."""
    if isinstance(theirs, float) and math.isnan(theirs):
        return "NaN as a value"
    texts = [v for v in (ours, theirs) if isinstance(v, str | list | tuple)]
    if texts and "\ufffd" in str(ours):
        return "broken UTF-8"
    if isinstance(ours, list) and isinstance(theirs, str) and ours[0] == theirs:
        return "behind the first NUL"
    names, subs = _sdk_numbers(number)
    known = message(number)
    if isinstance(key, str) and key in names and names[key] not in known.fields:
        return (
            "newer profile" if same(_newer(number, names[key], values), theirs) else "unexplained"
        )
    if isinstance(key, int) and key in names.values() and theirs is None:
        return "newer profile"
    if isinstance(key, str) and key in subs and ours is None:
        return "second sub-field" if key in known.by_name() else "newer profile"
    return "unexplained"


def compare(name: str, data: bytes, peer: str) -> Iterator[tuple[int, list[Difference]]]:
    """Yield, for each message both read, how many values were compared and which differ."""
    theirs = PEERS[peer](data)
    ours = list(fit.messages(data))
    for mine, other in zip(ours, theirs, strict=False):
        values, developer = _ours(mine)
        out = []
        if mine.number != other.number:
            out.append(
                Difference(peer, "unexplained", name, mine.name, "order", mine.number, other.number)
            )
        for key in values.keys() | other.values.keys():
            a, b = values.get(key), other.values.get(key)
            if same(a, b):
                continue
            kind = _kind(mine.number, key, a, b, values)
            if kind == "unexplained" and peer == "fitdecode":
                kind = _fitdecode_kind(mine, key, a, b)
            out.append(Difference(peer, kind, name, mine.name, str(key), a, b))
        out += _developer(peer, name, mine, developer, other.developer)
        yield len(values) + len(developer), out
    if len(ours) > len(theirs):
        yield (
            0,
            [
                Difference(peer, "message unread", name, m.name, "", 1, None)
                for m in ours[len(theirs) :]
            ],
        )
    elif len(theirs) > len(ours):
        yield 0, [Difference(peer, "unexplained", name, "", "count", len(ours), len(theirs))]


def _fitdecode_kind(mine: fit.FitMessage, key: int | str, ours: Any, theirs: Any) -> str:
    if mine.name == "hr" and key == "event_timestamp":
        return "clock of beats"
    if key == "enhanced_speed" and theirs is None and key in mine.expanded:
        return "component of a component"
    field = message(mine.number).by_name().get(str(key))
    if ours is None and field is not None and theirs == 0:
        return "invalid component"
    return "unexplained"


def _developer(
    peer: str, name: str, mine: fit.FitMessage, ours: list[Any], theirs: list[Any]
) -> list[Difference]:
    """Compare developer fields by value, for the peers name them differently."""
    left = list(theirs)
    out = []
    for key, value in ours:
        match = next((k for k, other in enumerate(left) if same(value, other)), None)
        if match is not None:
            left.pop(match)
        else:
            out.append(Difference(peer, "unexplained", name, mine.name, key, value, None))
    for value in left:
        invalid = value in (0xFF, 0xFFFF, 0xFFFFFFFF, 0x7FFF, 0x7F, 0x7FFFFFFF)
        invalid = invalid or value != value  # noqa: PLR0124 - NaN
        kind = "invalid developer value" if invalid else "unexplained"
        out.append(Difference(peer, kind, name, mine.name, "developer", None, value))
    return out


def corpus(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the FIT files of the corpus, unzipped."""
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("fit/") and not name.endswith("/"):
                data = archive.read(name)
                yield name, gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def tally(
    files: Iterable[tuple[str, bytes]], peer: str
) -> tuple[int, Counter[tuple[str, str, str]], list[Difference]]:
    """Return values compared, differences by (class, message, field), and the unexplained ones."""
    warnings.simplefilter("ignore")
    compared = 0
    counts: Counter[tuple[str, str, str]] = Counter()
    unexplained = []
    for name, data in files:
        for count, found in compare(name, data, peer):
            compared += count
            for one in found:
                counts[one.kind, one.message, one.field] += 1
                if one.kind == "unexplained":
                    unexplained.append(one)
    return compared, counts, unexplained


# Record columns and the official kit's words for them, with the factor and addend between them.
COLUMNS: dict[str, tuple[str, float, float]] = {
    "time_s": ("timestamp", 1.0, FIT_EPOCH_S),
    "lat_deg": ("position_lat", 180 / 2**31, 0.0),
    "lon_deg": ("position_long", 180 / 2**31, 0.0),
    "altitude_m": ("enhanced_altitude", 1.0, 0.0),
    "distance_m": ("distance", 1.0, 0.0),
    "speed_m_s": ("enhanced_speed", 1.0, 0.0),
    "heart_rate_bpm": ("heart_rate", 1.0, 0.0),
    "power_w": ("power", 1.0, 0.0),
    "vertical_oscillation_mm": ("vertical_oscillation", 1.0, 0.0),
    "stance_time_ms": ("stance_time", 1.0, 0.0),
    "stance_time_pct": ("stance_time_percent", 1.0, 0.0),
    "stance_balance_pct": ("stance_time_balance", 1.0, 0.0),
    "vertical_ratio_pct": ("vertical_ratio", 1.0, 0.0),
    "step_length_mm": ("step_length", 1.0, 0.0),
    "temperature_c": ("temperature", 1.0, 0.0),
    "fit:total_cycles": ("total_cycles", 1.0, 0.0),
    "fit:accumulated_power": ("accumulated_power", 1.0, 0.0),
}


def kit_records(data: bytes) -> list[dict[str, Any]]:
    """Return the official kit's record messages, every expansion and the heart rate merged in."""
    import garmin_fit_sdk as sdk

    found, _ = sdk.Decoder(sdk.Stream.from_byte_array(bytearray(data))).read(
        convert_datetimes_to_dates=False, convert_types_to_strings=False, enable_crc_check=False
    )
    return [dict(row) for row in found.get("record_mesgs", [])]


def columns_differ(name: str, data: bytes) -> tuple[int, Counter[str], bool]:
    """Return cells compared, cells that differ by column, and whether the kit read all records."""
    theirs = kit_records(data)
    found = list(fit.read(data, name))
    if sum(r.points for r in found) != len(theirs):
        return 0, Counter(), False
    cells = 0
    differ: Counter[str] = Counter()
    for column, (word, factor, addend) in COLUMNS.items():
        told = [row.get(word) for row in theirs]
        last = [cell[-1] if isinstance(cell, list) else cell for cell in told]
        wanted = np.array(last, dtype=np.float64) * factor + addend
        none = [np.full(r.points, np.nan) for r in found]
        ours = [r.records.get(column, empty) for r, empty in zip(found, none, strict=True)]
        same_ = np.isclose(np.concatenate(ours or [wanted]), wanted, 1e-9, 1e-9, equal_nan=True)
        cells += len(wanted)
        differ[column] += int((~same_).sum())
    return cells, +differ, True


def _columns_section(files: list[tuple[str, bytes]]) -> list[str]:
    cells = 0
    differ: Counter[str] = Counter()
    unread = []
    for name, data in files:
        here, wrong, whole = columns_differ(name, data)
        cells += here
        differ += wrong
        if not whole:
            unread.append(name.rsplit("/", 1)[-1])
    same_second = (
        "Where several records bear the same second, the kit gives the second and later ones the "
        "last beat alone; we give each of them the mean of that second: both are fair."
    )
    return [
        "## Columns of the records, heart rate merged, against garmin-fit-sdk",
        "",
        f"{cells:,} cells of {len(COLUMNS)} columns compared.",
        "",
        f"- Differing: {dict(differ) or 'none'}. {same_second}",
        f"- Not compared, because the kit stops before the records end: {', '.join(unread)}.",
        "",
    ]


def table(files: list[tuple[str, bytes]]) -> tuple[str, list[Difference]]:
    """Return the page of differences and what no class explains."""
    lines = [
        "# FIT: where readers differ",
        "",
        (
            "Printed by `tools/fit_differences.py` over the FIT files of the public corpus "
            f"({len(files)} files). Ours against each peer, every field of every message, numbers "
            "to 1e-9. Enumerations are compared as numbers, heart rate before the merge of the "
            "strap's messages."
        ),
        "",
    ]
    unexplained: list[Difference] = []
    for peer in PEERS:
        compared, counts, left = tally(files, peer)
        unexplained += left
        lines += [f"## {peer}", "", f"{compared:,} values compared.", ""]
        lines += ["| difference | values | where | right | why |", "|---|---|---|---|---|"]
        for kind in sorted({k for k, _, _ in counts}):
            of_kind = {(m, f): n for (k, m, f), n in counts.items() if k == kind}
            most = sorted(of_kind, key=lambda place: (-of_kind[place], place))[:4]
            where = ", ".join(f"{m}.{f}".rstrip(".") for m, f in most)
            more = f" and {len(of_kind) - 4} more" if len(of_kind) > 4 else ""
            right, why = CLASSES.get(kind, ("?", "unexplained"))
            lines.append(
                f"| {kind} | {sum(of_kind.values()):,} | {where}{more} | {right} | {why} |"
            )
        lines.append("")
    return "\n".join(lines + _columns_section(files)), unexplained


def main() -> int:
    """Print or write the page; exit 1 where a difference is unexplained."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    text, unexplained = table(list(corpus(wanted.corpus)))
    if wanted.write:
        DOCS.write_text(text, encoding="utf-8")
    print(text)
    for one in unexplained[:40]:
        print(one)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
