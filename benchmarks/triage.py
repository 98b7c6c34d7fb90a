"""The cost of caution and the reach of the warning signs, on our own vignettes.

    python benchmarks/triage.py [--all]

Prints (1) how many benign, fully answered intake forms end at same_day or above, and which row
sends each; (2) the same for the story alone, before any answer; (3) which texts that hold a sign
reach its level, and which look-alikes fire. Written before tuning: tests/vignettes/triage.toml.
"""

from __future__ import annotations

import collections
import datetime as dt
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

from backinstride import story, triage
from backinstride.values import LEVELS, Verdict

TODAY = dt.date(2026, 11, 24)
VIGNETTES = Path(__file__).parents[1] / "tests" / "vignettes" / "triage.toml"
URGENT = LEVELS.index("same_day")


def rank(verdict: Verdict | None) -> int:
    return -1 if verdict is None else LEVELS.index(verdict.level)


def answered(text: str, said: dict[str, str]) -> tuple[triage.Assessment, int]:
    """Answer every question until none is left: `no` where the form says nothing."""
    read = story.read(text, written_on=TODAY)
    answers = dict(said)
    while True:
        result = triage.assess(story=read, answers=answers, today=TODAY)
        left = [q.id for q in result.ask if q.id not in answers]
        if not left:
            return result, len(answers)
        answers.update(dict.fromkeys(left, "no"))


def sent(verdict: Verdict | None) -> str:
    return "no level" if verdict is None else f"{verdict.level}: {', '.join(verdict.flags) or '-'}"


def forms(cases: list[dict[str, Any]]) -> None:
    levels: collections.Counter[str] = collections.Counter()
    alone: collections.Counter[str] = collections.Counter()
    urgent, before, questions = [], [], 0
    for case in cases:
        first = triage.assess(story=story.read(case["text"], written_on=TODAY), today=TODAY)
        final, count = answered(case["text"], case.get("answers", {}))
        questions += count
        levels[final.verdict.level if final.verdict else "none"] += 1
        alone[first.verdict.level if first.verdict else "none"] += 1
        if rank(final.verdict) >= URGENT:
            urgent.append(f"  {case['id']} -> {sent(final.verdict)}")
        if rank(first.verdict) >= URGENT:
            before.append(f"  {case['id']} -> {sent(first.verdict)}")
    total = len(cases)
    print(f"benign forms, fully answered: {total}, {questions / total:.1f} questions each")
    print(f"  {dict(levels)}")
    print(f"  same_day or above: {len(urgent)} of {total} ({100 * len(urgent) / total:.1f} %)")
    print(*urgent, sep="\n")
    print(f"the same stories before any answer: {dict(alone)}")
    print(f"  same_day or above: {len(before)} of {total} ({100 * len(before) / total:.1f} %)")
    print(*before, sep="\n")


def texts(rows: dict[str, list[dict[str, Any]]], *, show_all: bool) -> None:
    reached = flagged = 0
    for case in rows["fires"]:
        result = triage.assess(story=story.read(case["text"], written_on=TODAY), today=TODAY)
        ok = rank(result.verdict) >= LEVELS.index(case["level"])
        named = result.verdict is not None and case["finding"] in result.verdict.flags
        reached += ok
        flagged += named
        if show_all or not (ok and named):
            print(f"  {case['finding']} (at least {case['level']}): {sent(result.verdict)}")
    print(
        f"texts with a sign: {reached} of {len(rows['fires'])} reach the level, {flagged} name it"
    )
    fired = 0
    for case in rows["lookalike"]:
        result = triage.assess(story=story.read(case["text"], written_on=TODAY), today=TODAY)
        wrong = result.verdict is not None and case["finding"] in result.verdict.flags
        fired += wrong
        if show_all or wrong:
            print(f"  look-alike {case['finding']}: {sent(result.verdict)}")
    print(f"look-alikes: {fired} of {len(rows['lookalike'])} fire")


def main() -> None:
    rows = tomllib.loads(VIGNETTES.read_text(encoding="utf-8"))
    began = time.process_time()
    forms(rows["benign"])
    texts(rows, show_all="--all" in sys.argv[1:])
    print(f"{time.process_time() - began:.1f} s CPU")


if __name__ == "__main__":
    main()
