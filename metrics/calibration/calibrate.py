"""From votes and statistics to an exported model, in one call."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from transfer.errors import InputError

from .abilities import abilities
from .bootstrap import bootstrap
from .covariance import clustered, two_way
from .data import Comparisons, Floats, compare
from .diagnostics import diagnostics
from .export import TARGETS, Model, encode
from .fit import Fit, fit
from .goodness import accuracy, log_loss
from .selection import Selection, select

CANDIDATES = {"E": ("E1", "E2", "E3", "E4", "E5"), "C": ("C", "E1", "E2", "E3", "E4", "E5")}
"""The terms that a model of each target may have."""
CLUSTERS = ("participant", "participant+content", "participant+style", "none")
LEVEL = 0.95


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

    Without `terms` every subset of the candidates is judged and one is chosen (selection.RULE).
    replicates: draws of the bootstrap over participants, 0 for none. `seed` deals the participants
    into folds and draws.

    Raises InputError for input that cannot give a model, in one line.
    """
    if target not in TARGETS:
        raise InputError(f"target {target!r} is unknown: use E or C")
    if cluster not in CLUSTERS:
        raise InputError(f"cluster {cluster!r} is unknown: use one of {', '.join(CLUSTERS)}")

    def design(names: Sequence[str]) -> Comparisons:
        return compare(
            votes,
            statistics,
            names,
            ties=ties,
            include_simulated=include_simulated,
            any_instrument=any_instrument,
        )

    if replicates < 0:
        raise InputError("the number of bootstrap replicates cannot be negative")
    selection = None if terms else select(design(candidates(target, statistics)), seed=seed)
    comparisons = design(terms or (selection.chosen.terms if selection else ()))
    result = fit(comparisons, method, ties=ties)
    model = publish(comparisons, result, target, ties, cluster, selection)
    drawn = bootstrap(comparisons, result, replicates, seed)
    ranking = abilities(comparisons.used, statistics) if comparisons.used is not None else None
    model.details["bootstrap"] = drawn.to_json() if drawn else None
    model.details["diagnostics"] = diagnostics(votes, comparisons, result)
    model.details["methods"] = ranking.to_json() if ranking else None
    return model


def candidates(target: str, statistics: pd.DataFrame) -> tuple[str, ...]:
    """Name the base statistics that may explain `target` and that were measured at all."""
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


def publish(
    comparisons: Comparisons,
    result: Fit,
    target: str,
    ties: str,
    cluster: str,
    selection: Selection | None = None,
) -> Model:
    """Give the fit its errors, intervals and provenance."""
    notes = _notes(comparisons, result)
    matrix, groups = _covariance(comparisons, result, cluster)
    if matrix is None:
        notes.append(
            "All votes come from one participant: errors that allow for a person's habits cannot "
            "be given."
        )
        matrix = np.full_like(result.bread, np.nan)
    terms = comparisons.terms
    errors = np.sqrt(np.diag(matrix))
    details: dict[str, Any] = {
        "fit": result.method,
        "ties": ties,
        "tied_votes": comparisons.ties,
        "separated": list(result.separated),
        "naive_std_errors": _by_term(terms, result.naive_errors),
        "intervals": _intervals(terms, result.coefficients, errors, groups),
        "interval_level": LEVEL,
        "interval_df": groups - 1,
        **_goodness(comparisons, result),
        "dropped": comparisons.dropped,
        "simulated": comparisons.simulated > 0,
        "simulated_votes": comparisons.simulated,
        "instruments": comparisons.instruments,
        "scale": {"unit": "log odds of being preferred", "zero": "arbitrary", "direction": "up"},
        "data_fingerprint": comparisons.fingerprint,
        "selection": selection.to_json() if selection else None,
        "notes": notes,
        "software": software(),
    }
    if result.tie is not None:
        details["tie"] = {"ln_nu": result.tie, "std_error": encode(float(errors[-1]))}
    return Model(
        target=target,
        terms=terms,
        coefficients=dict(zip(terms, result.coefficients.tolist(), strict=True)),
        std_errors=_by_term(terms, errors),
        covariance="naive" if cluster == "none" else f"cluster:{cluster}",
        covariance_matrix=[[_finite(number) for number in row] for row in matrix.tolist()],
        votes=comparisons.votes,
        participants=comparisons.people,
        details=details,
    )


def software() -> dict[str, str]:
    """Name the versions that computed the model."""
    packages = ("numpy", "scipy", "pandas", "statsmodels")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _covariance(comparisons: Comparisons, result: Fit, cluster: str) -> tuple[Floats | None, int]:
    """Give the covariance (K', K') and the smallest number of groups behind it."""
    if cluster == "none":
        return result.bread, comparisons.votes
    if comparisons.people < 2:
        return None, 1
    if cluster == "participant":
        return clustered(result.scores, result.bread, comparisons.participants), comparisons.people
    name = cluster.split("+")[1]
    other = comparisons.contents if name == "content" else comparisons.styles
    if other is None:
        raise InputError(f"the statistics do not name the {name} of the stimuli: add the column")
    levels = len(np.unique(other))
    if levels < 2:
        raise InputError(f"all votes are about one {name}: cluster by participant alone")
    matrix = two_way(result.scores, result.bread, comparisons.participants, other)
    return matrix, min(comparisons.people, levels)


def _goodness(comparisons: Comparisons, result: Fit) -> dict[str, Any]:
    """Likelihood, AIC and BIC (naive in that they take votes as independent), accuracy."""
    parameters = len(result.bread)
    value = result.log_likelihood
    finite = np.isfinite(result.coefficients)
    details = {
        "log_likelihood": value,
        "AIC": 2 * parameters - 2 * value,
        "BIC": parameters * float(np.log(comparisons.votes)) - 2 * value,
        "null_log_likelihood": -comparisons.votes * float(np.log(2)),
        "accuracy": None,
        "log_loss": None,
    }
    if finite.all():
        eta = comparisons.differences @ result.coefficients
        details["accuracy"] = accuracy(eta, comparisons.preferred)
        details["log_loss"] = log_loss(eta, comparisons.preferred)
    return details


def _intervals(
    terms: Sequence[str], coefficients: Floats, errors: Floats, groups: int
) -> dict[str, list[float | None]]:
    """Intervals by Student's t with one degree of freedom less than there are groups."""
    width = float(student.ppf(0.5 + LEVEL / 2, groups - 1)) if groups > 1 else float("nan")
    return {
        term: [_finite(value - width * error), _finite(value + width * error)]
        for term, value, error in zip(terms, coefficients, errors[: len(terms)], strict=True)
    }


def _notes(comparisons: Comparisons, result: Fit) -> list[str]:
    notes = []
    if comparisons.simulated:
        notes.append(f"{comparisons.simulated} of {comparisons.votes} votes are simulated.")
    if result.separated and result.method == "firth":
        names = ", ".join(result.separated)
        notes.append(f"Votes are separated by {names}: fitted by Firth's penalised likelihood.")
    elif result.separated:
        names = ", ".join(result.separated)
        notes.append(f"Votes are separated by {names}: infinite; the other terms are the limit.")
    if 2 <= comparisons.people < 20:
        notes.append(
            f"Only {comparisons.people} participants: clustered errors tend to be too small."
        )
    return notes


def _by_term(terms: Sequence[str], values: Floats) -> dict[str, float | None]:
    return {
        term: _finite(float(value)) for term, value in zip(terms, values[: len(terms)], strict=True)
    }


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
