"""Boundaries drawn over their picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from transfer.media.boundary_overlay import COLOUR, SIDE, boundary_overlay


def test_a_line_is_stronger_the_more_people_marked_it():
    boundaries = np.zeros((2, 32, 40), dtype=bool)
    boundaries[:, 5] = True
    boundaries[0, 9] = True
    drawn = np.asarray(boundary_overlay(Image.new("RGB", (40, 32), "black"), boundaries))
    assert drawn.shape == (32, 40, 3)
    assert (drawn[5] == COLOUR).all()
    distances = [np.abs(drawn[row, 0].astype(int) - COLOUR).sum() for row in (5, 9, 0)]
    assert distances[0] < distances[1] < distances[2]
    assert (drawn[0] == drawn[31]).all()


@pytest.mark.parametrize("size", [(2 * SIDE + 1, 300), (300, 3 * SIDE)])
def test_a_line_of_one_pixel_survives_shrinking(size):
    width, height = size
    boundaries = np.zeros((1, height, width), dtype=bool)
    boundaries[0, :, width - 1] = boundaries[0, height - 1] = True
    drawn = boundary_overlay(Image.new("RGB", size, "white"), boundaries)
    assert max(drawn.size) == SIDE
    pixels = np.asarray(drawn)
    assert (pixels[:, -1] == COLOUR).all() and (pixels[-1] == COLOUR).all()
    assert (pixels[:-1, :-1] == 255).all()
