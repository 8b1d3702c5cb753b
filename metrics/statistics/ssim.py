"""The declaration of `ssim`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import PictureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import PictureFormula


class Ssim(PictureStatistic):
    """Structural similarity to the content."""

    key = "ssim"
    title = "structural similarity of luminance"
    source = "Wang et al. 2004; scale as in its authors' code"
    names = ("ssim",)
    reference = "content"
    higher_is_better = True
    lowest = -1.0
    highest = 1.0

    @classmethod
    def formula(cls) -> PictureFormula:
        """See formulas/structure.py."""
        from metrics.statistics.formulas.structure import ssim  # torch

        return lambda stimulus, content: {cls.key: ssim(stimulus, content)}
