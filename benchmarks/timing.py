"""Timing on a machine with other load: processor time of one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch


def seconds(action: Callable[[], object]) -> float:
    """Processor seconds of `action`, which do not include the time of other programs."""
    start = time.process_time()
    action()
    return time.process_time() - start


@contextmanager
def one_thread() -> Iterator[None]:
    """torch uses one thread in the block, because waiting for a second one would count as work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
