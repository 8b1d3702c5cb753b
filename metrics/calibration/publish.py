"""A fit becomes a model for publication: errors, intervals, goodness and provenance."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from common.errors import InputError

from .covariance import clustered, standard_errors, two_way
from .data import Comparisons, Floats
from .export import SCALE, Model, encode
from .fit import Fit
from .goodness import accuracy, log_loss
from .instruments import fingerprints
from .intervals import LEVEL, by_term, known, t_quantile
from .profile import profile_intervals
from .selection import Selection


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
    if groups < 2:
        notes.append(
            "All votes come from one participant: errors that allow for a person's habits cannot "
            "be given."
        )
    terms = comparisons.terms
    errors = standard_errors(matrix)
    details: dict[str, Any] = {
        "fit": result.method,
        "ties": ties,
        "tied_votes": comparisons.ties,
        "separated": list(result.separated),
        "naive_std_errors": by_term(terms, result.naive_errors),
        "intervals": _intervals(terms, result.coefficients, errors, groups),
        "interval_level": LEVEL,
        "interval_df": groups - 1,
        "profile_intervals": _profile(comparisons) if result.method == "firth" else None,
        **_goodness(comparisons, result),
        "dropped": comparisons.dropped,
        "simulated": comparisons.simulated > 0,
        "simulated_votes": comparisons.simulated,
        "instruments": comparisons.instruments,
        "fingerprints": fingerprints(comparisons.instruments),
        "scale": dict(SCALE),
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
        std_errors=by_term(terms, errors),
        covariance="naive" if cluster == "none" else f"cluster:{cluster}",
        covariance_matrix=[[known(number) for number in row] for row in matrix.tolist()],
        votes=comparisons.votes,
        participants=comparisons.people,
        details=details,
    )


def software() -> dict[str, str]:
    """Name the versions that computed the model."""
    packages = ("numpy", "scipy", "pandas", "statsmodels")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _covariance(comparisons: Comparisons, result: Fit, cluster: str) -> tuple[Floats, int]:
    """Give the covariance (K', K') and the smallest number of groups behind it."""
    if cluster == "none":
        return result.bread, comparisons.votes
    if comparisons.people < 2:
        return np.full_like(result.bread, np.nan), 1
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
        "null_log_likelihood": _null_log_likelihood(comparisons, result),
        "accuracy": None,
        "log_loss": None,
    }
    if finite.all():
        eta = comparisons.differences @ result.coefficients
        details["accuracy"] = accuracy(eta, comparisons.preferred)
        details["log_loss"] = (
            log_loss(eta, comparisons.preferred)
            if result.tie is None
            else -value / comparisons.votes
        )
    return details


def _null_log_likelihood(comparisons: Comparisons, result: Fit) -> float:
    """Log-likelihood without any statistic: left and right equally likely, ties at their share."""
    votes, ties = comparisons.votes, comparisons.ties
    if result.tie is None:
        return -votes * float(np.log(2))
    return float(ties * np.log(ties / votes) + (votes - ties) * np.log(0.5 * (1 - ties / votes)))


def _intervals(
    terms: Sequence[str], coefficients: Floats, errors: Floats, groups: int
) -> dict[str, list[float | None]]:
    """Intervals by Student's t with one degree of freedom less than there are groups."""
    width = t_quantile(groups - 1) if groups > 1 else float("nan")
    return {
        term: [known(value - width * error), known(value + width * error)]
        for term, value, error in zip(terms, coefficients, errors[: len(terms)], strict=True)
    }


def _profile(comparisons: Comparisons) -> dict[str, list[float | None]]:
    bounds = profile_intervals(comparisons, LEVEL).tolist()
    return {
        term: [known(low), known(high)]
        for term, (low, high) in zip(comparisons.terms, bounds, strict=True)
    }


def _notes(comparisons: Comparisons, result: Fit) -> list[str]:
    notes = []
    if comparisons.simulated:
        notes.append(f"{comparisons.simulated} of {comparisons.votes} votes are simulated.")
    if comparisons.votes <= len(result.bread):
        notes.append("There are no more votes than terms: errors cannot be given.")
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
