"""What a vote costs: few queries, none of which reads more the larger the study is."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from studies.models import Cohort, Study

pytestmark = pytest.mark.django_db


def test_it_answers_and_serves_the_next_trial_with_few_queries(client, study: Study) -> None:
    participant = study.admit()
    address = participant.take_url
    trial = participant.current_trial()
    answer = {"trial": trial.public_id, "choice": "left", "client_uuid": uuid.uuid4()}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.post(f"{address}vote/", answer)
        client.get(address)
    assert len(queries) <= 22
    assert not [query for query in queries if "django_session" in query["sql"]]


def test_it_finds_free_slots_by_their_index(study: Study) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("how PostgreSQL goes about it depends on what it counted")
    slots = study.slots.filter(cohort=Cohort.PEOPLE).free().order_by("rank")
    for wanted in (slots, slots.filter(first_left=True).with_pictures()):
        plan = wanted[:1].explain()
        assert "free_slots" in plan and "B-TREE" not in plan


def test_it_looks_at_no_slot_where_no_trial_waits_too_long(
    study: Study, django_assert_num_queries
) -> None:
    study.admit().current_trial()
    with django_assert_num_queries(1):
        assert not study.slots.abandoned().exists()


def test_it_reads_templates_once() -> None:
    [[loader, _]] = settings.TEMPLATES[0]["OPTIONS"]["loaders"]
    assert loader.endswith("cached.Loader")
