"""The answer as plain text for a terminal or a record: verdict first, evidence last."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from backinstride import units
from backinstride.answer import NOT_A_DEVICE, to_learn, to_settle
from backinstride.wording import LEVEL_WORDS, STATUS_WORDS, VERDICT_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backinstride.units import DistanceUnit
    from backinstride.values import (
        Answer,
        Contributor,
        Finding,
        Load,
        Plan,
        Question,
        Session,
        Told,
        Verdict,
        Why,
    )

WIDTH = 88
GRADES = "A several trials, B one good trial or large cohort, C small or conflicting, D opinion."


def wrap(text: str, indent: str = "", first: str | None = None) -> str:
    """Return the text wrapped for a terminal."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def heading(text: str) -> str:
    """Return a heading line."""
    return f"\n{text}\n{'-' * len(text)}"


def verdict_text(verdict: Verdict | None) -> str:
    """Return the verdict: level, reason, what to do, by when."""
    if verdict is None:
        return wrap(
            "This story is not in a language that is read here, so nothing was judged. "
            "Answer the questions below; if one of them is a yes, get help now."
        )
    lines = [
        LEVEL_WORDS[verdict.level].upper()
        if verdict.within_hours == 0
        else LEVEL_WORDS[verdict.level]
    ]
    lines += [wrap(part) for part in (verdict.why, verdict.act) if part]
    if verdict.by is not None:
        lines.append(f"By: {verdict.by:%A} {verdict.by.day} {verdict.by:%B %Y}.")
    return "\n".join(lines)


def questions_text(questions: Iterable[Question]) -> str:
    """Return the questions, one a line, with the id that answers them."""
    return "\n".join(wrap(f"{q.question}  [{q.id}]", "    ", "  ? ") for q in questions)


def _finding(finding: Finding) -> str:
    value = (
        ""
        if finding.value is None
        else f" = {finding.value}{' ' + finding.unit if finding.unit else ''}"
    )
    return f"  {finding.id}{value}{STATUS_WORDS[finding.status]}: “{finding.quote}”"


def told_text(told: Told) -> str:
    """Return what was read, verdict first."""
    parts = [verdict_text(told.verdict)]
    if told.ask:
        parts += [heading("To be asked"), questions_text(told.ask)]
    if told.episodes:
        parts.append(heading("Episodes"))
        for episode in told.episodes:
            where = ", ".join(episode.site).replace("_", " ") or "place not said"
            how = ", ".join(episode.quality) or "pain"
            km = f" at {episode.onset_km:g} km" if episode.onset_km is not None else ""
            of = f" of {episode.planned_km:g} km planned" if episode.planned_km is not None else ""
            parts.append(f"  {episode.when.replace('_', ' ')}{km}{of}: {how} ({where})")
    if told.findings:
        parts += [heading("Understood"), *(_finding(f) for f in told.findings)]
    for name, values in (
        ("Suspected by you", told.suspects),
        ("Tried", told.tried),
        ("Seen", told.seen),
    ):
        if values:
            parts.append(f"  {name}: {', '.join(values).replace('_', ' ')}")
    return "\n".join([*parts, "", wrap(NOT_A_DEVICE)])


def contributor_text(contributor: Contributor) -> str:
    """Return one contributor: its verdict word, sentence, size and what it is mixed up with."""
    mark = VERDICT_WORDS[contributor.verdict]
    lines = [f"  {contributor.label}: {mark}"]
    if contributor.sentence:
        lines.append(wrap(contributor.sentence, "      "))
    return "\n".join(lines)


def why_text(why: Why) -> str:
    """Return the contributors in order, with what cannot be told and what to try next."""
    if why.blocked_by is not None:
        return wrap(
            f"Not shown: a warning sign is open ({', '.join(why.blocked_by.flags)}). "
            "That comes first; answer the questions or be seen."
        )
    parts = [wrap(why.summary)] if why.summary else []
    known = [c for c in why.contributors if c.verdict != "not_knowable"]
    parts += [contributor_text(c) for c in known]
    unknown = [c.label for c in why.contributors if c.verdict == "not_knowable"]
    if unknown:
        parts.append(
            wrap(f"Cannot be known from these data: {', '.join(unknown)}.", "      ", "  ")
        )
    for group in why.groups:
        parts.append(
            wrap(
                f"Cannot be told apart: {', '.join(group.of)}; "
                f"at least one of them: {group.posterior:.0%}.",
                "      ",
                "  ",
            )
        )
    if why.agreement:
        parts.append(wrap(why.agreement))
    if why.experiment is not None:
        trial = why.experiment
        parts += [heading("What would tell more"), wrap(trial.change), wrap(trial.why)]
        if trial.runs_needed:
            parts.append(
                f"Runs needed: {trial.runs_needed[0]} to {trial.runs_needed[1]}; "
                f"outcome: {trial.outcome}."
            )
        parts += [wrap(f"Stop if {trial.stop_if}")] if trial.stop_if else []
    if to_learn(why.ask):
        parts += [heading("Questions that would teach most"), questions_text(to_learn(why.ask))]
    parts += [wrap(f"Left out: {'; '.join(why.left_out)}.")] if why.left_out else []
    parts += [wrap(d, "    ", "  - ") for d in why.descriptions]
    return "\n".join(parts)


def session_text(session: Session, unit: DistanceUnit) -> str:
    """Return one session as a line."""
    size = []
    what = session.title or session.kind.replace("_", "-")
    told = unit == "km" and f"{session.distance_km or 0:g} km" in what
    if session.distance_km is not None and session.kind in ("run", "run_walk", "race") and not told:
        size.append(units.distance(session.distance_km * 1000, unit))
    if session.duration_min is not None and f"{session.duration_min:.0f} min" not in what:
        size.append(f"{session.duration_min:.0f} min")
    effort = f", {session.intensity}" if session.intensity else ""
    colon = ": " if size else ""
    day = f"{session.date:%a} {session.date.day:2d} {session.date:%b}"
    return f"  {day}  {what}{colon}{', '.join(size)}{effort}"


def plan_text(plan: Plan, unit: DistanceUnit = "km", weeks: int | None = None) -> str:
    """Return the plan; `weeks` limits it to the first weeks."""
    if plan.blocked_by is not None:
        return wrap(
            f"No plan: a warning sign is open ({', '.join(plan.blocked_by.flags)}). "
            "Be seen first; a check entry that answers it lifts this."
        )
    parts = []
    if plan.race is not None:
        left = (plan.race.date - plan.from_).days
        parts.append(
            f"Race: {plan.race.date} "
            f"({units.distance(plan.race.distance_km * 1000, unit)}), in {left} days."
        )
    parts += [wrap(plan.why)] if plan.why else []
    parts += [wrap(option.text, "      ", "  or: ") for option in plan.options]
    parts += [wrap(f"From your physio: {order}") for order in plan.orders]
    parts += [wrap(f"{c.date}: {c.text}", "    ", "  changed ") for c in plan.changes]
    for week in plan.weeks[:weeks]:
        parts.append(f"\nWeek of {week.start} ({week.phase})")
        parts += [session_text(s, unit) for s in week.sessions]
    if weeks is not None and len(plan.weeks) > weeks:
        parts.append(f"\n… and {len(plan.weeks) - weeks} more weeks (backinstride plan).")
    stops = [
        s.stop_if
        for week in plan.weeks
        for s in week.sessions
        if s.stop_if and s.kind in ("run", "run_walk")
    ]
    parts += ["", wrap(f"In a run: {stops[0]}")] if stops else []
    return "\n".join(parts)


def load_text(load: Load, unit: DistanceUnit) -> str:
    """Return the recent load in two lines."""
    total = units.distance(load.running_km * 1000, unit, 0)
    week = units.distance((load.last_7d_km or 0) * 1000, unit)
    month = units.distance((load.last_28d_km or 0) * 1000, unit)
    longest = units.distance(load.longest_30d_km * 1000, unit) if load.longest_30d_km else "none"
    return (
        f"  {load.runs} runs, {total}, {load.first_day} to {load.last_run}; "
        f"last 7 days {week}, last 28 days {month}.\n"
        + wrap(
            f"Longest of the last 30 days: {longest}. In the last 12 weeks {load.spikes_12w} runs "
            "went more than 10 % beyond the longest of the 30 days before.",
            "  ",
        )
    )


def answer_text(answer: Answer, unit: DistanceUnit = "km") -> str:
    """Return the whole answer in the order that matters."""
    parts = [verdict_text(answer.verdict)]
    if to_settle(answer.ask):
        parts.append(heading("Please answer (backinstride log check ID=yes|no|unsure)"))
        parts.append(questions_text(to_settle(answer.ask)))
    if answer.load.runs:
        parts += [heading("Your runs"), load_text(answer.load, unit)]
    parts += [heading("What likely contributes"), why_text(answer.contributors)]
    parts += [heading("What to do"), plan_text(answer.plan, unit, weeks=2)]
    if answer.diary.due:
        parts += [heading("Due today"), *(wrap(d, "    ", "  - ") for d in answer.diary.due)]
    parts.append(heading("What this answer does not know"))
    parts += [wrap(d, "    ", "  - ") for d in answer.doubts]
    if answer.evidence:
        parts.append(heading("Evidence"))
        parts.append(wrap(GRADES, "  "))
        for line in answer.evidence:
            claim = f"[{line.id}, {line.grade}] {line.sentence} {line.citation}"
            parts.append(wrap(claim, "      ", "  "))
    return "\n".join(parts)
