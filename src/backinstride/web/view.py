"""Rendering: templates, the words they use, and what every page is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

import backinstride
from backinstride import charts, knowledge, units
from backinstride.answer import NOT_A_DEVICE
from backinstride.triage import emergency_page
from backinstride.values import BLOCKING_LEVELS
from backinstride.web.state import App, Folder, Opened
from backinstride.wording import LEVEL_WORDS, STATUS_WORDS, VERDICT_WORDS

if TYPE_CHECKING:
    import datetime as dt

    from starlette.requests import Request

    from backinstride.charts import Picture

EXAMPLE_COOKIE = "backinstride_example"
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
        day=_day,
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
