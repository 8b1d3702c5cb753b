"""Active sampling: the pairs from whose answers most is to be learned.

After Mikhailiuk, Wilmot, Perez-Ortiz, Yue & Mantiuk, Active Sampling for Pairwise Comparisons via
Approximate Message Passing and Information Gain Maximization (ICPR 2020, arXiv 2004.05691): a
Gaussian posterior of the qualities given all votes; for every pair the expected Kullback–Leibler
divergence of the posterior after its answer from the posterior now; and in each batch the spanning
tree with the largest gains, so that everything stays connected.

Ours is the posterior (Laplace's approximation with its full covariance, in place of messages), and
with it a shorter way to the gain: an answer on (i, j) speaks of d = q_i − q_j alone. The other
qualities, given d, stay as they were, so that the divergence of the two posteriors of all n
qualities is that of the two posteriors of d, numbers in place of matrices.

Active choice makes differences look larger than they are where stimuli are close: it is for
rankings, opt-in, and wants a fit with shrinkage.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studies.design import balanced
from studies.design.blocks import Block
from studies.design.rule import Pair, Rule, Wins


def next_round(blocks: Sequence[Block], wins: Wins, generator: np.random.Generator) -> list[Pair]:
    """For every block the n − 1 pairs of its spanning tree of largest gains, in random order."""
    # SciPy is slow to import and only needed here.
    from studies.design.gain import best_tree
    from studies.design.posterior import posterior

    found: list[Pair] = []
    for block in blocks:
        found += best_tree(block, posterior(block, wins), generator)
    return [found[i] for i in generator.permutation(len(found))]


RULE = Rule(
    "ASAP: pairs that teach most, by active sampling (for rankings)",
    balanced.pairs,
    next_round=next_round,
    begins_as="balanced",
)
