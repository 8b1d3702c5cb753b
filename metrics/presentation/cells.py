"""The nine cells as pages show them: their stimuli, their methods, how sure they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from metrics.ecspace.grid import LEVELS, ECSpace, examples, table
from transfer.models import Stimulus

if TYPE_CHECKING:
    from PIL.Image import Image

    from metrics.calibration.stability import Stability

EXAMPLES = 4
"""Stimuli that stand for a cell, two across."""


def cell_rows(
    space: ECSpace, show: Callable[[Stimulus], dict[str, str]], sure: Stability | None = None
) -> list[list[dict[str, Any]]]:
    """Rows from high E to low E, each from low C to high C.

    A cell is that of `ecspace.table` with `examples`, what `show` gives of each example, and
    `stays`: the share of replicates, 0 … 1, in which its stimuli stay in it, on average.
    """
    known = _stimuli(space)
    cells = {(cell["E"], cell["C"]): cell for cell in table(space)}
    return [
        [
            cells[LEVELS[e], LEVELS[c]]
            | {"examples": [show(one) for one in known[e, c]], "stays": _stays(space, sure, e, c)}
            for c in range(3)
        ]
        for e in (2, 1, 0)
    ]


def pictures(space: ECSpace) -> dict[tuple[int, int], list[Image]]:
    """The examples of each cell (E third, C third), loaded."""
    from PIL import Image

    found: dict[tuple[int, int], list[Image.Image]] = {}
    for cell, stimuli in _stimuli(space).items():
        found[cell] = []
        for stimulus in stimuli:
            with Image.open(stimulus.path) as picture:
                found[cell].append(picture.convert("RGB"))
    return found


def words(stimulus: Stimulus) -> str:
    """What an example is."""
    return f"{stimulus.method}: {stimulus.content.name}"


def _stimuli(space: ECSpace) -> dict[tuple[int, int], list[Stimulus]]:
    chosen = {(e, c): examples(space, e, c, EXAMPLES) for e in range(3) for c in range(3)}
    names = [name for several in chosen.values() for name in several]
    rows = Stimulus.objects.filter(public_id__in=names).select_related("content")
    known = {row.public_id.hex: row for row in rows}
    return {cell: [known[name] for name in several] for cell, several in chosen.items()}


def _stays(space: ECSpace, sure: Stability | None, e: int, c: int) -> float | None:
    if sure is None:
        return None
    inside = ((space.frame["E_third"] == e) & (space.frame["C_third"] == c)).to_numpy()
    return float(sure.cell[inside].mean()) if inside.any() else None
