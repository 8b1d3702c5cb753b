"""Making chunks: files, rows, errors, and interruptions."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from PIL import Image

from common.checksums import sha256_of
from common.errors import InputError, MachineError, StorageError, WeightsError
from transfer.batches import worker
from transfer.batches.claimed import kept
from transfer.batches.launch import launch
from transfer.batches.states import CANCELLED, cancel_batch
from transfer.batches.tasks import make_chunk
from transfer.batches.worker import finite, make
from transfer.models import Batch, Stimulus
from transfer.models.ledger import Lease, Ledger

pytestmark = pytest.mark.django_db


def make_next() -> int:
    return make(Stimulus.objects.next_chunk())


def test_it_makes_a_chunk_and_keeps_the_files(engine, order):
    launch(order(chunk=2))
    assert make_next() == 2
    for row in Stimulus.objects.filter(state="done"):
        assert row.path.name == f"{row.sha256}.png"
        assert sha256_of(row.path) == row.sha256
        assert Image.open(row.path).size == (row.width, row.height)
        assert row.losses == {"content": 1.5, "style": None}
        assert row.device.startswith("c")
        assert row.lease is None
    assert Stimulus.objects.progress().pending == 2


def test_it_hands_the_recipe_to_the_engine(engine, order):
    launch(order(chunk=4, precision="float32", style_weights=[3]))
    make_next()
    (call,) = engine.calls
    assert call["method"] == "gatys"
    assert call["parameters"] == {
        "style_weight": 3.0,
        "iterations": 10,
        "style_layers": ["relu4_1"],
    }
    assert (call["size"], call["precision"], call["encoder"].name) == (40, "float32", "compact")
    assert len(set(call["seeds"])) == 4


def test_without_waiting_rows_nothing_is_made(engine, order):
    launch(order())
    assert make(Stimulus.objects.none()) == 0
    assert engine.calls == []


def test_a_failing_picture_does_not_affect_the_others(engine, order):
    launch(order(chunk=4))
    bad = Stimulus.objects.first()
    engine.bad_seed = bad.seed
    make_next()
    bad.refresh_from_db()
    assert (bad.state, bad.error, bad.file.name) == ("failed", "it diverged", "")
    assert Stimulus.objects.progress().done == 3


def test_a_content_that_is_damaged_fails_its_own_stimuli(engine, order):
    wishes = order(chunk=4)
    launch(wishes)
    wishes.contents[0].path.write_bytes(b"not a picture")
    make_next()
    failed = Stimulus.objects.filter(state="failed")
    assert {row.content for row in failed} == {wishes.contents[0]}
    assert Stimulus.objects.progress().done == 2


def test_bad_input_fails_the_chunk_at_once(engine, order):
    launch(order(chunk=4))
    engine.trouble = InputError("no such layer")
    make_next()
    assert set(Stimulus.objects.values_list("state", "attempt", "error")) == {
        ("failed", 1, "no such layer")
    }


def test_an_internal_error_is_retried_twice(engine, order, caplog):
    launch(order(chunk=4))
    engine.trouble = RuntimeError("a fault")
    while make_next():
        pass
    assert set(Stimulus.objects.values_list("state", "attempt", "error")) == {
        ("failed", 3, "RuntimeError: a fault")
    }
    assert len(engine.calls) == 3


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interruption_releases_the_rows(engine, order, interruption):
    launch(order(chunk=4))
    engine.trouble = interruption()
    with pytest.raises(interruption):
        make_next()
    assert set(Stimulus.objects.values_list("state", "attempt")) == {("pending", 0)}


def test_an_interruption_right_after_the_claim_releases_the_rows(engine, order, monkeypatch):
    launch(order(chunk=4))
    claim = Ledger.claim

    def interrupted(rows, *arguments):
        claim(rows, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(Ledger, "claim", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(Stimulus.objects.get_queryset())
    assert set(Stimulus.objects.values_list("state", "attempt")) == {("pending", 0)}


def test_an_unfinished_chunk_is_computed_as_a_whole(engine, order):
    """A stimulus must not depend on which neighbours were finished before an interruption."""
    batch = launch(order(chunk=4))
    first = batch.stimuli.first()
    batch.stimuli.filter(pk=first.pk).claim("earlier").finish(first.pk, {"sha256": "kept"})
    assert make_next() == 3
    assert len(engine.calls[0]["seeds"]) == 4
    first.refresh_from_db()
    assert first.sha256 == "kept"


def waits(error: str) -> bool:
    """Whether all rows wait with all their attempts, and name the reason."""
    rows = set(Stimulus.objects.values_list("state", "attempt", "lease"))
    texts = Stimulus.objects.values_list("error", flat=True)
    return rows == {("pending", 0, None)} and all(error in text for text in texts)


def test_a_machine_with_other_weights_releases_the_rows(engine, order):
    launch(order(chunk=4))
    engine.fingerprint = "fake:2"
    with pytest.raises(MachineError, match="other weights"):
        make_next()
    assert waits("other weights")
    engine.fingerprint = "fake:1"  # a right worker beside it
    assert make_next() == 4
    assert set(Stimulus.objects.values_list("state", "error")) == {("done", "")}


@pytest.mark.parametrize(
    "trouble",
    [
        MemoryError("none left"),
        RuntimeError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 1 bytes"),
        WeightsError("the weights are not on this machine"),
        ImportError("libgomp.so.1: cannot open shared object file"),
        OSError(5, "Input/output error"),
    ],
)
def test_errors_of_the_machine_fail_no_stimulus(engine, order, trouble):
    launch(order(chunk=4))
    engine.trouble = trouble
    for _ in range(5):
        with pytest.raises(MachineError, match="this machine cannot do it"):
            make_next()
    assert waits(str(trouble)[:20])


def test_a_full_disk_fails_no_stimulus(engine, order, monkeypatch):
    launch(order(chunk=4))
    full = StorageError("cannot write x.png: the disk is full, free some space and try again")
    monkeypatch.setattr("transfer.batches.worker.keep", Mock(side_effect=full))
    for _ in range(5):
        with pytest.raises(StorageError, match="the disk is full"):
            make_next()
    assert waits("the disk is full")
    assert make_chunk.call(list(Stimulus.objects.values_list("pk", flat=True))) == 0


def test_a_database_without_room_fails_no_stimulus(engine, order, monkeypatch):
    launch(order(chunk=4))
    full = OperationalError("database or disk is full")
    monkeypatch.setattr(Lease, "finish", Mock(side_effect=full))
    with pytest.raises(StorageError, match="the disk is full"):
        make_next()
    assert waits("")


@pytest.mark.django_db(transaction=True)
def test_a_worker_continues_with_other_batches_and_ends(engine, order, capsys):
    launch(order(name="wrong", chunk=2))
    Batch.objects.update(recipe={**Batch.objects.get().recipe, "encoder_fingerprint": "fake:2"})
    launch(order(name="right", chunk=4))
    call_command("worker", "--drain", "--interval", "0.01")
    states = set(Stimulus.objects.values_list("batch__name", "state", "attempt"))
    assert states == {("wrong", "pending", 0), ("right", "done", 1)}
    assert (
        "waits for another worker: encoder 'compact' has other weights" in capsys.readouterr().err
    )


@pytest.mark.django_db(transaction=True)
def test_a_worker_waits_for_the_disk_with_growing_pauses(engine, order, monkeypatch, capsys):
    launch(order(chunk=4))
    full = [StorageError("the disk is full")] * 3
    real, pauses = worker.keep, []

    def store(*arguments):
        if full:
            raise full.pop()
        return real(*arguments)

    monkeypatch.setattr(worker, "keep", store)
    monkeypatch.setattr("threading.Event.wait", lambda _, seconds: pauses.append(seconds))
    monkeypatch.setattr("transfer.batches.claimed.kept", lambda _: nullcontext())
    monkeypatch.setattr("transfer.management.commands.worker.present", nullcontext)
    call_command("worker", "--drain")
    assert pauses == [1, 2, 4]
    assert set(Stimulus.objects.values_list("state", flat=True)) == {"done"}
    assert "next attempt in 4 s: the disk is full" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_drains_does_not_wait_for_a_disk_without_end(engine, order, monkeypatch):
    launch(order(chunk=4))
    pauses = []
    monkeypatch.setattr(worker, "keep", Mock(side_effect=StorageError("the disk is full")))
    monkeypatch.setattr("threading.Event.wait", lambda _, seconds: pauses.append(seconds))
    monkeypatch.setattr("transfer.batches.claimed.kept", lambda _: nullcontext())
    monkeypatch.setattr("transfer.management.commands.worker.present", nullcontext)
    with pytest.raises(CommandError, match="the disk is full") as caught:
        call_command("worker", "--drain")
    assert caught.value.returncode == 2
    assert pauses == [1, 2, 4, 8, 16]
    assert set(Stimulus.objects.values_list("state", "attempt")) == {("pending", 0)}


@pytest.mark.django_db(transaction=True)
def test_a_worker_waits_for_a_database_that_is_away(engine, order, monkeypatch, capsys):
    launch(order(chunk=2))
    real, answers = Ledger.reap, [False, True, True, False]
    pauses = []

    def reap(rows):
        if rows.model is Stimulus and answers and answers.pop(0):
            raise OperationalError("server closed the connection\nunexpectedly")
        return real(rows)

    monkeypatch.setattr(Ledger, "reap", reap)
    monkeypatch.setattr("threading.Event.wait", lambda _, seconds: pauses.append(seconds))
    monkeypatch.setattr("transfer.batches.claimed.kept", lambda _: nullcontext())
    monkeypatch.setattr("transfer.management.commands.worker.present", nullcontext)
    call_command("worker", "--drain")
    assert pauses == [1, 2]
    assert set(Stimulus.objects.values_list("state", flat=True)) == {"done"}
    said = capsys.readouterr().err
    assert "the database cannot be used: server closed the connection unexpectedly" in said
    answers += [True]
    with pytest.raises(CommandError, match="the database cannot be used"):  # at the first attempt
        call_command("worker", "--drain")


def test_a_task_may_run_twice(engine, order):
    launch(order(chunk=4))
    ids = list(Stimulus.objects.values_list("pk", flat=True))
    assert make_chunk.call(ids) == 4
    assert make_chunk.call(ids) == 0
    assert len(engine.calls) == 1


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_the_work_goes_on(batch):
    lease = batch().stimuli.next_chunk().claim("here:1")
    before = lease.rows.first().lease_until
    with kept(lease, every=0.01):
        for _ in range(200):
            if lease.rows.first().lease_until > before:
                break
            threading.Event().wait(0.01)
    assert lease.rows.first().lease_until > before
    assert "lease" not in {thread.name for thread in threading.enumerate()}


def test_losses_that_are_not_finite_become_null():
    assert finite({"a": 1.0, "b": float("nan"), "c": float("-inf")}) == {
        "a": 1.0, "b": None, "c": None,
    }  # fmt: skip


def test_a_batch_that_is_cancelled_between_claim_and_start_is_left(
    engine, order, monkeypatch, caplog
):
    made = launch(order(chunk=4))
    real = worker._make_claimed

    def cancelled_first(lease, progress):
        cancel_batch(made)
        real(lease, progress)

    monkeypatch.setattr(worker, "_make_claimed", cancelled_first)
    make_next()
    assert engine.calls == [] and caplog.records == []
    assert set(made.stimuli.values_list("state", "error")) == {("failed", CANCELLED)}
