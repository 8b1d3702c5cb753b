"""Did a learnt referee learn what people like, or only which methods they like?

A head with thousands of features can tell the methods apart, and then predicts every vote on these
methods by the methods' mean. Other people's votes do not show that, nor does leaving out one method
of a vote: that the other one is often preferred is still known. Votes whose methods are both left
out show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import t as student

from metrics.calibration.data import Floats
from metrics.calibration.intervals import LEVEL
from metrics.calibration.referee.errors import Clusters, influence, standard_errors

CHANCE = float(np.log(2))
Level = Literal["memorised", "partly", "unclear", "holds", "nothing", "unknown"]


@dataclass(frozen=True)
class Losses:
    """Negative log-likelihoods of N votes, NaN where a vote was not predicted.

    Attributes:
        known: on participants left out; of one participant, on the votes of the fit itself.
        new: on methods left out; None where that is not possible.
        clusters: participants and methods of the votes, for the errors of `new`.
        people: participants and stimuli, for those of `known`.

    """

    known: Floats
    new: Floats | None
    clusters: Clusters | None
    people: Clusters


@dataclass(frozen=True)
class Verdict:
    """level: `memorised` the methods, `partly`, `unclear` (too few votes or methods), `holds` for
    new methods, predicts `nothing`, or `unknown`; words: that in one or two sentences.
    """

    level: Level
    words: str


def judge_memory(
    learnt: Losses, one_term: tuple[str, Floats, Floats | None] | None, reason: str
) -> Verdict:
    """Compare votes on known methods with votes on new ones.

    Args:
        learnt: of the learnt referee.
        one_term: name and the same two losses of the best model of one statistic.
        reason: why there are no new methods.

    """
    known = float(np.nanmean(learnt.known))
    if not surely_positive(CHANCE - learnt.known, learnt.people):
        return Verdict(
            "nothing",
            f"It is not shown to predict anything: its log loss on other people's votes is "
            f"{known:.3f}, and chance is {CHANCE:.3f}.",
        )
    if learnt.new is None or learnt.clusters is None or not np.isfinite(learnt.new).any():
        return Verdict(
            "unknown",
            f"Whether it memorised the methods is not known, as {reason}: do not use its scores "
            "for other methods.",
        )
    new = float(np.nanmean(learnt.new))
    both = (
        f"it predicts other people's votes on these methods (log loss {known:.3f}, chance is "
        f"{CHANCE:.3f}), and {{}} votes on methods that it has not seen ({new:.3f})"
    )
    if new >= CHANCE:
        return Verdict(
            "memorised",
            f"It memorised the methods: {both.format('does not predict')}. Its scores say which "
            "of these methods people prefer, not why: do not use them for another method.",
        )
    if not surely_positive(CHANCE - learnt.new, learnt.clusters):
        return Verdict(
            "unclear",
            f"It may have memorised the methods: {both.format('is not shown to predict')}. Do not "
            "use its scores for another method.",
        )
    if one_term is not None and one_term[2] is not None:
        name, one_known, one_new = one_term
        assert one_new is not None
        gains = surely_positive(one_known - learnt.known, learnt.people)
        if gains and surely_positive(learnt.new - one_new, learnt.clusters):
            return Verdict(
                "partly",
                f"It partly memorised the methods: it is better than {name} alone on methods that "
                f"it knows (log loss {known:.3f} and {np.nanmean(one_known):.3f}), and worse on "
                f"methods that it has not seen ({new:.3f} and {np.nanmean(one_new):.3f}): use "
                f"{name} for other methods.",
            )
    return Verdict(
        "holds",
        f"It predicts votes on methods that it has not seen (log loss {new:.3f}, chance is "
        f"{CHANCE:.3f}).",
    )


def surely_positive(values: Floats, clusters: Clusters) -> bool:
    """Whether a mean over votes (N,) is positive, by a one-sided test at 5 %.

    Where there are too few participants for an error, whether it is positive at all.
    """
    rows = np.isfinite(values)
    if not rows.any():
        return False
    mean, effect = influence(values[rows][:, None])
    part = clusters.part(rows)
    if part.obstacle:
        return bool(mean[0] > 0)
    error = standard_errors(part, effect)[0][0]
    return bool(mean[0] > student.ppf(LEVEL, part.df) * error)
