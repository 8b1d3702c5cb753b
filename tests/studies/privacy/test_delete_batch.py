"""Deletion of batches, except those that a study uses."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from studies.models import Study
from tests.studies.world import batch_of
from transfer.models import Batch, Picture, Stimulus

pytestmark = pytest.mark.django_db


def test_it_removes_a_batch_with_its_files_and_keeps_shared_ones(
    monkeypatch, django_capture_on_commit_callbacks
):
    batch = batch_of(contents=1, styles=1)
    first, second, _ = batch.stimuli.all()
    other = Batch.objects.create(name="other", recipe={})
    Stimulus.objects.create(
        batch=other, recipe_key="same", content=first.content, method="x", file=second.file.name
    )
    monkeypatch.setattr("builtins.input", lambda _: "n")
    with pytest.raises(CommandError, match="nothing was removed"):
        call_command("delete_batch", batch.name)
    monkeypatch.setattr("builtins.input", lambda _: "y")
    with django_capture_on_commit_callbacks(execute=True):
        call_command("delete_batch", batch.name, stdout=StringIO())
    assert list(Batch.objects.all()) == [other]
    assert not first.path.exists() and second.path.exists()
    assert Picture.objects.count() == 2


def test_it_keeps_a_batch_that_a_study_uses():
    batch = batch_of(contents=1, styles=1)
    study = Study.objects.create(name="asks", kind="E")
    study.batches.add(batch)
    with pytest.raises(CommandError, match="in use by study 'asks'"):
        call_command("delete_batch", batch.name, "--yes")
    with pytest.raises(CommandError, match="no batch 'none'"):
        call_command("delete_batch", "none", "--yes")
    assert batch.stimuli.count() == 3
