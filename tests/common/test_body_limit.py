"""Login and length of a request are checked before its body is read."""

from __future__ import annotations

import io

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from common.body_limit import LARGEST_FORM
from studies.models import Study

pytestmark = pytest.mark.django_db
KIND = "multipart/form-data; boundary=b"


class Unread(io.BytesIO):
    """A body that may not be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("the body was read")

    readline = readinto = read  # type: ignore[assignment]


def post_unread(address: str, length: int, kind: str = KIND, cookies: str = "") -> int:
    """The status of a POST that announces `length` bytes, with the CSRF check on."""
    environ = RequestFactory().generic("POST", address).environ
    environ |= {"wsgi.input": Unread(), "CONTENT_LENGTH": str(length), "CONTENT_TYPE": kind}
    environ |= {"HTTP_COOKIE": cookies, "PATH_INFO": address}
    handler = WSGIHandler()
    handler.load_middleware()
    return handler.get_response(WSGIRequest(environ)).status_code


def logged_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@pytest.mark.parametrize("kind", [KIND, "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize("length", [100, LARGEST_FORM, 200 * 1024 * 1024])
def test_no_body_is_read_without_a_login(kind: str, length: int) -> None:
    for name in ("transfer:pictures", "transfer:launch", "studies:create"):
        assert post_unread(reverse(name), length, kind) == 302


@pytest.mark.parametrize("kind", [KIND, "application/x-www-form-urlencoded", "text/plain"])
def test_a_form_that_is_too_long_is_refused_unread(
    kind: str, django_user_model: type[User]
) -> None:
    study = Study.objects.create(name="one", kind="E")
    cookies = logged_in(django_user_model.objects.create_user("ada"))
    for address in (
        reverse("login"),
        reverse("studies:enter", args=[study.entry_token]),
        reverse("studies:vote", args=["x"]),
        reverse("studies:create"),
    ):
        assert post_unread(address, LARGEST_FORM + 1, kind, cookies) == 413


def test_the_largest_upload_is_a_setting(
    django_user_model: type[User], settings: pytest.FixtureRequest
) -> None:
    cookies = logged_in(django_user_model.objects.create_user("ada"))
    assert settings.LARGEST_UPLOAD == 1024**3  # type: ignore[attr-defined]
    settings.LARGEST_UPLOAD = 3 * 1024 * 1024  # type: ignore[attr-defined]
    address = reverse("transfer:pictures")
    assert post_unread(address, 3 * 1024 * 1024 + 1, cookies=cookies) == 413
    assert post_unread(address, 3 * 1024 * 1024, cookies=cookies) == 403  # by the CSRF check


def test_a_length_that_is_not_a_number_means_no_body(client: Client) -> None:
    for length in ("", "-1", "9" * 40, "1e9", "０"):
        answer = client.generic("POST", reverse("login"), content_type=KIND, CONTENT_LENGTH=length)
        assert answer.status_code < 500
