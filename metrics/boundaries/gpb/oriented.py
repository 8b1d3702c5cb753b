"""Oriented boundary strengths from the local cues, for batches of pictures of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image
from torch import Tensor

from metrics.boundaries.gpb.local import combine, cues
from metrics.boundaries.gpb.weights import COLOUR, GREY, CueWeights
from metrics.boundaries.suppression import suppress_oriented

Floats = NDArray[np.float32]
_FAINT = 1e-4  # strengths below it are rounding errors
_CHUNK = 1_000_000  # pixels of pictures that are processed at once; limits the memory


@dataclass(frozen=True)
class Oriented:
    """Strengths of one picture at 8 orientations (8, H, W); 0 is an edge along the rows.

    An edge between two pixels is at the right or lower one of them.

    Attributes:
        mpb: combined with the weights of mPb.
        gpb: combined with the weights of gPb, without the spectral cue.
        weights: those for colour or for grey pictures.

    """

    mpb: Floats
    gpb: Floats
    weights: CueWeights

    def contours(self) -> Floats:
        """MPb after non-maximum suppression (H, W), in [0, 1]."""
        clipped: Floats = np.clip(1.2 * suppress_oriented(self.mpb), 0, 1).astype(np.float32)
        return clipped


def at_annotated_pixels(contours: Floats) -> Floats:
    """Contours (H, W) moved one pixel up and left, as in BSDS500 annotations."""
    moved: Floats = np.pad(contours[1:, 1:], ((0, 1), (0, 1)))
    return moved


def oriented(
    images: Sequence[Image], seeds: Sequence[int], device: torch.device
) -> Iterator[Oriented]:
    """The strengths of RGB pictures, in order; `seeds` are those of the texton clusterings."""
    tensors = (_to_tensor(image) for image in images)
    for (shape, grey), same in groupby(tensors, key=lambda one: (one.shape, _is_grey(one))):
        step = max(1, _CHUNK // (shape[1] * shape[2]))
        stack = list(same)
        for start in range(0, len(stack), step):
            batch = torch.stack(stack[start : start + step]).to(device)
            yield from _strengths(batch, GREY if grey else COLOUR, seeds)


def _to_tensor(image: Image) -> Tensor:
    pixels = np.array(image.convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def _is_grey(picture: Tensor) -> bool:
    return bool((picture == picture[:1]).all())


@torch.inference_mode()
def _strengths(batch: Tensor, weights: CueWeights, seeds: Sequence[int]) -> Iterator[Oriented]:
    found = cues(batch, seeds)
    mpb, gpb = (
        combine(found, chosen, *batch.shape[2:]).cpu().numpy()
        for chosen in (weights.mpb, weights.gpb)
    )
    for local, globalised in zip(mpb, gpb, strict=True):
        yield Oriented(
            np.where(local > _FAINT, local, 0),
            np.where(globalised > _FAINT, globalised, 0),
            weights,
        )
