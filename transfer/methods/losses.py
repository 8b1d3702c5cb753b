"""Losses of a composition for a batch of images, with their gradient to the pixels."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from transfer.encoders.architecture import Encoder
from transfer.encoders.layout import map_size
from transfer.features import embeddings
from transfer.features import statistics as maps
from transfer.methods.base import Composition, Term

Features = Mapping[str, Tensor]
Precision = Callable[[], AbstractContextManager[object]]

STATISTICS: dict[str, Callable[..., Tensor]] = {
    "features": lambda features: features,
    "gram": maps.gram,
    "covariance": maps.covariance,
    "cross-gram": maps.cross_gram,
    "cross-covariance": maps.cross_covariance,
    "means": maps.channel_means,
    "histograms": maps.quantiles,
    "polynomial": embeddings.polynomial,
    "gaussian": embeddings.gaussian,
    "batch-norm": embeddings.batch_norm,
}
"""From the feature maps (N, C, H, W) of a term's layers to a statistic (N, …). A term's options and
the scale of its target follow the maps."""
SCALES: dict[str, Callable[[Tensor], Tensor]] = {
    "gaussian": lambda features: embeddings.mean_squared_distance(features) / 2
}
"""Statistics that depend on a scale (N,) of the style's features, which does not change with the
image."""
UNCENTRED = {"covariance": "gram", "cross-covariance": "cross-gram"}
_SMALLEST_SHARE = 1e-5
"""A covariance whose square is less than this share of the Gram matrix's is counted as having this
share. Ours: with `vgg19-16x` pictures have 0.001 to 0.6, and a plain colour 0, so that rounding
errors would get an unlimited weight."""
SECOND_ORDER = frozenset({"gram", "covariance", "cross-gram", "cross-covariance"})
"""Statistics that grow with the square of the features, unlike the content term and those of first
order; only they need a scale for each encoder."""
_SMALLEST = 1e-12  # the size of a target that is zero, such as that of dead features


@dataclass(frozen=True)
class Target:
    """The target of a term's statistic: its value (1, …), and its size (1,), a mean square.

    Only the statistics of SCALES have a `scale` (1,).
    """

    value: Tensor
    size: Tensor
    scale: Tensor | None = None


Targets = dict[Term, Target]


@dataclass(frozen=True)
class Parts:
    """Weighted losses (N,) of each image."""

    content: Tensor
    style: Tensor
    total: Tensor


class Losses:
    """The losses of N images against targets of their own. An `optimise.Objective`."""

    def __init__(
        self,
        composition: Composition,
        encoder: Encoder,
        targets: Sequence[Targets],
        *,
        style_scale: float,
        precision: Precision,
        memory_format: torch.memory_format,
    ) -> None:
        """`targets` has one entry per image, from `targets_of`; it may hold more than is needed.

        `style_scale` is the encoder's, for second moments in absolute normalisations (`scale`).
        """
        self.composition, self.encoder = composition, encoder
        self.precision, self.memory_format = precision, memory_format
        self.style_scale = style_scale
        self._images = list(range(len(targets)))
        self._values = {
            term: torch.cat([one[term].value for one in targets]) for term in composition.terms
        }
        self._weights = {
            term: self._factor(term, torch.cat([one[term].size for one in targets]))
            for term in composition.terms
        }
        self._scales = {
            term: torch.cat([scale for one in targets if (scale := one[term].scale) is not None])
            for term in composition.terms
            if term.statistic in SCALES
        }
        self._chosen = (self._images, self._values, self._weights, self._scales)

    def __call__(self, images: Tensor, which: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Losses (n,) and gradients (n, 3, H, W) of `images`, whose numbers are `which`."""
        pixels = images.detach().contiguous(memory_format=self.memory_format).requires_grad_()
        total = self._parts(pixels, which).total
        (gradient,) = torch.autograd.grad(total.sum(), pixels)
        return total.detach(), gradient

    @torch.no_grad()
    def parts(self, images: Tensor) -> Parts:
        """The losses of all N images."""
        return self._parts(images.contiguous(memory_format=self.memory_format), self._images)

    def _parts(self, pixels: Tensor, which: Sequence[int]) -> Parts:
        return self.of(self.features(pixels), which)

    def of(self, features: Features, which: Sequence[int]) -> Parts:
        """The losses of features (n, …), compared with the targets of the images `which`."""
        _, values, weights, scales = self._choose(which)
        none = next(iter(features.values())).new_zeros(len(which))

        def added(terms: Sequence[Term]) -> Tensor:
            losses = [
                weights[term]
                * mean_square(statistic(term, features, scales.get(term)) - values[term])
                for term in terms
            ]
            return torch.stack(losses).sum(dim=0) if losses else none

        content, style = added(self.composition.content), added(self.composition.style)
        product = self.composition.combine == "product"
        return Parts(content, style, content * style if product else content + style)

    def only(self, composition: Composition) -> Losses:
        """The losses of some of the terms."""
        part = copy.copy(self)
        part.composition = composition
        return part

    def target(self, term: Term) -> Tensor:
        """The target of the statistic of `term`, (N, …)."""
        return self._values[term]

    def weight(self, term: Term) -> Tensor:
        """The factor (N,) of the mean square of `term`."""
        return self._weights[term]

    def features(self, pixels: Tensor, layers: Sequence[str] = ()) -> Features:
        """Feature maps at the composition's layers, or at `layers`, in the pixels' precision."""
        with self.precision():
            found = self.encoder(pixels, layers or self.composition.layers)
        return {layer: value.to(pixels.dtype) for layer, value in found.items()}

    def _factor(self, term: Term, size: Tensor) -> Tensor:
        """The factor (N,) of a term's mean square; `size` (N,) is that of the targets."""
        weight = torch.full_like(size, term.weight)
        if term.statistic in SECOND_ORDER and term.reduction != "relative":
            weight = weight * self.style_scale
        if term.reduction == "sum":
            return weight * self._values[term][0].numel()
        if term.reduction == "relative":
            return weight / size.clamp_min(_SMALLEST)
        return weight

    def _choose(
        self, which: Sequence[int]
    ) -> tuple[list[int], dict[Term, Tensor], dict[Term, Tensor], dict[Term, Tensor]]:
        """Values, weights and scales of the images `which`, kept until others are asked for."""
        if list(which) != self._chosen[0]:
            rows = list(which)
            self._chosen = (
                rows,
                {term: value[rows] for term, value in self._values.items()},
                {term: weight[rows] for term, weight in self._weights.items()},
                {term: scale[rows] for term, scale in self._scales.items()},
            )
        return self._chosen


def statistic(term: Term, features: Features, scale: Tensor | None = None) -> Tensor:
    """A term's statistic (N, …) of feature maps."""
    further = term.options if scale is None else (*term.options, scale)
    return STATISTICS[term.statistic](*(features[layer] for layer in term.layers), *further)


def mean_square(values: Tensor) -> Tensor:
    """(N, …) → (N,)."""
    return values.square().mean(dim=tuple(range(1, values.ndim)))


RESAMPLED: dict[str, Callable[[Tensor, int], Tensor]] = {"histograms": maps.resampled_quantiles}
"""Statistics that have one value per place: how to make them those of a map with P places."""


def targets_of(
    terms: Sequence[Term],
    pictures: Sequence[Tensor],
    encoder: Encoder,
    precision: Precision,
    *,
    size: tuple[int, int],
    shares: Sequence[float] = (),
) -> Targets:
    """The statistics of one or several pictures (1, 3, H, W), averaged over the pictures.

    With weights w_k that add up to 1, Σ_k w_k ‖G − G_k‖² and ‖G − Σ_k w_k G_k‖² differ by a number
    that does not depend on G: one averaged target is the loss of several styles (Chiu & Gurari
    2020, supplement, equation 29).

    Args:
        terms: whose statistics are computed.
        pictures: one or several, of any sizes.
        encoder: computes their features.
        precision: context of the encoder.
        size: height and width of the images that are compared with the targets.
        shares: weight of each picture; empty means equal weights.

    """
    wanted = {*terms, *map(uncentred, terms)}
    layers = tuple(dict.fromkeys(layer for term in terms for layer in term.layers))
    with torch.no_grad():
        found = [_features_of(picture, encoder, layers, precision) for picture in pictures]
        targets = {term: _target(term, found, shares, size) for term in wanted}
    return {
        term: replace(
            targets[term],
            size=torch.maximum(targets[term].size, _SMALLEST_SHARE * targets[uncentred(term)].size),
        )
        for term in terms
    }


def _features_of(
    picture: Tensor, encoder: Encoder, layers: Sequence[str], precision: Precision
) -> Features:
    with precision():
        found = encoder(picture, layers)
    return {layer: value.to(picture.dtype) for layer, value in found.items()}


def _target(
    term: Term, pictures: Sequence[Features], shares: Sequence[float], size: tuple[int, int]
) -> Target:
    """The statistic of a term, averaged over the features of several pictures."""

    def averaged(values: Sequence[Tensor]) -> Tensor:
        if not shares:
            return sum((value / len(values) for value in values[1:]), values[0] / len(values))
        weighted = [share * value for share, value in zip(shares, values, strict=True)]
        return sum(weighted[1:], weighted[0])

    scale = None
    if term.statistic in SCALES:
        scale = averaged([SCALES[term.statistic](one[term.layers[0]]) for one in pictures])
    values = [statistic(term, features, scale) for features in pictures]
    if term.statistic in RESAMPLED:
        height, width = map_size(term.layers[0], *size)
        values = [RESAMPLED[term.statistic](value, height * width) for value in values]
    value = averaged(values)
    return Target(value, mean_square(value), scale)


def uncentred(term: Term) -> Term:
    """The term without centring."""
    return replace(term, statistic=UNCENTRED.get(term.statistic, term.statistic))
