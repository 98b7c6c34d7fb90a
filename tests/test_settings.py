from __future__ import annotations

import datetime as dt
import stat

import msgspec
import pytest

from backinstride import settings
from backinstride.errors import UnusableError
from backinstride.readers import table
from backinstride.runner import Runner
from backinstride.values import Race


def test_a_folder_without_a_profile_has_defaults(tmp_path):
    found = settings.load(tmp_path / "profile.toml")
    assert found.units == "km"
    assert found.race is None
    assert found.problems == ()


@pytest.mark.seed("S1.1", "S3.1")
def test_the_race_given_once_is_kept_and_comments_stay(tmp_path):
    path = tmp_path / "profile.toml"
    path.write_text('# mine\nunits = "mi"\nfavourite = "hills"\n', encoding="utf-8")
    settings.save(path, race=Race(date=dt.date(2027, 4, 25), distance_km=42.195))
    found = settings.load(path)
    assert found.race == Race(date=dt.date(2027, 4, 25), distance_km=42.195)
    assert found.units == "mi"
    text = path.read_text(encoding="utf-8")
    assert "# mine" in text
    assert 'favourite = "hills"' in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_none_removes_a_key(tmp_path):
    path = tmp_path / "profile.toml"
    settings.save(path, country="GB")
    settings.save(path, country=None)
    assert settings.load(path).country is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('units = "furlong"', "units"),
        ('country = "United Kingdom"', "country"),
        ('run_days = ["noday"]', "run_days"),
        ("run_days = 3", "run_days"),
        ('[race]\ndate = "soon"\ndistance_km = 42', "race"),
        ("[race]\ndate = 2027-04-25\ndistance_km = -1", "race"),
        ("race = 3", "race"),
        ("this is = = not toml", "file"),
    ],
)
def test_a_bad_value_is_a_problem_and_the_default_is_used(tmp_path, text, place):
    path = tmp_path / "profile.toml"
    path.write_text(text, encoding="utf-8")
    found = settings.load(path)
    assert [p.place for p in found.problems] == [place]
    assert found.problems[0].hint
    assert found.units == "km"
    assert found.race is None


def test_weekdays_are_read_in_any_length_and_case(tmp_path):
    path = tmp_path / "profile.toml"
    path.write_text('run_days = ["Sunday", "tue", "TUESDAY"]', encoding="utf-8")
    assert settings.load(path).run_days == (1, 6)


def keep(tmp_path, text):
    found, _ = table.guessed(text.encode(), "log.csv")
    plain = {k: v for k, v in msgspec.to_builtins(found).items() if v is not None}
    settings.keep_tables(tmp_path / "profile.toml", [("guessed", plain)])


def test_the_columns_of_a_log_are_kept_beside_what_stands_there_and_read_back(tmp_path):
    path = tmp_path / "profile.toml"
    path.write_text('units = "mi" # mine\n', encoding="utf-8")
    keep(tmp_path, "date,miles\n2026-03-13,5\n")
    keep(tmp_path, "date,km\n2026-03-13,5\n")
    assert "# mine" in path.read_text(encoding="utf-8")
    assert "# guessed" in path.read_text(encoding="utf-8")
    mappings, wrong = table.kept(settings.load(path).tables)
    assert [m.distance_unit for m in mappings] == ["mi", "km"]
    assert wrong == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[[table]]\nheader = ["a"]\ncolumns = {date = "b"}', "'b'"),
        ('[[table]]\nheader = ["a"]\ncolumns = {distance = "a"}', "date"),
        ('[[table]]\nheader = 3\ncolumns = {date = "a"}', "header"),
    ],
)
def test_a_kept_table_that_makes_no_sense_is_told_and_not_used(tmp_path, text, word):
    path = tmp_path / "profile.toml"
    path.write_text(text, encoding="utf-8")
    mappings, (wrong,) = table.kept(settings.load(path).tables)
    assert mappings == ()
    assert word in wrong
    assert [p.place for p in Runner(tmp_path, dt.date(2026, 3, 20)).settings.problems] == ["table"]


def test_a_profile_that_is_no_toml_is_never_written_over(tmp_path):
    path = tmp_path / "profile.toml"
    for broken in (b"this is = = not toml", b"\xff\xfe\x00u"):
        path.write_bytes(broken)
        with pytest.raises(UnusableError, match="nothing was written"):
            settings.save(path, country="GB")
        assert path.read_bytes() == broken
