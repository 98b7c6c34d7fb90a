"""How many runs an experiment with the morning score needs, and how often it errs.

    python benchmarks/experiment.py

Pairs in random order, the score of the morning after each run (0-10, sd 1.5, rounded, correlation
0.3 from run to run), read out by the program after every pair from the eighth run on, as an eager
runner would. At most 60 runs.
"""

from __future__ import annotations

import argparse

import numpy as np

from backinstride import readout

EFFECTS_SD = (0.0, 0.5, 0.8, 1.2)
MOST = 60
SPREAD = 1.5


def one(random: np.random.Generator, effect_sd: float) -> tuple[str, int]:
    arms = [a for _ in range(MOST // 2) for a in random.permutation([0, 1])]
    carried, scores = 0.0, []
    for arm in arms:
        carried = 0.3 * carried + random.normal(0, np.sqrt(1 - 0.09))
        scores.append(float(np.clip(round(4 + SPREAD * (carried - effect_sd * arm)), 0, 10)))
    for count in range(readout.FEWEST_TRIAL, MOST + 1, 2):
        usual = [s for s, a in zip(scores[:count], arms, strict=False) if a == 0]
        changed = [s for s, a in zip(scores[:count], arms, strict=False) if a == 1]
        word = readout.word(readout.score_difference(usual, changed), len(usual), len(changed))
        if word not in ("undecided", "too_early"):
            return word, count
    return "undecided", MOST


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=400)
    size = parser.parse_args().size
    random = np.random.default_rng(3)
    print(
        "| effect (sd) | helps | runs: median, 80 % | not big | runs: median | worse | undecided |"
    )
    print("|---|---|---|---|---|---|---|")
    for effect in EFFECTS_SD:
        ended = [one(random, effect) for _ in range(size)]
        runs = {w: [n for word, n in ended if word == w] for w in ("helps", "not_big", "worse")}
        share = {w: f"{100 * len(n) / size:.0f} %" for w, n in runs.items()}
        helps = runs["helps"]
        took = f"{np.median(helps):.0f}, {np.quantile(helps, 0.8):.0f}" if helps else "-"
        ruled = f"{np.median(runs['not_big']):.0f}" if runs["not_big"] else "-"
        left = f"{100 * sum(w == 'undecided' for w, _ in ended) / size:.0f} %"
        print(
            f"| {effect} | {share['helps']} | {took} | {share['not_big']} | {ruled} "
            f"| {share['worse']} | {left} |"
        )


if __name__ == "__main__":
    main()
