"""Thinning of binary maps to lines one pixel wide, many maps at once.

The algorithm is the second one of Guo and Hall, "Parallel thinning with two-subiteration
algorithms", CACM 32(3), 1989, which Matlab's `bwmorph(…, 'thin', Inf)` and so the BSDS benchmark
use. scikit-image's `thin` gives the same results for one map; here all maps of a picture are
thinned together, and after the first round only pixels with changed neighbours are examined.
"""

from __future__ import annotations

from itertools import cycle

import numpy as np
from numpy.typing import NDArray

# The eight neighbours in the order of Guo and Hall: east, then counter-clockwise, as (row, column).
_NEIGHBOURS = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
_CHUNK = 20_000_000  # pixels of a stack of maps that are thinned at once; limits the memory


def _deletable(second: bool) -> NDArray[np.bool_]:
    """For each of the 256 neighbourhoods, whether a subiteration deletes its centre (256,)."""
    x = (np.arange(256)[:, None] >> np.arange(8)) & 1 == 1
    following = np.roll(x, -1, axis=1)
    even, after = x[:, 1::2], np.roll(x, -2, axis=1)[:, 0::2]
    crossings = (~x[:, 0::2] & (even | after)).sum(axis=1)
    pairs_from_odd = (x[:, 0::2] | even).sum(axis=1)
    pairs_from_even = (even | following[:, 1::2]).sum(axis=1)
    thickness = np.minimum(pairs_from_odd, pairs_from_even)
    # The second subiteration is the first one rotated by 180°.
    x1, x2, x3, x8 = (x[:, (k + 4 * second) % 8] for k in (0, 1, 2, 7))
    open_side = ~((x2 | x3 | ~x8) & x1)
    deletable: NDArray[np.bool_] = (
        (crossings == 1) & (thickness >= 2) & (thickness <= 3) & open_side
    )
    return deletable


_TABLES = (_deletable(second=False), _deletable(second=True))


def thin(maps: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin each map (T, H, W) until it does not change; the result has the same shape."""
    T, H, W = maps.shape
    step = max(1, _CHUNK // max(1, H * W))
    parts = [_thin_together(maps[start : start + step]) for start in range(0, T, step)]
    return np.concatenate(parts) if parts else maps.copy()


def _thin_together(maps: NDArray[np.bool_]) -> NDArray[np.bool_]:
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
    flat = padded.reshape(-1).view(np.uint8)
    offsets = [row * padded.shape[2] + column for row, column in _NEIGHBOURS]
    everything = np.flatnonzero(flat)
    before = _subiteration(flat, everything, offsets, _TABLES[0])
    last = _subiteration(flat, everything[flat[everything] == 1], offsets, _TABLES[1])
    for table in cycle(_TABLES):
        # Only pixels next to deletions can have changed for this table: those deleted in its own
        # last round, and in the other table's round after it.
        gone = np.concatenate([before, last])
        if not gone.size:
            break
        near = np.concatenate([gone + offset for offset in offsets])
        near = np.unique(near[flat[near] == 1])
        before, last = last, _subiteration(flat, near, offsets, table)
    return padded[:, 1:-1, 1:-1].copy()


def _subiteration(
    flat: NDArray[np.uint8],
    candidates: NDArray[np.intp],
    offsets: list[int],
    table: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """Delete from `flat` the candidates that the table marks, all at once; return their places."""
    code = np.zeros(candidates.size, np.uint8)
    for bit, offset in enumerate(offsets):
        code |= flat[candidates + offset] << np.uint8(bit)
    gone = candidates[table[code]]
    flat[gone] = 0
    return gone
