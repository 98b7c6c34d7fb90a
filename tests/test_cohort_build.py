"""Building a cohort: what goes in, what never does, and what is said of the rest."""

from __future__ import annotations

import gzip
import json

import msgspec
import polars as pl
import pytest

from backinstride.cohort import build
from backinstride.errors import UnusableError
from cohort_runners import TODAY, day, episode, folder, steady


def listed(path, rows):
    path.write_bytes(
        gzip.compress(json.dumps(rows).encode())
        if path.suffix == ".gz"
        else json.dumps(rows).encode()
    )
    return path


def outing(start, metres=5_000.0, **more):
    return {
        "type": "Run",
        "start_date_local": start,
        "distance": metres,
        "moving_time": "0:30:00",
        **more,
    }


def made(tmp_path, *paths, **more):
    manifest = build.build(paths, tmp_path / "out", today=TODAY, **more)
    return manifest, pl.read_parquet(tmp_path / "out" / "sessions.parquet")


def test_folders_become_pseudonymous_sessions_and_episodes(tmp_path):
    said = episode(
        5,
        "pain: 6/10",
        "where: low back",
        "feels: spasm",
        "onset: 6 km",
        "when: during",
        "did: ice",
        "eased: walking",
    ) + (f'{day(4)} check\n  bladder: no\n\n{day(3)} note "my secret words"\n\n')
    runs = folder(tmp_path / "in" / "anna-secret", [*steady(90)], said)
    manifest, sessions = made(tmp_path, runs)
    assert (manifest.runners, manifest.sessions, manifest.episodes) == (1, 45, 1)
    assert sessions["episode"].sum() == 0  # no run on that day: even days back only
    (told,) = pl.read_parquet(tmp_path / "out" / "episodes.parquet").to_dicts()
    assert (told["where"], told["feels"], told["pain"], told["onset_m"]) == (
        "low_back",
        "spasm",
        6.0,
        6000.0,
    )
    notes = pl.read_parquet(tmp_path / "out" / "notes.parquet")
    assert set(notes.select("kind", "what", "outcome").iter_rows()) == {
        ("check", "bladder", "no"), ("tried", "ice", None), ("tried", "walking", "helped"),
    }  # fmt: skip


def test_the_run_of_the_episode_is_marked_and_compared_at_the_onset(tmp_path):
    said = episode(4, "onset: 6 km", "when: during") + f"{day(2)} morning\n  pain: 1/10\n"
    runs = folder(tmp_path / "a", steady(40), said)
    _, sessions = made(tmp_path, runs)
    (marked,) = sessions.filter(pl.col("episode")).to_dicts()
    assert (marked["day"], marked["compared_m"], marked["distance_m"]) == (day(4), 6000.0, 8000.0)
    assert sessions.filter(pl.col("day") < day(4))["episode"].null_count() == sessions.height - 2


def test_nothing_that_names_a_person_or_place_goes_in(tmp_path):
    said = episode(4, "did: my secret remedy") + f"{day(3)} treatment\n  what: a secret potion\n"
    runs = folder(tmp_path / "secret-person", steady(40), said)
    made(tmp_path, runs)
    whole = b"".join(p.read_bytes() for p in sorted((tmp_path / "out").iterdir()))
    assert b"secret" not in whole
    tables = [pl.read_parquet(p) for p in (tmp_path / "out").glob("*.parquet")]
    assert "secret" not in " ".join(str(t.to_dicts()) for t in tables)
    names = {n for t in tables for n in t.columns}
    assert not names & {
        "lat_deg",
        "lon_deg",
        "title",
        "description",
        "start",
        "id",
        "file",
        "words",
    }
    assert set(tables[0]["runner"]) & set(tables[1]["runner"])


def test_the_key_lies_beside_and_is_closed_to_others(tmp_path):
    runs = folder(tmp_path / "anna", steady(20))
    _, first = made(tmp_path, runs)
    key = tmp_path / "out.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert not list((tmp_path / "out").glob("*key*"))
    _, again = made(tmp_path, runs)
    assert again["runner"].to_list() == first["runner"].to_list()
    kept = build.read_key(key)
    assert kept.names == {first["runner"][0]: "anna"}
    key.unlink()
    _, other = made(tmp_path, runs)
    assert other["runner"][0] != first["runner"][0]


def test_a_damaged_key_is_refused_and_kept(tmp_path):
    runs = folder(tmp_path / "anna", steady(20))
    (tmp_path / "out.key").write_text("torn")
    with pytest.raises(UnusableError, match="no key file"):
        made(tmp_path, runs)
    assert (tmp_path / "out.key").read_text() == "torn"


def test_lists_of_runs_take_the_local_day_whatever_the_zone(tmp_path):
    rows = [
        outing("2026-02-03 23:50:00", start_date="2026-02-04 07:50:00+00:00"),
        outing("2026-02-05T06:00:00", start_date="2026-02-04T21:00:00Z"),
        {"type": "Run", "start_date": "2026-02-06T23:30:00+09:00", "distance": 1.0, "moving_time": 60},
        {"type": "Ride", "start_date_local": "2026-02-07 10:00:00", "distance": 20_000.0},
        outing("no day"), outing("2027-01-01 10:00:00"),
    ]  # fmt: skip
    manifest, sessions = made(tmp_path, listed(tmp_path / "r.activities.json.gz", rows))
    assert sessions["day"].cast(pl.String).to_list() == ["2026-02-03", "2026-02-05", "2026-02-06"]
    assert sessions["moving_s"].to_list() == [1800.0, 1800.0, 60.0]
    assert manifest.other_sports_left_out == 1
    assert [p.slug for p in manifest.problems] == ["cohort-row", "cohort-row"]


def test_second_copies_go_and_two_runs_of_a_day_stay(tmp_path):
    rows = [
        outing("2026-02-03 07:00:00"),
        outing("2026-02-03 07:00:00"),
        outing("2026-02-03 07:00:00", 900.0),
        outing("2026-02-03 18:00:00"),
    ]
    manifest, sessions = made(tmp_path, listed(tmp_path / "r.json", rows))
    assert (manifest.duplicates_left_out, sessions.height) == (1, 3)
    assert sessions["of_day"].to_list() == [1, 2, 3]


def test_impossible_distances_become_unknown_and_are_counted(tmp_path):
    rows = [
        outing("2026-02-03 07:00:00", 5e7),
        outing("2026-02-04 07:00:00", -1.0),
        outing("2026-02-05 07:00:00"),
    ]
    manifest, sessions = made(tmp_path, listed(tmp_path / "r.json", rows))
    assert manifest.impossible_distances == 2
    assert sessions["distance_m"].to_list() == [None, None, 5000.0]


def test_one_csv_may_hold_many_runners(tmp_path):
    (tmp_path / "all.csv").write_text(
        "runner,day,distance_km,injury,shoe\nkim,2026-03-01,5.5,no,red\nlee,2026-03-01,10,yes,\nkim,2026-03-02,,1,blue\n"
        "kim,2026-03-02,4,0,red\nkim,2026-03-02,4,0,red\n"
    )
    manifest, sessions = made(tmp_path, tmp_path / "all.csv")
    assert (manifest.runners, manifest.sessions) == (2, 5)  # equal runs without a time both stay
    assert sorted(sessions["episode"].to_list()) == [False, False, False, True, True]
    assert sessions["distance_m"].null_count() == 1


def test_never_two_runners_under_one_name_and_no_runner_twice(tmp_path):
    rows = [outing(f"2026-02-0{n} 07:00:00") for n in range(1, 6)]
    for name in ("a/kim", "b/kim"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
    listed(tmp_path / "a" / "kim.json", rows)
    listed(tmp_path / "b" / "kim.json", [outing("2026-02-09 07:00:00")])
    listed(tmp_path / "b" / "lee.json", rows)
    manifest, _ = made(tmp_path, tmp_path / "a", tmp_path / "b")
    assert manifest.runners == 1
    assert sorted(p.slug for p in manifest.problems) == ["cohort-same-name", "cohort-same-runs"]


def test_nothing_readable_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("{torn")
    with pytest.raises(UnusableError):
        made(tmp_path, tmp_path / "x.json", tmp_path / "absent")
    assert not (tmp_path / "out").exists()


@pytest.mark.archive
def test_the_eight_lists_reach_their_counts(tmp_path, shared_file):
    source = shared_file("data/cohort/runner-01.activities.json.gz").parent
    manifest, sessions = made(tmp_path, source)
    assert manifest.runners == 8
    assert manifest.sessions + manifest.duplicates_left_out == 5_540
    assert 27_440 < manifest.km < 27_458.9
    assert sessions["runner"].n_unique() == 8
    assert not manifest.problems
    stored = msgspec.json.decode((tmp_path / "out" / "manifest.json").read_bytes())
    assert stored["sessions"] == manifest.sessions
