"""mPb: the local cues of gPb alone, without the slow spectral part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from common.device import best_device
from metrics.boundaries.detectors.base import Detector
from metrics.boundaries.gpb.oriented import at_annotated_pixels, oriented


@dataclass(frozen=True)
class MPb(Detector):
    """Multiscale Pb, thinned (Arbeláez et al., TPAMI 2011, section 3.1).

    Attributes:
        seed: of the k-means clustering of textons.

    """

    name: ClassVar[str] = "mpb"
    version: ClassVar[int] = 2
    usual_threshold: ClassVar[float] = 0.3

    seed: int = 0

    def many(self, images: Sequence[Image]) -> Iterator[NDArray[np.float32]]:
        """Boundary strengths (H, W) in [0, 1] of RGB pictures; equal sizes are batched."""
        for found in oriented(images, [self.seed], best_device()):
            yield at_annotated_pixels(found.contours())
