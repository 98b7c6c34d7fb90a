"""`explain ID`: what any id means, in plain words, with its sources."""

from __future__ import annotations

from typing import Any

from backinstride.knowledge import claims as claims_
from backinstride.knowledge import signs
from backinstride.knowledge.loading import document, files
from backinstride.values import Value

_SKIPPED = ("lexicon", "emergency_numbers")
_NOUNS = {
    "flag": "warning sign",
    "seed": "claim that people make",
    "statement": "what research says",
    "rung": "step of the ladder",
    "unexposed": "suspect without a measure",
    "level": "level of urgency",
    "ask": "safety questions",
    "combination": "warning signs that act together",
}
_PROSE = (
    "sentence", "text", "meaning", "why", "say", "do", "how", "act", "dose", "targets",
    "progress_when", "regress_when", "stop_when", "conflicts", "when_text", "risk", "per", "log",
)  # fmt: skip
_WORDS = {
    "site": "A place on the body, as written under `where`.",
    "quality": "How it feels, as written under `feels`.",
    "tried": "Something that was tried against it, as written under `did`.",
    "seen": "Somebody who was seen about it.",
}
VERDICT_WORDS = {
    "supported": "research supports it",
    "partly": "research supports part of it",
    "untested": "nobody has tested it",
    "partly_contradicted": "research speaks against part of it",
    "contradicted": "research speaks against it",
    "method": "a way of working, not a claim about backs",
}


class Explained(Value, frozen=True):
    """What an id means. `sources`: one line a claim, with its grade and citation."""

    id: str
    kind: str
    title: str
    text: str
    claims: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def explain(ident: str) -> Explained | None:
    """Return what an id means, with its sources; None for an id that nothing here has.

    Looks through every knowledge file: claims, findings, warning signs, statements, timers,
    exercises, rules, contributors, problems. An id in several of them gets all their words.
    """
    if ident in claims_.every_claim():
        return _claim(claims_.every_claim()[ident])
    if ident.startswith("shoe:"):
        row = explain("shoe")
        return None if row is None else _of_pair(row, ident)
    found = [
        (table, row)
        for file in files()
        if not file.startswith(_SKIPPED)
        for table, row in _rows(file)
        if ident in (row.get("id"), row.get("slug")) and table != "claim"
    ]
    flags = [r for f, r in _flags() if ident == f and r not in [row for _, row in found]]
    found += [("flag", row) for row in flags]
    if not found:
        return None
    ids = tuple(dict.fromkeys(c for _, row in found for c in _claims_of(row)))
    return Explained(
        id=ident,
        kind=" and ".join(dict.fromkeys(_noun(table, row) for table, row in found)),
        title=next((t for t in (_title(row) for _, row in found) if t), ident),
        text="\n".join(t for t in (_text(table, row) for table, row in found) if t),
        claims=ids,
        sources=tuple(_source(name) for name in ids),
    )


def _of_pair(row: Explained, ident: str) -> Explained:
    pair = ident.removeprefix("shoe:").replace("-", " ")
    return Explained(
        id=ident,
        kind=row.kind,
        title=f"the pair “{pair}”",
        text=row.text,
        claims=row.claims,
        sources=row.sources,
    )


def _rows(file: str) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for table, content in document(file).items():
        if isinstance(content, list):
            found += [(table, row) for row in content if isinstance(row, dict)]
        elif isinstance(content, dict):
            rows = ((n, r) for n, r in content.items() if isinstance(r, dict))
            found += [(table, {"id": name, **row}) for name, row in rows]
    return found


def _flags() -> list[tuple[str, dict[str, Any]]]:
    return [(row["finding"], row) for row in document("red_flags.toml").get("flag", [])]


def _claims_of(row: dict[str, Any]) -> tuple[str, ...]:
    named = row.get("claims", ())
    return tuple(c for c in named if claims_.claim(c))


def _noun(table: str, row: dict[str, Any]) -> str:
    if table == "finding":
        kind = str(row["kind"])
        return {"sign": "warning sign", "fact": "fact from words or diary"}.get(kind, kind)
    return _NOUNS.get(table, table.replace("_", " "))


def _title(row: dict[str, Any]) -> str:
    for key in ("title", "name", "label", "topic", "claim", "question"):
        if row.get(key):
            return str(row[key])
    return signs.label(row["finding"]) if "finding" in row else ""


def _text(table: str, row: dict[str, Any]) -> str:
    parts = []
    if row.get("question"):
        parts.append(f"Asked: {row['question']}")
    if table in ("flag", "combination"):
        parts.append(f"Level: {row['level'].replace('_', ' ')}{_hours(row)}.")
    if table == "finding" and row["kind"] in _WORDS:
        parts.append(_WORDS[row["kind"]])
    if table == "finding" and row["kind"] == "fact":
        parts.append("A fact that conditions may use, taken from words or the diary.")
    if table == "ask":
        parts += [signs.question(name) for name in row["findings"]]
    if table == "statement":
        parts.append(f"Grade {row['grade']}:")
    if table == "seed":
        parts.append(f"Said by {row['by']}. Judged: {VERDICT_WORDS[row['verdict']]}.")
    for key in _PROSE:
        value = row.get(key)
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        if value:
            parts.append(str(value))
    if table in ("flag", "combination"):
        parts.append("No clinician has signed this row.")
    return " ".join(parts)


def _hours(row: dict[str, Any]) -> str:
    hours = row.get("within_hours")
    return f", within {hours} hours" if hours else ""


def _source(name: str) -> str:
    found = claims_.claim(name)
    return f"{found.id} (grade {found.grade}): {found.sentence} {citation(found)}"


def citation(found: claims_.Claim) -> str:
    """Return the citation with its DOI."""
    return f"{found.citation}{f', doi:{found.doi}' if found.doi else ''}."


def _claim(found: claims_.Claim) -> Explained:
    if not found.may_be_shown:
        text = (
            "This figure is kept off every screen until its source has been opened: "
            f"{claims_.STATUS_WORDS[found.status]}."
        )
        return Explained(
            id=found.id, kind="claim, withheld", title=found.topic, text=text,
            sources=(citation(found),),
        )  # fmt: skip
    size = f" of {found.n:,} people" if found.n else ""
    text = (
        f"{found.sentence}\n"
        f"Grade {found.grade}: {claims_.GRADE_WORDS[found.grade]}. "
        f"Design: {found.design}{size}. Read: {found.read}."
    )
    return Explained(
        id=found.id, kind="claim", title=found.topic, text=text, claims=(found.id,),
        sources=(citation(found),),
    )  # fmt: skip
