"""A quick detector: Gaussian derivatives of the colour channels at several scales.

At each scale the first derivatives of L, a and b form a colour structure tensor (Di Zenzo, "A note
on the gradient of a multi-image", CVGIP 33(1), 1986), scale-normalised (Lindeberg, "Edge detection
and ridge detection with automatic scale selection", IJCV 30(2), 1998). The tensors are summed over
scales; the result is thinned to its maxima across the direction of greatest change (Canny, PAMI
8(6), 1986). The default parameters were chosen by us on twenty BSDS500 training pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from metrics.boundaries.detectors.base import Detector
from metrics.boundaries.suppression import suppress


@dataclass(frozen=True)
class Gaussian(Detector):
    """Multi-scale Gaussian derivatives with non-maximum suppression.

    Attributes:
        scales: standard deviations in pixels.
        scale_weights: of the tensors at these scales.
        colour: weight of a and b relative to L.
        surround: share of the mean strength around a pixel that is subtracted, which suppresses
            texture.
        surround_scale: standard deviation of that mean, in pixels.
        half: strength (change of L* per standard deviation) that is mapped to ½.

    """

    name: ClassVar[str] = "gaussian"
    version: ClassVar[int] = 1
    usual_threshold: ClassVar[float] = 0.52

    scales: tuple[float, ...] = (1.5, 3.0, 6.0)
    scale_weights: tuple[float, ...] = (1.0, 1.0, 1.0)
    colour: float = 2.0
    surround: float = 0.5
    surround_scale: float = 20.0
    half: float = 10.0

    def many(self, images: Sequence[Image]) -> Iterator[NDArray[np.float32]]:
        """Boundary strengths (H, W) in [0, 1] of RGB pictures."""
        return map(self._strength, images)

    def _strength(self, image: Image) -> NDArray[np.float32]:
        lab = rgb2lab(np.asarray(image.convert("RGB"))) * (1, self.colour, self.colour)
        xx, xy, yy = self._tensor(lab)
        half_trace, half_difference = (xx + yy) / 2, (xx - yy) / 2
        strength = np.sqrt(half_trace + np.hypot(half_difference, xy))
        angle = np.arctan2(xy, half_difference) / 2
        ridge = suppress(strength, np.cos(angle), np.sin(angle))
        around = gaussian_filter(strength, self.surround_scale, mode="nearest")
        isolated = np.maximum(ridge - self.surround * around, 0)
        return (isolated / (isolated + self.half)).astype(np.float32)

    def _tensor(self, lab: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        total = np.zeros((3, *lab.shape[:2]))
        for scale, weight in zip(self.scales, self.scale_weights, strict=True):
            for channel in np.moveaxis(lab, 2, 0):
                x = scale * gaussian_filter(channel, scale, order=(0, 1), mode="nearest")
                y = scale * gaussian_filter(channel, scale, order=(1, 0), mode="nearest")
                total += weight * np.stack([x * x, x * y, y * y])
        return tuple(total)
