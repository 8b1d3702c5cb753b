"""The engine of `universal`: at each level encode, whiten, colour and decode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from transfer.features.whitening import apply, covariance_power, spread
from transfer.methods.engine import Task, digest_of
from transfer.methods.levels import Levels, engine, weighted
from transfer.methods.universal import Universal


@dataclass(frozen=True)
class Colouring:
    """The styles' mean (1, C, 1) and the root of their covariance at a level."""

    mean: Tensor
    root: Tensor


def transform(
    levels: Levels, images: Tensor, tasks: Sequence[Task[Tensor]], parameters: Universal
) -> Tensor:
    """The pictures (N, 3, H, W): contents whitened and coloured at each level."""
    for layer in reversed(parameters.style_layers):
        colourings = _colourings(levels, layer, tasks, parameters)
        images = _transfer(levels, layer, images, colourings, parameters)
    return images


run = engine(transform)


def _colourings(
    levels: Levels, layer: str, tasks: Sequence[Task[Tensor]], parameters: Universal
) -> list[Colouring]:
    """One for each task; styles that several tasks share are encoded once."""
    known: dict[bytes, Colouring] = {}
    digests = [digest_of(task.styles) for task in tasks]
    for task, digest in zip(tasks, digests, strict=True):
        if digest in known:
            continue
        means, roots = [], []
        for style in task.styles:
            found = spread(levels.encode(layer, style))
            means.append(found.mean)
            roots.append(covariance_power(found, 0.5, parameters.eigenvalue_threshold))
        # Chiu & Gurari 2020, supplement, equation 30. Whitening is the same for all and the rest is
        # linear: this averages the transformed features.
        share = parameters.style_share
        known[digest] = Colouring(weighted(means, share), weighted(roots, share))
    return [known[digest] for digest in digests]


def _transfer(
    levels: Levels,
    layer: str,
    images: Tensor,
    colourings: Sequence[Colouring],
    parameters: Universal,
) -> Tensor:
    """The images (N, 3, H, W) after one level."""
    features = levels.encode(layer, images)
    own = spread(features)
    whitening = covariance_power(own, -0.5, parameters.eigenvalue_threshold)
    colouring = torch.bmm(torch.cat([one.root for one in colourings]), whitening)
    mean = torch.cat([one.mean for one in colourings])
    # α (T (F − μ) + μ_style) + (1 − α) F as one product: Li et al. 2017, equations 2 to 4.
    alpha = parameters.alpha
    identity = torch.eye(colouring.shape[1], dtype=colouring.dtype, device=colouring.device)
    matrix = alpha * colouring + (1 - alpha) * identity
    shift = alpha * (mean - torch.bmm(colouring, own.mean))
    return levels.decode(layer, apply(matrix, shift, features), images)
