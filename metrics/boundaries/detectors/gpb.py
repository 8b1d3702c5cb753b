"""gPb-OWT-UCM: local and spectral cues, closed contours (Arbeláez et al., TPAMI 33(5), 2011).

This is the detector of base C in Yeh et al. 2020. The weights of the cues are the published ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from common.device import best_device
from metrics.boundaries.detectors.base import Detector
from metrics.boundaries.gpb.contours import ultrametric_contours
from metrics.boundaries.gpb.grids import enlarge, largest
from metrics.boundaries.gpb.oriented import Oriented, at_annotated_pixels, oriented
from metrics.boundaries.gpb.spectral import spectral_edges

# Strength → share of such contours that people draw; logistic fit of the authors to BSDS500.
_OFFSET, _SLOPE = 2.7487, 11.1189


@dataclass(frozen=True)
class GPb(Detector):
    """gPb-OWT-UCM.

    Attributes:
        seed: of the first k-means clustering of textons; further ones use the next numbers.
        clusterings: number of texton clusterings. Their gradients are averaged, which reduces the
            influence of the initial centres.
        eigenvectors: number of eigenvectors of the spectral cue.
        reach: greatest distance of affinities, in nodes of the graph.
        nodes: greatest number of nodes; the grid of larger pictures is coarser than their pixels.
        spectral: weight of the spectral cue relative to the published one.

    """

    name: ClassVar[str] = "gpb"
    version: ClassVar[int] = 3
    usual_threshold: ClassVar[float] = 0.14

    seed: int = 0
    clusterings: int = 2
    eigenvectors: int = 16
    reach: int = 5
    nodes: int = 200_000
    spectral: float = 1.0

    def many(self, images: Sequence[Image]) -> Iterator[NDArray[np.float32]]:
        """Boundary strengths (H, W) in [0, 1] of RGB pictures; equal sizes are batched."""
        seeds = range(self.seed, self.seed + self.clusterings)
        for found in oriented(images, seeds, best_device()):
            weight = self.spectral * found.weights.spectral
            contours = ultrametric_contours(found.gpb + weight * self._spectral(found))
            yield at_annotated_pixels(_probability(contours).astype(np.float32))

    def _spectral(self, found: Oriented) -> NDArray[np.float32]:
        contours = found.contours()
        H, W = contours.shape
        factor = math.ceil(math.sqrt(H * W / self.nodes))
        coarse = largest(torch.from_numpy(contours)[None, None], factor)[0, 0].numpy()
        edges = spectral_edges(coarse, self.eigenvectors, self.reach)
        fine: NDArray[np.float32] = enlarge(torch.from_numpy(edges)[None], factor, H, W)[0].numpy()
        return fine


def _probability(strength: NDArray[np.float64]) -> NDArray[np.float64]:
    nothing = 1 / (1 + math.exp(_OFFSET))
    found = 1 / (1 + np.exp(_OFFSET - _SLOPE * strength))
    return ((found - nothing) / (1 - nothing)).clip(0, 1)
