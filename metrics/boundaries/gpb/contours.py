"""From oriented strengths to closed contours: OWT-UCM (section 4), with the library higra.

Perret, Chierchia, Cousty, Guimarães, Kenmochi and Najman, "Higra: hierarchical graph analysis",
SoftwareX 10, 2019. Its `mean_pb_hierarchy` weights a boundary by the cosine of the angle between
it and the strongest orientation. The paper takes the strength at the orientation of the boundary,
which is closer to the original contours, so that step is computed here. The watershed lines are
computed here as well: those of higra run between pixels, those of the original on pixels.
"""

from __future__ import annotations

from typing import Any

import higra
import numpy as np
from numpy.typing import NDArray

from metrics.boundaries.gpb.watershed import watershed_lines

Floats = NDArray[np.floating]
Indices = NDArray[np.intp]
_STRAIGHT = 5  # radius, in pixels, within which the direction of a boundary is estimated
_DIRECTED = 3  # least number of pieces for which a direction is estimated


def ultrametric_contours(strengths: Floats) -> NDArray[np.float64]:
    """The ultrametric contour map (H, W) of oriented strengths (K, H, W).

    Watershed lines of the strongest orientation run through the centres of pixels, and regions
    consist of cells around the corners of pixels, as in the authors' code. The strength of the
    boundary between two regions is the mean strength along it at its local orientation; between
    two cells, the weaker of the two pixels on it counts. Boundaries too short to have an
    orientation take the strongest one. Regions are merged in the order of these means. The map
    holds, at the pixels of each boundary, the strength at which it vanishes; elsewhere it is 0.

    Orientation k stands for edges that rise to the right at an angle of kπ/K.
    """
    K, H, W = strengths.shape
    top = strengths.max(axis=0)
    lines = watershed_lines(top).ravel()
    # Cell (i, j) lies to the right of and below the middle of pixel (i, j).
    graph = higra.get_4_adjacency_graph((H, W))
    one, other = (np.asarray(ends) for ends in graph.edge_list())
    corner = np.minimum(one // W + 1, H - 1) * W + np.minimum(one % W + 1, W - 1)
    apart = lines[other] & lines[corner]
    cells = higra.graph_cut_2_labelisation(graph, apart.astype(np.uint8))
    regions = higra.make_region_adjacency_graph_from_labelisation(graph, cells)
    if regions.num_vertices() < 2:
        return np.zeros((H, W))
    boundary_of = np.asarray(higra.CptRegionAdjacencyGraph.get_edge_map(regions))
    cut = np.flatnonzero(boundary_of >= 0)
    boundary, one, other, corner = boundary_of[cut], one[cut], other[cut], corner[cut]
    angle = _directions(one // W + other // W, one % W + other % W, boundary)
    orientation = np.rint(angle * K / np.pi).astype(np.intp) % K
    at = strengths.reshape(K, -1)
    found = np.minimum(at[orientation, other], at[orientation, corner])
    short = np.bincount(boundary)[boundary] < _DIRECTED
    found[short] = np.minimum(top.flat[other[short]], top.flat[corner[short]])
    vanishing = _vanishing(regions, boundary, found)[boundary]
    contours = np.zeros(H * W)
    for ends in (other, corner):
        np.maximum.at(contours, ends, vanishing)
    return contours.reshape(H, W)


def _vanishing(regions: Any, boundary: Indices, strength: Floats) -> NDArray[np.float64]:
    """For each boundary between regions, the strength at which merging removes it."""
    number = regions.num_edges()
    length = np.bincount(boundary, minlength=number).astype(np.float64)
    mean = np.bincount(boundary, weights=strength, minlength=number) / length
    tree, merged_at = higra.binary_partition_tree_average_linkage(regions, mean, length)
    # Merging may lower the mean to the neighbours; levels must not decrease towards the root.
    merged_at = higra.accumulate_and_max_sequential(
        tree, merged_at, np.zeros(tree.num_leaves()), higra.Accumulators.max
    )
    first, second = regions.edge_list()
    vanishing: NDArray[np.float64] = merged_at[tree.lowest_common_ancestor(first, second)]
    return vanishing


def _directions(row: Indices, column: Indices, boundary: Indices) -> NDArray[np.float64]:
    """The angle, rising to the right, at which a boundary runs at each of its pieces (P,).

    It is the axis of greatest extent of the nearby pieces of the same boundary. `row` and `column`
    are the places of the pieces in half pixels.
    """
    reach = 2 * _STRAIGHT
    grid = np.full((row.max() + 2 * reach + 1, column.max() + 2 * reach + 1), -1, np.intp)
    grid[row + reach, column + reach] = boundary
    number, x, y, xx, xy, yy = np.zeros((6, row.size))
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if (dy + dx) % 2 or dy**2 + dx**2 > reach**2:  # no piece, or outside the radius
                continue
            same = grid[row + (dy + reach), column + (dx + reach)] == boundary
            number += same
            x += dx * same
            y += dy * same
            xx += dx * dx * same
            xy += dx * dy * same
            yy += dy * dy * same
    across, along = yy - y * y / number, xx - x * x / number
    angle: NDArray[np.float64] = np.arctan2(-2 * (xy - x * y / number), along - across) / 2
    return angle
