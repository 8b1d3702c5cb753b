"""Affinities and eigenvectors against direct computation on small pictures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh

from metrics.boundaries.gpb import spectral
from metrics.boundaries.gpb.channels import ORIENTATIONS
from metrics.boundaries.gpb.spectral import (
    affinities,
    downsampled_eigenvectors,
    eigenvectors,
    spectral_edges,
)


def barrier(height: int = 14, width: int = 18, strength: float = 0.9) -> np.ndarray:
    """A wall with a gap from top to bottom."""
    contours = np.zeros((height, width))
    contours[:-3, width // 2] = strength
    return contours


def test_affinities_are_symmetric_and_end_at_the_reach():
    contours = np.random.default_rng(0).random((7, 9))
    dense = affinities(contours, 3).toarray()
    np.testing.assert_allclose(dense, dense.T)
    np.testing.assert_allclose(np.diag(dense), 1)
    y, x = np.divmod(np.arange(63), 9)
    near = (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2 <= 9
    np.testing.assert_array_equal(dense > 0, near)
    assert dense.max() <= 1


def test_affinity_depends_on_the_strongest_contour_crossed():
    contours = np.random.default_rng(1).random((6, 6))
    dense = affinities(contours, 4).toarray()
    # A contour at a pixel lies below it and to the right of it, so the last pixel's is not crossed.
    for start, end, crossed in (
        ((1, 1), (1, 4), contours[1, 1:4].max()),
        ((0, 2), (4, 2), contours[0:4, 2].max()),
        ((2, 3), (3, 3), contours[2, 3]),
        ((1, 1), (2, 2), max(contours[1, 1], contours[1, 2], contours[2, 1])),
        ((1, 2), (2, 1), max(contours[1, 2], contours[1, 1], contours[2, 1])),
    ):
        same = 1 / (1 + np.exp(-(1.8682 - 1.3113 / 0.3130 * crossed)))
        expected = np.exp(-(1 - same) / 0.1)
        one, other = (y * 6 + x for y, x in (start, end))
        assert dense[one, other] == pytest.approx(expected, rel=1e-4)


def test_eigenvectors_solve_the_normalised_cut():
    affinity = affinities(barrier(), 3)
    dense = affinity.toarray()
    degree = np.diag(dense.sum(axis=1))
    expected = eigh(degree - dense, degree, eigvals_only=True)[1:7]
    values, vectors = eigenvectors(affinity, 6)
    np.testing.assert_allclose(values, expected, rtol=1e-3, atol=1e-8)
    for value, vector in zip(values, vectors.T, strict=True):
        residual = (degree - dense) @ vector - value * degree @ vector
        assert np.abs(residual).max() < 1e-3 * np.abs(degree @ vector).max()


def test_downsampled_eigenvectors_are_nearly_those_of_the_whole_graph(monkeypatch):
    contours = barrier(40, 50)
    contours[20, 4:40] = 0.5
    affinity = affinities(contours, 5)
    expected, _ = eigenvectors(affinity, 5)
    monkeypatch.setattr(spectral, "_COARSE", 200)
    values, vectors = downsampled_eigenvectors(affinity, contours.shape, 5)
    assert vectors.shape == (2000, 5)
    assert (values >= expected * (1 - 1e-6)).all()  # Rayleigh quotients come from above
    np.testing.assert_allclose(values, expected, rtol=0.005)


def test_the_first_eigenvector_divides_the_picture_at_the_barrier():
    contours = barrier(20, 20)
    contours[:, 10] = 0.9
    _, vectors = eigenvectors(affinities(contours, 3), 1)
    image = vectors[:, 0].reshape(20, 20)
    assert abs(image[:, :9].mean() - image[:, 12:].mean()) > 5 * image[:, :9].std()


def test_the_spectral_cue_is_on_the_wall_and_has_its_orientation():
    contours = np.zeros((24, 24))
    contours[:, 12] = 0.9
    edges = spectral_edges(contours, vectors=4, reach=3)
    assert edges.shape == (ORIENTATIONS, 24, 24)
    middle = edges[:, 4:20, 10:15].max(axis=2).mean(axis=1)
    assert middle.argmax() == ORIENTATIONS // 2  # upright
    assert edges.max(axis=0)[4:20, 10:15].max(axis=1).min() > 3 * np.median(edges.max(axis=0))


@pytest.mark.parametrize("shape", [(2, 2), (3, 40), (8, 8)])
def test_small_grids_have_fewer_eigenvectors(shape):
    contours = np.random.default_rng(0).random(shape)
    assert np.isfinite(spectral_edges(contours, vectors=16, reach=3)).all()


def test_without_contours_there_is_no_spectral_cue():
    assert not spectral_edges(np.zeros((12, 15)), vectors=16, reach=3).any()


@pytest.mark.parametrize("coarse", [10_000, 100])
def test_it_is_repeatable_to_the_bit(monkeypatch, coarse):
    monkeypatch.setattr(spectral, "_COARSE", coarse)
    contours = np.random.default_rng(0).random((20, 24))
    once, again = (spectral_edges(contours, vectors=8, reach=3) for _ in range(2))
    np.testing.assert_array_equal(once, again)
