"""Calibrate, score, and divide into the cells of the EC space."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

from common.tables import read_csv
from common.votes import read_votes
from metrics.calibration import calibrate as fitting
from metrics.calibration import model_file
from metrics.calibration import score as scoring
from metrics.calibration.export import Model
from metrics.ecspace.grid import ECSpace, ecspace

Table = str | Path | pd.DataFrame
"""A CSV file, or a table of pandas with the same columns."""


def calibrate(
    votes: Table,
    statistics: Table,
    target: Literal["E", "C"],
    *,
    terms: Sequence[str] | None = None,
    fit: Literal["auto", "ml", "firth"] = "auto",
    ties: Literal["drop", "half", "davidson"] = "drop",
    include_simulated: bool = False,
    bootstrap: int = 1000,
    seed: int = 0,
) -> Model:
    """Fit people's preferences on differences of base statistics.

    P(left preferred) = σ(Σ coefficient · (statistic of left − statistic of right)), without an
    intercept (Yeh et al. 2020, section 4.1). Errors allow for correlated votes of a participant.

    Args:
        votes: one row per vote: participant, study, trial, stimulus_left, stimulus_right, choice
            (left, right or tie); further columns as in docs/codebook.md.
        statistics: one row per stimulus: stimulus, method, content, style, E1 … E5, C.
        target: E (which one carries the style better?) or C (which one keeps the content better?).
        terms: statistics of the model; by default chosen by cross-validation over participants.
        fit: ml is maximum likelihood, firth Firth's penalised one; auto is ml unless votes are
            separated, where it has no finite estimate.
        ties: leave them out, count them half for each side, or fit them (Davidson 1970).
        include_simulated: count simulated votes as well; the model records it.
        bootstrap: draws of participants for intervals; 0 for none.
        seed: of folds and draws.

    Returns:
        The model. `details["verdict"]` says whether conclusions may be drawn from it, and why.

    Raises:
        InputError: columns are missing, stimuli are unknown, or nothing is left to be fitted.

    """
    return fitting.calibrate(
        votes if isinstance(votes, pd.DataFrame) else read_votes(Path(votes)).frame(),
        _table(statistics, "statistics"),
        target,
        terms=None if terms is None else list(terms),
        method=fit,
        ties=ties,
        include_simulated=include_simulated,
        replicates=bootstrap,
        seed=seed,
    )


def read_model(name: str | Path) -> Model:
    """A model that was exported, or one of the published models of Yeh et al. 2020.

    Args:
        name: a JSON file that `calibrate` or the site has written, `wacv2020-E` or `wacv2020-C`.

    Returns:
        The model, for `score`.

    Raises:
        InputError: there is no such file, or it is not an exported model.

    """
    return model_file.read_model(str(name))


def score(
    model: Model | str | Path, statistics: Table, *, any_instrument: bool = False
) -> pd.Series[float]:
    """The score of every stimulus, in log odds of being preferred; higher is better.

    σ(difference of two scores) is the probability that people prefer the first. Its zero is
    arbitrary, so only differences have a meaning.

    Args:
        model: a model, or what `read_model` reads.
        statistics: as for `calibrate`.
        any_instrument: also score numbers that another instrument measured than those of the votes.

    Returns:
        A series indexed by stimulus, NaN where a statistic of the model is missing.

    Raises:
        InputError: columns are missing, a coefficient is infinite, or instruments differ.

    """
    chosen = model if isinstance(model, Model) else read_model(model)
    return scoring.score(chosen, _table(statistics, "statistics"), any_instrument=any_instrument)


def ec_space(scores: Table, bins: Literal["independent", "nested"] = "independent") -> ECSpace:
    """Divide scored stimuli into thirds of E and of C: the nine cells of the EC space.

    Args:
        scores: columns stimulus, method, E_score, C_score; nine rows or more. Rows without both
            scores are counted and left out.
        bins: independent, as in the paper: thirds of E and of C, each over all stimuli; nested:
            thirds of C within each third of E, so that cells hold equally many.

    Returns:
        The grid: its `frame` has the columns E_third and C_third (0 low … 2 high), `counts[e, c]`
        the number of stimuli of a cell, and `shares(e, c)` its methods, the most frequent first.

    Raises:
        InputError: columns are missing, a stimulus is named twice, or fewer than nine are scored.

    """
    return ecspace(_table(scores, "scores"), bins)


def _table(given: Table, what: str) -> pd.DataFrame:
    return given if isinstance(given, pd.DataFrame) else read_csv(Path(given), what)
