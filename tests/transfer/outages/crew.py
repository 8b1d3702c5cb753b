"""Processes of `manage.py` that start within a second, because what is slow is imported already.

Each is a process of its own, forked from a server that has imported torch but neither Django's
settings nor the project, so it reads the environment of its installation as any other does.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.transfer.batches.installations import Shared
from tests.transfer.batches.test_interruption import ROOT

PRELOAD = ["torch", "torch.nn.functional", "numpy", "scipy.ndimage", "scipy.sparse.linalg",
           "skimage", "PIL.Image", "pandas", "psycopg", "django.core.management"]  # fmt: skip
PATIENCE = 300.0
"""Seconds that a process may take at most."""


class Crew:
    """Starts processes, and ends those that are left."""

    def __init__(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the server, which starts only once
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(PRELOAD)
        self.processes: list[BaseProcess] = []

    def start(self, made: Shared, *words: str, trouble: tuple = ()) -> BaseProcess:
        """Start a command. Its messages are added to the file `log` of the installation.

        Args:
            made: the installation.
            words: as on the command line of `manage.py`.
            trouble: a function of tests.transfer.outages.troubles and its arguments, called first.

        """
        arguments = (made.environment, words, log_of(made), trouble)
        process = self.context.Process(target=run, args=arguments)
        process.start()
        self.processes.append(process)
        return process

    def run(self, made: Shared, *words: str, trouble: tuple = ()) -> None:
        """Run a command to its end, which has to be a good one."""
        process = self.start(made, *words, trouble=trouble)
        process.join(PATIENCE)
        assert process.exitcode == 0, log_of(made).read_text()[-3000:]

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            process.kill()
            process.join()


def log_of(made: Shared) -> Path:
    return made.folder.parent / f"{made.folder.name}.log"


def run(environment: dict[str, str], words: tuple, log: Path, trouble: tuple) -> None:
    """What such a process does."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import django

    django.setup()
    if trouble:
        from tests.transfer.outages import troubles

        getattr(troubles, trouble[0])(*trouble[1:])
    from django.core.management import execute_from_command_line

    sys.argv = ["manage.py", *words]
    execute_from_command_line(sys.argv)
