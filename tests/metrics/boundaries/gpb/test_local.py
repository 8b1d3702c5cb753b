"""Half-disc gradients and their smoothing against direct computation and on known edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from metrics.boundaries.gpb import half_discs
from metrics.boundaries.gpb.channels import ORIENTATIONS
from metrics.boundaries.gpb.grids import corners, enlarge, largest, mirror, refine
from metrics.boundaries.gpb.half_discs import _half_discs, gradients
from metrics.boundaries.gpb.local import RADII, combine, cues, smooth
from metrics.boundaries.gpb.weights import COLOUR, GREY

BINS = 6


def labels(seed: int = 0, height: int = 24, width: int = 30) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, BINS, (1, height, width), generator=random)


def step(angle: float, side: int = 41) -> torch.Tensor:
    """Two bins on the sides of a line that rises at `angle` through a corner of the middle
    pixel."""
    y, x = torch.meshgrid(*[torch.arange(side) - side // 2 + 0.5] * 2, indexing="ij")
    below = x * math.sin(angle) + y * math.cos(angle) > 0
    return torch.where(below, 4, 1)[None]


@pytest.mark.parametrize("size", [(5, 7), (2, 3), (1, 1)])
def test_mirroring_repeats_the_picture_backwards(size):
    maps = torch.arange(size[0] * size[1]).reshape(1, *size)
    expected = np.pad(maps.numpy(), ((0, 0), (6, 4), (3, 9)), mode="symmetric")
    np.testing.assert_array_equal(mirror(maps, 6, 4, 3, 9), expected)


def test_enlarging_keeps_constants_and_slopes():
    slope = torch.arange(6.0).expand(1, 1, 5, 6)
    large = enlarge(slope, 4, 18, 23)
    assert large.shape == (1, 1, 18, 23)
    np.testing.assert_allclose(large[0, 0, 3, 2:21].diff(), 0.25, atol=1e-6)
    assert torch.equal(enlarge(slope, 1, 5, 6), slope)


def test_the_largest_of_every_block_is_kept():
    maps = torch.zeros(1, 1, 5, 5)
    maps[0, 0, 4, 4] = maps[0, 0, 1, 2] = 1.0
    assert largest(maps, 2)[0, 0].tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(("factor", "size"), [(1, (5, 7)), (2, (7, 8)), (4, (5, 9))])
def test_a_finer_grid_contains_the_positions_of_the_coarse_one(factor, size):
    h, w = (corners(length, factor) for length in size)
    maps = torch.rand((1, 2, h, w), generator=torch.Generator().manual_seed(0))
    fine = refine(maps, factor, *size)
    assert fine.shape == (1, 2, *size)
    kept = fine[..., ::factor, ::factor]
    np.testing.assert_allclose(kept, maps[..., : kept.shape[2], : kept.shape[3]], atol=1e-6)
    if factor > 1:
        middle = (maps[0, 0, 0, 0] + maps[0, 0, 0, 1]) / 2
        assert float(fine[0, 0, 0, factor // 2]) == pytest.approx(float(middle))


def test_a_gradient_is_the_distance_of_two_histograms():
    image = labels()
    found = gradients(image, BINS, radius=5)
    kernels = _half_discs(5)
    reach = kernels.shape[-1] // 2
    for y, x, k in ((10, 12, 0), (12, 17, 3), (9, 9, 6)):
        patch = image[0, y - reach : y + reach + 1, x - reach : x + reach + 1]
        one, other = ((kernels[-1, 0] + sign * kernels[k, 0]) / 2 for sign in (1, -1))
        p, q = (torch.stack([half[patch == b].sum() for b in range(BINS)]) for half in (one, other))
        assert float(p.sum()) == pytest.approx(ORIENTATIONS, rel=1e-4)
        expected = ((p - q) ** 2 / (p + q).clamp(min=1e-9)).sum() / 2
        assert float(found[0, k, y, x]) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("k", range(ORIENTATIONS))
def test_an_edge_is_strongest_at_its_own_orientation(k):
    found = gradients(step(k * math.pi / ORIENTATIONS), BINS, radius=5)
    middle = found[0, :, 20, 20]
    assert int(middle.argmax()) == k
    assert middle.max() > 0.75 * ORIENTATIONS
    assert middle.min() < 0.2 * ORIENTATIONS


@pytest.mark.parametrize("radius", [3, 5, 10, 20])
@pytest.mark.parametrize("smoothing", [0.0, 1.25])
def test_gradients_are_in_range(radius, smoothing):
    found = gradients(labels(), BINS, radius, smoothing)
    assert found.min() >= 0
    assert found.max() <= ORIENTATIONS + 1e-4
    flat = gradients(torch.full((1, 24, 30), 2), BINS, radius, smoothing)
    assert flat.max() < 1e-6


def test_smoothing_the_bins_makes_near_bins_alike():
    near, far = step(0.0), step(0.0)
    near[near == 4] = 2
    values = [float(gradients(one, BINS, 5, 1.25)[0, 0].max()) for one in (near, far)]
    assert values[0] < 0.5 * values[1]
    assert gradients(near, BINS, 5)[0, 0].max() == gradients(far, BINS, 5)[0, 0].max()


def test_pictures_of_a_batch_are_independent():
    one, other = labels(1), labels(2)
    both = gradients(torch.cat([one, other]), BINS, radius=10)
    np.testing.assert_allclose(both[1:], gradients(other, BINS, radius=10), atol=1e-5)


@pytest.mark.parametrize(("radius", "factor"), [(3, 1), (10, 2), (20, 4)])
@pytest.mark.parametrize("rows", [1, 5, 7])
def test_gradients_do_not_depend_on_the_size_of_bands(monkeypatch, radius, factor, rows):
    image = labels(height=43, width=50)
    at_once = gradients(image, BINS, radius, 0.5, factor)
    monkeypatch.setattr(half_discs, "_BAND", rows)
    assert torch.equal(gradients(image, BINS, radius, 0.5, factor), at_once)


@pytest.mark.parametrize(("radius", "factor"), [(3, 1), (5, 1), (10, 1), (10, 2), (20, 2), (20, 4)])
@pytest.mark.parametrize("across", [-2, -1])
def test_a_step_is_found_right_or_below_of_it(radius, factor, across):
    # 3 × 20 pixels from the border nothing is mirrored into the disc; 64 is on all grids.
    step = torch.ones((1, 100, 100), dtype=torch.long)
    step.transpose(across, -1)[..., 64:] = 4
    found = refine(gradients(step, BINS, radius, factor=factor), factor, 100, 100)
    profile = found[0, 0 if across == -2 else ORIENTATIONS // 2].transpose(across, -1)[50]
    assert int(profile.argmax()) == 64
    np.testing.assert_allclose(profile[63], profile[65], atol=0.15 * float(profile[64]))


def test_halves_meet_at_the_corner_of_the_pixel():
    kernel = _half_discs(5)[:, 0]
    assert (kernel[0, :5] >= 0).all()
    assert (kernel[0, 5:] <= 0).all()
    upright = kernel[ORIENTATIONS // 2]
    assert (upright[:, :5] >= 0).all()
    assert (upright[:, 5:] <= 0).all()


@pytest.mark.parametrize(("radius", "factor"), [(3, 1), (5, 1), (10, 1), (10, 2), (20, 4)])
def test_every_slice_of_a_disc_has_the_same_weight(radius, factor):
    kernels = _half_discs(radius, factor)
    assert float(kernels[-1].sum()) == pytest.approx(2 * ORIENTATIONS, rel=1e-5)
    np.testing.assert_allclose(kernels[:-1].sum(dim=(1, 2, 3)), 0, atol=1e-4)


@pytest.mark.parametrize(("radius", "factor"), [(3, 1), (5, 1), (10, 1), (20, 2)])
def test_smoothing_keeps_parabolas_across_the_edge(radius, factor):
    side = 122
    places = torch.arange(corners(side, factor)) * factor - side // 2
    ridge = (2 - 0.0005 * places.float()[:, None] ** 2).expand(1, ORIENTATIONS, -1, len(places))
    smoothed = smooth(ridge, radius, side, side)
    middle = slice(55, 67)
    expected = 2 - 0.0005 * (torch.arange(side).float() - side // 2)[middle, None] ** 2
    np.testing.assert_allclose(smoothed[0, 0, middle, middle], expected.expand(-1, 12), atol=0.002)


def test_smoothing_reaches_across_the_edge_further_than_along_it():
    lonely = torch.zeros(1, ORIENTATIONS, 41, 41)
    lonely[..., 20, 20] = 1.0
    level = smooth(lonely, 10, 41, 41)[0, 0] != 0
    assert level.any(dim=1).sum() == 21  # rows, across a level edge
    assert level.any(dim=0).sum() == 5  # columns, along it


def test_smoothing_reduces_noise():
    noisy = torch.rand((1, ORIENTATIONS, 40, 40), generator=torch.Generator().manual_seed(0))
    assert smooth(noisy, 5, 40, 40).std() < 0.5 * noisy.std()


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (16, 70)])
def test_all_cues_of_any_size_combine(size):
    images = torch.rand((2, 3, *size), generator=torch.Generator().manual_seed(0))
    found = cues(images, [0, 1])
    assert set(found) == {(channel, r) for channel, radii in RADII.items() for r in radii}
    for weights in (COLOUR.mpb, COLOUR.gpb, GREY.mpb, GREY.gpb):
        strength = combine(found, weights, *size)
        assert strength.shape == (2, ORIENTATIONS, *size)
        assert torch.isfinite(strength).all()


def test_clusterings_of_textons_are_averaged():
    images = torch.rand((2, 3, 32, 40), generator=torch.Generator().manual_seed(0))
    one, other, both = (cues(images, seeds) for seeds in ([3], [4], [3, 4]))
    for key, found in both.items():
        torch.testing.assert_close(found, (one[key] + other[key]) / 2)
        assert torch.equal(one[key], other[key]) is (key[0] != "texture")


def test_only_weighted_cues_count():
    found = cues(torch.rand((1, 3, 32, 32)), [0])
    changed = {key: value + 100 if key[0] == "a" else value for key, value in found.items()}
    assert torch.equal(combine(found, GREY.mpb, 32, 32), combine(changed, GREY.mpb, 32, 32))
    assert not torch.equal(combine(found, COLOUR.mpb, 32, 32), combine(changed, COLOUR.mpb, 32, 32))
