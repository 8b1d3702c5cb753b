"""Ids from recruitment services: reading, storage, erasure."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from common.tables import to_csv
from studies.exchange.bundle import write_bundle
from studies.exchange.export import votes_frame
from studies.models import Participant, Study, Vote
from studies.models.tokens import hashed
from studies.planning.opening import close_study, open_study
from studies.privacy.erasure import erase_person
from studies.sessions.arrival import Arrival
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote

IDS = {"PROLIFIC_PID": "60a1b2c3d4e5f607", "STUDY_ID": "5f0-study", "SESSION_ID": "5f0-session"}


def come(study: Study, person: Client | None = None, **query: str) -> Participant:
    """Consent, by default in a fresh browser; CSRF checks have their own tests."""
    address = f"{study.entry_url}?{'&'.join(f'{k}={v}' for k, v in (query or IDS).items())}"
    answer = (person or Client()).post(address, {"consent": "yes"})
    return Participant.objects.get(token=answer["Location"].split("/")[-2])


def answer(participant: Participant, count: int = 1) -> None:
    for _ in range(count):
        record_vote(current_trial(participant), "left", uuid.uuid4(), 800, {"width": 1280})


def ids_of(participant: Participant) -> tuple[str, str, str]:
    participant.refresh_from_db()
    return participant.external_id, participant.external_study, participant.external_session


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (IDS, Arrival("60a1b2c3d4e5f607", "5f0-study", "5f0-session")),
        ({"prolific_pid": " x "}, Arrival("x")),
        (
            {"workerId": "A1B2", "hitId": "3H", "assignmentId": "3A"},
            Arrival("A1B2", "3H", "3A"),
        ),
        ({"participant": "p", "submission_id": "s"}, Arrival("p", "", "s")),
        ({"PROLIFIC_PID": "first", "pid": "second"}, Arrival("first")),
        ({"PROLIFIC_PID": "{{%PROLIFIC_PID%}}", "SESSION_ID": "{{%SESSION_ID%}}"}, Arrival()),
        ({"PROLIFIC_PID": "{{%PROLIFIC_PID%}}", "pid": "filled"}, Arrival("filled")),
        ({"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE"}, Arrival()),
        ({"workerId": "${workerId}", "hitId": "${hitId}"}, Arrival()),
        ({"participant": "[ID]", "pid": "<id>"}, Arrival()),
        ({"participant_id": "%SURVEY_CODE%", "session_id": "__SESSION__"}, Arrival()),
        ({"pid": "{id}", "PROLIFIC_PID": "$PID"}, Arrival()),
        ({"PROLIFIC_PID": "PROLIFIC_PID", "workerId": "undefined", "pid": "null"}, Arrival()),
        ({"pid": "%USER_CODE", "STUDY_ID": "a_b_c"}, Arrival("", "a_b_c")),
        ({"pid": "*|ID|*", "participant": "#ID#", "workerId": "(null)"}, Arrival()),
        ({"pid": "n/a", "participant": "nil", "workerId": "None"}, Arrival()),
        ({"pid": "Zm9v==", "session_id": "-x_1"}, Arrival("Zm9v==", "", "-x_1")),
        ({"pid": "ada+1@example.org"}, Arrival("ada+1@example.org")),
        ({"utm_source": "mail"}, Arrival()),
        ({"pid": "a\0b\n", "STUDY_ID": "\0"}, Arrival("ab")),
        ({"pid": "x" * 999, "study_id": "y" * 999}, Arrival("x" * 200, "y" * 100)),
    ],
)
def test_it_reads_the_parameters_of_every_service(query, found):
    assert Arrival.by(query) == found


@pytest.mark.django_db
def test_it_stores_all_three_ids_hashed(study):
    participant = come(study)
    assert ids_of(participant) == (
        hashed(IDS["PROLIFIC_PID"]), IDS["STUDY_ID"], hashed(IDS["SESSION_ID"])
    )  # fmt: skip
    stored = json.dumps(list(Participant.objects.values()), default=str)
    assert IDS["PROLIFIC_PID"] not in stored and IDS["SESSION_ID"] not in stored
    assert ids_of(come(study, pid="")) == ("", "", "")


@pytest.mark.django_db
def test_it_stores_no_id_without_consent(draft):
    study = draft(required_screen={"least_width": 1000})
    open_study(study)
    for sent in ({"consent": "cannot"}, {"consent": "yes", "width": 800}):
        Client().post(f"{study.entry_url}?PROLIFIC_PID=a&SESSION_ID=b&STUDY_ID=c", sent)
    assert [ids_of(away) for away in Participant.objects.all()] == [("", "", "")] * 2


@pytest.mark.django_db
def test_it_updates_the_submission_of_a_returning_person(study):
    browser = Client()
    first = come(study, browser)
    again = come(study, browser, **{**IDS, "SESSION_ID": "another"})
    assert again == first
    assert ids_of(first)[2] == hashed("another")
    # A link without a submission does not delete it.
    come(study, browser, PROLIFIC_PID=IDS["PROLIFIC_PID"])
    assert ids_of(first)[2] == hashed("another")
    answer(first, 6)
    come(study, browser, **{**IDS, "SESSION_ID": "after the end"})
    assert ids_of(first)[2] == hashed("another")


@pytest.mark.django_db
def test_no_exported_table_holds_an_id(study):
    participant = come(study)
    answer(participant, 6)
    bundle = BytesIO()
    write_bundle(study, bundle, "CC0-1.0")
    told = to_csv(votes_frame([study])).encode() + bundle.getvalue()
    assert not [known for known in (*IDS.values(), *ids_of(participant)) if known.encode() in told]


def withdraw(study: Study, participant: Participant) -> None:
    Client().post(f"{participant.take_url}stop/", {"erase": "yes"})


def erase(study: Study, participant: Participant) -> None:
    assert erase_person(IDS["PROLIFIC_PID"]) == 1


def forget(study: Study, participant: Participant) -> None:
    close_study(study)
    Study.objects.update(closed_at=timezone.now() - timedelta(days=100))
    call_command("retention", stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("let_go", [withdraw, erase, forget])
def test_erasure_deletes_all_three_ids(study, let_go):
    participant = come(study)
    answer(participant)
    let_go(study, participant)
    assert ids_of(participant) == ("", "", "")
    assert Vote.objects.count() == (1 if let_go is forget else 0)


@pytest.mark.django_db
def test_retention_deletes_window_sizes_and_keeps_the_layout(study):
    participant = come(study)
    seen = ({"width": 1280, "layout": "beside"}, {"width": 390, "layout": "stacked"}, {"width": 9})
    for screen in seen:
        record_vote(current_trial(participant), "left", uuid.uuid4(), 800, screen)
    forget(study, participant)
    left = [vote.screen for vote in Vote.objects.order_by("pk")]
    assert left == [{"layout": "beside"}, {"layout": "stacked"}, {}]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("known_by", "told"),
    [("id", "service"), ("id", "first"), ("id", "last"), ("browser", "first"), ("browser", "last")],
)
def test_a_replaced_session_is_erased_with_its_successor(draft, known_by, told):
    study = draft(returning="restart")
    open_study(study)
    browser = Client()
    query = IDS if known_by == "id" else {"utm_source": "mail"}
    sessions = []
    for _ in range(3):
        sessions.append(come(study, browser, **query))
        answer(sessions[-1], 2)
    other = come(study, pid="somebody else")
    answer(other)
    assert len({session.pk for session in sessions}) == 3
    assert Vote.objects.count() == 7
    if told == "service":
        assert erase_person(IDS["PROLIFIC_PID"]) == 3
    else:
        withdraw(study, sessions[0] if told == "first" else sessions[-1])
    assert {p.state for p in Participant.objects.exclude(pk=other.pk)} == {"withdrawn"}
    assert Vote.objects.get().trial.participant == other
