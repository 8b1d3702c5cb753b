"""The declaration of `gmsd`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import PictureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import PictureFormula


class Gmsd(PictureStatistic):
    """Deviation of the similarity of gradients to those of the content."""

    key = "gmsd"
    title = "deviation of the similarity of gradient magnitudes"
    source = "Xue et al. 2014"
    names = ("gmsd",)
    reference = "content"
    higher_is_better = False
    lowest = 0.0
    highest = 0.5

    @classmethod
    def formula(cls) -> PictureFormula:
        """See formulas/gradient_similarity.py."""
        from metrics.statistics.formulas.gradient_similarity import gmsd  # torch

        return lambda stimulus, content: {cls.key: gmsd(stimulus, content)}
