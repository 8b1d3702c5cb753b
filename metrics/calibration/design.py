"""Numbers of stimuli, pairs, methods, and votes of each participant behind a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .data import Comparisons


def design(comparisons: Comparisons, statistics: pd.DataFrame) -> dict[str, Any]:
    """Count what the votes that entered compare; None if the statistics lack the column.

    statistics: column stimulus; optional method, content, style.
    """
    used = comparisons.used
    if used is None or comparisons.pairs is None:
        return {}
    shown = pd.concat([used["stimulus_left"], used["stimulus_right"]]).astype(str).unique()
    rows = statistics[statistics["stimulus"].astype(str).isin(shown)]
    each = np.bincount(comparisons.participants)
    each = each[each > 0]
    return {
        "stimuli": len(shown),
        "pairs": len(np.unique(comparisons.pairs)),
        **{
            f"{name}s": int(rows[name].nunique()) if name in rows.columns else None
            for name in ("method", "content", "style")
        },
        "votes_of_a_participant": {
            "fewest": int(each.min()),
            "median": float(np.median(each)),
            "most": int(each.max()),
        },
    }
