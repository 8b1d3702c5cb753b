"""A Ray cluster that loses actors, and the process that manages its machine."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.transfer.batches.installations import JOBS, Made, Shared
from tests.transfer.outages.conftest import FEW, ROUNDS, check_whole, finish, rows
from tests.transfer.outages.crew import PATIENCE, Crew

pytestmark = [pytest.mark.chaos, pytest.mark.ray]
RAY = ("ray_workers", "--actors", "2", "--interval", "0.2")


@pytest.fixture
def cluster(disturbed: Shared) -> Shared:
    disturbed.environment["TASK_BACKEND"] = "ray"
    disturbed.environment["RAY_worker_niceness"] = "0"
    return disturbed


def held_by(made: Shared) -> list[int]:
    """The processes that hold rows."""
    query = "SELECT DISTINCT worker FROM {} WHERE state = 'running'"
    found = {row[0] for table in JOBS for row in made.ask(query.format(table))}
    return sorted(int(worker.rpartition(":")[2]) for worker in found)


def children(process: int, word: str) -> list[int]:
    """The children of a process whose command line contains `word`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process and word in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return found


def test_actors_that_are_killed_lose_nothing(
    crew: Crew, cluster: Shared, expected: Made, say: Callable[[str], None]
) -> None:
    dice, killed = random.Random(177), 0
    head = cluster.start(*RAY)
    try:
        for _ in range(ROUNDS):
            deadline = time.monotonic() + PATIENCE
            while not (holders := held_by(cluster)) and rows(cluster, "pending"):
                assert time.monotonic() < deadline and head.poll() is None
                time.sleep(0.01)
            time.sleep(dice.uniform(0, 0.5))
            for process in (held_by(cluster) or holders)[:1]:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    killed += 1
            while killed and any(alive(process) for process in holders[:1]):
                time.sleep(0.02)
        head.send_signal(signal.SIGTERM)
        _, said = head.communicate(timeout=PATIENCE)
    finally:
        head.kill()
    assert head.returncode == 0 and "Traceback" not in said, said
    assert killed >= ROUNDS // 2 and "was lost in chunk" in said
    finish(crew, cluster)
    check_whole(crew, cluster, expected)
    say(f"killed {killed} actors that held rows: nothing is lost")


def test_a_raylet_that_is_killed_loses_nothing(
    crew: Crew, cluster: Shared, expected: Made, say: Callable[[str], None]
) -> None:
    """The machine is then lost to the cluster; another cluster goes on."""
    killed = 0
    for _ in range(FEW):
        head = cluster.start(*RAY)
        try:
            deadline = time.monotonic() + PATIENCE
            while not held_by(cluster):
                assert time.monotonic() < deadline and head.poll() is None
                time.sleep(0.02)
            (raylet,) = children(head.pid, "raylet/raylet")
            holders = held_by(cluster)
            os.kill(raylet, signal.SIGKILL)
            killed += 1
            _, said = head.communicate(timeout=PATIENCE)
            assert head.returncode == 2 and "Traceback" not in said, said
            assert "has lost this machine" in said or "cannot be used" in said
            while any(alive(process) for process in holders):  # Ray ends them
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            head.kill()
    finish(crew, cluster)
    check_whole(crew, cluster, expected)
    say(f"killed {killed} raylets whose actors held rows: nothing is lost")


def alive(process: int) -> bool:
    try:
        state = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
