"""FIT: the decoder against the encoder, the protocol and real files."""

from __future__ import annotations

import csv
import struct
from collections import Counter

import numpy as np
import pytest

from backinstride import schema
from backinstride.readers import fit, fit_expand
from backinstride.readers.fit_activity import sport_of
from backinstride.readers.fit_crc import crc16
from backinstride.readers.fit_encode import encode
from backinstride.readers.fit_shapes import physical
from backinstride.readers.recording import content_id
from fit_bytes import CORPUS, FIT0, SAMPLES, START, T0, definition, framed, only, run, sample

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
            ("timestamp", "time_s", 1), ("distance", "distance_m", 1), ("enhanced_speed", "speed_m_s", 1), ("power", "power_w", 1),
            ("enhanced_altitude", "altitude_m", 1), ("position_lat", "lat_deg", 180 / 2**31),
        ):  # fmt: skip
            told = np.array([m.get(word, np.nan) for m in records], dtype=float) * factor
            told += 631065600 if word == "timestamp" else 0
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
    body += definition(2, 22, (0, 1, 2)) + b"\2\7"  # a message without a time in between
    low = FIT0 & 31
    for step in (3, 7, 30, 33):  # the last two wrap around 32
        body += bytes([0x80 | 1 << 5 | (low + step) & 31, 100 + step])
    found = only(framed(body))
    assert (found.records["time_s"] - T0).tolist() == [0, 3, 7, 30, 33]
    assert found.records["heart_rate_bpm"].tolist() == [100, 103, 107, 130, 133]
    told = [m.values["timestamp"] - FIT0 for m in fit.messages(framed(body)) if m.number == 20]
    assert told == [0, 3, 7, 30, 33]


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


def test_physical_is_raw_over_scale_minus_offset():
    raw = np.array([0, 2505, 65535], dtype=np.uint16)
    np.testing.assert_array_equal(physical(raw, 0x84, 5.0, 500.0), [-500.0, 1.0, np.nan])
