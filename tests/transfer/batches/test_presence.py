"""The table of processes that work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from transfer.batches.launch import launch
from transfer.batches.presence import present, tell_reaped
from transfer.batches.worker import make
from transfer.batches.worker_list import worker_states
from transfer.models import Stimulus, WorkerProcess
from transfer.models.ledger import worker_name

pytestmark = pytest.mark.django_db


def test_a_process_says_what_it_does_and_when_it_ends(engine, order, monkeypatch):
    batch = launch(order(chunk=2))
    seen: list[WorkerProcess] = []
    stylise = engine.stylise

    def look(method, tasks, **options):
        seen.append(WorkerProcess.objects.get())
        return stylise(method, tasks, **options)

    monkeypatch.setattr(sys.modules["transfer.methods.stylise"], "stylise", look)
    with present("worker"):
        make(batch.stimuli.next_chunk())
        (state,) = worker_states()
        assert (state.state, state.images, state.per_hour) == ("waiting", 2, None)
    assert (seen[0].name, seen[0].command) == (worker_name(), "worker")
    assert seen[0].doing == "trial: 2 stimuli, chunk 0"
    assert seen[0].device.startswith("cpu, torch")
    assert worker_states()[0].state == "ended"


def test_a_process_keeps_its_latest_error(engine, order):
    batch = launch(order(chunk=4))
    engine.trouble = ValueError("no such thing")
    with present("worker"):
        make(batch.stimuli.next_chunk())
        process = WorkerProcess.objects.get()
    assert process.error == "ValueError: no such thing"
    assert process.error_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_process_is_seen_while_it_waits():
    with present("worker", every=0.02):
        first = WorkerProcess.objects.get().seen_at
        deadline = timezone.now() + timedelta(seconds=20)
        while WorkerProcess.objects.get().seen_at == first:
            assert timezone.now() < deadline


def a_process(name: str, **values) -> WorkerProcess:
    now = timezone.now()
    times = {"started_at": now - timedelta(minutes=30), "seen_at": now}
    return WorkerProcess.objects.create(name=name, command="worker", **times | values)


def test_lost_processes_are_told_from_those_that_work():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = worker_name().rpartition(":")[0]
    a_process("far:1", doing="trial: 4 stimuli, chunk 1")
    a_process("far:2", seen_at=timezone.now() - timedelta(minutes=2))
    a_process("far:3", seen_at=timezone.now() + timedelta(hours=1))  # the clock was set back since
    a_process(f"{host}:{ended.pid}")
    states = {one.process.name: one.state for one in worker_states()}
    assert states == {
        "far:1": "working", "far:2": "lost", "far:3": "lost", f"{host}:{ended.pid}": "lost"
    }  # fmt: skip
    assert [worker.name for worker in WorkerProcess.objects.alive()] == ["far:1"]


def test_images_per_hour_come_from_the_ledger(batch):
    batch(stimuli=4)
    a_process("far:1")
    now = timezone.now()
    for age, state in ((5, "done"), (20, "done"), (10, "failed"), (90, "done")):
        row = Stimulus.objects.filter(worker="").first()
        Stimulus.objects.filter(pk=row.pk).update(
            worker="far:1", state=state, finished_at=now - timedelta(minutes=age)
        )
    (one,) = worker_states()
    assert one.images == 2
    assert one.per_hour == pytest.approx(4, rel=0.01)


def test_rows_of_long_ago_are_forgotten():
    a_process("far:1", seen_at=timezone.now() - timedelta(days=8))
    with present("worker"):
        tell_reaped(3)
    row = WorkerProcess.objects.get()
    assert (row.name, row.reaped) == (f"{worker_name()}", 3)
    assert row.name.endswith(f":{os.getpid()}")


def test_the_command_lists_them():
    out = StringIO()
    call_command("workers", stdout=out)
    assert "start one with make worker" in out.getvalue()
    a_process("far:1", doing="trial: 4 stimuli, chunk 1", device="cpu", error="ValueError: no",
              error_at=timezone.now())  # fmt: skip
    out = StringIO()
    call_command("workers", stdout=out)
    assert "far:1  worker  working, cpu, trial: 4 stimuli, chunk 1" in out.getvalue()
    assert "ValueError: no" in out.getvalue()
    out = StringIO()
    call_command("workers", "--json", stdout=out)
    (one,) = json.loads(out.getvalue())
    assert (one["name"], one["state"], one["images"]) == ("far:1", "working", 0)


def test_the_page_shows_them(researcher, client):
    page = "/transfer/workers/"
    assert "No worker is running" in researcher.get(page).content.decode()
    a_process("far:1", doing="trial: 4 stimuli, chunk 1")
    a_process("far:2", seen_at=timezone.now() - timedelta(minutes=2), error="<b>lost</b>",
              error_at=timezone.now())  # fmt: skip
    shown = researcher.get(page).content.decode()
    assert "trial: 4 stimuli, chunk 1" in shown
    assert "&lt;b&gt;lost&lt;/b&gt;" in shown
    assert page in researcher.get("/transfer/batches/").content.decode()
    assert client.get(page).status_code == 302
