"""Drop an export: streamed to the folder's cache, read in the background, watched by a page."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from backinstride.web.pages import years_picture
from backinstride.web.view import ENV, back, opened, page, read_only, refused, shared

if TYPE_CHECKING:
    from starlette.datastructures import UploadFile
    from starlette.requests import Request

    from backinstride.web.state import Import

CHUNK = 1 << 20
POLL_MS = 300
RISING_WIDTH, RISING_HEIGHT = 320, 108


def show(request: Request) -> Response:
    """The page to drop files on, with the progress of what is being read."""
    found = opened(request)
    job = shared(request).importer.current
    return page(
        request,
        "import.html",
        found=found,
        job=job,
        poll_ms=POLL_MS,
        rising=rising(job),
        years=None if job is not None else years_picture(found),
    )


def rising(job: Import | None) -> Markup:
    """Return the years met so far as bars, drawn without a library: it must never wait for one."""
    if job is None or not job.by_year:
        return Markup("")
    counts = dict(job.by_year)
    years = range(min(counts), max(counts) + 1)
    most = max(*counts.values(), 1)
    step = RISING_WIDTH / len(years)
    every = -(-len(years) // 10)
    bars = Markup("").join(
        Markup(
            '<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="2"/>'
            '<text x="{middle:.1f}" y="128" text-anchor="middle">{year}</text>'
        ).format(
            x=k * step + step * 0.12,
            w=step * 0.76,
            y=RISING_HEIGHT - (h := counts.get(year, 0) / most * RISING_HEIGHT) + 4,
            h=h,
            middle=(k + 0.5) * step,
            year=f"’{year % 100:02d}" if k % every == 0 else "",
        )
        for k, year in enumerate(years)
    )
    said = "Runs met so far: " + ", ".join(f"{year} {counts.get(year, 0)}" for year in years) + "."
    return Markup(
        '<svg class="rising" viewBox="0 0 {} 132" role="img" aria-label="{}">{}</svg>'
    ).format(RISING_WIDTH, said, bars)


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
    target = await run_in_threadpool(_free_name, item.filename or "file", place)
    with await run_in_threadpool(target.open, "xb") as stream:
        while chunk := await item.read(CHUNK):
            await run_in_threadpool(stream.write, chunk)
    return target


def _free_name(sent: str, place: Path) -> Path:
    name = PurePosixPath(sent.replace("\\", "/")).name
    safe = "".join(c if c.isprintable() and c not in ':*?"<>|' else "_" for c in name)[-120:]
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = place / (safe.lstrip(".") or "file")
    return place / f"{secrets.token_hex(3)}-{target.name}" if target.exists() else target


def progress(request: Request) -> Response:
    """The progress as a fragment; without an interval once it is done."""
    job = shared(request).importer.current
    unit = shared(request).own.unit
    text = ENV.get_template("progress.html").render(
        job=job, poll_ms=POLL_MS, rising=rising(job), unit=unit
    )
    return HTMLResponse(text)


async def cancel(request: Request) -> Response:
    """Stop at the next file."""
    shared(request).importer.cancel()
    return back("/import", "The import stops at the next file; what was read stays.")
