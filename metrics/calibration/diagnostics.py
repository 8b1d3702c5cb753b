"""What to look at before believing a model: sides, links, calibration, agreement, sample size."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.discrete.discrete_model import Probit

from .covariance import clustered, two_way
from .data import Codes, Comparisons, Floats, choices_to_numbers
from .fit import Fit, fit
from .goodness import log_likelihood

LEVEL = 0.95
ENOUGH_LEVELS = 20
"""Two-way clusters with fewer levels of content or style are an indication only."""


def diagnostics(votes: pd.DataFrame, comparisons: Comparisons, result: Fit) -> dict[str, Any]:
    """Give all of them for one fit. votes: every vote, also those that did not enter."""
    groups = comparisons.participants
    if comparisons.people > 1 and not result.separated:
        errors = np.sqrt(np.diag(clustered(result.scores, result.bread, groups)))
    else:
        errors = np.full(len(result.bread), np.nan)
    return {
        "position": position(comparisons),
        "thurstone": thurstone(comparisons, result),
        "curve": curve(comparisons, result),
        "agreement": agreement(votes, comparisons),
        "two_way": both_ways(comparisons, result),
        "power": power(comparisons, result, errors),
    }


def position(comparisons: Comparisons) -> dict[str, Any] | None:
    """Side bias: the log odds of the left picture where both are equally good.

    A diagnostic: the exported score leaves it out. None where it cannot be told.
    """
    many = comparisons.votes
    if comparisons.people < 2:
        return None
    with_side = np.column_stack([comparisons.differences, np.ones(many)])
    if np.linalg.matrix_rank(with_side) < with_side.shape[1]:
        return None
    extended = Comparisons(
        terms=(*comparisons.terms, "left"),
        differences=with_side,
        preferred=comparisons.preferred,
        participants=comparisons.participants,
    )
    result = fit(extended, "auto")
    error = clustered(result.scores, result.bread, comparisons.participants)[-1, -1] ** 0.5
    width = float(student.ppf(0.5 + LEVEL / 2, comparisons.people - 1)) * float(error)
    value = float(result.coefficients[-1])
    return {
        "log_odds_left": value,
        "std_error": float(error),
        "interval": [value - width, value + width],
        "left_chosen": float(comparisons.preferred.mean()),
    }


def thurstone(comparisons: Comparisons, result: Fit) -> dict[str, Any] | None:
    """The same votes by probit (Thurstone's case V): the ranking should not depend on the link.

    ties are left out: half a vote is no outcome of a probit. None for separated votes.
    """
    if result.separated or result.method != "ml":
        return None
    decided = comparisons.preferred != 0.5
    x, preferred = comparisons.differences[decided], comparisons.preferred[decided]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        probit = Probit(preferred, x).fit(disp=0, maxiter=100)
    if not probit.mle_retvals["converged"]:
        return None
    ratio = result.coefficients / probit.params
    return {
        "coefficients": _by_term(comparisons, np.asarray(probit.params)),
        "deviance": -2 * float(probit.llf),
        "logit_deviance": -2 * log_likelihood(x @ result.coefficients, preferred),
        "logit_to_probit": _by_term(comparisons, np.asarray(ratio)),
    }


def curve(comparisons: Comparisons, result: Fit, bins: int = 10) -> list[dict[str, float]]:
    """Predicted against observed preference for the stimulus that the model favours.

    Votes are ordered by the predicted probability (½ … 1) and cut into bins of equal counts; the
    bands allow for people's habits (clustered errors of the bin's mean).
    """
    if not np.isfinite(result.coefficients).all():
        return []
    eta = comparisons.differences @ result.coefficients
    predicted = 0.5 * (1 + np.tanh(0.5 * np.abs(eta)))
    agreed = np.where(eta >= 0, comparisons.preferred, 1 - comparisons.preferred)
    order = np.argsort(predicted, kind="stable")
    rows = []
    for part in np.array_split(order, min(bins, max(1, len(order) // 20))):
        people = comparisons.participants[part]
        mean = float(agreed[part].mean())
        error = _error_of_mean(agreed[part], people)
        width = float(norm.ppf(0.5 + LEVEL / 2)) * error
        rows.append(
            {
                "predicted": float(predicted[part].mean()),
                "observed": mean,
                "low": max(0.0, mean - width),
                "high": min(1.0, mean + width),
                "votes": len(part),
            }
        )
    return rows


def agreement(votes: pd.DataFrame, comparisons: Comparisons) -> dict[str, Any]:
    """How far any model could get: people agree with themselves and with others only so often.

    within: share of trials of kind `repeat` that give the same answer as the person's first vote on
    the pair. between: share of pairs of votes by different people on the same pair of stimuli that
    agree. ceiling: share of votes that the majority of the other people's votes on the pair
    predicts (an even split counts ½): about the best accuracy to hope for.
    """
    return {**_within(votes), **_between(comparisons)}


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
        matrix = two_way(result.scores, result.bread, comparisons.participants, groups)
        found[f"participant+{name}"] = {
            "std_errors": _by_term(comparisons, np.sqrt(np.diag(matrix))),
            "levels": levels,
            "indicative": levels < ENOUGH_LEVELS,
        }
    return found


def power(comparisons: Comparisons, result: Fit, errors: Floats) -> dict[str, Any] | None:
    """How many people would halve the intervals, and what more votes of each could do.

    Errors shrink with √people. `between` is the part of a term's variance that stays however many
    votes each person gives: clustered minus naive, as a share of the clustered.
    """
    people = comparisons.people
    if people < 2 or not np.isfinite(errors).all():
        return None
    goal = 0.5 * student.ppf(0.5 + LEVEL / 2, people - 1) / np.sqrt(people)
    needed = people
    while student.ppf(0.5 + LEVEL / 2, needed - 1) / np.sqrt(needed) > goal:
        needed += max(1, needed // 1000)
    share = np.clip(1 - (result.naive_errors / errors) ** 2, 0, 1)
    return {
        "participants": people,
        "participants_to_halve": int(needed),
        "between": _by_term(comparisons, share),
    }


def _within(votes: pd.DataFrame) -> dict[str, Any]:
    if "kind" not in votes.columns:
        return {"within": None, "repeats": 0}
    kinds = votes["kind"].fillna("real")
    asked = votes[kinds.isin(["real", "repeat"]) & votes["choice"].isin(["left", "right"])]
    first = np.minimum(asked["stimulus_left"].astype(str), asked["stimulus_right"].astype(str))
    turned = first != asked["stimulus_left"].astype(str)
    answer = choices_to_numbers(asked["choice"])
    table = pd.DataFrame(
        {
            "person": asked["participant"].astype(str),
            "one": first,
            "other": np.maximum(
                asked["stimulus_left"].astype(str), asked["stimulus_right"].astype(str)
            ),
            "answer": np.where(turned, 1 - answer, answer),
            "repeat": kinds[asked.index] == "repeat",
        }
    )
    keys = ["person", "one", "other"]
    original = table[~table["repeat"]].drop_duplicates(keys)
    pairs = table[table["repeat"]].merge(original, on=keys, suffixes=("", "_first"))
    if pairs.empty:
        return {"within": None, "repeats": 0}
    same = pairs["answer"] == pairs["answer_first"]
    return {"within": float(same.mean()), "repeats": len(pairs)}


def _between(comparisons: Comparisons) -> dict[str, Any]:
    if comparisons.pairs is None or comparisons.lower_left is None:
        return {"between": None, "ceiling": None, "shared_votes": 0}
    answer = np.where(comparisons.lower_left, comparisons.preferred, 1 - comparisons.preferred)
    # One answer for each person and pair, so that nobody is compared with himself.
    table = pd.DataFrame(
        {"pair": comparisons.pairs, "person": comparisons.participants, "answer": answer}
    )
    table = table.drop_duplicates(["pair", "person"])
    grouped = table.groupby("pair")["answer"]
    count, total = grouped.transform("count"), grouped.transform("sum")
    shared = count > 1
    if not shared.any():
        return {"between": None, "ceiling": None, "shared_votes": 0}
    others = (total - table["answer"])[shared] / (count - 1)[shared]
    mine = table["answer"][shared]
    agree = mine * others + (1 - mine) * (1 - others)
    right = 0.5 + 0.5 * np.sign(others - 0.5) * np.sign(mine - 0.5)
    return {
        "between": float(np.average(agree, weights=(count - 1)[shared])),
        "ceiling": float(right.mean()),
        "shared_votes": int(shared.sum()),
    }


def _error_of_mean(values: Floats, people: Codes) -> float:
    codes = np.unique(people, return_inverse=True)[1].ravel()
    many = int(codes.max()) + 1
    sums = np.bincount(codes, values - values.mean())
    inflation = many / (many - 1) if many > 1 else 1.0
    return float(np.sqrt(inflation * (sums**2).sum()) / len(values))


def _by_term(comparisons: Comparisons, values: Floats) -> dict[str, float]:
    return {
        term: float(value)
        for term, value in zip(comparisons.terms, values[: len(comparisons.terms)], strict=True)
    }
