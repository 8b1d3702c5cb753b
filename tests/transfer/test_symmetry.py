"""The symmetry groups of seed 000 §3, shown on numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from transfer.symmetry import acted_on, free_shifts, gram_of, mixing, stacked, whitened

C, D, N, WINDOW = 5, 3, 400, 9


def random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


X = whitened(random(N, C, seed=0) @ random(C, C, seed=1) + 2)
ROTATION = torch.linalg.qr(random(C, C, seed=2))[0]
M, OFFSET = random(D, C, seed=3), random(D, seed=4)
B = random(C, seed=5)
B = 0.6 * B / B.norm()
FREE = free_shifts(M)[:, 0] * 0.6
IDENTITY = torch.eye(C, dtype=torch.float64)


def second(rows: Tensor) -> Tensor:
    return rows @ M.T + OFFSET


def close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=0, atol=1e-10)


def test_whitening_gives_mean_zero_and_covariance_one() -> None:
    assert close(X.mean(0), torch.zeros_like(X[0]))
    assert close(gram_of(X, X), IDENTITY)


def test_the_first_gram_matrix_stays_for_any_short_shift() -> None:
    moved = acted_on(X, B, ROTATION)
    assert close(gram_of(moved, moved), IDENTITY)
    assert close(moved.mean(0), B)
    assert close(mixing(B, ROTATION) @ mixing(B, ROTATION).T, IDENTITY - torch.outer(B, B))


def test_there_is_no_action_with_a_shift_of_length_one() -> None:
    with pytest.raises(ValueError, match="shorter than 1"):
        mixing(B / B.norm(), ROTATION)


def test_the_second_gram_matrix_moves_by_what_the_seed_says() -> None:
    y, moved = second(X), second(acted_on(X, B, ROTATION))
    cross = torch.outer(OFFSET, M @ B)
    assert close(gram_of(moved, moved), gram_of(y, y) + cross + cross.T)
    assert not close(gram_of(moved, moved), gram_of(y, y))


def test_the_second_gram_matrix_stays_where_the_map_loses_the_shift() -> None:
    y, moved = second(X), second(acted_on(X, FREE, ROTATION))
    assert FREE.norm() == pytest.approx(0.6)
    assert close(gram_of(moved, moved), gram_of(y, y))
    assert free_shifts(random(C, C, seed=6)).shape == (C, 0)  # a map of full rank loses none


def test_the_cross_layer_gram_matrix_forces_the_shift_to_zero() -> None:
    before = gram_of(X, second(X))
    assert close(before, M.T)
    for shift in (B, FREE):  # also where both layers' own Gram matrices stay
        moved = acted_on(X, shift, IDENTITY)
        mixed = mixing(shift, IDENTITY)
        expected = (mixed @ mixed.T + torch.outer(shift, shift)) @ M.T + torch.outer(shift, OFFSET)
        assert close(gram_of(moved, second(moved)), expected)
        assert close(expected - before, torch.outer(shift, OFFSET))
        assert (expected - before).norm() > 0.1
    turned = acted_on(X, torch.zeros_like(B), ROTATION)
    assert close(gram_of(turned, second(turned)), before)


def test_the_homogeneous_case_is_the_same_with_stacked_vectors() -> None:
    """E[x_u x_vᵀ] = I within a window: its vectors agree, so ψ(x) repeats one of them."""
    wide = random(D, WINDOW * C, seed=7)

    def above(rows: Tensor) -> Tensor:
        return stacked(rows, WINDOW) @ wide.T + OFFSET

    y = above(X)
    phi = stacked(stacked(IDENTITY, WINDOW).T.contiguous(), WINDOW)
    assert close(gram_of(y, y), wide @ phi @ wide.T + torch.outer(OFFSET, OFFSET))
    summed = wide.reshape(D, WINDOW, C).sum(1)
    free = free_shifts(summed)[:, 0] * 0.6
    assert close(wide @ stacked(free, WINDOW), torch.zeros_like(OFFSET))
    moved = above(acted_on(X, free, ROTATION))
    assert close(gram_of(moved, moved), gram_of(y, y))
    plain = acted_on(X, free, IDENTITY)
    gap = gram_of(plain, above(plain)) - gram_of(X, y)
    assert close(gap, torch.outer(free, OFFSET))
    assert gap.norm() > 0.1
