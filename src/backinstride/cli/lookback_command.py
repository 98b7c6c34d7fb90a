"""`lookback`: show which past runs are asked about, and keep the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backinstride import diary, lookback
from backinstride.cli.options import emit, talk
from backinstride.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backinstride.runner import Runner


def run(me: Runner, answers: Sequence[str], as_json: bool) -> None:
    """Without answers: the questions. With `ID=answer`: append what they say to the diary."""
    questions = lookback.choose(me.runs, me.diary, me.activities(), today=me.today)
    if not answers:
        lines = [f"{q.run}  {q.text}" for q in questions]
        emit({"runs": questions}, as_json, "\n".join(lines) or "Nothing to ask.")
        return
    blocks = []
    known = {q.run: q for q in questions}
    for answer in answers:
        ident, sign, said = answer.partition("=")
        if not sign or ident not in known:
            raise UsageError(f"{answer!r}: write ID=fine, sore, spasm@17mi, next_day or unknown")
        blocks += lookback.entries(known[ident], said)
    if blocks:
        diary.append(me.library.diary_path, blocks)
    talk(f"{len(blocks)} entries added, marked as recalled.")
    emit({"entries": blocks}, as_json, "\n".join(blocks))
