"""Prediction of what is left out: participants, methods, contents, styles.

A model that is judged by the votes it was fitted to looks better than it is. Leaving out methods
shows whether a statistic holds for methods that nobody has voted on yet. A vote compares two
stimuli, so a method is left out with every vote in which it takes part; a vote between two methods
is predicted twice, once without either, and counts by the mean of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics.calibration.data import Codes, Floats
from metrics.calibration.goodness import losses
from metrics.calibration.newton import fit_batch
from metrics.calibration.selection import penalised

PERSON_FOLDS = 10
"""As in the selection of terms (selection.py)."""
MOST_FOLDS = 50
"""Up to so many methods, contents or styles are left out one by one; more are left out in so many
random parts."""
MOST_PARTS = 9
"""Of methods, where both sides of a vote are left out: 45 pairs of parts."""


@dataclass(frozen=True)
class Split:
    """Which votes train which fold, and which fold predicts a vote.

    Attributes:
        folds: how many there are, F.
        groups: (N,) codes 0 … G−1; the votes of a group train the same folds.
        training: (F, G), 1 where the group trains the fold, else 0.
        tested: (N, T), the folds that predict the vote.

    """

    folds: int
    groups: Codes
    training: Floats
    tested: Codes


def whole(codes: Codes, seed: int, folds: int = PERSON_FOLDS) -> Split | None:
    """Leave out votes by a grouping (N,) to which each vote belongs once, such as participants.

    None for one group.
    """
    groups = np.unique(codes, return_inverse=True)[1].ravel()
    many = int(groups.max()) + 1
    if many < 2:
        return None
    count = min(folds, many)
    fold_of = np.random.default_rng(seed).permutation(many) % count
    training = np.asarray(fold_of[None, :] != np.arange(count)[:, None], dtype=np.float64)
    return Split(count, groups, training, fold_of[groups][:, None])


def either(one: Codes, other: Codes, seed: int, most: int = MOST_FOLDS) -> Split | None:
    """Leave out votes by what either side has (N,), such as methods. None for one level.

    More than `most` levels are left out in so many random parts.
    """
    levels, codes = np.unique(np.concatenate([one, other]), return_inverse=True)
    if len(levels) < 2:
        return None
    fold_of = np.arange(len(levels))
    if len(levels) > most:
        fold_of = np.random.default_rng(seed).permutation(len(levels)) % most
    count = int(fold_of.max()) + 1
    sides = fold_of[np.stack(np.split(codes.ravel(), 2))]
    low, high = sides.min(axis=0), sides.max(axis=0)
    pairs, groups = np.unique(low * count + high, return_inverse=True)
    fold = np.arange(count)[:, None]
    training = np.asarray((pairs // count != fold) & (pairs % count != fold), dtype=np.float64)
    return Split(count, groups.ravel(), training, sides.T)


def both(one: Codes, other: Codes, seed: int, most: int = MOST_PARTS) -> Split | None:
    """Predict each vote by votes without the level of either side (N,). None for one level.

    Stricter than `either`, where a model still knows one of the two: that this one is often
    preferred predicts many votes. More than `most` levels are put into so many random parts.
    """
    levels, codes = np.unique(np.concatenate([one, other]), return_inverse=True)
    if len(levels) < 2:
        return None
    part = np.random.default_rng(seed).permutation(len(levels)) % min(most, len(levels))
    sides = part[np.stack(np.split(codes.ravel(), 2))]
    low, high = sides.min(axis=0), sides.max(axis=0)
    pairs, groups = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    shared = (pairs[:, None, :, None] == pairs[None, :, None, :]).any(axis=(2, 3))
    groups = groups.ravel()
    return Split(len(pairs), groups, (~shared).astype(np.float64), groups[:, None])


@dataclass(frozen=True)
class Predicted:
    """How well each vote is predicted by folds that did not see it: NaN where none could be fitted.

    Attributes:
        loss: (N,), negative log-likelihood; ln 2 is chance.
        right: (N,), 1 where the preferred side is predicted, ½ for even odds and for ties.
        log_odds: (N, T), of the left side, by each fold that predicts the vote.

    """

    loss: Floats
    right: Floats
    log_odds: Floats


def predict(x: Floats, preferred: Floats, split: Split) -> Predicted:
    """Fit every fold's model of x (N, K) and predict the votes that it leaves out.

    Votes with a missing difference neither train nor are predicted.
    """
    known = np.isfinite(x).all(axis=1)
    coefficients = _fits(x[known], preferred[known], split.groups[known], split.training)
    eta = np.full(split.tested.shape, np.nan)
    for place in range(split.tested.shape[1]):
        eta[known, place] = (x[known] * coefficients[split.tested[known, place]]).sum(axis=1)
    return predicted(eta, preferred)


def predicted(eta: Floats, preferred: Floats) -> Predicted:
    """Judge log odds eta (N, T) of the left side by the votes (N,); NaN where there are none."""
    there, choice = np.isfinite(eta), preferred[:, None]
    odds = np.where(there, eta, 0.0)
    right = 0.5 + 0.5 * np.sign(odds) * np.sign(choice - 0.5)
    return Predicted(_mean(losses(odds, choice), there), _mean(right, there), eta)


def _fits(x: Floats, preferred: Floats, groups: Codes, training: Floats) -> Floats:
    """Coefficients (F, K) of each fold; NaN where its votes say nothing about any term."""
    if not len(x):
        return np.full((len(training), x.shape[1]), np.nan)
    batch = fit_batch(x, preferred, groups=groups, weights=training)
    coefficients = batch.coefficients.copy()
    for fold in np.flatnonzero(~batch.converged):  # separated, or terms that do not vary
        rows = training[fold][groups] > 0
        if rows.any():
            coefficients[fold] = penalised(x[rows], preferred[rows])
    moving = np.bincount(groups, (x != 0).any(axis=1), minlength=training.shape[1])
    coefficients[training @ moving == 0] = np.nan
    return coefficients


def _mean(values: Floats, there: npt.NDArray[np.bool_]) -> Floats:
    """The mean (N,) over the predictions of each vote that could be made."""
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
