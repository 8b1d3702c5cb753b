"""A PostgreSQL server that a test may stop and start."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import free_port


class Postgres:
    """A PostgreSQL server of its own, which reaches the disk as in production."""

    def __init__(self, programs: Path) -> None:
        self.programs, self.port = programs, free_port()
        self.account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        made = subprocess.run(
            [*self.account, "mktemp", "-d", "/tmp/ecspace-outage.XXXXXX"],
            capture_output=True, text=True, check=True, cwd="/",
        )  # fmt: skip
        self.folder = made.stdout.strip()
        self.url = f"postgres://ecspace@127.0.0.1:{self.port}/ecspace"
        self._run("initdb", "--pgdata", f"{self.folder}/d", "--username", "ecspace",
                  "--auth", "trust", "--encoding", "UTF8", "--no-sync")  # fmt: skip
        self.start()
        self._run("createdb", "--host", "127.0.0.1", "--port", str(self.port),
                  "--username", "ecspace", "ecspace")  # fmt: skip

    def _run(self, program: str, *words: str, check: bool = True) -> None:
        subprocess.run(
            [*self.account, str(self.programs / program), *words],
            cwd="/", check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        self._run("pg_ctl", "--pgdata", f"{self.folder}/d", "--log", f"{self.folder}/log",
                  "--wait", "start", "--options", options)  # fmt: skip

    def stop(self, mode: str) -> None:
        self._run("pg_ctl", "--pgdata", f"{self.folder}/d", "--mode", mode, "--wait", "stop",
                  check=False)  # fmt: skip


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    made = Postgres(found[-1].parent)
    yield made
    made.stop("immediate")
    shutil.rmtree(made.folder, ignore_errors=True)
