"""Import stimuli made by other tools, to be measured and voted on like generated ones."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.command import InputCommand
from transfer.batches.import_stimuli import ManifestError, import_manifest


class Command(InputCommand):
    """Stores the stimuli of a manifest."""

    help = (
        "Import pictures made by other tools. The manifest is a CSV file with the columns image, "
        "content, style, method and, optionally, parameters (a JSON object); content and style are "
        "files or names of stored pictures. Everything is checked before anything is stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("manifest", metavar="MANIFEST.csv", type=Path)
        parser.add_argument(
            "--batch", required=True, metavar="NAME", help="name of the batch of imported stimuli"
        )

    def handle(self, **options: Any) -> None:
        """Import the manifest, or name every bad row."""
        try:
            batch, new = import_manifest(options["manifest"], options["batch"])
        except ManifestError as error:
            for problem in error.problems:
                self.stderr.write(problem)
            raise
        kept = batch.stimuli.count() - new
        self.stdout.write(f"batch '{batch.name}': {new} new stimuli, {kept} were there already")
