"""A ridge-penalised linear head on many features, fitted to votes.

P(left preferred) = σ(w · (z_left − z_right)), as in the calibrated models, with far more features
than votes can tell apart. Features are standardised, projected onto the leading principal
components of the training stimuli, and fitted with a penalty λ/2 ‖β‖² by Newton's method. λ is
chosen by cross-validation over the participants of the training part alone, so that nothing of the
votes that a model predicts takes part in it: neither choices, nor scales, nor the penalty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.calibration.data import Codes, Floats
from metrics.calibration.goodness import losses
from metrics.calibration.referee.held_out import Predicted, Split, predicted, whole

PENALTIES = 10.0 ** np.arange(3.0, -5.0, -1.0)
"""λ, strongest first. The features' total variance is 1, so that 1000 leaves nothing of them."""
COMPONENTS = 64
MOST_BASIS = 600
"""Principal components are those of at most so many training stimuli."""
INNER_FOLDS = 5
_MOST_STEPS = 100


@dataclass(frozen=True)
class Pairs:
    """N votes of U pairs of stimuli.

    Attributes:
        low, high: (U,) codes of a pair's stimuli; low < high, whichever was on the left.
        of: (N,) the pair of each vote.
        wins: (N,) 1 where `low` was preferred, ½ for a tie, else 0.
        turned: (N,) whether `low` was on the right.

    """

    low: Codes
    high: Codes
    of: Codes
    wins: Floats
    turned: np.ndarray

    @staticmethod
    def arrange(left: Codes, right: Codes, preferred: Floats) -> Pairs:
        """Votes (N,) as codes of stimuli, and 1 left, 0 right, ½ tie."""
        turned = left > right
        low, high = np.minimum(left, right), np.maximum(left, right)
        both, of = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
        wins = np.where(turned, 1 - preferred, preferred)
        return Pairs(both[:, 0], both[:, 1], of.ravel(), wins, turned)

    def add_up(self, rows: np.ndarray) -> tuple[Floats, Floats]:
        """Votes and wins (U,) of the votes `rows` (N,) of truth values."""
        of, many = self.of[rows], len(self.low)
        count = np.bincount(of, minlength=many).astype(np.float64)
        wins: Floats = np.bincount(of, self.wins[rows], minlength=many).astype(np.float64)
        return count, wins


@dataclass(frozen=True)
class Head:
    """weights: (P,), of features as they are measured; penalty: λ; components: how many were kept.

    scores: (S,) of the stimuli that it was made with, in log odds; only differences mean something.
    """

    weights: Floats
    penalty: float
    components: int
    scores: Floats


def fit_head(
    vectors: Floats, pairs: Pairs, rows: np.ndarray, people: Codes, seed: int
) -> Head | None:
    """Fit the votes `rows` (N,) of truth values, by `people` (N,).

    Args:
        vectors: (S, P) features of the stimuli that codes of `pairs` name.
        pairs: all votes.
        rows: which of them train.
        people: who gave them.
        seed: of folds, and of the stimuli of large studies that the components are those of.

    Returns:
        None where these votes say nothing about the features.

    """
    if not rows.any():
        return None
    scores, back = _project(vectors, pairs, rows, seed)
    x = scores[pairs.low] - scores[pairs.high]
    count, wins = pairs.add_up(rows)
    if not (x[count > 0] != 0).any():
        return None
    penalty = _choose(x, pairs, rows, people, seed)
    beta = np.zeros(x.shape[1])
    for strength in PENALTIES[penalty <= PENALTIES]:
        beta = ridge(x, count, wins, float(strength), beta)
    return Head(back @ beta, penalty, x.shape[1], scores @ beta)


def predict_head(
    vectors: Floats, pairs: Pairs, preferred: Floats, people: Codes, split: Split, seed: int
) -> Predicted:
    """Fit every fold of `split` and predict the votes (N,) that it leaves out."""
    eta = np.full(split.tested.shape, np.nan)
    for fold in range(split.folds):
        tested = split.tested == fold
        if not tested.any():
            continue
        head = fit_head(vectors, pairs, split.training[fold][split.groups] > 0, people, seed)
        if head is not None:
            odds = log_odds(head, pairs)
            eta = np.where(tested, odds[:, None], eta)
    return predicted(eta, preferred)


def log_odds(head: Head, pairs: Pairs) -> Floats:
    """Log odds (N,) of the left side of each vote."""
    odds = (head.scores[pairs.low] - head.scores[pairs.high])[pairs.of]
    return np.asarray(np.where(pairs.turned, -odds, odds))


def ridge(x: Floats, count: Floats, wins: Floats, penalty: float, start: Floats) -> Floats:
    """The minimum (K,) of Σ count log(1 + e^η) − wins η + penalty/2 ‖β‖², η = x β, x (U, K).

    Newton's method with halved steps; the function is strictly convex for a positive penalty.
    """
    used = count > 0
    x, count, wins = x[used], count[used], wins[used]
    beta, enough = start.copy(), 1e-12 * max(1.0, float(count.sum()))

    def value(at: Floats) -> float:
        eta = x @ at
        fit = count @ np.logaddexp(0.0, eta) - wins @ eta
        return float(fit + 0.5 * penalty * (at @ at))

    now = value(beta)
    for _ in range(_MOST_STEPS):
        p = 0.5 * (1 + np.tanh(0.5 * (x @ beta)))
        gradient = x.T @ (count * p - wins) + penalty * beta
        curvature = x.T @ ((count * p * (1 - p))[:, None] * x)
        curvature[np.diag_indices_from(curvature)] += penalty
        step = -np.linalg.solve(curvature, gradient)
        decrement = -float(gradient @ step)
        if decrement <= enough:  # the last step squares the error that is left
            return beta + step
        size = 1.0
        while (then := value(beta + size * step)) > now and size > 1e-6:
            size /= 2
        if then > now:
            break
        beta, now = beta + size * step, then
    return beta


def _project(vectors: Floats, pairs: Pairs, rows: np.ndarray, seed: int) -> tuple[Floats, Floats]:
    """Components of all stimuli (S, K), and the matrix (P, K) that makes them of features."""
    used = np.unique(pairs.of[rows])
    trained = np.unique(np.concatenate([pairs.low[used], pairs.high[used]]))
    known = vectors[trained]
    scale = known.std(axis=0)
    moving = scale > 1e-12 * np.maximum(1.0, np.abs(known).max(axis=0))
    inverse = np.where(moving, 1 / np.where(moving, scale, 1.0), 0.0)
    inverse /= np.sqrt(max(1, int(moving.sum())))
    if len(trained) > MOST_BASIS:
        known = known[np.random.default_rng(seed).permutation(len(trained))[:MOST_BASIS]]
    centred = (known - known.mean(axis=0)) * inverse
    values, left = np.linalg.eigh(centred @ centred.T)
    kept = np.flatnonzero(values > 1e-10 * max(float(values[-1]), 1e-300))[::-1][:COMPONENTS]
    back = inverse[:, None] * (centred.T @ (left[:, kept] / np.sqrt(values[kept])))
    return vectors @ back, back


def _choose(x: Floats, pairs: Pairs, rows: np.ndarray, people: Codes, seed: int) -> float:
    """The penalty with the least loss on participants of the training part that were left out.

    Pairs are left out where there is one participant.
    """
    split = whole(people[rows], seed, INNER_FOLDS) or whole(pairs.of[rows], seed, INNER_FOLDS)
    if split is None:
        return float(PENALTIES[0])
    loss = np.zeros(len(PENALTIES))
    places = np.flatnonzero(rows)
    for fold in range(split.folds):
        inside = np.zeros(len(rows), dtype=bool)
        inside[places[split.training[fold][split.groups] > 0]] = True
        count, wins = pairs.add_up(inside)
        tested, won = pairs.add_up(rows & ~inside)
        beta = np.zeros(x.shape[1])
        asked = tested > 0
        share = won[asked] / tested[asked]
        for place, penalty in enumerate(PENALTIES):
            beta = ridge(x, count, wins, float(penalty), beta)
            loss[place] += float(tested[asked] @ losses(x[asked] @ beta, share))
    return float(PENALTIES[int(np.argmin(loss))])
