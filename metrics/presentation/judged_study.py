"""The referee's answer for a study, kept in memory until its votes or measurements change."""

from __future__ import annotations

from metrics.calibration.referee.judgement import Judgement
from metrics.measurements.refereeing import judge_statistics
from metrics.presentation.kept import judgement_key, kept
from studies.models import Study


def judged_study(study: Study, *, include_simulated: bool) -> Judgement:
    """Judge the statistics of a study's stimuli by its votes.

    Raises:
        InputError: votes and statistics that give no answer.

    """
    return kept(
        f"referee-{judgement_key(study)}-{include_simulated}",
        lambda: judge_statistics([study], include_simulated=include_simulated),
    )
