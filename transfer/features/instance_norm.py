"""Adaptive instance normalisation: channel means and deviations of one map given to another.

Source: Huang & Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance
Normalization" (ICCV, arXiv 1703.06868), equation 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_PLAIN = 1e-10
"""Ours: a channel whose variance is below this share of its mean square is constant up to the
rounding of float32. It gets the style's mean and stays constant; magnifying the rounding to the
style's deviation would fill it with noise. The authors' code adds 1e-5 to every variance instead,
which changes the deviation of all channels, by an amount that depends on the encoder's scale."""


@dataclass(frozen=True)
class ChannelStatistics:
    """Mean and standard deviation of every channel, each (N, C, 1, 1)."""

    mean: Tensor
    deviation: Tensor


def channel_statistics(features: Tensor) -> ChannelStatistics:
    """Mean and deviation over places of (N, C, H, W). The variance is divided by P − 1.

    Source of the division: the authors' code and its ports (naoto0804/pytorch-AdaIN, function.py).
    """
    correction = 1 if features.shape[2] * features.shape[3] > 1 else 0
    deviation, mean = torch.std_mean(features, dim=(2, 3), correction=correction, keepdim=True)
    return ChannelStatistics(mean, deviation)


def adapt(features: Tensor, style: ChannelStatistics) -> Tensor:
    """σ(style) · (F − μ(F)) / σ(F) + μ(style), (N, C, H, W)."""
    own = channel_statistics(features)
    size = features.square().mean(dim=(2, 3), keepdim=True)
    varies = own.deviation.square() > _PLAIN * size
    factor = torch.where(varies, style.deviation / torch.where(varies, own.deviation, 1.0), 0.0)
    return (features - own.mean) * factor + style.mean
