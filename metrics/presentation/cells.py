"""The nine cells of an EC space: their methods, example stimuli and stability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image

from metrics.calibration.stability import Stability
from metrics.ecspace.grid import LEVELS, ECSpace, examples, table
from transfer.models import Stimulus

EXAMPLES = 4
"""Example stimuli of each cell."""
Cell = tuple[int, int]
"""Third of E, third of C: 0 is low, 2 is high."""


def cell_rows(
    space: ECSpace,
    example_of: Callable[[Stimulus], dict[str, str]],
    stability: Stability | None = None,
) -> list[list[dict[str, Any]]]:
    """Rows from high E to low E, each from low C to high C.

    A cell holds the result of `metrics.ecspace.grid.table`, `examples` (the result of `example_of`
    for each), and `stability`: the mean share of replicates, 0 … 1, in which its stimuli stay in
    the cell; None if it is unknown.
    """
    stimuli = _example_stimuli(space)
    cells = {(cell["E"], cell["C"]): cell for cell in table(space)}
    return [
        [
            cells[LEVELS[e], LEVELS[c]]
            | {
                "examples": [example_of(stimulus) for stimulus in stimuli[e, c]],
                "stability": _mean_stability(space, stability, e, c),
            }
            for c in range(3)
        ]
        for e in (2, 1, 0)
    ]


def example_pictures(space: ECSpace) -> dict[Cell, list[Image.Image]]:
    """The example stimuli of each cell as RGB pictures."""
    return {
        cell: [_picture(stimulus) for stimulus in stimuli]
        for cell, stimuli in _example_stimuli(space).items()
    }


def caption(stimulus: Stimulus) -> str:
    """The text under an example."""
    return f"{stimulus.method}: {stimulus.content.name}" if stimulus.content else stimulus.method


def _picture(stimulus: Stimulus) -> Image.Image:
    with Image.open(stimulus.path) as picture:
        return picture.convert("RGB")


def _example_stimuli(space: ECSpace) -> dict[Cell, list[Stimulus]]:
    chosen = {(e, c): examples(space, e, c, EXAMPLES) for e in range(3) for c in range(3)}
    names = [name for several in chosen.values() for name in several]
    rows = Stimulus.objects.filter(public_id__in=names).select_related("content")
    by_name = {row.public_id.hex: row for row in rows}
    return {cell: [by_name[name] for name in several] for cell, several in chosen.items()}


def _mean_stability(space: ECSpace, stability: Stability | None, e: int, c: int) -> float | None:
    if stability is None:
        return None
    inside = ((space.frame["E_third"] == e) & (space.frame["C_third"] == c)).to_numpy()
    return float(stability.cell[inside].mean()) if inside.any() else None
