"""Mirror borders, and enlarge and reduce maps (…, H, W)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def mirror(maps: Tensor, top: int, bottom: int, left: int, right: int) -> Tensor:
    """Extend maps (…, H, W) by mirroring at their borders, repeatedly for wide margins."""
    rows = _mirrored(maps.shape[-2], top, bottom, maps.device)
    columns = _mirrored(maps.shape[-1], left, right, maps.device)
    return maps.index_select(-2, rows).index_select(-1, columns)


def _mirrored(length: int, before: int, after: int, device: torch.device) -> Tensor:
    position = torch.arange(-before, length + after, device=device) % (2 * length)
    return torch.minimum(position, 2 * length - 1 - position)


def enlarge(maps: Tensor, factor: int, height: int, width: int) -> Tensor:
    """Pixels (N, C, height, width) from maps of one value per block of factor × factor pixels.

    Values are interpolated linearly between the centres of blocks.
    """
    if factor == 1:
        return maps[..., :height, :width]
    large = functional.interpolate(maps, scale_factor=factor, mode="bilinear", align_corners=False)
    return large[..., :height, :width]


def largest(maps: Tensor, factor: int) -> Tensor:
    """Maxima of blocks of factor × factor pixels (N, C, ⌈H/factor⌉, ⌈W/factor⌉)."""
    return functional.max_pool2d(maps, factor, ceil_mode=True)


def corners(length: int, factor: int) -> int:
    """The number of places on a grid of blocks of `factor` pixels along `length` pixels.

    Place n is the upper left corner of pixel n × factor. A coarser grid has one more at its end, so
    that the corner of each pixel lies between two places.
    """
    return length if factor == 1 else -(-length // factor) + 1


def refine(maps: Tensor, factor: int, height: int, width: int) -> Tensor:
    """Places (N, C, height, width) of a grid `factor` times finer, interpolated linearly."""
    if factor == 1:
        return maps[..., :height, :width]
    h, w = (factor * (n - 1) + 1 for n in maps.shape[-2:])
    fine = functional.interpolate(maps, size=(h, w), mode="bilinear", align_corners=True)
    return fine[..., :height, :width]
