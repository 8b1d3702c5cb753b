"""Li et al. 2017, "Demystifying Neural Style Transfer" (IJCAI, arXiv 1701.01036).

Content: features at one layer. Style: the maximum mean discrepancy between the features of image
and style at each style layer, taken as samples of a distribution. docs/maximum-mean-discrepancy.md
explains what the kernels compare.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import InputError
from transfer.methods.base import Composition, Descent, Method, Term
from transfer.methods.card import Card
from transfer.methods.parameters import choice, number, parameter, whole
from transfer.methods.terms import PER_RELATIVE_UNIT, content_terms

KERNELS = ("linear", "polynomial", "gaussian", "batch-norm")


@dataclass(frozen=True)
class Mmd(Descent):
    """Gatys' parameters and the kernel."""

    kernel: str = parameter(
        "gaussian",
        choice(*KERNELS),
        "linear: xᵀy; polynomial: (xᵀy + offset)^degree; gaussian: exp(−‖x − y‖² / (2σ²)) with 2σ² "
        "the mean squared distance of two places of the style, by random features; batch-norm: no "
        "kernel but means and deviations of the channels",
        source="ours: the only one of the four of Li et al. 2017 §4.2 and §4.3 that is not another "
        "method of the registry; random features because L-BFGS needs the same loss at every step",
    )
    offset: float = parameter(
        0.0,
        number(0),
        "c of the polynomial kernel, in units of the encoder's features squared",
        source="Li et al. 2017 §4.2: c = 0",
    )
    degree: int = parameter(
        2,
        whole(1, 4),
        "degree of the polynomial kernel; above 2 by random features",
        source="Li et al. 2017 §4.2: d = 2",
    )
    normalisation: str = parameter(
        "relative",
        choice("relative"),
        "relative: every term is divided by the mean square of its target, the loss is "
        "content_weight · content + style_weight / 100 · (weighted mean of the style terms)",
        source="ours: MMD² ÷ the squared length of the style's mean embedding. The balancing "
        "factors of lyttonhao/Neural-Style-MMD (2e3, 0.1, 3e14, 1e3) belong to its own features",
    )

    def validate(self) -> None:
        """Raise InputError if a parameter belongs to another kernel."""
        super().validate()
        if self.kernel != "polynomial" and (self.offset, self.degree) != (0.0, 2):
            raise InputError(
                f"offset and degree belong to kernel=polynomial, not to kernel={self.kernel}: "
                "leave them out"
            )


def compose(parameters: Mmd) -> Composition:
    """L = content + Σ_l w_l MMD²_l."""
    statistic = "means" if parameters.kernel == "linear" else parameters.kernel
    options = (parameters.offset, parameters.degree) if statistic == "polynomial" else ()
    total = sum(parameters.shares)
    return Composition(
        content=content_terms(parameters),
        style=tuple(
            Term(
                statistic,
                (layer,),
                parameters.style_weight * share / (PER_RELATIVE_UNIT * total),
                "relative",
                options,
            )
            for layer, share in zip(parameters.style_layers, parameters.shares, strict=True)
        ),
    )


METHOD = Method(
    key="mmd",
    name="Maximum mean discrepancy",
    paper="Li et al. 2017",
    parameters=Mmd,
    card=Card(
        formula="L = ‖F − F̂‖² + W · meanₗ MMD²(F, F̂)\n"
        "MMD² = mean k(xᵢ, xⱼ) + mean k(yᵢ, yⱼ) − 2 mean k(xᵢ, yⱼ) over places x of the image and "
        "y of the style",
        summary="Gatys' loss with the maximum mean discrepancy of another kernel: linear, "
        "polynomial, Gaussian, or means and deviations.",
        use="To ask what a loss compares: the linear kernel compares means, (xᵀy)² is gatys, the "
        "Gaussian kernel compares whole distributions.",
        failure="A step with the Gaussian kernel takes several times as long as one of gatys. "
        "Kernels differ in scale: one style weight is not one strength.",
    ),
    compose=compose,
)
