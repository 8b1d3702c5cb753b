"""Several processes make a batch: the same bits as one, and a killed one is replaced."""

from __future__ import annotations

import os
import shutil
import signal
import time

import pytest

from tests.transfer.batches.test_interruption import Installation, template  # noqa: F401

GENERATE = (
    "generate", "--name", "trial", "--methods", "gatys", "--size", "64", "--iterations", "8",
    "--chunk", "1", "--no-measure",
)  # fmt: skip


@pytest.fixture
def installation(template, tmp_path) -> Installation:  # noqa: F811
    return Installation(shutil.copytree(template, tmp_path / "data"))


def workers(installation: Installation) -> dict[str, int]:
    """Worker → stimuli that it made."""
    query = "SELECT worker, count(*) FROM transfer_stimulus WHERE state = 'done' GROUP BY worker"
    return dict(installation.ask(query))


def test_any_number_of_processes_makes_the_same_bits(template, tmp_path):  # noqa: F811
    hashes = {}
    for number in ("1", "2"):
        made = Installation(shutil.copytree(template, tmp_path / number))
        # As on a machine whose libraries would use several threads.
        made.environment["OMP_NUM_THREADS"] = "3" if number == "1" else "1"
        said = made.run(*GENERATE, "--processes", number)
        assert "4 of 4 images done" in said
        hashes[number] = made.hashes()
        assert 1 <= len(workers(made)) <= int(number)
        (recipe,) = made.ask("SELECT recipe FROM transfer_batch")[0]
        assert '"precision": "auto"' not in recipe and '"threads": 1' in recipe
    assert len(set(hashes["1"].values())) == 4
    assert hashes["1"] == hashes["2"]


def test_a_killed_worker_is_replaced_and_sigterm_ends_all(installation):
    installation.run(*GENERATE, "--style-weight", "1", "2", "3", "4", "--queue")
    watcher = installation.start("worker", "--processes", "2", "--interval", "0.1")
    query = "SELECT name FROM transfer_workerprocess WHERE ended_at IS NULL"

    def processes() -> set[int]:
        return {int(name.rpartition(":")[2]) for (name,) in installation.ask(query)}

    deadline = time.monotonic() + 200
    while len(first := processes()) < 2:
        assert time.monotonic() < deadline and watcher.poll() is None
        time.sleep(0.05)
    victim = min(first)
    os.kill(victim, signal.SIGKILL)
    while not processes() - first:
        assert time.monotonic() < deadline and watcher.poll() is None
        time.sleep(0.05)
    watcher.send_signal(signal.SIGTERM)
    _, said = watcher.communicate(timeout=200)
    assert watcher.returncode == 0, said
    assert "ended by SIGKILL: another one starts" in said
    assert "running" not in set(installation.states().values()) or installation.running(
        f"%:{victim}"
    )
    assert processes() == {victim}  # which could not say that it ended
    for process in processes() | first:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    installation.run("worker", "--drain", "--processes", "1", "--interval", "0.1")
    assert set(installation.states().values()) == {"done"}


def test_ctrl_c_ends_the_processes_of_generate(installation):
    words = (*GENERATE[:-5], "--iterations", "400", "--chunk", "1", "--no-measure")
    process = installation.start(*words, "--processes", "2")
    installation.wait_until({"running"})
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=100)
    assert process.returncode == 130
    assert "the same command continues" in said and "Traceback" not in said
    assert "running" not in installation.states().values()
