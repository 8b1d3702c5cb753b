"""The cost of a vote: few queries, whose work does not grow with the study."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from studies.models import Cohort, Study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial

pytestmark = pytest.mark.django_db


def test_it_answers_and_serves_the_next_trial_with_few_queries(client, study: Study) -> None:
    participant = enrol(study)
    address = participant.take_url
    trial = current_trial(participant)
    answer = {"trial": trial.public_id, "choice": "left", "client_uuid": uuid.uuid4()}
    with CaptureQueriesContext(connection) as queries:
        page = client.post(f"{address}vote/", answer, headers={"X-Requested-With": "fetch"})
        after_the_vote = len(queries)
        assert client.get(address).context["trial"] == page.context["trial"]
    assert after_the_vote <= 12
    # One commit for each vote; showing the next trial writes nothing.
    told = [query["sql"] for query in queries]
    assert any(sql.startswith("UPDATE") for sql in told[:after_the_vote])
    assert all(sql.startswith("SELECT") for sql in told[after_the_vote:])
    assert not [sql for sql in told if "django_session" in sql]


def test_free_assignments_are_found_by_their_index(study: Study) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the plan of PostgreSQL depends on its statistics")
    slots = study.assignments.filter(cohort=Cohort.PEOPLE).free().order_by("rank")
    for wanted in (slots, slots.filter(first_left=True).with_pictures()):
        plan = wanted[:1].explain()
        assert "free_slots" in plan and "B-TREE" not in plan


def test_expired_assignments_are_looked_up_only_if_a_trial_has_expired(study: Study) -> None:
    waiting = current_trial(enrol(study))
    for late in (False, True):
        waiting.lease_until -= timedelta(hours=late)
        waiting.save()
        with CaptureQueriesContext(connection) as queries:
            current_trial(enrol(study))
        assert late == any('"trial_id" IN' in query["sql"] for query in queries)


def test_it_reads_templates_once() -> None:
    [[loader, _]] = settings.TEMPLATES[0]["OPTIONS"]["loaders"]
    assert loader.endswith("cached.Loader")
