"""Background tasks of studies: computations that are too slow for a participant's request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task, task_backends
from django_tasks.backends.immediate import ImmediateBackend

from studies.models import Study
from studies.planning.adaptive import plan_round, round_is_due

if TYPE_CHECKING:
    from studies.models import Trial


@task()
def plan_next_round(study_id: int, cohort: str) -> int:
    """Choose the next pairs of an open study by its votes; running it twice does no harm.

    Returns:
        The number of assignments whose pair was chosen.

    """
    study = Study.objects.get(pk=study_id)
    return plan_round(study, cohort) if study.state == Study.State.OPEN else 0


def request_round(trial: Trial) -> None:
    """Enqueue the next round of an adaptive design once the vote that completes one is committed.

    If tasks run inside requests nothing is enqueued, so that no participant waits for a round: the
    study keeps its plan until `manage.py study plan` is called.
    """
    if not round_is_due(trial):
        return
    if not isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], ImmediateBackend):
        participant = trial.participant
        study_id, cohort = participant.study_id, participant.cohort
        transaction.on_commit(lambda: _enqueue(study_id, cohort))


def _enqueue(study_id: int, cohort: str) -> None:
    plan_next_round.enqueue(study_id, cohort)
