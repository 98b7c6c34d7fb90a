"""What the cohort's answers read like in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backinstride.cohort.alike import Alike
    from backinstride.cohort.analysis import Described, Rate, Share
    from backinstride.cohort.build import Manifest
    from backinstride.cohort.priors import PriorsFile
    from backinstride.cohort.stream import Computed

SMALL = "not shown (a cell of fewer than ten runners)"


def manifest(made: Manifest) -> str:
    """Return what went into a cohort."""
    left = (
        f"{made.duplicates_left_out} second copies, {made.other_sports_left_out} activities that "
        f"are no runs"
    )
    return "\n".join(
        [
            (
                f"{made.runners} runners, {made.sessions:,} runs, {made.km:,.1f} km; "
                f"{made.episodes} episodes of {made.runners_with_a_diary} runners with a diary."
            ),
            f"Left out: {left}; {made.impossible_distances} impossible distances count as unknown.",
            f"{len(made.problems)} problems.",
        ]
    )


def computed(done: Computed) -> str:
    """Return what the engine did."""
    return (
        f"{done.sessions:,} sessions of {done.runners:,} runners; distance unknown in "
        f"{done.unknown_distances:,}, impossible in {done.impossible_distances:,}. "
        f"Wrote {done.output}"
    )


def rate(found: Rate) -> str:
    """Return a rate with its interval."""
    if found.rate is None or found.count is None:
        return f"{found.what} per {found.per}: {SMALL}"
    return (
        f"{found.what}: {found.count:,} in {found.amount:,.1f} x {found.per} of {found.runners:,} "
        f"runners: {found.rate:.3g} (95 % {found.low:.3g} to {found.high:.3g})"
    )


def share(found: Share) -> str:
    """Return a share with its interval."""
    if found.count is None or found.of is None or found.share is None:
        return f"{found.what}: {SMALL}"
    return (
        f"{found.what}: {found.count:,} of {found.of:,} ({100 * found.share:.0f} %, 95 % "
        f"{100 * (found.low or 0):.0f} to {100 * (found.high or 0):.0f})"
    )


def described(found: Described) -> str:
    """Return a cohort in counts."""
    who = f"{found.runners:,} runners" if found.runners is not None else "fewer than ten runners"
    lines = [
        (
            f"{who}, {found.sessions:,} sessions, {found.km:,.1f} km; of {found.known_sessions:,} "
            "it is known whether an episode followed."
        ),
        *(rate(r) for r in found.incidence),
        *(() if found.burden is None else (rate(found.burden),)),
        *(share(s) for s in found.recurrence),
        *(share(s) for s in found.by_year),
    ]
    for band in found.bands:
        if band.quantiles is not None:
            values = " / ".join(f"{v:.4g}" for v in band.quantiles)
            lines.append(f"{band.metric}, 10 / 25 / 50 / 75 / 90 % of runners: {values}")
    if found.study is not None:
        study = found.study
        lines.append(
            f"Hazard ratios ({study.sessions:,} sessions, {study.episodes:,} episodes, "
            f"{study.runners:,} runners; errors robust to runners being alike):"
        )
        lines += [f"  {r.name}: {r.ratio:.2f} ({r.low:.2f} to {r.high:.2f})" for r in study.ratios]
        lines.append(f"{study.sentence}")
    return "\n".join([*lines, *found.not_told])


def priors(found: PriorsFile) -> str:
    """Return what a priors file says."""
    lines = [f"{name}: {p.source}" for name, p in found.priors.items()]
    return "\n".join([*lines, *(f"{n}: not fitted, {why}" for n, why in found.not_fitted.items())])


def alike(found: Alike) -> str:
    """Return how many are alike and what they tried."""
    if found.alike is None:
        return f"Of {found.of} runners with an episode too few are like this one (at least 10)."
    lines = [
        f"{found.alike} of {found.of} runners are like this one in: {', '.join(found.alike_in)}."
    ]
    if found.dropped:
        lines.append(f"Not asked, or they would be too few: {', '.join(found.dropped)}.")
    for tried in found.tried:
        lines.append(share(tried.runners))
        if tried.helped is not None:
            lines.append(f"  {share(tried.helped)}")
    if found.again is not None:
        lines.append(share(found.again))
    if found.closed_median_days is not None:
        lines.append(f"An episode was closed after {found.closed_median_days:.0f} days (median).")
    return "\n".join([*lines, found.words])
