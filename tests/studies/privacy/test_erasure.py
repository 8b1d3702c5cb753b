"""An erasure is complete: no personal data remain in the row or in the database file."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.db import connection

from studies.models import Participant
from studies.models.tokens import hashed
from studies.privacy.erasure import erase
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote


@pytest.fixture
def person(study) -> Participant:
    participant = enrol(
        study, "worker 1", external_session="submission", screen={"width": 1737}, source="prolific"
    )
    record_vote(current_trial(participant), "left", uuid.UUID(int=7**40), 917)
    return participant


@pytest.mark.django_db
def test_the_remaining_row_only_records_a_withdrawal(study, person):
    before = {field.name: getattr(person, field.attname) for field in Participant._meta.fields}
    erase(person)
    left = Participant.objects.get()
    kept = {
        field.name
        for field in Participant._meta.fields
        if getattr(left, field.attname) == before[field.name]
        and getattr(left, field.attname) not in ("", None, 0, {}, [])
    }
    # The token shows the person that all is erased; the public id serves for restores.
    assert kept <= {
        "id", "study", "token", "public_id", "cohort", "consent_version", "rules_version",
        "language",
    }  # fmt: skip
    assert left.code == "" and left.started_at == left.last_seen == study.created_at


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL frees pages by VACUUM")
def test_nothing_of_the_person_is_in_the_database_file(study, person):
    place = Path(str(connection.settings_dict["NAME"]))
    telling = [
        uuid.UUID(int=7**40).hex,
        hashed("worker 1"),
        hashed("submission"),
        person.code,
        '"width": 1737',
        person.trials.get().public_id.hex,
    ]

    def found() -> list[str]:
        files = [place, place.with_name(f"{place.name}-wal")]
        content = b"".join(file.read_bytes() for file in files if file.exists())
        return [word for word in telling if word.encode() in content]

    assert found() == telling
    erase(person)
    assert found() == []
