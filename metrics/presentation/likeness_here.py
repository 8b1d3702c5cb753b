"""How much votes of this installation resemble each other, for the planner."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db.models import Count, Q

from common.errors import InputError
from metrics.calibration.data import compare
from metrics.calibration.referee.errors import Clusters
from metrics.calibration.referee.likeness import FEWEST_VOTES, Likeness, likeness
from metrics.calibration.referee.panel import panel
from metrics.measurements.refereeing import stored_statistics
from metrics.presentation.kept import judgement_key, kept
from metrics.statistics import directions
from studies.exchange.export import votes_frame
from studies.models import Cohort, Study
from studies.planning.statistics_provider import LikenessHere

_TRIED = 3


def likeness_here(user: Any) -> LikenessHere | None:
    """The correlations in the study with most votes of people among those that `user` may see.

    None where no study has enough votes and measured statistics; simulated votes do not count.
    """
    given = Count(
        "participants__trials__answer",
        filter=Q(participants__cohort=Cohort.PEOPLE, participants__excluded=""),
    )
    studies = Study.objects.visible_to(user).annotate(given=given)
    for study in studies.filter(given__gte=FEWEST_VOTES).order_by("-given", "pk")[:_TRIED]:
        key = f"likeness-{judgement_key(study)}"
        found: Likeness | None = kept(key, lambda: [_of(study)])[0]  # noqa: B023
        if found:
            return LikenessHere(found.people, found.stimuli, study.name, found.votes)
    return None


def _of(study: Study) -> Likeness | None:
    """Of all statistics whose direction is declared; None where votes or statistics are too few."""
    statistics = stored_statistics([study])
    known = {name: up for name, up in directions().items() if name in statistics.columns}
    if len(known) < 2:
        return None
    try:
        comparisons = compare(
            votes_frame([study]),
            statistics,
            tuple(known),
            ties="half",
            target=study.kind,
            keep_missing=True,
        )
    except InputError:  # such as votes on stimuli that are not measured
        return None
    seen = panel(comparisons, statistics)
    x = seen.differences(tuple(known))
    signs = np.where(list(known.values()), 1.0, -1.0)
    right = 0.5 + 0.5 * signs * np.sign(x) * np.sign(seen.preferred - 0.5)[:, None]
    return likeness(right, Clusters(seen.people, seen.left, seen.right))
