"""A Ray cluster on this machine works on the ledger."""

from __future__ import annotations

import shutil

import pytest

from tests.transfer.batches.test_interruption import Installation, template  # noqa: F401
from tests.transfer.batches.test_processes import GENERATE

pytestmark = pytest.mark.ray


def test_two_actors_share_the_work_and_are_shown_as_workers(template, tmp_path):  # noqa: F811
    # test_same_results.py compares their bits with those of other engines.
    cluster = Installation(shutil.copytree(template, tmp_path / "cluster"))
    cluster.environment["TASK_BACKEND"] = "ray"
    cluster.environment.pop("RAY_ADDRESS", None)
    cluster.run(*GENERATE, "--queue")
    said = cluster.run("ray_workers", "--drain", "--actors", "2", "--interval", "0.2")
    assert set(cluster.states().values()) == {"done"}
    assert cluster.attempts() == {1}
    assert said.count("1 stimuli worked on by worker-") == 4
    query = "SELECT command, ended_at IS NOT NULL FROM transfer_workerprocess ORDER BY command"
    assert cluster.ask(query) == [("ray", 1), ("ray", 1), ("ray_workers", 1)]
    (workers,) = cluster.ask("SELECT count(DISTINCT worker) FROM transfer_stimulus")[0]
    assert workers == 2


def test_a_cluster_that_does_not_answer_is_one_line_and_rows_wait(template, tmp_path):  # noqa: F811
    lonely = Installation(shutil.copytree(template, tmp_path / "data"))
    lonely.environment |= {"TASK_BACKEND": "ray", "RAY_ADDRESS": "127.0.0.1:9"}
    process = lonely.start(*GENERATE, "--queue")
    _, said = process.communicate(timeout=300)
    assert process.returncode == 2, said
    (line,) = [line for line in said.splitlines() if "RAY_ADDRESS=127.0.0.1:9" in line]
    assert "cannot be used" in line and "Rows wait" in line
    assert "Traceback" not in said
    assert set(lonely.states().values()) == {"pending"}


@pytest.mark.django_db(transaction=True)
def test_tasks_that_are_not_of_the_ledger_stay_in_the_database(settings):
    """As the planning of a round: it must not be lost with a cluster."""
    from django_tasks_db.models import DBTaskResult

    from studies.planning.tasks import plan_next_round
    from transfer.batches.tasks import make_chunk

    backend = "transfer.batches.ray_backend.RayBackend"
    settings.TASKS = {"default": settings.TASKS["default"] | {"BACKEND": backend}}
    plan_next_round.enqueue(1, "")
    make_chunk.enqueue([1])
    assert [row.task_path for row in DBTaskResult.objects.all()] == [plan_next_round.module_path]
