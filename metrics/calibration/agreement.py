"""Agreement of participants with themselves and each other: the limit of any model's accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .data import Comparisons, choices_to_numbers, people_of
from .goodness import error_of_mean
from .intervals import known


def agreement(comparisons: Comparisons) -> dict[str, Any]:
    """Agreement of participants with themselves (repeats) and with each other (shared pairs).

    within: share of repeats that give the same answer as the person's first vote on the pair;
    within_error: its standard error, clustered by participant. They bound every predictor:
    best_accuracy and least_log_loss (see `bounds`). between: share of pairs of votes by different
    people on the same pair of stimuli that agree. ceiling: share of votes that the majority of the
    other people's votes on the pair predicts (an even split counts ½), about the best accuracy
    that is possible without knowledge of the person.
    """
    return {**_within(comparisons), **_between(comparisons)}


def bounds(within: float) -> tuple[float, float]:
    """Highest accuracy and lowest log loss that self-agreement `within` (0 … 1) allows.

    Where a person prefers the left with probability p each time, two answers agree with
    probability a = p² + (1 − p)², so that max(p, 1 − p) = (1 + √(2a − 1)) / 2, which is concave in
    a, while the entropy of p, concave in 2a − 1 as well, is at least 2 ln 2 · (1 − a). By Jensen's
    inequality both remain bounds for averages over pairs and people. Memory of the first answer
    raises a, which makes the bounds looser.
    """
    excess = max(0.0, 2 * within - 1)
    return 0.5 + 0.5 * float(np.sqrt(excess)), float(np.log(2)) * (1 - excess)


def _within(comparisons: Comparisons) -> dict[str, Any]:
    unknown = dict.fromkeys(("within", "within_error", "best_accuracy", "least_log_loss"))
    if comparisons.used is None or comparisons.repeats is None or comparisons.repeats.empty:
        return {**unknown, "repeats": 0}
    keys = ["person", "one", "other"]
    originals = _answers(comparisons.used).drop_duplicates(keys)
    pairs = _answers(comparisons.repeats).merge(originals, on=keys, suffixes=("", "_first"))
    if pairs.empty:
        return {**unknown, "repeats": 0}
    same = np.asarray(pairs["answer"] == pairs["answer_first"], dtype=np.float64)
    people = pd.factorize(pairs["person"])[0]
    best, least = bounds(float(same.mean()))
    return {
        "within": float(same.mean()),
        "within_error": known(error_of_mean(same, people)),
        "best_accuracy": best,
        "least_log_loss": least,
        "repeats": len(pairs),
    }


def _answers(votes: pd.DataFrame) -> pd.DataFrame:
    """Votes without ties: person, pair in a fixed order, and 1 if its first was preferred."""
    asked = votes[votes["choice"].isin(["left", "right"])]
    left, right = (asked[f"stimulus_{side}"].astype(str) for side in ("left", "right"))
    one = np.minimum(left, right)
    answer = choices_to_numbers(asked["choice"])
    return pd.DataFrame(
        {
            "person": people_of(asked),
            "one": one,
            "other": np.maximum(left, right),
            "answer": np.where(one == left, answer, 1 - answer),
        }
    )


def majority_of_others(comparisons: Comparisons) -> pd.DataFrame:
    """Predict answers by the majority of the other people's answers on the pair.

    One row for each person and pair that somebody else has judged too: pair, person, others (the
    number of other people), agree (the share of them that gave the same answer) and right (1 where
    their majority predicts the answer, ½ for an even split or a tie, else 0).
    """
    if comparisons.pairs is None or comparisons.lower_left is None:
        return pd.DataFrame(columns=["pair", "person", "others", "agree", "right"], dtype=float)
    answer = np.where(comparisons.lower_left, comparisons.preferred, 1 - comparisons.preferred)
    # One answer for each person and pair, so that a person is not compared with themselves.
    table = pd.DataFrame(
        {"pair": comparisons.pairs, "person": comparisons.participants, "answer": answer}
    )
    table = table.drop_duplicates(["pair", "person"])
    grouped = table.groupby("pair")["answer"]
    count, total = grouped.transform("count"), grouped.transform("sum")
    table = table.assign(others=count - 1, total=total)[count > 1]
    mine = table["answer"]
    others = (table["total"] - mine) / table["others"]
    return table.assign(
        agree=mine * others + (1 - mine) * (1 - others),
        right=0.5 + 0.5 * np.sign(others - 0.5) * np.sign(mine - 0.5),
    )[["pair", "person", "others", "agree", "right"]]


def _between(comparisons: Comparisons) -> dict[str, Any]:
    shared = majority_of_others(comparisons)
    if shared.empty:
        return {"between": None, "ceiling": None, "shared_votes": 0}
    return {
        "between": float(np.average(shared["agree"], weights=shared["others"])),
        "ceiling": float(shared["right"].mean()),
        "shared_votes": len(shared),
    }
