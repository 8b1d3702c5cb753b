"""How far estimates move with the people asked: resampling participants, all votes of each.

Resampling votes would pretend that a person's votes are independent. The replicates are exported,
so that intervals of scores, cells and ranks follow from the model file alone (stability.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .data import Comparisons, Floats
from .fit import Fit
from .newton import fit_batch


@dataclass(frozen=True)
class Bootstrap:
    """replicates: (B, K) coefficients; lost: how many draws had no finite estimate."""

    terms: tuple[str, ...]
    replicates: Floats
    lost: int
    seed: int

    def intervals(self, level: float = 0.95) -> dict[str, list[float]]:
        """Percentile intervals."""
        tails = [(1 - level) / 2, (1 + level) / 2]
        bounds = np.quantile(self.replicates, tails, axis=0)
        return {term: bounds[:, k].tolist() for k, term in enumerate(self.terms)}

    def to_json(self) -> dict[str, Any]:
        """Give the export; six digits are more than the replicates know."""
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


def bootstrap(
    comparisons: Comparisons, result: Fit, replicates: int = 1000, seed: int = 0
) -> Bootstrap | None:
    """Refit `replicates` draws of as many participants as there are, with replacement.

    None where the model is not a plain maximum-likelihood fit with finite coefficients, or where
    more than 5 % of the draws are separated: percentiles would then leave out the extreme ones.
    """
    plain = result.method == "ml" and not result.separated and result.tie is None
    if replicates < 2 or comparisons.people < 2 or not plain:
        return None
    people = np.unique(comparisons.participants, return_inverse=True)[1].ravel()
    many = comparisons.people
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(many, np.full(many, 1 / many), size=replicates).astype(np.float64)
    batch = fit_batch(
        comparisons.differences,
        comparisons.preferred,
        groups=people,
        weights=weights,
        start=result.coefficients,
        tolerance=1e-4,
    )
    lost = int((~batch.converged).sum())
    if lost > 0.05 * replicates:
        return None
    return Bootstrap(comparisons.terms, batch.coefficients[batch.converged], lost, seed)
