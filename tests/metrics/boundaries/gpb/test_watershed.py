"""Lines of a watershed on reliefs whose basins are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import label, minimum

from metrics.boundaries.gpb.watershed import watershed_lines

EIGHT = np.ones((3, 3))


def ragged(seed: int, shape: tuple[int, int] = (24, 31)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape)


def test_the_line_runs_along_the_ridge():
    x = np.arange(21)
    relief = np.tile(10.0 - np.abs(x - 13.0), (9, 1))
    relief += 0.01 * np.abs(np.arange(9) - 4)[:, None]
    lines = watershed_lines(relief)
    assert np.argwhere(lines).tolist() == [[y, 13] for y in range(9)]


@pytest.mark.parametrize("seed", range(4))
def test_every_basin_has_one_minimum_of_its_own(seed):
    relief = ragged(seed)
    basins, number = label(~watershed_lines(relief), EIGHT)
    lowest = minimum(relief, basins, np.arange(1, number + 1))
    padded = np.pad(relief, 1, constant_values=np.inf)
    around = np.stack(
        [padded[1 + y : 25 + y, 1 + x : 32 + x] for y in (-1, 0, 1) for x in (-1, 0, 1)]
    )
    minima = relief == around.min(axis=0)
    assert minima.sum() == number
    assert sorted(relief[minima]) == sorted(lowest)


@pytest.mark.parametrize("seed", range(4))
def test_lines_are_thin(seed):
    lines = watershed_lines(ragged(seed))
    basins, _ = label(~lines, EIGHT)
    padded = np.pad(basins, 1)
    for y, x in np.argwhere(lines):
        assert len(set(padded[y : y + 3, x : x + 3].ravel()) - {0}) > 1


def test_equal_heights_are_flooded_in_order():
    relief = ragged(7)
    np.testing.assert_array_equal(watershed_lines(relief), watershed_lines(np.exp(9 * relief)))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (6, 5)])
def test_a_flat_relief_has_no_lines(shape):
    assert not watershed_lines(np.zeros(shape)).any()


def test_one_basin_has_no_lines():
    y, x = np.mgrid[:9, :12]
    assert not watershed_lines((y - 3.0) ** 2 + (x - 4.0) ** 2).any()
