"""Jobs that measure: several workers, lost leases, interruptions, and what a machine lacks."""

from __future__ import annotations

import argparse
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from common.errors import MachineError, StorageError, WeightsError
from metrics import statistics
from metrics.measurements import jobs, orders
from metrics.measurements.here import measure_here, measure_waiting
from metrics.measurements.jobs import measure_chunk
from metrics.measurements.orders import add_jobs, catch_up, request, start
from metrics.measurements.summary import summary_of, unmeasured
from metrics.measurements.tasks import batch_made, enqueue_waiting, measure_jobs
from metrics.models import Measurement, MeasurementJob
from metrics.statistics.base import Instrument, Sample, Statistic, Value
from tests.studies.world import batch_of
from transfer.models import Batch, Stimulus
from transfer.models.ledger import Lease

pytestmark = pytest.mark.django_db
TWO = ("D1", "D2")


class Double(Instrument):
    """Two numbers of a stimulus; does what a test asks for before it measures."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.before: Any = lambda sample: None
        self.lock = threading.Lock()

    def name(self, sample: Sample) -> str:
        return "double"

    def measure(self, sample: Sample) -> dict[str, Value]:
        with self.lock:
            self.seen[sample.image.name] += 1
        self.before(sample)
        return {name: Value(float(number)) for number, name in enumerate(TWO)}


@pytest.fixture
def double(settings, tmp_path) -> Iterator[Double]:
    """The only statistic, D of two numbers, and its instrument."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    instrument = Double()

    class Doubled(Statistic):
        key: ClassVar[str] = "D"
        names = TWO
        reference = "style"
        together = 2

        @classmethod
        def add_options(cls, parser: argparse.ArgumentParser) -> None:
            pass

        @classmethod
        def open(cls, settings: Any, collection: Any, progress: Any) -> Double:
            return instrument

    # Restored as a whole: the order of the registry is that of the columns of tables.
    registered = dict(statistics.STATISTICS)
    statistics.STATISTICS.clear()
    statistics.STATISTICS["D"] = Doubled
    yield instrument
    statistics.STATISTICS.clear()
    statistics.STATISTICS.update(registered)


@pytest.fixture
def order(double: Double):
    """Twelve stimuli that wait to be measured, in chunks of two."""
    return start(batch_of(2, 2), "D", {})


def states() -> dict[tuple[str, int], int]:
    return Counter(MeasurementJob.objects.values_list("state", "attempt"))


def measure_all(order) -> None:
    measure_waiting([order], set())


def test_a_chunk_holds_stimuli_of_one_reference(order) -> None:
    chunks = Counter(order.jobs.values_list("chunk", "reference"))
    assert len(chunks) == 6 and set(chunks.values()) == {2}
    assert measure_chunk(order.jobs.next_chunk()) == 2
    assert states() == {("done", 1): 2, ("pending", 0): 10}
    assert Measurement.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_workers_measure_everything_once(order, double) -> None:
    begin = threading.Barrier(2)

    def work() -> None:
        begin.wait(30)
        try:
            measure_all(order)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states() == {("done", 1): 12}
    assert set(double.seen.values()) == {1} and len(double.seen) == 12
    assert Measurement.objects.count() == 24
    assert set(MeasurementJob.objects.values_list("instrument", flat=True)) == {"double"}


def test_a_worker_that_lost_its_lease_stores_nothing(order, double) -> None:
    def lose(sample: Sample) -> None:
        MeasurementJob.objects.filter(state="running").update(worker="another:1", lease=None)

    double.before = lose
    measure_chunk(order.jobs.next_chunk())
    assert not Measurement.objects.exists()
    assert order.jobs.progress().running == 2


def test_numbers_and_state_are_written_together(order, monkeypatch) -> None:
    broken = Mock(side_effect=RuntimeError("in the middle"))
    monkeypatch.setattr(Measurement.objects, "bulk_create", broken)
    measure_chunk(order.jobs.next_chunk())
    assert not Measurement.objects.exists()
    assert states() == {("pending", 0): 10, ("pending", 1): 2}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interruption_gives_the_rest_back(order, double, interruption) -> None:
    def stop(sample: Sample) -> None:
        if double.seen.total() == 2:
            raise interruption

    double.before = stop
    with pytest.raises(interruption):
        measure_all(order)
    assert states() == {("done", 1): 1, ("pending", 0): 11}
    double.before = lambda sample: None
    measure_all(order)
    assert states() == {("done", 1): 12}
    assert Measurement.objects.count() == 24


@pytest.mark.parametrize(
    "trouble",
    [
        MemoryError("none left"),
        RuntimeError("CUDA out of memory"),
        WeightsError("the weights are not on this machine"),
        OSError(5, "Input/output error"),
    ],
)
def test_what_the_machine_lacks_fails_nothing(order, double, trouble) -> None:
    double.before = Mock(side_effect=trouble)
    tried: set[int] = set()
    measure_waiting([order], tried)
    assert len(tried) == 12 and states() == {("pending", 0): 12}
    assert str(trouble)[:10] in summary_of(order.batch).reason
    with pytest.raises(MachineError):
        measure_chunk(order.jobs.next_chunk())
    assert measure_jobs.call(list(order.jobs.values_list("pk", flat=True))) == 0


def test_a_full_disk_fails_nothing(order, monkeypatch) -> None:
    full = OperationalError("database or disk is full")
    monkeypatch.setattr(Lease, "finish", Mock(side_effect=full))
    with pytest.raises(StorageError, match="the disk is full"):
        measure_all(order)
    assert states() == {("pending", 0): 12}
    assert "the disk is full" in summary_of(order.batch).reason


def test_a_fault_is_tried_three_times_and_named(order, double) -> None:
    bad = order.jobs.first().stimulus.path.name

    def fault(sample: Sample) -> None:
        if sample.image.name == bad:
            raise RuntimeError("a fault")

    double.before = fault
    measure_all(order)
    failed = order.jobs.get(state="failed")
    assert (failed.attempt, failed.error) == (3, "RuntimeError: a fault")
    assert order.jobs.progress().done == 11  # its neighbour too
    shown = summary_of(order.batch)
    assert shown.progress.failed == 1 and not shown.is_complete
    label, reason = shown.failures[0]
    assert label.startswith("D of gatys on content-0") and reason == "RuntimeError: a fault"
    double.before = lambda sample: None
    start(order.batch, "D", {})
    measure_all(order)
    assert order.jobs.progress().done == 12
    assert summary_of(order.batch).is_complete


def test_what_a_killed_worker_held_is_measured_by_the_next(order) -> None:
    order.jobs.next_chunk().claim("another-machine:1")
    expired = timezone.now() - timedelta(seconds=1)
    MeasurementJob.objects.filter(state="running").update(lease_until=expired)
    measure_here([order], 1, lambda *_: None)
    assert states() == {("done", 2): 2, ("done", 1): 10}


def test_a_chunk_that_was_taken_back_between_claim_and_start_is_left(
    order, double, monkeypatch, caplog
) -> None:
    """As when the clock jumps: another worker holds the rows before this one has read them."""
    real = jobs._measure_claimed

    def taken_first(lease: Lease) -> None:
        lease.rows.update(worker="another:1", lease=uuid.uuid4())
        real(lease)

    monkeypatch.setattr(jobs, "_measure_claimed", taken_first)
    assert measure_chunk(order.jobs.next_chunk()) == 2
    assert not double.seen and not caplog.records and not Measurement.objects.exists()
    held = order.jobs.filter(state="running")
    assert set(held.values_list("worker", "error", "attempt")) == {("another:1", "", 1)}


def test_a_task_runs_twice_without_harm(order, double) -> None:
    ids = list(order.jobs.values_list("pk", flat=True))
    assert measure_jobs.call(ids) == 12
    assert measure_jobs.call(ids) == 0
    assert double.seen.total() == 12


def test_tasks_carry_several_chunks(order, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue_waiting(order)
    sizes = [len(task.args_kwargs["args"][0]) for task in DBTaskResult.objects.all()]
    assert sorted(sizes) == [4, 8]


def test_an_order_is_given_once_and_grows_with_its_batch(double) -> None:
    batch = batch_of(2, 2)
    first = batch.stimuli.first()
    batch.stimuli.filter(pk=first.pk).update(state=Stimulus.State.PENDING)
    request(batch)
    (order,) = batch.measuring_orders.all()
    assert not order.jobs.exists()  # until all stimuli are made
    batch.stimuli.update(state=Stimulus.State.DONE)
    catch_up()
    assert order.jobs.count() == 12
    batch_made(batch, False)
    request(batch)
    assert order.jobs.count() == 12 and batch.measuring_orders.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_that_add_the_same_jobs_add_them_once(double, monkeypatch) -> None:
    order = orders.order_of(batch_of(2, 2), "D", {})
    both, real = threading.Barrier(2), orders.pairs_of

    def together(*arguments: Any) -> Any:
        found = real(*arguments)
        both.wait(30)
        return found

    monkeypatch.setattr(orders, "pairs_of", together)

    def add() -> None:
        try:
            add_jobs(order)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order.jobs.count() == 12


def test_it_counts_what_is_not_measured(order) -> None:
    batch = order.batch
    other = Batch.objects.create(name="empty", recipe={})
    assert unmeasured([batch, other]) == {}  # it is being measured
    measure_all(order)
    assert unmeasured([batch, other]) == {}
    Measurement.objects.filter(stimulus=batch.stimuli.first()).delete()
    assert unmeasured([batch, other]) == {batch.pk: 1}


def test_the_number_of_measured_stimuli_is_kept_until_more_are_measured(order) -> None:
    def shown() -> tuple[int, int]:
        (one,) = summary_of(order.batch).statistics
        return one.measured, one.total

    measure_chunk(order.jobs.next_chunk())
    assert shown() == (2, 12)
    with CaptureQueriesContext(connection) as queries:
        assert shown() == (2, 12)
    assert not any('GROUP BY "metrics_measurement"' in query["sql"] for query in queries)
    measure_all(order)
    assert shown() == (12, 12)
    Measurement.objects.filter(stimulus=order.batch.stimuli.first()).delete()
    order.batch.stimuli.first().delete()
    assert shown() == (11, 11)


def test_claiming_reads_few_rows(order) -> None:
    """A claim and a renewal use their indices, however many jobs there are."""
    if connection.vendor != "sqlite":
        pytest.skip("the plan of SQLite")
    for rows in (order.jobs.filter(state="pending").order_by("order_id", "chunk"),
                 MeasurementJob.objects.filter(lease="0" * 32, state="running")):  # fmt: skip
        plan = rows.explain()
        assert "USING" in plan and "INDEX" in plan and "SCAN" not in plan, plan
