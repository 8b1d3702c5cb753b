"""The engine of `avatar-net`: whiten, swap patches, colour, then adapt the shallower levels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from transfer.features.instance_norm import adapt
from transfer.features.patches import swap
from transfer.features.whitening import apply, covariance_power, spread
from transfer.methods.adain_engine import styles_at
from transfer.methods.avatar_net import AvatarNet
from transfer.methods.engine import Task
from transfer.methods.levels import Levels, engine, weighted


def transform(
    levels: Levels, images: Tensor, tasks: Sequence[Task[Tensor]], parameters: AvatarNet
) -> Tensor:
    """The pictures (N, 3, H, W): contents decorated at the deepest level, adapted at the others."""
    *shallower, deepest = parameters.style_layers
    features = levels.encode(deepest, images)
    decorated = [
        decorate(
            features[number : number + 1],
            [levels.encode(deepest, style) for style in task.styles],
            parameters,
        )
        for number, task in enumerate(tasks)
    ]
    images = levels.decode(deepest, torch.cat(decorated), images)
    for layer in reversed(shallower):
        style = styles_at(levels, layer, tasks, parameters.style_share)
        images = levels.decode(layer, adapt(levels.encode(layer, images), style), images)
    return images


run = engine(transform)


def decorate(content: Tensor, styles: Sequence[Tensor], parameters: AvatarNet) -> Tensor:
    """The style decorator: the content's features (1, C, H, W), rebuilt from patches of the styles.

    Of several styles the decorated features are averaged by their shares (Sheng et al. 2018 §5.3).
    """
    whitened = _whitened(content, parameters.eigenvalue_threshold)
    return weighted(
        [_decorated(whitened, style, parameters) for style in styles], parameters.style_share
    )


def _decorated(whitened: Tensor, style: Tensor, parameters: AvatarNet) -> Tensor:
    own = spread(style)
    swapped = swap(whitened, _whitened(style, parameters.eigenvalue_threshold), parameters.patch)
    mixed = torch.lerp(whitened, swapped, parameters.alpha)
    return apply(covariance_power(own, 0.5, parameters.eigenvalue_threshold), own.mean, mixed)


def _whitened(features: Tensor, threshold: float) -> Tensor:
    own = spread(features)
    matrix = covariance_power(own, -0.5, threshold)
    return apply(matrix, -torch.bmm(matrix, own.mean), features)
