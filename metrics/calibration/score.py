"""Scores: the log odds with which a model prefers one stimulus to another are their difference."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from transfer.errors import InputError

from .data import statistics_table
from .export import Model
from .instruments import check_instruments


def score(
    model: Model, statistics: pd.DataFrame, *, any_instrument: bool = False
) -> pd.Series[float]:
    """Score every stimulus: a series indexed by stimulus, NaN where a statistic is missing.

    Higher is better; unit log odds; the zero is arbitrary, so only differences mean something.
    Raises InputError for missing columns, an infinite coefficient, and statistics of another
    instrument than the model's unless `any_instrument`.
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
