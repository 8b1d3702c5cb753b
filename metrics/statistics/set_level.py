"""Metrics of a whole set of stimuli: ArtFID's form for each method, with any encoder.

Wright & Ommer 2022, "ArtFID: Quantitative Evaluation of Neural Style Transfer", equation 1:

    (1 + mean distance of stimuli from their contents) · (1 + FID of stimuli and styles)

There the distance is LPIPS and the FID is of pooled Inception features trained on art. Here the
distance is any statistic that is 0 for equal pictures, such as `feature-distance`, and the Fréchet
distance is of the channel means of a layer of the encoder at hand. Numbers of different encoders or
layers cannot be compared.

A Fréchet distance compares Gaussians. The covariance of n pictures has at most rank n − 1: in D
dimensions that is too little for n ≤ D, and the distance then says more of the number of pictures
than of their look. There is then no number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import InputError
from common.lookup import check_name
from metrics.calibration.learnt.features import Features

Floats = npt.NDArray[np.float64]
DISTANCE = "feature-distance"
"""The statistic that is the distance from the content where none is named."""


@dataclass(frozen=True)
class SetLevel:
    """One method.

    Attributes:
        method: its name.
        stimuli: how many were compared.
        content_distance: their mean distance from their contents, ≥ 0.
        style_frechet: the Fréchet distance of stimuli and styles, ≥ 0; None where it is not known.
        artfid: ArtFID's form, ≥ 1, lower is better; None where it is not known.
        reason: why a number is not known; empty where all are.

    """

    method: str
    stimuli: int
    content_distance: float | None
    style_frechet: float | None
    artfid: float | None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the export."""
        return dict(vars(self))


def set_level(
    features: Features, methods: Sequence[str], distances: Mapping[str, float], layer: str
) -> list[SetLevel]:
    """ArtFID's form of each method, best first, those without a number last.

    Args:
        features: of the stimuli.
        methods: (S,), of each stimulus of `features`.
        distances: stimulus → distance from its content; missing ones may be left out or NaN.
        layer: whose channel means are compared.

    Raises:
        InputError: features without that layer, or a negative distance.

    """
    columns = _columns(features, layer)
    made = features.moments["stimulus"][:, columns]
    styles = features.moments["style"][:, columns]
    names = np.asarray(methods, dtype=object)
    far = np.array([distances.get(name, np.nan) for name in features.stimuli], dtype=np.float64)
    if (far < 0).any():
        raise InputError("a distance from the content is negative: name a statistic that is ≥ 0")
    found = []
    for method in sorted(set(methods)):
        rows = names == method
        found.append(_of_method(method, made[rows], styles[rows], far[rows]))
    return sorted(found, key=lambda one: (one.artfid is None, one.artfid or 0.0))


def frechet_of_sets(one: Floats, other: Floats) -> float | str:
    """‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½) of sets (n, D) and (m, D), or why there is none.

    Covariances are divided by n − 1. Rows that occur repeatedly add nothing to a covariance's rank.
    """
    for rows, what in ((one, "stimuli"), (other, "style pictures")):
        distinct, size = len(np.unique(rows, axis=0)), rows.shape[1]
        if distinct <= size:
            return (
                f"{distinct} different {what} give no full covariance in {size} dimensions: "
                f"{size + 1} are needed, or a layer of fewer channels"
            )
    spread, other_spread = np.cov(one.T), np.cov(other.T)
    spread, other_spread = np.atleast_2d(spread), np.atleast_2d(other_spread)
    values, vectors = np.linalg.eigh(spread)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    # (Σ₁Σ₂)^½ and (Σ₁^½ Σ₂ Σ₁^½)^½ have the same trace, and the second matrix is symmetric.
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other_spread @ root), 0.0)).sum()
    gap = np.square(one.mean(axis=0) - other.mean(axis=0)).sum()
    return max(0.0, float(gap + np.trace(spread) + np.trace(other_spread) - 2 * shared))


def _of_method(method: str, made: Floats, styles: Floats, far: Floats) -> SetLevel:
    count = len(made)
    frechet = frechet_of_sets(made, styles)
    style = None if isinstance(frechet, str) else frechet
    if not np.isfinite(far).all():
        missing = int((~np.isfinite(far)).sum())
        reason = f"{missing} of {count} stimuli have no distance from their content: measure them"
        return SetLevel(method, count, None, style, None, reason)
    distance = float(far.mean())
    if isinstance(frechet, str):
        return SetLevel(method, count, distance, None, None, frechet)
    return SetLevel(method, count, distance, frechet, (1 + distance) * (1 + frechet))


def _columns(features: Features, layer: str) -> slice:
    """The channel means of a layer among the moments."""
    if not features.layers:
        raise InputError("the features do not name their layers: make them again")
    check_name("layer", layer, tuple(features.layers))
    start = 0
    for name, width in features.layers.items():
        if name == layer:
            return slice(start, start + width)
        start += 2 * width
    raise AssertionError(layer)
