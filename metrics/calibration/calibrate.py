"""From votes and statistics to an exported model, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from common.errors import InputError
from common.lookup import check_name

from .abilities import Abilities, abilities
from .baselines import baselines
from .bootstrap import bootstrap, obstacle
from .data import Comparisons, compare
from .design import design
from .diagnostics import diagnostics
from .export import TARGETS, Model
from .fit import fit
from .publish import publish
from .score import mean_scores, mean_terms
from .selection import hold_out, select
from .verdict import verdict

CANDIDATES = {"E": ("E1", "E2", "E3", "E4", "E5"), "C": ("C", "E1", "E2", "E3", "E4", "E5")}
"""The terms that a model of each target may have."""
CLUSTERS = ("participant", "participant+content", "participant+style", "none")


def calibrate(
    votes: pd.DataFrame,
    statistics: pd.DataFrame,
    target: str,
    *,
    terms: Sequence[str] | None = None,
    method: str = "auto",
    ties: str = "drop",
    cluster: str = "participant",
    include_simulated: bool = False,
    any_instrument: bool = False,
    replicates: int = 1000,
    seed: int = 0,
) -> Model:
    """Fit preferences on differences of base statistics. See `compare` for the columns.

    Without `terms` every subset of the candidates is evaluated and one is chosen (selection.RULE).
    replicates: draws of the bootstrap over participants, 0 for none. seed: of the assignment of
    participants to folds, and of the draws.

    Raises InputError, in one line, for input that yields no model.
    """
    check_name("target", target, TARGETS)
    check_name("cluster", cluster, CLUSTERS)

    def design_of(names: Sequence[str]) -> Comparisons:
        return compare(
            votes,
            statistics,
            names,
            ties=ties,
            include_simulated=include_simulated,
            any_instrument=any_instrument,
            target=target,
        )

    if replicates < 0:
        raise InputError("the number of bootstrap replicates cannot be negative")
    selection = None if terms else select(design_of(candidates(target, statistics)), seed=seed)
    comparisons = design_of(terms or (selection.chosen.terms if selection else ()))
    result = fit(comparisons, method, ties=ties)
    model = publish(comparisons, result, target, ties, cluster, selection)
    drawn = bootstrap(comparisons, result, replicates, seed)
    notes = model.details["notes"]
    if replicates and drawn is None:
        why = obstacle(comparisons, result) or "over 5 % of its draws have no finite estimate"
        notes.append(f"No bootstrap: {why}.")
    ranking = abilities(comparisons.used, statistics) if comparisons.used is not None else None
    notes += ranking.notes if ranking else ()
    found, doubts = diagnostics(comparisons, result)
    notes += doubts
    model.details.update(
        design=design(comparisons, statistics),
        held_out={name: held.to_json() for name, held in hold_out(comparisons, seed=seed).items()},
        bootstrap=drawn.to_json() if drawn else None,
        diagnostics=found,
        methods=_methods(ranking, model, statistics) if ranking else None,
    )
    if selection:
        model.details["selection"]["baselines"] = baselines(selection, found["agreement"])
    judged = verdict(model)
    model.details["verdict"] = judged.to_json() if judged else None
    return model


def candidates(target: str, statistics: pd.DataFrame) -> tuple[str, ...]:
    """The candidates for `target` with at least one measured value."""
    measured = tuple(
        term
        for term in CANDIDATES[target]
        if term in statistics.columns and statistics[term].notna().any()
    )
    if not measured:
        raise InputError(
            f"the statistics have none of {', '.join(CANDIDATES[target])}: measure the stimuli"
        )
    return measured


def _methods(ranking: Abilities, model: Model, statistics: pd.DataFrame) -> dict[str, Any]:
    """Abilities and win matrix, with each method's mean score relative to the average method."""
    terms, _ = mean_terms(model, statistics, ranking.methods)
    means = mean_scores(model, terms)
    return ranking.to_json() | {
        "mean_score": {
            name: float(mean) if np.isfinite(mean) else None
            for name, mean in zip(ranking.methods, means, strict=True)
        }
    }
