"""The parts of a method: content term, style terms, the rule that combines them, and parameters.

Nothing here imports torch: a method declares the loss to be minimised, `losses` computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from common.errors import InputError
from transfer.encoders.layout import STYLE_LAYERS
from transfer.methods.card import Card
from transfer.methods.parameters import (
    Parameters,
    Values,
    choice,
    layer,
    layers,
    number,
    numbers,
    parameter,
    shares,
    whole,
)
from transfer.methods.style_weights import AGGRESSIVE_SOURCE, AGGRESSIVE_WEIGHT, Range

SUPPLEMENT = "Yeh et al. 2020, supplement"  # "Improving Style Transfer with Calibrated Metrics"
REFERENCE = "leongatys/PytorchNeuralStyleTransfer"  # Gatys' own notebook
NORMALISATIONS = ("relative", "gatys", "paper")
Reduction = Literal["sum", "mean", "relative"]
INITS = ("noise", "content", "content+noise")
COLOURS = ("free", "luminance", "histogram")


@dataclass(frozen=True)
class Term:
    """weight × squared distance of a statistic from that of the target picture.

    Attributes:
        statistic: a key of `losses.STATISTICS`.
        layers: the layer it is taken at, or the finer and the coarser of two.
        weight: its factor in the loss.
        reduction: the squares of all values are added (`sum`) or averaged (`mean`), or their
            mean is divided by the mean square of the target (`relative`).
        options: further arguments of the statistic.

    """

    statistic: str
    layers: tuple[str, ...]
    weight: float
    reduction: Reduction
    options: tuple[float, ...] = ()


@dataclass(frozen=True)
class Composition:
    """The loss to minimise: content and style losses, each the sum of its terms, joined by a rule.

    Attributes:
        combine: `sum`, or `product` of the two losses.

    """

    content: tuple[Term, ...]
    style: tuple[Term, ...]
    combine: Literal["sum", "product"] = "sum"

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms."""
        return (*self.content, *self.style)

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that are needed, each once."""
        named = (name for term in self.terms for name in term.layers)
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class Coloured(Parameters):
    """The parameter of all methods that selects the colours of the result; `stylise` uses it."""

    colour: str = parameter(
        "free",
        choice(*COLOURS),
        "free: colours as the method makes them; luminance: the style changes lightness only, and "
        "the content's chrominance is kept; histogram: the style gets the mean and covariance of "
        "the content's colours first",
        source="ours: Yeh et al. 2020 do not control colours; luminance and histogram are those of "
        "Gatys et al. 2016, arXiv 1606.05897",
        added=True,
    )
    style_share: tuple[float, ...] = parameter(
        (),
        shares(),
        "weight of each of several styles, in the order in which they are given; empty means equal "
        "weights",
        source="Chiu & Gurari 2020, supplement equations 29 (λ of each style, whose sum is the one "
        "style weight here) and 30; equal weights are ours",
        added=True,
    )


@dataclass(frozen=True)
class Weighted(Parameters):
    """The weights of style and content. `python -m transfer methods --json` lists the sources of
    all defaults.
    """

    style_weight: float = parameter(
        1000.0,
        number(0),
        "strength of the style; its unit depends on normalisation",
        source=f"{REFERENCE}, cell 6: style weights 1e3/C², content weight 1; the paper's own "
        "weights 50…1950 lie around it (stringtron/quantative_style, Base_C_scripts/wcs1.txt)",
    )
    content_weight: float = parameter(
        1.0,
        number(0),
        "strength of the content",
        source=f"{REFERENCE}, cell 6: content weight 1e0",
    )


@dataclass(frozen=True)
class Unweighted(Coloured):
    """Parameters of all methods that minimise a loss over the pixels."""

    content_layer: str = parameter(
        "relu4_1",
        layer(),
        "layer at which the content is compared",
        source=f"{SUPPLEMENT} §1.1: content at R41",
    )
    style_layers: tuple[str, ...] = parameter(
        STYLE_LAYERS,
        layers(),
        "layers at which the style is compared",
        source=f"{SUPPLEMENT} §1.1, Figures 4-6: R11, R21, R31, R41, R51",
    )
    layer_weights: tuple[float, ...] = parameter(
        (),
        numbers(0),
        "factor of each style term, in the order of the network; empty means 1 for each",
        source="Gatys et al. 2016 §2: w_l equal for all five layers",
    )
    normalisation: str = parameter(
        "relative",
        choice(*NORMALISATIONS),
        "relative: every term is divided by the mean square of its target (covariances by that of "
        "the Gram matrix), the loss is "
        "content_weight · content + style_weight / 100 · (weighted mean of the style terms); "
        "gatys: mean squares, style terms times style_weight / (C · C'), C the channels of the "
        "full VGG-19; paper: ½ Σ for content, 1 / (4 N² M²) Σ for style, averaged over its layers",
        source="ours: the terms weigh alike in every encoder and layer, and 1000 is strong but "
        "keeps the content; gatys is that of " + REFERENCE + ", paper that of Gatys et al. 2016, "
        "equations 1-5",
    )
    init: str = parameter(
        "noise",
        choice(*INITS),
        "picture from which the descent starts",
        source=f"{SUPPLEMENT} §1.1: noise",
    )
    noise_std: float = parameter(
        1 / 255,
        number(0),
        "standard deviation of the noise at the start, in units of [0, 1]; with init=noise "
        "around ImageNet's mean colour",
        source=f"{REFERENCE}, cell 7: randn in units of 0-255 around the mean colour",
    )
    iterations: int = parameter(
        500,
        whole(1),
        "steps of L-BFGS; each costs one evaluation of loss and gradient, sometimes two",
        source=f"{REFERENCE}, cell 8: max_iter = 500",
    )
    history: int = parameter(
        20,
        whole(1, 200),
        "curvature pairs kept by L-BFGS",
        source="ours: a fifth of the memory and time of the 100 pairs of neural-style-pt",
    )

    def validate(self) -> None:
        """Raise InputError if layer weights and style terms do not match."""
        if self.layer_weights and len(self.layer_weights) != self.style_terms:
            raise InputError(
                f"{len(self.layer_weights)} layer_weights were given for {self.style_terms} style "
                "terms: give one for each, or none"
            )
        if self.layer_weights and not any(self.layer_weights):
            raise InputError("layer_weights are all zero: give at least one above 0")

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """The layers of each style term: one, or the finer and the coarser of a pair."""
        return [(layer,) for layer in self.style_layers]

    @property
    def style_terms(self) -> int:
        """The number of style terms."""
        return len(self.groups)

    @property
    def shares(self) -> tuple[float, ...]:
        """The relative weight of each style term."""
        return self.layer_weights or (1.0,) * self.style_terms


@dataclass(frozen=True)
class Descent(Unweighted, Weighted):
    """Parameters of a descent with a weight for the style and one for the content."""


@dataclass(frozen=True)
class MeanControl(Parameters):
    """The parameter that mean control adds to a method (Yeh et al. 2020, supplement §1.2)."""

    mean_weight: float = parameter(
        1.0,
        number(0),
        "strength of the terms that hold the channel means, against the other style terms",
        source=f"ours: {SUPPLEMENT} §1.2 gives no weight. Relative to their targets both kinds of "
        "term start at 1, so they weigh alike",
    )


@dataclass(frozen=True)
class CovarianceControl(Parameters):
    """The default that covariance control changes (Yeh et al. 2020, supplement §1.2)."""

    style_weight: float = parameter(
        100.0,
        number(0),
        "strength of the style; its unit depends on normalisation",
        source="ours, by eye: at 50 the content is as clear as with Gram matrices at 1000, at 200 "
        "it is mostly gone, because means, most of a Gram matrix, no longer hide the covariance",
    )


@dataclass(frozen=True)
class Aggressive(Parameters):
    """The default of a variant whose style weight leaves little of the content."""

    style_weight: float = parameter(
        AGGRESSIVE_WEIGHT,
        number(0),
        "strength of the style, in the range called aggressive",
        source=AGGRESSIVE_SOURCE,
    )


def check_levels(method: str, style_layers: Sequence[str]) -> None:
    """Raise InputError if one of `style_layers` has no decoder in any encoder."""
    if other := [name for name in style_layers if name not in STYLE_LAYERS]:
        raise InputError(
            f"style_layers={','.join(other)} cannot be used by method '{method}': decoders "
            f"begin at {', '.join(STYLE_LAYERS)}"
        )


Compose = Callable[[Any], Composition]


@dataclass(frozen=True)
class Method:
    """One entry of the registry.

    Attributes:
        paper: where the method comes from.
        parameters: its hyper-parameters.
        card: what a researcher should know of it.
        compose: the loss from its parameters, for the methods of engine `descent`.
        presets: named changes of the defaults.
        engine: the module of `transfer.methods` whose `run` makes the pictures.
        weights: the range of style weights that the paper's experiment draws from.
        needs_content: false if a picture is made from the style alone.
        encoder_defaults: changes of the defaults by the name of the encoder.
        encoder_presets: changes of presets, by the names of the encoder and of the preset.

    """

    key: str
    name: str
    paper: str
    parameters: type[Parameters]
    card: Card
    compose: Compose | None = None
    presets: Mapping[str, Values] = field(default_factory=dict)
    engine: str = "descent"
    needs_decoder: bool = False
    weights: Range = "ordinary"
    needs_content: bool = True
    encoder_defaults: Mapping[str, Values] = field(default_factory=dict)
    encoder_presets: Mapping[str, Mapping[str, Values]] = field(default_factory=dict)
