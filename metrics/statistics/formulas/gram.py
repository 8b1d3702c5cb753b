"""Distance of Gram matrices, for each layer and summed.

Gatys, Ecker & Bethge 2016 (CVPR), equations 3 to 5: E_l = 1/(4N²M²) Σ_ij (G_ij − A_ij)², with
G = FFᵀ of N channels and M places; the sum has the same weight for every layer. Pictures may differ
in size, so each matrix is divided by its own number of places.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def gram_distances(stimulus: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> dict[str, float]:
    """Layer → E_l, ≥ 0, lower is better; features are layer → (1, C, H, W)."""
    return {
        layer: float(
            (_gram(stimulus[layer]) - _gram(style[layer])).square().sum()
            / (4 * style[layer].shape[1] ** 2)
        )
        for layer in style
    }


def _gram(features: Tensor) -> Tensor:
    flat = features[0].flatten(1).double()
    return torch.mm(flat, flat.T) / flat.shape[1]
