from __future__ import annotations

import datetime as dt
import stat

import pytest

from backinstride import settings
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
