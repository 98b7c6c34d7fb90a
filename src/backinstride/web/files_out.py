"""Files handed out: report, calendar, workouts, tables, and Vega out of the installed package."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import polars as pl
from starlette.responses import FileResponse, JSONResponse, Response

from backinstride import charts, diary_views
from backinstride.exports import bundle, listing, report, workout
from backinstride.exports import calendar as ical
from backinstride.web.view import opened, refused, shared

if TYPE_CHECKING:
    from starlette.requests import Request


def _named(data: bytes, kind: str, name: str) -> Response:
    head = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=kind, headers=head)


def report_pdf(request: Request) -> Response:
    """The physio's two pages."""
    found = opened(request)
    shareable = bool(request.query_params.get("shareable"))
    left = found.me.settings.leave_out
    data = report.pdf(found.me, found.answer, leave_out=left, shareable=shareable)
    return _named(data, "application/pdf", f"back-in-stride-{found.me.today}.pdf")


def report_txt(request: Request) -> Response:
    """The same as text."""
    found = opened(request)
    text = report.plain_text(found.me, found.answer, leave_out=found.me.settings.leave_out)
    return Response(text, media_type="text/plain; charset=utf-8")


def calendar(request: Request) -> Response:
    """The plan as a calendar, to download or to subscribe to on this machine."""
    return _named(ical.ics(opened(request).answer.plan), "text/calendar", "plan.ics")


def workouts(request: Request) -> Response:
    """The runs of the plan as FIT workouts in a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in workout.fit_files(opened(request).answer.plan).items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return _named(out.getvalue(), "application/zip", "workouts.zip")


def everything(request: Request) -> Response:
    """All of it as JSON."""
    return _named(bundle.export(opened(request).me, "json"), "application/json", "everything.json")


def activities(request: Request) -> Response:
    """The activities as CSV."""
    rows = listing.activity_rows(opened(request).me)
    return _named(listing.activities_csv(rows).encode(), "text/csv", "runs.csv")


def vega(request: Request) -> Response:
    """Vega out of the installed vl-convert, written once to cache/ under its version."""
    from importlib.metadata import version

    import vl_convert

    path = shared(request).own.path / "cache" / f"vega-{version('vl-convert-python')}.js"
    if not path.exists():
        text = vl_convert.javascript_bundle()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return FileResponse(
        path, media_type="text/javascript", headers={"cache-control": "max-age=86400"}
    )


def spec(request: Request) -> Response:
    """The Vega-Lite spec of an interactive picture: `years`, or `run-ID`."""
    found = opened(request)
    name, unit = request.path_params["name"], found.me.settings.units
    if name == "years" and found.me.runs.height:
        return JSONResponse(
            json.loads(json.dumps(charts.years(found.me.runs, unit).spec, default=str))
        )
    if name.startswith("run-"):
        table = found.me.activities().filter(pl.col("id") == name[4:])
        if not table.is_empty():
            day = table["day"][0]
            episode = next((e for e in diary_views.episodes(found.me.diary) if e.date == day), None)
            drawn = charts.run(
                found.me.records(name[4:]),
                onset_m=episode.onset_m if episode else None,
                day=day,
                unit=unit,
            )
            if drawn is not None:
                return JSONResponse(
                    json.loads(json.dumps(charts.run_interactive(drawn), default=str))
                )
    return refused(request, "There is no such picture.", 404)
