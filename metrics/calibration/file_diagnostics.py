"""The part `diagnostics` of an exported calibration (see file_parts.py)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .file_parts import ByTerm, Count, Interval, Part, Share


class Position(Part):
    """Side bias. Null where the votes cannot separate it from the statistics."""

    log_odds_left: float = Field(
        description="Log odds of the left stimulus if both have equal scores; scores do not use it."
    )
    std_error: float | None = Field(description="Clustered by participant; null: see notes.")
    interval: Interval
    left_chosen: Share = Field(description="Share of votes for the left.")


class Thurstone(Part):
    """The same votes, without ties, by probit."""

    coefficients: ByTerm
    deviance: float
    logit_deviance: float = Field(description="Of the exported fit on the same votes.")
    logit_to_probit: ByTerm = Field(
        description="Ratio of coefficients; about 1.6 to 1.8 if the link makes no difference."
    )


class CurvePoint(Part):
    """A bin of votes, ordered by predicted preference for the stimulus that the model favours."""

    predicted: Share
    observed: Share
    low: Share
    high: Share
    votes: Count


class Agreement(Part):
    """Agreement of participants with themselves and with each other."""

    within: Share | None = Field(description="Share of repeats with the same answer.")
    within_error: float | None = Field(
        description="Its standard error, clustered by participant; null: too few participants, or "
        "participants who answer too much alike."
    )
    best_accuracy: Share | None = Field(
        description="No predictor is more accurate in the long run."
    )
    least_log_loss: float | None = Field(
        description="No predictor has a lower log loss in the long run."
    )
    repeats: Count
    between: Share | None = Field(
        description="Share of pairs of votes by different people on one pair of stimuli that agree."
    )
    ceiling: Share | None = Field(
        description="Share of votes that the majority of the others on the same pair predicts."
    )
    shared_votes: Count


class TwoWay(Part):
    """Errors clustered by participant and by a second grouping."""

    std_errors: ByTerm
    levels: Count
    indicative: bool = Field(description="Fewer than 20 levels: the errors are an indication only.")


class Power(Part):
    """How many participants would halve the intervals."""

    participants: Count
    participants_to_halve: Count
    votes_to_halve: Count
    between: Annotated[dict[str, Share | None], Field(min_length=1)] = Field(
        description="Part of a term's variance that remains however many votes each person gives."
    )


class Diagnostics(Part):
    """Checks of the model; null or empty: not known."""

    position: Position | None
    thurstone: Thurstone | None
    curve: list[CurvePoint] = Field(
        description="Predicted against observed preference in bins of equal counts; low and high: "
        "Wilson's 95 % band for clustered votes."
    )
    agreement: Agreement
    two_way: dict[Literal["participant+content", "participant+style"], TwoWay] = Field(
        description="Errors clustered two ways, where the second grouping has at least two levels."
    )
    power: Power | None
