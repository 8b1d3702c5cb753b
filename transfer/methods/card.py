"""The part of a method's card that people write: what it does, when to use it, what goes wrong.

`cards` joins it with the parameters of the registry and with what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

SYMBOLS = (
    "F: features of a layer, one column for each of n places. G = FFᵀ/n: Gram matrix; Cov: "
    "covariance; μ, σ: mean and deviation of each channel. A hat marks those of the content or the "
    "style picture. meanₗ: mean over the style layers. Every ‖·‖² of a loss is divided by that of "
    "its target (normalisation=relative). W = style_weight ÷ 100."
)
"""What the formulas of all cards use."""


@dataclass(frozen=True)
class Card:
    """What a researcher should know before choosing a method, in plain text.

    Attributes:
        formula: what is minimised or computed, one line for each step; `SYMBOLS` explains it.
        summary: what the method does.
        use: when it is the method to take.
        failure: what is known to go wrong.

    """

    formula: str
    summary: str
    use: str
    failure: str
