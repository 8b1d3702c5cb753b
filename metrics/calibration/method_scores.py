"""Mean scores of methods by a model, beside their abilities from the votes alone.

Abilities (Bradley & Terry 1952) come from the same votes without any statistic. If a method wins
more often, or less often, than its score predicts, the base statistics miss something that people
see.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .data import Floats
from .export import Model
from .intervals import known, t_quantile, tails
from .score import mean_scores, mean_terms


def compare(model: Model, statistics: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per method that the votes compare, the best by votes first.

    statistics: stimulus, method, and the model's terms; rows without one of them are left out.

    A row holds `method`, `stimuli`; `ability` with `ability_interval` (by Student's t, clustered by
    participant); `score`, the model's mean, with `score_interval` and `rank` (lowest and highest
    rank by score, 1 is best) from the bootstrap over participants. Both are log odds against the
    average of these methods. Unknown values are None. There are no rows if the export has no
    abilities.
    """
    ranking = model.details.get("methods")
    if not ranking:
        return []
    names = [str(name) for name in ranking["methods"]]
    means, sizes = mean_terms(model, statistics, names)
    scores = mean_scores(model, means)
    drawn = (model.details.get("bootstrap") or {}).get("replicates") or []
    intervals, ranks = _spread(np.asarray(drawn, dtype=np.float64), means)
    width = t_quantile(max(1, (model.participants or 2) - 1))
    rows = []
    for place, name in enumerate(names):
        ability = float(ranking["ability"][name])
        rows.append(
            {
                "method": name,
                "stimuli": sizes[place],
                "ability": ability,
                "ability_interval": _interval(ranking, name, width),
                "score": known(float(scores[place])),
                "score_interval": intervals[place],
                "rank": ranks[place],
            }
        )
    return sorted(rows, key=lambda row: (-float(str(row["ability"])), str(row["method"])))


def agreement(rows: list[dict[str, Any]]) -> float | None:
    """Correlate abilities with mean scores over methods, −1 … 1; None for fewer than three."""
    pairs = [(row["ability"], row["score"]) for row in rows if row["score"] is not None]
    if len(pairs) < 3:
        return None
    ability, score = np.asarray(pairs, dtype=np.float64).T
    if np.ptp(ability) == 0 or np.ptp(score) == 0:
        return None
    return float(np.corrcoef(ability, score)[0, 1])


def _spread(drawn: Floats, means: Floats) -> tuple[list[Any], list[Any]]:
    """Percentile intervals of each method's mean score and of its rank."""
    many = len(means)
    unknown: list[Any] = [None] * many
    seen = np.isfinite(means).all(axis=1)
    if not drawn.size or not seen.any():
        return unknown, list(unknown)
    scores = drawn @ means[seen].T  # (B, methods)
    ranks = 1 + (scores[:, None, :] > scores[:, :, None]).sum(axis=2)
    intervals = np.quantile(scores, tails(), axis=0).T.tolist()
    places = np.quantile(ranks, tails(), axis=0, method="nearest").T.astype(int).tolist()
    found, order = unknown, list(unknown)
    for place, interval, rank in zip(np.flatnonzero(seen), intervals, places, strict=True):
        found[place], order[place] = interval, rank
    return found, order


def _interval(ranking: dict[str, Any], name: str, width: float) -> list[float] | None:
    """Interval of a method's ability; files without intervals have errors, ± width of them."""
    if "intervals" in ranking:
        low, high = ranking["intervals"][name]
        return None if low is None or high is None else [low, high]
    value, error = ranking["ability"][name], ranking["std_errors"][name]
    return None if error is None else [value - width * error, value + width * error]
