"""FIT files for tests: samples of the corpus, a run of our own, messages written by hand."""

from __future__ import annotations

import datetime as dt
import struct
from pathlib import Path

import numpy as np

from backinstride.readers import fit
from backinstride.readers.fit_crc import crc16
from backinstride.readers.fit_encode import encode

CORPUS = Path(__file__).parent / "data/corpus"
START = dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)
T0 = int(START.timestamp())
FIT0 = T0 - 631065600

# What each sample is known to hold (two independent readers agreed): messages, records, sessions.
SAMPLES = {
    "tests_files_2013-02-06-12-11-14.fit": (640, 590, 1),
    "tests_files_Settings2.fit": (16, 0, 1),
    "tests_files_antfs-dump.63.fit": (696, 686, 1),
    "tests_files_compressed-speed-distance.fit": (780, 755, 1),
    "tests_files_elemnt-bolt-no-application-id-inside-developer-data-id.fit": (165, 132, 1),
    "tests_files_garmin-fenix-5-run.fit": (125, 21, 1),
    "tests_files_sample_mulitple_header.fit": (3023, 1773, 5),
    "tests_files_strava-android-app-201.10-b1218918.fit": (488, 473, 1),
    "testdata_misc_unterminated-strings.fit": (152, 33, 1),
    "testdata_TestEncode.fit": (4, 1, 1),
    "testdata_valid_only_contain_fileid.fit": (3, 1, 1),
    "sweat_examples_data_6471559601_ACTIVITY.fit": (202, 60, 3),
    "inst_extdata_activities_example.fit": (11, 10, 1),
    "testdata_Local_Files_Activities_Berlin__0_9_km_.fit": (54, 49, 1),
    "ConnectStatsTests_samples_activity_modern_json_activity_4017099594.fit": (903, 204, 1),
    "ConnectStatsTests_samples_tcx_activity_217470507.fit": (84, 21, 1),
    "fitparser_tests_fixtures_hrv-activity.fit": (2260, 1072, 1),
}


def sample(name: str) -> bytes:
    return next(CORPUS.glob(f"fit/*/{name}")).read_bytes()


def only(data: bytes):
    (recording,) = fit.read(data, "a.fit")
    return recording


def slugs(recording) -> list[str]:
    return [problem.slug for problem in recording.problems]


def run(seconds: int = 60, **session) -> bytes:
    """A run of one record a second, two laps, one pause; the clock is two hours ahead of UTC."""
    n = np.arange(seconds)
    end = T0 + seconds
    return encode(
        [
            ("file_id", {"type": "activity", "manufacturer": "garmin", "product": 3113, "time_created": START}),
            ("event", {"timestamp": START, "event": "timer", "event_type": "start"}),
            ("record", {"timestamp": T0 + n, "position_lat": 10 + n * 1e-5, "position_long": np.full(seconds, 20.0),
                        "distance": n * 2.5, "enhanced_speed": np.full(seconds, 2.5), "enhanced_altitude": np.full(seconds, 101.2),
                        "heart_rate": np.where(n == 3, np.nan, 140.0), "cadence": np.full(seconds, 84.0),
                        "fractional_cadence": np.full(seconds, 0.5), "step_length": np.full(seconds, 930.0)}),
            ("event", {"timestamp": T0 + 20, "event": "timer", "event_type": "stop_all"}),
            ("event", {"timestamp": T0 + 30, "event": "timer", "event_type": "start"}),
            ("lap", {"timestamp": T0 + 20, "start_time": START, "total_elapsed_time": 20.0, "total_timer_time": 20.0,
                     "total_distance": 50.0, "avg_heart_rate": 140, "avg_cadence": 84, "avg_fractional_cadence": 0.5,
                     "total_ascent": 3, "total_descent": 2, "lap_trigger": "distance", "intensity": "warmup"}),
            ("lap", {"timestamp": end, "start_time": T0 + 20, "lap_trigger": "manual", "intensity": "active"}),
            ("session", {"timestamp": end, "start_time": START, "sport": "running", "sub_sport": "trail",
                         "total_elapsed_time": float(seconds), "total_timer_time": seconds - 10.0, "total_distance": 2.5 * seconds,
                         "total_ascent": 12, "total_descent": 11, "avg_heart_rate": 141, "avg_cadence": 84,
                         "avg_fractional_cadence": 0.5, **session}),
            ("activity", {"timestamp": end, "local_timestamp": end + 7200, "num_sessions": 1}),
        ]
    )  # fmt: skip


def framed(
    body: bytes,
    header_size: int = 14,
    *,
    header_crc: bool = True,
    crc: int | None = None,
    size: int | None = None,
) -> bytes:
    """Put a header and a check sum around messages written by hand."""
    head = struct.pack(
        "<BBHI4s", header_size, 0x20, 2100, len(body) if size is None else size, b".FIT"
    )
    if header_size == 14:
        head += struct.pack("<H", crc16(head) if header_crc else 0)
    return head + body + struct.pack("<H", crc16(head + body) if crc is None else crc)


def definition(
    local: int, number: int, *fields: tuple[int, int, int], big: bool = False, developer: tuple = ()
) -> bytes:
    out = struct.pack(
        (">" if big else "<") + "BBBHB",
        0x40 | local | (0x20 if developer else 0),
        0,
        big,
        number,
        len(fields),
    )
    out += b"".join(bytes(field) for field in fields)
    return out + (
        bytes([len(developer)]) + b"".join(bytes(f) for f in developer) if developer else b""
    )
