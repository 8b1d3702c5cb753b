"""A database server that stops in the middle of a study."""

from __future__ import annotations

import json
import tempfile
import threading
import time
import urllib.request
from urllib.error import HTTPError

import pytest

from tests.live import Person, free_port, server
from tests.postgres_server import Postgres, postgres  # noqa: F401
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


def test_people_go_on_after_the_database_was_away(postgres: Postgres) -> None:  # noqa: F811
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
