"""A database server that stops in the middle of a study."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.live import Person, free_port, server
from tests.project.commands import manage, python

pytestmark = pytest.mark.chaos
SET_UP = """
import django; django.setup()
from studies.models import Study
from studies.planning.opening import open_study, set_consent
from tests.studies.world import batch_of
study = Study.objects.create(
    name="s", kind="E", trials_per_participant=350, participant_target=4, votes_per_pair=8)
study.batches.add(batch_of(6, 6, ("a", "b", "c", "d", "e")))
set_consent(study, "You look at pictures.")
open_study(study)
print(study.entry_url)
"""
STORED = """
import json, django; django.setup()
from studies.models import Trial, Vote
keys = [str(key) for key in Vote.objects.values_list("client_uuid", flat=True)]
print(json.dumps([keys, Trial.objects.filter(outcome="voted").count()]))
"""


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


def test_people_go_on_after_the_database_was_away(postgres: Postgres) -> None:
    """Once it stops in order, once as in a crash; ten seconds each."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            "ECSPACE_DATA": folder,
            "SECRET_KEY": "for this test only",
            "DATABASE_URL": postgres.url,
        }
        assert manage("migrate", "--verbosity", "0", **variables).returncode == 0
        made = python("-c", SET_UP, **variables)
        assert made.returncode == 0, made.stderr
        entry = made.stdout.strip().splitlines()[-1]
        port, ended, failed = free_port(), threading.Event(), []
        people = [Person(port) for _ in range(4)]

        def vote(person: Person) -> None:
            try:
                while not ended.is_set() and person.vote():
                    pass
            except Exception as error:
                failed.append(repr(error))

        def answers() -> int:
            return sum(len(person.acknowledged) for person in people)

        with server(port, variables):
            for person in people:
                person.begin(entry)
            threads = [threading.Thread(target=vote, args=(person,)) for person in people]
            for thread in threads:
                thread.start()
            for mode in ("fast", "immediate"):
                time.sleep(2)
                postgres.stop(mode)
                with pytest.raises(HTTPError) as caught:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{entry}", timeout=30)
                assert caught.value.code >= 500
                assert "Traceback" not in caught.value.read().decode()
                time.sleep(10)
                postgres.start()
                before, begun = answers(), time.monotonic()
                while answers() < before + 8:
                    assert time.monotonic() - begun < 20
                    time.sleep(0.05)
            ended.set()
            for thread in threads:
                thread.join()
        stored, voted = json.loads(python("-c", STORED, **variables).stdout.splitlines()[-1])
        assert not failed
        acknowledged = [str(key) for person in people for key in person.acknowledged]
        assert sorted(stored) == sorted(acknowledged)
        assert voted == len(stored) > 20
