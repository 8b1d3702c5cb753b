"""The basis of base E: for each layer the directions of greatest variance in photographs.

Source: Yeh et al. 2020 (WACV), section 4, and the authors' `EBase/tools.py`: the eigenvectors of
the mean over content pictures of their centred feature covariances.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from PIL.Image import Image
from torch import Tensor

from common.errors import InputError
from common.pictures import resize_shorter, to_tensor
from metrics.effectiveness import gaussian
from metrics.effectiveness.known_bases import PAPER_SIZE
from transfer.encoders.architecture import Encoder
from transfer.encoders.layout import STYLE_LAYERS

PAPER_RANKS = {
    "relu1_1": (32, 64),
    "relu2_1": (48, 128),
    "relu3_1": (128, 256),
    "relu4_1": (256, 512),
    "relu5_1": (256, 512),
}
"""Layer → rank of the basis, number of channels of VGG-19 (authors' repository)."""


def paper_rank(layer: str, channels: int) -> int:
    """The paper's rank for `layer`, scaled to a network with `channels` channels there.

    k = round(k_paper · C / C_VGG), at least 1: 8, 12, 32, 64, 64 at a quarter of VGG-19's width.
    """
    rank, full = PAPER_RANKS[layer]
    return min(channels, max(1, round(rank * channels / full)))


@dataclass(frozen=True)
class LayerBasis:
    """The basis of one layer.

    Attributes:
        covariance: (C, C) float64, mean of the reference pictures' centred covariances.
        vectors: (C, k) float64, orthonormal, by falling eigenvalue; the largest entry of each is
            positive, so that the same covariance gives the same vectors.

    """

    covariance: Tensor
    vectors: Tensor

    @classmethod
    def of(cls, layer: str, covariance: Tensor) -> LayerBasis:
        """The leading eigenvectors; fewer than the paper's rank if the covariance is singular.

        Raises:
            InputError: not a square, symmetric, finite matrix, or nothing varies at this layer.

        """
        covariance = covariance.double()
        channels = covariance.shape[-1]
        if (
            covariance.shape != (channels, channels)
            or not bool(torch.isfinite(covariance).all())
            or not torch.allclose(covariance, covariance.mT, rtol=1e-6)
        ):
            raise InputError(
                f"the mean covariance at {layer} is not a finite symmetric matrix: the file is "
                "damaged or not a basis; make one with `python -m metrics basis`"
            )
        values, vectors = torch.linalg.eigh((covariance + covariance.mT) / 2)
        kept = int((values > gaussian.NOISE * values.clamp_min(0).sum()).sum())
        rank = min(paper_rank(layer, channels), kept)
        if not rank:
            raise InputError(
                f"the features of the reference pictures do not vary at {layer}: use pictures that "
                "are not of one flat colour"
            )
        leading = vectors.flip(1)[:, :rank]
        peaks = leading.gather(0, leading.abs().argmax(0, keepdim=True))
        return cls(covariance, (leading * peaks.sign()).contiguous())

    @property
    def channels(self) -> int:
        """C."""
        return int(self.vectors.shape[0])

    @property
    def rank(self) -> int:
        """k: the paper's rank, or the numerical rank of the mean covariance if that is lower."""
        return int(self.vectors.shape[1])


@dataclass(frozen=True)
class Basis:
    """The bases of several layers, and what they were made from.

    Attributes:
        layers: layer → basis, in the order of the network.
        size: shorter side, in pixels, to which every picture is resized before it is measured.
        encoder: the encoder's name.
        encoder_fingerprint: hash of the encoder; empty for covariances made elsewhere.
        pictures: number of reference pictures; 0 if unknown.
        made_from: the reference pictures in a few words; empty if unknown.

    """

    layers: Mapping[str, LayerBasis]
    size: int
    encoder: str
    encoder_fingerprint: str
    pictures: int = 0
    made_from: str = ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of what determines a measurement: encoder, size, vectors of every layer."""
        digest = hashlib.sha256()
        digest.update(f"{self.encoder_fingerprint}|{self.size}".encode())
        for layer, basis in self.layers.items():
            digest.update(f"|{layer}|{basis.rank}|".encode())
            digest.update(basis.vectors.cpu().contiguous().numpy().astype("<f8").tobytes())
        return digest.hexdigest()

    def ranks(self) -> dict[str, int]:
        """Layer → k."""
        return {layer: basis.rank for layer, basis in self.layers.items()}

    def check(self, encoder: Encoder) -> None:
        """Raise InputError unless this basis was made with `encoder`.

        A basis without a fingerprint (made of given covariances) is checked by the encoder's
        name, if it has one, and by the number of channels.
        """
        if self.encoder_fingerprint:
            same = self.encoder_fingerprint == encoder.fingerprint
        else:
            same = self.encoder in ("", encoder.name) and all(
                encoder.widths.get(layer, basis.channels) == basis.channels
                for layer, basis in self.layers.items()
            )
        if not same:
            raise InputError(
                f"the basis was made with encoder '{self.encoder}'"
                f"{_short(self.encoder_fingerprint)}, not with '{encoder.name}'"
                f"{_short(encoder.fingerprint)}: make one with `python -m metrics basis --encoder "
                f"{encoder.name}`, or measure with the encoder of the basis"
            )


def _short(fingerprint: str) -> str:
    return f" ({fingerprint[:12]}…)" if fingerprint else ""


def reached(encoder: Encoder) -> tuple[str, ...]:
    """The layers of base E that `encoder` has."""
    return tuple(layer for layer in STYLE_LAYERS if layer in encoder.widths)


def from_covariances(
    covariances: Mapping[str, Tensor],
    *,
    size: int,
    encoder: str,
    encoder_fingerprint: str = "",
    pictures: int = 0,
    made_from: str = "",
) -> Basis:
    """The basis of mean covariances, layer → (C, C).

    Raises:
        InputError: no layer of base E among them, or a matrix that is not a covariance.

    """
    layers = {
        layer: LayerBasis.of(layer, covariances[layer])
        for layer in STYLE_LAYERS
        if layer in covariances
    }
    if not layers:
        raise InputError(f"no covariance of a layer of base E: give {', '.join(STYLE_LAYERS)}")
    return Basis(layers, size, encoder, encoder_fingerprint, pictures, made_from)


def build(
    pictures: Iterable[Image],
    encoder: Encoder,
    *,
    size: int = PAPER_SIZE,
    layers: Sequence[str] | None = None,
    progress: Callable[[int], None] | None = None,
    made_from: str = "",
) -> Basis:
    """The basis of reference pictures, which are read one at a time.

    Args:
        pictures: RGB pictures of any size; each is resized to shorter side `size` (PIL bilinear on
            uint8), and all have the same weight.
        encoder: the network; it runs on the device of its weights.
        size: shorter side in pixels; the paper's is 512.
        layers: some of the layers of base E; by default all that the encoder has.
        progress: called after each picture with the number of finished ones.
        made_from: the pictures in a few words, for the file and for pages.

    Raises:
        InputError: no picture, or a layer that base E or the encoder does not have.

    """
    chosen = choose_layers(encoder, layers)
    device = next(encoder.parameters()).device
    sums: dict[str, Tensor] = {}
    count = 0
    for count, picture in enumerate(pictures, start=1):
        image = to_tensor(resize_shorter(picture, size)).to(device)
        for layer, one in describe(image, encoder, chosen).items():
            sums[layer] = sums.get(layer, 0) + one.covariance[0]
        if progress:
            progress(count)
    if not count:
        raise InputError("no reference picture: a basis needs at least one content picture")
    return from_covariances(
        {layer: (total / count).cpu() for layer, total in sums.items()},
        size=size,
        encoder=encoder.name,
        encoder_fingerprint=encoder.fingerprint,
        pictures=count,
        made_from=made_from,
    )


def choose_layers(encoder: Encoder, layers: Sequence[str] | None) -> tuple[str, ...]:
    """`layers` in the order of the network, or all layers of base E that `encoder` has.

    Raises:
        InputError: a layer that base E or the encoder does not have.

    """
    if layers is None:
        return reached(encoder)
    for layer in layers:
        if layer not in STYLE_LAYERS:
            raise InputError(
                f"base E has no layer '{layer}': use some of {', '.join(STYLE_LAYERS)}"
            )
    encoder.require(layers)
    return tuple(layer for layer in STYLE_LAYERS if layer in layers)


def describe(
    images: Tensor, encoder: Encoder, layers: Sequence[str]
) -> dict[str, gaussian.Gaussian]:
    """The Gaussians of the features of images (N, 3, H, W), RGB in [0, 1], at each of `layers`."""
    # TensorFloat-32, torch's default in CUDA convolutions, would change the third decimal of E.
    with torch.no_grad(), torch.backends.cudnn.flags(allow_tf32=False):
        features = encoder(images, layers)
    # Each map is released when its Gaussian is fitted: at 512 pixels relu1_1 alone has 100 MB.
    return {layer: gaussian.fit(features.pop(layer)) for layer in list(features)}
