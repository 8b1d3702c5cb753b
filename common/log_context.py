"""What a log record is about: batch, chunk and rows, set for a block of code."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_ABOUT: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039


@contextmanager
def about(**values: object) -> Iterator[None]:
    """Add `values` to every log record of the block, in this thread."""
    token = _ABOUT.set({**_ABOUT.get(), **values})
    try:
        yield
    finally:
        _ABOUT.reset(token)


class About(logging.Filter):
    """Gives records the values of `about`: as attributes, and together as `context` for a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the values; every record passes."""
        values = _ABOUT.get()
        record.__dict__.update(values)
        said = " ".join(f"{name}={value}" for name, value in values.items())
        record.context = f" [{said}]" if said else ""
        return True
