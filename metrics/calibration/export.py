"""The exported model: versioned JSON that loads without Django and comes back exactly.

JSON has no infinity, so an infinite coefficient is the string "Infinity" or "-Infinity", which
`float` reads back; an unknown number is null.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.errors import InputError

FORMAT = "ecspace-calibration"
VERSION = 1
TARGETS = ("E", "C")
SCALE = {"unit": "log odds of being preferred", "zero": "arbitrary", "direction": "up"}
"""What a score means: σ(difference of two scores) is the chance of being preferred."""


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
        """The last row of a Davidson model's covariance, ln ν, stands beside the terms as `tie`."""
        tie = self.details.get("tie")
        return {"tie": tie[key]} if tie and "tie" not in self.terms else {}

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
            terms = tuple(known.pop("terms"))
            coefficients = known.pop("coefficients")
            model = cls(
                target=known.pop("target"),
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
        wrong = next((what for what, right in _checks(model) if not right), None)
        if wrong:
            raise InputError(f"the exported calibration misstates its {wrong}")
        return model


def _checks(model: Model) -> Iterator[tuple[str, bool]]:
    """Name what scoring and the EC space rely on, and whether the file keeps to it.

    The JSON Schema (docs/calibration.schema.json) says more; it is for those who write such files.
    """
    many = len(model.terms)
    yield "target: E or C", model.target in TARGETS
    names = all(isinstance(term, str) and term for term in model.terms)
    yield "terms: names, each once", bool(many and names and len(set(model.terms)) == many)
    coefficients = model.coefficients.values()
    yield "coefficients: numbers", not any(math.isnan(number) for number in coefficients)
    yield "std_errors: numbers or null", all(map(_number_or_none, model.std_errors.values()))
    rows = model.covariance_matrix
    size = many + bool(model.details.get("tie"))
    square = _matrix(rows, size) and len(rows) == size
    yield "covariance_matrix: one row and column for each coefficient", square
    counts = (model.votes, model.participants)
    yield (
        "votes and participants: whole numbers or null",
        all(count is None or (type(count) is int and count >= 0) for count in counts),
    )
    named = model.details.get("instruments") or {}
    yield (
        "instruments: names for E and C",
        isinstance(named, Mapping) and all(isinstance(name, str) for name in named.values()),
    )
    drawn = model.details.get("bootstrap") or {}
    yield (
        "bootstrap: replicates, a number for each term",
        isinstance(drawn, Mapping) and _matrix(drawn.get("replicates", []), many),
    )


def _matrix(rows: object, columns: int) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, list) and len(row) == columns and all(map(_number_or_none, row))
        for row in rows
    )


def _number_or_none(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def encode(number: float) -> float | str | None:
    """Write a number so that JSON can hold it."""
    if math.isnan(number):
        return None
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return float(number)
