"""What a cohort answers: rates, bands, the morning screen, likeness, priors; and never small cells."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import polars as pl
import pytest

from backinstride import contributors
from backinstride.cohort import K, alike, analysis, opening, priors, report, screen
from backinstride.cohort.regression import UnfittableError
from backinstride.contributors.priors import read_priors
from backinstride.errors import UnusableError
from cohort_runners import TODAY, day, episode, folder, steady

pytest.importorskip("numba", reason="needs [cohort]: numba")
pytest.importorskip("pyarrow", reason="needs [cohort]: pyarrow")

from backinstride.cohort import build, invented, stream

pytestmark = pytest.mark.journey

# --- rates and shares ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904), (100, 81.3640, 121.6266)],
)
def test_exact_poisson_intervals_are_the_tabled_ones(count, low, high):
    found = analysis.poisson(count)
    assert found == pytest.approx((low, high), abs=2e-4)


def test_wilson_intervals_are_the_tabled_ones():
    assert analysis.wilson(10, 100) == pytest.approx((0.0552, 0.1744), abs=1e-4)
    assert analysis.wilson(0, 20)[0] == 0.0


def test_a_rate_lets_runners_differ():
    """The same total: from one runner in twenty the interval is wider than from all alike."""
    alone = analysis.rate("e", "y", [20] + [0] * 19, [1.0] * 20)
    spread = analysis.rate("e", "y", [1] * 20, [1.0] * 20)
    assert alone.rate == spread.rate == 1.0
    assert alone.low < spread.low < 1.0 < spread.high < alone.high
    assert (spread.low, spread.high) == pytest.approx(tuple(b / 20 for b in analysis.poisson(20)))


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(100):
        rates = rng.gamma(2.0, 0.5, 40)
        found = analysis.rate("e", "y", rng.poisson(rates).tolist(), [1.0] * 40)
        inside += found.low <= 1.0 <= found.high
    assert inside >= 88


@pytest.mark.parametrize(("count", "of"), [(3, 9), (3, 40), (37, 40), (0, 5)])
def test_cells_of_fewer_than_ten_are_never_shown(count, of):
    found = analysis.share("x", count, of)
    assert found.suppressed
    assert (found.count, found.share, found.low, found.high) == (None,) * 4


def test_none_and_all_are_shown():
    assert analysis.share("x", 0, 40).count == 0
    assert analysis.share("x", 40, 40).share == 1.0


def test_a_hidden_year_is_not_given_away_by_the_total():
    """171 of 300 in all, 170 in the first year: the one of the second year must stay hidden."""
    first = pl.DataFrame(
        {"runner": range(300), "day": dt.date(2024, 6, 1), "episode": [True] * 170 + [False] * 130}
    )
    second = pl.DataFrame(
        {"runner": range(300), "day": dt.date(2025, 6, 1), "episode": [False] * 299 + [True]}
    )
    found = analysis.by_year(pl.concat([first, second]).lazy())
    assert [s.count for s in found] == [None, None]
    assert [s.count for s in analysis.by_year(first.lazy())] == [170]


# --- a cohort of invented diaries -------------------------------------------------------------


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """36 runners: 12 with spasms after spikes (6 twice), 24 without; built into a cohort."""
    base = tmp_path_factory.mktemp("clinic")
    for n in range(36):
        runs = steady(120, 8.0 + n / 100)
        said = f'{day(118)} note "start"\n\n{day(1)} note "end"\n\n'
        if n < 12:
            runs = sorted([*runs, (31, 14.0)], reverse=True)
            said += episode(
                31,
                "when: during",
                "where: low back",
                "feels: spasm",
                "onset: 12 km",
                "did: ice",
                "eased: walking",
            )
            said += f'{day(20)} note "closed"\n\n'
        if n < 6:
            said += episode(
                10, "when: during", "where: low back", "feels: spasm", "did: ice", "eased: walking"
            )
        folder(base / "in" / f"runner{n:02d}", runs, said)
    build.build([base / "in"], base / "out", today=TODAY)
    return base


@pytest.mark.seed("S4.45")
def test_how_frequent_the_complaint_is_in_a_community(clinic):
    with opening.opened(clinic / "out") as cohort:
        found = report.described(cohort)
    assert found.runners == 36
    per_session = found.incidence[0]
    assert per_session.count == 18
    assert per_session.low < per_session.rate < per_session.high
    once, again = found.recurrence
    assert (once.count, once.of) == (12, 36)
    assert again.suppressed  # six of twelve: too few to show
    (year,) = found.by_year
    assert year.count == 12


def test_the_burden_counts_days_until_an_episode_closed(clinic):
    episodes = pl.read_parquet(clinic / "out" / "episodes.parquet")
    with opening.opened(clinic / "out") as cohort:
        found = report.described(cohort)
    closed = episodes.filter(pl.col("closed").is_not_null())
    spans = (closed["closed"] - closed["day"]).dt.total_days().sum()
    assert found.burden.count == spans


def test_fewer_than_ten_runners_give_no_figure(tmp_path):
    for n in range(9):
        folder(tmp_path / "in" / f"r{n}", steady(60, 8.0 + n / 100), episode(7, "pain: 5/10"))
    build.build([tmp_path / "in"], tmp_path / "out", today=TODAY)
    with opening.opened(tmp_path / "out") as cohort:
        found = report.described(cohort)
    assert found.runners is None
    assert found.burden is not None
    assert all(r.suppressed and r.rate is None for r in (*found.incidence, found.burden))
    assert all(s.suppressed for s in (*found.recurrence, *found.by_year))
    assert all(b.suppressed and b.quantiles is None for b in found.bands)
    assert found.study is None


# --- alike --------------------------------------------------------------------------------------


@pytest.mark.seed("S3.12", "S4.31")
def test_how_many_like_me_and_what_they_tried(clinic):
    """Also a match of months ago: the year of the other's episode does not matter."""
    with opening.opened(clinic / "out") as cohort:
        sessions = pl.read_parquet(cohort.sessions)
        key = build.read_key(clinic / "out.key")
        found = alike.like(key.pseudonym("runner00"), sessions, cohort.episodes, cohort.notes)
        late = cohort.episodes.with_columns(
            day=pl.when(pl.col("runner") == key.pseudonym("runner00"))
            .then("day")
            .otherwise(pl.col("day") - dt.timedelta(days=400))
        )
        old = sessions.with_columns(
            day=pl.when(pl.col("runner") == key.pseudonym("runner00"))
            .then("day")
            .otherwise(pl.col("day") - dt.timedelta(days=400))
        )
        again = alike.like(key.pseudonym("runner00"), old, late, cohort.notes)
    assert found.of == 11
    assert found.alike == 11
    assert again.alike == 11
    tried = {t.what: t for t in found.tried}
    assert tried["ice"].runners.count == 11
    assert tried["walking"].helped.count == 11
    assert "no advice" in found.words
    assert not any(w in json.dumps(found.words) for w in ("should", "recommend"))


def test_too_few_alike_are_compared_on_less_or_not_at_all(clinic):
    with opening.opened(clinic / "out") as cohort:
        sessions = pl.read_parquet(cohort.sessions)
        few = cohort.episodes.filter(
            pl.col("runner").is_in(cohort.episodes["runner"].unique()[:10].to_list())
        )
        me = few["runner"][0]
        assert alike.like(me, sessions, few, cohort.notes).alike is None
        odd = cohort.episodes.with_columns(
            feels=pl.when(pl.col("runner") == me).then(pl.lit("burning")).otherwise("feels")
        )
        found = alike.like(me, sessions, odd, cohort.notes)
    assert found.alike is not None
    assert found.alike >= K
    assert "feels" in found.dropped
    assert found.alike_in == ("when", "where")


# --- the morning screen -------------------------------------------------------------------------


def morning(tmp_path, *folders, today=TODAY):
    build.build(folders, tmp_path / "out", today=today)
    with opening.opened(tmp_path / "out") as cohort:
        return screen.screen(
            pl.read_parquet(cohort.sessions), cohort.episodes, cohort.notes, today=today,
            names=build.read_key(tmp_path / "out.key").names,
        )  # fmt: skip


def test_who_needs_a_word_today(tmp_path):
    quiet = folder(tmp_path / "quiet", steady(120))
    spiked = folder(tmp_path / "spiked", sorted([*steady(120, 8.01), (2, 13.0)], reverse=True))
    back = folder(tmp_path / "back", [*((b, 10.0) for b in range(120, 60, -2)), (4, 9.0), (2, 9.0)])
    hurt = folder(
        tmp_path / "hurt",
        steady(120, 8.02),
        episode(12, "pain: 7/10") + f"{day(11)} check\n  bladder: no\n",
    )
    asked = folder(
        tmp_path / "asked",
        steady(118),
        episode(12, "pain: 7/10") + f"{day(2)} check\n  bladder: no\n",
    )
    found = morning(tmp_path, quiet, spiked, back, hurt, asked)
    rows = {r.runner: r for r in found.rows}
    assert set(rows) == {"spiked", "back", "hurt"}
    assert rows["spiked"].kinds == ("spiked",)
    assert rows["spiked"].spike_ratio == 1.62
    assert rows["back"].kinds == ("too_fast",)
    assert "after 58 days off" in rows["back"].reasons[0]
    assert rows["hurt"].kinds == ("overdue",)
    assert (found.runners, found.quiet) == (5, 2)
    page = screen.page(found)
    assert len(page.splitlines()) < 60
    assert "not a finding" in found.words


def test_a_gentle_return_needs_no_word(tmp_path):
    gentle = folder(
        tmp_path / "gentle", [*((b, 10.0) for b in range(120, 60, -2)), (4, 3.0), (2, 3.0)]
    )
    assert morning(tmp_path, gentle).rows == ()


# --- priors ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    base = tmp_path_factory.mktemp("priors")
    truth = invented.Truth(2.5, 2.5, 2.5, 2.0)
    invented.write(base / "in.parquet", 800, 90_000, seed=2, truth=truth)
    stream.metrics_file(base / "in.parquet", base / "sessions.parquet")
    found = priors.fit(base / "sessions.parquet", today=TODAY, outcome="invented spasm")
    priors.write(base / "priors.json", found)
    return base / "priors.json", found


def test_a_cohort_writes_what_why_reads(fitted):
    path, found = fitted
    assert set(found.priors) == {"spike", "layoff", "load"}
    low, _, high = found.priors["spike"].hazard_ratio
    assert low < 2.5 < high
    read = read_priors(path)
    spike = read["spike"]
    assert spike.mean == pytest.approx(math.log(found.priors["spike"].hazard_ratio[1]), abs=1e-3)
    assert spike.sd >= priors.BETWEEN_SD
    assert spike.chance == 0.35
    assert "800 runners" in spike.source
    assert "distance" not in read


def test_why_shows_the_cohort_as_the_source_and_moves(fitted, demo_copy, cli):
    path, _ = fitted
    words = ("--folder", str(demo_copy), "why", "--json", "--today", "2026-09-28")
    code, given, _ = cli(*words, "--priors", str(path))
    assert code in (0, 3)
    after = {c["id"]: c for c in json.loads(given)["contributors"]}
    told = [i for i, c in after.items() if "a cohort of 800 runners" in c["prior_source"]]
    knowable = [i for i in ("spike", "layoff", "load") if after.get(i, {}).get("prior") is not None]
    assert sorted(told) == sorted(knowable)
    assert told
    assert not any("cohort" in c["prior_source"] for i, c in after.items() if i not in told)


def test_what_is_no_prior_is_left_out_and_a_torn_file_refused(tmp_path):
    found = read_priors(
        {"spike": [0.5, 0.3, 0.4], "load": [1, 0, 0.5], "x": "no", "y": {"mean": 1}}
    )
    assert list(found) == ["spike"]
    assert found["spike"].source == contributors.priors.GIVEN
    (tmp_path / "p.json").write_text("{torn")
    with pytest.raises(UnusableError, match="priors"):
        read_priors(tmp_path / "p.json")


def test_no_prior_comes_from_few_runners_or_without_episodes(tmp_path):
    invented.write(tmp_path / "few.parquet", 9, 9_000, seed=1, truth=invented.Truth(4, 4, 4, 4))
    invented.write(tmp_path / "none.parquet", 40, 4_000, seed=1, truth=None)
    stream.metrics_file(tmp_path / "few.parquet", tmp_path / "a.parquet")
    stream.metrics_file(tmp_path / "none.parquet", tmp_path / "b.parquet")
    with pytest.raises(UnfittableError):
        priors.fit(tmp_path / "a.parquet", today=TODAY, outcome="x")
    pl.read_parquet(tmp_path / "b.parquet").with_columns(episode=False).write_parquet(
        tmp_path / "c.parquet"
    )
    with pytest.raises(UnfittableError):
        priors.fit(tmp_path / "c.parquet", today=TODAY, outcome="x")


# --- the report, the command line ------------------------------------------------------------------


def test_a_study_report_says_what_was_put_in_and_what_cannot_be_shown(fitted):
    path, _ = fitted
    with opening.opened(path.parent / "sessions.parquet") as cohort:
        found = report.described(cohort)
    text = report.study_report(found, {r.name: 2.5 for r in found.study.ratios})
    assert "put in" in text
    assert "cannot show" in text
    assert "not causes" in text


def test_the_commands_speak_json_and_exit_as_told(clinic, tmp_path, cli):
    out = str(clinic / "out")
    code, said, _ = cli("cohort", "analyse", out, "--json")
    assert (code, json.loads(said)["runners"]) == (0, 36)
    code, said, _ = cli("cohort", "metrics", out, str(tmp_path / "m.parquet"), "--json")
    assert (code, json.loads(said)["sessions"]) == (
        0,
        pl.read_parquet(clinic / "out" / "sessions.parquet").height,
    )
    code, said, _ = cli(
        "cohort", "screen", out, "--today", str(TODAY), "--json", "--key", str(clinic / "out.key")
    )
    assert code == 0
    assert {r["runner"] for r in json.loads(said)["rows"]} <= {f"runner{n:02d}" for n in range(36)}
    code, said, _ = cli(
        "cohort", "alike", out, "runner00", "--key", str(clinic / "out.key"), "--json"
    )
    assert (code, json.loads(said)["alike"]) == (0, 11)
    code, said, _ = cli("cohort", "analyse", out)
    assert "36 runners" in said


def test_wrong_words_and_unusable_data_have_their_codes(tmp_path, cli):
    assert cli("cohort", "analyse", str(tmp_path / "absent"))[0] == 2
    (tmp_path / "empty").mkdir()
    assert cli("cohort", "build", str(tmp_path / "empty"), "-o", str(tmp_path / "out"))[0] == 1
    assert cli("cohort", "analyse", str(tmp_path / "empty"))[0] == 1
    frame = pl.DataFrame({"runner": ["b", "a"], "day": [TODAY, TODAY], "distance_m": [1.0, 2.0]})
    frame.write_parquet(tmp_path / "s.parquet")
    code, _, said = cli(
        "cohort", "metrics", str(tmp_path / "s.parquet"), str(tmp_path / "o.parquet")
    )
    assert code == 1
    assert "sorted" in said
    assert (
        cli(
            "cohort", "metrics", "--sort", str(tmp_path / "s.parquet"), str(tmp_path / "o.parquet")
        )[0]
        == 0
    )
