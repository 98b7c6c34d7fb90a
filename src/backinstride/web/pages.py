"""What is shown. Every function answers a GET; nothing here writes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.responses import HTMLResponse, RedirectResponse, Response

from backinstride import charts, diary_views, knowledge, lookback
from backinstride.charts.history import pace_of
from backinstride.exports import listing
from backinstride.web.view import back, opened, page, refused

if TYPE_CHECKING:
    from starlette.requests import Request

    from backinstride.runner import Runner

CATCH_UP_DAYS = 7
RUNS_A_PAGE = 60


def home(request: Request) -> Response:
    """The first page: tell where nothing is known yet, else today."""
    found = opened(request)
    new = not found.me.diary.entries and found.answer.load.runs == 0
    return RedirectResponse("/tell" if new else "/today", 303)


def tell(request: Request) -> Response:
    """One box: tell what happened."""
    return page(request, "tell.html", text="", told=None, pieces=())


def today(request: Request) -> Response:
    """The verdict, today's session, the check-in that is due, and the run that was found."""
    found = opened(request)
    view = listing.today_of(found.me)
    last = found.me.runs.tail(1).to_dicts()
    return page(
        request,
        "today.html",
        found=found,
        view=view,
        last_run=last[0] if last else None,
        noted=_noted(found.me, last[0]) if last else False,
        missed=missed_mornings(found.me),
        mornings=charts.mornings(found.answer) if found.answer.diary.morning_pain else None,
    )


def _noted(me: Runner, run: dict[str, Any]) -> bool:
    return any(n.id == run["id"] or n.date == run["day"] for n in diary_views.run_notes(me.diary))


def missed_mornings(me: Runner) -> tuple[dt.date, ...]:
    """The days of the last week without a morning score, while mornings are being kept."""
    days = {m.date for m in diary_views.mornings(me.diary)}
    if not days:
        return ()
    first = min(days)
    week = (me.today - dt.timedelta(days=k) for k in range(1, CATCH_UP_DAYS + 1))
    return tuple(sorted(day for day in week if day > first and day not in days))


def catch_up(request: Request) -> Response:
    """The missed mornings on one screen."""
    found = opened(request)
    return page(request, "catch_up.html", found=found, days=missed_mornings(found.me))


def week(request: Request) -> Response:
    """The weekly questions."""
    return page(request, "week.html", questions=weekly_questions())


def weekly_questions() -> tuple[Any, ...]:
    """The four questions of the weekly check-in, in our own words."""
    from backinstride import checkin

    return checkin.WEEKLY


def answer(request: Request) -> Response:
    """All of it: verdict, contributors, plan, evidence, doubts."""
    found = opened(request)
    answer = found.answer
    return page(
        request,
        "answer.html",
        found=found,
        weeks=charts.weeks(answer, found.me.settings.units) if answer.load.runs else None,
        sizes=_sizes(found.answer.contributors),
    )


def _sizes(why: Any) -> charts.Picture | None:
    known = [c for c in why.contributors if c.hazard_ratio is not None]
    return charts.contributors(why) if known else None


def runs(request: Request) -> Response:
    """The runs, newest first, and the whole running life in one picture."""
    found = opened(request)
    me = found.me
    number = max(
        1, int(page_of) if (page_of := request.query_params.get("page", "1")).isdigit() else 1
    )
    rows = list(reversed(listing.activity_rows(me)))
    shown = rows[(number - 1) * RUNS_A_PAGE : number * RUNS_A_PAGE]
    unit = me.settings.units
    return page(
        request,
        "runs.html",
        found=found,
        rows=[{**row, "pace": pace_of(row, unit)} for row in shown],
        number=number,
        more=len(rows) > number * RUNS_A_PAGE,
        total=len(rows),
        years=charts.years(me.runs, unit) if me.runs.height else None,
    )


def run(request: Request) -> Response:
    """One run with the onset marked."""
    found = opened(request)
    me, ident = found.me, request.path_params["ident"]
    table = me.activities().filter(pl.col("id") == ident)
    if table.is_empty():
        return refused(request, "There is no such run.", 404)
    row = table.row(0, named=True)
    episode = next(
        (e for e in diary_views.episodes(me.diary) if ident == e.run or e.date == row["day"]), None
    )
    exposure = me.runs.filter(pl.col("id") == ident).to_dicts()
    onset_m = episode.onset_m if episode is not None else None
    drawn = charts.run(me.records(ident), onset_m=onset_m, day=row["day"], unit=me.settings.units)
    return page(
        request,
        "run.html",
        found=found,
        row={**row, "pace": pace_of(row, me.settings.units)},
        exposure=exposure[0] if exposure else None,
        episode=episode,
        drawing=drawn,
        reps=_reps(me, ident),
        explained=listing.explain_activity(me, ident),
    )


def _reps(me: Runner, ident: str) -> tuple[str, ...]:
    from backinstride.exposures import intervals

    found = intervals.of_activity(me.library, ident)
    return found.sentences if found is not None else ()


def look_back(request: Request) -> Response:
    """The past runs that are asked about."""
    found = opened(request)
    me = found.me
    asked = lookback.choose(me.runs, me.diary, me.activities(), today=me.today)
    return page(request, "look_back.html", found=found, asked=asked)


def why(request: Request) -> Response:
    """The contributors, each with its picture."""
    found = opened(request)
    why = found.answer.contributors
    causes = {c.id: charts.cause(found.me.runs, c) for c in why.contributors[:4]}
    return page(request, "why.html", found=found, why=why, causes=causes, sizes=_sizes(why))


def plan(request: Request) -> Response:
    """The plan against what was done."""
    found = opened(request)
    plan = found.answer.plan
    done = dict(found.answer.load.weeks)
    picture = charts.plan(plan, done, found.me.settings.units) if plan.weeks else None
    return page(request, "plan.html", found=found, plan=plan, picture_of_plan=picture)


def diary(request: Request) -> Response:
    """The diary: the file itself, and a form for one entry."""
    from backinstride.diary import KINDS

    found = opened(request)
    return page(
        request,
        "diary.html",
        found=found,
        text=found.me.diary_text(),
        sha256=found.me.diary.sha256,
        kinds=tuple(KINDS),
        problems=found.me.diary.problems,
        today=found.me.today,
    )


def shoes(request: Request) -> Response:
    """Each pair: distance, span, and what the diary says of it."""
    found = opened(request)
    me = found.me
    notes = {n.id: n for n in diary_views.shoes(me.diary) if n.id}
    worn = me.runs.filter(pl.col("shoe").is_not_null())
    pairs = (
        worn.group_by("shoe")
        .agg(
            pl.len().alias("runs"),
            pl.col("day").min().alias("first"),
            pl.col("day").max().alias("last"),
            pl.col("shoe_km").max().alias("km"),
        )
        .sort("last", descending=True)
        .to_dicts()
    )
    drawn = charts.shoes(me.runs, me.settings.units) if worn.height else None
    return page(request, "shoes.html", found=found, pairs=pairs, notes=notes, drawing=drawn)


def strength(request: Request) -> Response:
    """Strength, holds and mobility: what was done, and the exercises with their steps."""
    from backinstride import programme

    found = opened(request)
    me = found.me
    sets = sorted(diary_views.strength(me.diary), key=lambda s: s.date, reverse=True)
    query = request.query_params.get("find", "")
    exercises = programme.find(query) if query else programme.EXERCISES()
    return page(
        request, "strength.html", found=found, sets=sets[:40], exercises=exercises, query=query
    )


def experiments(request: Request) -> Response:
    """The next change worth making, those under way, and what they gave."""
    found = opened(request)
    entries = [e for e in found.me.diary.entries if e.kind in ("experiment", "treatment")]
    return page(
        request,
        "experiments.html",
        found=found,
        trial=found.answer.contributors.experiment,
        entries=list(reversed(entries)),
        readouts=found.me.readouts(),
    )


def evidence(request: Request) -> Response:
    """Every claim with its source, those of this answer first."""
    found = opened(request)
    used = {line.id for line in found.answer.evidence}
    claims = sorted(knowledge.every_claim(), key=lambda c: (c.id not in used, c.topic, c.id))
    shown = [c for c in claims if c.status in ("F", "own")]
    return page(request, "evidence.html", found=found, claims=shown, used=used)


def explain(request: Request) -> Response:
    """What an id means."""
    ident = request.path_params["ident"]
    found = opened(request)
    explained = knowledge.explain(ident) or listing.explain_activity(found.me, ident)
    if explained is None:
        return refused(request, f"Nothing here is called “{ident}”.", 404)
    import msgspec

    return page(
        request, "explain.html", found=found, ident=ident, explained=msgspec.to_builtins(explained)
    )


def settings(request: Request) -> Response:
    """Units, days, country, race."""
    found = opened(request)
    return page(request, "settings.html", found=found, settings=found.me.settings)


def about(request: Request) -> Response:
    """What this is, what it is not."""
    return page(request, "about.html")


async def not_found(request: Request, _error: Exception) -> Response:
    """Answer an address that does not exist."""
    return HTMLResponse("<!doctype html><title>Not here</title><p>There is no such page.", 404)


async def failed(request: Request, _error: Exception) -> Response:
    """Answer when something broke: say so, keep the diary out of it."""
    return HTMLResponse(
        "<!doctype html><title>Something broke</title><p>Something broke while this page was made. "
        "Your diary and runs are as they were. <a href='/today'>Back</a>",
        500,
    )


__all__ = ["back"]
