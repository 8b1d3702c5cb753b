"""The declaration of `gram` and `gram-R11` … `gram-R51`, distances of Gram matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import FeatureStatistic
from transfer.encoders.layout import STYLE_LAYERS

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula
    from metrics.statistics.instruments.comparison import Features, Numbers

_NAMES = {layer: f"gram-R{layer[4]}1" for layer in STYLE_LAYERS}


class Gram(FeatureStatistic):
    """Distance of Gram matrices from the style's: the mean over layers, and each layer."""

    key = "gram"
    title = "distance of Gram matrices, mean of layers and each layer"
    source = "Gatys et al. 2016, equations 3 to 5, weights 1/5"
    names = ("gram", *_NAMES.values())
    reference = "style"
    higher_is_better = False
    lowest = 0.0
    layers = STYLE_LAYERS

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/gram.py."""
        from metrics.statistics.formulas.gram import gram_distances  # torch

        def numbers(stimulus: Features, style: Features) -> Numbers:
            found = gram_distances(stimulus, style)
            missing = {
                name: f"the encoder has no {layer}"
                for layer, name in _NAMES.items()
                if layer not in found
            }
            each: dict[str, float | str] = {_NAMES[layer]: value for layer, value in found.items()}
            mean: float | str = sum(found.values()) / len(_NAMES)
            if missing:
                mean = next(iter(missing.values()))
            return {cls.key: mean, **each, **missing}

        return numbers
