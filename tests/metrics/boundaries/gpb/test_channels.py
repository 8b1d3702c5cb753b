"""Lab, quantised channels, texton filters and textons."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import hilbert
from skimage.color import rgb2lab

from metrics.boundaries.gpb import channels
from metrics.boundaries.gpb.channels import GAMMA, TEXTONS, filter_bank, lab, quantise, textons


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_lab_agrees_with_an_independent_conversion():
    images = noise(2, 3, 9, 11)
    ours = lab(images)
    # scikit-image undoes sRGB's own curve first; give it the values that undo to our power.
    linear = images.double().numpy() ** GAMMA
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    expected = rgb2lab(np.moveaxis(srgb, 1, 3))
    expected = (expected - (0, -73, -73)) / (100, 168, 168)
    np.testing.assert_allclose(ours, np.moveaxis(expected.clip(0, 1), 3, 1), atol=2e-3)


def test_grey_pictures_lie_in_the_middle_of_a_and_b():
    grey = noise(1, 1, 8, 8).expand(1, 3, 8, 8)
    assert lab(grey)[:, 1:].std() < 2e-3
    assert (lab(torch.ones(1, 3, 2, 2))[0, 0] - 1).abs().max() < 1e-4
    assert lab(torch.zeros(1, 3, 2, 2))[0, 0].abs().max() == 0


def test_every_value_belongs_to_a_bin():
    values = torch.tensor([0.0, 0.0399, 0.04, 0.5, 0.999, 1.0])
    assert quantise(values, 25).tolist() == [0, 0, 1, 12, 24, 24]


def test_texton_filters_have_zero_mean_and_unit_sum():
    bank = filter_bank()
    assert bank.shape[0] == 34
    assert bank.shape[1] == bank.shape[2]
    np.testing.assert_allclose(bank.sum(dim=(1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(bank.abs().sum(dim=(1, 2)), 1, atol=1e-5)


def test_odd_profiles_are_hilbert_transforms_of_the_even_ones():
    u = np.linspace(-60, 60, 4801)
    even = (u**2 - 1) * np.exp(-(u**2) / 2)
    odd = channels._odd_profile(torch.from_numpy(u)).numpy()
    middle = slice(1600, 3201)  # a finite line's ends disturb the transform
    np.testing.assert_allclose(odd[middle], hilbert(even).imag[middle], atol=2e-3)


def test_even_filters_are_even_and_odd_ones_odd():
    bank = filter_bank()
    turned = bank.flip(1, 2)
    for index in (0, 6, 17, 25):
        np.testing.assert_allclose(turned[index], bank[index], atol=1e-6)
    for index in (1, 7, 18, 26):
        np.testing.assert_allclose(turned[index], -bank[index], atol=1e-6)


def test_textons_distinguish_two_textures():
    y, x = np.mgrid[:48, :64]
    stripes = np.where(x < 32, np.sin(x * 2.0), np.sin(y * 2.0)) / 2 + 0.5
    picture = torch.from_numpy(stripes).float().expand(1, 3, 48, 64)
    labels = textons(picture, [0])[0, 0]
    assert labels.shape == (48, 64)
    left, right = set(labels[:, 4:26].flatten().tolist()), set(labels[:, 38:60].flatten().tolist())
    assert not left & right


def test_textons_are_repeatable_and_do_not_depend_on_the_batch():
    images = noise(2, 3, 20, 30)
    both = textons(images, [3])[0]
    assert torch.equal(both, textons(images, [2, 3])[1])
    assert torch.equal(both[1], textons(images[1:], [3])[0, 0])
    assert both.max() < TEXTONS


@pytest.mark.parametrize("size", [(16, 16), (5, 40)])
def test_small_and_constant_pictures_have_textons(size):
    assert textons(torch.full((1, 3, *size), 0.4), [0, 1]).shape == (2, 1, *size)
