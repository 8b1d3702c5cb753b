"""An acknowledged vote survives the death of the server, and a flood of logins hinders nobody."""

from __future__ import annotations

import os
import random
import signal
import statistics
import threading
import time
import uuid
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from subprocess import Popen
from urllib.error import HTTPError

import pytest
from django.db import connection

from studies.models import Study, Trial, Vote
from studies.planning.opening import open_study, set_consent
from tests.conftest import DATA
from tests.live import Person, field, free_port, server
from tests.studies.world import batch_of

pytestmark = pytest.mark.django_db(transaction=True)


def site(port: int) -> AbstractContextManager[Popen[bytes]]:
    """A server on the database file of the tests."""
    name = connection.settings_dict["NAME"]
    return server(port, {"DATABASE_URL": f"sqlite:///{name}", "ECSPACE_DATA": str(DATA)})


def test_it_keeps_every_acknowledged_vote_when_the_server_is_killed(study):
    port = free_port()
    person = Person(port)
    for round_ in range(2):
        with site(port) as process:
            if round_ == 0:
                person.begin(study.entry_url)
            else:
                _, person.text = person.insist(person.address)
            for _ in range(2):
                assert person.vote()
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert Vote.objects.count() == 2 * (round_ + 1)
    assert 'value="4"' in person.text


@pytest.fixture
def crowd():
    """An open study with more trials than anybody answers in these tests."""
    study = Study.objects.create(
        name="crowd", kind="E", trials_per_participant=350, participant_target=8, votes_per_pair=8
    )
    study.batches.add(batch_of(6, 6, ("a", "b", "c", "d", "e")))
    set_consent(study, "You look at pictures.")
    open_study(study)
    return study


def workers(process: Popen[bytes]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(word) for word in children.read_text().split()]


@pytest.mark.chaos
def test_no_vote_is_lost_or_doubled_while_servers_and_workers_are_killed(crowd):
    """Eight people vote without pause; ten times a worker or the whole server is killed."""
    port, dice, failed = free_port(), random.Random(7), []
    people = [Person(port) for _ in range(8)]
    ended = threading.Event()

    def vote(person: Person) -> None:
        try:
            while not ended.is_set() and person.vote(dice.choice(["left", "right"])):
                pass
        except Exception as error:
            failed.append(repr(error))

    threads = [threading.Thread(target=vote, args=(person,)) for person in people]
    killed = 0
    for round_ in range(10):
        with site(port) as process:
            if round_ == 0:
                for person in people:
                    person.begin(crowd.entry_url)
                for thread in threads:
                    thread.start()
            before = sum(len(person.acknowledged) for person in people)
            time.sleep(0.5 + dice.random())
            if round_ % 2 == 0 and (found := workers(process)):
                os.kill(dice.choice(found), signal.SIGKILL)
                killed += 1
                time.sleep(0.5)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with site(port):
        before = sum(len(person.acknowledged) for person in people)
        time.sleep(3)
        ended.set()
        for thread in threads:
            thread.join()
        assert sum(len(person.acknowledged) for person in people) >= before
    assert not failed and killed
    acknowledged = [key for person in people for key in person.acknowledged]
    stored = list(Vote.objects.values_list("client_uuid", flat=True))
    assert len(acknowledged) > 20
    assert sorted(acknowledged) == sorted(stored)
    assert Trial.objects.filter(outcome="voted").count() == len(stored)


@pytest.mark.chaos
def test_votes_do_not_wait_for_a_flood_of_logins(crowd):
    """Eight clients post wrong passwords for names that nobody has, for ten seconds."""
    port, ended = free_port(), threading.Event()
    hashed, refused = [], []

    def guess() -> None:
        visitor = Person(port)
        _, text = visitor.insist("/login/")
        token = field("csrfmiddlewaretoken", text)
        while not ended.is_set():
            fields = {"username": uuid.uuid4().hex, "password": "x"}
            with suppress(OSError):
                try:
                    visitor.get("/login/", **fields, csrfmiddlewaretoken=token)
                    hashed.append(1)
                except HTTPError as error:
                    assert error.code == 429
                    refused.append(1)

    with site(port):
        person = Person(port)
        person.begin(crowd.entry_url)
        for _ in range(10):  # both processes have loaded what a vote needs
            assert person.vote()
        threads = [threading.Thread(target=guess) for _ in range(8)]
        for thread in threads:
            thread.start()
        times, end = [], time.monotonic() + 10
        while time.monotonic() < end:
            begun = time.monotonic()
            assert person.vote()
            times.append(time.monotonic() - begun)
            time.sleep(0.05)
        ended.set()
        for thread in threads:
            thread.join()
    times.sort()
    assert statistics.median(times) < 1 and times[int(0.95 * (len(times) - 1))] < 2
    assert len(hashed) <= 15 < len(refused)
    assert Vote.objects.count() == 10 + len(times)
