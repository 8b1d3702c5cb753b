"""The file of an exported calibration: its fields, their checks and its published JSON Schema.

`docs/calibration.schema.json` is `json_schema()`; `python -m metrics.calibration.file_format`
prints it. JSON has no infinity, so an infinite coefficient is the text "Infinity" or "-Infinity",
which `float` reads; a number that is not known is null.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from common.errors import InputError

from .file_diagnostics import Diagnostics
from .file_parts import (
    Bootstrap,
    ByTerm,
    Coefficient,
    Count,
    Design,
    Fingerprints,
    HeldOut,
    Interval,
    Methods,
    Names,
    Part,
    Positive,
    Scale,
    Selection,
    Share,
    Tie,
    Verdict,
)

FORMAT = "ecspace-calibration"
VERSION = 1


class CalibrationFile(Part):
    """score = Σ over terms of coefficient · statistic, in log odds.

    P(left preferred) = σ(score of left − score of right). Published models (presets) hold the
    required keys only; fitted ones, with `votes`, hold all.
    """

    format: Literal["ecspace-calibration"]
    version: Literal[1]
    name: str | None = Field(default=None, description="Of a published model.")
    source: str | None = Field(default=None, description="Publication of a published model.")
    target: Literal["E", "C"] = Field(description="E: style carried; C: content kept.")
    terms: Names = Field(min_length=1, description="Names of base statistics.")
    coefficients: dict[str, Coefficient] = Field(
        min_length=1, description="One for each of terms; and `tie`, ln ν, for Davidson's model."
    )
    std_errors: ByTerm = Field(
        description="Clustered as `covariance` names. Null: infinite term, or an error that "
        "cannot be estimated from these votes (see notes)."
    )
    covariance: Literal[
        "cluster:participant",
        "cluster:participant+content",
        "cluster:participant+style",
        "naive",
        "not published",
    ] = Field(description="The groups of votes that may be correlated in std_errors.")
    covariance_matrix: list[list[float | None]] = Field(
        min_length=1, description="In the order of terms, with `tie` last."
    )
    votes: Positive | None = Field(description="Number of votes that entered.")
    participants: Positive | None = Field(description="Number of participants who gave them.")
    instruments: dict[Literal["E", "C"], str] | None = Field(
        default=None,
        description="The instruments that measured the statistics. Statistics of other "
        "instruments are refused by default. Empty: not known.",
    )
    fingerprints: Fingerprints | None = None
    simulated: bool | None = Field(default=None, description="Whether any simulated vote entered.")
    scale: Scale | None = None
    notes: list[str] | None = Field(default=None, description="Remarks on the model, in sentences.")
    fit: Literal["ml", "firth"] | None = Field(
        default=None, description="Maximum likelihood, or Firth's penalised likelihood."
    )
    ties: Literal["drop", "half", "davidson"] | None = Field(
        default=None, description="The treatment of ties."
    )
    tied_votes: Count | None = Field(default=None, description="Ties among the votes.")
    tie: Tie | None = None
    separated: Names | None = Field(
        default=None, description="Terms whose maximum-likelihood coefficient is infinite."
    )
    naive_std_errors: ByTerm | None = Field(
        default=None, description="As if all votes were independent: for comparison only."
    )
    clustered_std_errors: ByTerm | None = Field(
        default=None,
        description="Those of std_errors, also where the participants are too few for them: for "
        "comparison with other programs only. Null: infinite term, or participants who answer too "
        "much alike.",
    )
    intervals: Annotated[dict[str, Interval], Field(min_length=1)] | None = Field(
        default=None,
        description="Coefficient ± t · error of a jackknife over participants, extended by its "
        "bias, with Satterthwaite degrees of freedom; with two-way errors on request. Null: see "
        "notes.",
    )
    interval_level: Share | None = Field(default=None, description="Of every interval.")
    interval_df: Count | None = Field(
        default=None,
        description="The smallest number of groups, minus one: the degrees of freedom of the "
        "intervals if all groups have the same weight, and more than those otherwise.",
    )
    profile_intervals: dict[str, Interval] | None = Field(
        default=None,
        description="By the penalised likelihood ratio, if fit is firth; votes count as "
        "independent.",
    )
    log_likelihood: float | None = Field(default=None, description="Without Firth's penalty.")
    AIC: float | None = Field(default=None, description="Treats votes as independent.")
    BIC: float | None = Field(default=None, description="Treats votes as independent.")
    null_log_likelihood: float | None = Field(
        default=None, description="Of even odds (with Davidson's model: ties at their share)."
    )
    accuracy: Share | None = Field(
        default=None,
        description="In-sample share of votes predicted; even odds and ties count ½.",
    )
    log_loss: float | None = Field(
        default=None, description="In-sample mean negative log-likelihood of a vote."
    )
    held_out: HeldOut | None = None
    dropped: dict[str, Positive] | None = Field(
        default=None, description="Votes that did not enter, by reason."
    )
    simulated_votes: Count | None = Field(
        default=None, description="Simulated ones among the votes."
    )
    data_fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = Field(
        default=None,
        description="SHA-256 of the votes that entered and of their differences; the order of rows "
        "makes no difference.",
    )
    design: Design | None = None
    selection: Selection | None = None
    bootstrap: Bootstrap | None = None
    diagnostics: Diagnostics | None = None
    methods: Methods | None = None
    effective_participants: float | None = Field(
        default=None,
        ge=1,
        description="As many participants with equally many votes would weigh as much (Kish 1965).",
    )
    verdict: Verdict | None = Field(
        default=None, description="Whether conclusions may be drawn from the model, and why not."
    )
    software: dict[str, str] | None = Field(
        default=None,
        description="Versions of the packages that computed the model.",
        json_schema_extra={"required": ["python", "numpy", "scipy", "pandas", "statsmodels"]},
    )

    @model_validator(mode="after")
    def _terms_agree(self) -> CalibrationFile:
        """Check that there is one number for each term."""
        names = [*self.terms, "tie"] if self.tie and "tie" not in self.terms else self.terms
        for field in ("coefficients", "std_errors"):
            if set(getattr(self, field)) != set(names):
                raise ValueError(f"{field} need one number for each of {', '.join(names)}")
        size = len(self.terms) + (self.tie is not None)
        if [len(row) for row in self.covariance_matrix] != [size] * size:
            raise ValueError(f"covariance_matrix needs {size} rows of {size} numbers")
        drawn = self.bootstrap.replicates if self.bootstrap else []
        if any(len(row) != len(self.terms) for row in drawn):
            raise ValueError(f"each replicate of bootstrap needs {len(self.terms)} numbers")
        return self


ALWAYS = (
    "format", "version", "target", "terms", "coefficients", "std_errors", "covariance",
    "covariance_matrix", "votes", "participants", "instruments", "simulated", "scale", "notes",
)  # fmt: skip
"""Keys of every file. On reading, the last four may be missing, since scoring does not need
them."""
PUBLISHED = ("name", "source")
"""Further keys of a published model."""
LATER = ("clustered_std_errors", "effective_participants", "verdict")
"""Keys that files of earlier programs lack."""
MAYBE_NULL = ("profile_intervals", "accuracy", "log_loss", "selection", "bootstrap", "methods")
"""Keys of a fitted model that may be null."""


def check_file(value: object) -> None:
    """Check the content of a JSON file. Raises InputError, in one line, with the first fault."""
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        raise InputError(f'this is not an exported calibration: no "format": "{FORMAT}"')
    if value.get("version") != VERSION:
        raise InputError(
            f"version {value.get('version')!r} of an exported calibration is unknown: this "
            f"program reads version {VERSION}"
        )
    try:
        CalibrationFile.model_validate(dict(value))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        what = first["msg"].removeprefix("Value error, ")
        raise InputError(
            f"the exported calibration lacks or misstates {place + ': ' if place else ''}{what}"
        ) from error


def json_schema() -> dict[str, Any]:
    """Return the published JSON Schema (draft 2020-12).

    On reading, keys that scoring does not need may be missing. The schema, which is for programs
    that write such files, requires all of them.
    """
    schema = CalibrationFile.model_json_schema()
    for name, field in schema["properties"].items():
        field.pop("default", None)
        if name not in ("votes", "participants", *MAYBE_NULL):
            _without_null(field)
    for field in schema["$defs"]["Fingerprints"]["properties"].values():
        del field["default"]
    optional = (*ALWAYS, *PUBLISHED, *LATER, "tie")
    fitted = [name for name in schema["properties"] if name not in optional]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A calibrated model of EC Space",
        "required": list(ALWAYS),
        "if": {"properties": {"votes": {"type": "integer"}}},
        "then": {"required": fitted},
        "else": {"required": list(PUBLISHED)},
    }


def _without_null(field: dict[str, Any]) -> None:
    """Remove the alternative null from a property, in place."""
    if "anyOf" not in field:
        return
    choices = [choice for choice in field["anyOf"] if choice != {"type": "null"}]
    if len(choices) == 1:
        del field["anyOf"]
        field.update(choices[0] | field)
    else:
        field["anyOf"] = choices


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n")
