"""The job ledger: claims, leases, attempts, and late workers."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.project.commands import manage, migrated_postgres
from transfer.models import Stimulus, ledger
from transfer.models.ledger import ATTEMPTS, LEASE, is_gone, worker_name

pytestmark = pytest.mark.django_db
ELSEWHERE = "another-machine:1"


def expire(**filters) -> None:
    Stimulus.objects.filter(**filters).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_it_claims_a_chunk_once(batch):
    trial = batch(stimuli=4, chunk=2)
    chunk = trial.stimuli.next_chunk()
    lease = chunk.claim(ELSEWHERE)
    assert [row.chunk for row in lease.rows] == [0, 0]
    assert chunk.claim(ELSEWHERE) is None
    assert {row.attempt for row in lease.rows} == {1}
    assert trial.stimuli.next_chunk().claim(ELSEWHERE).rows.first().chunk == 1
    assert not trial.stimuli.next_chunk().exists()


def test_it_reaps_only_leases_that_ran_out(batch):
    trial = batch(stimuli=4, chunk=2)
    lost = trial.stimuli.next_chunk().claim(ELSEWHERE)
    held = trial.stimuli.next_chunk().claim(ELSEWHERE)
    expire(chunk=0)
    assert Stimulus.objects.reap() == 2
    assert not lost.rows.exists()
    assert held.rows.count() == 2
    assert trial.stimuli.progress().pending == 2


def test_a_clock_that_was_set_back_keeps_no_row_of_a_lost_worker(batch):
    """Its lease would otherwise last until the clock has caught up."""
    rows = batch(stimuli=2, chunk=1).stimuli
    lost, held = rows.filter(chunk=0).claim(ELSEWHERE), rows.filter(chunk=1).claim(ELSEWHERE)
    Stimulus.objects.update(lease_until=timezone.now() + timedelta(hours=1) + LEASE)
    assert held.renew()
    assert rows.expired().count() == rows.reap() == 1
    assert held.rows.exists() and not lost.rows.exists()


def test_it_keeps_a_renewed_lease(batch):
    lease = batch().stimuli.next_chunk().claim(ELSEWHERE)
    expire(lease=lease.token)
    assert lease.renew()
    assert Stimulus.objects.reap() == 0
    expire(lease=lease.token)
    Stimulus.objects.reap()
    assert not lease.renew()


def test_rows_of_a_dead_process_of_this_machine_are_released_at_once(batch):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = worker_name().rpartition(":")[0]
    batch(stimuli=2).stimuli.claim(f"{host}:{dead.pid}")
    assert Stimulus.objects.reap() == 2
    Stimulus.objects.all().claim(worker_name())
    assert Stimulus.objects.reap() == 0, "a living process keeps its lease"


@pytest.mark.parametrize("worker", ["another-machine:1", "no process id", "", ":"])
def test_processes_of_other_machines_are_never_assumed_dead(worker):
    assert not is_gone(worker)


def test_a_late_worker_does_not_overwrite_a_result(batch):
    trial = batch(stimuli=1)
    late = trial.stimuli.claim(ELSEWHERE)
    expire()
    Stimulus.objects.reap()
    in_time = trial.stimuli.claim(ELSEWHERE)
    row = trial.stimuli.get()
    assert in_time.finish(row.pk, {"sha256": "in time"})
    assert not late.finish(row.pk, {"sha256": "late"})
    assert late.fail("late") == 0
    assert late.fail_attempt("late") == 0
    assert late.release() == 0
    row.refresh_from_db()
    assert (row.state, row.sha256, row.error) == ("done", "in time", "")


def test_a_row_fails_after_three_lost_workers(batch):
    trial = batch(stimuli=1)
    for attempt in range(ATTEMPTS):
        assert trial.stimuli.claim(ELSEWHERE), f"attempt {attempt} is allowed"
        expire()
        Stimulus.objects.reap()
    row = trial.stimuli.get()
    assert row.state == "failed"
    assert "ended 3 times" in row.error
    assert trial.stimuli.claim(ELSEWHERE) is None


def test_an_internal_error_is_retried_twice(batch):
    trial = batch(stimuli=1)
    for _ in range(ATTEMPTS):
        lease = trial.stimuli.claim(ELSEWHERE)
        lease.fail_attempt("out of memory")
    row = trial.stimuli.get()
    assert (row.state, row.attempt, row.error) == ("failed", ATTEMPTS, "out of memory")
    assert row.finished_at is not None


def test_bad_input_fails_at_once_and_does_not_affect_the_others(batch):
    trial = batch(stimuli=3, chunk=3)
    lease = trial.stimuli.claim(ELSEWHERE)
    bad = trial.stimuli.first()
    assert lease.fail("not a picture", [bad.pk]) == 1
    assert lease.rows.count() == 2
    bad.refresh_from_db()
    assert (bad.state, bad.attempt, bad.lease) == ("failed", 1, None)


def test_a_release_costs_no_attempt(batch):
    trial = batch(stimuli=1)
    for _ in range(ATTEMPTS + 1):
        assert trial.stimuli.claim(ELSEWHERE).release() == 1
    assert trial.stimuli.get().attempt == 0


def test_retry_gives_failed_rows_all_their_attempts(batch):
    trial = batch(stimuli=2, chunk=1)
    trial.stimuli.filter(chunk=0).claim(ELSEWHERE).fail("no")
    trial.stimuli.filter(chunk=1).claim(ELSEWHERE)
    assert trial.stimuli.retry() == 1
    row = trial.stimuli.first()
    assert (row.state, row.attempt, row.error) == ("pending", 0, "")


def test_it_counts_progress_from_rows(batch):
    first, second = batch(stimuli=3, chunk=1), batch(stimuli=1, name="other")
    first.stimuli.filter(chunk=0).claim(ELSEWHERE).fail("no")
    first.stimuli.filter(chunk=1).claim(ELSEWHERE)
    progress = Stimulus.objects.progress_by_batch()
    assert (progress[first.pk].failed, progress[first.pk].open, progress[first.pk].total) == (
        1,
        2,
        3,
    )
    assert progress[second.pk] == second.stimuli.progress()


def test_counting_a_batch_reads_nothing_but_the_index_of_the_queue(batch):
    if connection.vendor != "sqlite":
        pytest.skip("the plan of SQLite")
    trial = batch(stimuli=3, chunk=1)
    with CaptureQueriesContext(connection) as queries:
        assert trial.stimuli.progress().pending == 3
        assert trial.stimuli.is_open()
        trial.stimuli.claim(ELSEWHERE).fail("no")
        assert not trial.stimuli.is_open()
    counting, opening = queries.captured_queries[0]["sql"], queries.captured_queries[1]["sql"]
    with connection.cursor() as cursor:
        for query in (counting, opening):
            plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())
            assert "COVERING INDEX stimulus_queue (state=? AND batch_id=?)" in plan, plan


def test_the_pace_is_that_of_the_latest_images_and_all_workers(batch, monkeypatch):
    rows = batch(stimuli=6, chunk=1).stimuli
    assert rows.seconds_per_image() is None
    for chunk, seconds in enumerate((1000.0, 4.0, 8.0)):
        rows.filter(chunk=chunk).claim(ELSEWHERE).finish(
            rows.get(chunk=chunk).pk, {"seconds": seconds}
        )
    assert rows.seconds_per_image() is None  # no active worker
    monkeypatch.setattr(ledger, "LATEST", 2)
    rows.filter(chunk=3).claim("there:1")
    assert rows.seconds_per_image() == 6
    rows.filter(chunk=4).claim("there:2")
    assert rows.seconds_per_image() == 3


@pytest.mark.django_db(transaction=True)
def test_eight_threads_never_claim_a_row_twice(batch):
    batch(stimuli=60, chunk=3)
    start, taken = threading.Barrier(8), []

    def work(number: int) -> None:
        start.wait()
        while (chunk := Stimulus.objects.next_chunk()).exists():
            if lease := chunk.claim(f"{ELSEWHERE}{number}"):
                taken.extend(row.pk for row in lease.rows)
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 60
    assert Stimulus.objects.filter(state="running", attempt=1).count() == 60


RACE_IN_POSTGRES = """
import threading
from django.db import connection
from django.test.utils import CaptureQueriesContext
from transfer.models import Batch, Picture, Stimulus

values = {"name": "race", "file": "c.png", "width": 9, "height": 9}
content, _ = Picture.objects.get_or_create(role="content", sha256="race", defaults=values)
batch = Batch.objects.create(name="race", recipe={})
Stimulus.objects.bulk_create(
    Stimulus(batch=batch, recipe_key=str(n), chunk=n // 3, content=content) for n in range(60)
)
start, taken = threading.Barrier(8), []

def work(number):
    start.wait()
    while (chunk := batch.stimuli.next_chunk()).exists():
        if lease := chunk.claim(f"another-machine:{number}"):
            taken.extend(row.pk for row in lease.rows)
    connection.close()

threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(taken), len(set(taken)), batch.stimuli.filter(state="running", attempt=1).count())
batch.delete()
content.delete()
"""


@pytest.mark.postgres
def test_threads_never_claim_a_row_twice_in_postgres():
    url = migrated_postgres()
    answer = manage("shell", "--no-imports", "--command", RACE_IN_POSTGRES, DATABASE_URL=url)
    assert answer.stdout.split() == ["60", "60", "60"], answer.stderr


def test_leases_use_the_clock_of_the_database(batch, monkeypatch):
    """Workers whose clocks differ by hours share a batch, and never claim each other's rows."""
    rows = batch().stimuli.all()
    for hours in (-5, 5):
        wrong = timezone.now() + timedelta(hours=hours)
        with monkeypatch.context() as patch:
            patch.setattr("django.utils.timezone.now", lambda wrong=wrong: wrong)
            lease = rows.next_chunk().claim(f"elsewhere:{hours}")
            assert lease.renew()
            assert rows.reap() == 0
        assert rows.reap() == 0
        until = lease.rows.first().lease_until
        assert abs(until - timezone.now() - LEASE) < timedelta(seconds=30)
