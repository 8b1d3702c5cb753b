"""Limit the threads of numerical libraries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Environment of a process whose libraries shall use one thread from the start."""


def one_thread() -> AbstractContextManager[None]:
    """Torch and the linear algebra of NumPy and SciPy use one thread in the block."""
    return threads(1)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Torch and the linear algebra of NumPy and SciPy use `number` threads in the block.

    The number decides how sums are split, and so the last digits of a result.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        with threadpool_limits(limits=number):
            yield
    finally:
        torch.set_num_threads(before)
