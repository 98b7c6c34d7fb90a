"""What is shown. Every function answers a GET; nothing here writes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.responses import HTMLResponse, RedirectResponse, Response

from backinstride import charts, diary_views, knowledge
from backinstride.charts.history import pace_of
from backinstride.exports import listing
from backinstride.web.view import back, opened, page, refused

if TYPE_CHECKING:
    from starlette.requests import Request

    from backinstride.exposures.intervals import Session
    from backinstride.runner import Runner
    from backinstride.web.state import Opened

CATCH_UP_DAYS = 7
OWN_ACTIVITIES = 5
SET_ROWS = 4
ASKED_DAYS = 14  # a run further back is not asked about under "today"
REVIEW_WEEKS = 8
STALE_DAYS = 21
CHANCE = 0.05
DRIFT_WORDS = {
    "cadence_spm": ("Cadence", "steps/min"),
    "oscillation_mm": ("Bounce", "mm"),
    "contact_ms": ("Ground contact", "ms"),
    "balance_pct": ("Left-right balance", "%"),
}
RUNS_A_PAGE = 60
REPORT_PARTS = {
    "story": "my story",
    "episodes": "episodes",
    "mornings": "mornings and function",
    "answers": "answers to safety questions",
    "history": "history and goal",
    "runs": "training",
    "shoes": "shoes",
    "strength": "strength",
    "tried": "what was tried",
    "contributors": "what went together",
    "plan": "the plan",
    "sources": "sources",
}


def home(request: Request) -> Response:
    """The first page: tell where nothing is known yet, else today."""
    found = opened(request)
    new = not found.me.diary.entries and found.me.load.runs == 0
    return RedirectResponse("/tell" if new else "/today", 303)


def tell(request: Request) -> Response:
    """One box: tell what happened."""
    return page(request, "tell.html", text="", told=None, pieces=())


def today(request: Request) -> Response:
    """The check-in first, then today's session, what is due, and the verdict."""
    found = opened(request)
    me = found.me
    since = me.today - dt.timedelta(days=ASKED_DAYS)
    last = me.runs.filter(pl.col("day") >= since).tail(1).to_dicts()
    return page(
        request,
        "today.html",
        found=found,
        view=found.kept("today", lambda: listing.today_of(me)),
        last_run=last[0] if last else None,
        noted=_noted(me, last[0]) if last else False,
        morning_kept=any(m.date == me.today for m in diary_views.mornings(me.diary)),
        missed=missed_mornings(me),
        soon=_soon(found),
        stale=stale(found),
        mornings=_mornings(found),
    )


def _followed(me: Runner) -> bool:
    """Whether there has been a plan to keep to for a week at least."""
    return (me.today - first_written(me)).days >= CATCH_UP_DAYS


def first_written(me: Runner) -> dt.date:
    """Return the day from which the diary was kept: nothing was planned or kept before it."""
    days = [e.date for e in me.diary.entries if not e.recalled]
    return min(days, default=me.today)


def stale(found: Opened) -> dt.date | None:
    """Return the day of the newest run where it is weeks ago: a newer export may be missing."""
    me = found.me
    newest = newest_run(me)
    return newest if newest is not None and (me.today - newest).days > STALE_DAYS else None


def newest_run(me: Runner) -> dt.date | None:
    """Return the day of the newest run, None before the first."""
    return None if me.runs.is_empty() else me.runs.row(-1, named=True)["day"]


def _soon(found: Opened) -> list[tuple[dt.date, str]]:
    """Return the changes of the plan in the week behind and the week ahead, newest first."""
    me, week = found.me, dt.timedelta(days=7)
    since = max(first_written(me), me.today - week)
    found_changes = [(c.date, c.text) for c in me.plan().changes]
    return sorted((c for c in found_changes if since <= c[0] <= me.today + week), reverse=True)


def _mornings(found: Opened) -> charts.Picture | None:
    state = found.me.diary_state
    if not state.morning_pain:
        return None
    return found.kept("mornings", lambda: charts.mornings(state))


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
    """The weekly questions, and the person's own activities by the names they gave them."""
    from backinstride import checkin

    found = opened(request)
    names = [a.name for a in checkin.activities(found.me.diary, found.me.today)]
    return page(
        request,
        "week.html",
        found=found,
        questions=checkin.asked("week"),
        activities=(names + [""] * OWN_ACTIVITIES)[:OWN_ACTIVITIES],
    )


def answer(request: Request) -> Response:
    """All of it: verdict, contributors, plan, evidence, doubts."""
    found = opened(request)
    answer = found.answer
    unit = found.me.settings.units
    return page(
        request,
        "answer.html",
        found=found,
        answer=answer,
        weeks=found.kept("weeks", lambda: charts.weeks(answer.load, answer.diary, unit))
        if any(km for _, km in answer.load.weeks[-26:])
        else None,
        stale=stale(found),
        cause=_cause(found, 0),
    )


def _cause(found: Opened, rank: int) -> charts.Picture | None:
    """Return the picture of a contributor that is at least a suspect, None for all others."""
    why = found.me.why()
    if rank >= len(why.contributors):
        return None
    one, me = why.contributors[rank], found.me
    if one.verdict not in ("probably", "suspect"):
        return None
    return found.kept(f"cause{rank}", lambda: charts.cause(me.runs, why, one, me.settings.units))


def _sizes(found: Opened) -> charts.Picture | None:
    why = found.me.why()
    if all(c.hazard_ratio is None for c in why.contributors):
        return None
    return found.kept("sizes", lambda: charts.contributors(why))


def runs(request: Request) -> Response:
    """The runs, newest first, and the whole running life in one picture."""
    found = opened(request)
    me = found.me
    number = max(
        1, int(page_of) if (page_of := request.query_params.get("page", "1")).isdigit() else 1
    )
    rows = found.kept("rows", lambda: list(reversed(listing.activity_rows(me))))
    shown = rows[(number - 1) * RUNS_A_PAGE : number * RUNS_A_PAGE]
    unit = me.settings.units
    return page(
        request,
        "runs.html",
        found=found,
        rows=[
            {**row, "pace": pace_of(row, unit), "date": dt.date.fromisoformat(row["start"][:10])}
            for row in shown
        ],
        number=number,
        more=len(rows) > number * RUNS_A_PAGE,
        total=len(rows),
        years=years_picture(found),
    )


def years_picture(found: Opened) -> charts.Picture | None:
    """Return the whole running life as a picture, None before the first run."""
    me = found.me
    if me.runs.is_empty():
        return None
    return found.kept("years", lambda: charts.years(me.runs, me.settings.units))


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
    return page(
        request,
        "run.html",
        found=found,
        row={**row, "pace": pace_of(row, me.settings.units)},
        exposure=exposure[0] if exposure else None,
        episode=episode,
        drawing=run_picture(found, ident),
        session=_session(me, ident),
        drift=_drift(found, ident),
        explained=listing.explain_activity(me, ident),
    )


def run_picture(found: Opened, ident: str) -> charts.Picture | None:
    """Return one run's streams with its onset marked, None for an unknown or empty one."""
    me = found.me
    table = me.activities().filter(pl.col("id") == ident)
    if table.is_empty():
        return None
    day = table["day"][0]
    episode = next(
        (e for e in diary_views.episodes(me.diary) if ident == e.run or e.date == day), None
    )
    onset_m = episode.onset_m if episode is not None else None
    unit = me.settings.units
    return found.kept(
        f"run-{ident}",
        lambda: charts.run(me.records(ident), onset_m=onset_m, day=day, unit=unit),
    )


def _session(me: Runner, ident: str) -> Session | None:
    from backinstride.exposures import intervals

    return intervals.of_activity(me.library, ident)


def _drift(found: Opened, ident: str) -> tuple[str, ...]:
    """Return in words how form drifted over this run, at the same pace and grade."""
    from backinstride.exposures import drift
    from backinstride.exposures.kilometres import arrays

    def lines() -> tuple[str, ...]:
        samples = drift.samples(arrays(found.me.records(ident)))
        if samples is None:
            return ()
        return tuple(
            f"{DRIFT_WORDS[one.metric][0]}: {one.per_h:+.1f} {DRIFT_WORDS[one.metric][1]} an hour "
            f"at the same pace and gradient"
            + (
                f"; a shuffled run shows as much {one.p:.0%} of the time, so it may be chance."
                if one.p > CHANCE
                else f" (chance alone: {one.p:.1%})."
            )
            for one in drift.of_run(ident, samples)
        )

    return found.kept(f"drift-{ident}", lines)


def look_back(request: Request) -> Response:
    """The past runs that are asked about."""
    from backinstride import lookback

    found = opened(request)
    me = found.me
    asked = lookback.choose(me.runs, me.diary, me.activities(), today=me.today)
    return page(
        request,
        "look_back.html",
        found=found,
        asked=asked,
        reasons=lookback.REASONS,
        newest=newest_run(me),
    )


def why(request: Request) -> Response:
    """The contributors, each with its picture."""
    found = opened(request)
    why = found.me.why()
    causes = [_cause(found, rank) for rank in range(2)]
    return page(request, "why.html", found=found, why=why, causes=causes, sizes=_sizes(found))


def plan(request: Request) -> Response:
    """The plan against what was done."""
    found = opened(request)
    made, me = found.me.plan(), found.me
    began = first_written(me)
    done = dict(me.load.weeks)
    picture = (
        found.kept("plan", lambda: charts.plan(made, done, me.settings.units))
        if made.weeks
        else None
    )
    return page(
        request,
        "plan.html",
        found=found,
        plan=made,
        picture_of_plan=picture,
        changes=[c for c in reversed(made.changes) if c.date >= began],
        kept=me.kept if _followed(me) else None,
    )


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
    drawn = (
        found.kept("shoes", lambda: charts.shoes(me.runs, me.settings.units))
        if worn.height
        else None
    )
    return page(request, "shoes.html", found=found, pairs=pairs, notes=notes, drawing=drawn)


def strength(request: Request) -> Response:
    """Strength, holds and mobility: what was done, and the exercises with their steps."""
    from backinstride import exercises

    found = opened(request)
    me = found.me
    sets = sorted(diary_views.strength(me.diary), key=lambda s: s.date, reverse=True)
    query = request.query_params.get("find", "")
    shown = (
        [(m.exercise, m.remark) for m in exercises.find(query, most=8)]
        if query
        else [(e, "") for e in exercises.all_rows() if e.offered]
    )
    return page(
        request,
        "strength.html",
        found=found,
        sets=sets[:40],
        exercises=shown,
        query=query,
        choices=sorted(exercises.all_rows(), key=lambda e: e.name),
        set_rows=SET_ROWS,
        kept=me.adherence if _followed(me) else (),
    )


def experiments(request: Request) -> Response:
    """The next change worth making, those under way, and what they gave."""
    from backinstride import experiment

    found = opened(request)
    entries = [e for e in found.me.diary.entries if e.kind in ("experiment", "treatment")]
    why = found.me.why()
    today = found.me.today
    block = experiment.diary_entry(why.experiment, today) if why.experiment else ""
    parts = (line.strip().partition(": ") for line in block.splitlines()[1:])
    return page(
        request,
        "experiments.html",
        found=found,
        trial=why.experiment,
        entries=list(reversed(entries)),
        readouts=why.readouts,
        suggested=[(name, value) for name, colon, value in parts if colon],
        review=today + dt.timedelta(weeks=REVIEW_WEEKS),
    )


def evidence(request: Request) -> Response:
    """Every claim with its source, those of this answer first."""
    found = opened(request)
    used = {line.id for line in found.answer.evidence}
    claims = sorted(
        knowledge.every_claim().values(), key=lambda c: (c.id not in used, c.topic, c.id)
    )
    shown = [c for c in claims if c.may_be_shown]
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
    return page(
        request, "settings.html", found=found, settings=found.me.settings, report_parts=REPORT_PARTS
    )


def about(request: Request) -> Response:
    """What this is, what it is not."""
    return page(request, "about.html")


async def not_found(_request: Request, _error: Exception) -> Response:
    """Answer an address that does not exist."""
    return HTMLResponse("<!doctype html><title>Not here</title><p>There is no such page.", 404)


async def failed(_request: Request, _error: Exception) -> Response:
    """Answer when something broke: say so, keep the diary out of it."""
    return HTMLResponse(
        "<!doctype html><title>Something broke</title><p>Something broke while this page was made. "
        "Your diary and runs are as they were. <a href='/today'>Back</a>",
        500,
    )


__all__ = ["back"]
