"""Selection of base statistics: every subset, evaluated on participants left out of its fit.

AIC and BIC treat votes as independent, which the votes of one person are not, so they select too
many terms. They are reported, but the choice is by cross-validation over participants.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from common.errors import InputError

from .data import Codes, Comparisons, Floats
from .firth import firth
from .goodness import accuracy, error_of_mean, log_likelihood, losses
from .intervals import known
from .newton import fit_batch

RULE = (
    "lowest log loss on participants left out, among the subsets without a negative coefficient "
    "(a better statistic never lowers the score); fewer terms where equal"
)
_WORKERS = 2


@dataclass(frozen=True)
class HeldOut:
    """Prediction of groups left out: log loss (ln 2 is chance) and accuracy per vote."""

    log_loss: float
    accuracy: float
    folds: int
    losses: Floats
    """(N,), each vote's loss."""

    def to_json(self) -> dict[str, Any]:
        """Return the export."""
        return {"log_loss": self.log_loss, "accuracy": self.accuracy, "folds": self.folds}


@dataclass(frozen=True)
class Candidate:
    """One subset. coefficients: (k,). held_out: by participants, contents, styles."""

    terms: tuple[str, ...]
    coefficients: Floats
    log_likelihood: float
    aic: float
    bic: float
    accuracy: float
    separated: bool
    held_out: dict[str, HeldOut]

    @property
    def admissible(self) -> bool:
        """Whether no coefficient is negative, so that a better statistic never lowers the score."""
        return bool((self.coefficients >= 0).all())

    @property
    def loss(self) -> float:
        """The log loss by which subsets are compared."""
        return self.held_out["participants"].log_loss


@dataclass(frozen=True)
class Excess:
    """Loss per vote of a subset minus that of the best admissible one, with standard error.

    The difference is taken vote by vote, and its error over participants: NaN if they are too few
    or answer too much alike.
    """

    log_loss: float
    std_error: float

    @property
    def within_one_error(self) -> bool:
        """Whether the subset is as good as the best, by the one-standard-error rule."""
        return self.log_loss <= self.std_error + 1e-15


@dataclass(frozen=True)
class Selection:
    """candidates: every subset, best first; excess: of each. chosen, by_bic and
    by_one_standard_error: the subsets that three rules choose.
    """

    candidates: tuple[Candidate, ...]
    excess: tuple[Excess, ...]
    chosen: Candidate
    by_bic: Candidate
    by_one_standard_error: Candidate
    votes: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Return the whole table with the rule and its choice."""
        return {
            "rule": RULE,
            "chosen": list(self.chosen.terms),
            "by_BIC": list(self.by_bic.terms),
            "by_one_standard_error": list(self.by_one_standard_error.terms),
            "votes": self.votes,
            "seed": self.seed,
            "candidates": [
                _row(candidate, excess)
                for candidate, excess in zip(self.candidates, self.excess, strict=True)
            ],
        }


def select(comparisons: Comparisons, *, folds: int = 10, seed: int = 0) -> Selection:
    """Evaluate every subset of the terms and choose one by RULE.

    Raises InputError with one participant only, and if no subset is admissible.
    """
    if comparisons.people < 2:
        raise InputError(
            "choosing terms needs votes of at least two participants: name the terms yourself"
        )
    groupings = _groupings(comparisons, folds, seed)
    subsets = _subsets(comparisons)
    masks = np.zeros((len(subsets), len(comparisons.terms)), dtype=bool)
    for row, subset in enumerate(subsets):
        masks[row, list(subset)] = True
    whole = fit_batch(comparisons.differences, comparisons.preferred, masks=masks)

    def judge(row: int) -> Candidate:
        start = whole.coefficients[row] if whole.converged[row] else None
        return _candidate(comparisons, list(subsets[row]), start, groupings)

    with ThreadPoolExecutor(_WORKERS) as pool:
        candidates = list(pool.map(judge, range(len(subsets))))
    candidates.sort(key=lambda candidate: (candidate.loss, len(candidate.terms)))
    allowed = [candidate for candidate in candidates if candidate.admissible]
    if not allowed:
        raise InputError(
            "every subset has a negative coefficient, so no model is admissible: the votes "
            "contradict the statistics; name the terms yourself to fit them anyway"
        )
    excess = {
        candidate.terms: _excess(candidate, allowed[0], comparisons.participants)
        for candidate in candidates
    }
    level = [candidate for candidate in allowed if excess[candidate.terms].within_one_error]
    return Selection(
        candidates=tuple(candidates),
        excess=tuple(excess[candidate.terms] for candidate in candidates),
        chosen=allowed[0],
        by_bic=min(allowed, key=lambda candidate: candidate.bic),
        by_one_standard_error=min(level, key=lambda each: (len(each.terms), each.loss)),
        votes=comparisons.votes,
        seed=seed,
    )


def hold_out(comparisons: Comparisons, *, folds: int = 10, seed: int = 0) -> dict[str, HeldOut]:
    """Evaluate all terms together, by the same held-out participants, contents, styles as `select`.

    A grouping with one group is left out.
    """
    everything = np.zeros(len(comparisons.terms))
    return {
        name: _held_out(comparisons.differences, comparisons.preferred, everything, grouping)
        for name, grouping in _groupings(comparisons, folds, seed).items()
    }


def _groupings(comparisons: Comparisons, folds: int, seed: int) -> dict[str, _Folds]:
    return {
        name: _folds(groups, folds, np.random.default_rng(seed))
        for name, groups in (
            ("participants", comparisons.participants),
            ("contents", comparisons.contents),
            ("styles", comparisons.styles),
        )
        if groups is not None and len(np.unique(groups)) > 1
    }


def _subsets(comparisons: Comparisons) -> list[tuple[int, ...]]:
    """All subsets of terms whose differences are not collinear."""
    scale = np.maximum(np.abs(comparisons.differences).max(axis=0), 1e-300)
    triangle = np.asarray(np.linalg.qr(comparisons.differences / scale, mode="r"))
    many = len(comparisons.terms)
    everything = (s for size in range(1, many + 1) for s in combinations(range(many), size))
    found = [s for s in everything if np.linalg.matrix_rank(triangle[:, list(s)]) == len(s)]
    if not found:
        raise InputError("no statistic differs between the two stimuli of any vote")
    return found


@dataclass(frozen=True)
class _Folds:
    """groups: (N,) codes; fold_of: (G,) the fold of each group; count: number of folds."""

    groups: Codes
    fold_of: Codes
    count: int

    @property
    def training(self) -> Floats:
        """Weights (folds, G): 1 for the groups that a fold trains on, 0 for those it predicts."""
        return np.asarray(self.fold_of[None, :] != np.arange(self.count)[:, None], dtype=np.float64)


def _folds(groups: Codes, folds: int, rng: np.random.Generator) -> _Folds:
    """Assign groups at random to folds of equal numbers of groups."""
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    many = int(codes.max()) + 1
    count = min(folds, many)
    return _Folds(codes, rng.permutation(many) % count, count)


def _candidate(
    comparisons: Comparisons,
    columns: list[int],
    start: Floats | None,
    groupings: dict[str, _Folds],
) -> Candidate:
    x, preferred = comparisons.differences[:, columns], comparisons.preferred
    beta = firth(x, preferred).coefficients if start is None else start[columns]
    eta = x @ beta
    value = log_likelihood(eta, preferred)
    return Candidate(
        terms=tuple(comparisons.terms[column] for column in columns),
        coefficients=beta,
        log_likelihood=value,
        aic=2 * len(columns) - 2 * value,
        bic=len(columns) * float(np.log(len(x))) - 2 * value,
        accuracy=accuracy(eta, preferred),
        separated=start is None,
        held_out={name: _held_out(x, preferred, beta, folds) for name, folds in groupings.items()},
    )


def _held_out(x: Floats, preferred: Floats, start: Floats, folds: _Folds) -> HeldOut:
    training = folds.training
    batch = fit_batch(x, preferred, groups=folds.groups, weights=training, start=start)
    for fold in np.flatnonzero(~batch.converged):  # separated without this fold
        rows = training[fold][folds.groups] > 0
        batch.coefficients[fold] = penalised(x[rows], preferred[rows])
    eta = (x * batch.coefficients[folds.fold_of[folds.groups]]).sum(axis=1)
    each = losses(eta, preferred)
    return HeldOut(float(each.mean()), accuracy(eta, preferred), folds.count, each)


def penalised(x: Floats, preferred: Floats) -> Floats:
    """Fit by Firth's likelihood; terms that do not vary in these rows stay 0."""
    beta = np.zeros(x.shape[1])
    moving = np.flatnonzero(np.abs(x).max(axis=0, initial=0.0) > 0)
    if len(moving) and np.linalg.matrix_rank(x[:, moving]) == len(moving):
        beta[moving] = firth(x[:, moving], preferred).coefficients
    return beta


def _excess(candidate: Candidate, best: Candidate, participants: Codes) -> Excess:
    if candidate is best:
        return Excess(0.0, 0.0)
    gap = candidate.held_out["participants"].losses - best.held_out["participants"].losses
    return Excess(float(gap.mean()), error_of_mean(gap, participants))


def _row(candidate: Candidate, excess: Excess) -> dict[str, Any]:
    coefficients = zip(candidate.terms, candidate.coefficients.tolist(), strict=True)
    return {
        "terms": list(candidate.terms),
        "coefficients": dict(coefficients),
        "admissible": candidate.admissible,
        "separated": candidate.separated,
        "log_likelihood": candidate.log_likelihood,
        "AIC": candidate.aic,
        "BIC": candidate.bic,
        "accuracy": candidate.accuracy,
        "held_out": {name: held.to_json() for name, held in candidate.held_out.items()},
        "excess": {
            "log_loss": excess.log_loss,
            "std_error": known(excess.std_error) or None,  # the best subset itself has no excess
        },
    }
