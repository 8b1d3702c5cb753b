"""manage.py delete_batch: remove a batch with its stimuli and their measurements."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from common.command import InputCommand
from common.errors import InputError
from common.media import media_path
from studies.models import Study
from transfer.media.thumbnails import thumbnail_path
from transfer.models import Batch, Stimulus


class Command(InputCommand):
    """`manage.py delete_batch`. It belongs to studies, which know the batches in use."""

    help = "Remove a batch with its stimuli and measurements, unless a study uses them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("batch", help="its name")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, remove, and report the number of stimuli."""
        batch = Batch.objects.filter(name=options["batch"]).first()
        if batch is None:
            known = ", ".join(Batch.objects.values_list("name", flat=True)[:10]) or "there is none"
            raise InputError(f"no batch '{options['batch']}': known are: {known}")
        if used := Study.objects.filter(batches=batch).values_list("name", flat=True):
            raise InputError(
                f"batch '{batch}' is in use by study '{used[0]}': delete the study first"
            )
        count = batch.stimuli.count()
        if not options["yes"] and input(f"Remove '{batch}' and {count} stimuli? [y/N] ") != "y":
            raise InputError("nothing was removed")
        with transaction.atomic():
            files = dict(batch.stimuli.exclude(file="").values_list("file", "sha256"))
            batch.delete()
            # A stimulus of another batch may have the same file.
            shared = Stimulus.objects.filter(file__in=files).values_list("file", flat=True)
            gone = set(files) - set(shared)
            transaction.on_commit(lambda: _remove({name: files[name] for name in gone}))
        self.stdout.write(f"batch '{options['batch']}' and {count} stimuli are removed")


def _remove(files: dict[str, str]) -> None:
    for name, sha256 in files.items():
        media_path(name).unlink(missing_ok=True)
        thumbnail_path(sha256).unlink(missing_ok=True)
