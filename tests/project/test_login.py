"""Every page asks for a login, except those listed here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter

PUBLIC = {
    "login",
    "accounts:join",  # a signed link gives access
    # For programs that watch the server; `prometheus` asks for METRICS_TOKEN.
    "healthz",
    "readyz",
    "prometheus",
    # Participants have no account; a token or a signature, which cannot be guessed, gives access.
    "studies:enter",
    "studies:take",
    "studies:vote",
    "studies:go_on",
    "studies:stop",
    "studies:questions",
    "studies:change",
    "studies:ahead",
    "studies:unloadable",
    "studies:picture",
}
"""Pages for those who have no account."""

EXAMPLES = {IntConverter: 1, UUIDConverter: uuid.UUID(int=1)}


def pages(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every page of the site with its full name."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(
                pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space
            )
        else:
            yield f"{space}{pattern.name}", pattern


def address(name: str, pattern: URLPattern) -> str:
    """An address of the page, with an example in the place of every argument."""
    converters = pattern.pattern.converters.items()
    arguments = {key: EXAMPLES.get(type(converter), "x") for key, converter in converters}
    return reverse(name, kwargs=arguments)


@pytest.mark.django_db
def test_it_asks_for_a_login_on_every_page_but_the_public_ones(client: Client) -> None:
    login = reverse("login")
    public = set()
    for name, pattern in pages(get_resolver()):
        if name.startswith("api:"):  # asks for a token: tests/config/api/test_access.py
            continue
        for method in (client.get, client.post):
            answer = method(address(name, pattern))
            if not (answer.status_code == 302 and answer.headers["Location"].startswith(login)):
                public.add(name)
    assert public == PUBLIC


@pytest.mark.django_db
def test_it_logs_in_and_out(client: Client, django_user_model: type[User]) -> None:
    django_user_model.objects.create_user("ada", password="a-long-password")
    answer = client.post(reverse("login"), {"username": "ada", "password": "a-long-password"})
    assert answer.headers["Location"] == reverse("home")
    assert client.get(reverse("home")).status_code == 200
    assert client.get(reverse("logout")).status_code == 405  # a link must not log a user out
    client.post(reverse("logout"))
    assert client.get(reverse("home")).status_code == 302


@pytest.mark.django_db
def test_it_reports_a_wrong_password(client: Client) -> None:
    answer = client.post(reverse("login"), {"username": "ada", "password": "wrong"})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


@pytest.mark.django_db
def test_it_never_redirects_to_another_site_after_the_login(
    client: Client, django_user_model: type[User]
) -> None:
    django_user_model.objects.create_user("ada", password="a-long-password")
    answer = client.post(
        reverse("login") + "?next=https://evil.example/",
        {"username": "ada", "password": "a-long-password", "next": "https://evil.example/"},
    )
    assert answer.headers["Location"] == reverse("home")


def test_it_sends_the_security_headers(researcher: Client) -> None:
    headers = researcher.get(reverse("home")).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "object-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_it_serves_static_files_to_everybody(client: Client) -> None:
    answer = client.get("/static/site.css")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")


def test_it_has_a_page_for_unknown_addresses(researcher: Client) -> None:
    answer = researcher.get("/nothing/here/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


@pytest.mark.django_db
def test_it_has_a_page_for_outdated_forms(django_user_model: type[User]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create_user("ada"))
    answer = client.post(reverse("logout"))
    assert answer.status_code == 403
    assert "Please try again" in answer.content.decode()


def test_it_has_a_page_for_internal_errors(
    researcher: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("config.views.render", broken)
    researcher.raise_request_exception = False
    answer = researcher.get(reverse("home"))
    assert answer.status_code == 500
    assert "The error has been logged" in answer.content.decode()
