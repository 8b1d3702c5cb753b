"""What votes and statistics do not allow to say, in one sentence each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.calibration.bootstrap import FEWEST_PEOPLE
from metrics.calibration.referee.ceiling import Ceiling
from metrics.calibration.referee.errors import Clusters
from metrics.calibration.referee.judgement import Finding
from metrics.calibration.referee.panel import Panel

FEW_METHODS = 5
FITTED = ("E_score", "C_score", "O_score")
"""Scores of calibrated models, which may have been fitted to the same votes."""
_CEILINGS = {
    "within": "ceiling from people's own repeats",
    "majority": "ceiling from the majority of the other people",
    "majority_error": "error of the ceiling from the majority",
}


def notes(
    panel: Panel, clusters: Clusters, findings: Sequence[Finding], ceiling: Ceiling
) -> tuple[str, ...]:
    """List the limits of these votes and statistics."""
    found = [
        *_people(panel, clusters),
        *_levels(panel),
        *_sides(panel),
        *(f"No {_CEILINGS[name]}: {why}." for name, why in ceiling.reasons.items()),
    ]
    if panel.comparisons.simulated:
        found.append(
            f"{panel.comparisons.simulated} of the votes are simulated: they say nothing about "
            "people."
        )
    if not findings:
        found.append(
            "No statistic was given: nothing can be said about which of them people agree with, "
            "only about the methods."
        )
    for finding in findings:
        name = finding.candidate.name
        if finding.missing and finding.votes:
            found.append(
                f"{name}: {finding.missing} of {finding.votes + finding.missing} votes lack it and "
                "are left out of its figures."
            )
        if finding.undecided and finding.accuracy is not None:
            found.append(
                f"{name} is the same for both stimuli in {finding.undecided} votes, which count ½."
            )
        bounds = finding.accuracy_interval_stimuli
        if finding.candidate.higher_is_better is not None and bounds and bounds[1] < 0.5:
            found.append(
                f"{name} predicts less than half of the votes: people prefer the opposite of the "
                f"direction in which it is declared to be better ({finding.candidate.direction})."
            )
        if name in FITTED:
            found.append(
                f"{name} is the score of a fitted model: if it was fitted to these votes, its "
                "figures are too good."
            )
    return tuple(found)


def _people(panel: Panel, clusters: Clusters) -> list[str]:
    many = panel.comparisons.people
    if many == 1:
        return [
            "All votes come from one participant, or from participants without ids: nothing can be "
            "said about other people, so there are no intervals, no ranks and no statement that a "
            "statistic is useful."
        ]
    if clusters.obstacle:
        return [
            f"The votes come from {many} participants, and intervals, ranks and statements that a "
            f"statistic is useful need {FEWEST_PEOPLE} who give about equally many."
        ]
    return []


def _levels(panel: Panel) -> list[str]:
    found = []
    for column in ("method", "content", "style"):
        if column not in panel.levels:
            found.append(
                f"The stimuli have no {column}: leave-{column}-out is not possible, so nothing can "
                f"be said about a new {column}."
            )
            continue
        many = len(np.unique(panel.levels[column]))
        if column == "method" and 1 < many < FEW_METHODS:
            found.append(
                f"There are {many} methods: how far a statistic holds for another one is hardly "
                "known."
            )
    return found


def _sides(panel: Panel) -> list[str]:
    sides = panel.sides("method")
    if sides is None:
        return []
    left, right = sides
    apart = left != right
    if not apart.any():
        return []
    low, high = np.minimum(left, right)[apart], np.maximum(left, right)[apart]
    pair = np.unique(low * (high.max() + 1) + high, return_inverse=True)[1].ravel()
    turned = np.bincount(pair, left[apart] < right[apart])
    count = np.bincount(pair)
    several = count > 1
    if several.any() and ((turned == 0) | (turned == count))[several].all():
        return [
            "Each pair of methods has one of them always on the left: a preference for a side "
            "cannot be told from a preference for a method."
        ]
    return []
