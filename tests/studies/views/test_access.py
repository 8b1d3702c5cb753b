"""Access of researchers: owners and members see a study, and no one else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from studies.models import Study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from tests.project.test_login import PUBLIC, pages

pytestmark = pytest.mark.django_db


def client_of(name: str, **details: bool) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(name, password="a-long-password", **details))
    return client


@pytest.fixture
def owned(study: Study) -> Study:
    """An open study of the researcher `grace`."""
    study.created_by = User.objects.create_user("grace", password="a-long-password")
    study.save()
    return study


def pages_of_one_study() -> Iterator[tuple[str, URLPattern]]:
    for name, pattern in pages(get_resolver()):
        ours = (
            name.startswith("studies:") and name != "studies:delete_batch"
        )  # its key is a batch's
        if ours and "pk" in pattern.pattern.converters:
            assert name not in PUBLIC
            yield name, pattern


PATTERNS = dict(pages_of_one_study())
NAMES = sorted(PATTERNS)


def test_it_knows_the_pages_of_a_study() -> None:
    assert {"studies:study", "studies:monitor", "studies:votes", "studies:close"} <= set(NAMES)


def statuses(client: Client, name: str, study: Study) -> set[int]:
    arguments = dict.fromkeys(PATTERNS[name].pattern.converters, 1)
    if "place" in arguments:
        arguments["place"] = "left"
    address = reverse(name, kwargs=arguments | {"pk": study.pk})
    return {client.get(address).status_code, client.post(address).status_code}


@pytest.mark.parametrize("name", NAMES)
def test_others_get_the_response_for_a_missing_study(owned: Study, name: str) -> None:
    found = statuses(client_of("mallory"), name, owned)
    assert 404 in found and found <= {404, 405}
    owned.refresh_from_db()
    assert owned.state == Study.State.OPEN


@pytest.mark.parametrize("name", NAMES)
def test_it_shows_every_page_to_the_owner(owned: Study, name: str) -> None:
    owner = Client()
    owner.force_login(owned.created_by)
    assert 404 not in statuses(owner, name, owned)


def test_it_lists_only_what_one_may_see(owned: Study, draft) -> None:
    unowned = draft()
    stranger, root = client_of("mallory"), client_of("root", is_superuser=True)
    for address in ("/studies/", "/", "/metrics/calibrations/"):
        text = stranger.get(address).content.decode()
        assert unowned.name in text and owned.name not in text
        assert owned.name in root.get(address).content.decode()


def test_sharing_a_study_can_be_ended(owned: Study) -> None:
    owner, colleague = Client(), client_of("linus")
    owner.force_login(owned.created_by)
    page = owner.post(f"/studies/{owned.pk}/share/", {"username": "nobody"}, follow=True)
    assert "no account named" in page.content.decode()
    page = owner.post(f"/studies/{owned.pk}/share/", {"username": "linus"}, follow=True)
    assert "is shared with linus" in page.content.decode()
    assert colleague.get(f"/studies/{owned.pk}/").status_code == 200
    assert owned.name in colleague.get("/studies/").content.decode()
    # A member runs the study; only the owner shares it.
    assert colleague.post(f"/studies/{owned.pk}/share/", {"username": "grace"}).status_code == 404
    owner.post(f"/studies/{owned.pk}/unshare/", {"username": "linus"})
    assert colleague.get(f"/studies/{owned.pk}/").status_code == 404


def test_counts_of_votes_do_not_depend_on_sharing(owned: Study) -> None:
    import uuid

    record_vote(current_trial(enrol(owned)), "left", uuid.uuid4())
    owned.members.add(*(User.objects.create_user(f"member {i}") for i in range(3)))
    [row] = Study.objects.visible_to(User.objects.get(username="member 1")).with_votes()
    assert row.people_votes == 1


def test_an_account_that_owns_a_study_cannot_be_deleted(owned: Study) -> None:
    with pytest.raises(ProtectedError):
        owned.created_by.delete()


def test_it_hides_calibrations_of_studies_that_one_may_not_see(owned: Study) -> None:
    from metrics.models import Calibration

    kept = Calibration.objects.create(name="secret", target="E", data_fingerprint="x", model={})
    kept.studies.add(owned)
    stranger = client_of("mallory")
    assert "secret" not in stranger.get("/metrics/calibrations/").content.decode()
    for address in (
        f"/metrics/calibrations/{kept.pk}/",
        f"/metrics/calibrations/{kept.pk}/model.json",
    ):
        assert stranger.get(address).status_code == 404
    answer = stranger.post("/metrics/calibrations/", {"study": owned.pk})
    assert "Select a valid choice" in answer.content.decode()


def test_it_begins_a_new_session_at_login(django_user_model: type[User]) -> None:
    django_user_model.objects.create_user("ada", password="a-long-password")
    client = Client()
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    client.post("/login/", {"username": "ada", "password": "a-long-password"})
    assert client.cookies["sessionid"].value != planted
    assert client.get("/studies/").status_code == 200
    attacker = Client()
    attacker.cookies["sessionid"] = planted
    assert attacker.get("/studies/").status_code == 302
