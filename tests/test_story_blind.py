"""Stories written blind, by level and warning sign: what is read today must stay read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from backinstride import runner
from backinstride.story.companions import Companions, Company

ROWS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "vignettes" / "blind.toml").read_text(encoding="utf-8")
)["vignette"]


@pytest.mark.parametrize("row", [r for r in ROWS if not r.get("missed")], ids=lambda r: r["id"])
def test_the_level_and_the_signs_are_read(row: dict[str, Any]) -> None:
    told = runner.tell(row["text"])
    assert told.verdict is not None
    assert told.verdict.level in row["levels"]
    present = {f.id for f in told.findings if f.status == "present"}
    assert set(row["signs"]) <= present
    assert not present & set(row.get("not_signs", ()))
    for finding in told.findings:
        assert row["text"][finding.start : finding.end] == finding.quote


@pytest.mark.parametrize("row", [r for r in ROWS if "reads" in r], ids=lambda r: r["id"])
def test_numbers_causes_and_what_was_tried_are_read(row: dict[str, Any]) -> None:
    told = runner.tell(row["text"])
    episode = told.episodes[0] if told.episodes else None
    for name, right in row["reads"].items():
        if name in row.get("unread", ()):
            continue
        home = next(
            (part for part in (episode, told.training, told.person, told) if hasattr(part, name)),
            None,
        )
        read = getattr(home, name, None)
        if isinstance(right, list):
            assert set(right) <= set(read or ()), name
        elif isinstance(right, str):
            assert read == right, name
        else:
            assert read == pytest.approx(right, abs=0.05), name


def test_no_more_than_a_handful_is_missed() -> None:
    missed = [row["id"] for row in ROWS if row.get("missed")]
    assert len(missed) <= len(ROWS) // 20, missed


def test_a_benign_story_rarely_ends_at_a_doctor_today() -> None:
    benign = [row for row in ROWS if not row["signs"]]
    alarmed = [
        row["id"]
        for row in benign
        if (verdict := runner.tell(row["text"]).verdict)
        and verdict.level in {"emergency", "same_day"}
    ]
    assert len(alarmed) <= len(benign) // 20, alarmed


def test_words_stand_together_in_any_order_and_only_near() -> None:
    company = Companions(
        [Company(3, (("wip~", "wiped"), ("{none}",)), 4, "sure", ("sweat",))],
        {"none": ("no idea", "can't tell")},
    )
    for text in ("wiped and had no idea", "no idea whether i wiped", "can't tell i've wiped"):
        (met,) = company.hits(text)
        assert met.row == 3
        assert "wiped" in text[met.start : met.end]
    assert not list(company.hits("wiped the sweat and had no idea"))
    assert not list(company.hits("wiped the table of the long kitchen, no idea"))
    assert not list(company.hits("wiped. no idea"))
