"""Progress of a batch for a person: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

from tqdm import tqdm


class Meter:
    """Counts images as they are finished, with images per hour and the time left."""

    def __init__(self, total: int, done: int = 0, stream: TextIO | None = None) -> None:
        """Start at `done` of `total`; only what is done from now on counts for the rate."""
        self._stream = stream or sys.stderr
        self._total, self._first, self._done = total, done, done
        self._start = time.monotonic()
        self._bar = tqdm(
            total=total,
            initial=done,
            unit="image",
            file=self._stream,
            disable=not self._stream.isatty(),
            bar_format="{desc}{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} images{postfix}",
        )
        self._bar.set_postfix_str(self._rate())

    def update(self, done: int) -> None:
        """So many are done now."""
        if done == self._done:
            return
        self._bar.update(done - self._done)
        self._done = done
        self._bar.set_postfix_str(self._rate())
        if self._bar.disable:
            line = f"{done} of {self._total} images, {self._rate()}"
            print(line, file=self._stream, flush=True)

    def step(self, step: int, steps: int) -> None:
        """So many steps of the chunk at hand are done; lines would be too many, a bar is not."""
        self._bar.set_description_str(f"step {step}/{steps} ")

    def _rate(self) -> str:
        return rate(self._done - self._first, self._total - self._done, self._elapsed())

    def _elapsed(self) -> float:
        return time.monotonic() - self._start

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()


def rate(made: int, left: int, seconds: float) -> str:
    """`360 images/hour, 10 min left`; nothing is claimed before the first image."""
    if made < 1 or seconds <= 0:
        return "no image yet" if left else "nothing left to do"
    per_hour = made * 3600 / seconds
    return f"{per_hour:,.0f} images/hour, {duration(left * seconds / made)} left"


def duration(seconds: float) -> str:
    """A time span as a person says it: `40 s`, `12 min`, `3 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
