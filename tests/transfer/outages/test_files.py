"""A full disk, and an object store that does not answer, while a worker writes pictures."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.common.test_object_store import ACCESS, BUCKET, client_of, names_in
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


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def refused(made: Shared, reason: str) -> int:
    """How often a worker has said that it cannot store a result."""
    return sum(reason in line for line in log_of(made).read_text().splitlines())


def test_a_disk_that_is_full_makes_rows_wait(
    crew: Crew, launched: Path, tmp_path: Path, expected: Made, say: Callable[[str], None]
) -> None:
    if os.geteuid():
        pytest.skip("only root mounts a disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        made = Shared(shutil.copytree(launched, disk / "data"))
        # The database and the messages lie on another disk, as with PostgreSQL.
        made.database = tmp_path / "ecspace.sqlite3"
        shutil.copy(launched / "ecspace.sqlite3", made.database)
        made.environment["DATABASE_URL"] = f"sqlite:///{made.database}"
        (disk / "data.log").symlink_to(tmp_path / "data.log")
        dice, full = random.Random(175), 0
        worker = crew.start(made, *WORK, "--only", "stimuli")
        wait_for(lambda: rows(made, "done") > 0)
        for _ in range(ROUNDS):
            wait_for(lambda: rows(made, "running") > 0 or not rows(made, "pending"))
            time.sleep(dice.uniform(0, 0.3))
            before = refused(made, "the disk is full")
            with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
            wait_for(
                lambda before=before: (
                    refused(made, "the disk is full") > before or not rows(made, "pending")
                )
            )
            full += refused(made, "the disk is full") > before
            done = rows(made, "done")
            (disk / "filler").unlink()
            wait_for(lambda done=done: rows(made, "done") > done or not rows(made, "pending"))
        assert not rows(made, "failed") and full >= ROUNDS // 2
        worker.terminate()
        worker.join(PATIENCE)
        assert worker.exitcode == 0
        finish(crew, made)
        check_whole(crew, made, expected)
        say(f"the disk was full {full} times while a picture was to be written")
    finally:
        crew.end()
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_store_that_is_away_makes_rows_wait(
    crew: Crew, drawn: Path, tmp_path: Path, expected: Made, say: Callable[[str], None]
) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address, prefix = f"http://{host}:{port}", uuid.uuid4().hex
    try:
        client_of(address).create_bucket(Bucket=BUCKET)
        made = Shared(tmp_path / "data")
        made.environment |= ACCESS | {
            "AWS_ENDPOINT_URL_S3": address,
            "STORAGE_URL": f"s3://{BUCKET}/{prefix}",
        }
        made.set_up(drawn)
        crew.run(made, *GENERATE)
        dice, away = random.Random(176), 0
        worker = crew.start(made, *WORK)
        wait_for(lambda: rows(made, "done") > 0)
        for _ in range(FEW):
            wait_for(lambda: rows(made, "running") > 0 or not rows(made, "pending"))
            time.sleep(dice.uniform(0, 0.5))
            before = refused(made, "cannot be written to")
            server.stop()
            time.sleep(10)
            server = ThreadedMotoServer(ip_address=host, port=port)  # it keeps what it stores
            server.start()
            away += refused(made, "cannot be written to") > before
            done = rows(made, "done")
            wait_for(lambda done=done: rows(made, "done") > done or not rows(made, "pending"))
        assert worker.is_alive() and not rows(made, "failed") and away >= 1
        worker.terminate()
        worker.join(PATIENCE)
        assert worker.exitcode == 0
        finish(crew, made)
        check_whole(crew, made, expected)
        stored = [name for name in names_in((address, prefix)) if name.startswith("stimuli/")]
        # Two stimuli of a weak style may be the same picture, which is stored once.
        assert sorted(name[-68:-4] for name in stored) == sorted(set(expected.hashes.values()))
        say(f"the store was away {FEW} times, {away} of them when a picture was to be put there")
    finally:
        server.stop()
