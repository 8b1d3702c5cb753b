"""Baselines for a model's figures: chance, the best single statistic, agreement of participants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .selection import Selection


def baselines(selection: Selection, agreement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows to compare the subsets with: name, terms, log_loss and accuracy (None: not known).

    chance: even odds for every vote. best single statistic: of the subsets of one term the one
    with the lowest log loss on participants left out, admissible or not. people's own agreement:
    the bounds for any predictor that follow from repeats (agreement.py), None without repeats.
    majority of the others: share of votes that agree with the majority of the other people.

    agreement: the result of agreement.agreement.
    """
    single = min(
        (candidate for candidate in selection.candidates if len(candidate.terms) == 1),
        key=lambda candidate: candidate.loss,
        default=None,
    )
    rows = [_row("chance", [], float(np.log(2)), 0.5)]
    if single is not None:
        held = single.held_out["participants"]
        rows.append(_row("best single statistic", list(single.terms), held.log_loss, held.accuracy))
    rows.append(
        _row("people's own agreement", [], agreement["least_log_loss"], agreement["best_accuracy"])
    )
    rows.append(_row("majority of the others", [], None, agreement["ceiling"]))
    return rows


def _row(
    name: str, terms: list[str], log_loss: float | None, accuracy: float | None
) -> dict[str, Any]:
    return {"name": name, "terms": terms, "log_loss": log_loss, "accuracy": accuracy}
