"""What each role may do, at every address of the site."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver

from common.errors import InputError
from config.accounts.roles import Role, role_of, set_role
from tests.project.test_login import PUBLIC, address, pages

OWNERS = {
    "accounts:people",
    "accounts:invite",
    "accounts:change_role",
    "accounts:change_active",
    "accounts:withdraw",
}
"""Pages for owners alone."""
OF_THE_ACCOUNT = {"logout", "accounts:password", "accounts:tokens", "accounts:revoke_token"}
"""Forms that viewers may send."""


def client_of(role: str) -> Client:
    user = User.objects.create_user(role, is_superuser=role == Role.OWNER)
    set_role(user, role)
    assert role_of(user) == role
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_every_address_is_open_to_the_roles_that_it_is_for(role: str) -> None:
    User.objects.create_superuser("first")
    found = list(pages(get_resolver()))
    assert {name for name, _ in found} >= OWNERS | OF_THE_ACCOUNT
    for name, pattern in found:
        if name.startswith("api:"):  # asks for a token, and only reads
            continue
        url = address(name, pattern).replace("/1/", "/999/")
        client = client_of(role)
        read = client.get(url).status_code
        changed = client.post(url).status_code
        if name in OWNERS:
            assert (read == 403) == (changed == 403) == (role != Role.OWNER), name
        elif name not in PUBLIC:
            assert read != 403, name
            may = role != Role.VIEWER or name in OF_THE_ACCOUNT
            assert (changed != 403) == may, name
        User.objects.filter(username=role).delete()


@pytest.mark.django_db
def test_a_viewer_takes_part_in_a_study_like_everybody(client: Client) -> None:
    viewer = client_of(Role.VIEWER)
    for name, pattern in pages(get_resolver()):
        if name in PUBLIC:
            url = address(name, pattern)
            assert viewer.post(url).status_code == client.post(url).status_code


@pytest.mark.django_db
def test_there_is_always_an_owner() -> None:
    one = User.objects.create_superuser("one")
    with pytest.raises(InputError, match="the only owner"):
        set_role(one, Role.MEMBER)
    User.objects.create_superuser("two", is_active=False)
    with pytest.raises(InputError, match="the only owner"):
        set_role(one, Role.VIEWER)
    set_role(User.objects.create_user("three"), Role.OWNER)
    set_role(one, Role.VIEWER)
    assert role_of(one) == Role.VIEWER
    set_role(one, Role.MEMBER)
    assert role_of(one) == Role.MEMBER
