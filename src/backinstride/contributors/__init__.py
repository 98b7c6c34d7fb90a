"""What likely contributes, from the runner's own runs, with what was thought before shown apart.

`why` ties the diary's episodes to the runs, cuts every run into kilometres up to the onset, and
averages over all combinations of up to four contributors (the model: :mod:`backinstride.stats`,
the priors: `knowledge/contributors.toml`). No word stronger than "probably" exists, and below six
episodes not even that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backinstride import diary_views, experiment, readout
from backinstride.contributors import estimate as numbers
from backinstride.contributors import morning as mornings
from backinstride.contributors import words
from backinstride.contributors.candidates import candidates
from backinstride.contributors.descriptions import describe
from backinstride.contributors.outcomes import all_clean, outcomes
from backinstride.contributors.priors import read_priors, unexposed_rows
from backinstride.contributors.questions import questions
from backinstride.contributors.rows import table
from backinstride.values import Contributor, Group, Readout, Why

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from backinstride.contributors.candidates import Candidate
    from backinstride.contributors.estimate import Model
    from backinstride.contributors.outcomes import Outcomes
    from backinstride.contributors.priors import Prior
    from backinstride.contributors.rows import Table
    from backinstride.diary import Diary
    from backinstride.values import BlockedBy, Question, Story

__all__ = ["why"]


def why(
    runs: pl.DataFrame,
    kms: pl.DataFrame,
    diary: Diary,
    *,
    today: dt.date,
    suspects: Sequence[str] = (),
    blocked: BlockedBy | None = None,
    priors: Mapping[str, Sequence[float]] | Path | None = None,
    safety: Sequence[Question] = (),
    story: Story | None = None,
) -> Why:
    """Return the likely contributors of a runner's episodes.

    `runs` (`exposures.per_run`) and `kms` (`exposures.per_km`) in any order. `suspects` are what
    the runner blames; `blocked` empties the answer; `priors` replace the table's by contributor
    id (mean and sd of the log hazard ratio, chance); `safety` questions come before ours; `story`
    gives lifts and body weight, which are described and not ranked.
    """
    runs = runs.filter(runs["day"] <= today).sort("day", "start", "id")
    ended = outcomes(runs, diary, today)
    if blocked is not None:
        return Why(
            episodes=ended.episodes, runs=len(ended.runs), enough=False, blocked_by=blocked,
            ask=tuple(safety), summary="A warning sign comes first; what contributes waits.",
        )  # fmt: skip
    chances = read_priors(priors)
    pairs = _pairs(runs, diary, today)
    data, found = _weigh(kms, ended, pairs, suspects, chances)
    if not ended.runs:  # nothing to compare yet: still say what could be known from these runs
        _, found = _weigh(kms, all_clean(runs), pairs, suspects, chances)
    model = numbers.estimate(data, found)
    listed = _contributors(data, found, model, suspects)
    graded = mornings.graded(data, found, diary) if ended.runs else ()
    return Why(
        episodes=ended.episodes,
        runs=len(data.outcomes),
        enough=_enough(ended, model),
        contributors=listed if runs.height else (),
        groups=_groups(model),
        experiment=experiment.propose(_situation(data, model, ended, suspects)),
        ask=(*safety, *questions(runs, data, ended, diary, found, suspects, today)),
        summary=_summary(data, ended, listed),
        morning=graded,
        agreement=mornings.agreement(listed, graded),
        without_recalled=_without(kms, ended, pairs, suspects, chances),
        readouts=_readouts(runs, diary, today),
        descriptions=describe(diary, story, runs, ended, today),
        left_out=tuple(words.unknown_sentence(c) for c in found if c.varies and not c.enters),
    )


def _pairs(runs: pl.DataFrame, diary: Diary, today: dt.date) -> dict[str, str]:
    """Return all pairs of shoes named in the export or the diary: id, and the name to show."""
    names = set(runs["shoe"].drop_nulls().to_list()) if "shoe" in runs.columns else set()
    names |= {n.id for n in diary_views.shoes(diary) if n.id and n.date <= today}
    told = [(e.shoes, e.date) for e in diary_views.episodes(diary)]
    told += [(n.shoes, n.date) for n in diary_views.run_notes(diary)]
    names |= {diary_views.shoe_id(shoes) for shoes, day in told if shoes and day <= today}
    written = {n.id: n.name for n in diary_views.shoes(diary) if n.id and n.name}
    return {name: written.get(name, name.replace("-", " ")) for name in sorted(names)}


def _weigh(
    kms: pl.DataFrame,
    ended: Outcomes,
    pairs: Mapping[str, str],
    suspects: Sequence[str],
    priors: Mapping[str, Prior],
) -> tuple[Table, tuple[Candidate, ...]]:
    data = table(kms, ended.runs)
    return data, candidates(data, pairs=pairs, suspects=suspects, priors=priors)


def _without(
    kms: pl.DataFrame,
    ended: Outcomes,
    pairs: Mapping[str, str],
    suspects: Sequence[str],
    priors: Mapping[str, Prior],
) -> tuple[Contributor, ...] | None:
    """Return the contributors without what was told from memory; None where nothing was."""
    fresh = ended.fresh()
    if len(fresh.runs) == len(ended.runs):
        return None
    data, found = _weigh(kms, fresh, pairs, suspects, priors)
    return _contributors(data, found, numbers.estimate(data, found), suspects)


def _enough(ended: Outcomes, model: Model | None) -> bool:
    """Below six episodes False, from twenty True, between: whether something could be said."""
    if model is None or model.events < numbers.PROBABLY_FROM:
        return False
    if ended.episodes >= numbers.ENOUGH_FROM:
        return True
    return any(e.verdict in ("probably", "probably_not_big") for e in model.estimates)


def _contributors(
    data: Table, found: Sequence[Candidate], model: Model | None, suspects: Sequence[str]
) -> tuple[Contributor, ...]:
    """Return all contributors: by what the runs add, from three episodes on; the flat ones last."""
    listed = [] if model is None else _weighed(data, model, suspects)
    have = {c.id for c in listed}
    for candidate in found:
        if candidate.id not in have:
            listed.append(_unweighed(candidate, suspects, waiting=model is None))
    listed.extend(_unexposed(suspects))
    return tuple(listed)


def _weighed(data: Table, model: Model, suspects: Sequence[str]) -> list[Contributor]:
    order = list(range(len(model.estimates)))
    if model.events >= numbers.RANKED_FROM:
        order.sort(key=lambda k: (-model.estimates[k].bayes_factor, model.entered[k].id))
    else:
        order.sort(key=lambda k: not _suspected(model.entered[k], suspects))
    listed = []
    for rank, place in enumerate(order):
        found, candidate = model.estimates[place], model.entered[place]
        split = words.split_runs(data, candidate)
        listed.append(
            Contributor(
                id=candidate.id,
                label=candidate.label,
                verdict=found.verdict,
                prior=found.prior,
                posterior=found.posterior,
                bayes_factor=found.bayes_factor,
                hazard_ratio=found.hazard_ratio,
                per=candidate.row.per,
                with_=tuple(model.entered[k].id for k in numbers.tied(model, place)),
                runs_for=tuple(split["for"]),
                runs_against=_in_order(data, split["clean"] + split["without"]),
                claims=candidate.row.claims,
                prior_source=candidate.prior_source,
                sentence=words.sentence(data, model, place, rank, split),
                suspected=_suspected(candidate, suspects),
            )
        )
    return listed


def _in_order(data: Table, ids: Sequence[str]) -> tuple[str, ...]:
    wanted = set(ids)
    return tuple(o.run for o in data.outcomes if o.run in wanted)


def _unweighed(candidate: Candidate, suspects: Sequence[str], *, waiting: bool) -> Contributor:
    """Return a contributor without numbers of these runs: it does not vary, or no episode yet."""
    knowable = candidate.enters and waiting
    return Contributor(
        id=candidate.id,
        label=candidate.label,
        verdict="cannot_tell" if knowable else "not_knowable",
        prior=candidate.prior[2] if knowable else None,
        per=candidate.row.per if knowable else None,
        claims=candidate.row.claims,
        prior_source=candidate.prior_source if knowable else "",
        sentence=f"{candidate.label[:1].upper()}{candidate.label[1:]}: no episode to compare yet."
        if knowable
        else words.unknown_sentence(candidate),
        suspected=_suspected(candidate, suspects),
    )


def _unexposed(suspects: Sequence[str]) -> list[Contributor]:
    """Return what the runner suspects and nothing recorded can answer, with what to write down."""
    return [
        Contributor(
            id=row.id,
            label=row.label,
            verdict="not_knowable",
            claims=row.claims,
            sentence=f"{row.label[:1].upper()}{row.label[1:]}: nothing in your runs can answer it. "
            f"What would help: {row.log}.",
            suspected=True,
        )
        for row in unexposed_rows()
        if row.id in suspects
    ]


def _suspected(candidate: Candidate, suspects: Sequence[str]) -> bool:
    return any(name in suspects for name in candidate.row.suspects)


def _groups(model: Model | None) -> tuple[Group, ...]:
    if model is None:
        return ()
    return tuple(
        Group(of=tuple(model.entered[k].id for k in members), posterior=chance)
        for members, chance in numbers.groups(model)
    )


def _situation(
    data: Table, model: Model | None, ended: Outcomes, suspects: Sequence[str]
) -> experiment.Situation | None:
    """Return what the next experiment is chosen from; None where nothing can be weighed."""
    if model is None:
        return None
    worst = max((o.pain for o in ended.runs if o.pain is not None), default=None)
    return experiment.Situation(
        names=tuple(c.id for c in model.entered),
        labels=tuple(c.label for c in model.entered),
        claims=tuple(c.row.claims for c in model.entered),
        suspected=tuple(_suspected(c, suspects) for c in model.entered),
        averaged=model.averaged,
        rows=model.rows,
        slabs=model.slabs,
        run=data.run,
        days=tuple(o.day for o in data.outcomes),
        events=model.events,
        worst_pain=worst,
        chances=tuple(e.posterior for e in model.estimates),
    )


def _readouts(runs: pl.DataFrame, diary: Diary, today: dt.date) -> tuple[Readout, ...]:
    """Return what experiments, treatments and new shoes have shown, in that order."""
    mornings_told = [m for m in diary_views.mornings(diary) if m.date <= today]
    told = [e for e in diary_views.episodes(diary) if e.date <= today]
    started = [n for n in diary_views.experiments(diary) if n.date <= today]
    return (
        *(readout.readout(n, runs, mornings_told, told, today) for n in started),
        *readout.treatments(diary_views.treatments(diary), runs, mornings_told, told, today),
        *(readout.new_shoes(runs, mornings_told, told, today) if told else ()),
    )


def _summary(data: Table, ended: Outcomes, listed: Sequence[Contributor]) -> str:
    named = [c.label for c in listed if c.verdict == "probably"]
    leaning = [c.label for c in listed if c.verdict == "suspect"]
    events = sum(o.event != "none" for o in data.outcomes)
    return words.summary(events, len(data.outcomes), ended.episodes - events, named, leaning)
