"""Coverage of intervals and recovery of the true terms, over many simulated studies.

`python -m tests.validation.calibration` prints one JSON object per check and exits 1 if one is
missed. Every vote compares two new stimuli, whose differences have deviation 1 and correlation 0.6.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from metrics.calibration.data import Comparisons
from metrics.calibration.fit import fit
from metrics.calibration.jackknife import bounds
from metrics.calibration.newton import fit_batch
from metrics.calibration.selection import select
from metrics.calibration.uncertainty import uncertainty

TERMS = ("E1", "E2", "E3", "E4", "E5")
TRUTH = np.array([0.7468, 0.2557, 2.3768, 0.0, 0.0])  # wacv2020-E
CORRELATION = 0.6
SPREAD = 0.6
"""Deviation of people's slopes, relative to the mean slope."""
SPREADS = (0.0, 0.3, 0.6)
STUDIES = (
    (6, 30, None), (8, 30, None), (10, 30, None), (15, 30, None), (20, 10, None), (20, 30, None),
    (30, 40, None),
    (6, 30, 0.3), (10, 30, 0.3), (21, 20, 0.3), (15, 30, 0.4), (21, 20, 0.4), (21, 20, 0.5),
    (21, 20, 0.9), (40, 20, 0.9),
)  # fmt: skip
"""Participants, mean votes of each, and the first one's share of all votes (None: an equal one)."""


def differences(rng: np.random.Generator, votes: int) -> np.ndarray:
    common = rng.standard_normal((votes, 1))
    return np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * rng.standard_normal(
        (votes, len(TERMS))
    )


def study(
    rng: np.random.Generator, people: int, trials: int, spread: float, share: float | None = None
) -> Comparisons:
    """share: of all votes, those of the first participant; None: as many as of the others."""
    slopes = TRUTH * (1 + spread * rng.standard_normal((people, len(TERMS))))
    each = np.full(people, trials)
    if share is not None:
        total = people * trials
        each[:] = round(max(1.0, (1 - share) * total / (people - 1)))
        each[0] = round(share * total)
    participants = np.repeat(np.arange(people), each)
    x = differences(rng, len(participants))
    eta = (x * slopes[participants]).sum(axis=1)
    preferred = (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(float)
    return Comparisons(TERMS, x, preferred, participants)


def coverage(studies: int) -> dict[str, Any]:
    """Nominal 95 % intervals of 30 people × 40 votes, for the population-average coefficients.

    People differ, so the average coefficients are not the mean slopes, but those of a fit to a
    million votes of as many people.
    """
    rng = np.random.default_rng(0)
    truth = average_slopes(rng, SPREAD)
    robust, naive = np.zeros(3), np.zeros(3)
    for _ in range(studies):
        data = study(rng, 30, 40, SPREAD).restrict(TERMS[:3])
        result = fit(data, "ml")
        away = np.abs(result.coefficients - truth)
        low, high = bounds(data, result, uncertainty(result, data.participants))
        robust += (low <= truth) & (truth <= high)
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


def average_slopes(rng: np.random.Generator, spread: float) -> np.ndarray:
    """The coefficients of a fit to a million votes of as many people."""
    many = study(rng, 1_000_000, 1, spread).restrict(TERMS[:3])
    return fit_batch(many.differences, many.preferred).coefficients[0]


def few_and_unequal(studies: int, kept: Path | None = None) -> dict[str, Any]:
    """Intervals of few participants, and of participants with unequal numbers of votes.

    Coverage counts the intervals that are given; `given` is their share of all.

    kept: a file of rows, to which every row is added; rows that it has are not computed again.
    """
    known = [json.loads(line) for line in kept.read_text().splitlines()] if _exists(kept) else []
    rows = []
    for people, trials, share in STUDIES:
        for spread in SPREADS:
            cell = {"participants": people, "trials": trials, "share": share, "spread": spread}
            cell["studies"] = studies
            row = next((one for one in known if cell.items() <= one.items()), None)
            if row is None:
                row = cell | _coverage_of(people, trials, share, spread, studies)
                if kept:
                    with kept.open("a") as file:
                        file.write(json.dumps(row) + "\n")
            rows.append(row)
    found = [each for row in rows for each in row["coverage"] if each is not None]
    return {
        "name": "coverage with few or unequal participants",
        "studies": studies,
        "rows": rows,
        "wanted": "0.93 … 0.97 of the intervals that are given, give or take two standard errors",
        "met": all(0.93 - slack(studies) <= each <= 0.97 + slack(studies) for each in found),
    }


def slack(studies: int) -> float:
    """Two standard errors of a coverage of 95 %."""
    return float(2 * np.sqrt(0.95 * 0.05 / studies))


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


def _coverage_of(
    people: int, trials: int, share: float | None, spread: float, studies: int
) -> dict[str, Any]:
    truth = average_slopes(np.random.default_rng(0), spread)
    rng = np.random.default_rng(1)
    covered, given = np.zeros(3), np.zeros(3)
    for _ in range(studies):
        data = study(rng, people, trials, spread, share).restrict(TERMS[:3])
        result = fit(data, "auto")
        if result.separated:
            continue
        low, high = bounds(data, result, uncertainty(result, data.participants))
        given += np.isfinite(low)
        covered += (low <= truth) & (truth <= high)
    return {
        "coverage": [
            round(part / whole, 3) if whole > studies / 5 else None
            for part, whole in zip(covered, given, strict=True)
        ],
        "given": (given / studies).round(3).tolist(),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as the table of docs/calibration.md."""
    spreads = [f"{spread:g}" for spread in SPREADS]
    head = ["participants × mean votes", "votes of one person", *spreads, "given"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for people, trials, share in STUDIES:
        cells = [
            row for row in rows
            if (row["participants"], row["trials"], row["share"]) == (people, trials, share)
        ]  # fmt: skip
        coverage = [
            ", ".join("–" if each is None else f"{100 * each:.1f}" for each in row["coverage"])
            for row in cells
        ]
        given = [each for row in cells for each in row["given"]]
        ends = sorted({f"{100 * each:.0f}" for each in (min(given), max(given))}, key=float)
        shares = " … ".join(ends) + " %"
        part = "equal" if share is None else f"{100 * share:.0f} %"
        lines.append("| " + " | ".join([f"{people} × {trials}", part, *coverage, shares]) + " |")
    return "\n".join(lines)


def recovery(studies: int) -> dict[str, Any]:
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
    parser.add_argument("--few", type=int, default=2000, metavar="STUDIES")
    parser.add_argument(
        "--rows", type=Path, metavar="FILE", help="keeps rows of --few; a second run continues"
    )
    parser.add_argument("--recovery", type=int, default=200, metavar="STUDIES")
    options = parser.parse_args()
    met = True
    checks = (
        (coverage, options.coverage),
        (partial(few_and_unequal, kept=options.rows), options.few),
        (recovery, options.recovery),
    )
    for check, studies in checks:
        if studies:
            result = check(studies)
            sys.stdout.write(json.dumps(result) + "\n")
            if "rows" in result:
                sys.stdout.write(table(result["rows"]) + "\n")
            sys.stdout.flush()
            met = met and bool(result["met"])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
