"""Fréchet distance between Gaussians of the features of two pictures.

Shaham, Dekel & Michaeli 2019 (SinGAN, ICCV), section 4, "single image FID": the Fréchet distance of
Heusel et al. 2017 between the features of all places of two pictures at an early layer; there
before the second pooling of Inception v3, here before that of VGG-19. Covariances are divided by
P − 1.
"""

from __future__ import annotations

import torch
from torch import Tensor


def frechet(one: Tensor, other: Tensor) -> float:
    """‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½) of features (1, C, H, W); ≥ 0, lower is better."""
    (mean, spread), (other_mean, other_spread) = _gaussian(one), _gaussian(other)
    root = _root(spread)
    # (Σ₁Σ₂)^½ and (Σ₁^½ Σ₂ Σ₁^½)^½ have the same trace, and the second matrix is symmetric.
    product = torch.linalg.eigvalsh(root @ other_spread @ root).clamp_min(0).sqrt().sum()
    distance = (mean - other_mean).square().sum() + spread.trace() + other_spread.trace()
    return max(0.0, float(distance - 2 * product))


def _gaussian(features: Tensor) -> tuple[Tensor, Tensor]:
    flat = features[0].flatten(1).double()
    mean = flat.mean(1)
    centred = flat - mean[:, None]
    return mean, centred @ centred.T / (flat.shape[1] - 1)


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    return root
