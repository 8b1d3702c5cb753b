"""The researcher's pages of transfer."""

from __future__ import annotations

import io
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.transfer.conftest import annotate, draw, stored_files
from transfer.batches.launch import launch
from transfer.models import Batch, Picture, Stimulus
from transfer.views.forms import LaunchForm

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


@pytest.fixture
def made(engine, order) -> Batch:
    """A batch of four stimuli: two done, one failed, one waiting."""
    from transfer.batches.worker import make

    batch = launch(order(chunk=2))
    make(batch.stimuli.next_chunk())
    bad = batch.stimuli.filter(state="pending").first()
    batch.stimuli.filter(pk=bad.pk).claim("elsewhere").fail("it diverged")
    return batch


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


def test_the_batch_page_filters_and_shows_errors(researcher, made):
    address = made.get_absolute_url()
    assert b"it diverged" in researcher.get(address).content
    assert b"4 stimuli" in researcher.get(address).content
    assert b"1 stimulus" in researcher.get(address, {"state": "failed"}).content
    content = made.stimuli.first().content.pk
    assert b"2 stimuli" in researcher.get(address, {"content": content}).content
    assert b"0 stimuli" in researcher.get(address, {"state": "running"}).content
    assert b"4 stimuli" in researcher.get(address, {"method": "monet", "page": "99"}).content


def test_the_gallery_is_paged_and_keeps_its_filters(researcher, batch, monkeypatch):
    monkeypatch.setattr("transfer.views.batches.PER_PAGE", 3)
    many = batch(stimuli=7)
    page = researcher.get(many.get_absolute_url(), {"state": "pending", "page": 2})
    assert b"Page 2 of 3" in page.content
    assert b"?state=pending&amp;page=3" in page.content


def test_the_number_of_queries_does_not_grow_with_stimuli(
    researcher, batch, django_assert_max_num_queries
):
    many = batch(stimuli=30)
    with django_assert_max_num_queries(20):
        researcher.get(many.get_absolute_url())
    with django_assert_max_num_queries(8):
        researcher.get(reverse("transfer:batches"))


def test_progress_is_counted_from_rows(researcher, made):
    response = researcher.get(reverse("transfer:batch_progress", args=[made.pk]))
    counts = {"pending": 1, "running": 0, "done": 2, "failed": 1}
    assert response.json() == counts | {"pace": ""}


def test_the_pace_is_shown_while_a_worker_is_active(researcher, made):
    made.stimuli.filter(state="done").update(seconds=90)
    made.stimuli.filter(state="pending").claim("workshop:1")
    pace = "40 images/hour, 2 min left"
    assert researcher.get(reverse("transfer:batch_progress", args=[made.pk])).json()["pace"] == pace
    assert pace in researcher.get(made.get_absolute_url()).content.decode()


def test_retry_lets_failed_stimuli_wait_again(researcher, made):
    response = researcher.post(reverse("transfer:retry", args=[made.pk]), follow=True)
    assert b"wait again: 1" in response.content
    assert made.stimuli.progress().pending == 2
    assert researcher.get(reverse("transfer:retry", args=[made.pk])).status_code == 405


@pytest.fixture
def wishes(engine, picture) -> dict:
    contents = [picture("content", name, seed=number).pk for number, name in enumerate("ab")]
    return {
        "name": "trial",
        "methods": ["gatys", "weightless"],
        "contents": contents,
        "styles": [picture("style", "x").pk],
        "size": 40,
        "seed": 0,
        "encoder": "compact",
        "precision": "float32",
        "chunk": 2,
        "style_weights": "1, 5",
        "settings": "gatys.iterations=3",
    }


def test_the_form_launches_a_batch(researcher, wishes, django_capture_on_commit_callbacks):
    from django_tasks_db.models import DBTaskResult

    with django_capture_on_commit_callbacks(execute=True):
        response = researcher.post(reverse("transfer:launch"), wishes, follow=True)
    batch = Batch.objects.get()
    assert response.redirect_chain[-1][0] == batch.get_absolute_url()
    assert b"Launched: 6 stimuli" in response.content
    assert b"Is a worker running?" in response.content
    assert batch.created_by.get_username() == "ada"
    assert batch.recipe["methods"][0]["parameters"]["iterations"] == 3.0
    assert DBTaskResult.objects.count() == 3


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, {}),
        ({"colour": "luminance"}, {"colour": "luminance"}),
        ({"colour": "histogram", "settings": "colour=free"}, {"colour": "free"}),
    ],
)
def test_the_form_orders_colours(researcher, wishes, chosen, expected):
    form = LaunchForm(wishes | {"settings": ""} | chosen)
    assert form.is_valid(), form.errors
    assert form.order().settings == expected


def test_the_form_counts_without_launching(researcher, wishes):
    response = researcher.post(reverse("transfer:launch"), wishes | {"count": "1"})
    assert b"These are 6 stimuli" in response.content
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["monet"]}, "not one of the available choices"),
        ({"methods": []}, "This field is required"),
        ({"style_weights": "one"}, "Use numbers"),
        ({"settings": "iterations"}, "use NAME=VALUE"),
        ({"settings": "brush=3"}, "no parameter"),
        ({"size": "8"}, "greater than or equal to 32"),
        ({"samples": "99"}, "only 4 combinations"),
        ({"samples": "1000000000"}, "less than or equal to 100000"),
        ({"iterations": "1000000000"}, "less than or equal to 100000"),
        ({"style_weights": " ".join(map(str, range(1, 1002)))}, "at most 1000 numbers"),
    ],
)
def test_the_form_refuses_invalid_values(researcher, wishes, change, message):
    response = researcher.post(reverse("transfer:launch"), wishes | change)
    assert message in response.content.decode().replace("&#x27;", "'")
    assert not Batch.objects.exists()


@pytest.mark.parametrize("count", [{}, {"count": "1"}])
def test_the_form_limits_the_number_of_stimuli(researcher, wishes, monkeypatch, count):
    monkeypatch.setattr("transfer.views.launching.MOST", 5)
    response = researcher.post(reverse("transfer:launch"), wishes | count)
    assert b"these are 6 stimuli, and a page launches at most 5" in response.content
    assert b"These are" not in response.content
    assert not Batch.objects.exists()


def test_a_name_with_another_recipe_is_refused_on_the_form(researcher, wishes):
    researcher.post(reverse("transfer:launch"), wishes)
    response = researcher.post(reverse("transfer:launch"), wishes | {"size": 50})
    assert b"another recipe" in response.content
    assert Stimulus.objects.count() == 6


def test_pages_carry_no_inline_script_or_style(researcher, made):
    for address in addresses(made)[:6]:
        text = researcher.get(address).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<script>" not in text


def test_the_page_of_an_imported_stimulus_shows_no_recipe(researcher, picture, media, tmp_path):
    content, style = picture("content", "sea"), picture("style", "waves")
    batch = Batch.objects.create(name="theirs", recipe={"imported": True})
    path = draw(media / "made.png")
    row = Stimulus.objects.create(
        batch=batch, recipe_key="k", content=content, method="m", state="done",
        file=path.name, sha256="0" * 64, width=40, height=32,
    )  # fmt: skip
    row.styles.add(style)
    assert b"made by another tool" in researcher.get(row.get_absolute_url()).content
    assert b"Recipe" not in researcher.get(batch.get_absolute_url()).content
