"""Make and measure waiting stimuli by actors of a Ray cluster, as many as the work needs."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.db import close_old_connections

from common.command import InputCommand
from common.errors import InputError, MachineError, StorageError
from transfer.batches.measuring_provider import provider
from transfer.batches.presence import present, tell_reaped
from transfer.batches.ray_cluster import (
    ClusterError,
    actors,
    check_machine,
    connect,
    end_actor,
    room,
    start_actor,
)
from transfer.batches.work import REPORTS, Work, all_work
from transfer.models.ledger import State

AGAIN = 300.0
"""Seconds after which a group is tried again that an actor could not work on."""
CHECK = 5.0
"""Seconds between checks of the cluster."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
Place = tuple[str, int, int]
"""Noun, group and number of a chunk."""


@dataclass(frozen=True)
class _Given:
    """A chunk that an actor works on."""

    actor: str
    place: Place


class Command(InputCommand):
    """`manage.py ray_workers`."""

    help = (
        "Make and measure what waits on the Ray cluster at RAY_ADDRESS, or on one that is started "
        "on this machine: one actor for each GPU, or without GPUs for each RAY_CORES cores. Actors "
        "start with the work and end when nothing waits. Ctrl-C or SIGTERM stops after the present "
        "chunks, a second one immediately: the rows then wait again when their lease has expired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--actors", type=int, metavar="N", help="at most (default: room in the cluster)"
        )
        parser.add_argument(
            "--idle", type=float, default=60.0, metavar="S",
            help="seconds without work after which actors end (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--interval", type=float, default=1.0, metavar="S",
            help="seconds between looks at the ledger (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument("--drain", action="store_true", help="end when nothing waits")

    def handle(self, **options: Any) -> None:
        """Give chunks to actors until told to stop."""
        if options["actors"] is not None and options["actors"] < 1:
            raise InputError(f"--actors {options['actors']} cannot be used: use a number from 1")
        connect()
        self.told = 0
        self.given: dict[Any, _Given] = {}  # by the reference to its result
        self.put_back: dict[tuple[str, int], float] = {}
        self.actors = actors()
        self.most = options["actors"] or room()
        self.idle_since: float | None = None
        self.checked = time.monotonic()
        before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        if (measuring := provider()) is not None:
            measuring.catch_up()
        self.stderr.write(f"up to {self.most} actors (Ctrl-C stops them)")
        try:
            with present("ray_workers"):
                while not self.told and self._step(options):
                    pass
                while self.given and self.told < 2:
                    self._check()
                    self._collect(options["interval"])
        except ClusterError:
            self.actors = {}  # they end with the cluster, and would not answer
            raise
        finally:
            self._end_actors()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _step(self, options: dict[str, Any]) -> bool:
        """Give what waits to actors, and wait for one of them. False if the command may end."""
        close_old_connections()
        self._check()
        for work in _work():
            tell_reaped(work.rows().reap())
        busy = {given.actor for given in self.given.values()}
        for place, ids in self._waiting(self.most - len(busy)):
            free = sorted(self.actors.keys() - busy)
            if not free:
                name, handle = start_actor()
                self.actors[name] = handle
                free = [name]
            busy.add(free[0])
            reference = self.actors[free[0]].work.remote(place[0], ids)
            self.given[reference] = _Given(free[0], place)
        if self.given:
            self.idle_since = None
            self._collect(options["interval"])
            return True
        open_rows = any(work.rows().is_open() for work in _work())
        if options["drain"] and not (open_rows and not self.put_back):
            return False
        now = time.monotonic()
        self.idle_since = self.idle_since or now
        if not open_rows and now - self.idle_since >= options["idle"]:
            self._end_actors()
        time.sleep(options["interval"])
        return True

    def _check(self) -> None:
        """Notice that the cluster is gone, about which waiting calls say nothing."""
        if time.monotonic() - self.checked >= CHECK:
            check_machine()
            self.checked = time.monotonic()

    def _waiting(self, number: int) -> Iterator[tuple[Place, list[int]]]:
        """Up to `number` waiting chunks that no actor has, with the primary keys of their rows."""
        now = time.monotonic()
        self.put_back = {group: end for group, end in self.put_back.items() if end > now}
        taken = {given.place for given in self.given.values()}
        for work in _work():
            for place in self._places(work, number + len(taken)):
                if number <= 0:
                    return
                if place in taken or place[:2] in self.put_back:
                    continue
                number -= 1
                yield place, _ids(work, place)

    def _places(self, work: Work, number: int) -> list[Place]:
        rows = work.rows()
        groups = [group for noun, group in self.put_back if noun == work.noun]
        waiting = rows.filter(state=State.PENDING).exclude(**{f"{rows.GROUP}__in": groups})
        names = (f"{rows.GROUP}_id", "chunk")
        found = waiting.order_by(*names).values_list(*names).distinct()[:number]
        return [(work.noun, group, chunk) for group, chunk in found]

    def _collect(self, seconds: float) -> None:
        """Wait up to `seconds` for a chunk to end, and read what became of those that did."""
        import ray
        from ray.exceptions import RayActorError, RayError

        ended, _ = ray.wait(list(self.given), timeout=seconds)
        for reference in ended:
            given = self.given.pop(reference)
            noun, group, chunk = given.place
            try:
                number = ray.get(reference)
            except (MachineError, StorageError) as error:
                self.put_back[noun, group] = time.monotonic() + AGAIN
                self.stderr.write(f"{noun} of group {group} wait: {error}")
            except RayActorError:  # its rows wait again when they are reaped
                self.stderr.write(f"actor {given.actor} was lost in chunk {chunk}: Ray restarts it")
            except RayError as error:
                self.put_back[noun, group] = time.monotonic() + AGAIN
                said = " ".join(str(error).split())[-300:]
                self.stderr.write(f"{noun} of group {group} wait: {said}")
            else:
                self.stderr.write(f"{number} {noun} worked on by {given.actor}")

    def _end_actors(self) -> None:
        import ray
        from ray.exceptions import RayError

        for handle in self.actors.values():
            if not self.given:  # otherwise it works, and would answer too late
                with suppress(RayError):
                    ray.get(handle.end.remote(), timeout=10)
            end_actor(handle)
        self.actors = {}

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.told += 1
        self.stderr.write("stopping" + (" immediately" if self.told > 1 else ""))


def _work() -> list[Work]:
    """What actors work on; a report has to be written where the site is."""
    return [work for work in all_work() if work.noun != REPORTS]


def _ids(work: Work, place: Place) -> list[int]:
    rows = work.rows()
    chunk = rows.filter(**{f"{rows.GROUP}_id": place[1], "chunk": place[2]})
    return list(chunk.order_by("pk").values_list("pk", flat=True))
