"""What the referee promises, over many simulated studies of 40 people × 50 votes on 300 stimuli.

`python -m tests.validation.referee` prints one JSON object per check and exits 1 where one is
missed.
"""

from __future__ import annotations

import argparse
import json
import sys

import numpy as np
from tqdm import tqdm

from metrics.calibration.data import compare
from metrics.calibration.newton import fit_batch
from metrics.calibration.referee.referee import referee
from tests.metrics.calibration.referee.studies import (
    expected_accuracy,
    slopes_by_method,
    world,
)

NOISE = 4
SPREAD = 0.3
"""Deviation of how sharply people see, relative to the mean."""
METHODS, REFERENCES, PEOPLE, TRIALS = 6, 50, 40, 50


def ranks_and_noise(studies: int) -> dict[str, object]:
    """A planted statistic comes first; random numbers are not called useful; intervals cover.

    Every study has other stimuli, by the same six methods, and other people. Intervals for these
    stimuli are compared with the accuracy over all pairs of the study's own stimuli; those for
    other stimuli with the accuracy over 20,000 references.
    """
    of_method = np.random.default_rng(0).standard_normal(METHODS)
    large = world(np.random.default_rng(1), references=20_000, noise=NOISE, of_method=of_method)
    columns = [name for name in large.statistics.columns if large.statistics[name].dtype == float]
    everywhere = {
        name: expected_accuracy(large.utility, large.statistics[name].to_numpy(), METHODS, SPREAD)
        for name in columns
    }
    first = alone = noisy = any_noise = narrow_noise = 0
    these, others = dict.fromkeys(columns, 0), dict.fromkeys(columns, 0)
    for seed in tqdm(range(studies), "studies", disable=None):
        rng = np.random.default_rng([seed, 18])
        made = world(rng, references=REFERENCES, noise=NOISE, of_method=of_method)
        votes = made.votes(rng, people=PEOPLE, trials=TRIALS, spread=SPREAD)
        declared = dict.fromkeys(columns, True)
        judgement = referee(votes, made.statistics, directions=declared, draws=1000)
        found = {finding.candidate.name: finding for finding in judgement.findings}
        best = judgement.findings[0].candidate.name == "truth"
        first += best
        alone += best and found["truth"].rank_interval == [1, 1]
        useful = [bool(found[f"noise{number}"].useful) for number in range(NOISE)]
        noisy, any_noise = noisy + sum(useful), any_noise + any(useful)
        narrow_noise += sum(found[f"noise{n}"].accuracy_interval[0] > 0.5 for n in range(NOISE))
        for name in columns:
            score = made.statistics[name].to_numpy()
            own = expected_accuracy(made.utility, score, METHODS, SPREAD)
            low, high = found[name].accuracy_interval
            these[name] += low <= own <= high
            low, high = found[name].accuracy_interval_stimuli
            others[name] += low <= everywhere[name] <= high
    cover_these = {name: round(count / studies, 4) for name, count in these.items()}
    cover_others = {name: round(count / studies, 4) for name, count in others.items()}
    pooled = [round(float(np.mean(list(c.values()))), 4) for c in (cover_these, cover_others)]
    return {
        "name": "planted and random statistics",
        "studies": studies,
        "planted is first": first / studies,
        "planted is first and differs from all others": alone / studies,
        "random numbers called useful": noisy / (studies * NOISE),
        "studies in which any random number is called useful": any_noise / studies,
        "random numbers above chance by the interval for these stimuli": narrow_noise
        / (studies * NOISE),
        "coverage, these stimuli": cover_these,
        "coverage, other stimuli": cover_others,
        "pooled coverage": pooled,
        "wanted": "first ≥ 0.95; random ≤ 0.05, any of them too; coverage 0.93 … 0.97",
        "met": first / studies >= 0.95
        and any_noise / studies <= 0.05
        and all(0.93 <= share <= 0.97 for share in pooled),
    }


def new_methods(studies: int) -> dict[str, object]:
    """Where what people like changes by method, leave-method-out does not promise too much.

    Each study draws its methods' slopes around a mean. What its model is worth for new methods is
    the log loss and the accuracy of votes between one of its methods and one that nobody has voted
    on, as in leave-method-out.
    """
    rows = []
    for seed in tqdm(range(studies), "studies", disable=None):
        rng = np.random.default_rng([seed, 81])
        slopes = np.array([1.0, 0.5, 0.0, 0.0]) + rng.standard_normal((METHODS, 4))
        made = slopes_by_method(rng, slopes, references=REFERENCES)
        votes = made.votes(rng, people=PEOPLE, trials=TRIALS, spread=0.0)
        name = "x0+x1+x2+x3"
        (finding,) = referee(votes, made.statistics, names=[name], draws=0).findings
        data = compare(votes, made.statistics, [f"x{term}" for term in range(4)])
        beta = fit_batch(data.differences, data.preferred).coefficients[0]
        rows.append(
            [
                finding.held_out["participants"].log_loss,
                finding.held_out["methods"].log_loss,
                *_of_new_methods(rng, slopes, beta),
                finding.held_out["participants"].accuracy,
                finding.held_out["methods"].accuracy,
            ]
        )
    table = np.array(rows)
    people, left_out, new, new_accuracy, accuracy, left_accuracy = table.mean(axis=0)
    gap = table[:, 1] - table[:, 2]
    error = float(gap.std(ddof=1) / np.sqrt(studies))
    optimism = float(new - people)
    return {
        "name": "truth that changes by method",
        "studies": studies,
        "log loss, participants left out": round(float(people), 4),
        "log loss, methods left out": round(float(left_out), 4),
        "log loss, new methods": round(float(new), 4),
        "accuracy, participants left out": round(float(accuracy), 4),
        "accuracy, methods left out": round(float(left_accuracy), 4),
        "accuracy, new methods": round(float(new_accuracy), 4),
        "methods left out minus new methods": [round(float(gap.mean()), 4), round(error, 4)],
        "optimism of participants left out": round(optimism, 4),
        "wanted": "methods left out at least as bad as new methods, to two standard errors",
        "met": float(gap.mean()) >= -2 * error and optimism > 0,
    }


def _of_new_methods(
    rng: np.random.Generator, slopes: np.ndarray, beta: np.ndarray, many: int = 40_000
) -> tuple[float, float]:
    """Log loss and accuracy of votes between a known and a new method, over many new methods."""
    fresh = np.array([1.0, 0.5, 0.0, 0.0]) + rng.standard_normal((many, 4))
    known = slopes[rng.integers(0, len(slopes), many)]
    x, y = rng.standard_normal((2, many, 4))
    utility = (x * fresh).sum(1) - (y * known).sum(1)
    chance = 1 / (1 + np.exp(-utility))
    eta = (x - y) @ beta
    loss = np.logaddexp(0, eta) - chance * eta
    right = np.where(eta > 0, chance, 1 - chance)
    return float(loss.mean()), float(right.mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    options = parser.parse_args()
    met = True
    for check in (ranks_and_noise, new_methods):
        result = check(options.studies)
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
        met = met and bool(result["met"])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
