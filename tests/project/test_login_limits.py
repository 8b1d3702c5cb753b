"""Attempts at passwords are limited in the database: by account, and by the time they take."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import Use
from common.shared_limit import SharedLimit
from config import login

pytestmark = pytest.mark.django_db
RIGHT = {"username": "ada", "password": "a-long-password"}


@pytest.fixture(autouse=True)
def ada(django_user_model: type[User]) -> User:
    return django_user_model.objects.create_user("ada", password="a-long-password")


@pytest.fixture
def no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the limits on hashes, so that only attempts at an account count."""
    for limit in (login.HASHES, login.KNOWN_HASHES):
        monkeypatch.setitem(vars(limit), "most", 1000)


def attempt(client: Client, name: str = "ada", password: str = "wrong") -> int:
    return client.post("/login/", {"username": name, "password": password}).status_code


def later(seconds: int) -> None:
    """Let the periods of all counts end."""
    for row in Use.objects.all():
        Use.objects.filter(pk=row.pk).update(ends=row.ends - timedelta(seconds=seconds))


@pytest.mark.parametrize("name", ["ada", "nobody", "ｎｏｂｏｄｙ"])
def test_it_limits_attempts_at_known_and_unknown_accounts(
    client: Client, no_budget: None, name: str
) -> None:
    answers = [attempt(client, name) for _ in range(login.ATTEMPTS.most + 3)]
    assert answers == [200] * login.ATTEMPTS.most + [429] * 3
    assert attempt(client, "grace") == 200
    later(login.ATTEMPTS.seconds)
    assert attempt(client, name) == 200


def test_every_spelling_of_a_name_counts_for_the_same_account(
    client: Client, no_budget: None
) -> None:
    spellings = ["ada", " ada", "ADA", "ａda", "aｄa", "ａｄａ", "ᵃda"]
    answers = [attempt(client, spellings[n % 7]) for n in range(login.ATTEMPTS.most)]
    assert set(answers) == {200}
    assert [attempt(client, name, RIGHT["password"]) for name in spellings] == [429] * 7


def test_counts_are_not_dropped_early(client: Client, no_budget: None) -> None:
    for _ in range(login.ATTEMPTS.most):
        attempt(client)
    cache.clear()
    for number in range(400):
        cache.set(str(number), number)
    assert attempt(client, **{"password": RIGHT["password"]}) == 429


def test_all_visitors_share_a_limit_of_hashes(client: Client, monkeypatch) -> None:
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *a, **k: hashed.append(1) or encode(*a, **k)
    )
    answers = [attempt(Client(), f"made-up-{number}") for number in range(20)]
    assert answers == [200] * login.HASHES.most + [429] * (20 - login.HASHES.most)
    assert len(hashed) == login.HASHES.most
    assert client.post("/login/", RIGHT)["Retry-After"] == str(login.HASHES.seconds)
    later(login.HASHES.seconds)
    assert client.post("/login/", RIGHT).status_code == 302


def test_a_process_hashes_one_password_at_a_time(client: Client) -> None:
    with login.Login.hashing:
        answer = client.post("/login/", RIGHT)
    assert answer.status_code == 429 and answer["Retry-After"] == "5"
    assert not Use.objects.exists()
    assert client.post("/login/", RIGHT).status_code == 302
    assert not login.Login.hashing.locked()


def test_a_refused_attempt_writes_nothing(client: Client) -> None:
    for number in range(login.HASHES.most):
        attempt(client, f"made-up-{number}")
    rows = Use.objects.count()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert attempt(client, "another") == 429
    assert [query["sql"].split()[0] for query in asked] == ["SELECT", "SELECT"]
    assert Use.objects.count() == rows


def test_attempts_by_strangers_do_not_block_a_known_browser(no_budget: None) -> None:
    mine = Client()
    assert mine.post("/login/", RIGHT).status_code == 302
    mine.post("/logout/")
    for _ in range(100):
        attempt(Client(), "ada")
    assert attempt(Client(), **{"password": RIGHT["password"]}) == 429
    assert mine.post("/login/", RIGHT).status_code == 302
    mine.post("/logout/")
    # It is limited as well, and the cookie is useless for another account.
    for _ in range(login.ATTEMPTS.most - 1):
        assert attempt(mine) == 200
    assert attempt(mine) == 429
    for _ in range(login.ATTEMPTS.most):
        attempt(mine, "grace")
    assert attempt(mine, "grace") == 429


@pytest.mark.parametrize("name", ["ada", "nobody", "gone"])
def test_known_unknown_and_inactive_accounts_are_answered_alike(
    client: Client, django_user_model: type[User], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    django_user_model.objects.create_user("gone", password="a-long-password", is_active=False)
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *a, **k: hashed.append(1) or encode(*a, **k)
    )
    answer = client.post("/login/", {"username": name, "password": "wrong"})
    assert answer.status_code == 200 and len(hashed) == 1
    page = answer.content.decode().replace(name, "NAME").split("<main")[1]
    unknown = client.post("/login/", {"username": "unknown", "password": "wrong"})
    shown = unknown.content.decode().replace("unknown", "NAME").split("<main")[1]
    hide = lambda text: [line for line in text.splitlines() if "csrf" not in line]  # noqa: E731
    assert hide(page) == hide(shown)


def test_it_stores_neither_names_nor_addresses(client: Client) -> None:
    client.post("/login/", RIGHT, REMOTE_ADDR="198.51.100.7")
    stored = repr(list(Use.objects.values()))
    assert "ada" not in stored and "198.51" not in stored
    assert {field.name for field in Use._meta.fields} == {"key", "number", "ends"}


def test_rows_are_removed_when_their_period_ends() -> None:
    limit = SharedLimit("test", most=2, seconds=10)
    for key in "abc":
        assert limit.allows(key)
    later(10)
    assert limit.allows("d") and Use.objects.count() == 1
    assert Use.objects.get().ends > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_the_limit_is_exact_for_simultaneous_requests() -> None:
    limit = SharedLimit("test", most=7, seconds=600)

    def ask(_: int) -> bool:
        try:
            return limit.allows("key")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(ask, range(20))) == 7
