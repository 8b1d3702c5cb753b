from __future__ import annotations

import pytest
import torch

from transfer.features.patches import (
    assemble,
    block_size,
    bytes_per_patch,
    nearest_patches,
    swap,
)


def maps(seed: int, height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 3, height, width, generator=generator)


def patches_of(features: torch.Tensor, patch: int) -> list[torch.Tensor]:
    _, _, height, width = features.shape
    return [
        features[0, :, top : top + patch, left : left + patch]
        for top in range(height - patch + 1)
        for left in range(width - patch + 1)
    ]


@pytest.mark.parametrize("patch", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_it_finds_the_patch_of_the_highest_normalised_correlation(patch: int, seed: int) -> None:
    content, style = maps(seed, 6, 7), maps(10 + seed, 5, 8)
    candidates = patches_of(style, patch)
    expected = []
    for one in patches_of(content, patch):
        scores = [float((one * other).sum() / other.norm()) for other in candidates]
        expected.append(scores.index(max(scores)))
    found = nearest_patches(content, style, patch)
    assert found.flatten().tolist() == expected


def test_blocks_give_what_one_convolution_gives() -> None:
    content, style = maps(0, 8, 9), maps(1, 9, 7)
    whole = nearest_patches(content, style, 3)
    each = bytes_per_patch(3, (6, 7), 3)
    assert block_size(3, (6, 7), 3, 35, 4 * each) == 4
    assert torch.equal(nearest_patches(content, style, 3, within=4 * each), whole)
    assert torch.equal(nearest_patches(content, style, 3, within=1), whole)


def test_overlapping_patches_are_averaged() -> None:
    """Each place is the mean of what all patches that cover it put there."""
    content, style, patch = maps(2, 5, 6), maps(3, 6, 5), 3
    chosen = nearest_patches(content, style, patch)
    total, count = torch.zeros(1, 3, 5, 6), torch.zeros(5, 6)
    candidates = patches_of(style, patch)
    for top in range(chosen.shape[0]):
        for left in range(chosen.shape[1]):
            place = (slice(top, top + patch), slice(left, left + patch))
            total[0, :, place[0], place[1]] += candidates[int(chosen[top, left])]
            count[place] += 1
    torch.testing.assert_close(assemble(style, chosen, patch, (5, 6)), total / count)
    torch.testing.assert_close(swap(content, style, patch), total / count)


def test_a_map_swapped_with_itself_does_not_change() -> None:
    features = maps(4, 7, 6)
    torch.testing.assert_close(swap(features, features, 3), features)


def test_a_map_may_be_smaller_than_the_patch() -> None:
    assert swap(maps(5, 2, 6), maps(6, 4, 3), 5).shape == (1, 3, 2, 6)


def test_an_empty_style_patch_is_never_chosen() -> None:
    style = maps(7, 6, 6)
    style[:, :, :, :3] = 0
    content = maps(8, 5, 5)
    chosen = nearest_patches(content, style, 1)
    products = torch.einsum("chw,cp->hwp", content[0], style[0].flatten(1))
    positive = products.amax(dim=2) > 0
    assert (style[0].flatten(1).norm(dim=0)[chosen[positive]] > 0).all()
