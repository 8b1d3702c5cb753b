"""Whoever works on a batch and its measurements, the pictures and numbers are the same bits."""

from __future__ import annotations

import os
import shutil
import signal
import time
import uuid
from pathlib import Path

import pytest

from tests.common.test_object_store import ACCESS, BUCKET, names_in, server  # noqa: F401
from tests.transfer.batches.installations import Made, Shared, draw_pictures, new_database

GENERATE = (
    "generate", "--name", "trial", "--methods", "adain", "universal", "gatys", "--encoder",
    "compact", "--size", "64", "--iterations", "2", "--queue",
)  # fmt: skip
STIMULI = 60
"""Five contents in four styles by three methods."""
DRAIN = ("worker", "--drain", "--processes", "1", "--interval", "0.1")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    return draw_pictures(
        tmp_path_factory.mktemp("pictures") / "all", contents=5, styles=4, annotated=True
    )


@pytest.fixture(scope="module")
def template(pictures, tmp_path_factory) -> Path:
    made = Shared(tmp_path_factory.mktemp("template") / "data")
    made.set_up(pictures)
    return made.folder


@pytest.fixture(scope="module")
def expected(template, tmp_path_factory) -> Made:
    """What one process makes when it launches the batch."""
    alone = Shared(shutil.copytree(template, tmp_path_factory.mktemp("alone") / "data"))
    alone.environment["TASK_BACKEND"] = "immediate"
    alone.run(*GENERATE)
    found = alone.made()
    assert len(found.hashes) == STIMULI == len(set(found.hashes.values()))
    # E is five numbers and C is one; the instrument of C says whether it read annotations.
    assert len(found.numbers) == 6 * STIMULI
    assert len({instrument for *_, instrument, _ in found.numbers}) >= 3
    return found


def check(made: Shared, expected: Made) -> None:
    """Every row was made once, at the first attempt, and is as expected."""
    assert set(map(frozenset, made.jobs().values())) == {frozenset({("done", 1)})}
    assert made.made() == expected


def test_one_worker_on_sqlite(template, expected, tmp_path):
    made = Shared(shutil.copytree(template, tmp_path / "data"))
    made.run(*GENERATE)
    made.run(*DRAIN)
    check(made, expected)


@pytest.mark.postgres
def test_two_workers_on_postgres(pictures, expected, tmp_path):
    with new_database(os.environ["TEST_POSTGRES_URL"]) as url:
        made = Shared(tmp_path / "data", url)
        made.set_up(pictures)
        workers = [made.start(*DRAIN[:1], *DRAIN[2:]) for _ in range(2)]
        present = "SELECT count(*) FROM transfer_workerprocess"
        deadline = time.monotonic() + 200
        while made.ask(present) != [(2,)]:
            assert time.monotonic() < deadline and all(one.poll() is None for one in workers)
            time.sleep(0.1)
        made.run(*GENERATE)
        left = "SELECT count(*) FROM metrics_measurementjob WHERE state = 'done'"
        while made.ask(left) != [(2 * STIMULI,)]:
            assert time.monotonic() < deadline and all(one.poll() is None for one in workers)
            time.sleep(0.1)
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            _, said = worker.communicate(timeout=60)
            assert worker.returncode == 0, said
        check(made, expected)
        assert len(made.workers()) == 2


@pytest.mark.ray
def test_two_actors_of_ray(template, expected, tmp_path):
    made = Shared(shutil.copytree(template, tmp_path / "data"))
    made.environment["TASK_BACKEND"] = "ray"
    made.environment["RAY_worker_niceness"] = "0"  # other tests must not hold up the actors
    made.run(*GENERATE)
    made.run("ray_workers", "--drain", "--actors", "2", "--interval", "0.1")
    check(made, expected)
    assert len(made.workers()) == 2


def test_a_worker_with_nothing_but_the_database_and_the_store(
    pictures,
    expected,
    tmp_path,
    server,  # noqa: F811
):
    office = Shared(tmp_path / "office")
    prefix = uuid.uuid4().hex
    office.environment |= ACCESS | {
        "AWS_ENDPOINT_URL_S3": server,
        "STORAGE_URL": f"s3://{BUCKET}/{prefix}",
    }
    office.set_up(pictures)
    office.run(*GENERATE)
    laboratory = Shared(tmp_path / "laboratory")
    laboratory.environment = office.environment | {
        "ECSPACE_DATA": str(laboratory.folder),
        "DATABASE_URL": f"sqlite:///{office.database}",
    }
    laboratory.run(*DRAIN)
    check(office, expected)
    stored = [name for name in names_in((server, prefix)) if name.startswith("stimuli/")]
    assert sorted(name[-68:-4] for name in stored) == sorted(expected.hashes.values())
