"""Identifiability of the coefficients of a regression on differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr, svd

_ZERO = 1e-8
"""Singular values below this share of the largest count as 0; columns are scaled to length 1."""
_CONSTANT = 1e-12
"""Columns shorter than this share of the longest count as 0."""


def undetermined(differences: npt.NDArray[np.float64], terms: Sequence[str]) -> list[str]:
    """The terms whose coefficients no number of votes on these pairs could determine.

    Args:
        differences: (P, K), one row per pair: the first stimulus's statistics minus the second's.
        terms: (K,), the columns' names.

    Returns:
        An empty list where the columns are linearly independent; otherwise the terms of columns
        that are 0 for every pair or a linear combination of others.

    """
    length = np.linalg.norm(differences, axis=0)
    constant = length <= _CONSTANT * length.max(initial=0)
    kept = np.flatnonzero(~constant)
    if not len(kept):
        return list(terms)
    (triangle,) = qr(differences[:, kept] / length[kept], mode="r")  # (K, K): pairs may be many
    _, sizes, ways = svd(triangle[: len(kept)], full_matrices=True)
    sizes = np.concatenate([sizes, np.zeros(len(kept) - len(sizes))])
    free = ways[sizes <= _ZERO * sizes.max(initial=0)]
    involved = kept[(np.abs(free) > np.sqrt(_ZERO)).any(axis=0)]
    lost = {*np.flatnonzero(constant).tolist(), *involved.tolist()}
    return [term for number, term in enumerate(terms) if number in lost]
