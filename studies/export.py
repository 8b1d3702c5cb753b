"""Votes as tables, in the columns that calibration reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import F

from studies.models import Cohort, Study, Vote

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = {
    "participant": "trial__participant__public_id",
    "study": "trial__participant__study__name",
    "trial": "trial__public_id",
    "stimulus_left": "trial__left__public_id",
    "stimulus_right": "trial__right__public_id",
    "choice": "choice",
    "kind": "trial__kind",
    "simulated": "trial__participant__cohort",
    "excluded": "trial__participant__excluded",
    "response_ms": "response_ms",
    "position": "trial__position",
    "target": "trial__participant__study__kind",
    "reference": "trial__reference__name",
    "expected": "trial__expected",
    "received_at": "received_at",
}
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def votes_frame(studies: Iterable[Study]) -> pd.DataFrame:
    """One row per vote in the columns of VOTES.csv, oldest first; further columns follow.

    Participants, trials and stimuli go by their public ids, 32 hexadecimal digits each. `simulated`
    is a boolean. `excluded` says why a vote does not count, and is empty where it does.
    """
    import pandas as pd

    votes = Vote.objects.filter(trial__participant__study__in=list(studies)).order_by("pk")
    rows = votes.values_list(*_COLUMNS.values(), F("excluded"))
    frame = pd.DataFrame(list(rows), columns=[*_COLUMNS, "late"])
    for column in ("participant", "trial", "stimulus_left", "stimulus_right"):
        frame[column] = [value.hex for value in frame[column]]
    cohort = frame["simulated"]
    reason = frame["excluded"].where(frame["excluded"] != "", frame.pop("late"))
    reason = reason.where(cohort != Cohort.PILOT, "pilot")
    frame["simulated"] = cohort == Cohort.SIMULATED
    frame["excluded"] = reason
    frame["response_ms"] = frame["response_ms"].astype("Int64")
    return frame


def to_csv(frame: pd.DataFrame) -> str:
    """The table as CSV. No cell is taken for a formula by a spreadsheet program."""
    return frame.map(_harmless).rename(columns=_harmless).to_csv(index=False)


def _harmless(cell: Any) -> Any:
    if isinstance(cell, str) and cell.startswith(_RISKY):
        return f"'{cell}"
    return cell
