"""A signal during `generate` with a real method: nothing is lost or incomplete."""

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
from PIL import Image

from common.checksums import sha256_of
from tests.transfer.conftest import draw

ROOT = Path(__file__).parents[3]
GENERATE = (
    "generate", "--name", "trial", "--methods", "gatys", "--size", "64", "--iterations", "40",
    "--chunk", "1", "--threads", "1",
)  # fmt: skip


class Installation:
    """A data folder that is used by separate processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return out + err

    def states(self) -> dict[str, str]:
        """File name and state of every stimulus, as another process sees them."""
        with sqlite3.connect(self.folder / "ecspace.sqlite3") as database:
            return dict(database.execute("SELECT recipe_key, state FROM transfer_stimulus"))

    def wait_until(self, states: set[str]) -> None:
        deadline = time.monotonic() + 300
        while not states <= set(self.states().values()):
            assert time.monotonic() < deadline, self.states()
            time.sleep(0.01)

    def files(self) -> dict[str, int]:
        """The finished pictures with their times of writing."""
        paths = (self.folder / "media" / "stimuli").rglob("*.png")
        return {path.name: path.stat().st_mtime_ns for path in paths}


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
