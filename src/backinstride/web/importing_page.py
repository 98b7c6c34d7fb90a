"""Drop an export: streamed to the folder's cache, read in the background, watched by a page."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from backinstride import charts
from backinstride.web.view import ENV, back, opened, page, read_only, refused, shared

if TYPE_CHECKING:
    from starlette.datastructures import UploadFile
    from starlette.requests import Request

CHUNK = 1 << 20
POLL_MS = 300


def show(request: Request) -> Response:
    """The page to drop files on, with the progress of what is being read."""
    found = opened(request)
    years = charts.years(found.me.runs, found.me.settings.units) if found.me.runs.height else None
    return page(
        request,
        "import.html",
        found=found,
        job=shared(request).importer.current,
        poll_ms=POLL_MS,
        years=years,
    )


async def upload(request: Request) -> Response:
    """Keep the uploaded files under cache/ while they are read."""
    if read_only(request):
        return await run_in_threadpool(refused, request, "This view is for reading only.", 403)
    me = (await run_in_threadpool(opened, request)).me
    place = me.folder / "cache" / "uploads" / secrets.token_hex(8)
    async with request.form(max_files=10_000, max_fields=100) as form:
        sent = [item for item in form.getlist("files") if not isinstance(item, str)]
        paths = [await _store(item, place) for item in sent if item.filename]
    if not paths:
        return await run_in_threadpool(refused, request, "Choose a file first.")
    if not shared(request).importer.start(me, [place], remove=place):
        shutil.rmtree(place, ignore_errors=True)
        return await run_in_threadpool(refused, request, "Another import is still running.", 409)
    return back("/import")


async def _store(item: UploadFile, place: Path) -> Path:
    """Write one upload; only the last part of its name is used, and never as a path."""
    name = PurePosixPath((item.filename or "file").replace("\\", "/")).name
    safe = "".join(c if c.isprintable() and c not in ':*?"<>|' else "_" for c in name)[-120:]
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = place / (safe.lstrip(".") or "file")
    if target.exists():
        target = place / f"{secrets.token_hex(3)}-{target.name}"
    with target.open("xb") as stream:
        target.chmod(0o600)
        while chunk := await item.read(CHUNK):
            await run_in_threadpool(stream.write, chunk)
    return target


def progress(request: Request) -> Response:
    """The progress as a fragment; without an interval once it is done."""
    job = shared(request).importer.current
    return HTMLResponse(ENV.get_template("progress.html").render(job=job, poll_ms=POLL_MS))


async def cancel(request: Request) -> Response:
    """Stop at the next file."""
    shared(request).importer.cancel()
    return back("/import", "The import stops at the next file; what was read stays.")
