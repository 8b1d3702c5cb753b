"""manage.py sweep: only what no row names, and nothing young, is removed."""

from __future__ import annotations

import io
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from common import object_store
from common.media import keep, media_path
from tests.common.test_object_store import BUCKET, client_of, names_in, server, store  # noqa: F401
from tests.transfer.conftest import stored_files
from transfer.models import Picture, Stimulus

HOURS_AGO = 2 * 3600


def age(*paths: Path) -> None:
    moment = time.time() - HOURS_AGO
    for path in paths:
        os.utime(path, (moment, moment))


def put(name: str) -> Path:
    path = media_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    return path


def swept(*words: str) -> str:
    out = io.StringIO()
    call_command("sweep", *words, stdout=out)
    (line,) = out.getvalue().splitlines()
    return line


def test_what_no_row_names_is_removed_once_it_is_old(picture, media):
    named = picture("content", "sea")
    small = named.thumbnail()
    orphans = [
        put(f"stimuli/aa/{'a' * 64}.png"),
        put(f"stimuli/aa/.{'a' * 64}.png.1.tmp"),
        put(f"thumbnails/bb/{'b' * 64}.jpg"),
        put(f"shown/png-rgb-2/cc/{'c' * 64}-64.png"),
    ]
    half = put("temporary/half.png")
    shown = put(f"shown/png-rgb-2/dd/{named.sha256}-40.png")
    foreign = put("notes/readme.txt")
    age(named.path, small, shown, foreign, half, *orphans)
    young = [put(f"stimuli/ee/{'e' * 64}.png"), put("temporary/new.png")]
    expected = "removed: orphan files: 4, half-written files: 1; rows released: 0"

    before = stored_files(media)
    assert swept("--dry-run") == f"would be {expected}"
    assert stored_files(media) == before
    assert swept() == expected
    assert stored_files(media) == sorted([named.path, small, shown, foreign, *young])
    assert swept().startswith("removed: orphan files: 0, half-written files: 0;")


def test_a_file_that_is_written_again_during_the_sweep_stays(picture, media, monkeypatch):
    picture("content", "sea")
    name, _ = keep("stimuli", ".png", b"made again")
    age(media_path(name))
    real = Stimulus._base_manager.exclude

    def made_again(**options):
        keep("stimuli", ".png", b"made again")
        return real(**options)

    monkeypatch.setattr(Stimulus._base_manager, "exclude", made_again)
    assert swept().startswith("removed: orphan files: 0,")
    assert media_path(name).exists()


def test_rows_of_lost_workers_wait_again(batch):
    rows = batch(stimuli=3, chunk=1).stimuli
    rows.filter(chunk=0).claim("elsewhere:1")
    rows.filter(chunk=1).claim("elsewhere:2")
    rows.filter(chunk=0).update(lease_until="2020-01-01T00:00:00Z")
    assert swept("--dry-run").endswith("rows released: 1")
    assert rows.progress().running == 2
    assert swept().endswith("rows released: 1")
    assert list(rows.order_by("chunk").values_list("state", flat=True)) == [
        "pending",
        "running",
        "pending",
    ]


def test_the_database_of_another_installation_removes_nothing(picture, media):
    path = picture("content", "sea").path
    age(path)
    Picture.objects.all()._raw_delete("default")
    with pytest.raises(CommandError, match="no row names a file.*check DATABASE_URL"):
        swept()
    assert path.exists()


def test_the_store_is_swept_too(store, picture, monkeypatch):  # noqa: F811
    named = picture("content", "sea").file.name
    orphan, _ = keep("stimuli", ".png", b"nobody's")
    object_store.put("elsewhere/file.txt", b"not of the platform")
    assert swept().endswith("in the store: 0 and 0; rows released: 0"), "they are young"
    address, prefix = store
    # The server cannot be told an age: files of this moment count as old now.
    monkeypatch.setattr(object_store, "_ABANDONED", timedelta(seconds=-5))
    client = client_of(address)
    client.create_multipart_upload(Bucket=BUCKET, Key=f"{prefix}/stimuli/ff/{'f' * 64}.png")
    assert "in the store: 1 and 1;" in swept("--dry-run")
    assert orphan in names_in(store)
    assert "in the store: 1 and 1;" in swept()
    assert names_in(store) == sorted(["elsewhere/file.txt", named])
    assert not client.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
