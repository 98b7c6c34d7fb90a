"""Values as a notebook shows them: the same words and pictures as page and report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from backinstride import charts
from backinstride.answer import NOT_A_DEVICE
from backinstride.exports.text import session_text
from backinstride.values import Answer, Contributor, Load, Plan, Session, Told, Value, Verdict, Why
from backinstride.wording import LEVEL_WORDS, STATUS_WORDS, VERDICT_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WEEKS = 2  # of a plan; the rest is counted


def html(value: Value) -> str | None:
    """Return a value as HTML, escaped; None for one that is best read as it prints."""
    for kind, show in SHOWN:
        if isinstance(value, kind):
            return str(show(value))
    return None


def _paragraphs(*parts: str) -> Markup:
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts if part)


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Markup:
    head = Markup("").join(Markup("<th>{}</th>").format(cell) for cell in header)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row)
        )
        for row in rows
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def _picture(picture: charts.Picture) -> Markup:
    drawing = Markup(charts.svg(picture, "print"))  # noqa: S704 - drawn by ourselves, escaped there
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(
        drawing, picture.sentence
    )


def _verdict(verdict: Verdict) -> Markup:
    by = f"By {verdict.by}." if verdict.by else ""
    flags = f"Because of: {', '.join(verdict.flags).replace('_', ' ')}." if verdict.flags else ""
    return Markup("<h3>{}</h3>{}").format(
        LEVEL_WORDS[verdict.level], _paragraphs(verdict.why, verdict.act, by, flags)
    )


def _told(told: Told) -> Markup:
    verdict = _verdict(told.verdict) if told.verdict is not None else Markup("<h3>Not judged</h3>")
    rows = [
        (f.id.replace("_", " ") + STATUS_WORDS[f.status], f"“{f.quote}”") for f in told.findings
    ]
    asked = Markup("").join(Markup("<li>{}</li>").format(q.question) for q in told.ask)
    return Markup("{}{}<p>To be asked:</p><ul>{}</ul>").format(
        verdict, _table(("read as", "words"), rows), asked
    )


def _contributor(one: Contributor) -> Markup:
    return Markup("<h4>{}: {}</h4>{}").format(
        one.label, VERDICT_WORDS[one.verdict], _paragraphs(one.sentence)
    )


def _why(why: Why) -> Markup:
    if why.blocked_by is not None:
        return _paragraphs(
            f"Not shown: a warning sign is open ({', '.join(why.blocked_by.flags)})."
        )
    known = [c for c in why.contributors if c.verdict != "not_knowable"]
    sized = any(c.hazard_ratio is not None for c in known)
    rows = [
        (
            c.label,
            VERDICT_WORDS[c.verdict],
            "" if c.prior is None else f"{c.prior:.0%}",
            "" if c.posterior is None else f"{c.posterior:.0%}",
        )
        for c in known
    ]
    header = ("contributor", "what can be said", "before these runs", "with them")
    drawing = _picture(charts.contributors(why)) if sized else Markup("")
    return _paragraphs(why.summary) + drawing + _table(header, rows)


def _session(session: Session) -> Markup:
    return _paragraphs(session_text(session, "km").strip(), session.note)


def _plan(plan: Plan) -> Markup:
    if plan.blocked_by is not None:
        return _paragraphs(f"No plan: a warning sign is open ({', '.join(plan.blocked_by.flags)}).")
    rows = [
        (f"{s.date:%a %d %b}", week.phase, session_text(s, "km").strip()[12:], s.stop_if)
        for week in plan.weeks[:WEEKS]
        for s in week.sessions
    ]
    more = len(plan.weeks) - WEEKS
    rest = f"… and {more} more weeks." if more > 0 else ""
    return (
        _paragraphs(plan.why)
        + _table(("day", "phase", "session", "stop if"), rows)
        + _paragraphs(rest)
    )


def _load(load: Load) -> Markup:
    rows = [(f"{week}", f"{km:.1f}") for week, km in load.weeks[-8:]]
    said = f"{load.runs} runs, {load.running_km:.0f} km, {load.first_day} to {load.last_run}."
    return _paragraphs(said if load.runs else "No runs.") + _table(("week of", "km"), rows)


def _answer(answer: Answer) -> Markup:
    weeks = _picture(charts.weeks(answer.load, answer.diary)) if answer.load.runs else Markup("")
    blocked = answer.plan.blocked_by is not None
    parts = (
        Markup("")
        if blocked
        else Markup("<h3>What likely contributes</h3>{}{}<h3>What to do</h3>{}").format(
            _why(answer.contributors), weeks, _plan(answer.plan)
        )
    )
    doubts = Markup("").join(Markup("<li>{}</li>").format(d) for d in answer.doubts)
    return Markup("{}{}<h3>What this does not know</h3><ul>{}</ul>{}").format(
        _verdict(answer.verdict), parts, doubts, _paragraphs(NOT_A_DEVICE)
    )


SHOWN: tuple[tuple[type[Value], Callable[..., Markup]], ...] = (
    (Answer, _answer),
    (Told, _told),
    (Why, _why),
    (Plan, _plan),
    (Verdict, _verdict),
    (Contributor, _contributor),
    (Session, _session),
    (Load, _load),
)
