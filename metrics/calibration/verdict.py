"""The verdict on a calibrated model: trustworthy, preliminary or not usable, with its reasons.

It follows from the exported model alone, so that files of earlier versions have one too. The limits
are ours: 5 participants are the fewest for an error (uncertainty.py), 20 the fewest for clustered
errors of about the right size; 50 and 200 votes know a share of one half to within 14
and 7 percentage points (95 % interval, independent votes).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .export import Model
from .goodness import ENOUGH_PEOPLE, FEWEST_GROUPS

Level = Literal["trustworthy", "preliminary", "not usable"]
LEVELS: tuple[Level, ...] = ("trustworthy", "preliminary", "not usable")
"""From best to worst."""
FEWEST_VOTES = 50
ENOUGH_VOTES = 200
CHANCE = float(np.log(2))
"""Log loss of even odds."""


@dataclass(frozen=True)
class Reason:
    """A finding that lowers the verdict to `level`, in one sentence."""

    level: Level
    text: str

    def to_json(self) -> dict[str, str]:
        """Give the export."""
        return {"level": self.level, "text": self.text}


@dataclass(frozen=True)
class Verdict:
    """The worst level of the reasons, worst reasons first; trustworthy where there are none."""

    reasons: tuple[Reason, ...]

    @property
    def level(self) -> Level:
        """The level of the worst reason."""
        return self.reasons[0].level if self.reasons else LEVELS[0]

    @property
    def usable(self) -> bool:
        """Whether conclusions may be drawn at all."""
        return self.level != "not usable"

    def to_json(self) -> dict[str, Any]:
        """Give the export."""
        return {"level": self.level, "reasons": [reason.to_json() for reason in self.reasons]}


def verdict(model: Model) -> Verdict | None:
    """Judge a fitted model. None for a published one, whose votes are not known."""
    if model.votes is None:
        return None
    found = [
        reason
        for judge in (_people, _votes, _prediction, _terms, _ranking, _certainty, _origin)
        for reason in judge(model)
    ]
    return Verdict(tuple(sorted(found, key=lambda reason: -LEVELS.index(reason.level))))


def _people(model: Model) -> Iterator[Reason]:
    people = model.participants or 0
    effective = model.details.get("effective_participants") or people
    if people < FEWEST_GROUPS:
        yield Reason(
            "not usable",
            f"{_count(people, 'participant')} gave the votes: errors need at least "
            f"{FEWEST_GROUPS:.0f}, a trustworthy model {ENOUGH_PEOPLE}.",
        )
    elif effective < FEWEST_GROUPS:
        yield Reason(
            "not usable",
            f"A few of the {people} participants gave most votes, which weigh like those of "
            f"{effective:.1f} people: errors need at least {FEWEST_GROUPS:.0f}.",
        )
    elif people < ENOUGH_PEOPLE:
        yield Reason(
            "preliminary",
            f"{people} participants gave the votes: a trustworthy model needs {ENOUGH_PEOPLE}.",
        )
    elif effective < ENOUGH_PEOPLE / 2:
        yield Reason(
            "preliminary",
            f"The votes of the {people} participants weigh like those of {effective:.1f} people, "
            "because some gave far more than others.",
        )


def _votes(model: Model) -> Iterator[Reason]:
    votes = model.votes or 0
    if votes < ENOUGH_VOTES:
        level: Level = "not usable" if votes < FEWEST_VOTES else "preliminary"
        width = 100 * 1.96 * 0.5 / np.sqrt(votes)
        yield Reason(
            level,
            f"{_count(votes, 'vote')} entered: even the share of votes for one side is known to no "
            f"better than ± {width:.0f} percentage points; a trustworthy model needs "
            f"{ENOUGH_VOTES}.",
        )


def _prediction(model: Model) -> Iterator[Reason]:
    held_out: dict[str, dict[str, float]] = model.details.get("held_out") or {}
    for group, found in held_out.items():
        loss = found["log_loss"]
        if loss < CHANCE:
            continue
        what = "choices of participants" if group == "participants" else f"votes on {group}"
        yield Reason(
            "not usable" if group == "participants" else "preliminary",
            f"It predicts the {what} left out of the fit no better than chance (log loss "
            f"{loss:.3f}, chance {CHANCE:.3f}).",
        )


def _terms(model: Model) -> Iterator[Reason]:
    if model.target == "C" and "C" not in model.terms:
        yield Reason(
            "not usable",
            f"The C-model does not contain C. It predicts the votes from {_list(model.terms)}: a "
            "statistic of style, which does not measure how much content is kept.",
        )
    if wrong := [term for term in model.terms if model.coefficients[term] < 0]:
        yield Reason(
            "not usable",
            f"A better {_list(wrong)} lowers the score: the votes contradict the statistic.",
        )
    if infinite := [term for term in model.terms if np.isinf(model.coefficients[term])]:
        yield Reason(
            "not usable",
            f"The coefficient of {_list(infinite)} is infinite: the votes are separated. Fit by "
            "Firth's penalised likelihood.",
        )
    elif separated := model.details.get("separated"):
        yield Reason(
            "preliminary",
            f"The votes are separated by {_list(separated)}: only Firth's penalty keeps the "
            "coefficient finite.",
        )


def _ranking(model: Model) -> Iterator[Reason]:
    methods = model.details.get("methods")
    if not methods:
        return
    names = [name for name in methods["methods"] if methods["mean_score"].get(name) is not None]
    if len(names) < 2:
        return
    by_votes, by_score = (
        np.array([methods[kind][name] for name in names]) for kind in ("ability", "mean_score")
    )
    first, second = np.triu_indices(len(names), k=1)
    order = np.sign(by_votes[first] - by_votes[second]) * np.sign(
        by_score[first] - by_score[second]
    )
    if order.sum() < 0:
        yield Reason(
            "not usable",
            f"Its scores contradict the votes in {(order < 0).sum()} of {len(order)} pairs of "
            "methods: the method that people preferred has the lower score.",
        )


def _certainty(model: Model) -> Iterator[Reason]:
    intervals: dict[str, list[float | None]] = model.details.get("intervals") or {}
    bounds: dict[str, tuple[float, float]] = {}
    for term in model.terms:
        low, high = intervals.get(term) or (None, None)
        if low is not None and high is not None:
            bounds[term] = low, high
    if narrow := [term for term, (low, high) in bounds.items() if high <= low]:
        yield Reason("not usable", f"The interval of {_list(narrow)} has no width.")
    if unknown := [term for term in model.terms if term not in bounds]:
        yield Reason(
            "preliminary", f"The interval of {_list(unknown)} is not known; the notes say why."
        )
    elif all(low <= 0 <= high for low, high in bounds.values()):
        yield Reason("preliminary", "The interval of every coefficient contains 0.")


def _origin(model: Model) -> Iterator[Reason]:
    if not model.simulated:
        return
    simulated = model.details.get("simulated_votes")
    if simulated is None or simulated == model.votes:
        share = "The votes"
    else:
        share = f"{simulated} of the {model.votes} votes"
    yield Reason("preliminary", f"{share} are simulated: they say nothing about people.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
