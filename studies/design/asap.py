"""Active sampling: pairs with the largest expected information gain.

After Mikhailiuk, Wilmot, Perez-Ortiz, Yue & Mantiuk, Active Sampling for Pairwise Comparisons via
Approximate Message Passing and Information Gain Maximization (ICPR 2020, arXiv 2004.05691): a
Gaussian posterior of the qualities given all votes; for every pair the expected Kullback–Leibler
divergence of the posterior after its answer from the present one; and in each round the spanning
tree with the largest gains, so that all stimuli stay connected.

Two things differ from the paper. The posterior is Laplace's approximation with its full covariance
in place of message passing. And the gain is computed for the difference d = q_i − q_j alone: given
d, an answer on (i, j) leaves the other qualities unchanged, so the divergence of the posteriors of
all n qualities equals that of the posteriors of d, which are scalars.

Adaptive selection inflates differences between stimuli of similar quality. It is meant for rankings
and needs a fit with shrinkage.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studies.design import balanced
from studies.design.blocks import Block
from studies.design.rule import Pair, SelectionRule, Wins


def next_round(blocks: Sequence[Block], wins: Wins, generator: np.random.Generator) -> list[Pair]:
    """The n − 1 pairs of every block's spanning tree with the largest gains, in random order."""
    # These import SciPy, which is slow to load and needed only here.
    from studies.design.gain import best_tree
    from studies.design.posterior import posterior

    found: list[Pair] = []
    for block in blocks:
        found += best_tree(block, posterior(block, wins), generator)
    return [found[i] for i in generator.permutation(len(found))]


RULE = SelectionRule(
    "ASAP: the most informative pairs, by active sampling (for rankings)",
    balanced.pairs,
    next_round=next_round,
    begins_as="balanced",
)
