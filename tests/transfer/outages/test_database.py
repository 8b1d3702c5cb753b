"""A PostgreSQL server that stops while workers work, and whose clock jumps."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.postgres_server import Postgres, postgres  # noqa: F401
from tests.transfer.batches.installations import Made, Shared
from tests.transfer.outages.conftest import (
    FEW,
    GENERATE,
    ROUNDS,
    WORK,
    check_whole,
    finish,
    rows,
)
from tests.transfer.outages.crew import PATIENCE, Crew, log_of

pytestmark = pytest.mark.chaos
AWAY = 10.0
"""Seconds without a server."""
CLOCK = """
    CREATE SCHEMA clock;
    CREATE TABLE clock.shift (hours float);
    INSERT INTO clock.shift VALUES (0);
    CREATE FUNCTION clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT pg_catalog.statement_timestamp() + hours * interval '1 hour' FROM clock.shift $$;
    ALTER DATABASE ecspace SET search_path = clock, public, pg_catalog;
"""
"""The time that the platform reads from the database, moved by some hours."""


@pytest.fixture
def served(postgres: Postgres, drawn: Path, tmp_path: Path) -> Shared:  # noqa: F811
    """An installation on a server of its own, in which the batch waits."""
    made = Shared(tmp_path / "data", postgres.url)
    made.set_up(drawn)
    return made


def progress(made: Shared) -> int:
    return rows(made, "done")


def test_workers_go_on_after_the_server_was_away(
    crew: Crew,
    served: Shared,
    expected: Made,
    postgres: Postgres,  # noqa: F811
    say: Callable[[str], None],
) -> None:
    """In order and as in a crash, in turn; rows that a worker held wait for the end of a lease."""
    dice, held = random.Random(173), 0
    crew.run(served, *GENERATE)
    workers = [crew.start(served, *WORK) for _ in range(2)]
    for round_ in range(FEW):
        deadline = time.monotonic() + PATIENCE
        done = progress(served)
        while progress(served) == done and rows(served, "pending"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(dice.uniform(0, 1))
        held += bool(rows(served, "running"))
        postgres.stop(("fast", "immediate")[round_ % 2])
        time.sleep(AWAY)
        postgres.start()
        assert all(worker.is_alive() for worker in workers), log_of(served).read_text()[-2000:]
        if not rows(served, "pending") and not rows(served, "running"):  # all is done: once more
            with psycopg.connect(served.url) as database:
                database.execute("DELETE FROM metrics_measurement")
            crew.run(served, "measure", "--batch", "trial", "--queue")
    for worker in workers:
        worker.terminate()
        worker.join(PATIENCE)
    assert [worker.exitcode for worker in workers] == [0, 0]
    finish(crew, served)
    check_whole(crew, served, expected)
    say(f"stopped the server {FEW} times, {held} of them with rows in work: nothing is lost")


def test_a_clock_that_jumps_an_hour_loses_nothing(
    crew: Crew, served: Shared, expected: Made, say: Callable[[str], None]
) -> None:
    """Ahead or back, while two workers hold rows; a third one is lost before each jump."""
    with psycopg.connect(served.url, autocommit=True) as database:
        database.execute(CLOCK)
    dice = random.Random(174)
    jumps = [(-1) ** number for number in range(ROUNDS)]
    dice.shuffle(jumps)
    crew.run(served, *GENERATE)
    workers = [crew.start(served, *WORK) for _ in range(2)]
    for hours in jumps:
        deadline = time.monotonic() + PATIENCE
        done = progress(served)
        while progress(served) < done + 4 and rows(served, "pending"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with psycopg.connect(served.url) as database:
            # As a machine that claimed a chunk and lost its power.
            database.execute(
                "UPDATE transfer_stimulus SET state = 'running', worker = 'elsewhere:1', "
                "lease = gen_random_uuid(), attempt = 1, lease_until = "
                "clock.statement_timestamp() + interval '60 s' WHERE state = 'pending' AND "
                "chunk = (SELECT max(chunk) FROM transfer_stimulus WHERE state = 'pending')"
            )
        with psycopg.connect(served.url) as database:
            database.execute("UPDATE clock.shift SET hours = hours + %s", (hours,))
        time.sleep(dice.uniform(0, 1))
    deadline = time.monotonic() + PATIENCE
    while rows(served, "running", "elsewhere%"):
        assert time.monotonic() < deadline, "rows are stuck until the clock catches up"
        time.sleep(0.1)
    for worker in workers:
        worker.terminate()
        worker.join(PATIENCE)
    assert [worker.exitcode for worker in workers] == [0, 0]
    finish(crew, served)
    check_whole(crew, served, expected)
    say(f"the clock jumped {jumps.count(1)} times ahead, {jumps.count(-1)} times back")
