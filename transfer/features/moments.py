"""Moments of feature maps, channel by channel, and the loss that aligns them.

Source: "Style Representation" (a thesis chapter on inverting features), §1.2.2, equations 1.4 and
1.5. A feature map F of a layer is (N, C, H, W); P = H · W is its number of places.
"""

from __future__ import annotations

import torch
from torch import Tensor

ORDERS = (1, 2, 3, 4)
"""The source aligns the first N moments for N = 1 … 4 (§1.4)."""


def moments(features: Tensor, number: int, *, central: bool = False) -> Tensor:
    """The first moments of every channel over its places, (N, C, H, W) → (N, `number`, C).

    Args:
        features: (N, C, H, W).
        number: how many moments, from order 1 up.
        central: from order 2 on, moments of the features minus their mean. The source does not say
            which; raw moments are never negative for features after a ReLU.

    """
    places = features.flatten(2)
    mean = places.mean(dim=2)
    found = [mean]
    base = places - mean[:, :, None] if central else places
    power = base
    for _ in range(1, number):
        power = power * base
        found.append(power.mean(dim=2))
    return torch.stack(found, dim=1)


def order_weights(style: Tensor) -> Tensor:
    """ψ of equation 1.5 for each order, (N, K, C) → (N, K): min(1, 1 / mean |M_k|).

    The absolute value is ours: central moments of odd order can be negative, and a negative weight
    would drive the image away from the style.
    """
    size = style.abs().mean(dim=2)
    return 1 / size.clamp_min(1.0)


def moment_loss(image: Tensor, style: Tensor) -> Tensor:
    """Equation 1.4 for moments (N, K, C) of images and of styles, (N,).

    1/C Σ_k ψ(M_k(style)) Σ_c (M_k,c(style) − M_k,c(image))².
    """
    return (order_weights(style) * (style - image).square().mean(dim=2)).sum(dim=1)
