"""The engine of `adain`: encode, give channels the style's mean and deviation, decode."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from transfer.features.instance_norm import ChannelStatistics, adapt, channel_statistics
from transfer.methods.adain import Adain
from transfer.methods.engine import Task
from transfer.methods.levels import Levels, engine, once_per_styles, weighted


def transform(
    levels: Levels, images: Tensor, tasks: Sequence[Task[Tensor]], parameters: Adain
) -> Tensor:
    """The pictures (N, 3, H, W): contents with their styles' statistics at each level."""
    for layer in reversed(parameters.style_layers):
        features = levels.encode(layer, images)
        style = styles_at(levels, layer, tasks, parameters.style_share)
        adapted = adapt(features, style)
        # Huang & Belongie 2017, equation 14.
        features = torch.lerp(features, adapted, parameters.alpha)
        images = levels.decode(layer, features, images)
    return images


run = engine(transform)


def styles_at(
    levels: Levels, layer: str, tasks: Sequence[Task[Tensor]], shares: Sequence[float]
) -> ChannelStatistics:
    """Means and deviations of each task's styles at a layer, averaged by their shares.

    The result of `adapt` is linear in both, so averaging them averages the transformed features of
    the single styles (Huang & Belongie 2017, equation 15).
    """

    def compute(styles: Sequence[Tensor]) -> Tensor:
        found = [channel_statistics(levels.encode(layer, style)) for style in styles]
        means = weighted([one.mean for one in found], shares)
        return torch.stack([means, weighted([one.deviation for one in found], shares)], dim=1)

    both = once_per_styles(tasks, compute)
    return ChannelStatistics(both[:, 0], both[:, 1])
