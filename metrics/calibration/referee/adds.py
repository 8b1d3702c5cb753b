"""What a statistic adds to E and C: models with and without it, on participants left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.calibration.data import Floats
from metrics.calibration.intervals import LEVEL, known
from metrics.calibration.referee.candidates import BASE, Candidate
from metrics.calibration.referee.errors import (
    Clusters,
    influence,
    standard_errors,
    wide_intervals,
)
from metrics.calibration.referee.held_out import Split, predict
from metrics.calibration.referee.judgement import Adds
from metrics.calibration.referee.panel import Panel
from metrics.calibration.referee.ranking import null_draws, step_down
from metrics.calibration.separation import rank_of

_LEAST_SHARE = 0.5
"""A statistic of E or C that fewer votes have is left out of the base."""


@dataclass(frozen=True)
class _Gain:
    to: tuple[str, ...]
    values: Floats
    """(N,), by how much the log loss of each vote falls; NaN where a statistic is missing."""


def base_of(panel: Panel) -> tuple[str, ...]:
    """The statistics of E and C that enough votes have, and that do not depend on each other."""
    chosen: list[str] = []
    for term in BASE:
        if term not in panel.comparisons.terms:
            continue
        x = panel.differences((*chosen, term))
        there = np.isfinite(x).all(axis=1)
        if there.mean() < _LEAST_SHARE or not (x[there, -1] != 0).any():
            continue
        scaled = x[there] / np.abs(x[there]).max(axis=0)
        if rank_of(scaled) == x.shape[1]:
            chosen.append(term)
    return tuple(chosen)


def additions(
    panel: Panel, clusters: Clusters, candidates: Sequence[Candidate], split: Split, seed: int
) -> dict[str, Adds | str]:
    """Candidate → what it adds to E and C, or why that is not known.

    A candidate that is a part of E and C is judged by what the rest of them lack without it.
    """
    base = base_of(panel)
    answers: dict[str, Adds | str] = {}
    gains: dict[str, _Gain] = {}
    for candidate in candidates:
        found = _gain(panel, candidate, base, split)
        if isinstance(found, str):
            answers[candidate.name] = found
        else:
            gains[candidate.name] = found
    if gains:
        answers |= _judged(gains, clusters, seed)
    return answers


def _gain(panel: Panel, candidate: Candidate, base: Sequence[str], split: Split) -> _Gain | str:
    without = tuple(term for term in base if term not in candidate.terms)
    if not base:
        return "the statistics have no column of E (E1 … E5) or C for enough of these votes"
    if not without:
        return "it is all that the statistics have of E and C"
    terms = (*without, *candidate.terms)
    x = panel.differences(terms)
    there = np.isfinite(x).all(axis=1)
    if not there.any():
        return "no vote has it together with E and C"
    if not np.isfinite(x[there]).all() or not (x[there, len(without) :] != 0).any():
        return "it never differs between the two stimuli of a vote"
    scaled = x[there] / np.maximum(np.abs(x[there]).max(axis=0), 1e-300)
    if rank_of(scaled) < x.shape[1]:
        return f"it depends linearly on {', '.join(without)} in these votes"
    x[~there] = np.nan  # both models see the same votes
    full = predict(x, panel.preferred, split)
    less = predict(x[:, : len(without)], panel.preferred, split)
    return _Gain(without, less.loss - full.loss)


def _judged(gains: dict[str, _Gain], clusters: Clusters, seed: int) -> dict[str, Adds | str]:
    values = np.column_stack([gain.values for gain in gains.values()])
    mean, effect = influence(values)
    errors, covariance = standard_errors(clusters, effect)
    bounds = wide_intervals(clusters, mean, errors)
    p = np.full(len(mean), np.nan)
    if not clusters.obstacle and (errors > 0).all():
        nulls = null_draws(covariance, clusters.df, seed, len(mean)) / errors
        p = step_down(mean / errors, nulls)
    return {
        name: Adds(
            to=gain.to,
            log_loss=float(mean[place]),
            interval=None if np.isnan(bounds[place]).any() else bounds[place].tolist(),
            p=known(float(p[place])),
            adds=bool(p[place] <= 1 - LEVEL) if np.isfinite(p[place]) else None,
            votes=int(np.isfinite(gain.values).sum()),
        )
        for place, (name, gain) in enumerate(gains.items())
    }
