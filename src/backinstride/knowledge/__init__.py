"""Knowledge: rows that a physio can review, in TOML files beside this module.

`rows(file, table, kind)` loads and validates one table: unknown keys are refused, and the error
names file, table and row. `claim(id)` gives a claim that may be shown, `explain(id)` says what
any id means. Conditions of rows are checked when they are loaded (see `conditions`).
"""

from __future__ import annotations

from backinstride.knowledge.claims import (
    Claim,
    EmergencyNumber,
    ProblemRow,
    SeedClaim,
    Statement,
    claim,
    emergency_number,
    emergency_numbers,
    every_claim,
    problem_rows,
    seed_claims,
    statements,
    withheld_figures,
)
from backinstride.knowledge.conditions import Condition
from backinstride.knowledge.explaining import Explained, explain
from backinstride.knowledge.loading import document, files, rows
from backinstride.knowledge.signs import (
    Combination,
    FindingRow,
    RedFlag,
    by_kind,
    combinations,
    condition,
    findings,
    label,
    levels,
    never_volunteered,
    question,
    red_flags,
)

__all__ = [
    "Claim",
    "Combination",
    "Condition",
    "EmergencyNumber",
    "Explained",
    "FindingRow",
    "ProblemRow",
    "RedFlag",
    "SeedClaim",
    "Statement",
    "by_kind",
    "claim",
    "combinations",
    "condition",
    "document",
    "emergency_number",
    "emergency_numbers",
    "every_claim",
    "explain",
    "files",
    "findings",
    "label",
    "levels",
    "never_volunteered",
    "problem_rows",
    "question",
    "red_flags",
    "rows",
    "seed_claims",
    "statements",
    "withheld_figures",
]
