"""Declarations of statistics that compare a stimulus with one picture: its content or its style.

A subclass names its formula. Those of pixels need nothing further; those of features take the
encoder that the options name, `--encoder`, `--weights` and `--device`, which commands declare once
for all statistics.
"""

from __future__ import annotations

import argparse
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from common.errors import MachineError
from common.lookup import check_name
from metrics.statistics.base import Collection, Instrument, ProgressCallback, Statistic
from transfer.encoders.registry import DEFAULT_ENCODER, ENCODERS

if TYPE_CHECKING:
    from torch import Tensor

    from common.installed_weights import InstalledWeights
    from metrics.statistics.instruments.comparison import Features, Numbers
    from metrics.statistics.networks.base import InstalledNetwork

    PictureFormula = Callable[[Tensor, Tensor], Numbers]
    FeatureFormula = Callable[[Features, Features], Numbers]

LARGEST = 512
"""Pixels of the shorter side to which larger pictures are resized before features and colours are
compared, as base E does (Yeh et al. 2020)."""


class PictureStatistic(Statistic):
    """Compares the pixels of two pictures.

    Class attributes:
        version: raised whenever the numbers change.
        largest: larger pictures are first resized to this shorter side; None: they are not.

    """

    version: ClassVar[int] = 1
    largest: ClassVar[int | None] = None

    @classmethod
    @abstractmethod
    def formula(cls) -> PictureFormula:
        """The function of stimulus and reference: (1, 3, H, W) float64, RGB in [0, 1].

        A content picture has the size of the stimulus, a style picture its width.
        """

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """It has no options."""

    @classmethod
    def open(
        cls, settings: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Load the formula."""
        from metrics.statistics.instruments.comparison import Compared, PictureInstrument  # torch

        compared = Compared(cls.key, cls.version, cls.names, cls.reference, cls.largest)
        return PictureInstrument(compared, cls.formula())


class FeatureStatistic(Statistic):
    """Compares features of two pictures by an encoder.

    Class attributes:
        layers: of which features are needed; those that the encoder lacks are left out.
        version: raised whenever the numbers change.
        largest: larger pictures are first resized to this shorter side, in pixels.

    """

    layers: ClassVar[tuple[str, ...]]
    version: ClassVar[int] = 1
    largest: ClassVar[int] = LARGEST

    @classmethod
    @abstractmethod
    def formula(cls) -> FeatureFormula:
        """The function of both pictures' features: layer → (1, C, H, W), layers in order."""

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Its options are those of E: encoder, weights and device."""

    @classmethod
    def settings(cls, options: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
        """Encoder, weights and device.

        Raises:
            InputError: an unknown encoder.

        """
        name = options.get("encoder") or DEFAULT_ENCODER
        check_name("encoder", name, ENCODERS)
        found = {"encoder": name}
        if options.get("weights"):
            found["weights"] = str(Path(options["weights"]).resolve())
        if options.get("device", "auto") != "auto":
            found["device"] = options["device"]
        return found

    @classmethod
    def open(
        cls, settings: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Load the encoder and the formula."""
        from metrics.statistics.instruments.comparison import (  # torch
            Compared,
            FeatureInstrument,
            encoder_of,
        )

        compared = Compared(cls.key, cls.version, cls.names, cls.reference, cls.largest)
        return FeatureInstrument(compared, cls.formula(), cls.layers, encoder_of(settings))


class NetworkStatistic(FeatureStatistic):
    """Compares features of two pictures by a network with the weights of an optional package.

    Class attributes:
        weights: of the package.

    """

    weights: ClassVar[InstalledWeights]

    @classmethod
    @abstractmethod
    def network(cls) -> type[InstalledNetwork]:
        """The class of the network, which reads the weights when it is made."""

    @classmethod
    def lacks(cls) -> str:
        """The package, if it is not installed."""
        return cls.weights.lacks()

    @classmethod
    def settings(cls, options: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
        """The device."""
        device = options.get("device") or "auto"
        return {} if device == "auto" else {"device": device}

    @classmethod
    def open(
        cls, settings: Mapping[str, Any], collection: Collection, progress: ProgressCallback
    ) -> Instrument:
        """Load the network and the formula.

        Raises:
            MachineError: the weights are not installed.
            WeightsError: they are damaged.

        """
        if why := cls.lacks():
            raise MachineError(why)
        from metrics.statistics.instruments.comparison import (  # torch
            Compared,
            FeatureInstrument,
            on_device,
        )

        compared = Compared(cls.key, cls.version, cls.names, cls.reference, cls.largest)
        network = on_device(cls.network()(), settings)
        return FeatureInstrument(compared, cls.formula(), cls.layers, network)
