"""The exported model: versioned JSON (file_format.py) that loads without Django, without loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .file_format import FORMAT, VERSION, check_file

TARGETS = ("E", "C")
SCALE = {"unit": "log odds of being preferred", "zero": "arbitrary", "direction": "up"}
"""The meaning of a score: σ(difference of two scores) is the probability of being preferred."""


@dataclass(frozen=True)
class Model:
    """A calibrated model: score = Σ coefficient · statistic, in log odds, its zero arbitrary.

    details: everything else of the export, such as fit, intervals, selection and diagnostics.
    """

    target: str
    terms: tuple[str, ...]
    coefficients: dict[str, float]
    std_errors: dict[str, float | None]
    covariance: str
    covariance_matrix: list[list[float | None]]
    votes: int | None
    participants: int | None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def instruments(self) -> dict[str, str]:
        """The instruments that measured the statistics: keys E, C."""
        return dict(self.details.get("instruments") or {})

    @property
    def simulated(self) -> bool:
        """Whether any simulated vote entered."""
        return bool(self.details.get("simulated"))

    def to_json(self) -> dict[str, Any]:
        """Return the export."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "target": self.target,
            "terms": list(self.terms),
            "coefficients": {term: encode(self.coefficients[term]) for term in self.terms}
            | self._tie("ln_nu"),
            "std_errors": dict(self.std_errors) | self._tie("std_error"),
            "covariance": self.covariance,
            "covariance_matrix": self.covariance_matrix,
            "votes": self.votes,
            "participants": self.participants,
            **self.details,
        }

    def _tie(self, key: str) -> dict[str, Any]:
        """Export the last row of a Davidson model's covariance, ln ν, as `tie` beside the terms."""
        tie = self.details.get("tie")
        return {"tie": tie[key]} if tie and "tie" not in self.terms else {}

    @classmethod
    def from_json(cls, value: object) -> Model:
        """Read an export. Raises InputError for anything that is not one."""
        check_file(value)
        known = dict(cast(Mapping[str, Any], value))
        del known["format"], known["version"]
        terms = tuple(known.pop("terms"))
        coefficients, errors = known.pop("coefficients"), known.pop("std_errors")
        return cls(
            target=known.pop("target"),
            terms=terms,
            coefficients={term: float(coefficients[term]) for term in terms},
            std_errors={term: errors[term] for term in terms},
            covariance=known.pop("covariance"),
            covariance_matrix=known.pop("covariance_matrix"),
            votes=known.pop("votes"),
            participants=known.pop("participants"),
            details=known,
        )


def encode(number: float) -> float | str | None:
    """A number in a form that JSON can hold."""
    if math.isnan(number):
        return None
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return float(number)
