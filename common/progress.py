"""Show progress on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from io import TextIOBase
from types import TracebackType
from typing import Any, TextIO, TypeVar

from tqdm import tqdm

T = TypeVar("T")
EVERY = 5.0
"""Seconds between two plain lines of progress."""


class Meter:
    """Count items as they are finished, with their rate and the time left."""

    def __init__(
        self,
        total: int = 0,
        done: int = 0,
        stream: TextIO | TextIOBase | None = None,
        *,
        unit: str = "image",
        every: float = 0.0,
    ) -> None:
        """Start at `done` of `total` items; the rate counts only those finished from now on.

        Args:
            total: number of items.
            done: items that were finished before.
            stream: by default standard error.
            unit: the name of one item.
            every: seconds between two plain lines; the line for the last item is always written.

        """
        self._stream: Any = stream or sys.stderr
        self._unit, self._every = unit, every
        self._bar: tqdm[Any] | None = None
        self._task, self._total, self._first, self._done = "", total, done, done
        self._latest = time.monotonic()
        self._start = self._written = self._latest
        self._begin("", total, done)

    def update(self, done: int) -> None:
        """Set the number of finished items."""
        if done == self._done:
            return
        self._done, self._latest = done, time.monotonic()
        text = self._rate()
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
            self._bar.set_postfix_str(text)
        elif done == self._total or time.monotonic() - self._written >= self._every:
            prefix = f"{self._task}: " if self._task else ""
            counted = f"{done} of {self._total} {self._unit}s"
            self._stream.write(f"{prefix}{counted}, {text}\n")
            self._stream.flush()
            self._written = time.monotonic()

    def step(self, step: int, steps: int) -> None:
        """Show the step of the current item on the bar; plain lines leave it out."""
        if self._bar is not None:
            self._bar.set_description_str(f"step {step}/{steps} ")

    def report(self, task: str, done: int, total: int) -> None:
        """Set task, finished items and total; a new task or total restarts the count.

        The first report of a task may come when some of its items are finished: its time then
        counts from the latest report before it.
        """
        if (task, total) != (self._task, self._total):
            latest = self._latest
            self._begin(task, total, 0)
            if done:
                self._start = latest
        self.update(done)

    def _begin(self, task: str, total: int, done: int) -> None:
        self.close()
        self._task, self._total, self._first, self._done = task, total, done, done
        self._start = self._written = time.monotonic()
        if total and self._stream.isatty():
            self._bar = tqdm(
                total=total,
                initial=done,
                desc=f"{task} " if task else None,
                file=self._stream,
                bar_format=f"{{desc}}{{percentage:3.0f}}% |{{bar}}| {{n_fmt}}/{{total_fmt}} "
                f"{self._unit}s{{postfix}}",
            )
            self._bar.set_postfix_str(self._rate())

    def _rate(self) -> str:
        elapsed = time.monotonic() - self._start
        return rate(self._done - self._first, self._total - self._done, elapsed, self._unit)

    def close(self) -> None:
        """Finish the bar and leave it on the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def progress_of(items: Sequence[T], unit: str, every: float = EVERY) -> Iterator[T]:
    """The items one after the other, each counted when the next is asked for."""
    with Meter(len(items), unit=unit, every=every) as meter:
        for number, item in enumerate(items, start=1):
            yield item
            meter.update(number)


_PER_SECOND = 36_000
"""Items an hour from which the rate is given per second."""


def rate(made: int, left: int, seconds: float, unit: str = "image") -> str:
    """Rate and time left, such as `360 images/hour, 10 min left`."""
    if made < 1 or seconds <= 0:
        return f"no {unit} yet" if left else "nothing left to do"
    per_hour = made * 3600 / seconds
    fast = per_hour >= _PER_SECOND
    shown = f"{per_hour / 3600:,.0f} {unit}s/s" if fast else f"{per_hour:,.0f} {unit}s/hour"
    return f"{shown}, {duration(left * seconds / made)} left"


def duration(seconds: float) -> str:
    """A time span in two units at most: `40 s`, `12 min`, `3 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
