"""Requests of participants at the same moment: arrivals, answers, and takeovers of assignments."""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from studies.models import Participant, Trial, Vote
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.errors import FullError
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from tests.studies.views.test_participant_pages import begin


def together(count: int, act: Callable[[], object]) -> list[object]:
    """Let `count` threads act at the same moment."""
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait()
            results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_it_admits_ten_of_fifty_who_arrive_at_once(draft):
    study = draft(participant_target=10)
    open_study(study)
    results = together(50, lambda: enrol(study))
    assert sum(isinstance(result, Participant) for result in results) == 10
    assert sum(isinstance(result, FullError) for result in results) == 40


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_row_of_twenty_identical_answers_at_once(study):
    person = Client()
    address = begin(person, study)
    page = person.get(address)
    fields = {
        "trial": current_trial(study.participants.get()).public_id,
        "choice": "right",
        "client_uuid": uuid.uuid4(),
        "response_ms": 650,
    }
    assert page.status_code == 200
    statuses = together(20, lambda: Client().post(f"{address}vote/", fields).status_code)
    assert statuses == [303] * 20
    assert Vote.objects.get().choice == "right"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_a_late_answer_counts_or_the_assignment_is_given_away(study, attempt):
    """The answer and the participant who may get the assignment arrive at the same moment."""
    late, other = enrol(study), enrol(study)
    trial = current_trial(late)
    assignment = trial.assignment
    Trial.objects.filter(pk=trial.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    acts: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
    acts.put(lambda: record_vote(trial, "left", uuid.uuid4()))
    acts.put(lambda: current_trial(other))
    results = together(2, lambda: acts.get()())
    assert not [result for result in results if isinstance(result, Exception)]
    assignment.refresh_from_db()
    taken = assignment.trial != trial
    assert Vote.objects.get(trial=trial).excluded == ("late" if taken else "")


@pytest.mark.django_db(transaction=True)
def test_two_people_never_get_one_assignment(study):
    participants = [enrol(study) for _ in range(4)]
    waiting = iter(participants)
    lock = threading.Lock()

    def take() -> object:
        with lock:
            participant = next(waiting)
        return current_trial(participant)

    trials = together(4, take)
    assert all(isinstance(trial, Trial) for trial in trials)
    assert study.assignments.exclude(trial=None).count() == 4
