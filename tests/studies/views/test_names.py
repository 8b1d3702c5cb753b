"""Names are unique for each owner, and do not reveal other studies or accounts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from studies.models import Study
from studies.views.access import SHARES

pytestmark = pytest.mark.django_db


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(name))
    return client


def create(client: Client, batch, name: str):
    fields = {
        "name": name, "title": "t", "kind": "E", "batches": [batch.pk], "scope": "both",
        "design": "balanced", "trials_per_participant": 6, "participant_target": 4,
        "votes_per_pair": 4, "recruiter": "link", "returning": "resume", "consent": "c",
    }  # fmt: skip
    return client.post("/studies/new/", fields)


def test_the_form_accepts_the_name_of_a_hidden_study(batch):
    alice, mallory = client_of("alice"), client_of("mallory")
    assert create(alice, batch, "secret").status_code == 302
    assert create(mallory, batch, "secret").status_code == 302
    assert create(mallory, batch, "free").status_code == 302
    owners = Study.objects.filter(name="secret").values_list("created_by__username", flat=True)
    assert sorted(owners) == ["alice", "mallory"]


def test_an_owner_has_a_name_once(batch):
    alice = client_of("alice")
    create(alice, batch, "mine")
    assert "already exists" in create(alice, batch, "mine").content.decode()
    study = Study.objects.get()
    assert alice.post(f"/studies/{study.pk}/edit/", {"name": "mine"}).status_code in (200, 404)
    with pytest.raises(IntegrityError), transaction.atomic():
        Study.objects.create(name="mine", kind="C", created_by=study.created_by)
    Study.objects.create(name="mine", kind="C")
    with pytest.raises(IntegrityError), transaction.atomic():
        Study.objects.create(name="mine", kind="C")


def test_commands_accept_the_number_of_an_ambiguous_name(draft, tmp_path):
    first, second = draft(name="same"), draft(name="same", created_by=User.objects.create_user("a"))
    with pytest.raises(CommandError, match="several studies are named 'same': use the number"):
        call_command("study", "export", "same", "--out", str(tmp_path / "v.csv"))
    for study in (first, second):
        call_command("study", "export", str(study.pk), "--out", str(tmp_path / "v.csv"))
    with pytest.raises(CommandError, match="no study '99999999999999999999'"):
        call_command("study", "export", "9" * 20, "--out", str(tmp_path / "v.csv"))


def test_accounts_cannot_be_found_by_sharing_with_many_names(draft, monkeypatch):
    monkeypatch.setitem(vars(SHARES), "most", 3)
    alice = client_of("alice")
    study = draft(created_by=User.objects.get(username="alice"))
    User.objects.create_user("known")
    for number in range(3):
        alice.post(f"/studies/{study.pk}/share/", {"username": f"guess {number}"})
    page = alice.post(f"/studies/{study.pk}/share/", {"username": "known"}, follow=True)
    assert "Too many attempts" in page.content.decode()
    assert not study.members.exists()
