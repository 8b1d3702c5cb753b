"""Methods in the EC space: their mean scores, and which of them no other beats in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics.ecspace.grid import ECSpace, admissible

if TYPE_CHECKING:
    from metrics.calibration.stability import Stability


def method_rows(space: ECSpace, sure: Stability | None = None) -> list[dict[str, Any]]:
    """Give one row per method, the highest mean E first, then by name.

    `admissible`: no other method has a mean at least as good in both and better in one. From the
    bootstrap of both models (`sure`): `admissible_share`, the share of replicates in which it is,
    0 … 1, and `E_rank`, `C_rank`, its lowest and highest rank by mean score (1 is best); None
    without it.
    """
    means = space.frame.groupby("method")[["E_score", "C_score"]].mean()
    best = admissible(means.to_numpy())
    sizes = space.frame["method"].value_counts()
    rows = []
    for (name, mean), good in zip(means.iterrows(), best, strict=True):
        known = sure.methods[str(name)] if sure else {}
        rows.append(
            {
                "method": str(name),
                "stimuli": int(sizes[str(name)]),
                "E": float(mean["E_score"]),
                "C": float(mean["C_score"]),
                "admissible": bool(good),
                "admissible_share": known.get("admissible"),
                "E_rank": known.get("E_rank"),
                "C_rank": known.get("C_rank"),
            }
        )
    return sorted(rows, key=lambda row: (-float(str(row["E"])), str(row["method"])))
