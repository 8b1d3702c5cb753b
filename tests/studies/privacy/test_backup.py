"""Backup, restore, and erasures that a restore repeats."""

from __future__ import annotations

import threading
import uuid
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from common.errors import InputError
from common.tables import to_csv
from studies.exchange.export import votes_frame
from studies.models import ConsentText, Participant, Study, Trial, Vote
from studies.privacy import erasure
from studies.privacy.backup import write_backup
from studies.privacy.restore import restore
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from transfer.models import Stimulus

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def data(tmp_path, settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def vote(study: Study, external_id: str) -> Participant:
    participant = enrol(study, external_id)
    for _ in range(2):
        record_vote(current_trial(participant), "left", uuid.uuid4(), 900)
    return participant


def everything() -> dict[str, list[tuple]]:
    models = (Study, ConsentText, Participant, Trial, Vote, Stimulus, Stimulus.styles.through)
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in models}


def test_it_restores_every_row_and_every_file(study, data):
    vote(study, "worker 1")
    before, exported = everything(), to_csv(votes_frame([study]))
    stimulus = Stimulus.objects.first()
    picture = stimulus.path.read_bytes()
    assert write_backup(data / "b.zip") > 50
    vote(study, "worker 2")
    Study.objects.filter(pk=study.pk).update(name="changed")
    stimulus.path.unlink()
    assert restore(data / "b.zip") == 0
    assert everything() == before
    assert to_csv(votes_frame(Study.objects.all())) == exported
    assert stimulus.path.read_bytes() == picture
    # The site stays usable: new rows get new numbers.
    vote(Study.objects.get(), "worker 3")
    assert Vote.objects.count() == 4


def test_a_restore_repeats_later_erasures(study, data):
    kept, gone = vote(study, "worker 1"), vote(study, "worker 2")
    write_backup(data / "b.zip")
    erasure.erase_person("worker 2")
    assert restore(data / "b.zip") == 1
    assert not Vote.objects.filter(trial__participant__public_id=gone.public_id).exists()
    assert Participant.objects.get(public_id=gone.public_id).external_id == ""
    assert Vote.objects.filter(trial__participant__public_id=kept.public_id).count() == 2


def test_erasures_are_repeated_even_without_the_log(study, data):
    vote(study, "worker 1")
    write_backup(data / "b.zip")
    erasure.erase_person("worker 1")
    erasure.log_path().unlink()  # the rows still say it
    assert restore(data / "b.zip") == 1
    assert not Vote.objects.exists()
    # An older backup on a new machine: the log in the newer backup has the erasure.
    write_backup(data / "newer.zip")
    erasure.log_path().unlink()
    Participant.objects.all().delete()
    with zipfile.ZipFile(data / "newer.zip") as newer:
        erasure.merge_log(newer.read("erasures.jsonl").decode())
    assert restore(data / "b.zip") == 1
    assert not Vote.objects.exists()


def test_a_backup_is_a_consistent_snapshot_and_blocks_no_vote(study, data, monkeypatch):
    """A vote during the backup is stored at once, and is not in the backup."""
    from studies.privacy import backup

    participant = vote(study, "worker 1")
    real, done = backup.models_of, []

    def meanwhile():
        for number, model in enumerate(real()):
            yield model
            if number == 0:  # the reading has begun
                thread = threading.Thread(target=voting)
                thread.start()
                thread.join(30)

    def voting():
        try:
            record_vote(current_trial(participant), "right", uuid.uuid4(), 900)
            done.append(Vote.objects.count())
        finally:
            connection.close()

    monkeypatch.setattr(backup, "models_of", meanwhile)
    write_backup(data / "b.zip")
    monkeypatch.undo()
    assert done == [3]
    restore(data / "b.zip")
    assert Vote.objects.count() == 2


def test_it_refuses_damaged_archives_and_changes_nothing(study, data):
    vote(study, "worker 1")
    write_backup(data / "b.zip")
    before = everything()
    (data / "nonsense.zip").write_text("nonsense")
    with zipfile.ZipFile(data / "b.zip") as good:
        parts = {name: good.read(name) for name in good.namelist()}
    strange = {"media/../../outside.png": b"x", "media//etc/outside": b"x"}
    for name, changed in (
        ("rows", {"rows.jsonl": parts["rows.jsonl"] + b"\n"}),
        ("format", {"manifest.json": b'{"format": 99}'}),
        ("version", {"manifest.json": parts["manifest.json"].replace(b"0001_initial", b"0000")}),
        ("outside", strange),
    ):
        with zipfile.ZipFile(data / f"{name}.zip", "w") as bad:
            for member, content in {**parts, **changed}.items():
                bad.writestr(member, content)
    for name in ("nonsense", "missing", "rows", "format", "version", "outside"):
        with pytest.raises(InputError, match="cannot be read"):
            restore(data / f"{name}.zip")
    assert everything() == before
    assert not (data.parent / "outside.png").exists()


def test_the_commands_say_what_they_did(study, data):
    out = StringIO()
    call_command("backup", str(data / "b.zip"), stdout=out)
    assert "rows in" in out.getvalue()
    assert (data / "b.zip").stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="use --replace"):
        call_command("restore", str(data / "b.zip"))
    call_command("restore", str(data / "b.zip"), "--replace", stdout=out)
    assert "0 erasures were repeated" in out.getvalue()
    with pytest.raises(CommandError, match="cannot write .*folder does not exist"):
        call_command("backup", str(data / "no" / "b.zip"))
