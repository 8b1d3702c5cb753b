"""All pages of transfer: logins, files, and the content policy."""

from __future__ import annotations

import pytest
from django.urls import reverse

from transfer.models import Batch, Picture, Stimulus

pytestmark = pytest.mark.django_db


def addresses(batch: Batch) -> list[str]:
    row = batch.stimuli.filter(state="done").first()
    return [
        reverse("transfer:pictures"),
        reverse("transfer:batches"),
        reverse("transfer:launch"),
        batch.get_absolute_url(),
        reverse("transfer:batch_progress", args=[batch.pk]),
        row.get_absolute_url(),
        row.file_url,
        row.thumbnail_url,
        row.content.file_url,
        row.content.thumbnail_url,
    ]


def test_every_page_asks_for_a_login(client, made):
    for address in addresses(made):
        response = client.get(address)
        assert response.status_code == 302, address
        assert response.url.startswith(reverse("login"))
    for address in (
        reverse("transfer:pictures"),
        reverse("transfer:launch"),
        reverse("transfer:retry", args=[made.pk]),
        reverse("transfer:delete_picture", args=[Picture.objects.first().pk]),
    ):
        assert client.post(address).url.startswith(reverse("login"))
    assert Stimulus.objects.filter(state="failed").count() == 1


def test_every_page_opens_for_a_researcher(researcher, made):
    for address in addresses(made):
        assert researcher.get(address).status_code == 200, address


def test_empty_pages_name_the_next_step(researcher, engine, media):
    assert b"import_stimuli" in researcher.get(reverse("transfer:batches")).content
    assert b"no content picture yet" in researcher.get(reverse("transfer:pictures")).content
    assert b"upload some" in researcher.get(reverse("transfer:launch")).content


def test_files_have_their_type_and_are_private(researcher, made):
    row = made.stimuli.filter(state="done").first()
    response = researcher.get(row.file_url)
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"].startswith("private")
    assert b"".join(response.streaming_content) == row.path.read_bytes()
    assert researcher.get(row.thumbnail_url)["Content-Type"] == "image/jpeg"


def test_a_missing_file_is_not_found(researcher, made):
    waiting = made.stimuli.filter(state="pending").first()
    assert researcher.get(waiting.file_url).status_code == 404
    row = made.stimuli.filter(state="done").first()
    row.path.unlink()
    assert researcher.get(row.file_url).status_code == 404
    assert researcher.get("/transfer/pictures/999/file/").status_code == 404
    assert researcher.get("/transfer/stimuli/../../settings.py/file/").status_code == 404


def test_pages_carry_no_inline_script_or_style(researcher, made):
    for address in addresses(made)[:6]:
        text = researcher.get(address).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<script>" not in text
