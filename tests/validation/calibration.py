"""Coverage of intervals and recovery of the true terms, over many simulated studies.

`python -m tests.validation.calibration` prints one JSON object per check and exits 1 where one is
missed. Every vote compares two new stimuli, whose differences have deviation 1 and correlation 0.6.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter

import numpy as np
from scipy.stats import t as student

from metrics.calibration.covariance import clustered
from metrics.calibration.data import Comparisons
from metrics.calibration.fit import fit
from metrics.calibration.newton import fit_batch
from metrics.calibration.selection import select

TERMS = ("E1", "E2", "E3", "E4", "E5")
TRUTH = np.array([0.7468, 0.2557, 2.3768, 0.0, 0.0])  # wacv2020-E
CORRELATION = 0.6
SPREAD = 0.6
"""Deviation of people's slopes, relative to the mean slope."""


def differences(rng: np.random.Generator, votes: int) -> np.ndarray:
    common = rng.standard_normal((votes, 1))
    return np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * rng.standard_normal(
        (votes, len(TERMS))
    )


def study(rng: np.random.Generator, people: int, trials: int, spread: float) -> Comparisons:
    x = differences(rng, people * trials)
    slopes = TRUTH * (1 + spread * rng.standard_normal((people, len(TERMS))))
    participants = np.repeat(np.arange(people), trials)
    eta = (x * slopes[participants]).sum(axis=1)
    preferred = (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(float)
    return Comparisons(TERMS, x, preferred, participants)


def coverage(studies: int) -> dict[str, object]:
    """Nominal 95 % intervals of 30 people × 40 votes, for the population-average coefficients.

    People differ, so the average coefficients are not the mean slopes: they are what a fit to a
    million votes of as many people gives.
    """
    rng = np.random.default_rng(0)
    many = study(rng, 1_000_000, 1, SPREAD).restrict(TERMS[:3])
    truth = fit_batch(many.differences, many.preferred).coefficients[0]
    width = student.ppf(0.975, 29)
    robust, naive = np.zeros(3), np.zeros(3)
    for _ in range(studies):
        data = study(rng, 30, 40, SPREAD).restrict(TERMS[:3])
        result = fit(data, "ml")
        away = np.abs(result.coefficients - truth)
        errors = np.sqrt(np.diag(clustered(result.scores, result.bread, data.participants)))
        robust += away <= width * errors
        naive += away <= 1.96 * result.naive_errors
    found = (robust / studies).round(4)
    return {
        "name": "coverage of clustered 95 % intervals",
        "studies": studies,
        "truth": dict(zip(TERMS, truth.round(4).tolist(), strict=False)),
        "clustered": dict(zip(TERMS, found.tolist(), strict=False)),
        "naive": dict(zip(TERMS, (naive / studies).round(4).tolist(), strict=False)),
        "wanted": "0.92 … 0.97 for every term",
        "met": bool(((found >= 0.92) & (found <= 0.97)).all()),
    }


def recovery(studies: int) -> dict[str, object]:
    """The rule's choices in studies of 60 people × 50 votes; the truth is E1, E2, E3."""
    chosen: Counter[str] = Counter()
    by_bic: Counter[str] = Counter()
    simplest: Counter[str] = Counter()
    for seed in range(studies):
        data = study(np.random.default_rng(seed), 60, 50, 0.0)
        selection = select(data, seed=seed)
        chosen["+".join(selection.chosen.terms)] += 1
        by_bic["+".join(selection.by_bic.terms)] += 1
        simplest["+".join(selection.by_one_standard_error.terms)] += 1
    share = chosen["E1+E2+E3"] / studies
    return {
        "name": "true subset chosen",
        "studies": studies,
        "share": share,
        "chosen": dict(chosen.most_common()),
        "BIC": dict(by_bic.most_common()),
        "one standard error": dict(simplest.most_common()),
        "wanted": "at least 0.75",
        "met": share >= 0.75,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coverage", type=int, default=1000, metavar="STUDIES")
    parser.add_argument("--recovery", type=int, default=200, metavar="STUDIES")
    options = parser.parse_args()
    met = True
    for check, studies in ((coverage, options.coverage), (recovery, options.recovery)):
        if studies:
            result = check(studies)
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()
            met = met and bool(result["met"])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
