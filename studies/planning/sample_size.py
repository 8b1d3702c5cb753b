"""Sample size of a study: participants, minutes, cost, and standard errors of its coefficients.

The standard errors are those of a logistic regression on differences (no intercept), from its
Fisher information Σ n p (1 − p) x xᵀ over pairs with differences x, n votes each and
p = σ(βᵀx). They assume independent votes. Votes of one person are correlated, so that errors
clustered by participant come out larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from common.errors import InputError

Floats = npt.NDArray[np.float64]
ADVISED_VOTES_PER_PAIR = 4
ADVISED_MEETINGS = 10
"""Comparisons per stimulus."""
SECONDS_PER_TRIAL = 6.0
READING_MINUTES = 1.0
"""For the consent page and the end."""


@dataclass(frozen=True)
class StudySize:
    """The size that a researcher asks for. Numbers are above 0 unless a field says otherwise."""

    groups: tuple[int, ...]
    """Numbers of stimuli of which any two may form a pair, such as those of one reference."""
    votes_per_pair: float
    trials: int
    """Real trials of one participant."""
    seconds: float = SECONDS_PER_TRIAL
    """From one trial to the next, in seconds."""
    meetings: int = ADVISED_MEETINGS
    """Number of other stimuli that each one is compared with, at most all of its group."""
    controls: int = 0
    """Control trials of a session; 0 or more."""
    hourly_pay: float = 0.0
    """In any currency; 0 or more."""
    fee: float = 0.0
    """Fee of the recruitment service, as a share of the pay; 0 or more."""
    dropout: float = 0.0
    """Share of sessions that are not completed or excluded, and are replaced; 0 ≤ dropout < 1."""
    pairs: int = 0
    """Number of pairs, if a design has chosen them; 0: as many as the meetings require."""


@dataclass(frozen=True)
class Workload:
    """What a study of a size requires."""

    stimuli: int
    pairs: int
    votes: int
    trials: int
    """Real trials of one participant, at most the number of pairs."""
    minutes: float
    """Duration of one session, from consent to the end."""
    participants: int
    """Participants whose votes are included."""
    invited: int
    """Participants including those who are replaced. All of them are paid."""
    cost: float
    meetings: float
    """Average number of votes on pairs of one stimulus."""
    advice: tuple[str, ...]


def trials_within(minutes: float, controls: int = 0, seconds: float = SECONDS_PER_TRIAL) -> int:
    """The number of real trials that fit into a session of `minutes`.

    Raises:
        InputError: no real trial fits.

    """
    each = max(0, math.floor((minutes - READING_MINUTES) * 60 / seconds))
    if each - controls < 1:
        raise InputError(
            f"{minutes:g} minutes have room for {each} trials of {seconds:g} s, and {controls} of "
            "them are control trials: use more minutes or fewer control trials"
        )
    return each - controls


def workload(size: StudySize) -> Workload:
    """The smallest study of the size asked for.

    Raises:
        InputError: there is nothing to compare, stimuli would not be connected, or every session
            is replaced.

    """
    groups = [count for count in size.groups if count > 1]
    if not groups:
        raise InputError("a comparison needs at least 2 stimuli of 1 reference")
    if not 0 <= size.dropout < 1:
        raise InputError(f"dropout {size.dropout} is not below 1: use 0 … 0.99")
    if not size.pairs and size.meetings < 2 < max(groups):
        raise InputError(
            "one pair per stimulus leaves parts that are never compared: let each meet 2 or more"
        )
    stimuli = sum(groups)
    pairs = size.pairs or sum(
        math.ceil(count * min(size.meetings, count - 1) / 2) for count in groups
    )
    trials = min(size.trials, pairs)  # no participant sees a pair twice
    minutes = READING_MINUTES + (trials + size.controls) * size.seconds / 60
    votes = _votes(pairs, size.votes_per_pair)
    participants = math.ceil(votes / trials)
    invited = math.ceil(participants / (1 - size.dropout))
    cost = invited * size.hourly_pay * minutes / 60 * (1 + size.fee)
    met = 2 * votes / stimuli
    advice = _advice(size, pairs, minutes, met)
    return Workload(
        stimuli, pairs, votes, trials, minutes, participants, invited, cost, met, tuple(advice)
    )


def votes_per_pair(votes: int, pairs: int) -> float:
    """The shortest decimal number of votes per pair that gives `votes` for `pairs`."""
    averages = (round(votes / pairs, digits) for digits in range(16))
    return next(average for average in averages if _votes(pairs, average) == votes)


def _votes(pairs: int, votes_per_pair: float) -> int:
    return math.ceil(round(pairs * votes_per_pair, 6))


def _advice(size: StudySize, pairs: int, minutes: float, met: float) -> list[str]:
    advice = []
    if size.votes_per_pair < ADVISED_VOTES_PER_PAIR:
        advice.append(f"Ask for at least {ADVISED_VOTES_PER_PAIR} votes per pair on average.")
    if met < ADVISED_MEETINGS:
        advice.append(f"Compare every stimulus at least {ADVISED_MEETINGS} times.")
    if size.trials > pairs:
        advice.append(f"Nobody sees a pair twice, so a session has only {pairs} real trials.")
    if minutes > 30:
        advice.append("Sessions of more than 30 minutes tire people.")
    return advice


def standard_errors(differences: Floats, votes: Floats, coefficients: Floats) -> Floats:
    """Predicted standard errors of the coefficients, (K,).

    Args:
        differences: (P, K), of the statistics of each pair's stimuli.
        votes: (P,), the number of votes on each pair.
        coefficients: (K,), as expected; 0 for no effect, where p = ½.

    Raises:
        InputError: the pairs do not determine the coefficients.

    """
    preferred = 0.5 * (1 + np.tanh(0.5 * (differences @ coefficients)))
    weight = votes * preferred * (1 - preferred)
    information = differences.T @ (weight[:, None] * differences)
    if np.linalg.matrix_rank(information) < len(coefficients):
        raise InputError("these pairs do not determine every coefficient: add pairs or stimuli")
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(information))))


def expected_errors(votes: float, coefficients: Floats, covariance: Floats) -> Floats:
    """Standard errors before anything is measured, for normal differences of mean 0, (K,).

    With x = Lz, LLᵀ the covariance and z standard normal, p depends on z only by its part along
    the unit vector u = Lᵀβ / s, s = |Lᵀβ|. So the information of one vote, E[p (1 − p) x xᵀ], is
    L (a I + (b − a) u uᵀ) Lᵀ with a = E[w(t)], b = E[w(t) t²], w(t) = p (1 − p) at βᵀx = s t and t
    standard normal: two integrals over a line.

    Args:
        votes: the number of votes on all pairs together, above 0.
        coefficients: (K,), as expected.
        covariance: (K, K), of the differences; positive definite.

    """
    root = np.linalg.cholesky(covariance)
    along = root.T @ coefficients
    length = float(np.linalg.norm(along))
    unit = along / length if length else along
    t = np.linspace(-10, 10, 4001)
    weight = np.exp(-t * t / 2) / math.sqrt(2 * math.pi) * (t[1] - t[0])
    weight *= (1 - np.tanh(length * t / 2) ** 2) / 4
    a, b = float(weight.sum()), float(weight @ t**2)
    one_vote = a * np.eye(len(coefficients)) + (b - a) * np.outer(unit, unit)
    information = votes * root @ one_vote @ root.T
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(information))))
