"""The declaration of `vif`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import PictureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import PictureFormula


class Vif(PictureStatistic):
    """Information on the content that the stimulus preserves."""

    key = "vif"
    title = "visual information fidelity of luminance, in the domain of pixels"
    source = "Sheikh & Bovik 2006; pixel domain as in its authors' vifp_mscale"
    names = ("vif",)
    reference = "content"
    higher_is_better = True
    lowest = 0.0
    highest = None

    @classmethod
    def formula(cls) -> PictureFormula:
        """See formulas/visual_information.py."""
        from metrics.statistics.formulas.visual_information import vif  # torch

        return lambda stimulus, content: {cls.key: vif(stimulus, content)}
