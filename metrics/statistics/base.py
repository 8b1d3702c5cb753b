"""What a base statistic is: a number, or several, that an instrument gives to one stimulus."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and how much there is."""


@dataclass(frozen=True)
class Sample:
    """One stimulus and the picture that it is measured against.

    Attributes:
        image: the stimulus.
        width: of the stimulus in pixels, which is the width at which it was made.
        reference: the style or the content picture, as the statistic asks for.
        annotations: human boundary annotations of the reference, where there are any.

    """

    image: Path
    width: int
    reference: Path
    annotations: Path | None = None


@dataclass(frozen=True)
class Value:
    """A measured number; None where it is not defined, with the reason in `details`."""

    value: float | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Collection:
    """The stimuli that are measured together, as far as an instrument may depend on them.

    Attributes:
        contents: the content pictures, each once, in an order that does not change.
        fingerprint: hash of these pictures.
        width: of most stimuli, in pixels.
        cache: a folder that keeps what is dear to make.

    """

    contents: Sequence[Path]
    fingerprint: str
    width: int
    cache: Path


class Statistic(ABC):
    """A base statistic behind one instrument.

    Class attributes:
        key: the name in the registry.
        names: of its numbers, which are the columns of STATISTICS.csv.
        reference: the role of the picture that a stimulus is measured against.
        higher_is_better: the direction of all its numbers.
        lowest, highest: the range of all its numbers; None where there is no bound.

    """

    key: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    reference: ClassVar[Literal["content", "style"]]
    higher_is_better: ClassVar[bool] = True
    lowest: ClassVar[float | None] = None
    highest: ClassVar[float | None] = None

    @classmethod
    @abstractmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Add the options that choose the instrument to a command."""

    @classmethod
    @abstractmethod
    def open(
        cls, options: Mapping[str, Any], collection: Collection, progress: Progress
    ) -> Statistic:
        """The instrument that `options` name, ready to measure the stimuli of `collection`.

        Raises:
            InputError: the options do not name a usable instrument.

        """

    @abstractmethod
    def instrument(self, sample: Sample) -> str:
        """What decides the numbers of this sample, in at most 200 characters."""

    @abstractmethod
    def measure(self, sample: Sample) -> dict[str, Value]:
        """A value for every one of `names`.

        Samples of one reference that follow each other share the work on it.

        Raises:
            InputError: a file is missing, or the pictures do not fit together.

        """
