"""How well stories are read: precision and recall per field, on seeds and own vignettes.

    python benchmarks/story.py [--misses] [before|after|seeds …]

A field counts only where the label says something about it. Warning signs: `signs` must be read as
present; `asked` must be found with another status; anything else read as present is false.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backinstride import story
from backinstride.story.lexicon import lexicon

if TYPE_CHECKING:
    from backinstride.values import Story

ROOT = Path(__file__).resolve().parents[1]
VIGNETTES = ROOT / "tests" / "vignettes" / "reading.toml"
LABELS = ROOT.parent / "shared" / "seeds" / "labels.jsonl"
CLOSER = {"leg_weakness_worse", "pregnancy_alarm", "stooped"}  # no signs of their own
SIGNS = frozenset(row.id for kind, row in lexicon().rows if kind == "sign") - CLOSER
SETS = ("signs", "suspects", "tried", "seen", "site", "quality")
SEED_QUALITY = {"severe"}
NUMBERS = (
    "onset_km", "planned_km", "longest_recent_km", "weekly_km", "severity",
    "age", "height_m", "weight_kg", "deadlift_1rm_kg", "squat_1rm_kg",
)  # fmt: skip
EXACT = ("about", "when", "sex", "goal_race", "layoff")


def vignettes(name: str) -> list[dict[str, Any]]:
    rows = tomllib.loads(VIGNETTES.read_text(encoding="utf-8"))["vignette"]
    return [row for row in rows if row["set"] == name]


def seeds() -> list[dict[str, Any]]:
    posts = []
    for label in map(json.loads, LABELS.read_text(encoding="utf-8").splitlines()):
        row: dict[str, Any] = {
            "id": label["id"], "text": label["text"],
            "about": {"advice": "none"}.get(label["who"], label["who"]),
        }  # fmt: skip
        if row["about"] == "self":
            row |= {
                "suspects": label["suspects"], "seen": label["seen"],
                "tried": [t for t in label["tried"] if t in _known("tried")],
                "site": label["site"],
                "quality": [q for q in label["quality"] if q not in SEED_QUALITY],
            }  # fmt: skip
            if label["onset"]["when"] != "unknown":
                row["when"] = label["onset"]["when"]
            distance = label["onset"]["distance"]
            if distance:
                row["onset_km"] = distance["value"] * (
                    1.609344 if distance["unit"] == "mile" else 1
                )
        posts.append(row)
    return posts


def _known(kind: str) -> set[str]:
    return {row.id for known, row in lexicon().rows if known == kind}


def read_fields(told: Story) -> dict[str, Any]:
    main = told.episodes[0] if told.episodes else None
    fields: dict[str, Any] = {"about": told.about or "null", "ask": [q.id for q in told.ask]}
    fields["signs"] = sorted(
        {f.id for f in told.findings if f.id in SIGNS and f.status == "present"}
    )
    fields["found"] = sorted(
        {f.id for f in told.findings if f.id in SIGNS and f.status != "present"}
    )
    fields["suspects"], fields["tried"], fields["seen"] = told.suspects, told.tried, told.seen
    fields["site"] = main.site if main else ()
    fields["quality"] = main.quality if main else ()
    fields["when"] = main.when if main else "unknown"
    for name in ("onset_km", "planned_km", "severity"):
        fields[name] = getattr(main, name) if main else None
    for part in (told.training, told.person, told.strength):
        for name in (*NUMBERS, *EXACT):
            if hasattr(part, name):
                fields[name] = getattr(part, name)
    return fields


class Score:
    """True positives, false positives and misses of one field."""

    def __init__(self) -> None:
        self.hit = self.false = self.miss = 0

    def line(self) -> str:
        said, due = self.hit + self.false, self.hit + self.miss
        precision = f"{self.hit / said:6.3f}" if said else "     -"
        recall = f"{self.hit / due:6.3f}" if due else "     -"
        return (
            f"P {precision}  R {recall}  (hit {self.hit}, false {self.false}, missed {self.miss})"
        )


def _same(name: str, want: Any, got: Any) -> bool:
    if name in NUMBERS:
        return got is not None and abs(got - want) <= max(0.02, 0.01 * abs(want))
    return bool(want == got)


def score(rows: list[dict[str, Any]], notes: list[str]) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    for row in rows:
        got = read_fields(story.read(row["text"]))
        for name in SETS:
            if name in row:
                _score_set(scores[name], row, name, list(got[name]), notes)
        for choice in row.get("asked", ()):
            found = any(part in got["found"] or part in got["signs"] for part in choice.split("|"))
            loud = all(part in got["signs"] for part in choice.split("|"))
            scores["asked (found at all)"].hit += found
            scores["asked (found at all)"].miss += not found
            scores["asked (kept from alarming)"].hit += not loud
            scores["asked (kept from alarming)"].miss += loud
            if not found or loud:
                notes.append(f"{row['id']}: asked {choice}: {'alarms' if loud else 'not found'}")
        for name in row.get("absent", ()):
            scores["look-alikes kept silent"].hit += name not in got["signs"]
            scores["look-alikes kept silent"].miss += name in got["signs"]
        for choice in row.get("ask", ()):
            ok = any(part in got["ask"] for part in choice.split("|"))
            scores["open readings asked"].hit += ok
            scores["open readings asked"].miss += not ok
            if not ok:
                notes.append(f"{row['id']}: not asked: {choice}")
        for name in (*NUMBERS, *EXACT):
            if name in row:
                ok = _same(name, row[name], got.get(name))
                scores[name].hit += ok
                scores[name].miss += not ok
                scores[name].false += not ok and got.get(name) not in {None, "unknown"}
                if not ok:
                    notes.append(f"{row['id']}: {name}: want {row[name]}, got {got.get(name)}")
    return scores


def _score_set(
    one: Score, row: dict[str, Any], name: str, got: list[str], notes: list[str]
) -> None:
    left = set(got)
    for choice in row[name]:
        match = next((part for part in choice.split("|") if part in left), None)
        one.hit += match is not None
        one.miss += match is None
        left -= set(choice.split("|"))
        if match is None:
            notes.append(f"{row['id']}: {name}: missed {choice}")
    one.false += len(left)
    if left:
        notes.append(f"{row['id']}: {name}: false {sorted(left)}")


def main(arguments: list[str]) -> None:
    names = [a for a in arguments if not a.startswith("-")] or ["seeds", "before", "after"]
    for name in names:
        if name == "seeds" and not LABELS.exists():
            print("seeds: ../shared/seeds is not here")
            continue
        rows = seeds() if name == "seeds" else vignettes(name)
        notes: list[str] = []
        score(rows, [])  # warm
        times = []
        for row in rows:
            begin = time.process_time()
            story.read(row["text"])
            times.append(1e3 * (time.process_time() - begin))
        print(
            f"\n{name}: {len(rows)} texts; {statistics.median(times):.1f}"
            f" ms median, {max(times):.1f} ms worst"
            if rows
            else f"\n{name}: none"
        )
        for field, one in score(rows, notes).items():
            print(f"  {field:28} {one.line()}")
        if "--misses" in arguments:
            print("\n".join(f"    {note}" for note in notes))


if __name__ == "__main__":
    main(sys.argv[1:])
