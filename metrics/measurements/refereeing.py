"""The referee over the votes of studies and the stored measurements of their stimuli."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from common.errors import InputError
from metrics.calibration.referee.judgement import Judgement
from metrics.calibration.referee.referee import referee
from metrics.measurements.table import other_instruments, statistics_frame, usual_instruments
from metrics.statistics import directions
from studies.exchange.export import votes_frame
from studies.models import Study
from transfer.models import Stimulus


def judge_statistics(
    studies: Sequence[Study],
    *,
    instruments: Mapping[str, str] | None = None,
    statistics: pd.DataFrame | None = None,
    **options: Any,
) -> Judgement:
    """Judge statistics by the votes of `studies`.

    Args:
        studies: all of one kind.
        instruments: statistic → instrument, where several have measured; the rest by the one that
            measured most stimuli.
        statistics: a table to judge instead of the stored measurements.
        options: of `metrics.calibration.referee.referee.referee`.

    Raises:
        InputError: studies of two kinds, or votes and statistics that give no answer.

    """
    kind = kind_of(studies)
    if statistics is None:
        statistics = stored_statistics(studies, instruments)
    options.setdefault("directions", directions())
    return referee(votes_frame(studies), statistics, target=kind, **options)


def kind_of(studies: Sequence[Study]) -> str:
    """The kind, E or C, of studies. Raises InputError for studies of two kinds."""
    kinds = {study.kind for study in studies}
    if len(kinds) > 1:
        raise InputError(
            f"the studies are {' and '.join(sorted(kinds))}-tests: name studies of one kind"
        )
    return kinds.pop()


def stored_statistics(
    studies: Sequence[Study], instruments: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Measurements of the stimuli of studies, in the columns of STATISTICS.csv that have any.

    instruments: as of `judge_statistics`.
    """
    stimuli = Stimulus.objects.filter(studies__in=studies).distinct()
    others = other_instruments(stimuli)
    chosen = usual_instruments(stimuli) | others | dict(instruments or {})
    frame = statistics_frame(stimuli, chosen, further=tuple(others))
    return frame.dropna(axis="columns", how="all")
