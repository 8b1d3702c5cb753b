"""Base E: how closely the features of a stimulus follow those of its style, for each layer.

E_l = −ln KL(N_s ‖ N_t), with N_s and N_t the Gaussians of the features of the stimulus and of the
style picture at layer l, projected on the basis. Natural logarithms; higher is better; unbounded
below, at most 20.72 (KL is clamped at 1e-9). Only differences between stimuli of one style under
one instrument are meaningful; the zero is arbitrary.

Source: Yeh et al. 2020 (WACV), section 4, and the authors' `EBase/tools.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL.Image import Image
from torch import Tensor

from common.errors import InputError
from common.pictures import resize_shorter, resize_to_width, to_tensor
from metrics.effectiveness import gaussian
from metrics.effectiveness.basis import Basis, choose_layers, describe
from metrics.effectiveness.gaussian import Gaussian
from transfer.encoders.architecture import Encoder
from transfer.encoders.layout import STYLE_LAYERS

VERSION = 1
"""Version of the definition. Other versions give other numbers and are other instruments."""
NAMES = {layer: f"E{number}" for number, layer in enumerate(STYLE_LAYERS, start=1)}
"""Layer → statistic: relu1_1 is E1 … relu5_1 is E5."""
LEAST_DIVERGENCE = 1e-9
"""In nats. A picture compared with itself has divergence 0, which would give an infinite E."""


@dataclass(frozen=True)
class Effect:
    """E of one stimulus at one layer.

    Attributes:
        value: −ln KL, higher is better, at most 20.72; None if the features of the style do not
            vary at this layer, so that its Gaussian is undefined.
        rank: coordinates of the basis that were used; fewer than the basis has if the style's
            covariance is singular (a small picture, or channels without response).
        clamped: the divergence was below 1e-9 and was taken as 1e-9.
        singular: the stimulus varies in fewer directions than the style; its divergence is
            infinite and was bounded (see `gaussian.divergence`).

    """

    value: float | None
    rank: int
    clamped: bool = False
    singular: bool = False


def prepare(image: Image, size: int, width: int | None = None) -> Tensor:
    """The picture as the encoder receives it: (1, 3, H, W) RGB in [0, 1], shorter side `size`.

    Args:
        image: RGB.
        size: of the basis, in pixels.
        width: for a style picture, the width at which the stimulus was made from it. The style is
            first resized to this width; otherwise E would measure the loss of sharpness as well.

    """
    if width is not None:
        image = resize_to_width(image, width)
    return to_tensor(resize_shorter(image, size))


def measured_layers(
    encoder: Encoder, basis: Basis, layers: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The layers that encoder and basis both have, or exactly `layers`.

    Raises:
        InputError: the basis was made with another encoder; or base E, the encoder or the basis
            lacks one of `layers`.

    """
    basis.check(encoder)
    chosen = choose_layers(encoder, layers)
    if layers is None:
        return tuple(layer for layer in chosen if layer in basis.layers)
    for layer in chosen:
        if layer not in basis.layers:
            raise InputError(
                f"the basis has no {layer}: use layers among {', '.join(basis.layers)}, or make a "
                "basis with `python -m metrics basis`"
            )
    return chosen


def effectiveness(
    stimuli: Mapping[str, Gaussian], style: Mapping[str, Gaussian], basis: Basis
) -> list[dict[str, Effect]]:
    """E of each of N stimuli against one style, for every layer that both describe.

    Args:
        stimuli: layer → Gaussian of N feature maps (`describe` of prepared stimuli).
        style: layer → Gaussian of one feature map.
        basis: has every one of these layers.

    Returns:
        One mapping layer → Effect per stimulus, in order.

    """
    rows: list[dict[str, Effect]] = [{} for _ in next(iter(stimuli.values())).mean]
    for layer in (layer for layer in STYLE_LAYERS if layer in stimuli and layer in style):
        effects = _layer(stimuli[layer], style[layer], basis.layers[layer].vectors)
        for row, effect in zip(rows, effects, strict=True):
            row[layer] = effect
    return rows


def _layer(stimuli: Gaussian, style: Gaussian, vectors: Tensor) -> list[Effect]:
    scale = float(style.mean_square()[0])
    stimuli, style = stimuli.project(vectors), style.project(vectors)
    # The style alone decides the rank (with the sizes of both samples). If the stimulus could lower
    # it, a flat grey picture would be compared in no coordinate and score highest.
    most = min(vectors.shape[1], stimuli.positions - 1, style.positions - 1)
    rank = gaussian.numerical_rank(style.covariance[0, :most, :most], scale) if most else 0
    if not rank:
        return [Effect(None, 0) for _ in stimuli.mean]
    divergences, singular = gaussian.divergence(stimuli.leading(rank), style.leading(rank))
    return [
        Effect(
            value=-math.log(max(divergence, LEAST_DIVERGENCE)),
            rank=rank,
            clamped=divergence < LEAST_DIVERGENCE,
            singular=is_singular,
        )
        for divergence, is_singular in zip(divergences.tolist(), singular.tolist(), strict=True)
    ]


def measure(
    images: Sequence[Image],
    style: Image,
    encoder: Encoder,
    basis: Basis,
    *,
    layers: Sequence[str] | None = None,
    style_width: int | None = None,
) -> list[dict[str, Effect]]:
    """E of pictures against the picture of their style: prepare, describe and compare them.

    Args:
        images: RGB stimuli of any sizes.
        style: RGB.
        encoder: of the basis.
        basis: gives the size to which all are resized.
        layers: None for all that encoder and basis have.
        style_width: see `prepare`; None compares with the style as it is.

    Raises:
        InputError: see `measured_layers`.

    """
    chosen = measured_layers(encoder, basis, layers)
    device = next(encoder.parameters()).device
    target = describe(prepare(style, basis.size, style_width).to(device), encoder, chosen)
    rows = []
    for image in images:
        stimulus = describe(prepare(image, basis.size).to(device), encoder, chosen)
        rows += effectiveness(stimulus, target, basis)
    return rows
