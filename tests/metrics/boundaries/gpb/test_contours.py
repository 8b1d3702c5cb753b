"""Closed contours from oriented strengths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import label

from metrics.boundaries.gpb.channels import ORIENTATIONS
from metrics.boundaries.gpb.contours import ultrametric_contours


def grid(side: int = 30, strengths: tuple[float, float] = (0.6, 0.2)) -> np.ndarray:
    """An upright strong line and a level weak one, with a slope to both sides."""
    y, x = np.mgrid[:side, :side] - side // 2
    oriented = np.zeros((ORIENTATIONS, side, side))
    oriented[ORIENTATIONS // 2] = strengths[0] * np.exp(-(x**2) / 8.0)
    oriented[0] = strengths[1] * np.exp(-(y**2) / 8.0)
    return oriented


def test_contours_are_on_the_ridges():
    contours = ultrametric_contours(grid())
    middle = 15
    assert contours[2:12, middle].min() > 0.5
    assert contours[middle, 2:12].min() > 0.1
    assert contours[2:12, 2:12].max() < 0.05


@pytest.mark.parametrize(("threshold", "regions"), [(0.1, 4), (0.4, 2), (0.7, 1)])
def test_contours_are_closed_at_every_strength(threshold, regions):
    contours = ultrametric_contours(grid())
    assert label(contours < threshold)[1] == regions


def test_a_contour_against_the_found_orientation_is_weaker():
    right = ultrametric_contours(grid()).max()
    wrong = grid()
    wrong[0], wrong[ORIENTATIONS // 2] = wrong[ORIENTATIONS // 2].copy(), wrong[0].copy()
    assert ultrametric_contours(wrong)[2:12, 15].max() < 0.3 * right


def test_flat_strengths_have_no_contours():
    assert not ultrametric_contours(np.zeros((ORIENTATIONS, 9, 12))).any()


def test_no_contour_is_stronger_than_the_strongest_pixel():
    oriented = np.random.default_rng(0).random((ORIENTATIONS, 20, 25))
    contours = ultrametric_contours(oriented)
    assert contours.shape == (20, 25)
    assert contours.min() >= 0
    assert contours.max() <= oriented.max()


def test_a_strong_line_is_not_bridged_where_weak_ones_meet_it():
    # Weak level lines end left and right of a strong upright one, one pixel apart: the regions
    # that only touch across that pixel must not be merged as if their boundary were level.
    y, x = np.mgrid[:31, :31]
    oriented = np.zeros((ORIENTATIONS, 31, 31))
    oriented[ORIENTATIONS // 2] = 0.8 * np.exp(-((x - 15) ** 2) / 4.0)
    left, right = (np.exp(-((y - row) ** 2) / 4.0) for row in (15, 16))
    oriented[0] = 0.1 * np.where(x < 15, left, right)
    contours = ultrametric_contours(oriented)
    assert contours[2:-2, 15].min() > 0.7
    assert contours[2:-2, :13].max() < 0.15
    assert contours[2:-2, 18:].max() < 0.15


def test_contours_run_through_pixel_centres():
    x = np.arange(24)
    oriented = np.zeros((ORIENTATIONS, 20, 24))
    oriented[ORIENTATIONS // 2] = 0.5 * np.exp(-((x - 9) ** 2) / 6.0)
    contours = ultrametric_contours(oriented)
    assert np.argwhere(contours.max(axis=0) > 0).ravel().tolist() == [9]
    np.testing.assert_allclose(contours[:, 9], 0.5)
