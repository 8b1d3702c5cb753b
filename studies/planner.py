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

from transfer.errors import InputError

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

    references: int
    stimuli: int
    """Of each reference."""
    votes_per_pair: float
    minutes: float
    """Of one participant, from consent to finish."""
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


@dataclass(frozen=True)
class Plan:
    """What these wishes come to."""

    pairs: int
    votes: int
    trials_per_participant: int
    """Real ones."""
    participants: int
    """Whose votes count."""
    invited: int
    """With those who will be replaced. All of them are paid."""
    cost: float
    meetings: float
    """Votes on pairs of one stimulus, on average."""
    advice: tuple[str, ...]


def plan(wishes: Wishes) -> Plan:
    """The smallest study that grants the wishes.

    Raises:
        InputError: there is nothing to compare, or no time to answer a question.

    """
    if wishes.stimuli < 2 or wishes.references < 1:
        raise InputError("a comparison needs at least 2 stimuli of 1 reference")
    if not 0 <= wishes.dropout < 1:
        raise InputError(f"dropout {wishes.dropout} is no share below 1: use 0 … 0.99")
    each = math.floor((wishes.minutes - READING_MINUTES) * 60 / SECONDS_PER_TRIAL)
    if (trials := each - wishes.controls) < 1:
        raise InputError(
            f"{wishes.minutes:g} minutes have room for {max(0, each)} trials of "
            f"{SECONDS_PER_TRIAL:g} s, and {wishes.controls} of them are no real ones: use more"
        )
    others = min(wishes.meetings, wishes.stimuli - 1)
    pairs = wishes.references * math.ceil(wishes.stimuli * others / 2)
    trials = min(trials, pairs)  # nobody sees a pair twice
    votes = math.ceil(pairs * wishes.votes_per_pair)
    participants = math.ceil(votes / trials)
    invited = math.ceil(participants / (1 - wishes.dropout))
    cost = invited * wishes.hourly_pay * wishes.minutes / 60 * (1 + wishes.fee)
    met = 2 * votes / (wishes.references * wishes.stimuli)
    return Plan(
        pairs, votes, trials, participants, invited, cost, met, _advice(wishes, met, others)
    )


def _advice(wishes: Wishes, met: float, others: int) -> tuple[str, ...]:
    said = []
    if wishes.votes_per_pair < ADVISED_VOTES_PER_PAIR:
        said.append(f"Ask for at least {ADVISED_VOTES_PER_PAIR} votes per pair on average.")
    if met < ADVISED_MEETINGS:
        said.append(f"Compare every stimulus at least {ADVISED_MEETINGS} times.")
    if others < 2 < wishes.stimuli:
        said.append("One pair per stimulus leaves parts that are never compared: use 2 or more.")
    if wishes.minutes > 30:
        said.append("Sessions of more than 30 minutes tire people.")
    return tuple(said)


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


def error_of_one(votes: int, coefficient: float = 1.0) -> float:
    """The same for one statistic before anything is measured.

    Its differences are taken as normal with a standard deviation of 1, so that `coefficient` and
    the error are per standard deviation; the information is the mean over that distribution
    (Gauss–Hermite quadrature).
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    chosen = 0.5 * (1 + np.tanh(0.5 * coefficient * nodes))
    each = float(weights @ (chosen * (1 - chosen) * nodes**2)) / math.sqrt(2 * math.pi)
    return 1 / math.sqrt(votes * each)
