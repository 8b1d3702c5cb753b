"""Tasks of studies: what takes too long for a participant to wait for."""

from __future__ import annotations

from django.db import transaction
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task, task_backends
from django_tasks.backends.immediate import ImmediateBackend

from studies.models import Study
from studies.planning.adaptive import plan_round


@task()
def plan_next_round(study_id: int, cohort: str) -> int:
    """Choose the next pairs of a study by its votes; give their number. Twice does no harm."""
    study = Study.objects.get(pk=study_id)
    return plan_round(study, cohort) if study.state == Study.State.OPEN else 0


def enqueue_round(study_id: int, cohort: str) -> None:
    """Leave it to a worker, once the vote is committed.

    Where tasks run inside requests nothing is done: no participant waits for it, and the study goes
    on with the plan that it has (or `manage.py study plan` is called).
    """
    if not isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], ImmediateBackend):
        transaction.on_commit(lambda: _enqueue(study_id, cohort))


def _enqueue(study_id: int, cohort: str) -> None:
    plan_next_round.enqueue(study_id, cohort)
