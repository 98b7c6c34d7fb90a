"""`backinstride cohort`: many runners. Heavy imports stay inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backinstride.cli.options import emit, json_option, talk, today_option
from backinstride.errors import UsageError

if TYPE_CHECKING:
    import datetime as dt

_PATH = click.Path(path_type=Path)


def _there(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"no such file or folder: {path}")
    return path


@click.group()
def cohort() -> None:
    """Many runners: one table of their runs, the same definitions, only counts shown.

    Needs the extra: pip install 'backinstride[cohort]' ([spark] for a cluster).
    """


@cohort.command()
@click.argument("paths", nargs=-1, required=True, type=_PATH, metavar="DIR...")
@click.option("-o", "--output", required=True, type=_PATH, help="Folder of the cohort.")
@click.option("--key", type=_PATH, help="Key file of the pseudonyms (default: OUTPUT.key).")
@today_option
@json_option
def build(
    paths: tuple[Path, ...], output: Path, key: Path | None, today: dt.date, as_json: bool
) -> None:
    """Runners' folders, or lists of runs (JSON, CSV), to pseudonymous tables."""
    from backinstride.cohort import build as building
    from backinstride.cohort import words

    made = building.build([_there(p) for p in paths], output, today=today, key=key)
    for problem in made.problems if not as_json else ():
        talk(problem.line())
    emit(made, as_json, words.manifest(made))


@cohort.command()
@click.argument("source", type=_PATH, metavar="IN")
@click.argument("target", type=_PATH, metavar="OUT")
@click.option("--engine", type=click.Choice(["embedded", "spark"]), default="embedded")
@click.option("--sort", is_flag=True, help="Sort the sessions first (takes memory and disk).")
@json_option
def metrics(source: Path, target: Path, engine: str, sort: bool, as_json: bool) -> None:
    """The load before every session: Parquet in, Parquet out."""
    from backinstride.cohort import stream, words

    if engine == "spark":
        from backinstride import spark

        spark.metrics_file(str(source), str(target))
        emit({"engine": "spark", "output": str(target)}, as_json, f"wrote {target}")
        return
    source = _there(source)
    source = source / "sessions.parquet" if source.is_dir() else source
    if sort:
        with stream.sorted_copy(source, target) as ordered:
            done = stream.metrics_file(ordered, target)
    else:
        done = stream.metrics_file(source, target)
    emit(done, as_json, words.computed(done))


@cohort.command()
@click.argument("path", type=_PATH, metavar="COHORT")
@json_option
def analyse(path: Path, as_json: bool) -> None:
    """How often, how long, how again; and what goes with an episode. Counts, k at least 10."""
    from backinstride.cohort import opening, report, words

    with opening.opened(_there(path)) as opened:
        found = report.described(opened)
    emit(found, as_json, words.described(found))


@cohort.command()
@click.argument("path", type=_PATH, metavar="COHORT")
@click.option("-o", "--output", required=True, type=_PATH, help="The priors file (JSON).")
@click.option("--outcome", default="back episode", show_default=True, help="What an episode is.")
@today_option
@json_option
def priors(path: Path, output: Path, outcome: str, today: dt.date, as_json: bool) -> None:
    """Fit the cohort and write what it teaches, for `backinstride why --priors`."""
    from backinstride.cohort import opening, words
    from backinstride.cohort import priors as fitting

    with opening.opened(_there(path)) as opened:
        found = fitting.fit(opened.sessions, today=today, outcome=outcome)
    fitting.write(output, found)
    emit(found, as_json, words.priors(found))


@cohort.command()
@click.argument("path", type=_PATH, metavar="COHORT")
@click.option("--key", type=_PATH, help="Key file: print names instead of pseudonyms.")
@today_option
@json_option
def screen(path: Path, key: Path | None, today: dt.date, as_json: bool) -> None:
    """Who needs a word today: spiked, back too fast, overdue for a check."""
    import polars as pl

    from backinstride.cohort import build as building
    from backinstride.cohort import opening
    from backinstride.cohort import screen as morning

    names = building.read_key(_there(key)).names if key else None
    with opening.opened(_there(path)) as opened:
        found = morning.screen(
            pl.read_parquet(opened.sessions), opened.episodes, opened.notes,
            today=today, names=names,
        )  # fmt: skip
    emit(found, as_json, morning.page(found))


@cohort.command()
@click.argument("path", type=_PATH, metavar="COHORT")
@click.argument("runner", metavar="RUNNER")
@click.option("--key", type=_PATH, help="Key file, where RUNNER is a name.")
@json_option
def alike(path: Path, runner: str, key: Path | None, as_json: bool) -> None:
    """How many are like a runner of the cohort, and what they tried: counts, never advice."""
    import polars as pl

    from backinstride.cohort import alike as likeness
    from backinstride.cohort import build as building
    from backinstride.cohort import opening, words

    name = building.read_key(_there(key)).pseudonym(runner) if key else runner
    with opening.opened(_there(path)) as opened:
        if opened.episodes is None or opened.notes is None:
            raise UsageError("likeness needs a folder that `cohort build` wrote")
        found = likeness.like(name, pl.read_parquet(opened.sessions), opened.episodes, opened.notes)
    emit(found, as_json, words.alike(found))
