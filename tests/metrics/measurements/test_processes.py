"""`measure` and workers as processes of their own: the same numbers, and signals in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

STIMULI = 12
SET_UP = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.studies.world import batch_of
batch_of(2, 2)
"""
MEASURE = ("measure", "--batch", "batch 1")


class Installation:
    """A data folder of its own, with a batch of finished stimuli, used by processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "ECSPACE_DATA": str(folder),
            "SECRET_KEY": "for this test only",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "",
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return out + err

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.folder / "ecspace.sqlite3", timeout=30) as database:
            return database.execute(query).fetchall()

    def numbers(self) -> list[tuple[object, ...]]:
        """Every measurement, to the last bit."""
        return self.rows(
            "SELECT stimulus_id, statistic, instrument, value FROM metrics_measurement "
            "ORDER BY 1, 2"
        )

    def states(self) -> set[object]:
        return {state for (state,) in self.rows("SELECT state FROM metrics_measurementjob")}

    def halves(self) -> list[tuple[object, ...]]:
        """Jobs whose state and number of stored numbers do not agree."""
        return self.rows(
            """
            SELECT job.id, job.state, COUNT(number.id) FROM metrics_measurementjob AS job
            JOIN metrics_measuringorder AS wish ON wish.id = job.order_id
            LEFT JOIN metrics_measurement AS number ON number.stimulus_id = job.stimulus_id
              AND substr(number.statistic, 1, 1) = wish.statistic
            GROUP BY job.id, job.state, wish.statistic
            HAVING COUNT(number.id) <>
              CASE WHEN job.state <> 'done' THEN 0 WHEN wish.statistic = 'E' THEN 5 ELSE 1 END
            """
        )

    def wait_until(self, states: set[str]) -> None:
        deadline = time.monotonic() + 300
        while not states <= self.states():
            assert time.monotonic() < deadline, self.states()
            time.sleep(0.005)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Installation(tmp_path_factory.mktemp("measured") / "data")
    subprocess.run([sys.executable, "-c", SET_UP], cwd=ROOT, env=made.environment, check=True)
    return made.folder


@pytest.fixture
def installation(template: Path, tmp_path: Path) -> Installation:
    return Installation(shutil.copytree(template, tmp_path / "data"))


@pytest.fixture(scope="module")
def expected(template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """The numbers that one process measures."""
    folder = tmp_path_factory.mktemp("expected") / "data"
    alone = Installation(shutil.copytree(template, folder))
    said = alone.run(*MEASURE, "--processes", "1")
    assert f"E: {STIMULI} measured" in said and f"C: {STIMULI} measured" in said
    return alone.numbers()


def test_two_processes_measure_the_same_bits(
    installation: Installation, expected: list[tuple[object, ...]]
) -> None:
    installation.run(*MEASURE, "--processes", "2")
    assert installation.numbers() == expected
    workers = installation.rows("SELECT DISTINCT worker FROM metrics_measurementjob")
    assert len(workers) == 2


def test_a_worker_measures_the_same_bits(
    installation: Installation, expected: list[tuple[object, ...]]
) -> None:
    assert "24 measurements wait" in installation.run(*MEASURE, "--queue")
    installation.run("worker", "--drain", "--interval", "0.05")
    assert installation.numbers() == expected


@pytest.mark.parametrize(
    ("number", "processes"),
    [(signal.SIGKILL, "1"), (signal.SIGKILL, "2"), (signal.SIGINT, "2"), (signal.SIGTERM, "1")],
)
def test_it_goes_on_after_a_signal(
    installation: Installation,
    expected: list[tuple[object, ...]],
    number: signal.Signals,
    processes: str,
) -> None:
    process = installation.start(*MEASURE, "--processes", processes)
    installation.wait_until({"done", "running"})
    os.killpg(process.pid, number)  # as a terminal or the end of a machine would
    _, err = process.communicate(timeout=300)
    assert not installation.halves()
    assert "pending" in installation.states()
    if number != signal.SIGKILL:
        assert process.returncode == 130 and "running" not in installation.states(), err
        assert "the same command measures the rest" in err and "Traceback" not in err
    installation.run(*MEASURE, "--processes", processes)
    assert installation.states() == {"done"} and not installation.halves()
    assert installation.numbers() == expected


def test_its_processes_end_with_it(installation: Installation) -> None:
    process = installation.start(*MEASURE, "--processes", "2")
    installation.wait_until({"done", "running"})
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while "running" in installation.states():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "pending" in installation.states()


def test_a_damaged_picture_fails_its_own_row_in_either_process(installation: Installation) -> None:
    ((file,),) = installation.rows("SELECT file FROM transfer_stimulus LIMIT 1")
    (installation.folder / "media" / str(file)).write_bytes(b"not a picture")
    process = installation.start(*MEASURE, "--processes", "2")
    _, err = process.communicate(timeout=300)
    assert process.returncode == 2
    assert err.count("E of gatys on content-0") == 1 and "2 failed for the reasons above" in err
    assert not installation.halves()
