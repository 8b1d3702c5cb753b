"""Publication of a fit as a model: errors, intervals, goodness of fit and provenance."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import numpy as np

from common.errors import InputError

from .data import Comparisons
from .export import SCALE, Model, encode
from .fit import Fit
from .goodness import ENOUGH_PEOPLE, accuracy, kish, log_loss
from .instruments import fingerprints
from .intervals import LEVEL, by_term, known
from .jackknife import bounds, dominated
from .profile import profile_intervals
from .selection import Selection
from .uncertainty import Uncertainty, independent, reasons, two_way_uncertainty, uncertainty

UNEQUAL = 0.75
"""There is a note for an effective number of participants below this share of them."""


def publish(
    comparisons: Comparisons,
    result: Fit,
    target: str,
    ties: str,
    cluster: str,
    selection: Selection | None = None,
) -> Model:
    """The exported model of a fit."""
    found, groups = _uncertainty(comparisons, result, cluster)
    terms = comparisons.terms
    details: dict[str, Any] = {
        "fit": result.method,
        "ties": ties,
        "tied_votes": comparisons.ties,
        "separated": list(result.separated),
        "naive_std_errors": by_term(terms, result.naive_errors),
        "clustered_std_errors": by_term(terms, found.clustered),
        "intervals": _intervals(comparisons, result, found, cluster),
        "interval_level": LEVEL,
        "interval_df": groups - 1,
        "profile_intervals": _profile(comparisons) if result.method == "firth" else None,
        **_goodness(comparisons, result),
        "effective_participants": kish(comparisons.participants),
        "dropped": comparisons.dropped,
        "simulated": comparisons.simulated > 0,
        "simulated_votes": comparisons.simulated,
        "instruments": comparisons.instruments,
        "fingerprints": fingerprints(comparisons.instruments),
        "scale": dict(SCALE),
        "data_fingerprint": comparisons.fingerprint,
        "selection": selection.to_json() if selection else None,
        "notes": _notes(comparisons, result)
        + _notes_on_errors(comparisons, result, found, cluster),
        "software": software(),
    }
    if result.tie is not None:
        details["tie"] = {"ln_nu": result.tie, "std_error": encode(float(found.std_errors[-1]))}
    return Model(
        target=target,
        terms=terms,
        coefficients=dict(zip(terms, result.coefficients.tolist(), strict=True)),
        std_errors=by_term(terms, found.std_errors),
        covariance="naive" if cluster == "none" else f"cluster:{cluster}",
        covariance_matrix=[[known(number) for number in row] for row in found.covariance.tolist()],
        votes=comparisons.votes,
        participants=comparisons.people,
        details=details,
    )


def software() -> dict[str, str]:
    """The versions of the packages that computed the model."""
    packages = ("numpy", "scipy", "pandas", "statsmodels")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _uncertainty(comparisons: Comparisons, result: Fit, cluster: str) -> tuple[Uncertainty, int]:
    """Return errors of the parameters, and the smallest number of groups behind them."""
    if cluster == "none":
        found, groups = independent(result), comparisons.votes
    elif cluster == "participant":
        found, groups = uncertainty(result, comparisons.participants), comparisons.people
    else:
        name = cluster.split("+")[1]
        other = comparisons.contents if name == "content" else comparisons.styles
        if other is None:
            raise InputError(
                f"the statistics do not name the {name} of the stimuli: add the column"
            )
        levels = len(np.unique(other))
        if levels < 2:
            raise InputError(f"all votes are about one {name}: cluster by participant alone")
        found = two_way_uncertainty(result, comparisons.participants, other)
        groups = min(comparisons.people, levels)
    separated = np.isin([*comparisons.terms, ""][: len(result.bread)], result.separated)
    return found.without(separated), groups


def _goodness(comparisons: Comparisons, result: Fit) -> dict[str, Any]:
    """Likelihood, AIC and BIC (naive, because they treat votes as independent), accuracy."""
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
    comparisons: Comparisons, result: Fit, found: Uncertainty, cluster: str
) -> dict[str, list[float | None]]:
    """Intervals by Student's t, each with its own error and degrees of freedom."""
    if cluster == "participant":
        low, high = bounds(comparisons, result, found)
    else:
        widths = found.half_widths()[: len(comparisons.terms)]
        with np.errstate(invalid="ignore"):  # an infinite coefficient has no interval
            low, high = result.coefficients - widths, result.coefficients + widths
    return {
        term: [known(float(one)), known(float(other))]
        for term, one, other in zip(comparisons.terms, low, high, strict=True)
    }


def _profile(comparisons: Comparisons) -> dict[str, list[float | None]]:
    found = profile_intervals(comparisons, LEVEL).tolist()
    return {
        term: [known(low), known(high)]
        for term, (low, high) in zip(comparisons.terms, found, strict=True)
    }


def _notes(comparisons: Comparisons, result: Fit) -> list[str]:
    """Notes on the votes and the fit."""
    notes = []
    if comparisons.simulated:
        notes.append(f"{comparisons.simulated} of {comparisons.votes} votes are simulated.")
    if comparisons.votes <= len(result.bread):
        notes.append("There are no more votes than terms: errors cannot be estimated.")
    if result.separated and result.method == "firth":
        names = ", ".join(result.separated)
        notes.append(
            f"Votes are separated by {names}: fitted by Firth's penalised likelihood. In place of "
            "errors, profile_intervals give bounds, which take votes as independent."
        )
    elif result.separated:
        names = ", ".join(result.separated)
        notes.append(
            f"Votes are separated by {names}: infinite; the other terms are those of the limit."
        )
    return notes


def _notes_on_errors(
    comparisons: Comparisons, result: Fit, found: Uncertainty, cluster: str
) -> list[str]:
    """Notes on errors that are missing or doubtful."""
    if cluster == "none":
        return []
    people = comparisons.people
    if people < 2:
        return [
            "All votes come from one participant: errors between participants cannot be estimated."
        ]
    notes = []
    if people < ENOUGH_PEOPLE:
        notes.append(f"Only {people} participants: clustered errors tend to be too small.")
    effective = kish(comparisons.participants)
    if effective < UNEQUAL * min(people, ENOUGH_PEOPLE):
        notes.append(
            f"Some of the {people} participants gave far more votes than others: the votes count "
            f"like those of {effective:.1f} participants who gave equally many."
        )
    names = [*comparisons.terms, "the ties"][: len(result.bread)]
    groups = " or ".join(f"{name}s" for name in cluster.split("+"))
    notes += reasons(found, names, "the coefficient of", groups)
    if cluster == "participant":
        flags = dominated(comparisons, found)
        concerned = [name for name, flag in zip(names, flags, strict=False) if flag]
        if concerned:
            notes.append(
                f"The interval of the coefficient of {', '.join(concerned)} is not known: it "
                "depends too much on a few participants."
            )
    if found.few.any():
        plain = zip(names, found.clustered, found.few, strict=True)
        listed = ", ".join(f"{name} {error:.4f}" for name, error, few in plain if few)
        notes.append(
            f"Clustered errors without regard to that, as statsmodels and R give them: {listed}. "
            "They tend to be far too small: do not rely on them."
        )
    return notes
