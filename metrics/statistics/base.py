"""The interfaces of base statistics (the quantities) and of instruments (ways to measure them)."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from common.colours import CONVERSION, is_converted
from common.errors import InputError, MachineError, StorageError, WeightsError

ProgressCallback = Callable[[str, int, int], None]
"""Called with the name of a task, the number of pictures done, and the number in all."""

ANNOTATION_MARK = " annotation:"
"""In an instrument's name: the first digits of the SHA-256 of the annotations follow."""
ANNOTATION_DIGITS = 16
COLOUR_MARK = " colours:"
"""In an instrument's name: the rule of converting the colours of the reference follows."""
REFERENCE_MARKS = (ANNOTATION_MARK, COLOUR_MARK)
"""Begin the end of an instrument's name, which says what is special about a reference."""


def shared_name(instrument: str) -> str:
    """The part of an instrument's name that is the same for all references."""
    for mark in REFERENCE_MARKS:
        instrument = instrument.partition(mark)[0]
    return instrument


def colour_part(reference: Path) -> str:
    """The end of an instrument's name where its numbers depend on the colours of a reference."""
    return f"{COLOUR_MARK}{CONVERSION}" if is_converted(reference) else ""


@dataclass(frozen=True)
class Sample:
    """One stimulus and the picture that it is measured against.

    Attributes:
        image: the file of the stimulus.
        width: of the stimulus in pixels, which is the width at which it was made.
        reference: the file of its style or content picture, whichever the statistic refers to.
        annotations: the file of human boundary annotations of the reference, if it has any.

    """

    image: Path
    width: int
    reference: Path
    annotations: Path | None = None


@dataclass(frozen=True)
class Value:
    """A measured number; None if it is undefined, and `details` then gives the reason."""

    value: float | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Collection:
    """The stimuli that are measured together, as far as an instrument may depend on them.

    Attributes:
        contents: the files of the content pictures, each once, in a fixed order.
        fingerprint: hash of these pictures.
        width: the most frequent width of the finished stimuli, in pixels; 0 if none is finished.
        data: the installation's data folder, where instruments keep what takes long to compute.

    """

    contents: Sequence[Path]
    fingerprint: str
    width: int
    data: Path


class Instrument(ABC):
    """Measures one base statistic in one way, for example E with a certain encoder and basis."""

    @abstractmethod
    def name(self, sample: Sample) -> str:
        """A name for all that determines this sample's numbers, at most 200 characters."""

    @abstractmethod
    def measure(self, sample: Sample) -> dict[str, Value]:
        """A value for each name of the statistic.

        Consecutive samples of one reference share the work on the reference.

        Raises:
            InputError: a file is missing, or the pictures do not fit together.

        """

    @property
    def device(self) -> str:
        """Where it computes, and versions that decide the last digits; for the row of a job."""
        return "cpu"

    def measure_many(self, samples: Sequence[Sample]) -> Iterator[dict[str, Value] | InputError]:
        """For each sample in turn its values, or why it cannot be measured.

        Raises:
            MachineError, StorageError, WeightsError: the sample is not at fault.

        """
        for sample in samples:
            try:
                yield self.measure(sample)
            except (MachineError, StorageError, WeightsError):
                raise
            except InputError as error:
                yield error


class Statistic(ABC):
    """The declaration of a base statistic. It imports no heavy library; `open` may.

    Class attributes:
        key: the key in the registry.
        title: what it measures, for pages.
        source: who defined it: author, year, section or equation.
        names: of its numbers, which are the columns of STATISTICS.csv.
        reference: the role of the picture that a stimulus is measured against.
        higher_is_better: the direction of all its numbers.
        lowest, highest: the range of all its numbers; None for no bound.
        uses_annotations: whether the human annotations of the reference decide its numbers.
        together: number of stimuli of one reference that a worker claims and measures together.

    """

    key: ClassVar[str]
    title: ClassVar[str] = ""
    source: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    reference: ClassVar[Literal["content", "style"]]
    higher_is_better: ClassVar[bool] = True
    lowest: ClassVar[float | None] = None
    highest: ClassVar[float | None] = None
    uses_annotations: ClassVar[bool] = False
    together: ClassVar[int] = 1

    @classmethod
    def lacks(cls) -> str:
        """What has to be installed before it can be measured; empty if nothing."""
        return ""

    @classmethod
    @abstractmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Add the options that choose the instrument to the parser of a command."""

    @classmethod
    def settings(cls, options: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
        """The choice in `options` as values for JSON, from which `open` works on any machine.

        Args:
            options: values by the names that `add_options` declares; a missing one has its
                default.
            collection: the stimuli to be measured.

        Raises:
            InputError: the options do not name an instrument.

        """
        return {}

    @classmethod
    def settings_of(cls, instrument: str, data: Path) -> dict[str, Any]:
        """The settings that give the instrument of that name.

        Args:
            instrument: its name without annotations (`shared_name`).
            data: the installation's data folder.

        Raises:
            InputError: this installation does not have that instrument.

        """
        raise InputError(f"{cls.key} cannot be measured by the name of an instrument")

    @classmethod
    def words(cls, instrument: str, data: Path) -> str:
        """The instrument of that name in a few words, without hashes."""
        return instrument

    @classmethod
    @abstractmethod
    def open(
        cls, settings: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Prepare the instrument that `settings` choose, for the stimuli of `collection`.

        Args:
            settings: of the method `settings` or `settings_of`.
            collection: the stimuli to be measured.
            progress: called during long preparations.

        Raises:
            InputError: the settings do not name a usable instrument.
            MachineError: this machine lacks it, and another one may have it.

        """
