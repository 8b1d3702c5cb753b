"""Text that no database stores is refused in every part of a request."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
ADDRESSES = [
    "/studies/join/a%00b/",
    "/studies/take/%00/",
    "/studies/picture/%00/",
    "/login/?next=%00",
    "/metrics/ecspace/?e=a%00b",
    "/?%00=1",
    "/%00",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_refuses_nul_in_an_address(researcher: Client, client: Client, address: str) -> None:
    for visitor in (researcher, client):
        answer = visitor.get(address)
        assert answer.status_code == 400
        assert "cannot be stored" in answer.content.decode()


@pytest.mark.parametrize("field", ["username", "na\0me"])
def test_it_refuses_nul_in_a_form(client: Client, field: str) -> None:
    assert client.post(reverse("login"), {field: "a\0b"}).status_code == 400


def test_it_refuses_nul_in_a_cookie(client: Client) -> None:
    # A quoted cookie writes NUL as \000, which Python's reader of cookies takes back.
    answer = client.get(reverse("home"), HTTP_COOKIE='sessionid="\\000aaaaaaaaaaaaaaa"')
    assert answer.status_code == 400


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-16", "utf-7"])
def test_it_refuses_forms_in_other_encodings(client: Client, charset: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\n\\ud800\r\n--b--\r\n'
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    assert client.post(reverse("login"), body, content_type=kind).status_code == 400


def test_it_accepts_all_other_text(client: Client) -> None:
    for text in ("中文", "💩", "\u202e", "\x01", "9" * 5000, "a\r\nb"):
        answer = client.post(reverse("login"), {"username": text[:150], "password": text})
        assert answer.status_code in (200, 429)
    assert client.get("/login/", {"next": "/\U0010ffff"}).status_code == 200
