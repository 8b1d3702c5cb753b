"""Compiled queries return the rows of Django's own queries, and are compiled once."""

from __future__ import annotations

import uuid

import pytest
from django.db import models

from studies.models import Participant, Study, Trial, TrialOutcome
from studies.sessions.compiled_query import CompiledQuery, CompiledUpdate, Parameter
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial, find_session
from studies.sessions.voting import record_vote

pytestmark = pytest.mark.django_db
KEY = Parameter("key", models.UUIDField())
OUTCOME = Parameter("outcome", models.CharField())


def test_it_returns_rows_with_related_rows(study: Study, django_assert_num_queries) -> None:
    trial = current_trial(enrol(study))
    query = Trial.objects.select_related("participant", "pair__first", "repeat_of")
    prepared = CompiledQuery(lambda: query.filter(public_id=KEY).order_by())
    prepared.first(key=uuid.uuid4())
    with django_assert_num_queries(1):
        found = prepared.first(key=trial.public_id)
        assert found.participant.study_id == study.pk and found.pair.first.pk
        assert found.repeat_of is None
    for field in Trial._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(query.get(pk=trial.pk), field.attname)


def test_it_returns_python_values(study: Study) -> None:
    trial = current_trial(enrol(study))
    rows = Trial.objects.filter(outcome=OUTCOME).order_by("pk")
    fields = ("public_id", "first_left", "snapshot", "lease_until")
    prepared = CompiledQuery(lambda: rows.values_list(*fields))
    [row] = prepared.all(outcome="")
    assert row == tuple(getattr(trial, name) for name in fields)
    assert isinstance(row[0], uuid.UUID) and isinstance(row[1], bool)
    assert CompiledQuery(lambda: rows.values_list("pk", flat=True)).all(outcome="") == [trial.pk]
    assert prepared.first(outcome=TrialOutcome.EXPIRED) is None


def test_it_compiles_the_query_once_for_all_parameters(study: Study) -> None:
    made = []

    def make() -> models.QuerySet[Participant]:
        made.append(1)
        return Participant.objects.filter(public_id=KEY)

    prepared = CompiledQuery(make)
    people = [enrol(study) for _ in range(3)]
    assert [prepared.first(key=one.public_id) for one in people] == people
    with pytest.raises(KeyError):
        prepared.all()
    assert len(made) == 1


def test_it_updates_the_selected_rows(study: Study) -> None:
    first, second = (current_trial(enrol(study)) for _ in range(2))
    skip = CompiledUpdate(lambda: Trial.objects.filter(public_id=KEY, outcome=""), outcome=OUTCOME)
    assert skip.run(key=first.public_id, outcome="skipped") == 1
    assert skip.run(key=first.public_id, outcome="expired") == 0
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.outcome, second.outcome) == ("skipped", "")


def test_it_fetches_a_session_with_its_study_and_the_trial_that_waits(
    study: Study, django_assert_num_queries
) -> None:
    person, other = enrol(study), enrol(study)
    current_trial(other)
    assert find_session(person.token).waiting is None
    trial = current_trial(person)
    with django_assert_num_queries(1):
        found, waiting = find_session(person.token)
        assert (found, found.study, waiting) == (person, study, trial)
    record_vote(trial, "left", uuid.uuid4())
    assert find_session(person.token).waiting is None
    assert find_session("nobody's") is None
