"""Uncertainty of scores, cells and ranks in the EC space, from the bootstrap of both models.

E and C come from different votes, so their replicates are paired in the order of drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.errors import InputError
from metrics.ecspace.grid import ECSpace, admissible, thirds

from .data import Floats
from .export import Model
from .intervals import LEVEL, tails


@dataclass(frozen=True)
class Stability:
    """E, C: (N, 2) intervals of each stimulus' score, in the order of the space's frame.

    Scores are relative to the mean stimulus, since their zero is arbitrary. cell: (N,), share of
    replicates in which the stimulus stays in its cell. methods: per method the intervals of its
    mean scores, relative to the mean stimulus, and of their ranks (1 is best), and the share of
    replicates in which it is admissible.
    """

    E: Floats
    C: Floats
    cell: Floats
    methods: dict[str, dict[str, Any]]
    replicates: int


def stability(
    space: ECSpace, models: dict[str, Model], statistics: pd.DataFrame, level: float = LEVEL
) -> Stability | None:
    """Compute scores, cells and ranks for the bootstrap replicates of both models.

    statistics: stimulus and the terms of both models. None if a model has no replicates. Raises
        InputError if a stimulus of the space is not in the statistics.
    """
    table = statistics.assign(stimulus=statistics["stimulus"].astype(str)).set_index("stimulus")
    names = space.frame["stimulus"]
    if not names.isin(table.index).all():
        raise InputError("the statistics lack a stimulus of the EC space")
    drawn = {target: _scores(models[target], table.loc[names]) for target in ("E", "C")}
    e, c = drawn["E"], drawn["C"]
    if e is None or c is None:
        return None
    count = min(len(e), len(c))
    e, c = e[:count], c[:count]
    bounds = tails(level)
    kept = np.zeros(e.shape[1])
    own = space.frame["E_third"].to_numpy(), space.frame["C_third"].to_numpy()
    for one, other in zip(e, c, strict=True):
        e_third, c_third = _cells(one, other, space.bins)
        kept += (e_third == own[0]) & (c_third == own[1])
    return Stability(
        E=_intervals(e, bounds),
        C=_intervals(c, bounds),
        cell=kept / count,
        methods=_methods(space, e, c, bounds),
        replicates=count,
    )


def _scores(model: Model, table: pd.DataFrame) -> Floats | None:
    """Scores (B, N) of each replicate, relative to the mean stimulus."""
    drawn = (model.details.get("bootstrap") or {}).get("replicates")
    if not drawn:
        return None
    values = table[list(model.terms)].to_numpy(dtype=np.float64)
    return np.asarray(np.asarray(drawn) @ (values - values.mean(axis=0)).T)


def _intervals(drawn: Floats, bounds: list[float]) -> Floats:
    """Percentiles (N, 2) of draws (B, N); a contiguous transpose makes sorting columns fast."""
    return np.quantile(np.ascontiguousarray(drawn.T), bounds, axis=1).T


def _cells(e: Floats, c: Floats, bins: str) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    e_third, _ = thirds(e)
    if bins == "independent":
        return e_third, thirds(c)[0]
    c_third = np.empty_like(e_third)
    for band in range(3):
        c_third[e_third == band] = thirds(c[e_third == band])[0]
    return e_third, c_third


def _methods(
    space: ECSpace, e: Floats, c: Floats, bounds: list[float]
) -> dict[str, dict[str, Any]]:
    names, codes = np.unique(space.frame["method"].to_numpy(dtype=str), return_inverse=True)
    member = (codes[:, None] == np.arange(len(names))) / np.bincount(codes)
    means = np.stack([e @ member, c @ member], axis=2)  # (B, methods, 2)
    ranks = 1 + (means[:, None, :, :] > means[:, :, None, :]).sum(axis=2)
    good = np.array([admissible(points) for points in means]).mean(axis=0)
    found = {}
    for place, name in enumerate(names.tolist()):
        low, high = np.quantile(ranks[:, place], bounds, axis=0, method="nearest")
        found[name] = {
            "E_rank": [int(low[0]), int(high[0])],
            "C_rank": [int(low[1]), int(high[1])],
            "admissible": float(good[place]),
            "E_mean": _interval(means[:, place, 0], bounds),
            "C_mean": _interval(means[:, place, 1], bounds),
        }
    return found


def _interval(drawn: Floats, bounds: list[float]) -> list[float]:
    low, high = np.quantile(drawn, bounds)
    return [float(low), float(high)]
