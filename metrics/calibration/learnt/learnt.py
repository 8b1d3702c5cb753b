"""A learnt referee with all that is said of it, and its export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metrics.calibration.data import Floats
from metrics.calibration.learnt.memorised import Verdict
from metrics.calibration.learnt.splits import SPLITS
from metrics.calibration.referee.judgement import HeldOut


@dataclass(frozen=True)
class Rated:
    """How well one model predicts the votes.

    Attributes:
        name: `learnt`, or that of a calibrated model.
        terms: the statistics of a calibrated model.
        log_loss, accuracy: on the votes that it was fitted to, which is always too good.
        held_out: each of `SPLITS` → on what was left out, or None.

    """

    name: str
    terms: tuple[str, ...]
    log_loss: float
    accuracy: float
    held_out: dict[str, HeldOut | None]

    def to_json(self) -> dict[str, Any]:
        """Give the export."""
        return vars(self) | {
            "terms": list(self.terms),
            "held_out": {name: held and vars(held) for name, held in self.held_out.items()},
        }

    @property
    def cells(self) -> list[HeldOut | None]:
        """`held_out` in the order of `SPLITS`, for tables."""
        return [self.held_out.get(name) for name in SPLITS]


@dataclass(frozen=True)
class Learnt:
    """A head fitted to votes, and what is known of it.

    Attributes:
        weights: (P,), log odds per unit of each feature.
        instrument: of the features that it was fitted to, and needs.
        models: the learnt referee, then calibrated models on the same votes and folds.
        reasons: what could not be left out → why.

    """

    target: str
    weights: Floats
    instrument: str
    penalty: float
    components: int
    votes: int
    ties: int
    participants: int
    stimuli: int
    simulated: int
    dropped: dict[str, int]
    seed: int
    models: tuple[Rated, ...] = ()
    verdict: Verdict = Verdict("unknown", "It was not judged.")
    reasons: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def memorised(self) -> bool:
        """Whether it memorised methods, wholly or partly."""
        return self.verdict.level in ("memorised", "partly")

    @property
    def splits(self) -> tuple[str, ...]:
        """`SPLITS`, for the heads of tables."""
        return SPLITS

    @property
    def title(self) -> str:
        """What it was fitted to."""
        of = {"E": "style carried", "C": "content kept", "O": "overall"}.get(self.target)
        people = f"{self.participants} participant{'s' * (self.participants != 1)}"
        title = f"learnt from {self.votes} votes of {people}" + (f", {of}" if of else "")
        return f"{title} · simulated votes" if self.simulated else title

    def to_json(self) -> dict[str, Any]:
        """Give the export without the weights: finite numbers and None only."""
        own = {
            name: value
            for name, value in vars(self).items()
            if name not in ("weights", "models", "verdict", "target")
        }
        return {
            "target": self.target or None,
            **own,
            "features": len(self.weights),
            "models": [model.to_json() for model in self.models],
            "verdict": vars(self.verdict),
            "notes": list(self.notes),
        }
