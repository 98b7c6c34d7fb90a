"""Files handed out: report, calendar, workouts, tables, and Vega out of the installed package.

What writes them is imported when a file is asked for: the app starts without.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, Response

from backinstride import charts
from backinstride.exports import listing
from backinstride.web.pages import run_picture, years_picture
from backinstride.web.view import opened, refused, shared

if TYPE_CHECKING:
    from starlette.requests import Request

BUNDLE = "window.vegaEmbed = vegaEmbed;"


def _named(data: bytes, kind: str, name: str) -> Response:
    head = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=kind, headers=head)


def report_pdf(request: Request) -> Response:
    """The physio's two pages."""
    from backinstride.exports import report

    found = opened(request)
    shareable = bool(request.query_params.get("shareable"))
    left = found.me.settings.leave_out
    data = report.pdf(found.me, found.answer, leave_out=left, shareable=shareable)
    return _named(data, "application/pdf", f"back-in-stride-{found.me.today}.pdf")


def report_txt(request: Request) -> Response:
    """The same as text."""
    from backinstride.exports import report

    found = opened(request)
    text = report.plain_text(found.me, found.answer, leave_out=found.me.settings.leave_out)
    return Response(text, media_type="text/plain; charset=utf-8")


def calendar(request: Request) -> Response:
    """The plan as a calendar, to download or to subscribe to on this machine."""
    from backinstride.exports.calendar import ics

    return _named(ics(opened(request).me.plan()), "text/calendar", "plan.ics")


def workouts(request: Request) -> Response:
    """The runs of the plan as FIT workouts in a zip."""
    from backinstride.exports import workout

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in workout.fit_files(opened(request).me.plan()).items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return _named(out.getvalue(), "application/zip", "workouts.zip")


def everything(request: Request) -> Response:
    """All of it as JSON."""
    from backinstride.exports import bundle

    return _named(bundle.export(opened(request).me, "json"), "application/json", "everything.json")


def activities(request: Request) -> Response:
    """The activities as CSV."""
    rows = listing.activity_rows(opened(request).me)
    return _named(listing.activities_csv(rows).encode(), "text/csv", "runs.csv")


def vega(request: Request) -> Response:
    """Vega out of the installed vl-convert, written once to cache/ under its version."""
    from importlib.metadata import version

    import vl_convert

    path = shared(request).own.path / "cache" / f"vega-{version('vl-convert-python')}-embed.js"
    if not path.exists():
        text = vl_convert.javascript_bundle(BUNDLE)
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
    name = request.path_params["name"]
    drawn = None
    if name == "years":
        years = years_picture(found)
        drawn = years.spec if years is not None else None
    elif name.startswith("run-"):
        picture = run_picture(found, name[4:])
        drawn = charts.run_interactive(picture) if picture is not None else None
    if drawn is None:
        return refused(request, "There is no such picture.", 404)
    return Response(json.dumps(drawn, default=str), media_type="application/json")
