"""Distance of self-similarity: which places of a picture resemble each other, and how much.

Kolkin, Salavon & Shakhnarovich 2019 (STROTSS, CVPR), equation 7: with D the cosine distances of the
features of all pairs of places, each column divided by its sum,
L = 1/n² Σ_ij |D^X_ij / Σ_i D^X_ij − D^C_ij / Σ_i D^C_ij|, here times n as in the authors' code, so
that it does not depend on the number of places. Their places are drawn at random; here they are a
fixed grid, so that the number can be repeated. The features of a place are those of all layers.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

PLACES = 32
"""Places in a row and in a column of the grid: 1,024 in all, as many as the authors draw."""


def self_similarity(
    stimulus: Mapping[str, Tensor], content: Mapping[str, Tensor], places: int = PLACES
) -> float | str:
    """The distance of two pictures' features, layer → (1, C, H, W); 0 … 2, lower is better.

    A text where the features of a picture do not vary, so that its distances have no pattern.
    """
    patterns = []
    for features, whose in ((stimulus, "stimulus"), (content, "content")):
        distances = cosine_distances(columns(features, places))
        total = distances.sum(0, keepdim=True)
        if float(total.min()) <= 1e-9 * len(distances):
            return f"the features of the {whose} do not vary"
        patterns.append(distances / total)
    return float((patterns[0] - patterns[1]).abs().mean() * len(patterns[0]))


def columns(features: Mapping[str, Tensor], places: int) -> Tensor:
    """The features of all layers at the places of a grid, (places², ΣC), interpolated linearly."""
    steps = (torch.arange(places, dtype=torch.float64) * 2 + 1) / places - 1  # middles of cells
    across = steps[None, :].expand(places, places)
    grid = torch.stack([across, across.T], dim=-1)[None]
    maps = [
        functional.grid_sample(
            layer.double(),
            grid.to(layer.device),
            mode="bilinear",
            padding_mode="border",
            align_corners=False,
        )[0]
        for layer in features.values()
    ]
    return torch.cat(maps).flatten(1).T


def cosine_distances(vectors: Tensor) -> Tensor:
    """1 − cos of all pairs of rows (n, C) → (n, n); a row of zeros has distance 1 from others."""
    unit = functional.normalize(vectors, dim=1, eps=1e-12)
    distances = (1 - unit @ unit.T).clamp_min(0)
    return distances.fill_diagonal_(0.0)
