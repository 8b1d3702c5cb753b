"""Distance of channel means and deviations: the style loss of AdaIN.

Huang & Belongie 2017 (ICCV), equation 13: Σ_l ‖μ(φ_l(s)) − μ(φ_l(t))‖₂ + ‖σ(φ_l(s)) − σ(φ_l(t))‖₂.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor


def mean_deviation(stimulus: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> float:
    """The distance of two pictures' features, layer → (1, C, H, W); ≥ 0, lower is better."""
    total = 0.0
    for layer in style:
        (mean, spread), (other_mean, other_spread) = _both(stimulus[layer]), _both(style[layer])
        total += float((mean - other_mean).norm() + (spread - other_spread).norm())
    return total


def _both(features: Tensor) -> tuple[Tensor, Tensor]:
    flat = features[0].flatten(1).double()
    return flat.mean(1), flat.std(1, correction=0)
