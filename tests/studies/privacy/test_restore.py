"""A truncated, damaged or forged backup is refused and changes nothing."""

from __future__ import annotations

import hashlib
import json
import random
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from studies.models import Participant, Study, Vote
from studies.privacy import erasure
from studies.privacy.backup import write_backup
from studies.privacy.restore import restore
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.trial_content import picture_url
from tests.studies.privacy.test_backup import everything, vote
from transfer.models import Picture, Stimulus

pytestmark = pytest.mark.django_db(transaction=True)
Parts = dict[str, bytes]


@pytest.fixture
def good(study, tmp_path, settings) -> bytes:
    """A backup of a study with two votes; a third vote came later."""
    settings.DATA_DIR = tmp_path
    vote(study, "worker 1")
    write_backup(tmp_path / "good.zip")
    vote(study, "worker 2")
    return (tmp_path / "good.zip").read_bytes()


def bent(good: bytes, change: Callable[[Parts], None]) -> bytes:
    """The archive with other parts, and with a manifest that matches them."""
    with zipfile.ZipFile(BytesIO(good)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    manifest = json.loads(parts["manifest.json"])
    manifest["sha256"] = hashlib.sha256(parts["rows.jsonl"]).hexdigest()
    parts["manifest.json"] = json.dumps(manifest).encode()
    changed = BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return changed.getvalue()


def row(model: str, **fields: object) -> Callable[[Parts], None]:
    """Change fields of the first row of a model."""

    def change(parts: Parts) -> None:
        lines = [json.loads(line) for line in parts["rows.jsonl"].decode().splitlines()]
        found = next(line for line in lines if line["model"] == model)
        found["fields"] |= fields
        parts["rows.jsonl"] = "".join(json.dumps(line) + "\n" for line in lines).encode()

    return change


def more(line: object) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts["rows.jsonl"] += json.dumps(line).encode() + b"\n"

    return change


def half(parts: Parts) -> None:
    parts["erasures.jsonl"] = json.dumps({"participant": "0" * 32, "at": "2026"}).encode() + b"\n"
    parts["rows.jsonl"] = parts["rows.jsonl"][: len(parts["rows.jsonl"]) // 2]


def other_picture(parts: Parts) -> None:
    name = next(name for name in parts if name.startswith("media/stimuli/"))
    parts[name] = b"another picture"


def picture_of_another_row(parts: Parts) -> None:
    row("transfer.stimulus", sha256="0" * 64)(parts)


def bad_log(parts: Parts) -> None:
    parts["erasures.jsonl"] = b'{"participant": "no id"}\n'


def new_media(parts: Parts) -> None:
    parts["media/stimuli/new.png"] = b"new"
    half(parts)


SESSION = {
    "model": "sessions.session",
    "pk": "s" * 32,
    "fields": {"session_data": "", "expire_date": "2030-01-01T00:00:00Z"},
}
BENT: dict[str, Callable[[Parts], None]] = {
    "half of the rows": half,
    "files before bad rows": new_media,
    "another picture": other_picture,
    "a picture of another row": picture_of_another_row,
    "an absolute name": row("transfer.picture", file="/etc/passwd"),
    "a name that climbs": row("transfer.picture", file="../../../../../etc/passwd"),
    "annotations that climb": row("transfer.picture", annotations="a/../../b.mat"),
    "a stimulus that climbs": row("transfer.stimulus", file="stimuli/../../b.png"),
    "a session": more(SESSION),
    "an unknown table": more({"model": "transfer.nothing", "pk": 1, "fields": {}}),
    "an unknown field": row("transfer.picture", nothing=1),
    "a study that is not there": row("studies.participant", study=10**6),
    "a number that is none": row("transfer.picture", width="wide"),
    "a list of rows": more([1]),
    "a bad log": bad_log,
    "no rows": lambda parts: parts.update({"rows.jsonl": b"\xff\xfe"}),
}


def state(folder: Path) -> object:
    log = erasure.log_path()
    media = Path(django_settings.MEDIA_ROOT)
    files = sorted(path for path in media.rglob("*") if path.is_file())
    return everything(), log.read_text() if log.exists() else "", files


def refused(data: bytes, folder: Path) -> str:
    """The error of one line for the archive, after which everything is unchanged."""
    (folder / "bent.zip").write_bytes(data)
    before = state(folder)
    with pytest.raises(CommandError) as error:
        call_command("restore", str(folder / "bent.zip"), "--replace")
    assert state(folder) == before
    assert "\n" not in str(error.value) and "cannot be read" in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", BENT)
def test_it_refuses_an_archive_that_was_changed(good, tmp_path, name):
    refused(bent(good, BENT[name]), tmp_path)


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.9, 0.999])
def test_it_refuses_a_truncated_archive(good, tmp_path, part):
    refused(good[: int(len(good) * part)], tmp_path)


def test_a_flipped_bit_is_refused_or_harmless(good, tmp_path):
    dice = random.Random(5)
    before = everything()
    for _ in range(15):
        data = bytearray(good)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        (tmp_path / "bent.zip").write_bytes(data)
        try:
            call_command("restore", str(tmp_path / "bent.zip"), "--replace")
        except CommandError:
            assert everything() == before
        else:
            assert Vote.objects.count() == 2
            assert all(s.path.stem == s.sha256 for s in Stimulus.objects.filter(state="done"))
            restore_both(good, tmp_path)
            before = everything()


def restore_both(good: bytes, folder: Path) -> None:
    (folder / "again.zip").write_bytes(good)
    restore(folder / "again.zip")


def test_it_restores_no_derived_pictures(good, tmp_path):
    data = bent(good, lambda parts: parts.update({"media/shown/1/ab/x.png": b"other"}))
    (tmp_path / "b.zip").write_bytes(data)
    restore(tmp_path / "b.zip")
    assert not (Path(django_settings.MEDIA_ROOT) / "shown/1/ab/x.png").exists()


def test_it_replaces_a_damaged_file(good, tmp_path):
    stimulus = Stimulus.objects.filter(state="done").first()
    content = stimulus.path.read_bytes()
    stimulus.path.write_bytes(b"damaged")
    restore_both(good, tmp_path)
    assert stimulus.path.read_bytes() == content


def test_an_erasure_in_the_archive_is_repeated_and_logged(good, tmp_path):
    key = Participant.objects.order_by("pk").first().public_id.hex
    line = json.dumps({"participant": key, "at": "2026-01-01T00:00:00+00:00"}).encode() + b"\n"
    data = bent(good, lambda parts: parts.update({"erasures.jsonl": line}))
    (tmp_path / "b.zip").write_bytes(data)
    assert restore(tmp_path / "b.zip") == 1
    assert Vote.objects.count() == 0 and key in erasure.log_path().read_text()
    assert Study.objects.count() == 1


@pytest.mark.parametrize("name", ["/etc/passwd", "../../../../etc/passwd", "pictures/../../x"])
def test_the_site_serves_no_file_outside_its_folder(researcher: Client, study, name):
    picture, stimulus = Picture.objects.first(), Stimulus.objects.first()
    for kept in (picture, stimulus):
        type(kept).objects.filter(pk=kept.pk).update(file=name)
    for address in (
        reverse("transfer:picture_file", args=[picture.pk]),
        reverse("transfer:picture_thumbnail", args=[picture.pk]),
        reverse("transfer:stimulus_file", args=[stimulus.public_id]),
        reverse("transfer:stimulus_thumbnail", args=[stimulus.public_id]),
    ):
        assert researcher.get(address).status_code == 404
    trial = current_trial(enrol(study))
    addresses = [picture_url(trial, place) for place in ("left", "right", "reference")]
    assert any(researcher.get(address).status_code == 404 for address in addresses)
