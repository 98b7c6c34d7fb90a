"""Rendering: templates, the words they use, and what every page is given."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

import backinstride
from backinstride import charts, exercises, knowledge, units
from backinstride.answer import NOT_A_DEVICE, to_learn, to_settle
from backinstride.triage import emergency_page
from backinstride.values import BLOCKING_LEVELS
from backinstride.web.state import App, Folder, Opened
from backinstride.wording import LEVEL_WORDS, STATUS_WORDS, VERDICT_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from backinstride.charts import Picture
    from backinstride.diary_views import ShoeNote

EXAMPLE_COOKIE = "backinstride_example"
CORRECT_WORDS = {
    "present": "I have it",
    "denied": "I do not have it",
    "past": "I had it once, not now",
    "other": "somebody else has it",
    "hypothetical": "only feared or asked about",
}
NAVIGATION = (
    ("/today", "Today"),
    ("/tell", "Tell"),
    ("/answer", "Answer"),
    ("/plan", "Plan"),
    ("/runs", "Runs"),
    ("/diary", "Diary"),
)
MORE_PAGES = (
    ("/why", "Contributors"),
    ("/shoes", "Shoes"),
    ("/strength", "Strength"),
    ("/experiments", "Experiments"),
    ("/look-back", "Look back"),
    ("/evidence", "Evidence"),
    ("/import", "Import"),
    ("/settings", "Settings"),
    ("/about", "About"),
)


def _picture(picture: Picture | None) -> Markup:
    """Return a figure: drawing for a page and for a phone, sentence, and the table behind it."""
    if picture is None:
        return Markup("")
    row = Markup("<tr>{}</tr>")
    head = row.format(
        Markup("").join(Markup("<th scope=col>{}</th>").format(h) for h in picture.header)
    )
    body = Markup("").join(
        row.format(Markup("").join(Markup("<td>{}</td>").format(c) for c in cells))
        for cells in picture.rows
    )
    return Markup(
        '<figure class="picture" id="{name}"><div class="drawing" role="img" '
        'aria-label="{said}"><div class="wide">{wide}</div><div class="narrow">{narrow}</div></div>'
        "<figcaption>{said}</figcaption>"
        "<details><summary>Show as table</summary><div class=scroll tabindex=0 role=region "
        'aria-label="Table: {title}"><table><thead>{head}</thead><tbody>{body}</tbody></table>'
        "</div></details></figure>"
    ).format(
        name=picture.name,
        title=picture.title,
        said=picture.sentence,
        wide=Markup(charts.svg(picture)),  # noqa: S704 - drawn by ourselves from a spec, escaped there
        narrow=Markup(charts.svg(picture, width=charts.NARROW)),  # noqa: S704 - see above
        head=head,
        body=body,
    )


def _day(value: dt.date | None) -> str:
    return "" if value is None else f"{value:%a} {value.day} {value:%b %Y}"


_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


def dated(text: str) -> str:
    """Return a sentence with its dates as people write them: 2026-11-22 as 22 Nov 2026."""

    def said(found: re.Match[str]) -> str:
        try:
            date = dt.date.fromisoformat(found.group())
        except ValueError:
            return found.group()
        return f"{date.day} {date:%b %Y}"

    return _ISO.sub(said, str(text))


def shoe_name(ident: str, notes: Mapping[str, ShoeNote] | None = None) -> str:
    """Return a pair's name as the diary has it, else its id with spaces."""
    note = (notes or {}).get(ident)
    return (note.name if note is not None else None) or ident.replace("-", " ")


def exercise_name(name: str) -> str:
    """Return what an exercise of ours is called, else the name as it was written."""
    known = exercises.exercise(name.replace("_", "-"))
    return known.name if known is not None else name.replace("_", " ")


def source(ident: str) -> str:
    """Return a claim's source in a word or two, such as "Cai 2017"; its id where there is none."""
    claim = knowledge.every_claim().get(ident)
    if claim is None:
        return ident
    if claim.status == "own" or claim.citation.startswith("Back in Stride"):
        return "our own rule"
    first = re.match(r"[^\s,.;0-9]+(?: [^\s,.;0-9]+)?", claim.citation)
    year = re.search(r"\b(?:19|20)\d\d\b", claim.citation)
    if first is None:
        return ident
    name = re.sub(r" [A-Z]{1,3}$", "", first.group())
    return f"{name} {year.group()}" if year else name


def environment() -> jinja2.Environment:
    """Return the templates, everything escaped by default."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    env.filters.update(
        settle=to_settle,
        learn=to_learn,
        day=_day,
        dated=dated,
        shoe=shoe_name,
        exercise=exercise_name,
        source=source,
        plain=lambda word: str(word).replace("_", " "),
        km=lambda km, unit: units.distance(None if km is None else km * 1000, unit),
        metres=units.distance,
        clock=units.duration,
        percent=lambda share: "" if share is None else f"{share:.0%}",
        label=lambda ident: knowledge.label(ident) or str(ident).replace("_", " "),
    )
    env.globals.update(
        picture=_picture,
        navigation=NAVIGATION,
        more_pages=MORE_PAGES,
        level_words=LEVEL_WORDS,
        verdict_words=VERDICT_WORDS,
        status_words=STATUS_WORDS,
        correct_words=CORRECT_WORDS,
        not_a_device=NOT_A_DEVICE,
    )
    return env


ENV = environment()


def shared(request: Request) -> App:
    """Return what the app holds."""
    held: App = request.app.state.held
    return held


def folder(request: Request) -> Folder:
    """Return the folder shown: the runner's own, or the invented example."""
    app = shared(request)
    if showing_example(request):
        from backinstride.demo import invented

        return Folder(app.example / "runner", lambda: invented.TODAY)
    return app.own


def showing_example(request: Request) -> bool:
    """Whether this browser looks at the invented runner."""
    return EXAMPLE_COOKIE in request.cookies and (shared(request).example / "runner").is_dir()


def opened(request: Request) -> Opened:
    """Return the runner as the files stand."""
    if showing_example(request):
        examples: dict[str, Folder] = request.app.state.examples
        return examples.setdefault("example", folder(request)).open()
    app = shared(request)
    return app.own.open(importing=app.importer.running)


def read_only(request: Request) -> bool:
    """Whether nothing may be written: a physio's view, or the example."""
    return shared(request).read_only or showing_example(request)


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a page with what every page shows: the verdict's banner, the way round."""
    found: Opened = values.pop("found", None) or opened(request)
    verdict = found.verdict
    text = ENV.get_template(template).render(
        path=request.url.path,
        found=found,
        me=found.me,
        today=found.me.today,
        version=backinstride.__version__,
        unit=found.me.settings.units,
        blocked=verdict.level in BLOCKING_LEVELS,
        verdict=verdict,
        urgent=emergency_page(verdict, found.me.settings.country),
        example=showing_example(request),
        read_only=read_only(request),
        said=request.query_params.get("said", ""),
        **values,
    )
    return HTMLResponse(text, status_code=status)


def back(path: str, said: str = "") -> Response:
    """Return to a page after a post, with a word of what was done."""
    from urllib.parse import quote

    path = path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/today"
    return RedirectResponse(f"{path}?said={quote(said)}" if said else path, 303)


def refused(request: Request, message: str, status: int = 422) -> Response:
    """Show what could not be accepted and why, in a page or (for the script) as a fragment."""
    if request.headers.get("x-fragment"):
        return HTMLResponse(
            Markup('<p class="refused" role="alert">{}</p>').format(message), status_code=status
        )
    return page(request, "refused.html", status=status, message=message)
