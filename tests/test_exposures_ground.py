"""Kilometres, ground and pace: cut right, climbed right, nothing invented."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import diary, exposures
from backinstride.exposures import intensity, kilometres, terrain
from backinstride.exposures.kilometres import arrays
from exposure_frames import Kept, day, records, runs


def kms(tmp_path, frame, kept=None, text="", **options):
    library = Kept(tmp_path, frame, kept)
    return exposures.per_km(library, diary.parse(text), day(400), **options)


@pytest.mark.parametrize(
    ("total", "edges"),
    [
        (900.0, [0, 900]),
        (1000.0, [0, 1000]),
        (1000.4, [0, 1000.4]),
        (2300.0, [0, 1000, 2000, 2300]),
        (1999.5, [0, 1000, 1999.5]),
    ],
)
def test_edges_of_kilometres(total, edges):
    assert kilometres.edges_m(total).tolist() == pytest.approx(edges)


def test_last_kilometre_is_partial_and_all_add_up(tmp_path):
    table = kms(tmp_path, runs((0, 3.4)), {"r0": records(3.4)})
    assert table["km"].to_list() == [1, 2, 3, 4]
    assert table["length_km"].to_list() == pytest.approx([1, 1, 1, 0.4])
    assert table["end_km"].to_list() == pytest.approx([1, 2, 3, 3.4])


def test_climb_and_descent_lie_in_the_kilometre_they_were_run_in(tmp_path):
    def hill(metres):
        return np.where(metres < 1000, 3.0, np.where(metres < 2000, 0.0, -2.0))

    table = kms(tmp_path, runs((0, 3.0)), {"r0": records(3.0, grade_pct=hill)})
    assert table["climb"].to_list() == pytest.approx([3.0, 0.0, 0.0], abs=0.1)
    assert table["descent"].to_list() == pytest.approx([0.0, 0.0, 2.0], abs=0.1)


def test_noise_of_the_altitude_is_smoothed_away(tmp_path):
    rng = np.random.default_rng(4)
    table = records(5.0).with_columns(altitude_m=100 + pl.Series(rng.normal(0, 0.5, 1668))[:1668])
    found = kms(tmp_path, runs((0, 5.0)), {"r0": table})
    assert found["climb"].max() < 0.6


def test_runs_without_records_get_their_kilometres_from_the_totals(tmp_path):
    frame = runs((0, 2.5), climb_m=[50.0], descent_m=[None])
    table = kms(tmp_path, frame)
    assert table["length_km"].to_list() == pytest.approx([1, 1, 0.5])
    assert table["climb"].to_list() == pytest.approx([2.0] * 3)
    assert table["descent"].to_list() == [None] * 3


def test_a_run_of_unknown_distance_has_no_kilometres_and_a_damaged_one_neither(tmp_path):
    assert kms(tmp_path / "a", runs((0, None))).is_empty()
    assert kms(tmp_path / "b", runs((0, 0.0))).is_empty()
    assert kms(tmp_path / "c", runs((0, 5e6))).is_empty()


def test_records_stretch_to_the_stated_distance(tmp_path):
    table = kms(tmp_path, runs((0, 5.5)), {"r0": records(5.0)})
    assert table["end_km"].to_list()[-1] == pytest.approx(5.5)


def test_records_far_from_the_stated_distance_are_not_used(tmp_path):
    frame = runs((0, 10.0), climb_m=[100.0])
    table = kms(tmp_path, frame, {"r0": records(2.0, grade_pct=5.0)})
    assert table["climb"].to_list() == pytest.approx([1.0] * 10)


def test_a_pause_costs_no_pace():
    table = records(3.0)
    time = table["time_s"].to_numpy().copy()
    time[400:] += 600.0
    paused = kilometres.from_records(arrays(table.with_columns(time_s=pl.Series(time))), 3000.0)
    assert paused is not None
    assert paused["moving_s"].sum() == pytest.approx(1000, abs=4)
    assert paused["end_s"][-1] == pytest.approx(1600, abs=4)


def test_positions_serve_where_the_device_counted_no_distance():
    lat = np.linspace(50.0, 50.0 + 2.0 / 111.195, 1000)
    table = {
        "time_s": 1.7e9 + np.arange(1000.0),
        "lat_deg": lat,
        "lon_deg": np.full(1000, 8.0),
        "distance_m": np.full(1000, np.nan),
    }
    found = kilometres.from_records(table, np.nan)
    assert found is not None
    assert found["end_km"][-1] == pytest.approx(2.0, rel=1e-3)


@given(
    st.lists(
        st.tuples(
            st.floats(-1e12, 1e12) | st.just(np.nan), st.floats(-1e7, 1e9) | st.just(np.nan),
            st.floats(-1e5, 1e5) | st.just(np.nan),
        ),
        max_size=12,
    ),
    st.floats(0, 2e5) | st.just(np.nan),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_broken_samples_never_raise(rows, total):
    columns = np.array(rows, dtype=float).reshape(-1, 3)
    names = ("time_s", "distance_m", "altitude_m")
    found = kilometres.from_records(
        {name: columns[:, i] for i, name in enumerate(names)} if rows else {}, total
    )
    if found is not None:
        assert len(found["km"]) == len(found["end_km"])
        assert (np.diff(found["end_km"]) > 0).all()


@pytest.mark.seed("S3.23")
def test_long_uphill_stretches_show_in_the_run_and_its_kilometres(tmp_path):
    hilly = records(6.0, grade_pct=lambda m: np.where(m < 4000, 4.0, -8.0))
    library = Kept(tmp_path, runs((0, 6.0), (2, 6.0)), {"r0": records(6.0), "r1": hilly})
    found = exposures.per_run(library, diary.parse(""), day(9))
    assert found["climb_m_per_km"].to_list() == pytest.approx([0.0, 160 / 6], abs=0.5)
    table = exposures.per_km(library, diary.parse(""), day(9), ids=["r1"])
    assert (table["climb"] > 3).to_list() == [True] * 4 + [False] * 2


@pytest.mark.seed("S2.18")
def test_surface_hard_or_soft_or_unknown(tmp_path):
    frame = runs(*((d, 1.0) for d in range(6)), sport=["run"] * 4 + ["trail_run", "treadmill_run"])
    text = "\n".join(
        f"{day(d)} run\n  surface: {words}\n"
        for d, words in enumerate(("concrete", "grass", "track"))
    )
    table = kms(tmp_path, frame, text=text)
    assert table["surface"].to_list() == [1.0, 0.0, 0.0, None, 0.0, 0.0]
    assert terrain.surface_of("road and trail") is None
    assert terrain.surface_of("asphalt") == "road"


def test_a_treadmill_has_no_climb(tmp_path):
    frame = runs((0, 3.0), (1, 3.0), sport=["treadmill_run", "run"])
    table = kms(tmp_path, frame, {k: records(3.0, grade_pct=2.0) for k in ("r0", "r1")})
    assert table["climb"].null_count() == 3
    assert table.filter(pl.col("id") == "r0")["climb"].null_count() == 3


def test_grade_distribution_adds_up():
    table = records(4.0, grade_pct=lambda m: np.where(m < 2000, 6.0, 0.0))
    shares = terrain.grade_distribution(
        table["distance_m"].to_numpy(), table["altitude_m"].to_numpy()
    )
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["4..8"] == pytest.approx(0.5, abs=0.05)
    assert terrain.grade_distribution(np.array([0.0, 9.0]), np.array([np.nan, np.nan])) == {}


# --- pace -----------------------------------------------------------------------------------


def easy(count=10, km=6.0, **last):
    kept = {f"r{i}": records(km, speed=2.9 + 0.03 * (i % 3)) for i in range(count)}
    kept[f"r{count}"] = records(km, **last)
    return runs(*((2 * i, km) for i in range(count + 1))), kept


@pytest.mark.seed("S0.8")
def test_faster_than_own_easy_pace_is_positive_and_easy_is_near_zero(tmp_path):
    frame, kept = easy(speed=3.6)
    table = kms(tmp_path / "a", frame, kept)
    assert table.filter(pl.col("id") == "r10")["intensity"].min() > 2.0
    frame, kept = easy(speed=2.93)
    table = kms(tmp_path / "b", frame, kept)
    assert table.filter(pl.col("id") == "r10")["intensity"].abs().max() < 1.0
    assert table.filter(pl.col("id") == "r0")["intensity"].null_count() == 6


def test_slow_uphill_at_usual_effort_is_not_easy_pace_missed(tmp_path):
    """5 % up costs about 15 % of speed by the rule: 2.5 m/s there is the usual effort."""
    frame, kept = easy(speed=2.93 * np.exp(-0.031 * 5), grade_pct=5.0)
    last = kms(tmp_path, frame, kept).filter(pl.col("id") == "r10")["intensity"]
    assert last.abs().max() < 1.0


def test_easy_pace_is_told_per_run_as_it_stood(tmp_path):
    frame, kept = easy(speed=3.6)
    found = exposures.per_run(Kept(tmp_path, frame, kept), diary.parse(""), day(60))
    assert found["easy_pace_s_per_km"][-1] == pytest.approx(1000 / 2.93, rel=0.01)
    assert found["easy_pace_s_per_km"][0] is None
    assert found["pace_s_per_km"].to_list() == pytest.approx([360.0] * 11)
    assert found["intensity_z"][-1] > 2


def test_trailing_fits_equal_least_squares():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    trailing = intensity.Trailing(np.array([0, 1, 2]), np.array([0, 10, 20, 30]))
    fits = trailing.fits(x, y, 10, np.zeros(2), np.full(2, 1e-9))
    expected = np.linalg.lstsq(x[:20], y[:20], rcond=None)[0]
    assert fits[2] == pytest.approx(expected, rel=1e-5)
    assert fits[0] == pytest.approx([0, 0])


# --- the whole ------------------------------------------------------------------------------


@given(st.integers(1, 11))
@settings(max_examples=4, deadline=None)
def test_later_runs_never_change_earlier_exposures(tmp_path_factory, cut):
    frame, kept = easy(count=11, speed=3.3, cadence_spm=170.0, stance_time_ms=240.0)
    said = diary.parse(f"{day(3)} strength\n  plank: 45 s\n\n{day(30)} morning\n  pain: 1\n")
    whole = Kept(tmp_path_factory.mktemp("a"), frame, kept)
    part = Kept(tmp_path_factory.mktemp("b"), frame[:cut], kept)
    assert exposures.per_run(whole, said, day(60))[:cut].equals(
        exposures.per_run(part, said, day(60))
    )
    ids = frame["id"].to_list()[:cut]
    assert exposures.per_km(whole, said, day(60), ids=ids).equals(
        exposures.per_km(part, said, day(60))
    )


def test_today_hides_what_comes_after(tmp_path):
    library = Kept(tmp_path, runs((0, 5.0), (3, 5.0)))
    assert exposures.per_run(library, diary.parse(""), day(2)).height == 1


def test_the_cache_may_go_and_a_corrected_distance_is_seen(tmp_path):
    library = Kept(tmp_path, runs((0, 5.0)), {"r0": records(5.0)})
    first = exposures.per_km(library, diary.parse(""), day(2))
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(b"not a table")
    assert exposures.per_km(library, diary.parse(""), day(2)).equals(first)
    for path in (tmp_path / "cache").iterdir():
        path.unlink()
    assert exposures.per_km(library, diary.parse(""), day(2)).equals(first)
    library.frame = runs((0, 5.2))
    assert exposures.per_km(library, diary.parse(""), day(2))["end_km"][-1] == pytest.approx(5.2)
    assert library.read == ["r0"] * 4


def test_every_column_of_the_model_is_float_and_null_where_unknown(tmp_path):
    table = kms(tmp_path, runs((0, 3.0)))
    assert table.columns == [
        "id", "day", "km", "length_km", "end_km", *exposures.MODEL_COLUMNS, "shoe", "spike_from_km",
    ]  # fmt: skip
    known = {"distance"}
    for name in exposures.MODEL_COLUMNS:
        assert table.schema[name] == pl.Float64
        assert name in known or table[name].null_count() == 3, name


def test_registry_names_columns_windows_and_claims_that_exist(tmp_path):
    from backinstride import knowledge

    library = Kept(tmp_path, runs((0, 3.0)))
    frames = {
        "run": exposures.per_run(library, diary.parse(""), day(2)),
        "km": exposures.per_km(library, diary.parse(""), day(2)),
        "day": exposures.daily(library, diary.parse(""), day(2)),
    }
    assert len({(e.per, e.id) for e in exposures.EXPOSURES}) == len(exposures.EXPOSURES)
    for e in exposures.EXPOSURES:
        assert e.id in frames[e.per].columns, e.id
        assert e.unit
        assert e.window
        assert e.label
        assert e.claims, e.id
        for claim in e.claims:
            assert knowledge.claim(claim).id == claim
    fed = {e.contributor for e in exposures.EXPOSURES}
    assert fed >= {*exposures.MODEL_COLUMNS, "shoe"}
    assert isinstance(frames["day"]["day"][0], dt.date)
