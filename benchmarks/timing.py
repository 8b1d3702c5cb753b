"""Timing on a machine that has other work: processor time of one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch


def seconds(action: Callable[[], object]) -> float:
    """Processor seconds of `action`; while other programs run, the clock on the wall goes on."""
    start = time.process_time()
    action()
    return time.process_time() - start


@contextmanager
def one_thread() -> Iterator[None]:
    """torch uses one thread in the block: waiting for a second one would count as work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
