"""Thinning against scikit-image's, which thins as Matlab does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, label
from skimage.morphology import thin as reference

from metrics.boundaries import thinning
from metrics.boundaries.thinning import thin


@given(st.integers(1, 24), st.integers(1, 24), st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
def test_it_thins_noise_as_the_reference_does(height, width, density, seed):
    maps = np.random.default_rng(seed).random((3, height, width)) < density
    for ours, one in zip(thin(maps), maps, strict=True):
        np.testing.assert_array_equal(ours, reference(one))


@pytest.mark.parametrize("sigma", [1, 2, 4])
def test_it_thins_blobs_as_the_reference_does(sigma):
    noise = np.random.default_rng(sigma).random((4, 70, 50))
    maps = np.stack([gaussian_filter(one, sigma) > 0.5 for one in noise])
    for ours, one in zip(thin(maps), maps, strict=True):
        np.testing.assert_array_equal(ours, reference(one))


@pytest.mark.parametrize("value", [False, True])
def test_it_thins_empty_and_full_maps(value):
    maps = np.full((2, 9, 13), value)
    for ours, one in zip(thin(maps), maps, strict=True):
        np.testing.assert_array_equal(ours, reference(one))


def test_it_keeps_the_number_of_parts():
    maps = gaussian_filter(np.random.default_rng(5).random((80, 80)), 3)[None] > 0.5
    eight = np.ones((3, 3))
    assert label(thin(maps)[0], eight)[1] == label(maps[0], eight)[1]


def test_it_does_not_change_its_input_or_thin_lines():
    maps = np.random.default_rng(0).random((2, 30, 30)) < 0.6
    before = maps.copy()
    once = thin(maps)
    np.testing.assert_array_equal(maps, before)
    np.testing.assert_array_equal(thin(once), once)


def test_it_gives_the_same_in_small_chunks(monkeypatch):
    maps = np.random.default_rng(0).random((5, 20, 20)) < 0.6
    whole = thin(maps)
    monkeypatch.setattr(thinning, "_CHUNK", 900)
    np.testing.assert_array_equal(thin(maps), whole)


def test_it_accepts_an_empty_stack():
    assert thin(np.zeros((0, 4, 5), bool)).shape == (0, 4, 5)
