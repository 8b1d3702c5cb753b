"""Expected information gain of a vote, and the pairs with the largest gain."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.stats import norm

from studies.design.blocks import Block
from studies.design.posterior import Floats, Posterior
from studies.design.rule import Pair, pair


def information_gain(mean: Floats, variance: Floats) -> Floats:
    """Expected gain, in nats, of asking about a difference of qualities d ~ N(mean, variance).

    With noise of variance 1 the answer is "first" with probability Φ(m / c), c² = 1 + v. Given
    "first", d has the mean m + v λ/c and the variance v (1 − v w/c²), where t = m / c,
    λ = φ(t)/Φ(t), w = λ (λ + t); the moments of a truncated normal. The gain is the mean over both
    answers of KL(N(m', v') ‖ N(m, v)) = ½ [v'/v − 1 − ln(v'/v) + (m' − m)²/v].

    Args:
        mean: (…), any sign.
        variance: (…), above 0.

    """
    spread = np.sqrt(1 + variance)
    total = np.zeros(np.broadcast(mean, variance).shape)
    for sign in (1, -1):
        t = sign * mean / spread
        hazard = np.exp(norm.logpdf(t) - norm.logcdf(t))
        shrunk = 1 - variance / spread**2 * hazard * (hazard + t)
        moved = variance * hazard**2 / spread**2
        total += norm.cdf(t) * 0.5 * (shrunk - 1 - np.log(shrunk) + moved)
    return np.asarray(total)


def best_tree(block: Block, known: Posterior, generator: np.random.Generator) -> list[Pair]:
    """The n − 1 pairs of the spanning tree of a block with the largest gains."""
    one, two = np.triu_indices(len(block), k=1)
    spread = np.diag(known.covariance)
    variance = spread[one] + spread[two] - 2 * known.covariance[one, two]
    gain = information_gain(known.mean[one] - known.mean[two], variance)
    # Before the first votes all gains are equal: a random factor, below their accuracy, decides.
    gain = gain * (1 + 1e-6 * generator.random(len(gain)))
    costs = csr_array((1 / gain, (one, two)), shape=(len(block), len(block)))
    tree = minimum_spanning_tree(costs).tocoo()
    return [pair(block[i], block[j]) for i, j in zip(tree.row, tree.col, strict=True)]
