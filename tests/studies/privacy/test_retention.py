"""Data that retention deletes, and data that are never stored."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from studies.models import Participant, Study, Vote
from studies.planning.opening import close_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from tests.studies.views.test_participant_pages import begin, send

pytestmark = pytest.mark.django_db


def retention(*arguments: str) -> str:
    out = StringIO()
    call_command("retention", *arguments, stdout=out)
    return out.getvalue()


def closed_long_ago(study: Study) -> Participant:
    participant = enrol(study, "worker 1", source="prolific", screen={"width": 1280})
    record_vote(current_trial(participant), "left", uuid.uuid4())
    close_study(study)
    Study.objects.filter(pk=study.pk).update(closed_at=timezone.now() - timedelta(days=100))
    return participant


def test_it_deletes_personal_data_and_keeps_the_votes(study, client):
    participant = closed_long_ago(study)
    assert "people forgotten: 1" in retention("--dry-run")
    assert Participant.objects.get().external_id
    assert "people forgotten: 1" in retention()
    after = Participant.objects.get()
    assert (after.external_id, after.source, after.screen) == ("", "", {})
    assert after.token != participant.token and after.code != participant.code
    assert client.get(participant.take_url).status_code == 404
    assert (Vote.objects.count(), after.public_id) == (1, participant.public_id)
    assert "people forgotten: 0" in retention()


def test_it_keeps_data_of_recently_closed_studies(study):
    closed_long_ago(study)
    assert "people forgotten: 0" in retention("--days", "101")
    assert Participant.objects.get().external_id


def test_it_removes_finished_tasks_and_ended_sessions(study):
    old = timezone.now() - timedelta(days=100)
    values = {"task_path": "x", "args_kwargs": {"args": [], "kwargs": {}},
              "backend_name": "default", "priority": 0, "queue_name": "default",
              "exception_class_path": "", "traceback": "",
              "run_after": old}  # fmt: skip
    for status, finished in (("SUCCESSFUL", old), ("FAILED", old), ("READY", None),
                             ("SUCCESSFUL", timezone.now())):  # fmt: skip
        DBTaskResult.objects.create(status=status, finished_at=finished, **values)
    Session.objects.create(session_key="old", session_data="", expire_date=old)
    said = retention()
    assert "tasks: 2" in said and "sessions: 1" in said
    assert DBTaskResult.objects.count() == 2
    with pytest.raises(CommandError, match="at least 0"):
        retention("--days", "-1")


def test_it_stores_no_ip_address(client, study, caplog):
    address = "203.0.113.77"
    client.defaults |= {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": address,
                        "HTTP_USER_AGENT": "Mozilla/5.0 (unmistakable)"}  # fmt: skip
    # Django's client fills in CSRF tokens by itself where checks are off.
    page = begin(client, study)
    send(client, page, client.get(page))
    assert Vote.objects.count() == 1
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            assert address not in str(row) and "unmistakable" not in str(row)
    assert address not in caplog.text
