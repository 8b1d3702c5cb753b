"""Limits on requests and on guessing; people behind one IP address are counted separately."""

from __future__ import annotations

import secrets
import uuid

import pytest
from django.core.cache import cache
from django.core.signing import Signer
from django.test import Client

from common import rate_limit as limits
from common.rate_limit import Limit
from studies.models import Participant, Study, Vote
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.trial_content import picture_url
from tests.studies.views.test_participant_pages import begin, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()
    yield
    cache.clear()


def test_it_counts_each_key_separately_and_expires(monkeypatch):
    limit = Limit("test", most=2, seconds=1)
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert limit.allows("b")
    cache.clear()
    assert limit.allows("a")


def test_too_many_requests_of_one_session_get_429(study, monkeypatch):
    first, second = Client(), Client()
    flooding, quiet = begin(first, study), begin(second, study)
    page = first.get(flooding)
    client_uuid = uuid.uuid4()
    assert limits.SESSION.most == 600
    monkeypatch.setitem(vars(limits.SESSION), "most", 20)
    send_again = lambda: send(first, flooding, page, client_uuid=client_uuid)  # noqa: E731
    statuses = [send_again().status_code for _ in range(limits.SESSION.most + 2)]
    assert statuses[: limits.SESSION.most] == [303] * limits.SESSION.most
    assert statuses[-2:] == [429, 429]
    assert send_again()["Retry-After"] == "60"
    assert Vote.objects.count() == 1
    assert send(second, quiet, second.get(quiet)).status_code == 303


def test_fifty_people_behind_one_address_take_part(draft):
    study = draft(participant_target=60, trials_per_participant=4)
    open_study(study)
    for _ in range(50):
        person = Client(REMOTE_ADDR="198.51.100.7")
        address = begin(person, study)
        assert send(person, address, person.get(address)).status_code == 303
    assert Vote.objects.count() == 50


def test_no_token_can_be_guessed_or_made(study, client):
    participant = enrol(study)
    trial = current_trial(participant)
    tokens = {study.entry_token, study.pilot_token, participant.token}
    assert all(len(token) == 32 for token in tokens) and len(tokens) == 3
    url = picture_url(trial, "left")
    forged = Signer(key=secrets.token_hex(), salt="studies.picture").sign_object(
        [trial.public_id.hex, "left"]
    )
    addresses = [f"/studies/picture/{forged}/", url.replace(":", "x", 1), url[:-4] + "AAA/"]
    for key in (participant.pk, participant.public_id, participant.public_id.hex, study.pk):
        addresses += [f"/studies/take/{key}/", f"/studies/join/{key}/"]
    addresses += [f"/studies/take/{participant.token[:-1]}/", f"/studies/take/{trial.public_id}/"]
    addresses += [f"/studies/take/{study.entry_token}/", f"/studies/join/{participant.token}/"]
    for address in addresses:
        assert client.get(address).status_code == 404
    assert client.get(url).status_code == 200


def test_other_and_forged_cookies_are_refused(study, draft, client):
    other = draft()
    open_study(other)
    participant = Participant.objects.get(pk=enrol(other).pk)
    client.cookies[f"study-{study.pk}"] = f"{participant.token}:forged"
    assert client.get(study.entry_url).status_code == 200
    assert Study.objects.count() == 2


def test_exports_need_a_login(study, client):
    for name in ("VOTES.csv", "VOTES.parquet", "CODEBOOK.md", "bundle.zip?licence=CC0-1.0"):
        answer = client.get(f"/studies/{study.pk}/{name}")
        assert answer.status_code == 302 and answer["Location"].startswith("/login/")
