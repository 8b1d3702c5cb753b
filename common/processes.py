"""Run one process of a command for each core or GPU, and start killed ones again.

Nothing here imports torch: a process must learn which GPU is its own before that.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from common.threads import ONE_THREAD

STABLE = 10.0
"""Seconds after which a killed process is started again at once."""
LONGEST_PAUSE = 60.0
"""Seconds before a process starts that was killed soon after each start."""
_UUID = re.compile(r"\(UUID: ([^)]+)\)")
Environment = dict[str, str]


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    The parts (MIG) of a GPU that is divided take its place.
    """
    if (chosen := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [one.strip() for one in chosen.split(",") if one.strip() not in ("", "-1")]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        said = subprocess.run(  # noqa: S603
            [program, "--list-gpus"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):  # no driver
        return []
    found: list[str] = []
    divided = True
    for line in said.stdout.splitlines():
        if (uuid := _UUID.search(line)) is None:
            continue
        if line.startswith(" "):
            if not divided:  # the first part replaces its GPU
                found.pop()
            divided = True
        else:
            divided = False
        found.append(uuid.group(1))
    return found


def places(number: int | None, cores: int, *, gpus: bool = True) -> list[Environment]:
    """The environment of each process: one thread, and a GPU of its own if there are any.

    Args:
        number: of processes, which share the GPUs if there are fewer; by default one for each GPU,
            but at most `cores`, or without a GPU `cores`.
        cores: processor cores to use.
        gpus: whether the processes use the GPUs; otherwise what is said of machines without one.

    """
    devices = visible_gpus() if gpus else []
    if not devices:
        return [dict(ONE_THREAD) for _ in range(number or cores)]
    wanted = number or min(len(devices), cores)
    return [
        ONE_THREAD | {"CUDA_VISIBLE_DEVICES": devices[place % len(devices)]}
        for place in range(wanted)
    ]


@dataclass
class _Place:
    environment: Environment
    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    next_start: float = 0.0
    pause: float = 0.0
    ended: bool = False


@dataclass
class Pool:
    """Processes of one command.

    A process that ends by itself, with whatever exit code, is not started again; one that a signal
    ended is, unless `stop` was called.

    Attributes:
        command: the program with its options.
        environments: additional variables of each process.
        say: gets a line about each process that was killed.
        codes: exit codes of the processes that have ended by themselves.

    """

    command: Sequence[str]
    environments: Sequence[Environment]
    say: Callable[[str], None]
    codes: list[int] = field(default_factory=list)
    _stopping: bool = False
    _places: list[_Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make a place for each process; `watch` starts them."""
        self._places = [_Place(environment) for environment in self.environments]

    def watch(self) -> bool:
        """Start what is to be started, and look after the others. False if all have ended."""
        for place in self._places:
            if place.process is not None and (code := place.process.poll()) is not None:
                self._after(place, code)
            if place.process is None and not place.ended and time.monotonic() >= place.next_start:
                self._start(place)
        return not all(place.ended for place in self._places)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Send a signal to every process, and start none again."""
        self._stopping = True
        for place in self._places:
            if place.process is None:
                place.ended = True
            elif place.process.poll() is None:
                place.process.send_signal(number)

    def end(self, patience: float) -> None:
        """Wait `patience` seconds for the processes to end, and kill those that have not."""
        self._stopping = True
        deadline = time.monotonic() + patience
        for place in self._places:
            if place.process is None:
                continue
            try:
                place.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                place.process.kill()  # its rows are taken back by whoever works next
                place.process.wait()

    def _start(self, place: _Place) -> None:
        # In a session of its own: Ctrl-C reaches this process, which then tells each of them once.
        place.process = subprocess.Popen(  # noqa: S603
            list(self.command),
            env=os.environ | place.environment,
            start_new_session=True,
        )
        place.begun = time.monotonic()

    def _after(self, place: _Place, code: int) -> None:
        place.process = None
        if code >= 0 or self._stopping:
            place.ended = True
            self.codes.append(code)
            return
        now = time.monotonic()
        soon = now - place.begun < STABLE
        place.pause = min(LONGEST_PAUSE, 2 * place.pause or 1.0) if soon else 0.0
        place.next_start = now + place.pause
        when = f"in {place.pause:g} s" if place.pause else "now"
        self.say(f"a process was ended by {_name(-code)}: another one starts {when}")


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
