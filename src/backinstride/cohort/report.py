"""The description of a cohort with its regression, and the report of a study, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

from backinstride.cohort import K, analysis, regression, words
from backinstride.cohort.regression import LAYOFF, SPIKE, UnfittableError

if TYPE_CHECKING:
    from backinstride.cohort.analysis import Described
    from backinstride.cohort.opening import Cohort

LIMITS = (
    (
        "What such data can show: whether sessions beyond the longest of 30 days, or the weeks "
        "after a layoff, are followed by episodes more often than other sessions of these "
        "runners, and how surely, with runners allowed to differ."
    ),
    (
        "What they cannot show: that the long session was the cause. Who runs far does so on "
        "certain days, in certain shoes, in certain months; what was not recorded is not "
        "adjusted for."
    ),
    (
        "A session that pain cut short is recorded shorter than it was meant to be. Where the "
        "onset is known it is compared at the onset; all the same the ratios of spikes come out "
        "too small."
    ),
    (
        "Who stops running leaves the data; who never imported is not in it. A day without a "
        "session is read as a day without running."
    ),
    (
        "An episode here is what the table calls one. A hazard ratio of injuries of any kind is "
        "not one of back spasms."
    ),
)


def described(cohort: Cohort) -> Described:
    """Return the cohort in counts, with the regression on spikes and layoffs where it can be."""
    found = analysis.describe(pl.scan_parquet(cohort.sessions), cohort.episodes)
    if not found.known_sessions:
        return found
    fitted, reasons = None, []
    for factors in ((SPIKE, LAYOFF), (SPIKE,), (LAYOFF,)):
        try:
            fitted = analysis.study(
                regression.fit_cells(cohort.sessions, factors), [f.name for f in factors]
            )
            break
        except UnfittableError as error:
            reasons.append(f"{' and '.join(f.name for f in factors)}: {error}")
    if fitted is None and not reasons:
        reasons.append(f"fewer than {K} runners")
    return msgspec.structs.replace(
        found, study=fitted, not_told=(*found.not_told, *(r for r in reasons if fitted is None))
    )


def study_report(found: Described, truth: dict[str, float] | None = None) -> str:
    """Return the report of a study as Markdown; `truth` by ratio name adds what was put in."""
    lines = ["```text", words.described(found).rstrip(), "```", ""]
    if found.study is not None and truth is not None:
        lines += ["| against the reference | put in | found (95 %) | inside |", "|---|---|---|---|"]
        for ratio in found.study.ratios:
            if ratio.name in truth:
                put = truth[ratio.name]
                inside = "yes" if ratio.low <= put <= ratio.high else "no"
                lines.append(
                    f"| {ratio.name} | {put:.2f} | {ratio.ratio:.2f} "
                    f"({ratio.low:.2f} to {ratio.high:.2f}) | {inside} |"
                )
        lines.append("")
    return "\n".join([*lines, *(f"- {text}" for text in LIMITS)]) + "\n"
