"""The error of the best 1×1 linear map from an encoder's features to those of its teachers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from transfer.encoders.architecture import Encoder
from transfer.encoders.distillation import Teacher, teach


def linear_map_errors(
    encoder: Encoder,
    teachers: Sequence[Teacher],
    fit_on: Iterable[Tensor],
    measure_on: Iterable[Tensor],
) -> dict[str, float]:
    """Relative error √(Σ‖a − t‖² / Σ‖t‖²) of the best 1×1 map with bias, per layer.

    The map is the least-squares one on `fit_on`; the error is measured on `measure_on`. Both yield
    pictures (1, 3, H, W) in [0, 1]. Float64 for the normal equations.
    """
    moments: dict[str, tuple[Tensor, Tensor]] = {}
    for layer, a, t in _pairs(encoder, teachers, fit_on):
        xx, xt = moments.get(layer, (torch.tensor(0.0), torch.tensor(0.0)))
        moments[layer] = (xx.to(a) + a.T @ a, xt.to(a) + a.T @ t)
    maps = {
        layer: torch.linalg.pinv(xx, hermitian=True) @ xt for layer, (xx, xt) in moments.items()
    }
    missed = dict.fromkeys(maps, 0.0)
    total = dict.fromkeys(maps, 0.0)
    for layer, a, t in _pairs(encoder, teachers, measure_on):
        missed[layer] += float((a @ maps[layer] - t).square().sum())
        total[layer] += float(t.square().sum())
    return {layer: (missed[layer] / total[layer]) ** 0.5 for layer in maps}


def _pairs(
    encoder: Encoder, teachers: Sequence[Teacher], images: Iterable[Tensor]
) -> Iterator[tuple[str, Tensor, Tensor]]:
    """For every picture and layer: features (P, C + 1; the last column is ones), taught (P, C)."""
    layers = [layer for teacher in teachers for layer in teacher.layers]
    for image in images:
        with torch.no_grad():
            features = encoder(image, layers)
        for layer, target in teach(teachers, image).items():
            a = features[layer].flatten(2)[0].T.double()
            yield (
                layer,
                torch.cat([a, torch.ones_like(a[:, :1])], dim=1),
                target.flatten(2)[0].T.double(),
            )
