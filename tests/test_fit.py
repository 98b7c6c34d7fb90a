"""FIT: the encoder and the decoder against each other, against the protocol, against damage."""

from __future__ import annotations

import csv
import datetime as dt
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import schema
from backinstride.readers import fit, fit_expand
from backinstride.readers.fit_activity import sport_of
from backinstride.readers.fit_crc import crc16
from backinstride.readers.fit_encode import encode
from backinstride.readers.fit_frames import parts
from backinstride.readers.fit_shapes import physical
from backinstride.readers.recording import content_id

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


# --- the whole way ------------------------------------------------------------------------------


def test_a_run_arrives_as_it_was_written():
    data = run()
    found = only(data)
    assert found.id == content_id(data)
    assert found.start == START
    assert found.utc_offset_s == 7200
    assert (found.sport, found.sport_raw) == ("trail_run", "running/trail")
    assert (found.distance_m, found.distance_from) == (150.0, "device")
    assert (found.elapsed_s, found.moving_s, found.climb_m, found.descent_m) == (60.0, 50.0, 12, 11)
    assert (found.avg_hr_bpm, found.avg_cadence_spm) == (141, 169.0)
    assert found.device == "garmin fr945"
    assert found.pauses == ((T0 + 20, T0 + 30),)
    assert found.problems == ()
    assert found.points == 60
    records = found.records
    assert records["time_s"][[0, -1]].tolist() == [T0, T0 + 59]
    assert records["lat_deg"][7] == pytest.approx(10.00007, abs=1e-7)
    assert records["altitude_m"][0] == pytest.approx(101.2)
    assert records["speed_m_s"][0] == 2.5
    assert np.isnan(records["heart_rate_bpm"][3])
    assert records["cadence_spm"][0] == 169.0  # both feet, with the fraction
    assert records["step_length_mm"][0] == 930.0
    assert found.laps["trigger"].tolist() == [1.0, 0.0]
    assert found.laps["intensity"].tolist() == [2.0, 0.0]
    assert found.laps["avg_cadence_spm"][0] == 169.0
    assert np.isnan(found.laps["distance_m"][1])
    assert set(found.laps) == set(schema.LAP_NAMES)


def test_columns_are_the_schemas_or_carry_a_prefix():
    for path in CORPUS.glob("fit/*/*"):
        for found in fit.read(path.read_bytes(), path.name):
            lengths = {len(column) for column in found.records.values()}
            assert len(lengths) <= 1
            for name, column in found.records.items():
                assert name in schema.RECORD_NAMES or name.startswith(("fit:", "dev:"))
                assert column.dtype == np.float64
                assert not np.isnan(column).all()


@pytest.mark.parametrize("name", SAMPLES)
def test_real_files_give_every_message(name):
    data = sample(name)
    found = list(fit.read(data, name))
    messages = Counter(m.name for m in fit.messages(data))
    counted = (sum(messages.values()), sum(r.points for r in found), len(found))
    assert counted == SAMPLES[name]
    assert messages["record"] == SAMPLES[name][1]


def test_every_sample_has_its_licence():
    rows = list(csv.DictReader((CORPUS / "MANIFEST.tsv").read_text().splitlines(), delimiter="\t"))
    for row in rows:
        assert not row["note"]
        assert row["licence"].split("-")[0] in ("MIT", "BSD", "Apache")
        assert (CORPUS / row["file"]).stat().st_size == int(row["bytes"])
        assert (CORPUS / "LICENSES" / f"{row['file'].split('/')[1]}.txt").exists()
    assert {r["file"] for r in rows if r["file"].startswith("fit/")} == {
        str(p.relative_to(CORPUS)) for p in CORPUS.glob("fit/*/*")
    }


def test_a_batch_gives_what_each_file_gives():
    files = [(path.name, path.read_bytes()) for path in sorted(CORPUS.glob("fit/*/*"))]
    together = list(fit.read_many(files))
    alone = [recording for name, data in files for recording in fit.read(data, name)]
    assert len(together) == len(alone)
    for a, b in zip(together, alone, strict=True):
        assert (a.id, a.file, a.start, a.problems, a.pauses) == (
            b.id,
            b.file,
            b.start,
            b.problems,
            b.pauses,
        )
        assert list(a.records) == list(b.records)
        for name in a.records:
            np.testing.assert_array_equal(a.records[name], b.records[name])


def test_columns_are_what_the_plain_reading_says():
    for name in SAMPLES:
        data = sample(name)
        records = [m.values for m in fit.messages(data) if m.name == "record"]
        found = list(fit.read(data, name))
        for word, column, factor in (
            ("distance", "distance_m", 1), ("enhanced_speed", "speed_m_s", 1), ("power", "power_w", 1),
            ("enhanced_altitude", "altitude_m", 1), ("position_lat", "lat_deg", 180 / 2**31),
        ):  # fmt: skip
            told = np.array([m.get(word, np.nan) for m in records], dtype=float) * factor
            ours = np.concatenate([r.records.get(column, np.full(r.points, np.nan)) for r in found])
            np.testing.assert_allclose(ours, told, rtol=1e-12, err_msg=f"{name} {column}")


# --- the protocol -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 2, 3, 96, 97, 100, 2048, 2049, 65535, 70001])
def test_check_sum_is_the_plain_one(size):
    data = np.random.default_rng(size).bytes(size)
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    assert crc16(data) == crc


def test_big_endian_and_every_base_type():
    fields = [
        (253, 4, 0x86), (3, 1, 0x02), (5, 4, 0x86), (13, 1, 0x01), (7, 2, 0x84), (9, 2, 0x83),
        (114, 4, 0x88), (62, 1, 0x0A), (0, 4, 0x85), (2, 2, 0x84),
    ]  # fmt: skip
    for big in (False, True):
        order = ">" if big else "<"
        row = b"\0" + struct.pack(
            order + "IBIbHhfBiH", FIT0, 140, 12345, -5, 250, -150, 1.5, 0, 2**30, 3000
        )
        bad = b"\0" + struct.pack(
            order + "IBIbHhfBiH",
            FIT0 + 1,
            255,
            2**32 - 1,
            127,
            65535,
            32767,
            np.nan,
            3,
            2**31 - 1,
            65535,
        )
        records = only(framed(definition(0, 20, *fields, big=big) + row + bad)).records
        assert {name: column[0] for name, column in records.items() if name != "fit:device_index"} == {
            "time_s": T0, "heart_rate_bpm": 140, "distance_m": 123.45, "temperature_c": -5, "power_w": 250,
            "fit:grade": -1.5, "fit:grit": 1.5, "lat_deg": 90.0, "altitude_m": 100.0,
        }  # fmt: skip
        assert all(
            np.isnan(column[1])
            for name, column in records.items()
            if name not in ("time_s", "fit:device_index")
        )
        assert np.isnan(records["fit:device_index"][0])  # uint8z: 0 is no value
        assert records["fit:device_index"][1] == 3


def test_a_type_written_without_its_high_bit_is_the_same_type():
    data = framed(
        definition(0, 20, (253, 4, 0x06), (7, 2, 0x04)) + b"\0" + struct.pack("<IH", FIT0, 210)
    )
    assert only(data).records["power_w"].tolist() == [210.0]


def test_a_size_that_does_not_fit_its_type_is_read_as_bytes():
    data = framed(
        definition(0, 20, (253, 4, 0x86), (7, 3, 0x84)) + b"\0" + struct.pack("<I3B", FIT0, 1, 2, 3)
    )
    (message,) = fit.messages(data)
    assert message.values["power"] == [1, 2, 3]


def test_twelve_byte_header_and_header_check_sum_zero():
    body = definition(0, 20, (253, 4, 0x86), (3, 1, 2)) + b"\0" + struct.pack("<IB", FIT0, 120)
    for data in (framed(body, 12), framed(body, header_crc=False)):
        found = only(data)
        assert found.records["heart_rate_bpm"].tolist() == [120.0]
        assert found.problems == ()


def test_compressed_timestamps_count_on_from_the_last_full_one():
    body = definition(0, 20, (253, 4, 0x86), (3, 1, 2)) + definition(1, 20, (3, 1, 2))
    body += b"\0" + struct.pack("<IB", FIT0, 100)
    low = FIT0 & 31
    for step in (3, 7, 30, 33):  # the last two wrap around 32
        body += bytes([0x80 | 1 << 5 | (low + step) & 31, 100 + step])
    found = only(framed(body))
    assert (found.records["time_s"] - T0).tolist() == [0, 3, 7, 30, 33]
    assert found.records["heart_rate_bpm"].tolist() == [100, 103, 107, 130, 133]
    assert [m.values["timestamp"] - FIT0 for m in fit.messages(framed(body))] == [0, 3, 7, 30, 33]


def test_packed_speed_and_distance_are_unrolled():
    body = definition(0, 20, (253, 4, 0x86), (8, 3, 0x0D))
    raw = [
        (250, 0),
        (260, 40),
        (0xFFF, 0xFFF),
        (240, 4090),
        (240, 10),
    ]  # 12 bits each; all ones: none
    for k, (speed, distance) in enumerate(raw):
        body += b"\0" + struct.pack("<I", FIT0 + k) + (speed | distance << 12).to_bytes(3, "little")
    records = only(framed(body)).records
    np.testing.assert_allclose(records["speed_m_s"], [2.5, 2.6, np.nan, 2.4, 2.4])
    np.testing.assert_allclose(records["distance_m"], np.array([0, 40, np.nan, 4090, 4106]) / 16)
    told = [m.values.get("distance") for m in fit.messages(framed(body))]
    assert told[:2] + told[3:] == [0, 2.5, 255.625, 256.625]


def test_enhanced_wins_plain_fills():
    body = definition(0, 20, (253, 4, 0x86), (6, 2, 0x84), (73, 4, 0x86), (2, 2, 0x84))
    for k, (plain, enhanced) in enumerate([(3000, 3001), (3000, 2**32 - 1), (65535, 70000)]):
        body += b"\0" + struct.pack("<IHIH", FIT0 + k, plain, enhanced, 2600)
    records = only(framed(body)).records
    assert records["speed_m_s"].tolist() == [3.001, 3.0, 70.0]
    assert records["altitude_m"].tolist() == [20.0] * 3


def test_a_counter_is_anchored_where_it_stands_in_full():
    value = np.array([250, 5, 1000, 240, 3])
    full = np.array([False, False, True, False, False])
    assert fit_expand.rolled(value, full, 8).tolist() == [250, 261, 1000, 1008, 1027]


def test_sub_fields_follow_the_field_they_refer_to():
    data = encode([("workout_step", {"duration_type": "distance", "duration_distance": 400.0}),
                   ("workout_step", {"duration_type": "time", "duration_time": 90.5})])  # fmt: skip
    first, second = fit.messages(data)
    assert first.values["duration_distance"] == 400.0
    assert second.values["duration_time"] == 90.5
    assert "duration_distance" not in second.values


def test_developer_fields_keep_name_and_scale():
    messages = [
        ("developer_data_id", {"developer_data_index": 0}),
        ("field_description", {"developer_data_index": 0, "field_definition_number": 1, "fit_base_type_id": "uint16",
                               "field_name": "Leg Spring", "units": "kN/m", "scale": 10}),
        ("record", {"timestamp": START, "dev:Leg Spring": 95}),
        ("record", {"timestamp": T0 + 1, "dev:Leg Spring": 65535}),
        ("record", {"timestamp": T0 + 2}),
    ]  # fmt: skip
    column = only(encode(messages)).records["dev:Leg Spring"]
    np.testing.assert_array_equal(column, [9.5, np.nan, np.nan])


def test_developer_fields_of_two_applications_stay_apart():
    messages = [("field_description", {"developer_data_index": k, "field_definition_number": 0, "fit_base_type_id": "uint8",
                                       "field_name": "Power"}) for k in (0, 1)]  # fmt: skip
    head = encode(messages)[14:-2]
    body = (
        head
        + definition(5, 20, (253, 4, 0x86), developer=((0, 1, 0), (0, 1, 1)))
        + b"\x05"
        + struct.pack("<IBB", FIT0, 50, 60)
    )
    records = only(framed(body)).records
    assert records["dev:Power"].tolist() == [50.0]
    assert records["dev:Power#1"].tolist() == [60.0]


def test_developer_field_without_description_is_kept_as_bytes():
    body = (
        definition(0, 20, (253, 4, 0x86), developer=((9, 2, 3),))
        + b"\0"
        + struct.pack("<IBB", FIT0, 1, 2)
    )
    (message,) = fit.messages(framed(body))
    assert message.values["dev:unknown_3_9"] == [1, 2]


def test_arrays_text_and_undocumented_fields_are_not_dropped():
    body = (
        definition(0, 20, (253, 4, 0x86), (69, 2, 2), (250, 1, 2))
        + b"\0"
        + struct.pack("<IBBB", FIT0, 64, 128, 7)
    )
    found = only(framed(body))
    assert found.records["fit:left_power_phase[1]"][0] == pytest.approx(180, abs=0.1)
    assert found.extra["fit:without_column"] == "unknown_250"
    (message,) = fit.messages(framed(body))
    assert message.values["unknown_250"] == 7


def test_rr_intervals_are_kept_in_milliseconds():
    body = (
        definition(0, 78, (0, 6, 0x84))
        + b"\0"
        + struct.pack("<3H", 812, 805, 65535)
        + b"\0"
        + struct.pack("<3H", 799, 65535, 65535)
    )
    body += definition(1, 20, (253, 4, 0x86)) + b"\1" + struct.pack("<I", FIT0)
    np.testing.assert_allclose(only(framed(body)).rr_ms, [812, 805, 799])
    assert len(only(sample("fitparser_tests_fixtures_hrv-activity.fit")).rr_ms) > 1000


def test_heart_rate_messages_are_merged_into_the_records():
    rows = [("record", {"timestamp": T0 + np.arange(6), "heart_rate": np.full(6, np.nan)})]
    rows += [
        (
            "hr",
            {
                "timestamp": START,
                "fractional_timestamp": 0.0,
                "filtered_bpm": [100],
                "event_timestamp": [10.0],
            },
        )
    ]
    body = encode(rows)[14:-2]
    ticks = [int(1024 * t) & 0xFFF for t in (11.0, 12.0)]
    packed = (ticks[0] | ticks[1] << 12).to_bytes(3, "little")
    body += definition(9, 132, (6, 2, 2), (10, 3, 0x0D)) + b"\x09" + bytes([110, 120]) + packed
    rate = only(framed(body)).records["heart_rate_bpm"]
    # A beat holds until the next, in quarters of a second: 100 at 0 s, then 3 x 100 and 110, ...
    assert rate[:3].tolist() == [100, 103, 113]
    assert np.isnan(rate[4:]).all()


def test_chained_files_are_all_read_and_several_sessions_split():
    both = run() + run(30, sport="cycling", sub_sport="generic")
    first, second = fit.read(both, "a.fit")
    assert (first.sport, second.sport) == ("trail_run", "ride")
    assert (first.points, second.points) == (60, 30)
    assert second.id == f"{first.id}-1"
    assert second.records["cadence_spm"][0] == 84.5  # a ride's cadence is revolutions
    swim, change, ride, *_ = fit.read(sample("tests_files_sample_mulitple_header.fit"), "t.fit")
    assert [swim.sport, change.sport, ride.sport] == ["swim", "transition", "ride"]
    assert swim.records["time_s"][-1] <= change.records["time_s"][0] <= ride.records["time_s"][0]
    assert swim.points + change.points + ride.points < 1773


@pytest.mark.parametrize(
    ("sport", "sub_sport", "ours"),
    [
        ("running", None, "run"), ("running", "generic", "run"), ("running", "track", "run"),
        ("running", "street", "run"), ("running", "trail", "trail_run"), ("running", "treadmill", "treadmill_run"),
        ("running", "indoor_running", "treadmill_run"), ("fitness_equipment", "treadmill", "treadmill_run"),
        ("walking", None, "walk"), ("cycling", "road", "ride"), ("swimming", "lap_swimming", "swim"),
        ("training", "strength_training", "strength"), ("rowing", None, "rowing"), (None, None, "unknown"),
    ],
)  # fmt: skip
def test_sports(sport, sub_sport, ours):
    assert sport_of(sport, sub_sport) == ours


def test_cadence_written_for_both_feet_is_not_doubled_again():
    n = np.arange(20)
    data = encode([("record", {"timestamp": T0 + n, "cadence": np.full(20, 172.0)}),
                   ("session", {"start_time": START, "sport": "running", "avg_cadence": 172})])  # fmt: skip
    found = only(data)
    assert found.records["cadence_spm"][0] == 172.0
    assert found.avg_cadence_spm == 172.0


# --- damage and what is no activity -------------------------------------------------------------


def test_not_a_fit_file():
    for data in (
        b"",
        b"\x0e",
        b"PK\x03\x04" + bytes(40),
        b"\x80\x04\x95" + bytes(40),
        b"<?xml version='1.0'?>",
    ):
        assert not fit.sniff(data[:64])
        found = only(data)
        assert (found.start, found.records, slugs(found)) == (None, {}, ["fit-not-fit"])
    assert fit.sniff(run()[:12])


def test_wrong_check_sum_keeps_the_data():
    data = bytearray(run())
    data[-1] ^= 0xFF
    found = only(bytes(data))
    assert slugs(found) == ["fit-crc"]
    assert found.problems[0].kept
    assert found.problems[0].place == f"byte {len(data) - 2}"
    assert found.points == 60


def test_cut_short_keeps_everything_before_and_says_where():
    data = run()
    found = only(data[:900])
    assert slugs(found) == ["fit-truncated"]
    assert 20 < found.points < 60
    assert found.start == START
    assert found.problems[0].kept
    assert 850 < int(found.problems[0].place.split()[1]) < 900


def test_check_sum_missing_at_the_end():
    found = only(run()[:-1])
    assert (found.points, slugs(found)) == (60, ["fit-truncated"])


def test_undefined_local_message_keeps_what_came_before():
    body = (
        definition(0, 20, (253, 4, 0x86)) + (b"\0" + struct.pack("<I", FIT0)) * 3 + b"\x07rubbish"
    )
    found = only(framed(body))
    assert (found.points, slugs(found)) == (3, ["fit-undefined-local"])
    assert found.problems[0].place == f"byte {14 + 9 + 15}"
    real = only(sample("tests_files_strava-android-app-201.10-b1218918.fit"))
    assert real.points == 473
    assert ("fit-undefined-local", "byte 7471") in [(p.slug, p.place) for p in real.problems]


def test_size_zero_with_data_following():
    body = definition(0, 20, (253, 4, 0x86)) + b"\0" + struct.pack("<I", FIT0)
    found = only(framed(body, size=0))
    assert (found.points, slugs(found)) == (1, ["fit-no-size"])


def test_second_header_damaged_keeps_the_first_part():
    found = only(run() + b"\x0egarbage that is no header at all")
    assert (found.points, slugs(found)) == (60, ["fit-trailing"])


def test_no_activity_is_said():
    for data in (
        sample("tests_files_Settings2.fit"),
        encode([("file_id", {"type": "workout"}), ("workout", {"wkt_name": "Hills"})]),
    ):
        found = only(data)
        assert (found.start, found.records, slugs(found)) == (None, {}, ["fit-no-activity"])
    course = only(sample("testdata_Local_Files_Activities_Berlin__0_9_km_.fit"))
    assert (course.start, slugs(course), course.points) == (None, ["fit-no-activity"], 49)


def test_times_that_are_no_dates_never_show_1989():
    for name in (
        "tests_files_antfs-dump.63.fit",
        "tests_files_compressed-speed-distance.fit",
        "ConnectStatsTests_samples_tcx_activity_217470507.fit",
    ):
        found = only(sample(name))
        assert found.start is None
        assert "fit-undated" in slugs(found)
        assert found.points == SAMPLES[name][1]


def test_a_clock_that_is_set_during_the_run():
    times = np.array([FIT0 - FIT0 + 50, 51], dtype=float) + 631065600
    data = encode([("record", {"timestamp": times}), ("record", {"timestamp": T0 + np.arange(3)})])
    found = only(data)
    assert found.start == START
    assert np.isnan(found.records["time_s"][:2]).all()
    assert slugs(found) == ["fit-undated"]


def test_values_of_the_wrong_kind_do_not_stop_the_reader():
    body = (
        definition(0, 18, (253, 8, 0x86), (9, 4, 0x07), (5, 2, 2), (8, 4, 0x88))
        + b"\0"
        + struct.pack("<II4s2Bf", FIT0, 1, b"abc", 1, 2, np.inf)
    )
    body += definition(1, 20, (253, 4, 0x07), (4, 1, 2)) + b"\1text\x50"
    body += definition(2, 132, (6, 2, 7), (9, 4, 7)) + b"\2hi text"[:7]
    body += definition(3, 206, (0, 2, 2), (1, 1, 2), (6, 2, 2)) + b"\3\0\0\1\1\1"
    assert only(framed(body)).start is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_ends_in_recordings(data):
    base = data.draw(st.sampled_from(["run", "tests_files_garmin-fenix-5-run.fit", "tests_files_antfs-dump.63.fit",
                                      "tests_files_elemnt-bolt-no-application-id-inside-developer-data-id.fit"]))  # fmt: skip
    raw = bytearray(run(20) if base == "run" else sample(base))
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), max_size=8)
    ):
        raw[at] = value
    cut = data.draw(st.integers(0, len(raw)))
    found = list(fit.read(bytes(raw[:cut]), "damaged.fit"))
    assert found
    assert all(r.start is None or r.start.year >= 1998 for r in found)
    sum(1 for _ in fit.messages(bytes(raw[:cut])))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 8))
def test_any_bytes_behind_a_header_end_in_recordings(body, more):
    assert list(fit.read(framed(body + bytes(more)), "noise.fit"))


def test_a_file_made_to_exhaust_the_reader_stops(monkeypatch):
    monkeypatch.setattr("backinstride.readers.fit_frames.MOST_MESSAGES", 50)
    monkeypatch.setattr("backinstride.readers.fit_frames.MOST_DEFINITIONS", 3)
    monkeypatch.setattr("backinstride.readers.fit_frames.MOST_PARTS", 2)
    many = framed(definition(0, 20) + bytes(200))
    found, problems = parts(many, "a.fit")
    assert (len(found[0].offsets), [p.slug for p in problems]) == (50, ["fit-too-many"])
    _, problems = parts(framed(definition(0, 20) * 9), "a.fit")
    assert [p.slug for p in problems] == ["fit-too-many"]
    found, problems = parts(framed(b"") * 5, "a.fit")
    assert (len(found), problems[-1].slug) == (2, "fit-too-many")


def test_physical_is_raw_over_scale_minus_offset():
    raw = np.array([0, 2505, 65535], dtype=np.uint16)
    np.testing.assert_array_equal(physical(raw, 0x84, 5.0, 500.0), [-500.0, 1.0, np.nan])
