"""What the referee found, and its export. A missing number is None, and `reasons` says why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metrics.calibration.abilities import Abilities
from metrics.calibration.referee.candidates import Candidate
from metrics.calibration.referee.ceiling import Ceiling
from metrics.calibration.referee.ranking import PROCEDURE
from metrics.calibration.referee.similarity import Similarity

Interval = list[float] | None


@dataclass(frozen=True)
class HeldOut:
    """Prediction of votes on what was left out, by the model of this statistic alone.

    Attributes:
        log_loss: mean negative log-likelihood of a vote; ln 2 = 0.693 is chance, lower is better.
        log_loss_error, accuracy_error: standard errors over participants and stimuli.
        accuracy: share of votes predicted, ties half.
        folds, votes: how many.
        levels: level (such as a method) → its votes, accuracy and log loss; empty for participants.

    """

    log_loss: float
    log_loss_error: float | None
    accuracy: float
    accuracy_error: float | None
    folds: int
    votes: int
    levels: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Adds:
    """What a statistic adds to the others of E and C.

    Attributes:
        to: the statistics of the model without it.
        log_loss: how much the log loss per vote of participants left out falls by it; positive is
            better.
        interval: of that, over participants and stimuli.
        p: adjusted for all statistics that were asked about (ranking.step_down), one-sided.
        adds: whether p is at most 5 %.

    """

    to: tuple[str, ...]
    log_loss: float
    interval: Interval
    p: float | None
    adds: bool | None
    votes: int


@dataclass
class Finding:
    """What was found about one candidate. Numbers without a value are None; `reasons` says why.

    Attributes:
        votes, missing: votes with and without a value of the statistic for both stimuli.
        undecided: votes whose stimuli have the same value, which count ½.
        accuracy: share of votes predicted, ties half: by the declared direction, or by the
            direction (of a set: the model) of other participants' votes.
        accuracy_interval: if other people had voted on these stimuli.
        accuracy_interval_stimuli: if other people had voted on other stimuli of the kind.
        coefficient: of the statistic alone, log odds per unit, fitted to all votes.
        log_loss, log_loss_interval: on participants left out; interval for other people.
        useful, useful_p: whether it predicts more than half of the votes, adjusted for the number
            of statistics; one-sided.
        rank, rank_interval, group: among all on their common votes (ranking.py).
        spearman, kendall: mean correlation with abilities within references, with interval.
        by_method: the same of the methods' means with their abilities.

    """

    candidate: Candidate
    votes: int = 0
    missing: int = 0
    undecided: int = 0
    accuracy: float | None = None
    accuracy_interval: Interval = None
    accuracy_interval_stimuli: Interval = None
    coefficient: float | None = None
    log_loss: float | None = None
    log_loss_interval: Interval = None
    useful: bool | None = None
    useful_p: float | None = None
    rank: int | None = None
    rank_interval: list[int] | None = None
    group: int | None = None
    held_out: dict[str, HeldOut | None] = field(default_factory=dict)
    spearman: float | None = None
    spearman_interval: Interval = None
    kendall: float | None = None
    kendall_interval: Interval = None
    references: int = 0
    by_method: dict[str, float | None] | None = None
    adds: Adds | None = None
    reasons: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the export."""
        value = {key: item for key, item in vars(self).items() if key not in ("candidate", "adds")}
        value["held_out"] = {name: held and vars(held) for name, held in self.held_out.items()}
        value["adds_to_E_C"] = self.adds and vars(self.adds) | {"to": list(self.adds.to)}
        head = {
            "name": self.candidate.name,
            "terms": list(self.candidate.terms),
            "direction": self.candidate.direction,
        }
        return head | value


@dataclass(frozen=True)
class Judgement:
    """The answer of the referee.

    Attributes:
        findings: one for each candidate, best first; those without an accuracy come last.
        ranked_votes: votes that all ranked statistics have a value for.
        notes: what the votes and statistics do not allow to say, one sentence each.

    """

    target: str
    votes: int
    ties: int
    participants: int
    stimuli: int
    references: str
    simulated: int
    dropped: dict[str, int]
    findings: tuple[Finding, ...]
    ceiling: Ceiling
    abilities: Abilities | None
    similarity: Similarity | None
    similar: tuple[str, ...]
    ranked_votes: int
    draws: int
    seed: int
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """What was judged by how many votes."""
        of = {"E": "style carried", "C": "content kept", "O": "overall"}.get(self.target)
        people = f"{self.participants} participant{'s' * (self.participants != 1)}"
        title = f"{self.votes} votes of {people}" + (f", {of}" if of else "")
        return f"{title} · simulated votes" if self.simulated else title

    def to_json(self) -> dict[str, Any]:
        """Give the export: finite numbers and None only."""
        return {
            "target": self.target or None,
            "votes": self.votes,
            "ties": self.ties,
            "participants": self.participants,
            "stimuli": self.stimuli,
            "reference": self.references,
            "simulated": self.simulated,
            "dropped": self.dropped,
            "statistics": [finding.to_json() for finding in self.findings],
            "ranking": {"procedure": PROCEDURE, "votes": self.ranked_votes},
            "ceiling": self.ceiling.to_json(),
            "methods": self.abilities.to_json() if self.abilities else None,
            "correlation": self._correlation(),
            "draws": self.draws,
            "seed": self.seed,
            "notes": list(self.notes),
        }

    def _correlation(self) -> dict[str, Any] | None:
        if self.similarity is None:
            return None
        order = self.similarity.order
        matrix = self.similarity.correlation[order][:, order]
        return {
            "statistics": [self.similar[place] for place in order],
            "spearman": [[x if x == x else None for x in row] for row in matrix.tolist()],
        }
