"""The commands. Heavy imports stay inside them: `--help` must come at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backinstride import __version__
from backinstride.cli.cohort_commands import cohort
from backinstride.cli.options import (
    Day,
    answering,
    emit,
    exit_for,
    folder_of,
    folder_option,
    from_stdin,
    json_option,
    leave,
    open_runner,
    talk,
    today_option,
)
from backinstride.errors import UnusableError, UsageError

if TYPE_CHECKING:
    import datetime as dt


class _Group(click.Group):
    """Commands whose failures end in a sentence; with --json in a document that holds it too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether a document is asked for, whatever goes wrong."""
        ctx.meta["as_json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what the disk refuses is data that cannot be used."""
        try:
            try:
                return super().invoke(ctx)
            except BrokenPipeError:
                raise
            except OSError as error:
                raise UnusableError(_refused(error)) from error
        except UnusableError as error:
            if ctx.meta["as_json"]:
                found = {"error": {"slug": error.slug, "message": str(error)}}
                emit(found, as_json=True, text="")
            raise


def _refused(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


@click.group(
    cls=_Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@folder_option
@click.version_option(__version__, prog_name="backinstride")
@click.option("--port", type=int, default=0, help="Port of the app (default: a free one).")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--read-only", is_flag=True, help="Serve a folder for reading only (for a physio).")
@click.pass_context
def group(ctx: click.Context, port: int, no_browser: bool, read_only: bool) -> None:
    """Your back and your runs: is it urgent, what likely contributes, what to do next.

    Without a command the app opens in the browser. All of it stays on this machine.
    Open research and self-management software, not a certified medical device.
    """
    if ctx.invoked_subcommand is None:
        from backinstride.web.serve import serve

        serve(folder_of(ctx), port=port, browser=not no_browser, read_only=read_only)


# --- in ---------------------------------------------------------------------------------


@group.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@answering
def import_(paths: tuple[str, ...], today: dt.date, as_json: bool) -> None:
    """Read exports: files, folders, zips as the vendor hands them out."""
    from backinstride.cli.progress import bar
    from backinstride.exports import listing

    missing = [p for p in paths if p != "-" and not Path(p).exists()]
    if missing:
        raise UsageError(f"no such file or folder: {', '.join(missing)}")
    me = open_runner(today)
    with from_stdin(me.folder, paths) as given, bar(sys.stderr) as progress:
        summary = me.import_paths(given, progress=progress)
    for problem in summary.problems if not as_json else ():
        talk(problem.line())
    for log in summary.mappings if not as_json else ():
        talk(f"{log.line()} To change it, edit profile.toml and import the file again.")
    emit(summary, as_json, listing.import_text(summary))
    if summary.new + summary.known + summary.duplicates == 0:
        click.get_current_context().exit(1)


@group.command()
@click.argument("file", required=False, default="-")
@click.option("--save", is_flag=True, help="Keep the story in the diary.")
@answering
def tell(file: str, save: bool, today: dt.date, as_json: bool) -> None:
    """Read a story in plain words: findings, verdict, questions."""
    from backinstride import diary, runner
    from backinstride.exports import text

    words = _read_text(file)
    told = runner.tell(words, today=today)
    if save:
        me = open_runner(today)
        diary.append(me.library.diary_path, [diary.format_entry(today, "story", words)])
        talk(f"Kept in {me.library.diary_path}.")
    emit(told, as_json, text.told_text(told))
    exit_for(told.verdict)


def _read_text(file: str) -> str:
    if file == "-":
        if sys.stdin.isatty():
            talk("Tell what happened; end with Ctrl-D.")
        raw = sys.stdin.buffer.read()
    else:
        path = Path(file)
        if not path.is_file():
            raise UsageError(f"no such file: {file}")
        raw = path.read_bytes()
    return _decoded(raw)


def _decoded(raw: bytes) -> str:
    """Return text as editors save it: UTF-8, UTF-16 with its mark, else Western European."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


@group.command()
@click.argument("kind")
@click.argument("rest", nargs=-1, metavar='["words"] [name=value ...]')
@click.option("--date", "date", type=Day(), help="The day it belongs to (default: --today).")
@answering
def log(
    kind: str, rest: tuple[str, ...], date: dt.date | None, today: dt.date, as_json: bool
) -> None:
    """Append a diary entry and print it."""
    from backinstride.cli.logging_entry import append_entry
    from backinstride.exports import listing

    me = open_runner(today)
    entry, problems = append_entry(me.library.diary_path, kind, rest, date or today)
    for problem in problems:
        talk(problem.line())
    emit(listing.entry_json(entry), as_json, entry.text)
    if kind in ("check", "story"):
        verdict = open_runner(today).assessment.verdict
        if verdict is not None and verdict.level in ("emergency", "same_day"):
            talk(f"A warning sign: {verdict.act or verdict.why}")


# --- out --------------------------------------------------------------------------------


@group.command()
@click.option("--csv", "as_csv", is_flag=True, help="The table as CSV.")
@answering
def runs(as_csv: bool, today: dt.date, as_json: bool) -> None:
    """The activity table, oldest first."""
    from backinstride.exports import listing

    me = open_runner(today)
    rows = listing.activity_rows(me)
    if as_csv:
        click.echo(listing.activities_csv(rows), nl=False)
    else:
        emit({"activities": rows}, as_json, listing.activities_text(rows, me.settings.units))


@group.command()
@click.option("--priors", type=click.Path(path_type=Path), help="Priors fitted from a cohort.")
@click.option("--chart", "charts", type=click.Path(path_type=Path), help="Write pictures here.")
@answering
def why(priors: Path | None, charts: Path | None, today: dt.date, as_json: bool) -> None:
    """The likely contributors, from the runs and the diary."""
    from backinstride.exports import text

    if priors is not None and not priors.is_file():
        raise UsageError(f"no such file: {priors}")
    me = open_runner(today)
    found = me.why(priors=priors)
    if charts is not None:
        from backinstride.exports import bundle

        for path in bundle.write_pictures(me, found, charts):
            talk(f"wrote {path}")
    emit(found, as_json, text.why_text(found))
    leave(me)


@group.command()
@click.option("--race", type=Day(), help="Date of the race; kept in profile.toml.")
@click.option("--distance", type=float, help="Distance of the race in km.")
@click.option("--from", "start", type=Day(), help="First day of the plan (default: --today).")
@answering
def plan(
    race: dt.date | None,
    distance: float | None,
    start: dt.date | None,
    today: dt.date,
    as_json: bool,
) -> None:
    """The plan: this week, and the weeks up to the race."""
    from backinstride.exports import text

    me = open_runner(today)
    keep_race(me, race, distance)
    me = open_runner(today)
    made = me.plan(start=start)
    emit(made, as_json, text.plan_text(made, me.settings.units))
    leave(me)


def keep_race(me: object, race: dt.date | None, distance: float | None) -> None:
    """Keep a race given on the command line in profile.toml."""
    from backinstride import settings
    from backinstride.runner import Runner
    from backinstride.values import Race

    assert isinstance(me, Runner)
    if race is None and distance is None:
        return
    if race is None or distance is None:
        raise UsageError("a race needs both --race DATE and --distance KM")
    if not 0 < distance < 1000:
        raise UsageError(f"--distance {distance:g} is not a distance in km")
    if race < me.today:
        raise UsageError(f"the race date {race} is before {me.today}")
    settings.save(me.folder / "profile.toml", race=Race(date=race, distance_km=distance))


@group.command()
@answering
def today(today: dt.date, as_json: bool) -> None:
    """What to do today, and the check-in that is due."""
    from backinstride.exports import listing

    me = open_runner(today)
    found = listing.today_of(me)
    emit(found, as_json, listing.today_text(found))
    leave(me)


@group.command()
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write answer.html, report.pdf, plan.ics."
)
@answering
def answer(out: Path | None, today: dt.date, as_json: bool) -> None:
    """All of it: verdict, contributors, plan, evidence, doubts."""
    from backinstride.exports import text

    me = open_runner(today)
    found = me.answer()
    if out is not None:
        from backinstride.exports.bundle import write_all

        for path in write_all(me, found, out):
            talk(f"wrote {path}")
    emit(found, as_json, text.answer_text(found, me.settings.units))
    leave(me)


@group.command()
@click.option("-o", "--output", required=True, help="FILE.pdf, FILE.txt or - for PDF on stdout.")
@click.option("--leave-out", multiple=True, help="A part to leave out (story, runs, plan, ...).")
@click.option("--shareable", is_flag=True, help="Remove names, titles and places.")
@folder_option
@today_option
def report(output: str, leave_out: tuple[str, ...], shareable: bool, today: dt.date) -> None:
    """The two pages for the physio or doctor."""
    from backinstride.exports import report as pages

    me = open_runner(today)
    found = me.answer()
    left = (*me.settings.leave_out, *leave_out)
    data = (
        pages.plain_text(me, found, leave_out=left, shareable=shareable).encode()
        if output.endswith(".txt")
        else pages.pdf(me, found, leave_out=left, shareable=shareable)
    )
    _write(output, data)
    leave(me)


def _write(output: str, data: bytes) -> None:
    if output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(output).write_bytes(data)
    except OSError as error:
        raise UnusableError(f"cannot write {output}: {error.strerror}") from error
    talk(f"wrote {output}")


@group.command()
@click.argument("form", type=click.Choice(["ics", "fit", "json", "csv"]))
@click.option("-o", "--output", required=True, help="File, folder (fit), or - for standard output.")
@click.option("--race", type=Day(), help="Date of the race; kept in profile.toml.")
@click.option("--distance", type=float, help="Distance of the race in km.")
@click.option("--from", "start", type=Day(), help="First day of the plan (default: --today).")
@folder_option
@today_option
def export(
    form: str,
    output: str,
    race: dt.date | None,
    distance: float | None,
    start: dt.date | None,
    today: dt.date,
) -> None:
    """The plan to a calendar or a watch; everything else out again (json, csv)."""
    from backinstride.exports import bundle

    me = open_runner(today)
    keep_race(me, race, distance)
    me = open_runner(today)
    if form == "fit":
        if output == "-":
            raise UsageError("fit writes a folder, one file a run: give -o DIR")
        for path in bundle.write_workouts(me.plan(start=start), Path(output)):
            talk(f"wrote {path}")
    elif form == "csv" and output != "-":
        for path in bundle.write_tables(me, Path(output), start=start):
            talk(f"wrote {path}")
    else:
        _write(output, bundle.export(me, form, start=start))
    leave(me)


# --- looking after ----------------------------------------------------------------------


@group.command()
@answering
def check(today: dt.date, as_json: bool) -> None:
    """What is wrong in diary and folder, with file and line."""
    from backinstride.exports import listing

    problems, readable = listing.check_folder(open_runner(today))
    found = {"ok": not problems, "problems": problems}
    emit(found, as_json, "\n".join(p.line() for p in problems) or "Nothing is wrong.")
    if not readable:
        click.get_current_context().exit(1)


@group.command()
@click.argument("ident", metavar="ID")
@answering
def explain(ident: str, today: dt.date, as_json: bool) -> None:
    """Any problem, finding, warning sign, exercise, rule, claim or activity: meaning and source."""
    from backinstride import knowledge
    from backinstride.exports import listing

    found = knowledge.explain(ident) or listing.explain_activity(open_runner(today), ident)
    if found is None:
        raise UsageError(f"nothing here is called {ident!r}")
    emit(found, as_json, listing.explain_text(found))


@group.command()
@click.argument("ident", metavar="ID")
@answering
def separate(ident: str, today: dt.date, as_json: bool) -> None:
    """Take the recordings apart that were counted as one outing (`explain ID` shows them)."""
    me = open_runner(today)
    if me.library.activities(merged=True).filter(id=ident).is_empty():
        raise UsageError(f"no activity is called {ident!r}")
    apart = me.library.unmerge(ident)
    if not apart:
        raise UsageError(f"{ident} is one recording; nothing was merged with it")
    text = f"These are outings of their own from now on: {', '.join(apart)}."
    emit({"separated": apart}, as_json, text)


@group.command()
@click.argument("answers", nargs=-1, metavar="[ID=fine|sore|spasm@17mi|next_day|unknown ...]")
@answering
def lookback(answers: tuple[str, ...], today: dt.date, as_json: bool) -> None:
    """Ask about runs of the last 26 weeks, so that the diary starts with a past."""
    from backinstride.cli.lookback_command import run

    run(open_runner(today), answers, as_json)


@group.command()
@click.option("--out", type=click.Path(path_type=Path), help="Where to build it.")
@click.option("--season", is_flag=True, help="Continue the invented runner for a year.")
@json_option
def demo(out: Path | None, season: bool, as_json: bool) -> None:
    """Build the worked example (an invented runner), and answer it."""
    from backinstride import demo as example

    example.run(out, season=season, as_json=as_json)


group.add_command(cohort)
