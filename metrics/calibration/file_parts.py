"""The parts of an exported calibration: one class for each object of the JSON file.

`file_format.CalibrationFile` puts them together. All are strict (no text is read as a number),
frozen, and refuse unknown fields. Descriptions go into the published JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(min_length=1)]


def _distinct(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise ValueError("each name must be given once")
    return names


Names = Annotated[
    list[Name], AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True})
]
ByTerm = Annotated[dict[str, float | None], Field(min_length=1)]
NumberByTerm = Annotated[dict[str, float], Field(min_length=1)]
Coefficient = Annotated[
    float | Literal["Infinity", "-Infinity"],
    Field(
        description="Log odds per unit of the statistic. JSON has no infinity, so a separated term "
        'under fit ml is the text "Infinity" or "-Infinity".'
    ),
]
Interval = Annotated[
    list[float | None],
    Field(min_length=2, max_length=2, description="Lower and upper bound; null: not known."),
]
Bounds = Annotated[
    list[float], Field(min_length=2, max_length=2, description="Lower and upper bound.")
]


class Part(BaseModel):
    """An object of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Fingerprints(Part):
    """Read from the names of this project's instruments; empty for names of another form."""

    encoder: str = ""
    basis: str = ""
    basis_size: Positive = 1
    detector: str = ""


class Scale(Part):
    """Only differences of scores have a meaning; higher is better."""

    unit: str
    zero: Literal["arbitrary"]
    direction: Literal["up"]


class Tie(Part):
    """Davidson's tie parameter. It is also `tie` in coefficients and std_errors, and the last row
    of covariance_matrix.
    """

    ln_nu: float
    std_error: float | None


class Prediction(Part):
    """Prediction of groups that took no part in the fit."""

    log_loss: float = Field(
        ge=0, description="Mean negative log-likelihood of a vote; ln 2 = 0.693 for even odds."
    )
    accuracy: Share = Field(description="Share of votes predicted; even odds and ties count ½.")
    folds: int = Field(ge=2)


HeldOut = Annotated[
    dict[Literal["participants", "contents", "styles"], Prediction],
    Field(description="By the groups that were left out. A grouping with one group is missing."),
]


class VotesOfAParticipant(Part):
    """Smallest, median and largest number of votes of one participant."""

    fewest: Count
    median: float
    most: Count


class Design(Part):
    """Counts of what the votes compare; null: the statistics lack the column."""

    stimuli: Count
    pairs: Count
    methods: int | None
    contents: int | None
    styles: int | None
    votes_of_a_participant: VotesOfAParticipant


class Excess(Part):
    """Log loss on participants left out, minus that of the best admissible subset, vote by vote."""

    log_loss: float
    std_error: float | None = Field(
        ge=0,
        description="Clustered by participant. Null: the best subset against itself, too few "
        "participants, or participants who answer too much alike.",
    )


class Candidate(Part):
    """One subset of the statistics. AIC, BIC, log_likelihood and accuracy are in-sample; AIC and
    BIC take votes as independent.
    """

    terms: Names
    coefficients: NumberByTerm
    admissible: bool = Field(
        description="No coefficient is negative, so a better statistic never lowers the score."
    )
    separated: bool = Field(
        description="Fitted by Firth's penalised likelihood, as maximum likelihood has no finite "
        "estimate."
    )
    log_likelihood: float
    AIC: float
    BIC: float
    accuracy: Share
    held_out: HeldOut
    excess: Excess


class Baseline(Part):
    """A reference value for the subsets."""

    name: Literal[
        "chance", "best single statistic", "people's own agreement", "majority of the others"
    ]
    terms: Names
    log_loss: float | None = Field(
        description="Of the single statistic: on participants left out. Of people's own agreement: "
        "a lower bound for any predictor."
    )
    accuracy: Share | None = Field(
        description="Likewise; of people's own agreement: an upper bound for any predictor."
    )


class Selection(Part):
    """All subsets of the statistics, and the choices of three rules; null if terms were named."""

    rule: str = Field(description="The rule that chose.")
    chosen: Names
    by_BIC: Names = Field(  # noqa: N815 - the name of the JSON field
        description="The admissible subset with the lowest BIC."
    )
    by_one_standard_error: Names = Field(
        description="The fewest terms among admissible subsets whose excess is at most one "
        "standard error."
    )
    votes: Count = Field(
        description="Votes on stimuli for which every candidate statistic is known."
    )
    seed: int = Field(description="Of the random assignment of groups to folds.")
    candidates: list[Candidate] = Field(
        min_length=1,
        description="Every subset whose differences are not collinear, lowest log loss on "
        "participants left out first. Ties count as half votes.",
    )
    baselines: list[Baseline]


class Bootstrap(Part):
    """Refits of resampled participants; null if not requested or not valid (see notes)."""

    resampled: Literal["participants"]
    replicates: list[list[float]] = Field(
        description="One row of coefficients, in the order of terms, per draw; six digits."
    )
    lost: Count = Field(description="Draws without a finite estimate.")
    seed: int
    intervals: Annotated[dict[str, Bounds], Field(min_length=1)] = Field(
        description="Percentile intervals, 95 %."
    )
    std_errors: NumberByTerm


class Methods(Part):
    """Methods by the same votes. Null if fewer than two methods are compared, or if the comparisons
    do not connect all of them.
    """

    methods: Names = Field(min_length=2)
    wins: list[list[Annotated[float, Field(ge=0)]]] = Field(
        description="Number of times that the row's method was preferred to the column's; a tie is "
        "½ for each."
    )
    ability: NumberByTerm = Field(
        description="Bradley-Terry ability, log odds against the average method, from votes alone."
    )
    std_errors: ByTerm = Field(description="Clustered by participant; null: see notes.")
    intervals: Annotated[dict[str, Interval], Field(min_length=1)] | None = Field(
        default=None,
        description="Ability ± t · bias-reduced error; null: see notes. Missing in older files.",
    )
    fit: Literal["ml", "firth"] = Field(
        description="firth: a method, or a group of methods, always won or always lost."
    )
    mean_score: ByTerm = Field(
        description="Mean score of the method's measured stimuli by this model, against the "
        "average method."
    )


Level = Literal["trustworthy", "preliminary", "not usable"]


class Reason(Part):
    """A finding that lowers the verdict."""

    level: Level
    text: str


class Verdict(Part):
    """The level of the worst reason; trustworthy without reasons."""

    level: Level
    reasons: list[Reason] = Field(description="Worst first.")
