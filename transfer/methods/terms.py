"""Content and style terms with the weight that each normalisation gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from transfer.encoders.layout import LAYERS, VGG19_WIDTHS
from transfer.methods.base import Reduction, Term

PER_RELATIVE_UNIT = 100.0
"""The style weight that equals the content weight 1 if terms are relative. Ours, by eye: at 1000,
in the middle of the paper's 50…1950, style is strong and content is kept."""

_CHANNELS = dict(zip(LAYERS, VGG19_WIDTHS, strict=True))
_CONTENT: dict[str, tuple[float, Reduction]] = {
    "relative": (1.0, "relative"),
    "gatys": (1.0, "mean"),
    "paper": (0.5, "sum"),  # Gatys et al. 2016, equation 1
}


class Weighing(Protocol):
    """The parameters of a method that terms depend on."""

    @property
    def style_weight(self) -> float:
        """Strength of the style."""

    @property
    def content_weight(self) -> float:
        """Strength of the content."""

    @property
    def content_layer(self) -> str:
        """Layer at which the content is compared."""

    @property
    def style_layers(self) -> tuple[str, ...]:
        """Layers at which the style is compared."""

    @property
    def normalisation(self) -> str:
        """One of base.NORMALISATIONS."""

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """The layers of each style term."""

    @property
    def shares(self) -> tuple[float, ...]:
        """The weight of each style term."""


def content_terms(parameters: Weighing) -> tuple[Term, ...]:
    """The squared distance of the features at the content layer."""
    factor, reduction = _CONTENT[parameters.normalisation]
    weight = parameters.content_weight * factor
    return (Term("features", (parameters.content_layer,), weight, reduction),)


def style_terms(statistic: str, parameters: Weighing) -> tuple[Term, ...]:
    """A term of the second moment `statistic` for each group of layers."""
    shares, groups = parameters.shares, parameters.groups
    total = sum(shares)
    return tuple(
        _second_moment(statistic, group, parameters, share, total)
        for group, share in zip(groups, shares, strict=True)
    )


def channel_terms(
    statistic: str, layers: Sequence[str], weight: float, parameters: Weighing
) -> tuple[Term, ...]:
    """A term of a statistic of single channels (`means`, `histograms`) for each of `layers`.

    Relative terms are averaged over the layers like those of second moments. In the absolute
    normalisations, for which no source gives a weight, a term is the mean square over channels and
    places ÷ C.
    """
    factor = parameters.style_weight * weight
    if parameters.normalisation == "relative":
        factor /= PER_RELATIVE_UNIT * len(layers)
        return tuple(Term(statistic, (layer,), factor, "relative") for layer in layers)
    return tuple(Term(statistic, (layer,), factor / _CHANNELS[layer], "mean") for layer in layers)


def _second_moment(
    statistic: str, group: tuple[str, ...], parameters: Weighing, share: float, total: float
) -> Term:
    weight = parameters.style_weight * share
    if parameters.normalisation == "relative":
        return Term(statistic, group, weight / (PER_RELATIVE_UNIT * total), "relative")
    if parameters.normalisation == "paper":
        # Equation 4: 1/(4 N² M²) Σ (G − A)², where G and A add over M places, is a quarter of the
        # mean square of those that average over them; w_l = 1/5 (§3) is `total`.
        return Term(statistic, group, weight / (4 * total), "mean")
    return Term(statistic, group, weight / (_CHANNELS[group[0]] * _CHANNELS[group[-1]]), "mean")
