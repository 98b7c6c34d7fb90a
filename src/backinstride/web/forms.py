"""What is written. Every function answers a POST: append to the diary, then return to a page."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from backinstride import diary, runner, units
from backinstride import settings as profile
from backinstride.charts.picture import count
from backinstride.errors import BackInStrideError
from backinstride.values import Race
from backinstride.web import pages
from backinstride.web.spans import first_of_each, pieces
from backinstride.web.view import (
    ENV,
    EXAMPLE_COOKIE,
    back,
    folder,
    opened,
    page,
    read_only,
    refused,
    shared,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from backinstride.runner import Runner

STORY_LIMIT = 200_000
RACES = {"half marathon": 21_097.5, "half": 21_097.5, "marathon": 42_195.0}  # metres
Fields = dict[str, str]


def posted(
    write: Callable[[Request, Fields], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a form's function: fields read, writing refused where it must be, errors said."""

    async def handle(request: Request) -> Response:
        if read_only(request):
            return refused(request, "This view is for reading only.", 403)
        form = await request.form()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        try:
            return await run_in_threadpool(write, request, fields)
        except BackInStrideError as error:
            return await run_in_threadpool(
                refused, request, str(error), 409 if error.slug == "diary-changed" else 422
            )

    return handle


def day_of(text: str, today: dt.date) -> dt.date:
    """Return the date of a field; refuses what is no date or lies in the future."""
    try:
        date = dt.date.fromisoformat(text) if text else today
    except ValueError as error:
        raise BackInStrideError(f"“{text}” is not a date; write YYYY-MM-DD.") from error
    if date > today:
        raise BackInStrideError("That date is in the future.")
    return date


def score(text: str, name: str) -> str:
    """Return a score as it is written down; refuses what is not 0 to 10."""
    if not text.strip():
        return ""
    if units.parse_pain(text) is None:
        raise BackInStrideError(f"{name}: a number from 0 (none) to 10 (worst).")
    return f"{units.parse_pain(text):g}/10"


# --- the story --------------------------------------------------------------------------


async def tell(request: Request) -> Response:
    """Show what was understood, the verdict and the questions; nothing is kept yet."""
    form = await request.form()
    text = str(form.get("text", ""))[:STORY_LIMIT]
    if not text.strip():
        return await run_in_threadpool(refused, request, "Write a sentence or two first.")
    return await run_in_threadpool(_show_told, request, text)


def _show_told(request: Request, text: str) -> Response:
    told = runner.tell(text, today=folder(request).today())
    return page(
        request,
        "tell.html",
        text=text,
        told=told,
        pieces=pieces(text, told),
        first_findings=first_of_each(told),
    )


async def read_fragment(request: Request) -> Response:
    """Return the underlined words while somebody types."""
    form = await request.form()
    text = str(form.get("text", ""))[:STORY_LIMIT]
    told = await run_in_threadpool(runner.tell, text, today=folder(request).today())
    html = ENV.get_template("understood.html").render(
        told=told, pieces=pieces(text, told), unit=folder(request).unit
    )
    return HTMLResponse(html)


@posted
def keep_story(request: Request, fields: Fields) -> Response:
    """Keep story, corrections, confirmed episodes and answers in the diary."""
    me = opened(request).me
    text = fields.get("text", "")[:STORY_LIMIT]
    blocks = [
        diary.format_entry(
            me.today,
            "story",
            text,
            [
                ("correct", f"{name[4:]} {value}")
                for name, value in fields.items()
                if name.startswith("fix-") and value
            ],
        )
    ]
    blocks += _confirmed_episodes(fields, me.today)
    answers = [
        (name[6:], value) for name, value in fields.items() if name.startswith("check-") and value
    ]
    if answers:
        blocks.append(diary.format_entry(me.today, "check", None, answers))
    diary.append(me.library.diary_path, blocks)
    return back("/answer", "Your story is kept in the diary.")


def _confirmed_episodes(fields: Fields, today: dt.date) -> list[str]:
    blocks = []
    for k in range(
        int(fields.get("episodes", "0") or 0) if fields.get("episodes", "0").isdigit() else 0
    ):
        part = {n.removeprefix(f"e{k}-"): v for n, v in fields.items() if n.startswith(f"e{k}-")}
        if not part.get("keep"):
            continue
        date = day_of(part.get("date", ""), today)
        kept = [
            ("when", part.get("when", "")),
            ("onset", part.get("onset", "")),
            ("planned", part.get("planned", "")),
            ("pain", score(part.get("pain", ""), "Pain")),
            ("feels", part.get("feels", "")),
            ("where", part.get("where", "")),
            ("shoes", part.get("shoes", "")),
            ("recalled", "yes" if date < today else ""),
        ]
        blocks.append(diary.format_entry(date, "episode", None, [(n, v) for n, v in kept if v]))
    return blocks


@posted
def check(request: Request, fields: Fields) -> Response:
    """Keep answers to the safety questions."""
    me = opened(request).me
    answers = {
        n[6:]: v
        for n, v in fields.items()
        if n.startswith("check-") and v in ("yes", "no", "unsure")
    }
    if not answers:
        raise BackInStrideError("Answer at least one question.")
    diary.append(me.library.diary_path, [_entry("check", me.today, answers)])
    return back(fields.get("next") or "/today", "Your answers are kept.")


# --- every day --------------------------------------------------------------------------


@posted
def morning(request: Request, fields: Fields) -> Response:
    """Keep how the back was this morning."""
    me = opened(request).me
    if not fields.get("pain", "").strip():
        raise BackInStrideError("How was your back this morning? A number from 0 to 10.")
    kept = {
        "pain": score(fields["pain"], "Pain"),
        "stiff": f"{fields['stiff'].strip()} min" if fields.get("stiff", "").strip() else "",
        "sleep": f"{fields['sleep'].strip()} h" if fields.get("sleep", "").strip() else "",
    }
    blocks = [_entry("morning", day_of(fields.get("date", ""), me.today), kept)]
    if fields.get("run-id") and fields.get("run-was"):
        blocks += _run_said(me, fields)
    diary.append(me.library.diary_path, blocks)
    return back("/today", "This morning is kept.")


def _entry(kind: str, date: dt.date, fields: Mapping[str, str], words: str | None = None) -> str:
    """Return one entry, empty fields left out."""
    kept = [(name, value.strip()) for name, value in fields.items() if value.strip()]
    return diary.format_entry(date, kind, words or None, kept)


def _run_said(me: Runner, fields: Fields) -> list[str]:
    """Return the entries of one tap on the run that was found."""
    said, ident = fields["run-was"], fields["run-id"]
    if said not in ("fine", "sore", "spasm"):
        raise BackInStrideError("The run was fine, sore or spasm.")
    found = me.runs.filter(me.runs["id"] == ident)
    if found.is_empty():
        raise BackInStrideError("There is no such run.")
    day = found["day"][0]
    kept = {
        "id": ident,
        "pain": "0/10" if said == "fine" else "",
        "feels": "sore" if said == "sore" else "",
        "shoes": fields.get("run-shoes", ""),
        "surface": fields.get("run-surface", ""),
    }
    blocks = [_entry("run", day, kept, said)]
    if said == "spasm":
        blocks.append(_spasm(me, day, ident, fields.get("run-onset", ""), ""))
    return blocks


def _spasm(me: Runner, day: dt.date, ident: str, onset: str, pain: str) -> str:
    """Return the episode entry of a spasm in a run; refuses an onset that is no distance."""
    onset = onset.strip()
    if onset and units.parse_distance_m(onset, me.settings.units) is None:
        raise BackInStrideError("Where it began: a distance such as 17.25 mi or 27.8 km.")
    if onset and units.parse_distance_m(onset) is None:
        onset = f"{onset} {me.settings.units}"
    told = {"when": "during", "run": ident, "onset": onset, "pain": pain, "feels": "spasm"}
    return _entry("episode", day, told)


@posted
def run_note(request: Request, fields: Fields) -> Response:
    """Keep what the runner says of one run; a spasm becomes an episode."""
    me = opened(request).me
    date = day_of(fields.get("date", ""), me.today)
    ident = fields.get("id", "")
    kept = {
        "id": ident,
        "pain": score(fields.get("pain", ""), "Pain during the run"),
        "after": score(fields.get("after", ""), "Pain after the run"),
        "shoes": fields.get("shoes", ""),
        "surface": fields.get("surface", ""),
        "note": fields.get("note", ""),
    }
    blocks = [_entry("run", date, kept)]
    if fields.get("onset", "").strip():
        blocks.append(_spasm(me, date, ident, fields["onset"], kept["pain"]))
    diary.append(me.library.diary_path, blocks)
    return back(f"/runs/{ident}" if ident else "/today", "Your note is kept.")


@posted
def catch_up(request: Request, fields: Fields) -> Response:
    """Keep missed mornings, marked as recalled."""
    me = opened(request).me
    blocks = []
    for name, value in fields.items():
        if name.startswith("pain-") and value.strip():
            date = day_of(name.removeprefix("pain-"), me.today)
            kept = [("pain", score(value, "Pain")), ("recalled", "yes")]
            blocks.append(diary.format_entry(date, "morning", None, kept))
    if blocks:
        diary.append(me.library.diary_path, blocks)
    return back("/today", f"{count(len(blocks), 'morning')} kept, marked as recalled.")


@posted
def week(request: Request, fields: Fields) -> Response:
    """Keep the weekly check-in: its questions, and the person's own activities by name."""
    from backinstride import checkin

    me = opened(request).me
    kept = {}
    for row in checkin.asked("week"):
        value = fields.get(row.name, "")
        kept[row.name] = score(value, row.question) if row.example.startswith("?/10") else value
    pairs = [(n, v) for n, v in kept.items() if v.strip()]
    for k in range(1, pages.OWN_ACTIVITIES + 1):
        name, value = fields.get(f"activity-{k}", "").strip(), fields.get(f"score-{k}", "")
        if name and value.strip():
            pairs.append(("activity", f"{name.replace(',', ' ')}, {score(value, name)}"))
    if not pairs:
        raise BackInStrideError("Answer at least one question.")
    diary.append(me.library.diary_path, [diary.format_entry(me.today, "week", None, pairs)])
    return back("/today", "Your week is kept.")


@posted
def look_back(request: Request, fields: Fields) -> Response:
    """Keep what is remembered of past runs."""
    from backinstride import lookback

    me = opened(request).me
    asked = {q.run: q for q in lookback.choose(me.runs, me.diary, me.activities(), today=me.today)}
    blocks: list[str] = []
    for name, value in fields.items():
        if name.startswith("run-") and value and name[4:] in asked:
            at = fields.get(f"at-{name[4:]}", "").strip()
            said = (
                f"{value}@{at if units.parse_distance_m(at) else at + me.settings.units}"
                if value == "spasm" and at
                else value
            )
            blocks += lookback.entries(asked[name[4:]], said)
    if blocks:
        diary.append(me.library.diary_path, blocks)
    return back("/why", f"{count(len(blocks), 'run')} kept, marked as recalled.")


# --- diary, race, settings --------------------------------------------------------------


@posted
def log(request: Request, fields: Fields) -> Response:
    """Append one entry of any kind, its fields as lines `name: value`."""
    me = opened(request).me
    kind = fields.get("kind", "note")
    if kind not in diary.KINDS:
        raise BackInStrideError(f"No diary entry is called “{kind}”.")
    pairs: dict[str, str] = {}
    for line in fields.get("lines", "").splitlines():
        name, colon, value = line.partition(":")
        if line.strip() and not colon:
            raise BackInStrideError(f"“{line.strip()}”: write name: value, one a line.")
        if colon:
            pairs[name.strip()] = value.strip()
    date = day_of(fields.get("date", ""), me.today)
    diary.append(me.library.diary_path, [_entry(kind, date, pairs, fields.get("words"))])
    return back(fields.get("next") or "/diary", "The entry is kept.")


@posted
def diary_text(request: Request, fields: Fields) -> Response:
    """Replace the diary's text; refused where the file changed since the page was shown."""
    me = opened(request).me
    diary.replace_all(me.library.diary_path, fields.get("text", ""), fields.get("sha256", ""))
    return back("/diary", "The diary is saved; the old text is kept under cache/diary-backups.")


def _race_km(text: str) -> float:
    """Return the kilometres of "42.195", "26.2 mi", "half marathon"; refuses what is none."""
    named = RACES.get(" ".join(text.replace("-", " ").lower().split()))
    metres = named or units.parse_distance_m(text.replace(",", "."), "km")
    if metres is None or not 0 < metres < 1_000_000:
        raise BackInStrideError(
            f"“{text}” is not a race distance; write 21.1, 26.2 mi or marathon."
        )
    return round(metres / 1000, 4)


@posted
def race(request: Request, fields: Fields) -> Response:
    """Keep the race in sight, or forget it."""
    me = opened(request).me
    if fields.get("forget"):
        profile.save(me.folder / "profile.toml", race=None)
        return back("/plan", "The race is forgotten.")
    try:
        date = dt.date.fromisoformat(fields.get("date", ""))
    except ValueError as error:
        raise BackInStrideError("A race needs a date and a distance.") from error
    distance_km = _race_km(fields.get("distance", ""))
    if date < me.today:
        raise BackInStrideError("That date is past.")
    profile.save(me.folder / "profile.toml", race=Race(date=date, distance_km=distance_km))
    return back("/plan", "The race is kept.")


@posted
def settings(request: Request, fields: Fields) -> Response:
    """Keep units, country and running days."""
    me = opened(request).me
    days = [day for day in profile.DAYS if fields.get(f"day-{day}")]
    country = fields.get("country", "").strip().upper()
    if country and not (len(country) == 2 and country.isalpha()):
        raise BackInStrideError("The country is two letters, such as GB or US.")
    values: dict[str, Any] = {
        "units": "mi" if fields.get("units") == "mi" else "km",
        "country": country or None,
        "run_days": days or None,
        "leave_out": [part for part in pages.REPORT_PARTS if fields.get(f"leave-{part}")] or None,
    }
    profile.save(me.folder / "profile.toml", **values)
    return back("/settings", "The settings are kept.")


# --- the example ------------------------------------------------------------------------


async def example(request: Request) -> Response:
    """Build the invented runner and look at it."""
    app = shared(request)

    def build() -> None:
        from backinstride import demo

        if not (app.example / "runner").is_dir():
            demo.build(app.example)

    await run_in_threadpool(build)
    answer = RedirectResponse("/answer", 303)
    answer.set_cookie(EXAMPLE_COOKIE, "1", httponly=True, samesite="strict", path="/")
    return answer


async def leave_example(_request: Request) -> Response:
    """Go back to one's own folder."""
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(EXAMPLE_COOKIE, path="/", samesite="strict")
    return answer


__all__ = ["pages"]
