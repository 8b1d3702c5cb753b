"""The declaration of `self-similarity`, the content distance of STROTSS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import FeatureStatistic
from transfer.encoders.layout import STYLE_LAYERS

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula


class SelfSimilarity(FeatureStatistic):
    """Distance from the content in which places resemble each other."""

    key = "self-similarity"
    title = "distance of self-similarity of features (STROTSS)"
    source = "Kolkin et al. 2019, equation 7"
    names = ("self-similarity",)
    reference = "content"
    higher_is_better = False
    lowest = 0.0
    highest = 2.0
    layers = STYLE_LAYERS

    @classmethod
    def formula(cls) -> FeatureFormula:
        """See formulas/self_similarity.py."""
        from metrics.statistics.formulas.self_similarity import self_similarity  # torch

        return lambda stimulus, content: {cls.key: self_similarity(stimulus, content)}
