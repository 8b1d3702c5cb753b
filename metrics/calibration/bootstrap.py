"""Bootstrap: refits of resampled participants, each with all of their votes.

Resampling votes would treat the votes of one person as independent. The replicates are exported, so
that intervals of scores, cells and ranks can be computed from the model file alone (stability.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from common.errors import InputError

from .data import Codes, Comparisons, Floats
from .davidson import Tied, davidson
from .firth import Penalised, firth
from .fit import Fit
from .goodness import kish
from .intervals import LEVEL, tails
from .newton import fit_batch
from .separation import check_rank
from .uncertainty import uncertainty

FEWEST_PEOPLE = 10
"""With fewer participants percentile intervals are far too narrow."""


@dataclass(frozen=True)
class Bootstrap:
    """replicates: (B, K) coefficients; lost: number of draws without a finite estimate."""

    terms: tuple[str, ...]
    replicates: Floats
    lost: int
    seed: int

    def intervals(self, level: float = LEVEL) -> dict[str, list[float]]:
        """Percentile intervals."""
        bounds = np.quantile(self.replicates, tails(level), axis=0)
        return {term: bounds[:, k].tolist() for k, term in enumerate(self.terms)}

    def to_json(self) -> dict[str, Any]:
        """Return the export, with six digits, more than the replicates' precision."""
        return {
            "resampled": "participants",
            "replicates": [[float(f"{x:.6g}") for x in row] for row in self.replicates.tolist()],
            "lost": self.lost,
            "seed": self.seed,
            "intervals": self.intervals(),
            "std_errors": dict(
                zip(self.terms, self.replicates.std(axis=0, ddof=1).tolist(), strict=True)
            ),
        }


def obstacle(comparisons: Comparisons, result: Fit) -> str:
    """The reason why resampling participants would give wrong intervals; empty if there is none."""
    effective = kish(comparisons.participants)
    if effective < FEWEST_PEOPLE:
        return (
            f"the votes count like those of {effective:.1f} participants who gave equally many, "
            f"and it needs {FEWEST_PEOPLE}"
        )
    if result.separated:
        return f"votes are separated by {', '.join(result.separated)}"
    errors = uncertainty(result, comparisons.participants).std_errors
    if np.isnan(errors[: len(comparisons.terms)]).any():
        return "the participants' differences do not support errors"
    return ""


def bootstrap(
    comparisons: Comparisons, result: Fit, replicates: int = 1000, seed: int = 0
) -> Bootstrap | None:
    """Refit `replicates` draws of as many participants as there are, with replacement.

    Each draw is fitted as `result` was: by maximum likelihood, Firth's, or Davidson's model. None
    if `obstacle` names a reason, or if more than 5 % of the draws have no finite estimate:
    percentiles would then leave out the extreme ones.
    """
    if replicates < 2 or obstacle(comparisons, result):
        return None
    people = np.unique(comparisons.participants, return_inverse=True)[1].ravel()
    many = comparisons.people
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(many, np.full(many, 1 / many), size=replicates)
    if result.method == "ml" and result.tie is None:
        batch = fit_batch(
            comparisons.differences,
            comparisons.preferred,
            groups=people,
            weights=weights.astype(np.float64),
            start=result.coefficients,
            tolerance=1e-4,
        )
        drawn = batch.coefficients[batch.converged]
    else:
        drawn = _one_by_one(comparisons, result, weights[:, people])
    lost = replicates - len(drawn)
    if lost > 0.05 * replicates:
        return None
    return Bootstrap(comparisons.terms, drawn, lost, seed)


def _one_by_one(comparisons: Comparisons, result: Fit, times: Codes) -> Floats:
    """Fit draws (B, N), counts of each vote; draws without a finite estimate are left out."""

    def again(drawn: Comparisons) -> Penalised | Tied:
        votes = drawn.differences, drawn.preferred
        if result.tie is not None:
            return davidson(*votes, start=np.append(result.coefficients, result.tie))
        # Far below the spread of the draws; more digits would take most of the steps.
        return firth(*votes, start=result.coefficients, tolerance=1e-4)

    found = []
    for draw in times:
        rows = np.repeat(np.arange(comparisons.votes), draw)
        drawn = replace(
            comparisons,
            differences=comparisons.differences[rows],
            preferred=comparisons.preferred[rows],
        )
        try:
            check_rank(drawn)
            found.append(again(drawn).coefficients)
        except InputError:
            continue
    return np.array(found).reshape(-1, len(comparisons.terms))
