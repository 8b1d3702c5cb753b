"""How large a study has to be: participants, minutes, cost, and how sure its coefficients will be.

The standard errors are those of a logistic regression on differences (no intercept), from its
Fisher information Σ n p (1 − p) x xᵀ over pairs with differences x, n votes each and
p = σ(βᵀx). They take votes for independent; votes of one person resemble each other, so that
errors clustered by participant come out larger.
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
class Wishes:
    """What a researcher wants to know. Every number is above 0 where nothing else is said."""

    groups: tuple[int, ...]
    """Numbers of stimuli of which any two may form a pair, such as those of one reference."""
    votes_per_pair: float
    trials: int
    """Real ones of one participant."""
    seconds: float = SECONDS_PER_TRIAL
    """From one trial to the next."""
    meetings: int = ADVISED_MEETINGS
    """With how many different others each stimulus is compared; never more than there are."""
    controls: int = 0
    """Trials of a session that are not real ones; 0 or more."""
    hourly_pay: float = 0.0
    """In any currency; 0 or more."""
    fee: float = 0.0
    """What the recruitment service adds to the pay, as a share of it; 0 or more."""
    dropout: float = 0.0
    """The share of sessions that are broken off or excluded, and replaced; 0 ≤ dropout < 1."""
    pairs: int = 0
    """How many pairs a design has chosen already; 0: as many as the meetings come to."""


@dataclass(frozen=True)
class Plan:
    """What these wishes come to."""

    stimuli: int
    pairs: int
    votes: int
    trials: int
    """Real ones of one participant: never more than there are pairs."""
    minutes: float
    """Of one participant, from consent to finish."""
    participants: int
    """Whose votes count."""
    invited: int
    """With those who will be replaced. All of them are paid."""
    cost: float
    meetings: float
    """Votes on pairs of one stimulus, on average."""
    advice: tuple[str, ...]


def trials_within(minutes: float, controls: int = 0, seconds: float = SECONDS_PER_TRIAL) -> int:
    """How many real trials a session of `minutes` has room for.

    Raises:
        InputError: it has room for none.

    """
    each = max(0, math.floor((minutes - READING_MINUTES) * 60 / seconds))
    if each - controls < 1:
        raise InputError(
            f"{minutes:g} minutes have room for {each} trials of {seconds:g} s, and {controls} of "
            "them are no real ones: use more"
        )
    return each - controls


def plan(wishes: Wishes) -> Plan:
    """The smallest study that grants the wishes.

    Raises:
        InputError: there is nothing to compare, parts are never compared, or nobody stays.

    """
    groups = [size for size in wishes.groups if size > 1]
    if not groups:
        raise InputError("a comparison needs at least 2 stimuli of 1 reference")
    if not 0 <= wishes.dropout < 1:
        raise InputError(f"dropout {wishes.dropout} is no share below 1: use 0 … 0.99")
    if not wishes.pairs and wishes.meetings < 2 < max(groups):
        raise InputError(
            "one pair per stimulus leaves parts that are never compared: let each meet 2 or more"
        )
    stimuli = sum(groups)
    pairs = wishes.pairs or sum(
        math.ceil(size * min(wishes.meetings, size - 1) / 2) for size in groups
    )
    trials = min(wishes.trials, pairs)  # nobody sees a pair twice
    minutes = READING_MINUTES + (trials + wishes.controls) * wishes.seconds / 60
    votes = _votes(pairs, wishes.votes_per_pair)
    participants = math.ceil(votes / trials)
    invited = math.ceil(participants / (1 - wishes.dropout))
    cost = invited * wishes.hourly_pay * minutes / 60 * (1 + wishes.fee)
    met = 2 * votes / stimuli
    advice = _advice(wishes, pairs, minutes, met)
    return Plan(
        stimuli, pairs, votes, trials, minutes, participants, invited, cost, met, tuple(advice)
    )


def votes_per_pair(votes: int, pairs: int) -> float:
    """The shortest decimal number of votes per pair that comes to `votes` again."""
    averages = (round(votes / pairs, digits) for digits in range(16))
    return next(average for average in averages if _votes(pairs, average) == votes)


def _votes(pairs: int, votes_per_pair: float) -> int:
    return math.ceil(round(pairs * votes_per_pair, 6))


def _advice(wishes: Wishes, pairs: int, minutes: float, met: float) -> list[str]:
    said = []
    if wishes.votes_per_pair < ADVISED_VOTES_PER_PAIR:
        said.append(f"Ask for at least {ADVISED_VOTES_PER_PAIR} votes per pair on average.")
    if met < ADVISED_MEETINGS:
        said.append(f"Compare every stimulus at least {ADVISED_MEETINGS} times.")
    if wishes.trials > pairs:
        said.append(f"Nobody sees a pair twice, so that a session has {pairs} real trials only.")
    if minutes > 30:
        said.append("Sessions of more than 30 minutes tire people.")
    return said


def standard_errors(differences: Floats, votes: Floats, coefficients: Floats) -> Floats:
    """Predicted standard errors of the coefficients, (K,).

    Args:
        differences: (P, K), of the statistics of each pair's stimuli.
        votes: (P,), how often each pair is asked.
        coefficients: (K,), as one believes them to be; 0 for no effect, where p = ½.

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
    """The same before anything is measured, for normal differences with a mean of 0, (K,).

    With x = Lz, LLᵀ the covariance and z standard normal, p depends on z only by its part along
    the unit vector u = Lᵀβ / s, s = |Lᵀβ|. So the information of one vote, E[p (1 − p) x xᵀ], is
    L (a I + (b − a) u uᵀ) Lᵀ with a = E[w(t)], b = E[w(t) t²], w(t) = p (1 − p) at βᵀx = s t and t
    standard normal: two integrals over a line.

    Args:
        votes: of all pairs together, above 0.
        coefficients: (K,), as one believes them to be.
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
