"""Invitations by link, and the pages of accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from config.accounts.models import Invitation
from config.accounts.roles import Role, role_of
from config.accounts.views.join import ATTEMPTS
from tests.looks import expect_good_looks

PASSWORD = "a-quite-long-password"
FIELDS = {"username": "grace", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def owner(researcher) -> Client:
    """The client of `ada`, who is an owner."""
    User.objects.filter(username="ada").update(is_superuser=True)
    return researcher


@pytest.fixture
def invitation(owner) -> Invitation:
    owner.post("/account/people/invite/", {"role": "viewer", "note": "Grace"})
    return Invitation.objects.get()


def test_a_link_makes_one_account_with_its_role(invitation, client):
    assert client.get(invitation.path).status_code == 200
    assert client.post(invitation.path, FIELDS)["Location"] == "/"
    grace = User.objects.get(username="grace")
    assert role_of(grace) == Role.VIEWER
    assert client.get("/").wsgi_request.user == grace
    again = Client().post(invitation.path, {**FIELDS, "username": "mallory"})
    assert again.status_code == 404 and "cannot be used" in again.content.decode()
    assert not User.objects.filter(username="mallory").exists()


def test_it_is_used_once_even_if_two_are_as_fast(invitation, client, monkeypatch):
    monkeypatch.setattr("config.accounts.views.join.Invitation.objects.take", lambda *_: False)
    assert client.post(invitation.path, FIELDS).status_code == 404
    assert not User.objects.filter(username="grace").exists()


def test_a_link_expires_can_be_withdrawn_and_cannot_be_forged(invitation, owner, client):
    head, _, tail = invitation.path.rstrip("/").rpartition(":")
    assert client.get(f"{head}:{tail[::-1]}/").status_code == 404
    other = signing.Signer(salt="another").sign_object(invitation.pk)
    assert client.get(f"/account/join/{other}/").status_code == 404
    assert invitation.expires_at < timezone.now() + timedelta(days=7)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(invitation.path).status_code == 404
    Invitation.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert client.get(invitation.path).status_code == 200
    owner.post(f"/account/invitations/{invitation.pk}/withdraw/")
    assert client.get(invitation.path).status_code == 404


def test_a_link_does_not_depend_on_the_host_header(invitation, owner):
    page = owner.get("/account/people/", headers={"Host": "127.0.0.1"}).content.decode()
    assert f'href="{invitation.path}"' in page and "127.0.0.1" not in page
    assert invitation.path.startswith("/account/join/")


def test_attempts_with_a_link_are_limited_and_passwords_are_judged(invitation, client):
    weak = client.post(invitation.path, {**FIELDS, "password1": "1234", "password2": "1234"})
    assert "too short" in weak.content.decode()
    for _ in range(ATTEMPTS.most):
        answer = client.post(invitation.path, {})
    assert answer.status_code == 429
    assert not User.objects.filter(username="grace").exists()


def test_the_form_of_an_invitation_needs_its_csrf_token(invitation):
    assert Client(enforce_csrf_checks=True).post(invitation.path, FIELDS).status_code == 403


def test_owners_change_roles_and_deactivate_accounts(owner):
    grace = User.objects.create_user("grace")
    owner.post(f"/account/people/{grace.pk}/role/", {"role": "viewer"})
    assert role_of(grace) == Role.VIEWER
    owner.post(f"/account/people/{grace.pk}/role/", {"role": "king"})
    assert role_of(grace) == Role.VIEWER
    for active in ("no", "yes"):
        owner.post(f"/account/people/{grace.pk}/active/", {"active": active})
        grace.refresh_from_db()
        assert grace.is_active == (active == "yes")
    ada = User.objects.get(username="ada")
    owner.post(f"/account/people/{ada.pk}/active/", {"active": "no"})
    ada.refresh_from_db()
    assert ada.is_active


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(researcher):
    other = Client()
    other.force_login(User.objects.get(username="ada"))
    new = "another-long-password"
    fields = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    assert researcher.post("/account/password/", fields).status_code == 200
    fields["old_password"] = "a-long-password"
    assert researcher.post("/account/password/", fields)["Location"] == "/account/"
    assert User.objects.get(username="ada").check_password(new)
    assert researcher.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_an_owner_invites_a_viewer_in_the_browser(researcher_page, live_server, owner):
    page = researcher_page
    page.goto(f"{live_server}/account/")
    expect_good_looks(page, "account")
    page.get_by_role("link", name="Change password").click()
    expect_good_looks(page, "password")
    page.goto(f"{live_server}/account/people/")
    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_label("For whom").fill("Grace")
    page.get_by_role("button", name="Make link").click()
    link = page.locator("a.invitation")
    expect(link).to_have_text(f"{live_server}{Invitation.objects.get().path}")
    expect_good_looks(page, "people")
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{live_server}{Invitation.objects.get().path}")
    expect_good_looks(page, "join")
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Make account").click()
    page.goto(f"{live_server}/transfer/pictures/")
    page.get_by_text("Upload pictures").click()
    expect(page.get_by_role("button", name="Upload")).to_be_hidden()
    expect_good_looks(page, "viewer-pictures")
