"""Looking back: which runs are asked about, and what an answer becomes."""

from __future__ import annotations

import datetime as dt
import itertools

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backinstride import diary, diary_views, lookback
from backinstride.contributors.outcomes import outcomes
from backinstride.errors import UsageError

TODAY = dt.date(2026, 7, 1)


def season(count: int = 70, step: int = 2) -> pl.DataFrame:
    days = [TODAY - dt.timedelta(days=step * k + 1) for k in range(count)][::-1]
    gaps = [None, *[(b - a).days for a, b in itertools.pairwise(days)]]
    if count > 30:
        gaps[-20] = 20
    return pl.DataFrame(
        {
            "id": [f"run-{k:03d}" for k in range(count)],
            "day": days,
            "start": [dt.datetime.combine(d, dt.time(8), dt.UTC) for d in days],
            "distance_m": [5000.0 + 137.0 * ((k * 37) % 101) for k in range(count)],
            "shoe": ["old pair" if k % 3 else "new pair" for k in range(count)],
            "days_since_run": gaps,
            "climb_m_per_km": [float((k * 13) % 29) for k in range(count)],
            "descent_m_per_km": [float((k * 7) % 31) for k in range(count)],
            "title": ["ran" for _ in range(count)],
        }
    )


def choose(runs: pl.DataFrame, text: str = "", **more: object) -> tuple[lookback.Asked, ...]:
    return lookback.choose(runs, diary.parse(text), runs, today=TODAY, **more)


def test_at_most_24_runs_of_26_weeks_by_exposure_and_by_chance():
    runs = season(count=120)
    asked = choose(runs)
    assert len(asked) == 24
    assert len({a.run for a in asked}) == 24
    assert min(a.day for a in asked) >= TODAY - dt.timedelta(weeks=26)
    assert [a.day for a in asked] == sorted(a.day for a in asked)
    reasons = [a.reason for a in asked]
    assert reasons.count("longest") == 5
    assert reasons.count("steepest") >= 2
    assert "after_gap" in reasons
    assert reasons.count("ordinary") >= 8
    recent = runs.filter(pl.col("day") >= TODAY - dt.timedelta(weeks=26))
    longest = recent.sort("distance_m", descending=True)["id"][0]
    assert next(a.reason for a in asked if a.run == longest) == "longest"


@given(st.lists(st.text(max_size=12), min_size=70, max_size=70), st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_what_somebody_wrote_never_chooses_a_run(titles: list[str], seed: int):
    runs = season()
    told = runs.with_columns(title=pl.Series(titles, dtype=pl.String))
    plain = [(a.run, a.reason) for a in choose(runs)]
    shuffled = told.sample(fraction=1, shuffle=True, seed=seed)
    assert [(a.run, a.reason) for a in choose(shuffled)] == plain


def test_what_is_known_or_was_asked_is_not_asked_again():
    runs = season()
    ids, days = runs["id"].to_list(), runs["day"].to_list()
    text = (
        f'{days[5]} run "fine"\n  id: {ids[5]}\n  recalled: yes\n\n'
        f'{days[6]} run "don\'t remember"\n  id: {ids[6]}\n  recalled: yes\n\n'
        f"{days[8]} episode\n  when: during\n  recalled: yes\n\n"
        f"{days[60]} morning\n  pain: 0/10\n\n{days[-1]} morning\n  pain: 0/10\n"
    )
    asked = {a.run for a in choose(runs, text, most=200)}
    assert asked == set(ids) - {ids[5], ids[6], ids[8]} - set(ids[60:])
    assert choose(runs.clear()) == ()


@pytest.mark.parametrize(
    ("words", "tap"),
    [
        ("Sunday long run, back spasm at 11", "spasm"),
        ("sore back", "sore"),
        ("woke up stiff", "next_day"),
        ("no pain today!", None),
        ("pain-free 10k", None),
        ("lunch run", None),
        ("", None),
    ],
)
def test_a_title_only_pre_fills_the_tap(words: str, tap: str | None):
    assert lookback.suggested(words) == tap
    runs = season(6).with_columns(title=pl.lit(words))
    assert {a.prefill for a in choose(runs)} == {tap}


def test_each_tap_becomes_an_entry_that_counts_as_it_should():
    runs = season(10)
    asked = {a.run: a for a in choose(runs)}
    ids = runs["id"].to_list()
    said = dict(
        zip(ids, ("fine", "sore", "spasm@3 mi", "next_day", "unknown", "spasm"), strict=False)
    )
    blocks = [b for run, tap in said.items() for b in lookback.entries(asked[run], tap)]
    read = diary.parse("\n".join(blocks))
    assert read.problems == ()
    assert all(entry.recalled for entry in read.entries)
    found = {o.run: o for o in outcomes(runs, read, TODAY).runs}
    assert set(found) == set(ids[:4]) | {ids[5]}  # forgotten stays missing
    assert [found[i].event for i in (*ids[:4], ids[5])] == [
        "none",
        "none",
        "during",
        "after",
        "during",
    ]
    assert found[ids[2]].onset_km == pytest.approx(4.828, abs=0.001)
    assert all(o.recalled for o in found.values())
    assert diary_views.episodes(read)[0].feels == ("spasm",)
    left = {a.run for a in lookback.choose(runs, read, runs, today=TODAY)}
    assert left == set(ids) - set(said)


@pytest.mark.parametrize("said", ["", "ok", "spasm@11", "spasm@far", "FINE?"])
def test_what_cannot_be_read_is_refused_with_a_word_what_to_write(said: str):
    asked = choose(season(3))[0]
    with pytest.raises(UsageError, match="mi"):
        lookback.entries(asked, said)


def test_miles_are_shown_to_who_writes_miles():
    text = f"{TODAY} episode\n  onset: 11 mi\n"
    assert " mi (" in choose(season(5), text)[0].text
    assert " km (" in choose(season(5))[0].text
