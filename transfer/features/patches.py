"""Style swap: every patch of one feature map is replaced by the most similar patch of another.

Similarity is the normalised cross-correlation: the inner product of the content's patch with the
style's patch divided by the latter's norm. All products of a block of style patches are one
convolution of the content's map with those patches as its kernels.

Source: Chen & Schmidt 2016, "Fast Patch-based Style Transfer of Arbitrary Style" (arXiv
1612.04337), §3.1 and §3.2; Sheng et al. 2018, "Avatar-Net" (CVPR, arXiv 1805.03857), equation 5.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

WITHIN = 512 << 20
"""Ours: bytes that the kernels of a block and their products may take together."""
_TINY = 1e-12


def swap(content: Tensor, style: Tensor, patch: int, *, within: int = WITHIN) -> Tensor:
    """`content` rebuilt from patches of `style`, (1, C, H, W) and (1, C, h, w) → (1, C, H, W).

    Patches lie at every position (stride 1); where they overlap, the result is their mean. A map
    that is smaller than the patch is swapped with patches of its own size.

    Args:
        content: the features to rebuild.
        style: the source of the patches.
        patch: side of a patch, in positions.
        within: bytes; the style's patches are compared in blocks whose kernels and products fit
            into it, so memory does not grow with the product of the two maps' sizes.

    """
    patch = min(patch, *content.shape[2:], *style.shape[2:])
    chosen = nearest_patches(content, style, patch, within=within)
    return assemble(style, chosen, patch, (content.shape[2], content.shape[3]))


def nearest_patches(content: Tensor, style: Tensor, patch: int, *, within: int = WITHIN) -> Tensor:
    """The index of the style's patch for every patch of the content, in reading order, (H', W').

    Of equally similar patches the first is taken.
    """
    columns = functional.unfold(style, patch)[0]  # (C · patch², patches)
    channels, patches = style.shape[1], columns.shape[1]
    places = (content.shape[2] - patch + 1, content.shape[3] - patch + 1)
    block = block_size(channels, places, patch, patches, within)
    best = content.new_full(places, -torch.inf)
    chosen = torch.zeros(places, dtype=torch.int64, device=content.device)
    for start in range(0, patches, block):
        kernels = columns[:, start : start + block].T
        kernels = kernels / kernels.norm(dim=1, keepdim=True).clamp_min(_TINY)
        scores = functional.conv2d(content, kernels.reshape(-1, channels, patch, patch))[0]
        found, which = scores.max(dim=0)
        better = found > best
        best = torch.where(better, found, best)
        chosen = torch.where(better, which + start, chosen)
    return chosen


def block_size(
    channels: int, places: tuple[int, int], patch: int, patches: int, within: int
) -> int:
    """The number of style patches compared at once: all of them, or as many as `within` allows."""
    return max(1, min(patches, within // bytes_per_patch(channels, places, patch)))


def bytes_per_patch(channels: int, places: tuple[int, int], patch: int) -> int:
    """Bytes that one style patch takes: its kernel, that kernel normalised, and its products."""
    return 4 * (2 * channels * patch**2 + places[0] * places[1])


def assemble(style: Tensor, chosen: Tensor, patch: int, size: tuple[int, int]) -> Tensor:
    """Patches of `style` at every position of a map of `size`, averaged, (1, C, *size)."""
    columns = functional.unfold(style, patch)[:, :, chosen.flatten()]
    total = functional.fold(columns, size, patch)
    count = functional.fold(torch.ones_like(columns[:, : patch**2]), size, patch)
    return total / count
