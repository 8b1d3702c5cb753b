"""List the processes that make and measure stimuli."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from common.command import InputCommand
from transfer.batches.worker_list import WorkerState, worker_states


class Command(InputCommand):
    """`manage.py workers`."""

    help = (
        "List the processes that make and measure stimuli: who works or waits, on which device, "
        "on what, images in the last hour and an hour, the latest error. Those that ended in the "
        "last seven days with --all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--all", action="store_true", help="also those that have ended")
        parser.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, **options: Any) -> None:
        """Print a line for each process, or one list."""
        shown = [one for one in worker_states() if options["all"] or one.state != "ended"]
        if options["json"]:
            self.stdout.write(json.dumps([_values(one) for one in shown], ensure_ascii=False))
            return
        for one in shown:
            self.stdout.write(_line(one))
        if not shown:
            self.stdout.write("no worker is running: start one with make worker")


def _values(one: WorkerState) -> dict[str, object]:
    process = one.process
    return {
        "name": process.name,
        "command": process.command,
        "state": one.state,
        "device": process.device,
        "doing": process.doing,
        "started_at": process.started_at.isoformat(),
        "seen_at": process.seen_at.isoformat(),
        "images": one.images,
        "images_per_hour": one.per_hour,
        "error": process.error,
        "error_at": process.error_at.isoformat() if process.error_at else None,
    }


def _line(one: WorkerState) -> str:
    process = one.process
    said = [f"{process.name}  {process.command}  {one.state}"]
    said.append(process.device or "no device yet")
    if process.doing:
        said.append(process.doing)
    said.append(f"{one.images} images in the last hour")
    if one.per_hour is not None:
        said.append(f"{one.per_hour:,.0f} images/hour")
    if process.error and process.error_at:
        said.append(f"error at {process.error_at:%Y-%m-%d %H:%M} UTC: {process.error}")
    return ", ".join(said)
