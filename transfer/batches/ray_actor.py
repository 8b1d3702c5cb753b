"""What runs in a process of the Ray cluster.

Ray loads this module before Django is set up, so Django's records are imported in the methods.
"""

from __future__ import annotations

import os
from typing import Any

import django
from django.db import close_old_connections
from django.utils.module_loading import import_string


class LedgerActor:
    """Works on rows of the ledger, chunk by chunk; networks stay loaded between chunks.

    Ray has set CUDA_VISIBLE_DEVICES to the actor's GPU before torch is imported.
    """

    def __init__(self) -> None:
        """Set up Django with the environment of this machine, and appear among the workers."""
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        from transfer.batches.presence import present

        self.presence = present("ray")
        self.presence.__enter__()

    def run(self, path: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Run the task at a dotted path, which claims the rows that it names."""
        close_old_connections()
        return import_string(path).call(*args, **kwargs)

    def work(self, noun: str, ids: list[int]) -> int:
        """Claim what waits of the rows of one chunk, and work on it. Returns their number.

        Raises:
            MachineError: this machine cannot do it. The rows wait.
            StorageError: the results cannot be stored. The rows wait.

        """
        from transfer.batches.work import all_work

        close_old_connections()
        found = next(work for work in all_work() if work.noun == noun)
        return found.do(found.rows().filter(pk__in=ids))

    def end(self) -> None:
        """Say in the table of workers that this process ends."""
        self.presence.__exit__(None, None, None)
