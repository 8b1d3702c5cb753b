"""The engine of `ift`: at each level encode, take gradient steps on the features, decode."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from transfer.features.iterative import largest_eigenvalue, second_moment, steps_as_matrix
from transfer.features.whitening import apply
from transfer.methods.engine import Task
from transfer.methods.ift import Ift
from transfer.methods.levels import Levels, engine, once_per_styles, weighted

_TINY = 1e-12  # of a norm, for content and style that are both black


def transform(
    levels: Levels, images: Tensor, tasks: Sequence[Task[Tensor]], parameters: Ift
) -> Tensor:
    """The pictures (N, 3, H, W): contents after the gradient steps at each level."""
    strengths = dict(zip(parameters.style_layers, parameters.strengths, strict=True))
    for layer in reversed(parameters.style_layers):
        moment = styles_at(levels, layer, tasks, parameters.style_share)
        for _ in range(parameters.n_iter):
            features = levels.encode(layer, images)
            matrix = _steps(features, moment, strengths[layer], parameters)
            shift = torch.zeros_like(matrix[:, :, :1])
            images = levels.decode(layer, apply(matrix, shift, features), images)
    return images


run = engine(transform)


def styles_at(
    levels: Levels, layer: str, tasks: Sequence[Task[Tensor]], shares: Sequence[float]
) -> Tensor:
    """S of each task: its styles' second moments added by their shares, (N, C, C) float64."""

    def compute(styles: Sequence[Tensor]) -> Tensor:
        found = [levels.encode(layer, style).flatten(2).double() for style in styles]
        return weighted([second_moment(one) for one in found], shares)

    return once_per_styles(tasks, compute)


def _steps(features: Tensor, moment: Tensor, strength: float, parameters: Ift) -> Tensor:
    """The gradient steps of one outer iteration, as a matrix for every image's features."""
    places = features.flatten(2).double()
    own = second_moment(places)
    finite = own.isfinite().all(dim=(1, 2), keepdim=True) & moment.isfinite().all(
        dim=(1, 2), keepdim=True
    )
    own, moment = torch.where(finite, own, 0.0), torch.where(finite, moment, 0.0)
    per_place = torch.full_like(own[:, 0, 0], strength / places.shape[2])
    if parameters.normalisation == "relative":
        norm = torch.maximum(largest_eigenvalue(own), largest_eigenvalue(moment))
        per_place = strength / norm.clamp_min(_TINY)
    matrix = steps_as_matrix(own, moment, per_place, rate=parameters.rate, steps=parameters.n_upd)
    return torch.where(finite, matrix, torch.nan)
