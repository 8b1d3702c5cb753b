"""Scores: the difference of two scores is the log odds that the first stimulus is preferred."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from common.errors import InputError

from .data import Floats, statistics_table
from .export import Model
from .instruments import check_instruments


def score(
    model: Model, statistics: pd.DataFrame, *, any_instrument: bool = False
) -> pd.Series[float]:
    """Score every stimulus: a series indexed by stimulus, NaN where a statistic is missing.

    Higher is better; the unit is log odds; the zero is arbitrary, so only differences have a
    meaning. Raises InputError for missing columns, an infinite coefficient, and statistics of
    another instrument than the model's unless `any_instrument`.
    """
    infinite = [term for term in model.terms if math.isinf(model.coefficients[term])]
    if infinite:
        raise InputError(
            f"the coefficient of {', '.join(infinite)} is infinite (its votes are separated), so "
            "there are no scores: fit with --fit firth"
        )
    table = statistics_table(statistics, model.terms)
    if not any_instrument:
        check_instruments(model.instruments, table)
    weights = np.array([model.coefficients[term] for term in model.terms])
    values = table[list(model.terms)].to_numpy(dtype=np.float64) @ weights
    return pd.Series(values, index=table.index, name=f"{model.target}_score")


def mean_terms(
    model: Model, statistics: pd.DataFrame, methods: Sequence[str]
) -> tuple[Floats, list[int]]:
    """Mean terms (M, K) of each method relative to the average method, and numbers of stimuli (M,).

    Stimuli without one of the terms are left out; a method without stimuli has NaN.
    """
    terms = list(model.terms)
    known = statistics_table(statistics, terms).dropna(subset=terms)
    grouped = known.groupby(known["method"].astype(str))
    means = grouped[terms].mean().reindex(list(methods)).to_numpy(dtype=np.float64)
    sizes = grouped.size().reindex(list(methods), fill_value=0).tolist()
    present = means[np.isfinite(means).all(axis=1)]
    return means - (present.mean(axis=0) if len(present) else 0.0), sizes


def mean_scores(model: Model, means: Floats) -> Floats:
    """Mean scores (M,) from `mean_terms`; NaN if unknown, or where a coefficient is infinite."""
    weights = np.array([model.coefficients[term] for term in model.terms])
    return means @ weights if np.isfinite(weights).all() else np.full(len(means), np.nan)
