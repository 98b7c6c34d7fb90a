"""Shoes: which pair, how far it had come, never guessed."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import diary, exposures
from backinstride.exposures import shoes
from exposure_frames import Kept, day, runs


def table(tmp_path, frame, text="", today=400):
    return exposures.per_run(Kept(tmp_path, frame), diary.parse(text), day(today))


def test_the_diary_wins_over_the_export_and_silence_stays_silence(tmp_path):
    frame = runs((0, 10.0), (1, 8.0), (2, 6.0), shoe=["Blue Kayano 17", "Red", None])
    found = table(tmp_path, frame, "2026-01-02 run\n  shoes: old pair\n")
    assert found["shoe"].to_list() == ["blue-kayano-17", "old-pair", None]
    assert found["shoe_km"].to_list() == [0.0, 0.0, None]
    assert found["shoe_runs"].to_list() == [0, 0, None]


def test_an_episode_tells_the_shoes_of_its_run(tmp_path):
    frame = runs((0, 29.0), (7, 29.0), (14, 28.0))
    found = table(tmp_path, frame, "2026-01-15 episode\n  onset: 17.25 mi\n  shoes: blue kayano\n")
    assert found["shoe"].to_list() == [None, None, "blue-kayano"]


def test_two_different_pairs_for_one_run_are_not_decided(tmp_path):
    text = "2026-01-01 run\n  shoes: a\n\n2026-01-01 run\n  shoes: b\n"
    assert table(tmp_path, runs((0, 10.0)), text)["shoe"].to_list() == [None]


def test_an_entry_by_id_speaks_of_that_run_only(tmp_path):
    text = "2026-01-01 run\n  id: r1\n  shoes: a\n"
    found = table(tmp_path, runs((0, 10.0), (0, 5.0)), text)
    assert found["shoe"].to_list() == [None, "a"]


def test_an_entry_by_an_unknown_id_speaks_of_none(tmp_path):
    text = "2026-01-01 run\n  id: 0123456789abcdef\n  shoes: a\n"
    assert table(tmp_path, runs((0, 10.0)), text)["shoe"].to_list() == [None]


def test_kilometres_of_pairs_in_parallel_and_a_told_start(tmp_path):
    frame = runs((0, 10.0), (1, 8.0), (2, 6.0), (3, 5.0), shoe=["a", "b", "a", "a"])
    found = table(tmp_path, frame, "2026-01-01 shoes\n  name: A\n  start_km: 400\n")
    assert found["shoe_km"].to_list() == [400.0, 0.0, 410.0, 416.0]
    assert found["pairs_28d"].to_list() == [1, 2, 2, 2]
    kms = exposures.per_km(Kept(tmp_path, frame), diary.parse(""), day(9), ids=["r3"])
    assert kms["shoe_mileage"].to_list() == [pytest.approx(16 / 300)] * 5
    assert kms["shoe"].to_list() == ["a"] * 5


@pytest.mark.seed("S1.10", "S3.19")
def test_same_shoes_at_both_episodes_and_unknown_at_the_clean_ones(tmp_path):
    """The seed's trainee: the pair of both spasms is known, that of the two clean 18s is not."""
    mile = 1.609344
    frame = runs((0, 16 * mile), (7, 18 * mile), (14, 18 * mile), (21, 18.5 * mile))
    text = (
        "2026-01-01 episode\n  onset: 10 mi\n  shoes: blue-kayano\n\n"
        "2026-01-22 episode\n  onset: 17.25 mi\n  planned: 20 mi\n  shoes: blue-kayano\n"
    )
    found = table(tmp_path, frame, text)
    assert found["shoe"].to_list() == ["blue-kayano", None, None, "blue-kayano"]
    assert found["shoe"].null_count() == 2


@pytest.mark.seed("S1.43")
def test_a_new_pair_is_introduced_beside_the_old_one(tmp_path):
    frame = runs(*((d, 5.0) for d in range(6)), shoe=["old"] * 4 + ["new", "old"])
    found = table(tmp_path, frame)
    assert found["shoe_runs"].to_list() == [0, 1, 2, 3, 0, 4]
    assert found["pairs_28d"].to_list()[-2:] == [2, 2]


@pytest.mark.seed("S2.13", "S2.14")
def test_pairs_show_the_band_as_a_range_and_what_was_noted_of_their_wear(tmp_path):
    frame = runs((0, 300.0), (1, 300.0), (2, 300.0), (3, 20.0), shoe=["a", "a", "a", "b"])
    notes = exposures.read_diary(
        diary.parse("2026-01-02 shoes\n  name: a\n  worn: heel gone on the right\n\n"
                    "2026-01-03 shoes\n  name: c\n  start_km: 600\n"),
        day(9),
    ).shoes  # fmt: skip
    found = shoes.pairs(table(tmp_path, frame), notes)
    assert found["id"].to_list() == ["a", "b", "c"]
    assert found["band"].to_list() == ["beyond", "below", "within"]
    assert found["worn"].to_list() == ["heel gone on the right", None, None]
    assert found["km"].to_list() == [900.0, 20.0, 600.0]
    assert (shoes.CHECK_FROM_KM, shoes.CHECK_TO_KM) == (563.0, 805.0)


def test_a_retired_pair_says_when(tmp_path):
    notes = exposures.read_diary(
        diary.parse("2026-01-02 shoes\n  name: a\n  retired: 2026-01-05\n"), day(9)
    ).shoes
    found = shoes.pairs(table(tmp_path, runs((0, 5.0), shoe=["a"])), notes)
    assert found["retired"].to_list() == ["2026-01-05"]


@given(st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_kilometres_of_all_pairs_add_up(worn):
    frame = runs(*((i, 5.0) for i in range(len(worn))))
    found = shoes.per_run(frame, worn)
    for name in ("a", "b"):
        of_pair = found.filter(pl.col("shoe") == name)
        assert of_pair["shoe_km"].to_list() == [5.0 * i for i in range(of_pair.height)]
