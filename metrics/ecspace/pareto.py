"""Methods in the EC space: mean scores with intervals, and Pareto-admissibility."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from metrics.ecspace.grid import ECSpace, admissible
from metrics.ecspace.within import PairMean, means_over_pairs, within_pairs

if TYPE_CHECKING:
    from metrics.calibration.stability import Stability

AXES = ("E", "C")


def method_rows(
    space: ECSpace, stability: Stability | None = None, *, usable: bool = True
) -> list[dict[str, Any]]:
    """One row per method, the highest mean E first, then by name.

    `admissible`: whether no other method has means at least as good in both scores and better in
    one. `admissible_share`: the share of bootstrap replicates, 0 … 1, in which the method is
    admissible; `E_rank`, `C_rank`: its lowest and highest rank by mean score (1 is best). These
    three are None without `stability`. With a model that is not `usable`, all four are None:
    admissibility and ranks would be conclusions from its scores.

    `E_interval`, `C_interval`: 95 % intervals of the means, from the bootstrap, or without
    `stability` over the pairs of content and style. `E_within`, `C_within`: mean residuals of the
    scores (`metrics.ecspace.within`), with `E_within_interval`, `C_within_interval` over the pairs.
    None where unknown.
    """
    stability = stability if usable else None
    frame = within_pairs(space.frame)
    means = frame.groupby("method")[["E_score", "C_score"]].mean()
    best = admissible(means.to_numpy())
    sizes = frame["method"].value_counts()
    centre = {axis: float(frame[f"{axis}_score"].mean()) for axis in AXES}
    over_pairs = {axis: means_over_pairs(frame, f"{axis}_score") for axis in AXES}
    within = {axis: means_over_pairs(frame, f"{axis}_within") for axis in AXES}
    rows = []
    for (name, mean), good in zip(means.iterrows(), best, strict=True):
        method = str(name)
        known = stability.methods[method] if stability else {}
        row: dict[str, Any] = {
            "method": method,
            "stimuli": int(sizes[method]),
            "admissible": bool(good) if usable else None,
            "admissible_share": known.get("admissible"),
            "E_rank": known.get("E_rank"),
            "C_rank": known.get("C_rank"),
        }
        for axis in AXES:
            value = float(mean[f"{axis}_score"])
            drawn = known.get(f"{axis}_mean")
            row[axis] = value
            row[f"{axis}_interval"] = (
                [centre[axis] + end for end in drawn]
                if drawn
                else _about(value, over_pairs[axis].get(method))
            )
            residual = within[axis].get(method)
            row[f"{axis}_within"] = residual.mean if residual else None
            row[f"{axis}_within_interval"] = _about(residual.mean, residual) if residual else None
        rows.append(row)
    return sorted(rows, key=lambda row: (-float(str(row["E"])), str(row["method"])))


def front(rows: Sequence[dict[str, Any]], suffix: str = "") -> list[str]:
    """The admissible methods by their means, from high E to high C.

    Args:
        rows: of `method_rows`.
        suffix: `_within` for the means of residuals.

    """
    known = [row for row in rows if row[f"E{suffix}"] is not None and row[f"C{suffix}"] is not None]
    if not known:
        return []
    points = np.array([[row[f"{axis}{suffix}"] for axis in AXES] for row in known])
    best = [row for row, good in zip(known, admissible(points), strict=True) if good]
    best.sort(key=lambda row: (-float(row[f"E{suffix}"]), float(row[f"C{suffix}"])))
    return [str(row["method"]) for row in best]


def _about(value: float, mean: PairMean | None) -> list[float] | None:
    """The interval of a mean over pairs, moved to be about `value`."""
    if mean is None or mean.interval is None:
        return None
    return [value + end - mean.mean for end in mean.interval]
