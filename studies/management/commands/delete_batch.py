"""manage.py delete_batch: remove a batch with its stimuli and their measurements."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from studies.planning.batch_deletion import delete_batch, obstacle
from transfer.models import Batch


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
        if reason := obstacle(batch):
            raise InputError(f"batch '{batch}' cannot be deleted: {reason}")
        count = batch.stimuli.count()
        if not options["yes"] and input(f"Remove '{batch}' and {count} stimuli? [y/N] ") != "y":
            raise InputError("nothing was removed")
        delete_batch(batch)
        self.stdout.write(f"batch '{options['batch']}' and {count} stimuli are removed")
