"""Checks of a fitted model: side bias, link function, calibration, agreement, sample size."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from statsmodels.discrete.discrete_model import Probit
from statsmodels.stats.proportion import proportion_confint

from common.errors import InputError

from .agreement import agreement
from .data import Codes, Comparisons, Floats
from .davidson import expected
from .fit import Fit, fit
from .goodness import FEWEST_GROUPS, error_of_mean, kish, log_likelihood
from .intervals import LEVEL, by_term, known, t_quantile
from .separation import separation
from .uncertainty import reasons, two_way_uncertainty, uncertainty

ENOUGH_LEVELS = 20
"""With fewer levels of content or style, errors clustered two ways are only an indication."""


def diagnostics(comparisons: Comparisons, result: Fit) -> tuple[dict[str, Any], list[str]]:
    """Return all checks of one fit, None or empty if not known, and notes on them."""
    errors = np.full(len(result.bread), np.nan)
    if not result.separated:
        errors = uncertainty(result, comparisons.participants).std_errors
    side, notes = _side(comparisons)
    found = {
        "position": side,
        "thurstone": thurstone(comparisons, result),
        "curve": curve(comparisons, result),
        "agreement": agreement(comparisons),
        "two_way": both_ways(comparisons, result),
        "power": power(comparisons, result, errors),
    }
    return found, notes


def position(comparisons: Comparisons) -> dict[str, Any] | None:
    """Side bias: the log odds of the left picture if both have equal scores.

    It is only a diagnostic: scores do not use it. None with one participant, and if the side and
    the statistics are collinear; error and interval are None as in uncertainty.py.
    """
    return _side(comparisons)[0]


def _side(comparisons: Comparisons) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the side bias, and notes on its error."""
    if comparisons.people < 2:
        return None, []
    extended = Comparisons(
        terms=(*comparisons.terms, "left"),
        differences=np.column_stack([comparisons.differences, np.ones(comparisons.votes)]),
        preferred=comparisons.preferred,
        participants=comparisons.participants,
    )
    try:
        result = fit(extended, "auto")
    except InputError:  # the side and the statistics are collinear in these votes
        return None, []
    found = uncertainty(result, comparisons.participants)
    side = np.arange(len(extended.terms)) == len(comparisons.terms)
    notes = reasons(found.without(~side), ["the left side"] * len(side), "the coefficient of")
    if "left" in result.separated:
        found = found.without(side)
        notes = [
            "The error of the coefficient of the left side is not known: it separates the votes."
        ]
    width = float(found.half_widths()[-1])
    value = float(result.coefficients[-1])
    bias = {
        "log_odds_left": value,
        "std_error": known(float(found.std_errors[-1])),
        "interval": [known(value - width), known(value + width)],
        "left_chosen": float(comparisons.preferred.mean()),
    }
    return bias, notes


def thurstone(comparisons: Comparisons, result: Fit) -> dict[str, Any] | None:
    """The same votes by probit (Thurstone's case V): the ranking should not depend on the link.

    Ties are left out, because a probit has no half outcomes. None for separated votes.
    """
    decided = comparisons.preferred != 0.5
    votes = replace(
        comparisons,
        differences=comparisons.differences[decided],
        preferred=comparisons.preferred[decided],
    )
    if not decided.any() or result.method != "ml" or not _finite(votes):
        return None
    scale = np.abs(votes.differences).max(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence is read below
        probit = Probit(votes.preferred, votes.differences / scale).fit(disp=0, maxiter=100)
    if not probit.mle_retvals["converged"] or not np.isfinite(probit.params).all():
        return None
    coefficients = np.asarray(probit.params) / scale
    return {
        "coefficients": by_term(comparisons.terms, coefficients),
        "deviance": -2 * float(probit.llf),
        "logit_deviance": -2
        * log_likelihood(votes.differences @ result.coefficients, votes.preferred),
        "logit_to_probit": by_term(comparisons.terms, result.coefficients / coefficients),
    }


def curve(comparisons: Comparisons, result: Fit, bins: int = 10) -> list[dict[str, float]]:
    """Predicted against observed preference for the stimulus that the model favours.

    Votes are ordered by the predicted probability (½ … 1) and cut into bins of equal counts. The
    bands (low, high) are Wilson's, for the number of independent votes that the bin's votes are
    worth, given how much the votes of one person resemble each other.
    """
    if not np.isfinite(result.coefficients).all():
        return []
    eta = comparisons.differences @ result.coefficients
    # A tie was observed as ½, so Davidson's model predicts it as ½.
    tie = -np.inf if result.tie is None else result.tie
    predicted = expected(np.abs(eta), tie)
    agreed = np.where(eta >= 0, comparisons.preferred, 1 - comparisons.preferred)
    order = np.argsort(predicted, kind="stable")
    rows = []
    for part in np.array_split(order, min(bins, max(1, len(order) // 20))):
        mean = float(agreed[part].mean())
        low, high = _band(agreed[part], comparisons.participants[part])
        rows.append(
            {
                "predicted": float(predicted[part].mean()),
                "observed": mean,
                "low": low,
                "high": high,
                "votes": len(part),
            }
        )
    return rows


def both_ways(comparisons: Comparisons, result: Fit) -> dict[str, Any]:
    """Errors clustered by participant and by content, and by participant and by style."""
    found: dict[str, Any] = {}
    groupings: Mapping[str, Codes | None] = {
        "content": comparisons.contents,
        "style": comparisons.styles,
    }
    for name, groups in groupings.items():
        levels = 0 if groups is None else len(np.unique(groups))
        if groups is None or levels < 2 or comparisons.people < 2 or result.separated:
            continue
        both = two_way_uncertainty(result, comparisons.participants, groups)
        found[f"participant+{name}"] = {
            "std_errors": by_term(comparisons.terms, both.std_errors),
            "levels": levels,
            "indicative": levels < ENOUGH_LEVELS,
        }
    return found


def power(comparisons: Comparisons, result: Fit, errors: Floats) -> dict[str, Any] | None:
    """The number of people that would halve the intervals, and the limit of more votes of each.

    Errors shrink with √people, and the quantile of t with people; each further person is assumed to
    give as many votes as those so far. `between` is the part of a term's variance that remains
    however many votes each person gives: clustered minus naive, as a share of the clustered.
    """
    people = comparisons.people
    if people < 2 or not (np.isfinite(errors) & (errors > 0)).all():
        return None
    goal = 0.5 * t_quantile(people - 1) / np.sqrt(people)
    needed = people
    while t_quantile(needed - 1) / np.sqrt(needed) > goal:
        needed += max(1, needed // 1000)
    share = np.clip(1 - (result.naive_errors / errors) ** 2, 0, 1)
    return {
        "participants": people,
        "participants_to_halve": needed,
        "votes_to_halve": round(needed * comparisons.votes / people),
        "between": by_term(comparisons.terms, share),
    }


def _finite(votes: Comparisons) -> bool:
    """Whether maximum likelihood has a unique finite estimate."""
    try:
        return not separation(votes).found
    except InputError:
        return False


def _band(agreed: Floats, people: Codes) -> tuple[float, float]:
    """Wilson's interval of a share (Wilson 1927), with votes counted by their design effect.

    With few participants the votes of a person count as one vote, and if participants answer too
    much alike all votes count as those of one person.
    """
    mean, many = float(agreed.mean()), float(len(agreed))
    binomial = mean * (1 - mean) / many
    error, effective = error_of_mean(agreed, people), kish(people)
    if effective < FEWEST_GROUPS:
        many = min(many, effective)
    elif np.isnan(error) and binomial > 0:
        many /= effective
    elif binomial > 0 and error**2 > binomial:
        many *= binomial / error**2
    low, high = proportion_confint(mean * many, many, alpha=1 - LEVEL, method="wilson")
    # The interval contains the mean up to rounding.
    return min(mean, float(low)), max(mean, float(high))
