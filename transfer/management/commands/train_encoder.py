"""`manage.py train_encoder`: train the compact encoder from its teachers."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import CommandParser

from common.command import InputCommand


class Command(InputCommand):
    """Train the compact encoder, or resume a training."""

    help = "Train the compact encoder from its teachers; a stopped training is resumed."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of `python -m transfer.encoders.training`."""
        from transfer.encoders.training import add_arguments

        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Train."""
        from transfer.encoders.training import run

        run(argparse.Namespace(**options))
