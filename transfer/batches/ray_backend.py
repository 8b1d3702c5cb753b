"""The engine `ray` of tasks: TASK_BACKEND=ray."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_tasks.base import TaskResult, TaskResultStatus
from django_tasks.utils import get_random_id
from django_tasks_db import DatabaseBackend

from transfer.batches.ray_cluster import actors, connect


class RayBackend(DatabaseBackend):
    """Gives tasks that work on the ledger to the actors of a Ray cluster, and keeps no results.

    Which tasks these are, OPTIONS["cluster"] says, by dotted paths. The others, such as planning a
    round of a study, are put into the database for `manage.py worker` on the site's machine.
    Without RAY_ADDRESS, or without an actor, rows wait for `manage.py ray_workers`, which starts
    actors and finds every waiting row.
    """

    # The backport's classes and Django's own are the same only at run time.
    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Submit a task.

        Raises:
            ClusterError: no cluster answers at RAY_ADDRESS. The rows wait.

        """
        if task.module_path not in self.options["cluster"]:
            return super().enqueue(task, args, kwargs)
        self.validate_task(task)
        result: TaskResult[Any] = TaskResult(
            task=task,
            id=get_random_id(),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        if settings.RAY_ADDRESS:
            connect()
            if found := list(actors().values()):
                chosen = secrets.choice(found)
                chosen.run.remote(task.module_path, result.args, result.kwargs)
        return result
