"""Methods in the EC space: mean scores and Pareto-admissibility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics.ecspace.grid import ECSpace, admissible

if TYPE_CHECKING:
    from metrics.calibration.stability import Stability


def method_rows(
    space: ECSpace, stability: Stability | None = None, *, usable: bool = True
) -> list[dict[str, Any]]:
    """One row per method, the highest mean E first, then by name.

    `admissible`: whether no other method has means at least as good in both scores and better in
    one. `admissible_share`: the share of bootstrap replicates, 0 … 1, in which the method is
    admissible; `E_rank`, `C_rank`: its lowest and highest rank by mean score (1 is best). These
    three are None without `stability`. With a model that is not `usable`, all four are None:
    admissibility and ranks would be conclusions from its scores.
    """
    stability = stability if usable else None
    means = space.frame.groupby("method")[["E_score", "C_score"]].mean()
    best = admissible(means.to_numpy())
    sizes = space.frame["method"].value_counts()
    rows = []
    for (name, mean), good in zip(means.iterrows(), best, strict=True):
        known = stability.methods[str(name)] if stability else {}
        rows.append(
            {
                "method": str(name),
                "stimuli": int(sizes[str(name)]),
                "E": float(mean["E_score"]),
                "C": float(mean["C_score"]),
                "admissible": bool(good) if usable else None,
                "admissible_share": known.get("admissible"),
                "E_rank": known.get("E_rank"),
                "C_rank": known.get("C_rank"),
            }
        )
    return sorted(rows, key=lambda row: (-float(str(row["E"])), str(row["method"])))
