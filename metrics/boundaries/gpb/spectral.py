"""The spectral cue: edges of the leading eigenvectors of a picture's affinities (section 3.2).

The eigenvectors are computed on a graph of a sixteenth of the nodes and interpolated along the
affinities, which keeps them sharp at contours ("downsampled eigenvectors": Arbeláez, Pont-Tuset,
Barron, Marques and Malik, "Multiscale combinatorial grouping", CVPR 2014, section 3). A few steps
of subspace iteration on the whole graph then reduce the error of the coarse graph.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.ndimage import correlate1d
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import LinearOperator, eigsh, splu
from torch import Tensor

from metrics.boundaries.gpb.channels import ORIENTATIONS

_SHIFT = 1e-5  # makes the matrix to be factorised regular
_SLOPE, _OFFSET, _SPREAD = 1.3113 / 0.3130, 1.8682, 0.1
_COARSE = 10_000  # nodes of the graph whose eigenvectors are computed
_SPARE = 8  # additional eigenvectors, which improve the last ones of the fine graph
_SMOOTHINGS = 5  # steps of subspace iteration on the fine graph
_EDGE = 3  # radius of the filters that detect edges of eigenvectors, in standard deviations
Floats = NDArray[np.floating]


def spectral_edges(contours: Floats, vectors: int, reach: int) -> NDArray[np.float32]:
    """Edges of the leading eigenvectors, weighted by 1/√λ (ORIENTATIONS, H, W).

    Args:
        contours: strengths in [0, 1] (H, W), thinned.
        vectors: greatest number of eigenvectors; small pictures have fewer.
        reach: greatest distance of affinities, in pixels.

    """
    total = np.zeros((ORIENTATIONS, *contours.shape), np.float32)
    if not contours.any():  # all affinities are equal, so the eigenvectors are arbitrary
        return total
    number = min(vectors, contours.size // 2)
    affinity = affinities(contours, reach)
    eigenvalues, found = downsampled_eigenvectors(affinity, contours.shape, number)
    across = np.arange(-_EDGE, _EDGE + 1, dtype=np.float64)
    bell = np.exp(-(across**2) / 2)
    slope = across * bell
    scale = np.abs(slope).sum() * bell.sum()
    for eigenvalue, vector in zip(eigenvalues, found.T, strict=True):
        image = vector.reshape(contours.shape)
        weight = 1 / (max(np.ptp(image), 1e-12) * math.sqrt(max(eigenvalue, _SHIFT)) * scale)
        x, y = (
            weight * correlate1d(correlate1d(image, slope, one), bell, 1 - one) for one in (1, 0)
        )
        for k in range(ORIENTATIONS):
            angle = k * math.pi / ORIENTATIONS
            total[k] += np.abs(x * math.sin(angle) + y * math.cos(angle))
    return total


def affinities(contours: Floats, reach: int) -> csr_array:
    """Affinities of pixels at most `reach` apart (H·W, H·W), symmetric, from strengths (H, W).

    The affinity of two pixels decreases with the strongest contour that the line between them
    crosses (intervening contour). A contour at a pixel lies between it and the pixels below and to
    the right of it.
    """
    H, W = contours.shape
    steps = _crossings(contours.astype(np.float32))
    # Affinity of each pixel with the pixel (dy, dx) further; 0 outside the picture.
    found = {(0, 0): np.ones((H, W), np.float32)}
    for dy in range(reach + 1):
        for dx in range(-reach, reach + 1):
            if (dy == 0 and dx <= 0) or dy**2 + dx**2 > reach**2 or dy >= H or abs(dx) >= W:
                continue
            left, height, width = max(0, -dx), H - dy, W - abs(dx)
            crossed = np.zeros((height, width), np.float32)
            y, x = 0, left
            length = max(dy, abs(dx))
            for step in range(1, length + 1):
                below, right = round(step * dy / length), left + round(step * dx / length)
                strength = steps[below - y, right - x]
                np.maximum(crossed, strength[y : y + height, x : x + width], out=crossed)
                y, x = below, right
            same = 1 / (1 + np.exp(_SLOPE * crossed - _OFFSET))
            here = slice(height), slice(left, left + width)
            there = slice(dy, H), slice(left + dx, left + dx + width)
            found[dy, dx], found[-dy, -dx] = np.zeros((2, H, W), np.float32)
            found[dy, dx][here] = found[-dy, -dx][there] = np.exp((same - 1) / _SPREAD)
    return _diagonals(found)


def _diagonals(found: Mapping[tuple[int, int], NDArray[np.float32]]) -> csr_array:
    """The matrix (H·W, H·W) of values by offset (dy, dx) → (H, W); zeros are not stored."""
    places = sorted(found)  # so that columns are sorted in each row
    H, W = found[0, 0].shape
    values = np.stack([found[place].ravel() for place in places], axis=1)
    away = np.array([dy * W + dx for dy, dx in places], np.int32)
    columns = np.arange(H * W, dtype=np.int32)[:, None] + away
    there = values > 0
    starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    return csr_array((values[there], columns[there], starts), (H * W, H * W))


def _crossings(contours: NDArray[np.float32]) -> dict[tuple[int, int], NDArray[np.float32]]:
    """The strongest contour crossed by a step (dy, dx) from each pixel (H, W)."""
    padded = np.pad(contours, ((0, 1), (1, 1)))
    here, before, after = padded[:-1, 1:-1], padded[:-1, :-2], padded[:-1, 2:]
    below, below_before = padded[1:, 1:-1], padded[1:, :-2]
    return {
        (1, 0): here,
        (0, 1): here,
        (0, -1): before,
        (1, 1): np.maximum(here, np.maximum(after, below)),
        (1, -1): np.maximum(here, np.maximum(before, below_before)),
    }


def downsampled_eigenvectors(
    affinity: csr_array, shape: tuple[int, ...], number: int
) -> tuple[Floats, Floats]:
    """An approximation of `eigenvectors` for a grid (H, W), in a fraction of the time."""
    H, W = shape
    coarser, upwards = affinity, []
    while coarser.shape[0] > _COARSE:
        keep = np.arange(H * W).reshape(H, W)[::2, ::2].ravel()
        to_kept = csr_array(coarser[:, keep])
        share = csr_array(diags_array(1 / to_kept.sum(axis=1)) @ to_kept)
        coarser = csr_array(share.T @ to_kept)
        coarser = csr_array((coarser + coarser.T) / 2)
        upwards.append(share)
        H, W = (H + 1) // 2, (W + 1) // 2
    if not upwards:
        return eigenvectors(affinity, number)
    _, coarse = eigenvectors(coarser, number + _SPARE)
    vectors = torch.from_numpy(np.column_stack([np.ones(len(coarse)), coarse]))
    for share in reversed(upwards):
        vectors = _parallel(share) @ vectors
    fine = _parallel(affinity)
    degree = fine @ vectors.new_ones(len(vectors), 1)
    for _ in range(_SMOOTHINGS):
        vectors = (fine @ vectors) / degree
    # The best approximations of eigenvectors in the span of these (Rayleigh–Ritz).
    metric = vectors.T @ (degree * vectors)
    values, turned = eigh((metric - vectors.T @ (fine @ vectors)).numpy(), metric.numpy())
    found = vectors.numpy() @ turned
    return values[1 : number + 1], found[:, 1 : number + 1]


def _parallel(matrix: csr_array) -> Tensor:
    """The matrix in torch, whose products with many vectors use all cores."""
    values = torch.from_numpy(matrix.data.astype(np.float64))
    starts, columns = torch.from_numpy(matrix.indptr), torch.from_numpy(matrix.indices)
    with warnings.catch_warnings():  # torch warns that such matrices are in beta
        warnings.filterwarnings("ignore", "Sparse CSR tensor support", UserWarning)
        return torch.sparse_csr_tensor(
            starts, columns, values, size=matrix.shape, check_invariants=False
        )


def eigenvectors(affinity: csr_array, number: int) -> tuple[Floats, Floats]:
    """The smallest eigenvalues of (D − W)v = λDv except the first, and their v as columns.

    With u = D^½ v this is the ordinary problem of I − D^−½ W D^−½. It is solved by inverse
    iteration with one sparse factorisation, since plain Lanczos iteration does not separate
    eigenvalues so close to 0 and to each other.
    """
    root = np.sqrt(affinity.sum(axis=1).astype(np.float64))
    scale = diags_array(1 / root)
    identity = diags_array(np.ones(root.size))
    shifted = ((1 + _SHIFT) * identity - scale @ affinity @ scale).tocsc()
    factors = splu(
        shifted,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    inverse = LinearOperator(shifted.shape, factors.solve, dtype=np.float64)
    start = root * (1 + np.random.default_rng(0).random(root.size))
    found, vectors = eigsh(inverse, number + 1, which="LM", v0=start, tol=1e-3)
    order = np.argsort(-found)[1:]
    return 1 / found[order] - _SHIFT, vectors[:, order] / root[:, None]
