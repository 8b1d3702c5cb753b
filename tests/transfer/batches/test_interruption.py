"""A signal during `generate` with a real method: nothing is lost or incomplete."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from common.checksums import sha256_of
from tests.transfer.conftest import draw

ROOT = Path(__file__).parents[3]
GENERATE = (
    "generate", "--name", "trial", "--methods", "gatys", "--size", "64", "--iterations", "40",
    "--chunk", "1", "--threads", "1", "--no-measure",
)  # fmt: skip


class Installation:
    """A data folder that is used by separate processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "ecspace.sqlite3"
        self.environment = os.environ | {
            "ECSPACE_DATA": str(folder),
            "SECRET_KEY": "for this test only",
            "OMP_NUM_THREADS": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }

    def start(self, *words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> str:
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=300)
        finally:
            process.kill()
        assert process.returncode == 0, err
        return out + err

    def ask(self, query: str, *values: str) -> list[tuple]:
        """Rows of the database, as another process sees them."""
        with sqlite3.connect(self.database) as database:
            return database.execute(query, values).fetchall()

    def running(self, worker: str) -> int:
        """How many rows a worker holds."""
        query = "SELECT id FROM transfer_stimulus WHERE state = 'running' AND worker LIKE ?"
        return len(self.ask(query, worker))

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of every stimulus, by its recipe key."""
        return dict(self.ask("SELECT recipe_key, sha256 FROM transfer_stimulus"))

    def attempts(self) -> set[int]:
        """How often stimuli were claimed."""
        return {row[0] for row in self.ask("SELECT attempt FROM transfer_stimulus")}

    def pictures(self) -> list[Path]:
        """The finished pictures."""
        return list((self.folder / "media" / "stimuli").rglob("*.png"))

    def states(self) -> dict[str, str]:
        """Recipe key and state of every stimulus."""
        return dict(self.ask("SELECT recipe_key, state FROM transfer_stimulus"))

    def wait_until(self, states: set[str]) -> None:
        deadline = time.monotonic() + 300
        while not states <= set(self.states().values()):
            assert time.monotonic() < deadline, self.states()
            time.sleep(0.01)

    def files(self) -> dict[str, int]:
        """The finished pictures with their times of writing."""
        return {path.name: path.stat().st_mtime_ns for path in self.pictures()}


SET_UP = """
import sys, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
for role in ("content", "style"):
    call_command("import_pictures", f"{sys.argv[1]}/{role}", role=role)
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A data folder with two contents and two styles."""
    folder = tmp_path_factory.mktemp("pictures")
    for role in ("content", "style"):
        (folder / role).mkdir()
        for number in range(2):
            draw(folder / role / f"{role}-{number}.png", seed=number, size=(64, 48))
    made = Installation(tmp_path_factory.mktemp("template") / "data")
    subprocess.run(
        [sys.executable, "-c", SET_UP, str(folder)], cwd=ROOT, env=made.environment, check=True
    )
    return made.folder


@pytest.fixture
def installation(template, tmp_path) -> Installation:
    return Installation(shutil.copytree(template, tmp_path / "data"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_generate_can_be_resumed_after_a_signal(installation, number):
    process = installation.start(*GENERATE)
    installation.wait_until({"done", "running"})  # in the middle of a later stimulus
    process.send_signal(number)
    process.communicate(timeout=300)
    states = list(installation.states().values())
    before = installation.files()
    assert 1 <= states.count("done") < 4
    # After SIGKILL a row stays in the state running; other signals release it.
    assert states.count("running") == (number == signal.SIGKILL)

    said = installation.run(*GENERATE)
    assert "4 of 4 images done" in said
    assert set(installation.states().values()) == {"done"}
    after = installation.files()
    assert before.items() <= after.items(), "finished stimuli are kept as they were"
    assert len(after) == 4
    for path in (installation.folder / "media" / "stimuli").rglob("*.png"):
        assert sha256_of(path) == path.stem
        assert Image.open(path).size == (64, 48)
    assert not list((installation.folder / "media" / "stimuli").rglob("*tmp*"))


def test_a_worker_finishes_its_chunk_after_a_signal(installation):
    installation.run(*GENERATE, "--queue")
    worker = installation.start("worker", "--interval", "0.05")
    installation.wait_until({"done"})
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=300)
    assert worker.returncode == 0, err
    assert "running" not in installation.states().values()
    installation.run("worker", "--drain", "--interval", "0.05")
    assert set(installation.states().values()) == {"done"}


@pytest.mark.chaos
def test_no_row_file_or_bit_is_lost_while_processes_are_killed(template, tmp_path):
    """Ten times `generate` or `worker` is killed in the middle of a chunk."""
    words = (*GENERATE, "--style-weight", "1", "2", "3", "4", "5", "6", "--chunk", "2")
    calm = Installation(shutil.copytree(template, tmp_path / "calm"))
    calm.run(*words)
    disturbed = Installation(shutil.copytree(template, tmp_path / "disturbed"))
    disturbed.run(*words, "--queue")
    dice, killed = random.Random(11), 0
    for round_ in range(10):
        states = list(disturbed.states().values())
        if states.count("done") == len(states):
            break
        command = words if round_ % 2 == 0 else ("worker", "--interval", "0.2")
        process = disturbed.start(*command)
        deadline = time.monotonic() + 300
        mine = f"%:{process.pid}"
        while not disturbed.running(mine) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(dice.random())
        if process.poll() is None:
            process.kill()
            killed += 1
        process.communicate()
    assert killed >= 4
    # Rows whose worker was killed three times have failed: the command says so, and retries them.
    disturbed.run(*words, "--retry")
    assert set(disturbed.states().values()) == {"done"}
    assert disturbed.hashes() == calm.hashes()
    stored = sorted(path.stem for path in disturbed.pictures())
    assert stored == sorted(set(disturbed.hashes().values()))
    assert all(sha256_of(path) == path.stem for path in disturbed.pictures())


@pytest.mark.chaos
def test_a_full_disk_makes_rows_wait(template, tmp_path):
    """A disk of 40 MB fills up while stimuli are made, and then has room again."""
    if os.geteuid():
        pytest.skip("only root mounts a disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        made = Installation(shutil.copytree(template, disk / "data"))
        # The database lies on another disk, as with PostgreSQL.
        made.database = tmp_path / "db.sqlite3"
        shutil.copy(template / "ecspace.sqlite3", made.database)
        made.environment |= {"DATABASE_URL": f"sqlite:///{made.database}"}
        words = (*GENERATE, "--style-weight", "1", "2", "3", "4", "5", "6")
        process = made.start(*words)
        made.wait_until({"done"})
        with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        _, said = process.communicate(timeout=300)
        assert process.returncode == 2 and "Traceback" not in said
        assert len(said.strip().splitlines()[-1]) < 300
        assert "failed" not in made.states().values()
        (disk / "filler").unlink()
        made.run(*words)
        assert set(made.states().values()) == {"done"}
        assert all(sha256_of(path) == path.stem for path in made.pictures())
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.chaos
def test_workers_whose_clocks_differ_by_hours_share_a_batch(installation, tmp_path):
    (tmp_path / "ahead.py").write_text(AHEAD)
    installation.run(*GENERATE, "--style-weight", "1", "2", "3", "4", "--queue")
    environment = installation.environment | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    drain = ["worker", "--drain", "--interval", "0.2"]
    processes = [
        subprocess.Popen([sys.executable, "-m", "ahead", hours, *drain], cwd=ROOT, env=environment)
        for hours in ("0", "2")
    ]
    assert [process.wait(300) for process in processes] == [0, 0]
    assert set(installation.states().values()) == {"done"}
    assert installation.attempts() == {1}
    assert len(installation.hashes()) == 16


AHEAD = """
import sys
from datetime import timedelta
from django.utils import timezone
shift, real = timedelta(hours=float(sys.argv.pop(1))), timezone.now
timezone.now = lambda: real() + shift
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""
