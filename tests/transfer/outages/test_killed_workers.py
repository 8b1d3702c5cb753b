"""Workers that are killed, in mid-chunk and between the file and its row."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

import pytest

from tests.transfer.batches.installations import Made, Shared
from tests.transfer.outages.conftest import DRAIN, ROUNDS, WORK, check_whole, finish, rows
from tests.transfer.outages.crew import PATIENCE, Crew

pytestmark = pytest.mark.chaos


def test_a_worker_killed_in_mid_chunk_loses_nothing(
    crew: Crew, disturbed: Shared, expected: Made, say: Callable[[str], None]
) -> None:
    """The first half of the rounds while stimuli are made, the second while they are measured."""
    dice, killed = random.Random(171), 0
    for round_ in range(ROUNDS):
        if round_ == ROUNDS // 2:
            crew.run(disturbed, *DRAIN, "--only", "stimuli")
        kind = "stimuli" if round_ < ROUNDS // 2 else "measurements"
        worker = crew.start(disturbed, *WORK, "--only", kind)
        held_by = f"%:{worker.pid}"
        deadline = time.monotonic() + PATIENCE
        moment = time.monotonic() + dice.uniform(2, 5)  # it starts for a second or two
        while time.monotonic() < moment or not rows(disturbed, "running", held_by):
            assert time.monotonic() < deadline and worker.is_alive()
            time.sleep(0.002)
        worker.kill()
        worker.join()
        killed += bool(rows(disturbed, "running", held_by))
    assert killed >= ROUNDS // 2
    finish(crew, disturbed)
    check_whole(crew, disturbed, expected)
    say(f"killed {ROUNDS} workers, {killed} of them with rows in hand: nothing is lost")


def test_a_worker_killed_between_the_file_and_its_row_loses_nothing(
    crew: Crew, disturbed: Shared, expected: Made, say: Callable[[str], None]
) -> None:
    dice, unnamed, killed = random.Random(172), 0, 0
    for round_ in range(ROUNDS):
        if round_ == ROUNDS // 2:
            crew.run(disturbed, *DRAIN, "--only", "stimuli")
        kind = "stimuli" if round_ < ROUNDS // 2 else "measurements"
        trouble = ("killed_before_commit", dice.randint(1, 3))
        worker = crew.start(disturbed, *WORK, "--only", kind, trouble=trouble)
        worker.join(PATIENCE)
        killed += worker.exitcode == -signal.SIGKILL
        named = set(disturbed.hashes().values())
        unnamed += any(path.stem not in named for path in disturbed.pictures())
        numbers = "SELECT count(*) FROM metrics_measurementjob AS job WHERE state <> 'done' AND "
        assert disturbed.ask(
            numbers + "EXISTS (SELECT 1 FROM metrics_measurement AS number JOIN "
            "metrics_measuringorder AS wish ON wish.id = job.order_id WHERE number.stimulus_id = "
            "job.stimulus_id AND substr(number.statistic, 1, 1) = wish.statistic)"
        ) == [(0,)]
    assert killed == ROUNDS and unnamed >= ROUNDS // 2 - 1
    finish(crew, disturbed)
    check_whole(crew, disturbed, expected)
    say(f"killed {killed} workers before a commit, {unnamed} left a file without a row")
