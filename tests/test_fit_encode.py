"""FIT: what is encoded is decoded, and what cannot be written is refused."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride.readers import fit
from backinstride.readers.fit_encode import encode

START = dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)
T0 = int(START.timestamp())


def only(data: bytes):
    (recording,) = fit.read(data, "a.fit")
    return recording


def test_encoder_refuses_unknown_names():
    with pytest.raises(KeyError):
        encode([("no_such_message", {})])
    with pytest.raises(KeyError):
        encode([("record", {"no_such_field": 1})])
    with pytest.raises(KeyError):
        encode([("session", {"sport": "quidditch"})])


def test_encoder_writes_what_does_not_fit_as_no_value():
    data = encode(
        [
            (
                "record",
                {
                    "timestamp": START,
                    "heart_rate": 300,
                    "power": -1,
                    "distance": None,
                    "speed": float("nan"),
                },
            )
        ]
    )
    (message,) = fit.messages(data)
    assert set(message.values) == {"timestamp"}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-89, 89), st.integers(0, 254), st.floats(0, 40000)),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_encoded_is_decoded(rows):
    lat, heart, distance = map(np.array, zip(*rows, strict=True))
    times = T0 + np.arange(len(rows))
    records = only(
        encode(
            [
                (
                    "record",
                    {
                        "timestamp": times,
                        "position_lat": lat,
                        "heart_rate": heart,
                        "distance": distance,
                    },
                )
            ]
        )
    ).records
    np.testing.assert_array_equal(records["time_s"], times)
    np.testing.assert_allclose(records["lat_deg"], lat, atol=1e-7)
    np.testing.assert_array_equal(records["heart_rate_bpm"], heart)
    np.testing.assert_allclose(records["distance_m"], distance, atol=0.0051)


def test_more_than_sixteen_shapes_are_redefined():
    rows = [
        (
            "record",
            {
                "timestamp": T0 + k,
                **dict.fromkeys(
                    ("heart_rate", "power", "cadence", "distance", "speed")[: 1 + k % 5], 10
                ),
            },
        )
        for k in range(10)
    ]
    rows += [(name, {"timestamp": START}) for name in ("event", "lap", "session", "activity", "device_info", "monitoring", "hr", "length",
                                                       "segment_lap", "hrv_status_summary", "course_point", "training_file", "weather_conditions")]  # fmt: skip
    found = [m for m in fit.messages(encode(rows + rows)) if m.name == "record"]
    assert [len(m.values) - len(m.expanded) for m in found] == [2, 3, 4, 5, 6] * 4
