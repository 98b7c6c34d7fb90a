"""Numbers and times out of bytes: the same as `float` and `datetime`, to the last bit."""

from __future__ import annotations

import datetime as dt
import math
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride.readers import xmlscan
from backinstride.readers.xmlscan import Text, floats, one_float, one_time, times


def spans(values: list[str]) -> tuple[Text, np.ndarray, np.ndarray]:
    """Lay the values out as a document does: tags before and after each."""
    head, text, starts, ends = " " * 40, [], [], []
    place = len(head)
    for value in values:
        starts.append(place + 3)
        ends.append(place + 3 + len(value))
        text.append(f"<v>{value}</v>.5 ")
        place += len(text[-1])
    data = (head + "".join(text)).encode()
    return Text(data), np.array(starts), np.array(ends)


def same(found: np.ndarray, wanted: list[float]) -> None:
    for a, b in zip(found.tolist(), wanted, strict=True):
        assert (math.isnan(a) and math.isnan(b)) or (
            a == b and math.copysign(1, a) == math.copysign(1, b)
        )


WRITTEN = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.floats(-1e6, 1e6).map(repr),
    st.builds(
        lambda sign, whole, fraction: f"{sign}{whole}.{fraction}",
        st.sampled_from(["", "-"]),
        st.text(string.digits, min_size=0, max_size=9),
        st.text(string.digits, min_size=0, max_size=32),
    ),
    st.sampled_from(["", "-", ".", "5.", ".5", "1e5", "1E-05", " 7.25 ", "+3", "nan", "inf", "1_0",
                     "0x1", "--1", "1.2.3", "12:30", "47.00000000000001e-5", "1234567890123456789"]),
)  # fmt: skip


@given(st.lists(WRITTEN, min_size=1, max_size=40))
@settings(max_examples=25, deadline=None)
def test_numbers_equal_float_to_the_last_bit(values):
    text, starts, ends = spans(values)
    same(floats(text, starts, ends), [one_float(v) for v in values])


@given(st.lists(st.floats(1e-3, 360).map(lambda v: f"{v:.28f}"), min_size=1, max_size=60))
@settings(max_examples=25, deadline=None)
def test_coordinates_of_thirty_digits(values):
    text, starts, ends = spans(values)
    same(floats(text, starts, ends), [float(v) for v in values])


def test_a_machine_without_long_mantissas_reads_the_same(monkeypatch):
    values = ["47.12345678901234567", "8.000000000000000000001", "-0.1234567890123456"]
    monkeypatch.setattr(xmlscan, "LONG_MANTISSA", False)
    same(floats(*spans(values)), [float(v) for v in values])


def test_what_is_no_number_is_nan():
    for text in ("", "nan", "inf", "1_000", "12 13", "0x10", "ten"):
        assert math.isnan(one_float(text)), text


MOMENT = st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2090, 1, 1)).map(  # noqa: DTZ001 - shown bare
    lambda m: m.replace(microsecond=m.microsecond // 1000 * 1000)
)


@given(
    st.lists(MOMENT, min_size=1, max_size=20),
    st.sampled_from(["", "Z", "+00:00", "+02:00", "-05:30"]),
    st.sampled_from(["seconds", "milliseconds", "microseconds", "auto"]),
)
@settings(max_examples=40, deadline=None)
def test_times_equal_datetime(moments, zone, spec):
    written = [m.isoformat(timespec=spec) + zone for m in moments]
    wanted = []
    for moment in moments:
        shown = moment.replace(microsecond=0) if spec == "seconds" else moment
        offset = dt.datetime.fromisoformat("2000-01-01T00:00:00" + zone).utcoffset()
        whole = shown.replace(microsecond=0, tzinfo=dt.UTC).timestamp()
        whole -= offset.total_seconds() if offset else 0.0
        wanted.append(whole + shown.microsecond / 1e6)
    assert times(*spans(written)).tolist() == wanted


def test_mixed_and_broken_times():
    written = ["2024-02-29T23:59:59Z", "2024-03-01T00:00:00.5Z", "2024-03-01T01:00:01+01:00",
               "2023-02-29T00:00:00Z", "soon", "", "2024-03-01", "2024-03-01T25:00:00Z"]  # fmt: skip
    found = times(*spans(written))
    t = 1709251199.0
    assert found[:3].tolist() == [t, t + 1.5, t + 2]
    assert np.isnan(found[[3, 4, 5, 7]]).all()
    assert found[6] == t + 1


def test_the_offset_of_a_time_is_told():
    assert one_time("2024-05-01T12:00:00+02:00") == (1714557600.0, 7200)
    assert one_time("2024-05-01T12:00:00Z")[1] == 0
    assert one_time("2024-05-01T12:00:00")[1] is None
    assert math.isnan(one_time("1990-13-01T00:00:00Z")[0])


@pytest.mark.parametrize("junk", ["<", "é", "\x00", "9" * 400])
def test_junk_beside_numbers_is_never_read(junk):
    text, starts, ends = spans([junk, "1.5"])
    if junk == "é":
        ends = starts + np.array([2, 3])
        starts[1] += 1
        ends[1] += 1
    assert floats(text, starts, ends)[1] == 1.5
