"""The exported model: versioned JSON that loads without Django and comes back exactly.

JSON has no infinity, so an infinite coefficient is the string "Infinity" or "-Infinity", which
`float` reads back; an unknown number is null.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transfer.errors import InputError

FORMAT = "ecspace-calibration"
VERSION = 1
TARGETS = ("E", "C")


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
        """Which instrument measured the statistics: keys E, C."""
        return dict(self.details.get("instruments") or {})

    @property
    def simulated(self) -> bool:
        """Whether any simulated vote entered."""
        return bool(self.details.get("simulated"))

    def to_json(self) -> dict[str, Any]:
        """Give the export."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "target": self.target,
            "terms": list(self.terms),
            "coefficients": {term: encode(self.coefficients[term]) for term in self.terms},
            "std_errors": dict(self.std_errors),
            "covariance": self.covariance,
            "covariance_matrix": self.covariance_matrix,
            "votes": self.votes,
            "participants": self.participants,
            **self.details,
        }

    @classmethod
    def from_json(cls, value: object) -> Model:
        """Read an export. Raises InputError for anything that is not one."""
        if not isinstance(value, Mapping) or value.get("format") != FORMAT:
            raise InputError(f'this is not an exported calibration: no "format": "{FORMAT}"')
        if value.get("version") != VERSION:
            raise InputError(
                f"version {value.get('version')!r} of an exported calibration is unknown: this "
                f"program reads version {VERSION}"
            )
        try:
            known = dict(value)
            del known["format"], known["version"]
            terms = tuple(str(term) for term in known.pop("terms"))
            coefficients = known.pop("coefficients")
            model = cls(
                target=str(known.pop("target")),
                terms=terms,
                coefficients={term: float(coefficients[term]) for term in terms},
                std_errors={term: known["std_errors"][term] for term in terms},
                covariance=str(known.pop("covariance")),
                covariance_matrix=known.pop("covariance_matrix"),
                votes=known.pop("votes"),
                participants=known.pop("participants"),
                details={key: item for key, item in known.items() if key != "std_errors"},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the exported calibration lacks or misstates {error}") from error
        if model.target not in TARGETS or not model.terms:
            raise InputError("the exported calibration needs a target E or C, and terms")
        if any(math.isnan(number) for number in model.coefficients.values()):
            raise InputError("the exported calibration has a coefficient that is no number")
        return model


def encode(number: float) -> float | str | None:
    """Write a number so that JSON can hold it."""
    if math.isnan(number):
        return None
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return float(number)
