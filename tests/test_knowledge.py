"""Knowledge rows: complete, sourced, checked; nothing unconfirmed reaches a screen."""

from __future__ import annotations

import ast
import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backinstride import knowledge
from backinstride.errors import KnowledgeError
from backinstride.knowledge import loading
from backinstride.knowledge.explaining import VERDICT_WORDS
from backinstride.values import LEVELS

SOURCE = Path(knowledge.__file__).parents[1]

SIGNS = [
    "saddle_numbness",
    "bladder",
    "bowel",
    "sexual_function",
    "both_legs",
    "leg_weakness",
    "leg_numbness",
    "chest_symptoms",
    "sudden_tearing",
    "major_trauma",
    "fragile_bone",
    "fever",
    "cancer_history",
    "weight_loss",
    "night_pain",
    "thoracic_pain",
    "cough_pain",
    "lump_or_shape",
    "bone_stress",
    "pars_stress",
    "reds",
    "gait_impairment",
    "axial_spa",
    "dark_urine",
    "compartment",
    "flank_pain",
    "confusion_collapse",
    "pregnancy",
    "anticoagulant",
    "gi_bleed",
    "claudication",
    "radicular_pain",
    "immunosuppressed",
    "exertional_worsening",
    "spine_history",
    "not_improving",
    "severe_pain",
]
OTHERS = {
    "suspect": "shoes distance_spike layoff_return hills_up hills_down intensity form "
    "posture_fatigue surface weak_core tight_hip_flexors tight_hamstrings leg_length scoliosis "
    "pronation hydration nutrition strength_imbalance desk_job lifting weight warmup other",
    "site": "low_back mid_back upper_back back sacrum tailbone buttock hip groin thigh leg knee "
    "foot flank abdomen neck shoulder",
    "quality": "spasm seizing cramp sharp stabbing shooting burning dull ache sore stiff tight "
    "tender numb tingling weak",
    "tried": "rest ice heat stretching massage roller physio osteopathy chiropractic nsaid "
    "painkillers muscle_relaxant swimming cycling walking easy_run strength core form_change "
    "new_shoes insoles",
    "seen": "doctor physio osteopath chiropractor massage emergency surgeon podiatrist",
}

# Files whose rows a person may read, and the fields of them that are shown.
SHOWN = [f for f in loading.files() if not f.startswith("lexicon")]


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [t for v in value.values() for t in texts(v)]
    return [t for v in value for t in texts(v)] if isinstance(value, list) else []


def rows_of(file: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (table, row)
        for table, content in loading.document(file).items()
        if isinstance(content, list)
        for row in content
        if isinstance(row, dict)
    ]


def every_row() -> list[tuple[str, str, dict[str, Any]]]:
    return [(file, table, row) for file in SHOWN for table, row in rows_of(file)]


# --- findings and warning signs ---------------------------------------------------------


def test_every_id_of_the_interface_has_a_row_with_plain_words() -> None:
    assert [row.id for row in knowledge.by_kind("sign")] == SIGNS
    for kind, ids in OTHERS.items():
        assert {row.id for row in knowledge.by_kind(kind)} >= set(ids.split())
    for row in knowledge.findings():
        assert row.label
        assert "_" not in row.label
        if row.kind in ("sign", "detail", "suspect"):
            assert row.question
            assert row.question.endswith("?")


def test_every_warning_sign_f01_to_f33_has_a_row_or_acts_in_a_combination() -> None:
    flags = {row.id for row in knowledge.red_flags()}
    # F31 only raises others.
    assert {f"F{n:02d}" for n in range(1, 34)} - {"F31"} <= flags
    acting = {n for row in knowledge.combinations() for n in row.names()}
    reported = {row.finding for row in knowledge.red_flags()} | acting
    assert set(SIGNS) <= reported


@pytest.mark.parametrize(
    ("finding", "level", "hours"),
    [
        ("sexual_function", "emergency", 0),  # evidence_confirmed: raised
        ("cancer_history", "within_days", 48),
        ("weight_loss", "within_days", 48),
        ("night_pain", "within_days", 48),
        ("thoracic_pain", "within_days", 48),
        ("lump_or_shape", "within_days", 48),
        ("pregnancy", "same_day", 24),
        ("dark_urine", "same_day", 24),
        ("leg_numbness", "within_days", 168),
        ("gait_impairment", "same_day", 24),
        ("bone_stress", "within_days", 168),
        ("axial_spa", "routine", 504),
    ],
)
def test_levels_are_those_decided(finding: str, level: str, hours: int) -> None:
    row = next(r for r in knowledge.red_flags() if r.finding == finding)
    assert (row.level, row.within_hours) == (level, hours)


def test_conditions_are_monotone_so_that_more_findings_never_lower() -> None:
    for row in (*knowledge.red_flags(), *knowledge.combinations()):
        if row.when:
            tree = ast.parse(row.when)
            assert not any(isinstance(node, ast.Not) for node in ast.walk(tree)), row.id


def test_every_level_has_words() -> None:
    assert set(knowledge.levels()) == set(LEVELS)


# --- the condition language ---------------------------------------------------------------


def test_condition_language() -> None:
    known = {"a", "b", "age"}
    holds = knowledge.Condition("a and (b or age > 50) and not age >= 90", known).holds
    assert holds({"a": True, "b": False, "age": 51})
    assert not holds({"a": True, "age": None})
    assert not holds({"a": True, "b": True, "age": 95})
    assert knowledge.Condition("1 < age < 3", known).holds({"age": 2})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sadle_numbness", "no finding called 'sadle_numbness'"),
        ("open('x')", "Call is not allowed"),
        ("a.b", "Attribute is not allowed"),
        ("a + 1", "BinOp is not allowed"),
        ("[a]", "List is not allowed"),
        ("'text'", "only numbers"),
        ("a and", "invalid syntax"),
        ("True", "only numbers"),
    ],
)
def test_condition_refuses_by_name(text: str, says: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape(says)):
        knowledge.Condition(text, {"a"})


# --- rows are refused where they are wrong ----------------------------------------------------


class Toy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str


def test_unknown_keys_are_refused_with_file_and_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "document", lambda _: {"toy": [{"id": "x", "wen": "a"}]})
    with pytest.raises(KnowledgeError, match=r"toys\.toml: \[\[toy\]\] x: .*wen"):
        knowledge.rows("toys.toml", "toy", Toy)


def test_every_table_of_ours_loads() -> None:
    assert len(knowledge.red_flags()) > 33
    assert knowledge.combinations()
    assert len(knowledge.never_volunteered()) == 6
    assert knowledge.statements()
    assert knowledge.problem_rows()
    assert knowledge.emergency_numbers()


# --- claims -------------------------------------------------------------------------------------


def used_claims() -> set[str]:
    """Claims named by a row of any file, or as a string in the code."""
    used = {c for _, _, row in every_row() for c in row.get("claims", ())}
    used |= {row["size_from"] for _, _, row in every_row() if row.get("size_from")}
    ids = set(knowledge.every_claim())
    for path in SOURCE.rglob("*.py"):
        used |= ids & set(re.findall(r"""["']([EO][\w.]+|own-[\w-]+)["']""", path.read_text()))
    return used


def test_every_claim_named_exists_and_may_be_shown() -> None:
    for file, table, row in every_row():
        for name in row.get("claims", ()):
            try:
                assert knowledge.claim(name)
            except KnowledgeError as error:
                pytest.fail(f"{file} [[{table}]] {row.get('id')}: {error}")


def test_every_claim_is_used_unless_it_is_withheld() -> None:
    shown = {c.id for c in knowledge.every_claim().values() if c.may_be_shown}
    assert shown - used_claims() == set()


def test_claims_are_complete() -> None:
    for claim in knowledge.every_claim().values():
        assert claim.sentence.rstrip().endswith(".")
        assert len(claim.citation) > 10
        assert claim.read
        if claim.status == "own":
            assert claim.grade == "D"
        if not claim.may_be_shown:
            assert claim.figures, f"{claim.id} must say what to keep off the screen"
    assert len({c.id for c in knowledge.every_claim().values()}) == len(
        rows_of("claims.toml")
    ) - len(knowledge.seed_claims())


def test_a_withheld_claim_is_refused_and_explained_without_its_figures() -> None:
    for claim in knowledge.every_claim().values():
        if claim.may_be_shown:
            continue
        with pytest.raises(KnowledgeError, match="may not be shown"):
            knowledge.claim(claim.id)
        said = knowledge.explain(claim.id)
        assert said is not None
        assert not knowledge.withheld_figures(" ".join((said.title, said.text, *said.sources)))
        assert claim.sentence not in said.text


def test_no_row_that_a_user_sees_shows_an_unconfirmed_figure() -> None:
    for file, table, row in every_row():
        if table == "claim" and row["status"] in ("P", "M"):
            continue
        for text in texts({k: v for k, v in row.items() if k != "figures"}):
            assert not knowledge.withheld_figures(text), f"{file} {row.get('id')}: {text}"


def test_withheld_figures_are_found() -> None:
    assert knowledge.withheld_figures("hazard 2.42 for feet") == ("2.42",)


# Words that the program does not use of itself (evidence paper, section 11).
FORBIDDEN = re.compile(
    r"\b(you are fine|safe to run|clinically proven|we diagnose|diagnosed by us|heals|cures?"
    r"|caused by your|because of your shoes)\b",
    re.IGNORECASE,
)


def test_rows_promise_nothing() -> None:
    for file, table, row in every_row():
        shown = {k: v for k, v in row.items() if k not in ("not_say", "claim", "figures")}
        for text in texts(shown):
            assert not FORBIDDEN.search(text), f"{file} [[{table}]] {row.get('id')}: {text}"


@pytest.mark.seed("S0.9", "S0.10", "S2.6", "S4.15", "S4.39")
def test_what_the_seeds_explain_is_answered_with_its_grade() -> None:
    wanted = {
        "say-recovery": "C",  # time to repair between loads
        "say-protective-spasm": "C",  # a spasm guards a joint
        "say-posture": "B",  # a tilted pelvis presses on the spine
        "say-lifting-ratio": "D",  # 1.5 to 2 times body weight
        "say-sore-or-healthy": "C",  # lighter while sore
    }
    by_id = {row.id: row for row in knowledge.statements()}
    for name, grade in wanted.items():
        row = by_id[name]
        assert row.grade == grade
        said = knowledge.explain(name)
        assert said is not None
        assert f"Grade {grade}" in said.text
        assert said.sources
    assert "one posture is right" in by_id["say-posture"].say
    assert "No research" in by_id["say-lifting-ratio"].say


@pytest.mark.seed("S0.20", "S1.41", "S2.29", "S4.47")
def test_claims_of_people_carry_who_said_them_and_how_they_are_judged() -> None:
    seeds = knowledge.seed_claims()
    assert len(seeds) == 77
    assert all(row.verdict in VERDICT_WORDS and row.by for row in seeds.values())
    physio = knowledge.explain("C0.1")
    assert physio is not None
    assert "chartered physiotherapist" in physio.text
    assert "supports part of it" in physio.text
    assert any("grade B" in source for source in physio.sources)
    assert "Podiatric" in knowledge.seed_claims()["C2.9"].by
    assert "Mayo" in knowledge.seed_claims()["C2.17"].by
    assert "American Council on Exercise" in knowledge.seed_claims()["C2.6"].by
    assert "D.C." in knowledge.seed_claims()["C4.13"].by
    words = next(row for row in knowledge.statements() if row.id == "say-who-says")
    assert "experience" in words.say


def test_seed_claims_are_those_of_the_paper_with_their_counts() -> None:
    verdicts = [row.verdict for row in knowledge.seed_claims().values()]
    counts = {v: verdicts.count(v) for v in VERDICT_WORDS}
    # Machine count of the paper: 10, 20, 22, 6, 13, 6 (flag, method, describe).
    assert sum(counts.values()) == 77
    assert counts["supported"] >= 9
    assert counts["contradicted"] >= 12


# --- explain -------------------------------------------------------------------------------------


def test_every_id_of_every_file_is_explained() -> None:
    for file, table, row in every_row():
        ident = row.get("id") or row.get("slug")
        if ident is None or file == "emergency_numbers.toml" or table == "text":
            continue
        said = knowledge.explain(ident)
        assert said is not None, f"{file} {ident}"
        assert said.title
        assert said.text, f"{file} {ident}"
    assert knowledge.explain("no-such-id") is None


def test_emergency_numbers_have_a_source_and_one_row_a_country() -> None:
    seen: set[str] = set()
    for row in knowledge.emergency_numbers():
        assert row.source
        assert row.seen
        assert not seen & set(row.country)
        seen |= set(row.country)
    germany = knowledge.emergency_number("de")
    assert germany is not None
    assert germany.ambulance == "112"
    assert knowledge.emergency_number("XX") is None
    assert knowledge.emergency_number(None) is None


def test_knowledge_files_are_plain_toml() -> None:
    for file in loading.files():
        assert tomllib.loads((SOURCE / "knowledge" / file).read_text(encoding="utf-8"))


def slugs_of_the_code() -> set[str]:
    """Every slug that code gives a Problem: by keyword, or as the second argument."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        if "Problem(" not in code and "slug=" not in code:
            continue
        for node in ast.walk(ast.parse(code)):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [k.value for k in node.keywords if k.arg == "slug"]
            if called == "Problem" and len(node.args) > 1:
                given.append(node.args[1])
            found |= {
                g.value for g in given if isinstance(g, ast.Constant) and isinstance(g.value, str)
            }
    return found


def test_every_slug_of_the_code_is_explained() -> None:
    known = {row.slug for row in knowledge.problem_rows()}
    assert len(known) == len(knowledge.problem_rows())
    assert slugs_of_the_code() - known == set()


def test_no_unconfirmed_figure_reaches_an_answer(tmp_path: Path) -> None:
    """One runner with an open episode, a race and suspects: everything that is shown."""
    from backinstride.runner import Runner
    from backinstride.values import Race, to_json

    today = dt.date(2026, 11, 24)
    (tmp_path / "diary.txt").write_text(
        '2026-11-10 story "My back spasms on long runs, I blame my shoes and my weak core."\n\n'
        '2026-11-10 episode "spasm"\n  pain: 6/10\n  onset: 12 km\n\n'
        "2026-11-24 morning\n  pain: 4/10\n",
        encoding="utf-8",
    )
    me = Runner(tmp_path, today)
    answer = me.answer()
    me.plan(race=Race(date=dt.date(2027, 4, 25), distance_km=42.195))
    shown = to_json(answer).decode()
    assert answer.evidence
    assert not knowledge.withheld_figures(shown)
    assert {line.id for line in answer.evidence} <= set(knowledge.every_claim())
