"""The worked example: an invented runner, from export and story to the whole answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from backinstride.demo import invented
from backinstride.demo.export_zip import write_zip
from backinstride.errors import UsageError
from backinstride.exports import bundle, listing, text
from backinstride.runner import Runner
from backinstride.settings import save
from backinstride.values import Race, to_json

MARK = "INVENTED.txt"
SAYS = (
    "Everything in this folder is invented by the demo of Back in Stride: no such runner exists.\n"
    "It may be deleted at any time; `backinstride demo` makes it anew.\n"
)


def build(folder: Path, *, season: bool = False) -> Runner:
    """Build the invented runner's folder: export zip, diary, import. Replaces an older demo."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            raise UsageError(f"{folder} is not empty and is not a demo; give another --out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(SAYS, encoding="utf-8")
    runs = invented.outings(season=season)
    archive = folder / "invented-export.zip"
    write_zip(runs, archive)
    me = Runner(folder / "runner", invented.SEASON_TODAY if season else invented.TODAY)
    me.import_paths([archive])
    me.library.diary_path.write_text(
        invented.diary_text(runs, season=season), encoding="utf-8", newline="\n"
    )
    me.library.diary_path.chmod(0o600)
    if not season:
        race = Race(date=invented.RACE, distance_km=invented.RACE_KM)
        save(me.folder / "profile.toml", race=race, units="mi")
    return Runner(me.folder, me.today)


def run(out: Path | None, *, season: bool, as_json: bool) -> None:
    """Build, answer, write the files, print the answer."""
    folder = out or Path.home() / f"backinstride-demo{'-season' if season else ''}"
    click.echo("Building an invented runner: export, diary, story ...", err=True)
    me = build(folder, season=season)
    summary = listing.import_text(me.import_paths([folder / "invented-export.zip"]))
    click.echo(summary, err=True)
    found = me.answer()
    for path in bundle.write_all(me, found, folder):
        click.echo(f"wrote {path}", err=True)
    if as_json:
        click.echo(to_json(found).decode(), nl=False)
        return
    click.echo(f"An invented runner, as of {me.today}. The story:\n")
    click.echo(text.wrap(invented.STORY, "  ") + "\n")
    click.echo(text.answer_text(found, me.settings.units))
