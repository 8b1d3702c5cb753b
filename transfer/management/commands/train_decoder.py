"""`manage.py train_decoder`: train a decoder of an encoder."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import CommandParser

from common.command import InputCommand


class Command(InputCommand):
    """Trains a decoder, or resumes a training."""

    help = "Train the decoder of one level of an encoder; a stopped training is resumed."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of `python -m transfer.decoders.training`."""
        from transfer.decoders.training import add_arguments

        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Train."""
        from transfer.decoders.training import run

        run(argparse.Namespace(**options))
