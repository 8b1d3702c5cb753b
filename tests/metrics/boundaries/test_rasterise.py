"""Label maps, polygons and lines as boundaries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.annotations import read_annotations
from metrics.boundaries.rasterise import (
    circle_region,
    label_boundaries,
    line_boundaries,
    polygon_region,
    region_boundaries,
)
from tests.conftest import SHARED


@pytest.mark.golden
def test_the_rule_gives_the_boundaries_of_bsds500_from_their_segmentations():
    files = sorted((SHARED / "golden" / "boundaries" / "groundTruth").glob("*.mat"))
    assert files
    for file in files:
        found = read_annotations(file)
        for boundaries, labels in zip(found.boundaries, found.segmentations, strict=True):
            np.testing.assert_array_equal(label_boundaries(labels), boundaries)


def test_two_halves_have_one_boundary_and_no_frame():
    labels = np.repeat([[1, 1, 1, 2, 2, 2]], 5, axis=0)
    found = label_boundaries(labels)
    assert found.sum(axis=0).tolist() == [0, 0, 5, 0, 0, 0]
    assert not label_boundaries(np.ones((5, 6), int)).any()


def test_a_polygon_covers_the_pixels_whose_centres_lie_in_it():
    region = polygon_region([(1, 1), (4, 1), (4, 3), (1, 3)], (6, 5))
    expected = np.zeros((5, 6), bool)
    expected[1:3, 1:4] = True
    np.testing.assert_array_equal(region, expected)
    shifted = polygon_region([(1.5, 1.5), (4.5, 1.5), (4.5, 3.5), (1.5, 3.5)], (6, 5))
    assert shifted.sum() == 6  # as many centres, wherever the corners lie
    assert polygon_region([(-9, -9), (99, -9), (99, 99), (-9, 99)], (6, 5)).all()


coordinates = st.tuples(st.floats(-3, 12), st.floats(-3, 12))


@given(st.lists(coordinates, min_size=3, max_size=7))
def test_polygons_agree_with_the_even_odd_rule_of_matplotlib(points):
    from matplotlib.path import Path

    # A triangle of the points: matplotlib fills by winding number, which agrees for triangles.
    triangle = points[:3]
    y, x = np.mgrid[0:9, 0:9] + 0.5
    centres = np.stack([x.ravel(), y.ravel()], axis=1)
    inside = Path([*triangle, triangle[0]], closed=True).contains_points(centres).reshape(9, 9)
    differing = polygon_region(triangle, (9, 9)) != inside
    # Centres on an edge may fall on either side.
    for row, column in np.argwhere(differing):
        assert _distance(triangle, column + 0.5, row + 0.5) < 1e-6


def _distance(points, x, y):
    """The distance of (x, y) from the outline of a polygon."""
    found = []
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length if length else 0
        along = min(1, max(0, along))
        found.append(np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)))
    return min(found)


def test_overlapping_regions_keep_both_outlines():
    size = (40, 30)
    one = polygon_region([(5, 5), (25, 5), (25, 25), (5, 25)], size)
    other = polygon_region([(15, 10), (35, 10), (35, 20), (15, 20)], size)
    both = region_boundaries([one, other], size)
    np.testing.assert_array_equal(
        both, region_boundaries([one], size) | region_boundaries([other], size)
    )


def test_circles_and_lines():
    region = circle_region((10, 10), (15, 10), (20, 20))
    assert region.sum() == pytest.approx(np.pi * 25, rel=0.05)
    line = line_boundaries([(1.2, 2.7), (8.9, 2.1)], (10, 5))
    assert line[2].sum() == 8 and line.sum() == 8
