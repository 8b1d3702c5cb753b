"""`manage.py train_decoder`: train a decoder of an encoder."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import CommandParser

from common.command import InputCommand


class Command(InputCommand):
    """Train a decoder; a training that was stopped goes on where it stood."""

    help = "Train the decoder of one level of an encoder; goes on from its checkpoint."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of `python -m transfer.decoders.training`."""
        from transfer.decoders.training import add_arguments

        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Train."""
        from transfer.decoders.training import run

        run(argparse.Namespace(**options))
