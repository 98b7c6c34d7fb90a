"""The app: its routes, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from backinstride.web import entries, files_out, forms, importing_page, pages
from backinstride.web.guard import Guard
from backinstride.web.state import App, Folder, Importer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

ROUTES = (
    Route("/", pages.home),
    Route("/tell", pages.tell),
    Route("/tell", forms.tell, methods=["POST"]),
    Route("/tell/read", forms.read_fragment, methods=["POST"]),
    Route("/tell/keep", forms.keep_story, methods=["POST"]),
    Route("/check", forms.check, methods=["POST"]),
    Route("/today", pages.today),
    Route("/today", forms.morning, methods=["POST"]),
    Route("/today/run", forms.run_note, methods=["POST"]),
    Route("/catch-up", pages.catch_up),
    Route("/catch-up", forms.catch_up, methods=["POST"]),
    Route("/week", pages.week),
    Route("/week", forms.week, methods=["POST"]),
    Route("/answer", pages.answer),
    Route("/runs", pages.runs),
    Route("/runs/{ident}", pages.run),
    Route("/runs/{ident}", forms.run_note, methods=["POST"]),
    Route("/look-back", pages.look_back),
    Route("/look-back", forms.look_back, methods=["POST"]),
    Route("/why", pages.why),
    Route("/plan", pages.plan),
    Route("/plan/race", forms.race, methods=["POST"]),
    Route("/diary", pages.diary),
    Route("/diary", forms.diary_text, methods=["POST"]),
    Route("/log", forms.log, methods=["POST"]),
    Route("/shoes", pages.shoes),
    Route("/shoes", entries.shoes, methods=["POST"]),
    Route("/strength", pages.strength),
    Route("/strength", entries.strength, methods=["POST"]),
    Route("/experiments", pages.experiments),
    Route("/experiments", entries.experiment, methods=["POST"]),
    Route("/experiments/treatment", entries.treatment, methods=["POST"]),
    Route("/evidence", pages.evidence),
    Route("/explain/{ident:path}", pages.explain),
    Route("/import", importing_page.show),
    Route("/import", importing_page.upload, methods=["POST"]),
    Route("/import/progress", importing_page.progress),
    Route("/import/cancel", importing_page.cancel, methods=["POST"]),
    Route("/settings", pages.settings),
    Route("/settings", forms.settings, methods=["POST"]),
    Route("/about", pages.about),
    Route("/example", forms.example, methods=["POST"]),
    Route("/example/leave", forms.leave_example, methods=["POST"]),
    Route("/report.pdf", files_out.report_pdf),
    Route("/report.txt", files_out.report_txt),
    Route("/plan.ics", files_out.calendar),
    Route("/workouts.zip", files_out.workouts),
    Route("/everything.json", files_out.everything),
    Route("/runs.csv", files_out.activities),
    Route("/vega.js", files_out.vega),
    Route("/spec/{name}.json", files_out.spec),
)


def create_app(
    folder: Path, *, token: str, today: Callable[[], dt.date], read_only: bool = False
) -> Starlette:
    """Return the app over one runner's folder."""
    static = Mount("/static", StaticFiles(packages=[("backinstride.web", "static")]))
    app = Starlette(
        routes=[*ROUTES, static],
        middleware=[
            Middleware(Guard, token=token),
            Middleware(GZipMiddleware, minimum_size=2000, compresslevel=3),
        ],
        exception_handlers={404: pages.not_found, 500: pages.failed},
    )
    app.state.held = App(
        own=Folder(folder, today),
        importer=Importer(),
        example=folder / "cache" / "example",
        token=token,
        read_only=read_only,
    )
    app.state.examples = {}
    return app
