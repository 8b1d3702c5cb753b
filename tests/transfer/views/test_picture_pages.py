"""The pictures page: uploads and removals."""

from __future__ import annotations

import io
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.transfer.conftest import annotate, stored_files
from transfer.models import Picture, Stimulus

pytestmark = pytest.mark.django_db


def png(size=(40, 32), colour="red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, format="PNG")
    return data.getvalue()


def bomb() -> bytes:
    """The header of a PNG of 20,000 × 20,000 pixels."""
    header = b"IHDR" + (20_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    chunk = (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk + png()[33:]


def upload(client, *files: tuple[str, bytes], role="content", mats=(), **fields):
    pictures = [SimpleUploadedFile(name, data) for name, data in files]
    annotations = [SimpleUploadedFile(name, data) for name, data in mats]
    data = {"role": role, "pictures": pictures, "annotations": annotations} | fields
    return client.post(reverse("transfer:pictures"), data, follow=True)


def test_it_uploads_several_pictures_with_annotations(researcher, media, tmp_path):
    mat = annotate(tmp_path / "sea.mat").read_bytes()
    response = upload(
        researcher,
        ("sea.png", png()),
        ("lake.png", png(colour="blue")),
        mats=[("sea.mat", mat)],
        licence="CC BY 4.0",
        source="my holidays",
    )
    assert b"2 pictures stored" in response.content
    sea = Picture.objects.get(name="sea")
    assert (sea.licence, sea.source) == ("CC BY 4.0", "my holidays")
    assert sea.annotations
    assert b"annotated" in response.content
    assert b"1 was stored already" in upload(researcher, ("sea.png", png())).content


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("text.png", b"I am no picture", "not a picture"),
        ("cut.jpg", b"", "empty"),
        ("pixel.png", png((1, 1)), "too small"),
        ("bomb.png", bomb(), "too large"),
        ("page.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
    ],
)
def test_a_bad_upload_is_one_clear_line_and_stores_nothing(researcher, media, name, data, message):
    response = upload(researcher, (name, data))
    assert message in response.content.decode()
    assert not Picture.objects.exists()
    assert stored_files(media) == []


def test_a_truncated_jpeg_is_refused_and_others_are_stored(researcher, media):
    whole = io.BytesIO()
    Image.effect_noise((200, 200), 80).save(whole, format="JPEG")
    response = upload(researcher, ("cut.jpg", whole.getvalue()[:3000]), ("sea.png", png()))
    text = response.content.decode()
    assert "Not stored: cut.jpg is truncated or damaged" in text
    assert "/tmp" not in text
    assert Picture.objects.get().name == "sea"


@pytest.mark.parametrize(
    "name", ["../../evil.png", "..\\..\\evil.png", "/etc/evil.png", "evil.png"]
)
def test_a_name_never_leaves_the_media_folder(researcher, media, name):
    upload(researcher, (name, png()))
    picture = Picture.objects.get()
    assert picture.name == "evil"
    assert media.resolve() in picture.path.resolve().parents


def test_a_name_is_never_markup(researcher, media):
    upload(researcher, ("<b onload=x>.png", png()))
    assert b"<b onload" not in researcher.get(reverse("transfer:pictures")).content


def test_an_upload_without_files_is_reported(researcher, media):
    response = researcher.post(reverse("transfer:pictures"), {"role": "content"})
    assert b"This field is required" in response.content


def test_a_picture_is_removed_unless_stimuli_need_it(
    researcher, made, picture, django_capture_on_commit_callbacks
):
    spare = picture("style", "spare", seed=77)
    used = Stimulus.objects.first().content
    with django_capture_on_commit_callbacks(execute=True):
        for one in (spare, used):
            researcher.post(reverse("transfer:delete_picture", args=[one.pk]))
    assert not Picture.objects.filter(pk=spare.pk).exists()
    assert not spare.path.exists()
    assert used.path.exists()
    assert Picture.objects.filter(pk=used.pk).exists()
