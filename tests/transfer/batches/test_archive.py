"""The archive of a batch: pictures, manifest, recipe."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from common.errors import InputError
from transfer.batches.archive import batch_archive
from transfer.batches.import_stimuli import import_manifest
from transfer.batches.launch import launch
from transfer.batches.worker import make
from transfer.models import Batch, Picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(engine, order) -> Batch:
    """Four stimuli, two of them done."""
    Picture.objects.filter(role="content").update(licence="CC0-1.0")
    batch = launch(order(chunk=2))
    make(batch.stimuli.next_chunk())
    Picture.objects.update(licence="CC0-1.0")
    return batch


def opened(pieces) -> tuple[zipfile.ZipFile, list[dict[str, str]]]:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    text = archive.read("manifest.csv").decode()
    return archive, list(csv.DictReader(io.StringIO(text, newline="")))


def test_it_holds_pictures_manifest_and_recipe(made):
    archive, rows = opened(batch_archive(made, made.stimuli.all()))
    assert len(rows) == 2
    for row, stimulus in zip(rows, made.stimuli.filter(state="done"), strict=True):
        assert row["image"] == f"pictures/{stimulus.public_id.hex}.png"
        assert hashlib.sha256(archive.read(row["image"])).hexdigest() == row["sha256"]
        assert row["content"] == stimulus.content.name and row["content_licence"] == "CC0-1.0"
        assert row["style_sha256"] == stimulus.styles.get().sha256
        assert json.loads(row["parameters"]) == stimulus.parameters
    about = json.loads(archive.read("batch.json"))
    assert about["recipe"] == made.recipe and about["pictures"] == 2
    assert len(archive.namelist()) == 4


def test_the_manifest_is_one_that_import_stimuli_reads(made, tmp_path):
    archive, rows = opened(batch_archive(made, made.stimuli.all()))
    archive.extractall(tmp_path / "unpacked")
    copy, new = import_manifest(tmp_path / "unpacked" / "manifest.csv", "copy")
    assert new == len(rows) == copy.stimuli.count()
    hashes = {one.sha256 for one in made.stimuli.filter(state="done")}
    assert {one.sha256 for one in copy.stimuli.all()} == hashes


def test_a_missing_file_is_left_out_with_its_reason(made):
    first = made.stimuli.filter(state="done").first()
    default_storage.delete(first.file.name)
    archive, rows = opened(batch_archive(made, made.stimuli.all()))
    assert rows[0]["image"] == "" and "missing" in rows[0]["problem"]
    assert rows[1]["image"] in archive.namelist()


def test_nothing_and_too_much_are_refused_before_the_first_byte(made, monkeypatch):
    with pytest.raises(InputError, match="no stimulus is finished"):
        batch_archive(made, made.stimuli.filter(state="pending"))
    monkeypatch.setattr("transfer.batches.archive.MOST", 1)
    with pytest.raises(InputError, match="at most 1"):
        batch_archive(made, made.stimuli.all())


def test_the_page_offers_what_its_filters_show(researcher, made):
    address = reverse("transfer:batch_zip", args=[made.pk])
    content = made.stimuli.filter(state="done").first().content.pk
    page = researcher.get(made.get_absolute_url(), {"content": content}).content.decode()
    assert f'{address}?content={content}&amp;"' in page
    response = researcher.get(address, {"content": content})
    assert response["Content-Type"] == "application/zip"
    _, rows = opened(response.streaming_content)
    assert len(rows) == made.stimuli.filter(state="done", content=content).count() == 1
    answer = researcher.get(address, {"state": "failed"}, follow=True).content.decode()
    assert "No stimulus is finished that matches these filters." in answer


def test_nobody_without_a_login_gets_it(client, made):
    assert client.get(reverse("transfer:batch_zip", args=[made.pk])).status_code == 302
